package dataset

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"pmograph/ent"
	"pmograph/internal/calc/capacity"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// What is aggregated of columns is what comes of their values by hand: of amounts that are missing, in several currencies, and in one that has no rate.
func TestAggregations(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	j := costly(t, r, 6, 150)
	change(t, j, func(d *state.Draft) {
		for n := range 12 {
			x := &ent.CostEntry{ProjectID: int64(1 + n%3), CostCategoryID: 1, Currency: "USD", Period: vocab.NewDate(2025, 1, 1).AddMonths(n)}
			put(t, state.CostEntries.Desc().SetColumn(x, "planned", r.Int64N(1000)))
			put(t, state.CostEntries.Put(d, x))
		}
	})
	v := viewOf(t, j, "admin", journal.Query{})
	d, err := CatalogueOf(v).Named("CostEntries")
	put(t, err)
	rows := plainRows(t, v, d)
	ops := []AggOp{Sum, Average, Min, Max, CountDistinct}
	columns := []string{"Planned", "PlannedReporting", "Actual"}
	seen := map[string]int{}
	for _, by := range []string{"ProjectId", "Currency", "Period"} {
		g := GroupBy{By: []Named{{Expr: Col(by)}}}
		for _, c := range columns {
			for _, op := range ops {
				g.Aggs = append(g.Aggs, Agg{Name: c + string(op), Op: op, Of: Col(c)})
			}
		}
		p, err := Query{Of: d, Steps: []Step{g}}.Plan()
		put(t, err)
		all, _, err := p.All(v)
		put(t, err)
		for _, group := range all {
			for i, c := range columns {
				for k, op := range ops {
					want, got := byHand(rows, by, group.Values[0], c, op), group.Values[1+i*len(ops)+k]
					seen[want]++
					if text := got.String() + got.Why.String(); text != want {
						t.Errorf("%s of %s by %s %s is %s, want %s", op, c, by, group.Values[0], text, want)
					}
				}
			}
		}
	}
	if seen["NO_RATE"] == 0 || seen["MIXED_CURRENCY"] == 0 || seen[""] == 0 || len(seen) < 100 {
		t.Errorf("too little was tried: %d results", len(seen))
	}
}

// byHand aggregates a column of the rows of a group.
func byHand(rows []plainRow, by string, is Value, column string, op AggOp) string {
	sum, least, most, n, rateless := new(big.Rat), None, None, int64(0), false
	codes, distinct := map[string]bool{}, map[string]bool{}
	for _, row := range rows {
		v := row[column]
		if !Same(row[by], is) {
			continue
		}
		if rateless = rateless || v.Why == NoRate; v.IsNull() {
			continue
		}
		if n++; n == 1 {
			least, most = v, v
		}
		if ratOf(v).Cmp(ratOf(least)) < 0 {
			least = v
		}
		if ratOf(v).Cmp(ratOf(most)) > 0 {
			most = v
		}
		sum.Add(sum, v.Number().Rat())
		distinct[v.Number().Rat().RatString()] = true
		if column != "PlannedReporting" {
			codes[row["Currency"].Text] = true
		}
	}
	digits := 2
	if codes["JPY"] && len(codes) == 1 {
		digits = 0
	}
	switch {
	case op == CountDistinct:
		return fmt.Sprint(len(distinct))
	case len(codes) > 1:
		return "MIXED_CURRENCY"
	case rateless && (op == Sum || op == Average):
		return "NO_RATE"
	case n == 0:
		return ""
	case op == Sum:
		return halfEven(sum, digits)
	case op == Average:
		return halfEven(sum.Quo(sum, big.NewRat(n, 1)), quotientDigits)
	case op == Min:
		return least.String()
	}
	return most.String()
}

// halfEven rounds to some digits, half to even.
func halfEven(r *big.Rat, digits int) string {
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt(power))
	whole, rest := new(big.Int).DivMod(scaled.Num(), scaled.Denom(), new(big.Int))
	if c := rest.Lsh(rest, 1).Cmp(scaled.Denom()); c > 0 || c == 0 && whole.Bit(0) == 1 {
		whole.Add(whole, big.NewInt(1))
	}
	return new(big.Rat).SetFrac(whole, power).FloatString(digits)
}

// A change is of what can be compared: the difference with all digits, and its share of how much there was, whatever its sign.
func TestChanges(t *testing.T) {
	pounds, euros := OfText("GBP"), OfText("EUR")
	for _, x := range []struct {
		now, earlier     Value
		nowIn, earlierIn Value
		want             string
	}{
		{OfUnits(150, 2), OfUnits(100, 2), pounds, pounds, "0.50 0.500000"},
		{OfUnits(-50, 2), OfUnits(-100, 2), pounds, pounds, "0.50 0.500000"},
		{OfUnits(5, 1), OfUnits(-125, 2), pounds, pounds, "1.75 1.400000"},
		{OfInt(3), OfInt(4), pounds, pounds, "-1 -0.250000"},
		{OfInt(3), OfInt(0), pounds, pounds, "3 ZERO_DENOMINATOR"},
		{OfUnits(150, 2), OfUnits(100, 2), pounds, euros, "MIXED_CURRENCY MIXED_CURRENCY"},
		{None, Hidden, pounds, pounds, "NOT_VISIBLE NOT_VISIBLE"},
		{Value{Why: NoRate}, Hidden, pounds, pounds, "NOT_VISIBLE NOT_VISIBLE"},
		{OfInt(1), Value{Why: NoRate}, pounds, pounds, "NO_RATE NO_RATE"},
		{OfInt(1), None, pounds, pounds, " "},
	} {
		g := &both{now: []Value{x.now, x.nowIn}, earlier: []Value{x.earlier, x.earlierIn}}
		change, relative := measuredAt{value: 0, currency: 1}.change(g)
		if got := change.String() + change.Why.String() + " " + relative.String() + relative.Why.String(); got != x.want {
			t.Errorf("from %v to %v: %s, want %s", x.earlier, x.now, got, x.want)
		}
	}
}

// Expected of a booking that binds is all, of another what its probability says.
func TestExpectedTime(t *testing.T) {
	half := 500
	for _, x := range []struct {
		a    ent.Allocation
		want capacity.Time
	}{{ent.Allocation{Commitment: vocab.CommitmentHard, Probability: &half}, 60_000}, {ent.Allocation{Commitment: vocab.CommitmentSoft, Probability: &half}, 30_000}, {ent.Allocation{Commitment: vocab.CommitmentSoft}, 60_000}} {
		if got := expected(&x.a, 60_000); got != x.want {
			t.Errorf("%+v: %d, want %d", x.a, got, x.want)
		}
	}
}
