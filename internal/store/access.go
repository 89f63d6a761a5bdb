package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pmograph/internal/access"
	"pmograph/internal/state"
)

// The journal of access has two tables: the entries, and one row that says after which entry they begin and that writers lock. In
// PostgreSQL they stand beside those of the record. A SQLite file has one writer at a time, so that they have a file of their own.

var accessColumns = []column{
	{"n", state.KindInt}, {"at", state.KindTime}, {"kind", state.KindText}, {"actor", state.KindText}, {"address", state.KindText},
	{"what", state.KindText}, {"request_id", state.KindText}, {"entry", state.KindInt}, {"times", state.KindInt}, {"hash", kindBytes},
}

type accessRow struct {
	N       int64    `json:"n"`
	At      instant  `json:"at"`
	Kind    string   `json:"kind"`
	Actor   string   `json:"actor"`
	Address string   `json:"address"`
	What    string   `json:"what"`
	Request string   `json:"request_id"`
	Seq     int64    `json:"entry"`
	Times   int64    `json:"times"`
	Hash    hexBytes `json:"hash"`
}

func accessRows(entries []access.Entry) (rows []accessRow) {
	for _, e := range entries {
		rows = append(rows, accessRow{e.N, instant(e.At), string(e.Kind), e.Actor, e.Address, e.What, e.Request, e.Seq, e.Count, e.Hash[:]})
	}
	return rows
}

// accessLog keeps the journal of access in either database.
type accessLog struct {
	query
	set   flavour
	begin func(ctx context.Context, f func(q query, exec execute) error) error
	lock  string // statement that takes the lock, before anything else
	close func() error
}

var _ access.Store = (*accessLog)(nil)

type execute func(ctx context.Context, sql string, args ...any) error

// accessTables makes the tables in a file of their own.
var accessTables = []string{
	`CREATE TABLE IF NOT EXISTS "access_entry" ("n" integer NOT NULL, "at" text NOT NULL, "kind" text NOT NULL, "actor" text NOT NULL, "address" text NOT NULL, "what" text NOT NULL, "request_id" text NOT NULL, "entry" integer NOT NULL, "times" integer NOT NULL, "hash" blob NOT NULL, PRIMARY KEY ("n"))`,
	`CREATE INDEX IF NOT EXISTS "access_entry_at" ON "access_entry" ("at")`,
	`CREATE TABLE IF NOT EXISTS "access_anchor" ("id" integer NOT NULL, "n" integer NOT NULL, "hash" blob NOT NULL, PRIMARY KEY ("id"))`,
}

// OpenPostgresAccess opens the journal of access in a database whose tables Store.Migrate has made. It has connections of its own.
func OpenPostgresAccess(ctx context.Context, url string) (access.Store, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = connectTime
	}
	c.MaxConns, c.MinConns = accessConns, 0
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	return &accessLog{query: pgQuery(pool), set: postgresSet, lock: `SELECT 1 FROM "access_anchor" WHERE "id" = 1 FOR UPDATE`,
		begin: func(ctx context.Context, f func(query, execute) error) error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				return f(pgQuery(tx), func(ctx context.Context, sql string, args ...any) error {
					_, err := tx.Exec(ctx, sql, args...)
					return err
				})
			})
		}, close: func() error { pool.Close(); return nil }}, nil
}

// accessConns is how many connections the journal of access has: one that writes, one that reads.
const accessConns = 2

// OpenSQLiteAccess opens the journal of access in a file, which is made if there is none.
func OpenSQLiteAccess(ctx context.Context, path string) (access.Store, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	s, err := openLiteAccess(path, liteWriter+"&_pragma=journal_mode(WAL)")
	if err != nil {
		return nil, err
	}
	err = s.begin(ctx, func(_ query, exec execute) error {
		for _, make := range accessTables {
			if err := exec(ctx, make); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, asDamage(err)), s.Close())
	}
	return s, nil
}

// OpenSQLiteAccessReader opens a file to read it; there must be one.
func OpenSQLiteAccessReader(_ context.Context, path string) (access.Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	return openLiteAccess(path, liteReader)
}

func openLiteAccess(path, pragmas string) (*accessLog, error) {
	dsn, err := liteDSN(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn+pragmas)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(accessConns)
	return &accessLog{query: liteQuery(db), set: sqliteSet, begin: func(ctx context.Context, f func(query, execute) error) error {
		tx, err := db.BeginTx(ctx, nil) // takes the file's lock
		if err != nil {
			return err
		}
		defer tx.Rollback()
		err = f(liteQuery(tx), func(ctx context.Context, sql string, args ...any) error {
			_, err := tx.ExecContext(ctx, sql, args...)
			return err
		})
		if err != nil {
			return err
		}
		return tx.Commit()
	}, close: db.Close}, nil
}

const accessEnds = `SELECT coalesce((SELECT "n" FROM "access_anchor" WHERE "id" = 1), 0), (SELECT "hash" FROM "access_anchor" WHERE "id" = 1),
	coalesce((SELECT max("n") FROM "access_entry"), 0), (SELECT "hash" FROM "access_entry" ORDER BY "n" DESC LIMIT 1)`

// accessEnds reads both ends in one statement.
func (q query) accessEnds(ctx context.Context) (anchor, head access.Mark, err error) {
	var first, last []byte
	err = q.each(ctx, []any{&anchor.N, &first, &head.N, &last}, func() error {
		copy(anchor.Hash[:], first)
		copy(head.Hash[:], last)
		return nil
	}, accessEnds)
	if head.N == 0 {
		head = anchor
	}
	return anchor, head, err
}

func (s *accessLog) Ends(ctx context.Context) (anchor, head access.Mark, err error) {
	return s.accessEnds(ctx)
}

// locked runs f in a transaction that has the lock.
func (s *accessLog) locked(ctx context.Context, f func(q query, exec execute) error) error {
	return s.begin(ctx, func(q query, exec execute) error {
		err := exec(ctx, `INSERT INTO "access_anchor" ("id", "n", "hash") VALUES (1, 0, $1) ON CONFLICT ("id") DO NOTHING`, make([]byte, 32))
		if err == nil && s.lock != "" {
			err = exec(ctx, s.lock)
		}
		if err != nil {
			return err
		}
		return f(q, exec)
	})
}

func (s *accessLog) Append(ctx context.Context, link func(head access.Mark) []access.Entry) error {
	return s.locked(ctx, func(q query, exec execute) error {
		_, head, err := q.accessEnds(ctx)
		if err != nil {
			return err
		}
		return exec(ctx, s.set.insert("access_entry", accessColumns), set(accessRows(link(head))))
	})
}

func (s *accessLog) Entries(ctx context.Context, after, upTo int64, back bool, limit int) (all []access.Entry, err error) {
	var e access.Entry
	var at instant
	var hash []byte
	order := "ASC"
	if back {
		order = "DESC"
	}
	err = s.each(ctx, []any{&e.N, &at, &e.Kind, &e.Actor, &e.Address, &e.What, &e.Request, &e.Seq, &e.Count, &hash}, func() error {
		if len(hash) != len(e.Hash) {
			return fmt.Errorf("access entry %d: its hash has %d bytes", e.N, len(hash))
		}
		copy(e.Hash[:], hash)
		e.At = time.Time(at)
		all = append(all, e)
		return nil
	}, "SELECT "+list(accessColumns, quoted)+` FROM "access_entry" WHERE "n" > $1 AND "n" <= $2 ORDER BY "n" `+order+" LIMIT $3", after, upTo, limit)
	return all, err
}

// Prune moves the beginning behind what is old. What is younger than an older entry before it stays with it.
func (s *accessLog) Prune(ctx context.Context, before time.Time) (n int64, err error) {
	err = s.locked(ctx, func(q query, exec execute) error {
		anchor, head, err := q.accessEnds(ctx)
		if err != nil {
			return err
		}
		var last int64
		var hash []byte
		err = q.each(ctx, []any{&last, &hash}, func() error { return nil }, `SELECT "n", "hash" FROM "access_entry" WHERE "n" < $2 AND
			"n" < coalesce((SELECT min("n") FROM "access_entry" WHERE "at" >= $1), $2) ORDER BY "n" DESC LIMIT 1`, instant(before).String(), head.N)
		if err != nil || last == 0 {
			return err
		}
		n = last - anchor.N
		if err := exec(ctx, `UPDATE "access_anchor" SET "n" = $1, "hash" = $2 WHERE "id" = 1`, last, hash); err != nil {
			return err
		}
		return exec(ctx, `DELETE FROM "access_entry" WHERE "n" <= $1`, last)
	})
	return n, err
}

func (s *accessLog) Close() error { return s.close() }
