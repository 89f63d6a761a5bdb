package journal

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

// Options are what the journal needs beside a store.
type Options struct {
	Now        func() time.Time  // the process's clock
	Invariants []state.Invariant // asked of every change
	Log        *slog.Logger
	Poll       time.Duration // how often to look for what others commit; 0 means 250 ms
	Metrics    *Metrics      // nil means that nobody is told

	// Room refuses rows that memory has no room for; nil refuses none. It is asked with the number of rows a draft would add, before
	// its batch is committed, and answers with a fault of kind Unavailable.
	Room func(rows int) error
}

// Journal is the record of one process: its snapshot, its writer loop, and its follower.
type Journal struct {
	db  store.Store
	o   Options
	cur atomic.Pointer[state.Snapshot]

	mu    sync.Mutex // held to move cur
	moved chan struct{}

	queue    chan *request
	done     chan struct{} // closed when the loop and the follower have ended
	stopping atomic.Bool

	sessions sessions
	past     past
}

const (
	maxBatch    = 256
	queueLength = 4096
	maxClockOff = 5 * time.Second
	callTime    = 5 * time.Second // a database call by which nobody waits for an answer of his own
)

// Open loads the record and starts following and writing. The database must have been migrated.
func Open(ctx context.Context, db store.Store, o Options) (*Journal, error) {
	if o.Poll == 0 {
		o.Poll = 250 * time.Millisecond
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	s, err := db.Load(ctx)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the record cannot be loaded")
	}
	j := &Journal{db: db, o: o, moved: make(chan struct{}), queue: make(chan *request, queueLength), done: make(chan struct{})}
	j.cur.Store(s)
	o.Metrics.watch(j)
	var wg sync.WaitGroup
	wg.Go(func() { j.write(ctx) })
	wg.Go(func() { j.follow(ctx) })
	go func() { wg.Wait(); close(j.done) }()
	return j, nil
}

// Done is closed when the journal has ended after its context did: everything accepted has been answered.
func (j *Journal) Done() <-chan struct{} { return j.done }

// Latest is the newest snapshot of this process.
func (j *Journal) Latest() *state.Snapshot { return j.cur.Load() }

// Moved gives the newest snapshot with a channel that is closed as soon as there is a newer one: whoever follows waits on it.
func (j *Journal) Moved() (*state.Snapshot, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cur.Load(), j.moved
}

// Ready tells whether the database answers.
func (j *Journal) Ready(ctx context.Context) error {
	_, _, err := j.db.Head(ctx, 0)
	return err
}

// Writable tells why the database takes no mutations at present, as far as is known without one.
func (j *Journal) Writable(ctx context.Context) error { return j.db.Writable(ctx) }

func (j *Journal) publish(s *state.Snapshot) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cur.Store(s)
	close(j.moved)
	j.moved = make(chan struct{})
}

// View shows the record to an identity. It waits for a position the caller has seen, and goes back if he asks for the past.
func (j *Journal) View(ctx context.Context, id auth.Identity, q Query) (*state.View, error) {
	if err := j.wait(ctx, q.AtLeast); err != nil {
		return nil, err
	}
	newest := j.Latest()
	session, err := j.session(newest, id)
	if err != nil {
		return nil, err
	}
	shown := newest
	switch {
	case q.KnownAtSeq != nil && q.KnownAtTime != nil:
		return nil, fault.At("knownAt", "AMBIGUOUS", "give either the number or the time")
	case q.KnownAtSeq != nil:
		shown, err = j.past.at(j, *q.KnownAtSeq)
	case q.KnownAtTime != nil:
		shown, err = port{j}.At(-1, *q.KnownAtTime)
	}
	if err != nil {
		return nil, err
	}
	return state.NewView(shown, session, j.day(newest, j.o.Now()), state.ViewOptions{Newest: newest, Past: port{j}})
}

// wait returns once the snapshot includes a position.
func (j *Journal) wait(ctx context.Context, p state.Position) error {
	for {
		j.mu.Lock()
		s, moved := j.cur.Load(), j.moved
		j.mu.Unlock()
		if s.Seq() >= p.Seq {
			if s.Seq() == p.Seq && p.Seq != 0 && s.Position() != p {
				return fault.New(fault.Conflict, "position %s is of another history of this record; read again from the beginning", p)
			}
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fault.New(fault.Unavailable, "the record has not reached number %d in time", p.Seq)
		}
	}
}

// day gives the organisation's day at an instant.
func (j *Journal) day(s *state.Snapshot, at time.Time) vocab.Date {
	return vocab.DateOf(at.In(zone(s)))
}

func zone(s *state.Snapshot) *time.Location {
	if o := s.Organisation(); o != nil {
		if z, err := time.LoadLocation(o.Timezone); err == nil {
			return z
		}
	}
	return time.UTC
}

// follow looks for what others commit, until ctx ends.
func (j *Journal) follow(ctx context.Context) {
	tick := time.NewTicker(j.o.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := j.poll(ctx); err != nil && ctx.Err() == nil {
			j.o.Log.Warn("the journal cannot be followed", "error", err)
		}
	}
}

// poll takes over what others have committed.
func (j *Journal) poll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	s := j.Latest()
	head, mine, err := j.db.Head(ctx, s.Seq())
	if err != nil || head == s.Position() {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cur.Load() != s { // the writer has moved on meanwhile
		return nil
	}
	next, err := j.catchUp(ctx, s, head, mine, j.db.Entries)
	if err != nil {
		return err
	}
	j.cur.Store(next)
	close(j.moved)
	j.moved = make(chan struct{})
	return nil
}

type readEntries func(ctx context.Context, after, upTo int64, back bool, limit int) ([]state.Entry, error)

// catchUp brings a snapshot to the head. A record that went on differently (a restore, a fail-over that lost commits) is loaded anew.
func (j *Journal) catchUp(ctx context.Context, s *state.Snapshot, head, mine state.Position, read readEntries) (*state.Snapshot, error) {
	if head.Seq < s.Seq() || mine != s.Position() {
		j.o.Log.Error("the record went on differently; loading it anew", "had", s.Position().String(), "head", head.String())
		j.past.forget()
		return j.db.Load(ctx)
	}
	b := state.NewBuilder(s)
	for after := s.Seq(); after < head.Seq; {
		entries, err := read(ctx, after, head.Seq, false, 1000)
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 {
			return nil, errors.New("the journal ends before its head")
		}
		for i := range entries {
			if err := b.Apply(&entries[i]); err != nil {
				return nil, err
			}
			j.applied(&entries[i])
		}
		after = entries[len(entries)-1].Seq
	}
	return b.Snapshot(), nil
}

// applied reacts to an entry whoever made it: kept pasts hold what an erasure has just removed.
func (j *Journal) applied(e *state.Entry) {
	if e.Action == eraseAction {
		j.past.forget()
	}
}

// eraseAction is the one mutation by which erasable values leave the journal.
const eraseAction = "userErase"

// session gives what an identity may do now. It is kept as long as what it was built from is unchanged.
func (j *Journal) session(s *state.Snapshot, id auth.Identity) (auth.Session, error) {
	return j.sessions.get(s, id, j.o.Now())
}
