package faulttest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	. "pmograph/internal/journal/faulttest"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
)

func hostOf(database string) string {
	u, err := url.Parse(database)
	if err != nil {
		panic(err)
	}
	return u.Host
}

// A process whose clock is an hour off reads like the others and writes nothing; the instants of the journal are the database's.
func TestClockOff(t *testing.T) {
	database := pgtest.Database(t)
	right := Open(t, database, Setup{})
	found, err := Prepare(t.Context(), right.Journal, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		wrong := Open(t, database, Setup{Now: func() time.Time { return time.Now().Add(off) }})
		for range 3 {
			if _, err := wrong.Do(t.Context(), Someone("wrong"), Increment(found.Own[0]), journal.Meta{}); !fault.Is(err, fault.Unavailable) {
				t.Errorf("%s off: %v", off, err)
			}
			if _, err := right.Do(t.Context(), Someone("right"), Increment(found.Own[0]), journal.Meta{}); err != nil {
				t.Error(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		v, err := wrong.View(ctx, Someone("wrong"), journal.Query{AtLeast: right.Latest().Position()})
		if cancel(); err != nil {
			t.Errorf("%s off: %v", off, err)
		} else if state.Projects.Get(v, found.Own[0]) == nil {
			t.Errorf("%s off: nothing is shown", off)
		}
		Same(t, right.Store, right, wrong)
	}
	var before time.Time
	for _, e := range Entries(t, right.Store) {
		if e.At.Before(before) || time.Since(e.At).Abs() > 10*time.Minute {
			t.Errorf("entry %d is of %s, after one of %s", e.Seq, e.At, before)
		}
		before = e.At
	}
}

// A row that was changed by hand is noticed by verification and by whoever loads next.
func TestByHand(t *testing.T) {
	database := pgtest.Database(t)
	p := Open(t, database, Setup{})
	if _, err := Prepare(t.Context(), p.Journal, 4); err != nil {
		t.Fatal(err)
	}
	for what, sql := range map[string]string{
		"a changed value": `UPDATE "projects" SET "name" = '7' WHERE "id" = 3`,
		"an edited entry": `UPDATE "journal" SET "reason" = 'another' WHERE "seq" = 1`,
	} {
		byHand(t, database, sql)
		if _, err := journal.Verify(t.Context(), p.Store); err == nil {
			t.Errorf("%s: verification passes", what)
		}
		if strings.Contains(sql, "projects") {
			if _, err := p.Store.Load(t.Context()); !errors.Is(err, store.ErrDrift) {
				t.Errorf("%s: the next load: %v", what, err)
			}
		}
		byHand(t, database, `UPDATE "projects" SET "name" = '0'`)
		byHand(t, database, `UPDATE "journal" SET "reason" = ''`)
		if _, err := journal.Verify(t.Context(), p.Store); err != nil {
			t.Fatal("put right again: ", err)
		}
	}
}

// A client who sends nothing but what the database refuses costs the others at most half of what they get done.
func TestCulprit(t *testing.T) {
	skipShort(t)
	database := pgtest.Database(t)
	byHand(t, database, `ALTER TABLE "milestones" ADD CONSTRAINT "by_hand" CHECK ("name" <> 'REFUSED BY THE DATABASE')`)
	p := Open(t, database, Setup{})
	found, err := Prepare(t.Context(), p.Journal, 17)
	if err != nil {
		t.Fatal(err)
	}
	forbidden := func(*rand.Rand) state.Decision { return refusedByDatabase(found.Shared[0]) }
	var account Account
	run := func(withCulprit bool) float64 {
		ctx, stop := context.WithTimeout(t.Context(), Pick(400*time.Millisecond, 5*time.Second))
		defer stop()
		var callers sync.WaitGroup
		before := account.Count(Done)
		for i := range 17 {
			c := Caller{Number: i, Journal: p.Journal, Found: found, Account: &account, Start: len(account.Calls())}
			if i == 16 {
				if !withCulprit {
					continue
				}
				c.Rude = forbidden
			}
			callers.Go(func() { c.Run(ctx) })
		}
		callers.Wait()
		return float64(account.Count(Done) - before)
	}
	run(false)
	var with, without float64
	for range 3 {
		without += run(false)
		with += run(true)
	}
	t.Logf("with a culprit the others get %.2f of what they get done without", with/without)
	if with < without/2 && Long() {
		t.Error("that is less than half")
	}
	Compare(t, p.Store, &account, p)
}

// Ending a process with work in flight: what it had acknowledged is there, everybody gets an answer.
func TestEnd(t *testing.T) {
	database := pgtest.Database(t)
	p, other := Open(t, database, Setup{}), Open(t, database, Setup{})
	found, err := Prepare(t.Context(), p.Journal, 16)
	if err != nil {
		t.Fatal(err)
	}
	var account Account
	ctx, stop := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	for i := range 16 {
		c := Caller{Number: i, Journal: p.Journal, Found: found, Account: &account}
		callers.Go(func() { c.Run(ctx) })
	}
	Eventually(t, 10*time.Second, "work is in flight", func() bool { return account.Count(Done) > 50 })
	p.Close()
	if _, err := p.DoAs(t.Context(), auth.Machine("test"), Increment(found.Own[0]), journal.Meta{}); !fault.Is(err, fault.Unavailable) {
		t.Error("an ended process: ", err)
	}
	stop()
	callers.Wait()
	Compare(t, other.Store, &account, other)
}
