package calendar_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"pgregory.net/rapid"
	"pmograph/internal/calc/calendar"
	"pmograph/internal/vocab"
)

// plain is a calendar as one would write it without haste: a map and loops over days.
type plain struct {
	weekly     [7]int
	exceptions map[vocab.Date]int
}

func (p plain) minutes(d vocab.Date) int {
	if m, ok := p.exceptions[d]; ok {
		return m
	}
	return p.weekly[d.Weekday()]
}

func (p plain) workingDays(from, to vocab.Date) (n int) {
	if to < from {
		return -p.workingDays(to, from)
	}
	for d := from + 1; d <= to; d++ {
		if p.minutes(d) > 0 {
			n++
		}
	}
	return n
}

func (p plain) minutesIn(first, last vocab.Date) (n int) {
	for d := first; d <= last; d++ {
		n += p.minutes(d)
	}
	return n
}

var minutes = rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 1440))

// drawCalendar gives a calendar about the epoch, where the sign of days changes, and the same as plain.
func drawCalendar(t *rapid.T) (*calendar.Calendar, plain) {
	p := plain{exceptions: rapid.MapOf(rapid.Custom(drawDay), minutes).Draw(t, "exceptions")}
	for i := range p.weekly {
		p.weekly[i] = minutes.Draw(t, "weekday")
	}
	var exceptions []calendar.Exception
	for d, m := range p.exceptions {
		exceptions = append(exceptions, calendar.Exception{Date: d, Minutes: m})
	}
	c, err := calendar.New(p.weekly, exceptions)
	if err != nil {
		for _, m := range p.weekly {
			if m > 0 {
				t.Fatal(err)
			}
		}
		t.Skip("no working time")
	}
	return c, p
}

func drawDay(t *rapid.T) vocab.Date { return vocab.Date(rapid.IntRange(-200, 200).Draw(t, "day")) }

func TestCountsEqualADayLoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, p := drawCalendar(t)
		a, b := drawDay(t), drawDay(t)
		if got, want := c.WorkingDays(a, b), p.workingDays(a, b); got != want {
			t.Errorf("WorkingDays(%v, %v) is %d, want %d", a, b, got, want)
		}
		if got, want := c.MinutesIn(a, b), p.minutesIn(a, b); got != want {
			t.Errorf("MinutesIn(%v, %v) is %d, want %d", a, b, got, want)
		}
		if got, want := c.Minutes(a), p.minutes(a); got != want {
			t.Errorf("Minutes(%v) is %d, want %d", a, got, want)
		}
	})
}

func TestAddWorkingDaysUndoesWorkingDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, p := drawCalendar(t)
		from, n := drawDay(t), rapid.IntRange(-300, 300).Draw(t, "n")
		to, ok := c.AddWorkingDays(from, n)
		if !ok {
			for _, m := range p.weekly {
				if m > 0 {
					t.Fatalf("no day %d working days from %v, though every week is worked", n, from)
				}
			}
			return
		}
		if got := p.workingDays(from, to); got != n {
			t.Errorf("AddWorkingDays(%v, %d) is %v, which is %d working days on", from, n, to, got)
		}
		if n != 0 && p.minutes(to) == 0 {
			t.Errorf("AddWorkingDays(%v, %d) is %v, which is not worked", from, n, to)
		}
	})
}

// TestEnglishHolidays counts with the bank holidays of England: 2024 had 262 weekdays and 8 holidays, all on weekdays.
func TestEnglishHolidays(t *testing.T) {
	const path = "../../../../shared/data/calendars/holidays_GB_ENG.json"
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("PMO_REQUIRE_SHARED") == "" {
		t.Skip("holidays of England are not here; they are not part of the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	var names map[vocab.Date]string
	if err := json.Unmarshal(text, &names); err != nil {
		t.Fatal(err)
	}
	p := plain{weekly: [7]int{0, 450, 450, 450, 450, 450, 0}, exceptions: map[vocab.Date]int{}}
	var holidays []calendar.Exception
	for d := range names {
		p.exceptions[d] = 0
		holidays = append(holidays, calendar.Exception{Date: d})
	}
	c := mustNew(t, p.weekly, holidays)
	if got := c.WorkingDays(vocab.NewDate(2023, 12, 31), vocab.NewDate(2024, 12, 31)); got != 254 {
		t.Errorf("2024 has %d working days, want 254", got)
	}
	if got := c.WorkingDays(vocab.NewDate(2024, 3, 28), vocab.NewDate(2024, 4, 2)); got != 1 {
		t.Errorf("Maundy Thursday to the Tuesday after Easter 2024 is %d working days, want 1", got)
	}
	from, to := vocab.NewDate(2015, 1, 1), vocab.NewDate(2030, 12, 31)
	if got, want := c.WorkingDays(from, to), p.workingDays(from, to); got != want {
		t.Errorf("sixteen years have %d working days, want %d", got, want)
	}
}
