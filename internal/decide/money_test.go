package decide

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// moneyWorld is the world with two kinds of cost, and a finance officer of portfolio A.
func moneyWorld(t testing.TB) *record {
	r := world(t)
	r.do(CostCategorySet(CostCategorySetInput{Code: "LAB", Name: "Labour"}))
	r.do(CostCategorySet(CostCategorySetInput{Code: "LIC", Name: "Licences"}))
	r.grant("finance", vocab.RoleFinance, "portfolio:A")
	return r
}

func given(text string) GivenAmount { return GivenAmount{true, text} }

func (r *record) costs() map[string]string {
	all := map[string]string{}
	for x := range state.CostEntries.All(r.all()) {
		amounts := ""
		for _, m := range []*guard.Money{x.Planned, x.Actual, x.Committed, x.Forecast} {
			if amounts += " "; m == nil {
				amounts += "-"
			} else {
				amounts += fmt.Sprint(pence(m))
			}
		}
		all[fmt.Sprint(x.ID, " of ", x.ProjectID, " ", x.CostCategoryID, " ", x.Currency, " ", x.Period)] = amounts[1:]
	}
	return all
}

// An entry is known by project, category, currency and month: what is left out stays, null clears, what is equal is no change.
func TestCostsRecord(t *testing.T) {
	r := moneyWorld(t)
	r.do(CostsRecord(CostsRecordInput{Entries: []CostEntryInput{
		{ProjectID: "project-1", Category: "LAB", Period: *day(t, "2026-01-31"), Planned: given("100.50"), Actual: given("-7")},
		{ProjectID: "project-3", Category: "cost-category-2", Currency: ptr("JPY"), Period: *day(t, "2026-01-01"), Forecast: given("1200")},
	}}))
	want := map[string]string{"1 of 1 1 GBP 2026-01-01": "10050 -700 - -", "2 of 3 2 JPY 2026-01-01": "- - - 1200"}
	if got := r.costs(); !maps.Equal(got, want) {
		t.Fatalf("got %v", got)
	}
	r.do(CostsRecord(CostsRecordInput{Entries: []CostEntryInput{
		{ProjectID: "project-1", Category: "cost-category-1", Currency: ptr("GBP"), Period: *day(t, "2026-01-15"), Actual: given(""), Committed: given("3")},
	}}))
	want["1 of 1 1 GBP 2026-01-01"] = "10050 - 300 -"
	if got := r.costs(); !maps.Equal(got, want) {
		t.Fatalf("got %v", got)
	}
	seq := r.s.Seq()
	d, err := r.try(auth.Machine("test"), CostsRecord(CostsRecordInput{Entries: []CostEntryInput{{ProjectID: "project-1", Category: "LAB", Period: *day(t, "2026-01-01"), Planned: given("100.5")}}}))
	if wants(t, err, ""); len(d.Changes()) != 0 {
		t.Fatal("an equal entry is a change, after", seq)
	}
	r.do(CostsDelete(CostsDeleteInput{IDs: []string{"cost-entry-1"}}))
	if delete(want, "1 of 1 1 GBP 2026-01-01"); !maps.Equal(r.costs(), want) {
		t.Fatalf("got %v", r.costs())
	}
}

// All or nothing, and every mistake is named by its place.
func TestFactsOfAListAreNamed(t *testing.T) {
	jan := *day(t, "2026-01-01")
	good := CostEntryInput{ProjectID: "project-1", Category: "LAB", Period: jan, Actual: given("1")}
	with := func(edit func(*CostEntryInput)) state.Decision {
		bad := good
		bad.Period = *day(t, "2026-02-01")
		edit(&bad)
		return CostsRecord(CostsRecordInput{Entries: []CostEntryInput{good, bad}})
	}
	line := BudgetLineInput{ProjectID: "project-1", Category: "LAB", Period: jan, Amount: "10"}
	for _, c := range []struct {
		name, as string
		dec      state.Decision
		want     string
	}{
		{"by who keeps the money", "finance", with(func(*CostEntryInput) {}), ""},
		{"by who manages the portfolio", "manager", with(func(*CostEntryInput) {}), ""},
		{"by who works there", "worker", with(func(*CostEntryInput) {}), "FORBIDDEN"},
		{"a project that is none", "", with(func(e *CostEntryInput) { e.ProjectID = "project-99" }), "input.entries.1.projectId NOT_FOUND"},
		{"a project by its code", "", with(func(e *CostEntryInput) { e.ProjectID = "ONE" }), "input.entries.1.projectId NOT_FOUND"},
		{"a project out of sight", "finance", with(func(e *CostEntryInput) { e.ProjectID = "project-3" }), "input.entries.1.projectId NOT_FOUND"},
		{"a category that is none", "", with(func(e *CostEntryInput) { e.Category = "LUNCH" }), "input.entries.1.category NOT_FOUND"},
		{"a currency that is none", "", with(func(e *CostEntryInput) { e.Currency = ptr("EURO") }), "input.entries.1.currency UNKNOWN_CURRENCY"},
		{"an amount too fine", "", with(func(e *CostEntryInput) { e.Forecast = given("1.005") }), "input.entries.1.forecast INVALID"},
		{"an amount that is none", "", with(func(e *CostEntryInput) { e.Planned = given("much") }), "input.entries.1.planned INVALID"},
		{"nothing said", "", with(func(e *CostEntryInput) { e.Actual = GivenAmount{} }), "input.entries.1.actual REQUIRED"},
		{"a month twice", "", with(func(e *CostEntryInput) { e.Period = jan + 30 }), "input.entries.1.period TWICE"},
		{"a cost that is none", "", CostsDelete(CostsDeleteInput{IDs: []string{"cost-entry-1"}}), "input.ids.0 NOT_FOUND"},
		{"a budget", "finance", BudgetSet(BudgetSetInput{Lines: []BudgetLineInput{line}}), ""},
		{"a budget by who plans", "worker", BudgetSet(BudgetSetInput{Lines: []BudgetLineInput{line}}), "FORBIDDEN"},
		{"a budget below nothing", "", BudgetSet(BudgetSetInput{Lines: []BudgetLineInput{line, {ProjectID: "project-2", Category: "LAB", Period: jan, Amount: "-1"}}}), "input.lines.1.amount INVALID"},
		{"a budget that is none", "", BudgetDelete(BudgetDeleteInput{IDs: []string{"budget-line-7"}}), "input.ids.0 NOT_FOUND"},
	} {
		t.Run(c.name, func(t *testing.T) { act{as: c.as, dec: c.dec, want: c.want}.run(t, moneyWorld(t)) })
	}
}

// Whoever may record costs of one project and not of another is told which entry it was.
func TestForbiddenCostIsNamed(t *testing.T) {
	r := moneyWorld(t)
	r.grant("worker", vocab.RoleProjectManager, "project:A/S/SUB")
	_, err := r.try(r.session("worker"), CostsRecord(CostsRecordInput{Entries: []CostEntryInput{
		{ProjectID: "project-2", Category: "LAB", Period: today, Actual: given("1")}, {ProjectID: "project-1", Category: "LAB", Period: today, Actual: given("1")}}}))
	wants(t, err, "input.entries.1 FORBIDDEN")
	if len(r.costs()) != 0 {
		t.Fatal("some of what was refused is on record")
	}
}

func TestBudget(t *testing.T) {
	r := moneyWorld(t)
	set := func(amount string, kind *vocab.ReserveKind) {
		r.do(BudgetSet(BudgetSetInput{Lines: []BudgetLineInput{{ProjectID: "project-1", Category: "LAB", ReserveKind: kind, Period: today, Amount: amount}}}))
	}
	set("10", nil)
	set("11.25", ptr(vocab.ReserveKindNone))
	set("5", ptr(vocab.ReserveKindManagement))
	got := map[int64]string{}
	for b := range state.BudgetLines.All(r.all()) {
		got[b.ID] = fmt.Sprint(b.ReserveKind, " ", b.Currency, " ", b.Period, " ", pence(b.Amount))
	}
	if want := map[int64]string{1: "NONE GBP 2026-03-01 1125", 2: "MANAGEMENT GBP 2026-03-01 500"}; !maps.Equal(got, want) {
		t.Fatalf("got %v", got)
	}
	r.do(BudgetDelete(BudgetDeleteInput{IDs: []string{"budget-line-1", "budget-line-2"}}))
	if r.s.Count(state.BudgetLines.Desc()) != 0 {
		t.Fatal("lines are left")
	}
}

func (r *record) spreadOf(baseline string) string {
	var all []string
	b := state.Baselines.Get(r.all(), number(baseline))
	for x := range state.BaselinePeriods.All(r.all()) {
		if x.BaselineID == b.ID {
			all = append(all, fmt.Sprint(x.ID, ":", x.Period, "=", pence(x.Amount)))
		}
	}
	slices.Sort(all)
	return strings.TrimSpace(or(b.Currency, "") + " " + strings.Join(all, " "))
}

// Without a spread, the budgets of milestones fall in the months of their dates; weights are budgets if every milestone has one.
func TestBaselineSpread(t *testing.T) {
	r := moneyWorld(t)
	baseline := func(spread []SpreadInput, currency *string) (string, error) {
		d, err := r.try(auth.Machine("test"), BaselineCreate(BaselineCreateInput{Call: Call{Reason: ptr("plan")}, ProjectID: "project-1", Spread: spread, Currency: currency}))
		if err != nil {
			return "", err
		}
		return d.Results()[0].String(), nil
	}
	weights := func(id string) map[int64]int64 {
		all := map[int64]int64{}
		for e := range state.BaselineEntries.By(r.all(), "baseline_id", number(id)) {
			all[or(e.MilestoneID, 0)] = pence(e.Weight)
		}
		return all
	}
	r.do(MilestoneUpdate(MilestoneUpdateInput{ID: "milestone-2", Patch: map[string]any{"weight": 3}}))
	one, _ := baseline(nil, nil)
	if got := r.spreadOf(one); got != "GBP 1:2026-12-01=100050" {
		t.Errorf("got %s", got)
	}
	if got := weights(one); !reflect.DeepEqual(got, map[int64]int64{0: -1, 1: 1, 2: 3}) {
		t.Errorf("weights %v", got)
	}
	r.do(MilestoneUpdate(MilestoneUpdateInput{ID: "milestone-2", Patch: map[string]any{"budget": "20", "forecastDate": "2026-12-02"}}))
	two, _ := baseline(nil, nil)
	if got := r.spreadOf(two); got != "GBP 2:2026-12-01=102050" {
		t.Errorf("got %s", got)
	}
	if got := weights(two); !reflect.DeepEqual(got, map[int64]int64{0: -1, 1: 100050, 2: 2000}) {
		t.Errorf("weights %v", got)
	}
	none, _ := baseline([]SpreadInput{}, nil)
	if got := r.spreadOf(none); got != "" {
		t.Errorf("got %s", got)
	}
	yen, _ := baseline([]SpreadInput{{today, "7"}, {today + 31, "8"}}, ptr("JPY"))
	if got := r.spreadOf(yen); got != "JPY 3:2026-03-01=7 4:2026-04-01=8" {
		t.Errorf("got %s", got)
	}
	for want, try := range map[string]func() error{
		"input.currency INCOMPLETE":       func() error { _, err := baseline(nil, ptr("JPY")); return err },
		"input.currency UNKNOWN_CURRENCY": func() error { _, err := baseline([]SpreadInput{}, ptr("ZZZ")); return err },
		"input.spread.1.amount INVALID":   func() error { _, err := baseline([]SpreadInput{{today, "7"}, {today + 31, "-8"}}, nil); return err },
		"input.spread.1.period TWICE":     func() error { _, err := baseline([]SpreadInput{{today, "7"}, {today + 1, "8"}}, nil); return err },
	} {
		wants(t, try(), want)
	}

	set := func(as, id string, spread ...SpreadInput) error {
		_, err := r.try(r.session(as), BaselineSpreadSet(BaselineSpreadSetInput{ID: id, Spread: spread}))
		return err
	}
	wants(t, set("finance", yen, SpreadInput{today, "9"}), "FORBIDDEN")
	wants(t, set("manager", yen, SpreadInput{today, "9"}, SpreadInput{today + 62, "10"}), "")
	if got := r.spreadOf(yen); got != "JPY 3:2026-03-01=9 5:2026-05-01=10" {
		t.Errorf("got %s", got)
	}
	wants(t, set("manager", yen), "")
	if got := r.spreadOf(yen); got != "" {
		t.Errorf("got %s", got)
	}
	wants(t, set("manager", yen, SpreadInput{today, "9.5"}), "")
	if got := r.spreadOf(yen); got != "GBP 6:2026-03-01=950" {
		t.Errorf("got %s", got)
	}
	r.do(BaselineApprove(BaselineApproveInput{ID: yen}))
	wants(t, set("manager", yen, SpreadInput{today, "9"}), "input.id WRONG_STATE")
	_, err := r.try(r.session("manager"), BaselineDelete(BaselineDeleteInput{ID: yen}))
	wants(t, err, "input.id WRONG_STATE")
	r.do(BaselineDelete(BaselineDeleteInput{ID: two}))
	if r.s.Count(state.BaselinePeriods.Desc()) != 2 || state.Baselines.Get(r.all(), number(two)) != nil {
		t.Error("a deleted draft left something")
	}
	r.do(CostsRecord(CostsRecordInput{Entries: []CostEntryInput{{ProjectID: "project-1", Category: "LAB", Period: today, Actual: given("1")}}}))
	r.do(BudgetSet(BudgetSetInput{Lines: []BudgetLineInput{{ProjectID: "project-1", Category: "LAB", Period: today, Amount: "1"}}}))
	r.do(ProjectDelete(ProjectDeleteInput{ID: "project-1"}))
	if n := r.s.Count(state.BaselinePeriods.Desc()) + r.s.Count(state.CostEntries.Desc()) + r.s.Count(state.BudgetLines.Desc()); n != 0 {
		t.Error(n, "facts outlive their project")
	}
}

// putting adds facts past every decision.
func putting[T any](t *state.Facts[T], rows ...*T) func(*state.Draft) error {
	return func(d *state.Draft) error { return t.Put(d, rows...) }
}

func clearing[T any](t *state.Facts[T], owner int64, prefix ...int64) func(*state.Draft) error {
	return func(d *state.Draft) error { return t.Clear(d, owner, prefix...) }
}

// moneyRules are the cases of the invariants of money by months: baseline-1 of project-1 is approved, baseline-2 is a draft, each with a
// spread in December 2026.
func moneyRules(t testing.TB) []rule {
	category := making(state.CostCategories, func(c *ent.CostCategory) { c.Code, c.Name = "LAB", "Labour" })
	january, december := *day(t, "2026-01-01"), *day(t, "2026-12-01")
	amount := func(n int64) *guard.Money { m := guard.NewMoney(n); return &m }
	cost := func(currency string, period vocab.Date, minor int64) func(*state.Draft) error {
		return all(category, putting(state.CostEntries, &ent.CostEntry{ProjectID: 1, CostCategoryID: 1, Currency: currency, Period: period, Actual: amount(minor)}))
	}
	budget := func(period vocab.Date, minor int64) func(*state.Draft) error {
		return all(category, putting(state.BudgetLines, &ent.BudgetLine{ProjectID: 1, CostCategoryID: 1, Currency: "GBP", Period: period, ReserveKind: vocab.ReserveKindNone, Amount: amount(minor)}))
	}
	period := func(project, baseline int64, month vocab.Date, minor int64) func(*state.Draft) error {
		return putting(state.BaselinePeriods, &ent.BaselinePeriod{ProjectID: project, BaselineID: baseline, Period: month, Amount: amount(minor)})
	}
	elsewhere := func(currency *string) func(*state.Draft) error {
		return making(state.Baselines, func(b *ent.Baseline) {
			b.ProjectID, b.Number, b.State, b.Reason, b.Currency = 2, 1, vocab.BaselineStateDraft, "other", currency
		})
	}
	return []rule{
		{"a cost's month", moneyOfMonths, cost("GBP", january, -5), cost("GBP", january+1, 5), "period NO_MONTH"},
		{"a cost's currency", moneyOfMonths, cost("JPY", january, 5), cost("ZZZ", january, 5), "currency UNKNOWN_CURRENCY"},
		{"a budget's month", moneyOfMonths, budget(january, 0), budget(january+30, 0), "period NO_MONTH"},
		{"a budget below nothing", moneyOfMonths, budget(january, 1), budget(january, -1), "amount INVALID"},
		{"a spread's month", moneyOfMonths, period(1, 2, january, 0), period(1, 2, january-1, 0), "period NO_MONTH"},
		{"a spread below nothing", moneyOfMonths, period(1, 2, january, 1), period(1, 2, january, -1), "amount INVALID"},
		{"a spread is of its project", spreadPlace, all(elsewhere(ptr("EUR")), period(2, 3, january, 1)), all(elsewhere(ptr("EUR")), period(1, 3, january, 1)), "baseline_id OTHER_PROJECT"},
		{"a spread has a currency", spreadPlace, all(elsewhere(ptr("EUR")), period(2, 3, january, 1)), all(elsewhere(nil), period(2, 3, january, 1)), "baseline_id INCOMPLETE"},
		{"a spread keeps a currency", spreadCurrency,
			all(clearing(state.BaselinePeriods, 1, 2), editing(state.Baselines, 2, func(b *ent.Baseline) { b.Currency = nil })),
			editing(state.Baselines, 2, func(b *ent.Baseline) { b.Currency = nil }), "currency IN_USE"},
		{"an approved spread does not change", spreadFixed, period(1, 2, december, 1), period(1, 1, december, 1), "id FIXED"},
		{"an approved spread does not grow", spreadFixed, period(1, 2, january, 1), period(1, 1, january, 1), "id FIXED"},
		{"an approved spread does not shrink", spreadFixed, clearing(state.BaselinePeriods, 1, 2), clearing(state.BaselinePeriods, 1, 1), "id FIXED"},
		{"an approved spread does not go to a draft", spreadFixed,
			all(clearing(state.BaselinePeriods, 1, 2), period(1, 2, december, 1)),
			all(clearing(state.BaselinePeriods, 1, 1), editing(state.Baselines, 1, func(b *ent.Baseline) { b.State, b.ApprovedOn = vocab.BaselineStateDraft, nil })), "id FIXED"},
	}
}

// An import may correct the spread of a baseline it brought; no other mutation may, and it may correct no other.
func TestImportCorrectsItsOwnSpread(t *testing.T) {
	change := func(own bool, action string) error {
		r := world(t)
		amount := guard.NewMoney(5)
		wants(t, r.put("import", all(making(state.Baselines, func(b *ent.Baseline) {
			b.ProjectID, b.Number, b.State, b.ApprovedOn, b.Reason, b.Currency = 2, 1, vocab.BaselineStateApproved, &today, "first", ptr("GBP")
			if own {
				b.ExternalSource, b.ExternalID = ptr("s"), ptr("k")
			}
		}), putting(state.BaselinePeriods, &ent.BaselinePeriod{ProjectID: 2, BaselineID: 1, Period: monthOf(today), Amount: &amount}))), "")
		amount = guard.NewMoney(6)
		return r.put(action, putting(state.BaselinePeriods, &ent.BaselinePeriod{ProjectID: 2, BaselineID: 1, Period: monthOf(today), Amount: &amount}))
	}
	wants(t, change(true, "import"), "")
	wants(t, change(true, "baselineSpreadSet"), "id FIXED")
	wants(t, change(false, "import"), "id FIXED")
}
