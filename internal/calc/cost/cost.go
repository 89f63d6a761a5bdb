// Package cost forecasts what something will cost and compares that with what was approved. Amounts are exact numbers of minor units
// of one currency; for a group, pass the sums of its members. Such a forecast is not an estimate at completion of earned value, which
// is always named by its method.
package cost

import (
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/rollup"
	"pmograph/internal/vocab"
)

// Sums are the amounts of a thing or a group. None may be missing: where one is not known, neither is what follows from it.
type Sums struct {
	Approved   exact.Number // the budget that was approved
	Actual     exact.Number // cost incurred
	Committed  exact.Number // ordered and not yet invoiced; a partly invoiced order counts once: its invoices as Actual, the rest here
	ToComplete exact.Number // estimate of what is neither incurred nor ordered yet
}

// Forecast is actual + committed not yet invoiced + estimate to complete.
func (s Sums) Forecast() exact.Number { return s.Actual.Plus(s.Committed).Plus(s.ToComplete) }

// Variance is approved − forecast; below zero is over budget.
func (s Sums) Variance() exact.Number { return s.Approved.Minus(s.Forecast()) }

// VarianceShare is the variance over what was approved; with nothing approved it has no value and ZERO_DENOMINATOR.
func (s Sums) VarianceShare() (exact.Number, vocab.Reason) {
	return rollup.Ratio(s.Variance(), s.Approved)
}
