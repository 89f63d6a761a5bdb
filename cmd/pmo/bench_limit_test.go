package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// The limit is what a careful programmer would write by hand for one kind of change, without journal, rights, invariants or keys: one
// transaction that updates a project and inserts a row about it.

const limitTables = `
CREATE TABLE project (id bigint PRIMARY KEY, name text NOT NULL, priority bigint NOT NULL);
CREATE TABLE project_change (id bigint PRIMARY KEY, project_id bigint NOT NULL REFERENCES project, at timestamptz NOT NULL,
  field text NOT NULL, old_value text, new_value text);
CREATE SEQUENCE project_change_id OWNED BY project_change.id;
INSERT INTO project SELECT n, 'Project ' || n, 1 FROM generate_series(1, 5000) AS n;`

// postgresLimit has as many connections as callers.
func postgresLimit(b *testing.B, url string, callers int) func(context.Context, int64, int64) error {
	b.Helper()
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		b.Fatal(err)
	}
	c.MaxConns, c.MinConns = int32(callers), int32(callers)
	pool, err := pgxpool.NewWithConfig(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	if _, err := pool.Exec(b.Context(), "DROP TABLE IF EXISTS project_change, project;"+limitTables); err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context, project, value int64) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE project SET priority = $2 WHERE id = $1", project, value); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "INSERT INTO project_change VALUES (nextval('project_change_id'), $1, now(), 'priority', NULL, $2::bigint::text)", project, value)
			return err
		})
	}
}

// liteLimit has one connection that writes, as SQLite demands.
func liteLimit(b *testing.B) func(context.Context, int64, int64) error {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "limit.db")+
		"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)&_pragma=cache_size(-65536)&_pragma=mmap_size(268435456)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	for _, q := range []string{
		"CREATE TABLE project (id INTEGER PRIMARY KEY, name TEXT NOT NULL, priority INTEGER NOT NULL)",
		"CREATE TABLE project_change (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES project, at TEXT NOT NULL, field TEXT NOT NULL, old_value TEXT, new_value TEXT)",
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 5000) INSERT INTO project SELECT i, 'Project ' || i, 1 FROM n",
	} {
		if _, err := db.Exec(q); err != nil {
			b.Fatal(err)
		}
	}
	prepare := func(q string) *sql.Stmt {
		s, err := db.Prepare(q)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		return s
	}
	update := prepare("UPDATE project SET priority = $2 WHERE id = $1")
	insert := prepare("INSERT INTO project_change (project_id, at, field, new_value) VALUES ($1, $2, 'priority', $3)")
	return func(ctx context.Context, project, value int64) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		if _, err := tx.StmtContext(ctx, update).Exec(project, value); err != nil {
			return err
		}
		if _, err := tx.StmtContext(ctx, insert).Exec(project, time.Now().Format(time.RFC3339Nano), value); err != nil {
			return err
		}
		return tx.Commit()
	}
}
