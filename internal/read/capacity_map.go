package read

import (
	"iter"
	"slices"
	"strings"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// CapacityBy says what the rows of a heat map are.
type CapacityBy string

// The kinds of rows.
const (
	ByResource  CapacityBy = "RESOURCE"
	ByTeam      CapacityBy = "TEAM"
	ByRole      CapacityBy = "ROLE"
	ByProject   CapacityBy = "PROJECT"
	ByPortfolio CapacityBy = "PORTFOLIO"
)

// UnmarshalGQL reads the name.
func (b *CapacityBy) UnmarshalGQL(src any) error { return word(b, src) }

// CapacityFilter says whose load, or which nodes.
type CapacityFilter struct {
	Team      *string
	RoleName  []string
	Portfolio *string
}

// CapacityMap is the load of people or nodes in each period of a span.
type CapacityMap struct {
	First, Last vocab.Date
	Withheld    bool
	v           *View
	by          CapacityBy
	rows        []*LoadRow
}

// Capacity gives a heat map.
func (v *View) Capacity(by CapacityBy, grain vocab.CapacityGrain, from, to vocab.Date, f *CapacityFilter) (*CapacityMap, error) {
	s, err := span(grain, from, to)
	if err != nil {
		return nil, err
	}
	if f == nil {
		f = &CapacityFilter{}
	}
	m := &CapacityMap{First: s.All().First, Last: s.All().Last, v: v, by: by}
	if by == ByProject || by == ByPortfolio {
		if f.Team != nil || len(f.RoleName) > 0 {
			return nil, fault.At("filter", "NOT_ALLOWED", "rows of projects and portfolios are chosen by portfolio")
		}
		m.rows, m.Withheld = v.nodeRows(by, f.Portfolio, s)
		return m, nil
	}
	if f.Portfolio != nil {
		return nil, fault.At("filter.portfolio", "NOT_ALLOWED", "rows of people are chosen by team and role")
	}
	m.rows, m.Withheld = v.peopleRows(by, f, s)
	return m, nil
}

// peopleRows are rows of people whom a filter chooses.
func (v *View) peopleRows(by CapacityBy, f *CapacityFilter, s figure.Span) (rows []*LoadRow, closed bool) {
	tops, some := v.teams(f.Team), len(f.RoleName) > 0
	if by == ByTeam && !some && v.SeesAllLoad() { // nothing is withheld, whoever the people are
		for _, t := range tops {
			rows = append(rows, v.teamRow(t, figure.CrewOf{Team: t}, s))
		}
		return rows, false
	}
	var people []*ent.Resource
	if f.Team == nil {
		for x := range state.Resources.All(v) {
			if x.Kind == vocab.ResourceKindPerson {
				people = append(people, x)
			}
		}
	} else if len(tops) > 0 {
		people = figure.PeopleBelow(v, nil, tops[0].ID)
	}
	people = chosen(people, f.RoleName)
	closed = v.book.Closed(people, figure.Breakdown{Fixed: by != ByResource, ByRole: by == ByRole || some}, s)
	switch by {
	case ByResource:
		for _, x := range people {
			rows = append(rows, v.personRow(x, s, closed))
		}
	case ByTeam:
		for _, t := range tops {
			of := figure.CrewOf{Team: t, Closed: closed}
			if some {
				of.Team, of.People = nil, chosen(figure.PeopleBelow(v, nil, t.ID), f.RoleName)
			}
			rows = append(rows, v.teamRow(t, of, s))
		}
	case ByRole:
		place := auth.Place{}
		if f.Team != nil && len(tops) > 0 {
			place = state.Teams.Place(v, tops[0])
		}
		slices.SortStableFunc(people, func(a, b *ent.Resource) int { return strings.Compare(a.RoleName, b.RoleName) })
		for alike := range chunks(people, func(a, b *ent.Resource) bool { return a.RoleName == b.RoleName }) {
			of := figure.CrewOf{People: alike, Complete: v.seesLoads(place), Closed: closed}
			rows = append(rows, &LoadRow{RoleName: &alike[0].RoleName, Withheld: closed, v: v, c: v.book.Crew(of, s), code: alike[0].RoleName, id: int64(len(rows))})
		}
	}
	return rows, closed
}

// chunks hands out runs of what belongs together.
func chunks[T any](all []T, same func(a, b T) bool) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for i := 0; i < len(all); {
			j := i + 1
			for j < len(all) && same(all[i], all[j]) {
				j++
			}
			if !yield(all[i:j]) {
				return
			}
			i = j
		}
	}
}

func chosen(people []*ent.Resource, roles []string) []*ent.Resource {
	return slices.DeleteFunc(people, func(x *ent.Resource) bool { return !among(roles, x.RoleName) })
}

// teams gives the visible teams: one with those below it, or all.
func (v *View) teams(top *string) (all []*ent.Team) {
	if top == nil {
		return slices.Collect(state.Teams.All(v))
	}
	if n, ok := number(state.Teams.Desc(), *top); ok {
		if t := state.Teams.Get(v, n); t != nil {
			all = append(all, t)
		}
	}
	for i := 0; i < len(all); i++ {
		all = slices.AppendSeq(all, state.Teams.By(v, "parent_id", all[i].ID))
	}
	return all
}

// nodeRows are rows of projects or portfolios that people are booked for.
func (v *View) nodeRows(by CapacityBy, top *string, s figure.Span) (rows []*LoadRow, closed bool) {
	var portfolios []*ent.Portfolio
	if top == nil {
		portfolios = slices.Collect(state.Portfolios.All(v))
	} else if n, ok := number(state.Portfolios.Desc(), *top); ok {
		if p := state.Portfolios.Get(v, n); p != nil {
			portfolios = append(portfolios, p)
		}
	}
	for i := 0; top != nil && i < len(portfolios); i++ {
		portfolios = slices.AppendSeq(portfolios, state.Portfolios.By(v, "parent_id", portfolios[i].ID))
	}
	var crews []*crew
	if by == ByPortfolio {
		for _, p := range portfolios {
			crews = append(crews, v.crew(newPortfolio(v, p), state.Portfolios.Place(v, p), v.inPortfolio(p.ID), p.Code, p.ID, s))
		}
	} else {
		projects := state.Projects.All(v)
		if top != nil {
			projects = func(yield func(*ent.Project) bool) {
				for _, p := range portfolios {
					for x := range state.Projects.By(v, "portfolio_id", p.ID) {
						if !yield(x) {
							return
						}
					}
				}
			}
		}
		for p := range projects {
			crews = append(crews, v.crew(newProject(v, p), state.Projects.Place(v, p), one(p), p.Code, p.ID, s))
		}
	}
	crews = slices.DeleteFunc(crews, func(c *crew) bool { return len(c.of.Bookings) == 0 })
	var people []*ent.Resource
	for _, c := range crews {
		people = append(people, c.of.People...)
	}
	closed = v.book.Closed(people, figure.Breakdown{}, s)
	for _, c := range crews {
		rows = append(rows, c.rowOf(v, s, closed))
	}
	return rows, closed
}

func one[T any](x T) iter.Seq[T] { return func(yield func(T) bool) { yield(x) } }

// crew is who is booked for something.
type crew struct {
	node Node
	of   figure.CrewOf
	code string
	id   int64
}

func (c *crew) rowOf(v *View, s figure.Span, closed bool) *LoadRow {
	c.of.Closed = closed
	return &LoadRow{Node: c.node, Withheld: closed, v: v, c: v.book.Crew(c.of, s), code: c.code, id: c.id}
}

// crew gathers who is booked for some projects on some days, as far as the viewer sees the bookings.
func (v *View) crew(node Node, place auth.Place, projects iter.Seq[*ent.Project], code string, id int64, s figure.Span) *crew {
	c := &crew{node: node, of: figure.CrewOf{Node: true, Complete: v.May(place).Has(auth.Read)}, code: code, id: id}
	for p := range projects {
		c.of.Bookings = append(c.of.Bookings, v.bookingsOf(p.ID, s)...)
	}
	c.of.People, c.of.Hidden = v.booked(c.of.Bookings)
	return c
}

// bookingsOf gives the visible bookings of a project that are not declined and touch a span.
func (v *View) bookingsOf(project int64, s figure.Span) (list []*ent.Allocation) {
	days := s.All()
	for a := range state.Allocations.By(v, "project_id", project) {
		if a.State != vocab.AllocationStateDeclined && a.Start <= days.Last && a.Finish >= days.First {
			list = append(list, a)
		}
	}
	return list
}

// booked gives the persons that are booked, each once, and how many of those booked are not visible.
func (v *View) booked(list []*ent.Allocation) (people []*ent.Resource, hidden int) {
	known := map[int64]bool{}
	for _, a := range list {
		if known[a.ResourceID] {
			continue
		}
		known[a.ResourceID] = true
		switch x := state.Resources.Get(v, a.ResourceID); {
		case x == nil:
			hidden++
		case x.Kind == vocab.ResourceKindPerson:
			people = append(people, x)
		}
	}
	return people, hidden
}

// BookedTeam is who is booked for a project, or for any project of a program or portfolio.
type BookedTeam struct {
	v    *View
	span figure.Span
	all  *crew
}

// Team gives who is booked for the project on some days.
func (p *Project) Team(grain vocab.CapacityGrain, from, to vocab.Date) (*BookedTeam, error) {
	return p.v.team(p, state.Projects.Place(p.v, p.row), one(p.row), grain, from, to)
}

// Team gives who is booked for the program's projects on some days.
func (p *Program) Team(grain vocab.CapacityGrain, from, to vocab.Date) (*BookedTeam, error) {
	return p.v.team(p, state.Programs.Place(p.v, p.row), state.Projects.By(p.v, "program_id", p.row.ID), grain, from, to)
}

// Team gives who is booked for projects of the portfolio and all below it on some days.
func (p *Portfolio) Team(grain vocab.CapacityGrain, from, to vocab.Date) (*BookedTeam, error) {
	return p.v.team(p, state.Portfolios.Place(p.v, p.row), p.v.inPortfolio(p.row.ID), grain, from, to)
}

func (v *View) team(node Node, place auth.Place, projects iter.Seq[*ent.Project], grain vocab.CapacityGrain, from, to vocab.Date) (*BookedTeam, error) {
	s, err := span(grain, from, to)
	if err != nil {
		return nil, err
	}
	return &BookedTeam{v, s, v.crew(node, place, projects, "", 0, s)}, nil
}

// Load is the load of all of them.
func (t *BookedTeam) Load() *LoadRow {
	return t.all.rowOf(t.v, t.span, t.v.book.Closed(t.all.of.People, figure.Breakdown{}, t.span))
}

// Members are a page of them. Bookings of who is not visible are rows apart, so that nothing tells whether they are of one person.
func (t *BookedTeam) Members(first *int32, after *string, last *int32, before *string) (*LoadRowConnection, error) {
	var crews []*crew
	of := map[int64]*crew{}
	for _, a := range t.all.of.Bookings {
		c, x := of[a.ResourceID], state.Resources.Get(t.v, a.ResourceID)
		if c == nil || x == nil {
			c = &crew{of: figure.CrewOf{Node: true, Complete: t.all.of.Complete}, id: a.ID}
			if x != nil {
				c.node, c.code, of[a.ResourceID] = newResource(t.v, x), x.Code, c
			}
			crews = append(crews, c)
		}
		c.of.Bookings = append(c.of.Bookings, a)
	}
	closed := t.v.book.Closed(t.all.of.People, figure.Breakdown{}, t.span)
	var rows []*LoadRow
	for _, c := range crews {
		c.of.People, c.of.Hidden = t.v.booked(c.of.Bookings)
		rows = append(rows, c.rowOf(t.v, t.span, closed))
	}
	return t.v.loadRows("members", "", rows, Page{first, after, last, before})
}

// LoadOrder says in which order rows come.
type LoadOrder string

// UnmarshalGQL reads the name.
func (o *LoadOrder) UnmarshalGQL(src any) error { return word(o, src) }

// byOver orders rows by over-allocation, the greatest first.
const byOver LoadOrder = "OVER_ALLOCATION"

// Rows are a page of the rows.
func (m *CapacityMap) Rows(order LoadOrder, overAllocated bool, first *int32, after *string, last *int32, before *string) (*LoadRowConnection, error) {
	rows := m.rows
	if overAllocated {
		rows = nil
		for _, r := range m.rows {
			if overbooked(r.c.Total()) {
				rows = append(rows, r)
			}
		}
	}
	return m.v.loadRows("capacity "+string(m.by), order, rows, Page{first, after, last, before})
}

// loadRows gives a page of rows, by code or by over-allocation; of that, rows where it is not visible come last.
func (v *View) loadRows(list string, by LoadOrder, rows []*LoadRow, p Page) (*LoadRowConnection, error) {
	o := &order[*LoadRow]{name: list + " CODE", key: func(r *LoadRow) key { return byText(r.code) }, id: func(r *LoadRow) int64 { return r.id }}
	if by == byOver {
		o.name, o.down = list+" OVER_ALLOCATION", true
		o.key = func(r *LoadRow) key {
			over, ok := r.c.Total().Overbooked()
			return key{None: !ok, Num: int64(over)}
		}
	}
	return connect[LoadRowConnection](v, slices.Values(rows), o, p, func(_ *View, r *LoadRow) *LoadRow { return r })
}

// LoadRowEdge is an item of a page of rows.
type LoadRowEdge struct{ Edge[*LoadRow] }

// LoadRowConnection is a page of rows.
type LoadRowConnection struct {
	Connection[*LoadRow, *LoadRow, LoadRowEdge]
}
