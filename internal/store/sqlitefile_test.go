package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pmograph/internal/store"
)

// A reader reads, and SQLite refuses it everything else.
func TestReaderOnlyReads(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b.db")
	if _, err := store.OpenSQLiteReader(t.Context(), path); err == nil {
		t.Error("a file that is not there was opened")
	}
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("a reader made the file: %v", err)
	}
	fresh(t, path)
	s, err := store.OpenSQLiteReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Load(t.Context()); err != nil {
		t.Error(err)
	}
	if tx, err := s.Begin(t.Context()); err == nil {
		tx.Rollback()
		t.Error("a reader began to write")
	}
	if err := s.Migrate(t.Context()); err == nil {
		t.Error("a reader migrated")
	}
}

func fresh(t *testing.T, path string) {
	t.Helper()
	s, err := store.OpenSQLite(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A backup is a whole file with the same rows; it is not written over anything.
func TestBackupIsWhole(t *testing.T) {
	dir := t.TempDir()
	path, to := filepath.Join(dir, "a.db"), filepath.Join(dir, "b ?#.db")
	fresh(t, path)
	if err := store.BackupSQLite(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	s, err := store.OpenSQLiteReader(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Load(t.Context()); err != nil {
		t.Error(err)
	}
	if err := store.BackupSQLite(t.Context(), path, to); err == nil {
		t.Error("a backup was written over another")
	}
}

// Bytes that SQLite did not write are found when the file is opened, whoever opens it.
func TestDamageIsRefused(t *testing.T) {
	for _, x := range []struct {
		name string
		at   int64
	}{{"header", 2}, {"root page", 100}, {"a table's page", 4096*3 + 3}} {
		path := filepath.Join(t.TempDir(), "a.db")
		fresh(t, path)
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte{0xff, 0xff, 0xff, 0xff}, x.at); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		for how, open := range map[string]func(context.Context, string) (store.Store, error){"write": store.OpenSQLite, "read": store.OpenSQLiteReader} {
			s, err := open(t.Context(), path)
			if err == nil {
				s.Close()
			}
			if !errors.Is(err, store.ErrDamaged) {
				t.Errorf("%s damaged, opened to %s: %v", x.name, how, err)
			}
		}
	}
}

// Who only reads refuses a record of another version, in words that help, instead of misreading it.
func TestReaderKnowsVersions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	fresh(t, path)
	edit := func(statement string) {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		exec(t, db, statement)
	}
	for _, x := range []struct{ statement, want string }{
		{`INSERT INTO schema_revision (version, hash, applied_at) VALUES ('99999999999999', 'x', '')`, "newer version"},
		{`DELETE FROM schema_revision WHERE version >= (SELECT max(version) FROM schema_revision WHERE version < '9')`, "older version"},
		{`DROP TABLE schema_revision`, "no record"},
	} {
		edit(x.statement)
		s, err := store.OpenSQLiteReader(t.Context(), path)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("after %s: %v", x.statement, err)
		}
	}
}
