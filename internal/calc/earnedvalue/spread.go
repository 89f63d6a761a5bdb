package earnedvalue

import (
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// Month is what a baseline plans for one calendar month.
type Month struct {
	First vocab.Date // first day of the month
	Minor int64      // minor units
}

// Spread is a baseline's budget by month, in any order; a month that is not in it has nothing planned. Its sum is BAC and fits 64 bits.
type Spread []Month

// Work gives the working minutes of the days from first to last, both included; (*calendar.Calendar).MinutesIn is one.
type Work func(first, last vocab.Date) int

// PV is the planned value at the end of a day, in minor units: the months before, and of the day's month the share of its working time
// that has passed, rounded half to even once. A month without working time counts on its last day. An empty spread is NO_BASELINE.
func (s Spread) PV(on vocab.Date, work Work) Value {
	if len(s) == 0 {
		return none(vocab.ReasonNoBaseline)
	}
	whole, cut := int64(0), Of(0)
	for _, m := range s {
		if part, of := passed(m.First, on, work); of == 1 {
			whole += m.Minor * part
		} else {
			cut = cut.plus(Of(m.Minor).times(Of(part)).over(Of(of)))
		}
	}
	return rounded(Of(whole).plus(cut))
}

// Cumulative gives the planned value at the end of each month from the first of the spread to the last, in minor units. It is what
// Schedule takes; its length is the planned duration.
func (s Spread) Cumulative() []exact.Number {
	if len(s) == 0 {
		return nil
	}
	start, months := s.start(), 0
	for _, m := range s {
		months = max(months, monthsBetween(start, m.First)+1)
	}
	list := make([]exact.Number, months)
	for i := range list {
		list[i] = exact.Of(0)
	}
	for _, m := range s {
		at := monthsBetween(start, m.First)
		list[at] = list[at].Plus(exact.Of(m.Minor))
	}
	for i := range list[1:] {
		list[i+1] = list[i+1].Plus(list[i])
	}
	return list
}

// Elapsed gives the months from the start of the spread to the end of a day, the day's month by the share of its working time that has
// passed, as PV does: work done as planned has earned just this time. It goes on after the planned end. A day before the start is
// NOT_STARTED, an empty spread NO_BASELINE.
func (s Spread) Elapsed(on vocab.Date, work Work) Value {
	if len(s) == 0 {
		return none(vocab.ReasonNoBaseline)
	}
	start := s.start()
	if on < start {
		return none(vocab.ReasonNotStarted)
	}
	whole := monthsBetween(start, on)
	part, of := passed(start.AddMonths(whole), on, work)
	return Of(int64(whole)).plus(Of(part).over(Of(of)))
}

func (s Spread) start() vocab.Date {
	start := s[0].First
	for _, m := range s {
		start = min(start, m.First)
	}
	return start
}

// passed gives what part of a month's working time lies in or before a day: 1 of 1 after the month, 0 of 1 before it.
func passed(first, on vocab.Date, work Work) (part, of int64) {
	last := first.MonthEnd()
	switch {
	case on >= last:
		return 1, 1
	case on < first:
		return 0, 1
	}
	if of = int64(work(first, last)); of == 0 {
		return 0, 1
	}
	return int64(work(first, on)), of
}

func monthsBetween(a, b vocab.Date) int {
	from, to := a.Time(), b.Time()
	return (to.Year()-from.Year())*12 + int(to.Month()) - int(from.Month())
}
