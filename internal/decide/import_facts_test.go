package decide

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/state"
)

// costMap is a mapping of one's own for costs by month; the projects are those of the file itself.
const costMap = `source: test
as_of: '{{day}}'
fields:
  project: {header: project, required: value}
  day: {header: day, kind: date, formats: YYYY-MM-DD, required: value}
  period: {header: month, kind: date, formats: YYYY-MM-DD, snap: month start}
  currency: {header: currency}
  planned: {header: planned, kind: money, currency: EUR}
  actual: {header: actual, kind: money, currency: EUR}
records:
  - {entity: portfolios, key: all, wins: LATEST, set: {code: T, name: Test}}
  - entity: projects
    key: '{{project}}'
    wins: LATEST
    when: planned
    set: {code: '{{project}}', name: '{{project}}', currency: EUR}
    refs: {portfolio_id: {entity: portfolios, key: all}}
  - {entity: cost_categories, key: all, wins: LATEST, set: {code: ALL, name: All}}
  - entity: cost_entries
    set: {currency: '{{currency}}', period: '{{period}}', planned: '{{planned}}', actual: '{{actual}}'}
    refs:
      project_id: {entity: projects, key: '{{project}}'}
      cost_category_id: {entity: cost_categories, key: all}
`

func readText(t testing.TB, mapping string, files ...string) tabular.Result {
	t.Helper()
	m, err := tabular.Parse([]byte(mapping))
	if err != nil {
		t.Fatal(err)
	}
	var list []tabular.File
	for n, text := range files {
		list = append(list, tabular.File{Name: fmt.Sprintf("%d.csv", n+1), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }})
	}
	res, err := m.Read(list)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// swapped gives a mapping with a part of it replaced, which must be there.
func swapped(t *testing.T, mapping, old, new string) string {
	t.Helper()
	if strings.Count(mapping, old) != 1 {
		t.Fatalf("%q does not stand in the mapping once", old)
	}
	return strings.Replace(mapping, old, new, 1)
}

// costs shows a project's cost entries: month, planned, actual.
func costs(r *record, project string) string {
	p := state.Projects.Find(r.all(), 0, "test", project)
	var out []string
	for x := range state.CostEntries.Of(r.all(), p.ID).All() {
		row := state.CostEntries.Row(x)
		show := func(column string) string {
			if n, ok := x.Int(state.CostEntries.Col(column)); ok {
				return fmt.Sprint(n)
			}
			return "-"
		}
		out = append(out, fmt.Sprint(row.Period, " ", show("planned"), " ", show("actual")))
	}
	return strings.Join(out, "; ")
}

const costHeader = "project,day,month,currency,planned,actual\n"

func TestImportOfFacts(t *testing.T) {
	r := empty(t)
	res := readText(t, costMap, costHeader+"P,2025-03-31,2025-01-31,EUR,10,\nP,2025-03-31,2025-02-28,EUR,20,1.5\nQ,2025-03-31,2025-01-01,EUR,7,\n")
	if n := r.bring(res); n == 0 {
		t.Fatal("nothing changed")
	}
	if n := r.bring(res); n != 0 {
		t.Fatalf("a replay changed %d rows", n)
	}
	if got := costs(r, "P"); got != "2025-01-01 1000 -; 2025-02-01 2000 150" {
		t.Errorf("P costs %s", got)
	}
	// A file without a column says nothing of it; one with an empty cell says that there is no value.
	if n := r.bring(readText(t, costMap, "project,day,month,currency,actual\nP,2025-04-30,2025-01-01,EUR,3\n")); n != 1 {
		t.Errorf("%d changes", n)
	}
	r.bring(readText(t, costMap, costHeader+"P,2025-04-30,2025-02-01,EUR,21,\n"))
	if got := costs(r, "P"); got != "2025-01-01 1000 300; 2025-02-01 2100 -" {
		t.Errorf("P costs %s", got)
	}
	// Of several in one import the latest counts, in whatever order; the same twice counts once.
	r.bring(readText(t, costMap, costHeader+"Q,2025-06-30,2025-01-01,EUR,9,\nQ,2025-06-30,2025-01-15,EUR,9,\n", costHeader+"Q,2025-05-31,2025-01-01,EUR,8,\n"))
	if got := costs(r, "Q"); got != "2025-01-01 900 -" {
		t.Errorf("Q costs %s", got)
	}
}

// Facts have the same numbers whatever the order of files.
func TestImportNumbersFactsByOwner(t *testing.T) {
	p, q := costHeader+"P,2025-03-31,2025-01-31,EUR,10,\nP,2025-03-31,2025-02-28,EUR,20,\n", costHeader+"Q,2025-03-31,2025-01-31,EUR,7,\n"
	one, two := empty(t), empty(t)
	one.bring(readText(t, costMap, p, q))
	two.bring(readText(t, costMap, q, p))
	for id := int64(1); id <= 3; id++ {
		a, b := state.CostEntries.Get(one.all(), id), state.CostEntries.Get(two.all(), id)
		if a == nil || b == nil || a.ProjectID != b.ProjectID || a.Period != b.Period {
			t.Errorf("%d: %v and %v", id, a, b)
		}
	}
}

// Each wrong fact is named by file, line and column.
func TestImportRefusesFacts(t *testing.T) {
	good := "P,2025-03-31,2025-01-31,EUR,10,1\n"
	for _, c := range []struct {
		name, mapping, rows, want string
	}{
		{"nothing wrong", costMap, good, ""},
		{"an owner that is not there", costMap, good + "X,2025-03-31,2025-01-31,EUR,,1\n", "1.csv.3.project NOT_FOUND"},
		{"another currency", costMap, good + "P,2025-03-31,2025-02-28,USD,1,\n", "1.csv.3.planned OTHER_CURRENCY"},
		{"no currency", costMap, good + "P,2025-03-31,2025-02-28,,1,\n", "1.csv.3.planned OTHER_CURRENCY"},
		{"no month", costMap, good + "P,2025-03-31,,EUR,1,\n", "1.csv.3.month REQUIRED"},
		{"two of one month", costMap, good + "P,2025-03-31,2025-01-01,EUR,10,2\n", "1.csv.3.month TWICE"},
		{"an amount that is none", costMap, good + "P,2025-03-31,2025-02-28,EUR,ten,2\n", "1.csv.3.planned UNREADABLE"},
		{"a column that is none", swapped(t, costMap, "actual: '{{actual}}'}", "spent: '{{actual}}'}"), good, "1.csv.2.actual UNKNOWN_COLUMN"},
		{"a column the record keeps", swapped(t, costMap, "actual: '{{actual}}'}", "seq: '{{actual}}'}"), good, "1.csv.2.actual UNKNOWN_COLUMN"},
		{"a text for an amount", swapped(t, costMap, "actual: '{{actual}}'}", "actual: '{{project}}'}"), good, "1.csv.2.project INVALID"},
		{"a column of the key that nobody gives", swapped(t, costMap, "period: '{{period}}', ", ""), good, "1.csv.2.period REQUIRED"},
		{"nobody's costs", swapped(t, costMap, "      project_id: {entity: projects, key: '{{project}}'}\n      cost", "      cost"), good, "1.csv.2. REQUIRED"},
		{"costs of something else", swapped(t, costMap, "      project_id: {entity: projects, key: '{{project}}'}\n      cost", "      project_id: {entity: portfolios, key: all}\n      cost"), good, "1.csv.2.project_id UNKNOWN_COLUMN"},
		{"facts of what has none", swapped(t, costMap, "entity: cost_entries", "entity: milestones"), good, "1.csv.2. UNKNOWN_ENTITY"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := empty(t).try(auth.Machine("test"), Import(readText(t, c.mapping, costHeader+c.rows)))
			wants(t, err, c.want)
		})
	}
}

// A fact may do without what it refers to, as a record may.
func TestImportLeavesFactsOut(t *testing.T) {
	left := swapped(t, costMap, "      project_id: {entity: projects, key: '{{project}}'}\n      cost", "      project_id: {entity: projects, key: '{{project}}', missing: no such project}\n      cost")
	res := readText(t, left, costHeader+"P,2025-03-31,2025-01-31,EUR,10,1\nX,2025-03-31,2025-01-31,EUR,,1\nX,2025-03-31,2025-02-28,EUR,,1\n")
	r := empty(t)
	r.bring(res)
	if all, without := LeftOut(r.all(), res); fmt.Sprint(all, without) != "[{no such project 2}] map[cost_entries:2]" || costs(r, "P") != "2025-01-01 1000 100" {
		t.Errorf("%v, %v; %s", all, without, costs(r, "P"))
	}
}

// Facts of different kinds of owners have nothing to do with each other, though their numbers are the same; decimals are exact.
func TestImportOfFactsByKindOfOwner(t *testing.T) {
	const kpis = `source: test
as_of: '2025-12-31'
fields:
  node: {header: node, required: value}
  value: {header: value, required: value, kind: integer, scale: 1000000}
  period: {header: period, required: value, kind: date, formats: YYYY-MM-DD}
  where: {of: node, values: [{match: 'portfolio', to: x}, {match: '.*', to: null}]}
  work: {of: node, values: [{match: 'project', to: x}, {match: '.*', to: null}]}
records:
  - {entity: portfolios, key: all, wins: LATEST, set: {code: T, name: Test}}
  - {entity: projects, key: P, wins: LATEST, set: {code: P, name: P, currency: EUR}, refs: {portfolio_id: {entity: portfolios, key: all}}}
  - entity: kpi_definitions
    key: k
    wins: LATEST
    set: {code: K, name: Kay, unit: RATIO, direction: UP_GOOD, rollup: LAST, cadence: MONTH, green: 900000, amber: 500000}
  - entity: kpi_measurements
    when: where
    set: &said {period_end: '{{period}}', value: '{{value}}'}
    refs: {portfolio_id: {entity: portfolios, key: all}, kpi_definition_id: &kpi {entity: kpi_definitions, key: k}}
  - entity: kpi_measurements
    when: work
    set: *said
    refs: {project_id: {entity: projects, key: P}, kpi_definition_id: *kpi}
`
	r := empty(t)
	r.bring(readText(t, kpis, "node,value,period\nproject,0.25,2025-01-31\nportfolio,0.333333,2025-01-31\nproject,0.75,2025-02-28\n"))
	var got []string
	for m := range state.KpiMeasurements.All(r.all()) {
		got = append(got, fmt.Sprint(m.ProjectID != nil, m.PortfolioID != nil, m.PeriodEnd, *m.Value))
	}
	slices.Sort(got)
	if fmt.Sprint(got) != "[false true 2025-01-31 333333 true false 2025-01-31 250000 true false 2025-02-28 750000]" {
		t.Error(got)
	}
}

// Every entity of facts can be imported, and is read back as it was said; its amounts are in the currency of what they belong to.
func TestImportOfEveryFact(t *testing.T) {
	const all = `source: test
as_of: '2025-12-31'
fields:
  key: {header: key, required: value}
  day: {header: day, required: value, kind: date, formats: YYYY-MM-DD}
  last: {template: '{{day+4}}', kind: date, formats: YYYY-MM-DD}
  month: {of: day, kind: date, formats: YYYY-MM-DD, snap: month start}
  hours: {header: hours, required: value, kind: integer, scale: 60}
  money: {header: money, required: value, kind: money, currency: EUR}
records:
  - {entity: portfolios, key: all, wins: LATEST, set: {code: T, name: Test}}
  - {entity: projects, key: '{{key}}', wins: LATEST, set: {code: '{{key}}', name: '{{key}}', currency: EUR}, refs: {portfolio_id: {entity: portfolios, key: all}}}
  - {entity: resources, key: '{{key}}', wins: LATEST, set: {code: '{{key}}', role_name: Builder}}
  - {entity: cost_categories, key: all, wins: LATEST, set: {code: ALL, name: All}}
  - entity: allocations
    key: '{{key}}'
    wins: LATEST
    set: {start: '{{day}}', finish: '{{last}}'}
    refs: {project_id: {entity: projects, key: '{{key}}'}, resource_id: {entity: resources, key: '{{key}}'}}
  - entity: baselines
    key: '{{key}}'
    wins: LATEST
    set: {state: DRAFT, reason: plan, currency: EUR}
    refs: {project_id: {entity: projects, key: '{{key}}'}}
  - entity: budget_lines
    set: {reserve_kind: CONTINGENCY, currency: EUR, period: '{{month}}', amount: '{{money}}'}
    refs: {project_id: {entity: projects, key: '{{key}}'}, cost_category_id: {entity: cost_categories, key: all}}
  - entity: baseline_periods
    set: {period: '{{month}}', amount: '{{money}}'}
    refs: {project_id: {entity: projects, key: '{{key}}'}, baseline_id: {entity: baselines, key: '{{key}}'}}
  - entity: capacity_entries
    set: {source: OVERRIDE, grain: WEEK, period_start: '{{day}}', minutes: '{{hours}}'}
    refs: {resource_id: {entity: resources, key: '{{key}}'}}
  - entity: allocation_hours
    set: {period_start: '{{day}}', period_end: '{{last}}', minutes: '{{hours}}'}
    refs: {resource_id: {entity: resources, key: '{{key}}'}, allocation_id: {entity: allocations, key: '{{key}}'}}
`
	rows := "key,day,hours,money\nA,2025-01-06,37.5,1000\nB,2025-01-13,20,0.5\n"
	r := empty(t)
	r.bring(readText(t, all, rows))
	if n := r.bring(readText(t, all, rows)); n != 0 {
		t.Errorf("a replay changed %d rows", n)
	}
	var got []string
	say := func(values ...any) { got = append(got, strings.TrimSpace(fmt.Sprintln(values...))) }
	for x := range state.BudgetLines.All(r.all()) {
		say("budget", x.ProjectID, x.ReserveKind, x.Period, pence(x.Amount))
	}
	for x := range state.BaselinePeriods.All(r.all()) {
		say("baseline", x.ProjectID, x.BaselineID, x.Period, pence(x.Amount))
	}
	for x := range state.CapacityEntries.All(r.all()) {
		say("capacity", x.ResourceID, x.Source, x.Grain, x.PeriodStart, x.Minutes)
	}
	for x := range state.AllocationHours.All(r.all()) {
		say("hours", x.ResourceID, x.AllocationID, x.PeriodStart, x.PeriodEnd, x.Minutes)
	}
	slices.Sort(got)
	want := []string{
		"baseline 1 1 2025-01-01 100000", "baseline 2 2 2025-01-01 50",
		"budget 1 CONTINGENCY 2025-01-01 100000", "budget 2 CONTINGENCY 2025-01-01 50",
		"capacity 1 OVERRIDE WEEK 2025-01-06 2250", "capacity 2 OVERRIDE WEEK 2025-01-13 1200",
		"hours 1 1 2025-01-06 2025-01-10 2250", "hours 2 2 2025-01-13 2025-01-17 1200",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	_, err := empty(t).try(auth.Machine("test"), Import(readText(t, swapped(t, all, "reason: plan, currency: EUR", "reason: plan, currency: USD"), rows)))
	wants(t, err, "1.csv.2.money OTHER_CURRENCY")
}
