package dataset

import (
	"cmp"
	"slices"

	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/kpi"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// rolled is the measure of what projects measured of one indicator, put together by its rule.
func rolled(name, description string, target bool) Measure {
	return Measure{
		Name: name, Kind: Decimal, Scale: kpiDigits, Additivity: NonAdditive,
		Description: description + ". Null where several indicators meet, without a number that the rule needs, and for indicators that are not rolled up.",
		Formula:     "by the indicator's rule over last(measurement) of each project: SUM: sum(v); RATIO: sum(numerator) / sum(denominator); WEIGHTED: sum(weight * v) / sum(weight); LAST: v of the latest; NONE: null",
		parts:       []part{{op: lastOf, column: "Value", only: "OfProject", owners: []string{"ProjectId", "KpiId"}}},
		final:       func(v *View, of []total) Value { return rollUp(v, of[0].lastOfEach(), target) },
	}
}

// rollUp puts the last measurements of projects together.
func rollUp(v *View, last map[string]dated, target bool) Value {
	var all []*measured
	for _, x := range last {
		all = append(all, x.row.(*measured))
	}
	if len(all) == 0 {
		return None
	}
	slices.SortFunc(all, func(a, b *measured) int { return cmp.Compare(a.project.ID, b.project.ID) })
	if slices.ContainsFunc(all, (*measured).closed) {
		return Hidden
	}
	d := all[0].kpi
	if slices.ContainsFunc(all, func(x *measured) bool { return x.kpi.ID != d.ID }) {
		return Value{Why: MixedKpi}
	}
	rule, w := d.Rollup, &weights{v: v, by: d.Weight}
	var list []kpi.Measurement
	for _, x := range all {
		m := kpi.Measurement{PeriodEnd: x.Day(kpiEnd), Value: kpiValue.value(x).Number(), Numerator: kpiNumerator.value(x).Number(), Denominator: kpiDenominator.value(x).Number()}
		aimed := kpiTarget.value(x).Number()
		if target && rule == vocab.KpiRollupRatio && (m.Numerator.IsNone() || aimed.IsNone()) {
			continue
		}
		if target {
			if m.Weight = m.Denominator; m.Value.IsNone() && rule != vocab.KpiRollupRatio {
				continue
			}
			m.Value = aimed
		}
		if rule == vocab.KpiRollupWeighted && !m.Value.IsNone() {
			m.Weight = w.of(x)
		}
		list = append(list, m)
	}
	if target && rule == vocab.KpiRollupRatio { // a target weighs as much as its denominator
		rule = vocab.KpiRollupWeighted
	}
	if rule == vocab.KpiRollupWeighted && w.by != nil && *w.by == vocab.KpiWeightBudget {
		if !w.settle(list) {
			return Value{Why: NoRate}
		}
	}
	r := kpi.Roll(rule, list)
	if r.Reason == vocab.ReasonZeroDenominator {
		return Value{Why: ZeroDenominator}
	}
	return OfNumber(r.Value, kpiDigits)
}

// weights are what projects weigh: 1 each, or their approved budgets without management reserve.
type weights struct {
	v       *View
	by      *vocab.KpiWeight
	budgets []map[string]exact.Int // of the projects asked for, by currency, in minor units
}

// of gives what a project weighs: none without a budget. Budgets are filled in by settle, when it is known in which currencies they are.
func (w *weights) of(x *measured) exact.Number {
	if w.by == nil || *w.by != vocab.KpiWeightBudget {
		return exact.One
	}
	sums := map[string]exact.Int{}
	for b := range state.BudgetLines.Of(w.v, x.project.ID).All() {
		if n, ok := b.Int(budgetAmountCol); ok && !isReserve(&inProject{Fact: b}, vocab.ReserveKindManagement) {
			code := budgetCurrency.Word(b.Val(budgetCurrency))
			sums[code] = sums[code].Add(exact.IntOf(n))
		}
	}
	w.budgets = append(w.budgets, sums)
	return exact.Of(0)
}

// settle gives each measurement that has a value the weight of its project's budget, those without one none: budgets of one currency as they are, of
// several in the organisation's. It is false if there is no rate.
func (w *weights) settle(list []kpi.Measurement) bool {
	codes := map[string]bool{}
	for _, sums := range w.budgets {
		for code := range sums {
			codes[code] = true
		}
	}
	next := 0
	for i := range list {
		if list[i].Value.IsNone() {
			continue
		}
		sums := w.budgets[next]
		next++
		list[i].Weight = exact.Number{}
		for code, minor := range sums {
			rate := exact.One
			if len(codes) > 1 && code != converterOf(w.v).to {
				if rate = converterOf(w.v).rate(w.v, code); rate.IsNone() {
					return false
				}
			}
			if list[i].Weight.IsNone() {
				list[i].Weight = exact.Of(0)
			}
			list[i].Weight = list[i].Weight.Plus(exact.Parts(minor, power(digitsOfCode(code))).Times(rate))
		}
	}
	return true
}
