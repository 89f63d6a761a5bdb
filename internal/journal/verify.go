package journal

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"pmograph/internal/state"
	"pmograph/internal/store"
)

// Verification is what Verify found.
type Verification struct {
	Entries  int64
	Position state.Position
	Erased   int
}

// Verify walks the whole journal: the chain, the erasable values beside it, the digests, and at the end the rows, which must be those a
// replay gives. The error names the first thing that does not hold. It reads only, and may run while others write.
func Verify(ctx context.Context, db store.Store) (Verification, error) {
	var v Verification
	loaded, err := db.Load(ctx)
	if err != nil {
		return v, err
	}
	list, err := db.Erased(ctx)
	if err != nil {
		return v, err
	}
	v.Erased = len(list)
	type row struct {
		table string
		id    int64
	}
	gone := map[row]bool{}
	for _, e := range list {
		gone[row{e.Entity, e.ID}] = true
	}
	erased := func(table string, id int64) bool { return gone[row{table, id}] }
	b := state.NewBuilder(state.Empty())
	err = ahead(ctx, db, loaded.Seq(), func(page []state.Entry) error {
		for i := range page {
			if err := b.Apply(&page[i]); err != nil {
				return err
			}
			if err := page[i].CheckPrivate(erased); err != nil {
				return err
			}
		}
		v.Entries = page[len(page)-1].Seq
		return nil
	})
	if err != nil {
		return v, err
	}
	replay := b.Snapshot()
	v.Position = replay.Position()
	if d := state.Diff(replay, loaded); d != "" {
		return v, fmt.Errorf("the rows are not those of the journal: %s", d)
	}
	if d := state.DiffNext(replay, loaded); d != "" {
		return v, fmt.Errorf("the next numbers are not those of the journal: %s", d)
	}
	return v, checkTexts(ctx, db, loaded)
}

const verifyPage = 2000

// ahead hands out the journal up to a number in pages. The next page is read while f looks at one.
func ahead(ctx context.Context, db store.Store, upTo int64, f func([]state.Entry) error) error {
	g, ctx := errgroup.WithContext(ctx)
	pages := make(chan []state.Entry, 1)
	g.Go(func() error {
		defer close(pages)
		for after := int64(0); after < upTo; {
			n, err := Page(ctx, db, after, upTo, false, verifyPage)
			if err != nil {
				return err
			}
			page, err := db.Entries(ctx, after, upTo, false, n)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				return fmt.Errorf("journal entry %d is missing", after+1)
			}
			select {
			case pages <- page:
			case <-ctx.Done():
				return ctx.Err()
			}
			after = page[len(page)-1].Seq
		}
		return nil
	})
	g.Go(func() error {
		for page := range pages {
			if err := f(page); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}
