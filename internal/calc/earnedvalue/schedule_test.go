package earnedvalue

import (
	"slices"
	"testing"
	"time"

	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

func cumulative(pv ...int64) (list []exact.Number) {
	for _, n := range pv {
		list = append(list, exact.Of(n))
	}
	return list
}

var sevenPeriods = cumulative(50, 150, 300, 500, 750, 900, 1000)

func TestEarnedSchedule(t *testing.T) {
	paused := cumulative(100, 100, 100, 300)
	for _, x := range []struct {
		name                       string
		pv                         []exact.Number
		ev, at                     Value
		es, svt, spit, ieact, tspi string
		pause                      bool
	}{
		{"within a period", sevenPeriods, Of(400), Of(4), "7/2", "-1/2", "7/8", "8", "7/6", false},
		{"at the end of a period", sevenPeriods, Of(150), Of(3), "2", "-1", "2/3", "21/2", "5/4", false},
		{"done late", sevenPeriods, Of(1000), Of(9), "7", "-2", "7/9", "9", "COMPLETE", false},
		{"done early", sevenPeriods, Of(1000), Of(5), "7", "2", "7/5", "5", "COMPLETE", false},
		{"more than all", sevenPeriods, Of(1001), Of(7), "7", "0", "1", "7", "COMPLETE", false},
		{"within the first period", sevenPeriods, Of(20), ratio("1/2"), "2/5", "-1/10", "4/5", "35/4", "66/65", false},
		{"nothing earned", sevenPeriods, Of(0), Of(2), "0", "-2", "0", "ZERO_DENOMINATOR", "7/5", false},
		{"at the very start", sevenPeriods, Of(0), Of(0), "0", "0", "ZERO_DENOMINATOR", "ZERO_DENOMINATOR", "1", false},
		{"before the start", sevenPeriods, Of(0), ratio("-1/3"), "0", "NOT_STARTED", "NOT_STARTED", "NOT_STARTED", "NOT_STARTED", false},
		{"no start", sevenPeriods, Of(100), Value{}, "3/2", "NOT_STARTED", "NOT_STARTED", "NOT_STARTED", "NOT_STARTED", false},
		{"planned time over", sevenPeriods, Of(900), Of(7), "6", "-1", "6/7", "49/6", "BUDGET_EXHAUSTED", false},
		{"long over", sevenPeriods, Of(900), Of(12), "6", "-6", "1/2", "14", "BUDGET_EXHAUSTED", false},
		{"stopped at a planned pause", paused, Of(100), Of(2), "3", "1", "3/2", "8/3", "1/2", true},
		{"beyond the pause", paused, Of(200), Of(4), "7/2", "-1/2", "7/8", "32/7", "BUDGET_EXHAUSTED", false},
		{"before the pause", paused, Of(50), Of(1), "1/2", "-1/2", "1/2", "8", "7/6", false},
		{"pause at the end", cumulative(100, 300, 300), Of(300), Of(2), "3", "1", "3/2", "2", "COMPLETE", true},
		{"pause at the end, not reached", cumulative(100, 300, 300), Of(200), Of(2), "3/2", "-1/2", "3/4", "4", "3/2", false},
		{"pause at the start, nothing earned", cumulative(0, 0, 300), Of(0), Of(2), "0", "-2", "0", "ZERO_DENOMINATOR", "3", false},
		{"pause at the start", cumulative(0, 0, 300), Of(100), Of(2), "7/3", "1/3", "7/6", "18/7", "2/3", false},
		{"plan that takes back", cumulative(200, 100, 300), Of(150), Of(2), "9/4", "1/4", "9/8", "8/3", "3/4", false},
		{"no baseline", nil, Of(400), Of(4), "NO_BASELINE", "NO_BASELINE", "NO_BASELINE", "NO_BASELINE", "NO_BASELINE", false},
		{"nothing known earned", sevenPeriods, Value{}, Of(4), "NO_BASELINE", "NO_BASELINE", "NO_BASELINE", "NO_BASELINE", "NO_BASELINE", false},
		{"input with a reason of its own", sevenPeriods, Value{Reason: zeroDivisor}, Of(4), "ZERO_DENOMINATOR", "ZERO_DENOMINATOR", "ZERO_DENOMINATOR", "ZERO_DENOMINATOR", "ZERO_DENOMINATOR", false},
		{"hidden before all other reasons", nil, Value{Reason: hidden}, Of(-1), "NOT_VISIBLE", "NOT_VISIBLE", "NOT_VISIBLE", "NOT_VISIBLE", "NOT_VISIBLE", false},
	} {
		s := Schedule{PV: x.pv, EV: x.ev, AT: x.at}
		expect(t, x.name+": ES", s.ES(), x.es)
		expect(t, x.name+": SV(t)", s.SVt(), x.svt)
		expect(t, x.name+": SPI(t)", s.SPIt(), x.spit)
		expect(t, x.name+": IEAC(t)", s.IEACt(), x.ieact)
		expect(t, x.name+": TSPI", s.TSPI(), x.tspi)
		if s.PauseEarned() != x.pause {
			t.Errorf("%s: a pause counts as earned is %v", x.name, !x.pause)
		}
	}
}

func TestDurationByFactor(t *testing.T) {
	late := Schedule{PV: sevenPeriods, EV: Of(400), AT: Of(4)}
	for _, x := range []struct {
		name   string
		s      Schedule
		factor Value
		want   string
	}{
		{"as planned", late, Of(1), "15/2"},
		{"as so far", late, late.SPIt(), "8"},
		{"twice as fast", late, Of(2), "23/4"},
		{"no progress", late, Of(0), string(zeroDivisor)},
		{"no factor", late, Value{}, string(unmeasured)},
		{"factor without value", late, Value{Reason: noActuals}, string(noActuals)},
		{"before the start", Schedule{PV: sevenPeriods, EV: Of(0), AT: Of(-1)}, Of(1), string(notStarted)},
		{"done", Schedule{PV: sevenPeriods, EV: Of(1000), AT: Of(9)}, ratio("1/3"), "9"},
	} {
		expect(t, x.name, x.s.IEACtBy(x.factor), x.want)
	}
	// SPI ends at 1 though the project was two periods late; that is why SPI(t) stands beside it.
	expect(t, "SPI of a late project", parts(1000, 1000, 0, 1000).SPI(), "1")
}

func day(text string) vocab.Date {
	d, err := vocab.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// A plan of 2026: January 3100, nothing in February, March 2200 in two rows, April 1. March and April have 22 working days.
var spread = Spread{{day("2026-03-01"), 2000}, {day("2026-01-01"), 3100}, {day("2026-04-01"), 1}, {day("2026-03-01"), 200}}

func TestPlannedValue(t *testing.T) {
	standard := func(first, last vocab.Date) int {
		if last < first {
			t.Errorf("asked for the working time from %v back to %v", first, last)
		}
		return calendar.Standard.MinutesIn(first, last)
	}
	never := func(first, last vocab.Date) int { return 0 }
	holidays, err := calendar.New([7]int{time.Monday: 450, time.Friday: 450}, []calendar.Exception{{Date: day("2026-03-02")}, {Date: day("2026-03-14"), Minutes: 225}})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name, on string
		work     Work
		pv, at   string
	}{
		{"before the start", "2025-12-31", standard, "0", "NOT_STARTED"},
		{"first day", "2026-01-01", standard, "141", "1/22"}, // 3100/22 = 140.909
		{"Saturday adds nothing to Friday", "2026-01-03", standard, "282", "1/11"},
		{"eve of the month's end", "2026-01-29", standard, "2959", "21/22"},
		{"last working day", "2026-01-30", standard, "3100", "1"},
		{"month's end", "2026-01-31", standard, "3100", "1"},
		{"in a month without plan", "2026-02-13", standard, "3100", "3/2"},
		{"Sunday that begins a month", "2026-03-01", standard, "3100", "2"},
		{"both rows of a month are cut", "2026-03-12", standard, "4000", "53/22"}, // 9 of 22 days
		{"half is rounded to even", "2026-04-15", standard, "5300", "7/2"},        // 5300.5
		{"planned end", "2026-04-30", standard, "5301", "4"},
		{"long after", "2026-06-15", standard, "5301", "11/2"},
		{"holiday", "2026-03-02", holidays.MinutesIn, "3100", "2"},
		{"calendar of the project", "2026-03-14", holidays.MinutesIn, "4006", "41/17"}, // 1575 of 3825 minutes
		{"month without work", "2026-03-30", never, "3100", "2"},
		{"end of a month without work", "2026-03-31", never, "5300", "3"},
	} {
		expect(t, x.name+": PV", spread.PV(day(x.on), x.work), x.pv)
		expect(t, x.name+": AT", spread.Elapsed(day(x.on), x.work), x.at)
	}
	april := day("2026-04-01")
	expect(t, "half of two rows, rounded once", Spread{{april, 1}, {april, 1}}.PV(day("2026-04-15"), standard), "1")
	expect(t, "half of three", Spread{{april, 3}}.PV(day("2026-04-15"), standard), "2")
	expect(t, "PV without a spread", Spread(nil).PV(0, standard), string(noBaseline))
	expect(t, "AT without a spread", Spread(nil).Elapsed(0, standard), string(noBaseline))
	expect(t, "AT on a first day without work", Spread{{day("2026-03-01"), 100}}.Elapsed(day("2026-03-01"), standard), "0")
}

func TestCumulative(t *testing.T) {
	equal := func(a, b exact.Number) bool { return a.Cmp(b) == 0 }
	if got, want := spread.Cumulative(), cumulative(3100, 3100, 5300, 5301); !slices.EqualFunc(got, want, equal) {
		t.Errorf("cumulated %v, want %v", got, want)
	}
	if got := Spread(nil).Cumulative(); got != nil {
		t.Errorf("nothing cumulates to %v", got)
	}
	year := Spread{{day("2027-01-01"), 5}, {day("2026-11-01"), 7}}
	if got, want := year.Cumulative(), cumulative(7, 7, 12); !slices.EqualFunc(got, want, equal) {
		t.Errorf("over the year's end %v, want %v", got, want)
	}
}
