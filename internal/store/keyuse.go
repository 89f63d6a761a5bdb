package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"pmograph/internal/state"
)

// When feed keys were last used lies in feed_key_use, outside the journal: whoever loses it loses nothing of the record.

var keyUseColumns = []column{{"feed_key_id", state.KindInt}, {"used_at", state.KindTime}}

type keyUseRow struct {
	Key  int64   `json:"feed_key_id"`
	Used instant `json:"used_at"`
}

func (q query) keysUsed(ctx context.Context) (map[int64]time.Time, error) {
	used := map[int64]time.Time{}
	var key int64
	var at instant
	err := q.each(ctx, []any{&key, &at}, func() error { used[key] = time.Time(at); return nil }, `SELECT "feed_key_id", "used_at" FROM "feed_key_use"`)
	return used, err
}

// useKeys gives the statement that notes uses, in the order of keys: two processes do not wait for each other.
func (f flavour) useKeys(used map[int64]time.Time) (sql, rows string) {
	var all []keyUseRow
	for _, key := range slices.Sorted(maps.Keys(used)) {
		all = append(all, keyUseRow{key, instant(used[key])})
	}
	return f.insert("feed_key_use", keyUseColumns) + ` WHERE true ON CONFLICT ("feed_key_id") DO UPDATE SET "used_at" = excluded."used_at" WHERE excluded."used_at" > "feed_key_use"."used_at"`, set(all)
}
