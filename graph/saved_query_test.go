package graph_test

import (
	"strings"
	"testing"
)

// A saved query is its owner's alone until he shares it; whoever runs it is answered what he may see himself.
func TestSavedQueries(t *testing.T) {
	h := governmentHouse(t)
	const input = `name: "By part", analysis: { dataset: "Projects", groupBy: [{ column: "Portfolio/Level2", as: "part" }], measures: [{ measure: "Projects" }] }`
	kept := h.answer(finance, `mutation { savedQueryCreate(input: { shared: false, `+input+` }) { errors { path code } number savedQuery { id version owner { id } shared dataset analysis run { totals { rows } groups rows { values } } } } }`, nil)
	id, _ := at(kept, "savedQueryCreate", "savedQuery", "id").(string)
	if id != "saved-query-1" || at(kept, "savedQueryCreate", "savedQuery", "analysis") != `{"dataset":"Projects","groupBy":[{"column":"Portfolio/Level2","as":"part"}],"measures":[{"measure":"Projects"}]}` {
		t.Fatalf("%v", kept)
	}
	ask := `{ savedQueries { totalCount } node(id: "saved-query-1") { ... on SavedQuery { name run { groups rows { values } } } } viewer { savedQueries { name } savedQuery(id: "saved-query-1") { run { groups rows { values } } } } }`
	if got := h.answer(finance, ask, nil); at(got, "node") != nil || at(got, "viewer", "savedQuery", "run", "groups") == nil {
		t.Fatalf("the owner gets %v", got)
	}
	if got := h.answer(defence, ask, nil); at(got, "node") != nil || at(got, "viewer", "savedQuery") != nil || len(at(got, "viewer", "savedQueries").([]any)) > 0 {
		t.Fatalf("somebody else gets %v", got)
	}
	if got := string(h.ask(defence, `mutation { savedQueryUpdate(input: { id: "saved-query-1", shared: true, `+input+` }) { errors { code } } }`, nil)); !strings.Contains(got, "NOT_FOUND") {
		t.Fatalf("somebody else changes it: %s", got)
	}
	shared := h.answer(finance, `mutation { savedQueryUpdate(input: { id: "saved-query-1", shared: true, `+input+` }) { errors { path code } savedQuery { shared } } }`, nil)
	if at(shared, "savedQueryUpdate", "savedQuery", "shared") != true {
		t.Fatalf("%v", shared)
	}
	all, part := h.answer(finance, ask, nil), h.answer(defence, ask, nil)
	if at(part, "node", "run", "groups") == nil || at(part, "savedQueries", "totalCount") != at(all, "savedQueries", "totalCount") || len(at(part, "node", "run", "rows").([]any)) >= len(at(all, "node", "run", "rows").([]any)) {
		t.Fatalf("everybody gets %v, who sees a part %v", all, part)
	}
	if got := string(h.ask(finance, `mutation { savedQueryCreate(input: { shared: false, name: "x", analysis: { dataset: "Projects", measures: [{ measure: "Truth" }] } }) { errors { path code } } }`, nil)); !strings.Contains(got, `"path":["input","analysis","measures","0","measure"],"code":"UNKNOWN_COLUMN"`) {
		t.Fatalf("what cannot be asked is kept: %s", got)
	}
	gone := h.answer(finance, `mutation { savedQueryDelete(input: { id: "saved-query-1" }) { errors { code } savedQuery { id } } }`, nil)
	if got := h.answer(defence, ask, nil); at(got, "node") != nil || at(gone, "savedQueryDelete", "savedQuery") != nil {
		t.Fatalf("it is still there: %v", got)
	}
}
