package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	spending "pmograph/internal/budget"
)

// spender is a server whose clock and rates a test sets.
type spender struct {
	*graph.Server
	mu   sync.Mutex
	now  time.Time
	rate spending.Rate
	slot *spending.Gate[graph.Principal]
}

func (h *house) spender(r spending.Rate, o graph.Options) *spender {
	s := &spender{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), rate: r, slot: &spending.Gate[graph.Principal]{Slots: 2, Queue: 0}}
	o.Budgets = &graph.Budgets{
		Buckets: &spending.Buckets[graph.Principal]{Max: 100, Now: func() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }},
		Rate:    func(auth.Identity) spending.Rate { return s.rate },
		Running: s.slot, Writing: &spending.Gate[graph.Principal]{Slots: 8, Queue: 8},
	}
	s.Server = h.serving(o)
	return s
}

type costs struct {
	Requested, Actual, Budget int
	RefillAt                  time.Time
}

// asks gives what an answer says of its cost, and the code of its first error.
func (s *spender) asks(t *testing.T, query string, variables map[string]any) (c costs, code, retry string, status int) {
	t.Helper()
	w := post(s, viewer, map[string]any{"query": query, "variables": variables})
	var answer struct {
		Errors []struct {
			Extensions struct{ Code string }
		}
		Extensions struct{ Cost costs }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if len(answer.Errors) > 0 {
		code = answer.Errors[0].Extensions.Code
	}
	return answer.Extensions.Cost, code, w.Header().Get("Retry-After"), w.Code
}

const tenPages = `query($n: Int!) { projects(first: $n) { nodes { id name code milestones(first: 20) { nodes { id name } } } } }`

// Every answer says what it could cost, what it did, and what is left; what it did not cost is given back.
func TestAnswersTellTheirCost(t *testing.T) {
	for name, o := range map[string]graph.Options{"as they come": {}, "kept": {Kept: 1 << 20}, "by gqlgen": {Executor: graph.Gqlgen}} {
		t.Run(name, func(t *testing.T) {
			o.Dev = true // the schema is open
			s := governmentHouse(t).spender(spending.Rate{Request: 1000, Bucket: 2000, Refill: 10}, o)
			left := 2000
			for range 3 {
				c, code, _, _ := s.asks(t, tenPages, map[string]any{"n": 50})
				if code != "" || c.Requested < 30 || c.Actual < 1 || c.Actual > c.Requested || c.Budget > left-1 || c.Budget < left-c.Actual-10 {
					t.Fatalf("%+v %s, %d were left", c, code, left)
				}
				if want := s.now.Add(time.Duration(2000-c.Budget) * time.Second / 10); !c.RefillAt.Equal(want.Truncate(time.Second)) {
					t.Errorf("full again at %s, not %s", c.RefillAt, want)
				}
				left = c.Budget
			}
			if o.Executor != graph.Gqlgen {
				if c, _, _, _ := s.asks(t, `{ viewer { day } }`, nil); c.Actual != 1 {
					t.Errorf("%+v", c)
				}
			}
			if c, code, _, _ := s.asks(t, `{ __schema { queryType { name } } }`, nil); code != "" || c.Requested != 200 {
				t.Errorf("the schema: %+v %s", c, code)
			}
		})
	}
}

// Who has spent everything is told when to come back, and then may ask again; another one is not concerned.
func TestBudgetsEnd(t *testing.T) {
	h := governmentHouse(t)
	s := h.spender(spending.Rate{Request: 100, Bucket: 100, Refill: 10}, graph.Options{})
	for n := 0; ; n++ {
		_, code, retry, status := s.asks(t, tenPages, map[string]any{"n": 50})
		if code == "" {
			if n > 100 {
				t.Fatal("it never ends")
			}
			continue
		}
		if code != "RATE_LIMITED" || status != http.StatusTooManyRequests || retry == "" || retry == "0" {
			t.Fatalf("after %d: %s, status %d, Retry-After %q", n, code, status, retry)
		}
		break
	}
	if _, code, _, _ := s.asks(t, `{ viewer { day } }`, nil); code != "" {
		t.Errorf("what is cheap: %s", code)
	}
	if w := post(s, finance, map[string]any{"query": tenPages, "variables": map[string]any{"n": 50}}); strings.Contains(w.Body.String(), "errors") {
		t.Errorf("another one: %s", w.Body)
	}
	s.mu.Lock()
	s.now = s.now.Add(10 * time.Second)
	s.mu.Unlock()
	if _, code, _, _ := s.asks(t, tenPages, map[string]any{"n": 50}); code != "" {
		t.Errorf("later: %s", code)
	}
}

// A question that may cost more than is allowed at once is refused with its dearest parts; at the limit it is answered.
func TestPricesAreLimited(t *testing.T) {
	h := governmentHouse(t)
	c, code, _, _ := h.spender(spending.Rate{Request: 1000, Bucket: 1000, Refill: 1}, graph.Options{}).asks(t, tenPages, map[string]any{"n": 50})
	if code != "" {
		t.Fatal(code)
	}
	if _, code, _, _ := h.spender(spending.Rate{Request: c.Requested, Bucket: 1000, Refill: 1}, graph.Options{}).asks(t, tenPages, map[string]any{"n": 50}); code != "" {
		t.Errorf("at the limit of %d: %s", c.Requested, code)
	}
	s := h.spender(spending.Rate{Request: c.Requested - 1, Bucket: 1000, Refill: 1}, graph.Options{})
	w := post(s, viewer, map[string]any{"query": tenPages, "variables": map[string]any{"n": 50}})
	for _, part := range []string{"COST_EXCEEDED", "projects(first: 50)", "milestones(first: 20)", "ask for first: ", fmt.Sprintf(`"limit":%d`, c.Requested-1), fmt.Sprintf(`"requested":%d`, c.Requested)} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("no %s: %s", part, w.Body)
		}
	}
}

// Where all slots are taken an answer comes at once: that there is none.
func TestOverloadIsToldAtOnce(t *testing.T) {
	h := governmentHouse(t)
	s := h.spender(spending.Rate{}, graph.Options{})
	for _, name := range []string{"a", "b"} {
		leave, err := s.slot.Enter(context.Background(), graph.Principal{Subject: name})
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	if _, code, retry, status := s.asks(t, `{ viewer { day } }`, nil); code != "OVERLOADED" || retry != "1" || status != http.StatusServiceUnavailable {
		t.Errorf("%s, Retry-After %q, status %d", code, retry, status)
	}
}

// Each limit of documents lets pass what is just within it, and refuses one more with its own number.
func TestLimitsOfDocuments(t *testing.T) {
	l := graph.DefaultLimits
	deep := func(n int) string { return `{ portfolio(id: "1") { ` + nested(n-2, "parent { ", "id", " }") + ` } }` }
	for _, x := range []struct {
		name  string
		limit int
		with  func(n int) string
	}{
		{"tokens", l.Tokens, func(n int) string {
			return `{ projects(filter: {category: [` + strings.Repeat(`"" `, n-16) + `]}) { totalCount } }`
		}},
		{"depth", l.Depth, deep},
		{"aliases", l.Aliases, func(n int) string { return `{ viewer { ` + times(n, "a#: day ") + `} }` }},
		{"root fields", l.RootFields, func(n int) string { return `{ ` + times(n, `viewer { day } `) + `}` }},
		{"mutations", l.RootFields, func(n int) string {
			return `mutation { ` + times(n, `m#: projectHealthDeclare(input: {id: "project-1", health: GREEN}) { number } `) + `}`
		}},
		{"directives", l.Directives, func(n int) string { return `{ viewer { ` + strings.Repeat("day @include(if: true) ", n) + `} }` }},
		{"characters of a name", l.Name, func(n int) string { return `{ viewer { ` + strings.Repeat("x", n) + `: day } }` }},
		{"nesting", l.Nesting, func(n int) string { return `{ viewer { ` + nested(n-2, "... { ", "day", " }") + ` } }` }},
		{"introspection", l.Introspection, func(n int) string {
			return `{ __type(name: "Query") { ` + nested(n-2, "ofType { ", "name", " }") + ` } }`
		}},
	} {
		if _, errs := graph.ReadDocument(l, x.with(x.limit)); errs != nil {
			t.Errorf("%d %s: %v", x.limit, x.name, errs)
		}
		_, errs := graph.ReadDocument(l, x.with(x.limit+1))
		if len(errs) != 1 || !strings.Contains(errs[0].Message, fmt.Sprint(x.limit)) {
			t.Errorf("%d %s: %v", x.limit+1, x.name, errs)
		}
	}
}
