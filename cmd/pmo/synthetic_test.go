package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/exchange/tabular"
	"pmograph/web"
)

// figures counts the figures of an answer: those with a value, and those without by their reason.
func figures(v any, count map[string]int) {
	switch x := v.(type) {
	case map[string]any:
		value, shown := x["value"]
		if reason, asked := x["reason"]; shown && asked {
			if value != nil {
				reason = "value"
			}
			count[fmt.Sprint(reason)]++
		}
		for _, c := range x {
			figures(c, count)
		}
	case []any:
		for _, c := range x {
			figures(c, count)
		}
	}
}

// ready gives the answer to one of the demo's queries, and the figures in it.
func (o *office) ready(t *testing.T, token, name string, into any) map[string]int {
	t.Helper()
	list, err := readyQueries()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(q web.Query) bool { return q.Name == name })
	if i < 0 {
		t.Fatalf("no query %q", name)
	}
	var all any
	o.ask(t, token, list[i].Query, nil, &all)
	o.ask(t, token, list[i].Query, nil, into)
	count := map[string]int{}
	figures(all, count)
	return count
}

// What is made up shows figures where published data have none, and says that it is made up.
func TestSyntheticSample(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	o.organise(t)
	o.brings(t, "synthetic", tabular.Sample("synthetic"))
	pmo := o.token(t, "PMO", "")

	t.Run("earned value", func(t *testing.T) {
		type earned struct {
			BudgetAtCompletion, EarnedValue, ActualCost, Cpi shownFigure
			Schedule                                         struct {
				Spi struct{ Value, Reason *string }
			}
		}
		var a struct {
			Portfolio struct {
				Rollup struct {
					EarnedValue earned
					Cost        struct{ Recorded struct{ Budget shownFigure } }
				}
			}
			Projects struct {
				Nodes []struct {
					Name           string
					ComputedHealth struct{ Rag string }
					EarnedValue    earned
				}
			}
		}
		count := o.ready(t, pmo, "earned value", &a)
		if count["value"] < 150 || count["value"] < 4*(count["NO_BASELINE"]+count["NO_ACTUALS"]+count["NOT_STARTED"]) || count["NOT_VISIBLE"] > 0 {
			t.Errorf("figures: %v", count)
		}
		rags, story := map[string]int{}, map[string]string{}
		sum := struct{ bac, ev, ac string }{"0", "0", "0"}
		for _, p := range a.Projects.Nodes {
			rags[p.ComputedHealth.Rag]++
			e := p.EarnedValue
			story[p.Name] = value(e.Cpi)
			if e.BudgetAtCompletion.Value == nil {
				continue
			}
			sum.bac, sum.ev = plus(t, sum.bac, value(e.BudgetAtCompletion)), plus(t, sum.ev, value(e.EarnedValue))
			if e.ActualCost.Value != nil {
				sum.ac = plus(t, sum.ac, value(e.ActualCost))
			}
		}
		if e := a.Portfolio.Rollup.EarnedValue; value(e.BudgetAtCompletion) != sum.bac || value(e.EarnedValue) != sum.ev || value(e.ActualCost) != sum.ac {
			t.Errorf("the portfolio's %s, %s and %s are not its projects' %v", value(e.BudgetAtCompletion), value(e.EarnedValue), value(e.ActualCost), sum)
		}
		if got := plus(t, sum.bac, "280000.00"); got != value(a.Portfolio.Rollup.Cost.Recorded.Budget) { // one project has a budget and no baseline
			t.Errorf("baselines of %s, budgets of %s", sum.bac, value(a.Portfolio.Rollup.Cost.Recorded.Budget))
		}
		for _, rag := range []string{"GREEN", "AMBER", "RED", "NOT_RATED"} {
			if rags[rag] == 0 {
				t.Errorf("no project is %s: %v", rag, rags)
			}
		}
		for name, cpi := range map[string]string{"Claims handling": "0.800000", "Customer portal": "1.030000", "Energy metering": "none", "Warehouse scanning": "none"} {
			if got := story[name+" (synthetic)"]; got != cpi {
				t.Errorf("%s has a CPI of %s, not %s", name, got, cpi)
			}
		}
	})

	t.Run("indicators", func(t *testing.T) {
		var a struct {
			Portfolio struct {
				Kpis struct {
					Nodes []struct {
						Status string
						Trend  []struct{ Status string }
					}
				}
			}
		}
		count := o.ready(t, pmo, "indicators", &a)
		if n := len(a.Portfolio.Kpis.Nodes); n != 5 || count["value"] != 13*n || len(count) != 1 {
			t.Errorf("%d indicators, figures: %v", n, count)
		}
		statuses := map[string]bool{}
		for _, k := range a.Portfolio.Kpis.Nodes {
			statuses[k.Status] = true
		}
		if statuses["NOT_RATED"] || len(statuses) < 2 {
			t.Errorf("statuses %v", statuses)
		}
	})

	t.Run("capacity", func(t *testing.T) {
		var a struct {
			Teams struct {
				Rows struct{ Nodes []struct{ Cells []any } }
			}
			Overbooked struct {
				Rows struct {
					TotalCount int
					Nodes      []struct{ Cells []any }
				}
			}
		}
		for _, role := range []string{"PMO", "RESOURCE_MANAGER"} {
			count, cells := o.ready(t, o.token(t, role, ""), "who has time", &a), 0
			for _, row := range a.Teams.Rows.Nodes {
				cells += len(row.Cells)
			}
			if len(a.Teams.Rows.Nodes) != 4 || cells != 16 || count["value"] != 3*cells || len(count) != 1 {
				t.Errorf("%s: %d cells, figures: %v", role, cells, count)
			}
			if n := a.Overbooked.Rows.TotalCount; n < 5 || n > 20 || len(a.Overbooked.Rows.Nodes[0].Cells) == 0 {
				t.Errorf("%s: %d people are overbooked", role, n)
			}
		}
	})

	t.Run("labels", func(t *testing.T) {
		type above struct{ Name, Category string }
		type project struct {
			above
			Portfolio struct {
				above
				Parent above
			}
		}
		said := func(what string, words ...string) {
			t.Helper()
			for _, w := range words {
				if !strings.Contains(strings.ToLower(w), "synthetic") {
					t.Errorf("%s: %q does not say that it is synthetic", what, w)
				}
			}
		}
		all := nodes[project](t, o, pmo, "projects", `name category portfolio { name parent { name } }`, nil)
		for _, p := range all {
			said("project", p.Name, p.Category, p.Portfolio.Name)
			if p.Portfolio.Parent.Name != "Synthetic sample: every figure in it is made up" {
				t.Errorf("%s lies below %q", p.Name, p.Portfolio.Parent.Name)
			}
		}
		if len(all) != 12 {
			t.Errorf("%d projects", len(all))
		}
		for field, fields := range map[string]string{"portfolios": "name", "programs": "name", "teams": "name", "resources": "name: roleName", "kpiDefinitions": "name",
			"costCategories": "name", "rateCards": "name: roleName", "tolerances": "name: category"} {
			list := nodes[above](t, o, pmo, field, fields, nil)
			for _, x := range list {
				said(field, x.Name)
			}
			if len(list) < 2 {
				t.Errorf("%d %s", len(list), field)
			}
		}
	})
}
