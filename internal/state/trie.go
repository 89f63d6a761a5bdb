package state

import "math/bits"

// trie is a persistent hash trie from number to value. A change copies the path it touches; nodes that carry the editor's token were
// made by that editor and are changed in place.
type trie[V any] struct {
	root *node[V]
	n    int
}

type token struct{ _ byte }

type node[V any] struct {
	own   *token
	used  uint32 // bit i: slot i is present
	slots []slot[V]
}

type slot[V any] struct {
	key uint64
	val V
	sub *node[V]
}

const trieBits = 5

func (t trie[V]) get(k uint64) (v V, ok bool) {
	n := t.root
	for shift := uint(0); n != nil; shift += trieBits {
		bit := uint32(1) << (k >> shift & 31)
		if n.used&bit == 0 {
			return v, false
		}
		s := &n.slots[bits.OnesCount32(n.used&(bit-1))]
		if s.sub == nil {
			if s.key != k {
				return v, false
			}
			return s.val, true
		}
		n = s.sub
	}
	return v, false
}

func (t *trie[V]) put(own *token, k uint64, v V) {
	root := t.root
	if root == nil {
		root = &node[V]{own: own}
	}
	var added bool
	if t.root, added = root.put(own, 0, k, v); added {
		t.n++
	}
}

func (t *trie[V]) del(own *token, k uint64) {
	if _, ok := t.get(k); ok {
		t.root = t.root.del(own, 0, k)
		t.n--
	}
}

// each hands out every value, in no meaningful but a stable order, until f says stop.
func (t trie[V]) each(f func(V) bool) { t.root.each(f) }

func (n *node[V]) owned(own *token, room int) *node[V] {
	if n.own == own {
		return n
	}
	s := make([]slot[V], len(n.slots), len(n.slots)+room)
	copy(s, n.slots)
	return &node[V]{own, n.used, s}
}

func (n *node[V]) put(own *token, shift uint, k uint64, v V) (_ *node[V], added bool) {
	bit := uint32(1) << (k >> shift & 31)
	i := bits.OnesCount32(n.used & (bit - 1))
	if n.used&bit == 0 {
		n = n.owned(own, 1)
		n.used |= bit
		n.slots = append(n.slots, slot[V]{})
		copy(n.slots[i+1:], n.slots[i:])
		n.slots[i] = slot[V]{key: k, val: v}
		return n, true
	}
	n = n.owned(own, 0)
	s := &n.slots[i]
	if s.sub == nil && s.key == k {
		s.val = v
		return n, false
	}
	sub := s.sub
	if sub == nil { // two keys share this path: the old one moves a level down
		sub, _ = (&node[V]{own: own}).put(own, shift+trieBits, s.key, s.val)
		*s = slot[V]{}
	}
	s.sub, added = sub.put(own, shift+trieBits, k, v)
	return n, added
}

func (n *node[V]) del(own *token, shift uint, k uint64) *node[V] {
	bit := uint32(1) << (k >> shift & 31)
	i := bits.OnesCount32(n.used & (bit - 1))
	n = n.owned(own, 0)
	if s := &n.slots[i]; s.sub != nil {
		if s.sub = s.sub.del(own, shift+trieBits, k); s.sub.used != 0 {
			return n
		}
	}
	n.slots = append(n.slots[:i], n.slots[i+1:]...)
	n.used &^= bit
	return n
}

func (n *node[V]) each(f func(V) bool) bool {
	if n == nil {
		return true
	}
	for i := range n.slots {
		s := &n.slots[i]
		if s.sub != nil {
			if !s.sub.each(f) {
				return false
			}
		} else if !f(s.val) {
			return false
		}
	}
	return true
}
