package live_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/live"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// office is a record of two portfolios with three projects each, and a hub over it.
type office struct {
	testing.TB
	j   *journal.Journal
	hub *live.Hub
	off atomic.Int64 // what the clock is ahead, in nanoseconds
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{TB: t}
	ctx, stop := context.WithCancel(context.Background())
	db := &memory.Store{Now: o.now}
	j, err := journal.Open(ctx, db, journal.Options{Now: o.now, Log: slog.New(slog.DiscardHandler), Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	o.j, o.hub = j, live.NewHub(j)
	t.Cleanup(func() { o.hub.Stop(); stop(); <-j.Done() })
	o.do("import", func(d *state.Draft) error {
		for i := range int64(2) {
			p := state.Portfolios.New(d)
			p.Code, p.Name, p.Lifecycle = fmt.Sprintf("P%d", i+1), "Portfolio", vocab.PortfolioLifecycleActive
			if err := state.Portfolios.Put(d, p); err != nil {
				return err
			}
			for n := range 3 {
				x := state.Projects.New(d)
				x.Code, x.Name, x.PortfolioID, x.Lifecycle, x.Currency = fmt.Sprintf("J%d", n), "Project", p.ID, vocab.ProjectLifecycleExecuting, "EUR"
				if err := state.Projects.Put(d, x); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return o
}

func (o *office) now() time.Time { return noon.Add(time.Duration(o.off.Load())) }

func (o *office) do(action string, run func(*state.Draft) error) state.Position {
	out, err := o.j.DoAs(context.Background(), auth.Machine("test"), state.Decision{Action: action, Input: action, Run: run}, journal.Meta{})
	if err != nil {
		o.Errorf("%s: %v", action, err)
	}
	return out.Position
}

// rename changes a project.
func (o *office) rename(project int64, name string) state.Position {
	return o.do("projectUpdate", func(d *state.Draft) error {
		p, err := state.Projects.Edit(d, project, nil)
		if err != nil {
			return err
		}
		p.Name = name
		return state.Projects.Put(d, p)
	})
}

// hire makes a user with a role on the first portfolio, on record.
func (o *office) hire() auth.Identity {
	o.do("userCreate", func(d *state.Draft) error {
		u := state.Users.New(d)
		u.Issuer, u.Active = "LOCAL", true
		if err := state.Users.Desc().SetColumn(u, "subject", "ada"); err != nil {
			return err
		}
		if err := state.Users.Put(d, u); err != nil {
			return err
		}
		one := int64(1)
		r := state.RoleAssignments.New(d)
		r.UserID, r.Role, r.ScopeKind, r.ScopeID = u.ID, vocab.RoleViewer, vocab.ScopeKindPortfolio, &one
		return state.RoleAssignments.Put(d, r)
	})
	return auth.Identity{Issuer: "LOCAL", Subject: "ada"}
}

func who(role vocab.Role, scope string) auth.Identity {
	s, err := auth.ParseScope(scope)
	if err != nil {
		panic(err)
	}
	return auth.Identity{Issuer: "LOCAL", Subject: "somebody", Claims: []auth.Claim{{Role: role, Scope: s}}}
}

var (
	first = who(vocab.RoleViewer, "portfolio:P1")
	all   = who(vocab.RoleViewer, "")
)

// visible lists the numbers after a position of all entries that an identity sees.
func (o *office) visible(id auth.Identity, after state.Position) (numbers []int64) {
	from := read.Position(after)
	for n := int32(100); ; {
		ctx, cancel := context.WithCancel(context.Background())
		v, err := o.j.View(ctx, id, journal.Query{})
		if err != nil {
			o.Fatal(err)
		}
		page, err := read.New(v).Journal(read.JournalQuery{After: &from, First: &n})
		if err != nil {
			o.Fatal(err)
		}
		for _, e := range page.Nodes {
			numbers = append(numbers, int64(e.Number))
		}
		cancel()
		if !page.PageInfo.HasNextPage {
			return numbers
		}
		end, err := state.ParsePosition(*page.PageInfo.EndCursor())
		if err != nil {
			o.Fatal(err)
		}
		from = read.Position(end)
	}
}

// Every entry somebody sees comes once and in order, however often he is cut off and goes on, while others write.
func TestJournalGoesOnAfterCuts(t *testing.T) {
	o := newOffice(t)
	cuts, writes := 300, 3000
	if testing.Short() {
		cuts, writes = 60, 600
	}
	began := o.j.Latest().Position()
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for i := range writes / 3 {
				o.rename(1+r.Int64N(6), fmt.Sprintf("%d of %d", i, w))
			}
		})
	}
	written := make(chan struct{})
	go func() { writers.Wait(); close(written) }()
	var got, want []int64
	after, r := began, rand.New(rand.NewPCG(7, 7))
	cut := 0
	for ; want == nil || len(got) < len(want); cut++ {
		ctx, leave := context.WithCancel(t.Context())
		events, end, err := follow[*read.JournalEvent](ctx, o.hub, first, &after, live.Journal(nil))
		if err != nil {
			t.Fatal(err)
		}
		for take := r.IntN(2 * writes / cuts); take > 0; take-- {
			select {
			case e, more := <-events:
				if !more || e.Reset {
					t.Fatalf("%v, the stream ended with %v", e, end.Err)
				}
				got, after = append(got, int64(e.Number)), state.Position(e.Position)
			case <-written:
				written, want = nil, o.visible(first, began) // from here on it is known how many come
			}
			if want != nil && len(got) >= len(want) {
				break
			}
		}
		leave()
		for range events { // nothing counts that comes after the cut
		}
		if end.Err != nil {
			t.Fatal(end.Err)
		}
		if len(got) > 0 && got[len(got)-1] != after.Seq {
			t.Fatal("the position is not that of the last event")
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %d entries, want %d:\n%v\n%v", len(got), len(want), got, want)
	}
	if len(got) < writes/4 || cut < cuts/4 {
		t.Errorf("only %d entries were followed, with %d cuts", len(got), cut)
	}
}

// Who reads slowly gets the latest state of a project, and every entry of the journal.
func TestSlowReaders(t *testing.T) {
	o := newOffice(t)
	project, _, err := follow[*read.ProjectEvent](t.Context(), o.hub, all, nil, live.Project("project-1"))
	if err != nil {
		t.Fatal(err)
	}
	entries, _, err := follow[*read.JournalEvent](t.Context(), o.hub, all, nil, live.Journal(nil))
	if err != nil {
		t.Fatal(err)
	}
	<-project // as it stands
	began := o.j.Latest().Position()
	for i := range 300 {
		o.rename(1, fmt.Sprint(i))
	}
	want := o.visible(all, began)
	for e := range project {
		if e.Project.Name() == "299" {
			changes, err := e.Changes(t.Context())
			if err != nil || len(changes) == 0 {
				t.Fatalf("the changes are %v, %v", changes, err)
			}
			if name := shown(changes[len(changes)-1].Fields[0].New()); name != "299" {
				t.Errorf("the new name is %q", name)
			}
			break
		}
	}
	for _, n := range want {
		if e := <-entries; int64(e.Number) != n {
			t.Fatalf("got entry %d, want %d", e.Number, n)
		}
	}
}

// After a role is withdrawn nothing comes, not even what was waiting; who holds another goes on with less.
func TestWithdrawnRole(t *testing.T) {
	for _, stays := range []bool{false, true} {
		t.Run(fmt.Sprintf("stays=%v", stays), func(t *testing.T) {
			o := newOffice(t)
			id := o.hire()
			if stays {
				id.Claims = []auth.Claim{{Role: vocab.RoleViewer, Scope: auth.Scope{Kind: vocab.ScopeKindPortfolio, Path: "P2"}}}
			}
			events, end, err := follow[*read.JournalEvent](t.Context(), o.hub, id, nil, live.Journal(nil))
			if err != nil {
				t.Fatal(err)
			}
			for i := range 50 {
				o.rename(1, fmt.Sprint(i))
			}
			<-events // the others wait
			revoked := o.do("roleRevoke", func(d *state.Draft) error {
				state.RoleAssignments.Delete(d, 1)
				return nil
			})
			for i := range 50 {
				o.rename(1, fmt.Sprint("after ", i))
			}
			if stays {
				other := o.rename(4, "still seen")
				time.Sleep(time.Second)
				if e := <-events; state.Position(e.Position) != other {
					t.Errorf("a second after the role was withdrawn at %d entry %d came", revoked.Seq, e.Number)
				}
				return
			}
			time.Sleep(time.Second)
			for e := range events {
				t.Errorf("a second after the role was withdrawn at %d entry %d came", revoked.Seq, e.Number)
			}
			if !fault.Is(end.Err, fault.Forbidden) {
				t.Errorf("the stream ended with %v", end.Err)
			}
		})
	}
}

// A stream ends with its token and with its user, though nothing is written; at midnight figures of today are shown anew.
func TestTimeEndsStreams(t *testing.T) {
	o := newOffice(t)
	id := all
	id.ValidUntil = noon.Add(time.Hour)
	events, end, err := follow[*read.ProjectEvent](t.Context(), o.hub, id, nil, live.Project("project-1"))
	if err != nil {
		t.Fatal(err)
	}
	figures, _, err := follow[*read.RollupEvent](t.Context(), o.hub, all, nil, live.Rollup(nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	<-events
	if e := <-figures; e.Rollup().AsOf().String() != "2026-03-04" {
		t.Errorf("figures of %s", e.Rollup().AsOf())
	}
	o.off.Store(int64(24 * time.Hour))
	if _, more := <-events; more || end.Err != auth.ErrUnauthenticated {
		t.Errorf("the stream ended with %v", end.Err)
	}
	if e := <-figures; e.Rollup().AsOf().String() != "2026-03-05" {
		t.Errorf("figures of %s", e.Rollup().AsOf())
	}
}

func TestInactiveUser(t *testing.T) {
	o := newOffice(t)
	events, end, err := follow[*read.JournalEvent](t.Context(), o.hub, o.hire(), nil, live.Journal(nil))
	if err != nil {
		t.Fatal(err)
	}
	o.do("userUpdate", func(d *state.Draft) error {
		u, err := state.Users.Edit(d, 1, nil)
		if err != nil {
			return err
		}
		u.Active = false
		return state.Users.Put(d, u)
	})
	if e, more := <-events; more || end.Err != auth.ErrUnauthenticated {
		t.Errorf("%v, ended with %v", e, end.Err)
	}
}

// A hub that stops ends its streams and says where to go on.
func TestStop(t *testing.T) {
	o := newOffice(t)
	events, end, err := follow[*read.JournalEvent](t.Context(), o.hub, all, &state.Position{}, live.Journal(nil))
	if err != nil {
		t.Fatal(err)
	}
	last := <-events
	o.rename(1, "not taken")
	o.hub.Stop()
	for range events {
		t.Log("an event was on its way")
	}
	if end.Err != live.ErrStopping || end.Place.Seq < int64(last.Number) {
		t.Errorf("ended with %v at %v", end.Err, end.Place)
	}
	if _, _, err := follow[*read.JournalEvent](t.Context(), o.hub, all, nil, live.Journal(nil)); err != live.ErrStopping {
		t.Errorf("a stream began: %v", err)
	}
}

// What is erased is not shown from a record at hand that is older.
func TestErasure(t *testing.T) {
	o := newOffice(t)
	o.hire()
	events, _, err := follow[*read.JournalEvent](t.Context(), o.hub, who(vocab.RoleAdmin, ""), nil, live.Journal(nil))
	if err != nil {
		t.Fatal(err)
	}
	change := func(action string, to any) *read.JournalEntry {
		o.do(action, func(d *state.Draft) error {
			u, err := state.Users.Edit(d, 1, nil)
			if err != nil {
				return err
			}
			if err := state.Users.Desc().SetColumn(u, "name", to); err != nil {
				return err
			}
			return state.Users.Put(d, u)
		})
		return (<-events).Entry
	}
	list := func(e *read.JournalEntry) []read.Change {
		all, err := e.Changes(100)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if e := change("userUpdate", "Ada Lovelace"); shown(list(e)[0].Fields[0].New()) != "Ada Lovelace" {
		t.Fatalf("%+v", list(e))
	}
	if e := change("userErase", nil); len(list(e)) != 1 || list(e)[0].Fields[0].Name != "name" || shown(list(e)[0].Fields[0].Old()) != "" {
		t.Errorf("what was erased is shown: %+v", list(e))
	}
}

// shown gives a field's value, "" if there is none.
func shown(s *string, err error) string {
	if err != nil {
		panic(err)
	}
	if s == nil {
		return ""
	}
	return *s
}
