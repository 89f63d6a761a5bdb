// Package store keeps rows and journal in SQLite or PostgreSQL. It is the only package that speaks SQL; it decides nothing.
package store

import (
	"context"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Store is a database with the record. Every method but Close may be called from several goroutines. Errors of the database are
// returned as they are; Definite tells what they mean.
type Store interface {
	Deliveries
	// Migrate brings the schema to this program's version, in one transaction a migration; several processes may do so at once.
	Migrate(ctx context.Context) error
	// Load reads everything in one consistent transaction and checks the digests.
	Load(ctx context.Context) (*state.Snapshot, error)
	// Head gives the number and hash of the newest entry, zero for an empty journal, and the entry number's hash at seq (for noticing a
	// record that went on differently); both in one statement.
	Head(ctx context.Context, seq int64) (head state.Position, mine state.Position, err error)
	// Entries reads entries with their changes and erasable values, numbers in (after, upTo], newest first if back, at most limit.
	Entries(ctx context.Context, after, upTo int64, back bool, limit int) ([]state.Entry, error)
	// SeqAt gives the number of the newest entry not after an instant, 0 if there is none.
	SeqAt(ctx context.Context, at time.Time) (int64, error)
	// Distance counts the entries with numbers in (after, upTo] and the rows they change: the price of undoing or replaying them. It is one
	// statement that reads their headers only; the caller bounds the span.
	Distance(ctx context.Context, after, upTo int64) (entries, changes int64, err error)
	// Erased lists the rows whose erasable values were erased.
	Erased(ctx context.Context) ([]Erasure, error)
	// Keys finds recorded idempotency keys.
	Keys(ctx context.Context, keys []Key) ([]KeyRecord, error)
	// Texts reads the long texts of some addresses in one statement; the caller bounds their number. Erased ones are missing.
	Texts(ctx context.Context, addresses []vocab.TextAddress) (map[vocab.TextAddress]string, error)
	// TextsAfter reads at most limit long texts in the order of their addresses, those after one.
	TextsAfter(ctx context.Context, after vocab.TextAddress, limit int) ([]state.Text, error)
	// KeysUsed gives the instants at which feed keys were last used, by their numbers; those that never were are missing.
	KeysUsed(ctx context.Context) (map[int64]time.Time, error)
	// UseKeys notes that feed keys were used, unless later uses are noted. It is a statement of its own: it waits for no writer's lock but
	// that of an SQLite file, and nobody else waits for it.
	UseKeys(ctx context.Context, used map[int64]time.Time) error
	// Job tells how far an import is that was told of by PutJob; found is false if there is none.
	Job(ctx context.Context, owner, name string) (j Job, found bool, err error)
	// PutJob tells how far an import is. It is a statement of its own, as UseKeys is.
	PutJob(ctx context.Context, j Job) error
	// DropJobs forgets imports of which nothing was told since an instant.
	DropJobs(ctx context.Context, before time.Time) error
	// Listen calls wake soon after another process commits, until ctx ends. It is a hint that may fail to come: who follows looks for
	// himself from time to time.
	Listen(ctx context.Context, wake func())
	// Begin starts a write transaction and takes the one lock before anything else.
	Begin(ctx context.Context) (Tx, error)
	// BeginBulk starts a write of many rows as one entry; see Bulk.
	BeginBulk(ctx context.Context) (Bulk, error)
	// Definite tells that an error is the database's answer to the statements: nothing was committed, and the same would fail again.
	Definite(err error) bool
	// Writable tells why mutations cannot be written at present, as far as is known without one: a full disk, a standby. Nil means that
	// nothing speaks against it.
	Writable(ctx context.Context) error
	// Close ends all connections.
	Close() error
}

// Tx is a write transaction that holds the lock. It ends with Commit or Rollback; Rollback after Commit does nothing.
type Tx interface {
	// State gives the head's header and the database's clock, both read under the lock.
	State(ctx context.Context) (head state.Position, now time.Time, err error)
	// Entries reads entries as Store.Entries does, within the transaction.
	Entries(ctx context.Context, after, upTo int64, limit int) ([]state.Entry, error)
	// Keys finds recorded idempotency keys.
	Keys(ctx context.Context, keys []Key) ([]KeyRecord, error)
	// Commit writes rows, entries, erasures and keys, and commits. Each row stands in changes once, with its state before the batch and
	// after it. It fails without effect if a row is not as expected.
	Commit(ctx context.Context, b Batch) error
	Rollback()
}

// Bulk is a write transaction for one entry of many changes. Its rows are copied ahead of the lock, so that other writers wait while
// they are moved and no longer. First comes Stage, then Lock once; what Tx has may be called after that only.
//
// Commit is given the entry's header alone, with the final number, instant and hash, and no rows and texts: those are the staged ones. It
// fails without effect if the header counts other changes than were staged, or if a row is not as it was before its change.
type Bulk interface {
	Tx
	// Stage copies a piece of the rows and of the entry; it may be called many times. What the record itself keeps of a changed row is not
	// final: its number and instants are those of the entry at Commit. Rows must not change between Stage and Commit in anything else.
	// Stage keeps changes and entry until the end.
	Stage(ctx context.Context, changes []*state.Change, entry []state.EntryChange) error
	// StageTexts copies long texts ahead; it may be called many times.
	StageTexts(ctx context.Context, texts []state.Text) error
	// Lock takes the one lock: the first on tables that others use.
	Lock(ctx context.Context) error
}

// Batch is what one transaction writes.
type Batch struct {
	Changes []*state.Change
	Entries []state.Entry
	Keys    []KeyRecord
	Erase   []Erasure // erasable values of these rows leave every entry, this batch's included

	Texts      []state.Text        // long texts of the rows; those that are there stay as they are
	EraseTexts []vocab.TextAddress // long texts that leave, before those of Texts come

	stamp *state.Entry // what the record itself keeps of changed rows is this entry's; nil if it is theirs
}

// Key names a mutation for idempotency.
type Key struct{ Actor, Action, Key string }

// KeyRecord is a recorded key: what it was used for, and under which salt the input's digest was made.
type KeyRecord struct {
	Key
	Seq   int64
	Salt  []byte
	Input []byte
	At    time.Time
}

// Erasure names a row whose person was erased, and the entry that did it.
type Erasure struct {
	Entity string
	ID     int64
	Seq    int64
}
