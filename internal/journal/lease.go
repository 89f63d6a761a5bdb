package journal

import (
	"context"
	"sync"
	"time"

	"pmograph/internal/fault"
)

// LeaseKind is a reason to keep an old snapshot.
type LeaseKind string

// The kinds of lease.
const (
	LeasePast   LeaseKind = "past"   // a view of the past, until its question is answered
	LeaseExport LeaseKind = "export" // an export, until its spool is written
)

// leaseRules bound what is kept: how many, and for how long each.
var leaseRules = map[LeaseKind]struct {
	most   int
	shared bool // holders of one snapshot count once
	lasts  time.Duration
	busy   string
}{
	LeasePast:   {8, true, 10 * time.Second, "questions about too many different pasts are being answered; ask again in a few seconds"},
	LeaseExport: {2, false, 10 * time.Minute, "as many exports as there may be at once are being written; ask again in a few minutes"},
}

// leases counts who keeps old snapshots. Its zero value holds none.
type leases struct {
	mu   sync.Mutex
	held map[*lease]bool
}

type lease struct {
	ctx  context.Context // ends with it
	kind LeaseKind
	seq  int64
}

// acquire takes a lease on the snapshot of a number. It lasts until it is released, its context ends, or its time is over: the context
// given back ends with it. free tells which numbers are kept anyway, so that a shared lease on them costs nothing.
func (l *leases) acquire(ctx context.Context, kind LeaseKind, seq int64, free func(seq int64) bool) (context.Context, func(), error) {
	rule := leaseRules[kind]
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, known := l.count(kind, seq, free); n >= rule.most && !(rule.shared && (known || free(seq))) {
		return nil, nil, fault.New(fault.Unavailable, "%s", rule.busy)
	}
	held, cancel := context.WithTimeout(ctx, rule.lasts)
	h := &lease{held, kind, seq}
	if l.held == nil {
		l.held = map[*lease]bool{}
	}
	l.held[h] = true
	release := func() {
		cancel()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.held, h)
	}
	context.AfterFunc(held, release)
	return held, release, nil
}

// count gives how much of a kind is held, and whether the snapshot of a number is held already.
func (l *leases) count(kind LeaseKind, seq int64, free func(int64) bool) (n int, known bool) {
	seen := map[int64]bool{}
	for h := range l.held {
		if h.kind != kind || h.ctx.Err() != nil || leaseRules[kind].shared && (free(h.seq) || seen[h.seq]) {
			continue
		}
		seen[h.seq] = true
		n++
	}
	return n, seen[seq]
}

// now gives how many leases of each kind are held.
func (l *leases) now() map[LeaseKind]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := map[LeaseKind]int{LeasePast: 0, LeaseExport: 0}
	for h := range l.held {
		if h.ctx.Err() == nil {
			n[h.kind]++
		}
	}
	return n
}

// Lease says that the caller keeps the snapshot of a number, beyond a question. What he does with it ends with the context given back,
// at the latest after the time of the kind; release ends it. Unavailable if too many do.
func (j *Journal) Lease(ctx context.Context, kind LeaseKind, seq int64) (held context.Context, release func(), err error) {
	return j.past.lease(ctx, kind, seq)
}

// Erased gives the number of the newest erasure that passed since the record was opened; 0 if none did. What was made from an older record is not shown
// any more.
func (j *Journal) Erased() int64 {
	j.past.mu.Lock()
	defer j.past.mu.Unlock()
	return j.past.erased
}
