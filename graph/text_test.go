package graph_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

// asks counts the statements that read texts.
type asks struct {
	store.Store
	n atomic.Int64
}

func (a *asks) Texts(ctx context.Context, addresses []vocab.TextAddress) (map[vocab.TextAddress]string, error) {
	a.n.Add(1)
	return a.Store.Texts(ctx, addresses)
}

// library is a record with two projects of 100 reports, each with three texts of its own, opened anew so that no text is at hand.
func library(t *testing.T) (*house, *asks) {
	db := &asks{Store: &memory.Store{Now: func() time.Time { return now }}}
	h := newHouseOn(t, db)
	w := &world{currency: "EUR", fiscal: 1, validity: 6, portfolios: []portfolio{{parent: -1, code: "A"}}}
	for p := range 2 {
		w.projects = append(w.projects, project{program: -1, code: fmt.Sprint("P", p), name: "P", lifecycle: vocab.ProjectLifecycleExecuting, currency: "EUR"})
	}
	h.load(w)
	h.do("import", func(d *state.Draft) error {
		for i := range 200 {
			r := state.StatusReports.New(d)
			r.ProjectID, r.PeriodStart, r.PeriodEnd, r.Revision, r.State, r.Currency = int64(i%2+1), day("2026-01-01"), day("2026-01-31"), i/2+1, vocab.ReportStateSubmitted, "EUR"
			r.SubmittedAt = &now
			for _, column := range []string{"override_reason", "highlights", "next_steps"} {
				must(d.SetColumn(state.StatusReports.Desc(), r, column, fmt.Sprint(column, " of report ", i+1)))
			}
			must(state.StatusReports.Put(d, r))
		}
		return nil
	})
	return newHouseOn(t, db), db
}

const pageOfReports = `{ projects { nodes { reports(first: 100) { nodes { id overrideReason highlights nextSteps } } } } }`

// A page of reports reads the texts of all of them at once. Pages of several projects, which are found side by side, take a few statements
// for their hundreds of texts: how many depends on what was named by when.
func TestPageOfTextsIsOneStatement(t *testing.T) {
	h, db := library(t)
	one := h.answer(viewer, `{ node(id: "project-1") { ... on Project { reports(first: 100) { nodes { id overrideReason highlights nextSteps } } } } }`, nil)
	if n := len(at(one, "node", "reports", "nodes").([]any)); n != 100 || db.n.Load() != 1 {
		t.Errorf("a page of %d reports made %d statements, not 1", n, db.n.Load())
	}
	for i, r := range at(one, "node", "reports", "nodes").([]any) {
		n := 199 - 2*i
		if at(r, "id") != fmt.Sprint("status-report-", n) || at(r, "highlights") != fmt.Sprint("highlights of report ", n) || at(r, "nextSteps") != fmt.Sprint("next_steps of report ", n) {
			t.Fatalf("report %d: %v", i, r)
		}
	}
	h.answer(viewer, pageOfReports, nil)
	h.answer(viewer, pageOfReports, nil)
	n := db.n.Load()
	if n > 10 {
		t.Errorf("pages of two projects made %d statements, one of which texts were at hand", n-1)
	}
	if h.answer(viewer, `{ node(id: "project-1") { ... on Project { reports(first: 100) { nodes { id } } } } }`, nil); db.n.Load() > n {
		t.Error("texts were read that nobody asked for")
	}
}

const changesOf = `changes { entity fields { name old new } }`

// Texts show in previews, outcomes and the journal, with one statement for a page of it, until they are erased.
func TestTextsShowUntilTheyAreErased(t *testing.T) {
	h, db := library(t)
	field := func(changes any, name, side string) any {
		for _, c := range changes.([]any) {
			for _, f := range at(c, "fields").([]any) {
				if at(c, "entity") == "StatusReport" && at(f, "name") == name {
					return at(f, side)
				}
			}
		}
		t.Fatalf("no change of %s: %v", name, changes)
		return nil
	}
	declare := `mutation ($preview: Boolean!) { projectHealthDeclare(input: { id: "project-1", health: RED, highlights: "it burns" }, preview: $preview) { statusReport { highlights nextSteps } errors { message } ` + changesOf + ` } }`
	for _, preview := range []bool{true, false} {
		out := at(h.answer(admin, declare, map[string]any{"preview": preview}), "projectHealthDeclare")
		if at(out, "statusReport", "highlights") != "it burns" || at(out, "statusReport", "nextSteps") != "next_steps of report 199" {
			t.Errorf("preview %v: %v", preview, out)
		}
		if got := field(at(out, "changes").([]any)[1:], "highlights", "new"); got != "it burns" {
			t.Errorf("preview %v shows the change to %v", preview, got)
		}
	}
	entries := `{ journal(last: 100) { nodes { action ` + changesOf + ` } } }`
	before := db.n.Load()
	h = newHouseOn(t, db)
	all := at(h.answer(admin, entries, nil), "journal", "nodes").([]any)
	if n := db.n.Load() - before; n > 2 { // 600 texts and more, 500 at once
		t.Errorf("a page of the journal made %d statements", n)
	}
	if got := field(at(all[len(all)-2], "changes"), "nextSteps", "new"); got != "next_steps of report 1" {
		t.Errorf("the journal shows the import of %v", got)
	}
	keeper := who("keeper")
	if _, err := h.j.DoAs(t.Context(), auth.Machine("test"), decide.OperatorGrant("keeper", vocab.RoleAdmin, auth.Scope{Kind: vocab.ScopeKindOrganisation}), journal.Meta{}); err != nil {
		t.Fatal(err)
	}
	erase := `mutation ($preview: Boolean!) { statusReportErase(input: { id: "status-report-1" }, preview: $preview) { statusReport { highlights textsErasedAt } errors { message } } }`
	if out := h.answer(keeper, erase, map[string]any{"preview": true}); at(out, "statusReportErase", "statusReport", "highlights") != nil || at(out, "statusReportErase", "statusReport", "textsErasedAt") == nil {
		t.Errorf("the preview of an erasure: %v", out)
	}
	if at(h.answer(viewer, `{ node(id: "status-report-1") { ... on StatusReport { highlights } } }`, nil), "node", "highlights") != "highlights of report 1" {
		t.Error("a preview erased a text")
	}
	out := at(h.answer(keeper, erase, map[string]any{"preview": false}), "statusReportErase")
	if at(out, "statusReport", "highlights") != nil || at(out, "statusReport", "textsErasedAt") == nil {
		t.Errorf("erased: %v", out)
	}
	all = at(h.answer(admin, entries, nil), "journal", "nodes").([]any)
	if got := field(at(all[2], "changes"), "nextSteps", "new"); got != nil {
		t.Errorf("the journal shows the erased text %v", got)
	}
	past := h.answer(viewer, `{ nodes(ids: ["status-report-1"], knownAt: { number: 3 }) { ... on StatusReport { highlights textsErasedAt } } }`, nil)
	if at(past, "nodes", 0, "highlights") != nil {
		t.Errorf("the past shows the erased text: %v", past)
	}
}
