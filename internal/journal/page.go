package journal

import (
	"context"

	"pmograph/internal/store"
)

// pageRows is about how many changed rows are read from the journal at once: an entry has one, or a million.
const pageRows = 500_000

// Page gives how many of the entries with numbers in (after, upTo] are to be read at once, from the last on if back: at most so many, and
// no more rows than memory takes with ease; one at least.
func Page(ctx context.Context, db store.Store, after, upTo int64, back bool, most int64) (int, error) {
	for n := most; ; n /= 2 {
		from, to := after, min(after+n, upTo)
		if back {
			from, to = max(after, upTo-n), upTo
		}
		if _, rows, err := db.Distance(ctx, from, to); err != nil || rows <= pageRows || n <= 1 {
			return int(max(n, 1)), err
		}
	}
}
