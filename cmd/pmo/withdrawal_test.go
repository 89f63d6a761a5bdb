package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"pmograph/internal/journal/faulttest"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/wake/natstest"
)

// hire gives somebody a role on record that lets him read, and tells how it is withdrawn.
func (c client) hire(t *testing.T, url, subject string) (withdraw func() (number int64)) {
	t.Helper()
	var made struct {
		UserCreate struct{ User struct{ ID string } }
	}
	must(t, c.ask(t.Context(), url, userMutation, map[string]any{"s": subject}, &made))
	var granted struct {
		RoleGrant struct{ RoleAssignment struct{ ID string } }
	}
	must(t, c.ask(t.Context(), url, grantMutation, map[string]any{"u": made.UserCreate.User.ID}, &granted))
	return func() (number int64) {
		var revoked struct{ RoleRevoke struct{ Number string } }
		must(t, c.ask(t.Context(), url, revokeMutation, map[string]any{"id": granted.RoleGrant.RoleAssignment.ID}, &revoked))
		_, err := fmt.Sscan(revoked.RoleRevoke.Number, &number)
		must(t, err)
		return number
	}
}

// A role that is withdrawn at one server ends the streams at the others, amid writes, and no event of a later entry comes; also where what
// wakes the servers is cut. Others go on.
func TestWithdrawnEndsStreamsElsewhere(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	w := where{Data: t.TempDir(), Database: pgtest.Database(t)}
	seed(t, w)
	db, err := w.store(t.Context())
	must(t, err)
	defer db.Close()
	nats := natstest.New(t)
	nats.Start()
	for _, x := range wakings {
		t.Run(x.name, func(t *testing.T) {
			all := fleet(t, w, x.args(nats)...)
			admin, writer := newClient(t, w, "ADMIN", demoAdmin), newClient(t, w, "PMO", "writer")
			for _, cut := range []bool{false, true} {
				heal := func() {}
				if cut {
					heal = x.cut(t, w, nats)
				}
				withdraw := admin.hire(t, all[0].url, fmt.Sprint("reader ", x.name, cut))
				reader, place := newClient(t, w, "", fmt.Sprint("reader ", x.name, cut)), writer.head(t, all[0].url)
				for _, p := range all {
					faulttest.Eventually(t, 10*time.Second, "he may read everywhere", func() bool { ok, _ := reader.sees(t.Context(), p.url, "project-1"); return ok })
				}
				leaving, staying := newFollowers(t), newFollowers(t)
				for _, p := range all[1:] {
					for i := range faulttest.Pick(4, 250) {
						leaving.add(following{name: fmt.Sprint(p.url, " reader ", i), token: reader.token, server: at(p), query: followJournal, place: place})
					}
					staying.add(following{name: fmt.Sprint(p.url, " office"), token: newClient(t, w, "PMO", "office "+p.url).token, server: at(p), query: followJournal, place: place})
				}
				var writing sync.WaitGroup
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				writing.Go(func() {
					for i := 0; ctx.Err() == nil; i++ {
						if told, err := writer.create(t.Context(), at(all[0]), "project-1", fmt.Sprint(x.name, cut, i)); told != faulttest.Done {
							t.Error(told, err)
						}
					}
				})
				first := since(t, db, place)
				for len(first) < 3 {
					first = since(t, db, place)
				}
				leaving.reach(first[2])
				number := withdraw()
				withdrawn := time.Now()
				leaving.turnedAway()
				time.Sleep(500 * time.Millisecond) // what comes now comes too late
				stop()
				writing.Wait()
				heal()
				leaving.nothingAfter(number, withdrawn, fmt.Sprint("cut: ", cut), 10*time.Second)
				numbers := since(t, db, place)
				staying.reach(numbers[len(numbers)-1])
				staying.complete(numbers)
				leaving.end()
				staying.end()
			}
		})
	}
}

// turnedAway waits until every follower was told that he may not follow any more.
func (all *followers) turnedAway() {
	all.t.Helper()
	for _, f := range all.all {
		faulttest.Eventually(all.t, 30*time.Second, f.name+" is turned away", func() bool { _, away := f.ended(); return !away.IsZero() })
	}
}

// nothingAfter fails if a follower took an entry after that of his withdrawal, and tells when the last came.
func (all *followers) nothingAfter(number int64, withdrawn time.Time, how string, within time.Duration) {
	all.t.Helper()
	var last, ended time.Duration
	for _, f := range all.all {
		endings, away := f.ended()
		ended = max(ended, away.Sub(withdrawn))
		if endings["FORBIDDEN"] != 1 {
			all.t.Errorf("%s: %s ended so: %v", how, f.name, endings)
		}
		for _, n := range f.news() {
			last = max(last, n.At.Add(n.after).Sub(withdrawn))
			if n.number() > number {
				all.t.Errorf("%s: %s took entry %d, his role was withdrawn at %d", how, f.name, n.number(), number)
			}
		}
	}
	all.t.Logf("%s: the last event came %s after the role was withdrawn, %d streams had ended after %s", how, last.Round(time.Millisecond), len(all.all), ended.Round(time.Millisecond))
	if ended > within {
		all.t.Error("that is too long")
	}
}
