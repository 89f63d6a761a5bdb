package graph_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pmograph/graph/plan/plantest"
	"pmograph/internal/state"
)

// known are the codes that errors may have.
var known = []string{"INVALID", "NOT_FOUND", "CONFLICT", "FORBIDDEN", "UNAVAILABLE", "GRAPHQL_VALIDATION_FAILED"}

// While somebody writes, every answer is whole: JSON, with data of one record or errors of known codes. For -race.
func TestDocumentsWhileWriting(t *testing.T) {
	n := int64(4_000)
	if testing.Short() {
		n = 400
	}
	w := randomWorld(rand.New(rand.NewPCG(2, 6)))
	h := everythingHouse(t, w)
	p := newPool(t, h, w)
	documents := plantest.NewGenerator(contract(), p)
	_, planned := h.executors()
	var next atomic.Int64
	var wg sync.WaitGroup
	ids := askers(w)
	for range 4 {
		wg.Go(func() {
			for seed := next.Add(1); seed < n; seed = next.Add(1) {
				q := documents.Document(uint64(seed))
				answer := pose(planned, ids[seed%int64(len(ids))], "", q)
				var got struct {
					Data   json.RawMessage
					Errors []struct {
						Message    string
						Extensions struct{ Code string }
					}
				}
				if err := json.Unmarshal(answer.Body, &got); err != nil || got.Data == nil && len(got.Errors) == 0 {
					t.Errorf("%v\n%v %.500s", q, err, answer.Body)
				}
				for _, e := range got.Errors {
					if !slices.Contains(known, e.Extensions.Code) && !strings.Contains(q.Query, "= ") && !q.Get { // a null condition
						t.Errorf("%v\n%v", q, e)
					}
				}
			}
		})
	}
	for i := 0; next.Load() < n || i < 10; i++ {
		h.do("projectUpdate", func(d *state.Draft) error {
			x := edited(d, state.Projects, int64(1+i%len(w.projects)))
			x.Name = fmt.Sprintf("Project %d %s", i, odd)
			must(state.Projects.Put(d, x))
			r := edited(d, state.Portfolios, int64(1+i%len(w.portfolios)))
			r.Name = fmt.Sprintf("Portfolio %d", i)
			return state.Portfolios.Put(d, r)
		})
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
}
