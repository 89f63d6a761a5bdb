package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// leaders is a question of leaders: a portfolio's health, money by kind and month.
const leaders = `query($day: Date!) { portfolio(path: "TOP") { rollup(asOf: $day) {
  projects { byHealth { health count { value } } }
  cost { recorded { budget { value } actual { value } forecast { value } variance { value } } byCategory { category { name } amounts { actual { value } forecast { value } } }
    byMonth(from: "2021-01-01", to: "2021-12-01") { month amounts { actual { value } forecast { value } } } }
} } }`

const leadersProjects = 5000

// leadersHouse is an organisation of some projects, 62 or 63 in a portfolio, all below one, each with costs of 8 kinds in some months.
func leadersHouse(b *testing.B, projects, months int) *house {
	b.Helper()
	h := newHouse(b)
	w := &world{currency: "GBP", fiscal: 4, validity: 12, portfolios: []portfolio{{parent: -1, code: "TOP"}}}
	leaves := projects * 80 / leadersProjects
	for i := range leaves {
		w.portfolios = append(w.portfolios, portfolio{parent: 0, code: fmt.Sprint("L", i)})
	}
	for i := range projects {
		w.projects = append(w.projects, project{portfolio: 1 + i%leaves, program: -1, code: fmt.Sprint("P", i), name: fmt.Sprint("Project ", i), lifecycle: vocab.ProjectLifecycleExecuting,
			currency: "GBP", reports: []report{{end: day("2022-03-31"), revision: 1, state: vocab.ReportStateSubmitted, health: []vocab.Rag{"GREEN", "AMBER", "RED"}[i%3], currency: "GBP"}}})
	}
	h.load(w)
	h.do("import", func(d *state.Draft) error {
		for k := range 8 {
			c := state.CostCategories.New(d)
			c.Code, c.Name = fmt.Sprint("K", k), fmt.Sprint("Kind ", k)
			must(state.CostCategories.Put(d, c))
		}
		return nil
	})
	const piece = 500
	for first := 1; first <= projects; first += piece {
		h.do("import", func(d *state.Draft) error { return d.PutFacts(leadersCosts(first, first+piece, months, 0)) })
	}
	return h
}

// leadersCosts are the costs of some projects, newest month first; more is added to each amount.
func leadersCosts(first, end, months int, more int64) *state.Batch {
	t := state.CostEntries
	kind, currency, period, actual, forecast := t.Col("cost_category_id"), t.Col("currency"), t.Col("period"), t.Col("actual"), t.Col("forecast")
	pounds := currency.Number("GBP")
	facts := state.NewBatch(t.Desc())
	for p := first; p < end; p++ {
		for k := range 8 {
			for m := range months {
				facts.Add("project_id", int64(p))
				facts.Set(kind, int64(k+1))
				facts.Set(currency, pounds)
				facts.Set(period, int64(day("2021-12-01").AddMonths(-m)))
				facts.Set(actual, int64(p*37+m*11+k*101)+more)
				facts.Set(forecast, int64(p*41+m*13+k*97))
			}
		}
	}
	return facts
}

// BenchmarkLeader asks the question over one and over ten million costs in turns: of a record that stands still, and each time after a
// cost of one project has changed. The ratio says how much longer it takes over ten times the facts.
func BenchmarkLeader(b *testing.B) {
	houses := []*house{leadersHouse(b, leadersProjects, 25), leadersHouse(b, leadersProjects, 250)}
	b.Logf("%d and %d costs", houses[0].j.Latest().Count(state.CostEntries.Desc()), houses[1].j.Latest().Count(state.CostEntries.Desc()))
	may := map[string]any{"day": "2022-03-31"}
	for _, h := range houses {
		began := time.Now()
		text := string(h.ask(finance, leaders, may))
		if strings.Contains(text, `"errors"`) || strings.Count(text, `"value":null`) > 2 { // no budget, so no variance
			b.Fatalf("%.3000s", text)
		}
		b.Logf("the first answer takes %v", time.Since(began))
	}
	for _, name := range []string{"still", "changing"} {
		b.Run(name, func(b *testing.B) {
			var took [2][]float64
			for n := 0; b.Loop(); n++ {
				for i, h := range houses {
					if name == "changing" {
						h.do("import", func(d *state.Draft) error {
							return d.PutFacts(leadersCosts(1+n%leadersProjects, 2+n%leadersProjects, 1, int64(n+1)))
						})
					}
					began := time.Now()
					h.ask(finance, leaders, may)
					took[i] = append(took[i], time.Since(began).Seconds())
				}
			}
			for i := range took {
				slices.Sort(took[i])
			}
			one, ten := took[0][len(took[0])/2], took[1][len(took[1])/2]
			b.ReportMetric(1000*one, "ms-of-1M")
			b.ReportMetric(1000*ten, "ms-of-10M")
			b.ReportMetric(ten/one, "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkProjects asks the leaders' question, and for a page of a portfolio's projects, over 5,000 and over 50,000 projects in turns. The
// ratio says how much longer it takes over ten times the projects.
func BenchmarkProjects(b *testing.B) {
	houses := []*house{leadersHouse(b, leadersProjects, 3), leadersHouse(b, 10*leadersProjects, 3)}
	for _, x := range []struct{ name, query string }{
		{"leader", leaders},
		{"page", `query($day: Date!) { projects(filter: {portfolio: "portfolio-7"}) { nodes { id code name health(asOf: $day) cost(asOf: $day) { recorded { actual { value } } } } } }`},
	} {
		b.Run(x.name, func(b *testing.B) {
			for _, h := range houses {
				if text := string(h.ask(finance, x.query, map[string]any{"day": "2022-03-31"})); strings.Contains(text, `"errors"`) || len(text) < 1000 {
					b.Fatalf("%.3000s", text)
				}
			}
			var took [2][]float64
			for b.Loop() {
				for i, h := range houses {
					began := time.Now()
					h.ask(finance, x.query, map[string]any{"day": "2022-03-31"})
					took[i] = append(took[i], time.Since(began).Seconds())
				}
			}
			for i := range took {
				slices.Sort(took[i])
			}
			few, many := took[0][len(took[0])/2], took[1][len(took[1])/2]
			b.ReportMetric(1000*few, "ms-of-5,000")
			b.ReportMetric(1000*many, "ms-of-50,000")
			b.ReportMetric(many/few, "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}
