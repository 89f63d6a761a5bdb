package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"pmograph/internal/fault"
	"pmograph/internal/journal"
	. "pmograph/internal/journal/faulttest"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
)

// lossy is a store whose next commit is lost: it ends the transaction, lets something happen, and gives an error that says nothing.
type lossy struct {
	store.Store
	meanwhile atomic.Pointer[func()]
}

func (s *lossy) Begin(ctx context.Context) (store.Tx, error) {
	tx, err := s.Store.Begin(ctx)
	return &lossyTx{tx, s}, err
}

type lossyTx struct {
	store.Tx
	s *lossy
}

func (t *lossyTx) Commit(ctx context.Context, b store.Batch) error {
	if f := t.s.meanwhile.Swap(nil); f != nil {
		t.Rollback()
		(*f)()
		return errors.New("the connection is lost")
	}
	return t.Tx.Commit(ctx, b)
}

// Keys are of persons: when a commit was lost, the equal key of somebody else who did the same in the meantime does not stand for it.
func TestEqualKeys(t *testing.T) {
	database := pgtest.Database(t)
	var lose *lossy
	a := Open(t, database, Setup{Wrap: func(s store.Store) store.Store { lose = &lossy{Store: s}; return lose }})
	b := Open(t, database, Setup{})
	found, err := Prepare(t.Context(), a.Journal, 2)
	if err != nil {
		t.Fatal(err)
	}
	const key = "1"
	meanwhile := func() {
		if _, err := b.Do(t.Context(), Someone("another"), Increment(found.Own[1]), journal.Meta{Key: key}); err != nil {
			t.Error(err)
		}
	}
	lose.meanwhile.Store(&meanwhile)
	out, err := a.Do(t.Context(), Someone("one"), Increment(found.Own[0]), journal.Meta{Key: key})
	recorded := 0
	for _, e := range Entries(t, b.Store) {
		for _, c := range e.Changes {
			if c.Entity == "projects" && c.ID == found.Own[0] && e.Action == "projectUpdate" {
				recorded++
			}
		}
	}
	switch {
	case err == nil && recorded != 1:
		t.Errorf("acknowledged at %s, and recorded %d times", out.Position, recorded)
	case err != nil && (recorded != 0 || !fault.Is(err, fault.Unavailable)):
		t.Errorf("%v, and recorded %d times", err, recorded)
	}
	Same(t, b.Store, a, b)
}

// Numbers that were given in entries which an older copy of the data lacks are not given again: somebody may know them.
func TestNumbersAfterLoss(t *testing.T) {
	skipShort(t)
	c := pgtest.New(t, false)
	a, b := Open(t, c.URL("pmo"), Setup{}), Open(t, c.URL("pmo"), Setup{})
	found, err := Prepare(t.Context(), a.Journal, 1)
	if err != nil {
		t.Fatal(err)
	}
	given := map[int64]string{}
	makes := func(p *Process, name string, rows int) error {
		out, err := p.Do(t.Context(), Someone("maker"), manyMilestones(found.Own, rows, name, nil), journal.Meta{})
		if err != nil {
			return err
		}
		for _, change := range out.Changes {
			if change.Table != state.Milestones.Desc() {
				continue
			}
			if before, again := given[change.ID]; again {
				t.Errorf("the number %d was given in %s and in %s", change.ID, before, name)
			}
			given[change.ID] = name
		}
		return nil
	}
	if err := makes(a, "first", 3); err != nil {
		t.Fatal(err)
	}
	var older string
	restart(t, c, false, func() {
		if older, err = c.Copy(); err != nil {
			t.Fatal(err)
		}
	})
	Eventually(t, patience, "the server takes rows again", func() bool { return makes(a, "lost", 3) == nil })
	Eventually(t, patience, "the other process knows them", func() bool { return b.Latest().Position() == a.Latest().Position() })
	restart(t, c, false, func() {
		if err := c.Swap(older); err != nil {
			t.Fatal(err)
		}
	})
	for n, p := range []*Process{a, b} { // a small one and one that is committed apart
		Eventually(t, patience, "rows can be made", func() bool { return makes(p, fmt.Sprint("small ", n), 2) == nil })
		Eventually(t, patience, "many rows can be made", func() bool { return makes(p, fmt.Sprint("large ", n), 1500) == nil })
	}
	Same(t, a.Store, a, b)
}
