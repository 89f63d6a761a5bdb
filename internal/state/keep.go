package state

import (
	"sync"
	"sync/atomic"
	"weak"
)

// A cell keeps vectors of one owner as long as there is room for them: it knows them weakly, and two generations of what was computed lately hold
// on to them. When a generation is full it becomes the older one, and what only the one before it held goes. So what is kept is
// bounded for the whole process, whoever asks for how many days.
type cell struct {
	own  *token
	used atomic.Bool // a vector was kept since the cell was made, and may have gone again
	mu   sync.Mutex
	kept weak.Pointer[vectors]
}

type cellKey struct {
	m  *Measure
	at Point
}

// vectors are those of one cell.
type vectors struct {
	by   map[cellKey]Vector
	held *generation // guarded by the keeper
}

// generation holds on to vectors.
type generation struct {
	all  []*vectors
	size int // entries of vectors
}

// generationSize is how many entries of vectors a generation holds, of about fifty bytes each. Tests make it small.
var generationSize = 2 << 20

var keeper struct {
	mu         sync.Mutex
	now, older *generation
}

// hold has the newest generation hold on to vectors that have grown by some entries.
func hold(v *vectors, grown int) {
	keeper.mu.Lock()
	defer keeper.mu.Unlock()
	if keeper.now == nil || keeper.now.size > generationSize {
		keeper.older, keeper.now = keeper.now, &generation{}
	}
	if v.held != keeper.now {
		grown = 1
		for _, x := range v.by {
			grown += len(x)
		}
		v.held, keeper.now.all = keeper.now, append(keeper.now.all, v)
	}
	keeper.now.size += grown
}

// get gives the vector of a key; it is computed if it is not kept.
func (c *cell) get(k cellKey, compute func() Vector) Vector {
	if c == nil {
		return compute()
	}
	c.mu.Lock()
	if v := c.kept.Value(); v != nil {
		if x, ok := v.by[k]; ok {
			c.mu.Unlock()
			return x
		}
	}
	c.mu.Unlock()
	x := compute()
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.kept.Value()
	if v == nil {
		v = &vectors{by: map[cellKey]Vector{}}
		c.kept = weak.Make(v)
	}
	c.used.Store(true)
	v.by[k] = x
	hold(v, len(x)+1)
	return x
}
