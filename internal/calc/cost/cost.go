// Package cost forecasts what something will cost and compares that with what was approved. Amounts are exact numbers of minor units
// of one currency; for a group, pass the sums of its members. Such a forecast is not an estimate at completion of earned value, which
// is always named by its method.
package cost

import (
	"math/big"

	"pmograph/internal/calc/rollup"
	"pmograph/internal/vocab"
)

// Sums are the amounts of a thing or a group. None may be nil: where one is not known, neither is what follows from it.
type Sums struct {
	Approved   *big.Rat // the budget that was approved
	Actual     *big.Rat // cost incurred
	Committed  *big.Rat // ordered and not yet invoiced; a partly invoiced order counts once: its invoices as Actual, the rest here
	ToComplete *big.Rat // estimate of what is neither incurred nor ordered yet
}

// Forecast is actual + committed not yet invoiced + estimate to complete.
func (s Sums) Forecast() *big.Rat {
	sum := new(big.Rat).Add(s.Actual, s.Committed)
	return sum.Add(sum, s.ToComplete)
}

// Variance is approved − forecast; below zero is over budget.
func (s Sums) Variance() *big.Rat { return new(big.Rat).Sub(s.Approved, s.Forecast()) }

// VarianceShare is the variance over what was approved; with nothing approved it has no value and ZERO_DENOMINATOR.
func (s Sums) VarianceShare() (*big.Rat, vocab.Reason) {
	return rollup.Ratio(s.Variance(), s.Approved)
}
