// Package earnedvalue compares what was planned, done and spent, in money (PMI Practice Standard for Earned Value Management, EIA-748,
// ISO 21508) and in time (earned schedule, Lipke 2003). All is exact: only what becomes an amount, planned value from a spread and
// earned value from milestones, is rounded, once.
//
// A figure of a group is the figure of its members' sums, never a mean of figures: Parts and Schedule take sums as they take single
// projects.
package earnedvalue

import (
	"pmograph/internal/vocab"
)

// Parts are the amounts that earned value is computed from, on one day, in one currency and unit. Amounts that follow from them are in
// that unit too. None is negative, but for actual cost, where credit notes may prevail.
type Parts struct {
	PV       Value // planned value: baseline budget spread up to the day; missing is NO_BASELINE
	EV       Value // earned value: budget of the work done, at most BAC; missing is NO_BASELINE
	AC       Value // actual cost of the work done; missing is NO_ACTUALS
	BAC      Value // budget at completion: sum of the baseline budget, without management reserve; missing is NO_BASELINE
	Estimate Value // new estimate of the cost to complete, cut by ValidUntil; missing is NO_MEASUREMENT; BottomUp alone uses it
}

func (p Parts) pv() Value       { return p.PV.or(vocab.ReasonNoBaseline) }
func (p Parts) ev() Value       { return p.EV.or(vocab.ReasonNoBaseline) }
func (p Parts) ac() Value       { return p.AC.or(vocab.ReasonNoActuals) }
func (p Parts) bac() Value      { return p.BAC.or(vocab.ReasonNoBaseline) }
func (p Parts) estimate() Value { return p.Estimate.or(vocab.ReasonNoMeasurement) }
func (p Parts) left() Value     { return p.bac().minus(p.ev()) }

// CV is the cost variance, EV − AC: below zero is over cost.
func (p Parts) CV() Value { return p.ev().minus(p.ac()) }

// SV is the schedule variance in money, EV − PV: below zero is behind. It tends to zero at the end even of a late project; SVt does not.
func (p Parts) SV() Value { return p.ev().minus(p.pv()) }

// CPI is the cost performance index, EV / AC: below 1 is over cost. With no cost it is NOT_STARTED if nothing is earned, else
// NO_ACTUALS: the record lacks costs of work that was done.
func (p Parts) CPI() Value {
	ev, ac := p.ev(), p.ac()
	switch {
	case ac.is(0) && ev.is(0):
		return none(vocab.ReasonNotStarted)
	case ac.is(0):
		ac = none(vocab.ReasonNoActuals)
	}
	return ev.over(ac)
}

// SPI is the schedule performance index, EV / PV: below 1 is behind. With nothing planned it is ZERO_DENOMINATOR. It ends at 1 by
// construction; SPIt does not.
func (p Parts) SPI() Value { return p.ev().over(p.pv()) }

// Method is how the estimate at completion is made. A figure that rests on an EAC names its method.
type Method = vocab.EacMethod

// The values of Method.
const (
	Typical         = vocab.EacTypical         // the cost performance so far goes on: BAC / CPI
	Atypical        = vocab.EacAtypical        // the rest costs what was planned: AC + (BAC − EV)
	CostAndSchedule = vocab.EacCostAndSchedule // cost and schedule performance go on: AC + (BAC − EV) / (CPI × SPI)
	BottomUp        = vocab.EacBottomUp        // the rest is estimated anew: AC + Estimate
)

// Methods lists the closed set, in its natural order.
var Methods = []Method{Typical, Atypical, CostAndSchedule, BottomUp}

var atCompletion = map[Method]func(Parts) Value{
	Typical:         func(p Parts) Value { return p.bac().over(p.CPI()) },
	Atypical:        func(p Parts) Value { return p.ac().plus(p.left()) },
	CostAndSchedule: func(p Parts) Value { return p.ac().plus(p.left().over(p.CPI().times(p.SPI()))) },
	BottomUp:        func(p Parts) Value { return p.ac().plus(p.estimate()) },
}

// EAC is the estimate at completion: what the project will have cost. An index that has no value gives its reason, an index of zero
// ZERO_DENOMINATOR; no method falls back on another.
func (p Parts) EAC(m Method) Value { return atCompletion[m](p) }

// ETC is the estimate to complete, EAC − AC: what is still to be spent.
func (p Parts) ETC(m Method) Value { return p.EAC(m).minus(p.ac()) }

// VAC is the variance at completion, BAC − EAC: below zero is over cost.
func (p Parts) VAC(m Method) Value { return p.bac().minus(p.EAC(m)) }

// TCPI is the cost performance that the rest needs to keep the budget, (BAC − EV) / (BAC − AC). With all work done it is COMPLETE, with
// all budget spent BUDGET_EXHAUSTED.
func (p Parts) TCPI() Value { return toComplete(p.left(), p.bac().minus(p.ac())) }

// TCPIToEAC is the cost performance that the rest needs to keep the estimate at completion, (BAC − EV) / (EAC − AC). With all work done
// it is COMPLETE, with nothing left to spend BUDGET_EXHAUSTED.
func (p Parts) TCPIToEAC(m Method) Value { return toComplete(p.left(), p.ETC(m)) }

// PercentComplete is EV / BAC as a ratio: 1 is all. Without budget it is ZERO_DENOMINATOR.
func (p Parts) PercentComplete() Value { return p.ev().over(p.bac()) }

// PercentSpent is AC / BAC as a ratio, above 1 when overspent. Without budget it is ZERO_DENOMINATOR.
func (p Parts) PercentSpent() Value { return p.ac().over(p.bac()) }

// Earned is the earned value by weighted milestones: BAC × weight of those reached / weight of all, at most BAC, in minor units, rounded
// half to even. Weights are those frozen in the baseline, none negative. Without weight it is ZERO_DENOMINATOR; a missing BAC is
// NO_BASELINE.
func Earned(bac Value, reached, total int64) Value {
	return rounded(bac.or(vocab.ReasonNoBaseline).times(Of(min(reached, total)).over(Of(total))))
}

func rounded(v Value) Value {
	if !v.known() {
		return v
	}
	return Value{Number: v.Round()}
}
