package graph

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/auth"
	"pmograph/internal/fault"
)

const (
	subprotocol   = "graphql-transport-ws"
	maxMessage    = 64 << 10 // bytes of a message from a client
	maxLines      = 50       // WebSockets and event streams of one user
	maxOperations = 20       // of one WebSocket at a time
	initTime      = 5 * time.Second
	pingTime      = 15 * time.Second // an event stream's comments; a WebSocket is cut when two pings go unanswered
	writeTime     = 5 * time.Second  // then who does not read is cut
)

var quiet = slog.New(slog.DiscardHandler)

// line is a connection that stays open: a WebSocket with its operations, or the stream of one POST.
type line struct {
	socket bool
	cancel context.CancelFunc // closes the WebSocket

	mu       sync.Mutex
	running  int
	stopping bool
}

// enter counts an operation until its context ends.
func (l *line) enter(ctx context.Context) error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running >= maxOperations {
		return fault.New(fault.RateLimited, "a WebSocket carries at most %d operations at a time; end one, or open another", maxOperations)
	}
	l.running++
	context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.running--
		l.leaveIdle()
	})
	return nil
}

// stop closes the WebSocket once its operations have ended.
func (l *line) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopping = true
	l.leaveIdle()
}

func (l *line) leaveIdle() {
	if l.stopping && l.running == 0 && l.cancel != nil {
		l.cancel()
	}
}

// fail ends an operation with errors: as the protocol's own message on a WebSocket, as the last answer elsewhere.
func (l *line) fail(ctx context.Context, errs ...*gqlerror.Error) *graphql.Response {
	if l == nil || !l.socket {
		return &graphql.Response{Errors: errs}
	}
	for _, err := range errs {
		transport.AddSubscriptionError(ctx, err)
	}
	return nil
}

// lines are the lines of a server, by user.
type lines struct {
	mu    sync.Mutex
	of    map[[2]string]int
	total int
	empty chan struct{} // closed when there is none left; set by who waits
}

// take counts a line of a user until ctx ends.
func (s *lines) take(ctx context.Context, id auth.Identity) error {
	user := [2]string{id.Issuer, id.Subject}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of[user] >= maxLines {
		return fault.New(fault.RateLimited, "a user has at most %d streaming connections at a time; close one", maxLines)
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
