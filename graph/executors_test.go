package graph_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/graph/plan/plantest"
)

var (
	documents = flag.Int("documents", 0, "how many random documents both executors are asked; 0 is 100,000, or 2,000 with -short")
	firstSeed = flag.Uint64("seed", 0, "seed of the first of them")
)

// executors gives two servers over one record, each with an executor of its own.
func (h *house) executors() (reference, planned http.Handler) {
	log, db := slog.New(slog.DiscardHandler), accessed(h.t)
	return graph.NewServer(h.j, graph.Options{Log: log, Access: db, Executor: graph.Gqlgen}), graph.NewServer(h.j, graph.Options{Log: log, Access: db})
}

// contract is the schema, read once.
var contract = sync.OnceValue(func() *ast.Schema {
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema", Input: graph.SDL()})
})

// arena is a world in which documents are asked.
type arena struct {
	name               string
	askers             []auth.Identity
	pool               *pool
	documents          *plantest.Generator
	reference, planned http.Handler
}

func newArena(t testing.TB, name string, w *world, build func(testing.TB, *world) *house) *arena {
	h := build(t, w)
	a := &arena{name: name, askers: askers(w), pool: newPool(t, h, w)}
	a.documents = plantest.NewGenerator(contract(), a.pool)
	a.reference, a.planned = h.executors()
	return a
}

// arenas are the government with everything in it, and random worlds.
func arenas(t testing.TB) []*arena {
	list := []*arena{newArena(t, "government", government(), everythingHouse)}
	for seed := range uint64(3) {
		list = append(list, newArena(t, fmt.Sprint("world ", seed), randomWorld(rand.New(rand.NewPCG(seed, 6))), everythingHouse))
	}
	return list
}

// request gives a request as a client sends it.
func request(q plantest.Request) *http.Request {
	if q.Get {
		values := url.Values{"query": {q.Query}}
		if q.Operation != "" {
			values.Set("operationName", q.Operation)
		}
		if q.Variables != nil {
			text, err := json.Marshal(q.Variables)
			must(err)
			values.Set("variables", string(text))
		}
		return httptest.NewRequest(http.MethodGet, "/graphql?"+values.Encode(), nil)
	}
	body, err := json.Marshal(map[string]any{"query": q.Query, "operationName": q.Operation, "variables": q.Variables})
	must(err)
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// pose asks one server.
func pose(h http.Handler, id auth.Identity, accept string, q plantest.Request) plantest.Answer {
	r := request(q)
	if accept != "" {
		r.Header.Set("Accept", accept)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(graph.WithRequestID(graph.WithIdentity(r.Context(), id), "test-request")))
	return plantest.Answer{Status: w.Code, ContentType: w.Header().Get("Content-Type"), Body: w.Body.Bytes(), Parted: w.Header().Get("Content-Length") == ""}
}

// differs asks both executors, and gives the reference's answer and what is different in the other's.
func (a *arena) differs(id auth.Identity, accept string, q plantest.Request) (plantest.Answer, string) {
	x, y := pose(a.reference, id, accept, undeferred(q)), pose(a.planned, id, accept, q)
	return x, plantest.Difference(x, y)
}

var deferring = regexp.MustCompile(`@defer(\([^)]*\))?`)

// undeferred is a request that defers nothing, everything in it at the place where it was: a plan answers at once what may come later, and what gqlgen's executor
// sends later does not come by this transport.
func undeferred(q plantest.Request) plantest.Request {
	q.Query = deferring.ReplaceAllStringFunc(q.Query, func(s string) string { return strings.Repeat(" ", len(s)) })
	return q
}

// report shows the smallest request that the executors answer differently.
func (a *arena) report(t testing.TB, id auth.Identity, accept string, q plantest.Request) {
	t.Helper()
	small := plantest.Shrink(contract(), q, 2000, func(q plantest.Request) bool {
		_, d := a.differs(id, accept, q)
		return d != ""
	})
	x, y := pose(a.reference, id, accept, undeferred(small)), pose(a.planned, id, accept, small)
	t.Errorf("%s, %s asks (Accept: %q)\n%v\ndiffers: %s\nreference: %d %.3000s\nplanned:   %d %.3000s", a.name, id.Subject, accept, small, plantest.Difference(x, y), x.Status, x.Body, y.Status, y.Body)
}

// alike asks both executors a question of somebody's own.
func (h *house) alike(t *testing.T, id auth.Identity, query string, variables map[string]any) {
	t.Helper()
	a := &arena{name: t.Name()}
	a.reference, a.planned = h.executors()
	q := plantest.Request{Query: query, Variables: variables}
	if _, difference := a.differs(id, "", q); difference != "" {
		a.report(t, id, "", q)
	}
}

// Both executors give the same answers to the questions that leaders and peers' comparison ask, whoever asks and of whatever. Mutations are
// only previewed.
func TestExecutorsAnswerQuestionsAlike(t *testing.T) {
	list := arenas(t)
	files, err := filepath.Glob("testdata/*.graphql")
	must(err)
	peers, err := filepath.Glob("../cmd/pmo/testdata/peers/*.graphql")
	must(err)
	asked, shown := 0, 0
	for _, file := range append(files, peers...) {
		text, err := os.ReadFile(file)
		must(err)
		doc, err := plantest.Parse(contract(), string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if !plantest.Harmless(doc) {
			continue
		}
		for n, a := range list {
			for i, id := range a.askers {
				asked++
				q := plantest.Request{Query: string(text), Variables: a.documents.Variables(doc.Operations[0], uint64(100*n+i))}
				answer, difference := a.differs(id, "", q)
				if difference != "" {
					a.report(t, id, "", q)
				}
				if answer.Status != http.StatusOK {
					t.Errorf("%s: %.500s", file, answer.Body)
				}
				if !bytes.HasPrefix(answer.Body, []byte(`{"errors"`)) && len(answer.Body) > 200 {
					shown++
				}
			}
		}
	}
	t.Logf("%d questions, %d with much to show", asked, shown)
	if len(files) < 10 || len(peers) < 4 || shown < asked/3 {
		t.Errorf("%d questions of %d and %d files, only %d show much", asked, len(files), len(peers), shown)
	}
}

// accepts are the forms of answers that are asked for.
var accepts = []string{"", "", "", "application/json", "application/graphql-response+json", "text/html, */*;q=0.1"}

// Both executors give the same answers to documents made at random: whoever asks, whatever is wrong in them.
func TestExecutorsAnswerAlike(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 2_000
	}
	if *documents > 0 {
		n = *documents
	}
	list := arenas(t)
	var next, size, withErrors, refused atomic.Int64
	var empty, failed atomic.Int64
	start := time.Now()
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && failed.Load() < 5; i = next.Add(1) - 1 {
				seed := *firstSeed + uint64(i)
				a := list[seed%uint64(len(list))]
				q := a.documents.Document(seed)
				id, accept := a.askers[seed/uint64(len(list))%uint64(len(a.askers))], accepts[seed%uint64(len(accepts))]
				answer, difference := a.differs(id, accept, q)
				if difference != "" {
					failed.Add(1)
					t.Errorf("document %d:", seed)
					a.report(t, id, accept, q)
				}
				size.Add(int64(len(answer.Body)))
				switch {
				case answer.Status != http.StatusOK:
					refused.Add(1)
				case bytes.HasPrefix(answer.Body, []byte(`{"errors"`)):
					withErrors.Add(1)
				case len(answer.Body) < 40:
					empty.Add(1)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d documents, %.0f a second for both; %d bytes an answer; %d refused, %d with errors, %d next to empty", n, float64(n)/time.Since(start).Seconds(), size.Load()/int64(n), refused.Load(), withErrors.Load(), empty.Load())
	planned, others := 0, 0
	for _, a := range list {
		x := a.planned.(*graph.Server).Executions()
		planned += x.Planned
		for why, times := range x.Others {
			if others += times; why != "a condition that is not a boolean" {
				t.Errorf("%d documents are not planned: %s", times, why)
			}
		}
	}
	if others > planned/100 {
		t.Errorf("%d documents were planned, %d were not", planned, others)
	}
	if data := int64(n) - refused.Load() - withErrors.Load() - empty.Load(); data < int64(n)/2 || withErrors.Load() < int64(n)/50 || refused.Load() < int64(n)/500 {
		t.Errorf("only %d found data, %d gave errors, %d were refused", data, withErrors.Load(), refused.Load())
	}
}
