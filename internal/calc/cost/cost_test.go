package cost_test

import (
	"testing"

	"pmograph/internal/calc/cost"
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

func whole(n int64) exact.Number { return exact.Of(n) }

func TestForecastAndVariance(t *testing.T) {
	for name, x := range map[string]struct {
		approved, actual, committed, toComplete int64
		forecast, variance                      int64
		share                                   exact.Number
	}{
		"over":                               {1000, 480, 220, 500, 1200, -200, exact.Fraction(-1, 5)},
		"under":                              {900, 300, 0, 300, 600, 300, exact.Fraction(1, 3)},
		"an order of 100, 40 of it invoiced": {100, 40, 60, 0, 100, 0, whole(0)},
		"nothing approved":                   {0, 10, 5, 0, 15, -15, exact.Number{}},
		"nothing at all":                     {},
	} {
		s := cost.Sums{Approved: whole(x.approved), Actual: whole(x.actual), Committed: whole(x.committed), ToComplete: whole(x.toComplete)}
		if got := s.Forecast(); got.Cmp(whole(x.forecast)) != 0 {
			t.Errorf("%s: forecast %s", name, got)
		}
		if got := s.Variance(); got.Cmp(whole(x.variance)) != 0 {
			t.Errorf("%s: variance %s", name, got)
		}
		share, reason := s.VarianceShare()
		if x.share.IsNone() {
			if !share.IsNone() || reason != vocab.ReasonZeroDenominator {
				t.Errorf("%s: share %v %s", name, share, reason)
			}
		} else if reason != "" || share.Cmp(x.share) != 0 {
			t.Errorf("%s: share %v %s", name, share, reason)
		}
		if s.Actual.Cmp(whole(x.actual)) != 0 || s.Approved.Cmp(whole(x.approved)) != 0 {
			t.Errorf("%s: an input was changed", name)
		}
	}
}
