package decide

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/state"
)

const historyMap = `source: test
as_of: '{{day}}'
fields:
  project: {header: project, required: value}
  day: {header: day, kind: date, formats: YYYY-MM-DD, required: value}
  finish: {header: finish, kind: date, formats: YYYY-MM-DD}
records:
  - {entity: portfolios, key: all, wins: LATEST, set: {code: T, name: Test}}
  - entity: projects
    key: '{{project}}'
    wins: LATEST
    set: {code: '{{project}}', name: '{{project}}', currency: EUR}
    refs: {portfolio_id: {entity: portfolios, key: all}}
  - entity: status_reports
    key: '{{project}}/{{day}}'
    wins: ALWAYS
    set: {period_start: '{{day}}', period_end: '{{day}}', reported_finish: '{{finish}}', currency: EUR}
    refs: &of {project_id: {entity: projects, key: '{{project}}'}}
  - {entity: milestones, key: '{{project}}/finish', wins: LATEST, refs: *of, set: {name: Finish, is_finish: true, forecast_date: '{{finish}}'}}
  - {entity: baselines, key: '{{project}}', wins: EACH, refs: *of, set: {reason: reported}}
`

// history shows a project's baselines: number, state, day of approval and finish.
func history(r *record, project string) string {
	p := state.Projects.Find(r.all(), 0, "test", project)
	all := slices.SortedFunc(state.Baselines.By(r.all(), "project_id", p.ID), func(a, b *ent.Baseline) int { return a.Number - b.Number })
	var out []string
	for _, b := range all {
		text := fmt.Sprintf("%d %c %s", b.Number, b.State[0], b.ApprovedOn)
		for e := range state.BaselineEntries.By(r.all(), "baseline_id", b.ID) {
			if e.Finish != nil {
				text += fmt.Sprint(" ", *e.Finish)
			}
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// Baselines follow from the finishes that reports tell of; a report without one changes nothing, and the forecast ends.
func TestImportHistory(t *testing.T) {
	r := empty(t)
	bring := func(rows string) int { return r.bring(readText(t, historyMap, "project,day,finish\n"+rows)) }
	bring("P,2020-01-01,2025-01-01\nP,2020-03-01,2025-01-01\n")
	bring("P,2020-06-01,\nP,2020-09-01,2026-01-01\n")
	if got := history(r, "P"); got != "1 S 2020-01-01 2025-01-01; 2 A 2020-09-01 2026-01-01" {
		t.Error(got)
	}
	bring("P,2020-02-01,2025-06-01\nP,2020-12-01,\n") // one that came late, and one in which the figure ends
	if got := history(r, "P"); got != "1 S 2020-01-01 2025-01-01; 2 S 2020-02-01 2025-06-01; 3 S 2020-03-01 2025-01-01; 4 A 2020-09-01 2026-01-01" {
		t.Error(got)
	}
	if m := state.Milestones.Find(r.all(), 0, "test", "P/finish"); m.ForecastDate != nil {
		t.Errorf("the forecast lives on: %v", m.ForecastDate)
	}
	bring("P,2020-02-01,2025-01-01\n") // a correction
	if got := history(r, "P"); got != "1 S 2020-01-01 2025-01-01; 2 A 2020-09-01 2026-01-01" {
		t.Error(got)
	}
	if n := r.s.Count(state.BaselineEntries.Desc()); n != 2 {
		t.Errorf("%d entries", n)
	}
}

// A baseline made here keeps its number and stays in force.
func TestImportHistoryBesideOwnBaselines(t *testing.T) {
	r := empty(t)
	bring := func(rows string) int { return r.bring(readText(t, historyMap, "project,day,finish\n"+rows)) }
	first := "P,2020-01-01,2025-01-01\n"
	bring(first)
	b := r.do(BaselineCreate(BaselineCreateInput{Call: Call{Reason: ptr("new plan")}, ProjectID: "project-1"}))
	r.do(BaselineApprove(BaselineApproveInput{ID: b, ApprovedOn: day(t, "2020-02-01")}))
	if n := bring(first); n != 0 {
		t.Errorf("a replay changed %d rows", n)
	}
	bring("P,2020-03-01,2026-01-01\n")
	if got := history(r, "P"); got != "1 S 2020-01-01 2025-01-01; 2 A 2020-02-01 2025-01-01; 3 S 2020-03-01 2026-01-01" {
		t.Error(got)
	}
}

func TestImportHistoryRefusals(t *testing.T) {
	row := "project,day,finish\nP,2020-01-01,2025-01-01\n"
	for name, c := range map[string]struct{ old, new, want string }{
		"not of baselines":   {"entity: baselines", "entity: milestones", "1.csv.2. UNKNOWN_ENTITY"},
		"of no project":      {"wins: EACH, refs: *of", "wins: EACH", "1.csv.2. UNKNOWN_ENTITY"},
		"of another project": {"wins: EACH, refs: *of", "wins: EACH, refs: {project_id: {entity: projects, key: other}}", "1.csv.2.project_id NOT_FOUND"},
		"without a reason":   {"{reason: reported}", "{}", "1.csv.2.reason INVALID"},
	} {
		_, err := empty(t).try(auth.Machine("test"), Import(readText(t, swapped(t, historyMap, c.old, c.new), row)))
		t.Run(name, func(t *testing.T) { wants(t, err, c.want) })
	}
}

// However reports are spread over imports, the baselines are the changes of their finishes in order of days.
func TestImportHistoryIsAFunctionOfReports(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		finishes := rapid.SliceOfN(rapid.IntRange(0, 3), 1, 8).Draw(rt, "finishes") // 0: none
		var rows, want []string
		last, n := 0, 0
		for i, f := range finishes {
			finish := ""
			if f > 0 {
				finish = fmt.Sprint(2030+f, "-01-01")
			}
			rows = append(rows, fmt.Sprintf("P,2020-01-%02d,%s\n", i+1, finish))
			if f > 0 && f != last {
				n, last = n+1, f
				want = append(want, fmt.Sprintf("%d S 2020-01-%02d %s", n, i+1, finish))
			}
		}
		if n > 0 {
			want[n-1] = strings.Replace(want[n-1], " S ", " A ", 1)
		}
		rows = rapid.Permutation(rows).Draw(rt, "order")
		r := empty(t)
		for len(rows) > 0 {
			k := rapid.IntRange(1, len(rows)).Draw(rt, "rows")
			r.bring(readText(t, historyMap, "project,day,finish\n"+strings.Join(rows[:k], "")))
			rows = rows[k:]
		}
		if got := history(r, "P"); got != strings.Join(want, "; ") {
			rt.Fatalf("got  %s\nwant %s", got, strings.Join(want, "; "))
		}
	})
}
