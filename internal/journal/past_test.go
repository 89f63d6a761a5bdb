package journal_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

// ask asks for the record at a number, as a question of its own.
func ask(t testing.TB, j *journal.Journal, seq int64) (*state.View, error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	return j.View(ctx, auditor, journal.Query{KnownAtSeq: &seq})
}

// eventually waits for what another goroutine does.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain: ", what)
		}
		runtime.Gosched()
	}
}

// gate is a store whose reads backwards, which is what rebuilds do, first ask whether they may.
type gate struct {
	store.Store
	may atomic.Pointer[func(ctx context.Context, upTo int64) error]
}

func (g *gate) Entries(ctx context.Context, after, upTo int64, back bool, limit int) ([]state.Entry, error) {
	if f := g.may.Load(); back && f != nil {
		if err := (*f)(ctx, upTo); err != nil {
			return nil, err
		}
	}
	return g.Store.Entries(ctx, after, upTo, back, limit)
}

// pause lets rebuilds wait once they have come down to a number, until go on is called. waiting tells how many wait.
func (g *gate) pause(down int64) (goOn func(), waiting *atomic.Int64) {
	open, waiting := make(chan struct{}), new(atomic.Int64)
	f := func(ctx context.Context, upTo int64) error {
		if upTo > down {
			return nil
		}
		waiting.Add(1)
		defer waiting.Add(-1)
		select {
		case <-open:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	g.may.Store(&f)
	return sync.OnceFunc(func() { close(open) }), waiting
}

// grown is a record of n entries of one change each; the user is erased by erase.
func grown(t testing.TB, db store.Store, n int) *journal.Journal {
	t.Helper()
	j := open(t, db)
	person(t, j)
	more(t, j, n-1)
	return j
}

// person adds the user.
func person(t testing.TB, j *journal.Journal) {
	t.Helper()
	must(do(t, j, "userCreate", nil, func(d *state.Draft) error {
		u := state.Users.New(d)
		name := guard.NewPersonal("Ada Lovelace")
		u.Issuer, u.Subject, u.Name, u.Active = "LOCAL", &name, &name, true
		return state.Users.Put(d, u)
	}))
}

// more adds n entries of one change each.
func more(t testing.TB, j *journal.Journal, n int) {
	t.Helper()
	for range n {
		must(do(t, j, "portfolioCreate", nil, addPortfolio(fmt.Sprint("P", j.Latest().Seq()), nil)))
	}
}

func erase(t testing.TB, j *journal.Journal) {
	t.Helper()
	must(do(t, j, "userErase", nil, func(d *state.Draft) error {
		u, err := state.Users.Edit(d, 1, nil)
		if err != nil {
			return err
		}
		u.Subject, u.Name, u.Active = nil, nil, false
		return state.Users.Put(d, u)
	}))
}

// named tells whether a view shows the name of the user.
func named(v *state.View) bool {
	u := state.Users.Get(v, 1)
	if u == nil {
		return false
	}
	_, ok := state.Users.Key(v, u).Personal(u.Name)
	return ok
}

// Once the journal was walked, or had been written by this process, every number lies near a checkpoint.
func TestPastGoesBackFromCheckpoints(t *testing.T) {
	const entries, step = 640, 10
	db := newStore()
	grown(t, db, entries)
	for name, first := range map[string]int64{"walked": 1, "grown": 0} {
		j := openWith(t, db, journal.Options{PastStep: step})
		if first == 0 {
			j = openWith(t, newStore(), journal.Options{PastStep: step})
			person(t, j)
			more(t, j, entries-1)
		} else {
			if _, err := ask(t, j, first); err != nil {
				t.Fatal(err)
			}
			if s := j.PastStats(); s.UndoneEntries != entries-first || s.UndoneChanges != entries-first || s.Rebuilds != 1 {
				t.Errorf("%s: %+v", name, s)
			}
		}
		for seq := int64(5); seq < entries; seq += 37 {
			before := j.PastStats().UndoneEntries
			v, err := ask(t, j, seq)
			if err != nil || v.Position().Seq != seq {
				t.Fatal(name, seq, err)
			}
			if n := j.PastStats().UndoneEntries - before; n > entries/8+2*step {
				t.Errorf("%s: number %d cost %d entries", name, seq, n)
			}
		}
		if s := j.PastStats(); s.Kept != 8 || s.Checkpoints != 16 {
			t.Errorf("%s: %+v", name, s)
		}
		last := j.PastStats().Rebuilds
		if _, err := ask(t, j, 5+37*((entries-6)/37)); err != nil || j.PastStats().Rebuilds != last {
			t.Errorf("%s: what was asked for last is rebuilt, %v", name, err)
		}
	}
}

// Who asks for one number waits for one rebuild; two go on at once, the next one waits for its turn.
func TestPastRebuildsOnce(t *testing.T) {
	db := &gate{Store: newStore()}
	j := grown(t, db, 50)
	goOn, waiting := db.pause(100)
	defer goOn()
	var wg sync.WaitGroup
	for i := range 30 {
		wg.Go(func() {
			seq := int64(10 + i%3)
			if v, err := ask(t, j, seq); err != nil || v.Position().Seq != seq {
				t.Error(err)
			}
		})
	}
	eventually(t, "three rebuilds", func() bool { return j.PastStats().Rebuilding == 3 && waiting.Load() == 2 })
	for range 100 {
		runtime.Gosched()
	}
	if s := j.PastStats(); s.Rebuilds != 2 || waiting.Load() != 2 {
		t.Errorf("%d at once, %+v", waiting.Load(), s)
	}
	goOn()
	wg.Wait()
	if s := j.PastStats(); s.Rebuilds != 3 || s.Rebuilding != 0 {
		t.Errorf("%+v", s)
	}
}

// Who has no time left is told how far it has come; the rebuild goes on and answers the next question.
func TestPastGoesOnWithoutItsCaller(t *testing.T) {
	db := &gate{Store: newStore()}
	grown(t, db, 60)
	j := openWith(t, db, journal.Options{PastStep: 10})
	goOn, waiting := db.pause(30)
	defer goOn()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		eventually(t, "the rebuild", func() bool { return waiting.Load() == 1 })
		cancel()
	}()
	five := int64(5)
	_, err := j.View(ctx, auditor, journal.Query{KnownAtSeq: &five})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "30 of 55 changes are undone; ask again") {
		t.Fatal(err)
	}
	goOn()
	if v, err := ask(t, j, 5); err != nil || v.Position().Seq != 5 {
		t.Fatal(err)
	}
	if s := j.PastStats(); s.Rebuilds != 1 || s.UndoneEntries != 55 {
		t.Errorf("%+v", s)
	}
}

// A rebuild that fails leaves its checkpoints: the next one goes on from there.
func TestPastGoesOnAfterFailure(t *testing.T) {
	db := &gate{Store: newStore()}
	grown(t, db, 60)
	j := openWith(t, db, journal.Options{PastStep: 10})
	fail := func(_ context.Context, upTo int64) error {
		if upTo <= 30 {
			return errors.New("connection lost")
		}
		return nil
	}
	db.may.Store(&fail)
	if _, err := ask(t, j, 5); !fault.Is(err, fault.Unavailable) {
		t.Fatal(err)
	}
	db.may.Store(nil)
	if v, err := ask(t, j, 5); err != nil || v.Position().Seq != 5 {
		t.Fatal(err)
	}
	if s := j.PastStats(); s.Rebuilds != 2 || s.UndoneEntries != 55 {
		t.Errorf("%+v", s)
	}
}

// What lies too far back is refused with its price, and is not begun.
func TestPastLimit(t *testing.T) {
	db := newStore()
	grown(t, db, 60)
	j := openWith(t, db, journal.Options{PastLimit: 20, PastStep: 10})
	for seq, price := range map[int64]string{39: "at least 21 changes", 5: "at least 55 changes"} {
		if _, err := ask(t, j, seq); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), price) || !strings.Contains(err.Error(), "at most 20") {
			t.Errorf("number %d: %v", seq, err)
		}
	}
	if s := j.PastStats(); s.UndoneEntries != 0 || s.Refused != 2 {
		t.Errorf("%+v", s)
	}
	for _, seq := range []int64{40, 25} { // from what is at hand
		if _, err := ask(t, j, seq); err != nil {
			t.Error(seq, err)
		}
	}
	// one entry may hold many changes
	db = newStore()
	writer := grown(t, db, 2)
	must(do(t, writer, "portfolioCreate", nil, func(d *state.Draft) (err error) {
		for i := range 30 {
			err = errors.Join(err, addPortfolio(fmt.Sprint("M", i), nil)(d))
		}
		return err
	}))
	j = openWith(t, db, journal.Options{PastLimit: 20})
	if _, err := ask(t, j, 2); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "lies 30 changes") {
		t.Error(err)
	}
}

// An erasure reaches a rebuild that is under way, checkpoints and kept pasts, in the process that erases and in one that follows.
func TestErasureDuringRebuild(t *testing.T) {
	for _, follows := range []bool{false, true} {
		db := &gate{Store: newStore()}
		grown(t, db, 60)
		j, writer := openWith(t, db, journal.Options{PastStep: 10}), open(t, db)
		if !follows {
			writer = j
		}
		for _, seq := range []int64{40, 50} {
			if v, err := ask(t, j, seq); err != nil || !named(v) {
				t.Fatal("the name does not show before the erasure", err)
			}
		}
		goOn, waiting := db.pause(30)
		var answer *state.View
		var err error
		var wg sync.WaitGroup
		wg.Go(func() { answer, err = ask(t, j, 10) })
		eventually(t, "the rebuild", func() bool { return waiting.Load() == 1 })
		erase(t, writer)
		eventually(t, "the follower", func() bool { return j.Latest().Position() == writer.Latest().Position() })
		if s := j.PastStats(); s.Kept+s.Checkpoints != 0 {
			t.Errorf("after the erasure: %+v", s)
		}
		goOn()
		wg.Wait()
		if err != nil || named(answer) || answer.Position().Seq != 10 {
			t.Errorf("the rebuild shows the name: %v", err)
		}
		if s := j.PastStats(); s.Redone != 1 {
			t.Errorf("%+v", s)
		}
		for seq := int64(1); seq < 60; seq++ {
			if v, err := ask(t, j, seq); err != nil || named(v) {
				t.Fatalf("number %d shows the name, %v", seq, err)
			}
		}
	}
}

// A record that went on differently reaches a rebuild that is under way, and everything kept.
func TestReloadDuringRebuild(t *testing.T) {
	records := newStore()
	db := &gate{Store: records}
	grown(t, db, 60)
	j := openWith(t, db, journal.Options{PastStep: 10})
	if _, err := ask(t, j, 45); err != nil {
		t.Fatal(err)
	}
	goOn, waiting := db.pause(30)
	defer goOn()
	var wg sync.WaitGroup
	for _, seq := range []int64{10, 15} {
		wg.Go(func() {
			// He knows the record as it was: what is rebuilt is no answer to him.
			if _, err := ask(t, j, seq); !fault.Is(err, fault.Unavailable) {
				t.Errorf("number %d of another record: %v", seq, err)
			}
		})
	}
	eventually(t, "the rebuilds", func() bool { return waiting.Load() == 2 })
	had := j.Latest()
	records.Lose(20)
	eventually(t, "the reload", func() bool { return !j.Latest().SameRecord(had) })
	if s := j.PastStats(); s.Kept+s.Checkpoints != 0 {
		t.Errorf("after the reload: %+v", s)
	}
	more(t, j, 3)
	goOn()
	wg.Wait()
	for seq := int64(0); seq <= j.Latest().Seq(); seq++ {
		v, err := ask(t, j, seq)
		if err != nil || v.Position().Seq != seq {
			t.Fatalf("number %d: %v", seq, err)
		}
		if want := replayed(t, db, seq); v.Position() != want.Position() || state.Diff(v.Snapshot(), want) != "" {
			t.Errorf("number %d is of another record", seq)
		}
	}
}

// replayed is the record at a number as the journal tells it from its beginning.
func replayed(t testing.TB, db store.Store, seq int64) *state.Snapshot {
	t.Helper()
	entries, err := db.Entries(t.Context(), 0, seq, false, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	b := state.NewBuilder(state.Empty())
	for i := range entries {
		if err := b.Apply(&entries[i]); err != nil {
			t.Fatal(err)
		}
	}
	return b.Snapshot()
}

// A rebuild ends with the journal, and so does waiting for it.
func TestPastEndsWithTheJournal(t *testing.T) {
	db := &gate{Store: newStore()}
	grown(t, db, 60)
	ctx, stop := context.WithCancel(context.Background())
	j, err := journal.Open(ctx, db, journal.Options{Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	_, waiting := db.pause(60)
	ended := make(chan error)
	go func() { _, err := ask(t, j, 5); ended <- err }()
	eventually(t, "the rebuild", func() bool { return waiting.Load() == 1 })
	stop()
	if err := <-ended; !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
	<-j.Done()
	if _, err := ask(t, j, 6); !fault.Is(err, fault.Unavailable) || j.PastStats().Rebuilding != 0 {
		t.Error(err)
	}
}

// Old snapshots are held by a bounded number of leases, which end with what they are for.
func TestLeases(t *testing.T) {
	j := grown(t, newStore(), 60)
	if _, err := ask(t, j, 7); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the question's lease", func() bool { return j.PastStats().Leases[journal.LeasePast] == 0 })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	take := func(kind journal.LeaseKind, seq int64) (func(), error) {
		held, release, err := j.Lease(ctx, kind, seq)
		if err == nil {
			if until, ok := held.Deadline(); !ok || time.Until(until) > 10*time.Minute {
				t.Error("a lease has no end")
			}
		}
		return release, err
	}
	var releases []func()
	for seq := range int64(8) {
		for range 3 { // one snapshot counts once
			release, err := take(journal.LeasePast, 20+seq)
			if err != nil {
				t.Fatal(err)
			}
			releases = append(releases, release)
		}
	}
	if _, err := take(journal.LeasePast, 50); !fault.Is(err, fault.Unavailable) {
		t.Error("a ninth old snapshot:", err)
	}
	if _, err := ask(t, j, 51); !fault.Is(err, fault.Unavailable) {
		t.Error("a question about a ninth old snapshot:", err)
	}
	if _, err := ask(t, j, 7); err != nil {
		t.Error("a question about a kept past:", err)
	}
	for _, release := range releases[:3] {
		release()
		release()
	}
	if _, err := ask(t, j, 51); err != nil {
		t.Error("after a release:", err)
	}
	for n := range 3 {
		if _, err := take(journal.LeaseExport, 60); (err == nil) != (n < 2) {
			t.Errorf("export %d: %v", n+1, err)
		}
	}
	eventually(t, "the question's lease", func() bool { return j.PastStats().Leases[journal.LeasePast] == 21 })
	if s := j.PastStats(); s.Leases[journal.LeaseExport] != 2 || s.Refused != 3 {
		t.Errorf("%+v", s)
	}
	cancel()
	eventually(t, "leases end with their context", func() bool {
		l := j.PastStats().Leases
		return l[journal.LeasePast]+l[journal.LeaseExport] == 0
	})
}
