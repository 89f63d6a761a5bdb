package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

// inside are words that no answer may hold: those of a cause, of a driver, of the program itself.
var inside = []string{"hidden cause", "SQLSTATE", "constraint", "goroutine", ".go:", "map[string]", "reflect", "interface {}", "panic"}

// Every code is answered in one form, with its status, the request's id, and nothing of what lies behind it.
func TestEveryCode(t *testing.T) {
	cause := errors.New("hidden cause: SQLSTATE 23505 violates constraint users_pkey at store.go:12")
	for _, code := range fault.Codes {
		for _, accept := range []string{plain, response} {
			err := fault.Wrap(code.Kind, cause, "what the caller may know")
			err.Wait = 1500 * time.Millisecond
			r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(good))
			r.Header.Set("Accept", accept)
			w := httptest.NewRecorder()
			graph.Refuse(w, r.WithContext(graph.WithRequestID(r.Context(), "the-request")), err)
			var got struct {
				Data   *json.RawMessage
				Errors []struct {
					Message    string
					Extensions map[string]any
				}
			}
			must(json.Unmarshal(w.Body.Bytes(), &got))
			if w.Code != code.Status || got.Data != nil || len(got.Errors) != 1 || got.Errors[0].Extensions["code"] != string(code.Kind) || got.Errors[0].Extensions["requestId"] != "the-request" ||
				w.Header().Get("Retry-After") != "2" || got.Errors[0].Extensions["retryAfter"] != 2.0 || w.Header().Get("Content-Type") != accept+"; charset=utf-8" {
				t.Errorf("%s: %d %v %s", code.Kind, w.Code, w.Header(), w.Body)
			}
			for _, word := range inside {
				if strings.Contains(w.Body.String(), word) {
					t.Errorf("%s says %q: %s", code.Kind, word, w.Body)
				}
			}
		}
	}
	w := httptest.NewRecorder()
	if graph.Refuse(w, httptest.NewRequest(http.MethodGet, "/graphql", nil), cause); w.Code != 500 || strings.Contains(w.Body.String(), "hidden") {
		t.Errorf("an error without a kind: %d %s", w.Code, w.Body)
	}
}

// What is wrong with a document or with variables is said in few words, and none of the program's own.
func TestErrorsOfRequestsSayLittle(t *testing.T) {
	h := governmentHouse(t)
	for _, s := range []http.Handler{h.serving(graph.Options{}), h.serving(graph.Options{Executor: graph.Gqlgen}), h.serving(graph.Options{Dev: true})} {
		for _, body := range []string{
			`{"query": "query($id: ID!) { project(id: $id) { name } }", "variables": {"id": {"sent value": 1}}}`,
			`{"query": "query($o: ProjectOrder) { projects(order: $o) { totalCount } }", "variables": {"o": {"by": "sent value"}}}`,
			`{"query": "query($o: ProjectOrder) { projects(order: $o) { totalCount } }", "variables": {"o": "sent value"}}`,
			`{"query": "query($n: Int) { projects(first: $n) { totalCount } }", "variables": {"n": "sent value"}}`,
			`{"query": "query($d: Date!) { viewer { rollup(asOf: $d) { projects { total { value } } } } }", "variables": {"d": "sent value"}}`,
			`{"query": "query($k: KnownAt) { projects(knownAt: $k) { totalCount } }", "variables": {"k": {"number": "sent value"}}}`,
			`{"query": "query($k: KnownAt) { projects(knownAt: $k) { totalCount } }", "variables": {"k": {"time": "sent value"}}}`,
			`{"query": "query($k: KnownAt) { projects(knownAt: $k) { totalCount } }", "variables": {"k": {"atLeast": "sent value"}}}`,
			`{"query": "query($c: String) { projects(after: $c) { totalCount } }", "variables": {"c": "sent value"}}`,
			`{"query": "{ ` + strings.Repeat("nothing ", 400) + `}"}`,
			`{"query": "{ ` + strings.Repeat("n", 20_000) + ` }"}`,
		} {
			w := wire{body: body}.send(s)
			if !strings.Contains(w.Body.String(), `"errors"`) || !strings.Contains(w.Body.String(), "the-request") || w.Body.Len() > 16<<10 {
				t.Errorf("%.200s: %d bytes: %.400s", body, w.Body.Len(), w.Body)
			}
			for _, word := range inside {
				if strings.Contains(w.Body.String(), word) {
					t.Errorf("%s says %q: %.400s", body, word, w.Body)
				}
			}
		}
	}
}

// A panic outside of fields is answered as every fault of ours.
func TestPanicIsRefused(t *testing.T) {
	h := graph.WellFormed(graph.NewServer(panicking{}, graph.Options{Kept: 1 << 20}))
	wire{about: "a query", body: `{"query": "{ projects { totalCount } }"}`, status: 500, code: "INTERNAL", message: "internal error"}.check(t, h)
	w := wire{body: `{"query": "{ __schema { queryType { name } } }"}`, headers: []string{"Accept", "text/event-stream"}}.send(h)
	if !strings.Contains(w.Body.String(), `"code":"INTERNAL"`) || strings.Contains(w.Body.String(), "data\":") {
		t.Errorf("events: %s", w.Body)
	}
}

// panicking is a door that has lost its hinges.
type panicking struct{ broken }

func (panicking) View(context.Context, auth.Identity, journal.Query) (*state.View, error) {
	panic("hidden cause")
}
