package dataset

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/decide"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// costly is a record of portfolios in a tree, projects in them and costs of projects, drawn at random.
func costly(t testing.TB, r *rand.Rand, projects, facts int) *journal.Journal {
	t.Helper()
	return costlyIn(t, &memory.Store{Now: func() time.Time { return noon }}, r, projects, facts)
}

func costlyIn(t testing.TB, in store.Store, r *rand.Rand, projects, facts int) *journal.Journal {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	j, err := journal.Open(ctx, in, journal.Options{Now: func() time.Time { return noon }, Invariants: decide.Invariants, Log: slog.New(slog.DiscardHandler), Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	change(t, j, func(d *state.Draft) {
		o := state.Organisations.New(d)
		o.Name, o.Currency, o.Timezone, o.FiscalYearStart, o.StandardWeekMinutes, o.ReportValidityMonths = "Works", "GBP", "UTC", 4, 2250, 12
		put(t, state.Organisations.Put(d, o))
		for _, from := range []string{"EUR", "JPY"} {
			x := state.ExchangeRates.New(d)
			x.FromCurrency, x.ToCurrency, x.ValidFrom, x.Rate = from, "GBP", vocab.NewDate(2020, 1, 1), 864_200_000+int64(r.IntN(1000))
			put(t, state.ExchangeRates.Put(d, x))
		}
		for n := range 3 {
			c := state.CostCategories.New(d)
			c.Code, c.Name = fmt.Sprint("C", n), fmt.Sprint("Kind ", n)
			put(t, state.CostCategories.Put(d, c))
		}
		for n := range 7 {
			p := state.Portfolios.New(d)
			p.Code, p.Name, p.Lifecycle = fmt.Sprint("P", n), fmt.Sprint("Portfolio ", n), vocab.PortfolioLifecycleActive
			if n > 1 {
				up := int64(1 + r.IntN(n))
				p.ParentID = &up
			}
			put(t, state.Portfolios.Put(d, p))
		}
		for n := range projects {
			p := state.Projects.New(d)
			p.Code, p.Name, p.PortfolioID, p.Lifecycle, p.Currency = fmt.Sprint("X", n), fmt.Sprint("Project ", n%5), int64(1+r.IntN(7)), vocab.ProjectLifecycleExecuting, "GBP"
			put(t, state.Projects.Put(d, p))
		}
		for name, on := range map[string]struct {
			role  vocab.Role
			scope vocab.ScopeKind
			id    int64
		}{"admin": {vocab.RoleAdmin, vocab.ScopeKindOrganisation, 0}, "part": {vocab.RolePortfolioManager, vocab.ScopeKindPortfolio, 1}, "poor": {vocab.RoleViewer, vocab.ScopeKindOrganisation, 0}, "one": {vocab.RoleProjectManager, vocab.ScopeKindProject, 1}} {
			u := state.Users.New(d)
			u.Issuer, u.Active = "LOCAL", true
			put(t, d.SetColumn(state.Users.Desc(), u, "subject", name))
			put(t, state.Users.Put(d, u))
			a := state.RoleAssignments.New(d)
			a.UserID, a.Role, a.ScopeKind = u.ID, on.role, on.scope
			if on.id > 0 {
				a.ScopeID = &on.id
			}
			put(t, state.RoleAssignments.Put(d, a))
		}
	})
	spend(t, j, r, projects, facts)
	return j
}

// spend records random costs.
func spend(t testing.TB, j *journal.Journal, r *rand.Rand, projects, facts int) {
	change(t, j, func(d *state.Draft) {
		for range facts {
			x := &ent.CostEntry{ProjectID: int64(1 + r.IntN(projects)), CostCategoryID: int64(1 + r.IntN(3)), Currency: []string{"GBP", "GBP", "EUR", "JPY"}[r.IntN(4)], Period: vocab.NewDate(2025, time.Month(1+r.IntN(15)), 1)}
			for _, column := range []string{"planned", "actual", "committed", "forecast"} {
				if r.IntN(3) > 0 {
					put(t, state.CostEntries.Desc().SetColumn(x, column, r.Int64N(2_000_000)-500_000))
				}
			}
			put(t, state.CostEntries.Put(d, x))
		}
	})
}

func change(t testing.TB, j *journal.Journal, run func(d *state.Draft)) {
	t.Helper()
	if _, err := j.DoAs(context.Background(), auth.Machine("test"), state.Decision{Action: "import", Run: func(d *state.Draft) error { run(d); return nil }}, journal.Meta{}); err != nil {
		t.Fatal(err)
	}
}

func put(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func viewOf(t testing.TB, j *journal.Journal, who string, q journal.Query) *View {
	t.Helper()
	return viewWhile(context.Background(), t, j, who, q)
}

func viewWhile(ctx context.Context, t testing.TB, j *journal.Journal, who string, q journal.Query) *View {
	t.Helper()
	v, err := j.View(ctx, auth.Identity{Issuer: "LOCAL", Subject: who}, q)
	if err != nil {
		t.Fatal(err)
	}
	return NewView(v)
}

func show(t testing.TB, v *View, q Query) string {
	t.Helper()
	p, err := q.Plan()
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := p.All(v)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range rows {
		for _, x := range r.Values {
			fmt.Fprintf(&b, "%s%s|", x, x.Why)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Groups over sums that are kept are those over the facts, for everybody, whatever is grouped and filtered by, now and in the past, and after changes.
func TestGroupsOverSums(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rounds := 200
	if testing.Short() {
		rounds = 30
	}
	dims := []Expr{Col("ProjectId"), Col("Project", "Name"), Col("Project", "PortfolioId"), Col("Project", "Portfolio", "Level1"), Col("CategoryId"), Col("Category", "Code"), Col("Currency"), Col("Period"),
		Op("bucket", Col("Period"), Lit{OfText("FISCAL_YEAR")}), Col("Day", "Quarter"), Op("concat", Col("Currency"), Col("Category", "Code"))}
	filters := []Expr{nil, Op("eq", Col("Currency"), Lit{OfText("EUR")}), Op("ge", Col("Period"), Lit{OfDate(vocab.NewDate(2025, 6, 1))}), Op("eq", Col("Project", "Portfolio", "Depth"), Lit{OfInt(2)}),
		Op("in", Col("ProjectId"), Lit{OfText("project-1")}, Lit{OfText("project-7")}), Op("or", Op("eq", Col("Category", "Code"), Lit{OfText("C1")}), Op("startswith", Col("Project", "Name"), Lit{OfText("Project 3")}))}
	aggs := []Agg{{Measure: "TotalPlanned"}, {Measure: "TotalActualReporting"}, {Measure: "TotalCommitted"}, {Measure: "Entries"}, {Name: "n", Op: CountAll}, {Name: "sum", Op: Sum, Of: Col("ToComplete")},
		{Name: "reporting", Op: Sum, Of: Col("ActualReporting")}, {Name: "hidden", Op: Withheld, Of: Col("Planned")}, {Name: "last", Op: Max, Of: Col("Period")}, {Name: "codes", Op: CountDistinct, Of: Col("Category", "Code")},
		{Measure: "TotalPlanned", Name: "unseen", Op: Withheld}, {Name: "some", Op: Sum, Of: Col("Actual"), Cond: Op("eq", Col("Currency"), Lit{OfText("GBP")})},
		{Name: "few", Op: Sum, Of: Col("Actual"), Cond: Op("eq", Col("Category", "Code"), Lit{OfText("C1")})}, {Name: "most", Op: Max, Of: Col("Planned")}, {Name: "mean", Op: Average, Of: Col("Committed")}}
	j := costly(t, r, 12, 300)
	over := 0
	for range rounds {
		if r.IntN(20) == 0 {
			spend(t, j, r, 12, 20)
		}
		if r.IntN(10) == 0 {
			change(t, j, func(d *state.Draft) {
				p, err := state.Projects.Edit(d, int64(1+r.IntN(12)), nil)
				put(t, err)
				p.PortfolioID = int64(1 + r.IntN(7))
				put(t, state.Projects.Put(d, p))
			})
		}
		var q journal.Query
		if r.IntN(4) == 0 {
			q.KnownAtSeq = new(max(1, j.Latest().Position().Seq-r.Int64N(6))) // those are kept
		}
		ctx, done := context.WithCancel(context.Background()) // lets go of the past
		v := viewWhile(ctx, t, j, []string{"admin", "part", "poor", "one"}[r.IntN(4)], q)
		d, err := CatalogueOf(v).Named("CostEntries")
		put(t, err)
		g := GroupBy{}
		for i := range r.IntN(4) {
			g.By = append(g.By, Named{fmt.Sprint("by", i), dims[r.IntN(len(dims))]})
		}
		for _, a := range aggs {
			if _, ok := d.Measure(a.Measure); (ok || a.Measure == "" && (a.Of == nil || len(d.Measures) > 1)) && r.IntN(2) == 0 {
				g.Aggs = append(g.Aggs, a)
			}
		}
		ask := Query{Of: d, Steps: []Step{Where{filters[r.IntN(len(filters))]}, g}}
		got := show(t, v, ask)
		plain := *d
		plain.source.summing = nil
		ask.Of = &plain
		if want := show(t, v, ask); got != want {
			t.Fatalf("%+v\nover sums:\n%s\nover facts:\n%s", ask.Steps, got, want)
		}
		done()
		if strings.Count(got, "\n") > 1 {
			over++
		}
	}
	if over < rounds/3 {
		t.Errorf("only %d of %d questions had several groups", over, rounds)
	}
}

// Groups of rows beside a row are of those alone.
func TestGroupsBeside(t *testing.T) {
	v := viewOf(t, costly(t, rand.New(rand.NewPCG(8, 9)), 6, 200), "admin", journal.Query{})
	costs, err := CatalogueOf(v).Named("CostEntries")
	put(t, err)
	projects, err := CatalogueOf(v).Named("Projects")
	put(t, err)
	steps := []Step{GroupBy{By: []Named{{Expr: Col("Currency")}}, Aggs: []Agg{{Measure: "TotalPlanned"}, {Measure: "Entries"}}}}
	p, err := Query{Of: projects, Select: []Expr{Col("Id")}, Expand: []Expand{{Over: Path{"CostEntries"}, Query: Query{Steps: steps}}}}.Plan()
	put(t, err)
	rows, _, err := p.All(v)
	put(t, err)
	for _, row := range rows {
		got := ""
		for _, x := range row.Expanded[0].Rows {
			got += fmt.Sprintf("%s|%s|%s|\n", x.Values[0], x.Values[1], x.Values[2])
		}
		own := Where{Op("eq", Col("ProjectId"), Lit{row.Values[0]})}
		if want := show(t, v, Query{Of: costs, Steps: append([]Step{own}, steps...)}); got != want || got == "" {
			t.Errorf("beside %s are\n%swant\n%s", row.Values[0], got, want)
		}
	}
}

// Of the past, sums over a portfolio hold what somebody saw there and sees still: not a project that has gone where he sees nothing.
func TestSumsOfThePast(t *testing.T) {
	j := costly(t, rand.New(rand.NewPCG(4, 5)), 12, 300)
	move := func(portfolio int64) {
		change(t, j, func(d *state.Draft) {
			p, err := state.Projects.Edit(d, 1, nil)
			put(t, err)
			p.PortfolioID = portfolio
			put(t, state.Projects.Put(d, p))
		})
	}
	move(1)
	before := j.Latest().Position().Seq
	move(2)
	for _, by := range [][]Named{nil, {{Expr: Col("Project", "PortfolioId")}}, {{Expr: Col("Currency")}}} {
		ctx, done := context.WithCancel(context.Background())
		v := viewWhile(ctx, t, j, "part", journal.Query{KnownAtSeq: &before})
		d, err := CatalogueOf(v).Named("CostEntries")
		put(t, err)
		ask := Query{Of: d, Steps: []Step{GroupBy{By: by, Aggs: []Agg{{Measure: "TotalPlannedReporting"}, {Measure: "Entries"}}}}}
		got := show(t, v, ask)
		plain := *d
		plain.source.summing = nil
		if ask.Of = &plain; got != show(t, v, ask) {
			t.Errorf("over sums:\n%sover facts:\n%s", got, show(t, v, ask))
		}
		done()
	}
}

// BenchmarkGroups groups half a million costs by portfolio and month.
func BenchmarkGroups(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	j := costly(b, r, 2000, 500_000)
	v := viewOf(b, j, "admin", journal.Query{})
	d, err := CatalogueOf(v).Named("CostEntries")
	put(b, err)
	for _, kept := range []bool{true, false} {
		of := *d
		if !kept {
			of.source.summing = nil
		}
		p, err := Query{Of: &of, Steps: []Step{GroupBy{By: []Named{{Expr: Col("Project", "PortfolioId")}, {Expr: Col("Period")}}, Aggs: []Agg{{Measure: "TotalPlannedReporting"}, {Measure: "TotalActualReporting"}}}}}.Plan()
		put(b, err)
		b.Run(fmt.Sprint("kept=", kept), func(b *testing.B) {
			for range b.N {
				if _, _, err := p.All(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAnalysis is the same as GraphQL asks it.
func BenchmarkAnalysis(b *testing.B) {
	j := costly(b, rand.New(rand.NewPCG(1, 2)), 2000, 500_000)
	a := Analysis{Dataset: "CostEntries", GroupBy: []Grouping{{Column: "Project/PortfolioId"}, {Column: "Period"}, {Column: "CategoryId"}}, Measures: []Measured{{Measure: "TotalPlannedReporting"}, {Measure: "TotalActualReporting"}}}
	if _, err := a.Run(viewOf(b, j, "admin", journal.Query{})); err != nil { // sums are kept from then on
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.Run(viewOf(b, j, "admin", journal.Query{})); err != nil {
			b.Fatal(err)
		}
	}
}
