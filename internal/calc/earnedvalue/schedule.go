package earnedvalue

import (
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// Schedule is what earned schedule is computed from, on one day: time is counted in periods of the plan, such as months.
type Schedule struct {
	PV []exact.Number // planned value at the end of each period, cumulated, from the first; the last is BAC; empty is NO_BASELINE
	EV Value          // earned value in the unit of PV; missing is NO_BASELINE
	AT Value          // actual time: periods from the start to the day, in parts too; missing and below zero are NOT_STARTED
}

func (s Schedule) ev() Value { return s.EV.or(vocab.ReasonNoBaseline) }

func (s Schedule) at() Value {
	if s.AT.is(-1) {
		return none(vocab.ReasonNotStarted)
	}
	return s.AT.or(vocab.ReasonNotStarted)
}

// PD is the planned duration: how many periods the plan has.
func (s Schedule) PD() Value {
	if len(s.PV) == 0 {
		return none(vocab.ReasonNoBaseline)
	}
	return Of(int64(len(s.PV)))
}

// ES is the earned schedule: the time by which the plan had what is earned now. It is C + (EV − PV(C)) / (PV(C+1) − PV(C)), C the last
// period with PV(C) <= EV; zero with nothing earned, PD with all earned.
func (s Schedule) ES() Value {
	pd, ev := s.PD(), s.ev()
	switch c := s.period(); {
	case !pd.plus(ev).known():
		return pd.plus(ev)
	case !ev.is(1):
		return Of(0)
	case c == len(s.PV):
		return pd
	default:
		from := s.planned(c)
		return Of(int64(c)).plus(ev.minus(from).over(s.planned(c + 1).minus(from)))
	}
}

// PauseEarned tells that ES stands at the end of periods for which nothing was planned: ES counts them as earned, though work only
// reached their beginning.
func (s Schedule) PauseEarned() bool {
	c := s.period()
	return c > 0 && s.ev().is(1) && s.planned(c).minus(s.planned(c-1)).is(0) && (c == len(s.PV) || s.ev().minus(s.planned(c)).is(0))
}

// period is the last one with a planned value of at most EV; 0 is the start.
func (s Schedule) period() int {
	for c := len(s.PV); c > 0; c-- {
		if !s.ev().minus(s.planned(c)).is(-1) {
			return c
		}
	}
	return 0
}

// planned is the cumulated planned value at the end of a period.
func (s Schedule) planned(period int) Value {
	if period == 0 {
		return Of(0)
	}
	return Value{Number: s.PV[period-1]}
}

// SVt is the schedule variance in periods, ES − AT: below zero is behind.
func (s Schedule) SVt() Value { return s.ES().minus(s.at()) }

// SPIt is the schedule performance index in time, ES / AT: below 1 is behind. At the very start it is ZERO_DENOMINATOR.
func (s Schedule) SPIt() Value { return s.ES().over(s.at()) }

// IEACt is the independent estimate of the duration in periods if the performance so far goes on, PD / SPI(t). An SPI(t) of zero is
// ZERO_DENOMINATOR.
func (s Schedule) IEACt() Value { return s.PD().over(s.SPIt()) }

// IEACtBy is the same by a performance factor for the rest, AT + (PD − ES) / PF: a factor of 1 goes on as planned, SPI(t) as so far,
// SPI(t) × CPI weighs in the cost. A factor of zero is ZERO_DENOMINATOR, a missing one NO_MEASUREMENT.
func (s Schedule) IEACtBy(factor Value) Value {
	return s.at().plus(s.PD().minus(s.ES()).over(factor.or(vocab.ReasonNoMeasurement)))
}

// TSPI is the schedule performance that the rest needs to end in time, (PD − ES) / (PD − AT). With all work done it is COMPLETE, with
// the planned time over BUDGET_EXHAUSTED.
func (s Schedule) TSPI() Value { return toComplete(s.PD().minus(s.ES()), s.PD().minus(s.at())) }
