package figure

import (
	"cmp"
	"slices"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// kpiSums are sums of a project's measurements, for its indicators at a point: terms by indicator, slot and currency of the weight. They
// follow from measurements, budget lines and definitions; their classes are public, and money for indicators about money.
var kpiSums = state.NewProjectMeasure("kpi", kpiVector)

// The slots of an indicator's sums. What a measurement adds follows from the definition's rule:
//
//	rule             over                    base          target               its base
//	SUM, LAST, NONE  value                                 target
//	RATIO            numerator               denominator   target × denominator denominator
//	WEIGHTED EQUAL   value                   1             target               1
//	WEIGHTED BUDGET  budget × value          budget        budget × target      budget
//
// Values are in millionths, budgets in minor units; there is a sum for each currency of budget.
const (
	kpiSlotUsed       int64 = iota // projects of which a measurement counts
	kpiSlotStale                   // projects whose latest measurement is too old to count
	kpiSlotOver                    // see above
	kpiSlotBase                    //
	kpiSlotTargets                 // projects of which a measurement that counts has a target
	kpiSlotTarget                  //
	kpiSlotTargetBase              //
	kpiSlotEnd                     // measurements that count, by the last day of their period
)

// everyProject counts the projects of a vector.
var everyProject = state.Term{}

// millionths is how many parts of one values of indicators are kept in.
const millionths = 1_000_000

// kpiColumn is a column of measurements with its twin for indicators about money.
type kpiColumn struct{ plain, money state.Col }

func kpiCol(name string) kpiColumn {
	return kpiColumn{state.KpiMeasurements.Col(name), state.KpiMeasurements.Col("money_" + name)}
}

func (c kpiColumn) of(x state.Fact, d *ent.KpiDefinition) (n int64, ok bool) {
	if d.AboutMoney {
		return x.Int(c.money)
	}
	return x.Int(c.plain)
}

var (
	kpiOf, kpiEnd, kpiReason     = state.KpiMeasurements.Col("kpi_definition_id"), state.KpiMeasurements.Col("period_end"), state.KpiMeasurements.Col("reason")
	kpiValue, kpiTarget          = kpiCol("value"), kpiCol("target")
	kpiNumerator, kpiDenominator = kpiCol("numerator"), kpiCol("denominator")
)

// kpiAsOf and kpiMonth are the points of sums: the measurement that counts on a day, and those whose period ends in the month that ends
// on a day.
func kpiAsOf(day vocab.Date) state.Point { return state.Point{A: int64(day)} }

func kpiMonth(end vocab.Date) state.Point {
	return state.Point{A: int64(end), B: int64(end) - int64(end.DaysInMonth()) + 1, C: 1}
}

// counting gives those of a node's measurements that count for an indicator at a point; stale tells that the latest is too old to.
func counting(d *ent.KpiDefinition, measured state.Rows, at state.Point) (facts state.Rows, stale bool) {
	month := at.C != 0
	if facts = measured.Before(d.ID, at.A+1); month {
		facts = facts.Since(d.ID, at.B)
	}
	if !month || d.Rollup == vocab.KpiRollupLast || d.Rollup == vocab.KpiRollupNone {
		facts = facts.Last()
	}
	if month {
		return facts, false
	}
	if facts.Len() == 0 || facts.At(0).Val(kpiOf) != d.ID {
		return state.Rows{}, false
	}
	if end, day := facts.At(0).Day(kpiEnd), vocab.Date(at.A); day > end+fresh && day > expires(end, d.Cadence) {
		return state.Rows{}, true
	}
	return facts, false
}

// Counting gives the measurement that counts for an indicator on a day, of those of one node: the latest by then, unless it is too old.
func Counting(d *ent.KpiDefinition, measured state.Rows, day vocab.Date) (x state.Fact, ok bool) {
	facts, _ := counting(d, measured, kpiAsOf(day))
	if facts.Len() == 0 {
		return x, false
	}
	return facts.At(0), true
}

// fresh is how many days a measurement counts at the least, whatever the cadence.
const fresh = 14

// monthsIn gives the months of the cadences that are counted in months.
var monthsIn = map[vocab.Cadence]int{vocab.CadenceMonth: 1, vocab.CadenceQuarter: 3, vocab.CadenceYear: 12}

// expires gives the last day on which a measurement counts: two cadences after its period's end, which is the end of a month if that is.
func expires(end vocab.Date, c vocab.Cadence) vocab.Date {
	months, ok := monthsIn[c]
	switch day := end.AddMonths(2 * months); {
	case !ok:
		return end + fresh
	case end == end.MonthEnd():
		return day.MonthEnd()
	default:
		return day
	}
}

// weights are what a project weighs: budgets by currency, in minor units. A budget is a list whose sum it is, of one number unless that
// would overflow; nil means that each measurement weighs 1.
type weights map[int64][]int64

// budgetOf adds up the approved budget of a project but for its management reserve.
func budgetOf(r state.Reader, project int64) weights {
	w := weights{}
	for x := range state.BudgetLines.Of(r, project).All() {
		n, ok := x.Int(budgetAmount)
		if !ok || x.Val(reserveKind) == management {
			continue
		}
		list := w[x.Val(budgetCurrency)]
		if last := len(list) - 1; last >= 0 && (list[last]+n > n) == (list[last] > 0) {
			list[last] += n
		} else {
			list = append(list, n)
		}
		w[x.Val(budgetCurrency)] = list
	}
	return w
}

// adds hands out what a measurement adds to each slot, see there; ok is false if it lacks a number that the rule needs.
func adds(d *ent.KpiDefinition, x state.Fact, w weights, add func(slot, currency int64, s exact.Int)) (ok, aimed bool) {
	n, hasValue := kpiValue.of(x, d)
	to, aimed := kpiTarget.of(x, d)
	switch {
	case d.Rollup == vocab.KpiRollupRatio:
		over, ok1 := kpiNumerator.of(x, d)
		under, ok2 := kpiDenominator.of(x, d)
		if !ok1 || !ok2 {
			return false, false
		}
		add(kpiSlotOver, 0, exact.IntOf(over))
		add(kpiSlotBase, 0, exact.IntOf(under))
		if aimed {
			add(kpiSlotTarget, 0, exact.Product(to, under))
			add(kpiSlotTargetBase, 0, exact.IntOf(under))
		}
	case !hasValue:
		return false, false
	case d.Rollup == vocab.KpiRollupWeighted && w != nil:
		for currency, list := range w {
			for _, weight := range list {
				add(kpiSlotOver, currency, exact.Product(weight, n))
				add(kpiSlotBase, currency, exact.IntOf(weight))
				if aimed {
					add(kpiSlotTarget, currency, exact.Product(weight, to))
					add(kpiSlotTargetBase, currency, exact.IntOf(weight))
				}
			}
		}
		return len(w) > 0, aimed && len(w) > 0
	default:
		add(kpiSlotOver, 0, exact.IntOf(n))
		if aimed {
			add(kpiSlotTarget, 0, exact.IntOf(to))
		}
		if d.Rollup == vocab.KpiRollupWeighted {
			add(kpiSlotBase, 0, exact.IntOf(1))
			if aimed {
				add(kpiSlotTargetBase, 0, exact.IntOf(1))
			}
		}
	}
	return true, aimed
}

func byBudget(d *ent.KpiDefinition) bool {
	return d.Weight != nil && *d.Weight == vocab.KpiWeightBudget
}

// kpiVector gives a project's sums.
func kpiVector(r state.Reader, project int64, at state.Point) state.Vector {
	b := state.VectorBuilder{everyProject: exact.IntOf(1)}
	var budget weights
	all := state.KpiMeasurements.Of(r, project, "project_id")
	for all.Len() > 0 {
		id := all.At(0).Val(kpiOf)
		measured := all
		all = all.Since(id + 1)
		d := state.KpiDefinitions.Get(r, id)
		if d == nil || d.Source != vocab.KpiSourceMeasured {
			continue
		}
		var w weights
		if byBudget(d) {
			if budget == nil {
				budget = budgetOf(r, project)
			}
			w = budget
		}
		used, aimed := false, false
		facts, stale := counting(d, measured, at)
		for x := range facts.All() {
			counts, aims := adds(d, x, w, func(slot, currency int64, s exact.Int) { b.Add(state.Term{A: id, B: slot, C: currency}, s) })
			if used, aimed = used || counts, aimed || aims; counts {
				b.Add(state.Term{A: id, B: kpiSlotEnd, C: x.Val(kpiEnd)}, exact.IntOf(1))
			}
		}
		once := func(slot int64, is bool) {
			if is {
				b.Add(state.Term{A: id, B: slot}, exact.IntOf(1))
			}
		}
		once(kpiSlotUsed, used)
		once(kpiSlotTargets, aimed)
		once(kpiSlotStale, stale)
	}
	return b.Vector()
}

// termsOf gives the terms of an indicator, looked for first at a place in the vector, and where they end.
func termsOf(v state.Vector, kpi int64, at int) (terms state.Vector, end int) {
	if at >= len(v) || v[at].Term.A != kpi || at > 0 && v[at-1].Term.A == kpi {
		at, _ = slices.BinarySearchFunc(v, kpi, func(e state.VectorEntry, kpi int64) int { return cmp.Compare(e.Term.A, kpi) })
	}
	for end = at; end < len(v) && v[end].Term.A == kpi; end++ {
	}
	return v[at:end], end
}

// slot gives the terms of a slot of an indicator's terms, by currency or day.
func (t kpiTerms) slot(slot int64) state.Vector {
	from := 0
	for from < len(t.terms) && t.terms[from].Term.B < slot {
		from++
	}
	end := from
	for end < len(t.terms) && t.terms[end].Term.B == slot {
		end++
	}
	return t.terms[from:end]
}

// get gives the sum of a slot that has no currency and no day, or of one.
func (t kpiTerms) get(slot, of int64) exact.Int {
	for _, e := range t.slot(slot) {
		if e.Term.C == of {
			return e.Sum
		}
	}
	return exact.Int{}
}

// count gives a count of a slot.
func (t kpiTerms) count(slot int64) int { return whole(t.get(slot, 0)) }

// whole gives a count, or another sum of which it is known that it fits.
func whole(s exact.Int) int {
	n, _ := s.Int64()
	return int(n)
}
