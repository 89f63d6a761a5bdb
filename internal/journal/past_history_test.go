package journal_test

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
)

// remembered is what a test knows of a record it has made.
type remembered struct {
	mu        sync.Mutex
	reloads   int
	erased    []int64 // users, erased and acknowledged
	published map[int64]*state.Snapshot
}

func (r *remembered) now() (reloads int, erased []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reloads, r.erased[:len(r.erased):len(r.erased)]
}

// eraseOne erases a person who is not erased yet; 0 if there is none.
func eraseOne(s *state.Snapshot) (id int64, run func(*state.Draft) error) {
	for u := range state.Users.All(state.NewWhole(s)) {
		if u.Name != nil {
			id = max(id, u.ID)
		}
	}
	return id, func(d *state.Draft) error {
		u, err := state.Users.Edit(d, id, nil)
		if err != nil {
			return err
		}
		u.Subject, u.Name, u.Active = nil, nil, false
		return state.Users.Put(d, u)
	}
}

// pastOf makes a random history with erasures and, if the store can lose entries, records that go on differently, while others ask about
// the past of two processes. No question may be answered with another record, or with what was erased before it was asked. At the end
// the record at every number is the one that was published then, without the erased values.
func pastOf(t testing.TB, fatal func(args ...any), db store.Store, now func() time.Time, rnd *rand.Rand, steps int, lose func(after int64)) {
	o := journal.Options{Now: now, PastStep: 1 + rnd.Int64N(12)}
	j, end := opened(t, db, o)
	defer end()
	follower, end := opened(t, db, o)
	defer end()
	know := &remembered{published: map[int64]*state.Snapshot{}}
	var askers sync.WaitGroup
	ctx, stop := context.WithCancel(t.Context())
	var wrong atomic.Pointer[string]
	for i, of := range []*journal.Journal{j, j, follower} {
		rnd := rand.New(rand.NewPCG(rnd.Uint64(), uint64(i)))
		askers.Go(func() {
			for ctx.Err() == nil {
				if bad := question(t, of, know, rnd); bad != "" {
					wrong.CompareAndSwap(nil, &bad)
				}
			}
		})
	}
	for range steps {
		erases, who := rnd.IntN(8) == 0, int64(0)
		action, run := step(rnd, j.Latest())
		if erases {
			if who, run = eraseOne(j.Latest()); who == 0 {
				continue
			}
			action = "userErase"
		}
		if lose != nil && rnd.IntN(20) == 0 && j.Latest().Seq() > 2 {
			know.lose(j, follower, 1+rnd.Int64N(j.Latest().Seq()-1), lose)
			continue
		}
		if _, err := do(t, j, action, nil, run); err == nil {
			know.mu.Lock()
			if know.published[j.Latest().Seq()] = j.Latest(); who != 0 {
				know.erased = append(know.erased, who)
			}
			know.mu.Unlock()
		} else if fault.Is(err, fault.Unavailable) {
			fatal(err)
		}
	}
	stop()
	askers.Wait()
	if bad := wrong.Load(); bad != nil {
		fatal(*bad)
	}
	eventually(t, "the follower", func() bool { return follower.Latest().Position() == j.Latest().Position() })
	entries, err := db.Entries(t.Context(), 0, j.Latest().Seq(), false, 1<<20)
	if err != nil {
		fatal(err)
	}
	want := j.Latest().Origin()
	for seq := range int64(len(entries) + 1) { // after a loss an entry may come on top
		if seq > 0 {
			b := state.NewBuilder(want)
			if err := b.Apply(&entries[seq-1]); err != nil {
				fatal(err)
			}
			want = b.Snapshot()
		}
		for _, of := range []*journal.Journal{j, follower} {
			v, err := ask(t, of, seq)
			if err != nil {
				fatal(err)
			}
			if d := state.Diff(want, v.Snapshot()); d != "" || v.Position() != want.Position() {
				fatal("number ", seq, ": ", d, " ", v.Position(), " ", want.Position())
			}
			then := know.published[seq]
			for _, table := range state.Tables {
				if then != nil && (then.Position() != v.Position() || then.Digest(table) != v.Snapshot().Digest(table)) {
					fatal("number ", seq, " is not what was published: ", table.Name)
				}
			}
		}
	}
}

// lose lets the record go on differently after a number, and waits until both processes have noticed.
func (r *remembered) lose(j, follower *journal.Journal, after int64, lose func(int64)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for follower.Latest().Seq() <= after { // else it loses nothing
		time.Sleep(time.Millisecond)
	}
	had := [2]*state.Snapshot{j.Latest(), follower.Latest()}
	lose(after)
	for j.Latest().SameRecord(had[0]) || follower.Latest().SameRecord(had[1]) {
		time.Sleep(time.Millisecond)
	}
	r.reloads++
	r.erased = nil
	for seq := range r.published {
		if seq > after {
			delete(r.published, seq)
		}
	}
}

// question asks about a random number, and tells what is wrong with the answer.
func question(t testing.TB, j *journal.Journal, know *remembered, rnd *rand.Rand) string {
	reloads, erased := know.now()
	at := j.Latest()
	seq := rnd.Int64N(at.Seq() + 1)
	v, err := ask(t, j, seq)
	if again, _ := know.now(); again != reloads || fault.Is(err, fault.Unavailable) {
		return "" // the record was lost meanwhile, or there is no room: no answer is no wrong answer
	}
	switch {
	case err != nil:
		return err.Error()
	case v.Position().Seq != seq:
		return v.Position().String() + " is not the number asked for"
	}
	for _, id := range erased {
		u := state.Users.Get(v, id)
		if u == nil {
			continue
		}
		if _, shown := state.Users.Key(v, u).Personal(u.Name); shown && j.Latest().Seq() >= at.Seq() && sees(at, id) {
			return "an erased name shows at " + v.Position().String()
		}
	}
	return ""
}

// sees tells that a process knew of an erasure when it was asked.
func sees(s *state.Snapshot, user int64) bool {
	u := state.Users.Get(state.NewWhole(s), user)
	return u == nil || u.Name == nil
}

func TestPastOfRandomHistories(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		db := newStore()
		rnd := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		pastOf(t, rt.Fatal, db, nil, rnd, rapid.IntRange(1, 120).Draw(rt, "steps"), db.Lose)
	})
}

func TestPastOnSQLite(t *testing.T) {
	db, err := store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "pmo.db"))
	if err != nil {
		t.Fatal(err)
	}
	pastOnDatabase(t, db)
}

func TestPastOnPostgres(t *testing.T) {
	db, err := store.OpenPostgres(t.Context(), pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	pastOnDatabase(t, db)
}

func pastOnDatabase(t *testing.T, db store.Store) {
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	pastOf(t, t.Fatal, db, time.Now, rand.New(rand.NewPCG(4, 2)), 150, nil)
}
