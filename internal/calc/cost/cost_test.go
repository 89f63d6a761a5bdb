package cost_test

import (
	"math/big"
	"testing"

	"pmograph/internal/calc/cost"
	"pmograph/internal/vocab"
)

func rat(n int64) *big.Rat { return big.NewRat(n, 1) }

func TestForecastAndVariance(t *testing.T) {
	for name, x := range map[string]struct {
		approved, actual, committed, toComplete int64
		forecast, variance                      int64
		share                                   *big.Rat
	}{
		"over":                               {1000, 480, 220, 500, 1200, -200, big.NewRat(-1, 5)},
		"under":                              {900, 300, 0, 300, 600, 300, big.NewRat(1, 3)},
		"an order of 100, 40 of it invoiced": {100, 40, 60, 0, 100, 0, rat(0)},
		"nothing approved":                   {0, 10, 5, 0, 15, -15, nil},
		"nothing at all":                     {},
	} {
		s := cost.Sums{Approved: rat(x.approved), Actual: rat(x.actual), Committed: rat(x.committed), ToComplete: rat(x.toComplete)}
		if got := s.Forecast(); got.Cmp(rat(x.forecast)) != 0 {
			t.Errorf("%s: forecast %s", name, got)
		}
		if got := s.Variance(); got.Cmp(rat(x.variance)) != 0 {
			t.Errorf("%s: variance %s", name, got)
		}
		share, reason := s.VarianceShare()
		if x.share == nil {
			if share != nil || reason != vocab.ReasonZeroDenominator {
				t.Errorf("%s: share %v %s", name, share, reason)
			}
		} else if reason != "" || share.Cmp(x.share) != 0 {
			t.Errorf("%s: share %v %s", name, share, reason)
		}
		if s.Actual.Cmp(rat(x.actual)) != 0 || s.Approved.Cmp(rat(x.approved)) != 0 {
			t.Errorf("%s: an input was changed", name)
		}
	}
}
