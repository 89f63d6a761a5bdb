package graph_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/vocab"
)

// expectedRows are rows of the plain world as somebody may see them, each as the text of some columns.
type expectedRows struct {
	columns []string
	rows    []string
}

func (e *expectedRows) add(values ...any) {
	text := ""
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			text += "|"
		case *vocab.Date:
			if v != nil {
				text += v.String()
			}
			text += "|"
		default:
			text += fmt.Sprint(v) + "|"
		}
	}
	e.rows = append(e.rows, text)
}

// money is an amount as text: withheld, missing, or with the digits of its currency.
func moneyText(sees bool, minor *int64, currency string) string {
	switch {
	case !sees:
		return "NOT_VISIBLE"
	case minor == nil:
		return ""
	case currency == "JPY":
		return fmt.Sprint(*minor)
	}
	return halfEven(major(whole(*minor), currency), 2)
}

// plainRows works out what somebody sees of the world's structure, money and plans.
func plainRows(w *world, s sight) map[string]*expectedRows {
	all := map[string]*expectedRows{
		"Projects":       {columns: []string{"Id", "Code", "Name", "PortfolioId", "ProgramId", "Lifecycle", "Currency"}},
		"Portfolios":     {columns: []string{"Id", "Code", "ParentId"}},
		"Programs":       {columns: []string{"Id", "Code", "PortfolioId"}},
		"CostEntries":    {columns: []string{"ProjectId", "CategoryId", "Currency", "Period", "Planned", "Actual", "Committed", "ToComplete"}},
		"BudgetLines":    {columns: []string{"ProjectId", "CategoryId", "ReserveKind", "Currency", "Period", "Amount", "Budget", "Contingency", "ManagementReserve"}},
		"BaselineSpread": {columns: []string{"ProjectId", "Currency", "Period", "PlannedValue"}},
		"Baselines":      {columns: []string{"ProjectId", "Number", "State", "ApprovedOn"}},
		"StatusReports":  {columns: []string{"ProjectId", "PeriodEnd", "Revision", "State", "Submitted", "Currency", "WholeLifeCost", "PeriodBudget", "PeriodForecast", "ReportedFinish"}},
		"Milestones":     {columns: []string{"ProjectId", "Name", "State", "ActualDate", "IsFinish", "Budget"}},
	}
	ref := func(word string, n int, seen bool) string {
		if n < 0 || !seen {
			return ""
		}
		return fmt.Sprintf("%s-%d", word, n+1)
	}
	for i, p := range w.portfolios {
		if seen, _ := s.of(i, -1, -1); seen {
			above := false
			if p.parent >= 0 {
				above, _ = s.of(p.parent, -1, -1)
			}
			all["Portfolios"].add(ref("portfolio", i, true), p.code, ref("portfolio", p.parent, above))
		}
	}
	for i, p := range w.programs {
		if seen, _ := s.of(p.portfolio, i, -1); seen {
			above, _ := s.of(p.portfolio, -1, -1)
			all["Programs"].add(ref("program", i, true), p.code, ref("portfolio", p.portfolio, above))
		}
	}
	for i, p := range w.projects {
		seen, money := s.of(p.portfolio, p.program, i)
		if !seen {
			continue
		}
		id := ref("project", i, true)
		above, _ := s.of(p.portfolio, -1, -1)
		program := false
		if p.program >= 0 {
			program, _ = s.of(p.portfolio, p.program, -1)
		}
		all["Projects"].add(id, p.code, p.name, ref("portfolio", p.portfolio, above), ref("program", p.program, program), p.lifecycle, p.currency)
		for _, c := range p.costs {
			all["CostEntries"].add(id, ref("cost-category", c.category-1, true), c.currency, c.month, moneyText(money, c.planned, c.currency), moneyText(money, c.actual, c.currency), moneyText(money, c.committed, c.currency), moneyText(money, c.forecast, c.currency))
		}
		for _, b := range p.budgets {
			part := func(counts bool) string {
				if !counts {
					return ""
				}
				return moneyText(money, &b.amount, b.currency)
			}
			all["BudgetLines"].add(id, ref("cost-category", b.category-1, true), b.reserve, b.currency, b.month, part(true), part(b.reserve != "MANAGEMENT"), part(b.reserve == "CONTINGENCY"), part(b.reserve == "MANAGEMENT"))
		}
		for n, b := range p.baselines {
			all["Baselines"].add(id, n+1, b.state, b.approved)
			for _, x := range b.spread {
				all["BaselineSpread"].add(id, b.currency, x.month, moneyText(money, &x.amount, b.currency))
			}
		}
		for _, x := range p.reports {
			all["StatusReports"].add(id, x.end, x.revision, x.state, x.state != vocab.ReportStateDraft, x.currency, moneyText(money, x.cost, x.currency), moneyText(money, x.budget, x.currency), moneyText(money, x.forecast, x.currency), x.finish)
		}
		for _, m := range p.milestones {
			all["Milestones"].add(id, m.name, m.state, m.actual, m.finish, moneyText(money, m.budget, p.currency))
		}
	}
	return all
}

// Everybody gets exactly the rows that he may see, with the values that he may see, and withheld ones in place of others.
func TestRowsOfDatasetsAreThoseOfTheWorld(t *testing.T) {
	seeds := uint64(10)
	if testing.Short() {
		seeds = 3
	}
	found, withheld := map[string]int{}, 0
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 59))
		w := randomWorld(r)
		h := newHouse(t)
		h.load(w)
		for n := range 6 {
			id := finance
			if n > 0 {
				id = randomUser(r, w, n)
			}
			v := h.sets(id)
			for name, want := range plainRows(w, sight{w, id.Claims}) {
				d, err := dataset.CatalogueOf(v).Named(name)
				must(err)
				q, got := dataset.Query{Of: d}, []string{}
				hidden := []int{} // columns that are not even there
				for i, c := range want.columns {
					if has := slices.ContainsFunc(d.Columns, func(x dataset.Column) bool { return x.Name == c }); has {
						q.Select = append(q.Select, dataset.Col(c))
					} else {
						hidden = append(hidden, i)
					}
				}
				_, rows := run(t, v, q)
				for _, row := range rows {
					values := slices.Clone(row.Values)
					for _, i := range hidden {
						values = slices.Insert(values, i, dataset.Hidden)
					}
					got = append(got, line(values))
					for _, x := range values {
						if x.Why == dataset.NotVisible {
							withheld++
						}
					}
				}
				found[name] += len(got)
				if len(hidden) > 0 && name == "BudgetLines" { // parts that are null for others are withheld as columns
					continue
				}
				slices.Sort(got)
				slices.Sort(want.rows)
				if !slices.Equal(got, want.rows) {
					t.Fatalf("world %d, %v: %s has %d rows, want %d:\n%s", seed, id.Claims, name, len(got), len(want.rows), firstDifference(fmt.Sprint(got), fmt.Sprint(want.rows)))
				}
			}
		}
	}
	for name, n := range found {
		if n < 20 {
			t.Errorf("only %d rows of %s were compared", n, name)
		}
	}
	if withheld < 100 {
		t.Errorf("only %d values were withheld", withheld)
	}
}
