package graph_test

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/graph/plan/plantest"
)

// Answers that are kept are those that would be given: to whoever asks after others did, by documents that are nearly the same, too. And
// what has the same entity tag is the same.
func TestKeptAnswersAreThoseGiven(t *testing.T) {
	n := uint64(250)
	if testing.Short() {
		n = 40
	}
	w := randomWorld(rand.New(rand.NewPCG(1, 6)))
	h := everythingHouse(t, w)
	a := &arena{name: "world", askers: askers(w)}
	a.documents = plantest.NewGenerator(contract(), newPool(t, h, w))
	a.reference, _ = h.executors()
	keeping := graph.NewServer(h.j, graph.Options{Log: slog.New(slog.DiscardHandler), Access: accessed(t), Kept: 8 << 20})
	a.planned = keeping
	tags, shared := map[string][]byte{}, 0
	for seed := uint64(0); seed < n; seed++ {
		for _, q := range alternatives(a.documents.Document(seed)) {
			for i := range 4 {
				id := a.askers[(seed+uint64(i*i))%uint64(len(a.askers))]
				if _, difference := a.differs(id, "", q); difference != "" {
					a.report(t, id, "", q)
					return
				}
				tag, body := tagged(keeping, id, q)
				if before, known := tags[tag]; known && tag != "" {
					if shared++; !bytes.Equal(before, body) {
						t.Fatalf("document %d, %s asks %s\nthe tag %s had another answer:\n%.1000s\n%.1000s", seed, id.Subject, q, tag, before, body)
					}
				}
				tags[tag] = body
			}
		}
	}
	x := keeping.Executions()
	t.Logf("%d answers by plans, %d shared; %d tags, %d times one that was known", x.Planned, x.Shared, len(tags), shared)
	if x.Shared < 100 || len(tags) < 100 || shared < 10 {
		t.Errorf("only %d answers were shared, %d tags known", x.Shared, shared)
	}
}

// alternatives are a document, and some that each lack one thing of it.
func alternatives(q plantest.Request) []plantest.Request {
	list := []plantest.Request{q}
	for n := 0; len(list) < 6; n++ {
		less, more := plantest.Without(contract(), q, n*5)
		if !more {
			break
		}
		if less != nil {
			list = append(list, *less)
		}
	}
	return list
}

// tagged asks by GET, which has an entity tag if it can; the answer is kept without tag.
func tagged(h http.Handler, id auth.Identity, q plantest.Request) (tag string, body []byte) {
	q.Get = true
	r := request(q)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), id)))
	return w.Header().Get("ETag"), w.Body.Bytes()
}
