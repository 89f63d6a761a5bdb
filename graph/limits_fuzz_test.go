package graph_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"pmograph/graph"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// addHostile gives a fuzzer what hostile requests are made of.
func addHostile(f *testing.F, add func(text string)) {
	for _, x := range append(hostileDocuments(), hostileBodies()...) {
		text, ok := x.body.(string)
		if !ok {
			b, err := json.Marshal(x.body)
			must(err)
			text = string(b)
		}
		if len(text) < 8<<10 {
			add(text)
		}
	}
}

// Any bytes that are sent as a request are answered with JSON and no fault of ours, by POST and by GET, whatever the headers say.
func FuzzRequest(f *testing.F) {
	s := governmentHouse(f).bounded()
	addHostile(f, func(text string) { f.Add(text, "application/json", "*/*", `"x"`) })
	f.Add(`{"query": "{ viewer { day } }"}`, `application/json; charset="`, `a/b;q=,;,*/*;q=0`, `W/"x", *, "`)
	f.Fuzz(func(t *testing.T, body, contentType, accept, unless string) {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		get := httptest.NewRequest(http.MethodGet, "/graphql", nil)
		get.URL.RawQuery = body
		if strings.HasPrefix(body, "{") {
			get.URL.RawQuery = url.Values{"query": {body}, "variables": {body}}.Encode()
		}
		for _, r := range []*http.Request{r, get} {
			r.Header.Set("Accept", accept)
			r.Header.Set("If-None-Match", unless)
			if graph.Streams(r) {
				continue
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), viewer)))
			if w.Code >= http.StatusInternalServerError || w.Body.Len() > 0 && !json.Valid(w.Body.Bytes()) {
				t.Fatalf("%d: %.300s", w.Code, w.Body)
			}
		}
	})
}

// A document that passes the limits can be planned and priced; one that does not is told so in few words.
func FuzzLimits(f *testing.F) {
	for _, x := range hostileDocuments() {
		if text := x.body.(map[string]any)["query"].(string); len(text) < 8<<10 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, errs := graph.ReadDocument(graph.DefaultLimits, text)
		for _, err := range errs {
			if len(errs) > 5 || !utf8.ValidString(err.Message) && utf8.ValidString(text) {
				t.Fatalf("%d errors, %q", len(errs), err.Message)
			}
		}
		if doc != nil {
			for _, op := range doc.Operations {
				compile(doc, op, nil)
			}
		}
	})
}

// What the product reads itself out of texts is the same when it is written and read again.
func FuzzTexts(f *testing.F) {
	for _, text := range []string{"", "project-1", "preview-project-1", "1.0123456789abcdef", "2020-02-29", "1.50", "-0.000001", "1e9", "NaN", "9999999999999999999", "\x00", strings.Repeat("9", 400)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if p, err := state.ParsePosition(text); err == nil {
			if again, err := state.ParsePosition(p.String()); err != nil || again != p {
				t.Errorf("position %q: %v, %v", text, again, err)
			}
		}
		if ref, ok := state.ParseID(text); ok && ref.ID <= 0 {
			t.Errorf("id %q: %+v", text, ref)
		}
		if d, err := vocab.ParseDate(text); err == nil {
			if again, err := vocab.ParseDate(d.String()); err != nil || again != d {
				t.Errorf("date %q: %v, %v", text, again, err)
			}
		}
		var (
			position read.Position
			decimal  read.GivenDecimal
			long     read.Long
			date     vocab.Date
		)
		for _, given := range []any{text, json.Number(text)} {
			_ = position.UnmarshalGQL(given)
			_ = decimal.UnmarshalGQL(given)
			_ = long.UnmarshalGQL(given)
			_ = date.UnmarshalGQL(given)
		}
	})
}

// Cursors that nobody gave are refused, whatever list they are sent for.
func FuzzCursors(f *testing.F) {
	h := governmentHouse(f)
	for _, text := range []string{"", "x", "AAAA", "eyJ9", strings.Repeat("A", 1000)} {
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, cursor string, after bool) {
		if !utf8.ValidString(cursor) {
			t.Skip()
		}
		side := map[bool]string{true: "after", false: "before"}[after]
		body, err := json.Marshal(map[string]any{"query": `query($c: String) { projects(` + side + `: $c) { totalCount } portfolios(` + side + `: $c) { totalCount } milestones(` + side + `: $c) { totalCount } }`,
			"variables": map[string]any{"c": cursor}})
		must(err)
		w := posted(h.h, string(body))
		if strings.Contains(w.Body.String(), `"INTERNAL"`) {
			t.Fatalf("%q: %.300s", cursor, w.Body)
		}
	})
}
