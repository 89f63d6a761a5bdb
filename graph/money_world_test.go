package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
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

// variedMoney gives the amounts of a project other values, for who does not see them. Facts keep their keys and numbers.
func variedMoney(p *project, r *rand.Rand) {
	p.costs, p.budgets, p.baselines = slices.Clone(p.costs), slices.Clone(p.budgets), slices.Clone(p.baselines)
	for i := range p.costs {
		c := &p.costs[i]
		c.planned, c.actual, c.committed, c.forecast = maybe(r, r.Int64N(1e9)), maybe(r, r.Int64N(1e9)), maybe(r, r.Int64N(1e9)), maybe(r, r.Int64N(1e9))
	}
	for i := range p.budgets {
		p.budgets[i].amount = r.Int64N(1e9)
	}
	for n := range p.baselines {
		b := &p.baselines[n]
		b.spread, b.weights = slices.Clone(b.spread), slices.Clone(b.weights)
		for i := range b.spread {
			b.spread[i].amount = r.Int64N(1e9)
		}
		for i := range b.weights {
			b.weights[i] = maybe(r, r.Int64N(1e9))
		}
	}
}

// hideCosts changes what is recorded of a project's costs and budgets.
func hideCosts(d *state.Draft, project int64, r *rand.Rand) {
	for x := range state.CostEntries.Of(d, project).All() {
		row := state.CostEntries.Row(x)
		for _, column := range []string{"planned", "actual", "committed", "forecast"} {
			setFact(state.CostEntries.Desc(), row, column, maybe(r, r.Int64N(1e9)))
		}
		must(state.CostEntries.Put(d, row))
	}
	for x := range state.BudgetLines.Of(d, project).All() {
		row := state.BudgetLines.Row(x)
		setFact(state.BudgetLines.Desc(), row, "amount", ptr(r.Int64N(1e9)))
		must(state.BudgetLines.Put(d, row))
	}
}

// moneyQuestions asks for all that is told of money, by month and kind, now and in the past.
func moneyQuestions(same func(query string, variables map[string]any) string) {
	same(everyMoney, map[string]any{"day": "2021-06-30"})
	same(everyMoney, map[string]any{"day": "2020-11-11"})
	const cost = `value reason coverage { included withheld missing complete } explain { contributors(first: 5) { node { id } effect } }`
	same(`{ projects(first: 100) { nodes { id
		cost { byCategory { category { code } amounts { actual { `+cost+` } budget { `+cost+` } } } byMonth(from: "2019-01-01", to: "2023-01-01") { month amounts { forecast { `+cost+` } variance { `+cost+` } } } }
		costEntries(first: 20) { totalCount nodes { id version period currency category { id } actual { value reason } forecast { value reason } } }
		budgetLines(first: 20) { totalCount nodes { id period reserveKind amount { value reason } } }
		baselines { nodes { id currency bac { value reason } spread(first: 20) { totalCount nodes { id period amount { value reason } } } } }
		computedHealth(asOf: "2021-06-30") { rag dimensions { dimension rag figure { value reason } } } } } }`, nil)
	same(`{ viewer { rollup { earnedValue { trend(by: QUARTER, from: "2019-06-01", to: "2022-03-31") { asOf plannedValue { `+cost+` } earnedValue { `+cost+` } cpi { value reason } schedule { spi { value reason } start } } } } } }`, nil)
	same(`{ portfolios(first: 100, knownAt: { number: 2 }) { nodes { id earnedValue(asOf: "2021-06-30") { cpi { `+cost+` } spi { `+cost+` } } cost(asOf: "2021-06-30") { recorded { forecast { `+cost+` } } } } } }`, nil)
}
