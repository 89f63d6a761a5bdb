// Package live tells streams what happened. Streams of equal rights that ask the same share one evaluation and one encoding; what they are told
// follows from a view with the rights of the moment and from how far they have come, so a slow one is told later and nothing queues.
package live

import (
	"context"
	"errors"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Source is where views come from, and word that there is a newer one; *journal.Journal is one.
type Source interface {
	View(ctx context.Context, id auth.Identity, q journal.Query) (*state.View, error)
	Moved() (*state.Snapshot, <-chan struct{})
}

// Place is how far a stream has come.
type Place struct {
	read.Since      // up to which all was told
	Fresh      bool // nothing was told yet, and it goes on from nowhere
	Reset      bool // it has to be told that the place to go on from is not known
}

// Subject is what a stream is about: a pure function of a view and a place.
type Subject interface {
	// check tells why it may not be followed from a view on.
	check(v *read.View) error
	// next gives what there is to tell of a view to who is at a place, the first pages of it.
	next(ctx context.Context, v *read.View, from Place) (told, error)
	// each tells that nothing is left out. Of other subjects only the latest counts: next gives the state, and what equals it is not sent again.
	each() bool
}

// told is what there is to tell.
type told struct {
	events []event
	upTo   read.Since // place after all of them
	more   bool       // there is more behind
}

// event is one thing to tell.
type event struct {
	of    any        // as the API shows it
	after read.Since // place after it
}

// Message is an event as it is sent.
type Message struct {
	Body     []byte   // shared by all who get it: it is not to be changed
	Sum      [32]byte // of what counts in it: of the latest state, equal ones are one
	News     bool     // it is sent even if it equals the one before
	Cost     int      // values it came to
	Position state.Position

	after read.Since
}

// Feed is a subject as some streams ask for it.
type Feed struct {
	Subject Subject
	Key     string // equal for feeds whose messages are equal for equal rights
	Since   bool   // messages depend on the place before, even of the latest state
	// Write makes a message of an event, for one of those who get it.
	Write func(ctx context.Context, event any) Message
}

// Reader takes what a stream is told. Its methods are called one at a time, and do not wait.
type Reader interface {
	// Pay takes what a message costs, or tells how long it will take until that can be paid.
	Pay(cost int) time.Duration
	// Send has messages written, in order, and calls written afterwards, from elsewhere.
	Send(messages []Message, written func())
	// Recall takes back messages of the last Send that are not being written yet, and says how many.
	Recall() int
	// End tells why the stream ended, and where to go on from.
	End(err error, place state.Position)
}

// ErrStopping ends streams when the server stops.
var ErrStopping = fault.New(fault.Unavailable, "the server is stopping; go on from the position elsewhere")

// Stream is a reader of a feed.
type Stream struct {
	hub    *Hub
	feed   *Feed
	id     auth.Identity
	reader Reader
	// What follows is the hub's, under its lock.
	rights  *auth.Rights
	day     vocab.Date // of what was told last
	group   *group     // nil while something is written, and at the end
	place   Place
	sum     [32]byte // of the message last sent
	mute    bool     // the first message is what later ones are compared with, and not sent
	ended   bool
	sent    []Message // being written
	earlier standing  // before they were sent
}

// standing is where a stream stands.
type standing struct {
	place Place
	sum   [32]byte
}

// reach is how many ticks a position that is not here yet has to come in.
const reach = 4

// Join starts a stream for an identity: after a position if one is given; else from here on, with the present state first if initial. It ends by
// itself when the identity may see nothing any more, when the record here is too old, and when the hub stops.
func (h *Hub) Join(ctx context.Context, id auth.Identity, after *state.Position, initial bool, feed *Feed, reader Reader) (*Stream, error) {
	v, known, err := h.reach(ctx, id, after)
	if err != nil {
		return nil, err
	}
	s := &Stream{hub: h, feed: feed, id: id, reader: reader, rights: v.Rights(), day: v.Day(), place: Place{Since: v.Here()}}
	switch {
	case after == nil:
		each := feed.Subject.each()
		s.place.Fresh, s.mute, err = initial || !each, !initial && !each, feed.Subject.check(v)
	case known:
		s.place.Since = read.Since{Position: *after}
		if j, ok := feed.Subject.(entries); ok {
			known, err = j.returned(ctx, v, id, *after)
			s.place.Reset = !known
		}
	default:
		s.place = Place{Since: read.Since{Position: *after}, Reset: true} // should it end before it was told, it is told next time
	}
	if err != nil {
		return nil, err
	}
	return s, h.add(s)
}

// reach gives the view to start from. It waits a little for a position that is not here yet, with which rights may come, too, and tells whether
// it is one of this record.
func (h *Hub) reach(ctx context.Context, id auth.Identity, after *state.Position) (v *read.View, known bool, err error) {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for waited := 0; ; {
		now, moved := h.src.Moved()
		if after == nil || after.Seq <= now.Seq() || waited == reach {
			break
		}
		select {
		case <-moved:
		case <-ticks.C:
			waited++
		case <-h.ctx.Done():
			return nil, false, ErrStopping
		case <-ctx.Done():
			return nil, false, fault.New(fault.Unavailable, "the stream was left before it began")
		}
	}
	if v, err = h.view(ctx, id); err != nil || after == nil {
		return v, true, err
	}
	known, err = v.Knows(*after)
	return v, known, err
}

// view shows the newest record to who may still see anything.
func (h *Hub) view(ctx context.Context, id auth.Identity) (*read.View, error) {
	if h.ctx.Err() != nil {
		return nil, ErrStopping
	}
	v, err := h.src.View(ctx, id, journal.Query{})
	if err != nil {
		return nil, err
	}
	if v.Rights().Anywhere() == 0 {
		return nil, fault.New(fault.Forbidden, "you hold no role")
	}
	return read.New(v), nil
}

// Leave ends a stream whose reader has gone. It is told nothing any more.
func (s *Stream) Leave() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.remove(s)
}

// take tells a stream what its group is told. It stays where it is if that cannot be paid yet.
func (s *Stream) take(t *evaluated) (paid bool) {
	here := Place{Since: t.upTo}
	same := s.place.Snapshot == t.of && s.day == t.day && !s.place.Fresh && !s.place.Reset
	s.day = t.day
	if !s.feed.Subject.each() {
		m := t.messages[0]
		if s.mute || same || m.Sum == s.sum && !m.News {
			s.mute, s.sum = false, m.Sum
			s.hub.put(s, here)
			return true
		}
	}
	n := 0
	for n < len(t.messages) && s.reader.Pay(t.messages[n].Cost) == 0 {
		n++
	}
	switch {
	case n < len(t.messages) && n == 0:
		return false
	case n < len(t.messages):
		here = Place{Since: t.messages[n-1].after}
	}
	if n == 0 {
		s.hub.put(s, here)
		return true
	}
	s.earlier = standing{s.place, s.sum}
	s.sent, s.sum = t.messages[:n], t.messages[n-1].Sum
	s.hub.put(s, here)
	s.reader.Send(s.sent, func() { s.hub.written(s) })
	return true
}

// recall takes back what was not written yet: it was meant for other rights.
func (s *Stream) recall() {
	if s.sent == nil {
		return
	}
	switch left := len(s.sent) - s.reader.Recall(); {
	case left == len(s.sent):
	case left == 0:
		s.place, s.sum = s.earlier.place, s.earlier.sum
	default:
		s.place = Place{Since: s.sent[left-1].after}
	}
}

// end ends a stream.
func (s *Stream) end(err error) {
	if s.ended {
		return
	}
	if !errors.Is(err, ErrStopping) {
		s.recall()
	}
	s.hub.remove(s)
	s.reader.End(err, s.place.Position)
}
