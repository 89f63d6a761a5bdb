package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"pmograph/internal/vocab"
)

// BenchmarkPage asks for a page of 20 of 60 projects with 3 milestones each, and says what the answer allocates: by nodes alone, and by
// edges with their cursors.
func BenchmarkPage(b *testing.B) {
	h := newHouse(b)
	w := &world{currency: "GBP", fiscal: 4, validity: 12, portfolios: []portfolio{{parent: -1, code: "TOP"}}}
	for i := range 60 {
		p := project{portfolio: 0, program: -1, code: fmt.Sprint("P", i), name: fmt.Sprint("Project ", i), lifecycle: vocab.ProjectLifecycleExecuting, currency: "GBP"}
		for k := range 3 {
			p.milestones = append(p.milestones, milestone{name: fmt.Sprint("Milestone ", k), state: vocab.MilestoneStatePlanned, forecast: dayp(fmt.Sprintf("2022-0%d-01", 1+k)), finish: k == 2})
		}
		w.projects = append(w.projects, p)
	}
	h.load(w)
	for _, x := range []struct{ name, query string }{
		{"nodes", `{ projects { totalCount nodes { id code name version milestones { nodes { id name state forecastDate } } } } }`},
		{"edges", `{ projects { pageInfo { hasNextPage endCursor } edges { cursor node { id code name version milestones { edges { cursor node { id name state forecastDate } } } } } } }`},
	} {
		b.Run(x.name, func(b *testing.B) {
			if text := string(h.ask(finance, x.query, nil)); strings.Count(text, `"forecastDate":"2022`) != 60 {
				b.Fatalf("%.3000s", text)
			}
			b.ReportAllocs()
			for b.Loop() {
				h.ask(finance, x.query, nil)
			}
		})
	}
}
