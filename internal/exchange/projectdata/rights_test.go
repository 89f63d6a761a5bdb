package projectdata

import (
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pmograph/ent"
	"pmograph/internal/accesstest"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// What the feed says is what the datasets say, to everybody: hidden projects are not there, hidden amounts are null.
func TestRights(t *testing.T) {
	j := record(t, fuller)
	s := served(t, j)
	hidden, nulls := 0, 0
	for _, a := range accesstest.NewOffice().Actors {
		if len(a.ID.Claims) > 0 {
			continue
		}
		v, err := stateView(t.Context(), j, a.Name)
		if err != nil {
			continue
		}
		hidden += 4 - compareProjects(t, dataset.NewView(v), s, a.Name, &nulls)
	}
	if hidden < 20 || nulls < 5 {
		t.Errorf("only %d projects were hidden, %d amounts null", hidden, nulls)
	}
}

func compareProjects(t *testing.T, v *view, s *httptest.Server, who string, nulls *int) int {
	t.Helper()
	same := []struct{ ours, theirs string }{
		{"ProjectName", "Name"}, {"ProjectCost", "ForecastCost"}, {"ProjectActualCost", "ActualCost"}, {"ProjectBudgetCost", "Budget"},
		{"ProjectBCWS", "PlannedValue"}, {"ProjectBCWP", "EarnedValue"}, {"ProjectCPI", "CostPerformanceIndex"}, {"ProjectSPI", "SchedulePerformanceIndex"},
	}
	got := read(t, get(t, s, who, "/ProjectData/Projects", "Accept", wantsLight))
	d, err := dataset.CatalogueOf(v).Named("Projects")
	if err != nil { // who sees nothing anywhere
		if len(got) > 0 {
			t.Errorf("%s sees %d projects in the feed, and no such dataset", who, len(got))
		}
		return 0
	}
	q := dataset.Query{Of: d, Select: []dataset.Expr{dataset.Col("Id")}}
	for _, x := range same {
		if _, ok := d.Column(x.theirs); ok {
			q.Select = append(q.Select, dataset.Col(x.theirs))
		} else { // a class he may read nowhere
			q.Select = append(q.Select, dataset.Lit{})
		}
	}
	p, err := q.Plan()
	must(err)
	rows, _, err := p.All(v)
	must(err)
	if len(got) != len(rows) {
		t.Errorf("%s sees %d projects in the feed, %d elsewhere", who, len(got), len(rows))
		return len(rows)
	}
	for i, r := range rows {
		if got[i]["ProjectId"] != projects[0].guid(r.Values[0].Int) {
			t.Errorf("%s sees %s in the place of %s", who, got[i]["ProjectId"], r.Values[0])
		}
		for n, x := range same {
			want := r.Values[n+1]
			if text, there := got[i][x.ours]; there == want.IsNull() || there && text != want.String() {
				t.Errorf("%s sees %s as %q, and elsewhere %q", who, x.ours, text, want)
			}
			if want.Why == dataset.NotVisible {
				*nulls++
			}
		}
	}
	return len(rows)
}

func TestIndicatorsAreColumns(t *testing.T) {
	s := served(t, record(t, fuller, func(d *state.Draft) {
		k := state.KpiDefinitions.New(d)
		column, portfolio, metric := "Pace", int64(2), vocab.KpiMetricPercentComplete
		k.Code, k.Name, k.PortfolioID, k.FeedColumn, k.Unit, k.Direction, k.Source, k.Metric, k.FormulaVersion, k.Rollup, k.Cadence, k.AboutMoney = "P", "Pace", &portfolio, &column, vocab.UnitRatio, vocab.KpiDirectionUpGood, vocab.KpiSourceComputed, &metric, 1, vocab.KpiRollupNone, vocab.CadenceMonth, true
		must(state.KpiDefinitions.Put(d, k))
		for id := int64(1); id <= 4; id++ {
			m, _ := state.Milestones.Edit(d, id, nil)
			day := accesstest.Today - 5
			m.ActualDate, m.State = &day, vocab.MilestoneStateReached
			must(state.Milestones.Put(d, m))
		}
	}))
	for _, e := range read(t, get(t, s, admin, "/ProjectData/Projects?$select=ProjectIdentifier,Pace")) {
		if _, there := e["Pace"]; there != (e["ProjectIdentifier"] == "P2") {
			t.Errorf("the indicator of one portfolio is %v", e)
		}
	}
	if got := read(t, get(t, s, admin, "/ProjectData/Projects?$filter=Benefit%20gt%200&$select=ProjectId,Benefit")); len(got) != 4 || got[0]["Benefit"] != "7.00" {
		t.Errorf("the indicator is %v", got)
	}
	for who, sees := range map[string]bool{admin: true, viewer: false} {
		if strings.Contains(get(t, s, who, "/ProjectData/$metadata").body, `"Benefit"`) != sees {
			t.Errorf("%s sees a column of money: that should be %v", who, sees)
		}
	}
}

// What somebody may not see does not show in anything he is told.
func TestHiddenDifferencesDoNotShow(t *testing.T) {
	plain := served(t, record(t, fuller))
	other := served(t, record(t, fuller, func(d *state.Draft) {
		p, _ := state.Projects.Edit(d, 3, nil) // in another portfolio
		late := vocab.NewDate(2023, 1, 1)
		p.Name, p.Code, p.PlannedFinish, p.Lifecycle = "Other", "OTHER", &late, vocab.ProjectLifecycleClosed
		must(state.Projects.Put(d, p))
		m := state.Milestones.New(d)
		m.ProjectID, m.Name, m.State, m.IsFinish = 3, "Hidden", vocab.MilestoneStatePlanned, true
		must(state.Milestones.Put(d, m))
		for a := range state.Allocations.By(d, "project_id", 3) {
			a, _ = state.Allocations.Edit(d, a.ID, nil)
			a.State = vocab.AllocationStateDeclined
			must(state.Allocations.Put(d, a))
		}
	}))
	differ := 0
	for _, who := range []string{"project-manager", "project_manager@project", admin} {
		for _, x := range append([]string{"$metadata"}, setNames()...) {
			if x == "$metadata" {
				if get(t, plain, who, "/ProjectData/$metadata").body != get(t, other, who, "/ProjectData/$metadata").body {
					t.Errorf("%s sees another schema", who)
				}
				continue
			}
			for _, q := range []string{"", "/$count", "?$orderby=ProjectName%20desc&$inlinecount=allpages"} {
				a, b := get(t, plain, who, "/ProjectData/"+x+q), get(t, other, who, "/ProjectData/"+x+q)
				same := strings.ReplaceAll(a.body, plain.URL, "") == strings.ReplaceAll(b.body, other.URL, "")
				if who == admin && !same {
					differ++
				}
				if who != admin && !same {
					t.Errorf("%s sees by %s%s what is hidden", who, x, q)
				}
			}
		}
	}
	if differ < 10 {
		t.Errorf("what was hidden differs in only %d answers", differ)
	}
}

func setNames() (names []string) {
	for _, s := range feed {
		names = append(names, s.Name)
	}
	return names
}

// Sums over the feed are those that the datasets' measures come to, to everybody.
func TestSums(t *testing.T) {
	j := record(t, fuller)
	s := served(t, j)
	day := func(op, day string) dataset.Expr {
		d, err := vocab.ParseDate(day)
		must(err)
		return dataset.Op(op, dataset.Col("Date"), dataset.Lit{Value: dataset.OfDate(d)})
	}
	spring := dataset.And(day("ge", "2022-03-01"), day("lt", "2022-06-01"))
	const springHere = "?$filter=TimeByDay%20ge%20datetime'2022-03-01T00:00:00'%20and%20TimeByDay%20lt%20datetime'2022-06-01T00:00:00'"
	for _, x := range []struct {
		set, property, of, measure string
		cond                       dataset.Expr
	}{
		{"TaskTimephasedDataSet", "TaskActualCost", "CostEntries", "TotalActual", nil},
		{"TaskTimephasedDataSet", "TaskBudgetCost", "CostEntries", "TotalPlanned", nil},
		{"AssignmentTimephasedDataSet", "AssignmentWork", "AllocationsByDay", "TotalHours", nil},
		{"ResourceDemandTimephasedDataSet", "ResourceDemand", "AllocationsByDay", "TotalHours", nil},
		{"ResourceTimephasedDataSet" + springHere, "Capacity", "LoadByDay", "TotalCapacity", spring},
	} {
		compared := 0
		for _, who := range []string{admin, viewer, "finance@organisation", "pmo@organisation", "portfolio_manager@portfolio", "resource_manager@team", "project_manager@project", "himself"} {
			v, sum, some := as(t, j, who), 0.0, false
			for _, e := range read(t, get(t, s, who, "/ProjectData/"+x.set, "Accept", wantsLight)) {
				if text, ok := e[x.property]; ok {
					sum, some = sum+number(text), true
				}
			}
			want, ok := measured(v, x.of, x.measure, x.cond)
			if ok != some || ok && math.Abs(want-sum) > 1e-4 {
				t.Errorf("%s.%s comes to %v (%v) for %s, %s of %s to %v (%v)", x.set, x.property, sum, some, who, x.measure, x.of, want, ok)
			}
			if ok {
				compared++
			}
		}
		if compared < 2 {
			t.Errorf("%s was compared only %d times", x.property, compared)
		}
	}
}

// measured is a measure of all rows of a dataset that satisfy a condition; ok is false if it has no value, or is not there.
func measured(v *view, of, measure string, cond dataset.Expr) (sum float64, ok bool) {
	d, err := dataset.CatalogueOf(v).Named(of)
	if err != nil {
		return 0, false
	}
	if _, there := d.Measure(measure); !there {
		return 0, false
	}
	p, err := dataset.Query{Of: d, Steps: []dataset.Step{dataset.Where{Cond: cond}, dataset.GroupBy{Aggs: []dataset.Agg{{Measure: measure}}}}}.Plan()
	must(err)
	rows, _, err := p.All(v)
	must(err)
	if rows[0].Values[0].IsNull() {
		return 0, false
	}
	return number(rows[0].Values[0]), true
}

// Costs in other currencies are in the project's at the rate of the day; a month has no sum if there is no rate for one of them, or one is closed.
func TestCostsOfOtherCurrencies(t *testing.T) {
	j := record(t, fuller, func(d *state.Draft) {
		for _, x := range []struct {
			currency string
			month    time.Month
		}{{"EUR", 1}, {"GBP", 2}, {"USD", 2}, {"EUR", 3}, {"GBP", 3}} {
			c := &ent.CostEntry{ProjectID: 4, CostCategoryID: 1, Currency: x.currency, Period: vocab.NewDate(2019, x.month, 1)}
			must(state.CostEntries.Desc().SetColumn(c, "actual", int64(100_10)))
			must(state.CostEntries.Put(d, c))
		}
	})
	got := map[string]string{}
	for _, e := range read(t, get(t, served(t, j), admin, "/ProjectData/TaskTimephasedDataSet?$filter=TimeByDay%20lt%20datetime'2020-01-01T00:00:00'", "Accept", wantsLight)) {
		if got[e["TimeByDay"]] = "null"; e["TaskActualCost"] != "" {
			got[e["TimeByDay"]] = e["TaskActualCost"]
		}
	}
	for month, want := range map[string]string{"2019-01-01T00:00:00": "90.09", "2019-02-01T00:00:00": "null", "2019-03-01T00:00:00": "190.19"} {
		if is := got[month]; is != want {
			t.Errorf("%s: %q, want %s", month, is, want)
		}
	}
	one, none, rateless := dataset.OfInt(1), dataset.None, value{Why: dataset.NoRate}
	for _, x := range []struct{ a, b, want value }{{one, none, one}, {none, one, one}, {none, none, none}, {dataset.Hidden, one, dataset.Hidden}, {one, dataset.Hidden, dataset.Hidden}, {rateless, one, rateless}, {one, rateless, rateless}, {none, rateless, rateless}, {rateless, none, rateless}, {one, one, dataset.OfInt(2)}} {
		if got := plus(x.a, x.b); got.String() != x.want.String() || got.Why != x.want.Why {
			t.Errorf("%v and %v make %v", x.a, x.b, got)
		}
	}
}

// Baselines are those that were approved: drafts are plans that nobody agreed to.
func TestDraftsAreNoBaselines(t *testing.T) {
	j := record(t, fuller)
	approved := 0
	for b := range state.Baselines.All(as(t, j, admin).View) {
		if b.State != vocab.BaselineStateDraft {
			approved++
		}
	}
	if got := len(read(t, get(t, served(t, j), admin, "/ProjectData/ProjectBaselines", "Accept", wantsLight))); got != approved || got == 0 {
		t.Errorf("%d baselines, and %d were approved", got, approved)
	}
}
