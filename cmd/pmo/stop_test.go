package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/journal/faulttest"
	"pmograph/internal/store/pgtest"
)

const seesQuery = `query($id: ID!) { project(id: $id) { id } }`

// sees tells whether a server shows a project to a client.
func (c client) sees(ctx context.Context, url, project string) (bool, error) {
	var a struct{ Project *struct{ ID string } }
	err := c.ask(ctx, url, seesQuery, map[string]any{"id": project}, &a)
	return err == nil && a.Project != nil, err
}

const (
	grantMutation  = `mutation($u: ID!) { roleGrant(input: {userId: $u, role: VIEWER, scopeKind: ORGANISATION}) { roleAssignment { id } errors { message } } }`
	userMutation   = `mutation($s: String!) { userCreate(input: {subject: $s}) { user { id } errors { message } } }`
	revokeMutation = `mutation($id: ID!) { roleRevoke(input: {id: $id}) { number errors { message } } }`
)

// A process that is stopped while a right is withdrawn elsewhere shows nothing by that right when it goes on.
func TestStoppedAndContinued(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	w := where{Data: t.TempDir(), Database: pgtest.Database(t)}
	seed(t, w)
	a, b := serveProcess(t, ownProgram(t), w), serveProcess(t, ownProgram(t), w)
	admin, reader := newClient(t, w, "ADMIN", demoAdmin), newClient(t, w, "", "reader")
	var made struct {
		UserCreate struct{ User struct{ ID string } }
	}
	must(t, admin.ask(t.Context(), a.url, userMutation, map[string]any{"s": "reader"}, &made))
	var granted struct {
		RoleGrant struct{ RoleAssignment struct{ ID string } }
	}
	must(t, admin.ask(t.Context(), a.url, grantMutation, map[string]any{"u": made.UserCreate.User.ID}, &granted))
	faulttest.Eventually(t, 5*time.Second, "the other process lets him read", func() bool { ok, _ := reader.sees(t.Context(), b.url, "project-1"); return ok })

	b.signal(syscall.SIGSTOP)
	var revoked struct{ RoleRevoke struct{ Number string } }
	must(t, admin.ask(t.Context(), a.url, revokeMutation, map[string]any{"id": granted.RoleGrant.RoleAssignment.ID}, &revoked))
	time.Sleep(5 * time.Second)
	var asking sync.WaitGroup
	var shown atomic.Int64
	for range 20 {
		asking.Go(func() {
			for range 5 {
				if ok, _ := reader.sees(t.Context(), b.url, "project-1"); ok {
					shown.Add(1)
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond) // they wait at its door
	b.signal(syscall.SIGCONT)
	asking.Wait()
	if n := shown.Load(); n > 0 {
		t.Errorf("%d answers by a right that had been withdrawn 5 s before", n)
	}
	if ok, err := newClient(t, w, "VIEWER", "another").sees(t.Context(), b.url, "project-1"); !ok {
		t.Error("the process does not answer others: ", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// One of three processes is stopped for 3 s in the middle of what it is doing, again and again: the others write on, and nothing is lost
// or doubled when it goes on.
func TestStoppedInTheMiddle(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	w := where{Data: t.TempDir(), Database: pgtest.Database(t)}
	seed(t, w)
	var all []*process
	for range 3 {
		all = append(all, serveProcess(t, ownProgram(t), w))
	}
	var account faulttest.Account
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var callers sync.WaitGroup
	for n := range 3 * 8 {
		c := newClient(t, w, "PMO", fmt.Sprint("caller-", n))
		url := all[n%3].url
		callers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("%d-%d", n, i)
				began := time.Now()
				told, err := c.create(t.Context(), func() string { return url }, "project-1", key)
				if err != nil {
					t.Error(key, err)
					return
				}
				account.Add(faulttest.Call{Caller: n, N: i, Key: key, Told: told, At: time.Now(), Waited: time.Since(began)})
			}
		})
	}
	time.Sleep(500 * time.Millisecond)
	for range faulttest.Pick(1, 5) {
		p := all[1]
		p.signal(syscall.SIGSTOP)
		time.Sleep(3 * time.Second)
		p.signal(syscall.SIGCONT)
		time.Sleep(500 * time.Millisecond)
	}
	stop()
	callers.Wait()
	var longest time.Duration
	for _, c := range account.Calls() {
		if c.Caller%3 != 1 {
			longest = max(longest, c.Waited)
		}
	}
	t.Logf("callers of the other processes waited %s at most", longest.Round(time.Millisecond))
	if longest > 6*time.Second {
		t.Error("that is too long")
	}
	db, err := w.store(t.Context())
	must(t, err)
	defer db.Close()
	faulttest.Compare(t, db, &account)
}

// A server that is told to stop finishes what it is doing, refuses the rest, and ends.
func TestTerminated(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for name, database := range map[string]func() string{"sqlite": func() string { return "" }, "postgres": func() string { return pgtest.Database(t) }} {
		t.Run(name, func(t *testing.T) {
			w := where{Data: t.TempDir(), Database: database()}
			seed(t, w)
			p := serveProcess(t, ownProgram(t), w)
			var account faulttest.Account
			var over atomic.Bool
			var callers sync.WaitGroup
			for n := range 16 {
				c := newClient(t, w, "PMO", fmt.Sprint("caller-", n))
				callers.Go(func() {
					for i := 0; !over.Load(); i++ {
						key := fmt.Sprintf("%d-%d", n, i)
						told, err := c.create(t.Context(), func() string {
							if over.Load() {
								return ""
							}
							return p.url
						}, "project-1", key)
						if err != nil && !fault.Is(err, fault.Unavailable) {
							t.Error(key, err)
						}
						account.Add(faulttest.Call{Caller: n, N: i, Key: key, Told: told})
					}
				})
			}
			faulttest.Eventually(t, time.Minute, "work is in flight", func() bool { return account.Count(faulttest.Done) > 50 })
			began := time.Now()
			p.signal(syscall.SIGTERM)
			select {
			case <-p.ended:
			case <-time.After(25 * time.Second):
				t.Fatal("it does not end")
			}
			t.Logf("ended after %s", time.Since(began).Round(time.Millisecond))
			if p.err != nil {
				t.Error("it ended with ", p.err)
			}
			over.Store(true)
			callers.Wait()
			db, err := w.store(t.Context())
			must(t, err)
			defer db.Close()
			faulttest.Compare(t, db, &account)
		})
	}
}
