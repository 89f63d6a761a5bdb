// Package journal is the one door: it runs decisions in order, commits rows and entries together, publishes the next snapshot, follows
// what others commit, goes back in time and verifies the chain.
package journal

import (
	"time"

	"pmograph/internal/state"
)

// Query picks the record a view shows; the zero value is the newest.
type Query struct {
	KnownAtSeq  *int64         // the record as it stood at this number
	KnownAtTime *time.Time     // the record as it stood at this instant
	AtLeast     state.Position // wait for this position; the zero value waits for nothing
	Exact       bool           // ask the database whether others have committed more
}

// Meta is what a caller says of a mutation beside its input.
type Meta struct {
	Key       string // idempotency key; empty means the call is not to be recognised again
	Reason    string // why, kept in the journal
	RequestID string
	Preview   bool // decide and show, commit nothing

	// Progress, if set, is told how far a long mutation is: a phase, and how much of how much of it is done.
	Progress func(phase Phase, done, total int)
}

// Outcome is a decided mutation: what it was about, and the view in which its effect shows.
type Outcome struct {
	View     *state.View     // the record after the mutation, as the caller may see it
	Position state.Position  // of the view; for a preview the position it was made on
	Results  []state.Ref     // what the mutation was about
	Preview  bool            // nothing was committed
	Repeated bool            // the key was known: the mutation had been done before
	Changes  []*state.Change // what changed, or would change; empty for a repeated mutation
}

// Done is what is told of a mutation or preview: what it came to, and when.
type Done struct {
	Action  string
	Machine string // fixed word, if the program itself acted; else empty
	Meta    Meta
	Outcome Outcome
	Err     error

	Began, Decided, Ended time.Time // Decided is zero if it was refused before that
}

// Phase is a part of a long mutation.
type Phase string

// The phases, in order.
const (
	Deciding   Phase = "DECIDING"   // the decision runs; nothing is counted
	Copying    Phase = "COPYING"    // rows are copied ahead, counted
	Waiting    Phase = "WAITING"    // for the lock
	Committing Phase = "COMMITTING" // under the lock
)
