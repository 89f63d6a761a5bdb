package graph

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/live"
	"pmograph/internal/state"
)

const (
	maxLines  = 50                     // WebSockets and event streams of one user, unless the options say otherwise
	watchTime = 250 * time.Millisecond // between looks at whether bearers of WebSockets may still come in
)

// lines are the lines of a server, by user.
type lines struct {
	mu    sync.Mutex
	of    map[[2]string]int
	total int
	most  int           // of a user
	empty chan struct{} // closed when there is none left; set by who waits

	sockets map[*line]struct{} // that are open
	watched sync.Once
}

// add has a WebSocket watched until ctx ends.
func (s *lines) add(ctx context.Context, l *line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sockets == nil {
		s.sockets = map[*line]struct{}{}
	}
	s.sockets[l] = struct{}{}
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.sockets, l)
	})
}

// refuse closes the WebSockets of bearers whom a record does not admit any more.
func (s *lines) refuse(now *state.Snapshot) {
	s.mu.Lock()
	all := slices.Collect(maps.Keys(s.sockets))
	s.mu.Unlock()
	for _, l := range all {
		if now.Admits(l.id) != nil {
			l.refuse()
		}
	}
}

// watch closes WebSockets whose bearers were shut out, whether they carry an operation or not, until the hub stops.
func (s *lines) watch(h *live.Hub, src live.Source) {
	ticks := time.NewTicker(watchTime)
	defer ticks.Stop()
	var basis any
	for {
		select {
		case <-h.Context().Done():
			return
		case <-ticks.C:
		}
		if now, _ := src.Moved(); any(now.RightsBasis()) != basis {
			basis = now.RightsBasis()
			s.refuse(now)
		}
	}
}

// take counts a line of a user until ctx ends.
func (s *lines) take(ctx context.Context, id auth.Identity) error {
	user := [2]string{id.Issuer, id.Subject}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[user] >= s.most {
		return fault.New(fault.RateLimited, "a user has at most %d streaming connections at a time; close one", s.most)
	}
	if s.of == nil {
		s.of = map[[2]string]int{}
	}
	s.of[user]++
	s.total++
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.of[user]--; s.of[user] == 0 {
			delete(s.of, user)
		}
		if s.total--; s.total == 0 && s.empty != nil {
			close(s.empty)
			s.empty = nil
		}
	})
	return nil
}

func (s *lines) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// wait returns when there is no line left, or when ctx ends.
func (s *lines) wait(ctx context.Context) {
	s.mu.Lock()
	if s.total == 0 {
		s.mu.Unlock()
		return
	}
	if s.empty == nil {
		s.empty = make(chan struct{})
	}
	empty := s.empty
	s.mu.Unlock()
	select {
	case <-empty:
	case <-ctx.Done():
	}
}
