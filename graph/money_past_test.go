package graph_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// What was answered of money is answered again by the record of then, however facts, weights, budgets and the tree changed since: to who sees
// everything from sums kept at nodes, to others project by project.
func TestMoneyOfThePast(t *testing.T) {
	const question = `query ($day: Date, $then: KnownAt) {
		projects(first: 100, knownAt: $then) { nodes { code cost(asOf: $day) { recorded { ...A } } earnedValue(asOf: $day) { ...E } } }
		portfolios(first: 100, knownAt: $then) { nodes { code cost(asOf: $day) { recorded { ...A } } earnedValue(asOf: $day) { ...E } } } }` + moneyFields
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 9))
		w := randomWorld(r)
		h := newHouse(t)
		h.load(w)
		somebody := who("somebody", role(vocab.RoleFinance, "portfolio:"+w.portfolios[0].code))
		day := tellingDay(r, w).String()
		before := h.ask(finance, question, map[string]any{"day": day})
		h.do("import", func(d *state.Draft) error {
			for i := range w.projects {
				hideCosts(d, int64(i+1), r)
			}
			return nil
		})
		beforeMoves := h.ask(somebody, question, map[string]any{"day": day})
		h.do("import", func(d *state.Draft) error {
			for i := range w.projects {
				p, err := state.Projects.Edit(d, int64(i+1), nil)
				must(err)
				if p.ProgramID == nil && r.IntN(3) == 0 {
					p.PortfolioID = int64(1 + r.IntN(len(w.portfolios)))
					p.Code = fmt.Sprintf("M%d", i)
				}
				must(state.Projects.Put(d, p))
				must(state.BudgetLines.Clear(d, p.ID))
			}
			return nil
		})
		after := h.ask(finance, question, map[string]any{"day": day, "then": map[string]any{"number": 2}})
		if !bytes.Equal(before, after) {
			t.Fatalf("world %d: the past is another\n%.1500s\n%.1500s", seed, before, after)
		}
		if now := h.ask(finance, question, map[string]any{"day": day}); bytes.Equal(before, now) {
			t.Fatalf("world %d: nothing changed", seed)
		}
		// Who sees a part sees of then what lies in it then and now: the sums of portfolios are those of the projects he is shown.
		got := h.answer(somebody, question, map[string]any{"day": day, "then": map[string]any{"number": 3}})
		shown, all := len(at(got, "projects", "nodes").([]any)), bytes.Count(beforeMoves, []byte(`"code":"J`))
		if shown > all {
			t.Fatalf("world %d: %d projects are shown of the %d he saw then", seed, shown, all)
		}
		recompute(t, got)
		top := named(at(got, "portfolios", "nodes"), w.portfolios[0].code)
		if n := at(top, "cost", "recorded", "actual", "coverage"); at(n, "included").(float64)+at(n, "missing").(float64) != float64(shown) {
			t.Fatalf("world %d: the portfolio is of %v, but %d projects are shown", seed, n, shown)
		}
	}
}
