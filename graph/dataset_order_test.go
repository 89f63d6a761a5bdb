package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// orders are some ways to order a dataset's rows: as they come, and by what is asked.
func orders(r *rand.Rand, d *dataset.Dataset) (all [][]dataset.Order) {
	all = append(all, nil)
	for range 3 {
		var o []dataset.Order
		for range 1 + r.IntN(2) {
			o = append(o, dataset.Order{By: dataset.Col(pick(r, d.Columns...).Name), Descending: r.IntN(2) == 0})
		}
		all = append(all, o)
	}
	return all
}

// pagesOf reads all rows of a query page by page, by cursors that went through their text, and does something between pages.
func pagesOf(t *testing.T, v func() *dataset.View, q dataset.Query, size func() int, between func()) (keys, lines []string) {
	t.Helper()
	for n := 0; ; n++ {
		view := v()
		d, err := dataset.CatalogueOf(view).Named(q.Of.Name)
		must(err)
		q.Of, q.Page = d, size()
		p, err := q.Plan()
		must(err)
		page, err := p.Each(view, func(r *dataset.Row) error {
			keys, lines = append(keys, line(r.Key)), append(lines, line(r.Values))
			return nil
		})
		if err != nil || n > 10_000 {
			t.Fatalf("%s: %v after %d pages", d.Name, err, n)
		}
		if page.Next == nil {
			return keys, lines
		}
		if q.After, err = dataset.ParseCursor(page.Next.String()); err != nil {
			t.Fatal(err)
		}
		between()
	}
}

// Every dataset comes page by page as it comes at once: in its own order and in any other, each row once.
func TestPagesOfDatasetsAreWhole(t *testing.T) {
	readersOf := func(r *rand.Rand, w *world) []auth.Identity {
		if testing.Short() {
			return []auth.Identity{pmo}
		}
		return []auth.Identity{pmo, who("somebody"), randomUser(r, w, 1)}
	}
	for seed := range uint64(1) {
		r := rand.New(rand.NewPCG(seed, 43))
		w := randomWorld(r)
		h := furnishedHouse(t, w, seed)
		for _, id := range readersOf(r, w) {
			v := h.sets(id)
			for _, d := range dataset.CatalogueOf(v).Datasets {
				for _, o := range orders(r, d) {
					_, rows := run(t, v, dataset.Query{Of: d, Order: o})
					if len(rows) > 600 { // by days there are many
						rows = rows[:600]
					}
					n := 0
					most := max(7, len(rows)/5)
					keys, lines := pagesOf(t, func() *dataset.View { return v }, dataset.Query{Of: d, Order: o, Top: 0}, func() int { n++; return 1 + r.IntN(most) }, func() {})
					if len(keys) < len(rows) {
						t.Fatalf("%s by %v: pages have %d rows, want at least %d", d.Name, o, len(keys), len(rows))
					}
					for i := range rows {
						if lines[i] != line(rows[i].Values) {
							t.Fatalf("world %d, %s by %v: row %d of pages is\n%s, want\n%s", seed, d.Name, o, i, lines[i], line(rows[i].Values))
						}
					}
					once := map[string]bool{}
					for i, k := range keys {
						if once[k] {
							t.Fatalf("%s by %v: row %d, %s, comes twice", d.Name, o, i, k)
						}
						once[k] = true
					}
					if o == nil {
						inOrder(t, d, rows)
					}
				}
			}
		}
	}
}

// inOrder looks whether rows come in the dataset's own order: no two are alike in it, and words of closed lists come in the order of the list.
func inOrder(t *testing.T, d *dataset.Dataset, rows []dataset.Row) {
	place := func(column string, v dataset.Value) dataset.Value {
		if c, _ := d.Column(column); len(c.Words) > 0 {
			return dataset.OfInt(slices.Index(c.Words, v.Text))
		}
		return v
	}
	for i := 1; i < len(rows); i++ {
		for n, name := range d.Order {
			at := slices.IndexFunc(d.Columns, func(c dataset.Column) bool { return c.Name == name })
			a, b := place(name, rows[i-1].Values[at]), place(name, rows[i].Values[at])
			c := dataset.Compare(a, b)
			if a.Kind == dataset.Text && name == "Currency" && c != 0 { // codes are packed, and come in an order of their own
				c = -1
			}
			if c < 0 {
				break
			}
			if c > 0 || n == len(d.Order)-1 {
				t.Fatalf("%s: row %d does not come after the one before it by %s: %s, %s", d.Name, i, name, a, b)
			}
		}
	}
}

// Rows that come in, change and go between pages do not lose or repeat any other, in any order.
func TestPagesSurviveChanges(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 47))
	w := randomWorld(r)
	h := furnishedHouse(t, w, 1)
	n := 0
	change := func() {
		n++
		dice := r.Uint64()
		h.do("import", func(d *state.Draft) error {
			r := rand.New(rand.NewPCG(dice, 1))
			project := 1 + r.Int64N(int64(len(w.projects)))
			for range 3 {
				c := &ent.CostEntry{ProjectID: project, CostCategoryID: 1 + r.Int64N(categories), Currency: pick(r, "GBP", "CHF", "USD"), Period: someMonth(r)}
				must(state.CostEntries.Put(d, c))
				b := &ent.BudgetLine{ProjectID: project, CostCategoryID: 1 + r.Int64N(categories), ReserveKind: pick(r, vocab.ReserveKindNone, vocab.ReserveKindContingency), Currency: "CHF", Period: someMonth(r)}
				setFact(state.BudgetLines.Desc(), b, "amount", ptr(r.Int64N(1000)))
				must(state.BudgetLines.Put(d, b))
			}
			m := state.Milestones.New(d)
			m.ProjectID, m.Name, m.State, m.ForecastDate, m.Weight = project, fmt.Sprintf("New %d", dice), vocab.MilestoneStatePlanned, maybe(r, someDay(r)), 1
			must(state.Milestones.Put(d, m))
			b := randomBooking(r, int(project-1), r.IntN(len(w.people)))
			put(d, b)
			return nil
		})
	}
	for _, name := range []string{"CostEntries", "CostsByWeek", "CostsByMonth", "BudgetLines", "Milestones", "Allocations", "AllocationHours", "LoadByMonth", "KpiMeasurements", "Projects", "Journal", "JournalChanges", "Currencies"} {
		first := h.sets(admin)
		d, err := dataset.CatalogueOf(first).Named(name)
		must(err)
		for _, o := range [][]dataset.Order{nil, {{By: dataset.Col(d.Columns[len(d.Columns)-1].Name), Descending: true}}, {{By: dataset.Col(pick(r, d.Columns...).Name)}}} {
			_, rows := run(t, h.sets(admin), dataset.Query{Of: d, Order: o})
			most := max(7, len(rows)/6)
			was := map[string]int{}
			for i, x := range rows {
				was[line(x.Key)] = i
			}
			keys, _ := pagesOf(t, func() *dataset.View { return h.sets(admin) }, dataset.Query{Of: d, Order: o}, func() int { return most/2 + r.IntN(most) }, change)
			at, once := -1, map[string]bool{}
			for _, k := range keys {
				if once[k] {
					t.Fatalf("%s by %v: %s comes twice", name, o, k)
				}
				once[k] = true
				if i, ok := was[k]; ok {
					if o == nil && i < at {
						t.Fatalf("%s: %s comes out of order", name, k)
					}
					at = i
				}
			}
			for k := range was {
				if !once[k] && !mayMove(name, o) {
					t.Fatalf("%s by %v: %s was there all the time and does not come", name, o, k)
				}
			}
		}
	}
	if n < 100 {
		t.Fatalf("the record changed only %d times", n)
	}
}

// mayMove tells whether rows of a dataset may go to another place in an order when costs, budgets, milestones and bookings come in: then they may come late, or early.
func mayMove(name string, o []dataset.Order) bool {
	if o == nil {
		return false
	}
	return name == "Projects" || name == "LoadByMonth"
}
