package read

import (
	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Load is how much time people have and are booked for in a period.
type Load struct {
	v *View
	l figure.Load
}

func (v *View) load(l figure.Load) Load { return Load{v, l} }

// First is the period's first day.
func (l *Load) First() vocab.Date { return l.l.First }

// Last is its last day.
func (l *Load) Last() vocab.Date { return l.l.Last }

// Capacity is the hours they have.
func (l *Load) Capacity() *Figure { return l.v.later(l.l.Capacity()) }

// Hard is the hours that bind.
func (l *Load) Hard() *Figure { return l.v.later(l.l.Hard()) }

// Soft is the hours that do not, in full.
func (l *Load) Soft() *Figure { return l.v.later(l.l.Soft()) }

// Expected is the hours that bind, and the others by their probability.
func (l *Load) Expected() *Figure { return l.v.later(l.l.Expected()) }

// Assumed is the soft hours of unknown probability.
func (l *Load) Assumed() *Figure { return l.v.later(l.l.Assumed()) }

// Utilisation is hard over capacity.
func (l *Load) Utilisation() *Figure { return l.v.later(l.l.Utilisation()) }

// ExpectedUtilisation is expected over capacity.
func (l *Load) ExpectedUtilisation() *Figure { return l.v.later(l.l.ExpectedUtilisation()) }

// OverAllocation is the hours booked beyond capacity.
func (l *Load) OverAllocation() *Figure { return l.v.later(l.l.Over()) }

// OverAllocationWithSoft is the same if every soft booking came true.
func (l *Load) OverAllocationWithSoft() *Figure { return l.v.later(l.l.OverWithSoft()) }

// CapacityFte is the capacity in full-time people.
func (l *Load) CapacityFte() *Figure { return l.v.later(l.l.CapacityFte()) }

// BookedFte is the hard hours in full-time people.
func (l *Load) BookedFte() *Figure { return l.v.later(l.l.BookedFte()) }

// LoadRow is the load of some people in each period of a span.
type LoadRow struct {
	Node     Node // the person, team, project or portfolio; nil for a role
	RoleName *string
	Withheld bool

	v    *View
	c    *figure.Crew
	code string // rows are ordered by
	id   int64  // and, of one code, by
}

// Total is the load in all of the span.
func (r *LoadRow) Total() *Load {
	l := r.v.load(r.c.Total())
	return &l
}

// Cells are the loads by period.
func (r *LoadRow) Cells(overAllocated bool) []*Load {
	all, list := make([]Load, len(r.c.Span.Periods)), make([]*Load, 0, len(r.c.Span.Periods))
	for i := range all {
		if l := r.c.In(i); !overAllocated || overbooked(l) {
			all[i] = r.v.load(l)
			list = append(list, &all[i])
		}
	}
	return list
}

func overbooked(l figure.Load) bool {
	over, ok := l.Overbooked()
	return ok && over > 0
}

// maxPeriods is how many periods a span has at the most.
const maxPeriods = 400

// span gives the periods in which some days lie.
func span(grain vocab.CapacityGrain, from, to vocab.Date) (figure.Span, error) {
	s := figure.NewSpan(grain, from, to, maxPeriods)
	return s, bounded(from, to, len(s.Periods))
}

// days gives a span of days as one period.
func days(from, to vocab.Date) (figure.Period, error) {
	return figure.Period{First: from, Last: to}, bounded(from, to, int(to-from)+1)
}

// bounded checks a span of so many periods.
func bounded(from, to vocab.Date, periods int) error {
	switch {
	case from > to:
		return fault.At("to", "OUT_OF_ORDER", "the last day lies before the first")
	case periods > maxPeriods:
		return fault.At("to", "OUT_OF_RANGE", "a load has at most %d periods; ask for a shorter span or longer periods", maxPeriods)
	}
	return nil
}

// Load is how much time the resource has and is booked for.
func (r *Resource) Load(grain vocab.CapacityGrain, from, to vocab.Date) (*LoadRow, error) {
	s, err := span(grain, from, to)
	if err != nil {
		return nil, err
	}
	return r.v.personRow(r.row, s, r.v.book.Closed([]*ent.Resource{r.row}, figure.Breakdown{}, s)), nil
}

func (v *View) personRow(x *ent.Resource, s figure.Span, closed bool) *LoadRow {
	of := figure.CrewOf{People: []*ent.Resource{x}, Complete: state.SeesLoad(v, x), Closed: closed}
	return &LoadRow{Node: newResource(v, x), Withheld: closed, v: v, c: v.book.Crew(of, s), code: x.Code, id: x.ID}
}

// Load is how much time the people of the team and those below have and are booked for.
func (t *Team) Load(grain vocab.CapacityGrain, from, to vocab.Date) (*LoadRow, error) {
	s, err := span(grain, from, to)
	if err != nil {
		return nil, err
	}
	closed := t.v.book.Closed(figure.PeopleBelow(t.v, nil, t.row.ID), figure.Breakdown{Fixed: true}, s)
	return t.v.teamRow(t.row, figure.CrewOf{Team: t.row, Closed: closed}, s), nil
}

// teamRow is the load of people of a team and those below: of all of them, or of some.
func (v *View) teamRow(t *ent.Team, of figure.CrewOf, s figure.Span) *LoadRow {
	of.Complete = v.seesLoads(state.Teams.Place(v, t))
	return &LoadRow{Node: newTeam(v, t), Withheld: of.Closed, v: v, c: v.book.Crew(of, s), code: t.Code, id: t.ID}
}

// seesLoads tells whether the viewer sees the load of everybody at a place.
func (v *View) seesLoads(p auth.Place) bool { return v.May(p).Has(auth.Read | auth.ReadLoad) }
