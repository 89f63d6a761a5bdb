package calendar_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pmograph/internal/calc/calendar"
	"pmograph/internal/vocab"
)

func day(t testing.TB, s string) vocab.Date {
	t.Helper()
	d, err := vocab.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustNew(t testing.TB, weekly [7]int, exceptions []calendar.Exception) *calendar.Calendar {
	t.Helper()
	c, err := calendar.New(weekly, exceptions)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWorkingDaysOfTheStandardWeek(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		want           int
	}{
		{"same day", "2026-11-20", "2026-11-20", 0},
		{"Thursday to Friday", "2026-11-19", "2026-11-20", 1},
		{"Friday to Monday, the next working day", "2026-11-20", "2026-11-23", 1},
		{"Friday into the weekend", "2026-11-20", "2026-11-22", 0},
		{"Saturday to Sunday", "2026-11-21", "2026-11-22", 0},
		{"Sunday back to Saturday", "2026-11-22", "2026-11-21", 0},
		{"Saturday to Monday", "2026-11-21", "2026-11-23", 1},
		{"Monday back to Sunday", "2026-11-23", "2026-11-22", -1},
		{"Monday back to Friday", "2026-11-23", "2026-11-20", -1},
		{"a week on", "2026-11-18", "2026-11-25", 5},
		{"a week back", "2026-11-25", "2026-11-18", -5},
		{"weekend to weekend", "2026-11-21", "2026-11-28", 5},
		{"a year", "2023-12-31", "2024-12-31", 262},
		{"before the epoch", "1969-12-31", "1970-01-05", 3},
		{"a century", "1970-01-01", "2070-01-01", 26089},
	} {
		if got := calendar.Standard.WorkingDays(day(t, c.from), day(t, c.to)); got != c.want {
			t.Errorf("%s: %s to %s is %d working days, want %d", c.name, c.from, c.to, got, c.want)
		}
	}
}

func TestMinutes(t *testing.T) {
	christmas, saturday := day(t, "2026-12-25"), day(t, "2026-12-19")
	c := mustNew(t, [7]int{time.Monday: 480, time.Friday: 240}, []calendar.Exception{{christmas, 0}, {saturday, 120}})
	for _, x := range []struct {
		day  string
		want int
	}{{"2026-12-18", 240}, {"2026-12-19", 120}, {"2026-12-20", 0}, {"2026-12-21", 480}, {"2026-12-22", 0}, {"2026-12-25", 0}} {
		d := day(t, x.day)
		if got := c.Minutes(d); got != x.want || c.IsWorking(d) != (x.want > 0) {
			t.Errorf("%s: %d minutes, working %v, want %d", x.day, got, c.IsWorking(d), x.want)
		}
	}
	if got, want := c.MinutesIn(day(t, "2026-12-18"), day(t, "2026-12-25")), 240+120+480; got != want {
		t.Errorf("the period has %d minutes, want %d", got, want)
	}
	if got := c.MinutesIn(christmas, christmas-1); got != 0 {
		t.Errorf("an empty period has %d minutes", got)
	}
	if got, want := calendar.Standard.MinutesIn(day(t, "2026-11-01"), day(t, "2026-11-30")), 21*450; got != want {
		t.Errorf("November 2026 has %d minutes, want %d", got, want)
	}
}

func TestAddWorkingDays(t *testing.T) {
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-20", 0, "2026-11-20"},
		{"2026-11-21", 0, "2026-11-21"},
		{"2026-11-20", 1, "2026-11-23"},
		{"2026-11-21", 1, "2026-11-23"},
		{"2026-11-23", -1, "2026-11-20"},
		{"2026-11-22", -1, "2026-11-19"}, // Sunday stands for Friday
		{"2026-11-20", 5, "2026-11-27"},
		{"1970-01-01", 26089, "2070-01-01"},
	} {
		got, ok := calendar.Standard.AddWorkingDays(day(t, c.from), c.n)
		if !ok || got != day(t, c.want) {
			t.Errorf("%s and %d working days is %v %v, want %s", c.from, c.n, got, ok, c.want)
		}
	}
}

func TestAddWorkingDaysFindsNone(t *testing.T) {
	first, second := day(t, "2026-03-07"), day(t, "2026-03-14")
	roster := mustNew(t, [7]int{}, []calendar.Exception{{second, 300}, {first, 300}})
	if got, ok := roster.AddWorkingDays(first-10, 2); !ok || got != second {
		t.Errorf("second shift is %v %v, want %v", got, ok, second)
	}
	for _, c := range []struct {
		cal  *calendar.Calendar
		from vocab.Date
		n    int
	}{
		{roster, first - 10, 3},
		{roster, second + 10, -2}, // would have to stand before the first shift, where no day is worked
		{roster, first, -1},
		{calendar.Standard, 0, math.MaxInt},
		{calendar.Standard, 0, math.MinInt},
		{calendar.Standard, math.MaxInt32 - 10, 20},
		{calendar.Standard, math.MinInt32 + 10, -20},
	} {
		if got, ok := c.cal.AddWorkingDays(c.from, c.n); ok {
			t.Errorf("%d days and %d working days gives %d, want none", c.from, c.n, got)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	d := day(t, "2026-01-01")
	for _, c := range []struct {
		name       string
		weekly     [7]int
		exceptions []calendar.Exception
		want       string
	}{
		{"no work at all", [7]int{}, []calendar.Exception{{d, 0}}, "no day has working time"},
		{"minus", [7]int{time.Tuesday: -1}, nil, "Tuesday: -1 minutes"},
		{"more than a day", [7]int{time.Sunday: 1441}, nil, "Sunday: 1441 minutes"},
		{"exception beyond a day", [7]int{1: 60}, []calendar.Exception{{d, 1441}}, "2026-01-01: 1441 minutes"},
		{"one date twice", [7]int{1: 60}, []calendar.Exception{{d, 0}, {d + 1, 0}, {d, 30}}, "2026-01-01 has two exceptions"},
	} {
		if _, err := calendar.New(c.weekly, c.exceptions); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestNewKeepsItsOwnCopy(t *testing.T) {
	monday := day(t, "2026-11-23")
	given := []calendar.Exception{{monday, 0}}
	c := mustNew(t, [7]int{time.Monday: 60}, given)
	given[0].Minutes = 60
	if c.IsWorking(monday) {
		t.Error("the calendar follows a slice of its maker")
	}
}

func BenchmarkWorkingDaysOver30Years(b *testing.B) {
	var holidays []calendar.Exception
	for d := vocab.NewDate(2010, 1, 1); d < vocab.NewDate(2040, 1, 1); d += 41 {
		holidays = append(holidays, calendar.Exception{Date: d})
	}
	c := mustNew(b, [7]int{0, 450, 450, 450, 450, 450, 0}, holidays)
	from, to := vocab.NewDate(2010, 1, 1), vocab.NewDate(2040, 1, 1)
	for b.Loop() {
		c.WorkingDays(from, to)
	}
}

func BenchmarkAddWorkingDays(b *testing.B) {
	for b.Loop() {
		calendar.Standard.AddWorkingDays(20000, 250)
	}
}
