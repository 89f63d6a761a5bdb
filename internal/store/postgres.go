package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// postgres is the record in a PostgreSQL database, which several processes may share.
type postgres struct {
	name       string // by which this process knows its own notifications
	pool       *pgxpool.Pool
	mayUncheck bool // it may leave out the server's checks of references; see bulk.go
}

var _ Store = (*postgres)(nil)

// No call waits longer than this, whatever its caller's patience: a server that vanished must not keep us.
const (
	connectTime  = 2 * time.Second
	readTime     = 30 * time.Second
	writeTime    = 15 * time.Second
	loadTime     = 10 * time.Minute
	rollbackTime = 2 * time.Second
)

// OpenPostgres opens a database by its URL. Nothing is asked of the server by start-up parameters, and where a connection pooler stands
// between, no prepared statements are kept on it.
func OpenPostgres(ctx context.Context, url string) (Store, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = connectTime
	}
	s := &postgres{name: rand.Text()}
	direct, err := s.check(ctx, c.ConnConfig)
	if err != nil {
		return nil, err
	}
	if direct {
		c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	}
	s.pool, err = pgxpool.NewWithConfig(ctx, c)
	return s, err
}

// OpenPostgresReader opens a database for who only reads it: there must be a record of this program's version.
func OpenPostgresReader(ctx context.Context, url string) (Store, error) {
	s, err := OpenPostgres(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := pgQuery(s.(*postgres).pool).fits(ctx, "postgres"); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// check looks at the database. A pooler gives away what it tells of itself: its connections are not the server's.
func (s *postgres) check(ctx context.Context, c *pgx.ConnConfig) (direct bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, c)
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var encoding string
	var session int64
	err = conn.QueryRow(ctx, "SELECT current_setting('server_encoding'), has_parameter_privilege('session_replication_role', 'SET'), pg_backend_pid()").
		Scan(&encoding, &s.mayUncheck, &session)
	if err == nil && encoding != "UTF8" {
		err = fmt.Errorf("the database has the encoding %s; create it with UTF8", encoding)
	}
	return session == int64(conn.PgConn().PID()), err
}

type pgQuerier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func pgQuery(db pgQuerier) query {
	return func(ctx context.Context, sql string, args ...any) (rows, error) { return db.Query(ctx, sql, args...) }
}

// migrationLock is the number of the advisory lock that migrating processes take.
const migrationLock = 7064070600

// Migrate applies missing files, each in a transaction under an advisory lock.
func (s *postgres) Migrate(ctx context.Context) error {
	files, sums, err := migrationFiles("postgres")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, loadTime)
	defer cancel()
	for done := false; !done; {
		err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) (err error) {
			m := migration{pgQuery(tx), func(ctx context.Context, sql string, args ...any) error {
				_, err := tx.Exec(ctx, sql, args...)
				return err
			}}
			if err := m.exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrationLock)); err != nil {
				return err
			}
			done, err = m.step(ctx, files, sums)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reading runs f in a transaction that sees the database as it is at its beginning.
func (s *postgres) reading(ctx context.Context, limit time.Duration, f func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return f(ctx, tx)
	})
}

// Load reads everything in one read transaction.
func (s *postgres) Load(ctx context.Context) (snapshot *state.Snapshot, err error) {
	err = s.reading(ctx, loadTime, func(ctx context.Context, tx pgx.Tx) error {
		snapshot, err = pgQuery(tx).load(ctx, pgFacts(tx.Conn().PgConn()))
		return err
	})
	return snapshot, err
}

// Head gives up all connections when none answers: after a partition they are dead, and each would keep somebody waiting.
func (s *postgres) Head(ctx context.Context, seq int64) (head, mine state.Position, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	head, mine, err = pgQuery(s.pool).head(ctx, seq)
	if err != nil && ctx.Err() != nil {
		s.pool.Reset()
	}
	return head, mine, err
}

// Entries reads in one transaction, so that an erasure happens before it or after it.
func (s *postgres) Entries(ctx context.Context, after, upTo int64, back bool, limit int) (all []state.Entry, err error) {
	err = s.reading(ctx, readTime, func(ctx context.Context, tx pgx.Tx) error {
		all, err = pgQuery(tx).entries(ctx, after, upTo, back, limit)
		return err
	})
	return all, err
}

func (s *postgres) SeqAt(ctx context.Context, at time.Time) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return pgQuery(s.pool).seqAt(ctx, at)
}

func (s *postgres) Distance(ctx context.Context, after, upTo int64) (entries, changes int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return pgQuery(s.pool).distance(ctx, after, upTo)
}

func (s *postgres) Erased(ctx context.Context) ([]Erasure, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return pgQuery(s.pool).erased(ctx)
}

func (s *postgres) Keys(ctx context.Context, keys []Key) ([]KeyRecord, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return pgQuery(s.pool).keys(ctx, postgresSet, keys)
}

func (s *postgres) Texts(ctx context.Context, addresses []vocab.TextAddress) (map[vocab.TextAddress]string, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return pgQuery(s.pool).textsOf(ctx, postgresSet, addresses)
}

func (s *postgres) TextsAfter(ctx context.Context, after vocab.TextAddress, limit int) ([]state.Text, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return pgQuery(s.pool).textsAfter(ctx, after, limit)
}

func (s *postgres) KeysUsed(ctx context.Context) (map[int64]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return pgQuery(s.pool).keysUsed(ctx)
}

func (s *postgres) UseKeys(ctx context.Context, used map[int64]time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	sql, rows := flavour(postgresSet).useKeys(used)
	_, err := s.pool.Exec(ctx, sql, rows)
	return err
}

func (s *postgres) Job(ctx context.Context, owner, name string) (Job, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	return pgQuery(s.pool).job(ctx, owner, name)
}

func (s *postgres) PutJob(ctx context.Context, j Job) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	sql, rows := flavour(postgresSet).putJob(j)
	_, err := s.pool.Exec(ctx, sql, rows)
	return err
}

func (s *postgres) DropJobs(ctx context.Context, before time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	_, err := s.pool.Exec(ctx, dropJobs, before)
	return err
}

// definiteClasses are the SQLSTATE classes that are about the statements themselves: data, integrity, syntax or rights, and functions.
// After any other (a deadlock, a full disk, a session ended) the outcome is looked up.
var definiteClasses = map[string]bool{"22": true, "23": true, "42": true, "P0": true}

// Definite knows the classes of errors that settle the matter.
func (s *postgres) Definite(err error) bool {
	return definite(err, func(err error) bool {
		var e *pgconn.PgError
		return errors.As(err, &e) && len(e.Code) == 5 && definiteClasses[e.Code[:2]] && !strings.HasPrefix(e.TableName, "journal")
	})
}

// Writable asks whether the server takes writes: a standby does not.
func (s *postgres) Writable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var readOnly bool
	err := s.pool.QueryRow(ctx, "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool").Scan(&readOnly)
	if err == nil && readOnly {
		err = errors.New("the database is a standby, or read-only")
	}
	return err
}

func (s *postgres) Close() error {
	s.pool.Close()
	return nil
}

// Begin opens a transaction, bounds it, takes the lock, and reads the head: all in one round trip. The bounds are the server's; ours is
// the context's.
func (s *postgres) Begin(ctx context.Context) (Tx, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	t := &pgTx{name: s.name, conn: conn}
	b := &pgx.Batch{}
	b.Queue("BEGIN ISOLATION LEVEL READ COMMITTED")
	b.Queue(pgBounds)
	t.lock(b)
	rescued := s.rescue(ctx)
	err = conn.SendBatch(ctx, b).Close()
	rescued()
	if err != nil {
		t.Rollback()
		if e := (*pgconn.PgError)(nil); errors.As(err, &e) && e.Code == pgLockTimeout {
			err = fmt.Errorf("%w: %w", ErrBusy, err)
		}
		return nil, err
	}
	return t, nil
}

// pgLockTimeout is the code of a lock that could not be had in time.
const pgLockTimeout = "55P03"

// pgBounds says how long a writer may hold the lock, and what it is called while it does. Rows are found by their keys: left to itself the
// server guesses that a set has a hundred rows and reads whole tables for the one it has.
const pgBounds = `SELECT set_config('statement_timeout', '5s', true), set_config('lock_timeout', '4s', true),
	set_config('idle_in_transaction_session_timeout', '1s', true), set_config('synchronous_commit', 'on', true),
	set_config('application_name', '` + pgWriter + `', true),
	set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`

// lock takes the one lock and reads the head and the clock under it.
func (t *pgTx) lock(b *pgx.Batch) {
	var hash []byte
	var seq *int64
	b.Queue(`SELECT "id" FROM "journal_lock" FOR UPDATE`)
	b.Queue(`SELECT clock_timestamp(), j."seq", j."hash" FROM (SELECT 1) AS one LEFT JOIN (SELECT "seq", "hash" FROM "journal" ORDER BY "seq" DESC LIMIT 1) AS j ON true`).
		QueryRow(func(r pgx.Row) error {
			if err := r.Scan(&t.now, &seq, &hash); err != nil {
				return err
			}
			if seq != nil {
				t.head = position(*seq, hash)
			}
			return nil
		})
}

type pgTx struct {
	name  string
	conn  *pgxpool.Conn
	head  state.Position
	now   time.Time
	ended bool
}

// State gives what Begin read under the lock.
func (t *pgTx) State(context.Context) (state.Position, time.Time, error) {
	return t.head, t.now.UTC(), nil
}

func (t *pgTx) Entries(ctx context.Context, after, upTo int64, limit int) ([]state.Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return pgQuery(t.conn).entries(ctx, after, upTo, false, limit)
}

func (t *pgTx) Keys(ctx context.Context, keys []Key) ([]KeyRecord, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return pgQuery(t.conn).keys(ctx, postgresSet, keys)
}

// Commit writes everything in one round trip and commits in a second, since only then are the numbers of changed rows known.
func (t *pgTx) Commit(ctx context.Context, b Batch) error {
	if t.ended {
		return errors.New("the transaction has ended")
	}
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if err := t.send(ctx, flavour(postgresSet).plan(b, flavour(postgresSet).newFacts)); err != nil {
		return err
	}
	return t.commit(ctx)
}

func (t *pgTx) commit(ctx context.Context) error {
	tag, err := t.conn.Exec(ctx, "COMMIT")
	if err != nil {
		return err
	}
	if tag.String() != "COMMIT" {
		return fmt.Errorf("%w: COMMIT was answered %s", ErrDrift, tag)
	}
	t.ended = true
	t.conn.Release()
	return nil
}

// send runs the statements and lets the database check the references.
func (t *pgTx) send(ctx context.Context, plan steps) (err error) {
	var all []statement
	batch := &pgx.Batch{}
	for s, err := range plan {
		if err != nil {
			return err
		}
		all = append(all, s)
		batch.Queue(s.sql, s.args...)
	}
	batch.Queue("SET CONSTRAINTS ALL IMMEDIATE")
	batch.Queue("NOTIFY " + pgChannel + ", '" + t.name + "'")
	answers := t.conn.SendBatch(ctx, batch)
	defer func() {
		if e := answers.Close(); err == nil {
			err = e
		}
	}()
	for _, s := range all {
		tag, err := answers.Exec()
		if err == nil && s.rows != anyRows {
			err = s.expect(tag.RowsAffected(), nil)
		}
		if err != nil {
			return &RowError{s.table, s.id, err}
		}
	}
	for range 2 {
		if _, err = answers.Exec(); err != nil {
			return err
		}
	}
	return nil
}

// Rollback ends the transaction. If the server does not answer, the connection is given up, which ends it too.
func (t *pgTx) Rollback() {
	if t.ended {
		return
	}
	t.ended = true
	ctx, cancel := context.WithTimeout(context.Background(), rollbackTime)
	defer cancel()
	t.conn.Exec(ctx, "ROLLBACK") // a connection left in a transaction is not used again
	t.conn.Release()
}
