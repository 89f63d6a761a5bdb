// Package kept keeps things within a bound of weight, those that were asked for lately.
package kept

import "sync"

// Cache keeps things in two generations: what was asked for lately, and what was before. When the young fill half of the bound they become the
// old ones, which go. The zero value keeps nothing until it has a bound.
type Cache[K comparable, V any] struct {
	Bound int // of the weight of everything; set before use

	mu         sync.Mutex
	young, old map[K]weighed[V]
	weight     int // of the young
}

type weighed[V any] struct {
	value  V
	weight int
}

// Get gives what is kept under a key.
func (c *Cache[K, V]) Get(key K) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	x, ok := c.young[key]
	if !ok {
		if x, ok = c.old[key]; ok {
			c.add(key, x)
		}
	}
	return x.value, ok
}

// Put keeps a thing. One that weighs more than half of the bound is not kept.
func (c *Cache[K, V]) Put(key K, value V, weight int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if weight <= c.Bound/2 {
		c.add(key, weighed[V]{value, weight})
	}
}

func (c *Cache[K, V]) add(key K, x weighed[V]) {
	if more := x.weight - c.young[key].weight; c.weight+more > c.Bound/2 {
		c.old, c.young, c.weight = c.young, nil, 0
	}
	if c.young == nil {
		c.young = map[K]weighed[V]{}
	}
	c.weight += x.weight - c.young[key].weight
	c.young[key] = x
}

// Clear drops everything.
func (c *Cache[K, V]) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.young, c.old, c.weight = nil, nil, 0
}

// Weight is what everything that is kept weighs.
func (c *Cache[K, V]) Weight() (sum int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, all := range []map[K]weighed[V]{c.young, c.old} {
		for _, x := range all {
			sum += x.weight
		}
	}
	return sum
}

// Len counts what is kept.
func (c *Cache[K, V]) Len() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key := range c.old {
		if _, young := c.young[key]; !young {
			n++
		}
	}
	return n + len(c.young)
}
