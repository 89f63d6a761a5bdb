package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"pmograph/internal/access"
	"pmograph/internal/decide"
	"pmograph/internal/edge"
	"pmograph/internal/journal"
	"pmograph/internal/store"
)

// where says where the record is.
type where struct {
	Data     string `help:"Directory of the record, the signing key and the socket." default:"./data" env:"PMO_DATA" type:"path" placeholder:"DIR"`
	Database string `help:"PostgreSQL to keep the record in, postgres://…; without it SQLite in the data directory." env:"PMO_DATABASE" placeholder:"URL"`
}

func (w where) socket() string { return filepath.Join(w.Data, "pmo.sock") }

// file is the SQLite file.
func (w where) file() string { return filepath.Join(w.Data, "pmo.db") }

// lock makes sure that one process at a time opens a SQLite file. held is false if another has it.
func (w where) lock() (l *flock.Flock, held bool, err error) {
	if err := os.MkdirAll(w.Data, 0o700); err != nil {
		return nil, false, fmt.Errorf("the data directory cannot be made: %w", err)
	}
	l = flock.New(filepath.Join(w.Data, "pmo.lock"), flock.SetPermissions(0o600))
	held, err = l.TryLock()
	return l, held, err
}

// record is an open record.
type record struct {
	db       store.Store
	journal  *journal.Journal
	memory   *memory
	access   *access.Log
	accessed access.Store
	observer *edge.Observer
	close    func()
}

// closeTime bounds how long mutations in flight may take when the process ends, after what stopTime allows.
const closeTime = 4 * time.Second

// opening says how to open a record.
type opening struct {
	log     *slog.Logger
	limit   string                // of memory; empty: what there is
	metrics prometheus.Registerer // nil: nobody is told
	past    int64                 // changes undone at most for one question; 0: what is usual
	tracer  trace.Tracer          // nil: there are no traces
	days    int                   // for which the journal of access is kept; 0: for good
	word    journal.Word          // by which servers of the record wake each other; nil: the database's way alone
	deaf    bool                  // that one is not listened to
}

// open opens the record for this process; for SQLite nobody else may have it open.
func (w where) open(ctx context.Context, log *slog.Logger) (*record, error) {
	return w.openWith(ctx, opening{log: log})
}

func (w where) openWith(ctx context.Context, o opening) (*record, error) {
	limit, err := memoryLimit(o.limit)
	if err != nil {
		return nil, err
	}
	release := func() {}
	if w.Database == "" {
		l, held, err := w.lock()
		if err != nil {
			return nil, err
		}
		if !held {
			return nil, fmt.Errorf("%s is in use by another pmo; stop it first, or name another directory with --data", w.Data)
		}
		release = func() { _ = l.Unlock() } // the process is ending
	}
	db, err := w.store(ctx)
	if err != nil {
		release()
		return nil, wayOut(err)
	}
	if err := db.Migrate(ctx); err != nil {
		_ = db.Close()
		release()
		return nil, fmt.Errorf("the database cannot be migrated: %w", err)
	}
	kept, err := w.access(ctx)
	if err != nil {
		_ = db.Close()
		release()
		return nil, fmt.Errorf("the journal of access cannot be opened: %w", err)
	}
	noted := access.Open(kept, access.Options{Now: time.Now, Log: o.log, Keep: time.Duration(o.days) * 24 * time.Hour})
	if o.metrics == nil {
		o.metrics = prometheus.NewRegistry()
	}
	observer := edge.NewObserver(o.metrics, noted, o.tracer)
	closed := func() { noted.Close(); _ = kept.Close() }
	m := &memory{limit: limit}
	inner, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	loaded := m.watch(stop)
	j, err := journal.Open(inner, db, journal.Options{Now: time.Now, Invariants: decide.Invariants, Log: o.log, Room: m.room, Metrics: journal.NewMetrics(o.metrics), PastLimit: o.past, Watch: observer.Mutation, Word: o.word, Deaf: o.deaf})
	loaded()
	if too := context.Cause(inner); too != nil {
		err = too
	}
	if err != nil {
		stop(nil)
		if j != nil {
			<-j.Done()
		}
		closed()
		_ = db.Close()
		release()
		return nil, wayOut(err)
	}
	m.measured(j)
	return &record{db, j, m, noted, kept, observer, func() {
		stop(nil)
		select {
		case <-j.Done():
			_ = db.Close()
		case <-time.After(closeTime):
			o.log.Warn("the database does not answer; leaving all the same") // nothing is acknowledged any more
		}
		closed()
		release()
	}}, nil
}

// wayOut says what to do about a record that is not as it was written.
func wayOut(err error) error {
	switch {
	case errors.Is(err, store.ErrDamaged):
		return fmt.Errorf("%w; take a copy of the data directory, then put the newest backup in place: pmo restore FILE --replace", err)
	case errors.Is(err, store.ErrDrift):
		return fmt.Errorf("%w; pmo verify names the first row or entry that is wrong; docs/operations.md says how to go on", err)
	}
	return err
}

func (w where) store(ctx context.Context) (store.Store, error) {
	if w.Database != "" {
		return store.OpenPostgres(ctx, w.Database)
	}
	if err := os.MkdirAll(w.Data, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(w.file(), os.O_RDWR|os.O_CREATE, 0o600) // SQLite gives what it makes beside it the same rights
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return store.OpenSQLite(ctx, w.file())
}

// reader opens the record to read it, also while a server serves it.
func (w where) reader(ctx context.Context) (store.Store, error) {
	if w.Database != "" {
		return store.OpenPostgresReader(ctx, w.Database)
	}
	return store.OpenSQLiteReader(ctx, w.file())
}

// running gives a client to the server that has the SQLite record open, nil if there is none.
func (w where) running() (*http.Client, error) {
	if w.Database != "" {
		return nil, nil
	}
	l, held, err := w.lock()
	if err != nil {
		return nil, err
	}
	if held {
		return nil, l.Unlock()
	}
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", w.socket())
	}}}, nil
}

func logger(format string) *slog.Logger {
	if format == "text" {
		return slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return slog.New(slog.NewJSONHandler(os.Stderr, nil))
}

func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
