// Package faulttest is what tests of failures are made of: a connection that can be held, cut and slowed, callers that keep account of
// what they were told, and the comparison of their accounts with the journal.
package faulttest

import (
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

// Long tells whether the tests run in their long form: PMO_FAULTS=long.
func Long() bool { return os.Getenv("PMO_FAULTS") == "long" }

// Pick gives the figure of the form the tests run in.
func Pick[T any](short, long T) T {
	if Long() {
		return long
	}
	return short
}

// Process is a journal as a process of its own would have it: with its own store, its own connection and its own log.
type Process struct {
	*journal.Journal
	Store store.Store
	Proxy *Proxy // nil if it has none
	Log   *Log
	stop  context.CancelFunc
}

// Setup says what a process has beside the usual.
type Setup struct {
	Now        func() time.Time              // nil is the real clock
	Wrap       func(store.Store) store.Store // put around the store
	Proxy      *Proxy                        // through which the URL leads
	Invariants []state.Invariant             // asked of every change
}

// Open opens the record at a URL. The process ends with the test, if not before.
func Open(t testing.TB, url string, s Setup) *Process {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	if s.Now == nil {
		s.Now = time.Now
	}
	db, err := store.OpenPostgres(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	if s.Wrap != nil {
		db = s.Wrap(db)
	}
	p := &Process{Store: db, Proxy: s.Proxy, Log: &Log{}, stop: stop}
	if p.Journal, err = journal.Open(ctx, db, journal.Options{Now: s.Now, Log: slog.New(p.Log), Invariants: s.Invariants}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// Close ends the process in order.
func (p *Process) Close() {
	p.stop()
	<-p.Done()
	_ = p.Store.Close()
}

// Log keeps what a process logged.
type Log struct {
	mu    sync.Mutex
	lines []string
}

// Enabled takes everything.
func (l *Log) Enabled(context.Context, slog.Level) bool { return true }

// Handle keeps a record as one line.
func (l *Log) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Level.String() + " " + r.Message)
	r.Attrs(func(a slog.Attr) bool { b.WriteString(" " + a.String()); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, b.String())
	return nil
}

// WithAttrs gives the same log.
func (l *Log) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup gives the same log.
func (l *Log) WithGroup(string) slog.Handler { return l }

// Lines gives the lines that hold a text.
func (l *Log) Lines(holding string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, holding) {
			found = append(found, line)
		}
	}
	return found
}

// Eventually waits until a condition holds, and fails the test if it does not in time.
func Eventually(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !holds(); {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", within, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
