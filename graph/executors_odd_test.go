package graph_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/graph/plan/plantest"
)

// Requests that no generator of valid documents makes: what cannot be read, is not valid, names no operation, or is not JSON.
func TestExecutorsRefuseAlike(t *testing.T) {
	a := newArena(t, "government", government(), everythingHouse)
	deep := "{ viewer { nodes { node { id ... on Portfolio { " + strings.Repeat("parent { ", 60) + "id" + strings.Repeat(" }", 60) + " } } } } }"
	for _, query := range []string{
		"", " ", "{", "}", "{ }", "nonsense", "{ nonsense }", "{ viewer }", "{ viewer { day { x } } }", "query A { viewer { day } } query A { __typename }", "{ viewer { day } } { __typename }",
		"fragment F on Query { viewer { day } }", "{ ...F }", "{ ...F } fragment F on Query { ...F }", "{ viewer { ...F } } fragment F on Project { id }", "query ($a: Nothing) { viewer { day } }",
		"query ($a: Int) { viewer { day } }", "{ projects(first: $a) { totalCount } }", "{ projects(first: \"a\") { totalCount } }", "{ projects(last: 99999999999999999999) { totalCount } }",
		"{ node { id } }", "{ node(id: null) { id } }", "{ node(id: {}) { id } }", "{ projects(first: 1, first: 2) { totalCount } }", "{ viewer { day @skip } }", "{ viewer { day @nothing } }", "{ viewer { day @skip(if: 1) } }",
		"{ a: projects(first: 1) { totalCount } a: projects(first: 2) { totalCount } }", "{ node(id: \"project-1\") { ... on Project { a: name } ... on Portfolio { a: id } } }", "subscription { projectChanged(id: \"project-1\") { position } }",
		"mutation { viewer { day } }", "{ __schema { queryType { name } } }", "{ __type(name: \"Project\") { name fields { name } } }", "\ufeff{ viewer { day } }", "{ viewer { day } } # \u2028", deep,
		strings.Repeat("{ viewer { day } } ", 260), `{ node(id: "\ud83d\ude00") { id } }`, `{ node(id: """ block "quoted" """) { id } }`,
	} {
		for _, accept := range []string{"", "application/graphql-response+json", "text/html"} {
			for _, get := range []bool{false, true} {
				q := plantest.Request{Query: query, Get: get}
				if _, difference := a.differs(finance, accept, q); difference != "" {
					t.Errorf("%s (%q): %s", q, accept, difference)
				}
			}
		}
	}
	raw := func(h http.Handler, r *http.Request) plantest.Answer {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), finance)))
		return plantest.Answer{Status: w.Code, ContentType: w.Header().Get("Content-Type"), Body: w.Body.Bytes()}
	}
	for _, x := range []struct{ method, kind, address, body string }{
		{"POST", "application/json", "/graphql", ""}, {"POST", "application/json", "/graphql", "{"}, {"POST", "application/json", "/graphql", "null"}, {"POST", "application/json", "/graphql", "[]"},
		{"POST", "application/json", "/graphql", `{"query":"{viewer{day}}","variables":[]}`}, {"POST", "application/json", "/graphql", `{"query":5}`}, {"POST", "application/json", "/graphql", `{"query":"{viewer{day}}"} rest`},
		{"POST", "application/json; charset=utf-8", "/graphql", `{"query":"{viewer{day}}","extensions":{"a":1},"nothing":2}`}, {"POST", "text/plain", "/graphql", `{"query":"{viewer{day}}"}`}, {"POST", "", "/graphql", `{"query":"{viewer{day}}"}`},
		{"PUT", "application/json", "/graphql", `{"query":"{viewer{day}}"}`}, {"HEAD", "", "/graphql?query={viewer{day}}", ""}, {"GET", "", "/graphql", ""}, {"GET", "", "/graphql?query=%7Bviewer%7Bday%7D%7D&variables=%7B", ""},
		{"GET", "", "/graphql?query=%7Bviewer%7Bday%7D%7D&extensions=5", ""}, {"GET", "", "/graphql?query=%7Bviewer%7Bday%7D%7D&variables=null", ""}, {"GET", "", "/graphql?query=%zz", ""},
		{"GET", "", "/graphql?query=mutation%7BportfolioDelete(input:%7Bid:%22portfolio-1%22%7D,preview:true)%7Bnumber%7D%7D", ""},
	} {
		sent := func() *http.Request {
			r := httptest.NewRequest(x.method, x.address, strings.NewReader(x.body))
			r.Header.Set("Content-Type", x.kind)
			return r
		}
		if d := plantest.Difference(raw(a.reference, sent()), raw(a.planned, sent())); d != "" {
			t.Errorf("%v: %s", x, d)
		}
	}
}

// A question that waits for what does not come is answered alike when its time is over.
func TestExecutorsWaitAlike(t *testing.T) {
	a := newArena(t, "government", government(), everythingHouse)
	q := plantest.Request{Query: `{ a: projects(knownAt: { atLeast: "9999.0000000000000000" }) { totalCount } b: viewer { day } }`}
	ask := func(h http.Handler) plantest.Answer {
		return pose(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), 200*time.Millisecond)
			defer cancel()
			h.ServeHTTP(w, r.WithContext(ctx))
		}), finance, "", q)
	}
	x := ask(a.reference)
	if d := plantest.Difference(x, ask(a.planned)); d != "" || !bytes.Contains(x.Body, []byte("UNAVAILABLE")) {
		t.Errorf("%s: %s", d, x.Body)
	}
}

// Answers that are sent in parts are the same: whatever turns out to be wrong is told before the first part, or takes nothing back.
func TestPartsMakeTheSameAnswer(t *testing.T) {
	n := uint64(4_000)
	if testing.Short() {
		n = 400
	}
	list := arenas(t)
	parted, withErrors := 0, 0
	for _, a := range list {
		a.planned.(*graph.Server).SendPartsOf(40)
	}
	ask := func(a *arena, id auth.Identity, q plantest.Request) {
		answer, difference := a.differs(id, "", q)
		if difference != "" {
			a.report(t, id, "", q)
		}
		if pose(a.planned, id, "", q).Parted {
			if parted++; bytes.HasPrefix(answer.Body, []byte(`{"errors"`)) {
				withErrors++
			}
		}
	}
	for _, query := range []string{
		`{ a: projects { nodes { id } } nodes(ids: [], knownAt: { time: "x" }) { id } b: projects { nodes { id } } }`,
		`{ portfolios { nodes { id children { nodes { id } } rollup(asOf: "x") { asOf } projects { nodes { id } } } } b: projects { nodes { id } } }`,
		`{ a: projects { nodes { id } } portfolio { id } b: projects { nodes { id } } }`,
	} {
		ask(list[0], finance, plantest.Request{Query: query})
	}
	for seed := range n {
		if a := list[seed%uint64(len(list))]; !t.Failed() {
			ask(a, a.askers[seed/uint64(len(list))%uint64(len(a.askers))], a.documents.Document(seed))
		}
	}
	if t.Logf("%d answers in parts, %d with errors", parted, withErrors); parted < int(n)/20 || withErrors < int(n)/1000 {
		t.Errorf("only %d answers came in parts, %d with errors", parted, withErrors)
	}
}
