package store_test

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"pmograph/internal/access"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/store/storetest"
)

func TestSQLiteAccess(t *testing.T) {
	storetest.Access(t, storetest.AccessHarness{
		Fresh: func(t testing.TB) string { return filepath.Join(t.TempDir(), "a b?#%41.db") },
		Open: func(t testing.TB, path string) access.Store {
			s, err := store.OpenSQLiteAccess(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Error(info.Mode(), err)
			}
			return s
		},
		Raw: rawOf("sqlite", func(path string) string {
			return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(5000)"
		}),
	})
}

func TestPostgresAccess(t *testing.T) {
	storetest.Access(t, storetest.AccessHarness{
		Fresh: pgtest.Database,
		Open: func(t testing.TB, url string) access.Store {
			s, err := store.OpenPostgresAccess(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Raw: rawOf("pgx", func(url string) string { return url }),
	})
}

// A reader makes no file and writes to none.
func TestSQLiteAccessReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "access.db")
	if _, err := store.OpenSQLiteAccessReader(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	w, err := store.OpenSQLiteAccess(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r, err := store.OpenSQLiteAccessReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	one := func(head access.Mark) []access.Entry {
		return access.Chain(head, []access.Entry{{Kind: access.Started}})
	}
	if err := r.Append(t.Context(), one); err == nil {
		t.Error("a reader wrote")
	}
	if err := w.Append(t.Context(), one); err != nil {
		t.Error(err)
	}
	if n, _, err := access.Verify(t.Context(), r); n != 1 || err != nil {
		t.Error(n, err)
	}
}
