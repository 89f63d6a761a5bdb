package rollup

import (
	"math"

	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// Milestone is what is known of one milestone on a day.
type Milestone struct {
	Baseline, Forecast, Actual *vocab.Date
	Cancelled                  bool
}

// AsOf gives the milestone as it stood on a day: an actual date after it is left out.
func (m Milestone) AsOf(day vocab.Date) Milestone {
	if m.Actual != nil && *m.Actual > day {
		m.Actual = nil
	}
	return m
}

// Slip is the actual date, else the forecast, minus the baseline date, in working days; positive is late. It takes the milestone as
// given: cut it with AsOf first where a day matters. Without a value it gives the reason: NO_SAMPLE when cancelled, NO_BASELINE, or
// NO_MEASUREMENT with neither forecast nor actual date.
func Slip(cal *calendar.Calendar, m Milestone) (days int, reason vocab.Reason) {
	until := m.Actual
	if until == nil {
		until = m.Forecast
	}
	switch {
	case m.Cancelled:
		return 0, vocab.ReasonNoSample
	case m.Baseline == nil:
		return 0, vocab.ReasonNoBaseline
	case until == nil:
		return 0, vocab.ReasonNoMeasurement
	}
	return cal.WorkingDays(*m.Baseline, *until), ""
}

// Slipped is what Slip gave for one milestone.
type Slipped struct {
	Days   int
	Reason vocab.Reason // empty when Days is a value
}

// Worst gives the largest slip that has a value and its index, the first of equal ones. When none has, the index is -1 and the reason
// the one they all share, or NO_SAMPLE when they differ or there is none at all.
func Worst(slips []Slipped) (worst Slipped, index int) {
	index = -1
	reason := vocab.ReasonNoSample
	for i, s := range slips {
		switch {
		case s.Reason == "" && (index < 0 || s.Days > worst.Days):
			worst, index = s, i
		case i == 0:
			reason = s.Reason
		case s.Reason != reason:
			reason = vocab.ReasonNoSample
		}
	}
	if index < 0 {
		return Slipped{Reason: reason}, -1
	}
	return worst, index
}

// Standing is how one milestone counts on a day.
type Standing struct {
	Due       bool // its baseline date has come, within the period if one is given
	Reached   bool // it is due and its actual date has come
	OnTime    bool // it is due and was reached on or before its baseline date
	Cancelled bool // it counts nowhere else
}

// Stand tells how a milestone counts on a day, whenever it was due. The denominator of the on-time rate is what is due, not what is
// reached, or lateness would hide.
func Stand(m Milestone, asOf vocab.Date) Standing { return StandIn(m, math.MinInt32, asOf, asOf) }

// StandIn is Stand for a period from first to last, both included: due is what has its baseline date in it and not after asOf. A
// milestone reached after the period, but by asOf, is reached. A cancelled one is cancelled in every period.
func StandIn(m Milestone, first, last, asOf vocab.Date) Standing {
	if m.Cancelled {
		return Standing{Cancelled: true}
	}
	s := Standing{Due: m.Baseline != nil && first <= *m.Baseline && *m.Baseline <= min(last, asOf)}
	s.Reached = s.Due && m.Actual != nil && *m.Actual <= asOf
	s.OnTime = s.Reached && *m.Actual <= *m.Baseline
	return s
}

// Tally counts the milestones of a group by their standing. Reached and OnTime are parts of Due; Cancelled stands apart.
type Tally struct{ Due, Reached, OnTime, Cancelled int }

// Add counts one milestone.
func (t *Tally) Add(s Standing) {
	for _, x := range []struct {
		count *int
		holds bool
	}{{&t.Due, s.Due}, {&t.Reached, s.Reached}, {&t.OnTime, s.OnTime}, {&t.Cancelled, s.Cancelled}} {
		if x.holds {
			*x.count++
		}
	}
}

// OnTime is the on-time rate: reached on or before the baseline date over due; none due is ZERO_DENOMINATOR.
func OnTime(due, reachedOnTime int) (exact.Number, vocab.Reason) { return Share(reachedOnTime, due) }
