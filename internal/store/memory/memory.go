// Package memory is a store without a database: it keeps the journal in memory and rebuilds rows from it. It passes the same suite as
// the databases and serves tests of everything above the store.
package memory

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

// Store is an in-memory record. Its zero value is empty and ready.
type Store struct {
	Now func() time.Time // the database's clock; nil stands at the newest entry
	Key [32]byte         // of the addresses of long texts

	lock    sync.Mutex // the one lock of writers
	mu      sync.Mutex // guards what follows
	entries []state.Entry
	keys    map[store.Key]store.KeyRecord
	erased  []store.Erasure
	texts   map[vocab.TextAddress]string
	used    map[int64]time.Time
	told    deliveries
	jobs    map[[2]string]store.Job

	// Fail, if set, is asked before each commit and after it; an error of either is returned, so that tests meet refused commits and
	// lost answers.
	Fail func(after bool, b store.Batch) error
}

var _ store.Store = (*Store)(nil)

// ErrRefused is a definite refusal, for tests.
var ErrRefused = errors.New("refused")

// Migrate has nothing to do.
func (s *Store) Migrate(context.Context) error { return nil }

// Writable has nothing that could be full.
func (s *Store) Writable(context.Context) error { return nil }

// Load replays the journal.
func (s *Store) Load(context.Context) (*state.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := state.NewBuilder(state.EmptyWith(s.Key))
	for i := range s.entries {
		if err := b.Apply(&s.entries[i]); err != nil {
			return nil, err
		}
	}
	return b.Snapshot(), nil
}

// Head gives the newest position, and the one at a number.
func (s *Store) Head(_ context.Context, seq int64) (head, mine state.Position, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.position(int64(len(s.entries))), s.position(seq), nil
}

func (s *Store) position(seq int64) state.Position {
	if seq < 1 || seq > int64(len(s.entries)) {
		return state.Position{}
	}
	return s.entries[seq-1].Position()
}

// Entries reads entries.
func (s *Store) Entries(_ context.Context, after, upTo int64, back bool, limit int) ([]state.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	upTo = min(upTo, int64(len(s.entries)))
	if after >= upTo {
		return nil, nil
	}
	page := slices.Clone(s.entries[after:upTo])
	if back {
		slices.Reverse(page)
	}
	return page[:min(limit, len(page))], nil
}

// SeqAt gives the newest number not after an instant.
func (s *Store) SeqAt(_ context.Context, at time.Time) (seq int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.entries {
		if !s.entries[i].At.After(at) {
			seq = s.entries[i].Seq
		}
	}
	return seq, nil
}

// Distance counts entries and their changes.
func (s *Store) Distance(_ context.Context, after, upTo int64) (entries, changes int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.entries {
		if e := &s.entries[i]; e.Seq > after && e.Seq <= upTo {
			entries, changes = entries+1, changes+int64(e.Count)
		}
	}
	return entries, changes, nil
}

// Erased lists erasures.
func (s *Store) Erased(context.Context) ([]store.Erasure, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.erased), nil
}

// Keys finds recorded keys.
func (s *Store) Keys(_ context.Context, keys []store.Key) (found []store.KeyRecord, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		if rec, ok := s.keys[k]; ok {
			found = append(found, rec)
		}
	}
	return found, nil
}

// Texts gives long texts.
func (s *Store) Texts(_ context.Context, addresses []vocab.TextAddress) (map[vocab.TextAddress]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[vocab.TextAddress]string{}
	for _, a := range addresses {
		if body, ok := s.texts[a]; ok {
			found[a] = body
		}
	}
	return found, nil
}

// TextsAfter gives long texts in order.
func (s *Store) TextsAfter(_ context.Context, after vocab.TextAddress, limit int) (all []state.Text, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range slices.Sorted(maps.Keys(s.texts)) {
		if a > after && len(all) < limit {
			all = append(all, state.Text{Address: a, Body: s.texts[a]})
		}
	}
	return all, nil
}

// KeysUsed gives the last uses of feed keys.
func (s *Store) KeysUsed(context.Context) (map[int64]time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	used := map[int64]time.Time{}
	maps.Copy(used, s.used)
	return used, nil
}

// UseKeys notes uses of feed keys.
func (s *Store) UseKeys(_ context.Context, used map[int64]time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used == nil {
		s.used = map[int64]time.Time{}
	}
	for key, at := range used {
		if at.After(s.used[key]) {
			s.used[key] = at
		}
	}
	return nil
}

// Job tells how far an import is.
func (s *Store) Job(_ context.Context, owner, name string) (store.Job, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, found := s.jobs[[2]string{owner, name}]
	return j, found, nil
}

// PutJob tells how far an import is.
func (s *Store) PutJob(_ context.Context, j store.Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.jobs == nil {
		s.jobs = map[[2]string]store.Job{}
	}
	s.jobs[[2]string{j.Owner, j.Name}] = j
	return nil
}

// DropJobs forgets imports.
func (s *Store) DropJobs(_ context.Context, before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.jobs, func(_ [2]string, j store.Job) bool { return j.At.Before(before) })
	return nil
}

// Listen never wakes anybody.
func (s *Store) Listen(ctx context.Context, _ func()) { <-ctx.Done() }

// Definite recognises ErrRefused.
func (s *Store) Definite(err error) bool { return errors.Is(err, ErrRefused) }

// Close has nothing to do.
func (s *Store) Close() error { return nil }

// Begin takes the lock.
func (s *Store) Begin(context.Context) (store.Tx, error) {
	s.lock.Lock()
	return &tx{s: s}, nil
}

// BeginBulk takes nothing yet.
func (s *Store) BeginBulk(context.Context) (store.Bulk, error) {
	return &bulk{tx: tx{s: s, ended: true}}, nil
}

// bulk is a transaction whose entry comes in pieces.
type bulk struct {
	tx
	entry []state.EntryChange
	texts []state.Text
}

func (t *bulk) Stage(_ context.Context, _ []*state.Change, entry []state.EntryChange) error {
	t.entry = append(t.entry, entry...)
	return nil
}

func (t *bulk) StageTexts(_ context.Context, texts []state.Text) error {
	t.texts = append(t.texts, texts...)
	return nil
}

func (t *bulk) Lock(context.Context) error {
	t.s.lock.Lock()
	t.ended = false
	return nil
}

func (t *bulk) Commit(ctx context.Context, b store.Batch) error {
	rows := 0
	for i := range t.entry {
		rows += t.entry[i].Rows()
	}
	if t.ended || len(b.Entries) != 1 || b.Entries[0].Count != rows {
		return errors.New("the lock is not held, or the header is not that of what was staged")
	}
	whole := b.Entries[0]
	whole.Changes = t.entry
	b.Entries, b.Texts = []state.Entry{whole}, t.texts
	return t.tx.Commit(ctx, b)
}

type tx struct {
	s     *Store
	ended bool
}

func (t *tx) State(ctx context.Context) (state.Position, time.Time, error) {
	head, _, err := t.s.Head(ctx, 0)
	now := time.Time{}
	if t.s.Now != nil {
		now = t.s.Now()
	} else if n := len(t.s.entries); n > 0 {
		now = t.s.entries[n-1].At
	}
	return head, now, err
}

func (t *tx) Entries(ctx context.Context, after, upTo int64, limit int) ([]state.Entry, error) {
	return t.s.Entries(ctx, after, upTo, false, limit)
}

func (t *tx) Keys(ctx context.Context, keys []store.Key) ([]store.KeyRecord, error) {
	return t.s.Keys(ctx, keys)
}

func (t *tx) Commit(_ context.Context, b store.Batch) error {
	if t.s.Fail != nil {
		if err := t.s.Fail(false, b); err != nil {
			return err
		}
	}
	t.s.mu.Lock()
	t.s.entries = append(t.s.entries, b.Entries...)
	if t.s.keys == nil {
		t.s.keys = map[store.Key]store.KeyRecord{}
	}
	for _, k := range b.Keys {
		t.s.keys[k.Key] = k
	}
	t.s.erase(b.Erase)
	for _, a := range b.EraseTexts {
		delete(t.s.texts, a)
	}
	for _, x := range b.Texts {
		if t.s.texts == nil {
			t.s.texts = map[vocab.TextAddress]string{}
		}
		t.s.texts[x.Address] = x.Body
	}
	t.s.mu.Unlock()
	t.end()
	if t.s.Fail != nil {
		return t.s.Fail(true, b)
	}
	return nil
}

// erase drops the erasable values of rows from every entry.
func (s *Store) erase(rows []store.Erasure) {
	s.erased = append(s.erased, rows...)
	for _, r := range rows {
		for i := range s.entries {
			e := &s.entries[i]
			e.Changes = slices.Clone(e.Changes)
			for n := range e.Changes {
				if c := &e.Changes[n]; c.Entity == r.Entity && c.ID == r.ID {
					c.Private = nil
				}
			}
		}
	}
}

func (t *tx) Rollback() { t.end() }

func (t *tx) end() {
	if !t.ended {
		t.ended = true
		t.s.lock.Unlock()
	}
}

// Tamper changes recorded entries behind the record's back, for tests of verification.
func (s *Store) Tamper(change func([]state.Entry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.entries)
}

// Lose forgets all entries after a number, as a restored backup or a fail-over does, for tests of what follows.
func (s *Store) Lose(after int64) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = slices.Clone(s.entries[:after])
	s.erased = slices.DeleteFunc(slices.Clone(s.erased), func(e store.Erasure) bool { return e.Seq > after })
	maps.DeleteFunc(s.keys, func(_ store.Key, k store.KeyRecord) bool { return k.Seq > after })
}
