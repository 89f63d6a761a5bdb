package odata_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"pmograph/ent"
	"pmograph/internal/accesstest"
	"pmograph/internal/exchange/odata"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// large is a house with so many costs of projects.
func large(t testing.TB, projects, months int) *house {
	h := newHouse(t, func(d *state.Draft) {
		org := state.Organisations.New(d)
		org.Name, org.Currency, org.Timezone, org.FiscalYearStart, org.StandardWeekMinutes, org.ReportValidityMonths = "Large", "GBP", "UTC", 4, 2250, 12
		must(state.Organisations.Put(d, org))
		u := state.Users.New(d)
		u.Issuer, u.Active = "LOCAL", true
		must(state.Users.Desc().SetColumn(u, "subject", boss))
		must(state.Users.Put(d, u))
		r := state.RoleAssignments.New(d)
		r.UserID, r.Role, r.ScopeKind = u.ID, vocab.RoleFinance, vocab.ScopeKindOrganisation
		must(state.RoleAssignments.Put(d, r))
		f := state.Portfolios.New(d)
		f.Code, f.Name, f.Lifecycle = "A", "Portfolio", vocab.PortfolioLifecycleActive
		must(state.Portfolios.Put(d, f))
		k := state.CostCategories.New(d)
		k.Code, k.Name = "C1", "Labour"
		must(state.CostCategories.Put(d, k))
		for i := range projects {
			p := state.Projects.New(d)
			p.Code, p.Name, p.PortfolioID, p.Lifecycle, p.Currency = fmt.Sprint("P", i), fmt.Sprint("Project ", i), f.ID, vocab.ProjectLifecycleExecuting, "GBP"
			must(state.Projects.Put(d, p))
			for m := range months {
				c := &ent.CostEntry{ProjectID: p.ID, CostCategoryID: k.ID, Currency: "GBP", Period: vocab.NewDate(1990, time.January, 1).AddMonths(m)}
				for j, column := range []string{"planned", "actual", "committed"} {
					must(state.CostEntries.Desc().SetColumn(c, column, int64(i*1000+m*10+j)))
				}
				must(state.CostEntries.Put(d, c))
			}
		}
	})
	return h
}

// read reads an answer to its end and gives the address of the changes after it, and how many bytes there were.
func (h *house) read(t testing.TB, address string) (delta string, bytes int) {
	t.Helper()
	for address != "" {
		w := h.send(boss, http.MethodGet, address, "", "Prefer: track-changes")
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		bytes += w.Body.Len()
		tail := w.Body.String()[max(0, w.Body.Len()-3000):]
		address = ""
		if m := links.FindStringSubmatch(tail); m != nil && m[1] == "nextLink" {
			address = m[2]
		} else if m != nil {
			delta = m[2]
		}
	}
	return delta, bytes
}

// BenchmarkRefresh reads 40,000 rows over months at the default size of pages, whole, then what changed in them.
func BenchmarkRefresh(b *testing.B) {
	h := large(b, 100, 400)
	b.Run("whole", func(b *testing.B) {
		for b.Loop() {
			_, n := h.read(b, odata.Path+"CostEntries")
			b.ReportMetric(float64(n), "bytes")
		}
	})
	b.Run("changes", func(b *testing.B) {
		delta, _ := h.read(b, odata.Path+"CostEntries")
		h.do(b, func(d *state.Draft) {
			c := &ent.CostEntry{ProjectID: 50, CostCategoryID: 1, Currency: "GBP", Period: accesstest.Today + 11}
			must(state.CostEntries.Put(d, c))
		})
		for b.Loop() {
			_, n := h.read(b, delta)
			b.ReportMetric(float64(n), "bytes")
		}
	})
	b.Run("apply", func(b *testing.B) {
		for b.Loop() {
			h.read(b, odata.Path+"CostEntries?$apply=groupby((Project/Name,Currency),aggregate(TotalActual,TotalPlannedReporting))")
		}
	})
}
