package graph_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"pmograph/graph"
	"pmograph/internal/state"
)

const register = `mutation($name: String!, $text: String!) { documentRegister(input: {name: $name, text: $text}) {
  document { id documentId name text problem registeredBy { id } createdAt } errors { path code message } } }`

// A document that the office registers is answered by every server of the record, as whoever asks it; one that is revoked by none.
func TestDocumentsOnRecord(t *testing.T) {
	h := governmentHouse(t)
	other := h.serving(graph.Options{Kept: 1 << 20})
	text := "query Long { projects(first: 3) { nodes { " + strings.Repeat("name ", 2000) + "} } }"
	byID := map[string]any{"documentId": graph.DocumentID(text)}
	if w := post(other, viewer, byID); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"code":"NOT_FOUND"`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	made := at(h.answer(office, register, map[string]any{"name": "Long", "text": text}), "documentRegister")
	if len(at(made, "errors").([]any)) > 0 || at(made, "document", "documentId") != graph.DocumentID(text) || at(made, "document", "text") != text || at(made, "document", "problem") != nil {
		t.Fatalf("%.300v", made)
	}
	for what, body := range map[string]map[string]any{"by its identifier": byID, "by its text": {"query": text},
		"as clients of others do": {"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": strings.TrimPrefix(graph.DocumentID(text), "sha256:")}}}} {
		if w := post(other, viewer, body); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"data":{"projects":{"nodes":[{"name"`) {
			t.Errorf("%s: %d %.300s", what, w.Code, w.Body)
		}
	}
	if n := other.Executions(); n.Planned+n.Shared != 3 || n.Planned != 1 || len(n.Others) != 0 {
		t.Errorf("%+v", n)
	}
	seen := at(h.answer(viewer, `{ registeredDocuments { totalCount nodes { id name documentId problem createdAt } } }`, nil), "registeredDocuments")
	if at(seen, "totalCount") != 1.0 || at(seen, "nodes", 0, "name") != "Long" {
		t.Errorf("%v", seen)
	}
	h.answer(office, `mutation($id: ID!) { documentRevoke(input: {id: $id}) { document { id } errors { code } } }`, map[string]any{"id": at(made, "document", "id")})
	if w := post(other, viewer, byID); !strings.Contains(w.Body.String(), `"code":"NOT_FOUND"`) {
		t.Errorf("revoked: %s", w.Body)
	}
	if w := post(other, viewer, map[string]any{"query": text}); !strings.Contains(w.Body.String(), `"code":"GRAPHQL_PARSE_FAILED"`) {
		t.Errorf("revoked, by its text: %s", w.Body)
	}
}

// What cannot be asked is not registered, and told by line and column; whoever may not register is told nothing else.
func TestDocumentsAreChecked(t *testing.T) {
	h := governmentHouse(t)
	for text, want := range map[string]string{
		"{\n  nothing }": "INVALID_DOCUMENT 2:3: Cannot query field", "{": "INVALID_DOCUMENT 1:2", "fragment F on Project { name }": "INVALID_DOCUMENT 1:1: Fragment",
		"{ viewer { day } } #" + strings.Repeat("x", 64<<10): "TOO_LONG a document has at most 64 KiB", "{" + strings.Repeat(" a", 11_000) + "}": "INVALID_DOCUMENT exceeded token limit",
	} {
		got := at(h.answer(office, register, map[string]any{"name": "Bad", "text": text}), "documentRegister", "errors", 0)
		if said := fmt.Sprint(at(got, "code"), " ", at(got, "message")); !strings.HasPrefix(said, want) || fmt.Sprint(at(got, "path")) != "[input text]" {
			t.Errorf("%.50s: %.300v", text, got)
		}
		if got := at(h.answer(finance, register, map[string]any{"name": "Bad", "text": text}), "documentRegister", "errors", 0); at(got, "code") != "FORBIDDEN" {
			t.Errorf("%.50s by finance: %.300v", text, got)
		}
	}
}

// A document on record that this version cannot answer is reported, and keeps nobody from asking others.
func TestDocumentsThatDoNotFitAnyMore(t *testing.T) {
	h := governmentHouse(t)
	h.do("documentRegister", func(d *state.Draft) error {
		for _, text := range []string{"{ gone }", "{ viewer { day } }"} {
			x := state.RegisteredDocuments.New(d)
			x.Name, x.Text, x.DocumentID = text, text, graph.DocumentID(text)
			must(state.RegisteredDocuments.Put(d, x))
		}
		return nil
	})
	var log bytes.Buffer
	s := graph.NewServer(h.j, graph.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if got := log.String(); strings.Count(got, "cannot be answered") != 1 || !strings.Contains(got, graph.DocumentID("{ gone }")) {
		t.Errorf("the log says %s", got)
	}
	if w := post(s, finance, map[string]any{"documentId": graph.DocumentID("{ gone }")}); !strings.Contains(w.Body.String(), `"code":"GRAPHQL_VALIDATION_FAILED"`) || !strings.Contains(w.Body.String(), "1:3") {
		t.Errorf("%s", w.Body)
	}
	if w := post(s, finance, map[string]any{"documentId": graph.DocumentID("{ viewer { day } }")}); !strings.Contains(w.Body.String(), `"day":"2022`) {
		t.Errorf("%s", w.Body)
	}
	got := at(h.answer(finance, `{ registeredDocuments { nodes { name problem } } }`, nil), "registeredDocuments", "nodes").([]any)
	if len(got) != 2 || !strings.HasPrefix(at(got[0], "problem").(string), "1:3: Cannot query field") || at(got[1], "problem") != nil {
		t.Errorf("%v", got)
	}
}

// A server that demands it answers registered documents, of its directory and on record, and nothing else.
func TestDocumentsOnly(t *testing.T) {
	h := governmentHouse(t)
	d, err := graph.ReadDocuments(graph.Schema(), fstest.MapFS{"names.graphql": {Data: []byte(names)}})
	must(err)
	s := graph.WellFormed(h.serving(graph.Options{Documents: d, DocumentsOnly: true}))
	h.answer(office, register, map[string]any{"name": "Day", "text": "{ viewer { day } }"})
	for text, code := range map[string]string{names: "", "{ viewer { day } }": "", "{ viewer { day }  }": "DOCUMENT_REQUIRED", "{ __schema { queryType { name } } }": "DOCUMENT_REQUIRED",
		"mutation { portfolioDelete(input: {id: \"portfolio-1\"}) { number } }": "DOCUMENT_REQUIRED", "{": "DOCUMENT_REQUIRED", "": "DOCUMENT_REQUIRED"} {
		body := fmt.Sprintf(`{"query": %q}`, text)
		status := map[string]int{"": 200, "DOCUMENT_REQUIRED": 403}[code]
		wire{about: text, body: body, headers: []string{"Accept", response}, status: status, code: code}.check(t, s)
		wire{about: text, body: body, status: 200, code: code}.check(t, s)
	}
	w := wire{body: `{"query": "subscription { journalAppended { number } }"}`, headers: []string{"Accept", "text/event-stream"}}.send(s)
	if !strings.Contains(w.Body.String(), "DOCUMENT_REQUIRED") {
		t.Errorf("%s", w.Body)
	}
	wire{about: "by its identifier", body: fmt.Sprintf(`{"documentId": %q}`, graph.DocumentID(names)), status: 200}.check(t, s)
}

// The schema is open to the office, and to everybody who is known on a server for development; where it is not, errors suggest no names.
func TestIntrospectionByMode(t *testing.T) {
	h := governmentHouse(t)
	production, dev := h.serving(graph.Options{}), h.serving(graph.Options{Dev: true})
	own := h.serving(graph.Options{Executor: graph.Gqlgen})
	for _, text := range []string{"{ __schema { queryType { name } } }", "{ viewer { day } ...F } fragment F on Query { a: __type(name: \"Project\") { name } }", "{ ... @include(if: true) { __schema { queryType { name } } } }"} {
		body := map[string]any{"query": text}
		for who, s := range map[string]http.Handler{"finance": production, "finance, gqlgen": own} {
			if w := post(s, finance, body); !strings.HasPrefix(w.Body.String(), `{"errors":`) || !strings.Contains(w.Body.String(), `"code":"FORBIDDEN"`) {
				t.Errorf("%s, %s: %s", who, text, w.Body)
			}
		}
		for who, w := range map[string]string{"office": post(production, office, body).Body.String(), "admin": post(production, admin, body).Body.String(), "finance, dev": post(dev, finance, body).Body.String()} {
			if strings.Contains(w, "errors") {
				t.Errorf("%s, %s: %s", who, text, w)
			}
		}
	}
	for _, text := range []string{"{ viewr { day } }", "{ viewer { dya } }", "{ viewer }", "{ projects(frist: 3) { totalCount } }", "{ ...on Querry { __typename } }", "query($x: Strng) { __typename }",
		"{ projects(orderBy: {field: NAM}) { totalCount } }", "{ projects(filter: {healht: RED}) { totalCount } }", "mutation { projectHealthDeclare(input: {id: \"project-1\", health: REDD}) { number } }"} {
		body := map[string]any{"query": text}
		if got := post(production, admin, body).Body.String(); strings.Contains(got, "Did you mean") || !strings.Contains(got, "GRAPHQL_VALIDATION_FAILED") {
			t.Errorf("%s: %s", text, got)
		}
		if got := post(dev, finance, body).Body.String(); !strings.Contains(got, "Did you mean") && !strings.ContainsAny(text, "$.") && !strings.Contains(text, "filter") {
			t.Errorf("%s, dev: %s", text, got)
		}
	}
}
