package graph_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// measuredPair is a random world with indicators that are measured, made alike by seed but for what somebody does not see, which is made by
// other: what hidden nodes measured, their budgets, and all numbers about money if he sees none.
func measuredPair(t testing.TB, w *world, s sight, money bool, seed, other uint64) *house {
	h, secret := newHouse(t), rand.New(rand.NewPCG(other, 10))
	worlds := *w
	worlds.projects = append([]project(nil), w.projects...)
	for i := range worlds.projects {
		p := &worlds.projects[i]
		if seen, _ := s.of(p.portfolio, p.program, i); seen && !money {
			continue
		}
		p.budgets = append([]budget(nil), p.budgets...)
		for n := range p.budgets {
			p.budgets[n].amount = secret.Int64N(1e9)
		}
	}
	h.load(&worlds)
	h.do("kpiDefinitionCreate", func(d *state.Draft) error {
		for n, x := range []struct {
			rollup vocab.KpiRollup
			weight vocab.KpiWeight
			money  bool
		}{{"SUM", "", false}, {"SUM", "", true}, {"RATIO", "", false}, {"RATIO", "", true}, {"WEIGHTED", "BUDGET", true}, {"WEIGHTED", "EQUAL", false}, {"LAST", "", true}, {"NONE", "", true}} {
			k := state.KpiDefinitions.New(d)
			k.Code, k.Name, k.Unit, k.AboutMoney, k.Direction, k.Source, k.FormulaVersion = fmt.Sprintf("M%d", n), "Measured", vocab.UnitRatio, x.money, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured, 1
			k.Rollup, k.Weight, k.Cadence, k.Green, k.Amber = x.rollup, opt(x.weight), vocab.CadenceMonth, ptr(int64(20)), ptr(int64(5))
			must(state.KpiDefinitions.Put(d, k))
		}
		return nil
	})
	measure := func(d *state.Draft, time uint64) { // decisions run once or twice: each makes its dice anew
		r, secret := rand.New(rand.NewPCG(seed, time)), rand.New(rand.NewPCG(other, time))
		for k := range state.KpiDefinitions.All(d) {
			if k.Code[0] != 'M' {
				continue
			}
			for i, p := range w.projects {
				seen, _ := s.of(p.portfolio, p.program, i)
				measured(d, k, &ent.KpiMeasurement{ProjectID: ptr(int64(i + 1))}, seen, money, r, secret)
			}
			for i := range w.portfolios {
				seen, _ := s.of(i, -1, -1)
				measured(d, k, &ent.KpiMeasurement{PortfolioID: ptr(int64(i + 1))}, seen, money, r, secret)
			}
		}
	}
	for time := range uint64(2) {
		h.do("import", func(d *state.Draft) error { measure(d, time); return nil })
	}
	h.do("import", func(d *state.Draft) error { // nothing he sees
		secret := rand.New(rand.NewPCG(other, 3))
		for i, p := range w.projects {
			if seen, _ := s.of(p.portfolio, p.program, i); !seen && secret.IntN(2) == 0 {
				must(state.KpiMeasurements.Clear(d, int64(i+1)))
			}
		}
		p := state.Portfolios.New(d)
		p.Code, p.Name, p.Lifecycle = "NEW", "New", vocab.PortfolioLifecycleActive
		return state.Portfolios.Put(d, p)
	})
	return h
}

// measured puts some measurements of a node, as many in both worlds, since numbers are given in order: reasons are the same if the node is
// seen, values if they are.
func measured(d *state.Draft, k *ent.KpiDefinition, m *ent.KpiMeasurement, seen, money bool, r, secret *rand.Rand) {
	numbers, reasons := r, r
	if !seen {
		numbers, reasons = secret, secret
	} else if k.AboutMoney && money {
		numbers = secret
	}
	ends := map[vocab.Date]bool{}
	for range r.IntN(4) {
		x := *m
		if x.KpiDefinitionID, x.PeriodEnd = k.ID, vocab.NewDate(2022, 1, 31).AddMonths(r.IntN(4)).MonthEnd(); ends[x.PeriodEnd] {
			continue
		}
		ends[x.PeriodEnd] = true
		prefix := ""
		if k.AboutMoney {
			prefix = "money_"
		}
		put := func(column string, n int64) { setFact(state.KpiMeasurements.Desc(), &x, prefix+column, &n) }
		switch why, value, aim := reasons.IntN(6) == 0, numbers.Int64N(30), reasons.IntN(2) == 0; {
		case why:
			x.Reason = ptr(vocab.ReasonNoSample)
		case k.Rollup == vocab.KpiRollupRatio:
			put("numerator", value)
			put("denominator", numbers.Int64N(4))
		default:
			put("value", value)
			if aim {
				put("target", value+1)
			}
		}
		must(state.KpiMeasurements.Put(d, &x))
	}
}

const everyKpi = `totalCount nodes { definition { id code } asOf status oldest newest value { ...F } target { ...F } trend(from: "2022-02-01") { asOf status oldest value { ...F } }
  series(from: "2022-01-01") { status value { value reason } target { value reason } } measurements(first: 100) { totalCount edges { cursor node { id periodEnd value reason target numerator denominator } } } }`

// Worlds that differ in hidden measurements, hidden numbers about money and hidden weights give the same bytes: at every node, by every
// filter, over time, in previews, in the journal, and of the record as it was.
func TestHiddenMeasurementsDoNotShow(t *testing.T) {
	seeds := uint64(8)
	if testing.Short() {
		seeds = 2
	}
	differ := 0
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 9))
		w := randomWorld(r)
		scope := "portfolio:" + pick(r, w.portfolios...).code
		for may, money := range map[vocab.Role]bool{vocab.RoleContributor: true, vocab.RoleProjectManager: false} {
			id := who("somebody", role(may, scope))
			s := sight{w, id.Claims}
			a, b := measuredPair(t, w, s, money, seed, 1000+seed), measuredPair(t, w, s, money, seed, 2000+seed)
			same := func(query string, variables map[string]any) {
				t.Helper()
				x, y := mark.ReplaceAllString(string(a.ask(id, query, variables)), "$1"), mark.ReplaceAllString(string(b.ask(id, query, variables)), "$1")
				if x != y {
					t.Fatalf("world %d: %s on %s sees the difference of %.200s %v\n%s", seed, may, scope, query, variables, firstDifference(x, y))
				}
			}
			same(`{ kpis(asOf: "2022-03-31", first: 100) { `+everyKpi+` } }`+everyFigure, nil)
			same(`{ kpis(asOf: "2022-03-31", first: 100, filter: { status: [GREEN, RED] }, knownAt: { number: 4 }) { `+everyKpi+` } }`+everyFigure, nil)
			same(`{ portfolios(first: 100) { nodes { id kpis(asOf: "2022-03-31", first: 100) { `+everyKpi+` } } } }`+everyFigure, nil)
			same(`{ programs(first: 100) { nodes { id kpis(asOf: "2022-04-30", first: 100) { `+everyKpi+` } } } }`+everyFigure, nil)
			same(`{ projects(first: 100) { nodes { id kpis(asOf: "2022-06-30", first: 100, filter: { status: [NOT_RATED, AMBER] }) { `+everyKpi+` } } } }`+everyFigure, nil)
			same(`{ journal(first: 100) { nodes { number action moreChanges changes(first: 100) { id entity operation fields { name old new } } } } }`, nil)
			for n := range len(w.projects) + 2 {
				for _, node := range []string{"project", "portfolio", "program"} {
					same(`query ($n: ID!, $m: ID!) { kpis(node: $n, asOf: "2022-03-31", first: 100) { totalCount nodes { status value { value reason } } } node(id: $m) { id } }`, map[string]any{
						"n": fmt.Sprintf("%s-%d", node, n+1), "m": fmt.Sprintf("kpi-measurement-%d", 1)})
					same(`mutation ($n: ID!) { measurementsRecord(preview: true, input: { measurements: [{ nodeId: $n, kpi: "M0", periodEnd: "2022-04-30", value: "3" }, { nodeId: $n, kpi: "M4", periodEnd: "2022-04-30", reasonCode: NO_SAMPLE }] }) {
						errors { path code message } changes { entity operation fields { name new } } } }`, map[string]any{"n": fmt.Sprintf("%s-%d", node, n+1)})
				}
			}
			if all := `{ kpis(asOf: "2022-03-31", first: 100) { nodes { value { value } } } }`; string(a.ask(admin, all, nil)) != string(b.ask(admin, all, nil)) {
				differ++
			}
		}
	}
	if differ < int(seeds) {
		t.Fatalf("only %d pairs of worlds differ", differ)
	}
}
