package figure

import (
	"pmograph/ent"
	"pmograph/internal/calc/capacity"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Load is the figures of a crew in one period of its span, or in all of it. The classes of their inputs are load (access rule 7) and, of
// single people, personal.
type Load struct {
	Period
	c *Crew
	n int // which period; -1 is all
}

// Total is the crew's load in the whole span: its periods added up.
func (c *Crew) Total() Load { return Load{c.Span.All(), c, -1} }

// In is the crew's load in one period of the span.
func (c *Crew) In(n int) Load { return Load{c.Span.Periods[n], c, n} }

// of gives one period of what is summed up by period, or all of it.
func (l Load) of(periods []capacity.Load) *capacity.Load {
	if l.n >= 0 {
		return &periods[l.n]
	}
	sum := new(capacity.Load)
	for _, p := range periods {
		sum.Add(p)
	}
	return sum
}

// measure is a sum that figures of load are made from.
type measure struct {
	name string
	of   func(*capacity.Load) capacity.Time
	own  bool // of what is booked for a node alone, if the crew is a node's
}

var (
	hasTime      = measure{"capacity", func(l *capacity.Load) capacity.Time { return l.Capacity }, false}
	hard         = measure{"hard", func(l *capacity.Load) capacity.Time { return l.Hard }, true}
	soft         = measure{"soft", func(l *capacity.Load) capacity.Time { return l.Soft }, true}
	expectedSoft = measure{"expected_soft", func(l *capacity.Load) capacity.Time { return l.Weighted }, true}
	assumed      = measure{"assumed", func(l *capacity.Load) capacity.Time { return l.Assumed }, true}
	allHard      = measure{"hard", hard.of, false}
	allExpected  = measure{"expected_soft", expectedSoft.of, false}
	over         = measure{"over_allocation", func(l *capacity.Load) capacity.Time { return l.Over }, false}
	overWithSoft = measure{"over_allocation_with_soft", func(l *capacity.Load) capacity.Time { return l.OverWithSoft }, false}
)

// loadFigure is a figure of some sums, all of which are of a node's own bookings, or none.
type loadFigure struct {
	unit    vocab.Unit
	formula *Expr
	from    []measure
	value   func(Load, *capacity.Load) (exact.Number, vocab.Reason) // what the formula comes to
}

// The figures of load, by their places in the list.
const (
	capacityHours = iota
	hardHours
	softHours
	expectedHours
	assumedHours
	overHours
	overSoftHours
	utilisation
	expectedUtilisation
	capacityFte
	bookedFte
)

var loadFigures = [...]loadFigure{
	capacityHours: hours(hasTime),
	hardHours:     hours(hard),
	softHours:     hours(soft),
	assumedHours:  hours(assumed),
	overHours:     hours(over),
	overSoftHours: hours(overWithSoft),
	expectedHours: {
		vocab.UnitHours, apply('+', input(hard.name), input(expectedSoft.name)), []measure{hard, expectedSoft},
		func(_ Load, sum *capacity.Load) (exact.Number, vocab.Reason) {
			return (sum.Hard + sum.Weighted).Hours(), ""
		},
	},
	utilisation: {
		vocab.UnitRatio, apply('/', input(allHard.name), input(hasTime.name)), []measure{allHard, hasTime},
		func(_ Load, sum *capacity.Load) (exact.Number, vocab.Reason) { return sum.Utilisation() },
	},
	expectedUtilisation: {
		vocab.UnitRatio, apply('/', apply('+', input(allHard.name), input(allExpected.name)), input(hasTime.name)), []measure{allHard, allExpected, hasTime},
		func(_ Load, sum *capacity.Load) (exact.Number, vocab.Reason) { return sum.Expected() },
	},
	capacityFte: fte(hasTime),
	bookedFte:   fte(hard),
}

func hours(m measure) loadFigure {
	return loadFigure{vocab.UnitHours, input(m.name), []measure{m}, func(_ Load, sum *capacity.Load) (exact.Number, vocab.Reason) { return m.of(sum).Hours(), "" }}
}

const standardHours = "standard"

func fte(m measure) loadFigure {
	return loadFigure{vocab.UnitFte, apply('/', input(m.name), input(standardHours)), []measure{m}, func(l Load, sum *capacity.Load) (exact.Number, vocab.Reason) {
		standard := l.standard()
		if standard == 0 {
			return exact.Number{}, vocab.ReasonZeroDenominator
		}
		return exact.Fraction(m.of(sum), standard), ""
	}}
}

// standard is the time of one full-time person by the organisation's calendar.
func (l Load) standard() capacity.Time {
	return capacity.Time(l.c.book.organisationDays().MinutesIn(l.First, l.Last)) * capacity.Minute
}

// Capacity is the hours the people have.
func (l Load) Capacity() Later { return l.later(capacityHours) }

// Hard is the hours of bookings that bind.
func (l Load) Hard() Later { return l.later(hardHours) }

// Soft is the hours of bookings that do not bind, in full.
func (l Load) Soft() Later { return l.later(softHours) }

// Expected is the hours of bookings that bind, and of the others by their probability.
func (l Load) Expected() Later { return l.later(expectedHours) }

// Assumed is the hours of soft bookings whose probability is not known and counts as 1.
func (l Load) Assumed() Later { return l.later(assumedHours) }

// Over is the hours booked with commitment beyond what there is, person by person and day by day.
func (l Load) Over() Later { return l.later(overHours) }

// OverWithSoft is the same if every soft booking came true.
func (l Load) OverWithSoft() Later { return l.later(overSoftHours) }

// Utilisation is what is booked with commitment over what there is, over all projects.
func (l Load) Utilisation() Later { return l.later(utilisation) }

// ExpectedUtilisation is the same with soft bookings by their probability.
func (l Load) ExpectedUtilisation() Later { return l.later(expectedUtilisation) }

// CapacityFte is how many full-time people the hours there are amount to, by the organisation's calendar.
func (l Load) CapacityFte() Later { return l.later(capacityFte) }

// BookedFte is how many full-time people the hours booked with commitment amount to.
func (l Load) BookedFte() Later { return l.later(bookedFte) }

// Overbooked gives by how much time the people are booked beyond what there is; ok is false if that may not be told.
func (l Load) Overbooked() (t capacity.Time, ok bool) {
	if _, _, hidden := l.c.count(); hidden {
		return 0, false
	}
	return l.of(l.c.load().periods).Over, true
}

func (l Load) later(which int) Later { return Later{l.c, (l.n+1)*len(loadFigures) + which} }

// which gives a figure's load and how it is made.
func (c *Crew) which(nth int) (Load, *loadFigure) {
	l := c.Total()
	if n := nth / len(loadFigures); n > 0 {
		l = c.In(n - 1)
	}
	return l, &loadFigures[nth%len(loadFigures)]
}

// figure makes a figure. What is booked for a node is as visible as its bookings are; all else asks for everybody's load.
func (c *Crew) figure(nth int) Figure {
	l, of := c.which(nth)
	f := Figure{Unit: of.unit, AsOf: l.Last, Coverage: Coverage{Included: len(c.of.Bookings), Complete: c.Complete}, from: c, nth: nth}
	if !l.isOwn(of) {
		f.Coverage.Included, f.Coverage.Withheld, _ = c.count()
	}
	f.settle(l.comesTo(of))
	return f
}

func (c *Crew) value(nth int) exact.Decimal {
	l, of := c.which(nth)
	v, _ := l.comesTo(of)
	return exact.Decimal{Number: v, Digits: money.RatioDigits}
}

// isOwn tells whether a figure is of what is booked for a node alone.
func (l Load) isOwn(of *loadFigure) bool { return l.c.of.Node && of.from[0].own }

// comesTo gives what a figure comes to, if the viewer may know.
func (l Load) comesTo(of *loadFigure) (exact.Number, vocab.Reason) {
	if !l.isOwn(of) {
		if _, _, hidden := l.c.count(); hidden {
			return exact.Number{}, vocab.ReasonNotVisible
		}
	}
	return of.value(l, l.of(l.sums(of.from[0])))
}

func (c *Crew) explain(f *Figure) Explanation {
	l, of := c.which(f.nth)
	e := Explanation{Formula: of.formula}
	if f.Reason == vocab.ReasonNotVisible {
		return e
	}
	sum := l.of(l.sums(of.from[0]))
	for _, m := range of.from {
		e.Inputs = append(e.Inputs, Input{Name: m.name, Unit: vocab.UnitHours, Value: m.of(sum).Hours()})
	}
	if of.unit == vocab.UnitFte {
		e.Inputs = append(e.Inputs, Input{Name: standardHours, Unit: vocab.UnitHours, Value: l.standard().Hours()})
	}
	e.parts = func() (parts []Part) {
		for _, m := range of.from {
			parts = append(parts, l.parts(m)...)
		}
		return parts
	}
	return e
}

func (l Load) sums(m measure) []capacity.Load {
	if m.own {
		return l.c.own()
	}
	return l.c.load().periods
}

// parts say what adds to a sum: of a node's own bookings the bookings, of one person those the viewer sees and the person for the rest, of
// several the people. What rounding leaves between bookings is the person's. Where he may not know who the people are there are none.
func (l Load) parts(m measure) (parts []Part) {
	add := func(ref state.Ref, t capacity.Time) {
		if t != 0 {
			parts = append(parts, Part{ref, m.name, t.Hours()})
		}
	}
	c, who := l.c, l.c.whom()
	switch {
	case c.of.Node && m.own:
		for _, a := range c.of.Bookings {
			add(allocation(a), m.of(l.of(c.book.booked(a, c.Span))))
		}
	case who.masked:
	case len(who.seen) == 1 && (m.name == hard.name || m.name == soft.name || m.name == expectedSoft.name || m.name == assumed.name):
		rest := m.of(l.of(c.load().periods))
		for _, b := range state.Bookings(c.book.r, who.seen[0]) {
			if b.Row == nil {
				continue
			}
			one := m.of(l.of(c.book.booked(b.Row, c.Span)))
			add(allocation(b.Row), one)
			rest -= one
		}
		add(resource(who.seen[0]), rest)
	default:
		for _, x := range who.seen {
			add(resource(x), m.of(l.of(c.book.load(x, c.Span))))
		}
	}
	return parts
}

func allocation(a *ent.Allocation) state.Ref {
	return state.Ref{Table: state.Allocations.Desc(), ID: a.ID}
}

func resource(x *ent.Resource) state.Ref { return state.Ref{Table: state.Resources.Desc(), ID: x.ID} }
