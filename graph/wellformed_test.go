package graph_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pmograph/graph"
)

// wire is a request as it comes in, and what is expected of its answer.
type wire struct {
	about   string
	method  string // POST if empty
	query   string // of the address
	body    string
	headers []string // in pairs; a POST has its content type by itself unless it names one
	status  int
	code    string // of the one error; empty if there is none
	message string // a part of its message
}

func (x wire) send(h http.Handler) *httptest.ResponseRecorder {
	method := x.method
	if method == "" {
		method = http.MethodPost
	}
	r := httptest.NewRequest(method, "/graphql?"+x.query, strings.NewReader(x.body))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(x.headers); i += 2 {
		if r.Header.Set(x.headers[i], x.headers[i+1]); x.headers[i+1] == "" {
			r.Header.Del(x.headers[i])
		}
	}
	w := httptest.NewRecorder()
	ctx := graph.WithRequestID(graph.WithIdentity(r.Context(), finance), "the-request")
	h.ServeHTTP(w, r.WithContext(ctx))
	return w
}

// Every request that is not executed is answered in one form: errors with a code and the request's id, and no data, not even null.
func (x wire) check(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	w := x.send(h)
	answer := map[string]json.RawMessage{}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Errorf("%s: %v: %s", x.about, err, w.Body)
		return w
	}
	var errs []struct {
		Message    string
		Extensions struct{ Code, RequestID string }
	}
	_ = json.Unmarshal(answer["errors"], &errs)
	_, data := answer["data"]
	switch {
	case w.Code != x.status:
		t.Errorf("%s: status %d, want %d: %s", x.about, w.Code, x.status, w.Body)
	case x.code == "" && (len(errs) > 0 || !data):
		t.Errorf("%s: %s", x.about, w.Body)
	case x.code != "" && (len(errs) == 0 || data || errs[0].Extensions.Code != x.code || errs[0].Extensions.RequestID != "the-request" || !strings.Contains(errs[0].Message, x.message)):
		t.Errorf("%s: want %s with %q: %s", x.about, x.code, x.message, w.Body)
	}
	if strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "map[string]") {
		t.Errorf("%s: it says too much: %s", x.about, w.Body)
	}
	if kind := w.Header().Get("Content-Type"); !strings.HasSuffix(kind, "json; charset=utf-8") || w.Header().Get("Content-Length") == "" {
		t.Errorf("%s: %v", x.about, w.Header())
	}
	return w
}

const (
	response = "application/graphql-response+json"
	good     = `{"query": "{ __typename }"}`
)

// What is asked is read by the specification of GraphQL over HTTP; what is wrong is said by its rules.
func TestRequestsAreWellFormed(t *testing.T) {
	h := graph.WellFormed(governmentHouse(t).serving(graph.Options{}))
	accept := func(types string) []string { return []string{"Accept", types} }
	content := func(kind string) []string { return []string{"Content-Type", kind} }
	for _, x := range []wire{
		{about: "plain", body: good, status: 200},
		{about: "with a charset", body: good, headers: content("application/json; charset=UTF-8"), status: 200},
		{about: "by GET", method: "GET", query: url.Values{"query": {"{ __typename }"}, "variables": {"{}"}}.Encode(), status: 200},
		{about: "nulls say nothing", body: `{"query": "{ __typename }", "variables": null, "operationName": null, "extensions": null, "documentId": null}`, status: 200},
		{about: "what nobody knows is passed over", body: `{"query": "{ __typename }", "more": [1]}`, status: 200},
		{about: "an empty name is none", method: "GET", query: "operationName=&query=%7B__typename%7D", status: 200},

		{about: "PUT", method: "PUT", status: 405, code: "BAD_REQUEST", message: "by POST, or a query by GET"},
		{about: "HEAD", method: "DELETE", status: 405, code: "BAD_REQUEST"},
		{about: "no content type", body: good, headers: content(""), status: 415, code: "BAD_REQUEST", message: "application/json"},
		{about: "plain text", body: good, headers: content("text/plain"), status: 415, code: "BAD_REQUEST"},
		{about: "a form", body: "query=%7B__typename%7D", headers: content("application/x-www-form-urlencoded"), status: 415, code: "BAD_REQUEST"},
		{about: "multipart", body: "--x", headers: content("multipart/form-data; boundary=x"), status: 415, code: "BAD_REQUEST"},
		{about: "GraphQL itself", body: "{ __typename }", headers: content("application/graphql"), status: 415, code: "BAD_REQUEST"},
		{about: "another charset", body: good, headers: content("application/json; charset=utf-16"), status: 415, code: "BAD_REQUEST"},
		{about: "compressed", body: "\x1f\x8b", headers: []string{"Content-Encoding", "gzip"}, status: 415, code: "BAD_REQUEST", message: "Content-Encoding"},
		{about: "nothing acceptable", body: good, headers: accept("text/html, application/xml;q=0.9"), status: 406, code: "BAD_REQUEST", message: response},
		{about: "JSON unwanted", body: good, headers: accept("application/json;q=0"), status: 406, code: "BAD_REQUEST"},
		{about: "events by GET", method: "GET", query: "query=%7B__typename%7D", headers: accept("text/event-stream"), status: 406, code: "BAD_REQUEST"},

		{about: "no body", status: 400, code: "BAD_REQUEST", message: "ends too early"},
		{about: "not JSON", body: `{"query": "{ secret`, status: 400, code: "BAD_REQUEST", message: "not a JSON object"},
		{about: "broken JSON", body: `{"query": secret}`, status: 400, code: "BAD_REQUEST", message: "broken at byte 11"},
		{about: "two values", body: good + good, status: 400, code: "BAD_REQUEST", message: "goes on behind its end"},
		{about: "not UTF-8", body: "{\"query\": \"{ __typename } # \xff\"}", status: 400, code: "BAD_REQUEST", message: "UTF-8"},
		{about: "a batch", body: "[" + good + "]", status: 400, code: "BAD_REQUEST", message: "each request by itself"},
		{about: "a number", body: "1", status: 400, code: "BAD_REQUEST", message: "not a JSON object"},
		{about: "null", body: "null", status: 400, code: "BAD_REQUEST", message: "query is missing"},
		{about: "no query", body: `{"qeury": "{ __typename }"}`, status: 400, code: "BAD_REQUEST", message: "query is missing"},
		{about: "by GET without one", method: "GET", status: 400, code: "BAD_REQUEST", message: "query is missing"},
		{about: "a query of another type", body: `{"query": {"secret": 1}}`, status: 400, code: "BAD_REQUEST", message: "query has the wrong type"},
		{about: "a name of another type", body: `{"query": "{ __typename }", "operationName": 0}`, status: 400, code: "BAD_REQUEST", message: "operationName has the wrong type"},
		{about: "variables of another type", body: `{"query": "{ __typename }", "variables": ["secret"]}`, status: 400, code: "BAD_REQUEST", message: "variables has the wrong type"},
		{about: "variables by GET", method: "GET", query: "query=%7B__typename%7D&variables=5", status: 400, code: "BAD_REQUEST", message: "variables is not a JSON object"},
		{about: "extensions of another type", body: `{"query": "{ __typename }", "extensions": false}`, status: 400, code: "BAD_REQUEST", message: "extensions has the wrong type"},
		{about: "twice", method: "GET", query: "query=a&query=b", status: 400, code: "BAD_REQUEST", message: "more than once"},
		{about: "an address that cannot be read", method: "GET", query: "query=%zz", status: 400, code: "BAD_REQUEST", message: "cannot be read"},
	} {
		w := x.check(t, h)
		switch header := w.Header(); {
		case x.status == 405 && header.Get("Allow") != "GET, POST", x.status == 415 && header.Get("Accept-Post")+header.Get("Accept-Encoding") == "":
			t.Errorf("%s: %v", x.about, header)
		}
	}
}

// Whoever reads plain JSON gets 200 for every well-formed request, as older clients need it; the newer media type comes with a status that
// means something.
func TestStatusFollowsMediaType(t *testing.T) {
	h := graph.WellFormed(governmentHouse(t).serving(graph.Options{}))
	for _, x := range []struct {
		body, code string
		status     int
	}{
		{`{"query": "{"}`, "GRAPHQL_PARSE_FAILED", 400},
		{`{"query": ""}`, "GRAPHQL_VALIDATION_FAILED", 400},
		{`{"query": "{ nothing }"}`, "GRAPHQL_VALIDATION_FAILED", 400},
		{`{"query": "query A { __typename } query B { __typename }", "operationName": "C"}`, "GRAPHQL_VALIDATION_FAILED", 400},
		{`{"query": "query A { __typename } query B { __typename }"}`, "GRAPHQL_VALIDATION_FAILED", 400},
		{`{"query": "query($id: ID!) { project(id: $id) { name } }", "variables": {"id": null}}`, "GRAPHQL_VALIDATION_FAILED", 400},
		{`{"query": "subscription { journalAppended { number } }"}`, "BAD_REQUEST", 400},
		{`{"query": "{ __typename }"}`, "", 200},
		{`{"query": "{ project(id: \"project-1\", path: \"GOV\") { name } }"}`, "executed", 200},
	} {
		for accept, media := range map[string]string{"": plain, "*/*": plain, plain: plain, response: response, response + ", application/json;q=0.9": response,
			"application/json;q=0.5, " + response + ";q=0.8": response, plain + ", " + response: plain, response + ", text/event-stream": response} {
			want := wire{about: x.body + " as " + accept, body: x.body, headers: []string{"Accept", accept}, status: x.status, code: x.code}
			if media == plain && x.code != "BAD_REQUEST" {
				want.status = 200
			}
			w := want.send(h)
			if x.code != "executed" {
				w = want.check(t, h)
			} else if w.Code != 200 || !strings.Contains(w.Body.String(), `"data":{"project":null}`) {
				t.Errorf("%s: %d %s", want.about, w.Code, w.Body)
			}
			if got := w.Header().Get("Content-Type"); got != media+"; charset=utf-8" || w.Header().Get("Vary") != "Accept" {
				t.Errorf("%s: %v", want.about, w.Header())
			}
		}
	}
}

const plain = "application/json"

// An operation that fails before it is executed has no data in an event stream either.
func TestEventsWithoutData(t *testing.T) {
	h := graph.WellFormed(governmentHouse(t).serving(graph.Options{}))
	for body, code := range map[string]string{`{"query": "{"}`: "GRAPHQL_PARSE_FAILED", `{"query": "{ nothing }"}`: "GRAPHQL_VALIDATION_FAILED",
		`{"query": "subscription { projectChanged(id: \"project-999\") { removed } }"}`: "NOT_FOUND"} {
		w := wire{body: body, headers: []string{"Accept", "text/event-stream"}}.send(h)
		if got := w.Body.String(); w.Code != 200 || w.Header().Get("Content-Type") != "text/event-stream" || !strings.HasPrefix(got, ":\n\nevent: next\ndata: {\"errors\":[{") ||
			!strings.HasSuffix(got, "\n\nevent: complete\ndata:\n\n") || !strings.Contains(got, code) || strings.Contains(got, `"data"`) {
			t.Errorf("%s: %d %q", body, w.Code, got)
		}
	}
	w := wire{about: "not even a request", body: `{"query": 5}`, headers: []string{"Accept", "text/event-stream"}, status: 400, code: "BAD_REQUEST"}.check(t, h)
	if w.Header().Get("Content-Type") != plain+"; charset=utf-8" {
		t.Errorf("%v", w.Header())
	}
}
