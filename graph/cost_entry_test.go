package graph_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

const (
	recordCosts = `mutation ($in: CostsRecordInput!, $preview: Boolean! = false) { costsRecord(input: $in, preview: $preview) {
	  number preview repeated moreChanges changes { id entity operation node { id } fields { name old new } } errors { path code } } }`
	costPage = `query ($id: ID, $filter: CostEntryFilter, $first: Int, $after: String, $last: Int, $before: String) { project(id: $id) { costEntries(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
	  totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } nodes { id version project { code } category { code } currency period
	    planned { ...A } actual { ...A } committed { ...A } forecast { ...A } } } } } fragment A on Amount { value currency reason }`
)

// moneyHouse is the government with two kinds of cost.
func moneyHouse(t testing.TB) *house {
	h := governmentHouse(t)
	h.do("costCategorySet", func(d *state.Draft) error {
		for _, code := range []string{"LAB", "LIC"} {
			c := state.CostCategories.New(d)
			c.Code, c.Name = code, code
			must(state.CostCategories.Put(d, c))
		}
		return nil
	})
	return h
}

func monthAt(n int) string { return fmt.Sprintf("%d-%02d-15", 2000+n/12, 1+n%12) }

// entries are many costs of the first project: one a month of a category.
func entries(n int, actual string) (list []any) {
	for i := range n {
		list = append(list, map[string]any{"projectId": "project-1", "category": []string{"LAB", "LIC"}[i%2], "period": monthAt(i / 2), "actual": actual})
	}
	return list
}

// Costs, and whoever records his first, are recorded as they are previewed, once for a key, show with their amounts to whom they are open, and keep their identifiers.
func TestCostsAreRecorded(t *testing.T) {
	h := moneyHouse(t)
	in := map[string]any{"idempotencyKey": "k", "entries": []any{
		map[string]any{"projectId": "project-1", "category": "LAB", "period": "2022-01-31", "planned": "100.5", "actual": 7},
		map[string]any{"projectId": "project-5", "category": "cost-category-2", "period": "2022-01-01", "currency": "JPY", "forecast": "1200"},
	}}
	record := func(id auth.Identity, in map[string]any, preview bool) any {
		return at(h.answer(id, recordCosts, map[string]any{"in": in, "preview": preview}), "costsRecord")
	}
	preview := record(finance, in, true)
	if id := fmt.Sprint(at(preview, "changes", 1, "id")); id != "preview-cost-entry-1" || at(preview, "changes", 1, "operation") != "CREATE" || at(preview, "changes", 1, "node") != nil {
		t.Errorf("preview: %v", preview)
	}
	done := record(finance, in, false)
	if at(done, "changes", 2, "node", "id") != "cost-entry-2" || at(done, "changes", 1, "entity") != "CostEntry" || at(done, "moreChanges") != 0.0 {
		t.Errorf("done: %v", done)
	}
	if again := record(finance, in, false); at(again, "repeated") != true {
		t.Errorf("again: %v", again)
	}
	entry := func(id auth.Identity) any {
		return at(h.answer(id, costPage, map[string]any{"id": "project-1"}), "project", "costEntries", "nodes", 0)
	}
	if got := fmt.Sprint(entry(finance)); got != "map[actual:map[currency:GBP reason:<nil> value:7.00] category:map[code:LAB] committed:map[currency:GBP reason:NO_MEASUREMENT value:<nil>] currency:GBP "+
		"forecast:map[currency:GBP reason:NO_MEASUREMENT value:<nil>] id:cost-entry-1 period:2022-01-01 planned:map[currency:GBP reason:<nil> value:100.50] project:map[code:AJAX] version:8]" {
		t.Error(got)
	}
	for _, amount := range []string{"planned", "actual", "committed", "forecast"} {
		if at(entry(viewer), amount, "value") != nil || at(entry(viewer), amount, "reason") != "NOT_VISIBLE" {
			t.Errorf("a viewer sees %v", entry(viewer))
		}
	}
	changed := record(finance, map[string]any{"entries": []any{map[string]any{"projectId": "project-1", "category": "LAB", "period": "2022-01-02", "actual": nil, "committed": "3"}}}, false)
	if got := fmt.Sprint(at(changed, "changes")); got != "[map[entity:CostEntry fields:[map[name:actual new:<nil> old:7.00] map[name:committed new:3.00 old:<nil>]] id:cost-entry-1 node:map[id:cost-entry-1] operation:UPDATE]]" {
		t.Error(got)
	}
	if at(entry(finance), "planned", "value") != "100.50" {
		t.Error("an amount that was left out has gone")
	}
	last := at(h.answer(viewer, `{ journal(last: 3) { nodes { action moreChanges changes { id operation fields { name new } } } } }`, nil), "journal", "nodes")
	if got := fmt.Sprint(last.([]any)[len(last.([]any))-1]); strings.Contains(got, "committed") || !strings.Contains(got, "cost-entry-2") {
		t.Error("to a viewer the last entry is", got)
	}
	deleted := at(h.answer(finance, `mutation { costsDelete(input: { ids: ["cost-entry-2"] }) { changes { id operation fields { name old } } errors { code } } }`, nil), "costsDelete")
	if got := fmt.Sprint(deleted); got != "map[changes:[map[fields:[map[name:project old:project-5] map[name:costCategory old:cost-category-2] map[name:currency old:JPY] map[name:period old:2022-01-01] map[name:forecast old:1200]] id:cost-entry-2 operation:DELETE]] errors:[]]" {
		t.Error(got)
	}
	wrong := record(finance, map[string]any{"entries": []any{map[string]any{"projectId": "project-1", "category": "LAB", "period": "2022-01-01", "actual": "1.005"}, map[string]any{"projectId": "project-99", "category": "X", "period": "2022-01-01", "actual": "1"}}}, false)
	if got := fmt.Sprint(at(wrong, "errors")); got != "[map[code:INVALID path:[input entries 0 actual]] map[code:NOT_FOUND path:[input entries 1 projectId]] map[code:NOT_FOUND path:[input entries 1 category]]]" {
		t.Error(got)
	}
}

// Of many facts, and a new user, payloads list 500, entries as many as are asked for, and both count the rest; who sees no amounts is not told that amounts changed.
func TestChangesOfFactsAreBounded(t *testing.T) {
	h := moneyHouse(t)
	h.answer(finance, recordCosts, map[string]any{"in": map[string]any{"entries": entries(1200, "1"), "reason": "first"}})
	done := at(h.answer(finance, recordCosts, map[string]any{"in": map[string]any{"entries": entries(700, "2")}}), "costsRecord")
	if len(at(done, "changes").([]any)) != 500 || at(done, "moreChanges") != 200.0 {
		t.Errorf("%d are listed, %v more", len(at(done, "changes").([]any)), at(done, "moreChanges"))
	}
	const journal = `{ journal(afterNumber: 7) { nodes { number reason moreChanges changes { id operation fields { name } } } } project(id: "project-1") { journal(last: 10) { nodes { number moreChanges } } } }`
	for _, who := range []struct {
		id   auth.Identity
		want string
	}{{finance, "8: 20 CREATE, 1181 more, first; 9: 20 UPDATE, 680 more, <nil>; "}, {viewer, "8: 20 CREATE, 1181 more, <nil>; "}} {
		got, answer := "", h.answer(who.id, journal, nil)
		for _, e := range at(answer, "journal", "nodes").([]any) {
			got += fmt.Sprintf("%v: %d %v, %v more, %v; ", at(e, "number"), len(at(e, "changes").([]any)), at(e, "changes", 0, "operation"), at(e, "moreChanges"), at(e, "reason"))
		}
		if got != who.want {
			t.Errorf("%s: %s", who.id.Subject, got)
		}
	}
}

// Following pages meets every cost once, forwards and backwards, in one order, filtered or not.
func TestPagesOfFacts(t *testing.T) {
	h := moneyHouse(t)
	h.answer(finance, recordCosts, map[string]any{"in": map[string]any{"entries": entries(90, "1")}})
	for _, x := range []struct {
		filter map[string]any
		want   int
	}{{nil, 90}, {map[string]any{"category": "LIC"}, 45}, {map[string]any{"category": "LAB", "from": "2000-02-01", "to": "2000-04-30"}, 3}, {map[string]any{"currency": "EUR"}, 0}, {map[string]any{"category": "NONE"}, 0}} {
		walk := func(size, from, more, next string) (list []string) {
			vars := map[string]any{"id": "project-1", "filter": x.filter, size: 7}
			for {
				page := at(h.answer(finance, costPage, vars), "project", "costEntries")
				if at(page, "totalCount") != float64(x.want) {
					t.Fatalf("%v: %v in all", x.filter, at(page, "totalCount"))
				}
				var part []string
				for _, n := range at(page, "nodes").([]any) {
					part = append(part, fmt.Sprint(at(n, "id")))
				}
				if size == "last" {
					slices.Reverse(part)
				}
				if list = append(list, part...); at(page, "pageInfo", more) != true {
					return list
				}
				vars[from] = at(page, "pageInfo", next)
			}
		}
		forth, back := walk("first", "after", "hasNextPage", "endCursor"), walk("last", "before", "hasPreviousPage", "startCursor")
		slices.Reverse(back)
		if distinct := map[string]bool{}; !slices.Equal(forth, back) || len(forth) != x.want {
			t.Errorf("%v: %d forth, %d back", x.filter, len(forth), len(back))
		} else if each(distinct, forth); len(distinct) != x.want {
			t.Errorf("%v: some come twice", x.filter)
		}
	}
	if raw := string(h.ask(finance, costPage, map[string]any{"id": "project-1", "after": "bm8"})); !strings.Contains(raw, "cursor of this list") {
		t.Error(raw)
	}
}

func each(set map[string]bool, list []string) {
	for _, x := range list {
		set[x] = true
	}
}

// A baseline shows its spread and their sum; the spread is a draft's to replace.
func TestSpreadOfABaseline(t *testing.T) {
	h := moneyHouse(t)
	pm := who("pm", role(vocab.RolePmo, ""))
	const shown = `baseline { id currency bac { value currency reason } spread { totalCount nodes { id period amount { value reason } baseline { id } project { id } } } entries { nodes { weight } } } errors { path code }`
	made := at(h.answer(pm, `mutation { baselineCreate(input: { projectId: "project-1", reason: "plan" }) { `+shown+` } }`, nil), "baselineCreate")
	if got := fmt.Sprint(at(made, "baseline", "bac"), at(made, "baseline", "spread", "nodes")); got != "map[currency:GBP reason:<nil> value:12422.67] "+
		"[map[amount:map[reason:<nil> value:12345.67] baseline:map[id:baseline-4] id:baseline-period-1 period:2022-03-01 project:map[id:project-1]] map[amount:map[reason:<nil> value:77.00] baseline:map[id:baseline-4] id:baseline-period-2 period:2022-10-01 project:map[id:project-1]]]" {
		t.Error(got)
	}
	set := at(h.answer(pm, `mutation { baselineSpreadSet(input: { id: "baseline-4", currency: "JPY", spread: [{ period: "2022-03-31", amount: 5 }, { period: "2022-04-30", amount: "6" }] }) { `+shown+` changes { id operation fields { name old new } } } }`, nil), "baselineSpreadSet")
	if got := fmt.Sprint(at(set, "baseline", "bac", "value"), at(set, "changes")); got != "11[map[fields:[map[name:amount new:5 old:1234567]] id:baseline-period-1 operation:UPDATE] "+
		"map[fields:[map[name:project new:project-1 old:<nil>] map[name:baseline new:baseline-4 old:<nil>] map[name:period new:2022-04-01 old:<nil>] map[name:amount new:6 old:<nil>]] id:baseline-period-3 operation:CREATE] "+
		"map[fields:[map[name:project new:<nil> old:project-1] map[name:baseline new:<nil> old:baseline-4] map[name:period new:<nil> old:2022-10-01] map[name:amount new:<nil> old:7700]] id:baseline-period-2 operation:DELETE] map[fields:[map[name:currency new:JPY old:GBP]] id:baseline-4 operation:UPDATE]]" {
		t.Error(got)
	}
	hidden := at(h.answer(viewer, `{ node(id: "baseline-4") { ... on Baseline { bac { value reason } spread { nodes { amount { value reason } } } } } period: node(id: "baseline-period-3") { id } }`, nil))
	if got := fmt.Sprint(hidden); got != "map[node:map[bac:map[reason:NOT_VISIBLE value:<nil>] spread:map[nodes:[map[amount:map[reason:NOT_VISIBLE value:<nil>]] map[amount:map[reason:NOT_VISIBLE value:<nil>]]]]] period:map[id:baseline-period-3]]" {
		t.Error(got)
	}
	gone := at(h.answer(pm, `mutation { baselineDelete(input: { id: "baseline-4" }) { baseline { id } changes { id } errors { code } } }`, nil), "baselineDelete")
	if at(gone, "baseline") != nil || len(at(gone, "changes").([]any)) != 7 {
		t.Error(gone)
	}
	budget := at(h.answer(finance, `mutation { budgetSet(input: { lines: [{ projectId: "project-1", category: "LAB", period: "2022-03-31", amount: "10" }, { projectId: "project-1", category: "LAB", reserveKind: MANAGEMENT, period: "2022-03-31", amount: "2" }] }) { changes { node { ... on BudgetLine {
	  id category { code } reserveKind currency period amount { value } project { budgetLines { totalCount } } } } } errors { code } } }`, nil), "budgetSet")
	if got := fmt.Sprint(at(budget, "changes", 2, "node")); got != "map[amount:map[value:2.00] category:map[code:LAB] currency:GBP id:budget-line-2 period:2022-03-01 project:map[budgetLines:map[totalCount:2]] reserveKind:MANAGEMENT]" {
		t.Error(got)
	}
}

// Two records that differ in amounts alone, or in the facts of a project he does not see, answer a viewer alike.
func TestHiddenFactsDoNotShow(t *testing.T) {
	one := who("one", role(vocab.RoleViewer, "project:AGENCY/SMALL00"))
	var answers [2]string
	for n := range answers {
		h := moneyHouse(t)
		mine := map[string]any{"projectId": "project-8", "category": "LAB", "period": "2022-01-01", "actual": fmt.Sprint(n * 7), "planned": "3"}
		h.answer(finance, recordCosts, map[string]any{"in": map[string]any{"entries": append(entries(2+n, "1"), mine), "reason": "secret"}})
		h.answer(finance, recordCosts, map[string]any{"in": map[string]any{"entries": append(entries(2+n, "2"), map[string]any{"projectId": "project-8", "category": "LAB", "period": "2022-01-01", "planned": fmt.Sprint(n)})}})
		answers[n] = string(h.ask(one, costPage, map[string]any{"id": "project-8"})) +
			string(h.ask(one, `{ journal(first: 100) { nodes { number action reason moreChanges changes { id operation fields { name old new } } } } gone: node(id: "cost-entry-1") { id } }`, nil)) +
			string(h.ask(one, recordCosts, map[string]any{"in": map[string]any{"entries": []any{mine}}, "preview": true}))
		answers[n] = strings.NewReplacer(fmt.Sprintf("cost-entry-%d", 3+n), "cost-entry-N").Replace(mark.ReplaceAllString(answers[n], "$1"))
	}
	if answers[0] != answers[1] {
		t.Errorf("%s\n%s", answers[0], answers[1])
	}
	if !strings.Contains(answers[0], "CREATE") || strings.Contains(answers[0], "UPDATE") || strings.Contains(answers[0], "secret") {
		t.Error(answers[0])
	}
}
