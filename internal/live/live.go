// Package live follows the record for streams: it asks again with the rights of the moment whenever the record moves, and tells what there
// is to tell as fast as its reader takes it.
package live

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

// Source is where views come from, and word that there is a newer one; *journal.Journal is one.
type Source interface {
	View(ctx context.Context, id auth.Identity, q journal.Query) (*state.View, error)
	Moved() (*state.Snapshot, <-chan struct{})
}

// Hub is what the streams of a server have in common.
type Hub struct {
	src     Source
	ctx     context.Context // ends when the hub stops
	stop    context.CancelFunc
	streams atomic.Int64
}

const (
	tick  = 500 * time.Millisecond // how often rights are looked at while nothing moves
	reach = 4                      // ticks within which a position that is not here yet has to come
)

// NewHub gives a hub over a source.
func NewHub(src Source) *Hub {
	h := &Hub{src: src}
	h.ctx, h.stop = context.WithCancel(context.Background())
	return h
}

// Stop ends all streams, and those that begin afterwards, with an UNAVAILABLE fault.
func (h *Hub) Stop() { h.stop() }

// Context ends when the hub stops.
func (h *Hub) Context() context.Context { return h.ctx }

// Streams counts the streams there are.
func (h *Hub) Streams() int { return int(h.streams.Load()) }

// ErrStopping ends streams when the server stops.
var ErrStopping = fault.New(fault.Unavailable, "the server is stopping; go on from the position elsewhere")

// Subject is what a stream is about, and how far its reader has come.
type Subject[E any] interface {
	// begin takes up the place to start from, or refuses.
	begin(start) error
	// look gives what is to be told of a view, if there is anything.
	look(ctx context.Context, v *read.View) (event E, ok bool, err error)
	// told says that the event that look gave last was taken.
	told()
	// place is where to go on from.
	place() state.Position
}

// start is where a stream starts.
type start struct {
	view  *read.View
	after *state.Position // nil: from the view on
	reset bool            // after is not known
}

// End says how a stream ended. It may be read once the stream's channel is closed.
type End struct {
	Err   error          // why; nil if its reader left
	Place state.Position // where to go on from
}

// Follow starts a stream for an identity, after a position if one is given, until ctx ends. It ends by itself when the identity may see
// nothing any more, when the record here is too old, and when the hub stops. Its one goroutine keeps the newest event alone.
func Follow[E any](ctx context.Context, h *Hub, id auth.Identity, after *state.Position, s Subject[E]) (<-chan E, *End, error) {
	v, moved, known, err := h.reach(ctx, id, after)
	if err == nil {
		err = s.begin(start{v, after, !known})
	}
	if err != nil {
		return nil, nil, err
	}
	out, end := make(chan E), new(End)
	h.streams.Add(1)
	go func() {
		defer h.streams.Add(-1)
		defer close(out)
		defer func() {
			if p := recover(); p != nil {
				end.Err = fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "stream")
			}
		}()
		end.Err = run(ctx, h, id, v, moved, s, out)
		end.Place = s.place()
	}()
	return out, end, nil
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

// reach gives the view to start from, and word that there is a newer one. It waits a little for a position that is not here yet, and
// tells whether it is one of this record.
func (h *Hub) reach(ctx context.Context, id auth.Identity, after *state.Position) (v *read.View, moved <-chan struct{}, known bool, err error) {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for waited := 0; ; {
		_, moved = h.src.Moved()
		if v, err = h.view(ctx, id); err != nil || after == nil {
			return v, moved, true, err
		}
		if after.Seq <= v.Position().Seq || waited == reach {
			known, err = v.Knows(*after)
			return v, moved, known, err
		}
		select {
		case <-moved:
		case <-ticks.C:
			waited++
		case <-h.ctx.Done():
		case <-ctx.Done():
			return nil, nil, false, fault.New(fault.Unavailable, "the stream was left before it began")
		}
	}
}

func run[E any](ctx context.Context, h *Hub, id auth.Identity, v *read.View, moved <-chan struct{}, s Subject[E], out chan<- E) error {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for {
		event, ok, err := s.look(ctx, v)
		if err != nil {
			return gone(ctx, err)
		}
		to := out
		if !ok {
			to = nil
		}
		for was := v; v == was; {
			select {
			case to <- event:
				s.told()
				was = nil
				continue
			case <-moved:
			case <-ticks.C:
			case <-h.ctx.Done():
			case <-ctx.Done():
				return nil
			}
			_, moved = h.src.Moved()
			now, err := h.view(ctx, id)
			if err != nil {
				return gone(ctx, err)
			}
			if !same(v, now) {
				v = now
			}
		}
	}
}

// gone is an error of a stream whose reader is still there.
func gone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// same tells whether two views show the same.
func same(a, b *read.View) bool {
	return a.Snapshot() == b.Snapshot() && a.Rights() == b.Rights() && a.Day() == b.Day()
}
