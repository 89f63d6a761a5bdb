package figure

import (
	"testing"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// BenchmarkKpiPoint asks for one point of an indicator's series and shows it, with all sums there already: of a project's own
// measurement, and rolled up by each rule.
func BenchmarkKpiPoint(b *testing.B) {
	s := changed(b, kpiRecord(b), func(d *state.Draft) {
		for _, project := range []int64{1, 2} {
			for n := range rules {
				measurement{"", project, int64(n + 1), "2025-03-31", new(int64(3)), new(int64(4)), new(int64(2)), new(int64(3)), ""}.put(b, d)
			}
		}
	})
	for _, x := range []struct {
		name, owner string
		kpi         int64
	}{{"own", "", 1}, {"sum", "organisation", 1}, {"ratio", "organisation", 2}, {"equal", "organisation", 3}, {"budget", "organisation", 4}, {"last", "organisation", 5}} {
		b.Run(x.name, func(b *testing.B) {
			k := indicator(s, node(s, x.owner, 1, true), x.kpi)
			text := make([]byte, 0, 64)
			b.ReportAllocs()
			for b.Loop() {
				if f := k.Month(date("2025-03-31")).Value().Now(); f.Value.IsNone() || len(f.Value.Append(text[:0])) == 0 {
					b.Fatal(f.Reason)
				}
			}
		})
	}
}

// BenchmarkCostFigure asks for a figure of cost, with all sums there already.
func BenchmarkCostFigure(b *testing.B) {
	s := kpiRecord(b)
	n := node(s, "organisation", 0, true)
	c := NewBook(state.NewWhole(s)).Rollup(n.Scope, vocab.NewDate(2026, 3, 1)).Costs()
	text := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		if f := c.Budget(); f.Value.IsNone() || len(f.Value.Append(text[:0])) == 0 {
			b.Fatal(f.Reason)
		}
	}
}
