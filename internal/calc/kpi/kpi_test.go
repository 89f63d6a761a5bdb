package kpi_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/kpi"
	"pmograph/internal/vocab"
)

// num reads a decimal; empty is none.
func num(s string) exact.Number {
	x, ok := exact.Parse(s)
	if !ok && s != "" {
		panic(s)
	}
	return x
}

const (
	up   = vocab.KpiDirectionUpGood
	down = vocab.KpiDirectionDownGood
	band = vocab.KpiDirectionBand

	green  = vocab.RagGreen
	amber  = vocab.RagAmber
	red    = vocab.RagRed
	nobody = vocab.RagNotRated
)

func pair(green, amber string) kpi.Limits { return kpi.Limits{Green: num(green), Amber: num(amber)} }

func within(amber, green, greenHigh, amberHigh string) kpi.Limits {
	return kpi.Limits{Amber: num(amber), Green: num(green), GreenHigh: num(greenHigh), AmberHigh: num(amberHigh)}
}

func TestRate(t *testing.T) {
	for _, x := range []struct {
		direction vocab.KpiDirection
		limits    kpi.Limits
		want      map[string]vocab.Rag // by value
	}{
		{up, pair("0.95", "0.9"), map[string]vocab.Rag{"1": green, "0.95": green, "0.949999999999999999": amber, "0.9": amber, "0.89": red, "-1": red, "": nobody}},
		{up, pair("0.9", "0.9"), map[string]vocab.Rag{"0.9": green, "0.89": red}},
		{down, pair("0", "5"), map[string]vocab.Rag{"-3": green, "0": green, "0.000000000000000001": amber, "5": amber, "5.1": red, "": nobody}},
		{band, within("70", "80", "90", "100"), map[string]vocab.Rag{"69.9": red, "70": amber, "79.9": amber, "80": green, "90": green, "90.1": amber, "100": amber, "100.1": red, "": nobody}},
		{up, kpi.Limits{}, map[string]vocab.Rag{"1": nobody, "": nobody}},
		{band, kpi.Limits{}, map[string]vocab.Rag{"1": nobody}},
	} {
		thresholds, err := kpi.NewThresholds(x.direction, x.limits)
		if err != nil {
			t.Fatal(err)
		}
		for value, want := range x.want {
			if got := thresholds.Rate(num(value)); got != want {
				t.Errorf("%s %+v: %q is %s, want %s", x.direction, x.limits, value, got, want)
			}
		}
	}
}

func TestInconsistentLimitsAreNamed(t *testing.T) {
	for _, x := range []struct {
		direction vocab.KpiDirection
		limits    kpi.Limits
		limit     string
	}{
		{up, pair("0.9", "0.95"), "green"},
		{down, pair("5", "0"), "amber"},
		{up, pair("0.9", ""), "amber"},
		{down, pair("", "5"), "green"},
		{band, within("2", "1", "3", "4"), "green"},
		{band, within("1", "3", "2", "4"), "greenHigh"},
		{band, within("1", "2", "4", "3"), "amberHigh"},
		{band, within("", "2", "3", "4"), "amber"},
		{band, pair("2", "1"), "greenHigh"},
		{up, within("1", "2", "", "4"), "amberHigh"},
		{down, within("2", "1", "3", ""), "greenHigh"},
		{up, within("", "", "3", ""), "greenHigh"},
	} {
		_, err := kpi.NewThresholds(x.direction, x.limits)
		var wrong *kpi.LimitError
		if !errors.As(err, &wrong) || wrong.Limit != x.limit || !strings.HasPrefix(err.Error(), x.limit+" ") {
			t.Errorf("%s %+v: %v, want a word on %s", x.direction, x.limits, err, x.limit)
		}
	}
	if _, err := kpi.NewThresholds("SIDEWAYS", kpi.Limits{}); err == nil {
		t.Error("an unknown direction was taken")
	}
}

// UP_GOOD of a value is DOWN_GOOD of its negative, and a better value never has a worse colour.
func TestDirectionsMirror(t *testing.T) {
	badness := []vocab.Rag{green, amber, red}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) exact.Number { return exact.Fraction(rapid.Int64Range(-20, 20).Draw(t, name), 4) }
		neg := exact.Number.Neg
		g, a, v, w := draw("green"), draw("amber"), draw("value"), draw("other")
		if g.Cmp(a) < 0 {
			g, a = a, g
		}
		if v.Cmp(w) < 0 {
			v, w = w, v
		}
		rising, err := kpi.NewThresholds(up, kpi.Limits{Green: g, Amber: a})
		if err != nil {
			t.Fatal(err)
		}
		falling, err := kpi.NewThresholds(down, kpi.Limits{Green: neg(g), Amber: neg(a)})
		if err != nil {
			t.Fatal(err)
		}
		if rising.Rate(v) != falling.Rate(neg(v)) {
			t.Errorf("%s is %s, its mirror %s", v, rising.Rate(v), falling.Rate(neg(v)))
		}
		if slices.Index(badness, rising.Rate(v)) > slices.Index(badness, rising.Rate(w)) {
			t.Errorf("%s is %s, %s is %s", v, rising.Rate(v), w, rising.Rate(w))
		}
	})
}

func TestTolerances(t *testing.T) {
	index, err := kpi.Tolerance(vocab.RagDimensionCost, num("0.95"), num("0.85"))
	if err != nil {
		t.Fatal(err)
	}
	schedule, err := kpi.Tolerance(vocab.RagDimensionSchedule, num("0.95"), num("0.8"))
	if err != nil {
		t.Fatal(err)
	}
	slip, err := kpi.Tolerance(vocab.RagDimensionMilestone, num("0"), num("10"))
	if err != nil {
		t.Fatal(err)
	}
	// A CPI of 400/480, an SPI of 0.8 and a milestone 3 days late.
	for _, x := range []struct {
		tolerance *kpi.Thresholds
		value     exact.Number
		want      vocab.Rag
	}{
		{index, exact.Fraction(400, 480), red}, {index, num("0.85"), amber}, {index, num("1.2"), green}, {index, num(""), nobody},
		{schedule, num("0.8"), amber}, {schedule, num("0.96"), green},
		{slip, num("3"), amber}, {slip, num("-4"), green}, {slip, num("11"), red},
	} {
		if got := x.tolerance.Rate(x.value); got != x.want {
			t.Errorf("%v is %s, want %s", x.value, got, x.want)
		}
	}
	if _, err := kpi.Tolerance(vocab.RagDimensionCost, num("0.8"), num("0.9")); err == nil {
		t.Error("an index tolerance of amber above green was taken")
	}
	if _, err := kpi.Tolerance(vocab.RagDimensionMilestone, num("5"), num("2")); err == nil {
		t.Error("a slip tolerance of amber below green was taken")
	}
}

func TestRoll(t *testing.T) {
	m := func(end vocab.Date, value, numerator, denominator, weight string) kpi.Measurement {
		return kpi.Measurement{PeriodEnd: end, Value: num(value), Numerator: num(numerator), Denominator: num(denominator), Weight: num(weight)}
	}
	// Three projects with a CPI of 400/480, 90/60 and 1000/1000, weighed by budget; a fourth that reported nothing.
	cpi := []kpi.Measurement{m(10, "0.8", "400", "480", "1000"), m(30, "1.5", "90", "60", "100"), m(30, "1", "1000", "1000", ""), m(40, "", "", "", "7")}
	for name, x := range map[string]struct {
		rule   vocab.KpiRollup
		all    []kpi.Measurement
		value  exact.Number
		reason vocab.Reason
		used   int
	}{
		"sum":                       {vocab.KpiRollupSum, cpi, num("3.3"), "", 3},
		"ratio of sums, not a mean": {vocab.KpiRollupRatio, cpi, exact.Fraction(1490, 1540), "", 3},
		"weighted":                  {vocab.KpiRollupWeighted, cpi, exact.Fraction(800+150, 1100), "", 2},
		"last, the first of equals": {vocab.KpiRollupLast, cpi, num("1.5"), "", 1},
		"last, not in order":        {vocab.KpiRollupLast, []kpi.Measurement{cpi[1], cpi[0]}, num("1.5"), "", 1},
		"none":                      {vocab.KpiRollupNone, cpi, num(""), vocab.ReasonNoMeasurement, 0},
		"sum of nothing":            {vocab.KpiRollupSum, nil, num(""), vocab.ReasonNoMeasurement, 0},
		"last without values":       {vocab.KpiRollupLast, cpi[3:], num(""), vocab.ReasonNoMeasurement, 0},
		"ratio without values":      {vocab.KpiRollupRatio, cpi[3:], num(""), vocab.ReasonNoMeasurement, 0},
		"weighted without values":   {vocab.KpiRollupWeighted, cpi[2:], num(""), vocab.ReasonNoMeasurement, 0},
		"ratio by zero":             {vocab.KpiRollupRatio, []kpi.Measurement{m(1, "", "3", "0", "")}, num(""), vocab.ReasonZeroDenominator, 1},
		"all weights zero":          {vocab.KpiRollupWeighted, []kpi.Measurement{m(1, "3", "", "", "0")}, num(""), vocab.ReasonZeroDenominator, 1},
		"a sum of zero is a value":  {vocab.KpiRollupSum, []kpi.Measurement{m(1, "-2", "", "", ""), m(1, "2", "", "", "")}, num("0"), "", 2},
	} {
		got := kpi.Roll(x.rule, x.all)
		same := got.Value.IsNone() && x.value.IsNone() || !got.Value.IsNone() && !x.value.IsNone() && got.Value.Cmp(x.value) == 0
		if !same || got.Reason != x.reason || got.Used != x.used {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := cpi[1].Value; got.Cmp(num("1.5")) != 0 {
		t.Errorf("a measurement was changed to %s", got)
	}
}

// Rolling up is the same in one step and by way of any two groups, for the rules that add.
func TestRollOfSumsIsSumOfRolls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) kpi.Measurement {
			return kpi.Measurement{Value: exact.Fraction(rapid.Int64Range(-99, 99).Draw(t, "value"), 7)}
		}), 2, 9).Draw(t, "all")
		cut := rapid.IntRange(1, len(all)-1).Draw(t, "cut")
		left, right := kpi.Roll(vocab.KpiRollupSum, all[:cut]), kpi.Roll(vocab.KpiRollupSum, all[cut:])
		whole := kpi.Roll(vocab.KpiRollupSum, all)
		if sum := left.Value.Plus(right.Value); sum.Cmp(whole.Value) != 0 || whole.Used != left.Used+right.Used {
			t.Errorf("%s and %s make %s", left.Value, right.Value, whole.Value)
		}
		mean := make([]kpi.Measurement, len(all))
		for i, m := range all {
			mean[i] = kpi.Measurement{Value: m.Value, Weight: num("3")}
		}
		if got := kpi.Roll(vocab.KpiRollupWeighted, mean).Value; got.Times(exact.Of(len(all))).Cmp(whole.Value) != 0 {
			t.Errorf("equal weights give %s, the sum is %s", got, whole.Value)
		}
	})
}

func TestOverall(t *testing.T) {
	type ratings = []kpi.Rating
	const cost, schedule, slip = vocab.RagDimensionCost, vocab.RagDimensionSchedule, vocab.RagDimensionMilestone
	for name, x := range map[string]struct {
		ratings ratings
		overall vocab.Rag
		unrated []vocab.RagDimension
	}{
		"nothing":                     {nil, nobody, nil},
		"the worst":                   {ratings{{cost, amber}, {schedule, red}, {slip, green}}, red, nil},
		"amber before green":          {ratings{{cost, green}, {schedule, amber}}, amber, nil},
		"unrated ones are named":      {ratings{{cost, nobody}, {schedule, green}, {slip, ""}}, green, []vocab.RagDimension{cost, slip}},
		"unrated ones are not green":  {ratings{{cost, nobody}, {schedule, nobody}}, nobody, []vocab.RagDimension{cost, schedule}},
		"unrated ones worsen nothing": {ratings{{schedule, amber}, {cost, nobody}}, amber, []vocab.RagDimension{cost}},
	} {
		overall, unrated := kpi.Overall(x.ratings)
		if overall != x.overall || !slices.Equal(unrated, x.unrated) {
			t.Errorf("%s: %s, unrated %v", name, overall, unrated)
		}
	}
}
