package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

// factSteps are steps of histories that put, replace and remove facts, and make and remove what they refer to.
var factSteps = []func(t *rapid.T, d *state.Draft){
	func(t *rapid.T, d *state.Draft) { category(t, d, fmt.Sprint(state.CostCategories.New(d).ID)) },
	func(t *rapid.T, d *state.Draft) { kpi(t, d, fmt.Sprint(state.KpiDefinitions.New(d).ID)) },
	func(t *rapid.T, d *state.Draft) {
		p, c := pick(t, d, state.Projects), pick(t, d, state.CostCategories)
		if p == nil || c == nil {
			return
		}
		var rows []*ent.CostEntry
		for month := 1; month <= 6; month++ {
			if x := rapid.IntRange(-1, 3).Draw(t, "amount"); x >= 0 {
				rows = append(rows, cost(p.ID, c.ID, month, int64(x)<<(10*x)))
			}
		}
		putFacts(t, d, state.CostEntries, rows...)
	},
	func(t *rapid.T, d *state.Draft) {
		k := pick(t, d, state.KpiDefinitions)
		if k == nil {
			return
		}
		x := &ent.KpiMeasurement{KpiDefinitionID: k.ID, PeriodEnd: vocab.NewDate(2026, 1, numbers.Draw(t, "day")), Value: new(int64(numbers.Draw(t, "value")))}
		if rapid.Bool().Draw(t, "exceptional") {
			x.Value, x.PeriodStart = nil, new(vocab.NewDate(2025, 12, 1))
		}
		if p := pick(t, d, state.Projects); p != nil && rapid.Bool().Draw(t, "of a project") {
			x.ProjectID = new(p.ID)
		} else if p := pick(t, d, state.Portfolios); p != nil {
			x.PortfolioID = new(p.ID)
		} else {
			return
		}
		putFacts(t, d, state.KpiMeasurements, x)
	},
	removeFact(state.CostEntries), removeFact(state.KpiMeasurements),
	func(t *rapid.T, d *state.Draft) {
		if p := pick(t, d, state.Projects); p != nil {
			if err := state.CostEntries.Clear(d, p.ID); err != nil {
				t.Fatal(err)
			}
		}
	},
	remove(state.CostCategories), remove(state.KpiDefinitions),
}

func removeFact[T any](facts *state.Facts[T]) func(*rapid.T, *state.Draft) {
	return func(t *rapid.T, d *state.Draft) {
		var ids []int64
		for row := range facts.All(d) {
			ids = append(ids, facts.Desc().RowID(row))
		}
		if len(ids) == 0 {
			return
		}
		if err := facts.Delete(d, rapid.SampledFrom(ids).Draw(t, "fact")); err != nil {
			t.Fatal(err)
		}
	}
}

func putFacts[T any](t tester, d *state.Draft, facts *state.Facts[T], rows ...*T) {
	t.Helper()
	if err := facts.Put(d, rows...); err != nil {
		t.Fatal(err)
	}
}

func category(t tester, d *state.Draft, code string) int64 {
	c := state.CostCategories.New(d)
	c.Code, c.Name = code, "Category "+code
	return put(t, d, state.CostCategories, c).ID
}

func kpi(t tester, d *state.Draft, code string) int64 {
	k := state.KpiDefinitions.New(d)
	k.Code, k.Name, k.Unit, k.Direction, k.Source = code, "Indicator "+code, vocab.UnitCount, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured
	k.Rollup, k.Cadence, k.FormulaVersion = vocab.KpiRollupSum, vocab.CadenceMonth, 1
	return put(t, d, state.KpiDefinitions, k).ID
}

func cost(project, category int64, month int, amount int64) *ent.CostEntry {
	x := &ent.CostEntry{ProjectID: project, CostCategoryID: category, Currency: []string{"EUR", "USD"}[month%2], Period: vocab.NewDate(2026, 1, 1) + vocab.Date(31*month)}
	x.Actual = new(guard.NewMoney(amount))
	if month > 3 {
		x.Forecast = new(guard.NewMoney(-amount))
	}
	return x
}

// spent records costs of a new project, two in each of six months.
func spent(t tester, d *state.Draft, code string) {
	home := int64(1)
	if state.Portfolios.Get(d, home) == nil {
		home = portfolio(t, d, "root", nil).ID
	}
	p, a, b := project(t, d, home, code).ID, category(t, d, code+"a"), category(t, d, code+"b")
	for month := 1; month <= 6; month++ {
		putFacts(t, d, state.CostEntries, cost(p, a, month, int64(month)), cost(p, b, month, 1000))
	}
}

// factLayers changes the same facts in several mutations of one batch: replaced, removed, recorded again, and back to where they were.
func factLayers(t *testing.T, h Harness) {
	r := open(t, h)
	r.must(func(d *state.Draft) { spent(t, d, "P"); spent(t, d, "Q") })
	for _, layers := range [][]func(d *state.Draft){
		{
			func(d *state.Draft) { putFacts(t, d, state.CostEntries, cost(1, 1, 1, 77)) },
			func(d *state.Draft) {
				putFacts(t, d, state.CostEntries, cost(1, 1, 1, 78), cost(2, 3, 1, 78))
				change(t, d, state.Projects, 1, func(p *projectRow) { p.Name = "Renamed" })
			},
			func(d *state.Draft) { putFacts(t, d, state.CostEntries, cost(1, 1, 1, 1)) },
		}, {
			func(d *state.Draft) { clearCosts(t, d, 1) },
			func(d *state.Draft) { putFacts(t, d, state.CostEntries, cost(1, 2, 3, 5)) },
		}, {
			func(d *state.Draft) { clearCosts(t, d, 1) },
			func(d *state.Draft) { state.Projects.Delete(d, 1) },
			func(d *state.Draft) { clearCosts(t, d, 2) },
		},
	} {
		for _, run := range layers {
			if _, err := r.decide(run); err != nil {
				t.Fatal(err)
			}
		}
		r.mustCommit()
		r.check()
	}
}

func clearCosts(t *testing.T, d *state.Draft, project int64) {
	if err := state.CostEntries.Clear(d, project); err != nil {
		t.Fatal(err)
	}
}

// manyFacts records, replaces and removes facts beyond what a statement or a block holds.
func manyFacts(t *testing.T, h Harness) {
	for name, piece := range map[string]int{"batch": 0, "bulk": 3} {
		t.Run(name, func(t *testing.T) {
			const n = 6000
			r := open(t, h)
			r.piece = func() int { return piece }
			r.must(func(d *state.Draft) { spent(t, d, "P"); spent(t, d, "Q"); kpi(t, d, "k") })
			record := func(amount int64) func(d *state.Draft) {
				return func(d *state.Draft) {
					b := state.NewBatch(state.CostEntries.Desc())
					for i := range int64(n) {
						b.Add("project_id", 1+i%2)
						b.Set(state.CostEntries.Col("cost_category_id"), 2)
						b.Set(state.CostEntries.Col("currency"), state.CostEntries.Col("currency").Number("CHF"))
						b.Set(state.CostEntries.Col("period"), i)
						b.Set(state.CostEntries.Col("planned"), amount*(i/3))
					}
					if err := d.PutFacts(b); err != nil {
						t.Fatal(err)
					}
					x := &ent.KpiMeasurement{PortfolioID: new(int64(1)), KpiDefinitionID: 1, PeriodEnd: vocab.NewDate(2026, 1, 1), Value: &amount}
					putFacts(t, d, state.KpiMeasurements, x)
					team(t, d, fmt.Sprint(amount), nil)
				}
			}
			for _, amount := range []int64{1, 1 << 40} {
				r.must(record(amount))
				r.check()
			}
			if have := r.durable.Count(state.CostEntries.Desc()); have != n+24 {
				t.Errorf("%d facts are on record", have)
			}
			r.must(func(d *state.Draft) { clearCosts(t, d, 1) })
			r.check()
		})
	}
}

// factDrift edits facts around the store: loading notices it, and so does a change of what was edited.
func factDrift(t *testing.T, h Harness) {
	again := func(d *state.Draft) { putFacts(t, d, state.CostEntries, cost(1, 1, 1, 99)) }
	for _, x := range []struct {
		tamper string
		act    func(d *state.Draft)
	}{
		{"UPDATE cost_entries SET actual = actual + 1 WHERE id = 1", nil},
		{"UPDATE cost_entries SET actual = NULL WHERE id = 2", nil},
		{"UPDATE cost_entries SET period = '2031-01-01' WHERE id = 3", nil},
		{"UPDATE cost_entries SET currency = 'XXX' WHERE id = 1", nil},
		{"UPDATE cost_entries SET currency = 'abcdefgh' WHERE id = 1", nil},
		{"UPDATE cost_entries SET period = (SELECT o.period FROM cost_entries AS o WHERE o.id = 3), currency = 'USD' WHERE id = 1", nil},
		{"UPDATE cost_entries SET actual = CASE id WHEN 1 THEN 3 ELSE 1 END WHERE id IN (1, 5)", nil},
		{"UPDATE cost_entries SET project_id = 2 WHERE id = 1", nil},
		{"UPDATE cost_entries SET id = 1000 WHERE id = 1", again},
		{"UPDATE cost_entries SET seq = 77 WHERE id = 1", again},
		{"DELETE FROM cost_entries WHERE id = 1", again},
		{"DELETE FROM cost_entries WHERE id = 1", func(d *state.Draft) { clearCosts(t, d, 1) }},
		{"DELETE FROM cost_entries", nil},
		{"INSERT INTO cost_entries (id, seq, currency, period, project_id, cost_category_id) VALUES (99, 1, 'EUR', '2026-05-01', 1, 1)", nil},
		{"INSERT INTO kpi_measurements (id, seq, period_end, kpi_definition_id) VALUES (99, 1, '2026-05-01', 1)", nil},
	} {
		address := h.Fresh(t)
		r := newRecord(t, openAt(t, h, address))
		r.must(func(d *state.Draft) { spent(t, d, "P"); spent(t, d, "Q"); kpi(t, d, "k") })
		r.check()
		run(t, h.Raw(t, address), x.tamper)
		if _, err := r.db.Load(context.Background()); err == nil {
			t.Errorf("%s: it was loaded", x.tamper)
		}
		if x.act == nil {
			continue
		}
		if _, err := r.decide(x.act); err != nil {
			t.Fatal(err)
		}
		err := r.commit()
		var row *store.RowError
		if !errors.Is(err, store.ErrDrift) || !r.db.Definite(err) || !errors.As(err, &row) || row.Table != "cost_entries" {
			t.Errorf("%s: committed with %v", x.tamper, err)
		}
		if head, _, err := r.db.Head(context.Background(), 0); head.Seq != 1 || err != nil {
			t.Errorf("%s: the journal has %d entries, %v", x.tamper, head.Seq, err)
		}
	}
}
