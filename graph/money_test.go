package graph_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pmograph/auth"
	"pmograph/internal/vocab"
)

const moneyFields = `
fragment F on Figure { value unit currency reason asOf coverage { included withheld missing complete }
  explain { formula version inputs { name value unit currency } contributors(first: 100) { node { id } effect inputs { name value } } } }
fragment A on CostAmounts { budget { ...F } managementReserve { ...F } planned { ...F } actual { ...F } committed { ...F } toComplete { ...F } forecast { ...F } variance { ...F } varianceShare { ...F } }
fragment E on EarnedValue { plannedValue { ...F } earnedValue { ...F } actualCost { ...F } budgetAtCompletion { ...F } costVariance { ...F } scheduleVariance { ...F } cpi { ...F } spi { ...F }
  percentComplete { ...F } percentSpent { ...F } tcpi { ...F } schedule { start pauseEarned plannedDuration { ...F } actualTime { ...F } earnedSchedule { ...F } scheduleVariance { ...F } spi { ...F } estimatedDuration { ...F } tspi { ...F } }
  estimateAtCompletion { ...F } varianceAtCompletion { ...F } estimateToComplete { ...F } tcpiToEac { ...F }
  eacATYPICAL: estimateAtCompletion(method: ATYPICAL) { ...F } vacATYPICAL: varianceAtCompletion(method: ATYPICAL) { ...F } etcATYPICAL: estimateToComplete(method: ATYPICAL) { ...F }
  eacCOST_AND_SCHEDULE: estimateAtCompletion(method: COST_AND_SCHEDULE) { ...F } vacCOST_AND_SCHEDULE: varianceAtCompletion(method: COST_AND_SCHEDULE) { ...F } etcCOST_AND_SCHEDULE: estimateToComplete(method: COST_AND_SCHEDULE) { ...F }
  bottomUp: estimateAtCompletion(method: BOTTOM_UP) { ...F } }`

const everyMoney = `query ($day: Date) {
  viewer { rollup(asOf: $day) { projects { byComputedHealth { health count { ...F } } } cost { recorded { ...A } } earnedValue { ...E } } }
  portfolios(first: 100) { nodes { code cost(asOf: $day) { recorded { ...A } } earnedValue(asOf: $day) { ...E } } }
  programs(first: 100) { nodes { code cost(asOf: $day) { recorded { ...A } } earnedValue(asOf: $day) { ...E } } }
  projects(first: 100) { nodes { code computedHealth(asOf: $day) { rag } cost(asOf: $day) { recorded { ...A } } earnedValue(asOf: $day) { ...E } } }
}` + moneyFields

// shownMoney reads an answer into the form of the fold.
func shownMoney(n any) facts {
	f := facts{}
	figure := func(name string, x any) {
		f[name] = fmt.Sprint(at(x, "value"))
		if at(x, "value") == nil {
			f[name] = fmt.Sprint(at(x, "reason"))
		}
	}
	recorded := at(n, "cost", "recorded").(map[string]any)
	for name, x := range recorded {
		figure("recorded "+name, x)
		if name != "forecast" && name != "variance" && name != "varianceShare" {
			c := at(x, "coverage")
			f["coverage "+name] = fmt.Sprint(at(c, "included"), " ", at(c, "withheld"), " ", at(c, "missing"), " ", at(c, "complete"))
		}
	}
	e := at(n, "earnedValue")
	for _, name := range []string{"plannedValue", "earnedValue", "actualCost", "budgetAtCompletion", "costVariance", "scheduleVariance", "cpi", "spi"} {
		figure("ev "+name, at(e, name))
	}
	for key, name := range map[string]string{"estimateAtCompletion": "estimateAtCompletion", "varianceAtCompletion": "varianceAtCompletion", "estimateToComplete": "estimateToComplete"} {
		figure("ev "+name+" TYPICAL", at(e, key))
	}
	for _, m := range []string{"ATYPICAL", "COST_AND_SCHEDULE"} {
		figure("ev estimateAtCompletion "+m, at(e, "eac"+m))
		figure("ev varianceAtCompletion "+m, at(e, "vac"+m))
		figure("ev estimateToComplete "+m, at(e, "etc"+m))
	}
	for _, name := range []string{"earnedSchedule", "actualTime", "spi"} {
		figure("es "+name, at(e, "schedule", name))
	}
	return f
}

func TestMoneyIsThePlainFold(t *testing.T) {
	users := 100
	if testing.Short() {
		users = 20
	}
	reasons := map[string]int{}
	for seed := range uint64(users / 5) {
		r := rand.New(rand.NewPCG(seed, 3))
		w := randomWorld(r)
		h := newHouse(t)
		h.load(w)
		for n := range 5 {
			h.tolerate(900_000-int64(n)*100_000, 800_000-int64(n)*200_000)
			id := randomUser(r, w, n)
			asOf := tellingDay(r, w)
			if r.IntN(3) == 0 {
				asOf = asOf.MonthEnd()
			}
			got := h.answer(id, everyMoney, map[string]any{"day": asOf.String()})
			sameMoney(t, w, id, got, asOf, reasons)
			recompute(t, got)
			sameRatings(t, got, reasons)
			if n == 0 { // what pairs of worlds are asked is understood
				moneyQuestions(func(query string, variables map[string]any) string { h.answer(id, query, variables); return "" })
			}
		}
		if t.Failed() {
			t.Fatalf("world %d", seed)
		}
	}
	for _, must := range []string{"NOT_VISIBLE", "NO_RATE", "NO_MEASUREMENT", "ZERO_DENOMINATOR", "NO_BASELINE", "NO_ACTUALS", "NOT_STARTED", "rated GREEN", "rated AMBER", "rated RED", "rated NOT_RATED"} {
		if reasons[must] == 0 {
			t.Errorf("no figure had the reason %s", must)
		}
	}
}

// sameMoney compares every figure of money that somebody was answered with the fold.
func sameMoney(t *testing.T, w *world, id auth.Identity, got map[string]any, asOf vocab.Date, reasons map[string]int) {
	t.Helper()
	s := sight{w, id.Claims}
	compare := func(what string, answered any, node [3]int, organisation bool, currency string, in func(int, project) bool) {
		t.Helper()
		var list []int
		for i, p := range w.projects {
			if seen, _ := s.of(p.portfolio, p.program, i); seen && in(i, p) {
				list = append(list, i)
			}
		}
		have := shownMoney(answered)
		for name, v := range s.foldMoney(list, node, organisation, currency, asOf) {
			reasons[v]++
			if have[name] != v {
				t.Errorf("user %v, %s on %s: %s is %s, the fold says %s", id.Claims, what, asOf, name, have[name], v)
			}
		}
	}
	compare("everything", at(got, "viewer", "rollup"), [3]int{-1, -1, -1}, true, w.currency, func(int, project) bool { return true })
	for i, p := range w.portfolios {
		if answered := named(at(got, "portfolios", "nodes"), p.code); answered != nil {
			compare(p.code, answered, [3]int{i, -1, -1}, false, s.currency(i), func(_ int, x project) bool {
				for j := x.portfolio; j >= 0; j = w.portfolios[j].parent {
					if j == i {
						return true
					}
				}
				return false
			})
		}
	}
	for i, g := range w.programs {
		if answered := named(at(got, "programs", "nodes"), g.code); answered != nil {
			compare(g.code, answered, [3]int{g.portfolio, i, -1}, false, s.currency(g.portfolio), func(_ int, x project) bool { return x.program == i })
		}
	}
	for i, p := range w.projects {
		if answered := named(at(got, "projects", "nodes"), p.code); answered != nil {
			compare(p.code, answered, [3]int{p.portfolio, p.program, i}, false, p.currency, func(j int, _ project) bool { return j == i })
		}
	}
}

// sameRatings compares how many projects have each computed condition with the projects one by one.
func sameRatings(t *testing.T, got map[string]any, seen map[string]int) {
	t.Helper()
	want := map[any]int{}
	for _, p := range at(got, "projects", "nodes").([]any) {
		want[at(p, "computedHealth", "rag")]++
	}
	for _, g := range at(got, "viewer", "rollup", "projects", "byComputedHealth").([]any) {
		value, health := at(g, "count", "value"), at(g, "health")
		if want[nil] > 0 {
			if value != nil {
				t.Errorf("%v %v are counted, though the condition of %d projects is hidden", value, health, want[nil])
			}
			continue
		}
		seen[fmt.Sprint("rated ", health)] += want[health]
		if value != fmt.Sprint(want[health]) {
			t.Errorf("%v %v are counted, there are %d", value, health, want[health])
		}
	}
}
