package storetest

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/store"
)

// entries pages through the journal both ways and finds instants.
func entries(t *testing.T, h Harness) {
	ctx := context.Background()
	r := open(t, h)
	head, mine, err := r.db.Head(ctx, 7)
	if err != nil || head != (state.Position{}) || mine != (state.Position{}) {
		t.Fatalf("an empty journal has the head %s, %s, %v", head, mine, err)
	}
	if seq, err := r.db.SeqAt(ctx, noon); seq != 0 || err != nil {
		t.Fatalf("an empty journal has entry %d, %v", seq, err)
	}
	var made []state.Entry
	for i := range 7 {
		if _, err := r.decide(func(d *state.Draft) {
			user(t, d, fmt.Sprint("u", i))
			team(t, d, fmt.Sprint("t", i), nil)
			if i == 3 {
				team(t, d, "another", nil)
			}
		}); err != nil {
			t.Fatal(err)
		}
		made = append(made, r.batch.Entries[len(r.batch.Entries)-1])
		if i%3 == 0 {
			r.mustCommit()
		}
	}
	r.mustCommit()
	for _, c := range []struct {
		after, upTo int64
		back        bool
		limit       int
		want        []int64
	}{
		{0, 100, false, 100, []int64{1, 2, 3, 4, 5, 6, 7}}, {0, 100, true, 3, []int64{7, 6, 5}}, {0, 4, true, 3, []int64{4, 3, 2}},
		{2, 5, false, 9, []int64{3, 4, 5}}, {2, 5, false, 1, []int64{3}}, {7, 9, false, 9, nil}, {3, 3, true, 9, nil},
	} {
		page, err := r.db.Entries(ctx, c.after, c.upTo, c.back, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) != len(c.want) {
			t.Fatalf("%+v: %d entries", c, len(page))
		}
		for i, seq := range c.want {
			sameEntry(t, &page[i], &made[seq-1])
		}
	}
	for _, c := range []struct{ after, upTo, entries, changes int64 }{{0, 100, 7, 15}, {2, 5, 3, 7}, {6, 7, 1, 2}, {3, 3, 0, 0}, {7, 9, 0, 0}} {
		if n, changes, err := r.db.Distance(ctx, c.after, c.upTo); n != c.entries || changes != c.changes || err != nil {
			t.Errorf("%+v: %d entries with %d changes, %v", c, n, changes, err)
		}
	}
	for i := range made {
		e := &made[i]
		for at, want := range map[time.Time]int64{e.At: e.Seq, e.At.Add(999): e.Seq, e.At.Add(-1): e.Seq - 1} {
			if seq, err := r.db.SeqAt(ctx, at); seq != want || err != nil {
				t.Errorf("at %s: entry %d, %v, not %d", at, seq, err, want)
			}
		}
		head, mine, err := r.db.Head(ctx, e.Seq)
		if err != nil || head != made[6].Position() || mine != e.Position() {
			t.Errorf("head %s, mine %s, %v", head, mine, err)
		}
	}
}

func sameEntry(t *testing.T, a, b *state.Entry) {
	t.Helper()
	head := func(e *state.Entry) string {
		c := *e
		c.Changes = nil
		c.At = c.At.UTC()
		return fmt.Sprintf("%+v", c)
	}
	if head(a) != head(b) || len(a.Changes) != len(b.Changes) {
		t.Fatalf("read %s\nwrote %s", head(a), head(b))
	}
	for i := range a.Changes {
		row := func(c state.EntryChange) string {
			c.Private = nil
			return fmt.Sprintf("%+v", c)
		}
		if row(a.Changes[i]) != row(b.Changes[i]) {
			t.Fatalf("change %d: read %s\nwrote %s", i, row(a.Changes[i]), row(b.Changes[i]))
		}
		x, err1 := a.Changes[i].Values()
		y, err2 := b.Changes[i].Values()
		if err1 != nil || err2 != nil || fmt.Sprint(x) != fmt.Sprint(y) {
			t.Fatalf("change %d: read %v (%v), wrote %v (%v)", i, x, err1, y, err2)
		}
	}
}

// keys records idempotency keys and forgets old ones.
func keys(t *testing.T, h Harness) {
	ctx := context.Background()
	r := open(t, h)
	rec := func(actor, key string, at time.Time) store.KeyRecord {
		return store.KeyRecord{Key: store.Key{Actor: actor, Action: "do", Key: key}, Seq: 1, Salt: []byte{0, 1}, Input: []byte("digest\x00"), At: at}
	}
	old, new := rec("a", "k1", noon), rec("a", "k ‘2’", noon.Add(time.Hour))
	ask := []store.Key{old.Key, new.Key, {Actor: "b", Action: "do", Key: "k1"}, {Actor: "a", Action: "do", Key: "K1"}}
	find := func() []store.KeyRecord {
		tx, err := r.db.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		found, err := tx.Keys(ctx, ask)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := find(); len(found) != 0 {
		t.Fatalf("an empty store knows %v", found)
	}
	write := func(k ...store.KeyRecord) {
		r.decide(func(d *state.Draft) { team(t, d, fmt.Sprint("t", r.now.Seq()), nil) })
		r.batch.Keys = k
		r.mustCommit()
	}
	write(old, new)
	found := find()
	if len(found) != 2 {
		t.Fatalf("found %v", found)
	}
	for _, k := range found {
		want := old
		if k.Key == new.Key {
			want = new
		}
		if k.Key != want.Key || k.Seq != 1 || !bytes.Equal(k.Salt, want.Salt) || !bytes.Equal(k.Input, want.Input) || !k.At.Equal(want.At) {
			t.Errorf("found %+v, not %+v", k, want)
		}
	}
	write(rec("c", "late", old.At.Add(store.KeyAge+time.Minute)))
	if found := find(); h.Raw != nil && (len(found) != 1 || found[0].Key != new.Key) {
		t.Errorf("after %s the store knows %v", store.KeyAge, found)
	}
}

// rollback leaves nothing, and commits what follows.
func rollback(t *testing.T, h Harness) {
	ctx := context.Background()
	r := open(t, h)
	r.must(func(d *state.Draft) { team(t, d, "a", nil) })
	for range 3 {
		tx, err := r.db.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		head, now, err := tx.State(ctx)
		if err != nil || head != r.durable.Position() {
			t.Fatalf("head %s, %v, not %s", head, err, r.durable.Position())
		}
		if h.Raw != nil && time.Since(now).Abs() > time.Minute {
			t.Errorf("the database's clock says %s", now)
		}
		tx.Rollback()
		tx.Rollback()
	}
	r.check()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if tx, err := r.db.Begin(cancelled); err == nil && h.Raw != nil {
		tx.Rollback()
		t.Error("a transaction began for a caller who had gone")
	} else if err == nil {
		tx.Rollback()
	}
	r.must(func(d *state.Draft) { team(t, d, "b", nil) })
	r.check()
}

// oneWriter lets a second writer wait for the first, from another process too.
func oneWriter(t *testing.T, h Harness) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	address := h.Fresh(t)
	r := newRecord(t, openAt(t, h, address))
	for what, other := range map[string]store.Store{"the same": r.db, "another": openAt(t, h, address)} {
		if _, err := r.decide(func(d *state.Draft) { team(t, d, what, nil) }); err != nil {
			t.Fatal(err)
		}
		first, err := r.db.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer first.Rollback() // does nothing unless the test has failed
		type seen struct {
			head state.Position
			err  error
		}
		second := make(chan seen, 1)
		go func() {
			tx, err := other.Begin(ctx)
			if err != nil {
				second <- seen{err: err}
				return
			}
			defer tx.Rollback()
			head, _, err := tx.State(ctx)
			second <- seen{head, err}
		}()
		select {
		case s := <-second:
			t.Fatalf("the second writer of %s store did not wait: %v", what, s)
		case <-time.After(100 * time.Millisecond):
		}
		r.batch.Changes = state.Merge(r.layers)
		if err := first.Commit(ctx, r.batch); err != nil {
			t.Fatal(err)
		}
		r.batch, r.layers, r.durable = store.Batch{}, nil, r.now
		if s := <-second; s.err != nil || s.head != r.now.Position() {
			t.Fatalf("the second writer of %s store sees %s, %v, not %s", what, s.head, s.err, r.now.Position())
		}
	}
	r.check()
}

// headersFarBack loads journals that are longer than the distance of complete headers, around its multiples.
func headersFarBack(t *testing.T, h Harness) {
	r := open(t, h)
	r.must(func(d *state.Draft) { portfolio(t, d, "only here", nil); user(t, d, "u") })
	for n := int64(2); n <= 2*state.AllTablesEvery+1; n++ {
		if _, err := r.decide(func(d *state.Draft) { team(t, d, fmt.Sprint(n), nil) }); err != nil {
			t.Fatal(err)
		}
		switch n % state.AllTablesEvery {
		case state.AllTablesEvery - 1, 0, 1:
			r.mustCommit()
			r.check()
		}
	}
}
