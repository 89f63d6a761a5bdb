package earnedvalue

import (
	"math/big"
	"testing"

	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

const (
	noBaseline  = vocab.ReasonNoBaseline
	noActuals   = vocab.ReasonNoActuals
	notStarted  = vocab.ReasonNotStarted
	zeroDivisor = vocab.ReasonZeroDenominator
	stale       = vocab.ReasonStaleInput
	unmeasured  = vocab.ReasonNoMeasurement
	hidden      = vocab.ReasonNotVisible
	noRate      = vocab.ReasonNoRate
)

// text writes a value as the shortest fraction, or its reason.
func text(v Value) string {
	if v.Rat() == nil {
		return string(v.Reason)
	}
	return v.Rat().RatString()
}

// whole tells whether a result has a value or a reason, not both.
func whole(v Value) bool { return (v.Rat() == nil) != (v.Reason == "") }

func expect(t *testing.T, name string, got Value, want string) {
	t.Helper()
	if text(got) != want || !whole(got) {
		t.Errorf("%s is %s with the reason %q, want %s", name, text(got), got.Reason, want)
	}
}

func parts(pv, ev, ac, bac int64) Parts {
	return Parts{PV: Of(pv), EV: Of(ev), AC: Of(ac), BAC: Of(bac)}
}

func ratio(text string) Value {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		panic(text)
	}
	return Value{Number: exact.FromRat(r)}
}

// figures are all figures of Parts by name.
var figures = map[string]func(Parts) Value{
	"CV": Parts.CV, "SV": Parts.SV, "CPI": Parts.CPI, "SPI": Parts.SPI, "TCPI": Parts.TCPI,
	"complete": Parts.PercentComplete, "spent": Parts.PercentSpent,
}

func init() {
	for _, m := range Methods {
		figures["EAC "+string(m)] = func(p Parts) Value { return p.EAC(m) }
		figures["ETC "+string(m)] = func(p Parts) Value { return p.ETC(m) }
		figures["VAC "+string(m)] = func(p Parts) Value { return p.VAC(m) }
		figures["TCPI to "+string(m)] = func(p Parts) Value { return p.TCPIToEAC(m) }
	}
}

// The example worked by hand: over cost and behind.
func TestWorkedExample(t *testing.T) {
	p := parts(500, 400, 480, 1000)
	p.Estimate = Of(700)
	want := map[string]string{
		"CV": "-80", "SV": "-100", "CPI": "5/6", "SPI": "4/5", "TCPI": "15/13", "complete": "2/5", "spent": "12/25",
		"EAC TYPICAL": "1200", "ETC TYPICAL": "720", "VAC TYPICAL": "-200", "TCPI to TYPICAL": "5/6",
		"EAC ATYPICAL": "1080", "ETC ATYPICAL": "600", "VAC ATYPICAL": "-80", "TCPI to ATYPICAL": "1",
		"EAC COST_AND_SCHEDULE": "1380", "ETC COST_AND_SCHEDULE": "900", "VAC COST_AND_SCHEDULE": "-380", "TCPI to COST_AND_SCHEDULE": "2/3",
		"EAC BOTTOM_UP": "1180", "ETC BOTTOM_UP": "700", "VAC BOTTOM_UP": "-180", "TCPI to BOTTOM_UP": "6/7",
	}
	if len(want) != len(figures) {
		t.Fatalf("%d of %d figures are checked", len(want), len(figures))
	}
	for name, text := range want {
		expect(t, name, figures[name](p), text)
	}
}

// Three projects' CPI is that of their sums, 0.9675; the mean of their CPIs, 1.1111, would say the contrary.
func TestGroupIsRatioOfSums(t *testing.T) {
	expect(t, "CPI", parts(0, 400+90+1000, 480+60+1000, 0).CPI(), "149/154")
}

func TestFiguresWithoutValue(t *testing.T) {
	start, all := parts(500, 400, 480, 1000), map[string]string{}
	for name := range figures {
		all[name] = string(hidden)
	}
	for _, x := range []struct {
		name   string
		change func(*Parts)
		want   map[string]string
	}{
		{"no baseline", func(p *Parts) { *p = Parts{AC: Of(480), Estimate: Of(700)} }, map[string]string{
			"CV": "NO_BASELINE", "SV": "NO_BASELINE", "CPI": "NO_BASELINE", "SPI": "NO_BASELINE", "TCPI": "NO_BASELINE", "complete": "NO_BASELINE",
			"spent": "NO_BASELINE", "EAC TYPICAL": "NO_BASELINE", "EAC ATYPICAL": "NO_BASELINE", "EAC COST_AND_SCHEDULE": "NO_BASELINE",
			"EAC BOTTOM_UP": "1180", "ETC BOTTOM_UP": "700", "VAC BOTTOM_UP": "NO_BASELINE", "TCPI to BOTTOM_UP": "NO_BASELINE"}},
		{"no actuals", func(p *Parts) { p.AC, p.Estimate = Value{}, Of(700) }, map[string]string{
			"CV": "NO_ACTUALS", "SV": "-100", "CPI": "NO_ACTUALS", "SPI": "4/5", "TCPI": "NO_ACTUALS", "spent": "NO_ACTUALS", "EAC TYPICAL": "NO_ACTUALS",
			"EAC ATYPICAL": "NO_ACTUALS", "EAC COST_AND_SCHEDULE": "NO_ACTUALS", "EAC BOTTOM_UP": "NO_ACTUALS", "ETC BOTTOM_UP": "NO_ACTUALS"}},
		{"work but no cost", func(p *Parts) { p.AC = Of(0) }, map[string]string{
			"CV": "400", "CPI": "NO_ACTUALS", "EAC TYPICAL": "NO_ACTUALS", "VAC TYPICAL": "NO_ACTUALS", "EAC ATYPICAL": "600",
			"EAC COST_AND_SCHEDULE": "NO_ACTUALS", "TCPI": "3/5", "spent": "0"}},
		{"neither work nor cost", func(p *Parts) { p.EV, p.AC = Of(0), Of(0) }, map[string]string{
			"CPI": "NOT_STARTED", "SPI": "0", "EAC TYPICAL": "NOT_STARTED", "ETC TYPICAL": "NOT_STARTED", "TCPI to TYPICAL": "NOT_STARTED",
			"EAC COST_AND_SCHEDULE": "NOT_STARTED", "EAC ATYPICAL": "1000", "TCPI": "1", "complete": "0"}},
		{"cost but no work", func(p *Parts) { p.EV = Of(0) }, map[string]string{
			"CPI": "0", "EAC TYPICAL": "ZERO_DENOMINATOR", "EAC COST_AND_SCHEDULE": "ZERO_DENOMINATOR", "EAC ATYPICAL": "1480", "TCPI": "25/13"}},
		{"nothing planned yet", func(p *Parts) { p.PV = Of(0) }, map[string]string{
			"SV": "400", "SPI": "ZERO_DENOMINATOR", "EAC COST_AND_SCHEDULE": "ZERO_DENOMINATOR", "EAC TYPICAL": "1200"}},
		{"no budget", func(p *Parts) { p.BAC = Of(0); p.EV = Of(0) }, map[string]string{
			"complete": "ZERO_DENOMINATOR", "spent": "ZERO_DENOMINATOR"}},
		{"budget spent, work left", func(p *Parts) { p.AC = Of(1000) }, map[string]string{"TCPI": "BUDGET_EXHAUSTED", "TCPI to TYPICAL": "2/5"}},
		{"overspent, work left", func(p *Parts) { p.AC = Of(1300) }, map[string]string{"TCPI": "BUDGET_EXHAUSTED", "VAC TYPICAL": "-2250"}},
		{"work left, nothing to be spent", func(p *Parts) { p.Estimate = Of(0) }, map[string]string{
			"EAC BOTTOM_UP": "480", "TCPI to BOTTOM_UP": "BUDGET_EXHAUSTED"}},
		{"work done", func(p *Parts) { p.EV = Of(1000) }, map[string]string{
			"TCPI": "COMPLETE", "TCPI to TYPICAL": "COMPLETE", "TCPI to ATYPICAL": "COMPLETE", "complete": "1",
			"EAC TYPICAL": "480", "EAC ATYPICAL": "480", "EAC COST_AND_SCHEDULE": "480"}},
		{"work done, overspent", func(p *Parts) { p.EV, p.AC = Of(1000), Of(1200) }, map[string]string{"TCPI": "COMPLETE", "VAC TYPICAL": "-200"}},
		{"no estimate", func(*Parts) {}, map[string]string{"EAC BOTTOM_UP": "NO_MEASUREMENT", "ETC BOTTOM_UP": "NO_MEASUREMENT"}},
		{"estimate out of date", func(p *Parts) { p.Estimate = Of(700).ValidUntil(99, 100) }, map[string]string{
			"EAC BOTTOM_UP": "STALE_INPUT", "ETC BOTTOM_UP": "STALE_INPUT", "VAC BOTTOM_UP": "STALE_INPUT", "TCPI to BOTTOM_UP": "STALE_INPUT",
			"EAC TYPICAL": "1200"}},
		{"estimate on its last day", func(p *Parts) { p.Estimate = Of(700).ValidUntil(100, 100) }, map[string]string{"EAC BOTTOM_UP": "1180"}},
		{"input with a reason of its own", func(p *Parts) { p.AC = Value{Reason: noRate} }, map[string]string{"CPI": "NO_RATE", "SPI": "4/5"}},
		{"reason beside a number", func(p *Parts) { p.AC.Reason = noRate }, map[string]string{"CV": "NO_RATE", "CPI": "NO_RATE", "TCPI": "NO_RATE"}},
		{"reason beside a zero", func(p *Parts) { p.EV, p.AC = Of(0), Value{Number: exact.Of(0), Reason: noRate} }, map[string]string{
			"CPI": "NO_RATE", "spent": "NO_RATE"}},
		{"hidden cost before all other reasons", func(p *Parts) { *p = Parts{AC: Value{Reason: hidden}} }, map[string]string{
			"CV": "NOT_VISIBLE", "CPI": "NOT_VISIBLE", "SPI": "NO_BASELINE", "TCPI": "NOT_VISIBLE", "spent": "NOT_VISIBLE", "EAC TYPICAL": "NOT_VISIBLE",
			"EAC ATYPICAL": "NOT_VISIBLE", "EAC COST_AND_SCHEDULE": "NOT_VISIBLE", "EAC BOTTOM_UP": "NOT_VISIBLE", "TCPI to TYPICAL": "NOT_VISIBLE"}},
		{"hidden cost of work done", func(p *Parts) { p.EV, p.AC = p.BAC, Value{Reason: hidden} }, map[string]string{
			"TCPI": "NOT_VISIBLE", "TCPI to TYPICAL": "NOT_VISIBLE"}},
		{"all hidden", func(p *Parts) {
			h := Value{Reason: hidden}
			*p = Parts{h, h, h, h, h.ValidUntil(99, 100)}
		}, all},
	} {
		p := start
		x.change(&p)
		for name, want := range x.want {
			expect(t, x.name+": "+name, figures[name](p), want)
		}
	}
}

func TestEarnedByMilestones(t *testing.T) {
	for _, x := range []struct {
		bac            Value
		reached, total int64
		want           string
	}{
		{Of(1000), 0, 4, "0"},
		{Of(1000), 3, 4, "750"},
		{Of(1000), 4, 4, "1000"},
		{Of(1000), 5, 4, "1000"},
		{Of(100), 1, 3, "33"},
		{Of(100), 2, 3, "67"},
		{Of(5), 1, 2, "2"},
		{Of(7), 1, 2, "4"},
		{Of(9_000_000_000_000_000_001), 7_000_000_000_000_000_000, 9_000_000_000_000_000_000, "7000000000000000001"},
		{Of(0), 1, 2, "0"},
		{Of(1000), 0, 0, string(zeroDivisor)},
		{Value{}, 1, 2, string(noBaseline)},
		{Value{Reason: hidden}, 0, 0, string(hidden)},
	} {
		expect(t, "earned", Earned(x.bac, x.reached, x.total), x.want)
	}
}
