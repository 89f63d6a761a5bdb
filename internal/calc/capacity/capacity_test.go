package capacity_test

import (
	"slices"
	"testing"
	"time"

	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/capacity"
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

const (
	hour    = 60 * capacity.Minute
	workday = 450 // minutes
)

func day(s string) vocab.Date {
	d, err := vocab.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func ptr[T any](v T) *T { return &v }

// load fills a series of June 2026, which begins on a Monday and has 22 working days of 7.5 hours.
func load(p capacity.Person) *capacity.Series {
	s := capacity.NewSeries(day("2026-06-01"), day("2026-06-30"))
	if p.Calendar == nil {
		p.Calendar = calendar.Standard
	}
	s.Fill(p)
	return s
}

func entry(start string, grain vocab.CapacityGrain, source vocab.CapacitySource, minutes int) capacity.Entry {
	return capacity.Entry{Start: day(start), Grain: grain, Source: source, Minutes: minutes}
}

func booking(start, finish string, hours int, c vocab.Commitment, probability *int) capacity.Booking {
	return capacity.Booking{Start: day(start), Finish: day(finish), Minutes: hours * 60, Commitment: c, Probability: probability}
}

const (
	daily   = vocab.CapacityGrainDay
	weekly  = vocab.CapacityGrainWeek
	monthly = vocab.CapacityGrainMonth
	states  = vocab.CapacitySourceCalendar
	absent  = vocab.CapacitySourceAbsence
	has     = vocab.CapacitySourceOverride
	hard    = vocab.CommitmentHard
	soft    = vocab.CommitmentSoft
)

// The check vector of the model: 22 days of 7.5 h at 0.8 less 2 days absent are 120 h; 100 h committed are 0.8333 of it, and 40 h
// proposed at 0.5 make it 1.
func TestCheckVector(t *testing.T) {
	p := capacity.Person{Share: 800,
		Entries: []capacity.Entry{entry("2026-06-11", daily, absent, 360), entry("2026-06-12", daily, absent, 360)},
		Bookings: []capacity.Booking{
			booking("2026-06-01", "2026-06-30", 100, hard, nil),
			booking("2026-06-01", "2026-06-30", 40, soft, ptr(500)),
		},
	}
	l := load(p).Total()
	if l.Capacity != 120*hour || l.Hard != 100*hour || l.Soft != 40*hour || l.Weighted != 20*hour || l.Assumed != 0 {
		t.Errorf("%+v", l)
	}
	if r, reason := l.Utilisation(); reason != "" || r.Cmp(exact.Fraction(100, 120)) != 0 || r.Fixed(4) != "0.8333" {
		t.Error(r, reason)
	}
	if r, reason := l.Expected(); reason != "" || r.Cmp(exact.One) != 0 {
		t.Error(r, reason)
	}

	p.Bookings[1].Probability = nil
	if l := load(p).Total(); l.Weighted != 40*hour || l.Assumed != 40*hour {
		t.Errorf("a missing probability counts as 1 and is told: %+v", l)
	}
}

// Capacity of single days of the week from Monday 8 June 2026, by the order of precedence.
func TestPrecedence(t *testing.T) {
	type entries = []capacity.Entry
	for name, x := range map[string]struct {
		entries entries
		minutes [7]int // Monday to Sunday, at a share of 0.8
	}{
		"work calendar":                 {nil, [7]int{360, 360, 360, 360, 360, 0, 0}},
		"calendar entry takes share":    {entries{entry("2026-06-09", daily, states, 500)}, [7]int{360, 400, 360, 360, 360, 0, 0}},
		"calendar of a Saturday":        {entries{entry("2026-06-13", daily, states, 100)}, [7]int{360, 360, 360, 360, 360, 80, 0}},
		"override is what one has":      {entries{entry("2026-06-09", daily, has, 500)}, [7]int{360, 500, 360, 360, 360, 0, 0}},
		"week, from a day inside":       {entries{entry("2026-06-10", weekly, has, 1001)}, [7]int{201, 200, 200, 200, 200, 0, 0}},
		"day before week, either way":   {entries{entry("2026-06-10", daily, has, 10), entry("2026-06-08", weekly, has, 1000)}, [7]int{200, 200, 10, 200, 200, 0, 0}},
		"week before month":             {entries{entry("2026-06-08", weekly, states, 1000), entry("2026-06-01", monthly, states, 2200)}, [7]int{160, 160, 160, 160, 160, 0, 0}},
		"month over its working days":   {entries{entry("2026-06-30", monthly, states, 2200)}, [7]int{80, 80, 80, 80, 80, 0, 0}},
		"override before calendar":      {entries{entry("2026-06-01", monthly, has, 2200), entry("2026-06-09", daily, states, 500)}, [7]int{100, 100, 100, 100, 100, 0, 0}},
		"same grain: the later":         {entries{entry("2026-06-09", daily, has, 1), entry("2026-06-09", daily, has, 2)}, [7]int{360, 2, 360, 360, 360, 0, 0}},
		"absences add up":               {entries{entry("2026-06-09", daily, absent, 100), entry("2026-06-08", weekly, absent, 500)}, [7]int{260, 160, 260, 260, 260, 0, 0}},
		"absence off an override":       {entries{entry("2026-06-09", daily, absent, 100), entry("2026-06-09", daily, has, 250)}, [7]int{360, 150, 360, 360, 360, 0, 0}},
		"never below none":              {entries{entry("2026-06-09", daily, absent, 450)}, [7]int{360, 0, 360, 360, 360, 0, 0}},
		"override of none":              {entries{entry("2026-06-08", weekly, has, 0)}, [7]int{}},
		"another week changes nothing":  {entries{entry("2026-06-07", weekly, has, 0)}, [7]int{360, 360, 360, 360, 360, 0, 0}},
		"another month changes nothing": {entries{entry("2026-07-01", monthly, absent, 9000)}, [7]int{360, 360, 360, 360, 360, 0, 0}},
	} {
		s := load(capacity.Person{Share: 800, Entries: x.entries})
		for i, want := range x.minutes {
			if got := s.Days[7+i].Capacity; got != capacity.Time(want)*capacity.Minute {
				t.Errorf("%s: day %d has %s minutes, want %d", name, i, got.Minutes(), want)
			}
		}
	}
}

func TestEntryOfAWeekWithoutWorkIsSpreadAlike(t *testing.T) {
	holidays := make([]calendar.Exception, 5)
	for i := range holidays {
		holidays[i].Date = day("2026-06-08") + vocab.Date(i)
	}
	c, err := calendar.New([7]int{0, workday, workday, workday, workday, workday, 0}, holidays)
	if err != nil {
		t.Fatal(err)
	}
	s := load(capacity.Person{Calendar: c, Share: 1000, Entries: []capacity.Entry{entry("2026-06-08", weekly, has, 16)}})
	for i, want := range [7]capacity.Time{3, 3, 2, 2, 2, 2, 2} {
		if got := s.Days[7+i].Capacity; got != want*capacity.Minute {
			t.Errorf("day %d: %d", i, got)
		}
	}
}

// Who leaves on Friday 12 June has worked 10 of 22 days; of what a month's entry says only those days count. What is booked later
// is beyond capacity.
func TestLeaverAndJoiner(t *testing.T) {
	leaver := capacity.Person{Share: 1000, ValidTo: ptr(day("2026-06-12"))}
	if l := load(leaver).Total(); l.Capacity != 10*workday*capacity.Minute {
		t.Errorf("%+v", l)
	}
	leaver.Entries = []capacity.Entry{entry("2026-06-01", monthly, has, 2200)}
	leaver.Bookings = []capacity.Booking{booking("2026-06-12", "2026-06-15", 4, hard, nil)}
	if l := load(leaver).Total(); l.Capacity != 1000*capacity.Minute || l.Over != 20*capacity.Minute+2*hour {
		t.Errorf("%+v", l)
	}
	joiner := capacity.Person{Share: 1000, ValidFrom: ptr(day("2026-06-12"))}
	if l := load(joiner).Total(); l.Capacity != 13*workday*capacity.Minute {
		t.Errorf("%+v", l)
	}
}

// A share of a third keeps its fractions of a minute: 450 × 0.333 is 149.85 a day.
func TestSharesStayExact(t *testing.T) {
	l := load(capacity.Person{Share: 333}).Total()
	if want := exact.Fraction(22*14985, 100); l.Capacity.Minutes().Cmp(want) != 0 {
		t.Errorf("%s, want %s", l.Capacity.Minutes(), want)
	}
	if got := l.Capacity.Hours(); got.Cmp(exact.Fraction(22*14985, 6000)) != 0 {
		t.Error(got)
	}
}

func TestBookingsFollowTheWorkCalendar(t *testing.T) {
	half, err := calendar.New([7]int{time.Monday: 480, time.Tuesday: 480, time.Friday: 240}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		cal *calendar.Calendar
		b   capacity.Booking
		at  string
		min []int
	}{
		"in proportion": {half, booking("2026-06-08", "2026-06-12", 10, hard, nil), "2026-06-08", []int{240, 240, 0, 0, 120}},
		"a weekend":     {calendar.Standard, booking("2026-06-13", "2026-06-14", 3, hard, nil), "2026-06-13", []int{90, 90}},
		"across the edge: what lies outside is spread there": {calendar.Standard,
			booking("2026-05-28", "2026-06-02", 4, hard, nil), "2026-06-01", []int{60, 60, 0}},
		"backwards has no days": {calendar.Standard, booking("2026-06-12", "2026-06-08", 4, hard, nil), "2026-06-08", []int{0, 0, 0, 0, 0}},
		"outside":               {calendar.Standard, booking("2026-07-01", "2026-07-02", 4, hard, nil), "2026-06-29", []int{0, 0}},
	} {
		s := load(capacity.Person{Calendar: x.cal, Share: 1000, Bookings: []capacity.Booking{x.b}})
		for i, want := range x.min {
			if got := s.Days[int(day(x.at)-s.From)+i].Hard; got != capacity.Time(want)*capacity.Minute {
				t.Errorf("%s: day %d has %s minutes, want %d", name, i, got.Minutes(), want)
			}
		}
	}
}

// A week with as much committed as there is time looks in order, though its Monday is booked twice.
func TestWeeklySumsHideADailyConflict(t *testing.T) {
	b := booking("2026-06-08", "2026-06-08", 0, hard, nil)
	b.Minutes = 2 * workday
	person := capacity.Person{Share: 1000, Bookings: []capacity.Booking{b, booking("2026-06-09", "2026-06-11", 20, hard, nil),
		booking("2026-06-10", "2026-06-10", 2, soft, ptr(100))}}
	s := load(person)
	week := s.Fold(nil, weekly)[1]
	if week.First != day("2026-06-08") || week.Last != day("2026-06-14") || week.Hard >= week.Capacity {
		t.Fatalf("%+v", week)
	}
	if week.Over != workday*capacity.Minute {
		t.Errorf("over-allocation of %s minutes, want %d", week.Over.Minutes(), workday)
	}
	// Wednesday: 400 minutes committed, 120 proposed, 450 had.
	if week.OverWithSoft != (workday+70)*capacity.Minute {
		t.Errorf("with proposals %s", week.OverWithSoft.Minutes())
	}

	idle := load(capacity.Person{Share: 1000})
	group := load(person)
	group.Add(idle)
	if l := group.Total(); l.Over != s.Total().Over || l.Capacity != 2*s.Total().Capacity {
		t.Errorf("another's free time does not take away an over-allocation: %+v", l)
	}
	r, _ := group.Total().Utilisation()
	if want := exact.Fraction(s.Total().Hard, 2*22*workday*capacity.Minute); r.Cmp(want) != 0 {
		t.Errorf("a group's utilisation is a ratio of sums: %s, want %s", r, want)
	}
}

func TestReasons(t *testing.T) {
	for name, x := range map[string]struct {
		load           capacity.Load
		hard, expected vocab.Reason
	}{
		"nothing":            {capacity.Load{}, vocab.ReasonNoSample, vocab.ReasonNoSample},
		"committed":          {capacity.Load{Hard: 1}, vocab.ReasonNoCapacity, vocab.ReasonNoCapacity},
		"proposed":           {capacity.Load{Soft: 1}, vocab.ReasonNoSample, vocab.ReasonNoCapacity},
		"nothing, with time": {capacity.Load{Capacity: 1}, "", ""},
	} {
		if r, reason := x.load.Utilisation(); reason != x.hard || r.IsNone() != (reason != "") {
			t.Errorf("%s: utilisation %v %s", name, r, reason)
		}
		if r, reason := x.load.Expected(); reason != x.expected || r.IsNone() != (reason != "") {
			t.Errorf("%s: expected %v %s", name, r, reason)
		}
	}
}

func TestFTE(t *testing.T) {
	r, reason := capacity.FTE(132*hour, calendar.Standard, day("2026-06-01"), day("2026-06-30"))
	if reason != "" || r.Cmp(exact.Fraction(4, 5)) != 0 {
		t.Error(r, reason)
	}
	if r, reason := capacity.FTE(hour, calendar.Standard, day("2026-06-06"), day("2026-06-07")); !r.IsNone() || reason != vocab.ReasonZeroDenominator {
		t.Error(r, reason)
	}
}

func TestFoldCutsPeriodsAtTheEnds(t *testing.T) {
	s := capacity.NewSeries(day("2026-01-30"), day("2026-03-02"))
	s.Fill(capacity.Person{Calendar: calendar.Standard, Share: 1000})
	for grain, want := range map[vocab.CapacityGrain][]string{
		weekly:  {"2026-01-30", "2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23", "2026-03-02"},
		monthly: {"2026-01-30", "2026-02-01", "2026-03-01"},
	} {
		periods := s.Fold(nil, grain)
		var firsts []string
		for i, p := range periods {
			firsts = append(firsts, p.First.String())
			if i > 0 && p.First != periods[i-1].Last+1 {
				t.Errorf("%s: %v does not follow %v", grain, p.First, periods[i-1].Last)
			}
			if p.Capacity != capacity.Time(calendar.Standard.MinutesIn(p.First, p.Last))*capacity.Minute {
				t.Errorf("%s from %v: %d", grain, p.First, p.Capacity)
			}
		}
		if !slices.Equal(firsts, want) || periods[len(periods)-1].Last != day("2026-03-02") {
			t.Errorf("%s: %v, want %v", grain, firsts, want)
		}
	}
	if got := capacity.NewSeries(2, 1).Fold(nil, weekly); got != nil {
		t.Errorf("no days, yet %v", got)
	}
}

func TestSeriesOfDifferentDaysCannotBeAdded(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("they were added")
		}
	}()
	capacity.NewSeries(0, 6).Add(capacity.NewSeries(1, 7))
}

// A series used again allocates nothing, however many persons it is filled for.
func TestFillAndFoldDoNotAllocate(t *testing.T) {
	s, p, periods := capacity.NewSeries(day("2026-01-05"), day("2026-07-05")), busy(), []capacity.Period(nil)
	work := func() {
		s.Fill(p)
		periods = s.Fold(s.Fold(periods[:0], weekly), monthly)
	}
	work()
	if n := testing.AllocsPerRun(10, work); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// busy is a person with a year of entries and bookings.
func busy() capacity.Person {
	p := capacity.Person{Calendar: calendar.Standard, Share: 800}
	for d := day("2026-01-05"); d < day("2026-12-28"); d += 14 {
		p.Entries = append(p.Entries, capacity.Entry{Start: d, Grain: weekly, Source: has, Minutes: 1801}, capacity.Entry{Start: d, Grain: daily, Source: absent, Minutes: 360})
		p.Bookings = append(p.Bookings, capacity.Booking{Start: d, Finish: d + 60, Minutes: 3001, Commitment: hard},
			capacity.Booking{Start: d, Finish: d + 30, Minutes: 901, Commitment: soft, Probability: ptr(500)})
	}
	return p
}
