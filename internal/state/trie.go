package state

import (
	"math/bits"
	"slices"
)

// trie is a persistent hash trie from number to value. A change copies the path it touches; nodes that carry the editor's token were
// made by that editor and are changed in place.
type trie[V any] struct {
	root *node[V]
	n    int
}

type token struct{ _ byte }

// node has 32 places. In each lies a value, a node below, or nothing; values and nodes are kept apart, so that a path, which is nodes but for its
// end, is little to copy and to follow.
type node[V any] struct {
	own   *token
	held  uint32 // bit i: a value lies at place i
	below uint32 // bit i: a node does
	vals  []slot[V]
	subs  []*node[V]
}

type slot[V any] struct {
	key uint64
	val V
}

const trieBits = 5

// place gives a number's place at a depth, as a bit.
func place(k uint64, shift uint) uint32 { return 1 << (k >> shift & 31) }

// rank counts the places of a set before one.
func rank(set, bit uint32) int { return bits.OnesCount32(set & (bit - 1)) }

func (t trie[V]) get(k uint64) (v V, ok bool) {
	n := t.root
	for shift := uint(0); n != nil; shift += trieBits {
		bit := place(k, shift)
		if n.below&bit != 0 {
			n = n.subs[rank(n.below, bit)]
			continue
		}
		if n.held&bit != 0 {
			if s := &n.vals[rank(n.held, bit)]; s.key == k {
				return s.val, true
			}
		}
		return v, false
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

// owned gives a node to change, with room for another value.
func (n *node[V]) owned(own *token, room int) *node[V] {
	if n.own == own {
		return n
	}
	c := &node[V]{own: own, held: n.held, below: n.below, subs: slices.Clone(n.subs)}
	if len(n.vals)+room > 0 {
		c.vals = append(make([]slot[V], 0, len(n.vals)+room), n.vals...)
	}
	return c
}

func (n *node[V]) put(own *token, shift uint, k uint64, v V) (_ *node[V], added bool) {
	bit := place(k, shift)
	i := rank(n.held, bit)
	switch {
	case n.below&bit != 0:
		n = n.owned(own, 0)
		sub := &n.subs[rank(n.below, bit)]
		*sub, added = (*sub).put(own, shift+trieBits, k, v)
		return n, added
	case n.held&bit == 0:
		n = n.owned(own, 1)
		n.held |= bit
		n.vals = slices.Insert(n.vals, i, slot[V]{k, v})
		return n, true
	case n.vals[i].key == k:
		n = n.owned(own, 0)
		n.vals[i].val = v
		return n, false
	}
	n = n.owned(own, 0) // two numbers share this path: the old one moves a level down
	sub, _ := (&node[V]{own: own}).put(own, shift+trieBits, n.vals[i].key, n.vals[i].val)
	sub, _ = sub.put(own, shift+trieBits, k, v)
	n.drop(i, bit)
	n.below |= bit
	n.subs = slices.Insert(n.subs, rank(n.below, bit), sub)
	return n, true
}

// drop takes a value away; the node must be the editor's own.
func (n *node[V]) drop(i int, bit uint32) {
	if n.held &^= bit; n.held == 0 {
		n.vals = nil
		return
	}
	n.vals = slices.Delete(n.vals, i, i+1)
}

func (n *node[V]) del(own *token, shift uint, k uint64) *node[V] {
	bit := place(k, shift)
	n = n.owned(own, 0)
	if n.below&bit == 0 {
		n.drop(rank(n.held, bit), bit)
		return n
	}
	i := rank(n.below, bit)
	sub := n.subs[i].del(own, shift+trieBits, k)
	if n.subs[i] = sub; sub.held|sub.below == 0 {
		n.below &^= bit
		n.subs = slices.Delete(n.subs, i, i+1)
	}
	return n
}

// each goes by places: first the values that lie before the next node, then that node.
func (n *node[V]) each(f func(V) bool) bool {
	if n == nil {
		return true
	}
	vals, subs := n.vals, n.subs
	for below := n.below; len(subs) > 0; below &= below - 1 {
		for before := rank(n.held, below&-below) - (len(n.vals) - len(vals)); before > 0; before-- {
			if !f(vals[0].val) {
				return false
			}
			vals = vals[1:]
		}
		if !subs[0].each(f) {
			return false
		}
		subs = subs[1:]
	}
	for i := range vals {
		if !f(vals[i].val) {
			return false
		}
	}
	return true
}
