package graph_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"pmograph/auth"
	"pmograph/internal/exchange/dataset"
)

// shownAs compares a figure of the API with a value of a dataset: the same number to the last digit that the API shows, or none in both.
func shownAs(figure any, v dataset.Value) string {
	text, ok := at(figure, "value").(string)
	switch {
	case !ok && v.IsNull():
		return ""
	case !ok || v.IsNull():
		return fmt.Sprintf("the API shows %v, the dataset %s%s", figure, v, v.Why)
	}
	digits := 0
	for i := range text {
		if text[i] == '.' {
			digits = len(text) - i - 1
		}
	}
	if have := halfEven(v.Number().Rat(), digits); have != text {
		return fmt.Sprintf("the API shows %s, the dataset %s", text, have)
	}
	return ""
}

// grouped gives measures of a dataset by some columns, each group by the text of those.
func grouped(t testing.TB, v *dataset.View, of string, where dataset.Expr, by []string, measures ...string) map[string][]dataset.Value {
	t.Helper()
	d, err := dataset.CatalogueOf(v).Named(of)
	must(err)
	g := dataset.GroupBy{}
	for _, c := range by {
		g.By = append(g.By, dataset.Named{Expr: dataset.Col(c)})
	}
	for _, m := range measures {
		if _, ok := d.Measure(m); ok {
			g.Aggs = append(g.Aggs, dataset.Agg{Name: "Of" + m, Measure: m})
		} else { // of a class that is closed everywhere
			g.Aggs = append(g.Aggs, dataset.Agg{Name: "Of" + m, Op: dataset.Max, Of: dataset.Lit{Value: dataset.None}})
		}
	}
	_, rows := run(t, v, dataset.Query{Of: d, Steps: []dataset.Step{dataset.Where{Cond: where}, g}})
	all := map[string][]dataset.Value{}
	for _, r := range rows {
		key := ""
		for i, k := range r.Values[:len(by)] {
			if i > 0 {
				key += " "
			}
			key += k.String()
		}
		all[key] = r.Values[len(by):]
	}
	return all
}

func eq(column string, v dataset.Value) dataset.Expr {
	return dataset.Op("eq", dataset.Col(column), dataset.Lit{Value: v})
}

// What datasets measure is what the API's figures show: costs, indicators at the organisation and at projects, the load of people and of projects,
// milestones.
func TestDatasetsShowTheFiguresOfTheAPI(t *testing.T) {
	seeds := uint64(4)
	if testing.Short() {
		seeds = 1
	}
	compared, valued := 0, 0
	for seed := range seeds {
		r := rand.New(rand.NewPCG(seed, 53))
		w := randomWorld(r)
		h := furnishedHouse(t, w, seed)
		for _, id := range readers(r, w) {
			v := h.sets(id)
			same := alike(func(what string, figure any, x dataset.Value) {
				t.Helper()
				if compared++; !x.IsNull() {
					valued++
				}
				if wrong := shownAs(figure, x); wrong != "" {
					t.Errorf("world %d, %s: %s: %s", seed, id.Subject, what, wrong)
				}
			})
			costsAlike(t, h, id, v, same)
			kpisAlike(t, h, id, v, same)
			loadsAlike(t, h, id, v, same)
			milestonesAlike(h, id, v, same)
		}
	}
	if compared < 500*int(seeds) || valued < compared/4 {
		t.Errorf("only %d figures were compared, %d of them with a value", compared, valued)
	}
}

type alike func(what string, figure any, x dataset.Value)

// overAll compares a figure over projects: the API asks that money is open at all of them, a dataset at those of which there are rows.
func (same alike) overAll(what string, figure any, x dataset.Value) {
	if at(figure, "reason") != "NOT_VISIBLE" || x.IsNull() {
		same(what, figure, x)
	}
}

func costsAlike(t *testing.T, h *house, id auth.Identity, v *dataset.View, same alike) {
	today := dataset.Lit{Value: dataset.OfDate(v.Day())}
	api := at(h.answer(id, `{ viewer { rollup { cost { recorded { planned { value reason } actual { value reason } committed { value reason } budget { value reason } } } } } }`, nil), "viewer", "rollup", "cost", "recorded")
	all := grouped(t, v, "CostEntries", nil, nil, "TotalPlannedReporting", "TotalCommittedReporting")[""]
	begun := grouped(t, v, "CostEntries", dataset.Op("le", dataset.Col("Period"), today), nil, "TotalActualReporting")[""]
	budget := grouped(t, v, "BudgetLines", nil, nil, "TotalBudgetReporting")[""]
	for name, x := range map[string]dataset.Value{"planned": all[0], "committed": all[1], "actual": begun[0], "budget": budget[0]} {
		same.overAll(name, at(api, name), x)
	}
}

func kpisAlike(t *testing.T, h *house, id auth.Identity, v *dataset.View, same alike) {
	const shown = `kpis(first: 100) { nodes { definition { id code source portfolio { id } } value { value reason } target { value reason } } }`
	rolled := grouped(t, v, "KpiMeasurements", eq("Current", dataset.OfBool(true)), []string{"KpiId"}, "RolledValue", "RolledTarget")
	for _, k := range at(h.answer(id, `{ `+shown+` }`, nil), "kpis", "nodes").([]any) {
		x := rolled[at(k, "definition", "id").(string)]
		if at(k, "definition", "source") != "MEASURED" || x == nil {
			continue
		}
		same.overAll("indicator "+at(k, "definition", "code").(string), at(k, "value"), x[0])
		same.overAll("target of "+at(k, "definition", "code").(string), at(k, "target"), x[1])
	}
	d, err := dataset.CatalogueOf(v).Named("KpiMeasurements")
	must(err)
	_, all := run(t, v, dataset.Query{Of: d, Select: []dataset.Expr{dataset.Col("Kpi", "AboutMoney"), dataset.Col("Value"), dataset.Col("Target"), dataset.Col("Numerator"), dataset.Col("Denominator")}})
	for _, row := range all {
		for _, x := range row.Values[1:] {
			if id.Subject == "viewer" && (x.Why == dataset.NotVisible) != row.Values[0].True() {
				t.Errorf("who sees no money gets %s, of an indicator about money: %s", line(row.Values[1:]), row.Values[0])
			}
		}
	}
	d, err = dataset.CatalogueOf(v).Named("Projects")
	must(err)
	p, rows := run(t, v, dataset.Query{Of: d})
	for _, row := range rows {
		api := map[string]any{}
		for _, k := range at(h.answer(id, `query ($id: ID!) { node(id: $id) { ... on Project { `+shown+` } } }`, map[string]any{"id": row.Key[0].String()}), "node", "kpis", "nodes").([]any) {
			api["Kpi_"+at(k, "definition", "code").(string)] = at(k, "value")
		}
		for i, c := range p.Columns {
			if len(c.Name) > 4 && c.Name[:4] == "Kpi_" {
				same(c.Name+" of "+row.Key[0].String(), api[c.Name], row.Values[i])
			}
		}
	}
}

func loadsAlike(t *testing.T, h *house, id auth.Identity, v *dataset.View, same alike) {
	const figures = `capacity { value reason } hard { value reason } soft { value reason } expected { value reason } overAllocation { value reason } overAllocationWithSoft { value reason } utilisation { value reason } expectedUtilisation { value reason }`
	const ask = `query ($by: CapacityBy!, $grain: CapacityGrain!) { capacity(by: $by, grain: $grain, from: "2022-01-31", to: "2022-05-01") { withheld rows(first: 100) { nodes { node { id } total { ` + figures + ` } cells { first ` + figures + ` } } } } }`
	measures := map[string]string{"TotalCapacity": "capacity", "TotalHardHours": "hard", "TotalSoftHours": "soft", "TotalExpectedHours": "expected", "TotalOverAllocation": "overAllocation", "TotalOverAllocationWithSoft": "overAllocationWithSoft", "Utilisation": "utilisation", "ExpectedUtilisation": "expectedUtilisation"}
	between := func(first, last string) dataset.Expr {
		return dataset.And(dataset.Op("ge", dataset.Col("Date"), dataset.Lit{Value: dataset.OfDate(day(first))}), dataset.Op("le", dataset.Col("Date"), dataset.Lit{Value: dataset.OfDate(day(last))}))
	}
	for grain, span := range map[string][2]string{"Day": {"2022-01-31", "2022-05-01"}, "Week": {"2022-01-31", "2022-05-01"}, "Month": {"2022-01-01", "2022-05-31"}} {
		for _, x := range []struct {
			by, set, column string
			measures        []string
		}{
			{"RESOURCE", "LoadBy", "ResourceId", []string{"TotalCapacity", "TotalHardHours", "TotalSoftHours", "TotalExpectedHours", "TotalOverAllocation", "TotalOverAllocationWithSoft", "Utilisation", "ExpectedUtilisation"}},
			{"PROJECT", "AllocationsBy", "ProjectId", []string{"TotalHardHours", "TotalSoftHours", "TotalExpectedHours"}},
		} {
			totals := grouped(t, v, x.set+grain, between(span[0], span[1]), []string{x.column}, x.measures...)
			cells := grouped(t, v, x.set+grain, between(span[0], span[1]), []string{x.column, "Date"}, x.measures...)
			for _, row := range at(h.answer(id, ask, map[string]any{"by": x.by, "grain": map[string]string{"Day": "DAY", "Week": "WEEK", "Month": "MONTH"}[grain]}), "capacity", "rows", "nodes").([]any) {
				who, _ := at(row, "node", "id").(string)
				compare := func(what string, api any, have []dataset.Value) {
					for i, m := range x.measures {
						figure := at(api, measures[m])
						switch value, _ := at(figure, "value").(string); {
						case have != nil:
							same(m+" of "+what+" by "+grain, figure, have[i])
						case value != "" && !zero(value):
							t.Errorf("%s: the API shows %s of %s by %s, and there is no row", id.Subject, value, what, grain)
						}
					}
				}
				compare(who, at(row, "total"), totals[who])
				for _, c := range at(row, "cells").([]any) {
					compare(who+" from "+at(c, "first").(string), c, cells[who+" "+at(c, "first").(string)])
				}
				delete(totals, who)
			}
			delete(totals, "") // his own bookings for projects that he does not see
			if len(totals) > 0 {
				t.Errorf("%s: %s has rows of %d that the API does not show", id.Subject, x.set+grain, len(totals))
			}
		}
	}
}

func zero(text string) bool {
	n, ok := new(big.Rat).SetString(text)
	return ok && n.Sign() == 0
}

func milestonesAlike(h *house, id auth.Identity, v *dataset.View, same alike) {
	d, err := dataset.CatalogueOf(v).Named("Milestones")
	must(err)
	_, rows := run(h.t, v, dataset.Query{Of: d, Select: []dataset.Expr{dataset.Col("SlipDays"), dataset.Col("BaselineDate"), dataset.Col("ForecastDate"), dataset.Col("ActualDate")}})
	api := at(h.answer(id, `{ milestones(first: 100) { totalCount nodes { id slip { value reason } baselineDate forecastDate actualDate } } }`, nil), "milestones")
	if n := at(api, "totalCount"); n != float64(len(rows)) {
		h.t.Errorf("%s sees %v milestones by the API, %d in the dataset", id.Subject, n, len(rows))
	}
	byID := map[string]any{}
	for _, m := range at(api, "nodes").([]any) {
		byID[at(m, "id").(string)] = m
	}
	for _, row := range rows {
		m := byID[row.Key[0].String()]
		same("slip of "+row.Key[0].String(), at(m, "slip"), row.Values[0])
		for i, name := range []string{"baselineDate", "forecastDate", "actualDate"} {
			if text, _ := at(m, name).(string); text != row.Values[1+i].String() {
				h.t.Errorf("%s of %s is %s by the API, %s in the dataset", name, row.Key[0], text, row.Values[1+i])
			}
		}
	}
}
