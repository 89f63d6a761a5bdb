package figure

import (
	"math"
	"slices"
	"time"

	"pmograph/ent"
	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/capacity"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Span is days, weeks from Monday or calendar months, all of them whole.
type Span struct {
	Grain   vocab.CapacityGrain
	Periods []Period

	years []int // in which periods begin
}

// Period is the days from First to Last, both included.
type Period struct{ First, Last vocab.Date }

// NewSpan gives the whole periods in which the days from one to another lie; at most one more than limit.
func NewSpan(grain vocab.CapacityGrain, from, to vocab.Date, limit int) Span {
	s := Span{Grain: grain}
	for day := from; day <= to && len(s.Periods) <= limit; {
		first, last := capacity.Entry{Start: day, Grain: grain}.Period()
		if y := first.Time().Year(); !slices.Contains(s.years, y) {
			s.years = append(s.years, y)
		}
		s.Periods, day = append(s.Periods, Period{first, last}), last+1
	}
	return s
}

// All gives the span as one period.
func (s Span) All() Period { return Period{s.Periods[0].First, s.Periods[len(s.Periods)-1].Last} }

// Crew is people, and how much they have and are booked in each period of a span, over all projects.
//
// Only people whose load the viewer may see count; is there one whose load he may not see, no figure has a value. Where he may see their
// load and not who they are, figures are of fixed units alone (see Units.Closed).
type Crew struct {
	Span     Span
	Complete bool // the viewer sees everybody the crew is meant to hold

	book   *Book
	of     CrewOf
	kept   bool // the load of all of them is kept, and the viewer sees it and who they are: nobody has to be looked at
	people lazy[people]
	all    lazy[load]
	nodes  lazy[[]capacity.Load]
}

// CrewOf says whose load is asked for.
type CrewOf struct {
	People   []*ent.Resource
	Hidden   int               // further people, who are not visible
	Team     *ent.Team         // in place of people: all visible people of a team and below
	Bookings []*ent.Allocation // of a node: its figures of what is booked are of these alone
	Node     bool              // it is a node's
	Complete bool
	Closed   bool // the whole breakdown is withheld: nothing may be told
}

// people are those of a crew who count.
type people struct {
	seen     []*ent.Resource // whose load the viewer sees
	withheld int             // whose load he does not see
	masked   bool            // nothing of single people may be told
}

// load is what a crew has and is booked, by period, and if it is kept how many people that is.
type load struct {
	periods []capacity.Load
	people  int
}

// Crew gathers people.
func (b *Book) Crew(of CrewOf, span Span) *Crew {
	return &Crew{Span: span, Complete: of.Complete, book: b, of: of, kept: of.Team != nil && span.Grain != vocab.CapacityGrainDay && state.SeesTeamsLoad(b.r, of.Team)}
}

func (c *Crew) whom() people { return c.people.get(c.gather) }

func (c *Crew) gather() (p people) {
	list := c.of.People
	if c.of.Team != nil {
		list = PeopleBelow(c.book.r, nil, c.of.Team.ID)
	}
	p.withheld = c.of.Hidden
	for _, x := range list {
		if !state.SeesLoad(c.book.r, x) {
			p.withheld++
			continue
		}
		p.seen = append(p.seen, x)
		p.masked = p.masked || !state.SeesPerson(c.book.r, x)
	}
	return p
}

// PeopleBelow appends the visible persons of a team and those below.
func PeopleBelow(r state.Reader, to []*ent.Resource, team int64) []*ent.Resource {
	for x := range state.Resources.By(r, "team_id", team) {
		if x.Kind == vocab.ResourceKindPerson {
			to = append(to, x)
		}
	}
	for t := range state.Teams.By(r, "parent_id", team) {
		to = PeopleBelow(r, to, t.ID)
	}
	return to
}

// count gives how many people the viewer sees the load of, and of how many he does not; hidden tells that nothing of it is visible.
func (c *Crew) count() (seen, withheld int, hidden bool) {
	if c.kept {
		seen = c.load().people
	} else {
		who := c.whom()
		seen, withheld = len(who.seen), who.withheld
	}
	return seen, withheld, c.of.Closed || withheld > 0 || seen == 0 && !c.Complete
}

func (c *Crew) load() load { return c.all.get(c.sum) }

// sum adds up the people's load by period, from what is kept where that can be.
func (c *Crew) sum() load {
	l := load{periods: make([]capacity.Load, len(c.Span.Periods))}
	if c.kept {
		for _, year := range c.Span.years {
			v := loadOfPeople.Node(c.book.r, c.of.Team.ID, c.Span.point(year))
			l.people = whole(v.Get(everyPerson))
			c.Span.take(l.periods, v)
		}
		return l
	}
	for _, x := range c.whom().seen {
		for i, one := range c.book.load(x, c.Span) {
			l.periods[i].Add(one)
		}
	}
	return l
}

// Loads gives the crew's load by period of its span; ok is false if that may not be told.
func (c *Crew) Loads() (periods []capacity.Load, ok bool) {
	if _, _, hidden := c.count(); hidden {
		return nil, false
	}
	return c.load().periods, true
}

// Booked gives by period of the span what is booked by a node's own bookings.
func (c *Crew) Booked() []capacity.Load { return c.own() }

// own is what is booked by the crew's own bookings, if it is a node's.
func (c *Crew) own() []capacity.Load {
	if !c.of.Node {
		return c.load().periods
	}
	return c.nodes.get(c.sumBooked)
}

// load gives the load of a person whose load the viewer sees, by period.
func (b *Book) load(x *ent.Resource, span Span) []capacity.Load {
	if span.Grain == vocab.CapacityGrainDay || x.Kind != vocab.ResourceKindPerson {
		s := capacity.NewSeries(span.All().First, span.All().Last)
		s.Fill(person(b.r, x, b.calendarOfPerson(x), span.All()))
		return span.fold(s)
	}
	all := make([]capacity.Load, len(span.Periods))
	for _, year := range span.years {
		span.take(all, loadOfPeople.Member(b.r, x.ID, span.point(year)))
	}
	return all
}

// sumBooked adds up by period what is booked by the crew's own bookings alone.
func (c *Crew) sumBooked() []capacity.Load {
	all := make([]capacity.Load, len(c.Span.Periods))
	for _, a := range c.of.Bookings {
		for i, l := range c.book.booked(a, c.Span) {
			all[i].Add(l)
		}
	}
	return all
}

// booked gives what one visible booking books, by period. The days of a resource that is not visible are those of the organisation's
// calendar.
func (b *Book) booked(a *ent.Allocation, span Span) []capacity.Load {
	p := capacity.Person{Calendar: b.organisationDays()}
	if x := state.Resources.Get(b.r, a.ResourceID); x != nil {
		p.Calendar = b.calendarOfPerson(x)
	}
	p.Bookings = bookings(nil, state.Booking{Row: a, Commitment: a.Commitment, Probability: a.Probability, Hours: state.HoursOf(b.r, a)}, span.All())
	s := capacity.NewSeries(span.All().First, span.All().Last)
	s.Fill(p)
	return span.fold(s)
}

// fold adds up days by period.
func (s Span) fold(days *capacity.Series) []capacity.Load {
	all := make([]capacity.Load, 0, len(s.Periods))
	for _, p := range days.Fold(nil, s.Grain) {
		all = append(all, p.Load)
	}
	return all
}

// calendarOfPerson gives the calendar a resource works by: its own, else the organisation's.
func (b *Book) calendarOfPerson(x *ent.Resource) *calendar.Calendar {
	if row := state.WorkCalendars.Ref(b.r, x.CalendarID); row != nil {
		if c := compiled(row); c != nil {
			return c
		}
	}
	return b.organisationDays()
}

var (
	entryStart, entryGrain    = state.CapacityEntries.Col("period_start"), state.CapacityEntries.Col("grain")
	entrySource, entryMinutes = state.CapacityEntries.Col("source"), state.CapacityEntries.Col("minutes")
	hoursStart, hoursEnd      = state.AllocationHours.Col("period_start"), state.AllocationHours.Col("period_end")
	hoursMinutes              = state.AllocationHours.Col("minutes")
)

// person gathers what the load of a resource on some days is made of. It is a function of the resource's own rows and its calendar alone.
func person(r state.Reader, x *ent.Resource, cal *calendar.Calendar, days Period) capacity.Person {
	p := capacity.Person{Calendar: cal, Share: x.ContractShare, ValidFrom: x.ValidFrom, ValidTo: x.ValidTo}
	for f := range state.CapacityEntries.Of(r, x.ID).All() {
		e := capacity.Entry{
			Start: f.Day(entryStart), Minutes: int(f.Val(entryMinutes)),
			Grain:  vocab.CapacityGrain(entryGrain.Word(f.Val(entryGrain))),
			Source: vocab.CapacitySource(entrySource.Word(f.Val(entrySource))),
		}
		if first, last := e.Period(); first <= days.Last && last >= days.First {
			p.Entries = append(p.Entries, e)
		}
	}
	if x.Kind == vocab.ResourceKindPlaceholder { // nobody is there
		p.Share, p.Entries = 0, nil
	}
	var all []capacity.Booking
	for _, b := range state.Bookings(r, x) {
		all = bookings(all, b, days)
	}
	p.Bookings = asOne(all)
	return p
}

// asOne adds up bookings of the same days, commitment and probability: a person's time of one kind is spread over days as one, so that no
// rounding tells how many bookings there are.
func asOne(all []capacity.Booking) (sums []capacity.Booking) {
	type kind struct {
		first, last vocab.Date
		commitment  vocab.Commitment
		probability int
	}
	at := map[kind]int{}
	for _, b := range all {
		k := kind{b.Start, b.Finish, b.Commitment, -1}
		if b.Probability != nil {
			k.probability = *b.Probability
		}
		if i, ok := at[k]; ok {
			sums[i].Minutes += b.Minutes
			continue
		}
		at[k] = len(sums)
		sums = append(sums, b)
	}
	return sums
}

// bookings appends what a booking books on some days.
func bookings(to []capacity.Booking, b state.Booking, days Period) []capacity.Booking {
	for h := range b.Hours.All() {
		if first, last := h.Day(hoursStart), h.Day(hoursEnd); first <= days.Last && last >= days.First {
			to = append(to, capacity.Booking{Start: first, Finish: last, Minutes: int(h.Val(hoursMinutes)), Commitment: b.Commitment, Probability: b.Probability})
		}
	}
	return to
}

// loadOfPeople keeps the load of people by year: of the weeks, or months, that begin in it. Point.A is the year, Point.B the grain.
var loadOfPeople = state.NewResourceMeasure("load", func(r state.Reader, id int64, at state.Point) state.Vector {
	x := state.Resources.Get(r, id)
	if x == nil || x.Kind != vocab.ResourceKindPerson {
		return nil
	}
	grain := entryGrain.Word(at.B)
	days := yearOf(vocab.CapacityGrain(grain), int(at.A))
	s := capacity.NewSeries(days.First, days.Last)
	s.Fill(person(r, x, NewBook(r).calendarOfPerson(x), days))
	v := state.Vector{{Term: everyPerson, Sum: exact.IntOf(1)}}
	periods := s.Fold(nil, vocab.CapacityGrain(grain))
	for slot, of := range slots {
		for i := range periods {
			if n := *of(&periods[i].Load); n != 0 {
				v = append(v, state.VectorEntry{Term: state.Term{A: int64(slot), B: int64(periods[i].First)}, Sum: exact.IntOf(int64(n))})
			}
		}
	}
	return v
})

// everyPerson counts the people of a vector. It stands before the sums of their load.
var everyPerson = state.Term{A: -1}

// slots are the sums of a load in the order in which vectors have them.
var slots = [...]func(*capacity.Load) *capacity.Time{
	func(l *capacity.Load) *capacity.Time { return &l.Capacity },
	func(l *capacity.Load) *capacity.Time { return &l.Hard },
	func(l *capacity.Load) *capacity.Time { return &l.Soft },
	func(l *capacity.Load) *capacity.Time { return &l.Weighted },
	func(l *capacity.Load) *capacity.Time { return &l.Assumed },
	func(l *capacity.Load) *capacity.Time { return &l.Over },
	func(l *capacity.Load) *capacity.Time { return &l.OverWithSoft },
}

// yearOf gives the days of the periods that begin in a year.
func yearOf(grain vocab.CapacityGrain, year int) Period {
	first, next := vocab.NewDate(year, time.January, 1), vocab.NewDate(year+1, time.January, 1)
	for grain == vocab.CapacityGrainWeek && first.Weekday() != time.Monday {
		first++
	}
	for grain == vocab.CapacityGrainWeek && next.Weekday() != time.Monday {
		next++
	}
	return Period{first, next - 1}
}

func (s Span) point(year int) state.Point {
	return state.Point{A: int64(year), B: entryGrain.Number(string(s.Grain))}
}

// take adds a kept vector to the periods of the span. The sums of a slot are in the order of periods.
func (s Span) take(all []capacity.Load, v state.Vector) {
	first := int64(s.Periods[0].First)
	for slot, of := range slots {
		at, _ := slices.BinarySearchFunc(v, state.Term{A: int64(slot), B: first, C: math.MinInt64}, func(e state.VectorEntry, t state.Term) int { return e.Term.Compare(t) })
		for i := range all {
			day := int64(s.Periods[i].First)
			for at < len(v) && v[at].Term.A == int64(slot) && v[at].Term.B < day {
				at++
			}
			if at == len(v) || v[at].Term.A != int64(slot) {
				break
			}
			if v[at].Term.B == day {
				*of(&all[i]) += capacity.Time(whole(v[at].Sum))
			}
		}
	}
}
