package journal

import (
	"context"
	"fmt"

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
	when := map[string]bool{}
	for _, e := range list {
		when[fmt.Sprint(e.Entity, e.ID)] = true
	}
	erased := func(table string, id int64) bool { return when[fmt.Sprint(table, id)] }
	b := state.NewBuilder(state.Empty())
	for v.Entries < loaded.Seq() {
		page, err := db.Entries(ctx, v.Entries, loaded.Seq(), false, 2000)
		if err != nil {
			return v, err
		}
		if len(page) == 0 {
			return v, fmt.Errorf("journal entry %d is missing", v.Entries+1)
		}
		for i := range page {
			if err := b.Apply(&page[i]); err != nil {
				return v, err
			}
			if err := page[i].CheckPrivate(erased); err != nil {
				return v, err
			}
		}
		v.Entries = page[len(page)-1].Seq
	}
	replay := b.Snapshot()
	v.Position = replay.Position()
	if d := state.Diff(replay, loaded); d != "" {
		return v, fmt.Errorf("the rows are not those of the journal: %s", d)
	}
	if d := state.DiffNext(replay, loaded); d != "" {
		return v, fmt.Errorf("the next numbers are not those of the journal: %s", d)
	}
	return v, nil
}
