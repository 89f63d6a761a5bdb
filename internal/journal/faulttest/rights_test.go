package faulttest_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/guard"
	"pmograph/internal/journal"
	. "pmograph/internal/journal/faulttest"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// reader is a user who may read because of one grant on record.
type reader struct {
	id    auth.Identity
	grant int64
}

func grantReader(t *testing.T, p *Process) reader {
	t.Helper()
	r := reader{id: auth.Identity{Issuer: "LOCAL", Subject: "reader", ValidUntil: time.Now().Add(time.Hour)}}
	do(t, p, "roleGrant", func(d *state.Draft) error {
		u, subject := state.Users.New(d), guard.NewPersonal("reader")
		u.Issuer, u.Subject, u.Active = "LOCAL", &subject, true
		if err := state.Users.Put(d, u); err != nil {
			return err
		}
		g := state.RoleAssignments.New(d)
		g.UserID, g.Role, g.ScopeKind = u.ID, vocab.RoleViewer, vocab.ScopeKindOrganisation
		r.grant = g.ID
		return state.RoleAssignments.Put(d, g)
	})
	return r
}

func do(t testing.TB, p *Process, action string, run func(*state.Draft) error) journal.Outcome {
	t.Helper()
	out, err := p.DoAs(t.Context(), auth.Machine("test"), state.Decision{Action: action, Run: run}, journal.Meta{})
	if err != nil {
		t.Fatal(action, err)
	}
	return out
}

// sees tells whether a process still answers the reader.
func (r reader) sees(p *Process, project int64) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	v, err := p.View(ctx, r.id, journal.Query{})
	return err == nil && state.Projects.Get(v, project) != nil
}

// panicky is a store whose look at the head panics on demand.
type panicky struct {
	store.Store
	now atomic.Bool
}

func (s *panicky) Head(ctx context.Context, seq int64) (state.Position, state.Position, error) {
	if s.now.Load() {
		panic("the poller panics")
	}
	return s.Store.Head(ctx, seq)
}

// A right that was withdrawn in one process is gone in another, whatever befalls that one.
func TestWithdrawnRight(t *testing.T) {
	skipShort(t)
	url, addr := sharedServer(t)
	var broken *panicky
	for _, c := range []struct {
		name    string
		longest time.Duration
		hinder  func(*Process) (release func())
	}{
		{"undisturbed", time.Second, func(*Process) func() { return func() {} }},
		{"cut off", 5 * time.Second, func(p *Process) func() { return p.Proxy.Hold() }},
		{"poller panics", 5 * time.Second, func(*Process) func() { broken.now.Store(true); return func() { broken.now.Store(false) } }},
	} {
		t.Run(c.name, func(t *testing.T) {
			proxy := NewProxy(t, addr)
			a := Open(t, url, Setup{})
			b := Open(t, proxy.Through(url), Setup{Proxy: proxy, Wrap: func(s store.Store) store.Store { broken = &panicky{Store: s}; return broken }})
			found, err := Prepare(t.Context(), a.Journal, 0)
			if err != nil {
				t.Fatal(err)
			}
			r := grantReader(t, a)
			Eventually(t, 5*time.Second, "the other process lets him read", func() bool { return r.sees(b, found.Shared[0]) })
			var asking sync.WaitGroup
			var last atomic.Int64
			ctx, stop := context.WithCancel(context.Background())
			for range 4 {
				asking.Go(func() {
					for ctx.Err() == nil {
						if r.sees(b, found.Shared[0]) {
							last.Store(time.Now().UnixNano())
						}
						time.Sleep(2 * time.Millisecond)
					}
				})
			}
			release := c.hinder(b)
			time.Sleep(50 * time.Millisecond)
			do(t, a, "roleRevoke", func(d *state.Draft) error { state.RoleAssignments.Delete(d, r.grant); return nil })
			withdrawn := time.Now()
			time.Sleep(c.longest + 500*time.Millisecond)
			after := time.Unix(0, last.Load()).Sub(withdrawn)
			release()
			if _, err := b.View(t.Context(), auth.Identity{}, journal.Query{AtLeast: a.Latest().Position()}); err != nil {
				t.Error("the process does not come back: ", err)
			}
			stop()
			asking.Wait()
			t.Logf("last answer %s after", after.Round(time.Millisecond))
			if late := time.Unix(0, last.Load()).Sub(withdrawn); late > c.longest {
				t.Errorf("last answer %s after the right was withdrawn", late)
			}
			do(t, a, "userErase", func(d *state.Draft) error { // the next case begins anew
				for u := range state.Users.All(state.NewWhole(d.Snapshot())) {
					state.Users.Delete(d, u.ID)
				}
				for p := range state.Projects.All(state.NewWhole(d.Snapshot())) {
					state.Projects.Delete(d, p.ID)
				}
				for p := range state.Portfolios.All(state.NewWhole(d.Snapshot())) {
					state.Portfolios.Delete(d, p.ID)
				}
				return nil
			})
			Same(t, a.Store, a, b)
		})
	}
}

// sharedServer gives a database on the server all tests share, and where that listens.
func sharedServer(t *testing.T) (url, addr string) {
	t.Helper()
	url = pgtest.Database(t)
	return url, hostOf(url)
}
