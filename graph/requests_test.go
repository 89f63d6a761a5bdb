package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/vocab"
)

// serving is a server with options of its own over a house's record.
func (h *house) serving(o graph.Options) *graph.Server {
	o.Log, o.Access = slog.New(slog.DiscardHandler), accessed(h.t)
	return graph.NewServer(h.j, o)
}

// get asks by GET; headers come in pairs.
func get(s http.Handler, id auth.Identity, values url.Values, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/graphql?"+values.Encode(), nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), id)))
	return w
}

func query(text string, variables ...string) url.Values {
	v := url.Values{"query": {text}}
	if len(variables) > 0 {
		v.Set("variables", variables[0])
	}
	return v
}

func post(s http.Handler, id auth.Identity, body map[string]any) *httptest.ResponseRecorder {
	text, err := json.Marshal(body)
	must(err)
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(text))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), id)))
	return w
}

const names = `query($p: ID) { projects(first: 3, filter: {portfolio: $p}) { nodes { name } } }`

// Who says what he has is told that it is still right, and nothing is executed; whatever the answer follows from makes another tag.
func TestEntityTags(t *testing.T) {
	h := governmentHouse(t)
	s := h.serving(graph.Options{Build: "one"})
	first := get(s, finance, query(names))
	tag := first.Header().Get("ETag")
	if first.Code != http.StatusOK || len(tag) < 20 || !strings.HasPrefix(tag, `W/"`) {
		t.Fatalf("%d, tag %q: %s", first.Code, tag, first.Body)
	}
	for _, has := range []string{tag, strings.TrimPrefix(tag, "W/"), `"other", ` + tag} {
		if w := get(s, finance, query(names), "If-None-Match", has); w.Code != http.StatusNotModified || w.Body.Len() != 0 || w.Header().Get("ETag") != tag || w.Header().Get("Content-Type") != "" {
			t.Errorf("%s: %d %q %s", has, w.Code, w.Header(), w.Body)
		}
	}
	if n := s.Executions(); n.Planned != 1 || n.Unchanged != 3 {
		t.Errorf("%+v", n)
	}
	differs := func(what string, w *httptest.ResponseRecorder) {
		t.Helper()
		if other := w.Header().Get("ETag"); w.Code != http.StatusOK || other == "" || other == tag {
			t.Errorf("%s: %d, tag %q: %s", what, w.Code, other, w.Body)
		}
	}
	if w := get(s, finance, query("query Other($p: ID) { ...F } fragment F on Query { projects(first: 3, filter: {portfolio: $p}) { nodes { name } } }")); w.Header().Get("ETag") != tag {
		t.Error("the same in other words has another tag")
	}
	differs("another question", get(s, finance, query(`{ projects(first: 4) { nodes { name } } }`), "If-None-Match", tag))
	differs("other variables", get(s, finance, query(names, `{"p": "portfolio-2"}`), "If-None-Match", tag))
	differs("other rights", get(s, viewer, query(names), "If-None-Match", tag))
	differs("another form", get(s, finance, query(names), "If-None-Match", tag, "Accept", "application/graphql-response+json"))
	differs("another program", get(h.serving(graph.Options{Build: "two"}), finance, query(names), "If-None-Match", tag))
	if w := get(h.serving(graph.Options{Build: "one"}), finance, query(names)); w.Header().Get("ETag") != tag {
		t.Error("another process of the same program has another tag")
	}
	for what, text := range map[string]string{
		"who is asking is told": `{ viewer { day } }`, "an error": `{ project(id: "project-1", path: "GOV/MOD/AJAX") { name } }`, "introspection": `{ __schema { queryType { name } } }`, "no document": `{`,
	} {
		if w := get(s, finance, query(text), "If-None-Match", "*"); w.Header().Get("ETag") != "" || w.Code == http.StatusNotModified {
			t.Errorf("%s: %d, tag %q", what, w.Code, w.Header().Get("ETag"))
		}
	}
	if w := post(s, finance, map[string]any{"query": names}); w.Header().Get("ETag") != "" {
		t.Error("a POST has a tag")
	}
	h.rename(1, "Renamed")
	differs("another record", get(s, finance, query(names), "If-None-Match", tag))
}

// Equal questions are answered once while nothing changes: by the same bytes, for whoever has equal rights.
func TestKeptAnswers(t *testing.T) {
	h := governmentHouse(t)
	s, plain := h.serving(graph.Options{Kept: 1 << 20}), h.serving(graph.Options{})
	same := who("another", role(vocab.RoleFinance, "")) // with equal rights
	executed := 0
	ask := func(what string, id auth.Identity, run int, text string, variables map[string]any) {
		t.Helper()
		body := map[string]any{"query": text, "variables": variables}
		want := post(plain, id, body)
		for range 2 {
			if got := post(s, id, body); got.Code != want.Code || got.Body.String() != want.Body.String() || fmt.Sprint(got.Header()) != fmt.Sprint(want.Header()) {
				t.Errorf("%s: %s, want %s", what, got.Body, want.Body)
			}
		}
		executed += run
		if n := s.Executions(); n.Planned != executed {
			t.Errorf("%s: %+v, want %d executed", what, n, executed)
			executed = n.Planned
		}
	}
	ask("the first", finance, 1, names, nil)
	ask("equal rights", same, 0, names, nil)
	ask("other words", finance, 0, strings.ReplaceAll(names, "{ ", "{\n"), nil)
	ask("other rights", viewer, 1, names, nil)
	ask("a variable", finance, 1, names, map[string]any{"p": "portfolio-2"})
	ask("another", finance, 1, names, map[string]any{"p": "portfolio-3"})
	ask("null", finance, 1, names, map[string]any{"p": nil}) // null is given, and may mean something else than nothing
	ask("the past", finance, 1, `{ projects(first: 1, knownAt: {number: "3"}) { nodes { name } } }`, nil)
	ask("who is asking", finance, 2, `{ viewer { user { id } } }`, nil)
	ask("who else", same, 2, `{ viewer { user { id } } }`, nil)
	ask("an error", finance, 2, `{ project(id: "project-1", path: "GOV/MOD/AJAX") { name } }`, nil)
	ask("a preview", finance, 2, `mutation { projectHealthDeclare(input: {id: "project-1", health: RED}, preview: true) { preview errors { code } } }`, nil)
	h.rename(1, "Renamed")
	ask("another record", finance, 1, names, nil)
	if n := s.Executions(); n.Shared == 0 || n.Unchanged != 0 || len(n.Others) != 0 {
		t.Errorf("%+v", n)
	}
}

// A wall of equal dashboards costs one execution, also while all of them ask at once.
func TestOneExecutionForMany(t *testing.T) {
	h := governmentHouse(t)
	s := h.serving(graph.Options{Kept: 1 << 20})
	for round := 1; round <= 20; round++ {
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if w := post(s, finance, map[string]any{"query": names}); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"data":{"projects"`) {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
		all.Wait()
		if n := s.Executions(); n.Planned != round || n.Planned+n.Shared != 16*round {
			t.Fatalf("round %d: %+v", round, n)
		}
		h.rename(1, fmt.Sprint("Name ", round))
	}
}

// Kept answers take no more than they may: what was asked for lately stays.
func TestKeptAnswersAreBounded(t *testing.T) {
	h := governmentHouse(t)
	s := h.serving(graph.Options{Kept: 4096})
	often := map[string]any{"query": names}
	for i := range 100 {
		post(s, finance, often)
		post(s, finance, map[string]any{"query": names, "variables": map[string]any{"p": fmt.Sprint("portfolio-", 100+i)}})
	}
	if n := s.Executions(); n.Planned != 101 {
		t.Errorf("%+v", n)
	}
	if n := s.KeptBytes(); n == 0 || n > 4096 {
		t.Errorf("%d bytes are kept", n)
	}
}

// Registered documents are asked by their identifier; they may be longer than others, and what is wrong with one is said when it is read.
func TestRegisteredDocuments(t *testing.T) {
	long := "query Long { projects(first: 1) { nodes { " + strings.Repeat("name ", 2000) + "} } }"
	d, err := graph.ReadDocuments(graph.Schema(), fstest.MapFS{
		"names.graphql": {Data: []byte(names)}, "below/long.graphql": {Data: []byte(long)}, "README.md": {Data: []byte("not a document")},
		"rename.graphql": {Data: []byte(`mutation($id: ID!) { projectHealthDeclare(input: {id: $id, health: RED}, preview: true) { preview } }`)},
	})
	must(err)
	h := governmentHouse(t)
	s := h.serving(graph.Options{Documents: d, Kept: 1 << 20})
	want := get(s, finance, query(names)).Body.String()
	byID := get(s, finance, url.Values{"documentId": {graph.DocumentID(names)}})
	if byID.Body.String() != want || byID.Header().Get("ETag") == "" {
		t.Errorf("%s, tag %q", byID.Body, byID.Header().Get("ETag"))
	}
	if w := post(s, finance, map[string]any{"documentId": graph.DocumentID(names), "variables": map[string]any{"p": nil}}); w.Body.String() != want {
		t.Errorf("%s", w.Body)
	}
	if w := post(s, finance, map[string]any{"documentId": graph.DocumentID(long)}); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"name"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := post(s, finance, map[string]any{"query": "#\n" + long}); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "GRAPHQL_PARSE_FAILED") {
		t.Errorf("as long, and not registered: %d", w.Code)
	}
	if w := get(s, finance, url.Values{"documentId": {graph.DocumentID(names)}, "query": {names}}); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "BAD_REQUEST") {
		t.Errorf("both: %d %s", w.Code, w.Body)
	}
	for accept, status := range map[string]int{"application/json": http.StatusOK, "application/graphql-response+json": http.StatusNotFound} {
		if w := get(s, finance, url.Values{"documentId": {"sha256:00"}}, "Accept", accept); w.Code != status || !strings.Contains(w.Body.String(), "NOT_FOUND") {
			t.Errorf("unknown, %s: %d %s", accept, w.Code, w.Body)
		}
	}
	if w := get(s, finance, url.Values{"documentId": {graph.DocumentID(`mutation($id: ID!) { projectHealthDeclare(input: {id: $id, health: RED}, preview: true) { preview } }`)}, "variables": {`{"id": "project-1"}`}}); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("a mutation by GET: %d", w.Code)
	}
	for text, want := range map[string]string{"{ nothing }": `bad.graphql:1:3: Cannot query field "nothing"`, "{": "bad.graphql:1:2", "fragment F on Project { name }": "bad.graphql"} {
		if _, err := graph.ReadDocuments(graph.Schema(), fstest.MapFS{"dir/bad.graphql": {Data: []byte(text)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// What plans do not cover is answered by gqlgen's executor, and counted by its reason: introspection is all there is.
func TestOtherExecutor(t *testing.T) {
	h := governmentHouse(t)
	s := h.serving(graph.Options{Dev: true})
	for _, text := range []string{`{ __schema { queryType { name } } }`, `{ projects { totalCount } __type(name: "Project") { name } }`, `{ __typename projects { totalCount } }`} {
		if w := post(s, finance, map[string]any{"query": text}); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "errors") {
			t.Errorf("%s: %d %s", text, w.Code, w.Body)
		}
	}
	if n := s.Executions(); n.Planned != 1 || fmt.Sprint(n.Others) != "map[field Query.__schema:1 field Query.__type:1]" {
		t.Errorf("%+v", n)
	}
	own := h.serving(graph.Options{Executor: graph.Gqlgen})
	if w := post(own, finance, map[string]any{"query": names}); w.Body.String() != post(s, finance, map[string]any{"query": names}).Body.String() || own.Executions().Planned != 0 {
		t.Errorf("gqlgen's own: %s", w.Body)
	}
}

// A large answer goes out in parts, and says the same as in one.
func TestLargeAnswer(t *testing.T) {
	h := governmentHouse(t)
	var text strings.Builder
	text.WriteString("{ projects(first: 25) { nodes { ")
	for i := range 180 {
		fmt.Fprintf(&text, "this_is_alias_number_%d: name ", i)
	}
	text.WriteString("} } }")
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.serving(graph.Options{Kept: 1 << 20}).ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), finance)))
	}))
	defer s.Close()
	res, err := http.Get(s.URL + "/graphql?" + query(text.String()).Encode())
	must(err)
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	must(err)
	want := post(h.serving(graph.Options{Executor: graph.Gqlgen}), finance, map[string]any{"query": text.String()}).Body.Bytes()
	if !bytes.Equal(got, want) || len(got) < 100<<10 || res.ContentLength != -1 || res.Header.Get("ETag") != "" {
		t.Errorf("%d bytes, want %d; length %d, tag %q", len(got), len(want), res.ContentLength, res.Header.Get("ETag"))
	}
}

// An answer costs few allocations that do not come from what is shown.
func TestAnswersAllocateLittle(t *testing.T) {
	h := governmentHouse(t)
	for _, x := range []struct {
		about string
		kept  int
		text  string
		most  float64
	}{{"nothing but the type", 0, `{ __typename }`, 64}, {"kept", 1 << 20, names, 68}} {
		s := h.serving(graph.Options{Kept: x.kept})
		body, err := json.Marshal(map[string]any{"query": x.text})
		must(err)
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.Header.Set("Content-Type", "application/json")
		r = r.WithContext(graph.WithIdentity(r.Context(), finance))
		w := httptest.NewRecorder()
		if n := testing.AllocsPerRun(100, func() {
			r.Body = io.NopCloser(bytes.NewReader(body))
			w.Body.Reset()
			clear(w.Header())
			s.ServeHTTP(w, r)
		}); n > x.most {
			t.Errorf("%s: %v allocations", x.about, n)
		}
	}
}
