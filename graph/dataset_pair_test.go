package graph_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/vocab"
)

// dump is everything that a user gets of the datasets: all rows, and all measures by what may be grouped by. Versions and instants of changes are left
// out: they are declassified.
func (h *house) dump(id auth.Identity, r *rand.Rand) map[string]string {
	v, all := h.sets(id), map[string]string{}
	for _, d := range dataset.CatalogueOf(v).Datasets {
		var text strings.Builder
		q := dataset.Query{Of: d}
		for _, c := range d.Columns {
			if c.Name != "Version" && c.Name != "UpdatedAt" {
				q.Select = append(q.Select, dataset.Col(c.Name))
				text.WriteString(c.Name + "|")
			}
		}
		_, rows := run(h.t, v, q)
		for _, x := range rows {
			text.WriteString(line(x.Values) + "\n")
		}
		for range 3 {
			g := dataset.GroupBy{By: []dataset.Named{{Name: "X", Expr: pick(r, by(d)...)}}}
			for _, m := range d.Measures {
				g.Aggs = append(g.Aggs, dataset.Agg{Name: "Of" + m.Name, Measure: m.Name})
			}
			_, rows := run(h.t, v, dataset.Query{Of: d, Steps: []dataset.Step{g}})
			for _, x := range rows {
				text.WriteString(line(x.Values) + "\n")
			}
		}
		all[d.Name] = text.String()
	}
	return all
}

// alikeInSets compares what a user gets of two houses, and tells how many rows of each set he got.
func alikeInSets(t *testing.T, a, b *house, id auth.Identity, seed uint64, seen map[string]int) {
	t.Helper()
	x, y := a.dump(id, rand.New(rand.NewPCG(seed, 1))), b.dump(id, rand.New(rand.NewPCG(seed, 1)))
	for name := range x {
		if seen[name] += strings.Count(x[name], "\n"); x[name] != y[name] {
			t.Fatalf("world %d: %s tells %v of what is hidden:\n%s", seed, name, id.Claims, firstDifference(x[name], y[name]))
		}
	}
}

// Two worlds that differ only in what somebody may not see give him the same rows and the same measures of every dataset.
func TestHiddenDifferencesDoNotShowInDatasets(t *testing.T) {
	seeds := uint64(8)
	if testing.Short() {
		seeds = 2
	}
	seen := map[string]int{}
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 2))
		w := randomWorld(r)
		scope := pick(r, w.portfolios...).code
		for _, may := range []vocab.Role{vocab.RoleViewer, vocab.RoleFinance} {
			id := who("somebody", role(may, "portfolio:"+scope))
			a, b := newHouse(t), newHouse(t)
			for i, h := range []*house{a, b} {
				other := varied(w, id, may == vocab.RoleViewer, rand.New(rand.NewPCG(seed, uint64(20+i))))
				h.load(other)
				hide(h, other, id, may == vocab.RoleViewer, rand.New(rand.NewPCG(seed, uint64(10+i))))
			}
			alikeInSets(t, a, b, id, seed, seen)
			s := sight{w, id.Claims}
			a, b = measuredPair(t, w, s, may == vocab.RoleViewer, seed, 2*seed), measuredPair(t, w, s, may == vocab.RoleViewer, seed, 2*seed+1)
			alikeInSets(t, a, b, id, seed, seen)
		}
	}
	for n, sight := range sights {
		for seed := range seeds / 2 {
			alikeInSets(t, staffedPair(t, seed, 2*seed, n), staffedPair(t, seed, 2*seed+1, n), sight.id, seed, seen)
		}
	}
	for _, d := range dataset.All() {
		if seen[d.Name] == 0 && d.Name != "CapacityEntries" && d.Name != "ActionItems" {
			t.Errorf("nothing was seen of %s", d.Name)
		}
	}
}
