package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/store/storetest"
)

func TestSQLite(t *testing.T) {
	open := func(t testing.TB, path string) store.Store {
		s, err := store.OpenSQLite(context.Background(), path)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	empty := func(t testing.TB) string { return filepath.Join(t.TempDir(), "a b?#%41.db") }
	raw := rawOf("sqlite", func(path string) string {
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(5000)"
	})
	const tables = "SELECT name FROM sqlite_master WHERE type = 'table'"
	storetest.Run(t, storetest.Harness{
		Empty: empty,
		Fresh: func(t testing.TB) string {
			path := empty(t)
			s := open(t, path)
			defer s.Close()
			if err := s.Migrate(context.Background()); err != nil {
				t.Fatal(err)
			}
			return path
		},
		Open: open, Raw: raw, Tables: tables,
		Reset: func(t testing.TB, path string) {
			db := raw(t, path)
			for _, table := range emptied(t, db, tables) {
				exec(t, db, `DELETE FROM "`+table+`"`)
			}
		},
		Files: func(t testing.TB, path string) (all []byte) {
			files, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
			for _, f := range files {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, b...)
			}
			return all
		},
	})
}

func TestPostgres(t *testing.T) { storetest.Run(t, postgresHarness()) }

// TestPostgresPlain goes in as a role without privileges, for which the server checks references row by row.
func TestPostgresPlain(t *testing.T) {
	h := postgresHarness()
	open, plain := h.Open, map[string]string{}
	h.Open = func(t testing.TB, address string) store.Store {
		if plain[address] == "" {
			db := h.Raw(t, address)
			exec(t, db, `DO $$ BEGIN CREATE ROLE plain LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
			exec(t, db, "GRANT ALL ON ALL TABLES IN SCHEMA public TO plain")
			plain[address] = strings.Replace(address, "postgres@", "plain@", 1)
		}
		return open(t, plain[address])
	}
	storetest.Run(t, h, "histories", "two bulks", "bulk meets")
}

// TestBulkCut ends a bulk's session while it stages, and under the lock: nothing of it is left, and others go on.
func TestBulkCut(t *testing.T) {
	h := postgresHarness()
	address := h.Fresh(t)
	storetest.Cut(t, h, address, func() {
		exec(t, h.Raw(t, address), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'")
	}, func() (n int) {
		if err := h.Raw(t, address).QueryRow("SELECT count(*) FROM pg_class").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	})
}

func postgresHarness() storetest.Harness {
	raw := rawOf("pgx", func(url string) string { return url })
	const tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
	return storetest.Harness{
		Empty: pgtest.Empty, Fresh: pgtest.Database,
		Open: func(t testing.TB, url string) store.Store {
			s, err := store.OpenPostgres(context.Background(), url)
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		Raw: raw, Tables: tables,
		Reset: func(t testing.TB, url string) {
			db := raw(t, url)
			exec(t, db, `TRUNCATE "`+strings.Join(emptied(t, db, tables), `", "`)+`"`)
		},
	}
}

// rawOf opens ways around the store, one for each database.
func rawOf(driver string, dsn func(address string) string) func(t testing.TB, address string) *sql.DB {
	opened := map[string]*sql.DB{}
	return func(t testing.TB, address string) *sql.DB {
		if opened[address] == nil {
			db, err := sql.Open(driver, dsn(address))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			opened[address] = db
		}
		return opened[address]
	}
}

// emptied lists the tables that hold the record.
func emptied(t testing.TB, db *sql.DB, tables string) (names []string) {
	rows, err := db.Query(tables + " EXCEPT SELECT 'schema_revision' EXCEPT SELECT 'journal_lock' EXCEPT SELECT 'journal_text_key'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		t.Fatal(fmt.Errorf("no tables"))
	}
	return names
}

func exec(t testing.TB, db *sql.DB, q string) {
	if _, err := db.Exec(q); err != nil {
		t.Fatal(err)
	}
}
