package decide

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pmograph/auth"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// said is a row of a yearly file about one project.
type said struct {
	year         int
	project      string
	department   string
	name         string
	finish, gate *vocab.Date
	cost         int64
}

// records gives what a mapping like gmpp makes of a row.
func (s said) records() []tabular.Record {
	end := vocab.NewDate(s.year, 3, 31)
	rec := func(entity, key string, wins tabular.Wins, set map[string]any, refs map[string]tabular.Ref) tabular.Record {
		from := map[string]string{}
		for c := range set {
			if !slices.Contains([]string{"state", "currency", "is_finish", "number", "reason", "item_kind"}, c) {
				from[c] = "The " + c
			}
		}
		return tabular.Record{Entity: entity, Key: key, Wins: wins, Set: set, Refs: refs, AsOf: end,
			Origin: tabular.Origin{File: fmt.Sprintf("%d.csv", s.year), Line: 2, Columns: from}}
	}
	or := func(d *vocab.Date) any {
		if d == nil {
			return nil
		}
		return *d
	}
	toProject := tabular.Ref{Entity: "projects", Key: s.project}
	of := map[string]tabular.Ref{"project_id": toProject}
	list := []tabular.Record{
		rec("portfolios", s.department, tabular.WinsLatest, map[string]any{"code": s.department, "name": "Department " + s.department}, nil),
		rec("projects", s.project, tabular.WinsLatest, map[string]any{"code": s.project, "name": s.name, "planned_finish": or(s.finish), "currency": "GBP"},
			map[string]tabular.Ref{"portfolio_id": {Entity: "portfolios", Key: s.department}}),
		rec("status_reports", fmt.Sprint(s.project, "/", s.year), tabular.WinsAlways, map[string]any{"period_start": end.AddMonths(-12) + 1, "period_end": end,
			"reported_finish": or(s.finish), "whole_life_cost": tabular.Money{Minor: s.cost, Currency: "GBP"}, "currency": "GBP", "state": "SUBMITTED"}, of),
		rec("milestones", s.project+"/gate", tabular.WinsLatest, map[string]any{"name": "Gate", "forecast_date": or(s.gate)}, of),
	}
	if s.finish == nil {
		return list
	}
	baseline := tabular.Ref{Entity: "baselines", Key: s.project + "/first"}
	entry := func(of string, day vocab.Date) tabular.Record {
		return rec("baseline_entries", s.project+"/first/"+of, tabular.WinsFirst, map[string]any{"item_kind": "MILESTONE", "finish": day},
			map[string]tabular.Ref{"baseline_id": baseline, "project_id": toProject, "milestone_id": {Entity: "milestones", Key: s.project + "/" + of}})
	}
	finish := rec("milestones", s.project+"/finish", tabular.WinsLatest, map[string]any{"name": "Finish", "is_finish": true, "forecast_date": *s.finish, "state": "PLANNED"}, of)
	finish.Some = true
	list = append(list, finish,
		rec("baselines", baseline.Key, tabular.WinsFirst, map[string]any{"number": int64(1), "state": "APPROVED", "approved_on": end, "reason": "first reported"}, of),
		entry("finish", *s.finish))
	if s.gate != nil {
		list = append(list, entry("gate", *s.gate))
	}
	return list
}

// result is a reading of rows.
func result(rows ...said) tabular.Result {
	res := tabular.Result{Source: "test"}
	for _, s := range rows {
		for _, rec := range s.records() {
			if !slices.ContainsFunc(res.Records, func(have tabular.Record) bool {
				return have.Entity == rec.Entity && have.Key == rec.Key && have.AsOf == rec.AsOf
			}) {
				res.Records = append(res.Records, rec)
			}
		}
	}
	return res
}

func empty(t testing.TB) *record { return &record{t: t, s: state.Empty()} }

// bring imports and gives the number of changes.
func (r *record) bring(res tabular.Result) int {
	r.t.Helper()
	d, err := r.try(auth.Machine("test"), Import(res))
	if err != nil {
		r.t.Fatalf("the import was refused: %v", err)
	}
	return len(d.Changes())
}

// dump gives all that was imported, by table and key, with keys for numbers.
func dump(r *record) map[string]map[string]any {
	out := map[string]map[string]any{}
	keys := map[state.Ref]string{}
	each := func(yield func(t *state.Desc, row any)) {
		visit(state.Portfolios, r, yield)
		visit(state.Programs, r, yield)
		visit(state.KpiDefinitions, r, yield)
		visit(state.Projects, r, yield)
		visit(state.Milestones, r, yield)
		visit(state.Baselines, r, yield)
		visit(state.BaselineEntries, r, yield)
		visit(state.StatusReports, r, yield)
	}
	each(func(t *state.Desc, row any) {
		key, _ := t.Text(row, "external_id")
		keys[state.Ref{Table: t, ID: t.RowID(row)}] = key
	})
	each(func(t *state.Desc, row any) {
		values := map[string]any{}
		for i, c := range t.Columns {
			v, _ := t.Arg(row, i)
			if id, ok := v.(int64); ok && c.Ref != nil {
				v = keys[state.Ref{Table: c.Ref, ID: id}]
			}
			if !slices.Contains([]string{"id", "seq", "created_at", "updated_at"}, c.Name) {
				values[c.Name] = v
			}
		}
		key, _ := t.Text(row, "external_id")
		out[t.Name+" "+key] = values
	})
	return out
}

func visit[T any](t *state.Table[T], r *record, yield func(*state.Desc, any)) {
	for row := range t.All(r.all()) {
		yield(t.Desc(), row)
	}
}

func differ(a, b map[string]map[string]any) string {
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if !reflect.DeepEqual(a[k], b[k]) {
			return fmt.Sprintf("%s: %v and %v", k, a[k], b[k])
		}
	}
	if len(a) != len(b) {
		return fmt.Sprintf("%d and %d rows", len(a), len(b))
	}
	return ""
}

// In whatever order the years come, in one import or in many, the same is on record in the end, and nothing changes it again.
func TestImportOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var years [][]said
		for year := 2014; year < 2014+rapid.IntRange(1, 5).Draw(rt, "years"); year++ {
			var file []said
			for _, p := range []string{"P", "Q", "R"} {
				if rapid.IntRange(0, 3).Draw(rt, "absent") == 0 {
					continue
				}
				s := said{year: year, project: p, name: rapid.SampledFrom([]string{"One", "Two"}).Draw(rt, "name"),
					department: rapid.SampledFrom([]string{"A", "B"}).Draw(rt, "department"), cost: rapid.Int64Range(0, 3).Draw(rt, "cost")}
				for _, d := range []**vocab.Date{&s.finish, &s.gate} {
					if rapid.Bool().Draw(rt, "dated") {
						*d = ptr(vocab.NewDate(2020, 1, 1) + vocab.Date(rapid.IntRange(0, 3).Draw(rt, "day")))
					}
				}
				file = append(file, s)
			}
			years = append(years, file)
		}
		inOrder := empty(t)
		for _, file := range years {
			inOrder.bring(result(file...))
		}
		want := dump(inOrder)
		shuffled := rapid.Permutation(years).Draw(rt, "order")
		many, once := empty(t), empty(t)
		var rows []said
		for _, file := range shuffled {
			many.bring(result(file...))
			rows = append(rows, file...)
		}
		once.bring(result(rapid.Permutation(rows).Draw(rt, "rows")...))
		for name, r := range map[string]*record{"one by one": many, "at once": once} {
			if d := differ(want, dump(r)); d != "" {
				rt.Fatalf("%s: %s", name, d)
			}
			for _, file := range rapid.Permutation(years).Draw(rt, "replay") {
				if n := r.bring(result(file...)); n != 0 {
					rt.Fatalf("%s: a replay changed %d rows", name, n)
				}
			}
		}
	})
}

// What newest and first mean, in numbers.
func TestImportNewestAndFirst(t *testing.T) {
	r := empty(t)
	row := said{project: "P", department: "A", cost: 1}
	of := func(year int, name, finish, department string) tabular.Result {
		s := row
		s.year, s.name, s.department = year, name, department
		if finish != "" {
			s.finish = day(t, finish)
		}
		return result(s)
	}
	r.bring(of(2020, "Newer", "2025-01-01", "B"))
	r.bring(of(2016, "Older", "2022-01-01", "A"))
	r.bring(of(2022, "Newest", "", "B"))
	r.bring(of(2018, "Between", "2023-01-01", "A"))
	p := state.Projects.Find(r.all(), 0, "test", "P")
	if p.Name != "Newest" || p.PlannedFinish != nil || state.Portfolios.Get(r.all(), p.PortfolioID).Code != "B" {
		t.Errorf("the project is %v", p)
	}
	if m := state.Milestones.Find(r.all(), 0, "test", "P/finish"); m.ForecastDate.String() != "2025-01-01" {
		t.Errorf("the forecast is not the newest one given: %v", m)
	}
	b := state.Baselines.Find(r.all(), 0, "test", "P/first")
	if e := state.BaselineEntries.Find(r.all(), 0, "test", "P/first/finish"); b.ApprovedOn.String() != "2016-03-31" || e.Finish.String() != "2022-01-01" {
		t.Errorf("the baseline is not the first date reported: %v, %v", b, e)
	}
	if r.s.Count(state.StatusReports.Desc()) != 4 {
		t.Error("a year is missing")
	}
}

// Work done after an import stays when the import is played again; what the source corrects is corrected.
func TestImportLeavesWorkAlone(t *testing.T) {
	r := empty(t)
	s := said{year: 2020, project: "P", department: "A", name: "One", finish: day(t, "2025-01-01"), cost: 5}
	r.bring(result(s))
	r.do(ProjectUpdate(ProjectUpdateInput{ID: "project-1", Patch: map[string]any{"lifecycle": "ON_HOLD"}}))
	r.do(ProjectHealthDeclare(ProjectHealthDeclareInput{ID: "project-1", Health: ptr(vocab.RagRed)}))
	finish := state.Milestones.Desc().ID(state.Milestones.Find(r.all(), 0, "test", "P/finish").ID)
	r.do(MilestoneReach(MilestoneReachInput{ID: finish, ActualDate: today}))
	b := r.do(BaselineCreate(BaselineCreateInput{Call: Call{Reason: ptr("new plan")}, ProjectID: "project-1"}))
	r.do(BaselineApprove(BaselineApproveInput{ID: b}))
	if n := r.bring(result(s)); n != 0 {
		t.Fatalf("a replay changed %d rows", n)
	}
	s.cost = 6
	if n := r.bring(result(s)); n != 1 {
		t.Fatalf("a corrected cost changed %d rows", n)
	}
	if rep := state.StatusReports.Find(r.all(), 0, "test", "P/2020"); pence(rep.WholeLifeCost) != 6 || rep.State != vocab.ReportStateSuperseded {
		t.Fatalf("got %v", rep)
	}
}

// Each refusal names file, line and column; one is enough that nothing is imported.
func TestImportRefusals(t *testing.T) {
	base := said{year: 2020, project: "P", department: "N", name: "One", finish: day(t, "2025-01-01"), cost: 5}
	bad := func(entity string, spoil func(*tabular.Record)) tabular.Result {
		res := result(base)
		i := slices.IndexFunc(res.Records, func(r tabular.Record) bool { return r.Entity == entity })
		spoil(&res.Records[i])
		return res
	}
	column := func(name string, v any) func(*tabular.Record) {
		return func(r *tabular.Record) { r.Set[name], r.Origin.Columns[name] = v, "The "+name }
	}
	extra := func(entity string, set map[string]any) tabular.Result {
		res := result(base)
		res.Records = append(res.Records, tabular.Record{Entity: entity, Key: "k", Set: set, Wins: tabular.WinsAlways,
			Origin: tabular.Origin{File: "2020.csv", Line: 7, Columns: map[string]string{}}})
		return res
	}
	cases := []struct {
		name string
		as   string
		res  tabular.Result
		want string
	}{
		{"nothing wrong", "pmo", result(base), ""},
		{"an entity that is none", "", extra("unicorns", nil), "2020.csv.7. UNKNOWN_ENTITY"},
		{"users are admitted, not imported", "", extra("users", map[string]any{"issuer": "LOCAL"}), "2020.csv.7. UNKNOWN_ENTITY"},
		{"roles are granted, not imported", "", extra("role_assignments", map[string]any{"role": "ADMIN"}), "2020.csv.7. UNKNOWN_ENTITY"},
		{"a column that is none", "", bad("projects", column("colour", "red")), "2020.csv.2.The colour UNKNOWN_COLUMN"},
		{"a column the record keeps", "", bad("projects", column("seq", int64(1))), "2020.csv.2.The seq UNKNOWN_COLUMN"},
		{"a number for a reference", "", bad("projects", column("portfolio_id", int64(1))), "2020.csv.2.The portfolio_id UNKNOWN_COLUMN"},
		{"a reference to another entity", "", bad("projects", func(r *tabular.Record) { r.Refs["portfolio_id"] = tabular.Ref{Entity: "projects", Key: "P"} }), "2020.csv.2.portfolio_id UNKNOWN_COLUMN"},
		{"a reference to nothing", "", bad("projects", func(r *tabular.Record) { r.Refs["portfolio_id"] = tabular.Ref{Entity: "portfolios", Key: "?"} }), "2020.csv.2.portfolio_id NOT_FOUND"},
		{"a value of another kind", "", bad("projects", column("planned_finish", "soon")), "2020.csv.2.The planned_finish INVALID"},
		{"a text too long", "", bad("projects", column("category", string(make([]byte, 101)))), "2020.csv.2.The category INVALID"},
		{"nothing where something must be", "", bad("projects", column("name", nil)), "2020.csv.2.The name REQUIRED"},
		{"nothing said where something must be", "", bad("projects", func(r *tabular.Record) { delete(r.Set, "name") }), "2020.csv.2.The name REQUIRED"},
		{"no day", "", bad("status_reports", func(r *tabular.Record) { delete(r.Set, "period_start") }), "2020.csv.2.The period_start REQUIRED"},
		{"a state that is none", "", bad("projects", column("lifecycle", "SLEEPING")), "2020.csv.2.The lifecycle NOT_IN_LIST"},
		{"an amount of another currency", "", bad("status_reports", column("whole_life_cost", tabular.Money{Minor: 1, Currency: "EUR"})), "2020.csv.2.The whole_life_cost OTHER_CURRENCY"},
		{"a plan backwards", "", bad("projects", column("planned_start", *day(t, "2026-01-01"))), "2020.csv.2.The planned_finish OUT_OF_ORDER"},
		{"a day to come", "", bad("milestones", func(r *tabular.Record) {
			column("actual_date", today+1)(r)
			column("state", "REACHED")(r)
		}), "2020.csv.2.The actual_date IN_FUTURE"},
		{"a code in use", "", bad("portfolios", column("code", "A")), "2020.csv.2.The code TAKEN"},
		{"a milestone of no project", "", extra("milestones", map[string]any{"name": "Finish", "is_finish": true}), "2020.csv.7.project_id REQUIRED"},
		{"unreadable rows", "", tabular.Result{Source: "test", Refused: []tabular.Refusal{{File: "f", Line: 3, Column: "c", Reason: "bad"}}}, "f.3.c UNREADABLE"},
		{"rates by who may not see them", "pmo", extra("resources", map[string]any{"code": "R", "role_name": "x", "standard_rate": int64(1), "rate_currency": "EUR"}), "2020.csv.7.standard_rate FORBIDDEN"},
		{"bulk by who may not", "manager", result(base), "FORBIDDEN"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := world(t)
			act{"", c.as, Import(c.res), c.want, nil}.run(t, r)
		})
	}
}

// A mapping cannot write what its actor cannot: who may import somewhere is still held to his place.
func TestImportKeepsToRights(t *testing.T) {
	r := world(t)
	s := said{year: 2020, project: "P", department: "N", name: "One"}
	narrow := auth.Machine("narrow")
	narrow.Rights = auth.Build([]auth.Holding{{May: auth.All, Kind: vocab.ScopeKindPortfolio, ID: 2}}, r.s)
	_, err := r.try(narrow, Import(result(s)))
	wants(t, err, "2020.csv.2. FORBIDDEN")
	r.bring(result(s))
	s.year, s.name = 2021, "Two"
	_, err = r.try(narrow, Import(result(s)))
	wants(t, err, "2021.csv.2. NOT_FOUND")
}

// Tolerances are imported like anything else: each dimension of a category once, its limits the right way round.
func TestImportOfTolerances(t *testing.T) {
	const limits = `source: test
as_of: '2026-01-01'
fields:
  dimension: {header: dimension, required: value}
  category: {header: category, required: header}
  green: {header: green, required: value, kind: integer, scale: 1000000}
  amber: {header: amber, required: value, kind: integer, scale: 1000000}
records:
  - entity: tolerances
    key: '{{dimension}}'
    wins: ALWAYS
    set: {dimension: '{{dimension}}', category: '{{category}}', green: '{{green}}', amber: '{{amber}}'}
`
	const head = "dimension,category,green,amber\n"
	r, good := empty(t), readText(t, limits, head+"COST,Rail,0.95,0.85\nMILESTONE,,10,30\n")
	if n := r.bring(good); n != 2 || r.bring(good) != 0 {
		t.Errorf("%d tolerances, and a replay changes some", n)
	}
	var got []string
	for x := range state.Tolerances.All(r.all()) {
		category := "all"
		if x.Category != nil {
			category = *x.Category
		}
		got = append(got, fmt.Sprint(x.Dimension, " ", category, " ", x.Green, " ", x.Amber))
	}
	slices.Sort(got)
	if fmt.Sprint(got) != "[COST Rail 950000 850000 MILESTONE all 10000000 30000000]" {
		t.Error(got)
	}
	for _, c := range []struct{ rows, want string }{
		{"COST,Rail,0.8,0.85\n", "1.csv.2.green OUT_OF_ORDER"},
		{"WEATHER,,1,1\n", "1.csv.2.dimension NOT_IN_LIST"},
	} {
		_, err := empty(t).try(auth.Machine("test"), Import(readText(t, limits, head+c.rows)))
		wants(t, err, c.want)
	}
	other := readText(t, swapped(t, limits, "source: test", "source: other"), head+"COST,Rail,0.9,0.8\n")
	_, err := r.try(auth.Machine("test"), Import(other))
	wants(t, err, "1.csv.2.dimension TAKEN")
}

// The published data: any order of the years, and all at once.
func TestImportGMPP(t *testing.T) {
	m, _ := tabular.Embedded("gmpp")
	files := tabular.Demo()
	read := func(files ...tabular.File) tabular.Result {
		res, err := m.Read(files)
		if err != nil || len(res.Refused) > 0 {
			t.Fatal(err, res.Refused)
		}
		return res
	}
	once := empty(t)
	once.bring(read(files...))
	if once.bring(read(files...)) != 0 {
		t.Fatal("a replay changed something")
	}
	want := dump(once)
	for _, order := range [][]int{{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {3, 0, 5, 1, 4, 2}} {
		r := empty(t)
		for _, i := range order {
			r.bring(read(files[i]))
		}
		if d := differ(want, dump(r)); d != "" {
			t.Fatalf("order %v: %s", order, d)
		}
	}
	var approved int
	for b := range state.Baselines.All(once.all()) {
		if b.State == vocab.BaselineStateApproved {
			approved++
		}
	}
	if have := once.s.Count(state.Milestones.Desc()); approved != have {
		t.Fatalf("%d finishes, %d baselines", have, approved)
	}
}
