package live

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Hub tells all streams of a server. One goroutine goes round whenever the record moves; streams that ask the same with the same rights from the same
// place are one group, and are told together.
type Hub struct {
	src   Source
	ctx   context.Context // ends when the hub stops
	stop  context.CancelFunc
	begin sync.Once
	kick  chan struct{} // a group has something to be told beside the rounds
	slots chan struct{} // groups that are evaluated at a time

	mu      sync.Mutex
	streams map[*Stream]struct{}
	groups  map[groupKey]*group
	shown   *state.Snapshot // the record as of the last round
	basis   any             // what rights followed from then

	doneMu sync.Mutex
	done   []*Stream // whose messages were written since the last round

	work  atomic.Int64 // of the round that goes on, in nanoseconds to rest
	count Counts
}

// Counts are what a hub has done.
type Counts struct{ Evaluated, Sent atomic.Int64 }

// groupKey tells groups apart.
type groupKey struct {
	feed   string
	rights *auth.Rights // interned: equal rights are one pointer
	at     state.Position
	by     *auth.Rights // by which they were told of it
	fresh  bool
	reset  bool
}

// group is the streams that are told the same.
type group struct {
	key     groupKey
	waiting map[*Stream]struct{}
	told    *evaluated // last
	due     bool       // to be told in the next round, whether the record moves or not
	busy    bool       // being told
	owed    bool       // some could not pay yet
}

// evaluated is what a group is told of a view.
type evaluated struct {
	of       *state.Snapshot
	day      vocab.Date
	messages []Message
	upTo     read.Since
	more     bool
	err      error
}

const (
	tick      = 500 * time.Millisecond // how often rights are looked at while nothing moves
	roundTime = 250 * time.Millisecond // after which the next round does not wait for slow groups
	evalTime  = 10 * time.Second       // an evaluation may take

	// A round is followed by a rest, so that streams leave room to those who write: states that nobody was told are not told later.
	restPerGroup   = 100 * time.Microsecond
	restPerMessage = 100 * time.Microsecond
	maxRest        = 500 * time.Millisecond
)

// NewHub gives a hub over a source. It has to be stopped.
func NewHub(src Source) *Hub {
	h := &Hub{src: src, kick: make(chan struct{}, 1), slots: make(chan struct{}, runtime.GOMAXPROCS(0)), streams: map[*Stream]struct{}{}, groups: map[groupKey]*group{}}
	h.ctx, h.stop = context.WithCancel(context.Background())
	return h
}

// Stop ends all streams, and those that begin afterwards, with an UNAVAILABLE fault.
func (h *Hub) Stop() { h.stop() }

// Context ends when the hub stops.
func (h *Hub) Context() context.Context { return h.ctx }

// Counts tells what the hub has done.
func (h *Hub) Counts() *Counts { return &h.count }

// Streams counts the streams there are.
func (h *Hub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.streams)
}

// add takes a stream in.
func (h *Hub) add(s *Stream) error {
	h.begin.Do(func() { go h.run() })
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ctx.Err() != nil {
		return ErrStopping
	}
	h.streams[s] = struct{}{}
	h.put(s, s.place)
	h.hurry(s.group)
	return nil
}

// remove takes a stream out.
func (h *Hub) remove(s *Stream) {
	s.ended = true
	delete(h.streams, s)
	if s.group != nil {
		delete(s.group.waiting, s)
		s.group = nil
	}
}

// put puts a stream at a place: into the group of those who are there, unless it is being written to.
func (h *Hub) put(s *Stream, at Place) {
	s.place = at
	key := groupKey{feed: s.feed.Key, rights: s.rights, reset: at.Reset}
	if s.feed.Since || s.feed.Subject.each() {
		key.at, key.by, key.fresh = at.Position, at.By(), at.Fresh
	}
	if s.group != nil && s.sent == nil && s.group.key == key {
		return
	}
	if s.group != nil {
		delete(s.group.waiting, s)
		s.group = nil
	}
	if s.sent != nil || s.ended {
		return
	}
	g := h.groups[key]
	if g == nil {
		g = &group{key: key, waiting: map[*Stream]struct{}{}}
		h.groups[key] = g
	}
	s.group = g
	g.waiting[s] = struct{}{}
}

// hurry has a group told without waiting for the record to move.
func (h *Hub) hurry(g *group) {
	g.due = true
	h.wake()
}

func (h *Hub) wake() {
	select {
	case h.kick <- struct{}{}:
	default:
	}
}

// written notes that a stream's messages were written. Who writes does not wait for the hub.
func (h *Hub) written(s *Stream) {
	h.doneMu.Lock()
	h.done = append(h.done, s)
	h.doneMu.Unlock()
	h.wake()
}

// goOn goes on with streams whose messages were written.
func (h *Hub) goOn() {
	h.doneMu.Lock()
	done := h.done
	h.done = nil
	h.doneMu.Unlock()
	for _, s := range done {
		s.sent = nil
		if s.ended {
			continue
		}
		h.put(s, s.place)
		if s.turned || s.place.Reset || s.place.Position.Seq < h.shown.Seq() || s.place.Snapshot == nil || !s.place.Snapshot.SameRecord(h.shown) {
			h.hurry(s.group)
		}
		s.turned = false
	}
}

// run goes round until the hub stops.
func (h *Hub) run() {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	var resting <-chan time.Time
	now, moved := h.src.Moved()
	h.mu.Lock()
	h.shown = now
	h.mu.Unlock()
	for h.ctx.Err() == nil {
		news := moved
		if resting != nil {
			news = nil
		}
		select {
		case <-news:
			now, moved = h.src.Moved()
			h.rights(now)
			h.round(now)
			resting = time.After(min(maxRest, time.Duration(h.work.Swap(0))))
		case <-h.kick:
			h.round(nil)
		case <-resting:
			resting = nil
		case <-ticks.C:
			h.lookAt(h.all())
			h.round(nil)
		case <-h.ctx.Done():
		}
	}
	for _, s := range h.all() {
		h.mu.Lock()
		s.end(ErrStopping)
		h.mu.Unlock()
	}
}

func (h *Hub) all() []*Stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := make([]*Stream, 0, len(h.streams))
	for s := range h.streams {
		all = append(all, s)
	}
	return all
}

// rights looks at all streams if what rights follow from has changed: before anything is told of the record in which it did.
func (h *Hub) rights(now *state.Snapshot) {
	basis := any(now.RightsBasis())
	h.mu.Lock()
	same := basis == h.basis
	h.basis = basis
	h.mu.Unlock()
	if !same {
		h.lookAt(h.all())
	}
}

// lookAt finds out what the bearers of streams may see now, and whether the record still has the places they have come to.
func (h *Hub) lookAt(streams []*Stream) {
	known := map[state.Position]bool{}
	for _, s := range streams {
		v, err := h.view(h.ctx, s.id)
		if err == nil {
			err = h.keep(s, v, known)
		}
		if err != nil {
			h.mu.Lock()
			s.end(err)
			h.mu.Unlock()
		}
	}
}

// keep brings a stream to the rights and the record of a view.
func (h *Hub) keep(s *Stream, v *read.View, known map[state.Position]bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	moved := s.place.Snapshot != nil && !s.place.Snapshot.SameRecord(v.Snapshot())
	if s.ended {
		return nil
	}
	if s.rights == v.Rights() && !moved {
		if s.group != nil && (s.group.owed || s.day != v.Day()) {
			h.hurry(s.group)
		}
		return nil
	}
	s.recall()
	s.rights, s.turned = v.Rights(), s.sent != nil
	place := s.place
	if j, ok := s.feed.Subject.(entries); ok && j.back != nil && place.Snapshot == nil {
		place.Reset = true // what other rights showed there is not at hand
	}
	if moved {
		if _, asked := known[place.Position]; !asked {
			is, err := v.Knows(place.Position)
			if err != nil {
				return err
			}
			known[place.Position] = is
		}
		place.Since, place.Reset = read.Since{Position: place.Position}, place.Reset || !known[place.Position]
	}
	if h.put(s, place); s.group != nil {
		h.hurry(s.group)
	}
	return nil
}

// round tells the groups that are due, or all of them of a record that has moved. It waits for them, but not for long.
func (h *Hub) round(now *state.Snapshot) {
	h.mu.Lock()
	if now != nil {
		h.shown = now
	}
	h.goOn()
	var all sync.WaitGroup
	for key, g := range h.groups {
		switch {
		case g.busy:
			g.due = g.due || now != nil
		case len(g.waiting) == 0:
			if g.told == nil || now != nil {
				delete(h.groups, key)
			}
		case g.due || now != nil:
			g.due, g.busy = false, true
			all.Go(func() {
				h.slots <- struct{}{}
				defer func() { <-h.slots }()
				h.tell(g)
			})
		}
	}
	h.mu.Unlock()
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(roundTime):
	}
}

// tell tells a group what there is to tell.
func (h *Hub) tell(g *group) {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer func() {
		if g.busy = false; g.due {
			h.hurry(g)
		}
	}()
	var one *Stream
	for one = range g.waiting {
		break
	}
	if one == nil {
		return
	}
	from, last := one.place, g.told
	h.mu.Unlock()
	t := h.evaluate(one, g.key.rights, from, last)
	h.mu.Lock()
	if t == nil { // it is another group's by now
		g.due = len(g.waiting) > 0
		return
	}
	g.told, g.owed = t, false
	messages := 0
	for s := range g.waiting {
		if t.err != nil {
			s.end(t.err)
			continue
		}
		paid := s.take(t)
		g.owed = g.owed || !paid
		if messages += len(s.sent); t.more && s.group != nil && s.sent == nil {
			h.hurry(s.group)
		}
	}
	h.count.Sent.Add(int64(messages))
	h.work.Add(int64(restPerGroup) + int64(messages)*int64(restPerMessage))
}

// evaluate gives what a stream, and with it its group, is to be told from a place; what was evaluated last if that is still so. Nil says that
// its rights or its record have changed, and that it was looked at again.
func (h *Hub) evaluate(s *Stream, rights *auth.Rights, from Place, last *evaluated) (t *evaluated) {
	ctx, end := context.WithCancel(context.Background()) // it ends too late evaluations alone
	late := time.AfterFunc(evalTime, end)
	defer late.Stop()
	v, err := h.view(ctx, s.id)
	defer func() { // reading may have taken a while
		if now, err := h.view(ctx, s.id); t != nil && (err != nil || now.Rights() != rights) {
			h.lookAt([]*Stream{s})
			t = nil
		}
	}()
	if err != nil || v.Rights() != rights || from.Snapshot != nil && !from.Snapshot.SameRecord(v.Snapshot()) {
		h.lookAt([]*Stream{s})
		return nil
	}
	if last != nil && last.of == v.Snapshot() && last.day == v.Day() {
		return last
	}
	h.count.Evaluated.Add(1)
	t = &evaluated{of: v.Snapshot(), day: v.Day()}
	defer func() {
		if p := recover(); p != nil {
			t.err = fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "stream")
		}
	}()
	told, err := s.feed.Subject.next(ctx, read.New(v.Until(ctx)), from)
	if t.err = err; err != nil {
		return t
	}
	for _, e := range told.events {
		m := s.feed.Write(ctx, e.of)
		m.At, m.after = e.after.Position.String(), e.after
		t.messages = append(t.messages, m)
	}
	t.upTo, t.more = told.upTo, told.more
	return t
}
