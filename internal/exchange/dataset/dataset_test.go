package dataset_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/accesstest"
	"pmograph/internal/decide"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
)

// office is the record of accesstest's small organisation.
func office(t testing.TB) *journal.Journal {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	now := func() time.Time { return accesstest.Noon }
	j, err := journal.Open(ctx, &memory.Store{Now: now}, journal.Options{Now: now, Invariants: decide.Invariants, Log: slog.New(slog.DiscardHandler), Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	put := state.Decision{Action: "import", Run: func(d *state.Draft) error { accesstest.NewOffice().Put(d); return nil }}
	if _, err := j.DoAs(ctx, auth.Machine("test"), put, journal.Meta{}); err != nil {
		t.Fatal(err)
	}
	return j
}

func as(t testing.TB, j *journal.Journal, name string) *dataset.View {
	t.Helper()
	v, err := j.View(context.Background(), auth.Identity{Issuer: "LOCAL", Subject: name}, journal.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return dataset.NewView(v)
}

func ask(t testing.TB, v *dataset.View, of string, q dataset.Query) string {
	t.Helper()
	d, err := dataset.CatalogueOf(v).Named(of)
	if err != nil {
		t.Fatal(err)
	}
	q.Of = d
	p, err := q.Plan()
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := p.All(v)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, r := range rows {
		for i, x := range r.Values {
			if i > 0 {
				out.WriteByte(' ')
			}
			fmt.Fprintf(&out, "%s%s", x, x.Why)
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func TestSmoke(t *testing.T) {
	v := as(t, office(t), "admin@organisation")
	for _, d := range dataset.CatalogueOf(v).Datasets {
		q := dataset.Query{Of: d, Page: 3}
		p, err := q.Plan()
		if err != nil {
			t.Fatal(d.Name, err)
		}
		rows, page, err := p.All(v)
		t.Log(d.Name, len(rows), page.Next, err)
		for _, r := range rows {
			t.Log(r.Values)
		}
	}
	t.Log("\n" + ask(t, v, "CostEntries", dataset.Query{Steps: []dataset.Step{dataset.GroupBy{
		By:   []dataset.Named{{Expr: dataset.Col("Project", "Portfolio", "Name")}, {Expr: dataset.Col("Currency")}},
		Aggs: []dataset.Agg{{Measure: "TotalActual"}, {Measure: "TotalActualReporting"}, {Name: "N", Op: dataset.CountAll}, {Name: "M", Op: dataset.Max, Of: dataset.Col("Planned")}},
	}}}))
	t.Log("\n" + ask(t, v, "Projects", dataset.Query{Filter: dataset.Lambda{Over: dataset.Path{"CostEntries"}, Var: "c", Cond: dataset.Op("gt", dataset.Col("c", "Actual"), dataset.Lit{Value: dataset.OfInt(0)})},
		Order: []dataset.Order{{By: dataset.Col("Name"), Descending: true}}, Select: []dataset.Expr{dataset.Col("Name"), dataset.Col("ActualCost"), dataset.Count{Over: dataset.Path{"CostEntries"}}}}))
}
