package live_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"pmograph/auth"
	"pmograph/internal/live"
	"pmograph/internal/state"
)

// end says how a stream ended. It may be read once the stream's channel is closed.
type end struct {
	Err   error
	Place state.Position
}

var feeds atomic.Int64

// follow follows a subject; the channel is closed when the stream has ended, or soon after ctx has. What nobody took from it may be taken back.
func follow[E any](ctx context.Context, h *live.Hub, id auth.Identity, after *state.Position, subject live.Subject) (<-chan E, *end, error) {
	f := &follower[E]{out: make(chan E), changed: make(chan struct{}, 1), events: map[string]E{}}
	feed := &live.Feed{Subject: subject, Key: fmt.Sprint(feeds.Add(1)), Since: true, Write: f.write}
	s, err := h.Join(ctx, id, after, true, feed, f)
	if err != nil {
		return nil, nil, err
	}
	context.AfterFunc(ctx, func() {
		s.Leave()
		f.finish()
	})
	go f.pump(ctx)
	return f.out, &f.end, nil
}

// follower is a reader that hands events to a channel, one after the other.
type follower[E any] struct {
	out     chan E
	changed chan struct{}
	mu      sync.Mutex
	events  map[string]E
	n       uint64
	queue   []E
	written func()
	over    bool
	end     end
}

func (f *follower[E]) write(_ context.Context, event any) live.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	m := live.Message{Body: fmt.Append(nil, f.n)}
	binary.BigEndian.PutUint64(m.Sum[:], f.n) // none equals another
	f.events[string(m.Body)] = event.(E)
	return m
}

func (f *follower[E]) Pay(int) time.Duration { return 0 }

func (f *follower[E]) Send(messages []live.Message, written func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range messages {
		f.queue = append(f.queue, f.events[string(m.Body)])
	}
	f.written = written
	f.change()
}

func (f *follower[E]) Recall() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.queue)
	if f.queue = nil; n > 0 {
		go f.written()
	}
	f.change()
	return n
}

func (f *follower[E]) End(err error, place state.Position) {
	f.mu.Lock()
	f.end = end{err, place}
	f.mu.Unlock()
	f.finish()
}

func (f *follower[E]) finish() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
	f.change()
}

func (f *follower[E]) change() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

func (f *follower[E]) pump(ctx context.Context) {
	defer close(f.out)
	for {
		f.mu.Lock()
		queue, over := f.queue, f.over
		f.mu.Unlock()
		if over && (len(queue) == 0 || ctx.Err() != nil) {
			return
		}
		out, first := f.out, *new(E)
		if len(queue) == 0 {
			out = nil
		} else {
			first = queue[0]
		}
		select {
		case out <- first:
			f.mu.Lock()
			if len(f.queue) > 0 {
				if f.queue = f.queue[1:]; len(f.queue) == 0 {
					go f.written()
				}
			}
			f.mu.Unlock()
		case <-f.changed:
		}
	}
}
