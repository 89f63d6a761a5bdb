package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Setting is something a database says of itself.
type Setting struct{ Name, Value string }

// inspected are the settings of a PostgreSQL server on which it depends whether what it acknowledged stays.
var inspected = []string{"server_version_num", "fsync", "synchronous_commit", "full_page_writes", "default_transaction_isolation",
	"default_transaction_read_only", "statement_timeout", "idle_in_transaction_session_timeout", "max_connections"}

// InspectPostgres gives the settings of a server as a session of ours meets them, whether it is a standby (in_recovery), whether the role is
// a superuser's (superuser), and its clock.
func InspectPostgres(ctx context.Context, url string) (all []Setting, now time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, now, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // it was only asked
	rows, err := conn.Query(ctx, `SELECT name, current_setting(name) FROM unnest($1::text[]) AS name
		UNION ALL SELECT 'in_recovery', pg_is_in_recovery()::text
		UNION ALL SELECT 'superuser', current_setting('is_superuser')`, inspected)
	if err != nil {
		return nil, now, err
	}
	if all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Setting]); err != nil {
		return nil, now, err
	}
	err = conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now)
	return all, now, err
}

// InspectSQLite gives how a file is kept: its journal mode.
func InspectSQLite(ctx context.Context, path string) (all []Setting, err error) {
	s, err := openLiteAccess(path, "?mode=ro")
	if err != nil {
		return nil, err
	}
	defer func() { _ = s.Close() }()
	var mode string
	err = s.each(ctx, []any{&mode}, func() error { all = append(all, Setting{"journal_mode", mode}); return nil }, "PRAGMA journal_mode")
	return all, asDamage(err)
}
