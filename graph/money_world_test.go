package graph_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Money by months in the plain worlds: costs, budgets, and what baselines plan.

type cost struct {
	category                             int // from 1
	currency                             string
	month                                vocab.Date // its first day
	planned, actual, committed, forecast *int64
}

type budget struct {
	category int
	reserve  vocab.ReserveKind
	currency string
	month    vocab.Date
	amount   int64
}

// plan is the money of a baseline.
type plan struct {
	currency string // "" for a baseline of dates only
	spread   []planned
	weights  []*int64 // by milestone; nil or short counts as none given
}

type planned struct {
	month  vocab.Date
	amount int64
}

func (p plan) weight(milestone int) *int64 {
	if milestone < len(p.weights) {
		return p.weights[milestone]
	}
	return nil
}

const categories = 3

func loadCategories(d *state.Draft) {
	for n := range categories {
		x := state.CostCategories.New(d)
		x.Code, x.Name = fmt.Sprintf("C%d", n+1), fmt.Sprintf("Kind %d", n+1)
		must(state.CostCategories.Put(d, x))
	}
}

func loadMoney(d *state.Draft, project int64, p project) {
	for _, c := range p.costs {
		x := &ent.CostEntry{ProjectID: project, CostCategoryID: int64(c.category), Currency: c.currency, Period: c.month}
		for column, n := range map[string]*int64{"planned": c.planned, "actual": c.actual, "committed": c.committed, "forecast": c.forecast} {
			setFact(state.CostEntries.Desc(), x, column, n)
		}
		must(state.CostEntries.Put(d, x))
	}
	for _, b := range p.budgets {
		x := &ent.BudgetLine{ProjectID: project, CostCategoryID: int64(b.category), ReserveKind: b.reserve, Currency: b.currency, Period: b.month}
		setFact(state.BudgetLines.Desc(), x, "amount", &b.amount)
		must(state.BudgetLines.Put(d, x))
	}
}

func loadSpread(d *state.Draft, project, baseline int64, p plan) {
	for _, s := range p.spread {
		x := &ent.BaselinePeriod{ProjectID: project, BaselineID: baseline, Period: s.month}
		setFact(state.BaselinePeriods.Desc(), x, "amount", &s.amount)
		must(state.BaselinePeriods.Put(d, x))
	}
}

func setFact(t *state.Desc, row any, column string, n *int64) {
	var v any
	if n != nil {
		v = *n
	}
	must(t.SetColumn(row, column, v))
}

func someMonth(r *rand.Rand) vocab.Date {
	return vocab.NewDate(2019+r.IntN(4), time.Month(1+r.IntN(12)), 1)
}

// randomMoney gives a project costs, budgets and plans, each with something missing now and then.
func randomMoney(r *rand.Rand, p *project) {
	other := func() string {
		if r.IntN(6) == 0 {
			return pick(r, "GBP", "EUR", "JPY", "USD")
		}
		return p.currency
	}
	taken := map[string]bool{}
	for range r.IntN(12) {
		c := cost{category: 1 + r.IntN(categories), currency: other(), month: someMonth(r), planned: maybe(r, r.Int64N(1e8)), actual: maybe(r, r.Int64N(1e8)-1e6), committed: maybe(r, r.Int64N(1e7)), forecast: maybe(r, r.Int64N(1e8))}
		if k := fmt.Sprint(c.category, c.currency, c.month); !taken[k] {
			taken[k], p.costs = true, append(p.costs, c)
		}
	}
	for range r.IntN(5) {
		b := budget{1 + r.IntN(categories), pick[vocab.ReserveKind](r, "NONE", "NONE", "CONTINGENCY", "MANAGEMENT"), other(), someMonth(r), r.Int64N(1e9)}
		if k := fmt.Sprint("b", b.category, b.reserve, b.currency, b.month); !taken[k] {
			taken[k], p.budgets = true, append(p.budgets, b)
		}
	}
	for n := range p.baselines {
		if r.IntN(4) == 0 {
			continue
		}
		b := &p.baselines[n]
		b.currency = other()
		month := someMonth(r)
		for range r.IntN(12) {
			b.spread = append(b.spread, planned{month, r.Int64N(1e7)})
			month = month.AddMonths(1 + r.IntN(8)/6)
		}
		for range b.dates {
			b.weights = append(b.weights, pick(r, nil, ptr(r.Int64N(1e6)), ptr(int64(0))))
		}
	}
}
