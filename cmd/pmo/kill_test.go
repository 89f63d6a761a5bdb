package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pmograph/internal/journal/faulttest"
	"pmograph/internal/store/pgtest"
)

// The server is killed again and again under load: what it had acknowledged is in the journal, once, however often it was asked again.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for name, database := range map[string]func() string{
		"sqlite":   func() string { return "" },
		"postgres": func() string { return pgtest.Database(t) },
	} {
		t.Run(name, func(t *testing.T) { killed(t, where{Data: t.TempDir(), Database: database()}) })
	}
}

func killed(t *testing.T, w where) {
	kills, wanted := faulttest.Pick(3, 20), faulttest.Pick(300, 10_000) // acknowledged on each database
	seed(t, w)
	var account faulttest.Account
	var server atomic.Value
	p := serveProcess(t, ownProgram(t), w)
	server.Store(p.url)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var callers sync.WaitGroup
	for n := range 16 {
		c := newClient(t, w, "PMO", fmt.Sprint("caller-", n))
		callers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("%d-%d", n, i)
				told, err := c.create(t.Context(), func() string { return server.Load().(string) }, "project-1", key)
				if err != nil {
					t.Error(key, err)
					return
				}
				account.Add(faulttest.Call{Caller: n, N: i, Key: key, Told: told})
			}
		})
	}
	enough := func(share int) bool { return account.Count(faulttest.Done) >= wanted*share/(kills+1) }
	for k := 1; k <= kills; k++ {
		faulttest.Eventually(t, 2*time.Minute, fmt.Sprint("enough is acknowledged before kill ", k), func() bool { return enough(k) })
		time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
		p.kill()
		p = serveProcess(t, ownProgram(t), w)
		server.Store(p.url)
	}
	faulttest.Eventually(t, 2*time.Minute, "enough is acknowledged", func() bool { return enough(kills + 1) })
	stop()
	callers.Wait()
	p.kill()
	db, err := w.store(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	faulttest.Compare(t, db, &account)
	if n := account.Count(faulttest.Done); n < wanted {
		t.Errorf("only %d writes were acknowledged", n)
	}
}

// seed puts an organisation with projects into an empty record.
func seed(t testing.TB, w where) {
	t.Helper()
	r, err := w.open(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	if err := fill(t.Context(), r.journal); err != nil {
		t.Fatal(err)
	}
}
