// Package calendar counts working time. A calendar is a weekly pattern with dated exceptions; days carry no clock and no time zone.
//
// Every count is the difference of two running totals, and a running total costs one division by seven and one binary search in the
// exceptions, so a span of decades costs what a span of days does.
package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"pmograph/internal/vocab"
)

const minutesInDay = 24 * 60

// Exception gives one day other working time than its weekday has: none for a holiday, some for a Saturday worked.
type Exception struct {
	Date    vocab.Date
	Minutes int
}

// Calendar tells the working time of every day. It never changes and may be shared; New makes it.
type Calendar struct {
	weekly      [7]int      // minutes by weekday, Sunday first
	weekBefore  [8]total    // working time of the weekdays before each one; the last entry is a whole week
	exceptions  []Exception // by date
	corrections []total     // what the exceptions before each one add to the weekly pattern; one entry longer
}

// total is working time, in days and in minutes.
type total struct{ days, minutes int }

func (t total) plus(days, minutes int) total { return total{t.days + days, t.minutes + minutes} }

// Standard is the calendar used where none is named: Monday to Friday, seven and a half hours, no holidays.
var Standard = standard()

func standard() *Calendar {
	const day = 7*60 + 30
	c, err := New([7]int{time.Monday: day, time.Tuesday: day, time.Wednesday: day, time.Thursday: day, time.Friday: day}, nil)
	if err != nil {
		panic(err)
	}
	return c
}

// New makes a calendar from the working minutes of each weekday, indexed by time.Weekday, and the exceptions, in any order.
// It refuses minutes outside a day, two exceptions for one date, and a calendar in which no day is worked.
func New(weekly [7]int, exceptions []Exception) (*Calendar, error) {
	c := &Calendar{weekly: weekly, exceptions: slices.Clone(exceptions)}
	works := false
	for day, minutes := range weekly {
		if err := checkMinutes(minutes); err != nil {
			return nil, fmt.Errorf("working calendar, %v: %w", time.Weekday(day), err)
		}
		works = works || minutes > 0
		c.weekBefore[day+1] = c.weekBefore[day].plus(worked(minutes), minutes)
	}
	slices.SortFunc(c.exceptions, func(a, b Exception) int { return cmp.Compare(a.Date, b.Date) })
	c.corrections = make([]total, len(c.exceptions)+1)
	for i, e := range c.exceptions {
		if err := checkMinutes(e.Minutes); err != nil {
			return nil, fmt.Errorf("working calendar, exception on %v: %w", e.Date, err)
		}
		if i > 0 && c.exceptions[i-1].Date == e.Date {
			return nil, fmt.Errorf("working calendar: %v has two exceptions; keep one", e.Date)
		}
		works = works || e.Minutes > 0
		usual := weekly[weekday(e.Date)]
		c.corrections[i+1] = c.corrections[i].plus(worked(e.Minutes)-worked(usual), e.Minutes-usual)
	}
	if !works {
		return nil, errors.New("working calendar: no day has working time; give a weekday or an exception some minutes")
	}
	return c, nil
}

func checkMinutes(m int) error {
	if m < 0 || m > minutesInDay {
		return fmt.Errorf("%d minutes of work; a day has 0 to %d", m, minutesInDay)
	}
	return nil
}

func worked(minutes int) int {
	if minutes > 0 {
		return 1
	}
	return 0
}

// Minutes gives the working minutes of a day.
func (c *Calendar) Minutes(d vocab.Date) int {
	i, found := slices.BinarySearchFunc(c.exceptions, d, byDate)
	if found {
		return c.exceptions[i].Minutes
	}
	return c.weekly[weekday(d)]
}

// IsWorking tells whether a day has any working time.
func (c *Calendar) IsWorking(d vocab.Date) bool { return c.Minutes(d) > 0 }

// MinutesIn gives the working minutes of the period from first to last, both included; none when last is before first.
func (c *Calendar) MinutesIn(first, last vocab.Date) int {
	if last < first {
		return 0
	}
	return c.upTo(int(last)).minutes - c.upTo(int(first)-1).minutes
}

// WorkingDays gives how many working days a move from one day to another makes: the number of working days after from, up to and
// including to. A move back counts the same days with a minus, so WorkingDays(a, b) == -WorkingDays(b, a), and
// WorkingDays(a, b) + WorkingDays(b, c) == WorkingDays(a, c). From a working day to the next one is 1; a move that stays within a
// weekend, or from a Friday into the weekend after it, is 0. A day without work thus stands for the last working day before it.
func (c *Calendar) WorkingDays(from, to vocab.Date) int {
	return c.upTo(int(to)).days - c.upTo(int(from)).days
}

// AddWorkingDays gives the working day that lies n working days from a day, in the sense of WorkingDays:
// WorkingDays(from, AddWorkingDays(from, n)) == n. With n = 0 it gives from itself, worked or not. It reports false when the calendar
// has no such day: its weeks have no working time and its exceptions run out, or the day is beyond the range of dates.
func (c *Calendar) AddWorkingDays(from vocab.Date, n int) (vocab.Date, bool) {
	if n == 0 {
		return from, true
	}
	const dates = math.MaxInt32 - math.MinInt32 + 1
	if n > dates || n < -dates {
		return 0, false
	}
	want := c.upTo(int(from)).days + n
	i := sort.Search(dates, func(i int) bool { return c.upTo(math.MinInt32+i).days >= want })
	d := vocab.Date(math.MinInt32 + i)
	if i == dates || c.upTo(int(d)).days != want || !c.IsWorking(d) {
		return 0, false
	}
	return d, true
}

// upTo gives the running total of working time at the end of a day, counted from a fixed Sunday. Only differences of it mean anything.
func (c *Calendar) upTo(day int) total {
	weeks, weekday := sinceSunday(day)
	part, week := c.weekBefore[weekday+1], c.weekBefore[7]
	i, found := slices.BinarySearchFunc(c.exceptions, day, func(e Exception, day int) int { return cmp.Compare(int(e.Date), day) })
	if found {
		i++
	}
	fix := c.corrections[i]
	return total{weeks*week.days + part.days + fix.days, weeks*week.minutes + part.minutes + fix.minutes}
}

// sinceSunday splits a day into whole weeks since Sunday 1969-12-28 and the weekday.
func sinceSunday(day int) (weeks, weekday int) {
	day += int(time.Thursday) // day 0, 1970-01-01, was a Thursday
	weekday = ((day % 7) + 7) % 7
	return (day - weekday) / 7, weekday
}

func weekday(d vocab.Date) int {
	_, w := sinceSunday(int(d))
	return w
}

func byDate(e Exception, d vocab.Date) int { return cmp.Compare(e.Date, d) }
