// Package capacity compares the time people have with the time they are booked for, day by day. The day is the finest grain: weeks,
// months and groups are sums of days, so a free Friday never hides a Monday booked twice.
//
// The capacity of a day is found in this order:
//
//  1. A day outside the person's validity has none.
//  2. An OVERRIDE entry says how much time the person has; calendar and contract share do not count on its days.
//  3. Else a CALENDAR entry, else the person's work calendar, says the working time; the contract share multiplies it.
//  4. ABSENCE entries take time off what 2 or 3 gave, all that fall on the day together, never below none.
//
// Of two OVERRIDE or two CALENDAR entries for one day the one of the finer grain counts, and of the same grain the later in the list.
// Absences are in the person's own time: a day off at a share of 0.8 is 6 of 7.5 hours; more takes no more than there is.
package capacity

import (
	"time"

	"pmograph/internal/calc/calendar"
	"pmograph/internal/vocab"
)

// Person is what the load of one resource is made of. The lists are read only.
type Person struct {
	Calendar           *calendar.Calendar
	Share              int         // contract share in thousandths of full time
	ValidFrom, ValidTo *vocab.Date // first and last day with capacity; nil: no limit
	Entries            []Entry
	Bookings           []Booking
}

// Entry states the time of a period. Its minutes are spread over the days of the period as those of a booking are.
type Entry struct {
	Start   vocab.Date // a day of the period
	Grain   vocab.CapacityGrain
	Source  vocab.CapacitySource
	Minutes int // of the whole period; not negative
}

// Period gives the first and last day an entry is about: its day, or the week from Monday or the calendar month its day lies in.
func (e Entry) Period() (first, last vocab.Date) {
	switch e.Grain {
	case vocab.CapacityGrainWeek:
		first = monday(e.Start)
		return first, first + 6
	case vocab.CapacityGrainMonth:
		last = e.Start.MonthEnd()
		return last - vocab.Date(last.DaysInMonth()) + 1, last
	}
	return e.Start, e.Start
}

func monday(d vocab.Date) vocab.Date {
	return d - vocab.Date((d.Weekday()-time.Monday+7)%7)
}

// Booking is time asked of a person from its first to its last day, both included. Its minutes are spread over these days in proportion
// to the minutes of the person's work calendar, entries left aside; over all days alike when the calendar has none there. What falls on
// days of absence stays there, and shows as over-allocation.
type Booking struct {
	Start, Finish vocab.Date
	Minutes       int // of all its days; not negative
	Commitment    vocab.Commitment
	Probability   *int // of a soft booking, in thousandths; nil counts as 1 and is told by Load.Assumed
}

// Series holds the load of each day of a range. One series may be filled for one person after the other, without allocating.
type Series struct {
	From vocab.Date
	Days []Load // From and the days after it

	weights, parts []int // of the entry or booking being spread
}

// NewSeries makes an empty series of the days from first to last, both included.
func NewSeries(first, last vocab.Date) *Series {
	return &Series{From: first, Days: make([]Load, max(0, int(last)-int(first)+1))}
}

// Entries are applied by source, in this order, and within it by grain: what comes later replaces or reduces what is there.
var (
	sources = [...]vocab.CapacitySource{vocab.CapacitySourceCalendar, vocab.CapacitySourceOverride, vocab.CapacitySourceAbsence}
	grains  = [...]vocab.CapacityGrain{vocab.CapacityGrainMonth, vocab.CapacityGrainWeek, vocab.CapacityGrainDay}
)

// Fill replaces what the series holds by the load of a person.
func (s *Series) Fill(p Person) {
	clear(s.Days)
	for i := range s.Days {
		s.Days[i].Capacity = shared(p.Calendar.Minutes(s.From+vocab.Date(i)), p.Share)
	}
	for _, source := range sources {
		for _, grain := range grains {
			for _, e := range p.Entries {
				if e.Source == source && e.Grain == grain {
					s.enter(p, e)
				}
			}
		}
	}
	for _, b := range p.Bookings {
		days, parts := s.spread(p.Calendar, b.Start, b.Finish, b.Minutes)
		for i, minutes := range parts {
			days[i].book(b, minutes)
		}
	}
	for i := range s.Days {
		day, l := s.From+vocab.Date(i), &s.Days[i]
		if p.ValidFrom != nil && day < *p.ValidFrom || p.ValidTo != nil && day > *p.ValidTo {
			l.Capacity = 0
		}
		l.Capacity = max(0, l.Capacity)
		l.Over = max(0, l.Hard-l.Capacity)
		l.OverWithSoft = max(0, l.Hard+l.Soft-l.Capacity)
	}
}

func (s *Series) enter(p Person, e Entry) {
	first, last := e.Period()
	days, parts := s.spread(p.Calendar, first, last, e.Minutes)
	for i, minutes := range parts {
		switch capacity := &days[i].Capacity; e.Source {
		case vocab.CapacitySourceCalendar:
			*capacity = shared(minutes, p.Share)
		case vocab.CapacitySourceOverride:
			*capacity = shared(minutes, whole)
		case vocab.CapacitySourceAbsence:
			*capacity -= shared(minutes, whole)
		}
	}
}

// spread gives the days of a period that lie in the series, and what of the minutes falls on each.
func (s *Series) spread(c *calendar.Calendar, first, last vocab.Date, minutes int) (days []Load, parts []int) {
	from, to := max(first, s.From), min(last, s.From+vocab.Date(len(s.Days))-1)
	if from > to {
		return nil, nil
	}
	s.weights = s.weights[:0]
	for d := first; d <= last; d++ {
		s.weights = append(s.weights, c.Minutes(d))
	}
	s.parts = Spread(s.parts[:0], minutes, s.weights)
	return s.Days[from-s.From : to-s.From+1], s.parts[from-first : to-first+1]
}

// Spread appends to dst one whole part for each weight: the total in proportion to the weights, or alike when all are zero. The parts
// add up to the total: each is rounded down, and what is left goes, one each, to the largest remainders, of equal ones to the earlier
// (largest remainder method). Total and weights are not negative, and the square of the sum of weights fits 63 bits.
func Spread(dst []int, total int, weights []int) []int {
	if len(weights) == 0 {
		return dst
	}
	sum := 0
	for _, w := range weights {
		sum += w
	}
	alike := 0
	if sum == 0 {
		sum, alike = len(weights), 1
	}
	each, rest := total/sum, total%sum
	parts, left := dst, total
	for _, w := range weights {
		w += alike
		part := each*w + rest*w/sum
		parts = append(parts, part)
		left -= part
	}
	// Weights repeat, so there are few different remainders; each round serves the largest one not yet served.
	for served := sum; left > 0; {
		largest := 0
		for _, w := range weights {
			if r := rest * (w + alike) % sum; r < served {
				largest = max(largest, r)
			}
		}
		for i, w := range weights {
			if left > 0 && rest*(w+alike)%sum == largest {
				parts[len(dst)+i]++
				left--
			}
		}
		served = largest
	}
	return parts
}
