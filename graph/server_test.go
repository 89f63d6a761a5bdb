package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

const create = `mutation ($in: ProjectCreateInput!, $preview: Boolean! = false) {
  projectCreate(input: $in, preview: $preview) { project { id name manager { id } health } number preview repeated changes { id operation fields { name new } } errors { path code message } } }`

// A mutation changes the record, a preview shows the same and changes nothing, a repeated call is answered, what is wrong is data.
func TestMutations(t *testing.T) {
	h := governmentHouse(t)
	pm := who("pmo", role("PMO", ""))
	in := map[string]any{"portfolioId": "portfolio-2", "code": "TANK", "name": "Tank", "idempotencyKey": "k", "reason": "needed"}
	preview := at(h.answer(pm, create, map[string]any{"in": in, "preview": true}), "projectCreate")
	if id := fmt.Sprint(at(preview, "project", "id")); !strings.HasPrefix(id, "preview-project-") || at(preview, "preview") != true || at(h.answer(pm, `query ($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id}), "node") != nil {
		t.Errorf("preview: %v", preview)
	}
	done := at(h.answer(pm, create, map[string]any{"in": in}), "projectCreate")
	id := fmt.Sprint(at(done, "project", "id"))
	if at(done, "number") != "7" || at(done, "project", "health") != "NOT_RATED" || !strings.HasPrefix(id, "project-") || len(at(done, "errors").([]any)) != 0 {
		t.Errorf("done: %v", done)
	}
	again := at(h.answer(pm, create, map[string]any{"in": in}), "projectCreate")
	if at(again, "repeated") != true || at(again, "project", "id") != id {
		t.Errorf("again: %v", again)
	}
	last := at(h.answer(finance, `{ journal(last: 1) { nodes { action reason actor { id } changes { id } } } }`, nil), "journal", "nodes", 0)
	if at(last, "action") != "projectCreate" || at(last, "reason") != "needed" || at(last, "actor", "id") != "user-2" {
		t.Errorf("the journal says %v", last)
	}
	for _, x := range []struct {
		query string
		vars  map[string]any
		id    auth.Identity
		path  string
		code  string
	}{
		{create, map[string]any{"in": map[string]any{"portfolioId": "portfolio-2", "code": "TANK", "name": "Twin"}}, pm, "[input code]", "TAKEN"},
		{create, map[string]any{"in": map[string]any{"portfolioId": "portfolio-99", "code": "X", "name": "X"}}, pm, "[input portfolioId]", "NOT_FOUND"},
		{create, map[string]any{"in": in}, viewer, "[]", "FORBIDDEN"},
	} {
		got := at(h.answer(x.id, x.query, x.vars), "projectCreate")
		if at(got, "project") != nil || at(got, "number") != nil || fmt.Sprint(at(got, "errors", 0, "path")) != x.path || at(got, "errors", 0, "code") != x.code {
			t.Errorf("%s %s: %v", x.path, x.code, got)
		}
	}
}

// What a patch leaves out stays; an explicit null clears; every kind of value arrives.
func TestPatches(t *testing.T) {
	h := governmentHouse(t)
	const update = `mutation ($in: ProjectUpdateInput!) { projectUpdate(input: $in) { project { version name priority category plannedStart lifecycle workingCalendar { code } } errors { path code message } } }`
	first := at(h.answer(admin, update, map[string]any{"in": map[string]any{"id": "project-1", "patch": map[string]any{
		"priority": 5, "category": "Land", "plannedStart": "2020-01-01", "lifecycle": "ON_HOLD", "calendarId": "work-calendar-1"}}}), "projectUpdate")
	if len(at(first, "errors").([]any)) > 0 || at(first, "project", "priority") != 5.0 || at(first, "project", "plannedStart") != "2020-01-01" || at(first, "project", "name") != "Armoured Cavalry" {
		t.Fatalf("%v", first)
	}
	second := at(h.answer(admin, update, map[string]any{"in": map[string]any{"id": "project-1", "expectedVersion": at(first, "project", "version"), "patch": map[string]any{"category": nil}}}), "projectUpdate")
	if at(second, "project", "category") != nil || at(second, "project", "priority") != 5.0 {
		t.Errorf("%v", second)
	}
	third := at(h.answer(admin, update, map[string]any{"in": map[string]any{"id": "project-1", "expectedVersion": at(first, "project", "version"), "patch": map[string]any{"name": "Late"}}}), "projectUpdate")
	if at(third, "errors", 0, "code") != "CONFLICT" {
		t.Errorf("%v", third)
	}
	milestone := at(h.answer(admin, `mutation ($in: MilestoneUpdateInput!) { milestoneUpdate(input: $in) { milestone { weight budget { value currency } isContractual owner { id } } errors { path code message } } }`,
		map[string]any{"in": map[string]any{"id": "milestone-3", "patch": map[string]any{"weight": 7, "budget": "1234.50", "isContractual": true, "ownerId": "user-1"}}}), "milestoneUpdate")
	if len(at(milestone, "errors").([]any)) > 0 || at(milestone, "milestone", "weight") != 7.0 || at(milestone, "milestone", "budget", "value") != "1234.50" || at(milestone, "milestone", "owner", "id") != "user-1" {
		t.Errorf("%v", milestone)
	}
}

// Whoever may not see money finds none: at no depth, in no sum, in no explanation.
func TestMoneyIsNotVisible(t *testing.T) {
	h := governmentHouse(t)
	got := h.answer(viewer, `query ($day: Date) { ...on Query { viewer { rollup(asOf: $day) { ...R } } organisation { rollup(asOf: $day) { ...R } }
	  portfolios { nodes { rollup(asOf: $day) { ...R } projects { nodes { cost(asOf: $day) { wholeLife { ...F } variance { ...F } } } } } } programs { nodes { rollup(asOf: $day) { ...R } } }
	  projects(first: 100) { nodes { cost(asOf: $day) { wholeLife { ...F } periodBudget { ...F } periodForecast { ...F } variance { ...F } } milestones { nodes { budget { value reason } } }
	    reports { nodes { cost { wholeLife { value reason } periodBudget { value reason } periodForecast { value reason } } } } } } } }`+rollupFields, map[string]any{"day": "2022-03-31"})
	amounts := 0
	var walk func(v any)
	walk = func(v any) {
		switch x := v.(type) {
		case []any:
			for _, y := range x {
				walk(y)
			}
		case map[string]any:
			for name, y := range x {
				m, isMap := y.(map[string]any)
				if isMap && (m["unit"] == "MONEY" || name == "budget" || m["value"] == nil && m["unit"] == nil && m["reason"] != nil) {
					amounts++
					if m["value"] != nil || m["reason"] != "NOT_VISIBLE" || at(m, "coverage", "included") != nil && (at(m, "coverage", "included") != 0.0 || at(m, "coverage", "missing") != 0.0 || at(m, "coverage", "complete") != false) {
						t.Errorf("%s: %v", name, m)
					}
				}
				walk(y)
			}
		}
	}
	walk(got)
	if amounts < 200 {
		t.Errorf("only %d amounts were looked at", amounts)
	}
}

// A node above what somebody sees does not exist for him, not even as a part of a path.
func TestPathsLeadThroughVisibleNodes(t *testing.T) {
	h := governmentHouse(t)
	for path, seen := range map[string]bool{"AJAX": true, "MOD/AJAX": true, "GOV/MOD/AJAX": false, "XYZ/AJAX": false} {
		got := h.answer(defence, `query ($p: String) { project(path: $p) { id portfolio { parent { id } } } }`, map[string]any{"p": path})
		if (at(got, "project") != nil) != seen {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// broken is a door behind which something goes wrong.
type broken struct{ err error }

func (b broken) View(context.Context, auth.Identity, journal.Query) (*state.View, error) {
	return nil, b.err
}

func (b broken) Moved() (*state.Snapshot, <-chan struct{}) { return state.Empty(), nil }

func (b broken) Do(context.Context, auth.Identity, state.Decision, journal.Meta) (journal.Outcome, error) {
	panic("the secret of the panic")
}

// An error of ours tells the caller nothing but its code and the request; the log has it all.
func TestErrorsOfOursAreVague(t *testing.T) {
	var log bytes.Buffer
	h := &house{t: t, h: graph.NewServer(broken{errors.New("password=secret")}, graph.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})}
	for _, query := range []string{`{ projects { totalCount } }`, `{ viewer { day } }`, `mutation { portfolioCreate(input: { code: "A", name: "B" }) { number } }`} {
		got := string(h.ask(finance, query, nil))
		if strings.Contains(got, "secret") || !strings.Contains(got, `"code":"INTERNAL"`) || !strings.Contains(got, "test-request") {
			t.Errorf("%s", got)
		}
	}
	if n := strings.Count(log.String(), "secret"); n < 3 || !strings.Contains(log.String(), "test-request") {
		t.Errorf("the log says %s", log.String())
	}
	h.h = graph.NewServer(broken{auth.ErrUnauthenticated}, graph.Options{})
	if got := string(h.ask(finance, `{ projects { totalCount } }`, nil)); !strings.Contains(got, `"code":"UNAUTHENTICATED"`) {
		t.Errorf("%s", got)
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	h := governmentHouse(t)
	got := string(h.ask(finance, "{"+strings.Repeat(" viewer { day }", 400)+"}", nil))
	if !strings.Contains(got, "token limit") {
		t.Errorf("%.300s", got)
	}
	for _, x := range []struct{ query, code string }{
		{`{ nonsense }`, "GRAPHQL_VALIDATION_FAILED"},
		{`{ projects(filter: { asOf: "yesterday" }) { totalCount } }`, "INVALID"},
		{`{ projects(knownAt: { time: "yesterday" }) { totalCount } }`, "INVALID"},
	} {
		if got := string(h.ask(finance, x.query, nil)); !strings.Contains(got, x.code) {
			t.Errorf("%s: %s", x.query, got)
		}
	}
}

// Questions may come by GET, mutations may not.
func TestGet(t *testing.T) {
	h := governmentHouse(t)
	for query, want := range map[string]string{`{ viewer { day } }`: `"day":"2022-04-20"`, `mutation { portfolioDelete(input: { id: "portfolio-1" }) { number } }`: "errors"} {
		r := httptest.NewRequest(http.MethodGet, "/graphql?query="+url.QueryEscape(query), nil)
		w := httptest.NewRecorder()
		h.h.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), admin)))
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %s", query, w.Body)
		}
	}
	var got struct {
		Data struct {
			Schema any `json:"__schema"`
		}
	}
	must(json.Unmarshal(h.ask(admin, `{ __schema { queryType { name } } }`, nil), &got))
	if got.Data.Schema == nil {
		t.Error("no introspection")
	}
}

func (b broken) Job(context.Context, string, string) (journal.Job, bool, error) {
	return journal.Job{}, false, b.err
}
