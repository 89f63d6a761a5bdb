package read

import "sync"

// slab makes things of one kind for one answer, more at once the more are asked for: an answer has hundreds of them, and they go with it.
type slab[T any] struct {
	mu   sync.Mutex
	free []T
	size int // of the last piece of memory
}

// The fewest and the most things that are made at once, if no more are asked for.
const minSlab, maxSlab = 8, 64

// some gives things that lie side by side.
func (s *slab[T]) some(n int) []T {
	if n == 0 {
		return []T{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.free) < n {
		s.size = max(n, min(max(2*s.size, minSlab), maxSlab))
		s.free = make([]T, s.size)
	}
	made := s.free[:n:n]
	s.free = s.free[n:]
	return made
}

// one gives a thing.
func (s *slab[T]) one() *T { return &s.some(1)[0] }

// put makes a thing that is like another.
func (s *slab[T]) put(x T) *T {
	p := s.one()
	*p = x
	return p
}
