package rollup

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// The mean of the ratios of TestRatioOfSums has the wrong sign of the message; the figure shown must not be it.
func TestRatioOfSumsIsNotTheMean(t *testing.T) {
	num, den, mean := exact.Of(0), exact.Of(0), exact.Of(0)
	for _, p := range []struct{ ev, ac int64 }{{400, 480}, {90, 60}, {1000, 1000}} {
		num = num.Plus(exact.Of(p.ev))
		den = den.Plus(exact.Of(p.ac))
		mean = mean.Plus(exact.Fraction(p.ev, p.ac*3))
	}
	cpi, reason := Ratio(num, den)
	if reason != "" || cpi.Fixed(6) != "0.967532" || mean.Fixed(6) != "1.111111" {
		t.Errorf("ratio of sums %v %s, mean %v", cpi, reason, mean)
	}
}

func TestDistribution(t *testing.T) {
	var d, more Distribution[vocab.Rag]
	if share, reason := d.Share(vocab.RagRed); !share.IsNone() || reason != vocab.ReasonZeroDenominator {
		t.Errorf("a share of nothing is %v %q", share, reason)
	}
	for _, r := range []vocab.Rag{vocab.RagGreen, vocab.RagGreen, vocab.RagRed} {
		d.Add(r)
	}
	for range 3 {
		more.Add(vocab.RagNotRated)
	}
	d.Merge(&more)
	d.Merge(&d)
	if d.Total() != 12 || d.Count(vocab.RagGreen) != 4 || d.Count(vocab.RagAmber) != 0 || more.Total() != 3 {
		t.Errorf("total %d, green %d, amber %d, merged %d", d.Total(), d.Count(vocab.RagGreen), d.Count(vocab.RagAmber), more.Total())
	}
	for key, want := range map[vocab.Rag]string{vocab.RagGreen: "0.333333", vocab.RagRed: "0.166667", vocab.RagNotRated: "0.500000", vocab.RagAmber: "0.000000"} {
		if share, reason := d.Share(key); reason != "" || share.Fixed(6) != want {
			t.Errorf("%s has a share of %v %q, want %s", key, share, reason, want)
		}
	}
}

func TestSharesOfADistributionAddUpToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d Distribution[int]
		for _, key := range rapid.SliceOfN(rapid.IntRange(0, 6), 1, 50).Draw(t, "members") {
			d.Add(key)
		}
		sum := exact.Of(0)
		for key := range 7 {
			share, _ := d.Share(key)
			sum = sum.Plus(share)
		}
		if sum.Cmp(exact.One) != 0 {
			t.Errorf("the shares add up to %v", sum)
		}
	})
}

func TestOnTime(t *testing.T) {
	for _, x := range []struct {
		due, onTime int
		want        string
		reason      vocab.Reason
	}{{6, 5, "0.833333", ""}, {4, 0, "0.000000", ""}, {3, 3, "1.000000", ""}, {0, 0, "", vocab.ReasonZeroDenominator}} {
		rate, reason := OnTime(x.due, x.onTime)
		got := ""
		if !rate.IsNone() {
			got = rate.Fixed(6)
		}
		if got != x.want || reason != x.reason {
			t.Errorf("%d of %d on time: %q %q, want %q %q", x.onTime, x.due, got, reason, x.want, x.reason)
		}
	}
}

func TestWorst(t *testing.T) {
	const noBaseline, noMeasurement = vocab.ReasonNoBaseline, vocab.ReasonNoMeasurement
	for _, x := range []struct {
		name  string
		slips []Slipped
		want  Slipped
		index int
	}{
		{"nothing", nil, Slipped{Reason: vocab.ReasonNoSample}, -1},
		{"latest", []Slipped{{Days: 3}, {Days: 12}, {Days: -4}}, Slipped{Days: 12}, 1},
		{"first of equal ones", []Slipped{{Days: 1}, {Days: 5}, {Days: 5}}, Slipped{Days: 5}, 1},
		{"all early", []Slipped{{Days: -7}, {Days: -2}}, Slipped{Days: -2}, 1},
		{"no value is not zero", []Slipped{{Reason: noBaseline}, {Days: -2}, {Reason: noMeasurement}}, Slipped{Days: -2}, 1},
		{"one shared reason", []Slipped{{Reason: noBaseline}, {Reason: noBaseline}}, Slipped{Reason: noBaseline}, -1},
		{"mixed reasons", []Slipped{{Reason: noBaseline}, {Reason: noMeasurement}, {Reason: noBaseline}}, Slipped{Reason: vocab.ReasonNoSample}, -1},
	} {
		if got, index := Worst(x.slips); got != x.want || index != x.index {
			t.Errorf("%s: %+v at %d, want %+v at %d", x.name, got, index, x.want, x.index)
		}
	}
}

func TestStandInAPeriod(t *testing.T) {
	const first, last = "2026-04-01", "2026-06-30"
	due, reached, onTime := Standing{Due: true}, Standing{Due: true, Reached: true}, Standing{Due: true, Reached: true, OnTime: true}
	for _, x := range []struct {
		name, base, actual, asOf string
		cancelled                bool
		want                     Standing
	}{
		{"on the first day", first, first, last, false, onTime},
		{"on the last day", last, last, last, false, onTime},
		{"the day before the period", "2026-03-31", "2026-04-01", last, false, Standing{}},
		{"the day after the period", "2026-07-01", "2026-06-01", "2026-12-31", false, Standing{}},
		{"early", "2026-05-15", "2026-03-01", last, false, onTime},
		{"a day late", "2026-05-15", "2026-05-16", last, false, reached},
		{"reached after the period", "2026-05-15", "2026-07-10", "2026-07-31", false, reached},
		{"not reached", "2026-05-15", "", last, false, due},
		{"later in the period than the day", "2026-05-15", "2026-05-10", "2026-05-14", false, Standing{}},
		{"on the day", "2026-05-15", "", "2026-05-15", false, due},
		{"no baseline", "", "2026-05-15", last, false, Standing{}},
		{"cancelled after it was reached", "2026-05-15", "2026-05-15", last, true, Standing{Cancelled: true}},
	} {
		m := Milestone{Baseline: day(x.base), Actual: day(x.actual), Cancelled: x.cancelled}
		if got := StandIn(m, *day(first), *day(last), *day(x.asOf)); got != x.want {
			t.Errorf("%s: %+v, want %+v", x.name, got, x.want)
		}
	}
}

func TestAsOfCutsAnActualDateToCome(t *testing.T) {
	m := Milestone{Baseline: day("2026-05-15"), Forecast: day("2026-05-29"), Actual: day("2026-05-18")}
	if got := m.AsOf(*day("2026-05-18")); got.Actual == nil || got != m {
		t.Errorf("on its day it is %+v", got)
	}
	if got := m.AsOf(*day("2026-05-17")); got.Actual != nil || got.Forecast != m.Forecast || m.Actual == nil {
		t.Errorf("the day before it is %+v", got)
	}
}

func TestTallyAddsUp(t *testing.T) {
	date := rapid.Custom(func(t *rapid.T) *vocab.Date {
		d := vocab.Date(rapid.IntRange(20600, 20630).Draw(t, "day"))
		if rapid.IntRange(0, 3).Draw(t, "missing") == 0 {
			return nil
		}
		return &d
	})
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Milestone {
			return Milestone{Baseline: date.Draw(t, "baseline"), Actual: date.Draw(t, "actual"), Cancelled: rapid.Bool().Draw(t, "cancelled")}
		})).Draw(t, "milestones")
		bounds := rapid.SliceOfN(rapid.IntRange(20600, 20630), 3, 3).Draw(t, "days")
		slices.Sort(bounds)
		first, cut, asOf := vocab.Date(bounds[0]), vocab.Date(bounds[1]), vocab.Date(bounds[2])
		var before, within, after, all Tally
		for _, m := range list {
			before.Add(StandIn(m, math.MinInt32, first-1, asOf))
			within.Add(StandIn(m, first, cut, asOf))
			after.Add(StandIn(m, cut+1, math.MaxInt32, asOf))
			all.Add(Stand(m, asOf))
		}
		if before.Due+within.Due+after.Due != all.Due || before.OnTime+within.OnTime+after.OnTime != all.OnTime {
			t.Errorf("the periods %+v %+v %+v do not add up to %+v", before, within, after, all)
		}
		if all.OnTime > all.Reached || all.Reached > all.Due || all.Due+all.Cancelled > len(list) {
			t.Errorf("%d milestones give %+v", len(list), all)
		}
	})
}
