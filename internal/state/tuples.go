package state

import (
	"cmp"
	"math/bits"
	"slices"
)

// tuples are facts on their way: one after another, each a number for every stored column. What a number means is the column's matter
// (see factForm).
type tuples struct {
	width int
	v     []int64
	null  []uint32 // bit c: column c has no value
}

func (t *tuples) len() int          { return len(t.null) }
func (t *tuples) row(i int) []int64 { return t.v[i*t.width : (i+1)*t.width] }

// room makes room for n facts.
func (t *tuples) room(n int) { t.v, t.null = slices.Grow(t.v, n*t.width), slices.Grow(t.null, n) }

// grow adds a fact without values.
func (t *tuples) grow() (row []int64) {
	n := len(t.v)
	t.v = slices.Grow(t.v, t.width)[:n+t.width]
	clear(t.v[n:])
	t.null = append(t.null, 1<<t.width-1)
	return t.v[n:]
}

func (t *tuples) add(row []int64, null uint32) {
	t.v, t.null = append(t.v, row...), append(t.null, null)
}

func (t *tuples) reset(width int) { t.width, t.v, t.null = width, t.v[:0], t.null[:0] }

// set gives the last fact a value.
func (t *tuples) set(c int, n int64) {
	last := len(t.null) - 1
	t.v[last*t.width+c] = n
	t.null[last] &^= 1 << c
}

// sort puts facts in the order of their keys.
func (t *tuples) sort(key []int) {
	sorted := true
	for i := 1; i < t.len() && sorted; i++ {
		sorted = compareKeys(key, t.row(i-1), t.row(i)) <= 0
	}
	if sorted {
		return
	}
	order := make([]int32, t.len())
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return compareKeys(key, t.row(int(a)), t.row(int(b))) })
	v, null := make([]int64, 0, len(t.v)), make([]uint32, 0, len(t.null))
	for _, i := range order {
		v, null = append(v, t.row(int(i))...), append(null, t.null[i])
	}
	t.v, t.null = v, null
}

func compareKeys(key []int, a, b []int64) int {
	for _, c := range key {
		if n := cmp.Compare(a[c], b[c]); n != 0 {
			return n
		}
	}
	return 0
}

// compareNext tells which of two sorted lists has the next fact: below 0 the first, above 0 the second, 0 both, by an equal key.
func compareNext(key []int, a *tuples, i int, b *tuples, j int) int {
	switch {
	case i == a.len():
		return 1
	case j == b.len():
		return -1
	}
	return compareKeys(key, a.row(i), b.row(j))
}

// block is up to blockLength facts, column by column, each in as few bytes as its values need. It never changes once published.
type block struct {
	own   *token
	n     int
	heads []head // by column
	data  []byte
}

const blockLength = 1024

// head says how a column lies in a block's data: numbers of width bytes, less than base, which is the least of them.
type head struct {
	base  int64
	at    uint32 // of the first number
	nulls uint32 // of the bits that tell who has no value, plus one; 0 if everybody has one
	width uint8  // 0: all are base
	empty bool   // nobody has a value
}

// encode packs facts [from, to).
func encode(own *token, t *tuples, from, to int) *block {
	b := &block{own: own, n: to - from, heads: make([]head, t.width)}
	size := 0
	for c := range b.heads {
		size += b.heads[c].measure(t, c, from, to)
	}
	b.data = make([]byte, 0, size)
	for c := range b.heads {
		h := &b.heads[c]
		if h.empty {
			continue
		}
		if h.nulls = 0; h.width&holes != 0 {
			h.width &^= holes
			h.nulls = uint32(len(b.data)) + 1
			b.data = appendNulls(b.data, t, c, from, to)
		}
		h.at = uint32(len(b.data))
		if h.width > 0 {
			for i := from; i < to; i++ {
				d := uint64(0)
				if t.null[i]&(1<<c) == 0 {
					d = uint64(t.v[i*t.width+c] - h.base)
				}
				for range h.width {
					b.data = append(b.data, byte(d))
					d >>= 8
				}
			}
		}
	}
	return b
}

// holes marks the width of a column that is being measured in which some have no value.
const holes = 1 << 7

// measure finds base and width of a column, and how many bytes it takes.
func (h *head) measure(t *tuples, c, from, to int) int {
	var least, most int64
	some, missing := false, false
	for i := from; i < to; i++ {
		if t.null[i]&(1<<c) != 0 {
			missing = true
			continue
		}
		v := t.v[i*t.width+c]
		if !some {
			least, most, some = v, v, true
		}
		least, most = min(least, v), max(most, v)
	}
	if h.empty = !some; h.empty {
		return 0
	}
	h.base = least
	h.width = uint8((bits.Len64(uint64(most-least)) + 7) / 8)
	size := int(h.width) * (to - from)
	if missing {
		h.width |= holes
		size += (to - from + 7) / 8
	}
	return size
}

func appendNulls(data []byte, t *tuples, c, from, to int) []byte {
	at := len(data)
	data = append(data, make([]byte, (to-from+7)/8)...)
	for i := from; i < to; i++ {
		if t.null[i]&(1<<c) != 0 {
			data[at+(i-from)/8] |= 1 << ((i - from) % 8)
		}
	}
	return data
}

// at gives the value of a column.
func (b *block) at(c, i int) (v int64, ok bool) {
	h := &b.heads[c]
	if h.empty || h.nulls != 0 && b.data[int(h.nulls)-1+i/8]&(1<<(i%8)) != 0 {
		return 0, false
	}
	d := b.data[int(h.at)+i*int(h.width):]
	switch h.width {
	case 0:
		return h.base, true
	case 1:
		return h.base + int64(d[0]), true
	case 2:
		return h.base + int64(d[0]) + int64(d[1])<<8, true
	case 3:
		return h.base + int64(d[0]) + int64(d[1])<<8 + int64(d[2])<<16, true
	case 4:
		return h.base + int64(d[0]) + int64(d[1])<<8 + int64(d[2])<<16 + int64(d[3])<<24, true
	}
	n := uint64(0)
	for k := int(h.width) - 1; k >= 0; k-- {
		n = n<<8 | uint64(d[k])
	}
	return h.base + int64(n), true
}

// decode appends the block's facts.
func (b *block) decode(t *tuples) {
	from := t.len()
	t.v = slices.Grow(t.v, b.n*t.width)[:(from+b.n)*t.width]
	t.null = slices.Grow(t.null, b.n)[:from+b.n]
	clear(t.null[from:])
	for c := range t.width {
		for i := range b.n {
			v, ok := b.at(c, i)
			t.v[(from+i)*t.width+c] = v
			if !ok {
				t.null[from+i] |= 1 << c
			}
		}
	}
}

// read appends one fact.
func (b *block) read(i int, t *tuples) {
	t.grow()
	for c := range t.width {
		if v, ok := b.at(c, i); ok {
			t.set(c, v)
		}
	}
}

// find gives the place of the fact of a number, -1 if it is not in the block.
func (b *block) find(id int64) int {
	h := &b.heads[factID]
	if id < h.base || uint64(id-h.base)>>(8*h.width) != 0 {
		return -1
	}
	for i := range b.n {
		if n, _ := b.at(factID, i); n == id {
			return i
		}
	}
	return -1
}

// compare compares the key of a fact with another's.
func (b *block) compare(key []int, i int, other []int64) int {
	for _, c := range key {
		v, _ := b.at(c, i)
		if n := cmp.Compare(v, other[c]); n != 0 {
			return n
		}
	}
	return 0
}
