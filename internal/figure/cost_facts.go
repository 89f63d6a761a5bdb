package figure

import (
	"iter"
	"maps"
	"slices"

	"pmograph/ent"
	"pmograph/internal/calc/cost"
	"pmograph/internal/calc/earnedvalue"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// The slots of costs. Each is summed by currency and kind of cost; slotHas + slot counts the projects that have any of it.
const (
	slotBudget int64 = iota + 1
	slotReserve
	slotPlanned
	slotActual
	slotCommitted
	slotToComplete
	slotHas = 100
)

var costNames = map[int64]string{
	slotBudget: "budget", slotReserve: "management_reserve", slotPlanned: "planned", slotActual: "actual", slotCommitted: "committed", slotToComplete: "to_complete",
}

// The columns of costs and budgets.
var (
	costCategory, currencyCol, costPeriod = state.CostEntries.Col("cost_category_id"), state.CostEntries.Col("currency"), state.CostEntries.Col("period")
	costColumns                           = map[int64]state.Col{
		slotPlanned: state.CostEntries.Col("planned"), slotActual: state.CostEntries.Col("actual"), slotCommitted: state.CostEntries.Col("committed"), slotToComplete: state.CostEntries.Col("forecast"),
	}
	costSlots                                                  = []int64{slotPlanned, slotActual, slotCommitted, slotToComplete}
	budgetCategory, budgetCurrency, budgetPeriod, budgetAmount = state.BudgetLines.Col("cost_category_id"), state.BudgetLines.Col("currency"), state.BudgetLines.Col("period"), state.BudgetLines.Col("amount")
	reserveKind                                                = state.BudgetLines.Col("reserve_kind")
	management                                                 = reserveKind.Number(string(vocab.ReserveKindManagement))
)

// posting is one amount of a project's costs or budget.
type posting struct {
	slot, currency, category int64
	period                   vocab.Date
	minor                    int64
	node                     state.Ref
}

// postings hands out a project's amounts as they count on a day: booked cost of months that had begun by then; budgets, plans, orders
// and estimates carry no date but their month and are as known.
func postings(r state.Reader, project int64, asOf vocab.Date) iter.Seq[posting] {
	return func(yield func(posting) bool) {
		for x := range state.CostEntries.Of(r, project).All() {
			at := posting{currency: x.Val(currencyCol), category: x.Val(costCategory), period: x.Day(costPeriod), node: state.Ref{Table: state.CostEntries.Desc(), ID: x.ID()}}
			for _, at.slot = range costSlots {
				var ok bool
				if at.minor, ok = x.Int(costColumns[at.slot]); !ok || at.slot == slotActual && at.period > asOf {
					continue
				}
				if !yield(at) {
					return
				}
			}
		}
		for x := range state.BudgetLines.Of(r, project).All() {
			at := posting{slot: slotBudget, currency: x.Val(budgetCurrency), category: x.Val(budgetCategory), period: x.Day(budgetPeriod), node: state.Ref{Table: state.BudgetLines.Desc(), ID: x.ID()}}
			if x.Val(reserveKind) == management {
				at.slot = slotReserve
			}
			var ok bool
			if at.minor, ok = x.Int(budgetAmount); ok && !yield(at) {
				return
			}
		}
	}
}

// The measures of cost: by slot and currency, and by kind of cost or by month beside; the month's first day lies between Point.B and
// Point.C.
var (
	costTotals = state.NewProjectMeasure("cost", func(r state.Reader, project int64, at state.Point) state.Vector {
		return addUp(r, project, at, func(posting) (int64, bool) { return 0, true })
	})
	costByCategory = state.NewProjectMeasure("cost by category", func(r state.Reader, project int64, at state.Point) state.Vector {
		return addUp(r, project, at, func(x posting) (int64, bool) { return x.category, true })
	})
	costByMonth = state.NewProjectMeasure("cost by month", func(r state.Reader, project int64, at state.Point) state.Vector {
		return addUp(r, project, at, func(x posting) (int64, bool) {
			return int64(x.period), int64(x.period) >= at.B && int64(x.period) <= at.C
		})
	})
)

// addUp sums postings by slot, currency and what they are sorted by, and counts the project once for each slot and sort.
func addUp(r state.Reader, project int64, at state.Point, by func(posting) (int64, bool)) state.Vector {
	b := state.VectorBuilder{}
	for x := range postings(r, project, vocab.Date(at.A)) {
		if sort, ok := by(x); ok {
			b.Add(state.Term{A: x.slot, B: x.currency, C: sort}, exact.IntOf(x.minor))
			b[state.Term{A: slotHas + x.slot, C: sort}] = exact.IntOf(1)
		}
	}
	b.Add(state.Term{A: slotAll}, exact.IntOf(1))
	return b.Vector()
}

// Costs are the amounts of a scope on a day.
type Costs struct {
	l *ledger
}

// Costs adds up what is recorded of costs and budgets.
func (r *Rollup) Costs() *Costs {
	return &Costs{r.ledger(r.sum(costTotals, state.Point{A: int64(r.AsOf)}, vocab.ClassMoney), costNames, r.costParts(nil))}
}

func (r *Rollup) ledger(s summed, names map[int64]string, parts func(*ent.Project, int64, vocab.Date) []Part) *ledger {
	return &ledger{
		summed: s, book: r.book, scope: &r.Scope, into: r.Scope.Currency, asOf: r.AsOf,
		whole: r.Scope.Complete(vocab.ClassMoney), parts: parts, names: names,
	}
}

// costParts lists the amounts of one project that make a slot, those that only lets pass.
func (r *Rollup) costParts(only func(posting) bool) func(*ent.Project, int64, vocab.Date) []Part {
	return func(p *ent.Project, slot int64, asOf vocab.Date) (parts []Part) {
		for x := range postings(r.book.r, p.ID, asOf) {
			if x.slot == slot && (only == nil || only(x)) {
				code := currencyCol.Word(x.currency)
				parts = append(parts, Part{x.node, costNames[slot] + "_" + code, major(x.minor, code)})
			}
		}
		return parts
	}
}

func (c *Costs) has(slots ...int64) int {
	n := 0
	for _, s := range slots {
		n = max(n, whole(c.l.Get(state.Term{A: slotHas + s})))
	}
	return n
}

// one gives the figure of one slot; without any amount it has no value, and a reason.
func (c *Costs) one(slot int64, none vocab.Reason) Figure {
	q, n := c.l.of(slot), c.has(slot)
	if n == 0 {
		q = q.none(none)
	}
	return c.l.figure(vocab.UnitMoney, q.expr, q.value, n, q)
}

// Budget is the approved budget without management reserve.
func (c *Costs) Budget() Figure { return c.one(slotBudget, vocab.ReasonNoMeasurement) }

// ManagementReserve is approved money outside the budget, for what nobody foresaw.
func (c *Costs) ManagementReserve() Figure { return c.one(slotReserve, vocab.ReasonNoMeasurement) }

// Planned is the planned cost.
func (c *Costs) Planned() Figure { return c.one(slotPlanned, vocab.ReasonNoMeasurement) }

// Actual is the cost booked for months that had begun.
func (c *Costs) Actual() Figure { return c.one(slotActual, vocab.ReasonNoActuals) }

// Committed is what is ordered and not yet invoiced.
func (c *Costs) Committed() Figure { return c.one(slotCommitted, vocab.ReasonNoMeasurement) }

// ToComplete is what is still expected to be spent beside that: the estimate to complete.
func (c *Costs) ToComplete() Figure { return c.one(slotToComplete, vocab.ReasonNoMeasurement) }

// forecast gives actual, committed and still to be spent, and their sum.
func (c *Costs) forecast() (quantities []amount, sum *Expr, included int) {
	for _, slot := range []int64{slotActual, slotCommitted, slotToComplete} {
		q := c.l.of(slot)
		if quantities = append(quantities, q); sum == nil {
			sum = q.expr
		} else {
			sum = apply('+', sum, q.expr)
		}
	}
	return quantities, sum, c.has(slotActual, slotCommitted, slotToComplete)
}

// Forecast is what it is going to cost: actual, committed and still to be spent.
func (c *Costs) Forecast() Figure {
	q, sum, n := c.forecast()
	return c.l.figure(vocab.UnitMoney, sum, c.valued(n, q, cost.Sums.Forecast), n, q...)
}

// Variance is the approved budget less the forecast: below zero is over budget.
func (c *Costs) Variance() Figure {
	q, sum, n := c.forecast()
	budget := c.l.of(slotBudget)
	n = min(n, c.has(slotBudget))
	return c.l.figure(vocab.UnitMoney, apply('-', budget.expr, sum), c.valued(n, append(q, budget), cost.Sums.Variance), n, append(q, budget)...)
}

// VarianceShare is the variance over the approved budget.
func (c *Costs) VarianceShare() Figure {
	q, sum, n := c.forecast()
	budget := c.l.of(slotBudget)
	n = min(n, c.has(slotBudget))
	q = append(q, budget)
	v := c.valued(n, q, cost.Sums.Variance)
	if v.Reason == "" {
		v.Number, v.Reason = sumsOf(q).VarianceShare()
	}
	return c.l.figure(vocab.UnitRatio, apply('/', apply('-', budget.expr, sum), budget.expr), v, n, q...)
}

// valued gives what amounts come to; nothing recorded, or a missing rate, is a reason.
func (c *Costs) valued(included int, q []amount, of func(cost.Sums) exact.Number) earnedvalue.Value {
	for _, a := range q {
		if a.value.Reason != "" {
			return a.value
		}
	}
	if included == 0 {
		return earnedvalue.Value{Reason: vocab.ReasonNoMeasurement}
	}
	return earnedvalue.Value{Number: of(sumsOf(q))}
}

// sumsOf takes actual, committed, to complete and, if it is there, the budget.
func sumsOf(q []amount) cost.Sums {
	s := cost.Sums{Approved: exact.Of(0), Actual: q[0].value.Number, Committed: q[1].value.Number, ToComplete: q[2].value.Number}
	if len(q) > 3 {
		s.Approved = q[3].value.Number
	}
	return s
}

// CategoryCosts are the costs of one kind.
type CategoryCosts struct {
	Category int64
	Costs
}

// ByCategory sorts by kind of cost; a kind without any amount has no part.
func (r *Rollup) ByCategory() (list []CategoryCosts) {
	for sort, c := range r.sorted(costByCategory, state.Point{A: int64(r.AsOf)}, func(x posting) int64 { return x.category }) {
		list = append(list, CategoryCosts{sort, c})
	}
	return list
}

// MonthCosts are the costs of one month.
type MonthCosts struct {
	Month vocab.Date // its first day
	Costs
}

// ByMonth sorts by month, of those whose first day lies in a span; a month without any amount has no part.
func (r *Rollup) ByMonth(from, to vocab.Date) (list []MonthCosts) {
	for sort, c := range r.sorted(costByMonth, state.Point{A: int64(r.AsOf), B: int64(from), C: int64(to)}, func(x posting) int64 { return int64(x.period) }) {
		list = append(list, MonthCosts{vocab.Date(sort), c})
	}
	return list
}

// sorted hands out the costs of each sort in its order.
func (r *Rollup) sorted(m *state.Measure, at state.Point, by func(posting) int64) iter.Seq2[int64, Costs] {
	return func(yield func(int64, Costs) bool) {
		all := r.sum(m, at, vocab.ClassMoney)
		sorts := map[int64]state.Vector{}
		for _, e := range all.Vector {
			if e.Term.A != slotAll {
				sorts[e.Term.C] = append(sorts[e.Term.C], state.VectorEntry{Term: state.Term{A: e.Term.A, B: e.Term.B}, Sum: e.Sum})
			}
		}
		for _, sort := range slices.Sorted(maps.Keys(sorts)) {
			one := all
			one.Vector = append(state.Vector{{Term: state.Term{A: slotAll}, Sum: all.Get(state.Term{A: slotAll})}}, sorts[sort]...)
			if !yield(sort, Costs{r.ledger(one, costNames, r.costParts(func(x posting) bool { return by(x) == sort }))}) {
				return
			}
		}
	}
}
