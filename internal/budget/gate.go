package budget

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// Gate lets so much work be done at a time. What finds no slot waits in a short queue, in order; what finds no place there is told so at once.
// One principal has half of the slots and half of the queue at most.
type Gate[K comparable] struct {
	Slots int // of work at a time, two at the least; 0 is no limit
	Queue int // that may wait

	mu      sync.Mutex
	working int
	of      map[K]share
	waiting []*waiter[K] // the first is next, unless its principal has his share
}

// share is what a principal has of a gate.
type share struct{ working, waiting int }

type waiter[K comparable] struct {
	key   K
	ready chan struct{}
}

// ErrBusy tells that there is no slot, and no place to wait for one.
var ErrBusy = errors.New("too much is being done already")

// Enter takes a slot; leave gives it back and must be called once. It fails with ErrBusy, or with the context's error while it waits.
func (g *Gate[K]) Enter(ctx context.Context, key K) (leave func(), err error) {
	if g == nil || g.Slots == 0 {
		return func() {}, nil
	}
	g.mu.Lock()
	if g.working < g.Slots && g.of[key].working < (g.Slots+1)/2 {
		g.working++
		g.count(key, 1, 0)
		g.mu.Unlock()
		return func() { g.leave(key) }, nil
	}
	if len(g.waiting) >= g.Queue || g.of[key].waiting >= (g.Queue+1)/2 {
		g.mu.Unlock()
		return nil, ErrBusy
	}
	w := &waiter[K]{key, make(chan struct{})}
	g.waiting = append(g.waiting, w)
	g.count(key, 0, 1)
	g.mu.Unlock()
	select {
	case <-w.ready:
		return func() { g.leave(key) }, nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, w); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		g.count(key, 0, -1)
	} else { // it was let in just now
		g.pass(key)
	}
	return nil, ctx.Err()
}

// Working counts what is being done, Waiting what waits.
func (g *Gate[K]) Working() (working, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.working, len(g.waiting)
}

func (g *Gate[K]) count(key K, working, waiting int) {
	if g.of == nil {
		g.of = map[K]share{}
	}
	x := g.of[key]
	if x.working, x.waiting = x.working+working, x.waiting+waiting; x == (share{}) {
		delete(g.of, key)
		return
	}
	g.of[key] = x
}

func (g *Gate[K]) leave(key K) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pass(key)
}

// pass takes a slot from a principal and gives it to who waits first and has not his share.
func (g *Gate[K]) pass(key K) {
	g.count(key, -1, 0)
	for i, w := range g.waiting {
		if g.of[w.key].working < (g.Slots+1)/2 {
			g.waiting = slices.Delete(g.waiting, i, i+1)
			g.count(w.key, 1, -1)
			close(w.ready)
			return
		}
	}
	g.working--
}
