package store

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// The log stays short although there is a reader at every moment, and is empty after an erasure, also if a reader was in its way.
func TestLogStaysShort(t *testing.T) {
	db, err := OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "a.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() // twice does no harm
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := db.(*lite)
	s.wal.limit = 256 << 10
	size := func() int64 {
		info, err := os.Stat(s.wal.path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	commit := func(b Batch) {
		t.Helper()
		tx, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if err := tx.Commit(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	key := func() Batch {
		return Batch{Keys: []KeyRecord{{Key: Key{"machine", "test", rand.Text()}, Salt: make([]byte, 16), Input: make([]byte, 32), At: time.Now()}}}
	}
	read := func() (end func()) {
		tx, err := s.readers.BeginTx(t.Context(), nil)
		if err != nil {
			t.Error(err)
			return func() {}
		}
		var n int
		if err := tx.QueryRow(`SELECT count(*) FROM "journal_key"`).Scan(&n); err != nil {
			t.Error(err)
		}
		return func() { tx.Rollback() }
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				end := read()
				time.Sleep(5 * time.Millisecond)
				end()
			}
		})
	}
	longest := int64(0)
	for range 800 {
		commit(key())
		longest = max(longest, size())
	}
	close(stop)
	readers.Wait()
	if longest > 4*s.wal.limit || longest == 0 {
		t.Errorf("the log grew to %d bytes, its limit is %d", longest, s.wal.limit)
	}
	end := read()
	commit(Batch{Keys: key().Keys, Erase: []Erasure{{Entity: "users", ID: 1, Seq: 1}}})
	if size() == 0 {
		t.Error("the log was emptied under a reader")
	}
	end()
	commit(key())
	if n := size(); n != 0 {
		t.Errorf("after an erasure, and without a reader, the log has %d bytes", n)
	}
	commit(key())
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(s.wal.path); err != nil || len(left) > 0 {
		t.Errorf("after closing there is still a log: %v, %v", left, err)
	}
}
