package figure

import "sync"

// lazy is a value made when it is first asked for, by whoever asks first.
type lazy[T any] struct {
	once  sync.Once
	value T
}

func (l *lazy[T]) get(gather func() T) T {
	l.once.Do(func() { l.value = gather() })
	return l.value
}
