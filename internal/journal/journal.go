package journal

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/access"
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
	PastLimit  int64         // changes undone at most for one question about the past; 0 means 2,000,000
	PastStep   int64         // changes between checkpoints of the past; 0 means 20,000
	Metrics    *Metrics      // nil means that nobody is told

	Word Word // by which processes of the record wake each other, beside the database's own way; nil if there is none
	Deaf bool // the database's own way is not listened to

	Watch func(ctx context.Context, d Done) // told of every mutation and preview that was decided; nil tells nobody

	// Room refuses rows that memory has no room for; nil refuses none. It is asked with the number of rows a draft would add, before
	// its batch is committed, and answers with a fault of kind Unavailable.
	Room func(rows int) error
}

// Journal is the record of one process: its snapshot, its writer loop, and its follower.
type Journal struct {
	db  store.Store
	o   Options
	cur atomic.Pointer[state.Snapshot]

	mu      sync.Mutex // held to move cur, never during a call
	moved   chan struct{}
	epoch   int       // of the snapshots: another one after the record was loaded anew
	proven  time.Time // when cur was last known to be the head
	retired error     // why this process may not read the record any more; nil while it may

	lookups lookups
	lost    atomic.Pointer[string] // what was lost, while that is not yet on record

	queue    chan *request
	poke     chan struct{} // wakes the writer without a mutation
	suspects suspects      // the writer's own
	owning   chan struct{} // held while what this process made is committed and not yet shown
	large    chan struct{} // as many large mutations at once as it has room

	outsiders sync.WaitGroup  // mutations that the writer sent outside
	ending    context.Context // its end is the journal's
	done      chan struct{}   // closed when the loop and the follower have ended
	stopping  atomic.Bool

	sessions sessions
	past     *past
	texts    texts
	uses     keyUses
	jobs     jobs
	zones    zones
}

const (
	queueLength = 4096
	callTime    = 5 * time.Second // a database call by which nobody waits for an answer of his own

	// A snapshot that was not proven equal to the head for so long is not shown to who asks for a position, and after that to nobody: a
	// right that was withdrawn lives no longer.
	sureFor = 2 * time.Second
	goodFor = 5 * time.Second
)

// Open loads the record and starts following and writing. The database must have been migrated.
func Open(ctx context.Context, db store.Store, o Options) (*Journal, error) {
	if o.Poll == 0 {
		o.Poll = 250 * time.Millisecond
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics(nil)
	}
	began := o.Now()
	s, err := db.Load(ctx)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the record cannot be loaded")
	}
	j := &Journal{
		db: db, o: o, ending: ctx, moved: make(chan struct{}), done: make(chan struct{}),
		queue: make(chan *request, queueLength), poke: make(chan struct{}, 1), owning: make(chan struct{}, 1), large: make(chan struct{}, largeAtOnce),
	}
	j.cur.Store(s)
	j.proven = began
	j.past = newPast(ctx, j)
	o.Metrics.watch(j)
	var all sync.WaitGroup
	all.Go(j.past.run)
	all.Go(func() { j.write(ctx) })
	all.Go(func() { j.follow(ctx) })
	all.Go(func() { j.keepUses(ctx) })
	go func() { all.Wait(); j.outsiders.Wait(); close(j.done) }()
	return j, j.migrate(ctx)
}

// migrate runs the migrations of data that the record has not had, each an entry of its own. A process that comes second finds none.
func (j *Journal) migrate(ctx context.Context) error {
	for _, m := range state.Pending(j.Latest().Levels()) {
		_, err := j.DoAs(ctx, auth.Machine(state.Migrator), m.Decision(), Meta{Reason: m.Why})
		if err != nil {
			return fmt.Errorf("the record cannot be brought to schema %d: %w", m.Schema, err)
		}
	}
	return nil
}

// Actor gives the name by which logs and the journal of access know an identity: user-7, feed-key-7, or if he is not on record one that nobody can
// guess who has not the record.
func (j *Journal) Actor(id auth.Identity) string {
	s := j.Latest()
	if id.FeedKey != 0 {
		return state.FeedKeys.Desc().ID(id.FeedKey)
	}
	if u := s.UserOf(id); u != nil {
		return state.Users.Desc().ID(u.ID)
	}
	return access.Stranger + string(s.TextAddress("access\x00"+id.Issuer+"\x00"+id.Subject))
}

// Done is closed when the journal has ended after its context did: everything accepted has been answered.
func (j *Journal) Done() <-chan struct{} { return j.done }

// Latest is the newest snapshot of this process.
func (j *Journal) Latest() *state.Snapshot { return j.cur.Load() }

// Moved gives the newest snapshot with a channel that is closed as soon as there is another: whoever follows waits on it.
func (j *Journal) Moved() (*state.Snapshot, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cur.Load(), j.moved
}

// Ready tells whether this process may answer: its snapshot was lately proven to be the newest.
func (j *Journal) Ready(ctx context.Context) error {
	if err := j.serves(); err != nil || j.age() < sureFor {
		return err
	}
	return j.refresh(ctx)
}

// Writable tells why the database takes no mutations at present, as far as is known without one.
func (j *Journal) Writable(ctx context.Context) error { return j.db.Writable(ctx) }

// version is a snapshot with its epoch: one that is derived from it is published only as long as the record was not loaded anew.
type version struct {
	*state.Snapshot
	epoch int
}

func (j *Journal) version() version {
	j.mu.Lock()
	defer j.mu.Unlock()
	return version{j.cur.Load(), j.epoch}
}

// publish moves on by entries to a newer snapshot, which was the head at an instant. Whoever is first moves: a writer's own entries may
// have been followed already.
func (j *Journal) publish(v version, at time.Time, entries []state.Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if v.epoch != j.epoch {
		return
	}
	if at.After(j.proven) {
		j.proven = at
	}
	seq := j.cur.Load().Seq()
	if v.Seq() <= seq {
		return
	}
	j.move(v.Snapshot)
	for i := range entries {
		if entries[i].Seq > seq {
			j.past.passed(&entries[i])
		}
	}
}

func (j *Journal) move(s *state.Snapshot) {
	j.cur.Store(s)
	close(j.moved)
	j.moved = make(chan struct{})
}

// retire ends this process's service: the record has become something it does not know.
func (j *Journal) retire(why error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.retired == nil {
		j.o.Log.Error("this process serves no more", "error", why)
		j.retired = fault.Wrap(fault.Unavailable, why, "this server is of an older version than the record and serves no more")
		j.move(j.cur.Load()) // whoever follows is to notice
	}
}

// serves tells why this process may not answer, whatever its snapshot; nil if it may.
func (j *Journal) serves() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.retired
}

// age tells how long ago the snapshot was proven to be the newest.
func (j *Journal) age() time.Duration {
	j.mu.Lock()
	proven := j.proven
	j.mu.Unlock()
	return j.o.Now().Sub(proven)
}

// View shows the record to an identity. It waits for a position the caller has seen, and goes back if he asks for the past. A process
// that cannot tell whether its record is the newest says so instead of answering.
func (j *Journal) View(ctx context.Context, id auth.Identity, q Query) (*state.View, error) {
	return j.view(ctx, q, func(newest *state.Snapshot) (auth.Session, error) { return j.session(newest, id) })
}

// ViewAs shows the record to a machine, as View does to an identity.
func (j *Journal) ViewAs(ctx context.Context, machine auth.Session, q Query) (*state.View, error) {
	return j.view(ctx, q, func(*state.Snapshot) (auth.Session, error) { return machine, nil })
}

func (j *Journal) view(ctx context.Context, q Query, who func(newest *state.Snapshot) (auth.Session, error)) (*state.View, error) {
	if err := j.current(ctx, q); err != nil {
		return nil, err
	}
	newest := j.Latest()
	session, err := who(newest)
	if err != nil {
		return nil, err
	}
	shown, past := newest, port{j, ctx, newest, nil}
	switch {
	case q.KnownAtSeq != nil && q.KnownAtTime != nil:
		return nil, fault.At("knownAt", "AMBIGUOUS", "give either the number or the time")
	case q.KnownAtSeq != nil:
		shown, err = past.number(*q.KnownAtSeq)
	case q.KnownAtTime != nil:
		shown, err = past.At(-1, *q.KnownAtTime)
	}
	if err != nil {
		return nil, err
	}
	return state.NewView(shown, session, j.day(newest, j.o.Now()), state.ViewOptions{Newest: newest, Past: past})
}

// current returns once the snapshot is as new as a question needs.
func (j *Journal) current(ctx context.Context, q Query) error {
	if err := j.serves(); err != nil {
		return err
	}
	if q.Exact || j.age() >= goodFor || q.AtLeast.Seq > 0 && (j.age() >= sureFor || j.Latest().Seq() < q.AtLeast.Seq) {
		if err := j.refresh(ctx); err != nil {
			return err
		}
	}
	return j.wait(ctx, q.AtLeast)
}

// wait returns once the snapshot includes a position.
func (j *Journal) wait(ctx context.Context, p state.Position) error {
	for p.Seq > 0 {
		s, moved := j.Moved()
		if s.Seq() == p.Seq && s.Position() != p {
			return fault.New(fault.Conflict, "position %s is of another history of this record; read again from the beginning", p)
		}
		if s.Seq() >= p.Seq {
			break
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fault.New(fault.Unavailable, "the record has not reached number %d in time; the newest here is %d", p.Seq, s.Seq())
		}
	}
	return nil
}

// day gives the organisation's day at an instant.
func (j *Journal) day(s *state.Snapshot, at time.Time) vocab.Date {
	return vocab.DateOf(at.In(j.zones.of(s)))
}

// session gives what an identity may do now. It is kept as long as what it was built from is unchanged.
func (j *Journal) session(s *state.Snapshot, id auth.Identity) (auth.Session, error) {
	return j.sessions.get(s, id, j.o.Now(), j.zones.of(s))
}

// zones keeps time zones: the library reads one from disk each time it is asked.
type zones struct{ known sync.Map }

func (z *zones) of(s *state.Snapshot) *time.Location {
	o := s.Organisation()
	if o == nil {
		return time.UTC
	}
	if l, ok := z.known.Load(o.Timezone); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(o.Timezone)
	if err != nil {
		l = time.UTC
	}
	z.known.Store(o.Timezone, l)
	return l
}
