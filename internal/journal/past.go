package journal

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

// past gives older snapshots: the present with entries undone. It keeps those that were asked for last, and checkpoints beside them,
// spread over the journal, from which others are rebuilt. Snapshots share what is equal in them, so that a checkpoint costs what changed
// between it and its neighbours.
//
// Checkpoints lie PastStep changes apart, made on the way of every rebuild and as the record goes on. When there are more than there may
// be, the one goes whose neighbours lie nearest to each other, never the oldest. Nobody knows which year is asked for, so they are kept
// evenly spread: between the oldest checkpoint and now no gap is larger than an eighth of the changes in between, or than PastStep and
// one page or entry.
type past struct {
	db     store.Store
	newest func() *state.Snapshot
	o      Options
	ctx    context.Context // of the journal: rebuilds end with it
	slots  chan struct{}
	leases leases
	texts  *texts

	mu       sync.Mutex
	kept     []held // most recently used last
	points   []held // checkpoints, ascending
	flights  map[int64]*flight
	running  sync.WaitGroup
	ended    bool
	erased   int64           // number of the newest erasure
	record   *state.Snapshot // the record it stands in
	mark     int64           // changes the record has gone on by
	seen     int64           // number of the newest snapshot when the last entry passed
	seenMark int64           // its mark
	noted    int64           // of the newest checkpoint made as the record went on
	stats    PastStats
}

// held is an older snapshot at hand.
type held struct {
	*state.Snapshot
	root int64 // number of the newest snapshot it was made from: it shows nothing that was erased by then
	mark int64 // changes between the first snapshot of this process and it; negative if it is older
}

// PastStats counts what the past costs, for operators.
type PastStats struct {
	Kept, Checkpoints int               // older snapshots at hand
	Leases            map[LeaseKind]int // holders of old snapshots
	Rebuilding        int               // rebuilds under way or waiting for their turn
	Rebuilds          int64             // begun, ever
	Redone            int64             // begun again, because an erasure or another record came between
	Refused           int64             // beyond the limits
	UndoneEntries     int64
	UndoneChanges     int64
}

const (
	keptPasts  = 8
	keptPoints = 16
	pastSlots  = 2 // rebuilds at once
	pastQueue  = 8 // rebuilds under way or waiting

	defaultPastLimit = 2_000_000
	defaultPastStep  = 20_000
)

func newPast(ctx context.Context, j *Journal) *past {
	p := &past{db: j.db, texts: &j.texts, newest: j.Latest, o: j.o, ctx: ctx, slots: make(chan struct{}, pastSlots), flights: map[int64]*flight{}}
	p.o.PastLimit = cmp.Or(p.o.PastLimit, defaultPastLimit)
	p.o.PastStep = cmp.Or(p.o.PastStep, defaultPastStep)
	return p
}

// run returns when the journal has ended and no rebuild is under way.
func (p *past) run() {
	<-p.ctx.Done()
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.running.Wait()
}

// PastStats tells what the past holds and has cost.
func (j *Journal) PastStats() PastStats {
	p := j.past
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Kept, s.Checkpoints, s.Rebuilding, s.Leases = len(p.kept), len(p.points), len(p.flights), p.leases.now()
	return s
}

// forget drops what is kept: the record went on differently.
func (p *past) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept, p.points = nil, nil
	p.texts.forget()
}

// passed takes note of an entry the record has gone on by, whoever made it. After an erasure nothing older is kept, and what is being
// rebuilt is begun again.
func (p *past) passed(e *state.Entry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	newest := p.newest()
	if newest.Seq() != p.seen {
		p.seen, p.seenMark = newest.Seq(), p.mark
	}
	p.mark += int64(e.Count)
	if e.Erases() {
		p.kept, p.points = nil, nil
		p.texts.forget()
		p.erased, p.record = e.Seq, newest.Origin()
	}
	if p.mark-p.noted >= p.o.PastStep {
		p.noted = p.mark
		p.point(held{newest, newest.Seq(), p.seenMark})
	}
}

// at gives the snapshot at a journal number. It waits no longer than its context; the rebuild goes on all the same.
func (p *past) at(ctx context.Context, seq int64) (*state.Snapshot, error) {
	newest := p.newest()
	switch {
	case seq < 0 || seq > newest.Seq():
		return nil, outOfRange(seq, newest.Seq())
	case seq == newest.Seq():
		return newest, nil
	case seq == 0:
		return newest.Origin(), nil
	}
	leased, release, err := p.lease(ctx, LeasePast, seq)
	if err != nil {
		return nil, err
	}
	s, f, err := p.find(seq)
	if f != nil {
		select {
		case <-f.done:
			s, err = f.s, f.err
		case <-leased.Done():
			err = f.unfinished()
		}
	}
	if err != nil {
		release()
	}
	return s, err
}

func outOfRange(seq, head int64) error {
	return fault.At("knownAt.number", "OUT_OF_RANGE", "the journal reaches from 0 to %d; %d is not in it", head, seq)
}

// lease takes a lease; views of what is kept anyway are not bounded.
func (p *past) lease(ctx context.Context, kind LeaseKind, seq int64) (context.Context, func(), error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	leased, release, err := p.leases.acquire(ctx, kind, seq, func(seq int64) bool {
		return slices.ContainsFunc(p.kept, func(h held) bool { return h.Seq() == seq })
	})
	if err != nil {
		p.stats.Refused++
	}
	return leased, release, err
}

// find gives the snapshot of a number if it is at hand, else the rebuild that will give it.
func (p *past) find(seq int64) (*state.Snapshot, *flight, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h := p.nearest(seq); h.Seq() == seq {
		p.keep(h)
		return h.Snapshot, nil, nil
	}
	f := p.flights[seq]
	switch {
	case f != nil:
	case p.ended:
		return nil, nil, errEnded
	case len(p.flights) >= pastQueue:
		p.stats.Refused++
		return nil, nil, fault.New(fault.Unavailable, "%d pasts are being rebuilt already; ask again in a few seconds", pastQueue)
	default:
		f = &flight{seq: seq, done: make(chan struct{})}
		p.flights[seq] = f
		p.running.Go(func() { p.fly(f) })
	}
	return nil, f, nil
}

var errEnded = fault.New(fault.Unavailable, "the server is stopping")

// nearest gives the oldest snapshot at hand that is not older than a number.
func (p *past) nearest(seq int64) held {
	newest := p.newest()
	best := held{newest, newest.Seq(), p.mark}
	for _, all := range [][]held{p.kept, p.points} {
		for _, h := range all {
			if !p.outdated(h) && h.Seq() >= seq && h.Seq() < best.Seq() {
				best = h
			}
		}
	}
	return best
}

// outdated tells that a snapshot is not to be shown or kept: it is of another record, or shows what was erased.
func (p *past) outdated(h held) bool {
	return !h.SameRecord(p.newest()) || p.record != nil && h.SameRecord(p.record) && h.root < p.erased
}

// keep makes a snapshot the one used last.
func (p *past) keep(h held) {
	p.kept = slices.DeleteFunc(p.kept, func(x held) bool { return x.Seq() == h.Seq() })
	if p.kept = append(p.kept, h); len(p.kept) > keptPasts {
		p.kept = slices.Delete(p.kept, 0, 1)
	}
}

// point makes a snapshot a checkpoint, and drops one if there are too many.
func (p *past) point(h held) {
	if p.outdated(h) {
		return
	}
	p.points = slices.DeleteFunc(p.points, func(x held) bool { return x.Seq() == h.Seq() || !x.SameRecord(h.Snapshot) })
	i, _ := slices.BinarySearchFunc(p.points, h.Seq(), func(x held, seq int64) int { return cmp.Compare(x.Seq(), seq) })
	if p.points = slices.Insert(p.points, i, h); len(p.points) <= keptPoints {
		return
	}
	drop, least := 0, int64(0)
	for i := 1; i < len(p.points); i++ {
		next := p.mark
		if i+1 < len(p.points) {
			next = p.points[i+1].mark
		}
		if gap := next - p.points[i-1].mark; drop == 0 || gap < least {
			drop, least = i, gap
		}
	}
	p.points = slices.Delete(p.points, drop, drop+1)
}

// port is how the views of one question reach the journal, until the question's context ends.
type port struct {
	j   *Journal
	ctx context.Context
	of  *state.Snapshot // the newest snapshot the question knows
	own []state.Text    // of the mutation whose outcome is shown
}

// Within is the same port until another context ends.
func (p port) Within(ctx context.Context) state.Past {
	p.ctx = ctx
	return p
}

// Entries reads journal entries.
func (p port) Entries(after, upTo int64, back bool, limit int) ([]state.Entry, error) {
	ctx, cancel := context.WithTimeout(p.ctx, callTime)
	defer cancel()
	e, err := p.j.db.Entries(ctx, after, upTo, back, limit)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the journal cannot be read")
	}
	return e, nil
}

// At gives an older snapshot of the record that the question is about.
func (p port) At(seq int64, at time.Time) (*state.Snapshot, error) {
	if seq < 0 {
		ctx, cancel := context.WithTimeout(p.ctx, callTime)
		defer cancel()
		var err error
		if seq, err = p.j.db.SeqAt(ctx, at); err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "the journal cannot be read")
		}
		seq = min(seq, p.j.Latest().Seq())
	}
	return p.number(seq)
}

// number gives the snapshot at a number.
func (p port) number(seq int64) (*state.Snapshot, error) {
	s, err := p.j.past.at(p.ctx, seq)
	if err == nil && !s.SameRecord(p.of) {
		return nil, fault.New(fault.Unavailable, "the record went on differently and was loaded anew; ask again")
	}
	return s, err
}
