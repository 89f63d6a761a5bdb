package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pmograph/internal/edge"
	"pmograph/internal/exchange/tabular"
)

// A published portfolio as the API shows it.
type (
	shownFigure struct {
		Value    *string
		Coverage struct{ Included, Withheld, Missing int }
	}
	shownRollup struct {
		Projects struct{ Total shownFigure }
		Cost     struct{ WholeLife shownFigure }
	}
	shownMilestone struct {
		Name, State                            string
		IsFinish                               bool
		ForecastDate, BaselineDate, ActualDate *string
		Budget                                 struct{ Value *string }
		Project                                struct{ Code string }
	}
	shownBaseline struct {
		Number            int
		State, ApprovedOn string
		Entries           struct{ Nodes []struct{ Finish string } }
	}
)

// isHistory tells whether baselines follow each other: numbered from 1, later each, with another finish each, the last one in force.
func isHistory(all []shownBaseline) bool {
	slices.SortFunc(all, func(a, b shownBaseline) int { return a.Number - b.Number })
	for i, b := range all {
		if b.Number != i+1 || len(b.Entries.Nodes) != 1 || (b.State == "APPROVED") != (i == len(all)-1) {
			return false
		}
		if i > 0 && (b.ApprovedOn <= all[i-1].ApprovedOn || b.Entries.Nodes[0].Finish == all[i-1].Entries.Nodes[0].Finish) {
			return false
		}
	}
	return true
}

// nodes asks for all pages of a connection at the root.
func nodes[T any](t *testing.T, o *office, token, field, fields string, vars map[string]any) (all []T) {
	t.Helper()
	declared := "$after: String"
	if vars == nil {
		vars = map[string]any{}
	}
	if vars["asOf"] != nil {
		declared += ", $asOf: Date"
	}
	for {
		var a map[string]struct {
			Nodes    []T
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		}
		o.ask(t, token, fmt.Sprintf(`query(%s) { %s(first: 100, after: $after) { pageInfo { hasNextPage endCursor } nodes { %s } } }`, declared, field, fields), vars, &a)
		all = append(all, a[field].Nodes...)
		if !a[field].PageInfo.HasNextPage {
			return all
		}
		vars["after"] = a[field].PageInfo.EndCursor
	}
}

const milestoneFields = `name state isFinish actualDate forecastDate(asOf: $asOf) baselineDate(asOf: $asOf) budget { value } project { code }`

// brings imports a published portfolio twice: the second time nothing changes, whatever the order of its files.
func (o *office) brings(t *testing.T, name string, files []tabular.File) *edge.ImportReport {
	t.Helper()
	report := o.loadBy(t, name, files, false)
	first := o.r.journal.Latest()
	again := slices.Clone(files)
	slices.Reverse(again)
	o.loadBy(t, name, again, false)
	if o.r.journal.Latest() != first {
		t.Error("a replay made an entry")
	}
	return report
}

func (o *office) rollup(t *testing.T, token, of, asOf string) (r shownRollup) {
	t.Helper()
	var a struct{ Portfolio struct{ Rollup shownRollup } }
	o.ask(t, token, `query($of: String!, $asOf: Date!) { portfolio(path: $of) { rollup(asOf: $asOf) { projects { total { value } } cost { wholeLife { value coverage { included missing withheld } } } } } }`,
		map[string]any{"of": of, "asOf": asOf}, &a)
	return a.Portfolio.Rollup
}

func value(f shownFigure) string {
	if f.Value == nil {
		return "none"
	}
	return *f.Value
}

// daysLate is how many days one date lies after another.
func daysLate(t *testing.T, from, to *string) int {
	t.Helper()
	if from == nil || to == nil {
		return 0
	}
	a, err := time.Parse(time.DateOnly, *from)
	b, err2 := time.Parse(time.DateOnly, *to)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return int(b.Sub(a).Hours() / 24)
}

// The sums of New York's change reports, through the API.
func TestPublishedNYC(t *testing.T) {
	files := shared(t, "nyc")
	onBoth(t, func(t *testing.T, o *office) {
		if left := o.brings(t, "nyc", files).LeftOut; len(left) != 0 {
			t.Errorf("left out: %v", left)
		}
		pmo := o.token(t, "PMO", "")
		r := o.rollup(t, pmo, "NYC", "2019-09-01")
		if value(r.Projects.Total) != "221" || value(r.Cost.WholeLife) != "13835075924.14" || r.Cost.WholeLife.Coverage.Included != 221-59 || r.Cost.WholeLife.Coverage.Missing != 59 {
			t.Errorf("%s projects cost %s: %+v", value(r.Projects.Total), value(r.Cost.WholeLife), r.Cost.WholeLife.Coverage)
		}
		type project struct {
			Code    string
			Reports struct {
				Nodes []struct {
					PeriodEnd string
					Cost      struct{ WholeLife struct{ Value *string } }
				}
			}
			Baselines struct {
				Nodes []shownBaseline
			}
		}
		first, reports, baselines := "0", 0, 0
		for _, p := range nodes[project](t, o, pmo, "projects", `code reports(first: 50) { nodes { periodEnd cost { wholeLife { value } } } }
			baselines(first: 50) { nodes { number state approvedOn entries(first: 2) { nodes { finish } } } }`, nil) {
			reports += len(p.Reports.Nodes)
			earliest := p.Reports.Nodes[0]
			for _, r := range p.Reports.Nodes {
				if r.PeriodEnd < earliest.PeriodEnd {
					earliest = r
				}
			}
			if v := earliest.Cost.WholeLife.Value; v != nil {
				first = plus(t, first, *v)
			}
			baselines += len(p.Baselines.Nodes)
			if !isHistory(p.Baselines.Nodes) {
				t.Errorf("%s has the baselines %+v", p.Code, p.Baselines.Nodes)
			}
		}
		if first != "16878420870.58" || reports != 1339 || baselines != 859 {
			t.Errorf("%d reports, %d baselines, first budgets %s", reports, baselines, first)
		}
	})
}

// plus adds decimals of two places.
func plus(t *testing.T, a, b string) string {
	t.Helper()
	return decimal(cents(t, a) + cents(t, b))
}

func cents(t *testing.T, s string) int64 {
	t.Helper()
	whole, part, _ := strings.Cut(s, ".")
	var n int64
	if _, err := fmt.Sscan(whole+(part + "00")[:2], &n); err != nil || len(part) > 2 {
		t.Fatalf("%q is no amount", s)
	}
	return n
}

func decimal(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// The sums of Melbourne Water's projects and their gates, through the API.
func TestPublishedMelbourneWater(t *testing.T) {
	files := shared(t, "melbourne_water")
	onBoth(t, func(t *testing.T, o *office) {
		o.brings(t, "melbourne_water", files)
		pmo := o.token(t, "PMO", "")
		r := o.rollup(t, pmo, "MELBOURNE-WATER", "2024-03-28")
		if value(r.Projects.Total) != "253" || value(r.Cost.WholeLife) != "3154569789.76" || r.Cost.WholeLife.Coverage.Included != 253 {
			t.Errorf("%s projects cost %s: %+v", value(r.Projects.Total), value(r.Cost.WholeLife), r.Cost.WholeLife.Coverage)
		}
		gates, passed := map[string]int{}, 0
		for _, m := range nodes[shownMilestone](t, o, pmo, "milestones", milestoneFields, map[string]any{"asOf": "2024-03-28"}) {
			gates[m.Name]++
			if (m.State == "REACHED") != (m.ForecastDate != nil && *m.ForecastDate <= "2024-03-28") || (m.ActualDate != nil) != (m.State == "REACHED") {
				t.Errorf("%s of %s: %s", m.Name, m.Project.Code, m.State)
			}
			if m.State == "REACHED" {
				passed++
			}
		}
		if got := fmt.Sprint(gates); got != "map[Business case approved (BCA):253 Concept (BNI):251 Defects period ended (Stage 3):252 Practical completion (Stage 2):251 Preliminary business case (PBC):115 Stage 1:253 Tender closed:235]" || passed == 0 {
			t.Errorf("%s, %d passed", got, passed)
		}
	})
}

// What the US dashboard's data say of themselves, through the API.
func TestPublishedITDB(t *testing.T) {
	files := shared(t, "itdb")
	onBoth(t, func(t *testing.T, o *office) {
		dry := o.loadBy(t, "itdb", files, true)
		report, left := o.brings(t, "itdb", files), map[string]int{}
		for name, n := range map[string]int{"projects": 1334, "programs": 344, "budget_lines": 1323, "cost_entries": 1323, "kpi_definitions": 198, "kpi_measurements": 198} {
			told := 0
			for _, ch := range dry.Changes {
				if ch.Entity == name && ch.Op == "CREATE" && len(ch.Fields) > 0 {
					told++
				}
			}
			if report.Counts[name].Created != n || dry.Counts[name].Created != n || told != n {
				t.Errorf("%d %s were made, %d would be, %d of them shown, not %d", report.Counts[name].Created, name, dry.Counts[name].Created, told, n)
			}
		}
		for _, x := range report.LeftOut {
			left[strings.Fields(x.Reason)[0]] = x.Rows
		}
		if fmt.Sprint(left) != "map[a:153 contracts:138 investments:704]" {
			t.Errorf("left out: %v", left)
		}
		pmo := o.token(t, "PMO", "")
		type project struct {
			Portfolio struct{ Code string }
			Program   struct{ Code string }
		}
		projects, programs := map[string]int{}, map[string]bool{}
		for _, p := range nodes[project](t, o, pmo, "projects", `portfolio { code } program { code }`, nil) {
			projects[p.Portfolio.Code]++
			programs[p.Portfolio.Code+"/"+p.Program.Code] = true
			projects[""]++
		}
		of := map[string]int{}
		for p := range programs {
			code, _, _ := strings.Cut(p, "/")
			of[code]++
			of[""]++
		}
		for _, want := range []struct {
			agency             string
			projects, programs int
		}{{"", 1334, 344}, {"USDA", 172, 39}, {"DHS", 284, 68}, {"DOT", 231, 41}, {"TREASURY", 111, 39}, {"SSA", 113, 15}, {"HHS", 124, 36}, {"GSA", 69, 18}} {
			if projects[want.agency] != want.projects || of[want.agency] != want.programs {
				t.Errorf("%q has %d projects of %d programs, not %d of %d", want.agency, projects[want.agency], of[want.agency], want.projects, want.programs)
			}
		}
		if len(of) != 16 {
			t.Errorf("%d agencies", len(of)-1)
		}
		// Planned cost is the budget, projected or actual cost the forecast. The published sums count project 328 twice, 0.25 million each.
		type agency struct {
			Code   string
			Rollup struct {
				Cost struct {
					Recorded struct{ Budget, ToComplete, Forecast shownFigure }
				}
			}
		}
		budgets, forecasts := map[string]string{"": "0"}, "0"
		for _, a := range nodes[agency](t, o, pmo, "portfolios", `code rollup(asOf: $asOf) { cost { recorded { budget { value } toComplete { value } forecast { value } } } }`, map[string]any{"asOf": "2012-08-31"}) {
			r := a.Rollup.Cost.Recorded
			budgets[a.Code], budgets[""] = value(r.Budget), plus(t, budgets[""], value(r.Budget))
			if forecasts = plus(t, forecasts, value(r.ToComplete)); value(r.Forecast) != value(r.ToComplete) {
				t.Errorf("%s costs %s, %s of it to come", a.Code, value(r.Forecast), value(r.ToComplete))
			}
		}
		for code, want := range map[string]string{"": "31321911582.00", "USDA": "14154898135.00", "DHS": "3423817000.00", "DOT": "2038402195.00",
			"TREASURY": "900400353.00", "SSA": "2171461362.00", "HHS": "1282667000.00", "GSA": "122420890.00"} {
			if budgets[code] != want {
				t.Errorf("%q has a budget of %s, not %s", code, budgets[code], want)
			}
		}
		if forecasts != "33409764566.00" {
			t.Errorf("the projects are to cost %s", forecasts)
		}
		type kpi struct{ Program struct{ Code string } }
		kpis := nodes[kpi](t, o, pmo, "kpiDefinitions", `program { code }`, nil)
		if lone := slices.ContainsFunc(kpis, func(k kpi) bool { return k.Program.Code == "" }); len(kpis) != 198 || lone {
			t.Errorf("%d indicators; one is of no program: %v", len(kpis), lone)
		}
		late, days, cost := 0, 0, "0"
		states := map[string]int{}
		for _, m := range nodes[shownMilestone](t, o, pmo, "milestones", milestoneFields, map[string]any{"asOf": "2012-08-31"}) {
			if m.IsFinish {
				if d := daysLate(t, m.BaselineDate, m.ForecastDate); d > 0 {
					late, days = late+1, days+d
				}
				continue
			}
			states[m.State]++
			cost = plus(t, cost, *m.Budget.Value)
			if m.BaselineDate == nil {
				t.Errorf("%s has no baseline", m.Name)
			}
		}
		if late != 145 || days != 12596 {
			t.Errorf("%d projects are %d days late", late, days)
		}
		if got := fmt.Sprint(states); got != "map[PLANNED:315 REACHED:480]" || cost != "482138000.00" {
			t.Errorf("the activities are %s and cost %s", got, cost)
		}
	})
}
