package rollup

import (
	"testing"

	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

func day(s string) *vocab.Date {
	if s == "" {
		return nil
	}
	d, err := vocab.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return &d
}

// Three projects with EV/AC of 400/480, 90/60 and 1000/1000: the ratio of sums is 0.9675; the mean of the ratios would be 1.1111.
func TestRatioOfSums(t *testing.T) {
	r, reason := Ratio(exact.Of(400+90+1000), exact.Of(480+60+1000))
	if reason != "" || r.Fixed(4) != "0.9675" {
		t.Error(r, reason)
	}
	if r, reason := Share(0, 0); !r.IsNone() || reason != vocab.ReasonZeroDenominator {
		t.Error(r, reason)
	}
}

func TestSlip(t *testing.T) {
	for _, x := range []struct {
		base, forecast, actual string
		cancelled              bool
		days                   int
		reason                 vocab.Reason
	}{
		{"2026-11-24", "2026-12-01", "", false, 5, ""},
		{"2026-11-24", "2026-12-01", "2026-11-23", false, -1, ""}, // the actual date wins
		{"", "2026-12-01", "", false, 0, vocab.ReasonNoBaseline},
		{"2026-11-24", "", "", false, 0, vocab.ReasonNoMeasurement},
		{"2026-11-24", "2026-12-01", "", true, 0, vocab.ReasonNoSample},
	} {
		m := Milestone{day(x.base), day(x.forecast), day(x.actual), x.cancelled}
		if days, reason := Slip(calendar.Standard, m); days != x.days || reason != x.reason {
			t.Errorf("%+v: %d %s", x, days, reason)
		}
	}
}

func TestStand(t *testing.T) {
	const asOf = "2026-06-30"
	for _, x := range []struct {
		base, actual string
		cancelled    bool
		want         Standing
	}{
		{"2026-06-30", "2026-06-30", false, Standing{Due: true, Reached: true, OnTime: true}},
		{"2026-06-29", "2026-06-30", false, Standing{Due: true, Reached: true}},
		{"2026-06-30", "2026-07-01", false, Standing{Due: true}}, // reached later than the day of the question
		{"2026-07-01", "2026-06-01", false, Standing{}},          // early, not due
		{"", "2026-06-01", false, Standing{}},
		{"2026-06-01", "2026-06-01", true, Standing{Cancelled: true}},
	} {
		if got := Stand(Milestone{Baseline: day(x.base), Actual: day(x.actual), Cancelled: x.cancelled}, *day(asOf)); got != x.want {
			t.Errorf("%+v: %+v", x, got)
		}
	}
}
