package graph_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// leaving is a record whose asker leaves as soon as his question has begun.
type leaving struct {
	*journal.Journal
	leave context.CancelFunc
}

func (l leaving) View(ctx context.Context, id auth.Identity, q journal.Query) (*state.View, error) {
	v, err := l.Journal.View(ctx, id, q)
	l.leave()
	return v, err
}

// A field that has to look at many rows stops when nobody waits for it any more; one that looks at few is answered or given up, as it comes.
func TestLongFieldsEndWithTheirQuestion(t *testing.T) {
	h := governmentHouse(t)
	h.do("import", func(d *state.Draft) error {
		for n := range 3000 {
			m := state.Milestones.New(d)
			m.ProjectID, m.Name, m.State, m.Weight = 1, fmt.Sprint("Step ", n), vocab.MilestoneStatePlanned, 1
			must(state.Milestones.Put(d, m))
		}
		return nil
	})
	const question = `{"query": "{ nodes(ids: [\"project-1\"]) { ... on Project { milestones(first: 1) { totalCount } } } }"}`
	for _, e := range []graph.Executor{graph.Planned, graph.Gqlgen} {
		for _, leaves := range []bool{false, true} {
			ctx, leave := context.WithCancel(t.Context())
			door := leaving{h.j, func() {}}
			if leaves {
				door.leave = leave
			}
			var log strings.Builder
			s := graph.NewServer(door, graph.Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Executor: e})
			r := httptest.NewRequest("POST", "/graphql", strings.NewReader(question))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r.WithContext(graph.WithIdentity(ctx, finance)))
			if given, up := strings.Contains(w.Body.String(), `"totalCount":30`), strings.Contains(w.Body.String(), "UNAVAILABLE"); given == leaves || up != leaves || strings.Contains(log.String(), "panic") {
				t.Errorf("%s, leaves %t: %s %s", e, leaves, w.Body, log.String())
			}
			leave()
		}
	}
}
