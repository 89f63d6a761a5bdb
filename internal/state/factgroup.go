package state

import (
	"slices"
	"sync"
)

// factGroup is the facts of one owner in blocks, sorted by key. A change copies the block it touches, however many facts there are. It
// takes a row's place in the generic parts: a change of a fact is a change of its group. A group has one fact at least, and never changes
// once published.
type factGroup struct {
	form   *factForm
	owner  int64
	n      int
	blocks []*block
	digest Digest
}

// delta is what two states of a group differ in, by key: what was there, and what is there now. A fact that changed stands in both.
type delta struct{ del, put tuples }

func (d *delta) none() bool { return d.del.len() == 0 && d.put.len() == 0 }

var scratch = sync.Pool{New: func() any { return new([2]tuples) }}

// verdict says what merge does with one fact that is wanted.
type verdict func(old []int64, oldNull uint32, i int) (write bool, err error)

// merge gives the group with the wanted facts in place of those with their keys. want is sorted by key, each key stands once; gone tells
// which of them are to be absent. judge is asked for each, before, with the fact that has the key (nil: none), and may still change the
// wanted one. It gives nil if no fact is left.
func (g *factGroup) merge(own *token, want *tuples, gone func(i int) bool, judge verdict) (*factGroup, *delta, error) {
	room := scratch.Get().(*[2]tuples)
	defer scratch.Put(room)
	old, out := &room[0], &room[1]
	w := g.form.width()
	n := &factGroup{form: g.form, owner: g.owner, n: g.n, digest: g.digest, blocks: make([]*block, 0, len(g.blocks)+1)}
	d := &delta{tuples{width: w}, tuples{width: w}}
	if g.n == 0 {
		d.put.room(want.len())
	}
	next := 0
	for bi := 0; bi < max(1, len(g.blocks)); bi++ {
		end := want.len()
		if bi+1 < len(g.blocks) {
			end = next + g.before(g.blocks[bi+1], want, next)
		}
		old.reset(w)
		if bi < len(g.blocks) {
			if end == next {
				n.blocks = append(n.blocks, g.blocks[bi])
				continue
			}
			g.blocks[bi].decode(old)
		}
		out.reset(w)
		wrote := d.del.len() + d.put.len()
		if err := n.mergeBlock(old, want, next, end, gone, judge, out, d); err != nil {
			return nil, nil, err
		}
		next = end
		switch {
		case wrote != d.del.len()+d.put.len():
			n.emit(own, out)
		case bi < len(g.blocks):
			n.blocks = append(n.blocks, g.blocks[bi])
		}
	}
	if n.n == 0 {
		return nil, d, nil
	}
	n.blocks = slices.Clip(n.blocks)
	return n, d, nil
}

// before counts the wanted facts, from one on, that come before a block.
func (g *factGroup) before(b *block, want *tuples, from int) int {
	lo, hi := from, want.len()
	for lo < hi {
		mid := (lo + hi) / 2
		if b.compare(g.form.key, 0, want.row(mid)) > 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - from
}

func (g *factGroup) mergeBlock(old, want *tuples, next, end int, gone func(int) bool, judge verdict, out *tuples, d *delta) error {
	take := func(i int, have []int64, haveNull uint32) error {
		write, err := judge(have, haveNull, i)
		if err != nil {
			return err
		}
		if !write {
			if have != nil {
				out.add(have, haveNull)
			}
			return nil
		}
		if have != nil {
			d.del.add(have, haveNull)
			g.digest.sub(g.form.digest(g.owner, have, haveNull))
			g.n--
		}
		if !gone(i) {
			row, null := want.row(i), want.null[i]
			out.add(row, null)
			d.put.add(row, null)
			g.digest.add(g.form.digest(g.owner, row, null))
			g.n++
		}
		return nil
	}
	for i := range old.len() {
		row := old.row(i)
		for next < end && compareKeys(g.form.key, want.row(next), row) < 0 {
			if err := take(next, nil, 0); err != nil {
				return err
			}
			next++
		}
		if next < end && compareKeys(g.form.key, want.row(next), row) == 0 {
			if err := take(next, row, old.null[i]); err != nil {
				return err
			}
			next++
			continue
		}
		out.add(row, old.null[i])
	}
	for ; next < end; next++ {
		if err := take(next, nil, 0); err != nil {
			return err
		}
	}
	return nil
}

// emit packs facts into as few blocks as hold them, of about equal length. A short block before them is taken in.
func (g *factGroup) emit(own *token, t *tuples) {
	if t.len() == 0 {
		return
	}
	if k := len(g.blocks) - 1; k >= 0 && g.blocks[k].n+t.len() <= blockLength/2 {
		both := tuples{width: t.width}
		g.blocks[k].decode(&both)
		both.v, both.null = append(both.v, t.v...), append(both.null, t.null...)
		g.blocks, t = g.blocks[:k], &both
	}
	blocks := (t.len() + blockLength - 1) / blockLength
	for i := range blocks {
		g.blocks = append(g.blocks, encode(own, t, i*t.len()/blocks, (i+1)*t.len()/blocks))
	}
}

// find gives the block and position of the first fact whose first key columns are not less than some values.
func (g *factGroup) find(prefix []int64) (bi, i int) {
	if g == nil {
		return 0, 0
	}
	less := func(b *block, i int) bool { return b.comparePrefix(g.form.key, i, prefix) < 0 }
	lo, hi := 0, len(g.blocks)
	for lo < hi {
		mid := (lo + hi) / 2
		if b := g.blocks[mid]; less(b, b.n-1) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(g.blocks) {
		return lo, 0
	}
	b := g.blocks[lo]
	l, h := 0, b.n
	for l < h {
		mid := (l + h) / 2
		if less(b, mid) {
			l = mid + 1
		} else {
			h = mid
		}
	}
	return lo, l
}

func (b *block) comparePrefix(key []int, i int, prefix []int64) int {
	for k, want := range prefix {
		switch v, _ := b.at(key[k], i); {
		case v < want:
			return -1
		case v > want:
			return 1
		}
	}
	return 0
}

// differ gives what two states of a group differ in. Blocks that they share are not looked at.
func (g *factGroup) differ(o *factGroup) *delta {
	some := g
	if some == nil {
		some = o
	}
	w := some.form.width()
	d := &delta{tuples{width: w}, tuples{width: w}}
	room := scratch.Get().(*[2]tuples)
	defer scratch.Put(room)
	a, b := &room[0], &room[1]
	a.reset(w)
	b.reset(w)
	for x, y := g.list(), o.list(); len(x) > 0 || len(y) > 0; {
		switch {
		case len(x) > 0 && len(y) > 0 && x[0] == y[0]:
			x, y = x[1:], y[1:]
		case len(y) == 0 || len(x) > 0 && x[0].before(y[0], some.form.key):
			x[0].decode(a)
			x = x[1:]
		default:
			y[0].decode(b)
			y = y[1:]
		}
	}
	i, j := 0, 0
	for i < a.len() || j < b.len() {
		c := compareNext(some.form.key, a, i, b, j)
		if c == 0 && a.null[i] == b.null[j] && slices.Equal(a.row(i), b.row(j)) {
			i, j = i+1, j+1
			continue
		}
		if c <= 0 {
			d.del.add(a.row(i), a.null[i])
			i++
		}
		if c >= 0 {
			d.put.add(b.row(j), b.null[j])
			j++
		}
	}
	return d
}

// before tells whether a block begins before another.
func (b *block) before(o *block, key []int) bool {
	for _, c := range key {
		x, _ := b.at(c, 0)
		if y, _ := o.at(c, 0); x != y {
			return x < y
		}
	}
	return false
}

func (g *factGroup) list() []*block {
	if g == nil {
		return nil
	}
	return g.blocks
}

// stamp gives every fact of the draft's own blocks that has one number another: it is what the record itself keeps of it.
func (g *factGroup) stamp(own *token, from, to int64) {
	var t tuples
	for k, b := range g.blocks {
		if b.own != own {
			continue
		}
		t.reset(g.form.width())
		b.decode(&t)
		for i := range t.len() {
			row := t.row(i)
			if row[factSeq] != from {
				continue
			}
			h := g.form.hash(g.owner, row, t.null[i])
			g.digest.sub(h.with(uint64(from)))
			g.digest.add(h.with(uint64(to)))
			row[factSeq] = to
		}
		g.blocks[k] = encode(own, &t, 0, t.len())
	}
}
