package decide

import (
	"fmt"
	"io"
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
	if got := fmt.Sprint(LeftOut(r.all(), res)); got != "[{no such project 2}]" || costs(r, "P") != "2025-01-01 1000 100" {
		t.Errorf("%s; %s", got, costs(r, "P"))
	}
}
