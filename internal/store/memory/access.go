package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"pmograph/internal/access"
)

// Access is a journal of access without a database. Its zero value is empty and ready.
type Access struct {
	mu      sync.Mutex
	anchor  access.Mark
	entries []access.Entry

	// Fail, if set, is asked before each write and after it; an error of either is returned.
	Fail func(after bool) error
}

var _ access.Store = (*Access)(nil)

// Ends gives both ends of the chain.
func (s *Access) Ends(context.Context) (anchor, head access.Mark, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.anchor, s.head(), nil
}

func (s *Access) head() access.Mark {
	if n := len(s.entries); n > 0 {
		return s.entries[n-1].Mark()
	}
	return s.anchor
}

// Append adds entries.
func (s *Access) Append(_ context.Context, link func(access.Mark) []access.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Fail != nil {
		if err := s.Fail(false); err != nil {
			return err
		}
	}
	more := link(s.head())
	for i, e := range more {
		if e.N != s.head().N+1+int64(i) {
			return ErrRefused
		}
	}
	s.entries = append(s.entries, more...)
	if s.Fail != nil {
		return s.Fail(true)
	}
	return nil
}

// Entries gives entries.
func (s *Access) Entries(_ context.Context, after, upTo int64, back bool, limit int) (page []access.Entry, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.N > after && e.N <= upTo {
			page = append(page, e)
		}
	}
	if back {
		slices.Reverse(page)
	}
	return page[:min(limit, len(page))], nil
}

// Prune forgets what is old.
func (s *Access) Prune(_ context.Context, before time.Time) (n int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.entries) > 1 && s.entries[0].At.Before(before) {
		s.anchor, s.entries, n = s.entries[0].Mark(), s.entries[1:], n+1
	}
	return n, nil
}

// Close has nothing to end.
func (s *Access) Close() error { return nil }
