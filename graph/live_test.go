package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// listen follows a subscription as server-sent events; the channel is closed at its end.
func (h *house) listen(id auth.Identity, query string, variables map[string]any) <-chan map[string]any {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	h.t.Cleanup(cancel)
	return h.listenUntil(ctx, id, query, variables)
}

// listenUntil is listen until a context ends.
func (h *house) listenUntil(ctx context.Context, id auth.Identity, query string, variables map[string]any) <-chan map[string]any {
	h.t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.h.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), id)))
	}))
	h.t.Cleanup(srv.Close)
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	must(err)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL, bytes.NewReader(body))
	must(err)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(r)
	must(err)
	out := make(chan map[string]any, 1000)
	go func() {
		defer close(out)
		defer res.Body.Close()
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			if data, ok := strings.CutPrefix(s.Text(), "data: "); ok {
				var event map[string]any
				must(json.Unmarshal([]byte(data), &event))
				out <- event
			}
		}
	}()
	return out
}

// next gives the next event of a stream.
func next(t *testing.T, events <-chan map[string]any) map[string]any {
	t.Helper()
	select {
	case e, ok := <-events:
		if !ok {
			t.Fatal("the stream ended")
		}
		return e
	case <-time.After(20 * time.Second):
		t.Fatal("no event came")
	}
	return nil
}

// spend changes what only who sees money sees: the budget of a milestone of project 1.
func (h *house) spend(minor int64) {
	h.do("milestoneUpdate", func(d *state.Draft) error {
		m, err := state.Milestones.Edit(d, 3, nil)
		must(err)
		set(state.Milestones, m, "budget", minor)
		return state.Milestones.Put(d, m)
	})
}

func (h *house) rename(project int64, name string) {
	h.do("projectUpdate", func(d *state.Draft) error {
		p, err := state.Projects.Edit(d, project, nil)
		must(err)
		p.Name = name
		return state.Projects.Put(d, p)
	})
}

// report submits a report of project 2 with a cost that nobody without finance rights sees, and a health that everybody sees.
func (h *house) report(n int, cost int64, health vocab.Rag) {
	h.do("statusReportSubmit", func(d *state.Draft) error {
		y := state.StatusReports.New(d)
		y.ProjectID, y.PeriodEnd, y.Revision, y.State, y.Currency = 2, day("2022-03-31"), n, vocab.ReportStateSubmitted, "GBP"
		y.PeriodStart, y.Health, y.SubmittedAt = y.PeriodEnd.AddMonths(-12)+1, &health, &now
		set(state.StatusReports, y, "whole_life_cost", cost)
		for x := range state.StatusReports.By(d, "project_id", 2) {
			old, err := state.StatusReports.Edit(d, x.ID, nil)
			must(err)
			old.State = vocab.ReportStateSuperseded
			must(state.StatusReports.Put(d, old))
		}
		return state.StatusReports.Put(d, y)
	})
}

const (
	projectStream = `subscription ($after: Position, $initial: Boolean! = true) { e: projectChanged(id: "project-1", after: $after, initial: $initial) { ...P } }
	  fragment P on ProjectEvent { ...L removed actor { id } project { name milestones { nodes { budget { value reason } } } } changes { id fields { name new } } } fragment L on LiveEvent { where: position n: number at reset }`
	rollupStream  = `subscription ($node: ID, $after: Position) { e: rollupChanged(node: $node, asOf: "2022-03-31", after: $after, initial: true) { n: number position rollup { cost { wholeLife { value reason } } projects { byHealth { health count { value } } } } } }`
	journalStream = `subscription ($after: Position) { e: journalAppended(after: $after) { n: number position reset at entry { number changes { id fields { name new } } } } }`
)

// What a viewer may not see makes no event, on any stream; who may see it gets one for each change.
func TestHiddenChangesMakeNoEvent(t *testing.T) {
	h := governmentHouse(t)
	const changes = 12
	t.Run("project", func(t *testing.T) {
		open, closed := h.listen(finance, projectStream, nil), h.listen(viewer, projectStream, nil)
		next(t, open)
		next(t, closed)
		for i := range changes {
			h.spend(int64(1000 + i))
			if e := next(t, open); at(e, "data", "e", "changes", 0, "id") != "milestone-3" {
				t.Fatalf("finance: %v", e)
			}
		}
		h.rename(1, "Seen")
		if e := next(t, closed); at(e, "data", "e", "project", "name") != "Seen" || fmt.Sprint(at(e, "data", "e", "changes")) != "[map[fields:[map[name:name new:Seen]] id:project-1]]" {
			t.Errorf("the viewer was told of what he does not see: %v", e)
		}
	})
	t.Run("rollup", func(t *testing.T) {
		open, closed := h.listen(finance, rollupStream, map[string]any{"node": "portfolio-2"}), h.listen(viewer, rollupStream, map[string]any{"node": "portfolio-2"})
		next(t, open)
		next(t, closed)
		for i := range changes {
			h.report(2+i, int64(i+1), vocab.RagGreen)
			next(t, open)
		}
		h.report(2+changes, 1, vocab.RagRed)
		if e := next(t, closed); at(e, "data", "e", "rollup", "cost", "wholeLife", "reason") != "NOT_VISIBLE" || !strings.Contains(fmt.Sprint(e), "health:RED") || at(e, "data", "e", "n") != fmt.Sprint(h.j.Latest().Seq()) {
			t.Errorf("the viewer was told of what he does not see: %v", e)
		}
	})
	t.Run("portfolio", func(t *testing.T) {
		from := h.j.Latest().Position().String()
		follow := map[string]any{"node": "portfolio-2", "after": from}
		open, closed := h.listen(finance, portfolioStream, follow), h.listen(viewer, portfolioStream, follow)
		for i := range changes {
			h.spend(int64(3000 + i))
			if e := next(t, open); !strings.HasSuffix(toldOf(e), fmt.Sprintf("UPDATED milestone-3 budget=%d.%02d", 30+i/100, i%100)) {
				t.Fatalf("finance: %v", e)
			}
		}
		h.rename(5, "Elsewhere")
		h.rename(1, "Seen a third time")
		for _, events := range []<-chan map[string]any{open, closed} {
			if e := next(t, events); toldOf(e) != "projectUpdate: UPDATED project-1 as Seen a third time name=Seen a third time" || at(e, "data", "e", "n") != fmt.Sprint(h.j.Latest().Seq()) {
				t.Errorf("told of what is not seen, or lies elsewhere: %v", e)
			}
		}
	})
	t.Run("journal", func(t *testing.T) {
		from := h.j.Latest().Position().String()
		open, closed := h.listen(finance, journalStream, map[string]any{"after": from}), h.listen(viewer, journalStream, map[string]any{"after": from})
		for i := range changes {
			h.spend(int64(2000 + i))
			next(t, open)
		}
		h.rename(1, "Seen again")
		if e := next(t, closed); at(e, "data", "e", "n") != fmt.Sprint(h.j.Latest().Seq()) || at(e, "data", "e", "entry", "changes", 0, "id") != "project-1" {
			t.Errorf("the viewer was told of what he does not see: %v", e)
		}
	})
}

// A project that goes, and one that comes back, is told of; what is not there is refused.
func TestProjectStream(t *testing.T) {
	h := governmentHouse(t)
	id := who("transport", role(vocab.RoleViewer, "portfolio:GOV/DFT"))
	for _, subscription := range []string{`projectChanged(id: "project-1") { removed }`, `projectChanged(id: "project-999") { removed }`, `projectChanged(id: "portfolio-3") { removed }`,
		`rollupChanged(node: "portfolio-2") { number }`, `rollupChanged(node: "project-5") { number }`, `journalAppended(scope: "portfolio-2") { number }`} {
		if e := next(t, h.listen(id, "subscription { "+subscription+" }", nil)); at(e, "errors", 0, "extensions", "code") != "NOT_FOUND" {
			t.Errorf("%s: %v", subscription, e)
		}
	}
	move := func(to int64) {
		h.do("projectMove", func(d *state.Draft) error {
			p, err := state.Projects.Edit(d, 5, nil)
			must(err)
			p.PortfolioID, p.ProgramID = to, nil
			return state.Projects.Put(d, p)
		})
	}
	events := h.listen(id, `subscription { e: projectChanged(id: "project-5", initial: true) { removed project { id } changes { id } } }`, nil)
	want := func(removed bool) {
		t.Helper()
		if e := next(t, events); at(e, "data", "e", "removed") != removed || (at(e, "data", "e", "project") == nil) != removed {
			t.Fatalf("%v", e)
		}
	}
	want(false)
	move(2)
	want(true)
	h.rename(5, "Far away")
	move(3)
	want(false)
	h.do("projectDelete", func(d *state.Draft) error {
		for m := range state.BaselineEntries.By(d, "project_id", 5) {
			state.BaselineEntries.Delete(d, m.ID)
		}
		for m := range state.Baselines.By(d, "project_id", 5) {
			state.Baselines.Delete(d, m.ID)
		}
		for m := range state.Milestones.By(d, "project_id", 5) {
			state.Milestones.Delete(d, m.ID)
		}
		for m := range state.StatusReports.By(d, "project_id", 5) {
			state.StatusReports.Delete(d, m.ID)
		}
		state.Projects.Delete(d, 5)
		return nil
	})
	want(true)
}

// A position of another record is answered with the present and the word reset; on every stream.
func TestResetOfStreams(t *testing.T) {
	h := governmentHouse(t)
	for _, query := range []string{projectStream, rollupStream, journalStream, portfolioStream, kpiStream, capacityStream} {
		for _, after := range []string{"3.0123456789abcdef", "0.0000000000000001", "900.0123456789abcdef"} {
			query := strings.Replace(query, "n: number position rollup", "n: number position reset rollup", 1)
			events := h.listen(finance, query, map[string]any{"after": after})
			if e := next(t, events); at(e, "data", "e", "reset") != true || at(e, "data", "e", "n") != fmt.Sprint(h.j.Latest().Seq()) {
				t.Errorf("%s: %v", after, e)
			}
		}
	}
}

// A subscription by a way that cannot carry it, and one that defers, are refused.
func TestSubscriptionsNeedALine(t *testing.T) {
	h := governmentHouse(t)
	if got := string(h.ask(finance, `subscription { journalAppended { number } }`, nil)); !strings.Contains(got, "text/event-stream") || !strings.Contains(got, `"code":"BAD_REQUEST"`) {
		t.Errorf("%s", got)
	}
	e := next(t, h.listen(finance, `subscription { projectChanged(id: "project-1", initial: true) { ... @defer { removed } } }`, nil))
	if at(e, "errors", 0, "extensions", "code") != "BAD_REQUEST" {
		t.Errorf("%v", e)
	}
	if e := next(t, h.listen(who("nobody"), `subscription { journalAppended { number } }`, nil)); at(e, "errors", 0, "extensions", "code") != "FORBIDDEN" {
		t.Errorf("%v", e)
	}
	if e := next(t, h.listen(finance, `{ viewer { day } }`, nil)); at(e, "data", "viewer", "day") != "2022-04-20" {
		t.Errorf("a question as an event stream: %v", e)
	}
}

// A server that stops says where to go on, and goes on there without a gap.
func TestStopTellsWhereToGoOn(t *testing.T) {
	h := governmentHouse(t)
	server := h.h.(*graph.Server)
	events := h.listen(finance, journalStream, map[string]any{"after": "0.0000000000000000"})
	seen := 0
	for range h.j.Latest().Seq() {
		next(t, events)
		seen++
	}
	server.Stop(t.Context())
	e := next(t, events)
	if at(e, "errors", 0, "extensions", "code") != "UNAVAILABLE" || at(e, "errors", 0, "extensions", "position") != h.j.Latest().Position().String() {
		t.Errorf("after %d events: %v", seen, e)
	}
	if _, more := <-events; more {
		t.Error("an event after the end")
	}
	if n := server.Streams(); n != 0 {
		t.Errorf("%d streams are left", n)
	}
}
