package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
)

const (
	liteLog     = 64 << 20 // bytes to which the log may grow before readers are waited for
	liteLogWait = 250      // milliseconds, at most, that this takes
)

// liteWAL keeps a file's log short. SQLite begins it anew by itself when it happens to meet a moment without readers; if they come one
// after the other there is no such moment, and the log would grow until the disk is full.
type liteWAL struct {
	path  string
	limit int64 // bytes
	next  int64 // size at which to do something; the one writer has it

	mustEmpty bool // an erasure left values in it
}

// shorten moves the log into the file and empties it if it is long. A reader that takes longer than is waited for is met again a quarter
// of the limit later; after an erasure, at the next commit.
func (l *liteWAL) shorten(conn *sql.Conn) {
	info, err := os.Stat(l.path)
	if err != nil || !l.mustEmpty && info.Size() < max(l.next, l.limit) {
		return
	}
	if l.empty(conn) {
		l.next, l.mustEmpty = 0, false
	} else {
		l.next = info.Size() + l.limit/4
	}
}

// empty empties the log, unless a reader prevents it.
func (l *liteWAL) empty(conn *sql.Conn) bool {
	ctx := context.Background()
	var busy, pages, moved int
	_, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout=%d", liteLogWait))
	if err == nil {
		err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
	}
	_, again := conn.ExecContext(ctx, "PRAGMA busy_timeout=5000")
	return err == nil && again == nil && busy == 0
}
