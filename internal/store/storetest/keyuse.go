package storetest

import (
	"context"
	"maps"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"pmograph/internal/state"
)

// keyUses keeps the latest use of each feed key, whoever notes it and in whatever order, and leaves the record as it was.
func keyUses(t *testing.T, h Harness) {
	ctx := context.Background()
	address := h.Fresh(t)
	r := newRecord(t, openAt(t, h, address))
	other := openAt(t, h, address)
	r.must(func(d *state.Draft) { team(t, d, "a", nil) })
	want := func(want map[int64]time.Time) {
		t.Helper()
		have, err := r.db.KeysUsed(ctx)
		if err != nil || !maps.EqualFunc(have, want, time.Time.Equal) {
			t.Fatalf("used: %v, %v, not %v", have, err, want)
		}
	}
	want(map[int64]time.Time{})
	use := func(used map[int64]time.Time) {
		t.Helper()
		if err := r.db.UseKeys(ctx, used); err != nil {
			t.Fatal(err)
		}
	}
	later := noon.Add(time.Minute)
	use(map[int64]time.Time{1: noon, 2: later})
	use(map[int64]time.Time{1: later, 2: noon, 3: noon})
	want(map[int64]time.Time{1: later, 2: later, 3: noon})
	if h.Raw != nil {
		var both errgroup.Group
		for i := range 20 {
			both.Go(func() error {
				db := r.db
				if i%2 == 0 {
					db = other
				}
				return db.UseKeys(ctx, map[int64]time.Time{1: later.Add(time.Duration(i) * time.Minute), 4: noon.Add(time.Duration(-i) * time.Minute)})
			})
		}
		if err := both.Wait(); err != nil {
			t.Fatal(err)
		}
		want(map[int64]time.Time{1: later.Add(19 * time.Minute), 2: later, 3: noon, 4: noon})
	}
	r.check()
}
