package vocab_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"pmograph/internal/vocab"
)

// Days are those of package time: every day of some thousand years, and what is drawn from all there are.
func TestDaysAreThoseOfTime(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, d vocab.Date) {
		want := time.Unix(int64(d)*86400, 0).UTC()
		y, m, day := d.Civil()
		if wy, wm, wd := want.Date(); y != wy || m != wm || day != wd || d.Weekday() != want.Weekday() || vocab.NewDate(y, m, day) != d || vocab.DateOf(want) != d {
			t.Fatalf("day %d is %d-%d-%d, a %s; want %s", int(d), y, m, day, d.Weekday(), want)
		}
		if text := want.Format("2006-01-02"); d.String() != text || string(d.AppendGQL(nil)) != `"`+text+`"` {
			t.Fatalf("day %d is written %s, want %s", int(d), d, text)
		}
		next := time.Date(want.Year(), want.Month()+1, 1, 0, 0, 0, 0, time.UTC)
		if d.MonthEnd() != vocab.DateOf(next)-1 || d.DaysInMonth() != next.AddDate(0, 0, -1).Day() {
			t.Fatalf("%s is in a month of %d days that ends on %s", d, d.DaysInMonth(), d.MonthEnd())
		}
	}
	for d := vocab.NewDate(-500, 1, 1); d < vocab.NewDate(2500, 1, 1); d++ {
		check(t, d)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, vocab.Date(rapid.Int32().Draw(t, "day")))
		y, m, day := rapid.IntRange(-20_000, 20_000).Draw(t, "year"), time.Month(rapid.IntRange(-40, 40).Draw(t, "month")), rapid.IntRange(-400, 400).Draw(t, "of month")
		if got, want := vocab.NewDate(y, m, day), time.Date(y, m, day, 0, 0, 0, 0, time.UTC); got.Time() != want {
			t.Fatalf("%d-%d-%d is %s, want %s", y, m, day, got, want)
		}
	})
}
