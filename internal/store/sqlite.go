package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// lite is the record in one SQLite file: one connection writes, a few read.
type lite struct {
	writer, readers *sql.DB
	prepared        prepared // the writer's
	trouble         trouble
	wal             liteWAL
}

var _ Store = (*lite)(nil)

const (
	litePragmas = "?_time_format=sqlite&_timezone=UTC&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=temp_store(MEMORY)" +
		"&_pragma=cache_size(-65536)&_pragma=mmap_size(268435456)"
	liteWriter  = litePragmas + "&_txlock=immediate&_pragma=synchronous(FULL)&_pragma=secure_delete(1)&_pragma=journal_size_limit(67108864)"
	liteReader  = litePragmas + "&_txlock=deferred&mode=ro&_pragma=query_only(1)"
	liteReaders = 4

	liteOpenTime  = 10 * time.Second
	liteCloseTime = 2 * time.Second // for a transaction under way
)

// OpenSQLite opens a file, which is made if there is none, and has SQLite look it over. Erased values leave the file: what is deleted
// is overwritten.
func OpenSQLite(ctx context.Context, path string) (Store, error) {
	dsn, err := liteDSN(path)
	if err != nil {
		return nil, err
	}
	s := &lite{wal: liteWAL{path: path + "-wal", limit: liteLog}}
	if s.writer, err = sql.Open("sqlite", dsn+liteWriter); err != nil {
		return nil, err
	}
	if s.readers, err = sql.Open("sqlite", dsn+liteReader); err != nil {
		s.writer.Close()
		return nil, err
	}
	s.writer.SetMaxOpenConns(1)
	s.readers.SetMaxOpenConns(liteReaders)
	s.readers.SetMaxIdleConns(liteReaders)
	if err := s.check(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// check creates the file, finishes what a crash left, and asks SQLite for damage.
func (s *lite) check(ctx context.Context) error {
	if err := s.keepLog(ctx); err != nil {
		return asDamage(err)
	}
	if err := s.quickCheck(ctx); err != nil {
		return err
	}
	return s.readers.PingContext(ctx)
}

// keepLog has the file written ahead of to a log, so that readers and the writer do not wait for each other. While another process opens
// the file SQLite refuses this at once, whatever its busy timeout: it is asked again.
func (s *lite) keepLog(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, liteOpenTime)
	defer cancel()
	for {
		_, err := s.writer.ExecContext(ctx, "PRAGMA journal_mode=WAL")
		if codeOf(err) != codeBusy {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// sqlRows is the standard library's rows with a Close like the other driver's.
type sqlRows struct{ *sql.Rows }

func (r sqlRows) Close() { r.Rows.Close() }

type sqlQuerier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func liteQuery(db sqlQuerier) query {
	return func(ctx context.Context, q string, args ...any) (rows, error) {
		r, err := db.QueryContext(ctx, q, args...)
		if err != nil {
			return nil, err
		}
		return sqlRows{r}, nil
	}
}

// Migrate applies missing files, each in a transaction that excludes other writers. While SQLite rebuilds a table, references must not
// be in force: they are switched off before the transaction and all checked before its end.
func (s *lite) Migrate(ctx context.Context) error {
	files, sums, err := migrationFiles("sqlite")
	if err != nil {
		return err
	}
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	exec := func(ctx context.Context, q string, args ...any) error {
		_, err := conn.ExecContext(ctx, q, args...)
		return err
	}
	if err := exec(ctx, "PRAGMA foreign_keys=OFF"); err != nil {
		return err
	}
	defer exec(context.WithoutCancel(ctx), "PRAGMA foreign_keys=ON")
	m := migration{liteQuery(conn), exec}
	for done := false; !done; {
		if err := exec(ctx, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		if done, err = m.step(ctx, files, sums); err == nil && !done {
			err = m.checkReferences(ctx)
		}
		if err == nil {
			err = exec(ctx, "COMMIT")
		}
		if err != nil {
			return errors.Join(err, exec(context.WithoutCancel(ctx), "ROLLBACK"))
		}
	}
	return nil
}

func (m migration) checkReferences(ctx context.Context) error {
	var table, parent string
	var row, n *int64
	return m.each(ctx, []any{&table, &row, &parent, &n}, func() error {
		return fmt.Errorf("after the migration a row of %s refers to a row of %s that is not there", table, parent)
	}, "PRAGMA foreign_key_check")
}

// Load reads everything in one read transaction.
func (s *lite) Load(ctx context.Context) (*state.Snapshot, error) {
	conn, err := s.readers.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	return liteQuery(tx).load(ctx, liteFacts(conn))
}

func (s *lite) Head(ctx context.Context, seq int64) (head, mine state.Position, err error) {
	return liteQuery(s.readers).head(ctx, seq)
}

// Entries reads in one transaction, so that an erasure happens before it or after it.
func (s *lite) Entries(ctx context.Context, after, upTo int64, back bool, limit int) ([]state.Entry, error) {
	tx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback()
	return liteQuery(tx).entries(ctx, after, upTo, back, limit)
}

func (s *lite) SeqAt(ctx context.Context, at time.Time) (int64, error) {
	return liteQuery(s.readers).seqAt(ctx, at)
}

func (s *lite) Distance(ctx context.Context, after, upTo int64) (entries, changes int64, err error) {
	return liteQuery(s.readers).distance(ctx, after, upTo)
}

func (s *lite) Erased(ctx context.Context) ([]Erasure, error) {
	return liteQuery(s.readers).erased(ctx)
}

func (s *lite) Keys(ctx context.Context, keys []Key) ([]KeyRecord, error) {
	return liteQuery(s.readers).keys(ctx, sqliteSet, keys)
}

func (s *lite) Texts(ctx context.Context, addresses []vocab.TextAddress) (map[vocab.TextAddress]string, error) {
	return liteQuery(s.readers).textsOf(ctx, sqliteSet, addresses)
}

func (s *lite) TextsAfter(ctx context.Context, after vocab.TextAddress, limit int) ([]state.Text, error) {
	return liteQuery(s.readers).textsAfter(ctx, after, limit)
}

func (s *lite) KeysUsed(ctx context.Context) (map[int64]time.Time, error) {
	return liteQuery(s.readers).keysUsed(ctx)
}

func (s *lite) UseKeys(ctx context.Context, used map[int64]time.Time) error {
	sql, rows := flavour(sqliteSet).useKeys(used)
	_, err := s.writer.ExecContext(ctx, sql, rows)
	return err
}

func (s *lite) Job(ctx context.Context, owner, name string) (Job, bool, error) {
	return liteQuery(s.readers).job(ctx, owner, name)
}

func (s *lite) PutJob(ctx context.Context, j Job) error {
	sql, rows := flavour(sqliteSet).putJob(j)
	_, err := s.writer.ExecContext(ctx, sql, rows)
	return err
}

func (s *lite) DropJobs(ctx context.Context, before time.Time) error {
	_, err := s.writer.ExecContext(ctx, dropJobs, instant(before).String())
	return err
}

// Listen wakes nobody: no other process writes the file.
func (s *lite) Listen(ctx context.Context, _ func()) { <-ctx.Done() }

// Definite knows SQLITE_CONSTRAINT and SQLITE_ERROR; everything else (disk full, busy, interrupted) says nothing about the statements.
func (s *lite) Definite(err error) bool {
	return definite(err, func(err error) bool {
		c := codeOf(err)
		return c == codeConstraint || c == codeError
	})
}

// Close ends all connections, the writer's last, which takes the log into the file. SQLite does not end a connection that has statements.
func (s *lite) Close() error {
	err := s.readers.Close()
	ctx, cancel := context.WithTimeout(context.Background(), liteCloseTime)
	defer cancel()
	if conn, e := s.writer.Conn(ctx); e == nil {
		err = errors.Join(err, conn.Raw(s.prepared.end), conn.Close())
	}
	return errors.Join(err, s.writer.Close())
}

// Begin takes SQLite's write lock.
func (s *lite) Begin(ctx context.Context) (Tx, error) {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		if ctx.Err() != nil { // a write of many rows has the connection
			err = fmt.Errorf("%w: %w", ErrBusy, err)
		}
		return nil, err
	}
	for _, q := range []string{"BEGIN IMMEDIATE", "PRAGMA defer_foreign_keys=ON"} {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			s.trouble.note(err)
			(&liteTx{conn: conn}).Rollback()
			return nil, err
		}
	}
	return &liteTx{conn: conn, s: s}, nil
}

type liteTx struct {
	conn  *sql.Conn
	s     *lite
	ended bool
}

// State reads the head and the clock, which on SQLite is that of this machine.
func (t *liteTx) State(ctx context.Context) (head state.Position, now time.Time, err error) {
	if head, _, err = liteQuery(t.conn).head(ctx, 0); err != nil {
		return head, now, err
	}
	var at instant
	err = t.conn.QueryRowContext(ctx, "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z'").Scan(&at)
	return head, time.Time(at), err
}

func (t *liteTx) Entries(ctx context.Context, after, upTo int64, limit int) ([]state.Entry, error) {
	return liteQuery(t.conn).entries(ctx, after, upTo, false, limit)
}

func (t *liteTx) Keys(ctx context.Context, keys []Key) ([]KeyRecord, error) {
	return liteQuery(t.conn).keys(ctx, sqliteSet, keys)
}

// Commit writes and commits. After an erasure the file's log is emptied, since it would keep the old values.
func (t *liteTx) Commit(ctx context.Context, b Batch) (err error) {
	defer func() { t.s.trouble.note(err) }()
	if t.ended {
		return errors.New("the transaction has ended")
	}
	for s, err := range flavour(sqliteSet).plan(b, liteNewFacts) {
		if err != nil {
			return err
		}
		n, err := t.s.prepared.exec(ctx, t.conn, s.sql, s.args)
		if s.rows != anyRows {
			err = s.expect(n, err)
		}
		if err != nil {
			return &RowError{s.table, s.id, err}
		}
	}
	if _, err := t.conn.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return err
	}
	if len(b.Erase) > 0 {
		t.s.wal.mustEmpty = true
	}
	t.s.wal.shorten(t.conn)
	t.ended = true
	t.conn.Close()
	return nil
}

func (t *liteTx) Rollback() {
	if t.ended {
		return
	}
	t.ended = true
	_, err := t.conn.ExecContext(context.Background(), "ROLLBACK")
	if err != nil && codeOf(err) != codeError { // by that SQLite says that it had rolled back itself
		t.conn.Raw(func(on any) error { return errors.Join(t.s.prepared.end(on), driver.ErrBadConn) })
	}
	t.conn.Close()
}
