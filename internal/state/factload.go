package state

import (
	"fmt"
	"math"
	"slices"
)

// FactLoader takes the facts of an entity that a store loads, in any order. It packs them in a goroutine of its own, many at a time, so
// that reading goes on meanwhile. One loader is used after another.
type FactLoader struct {
	b      *Builder
	form   *factForm
	groups map[int64]*tuples // by owner, since they were handed on last
	last   *tuples
	owner  int64
	n      int // facts in groups
	spare  []*tuples
	full   chan map[int64]*tuples
	used   chan map[int64]*tuples
	done   chan error
}

// loadPiece is how many facts are handed on at once.
const loadPiece = 1 << 16

// Loader begins to load an entity's facts; Close is called after the last, whatever happens.
func (b *Builder) Loader(t *Desc) *FactLoader {
	l := &FactLoader{b: b, form: t.form, groups: map[int64]*tuples{}, full: make(chan map[int64]*tuples), used: make(chan map[int64]*tuples, 2), done: make(chan error, 1)}
	go l.pack()
	return l
}

// FactColumns lists the columns of the facts in the order of Add's values: the owners first.
func (d *Desc) FactColumns() (cols []int) {
	return append(slices.Clone(d.form.owners), d.form.stored...)
}

// Add takes a fact: a value for each of FactColumns, words as Number gives them; null tells which are missing.
func (l *FactLoader) Add(values []int64, null uint32) error {
	f := l.form
	owner, known := int64(0), 0
	for n, i := range f.owners {
		if null&(1<<n) == 0 {
			owner, known = f.owner(i, values[n]), known+1
		}
	}
	n := len(f.owners)
	null >>= n
	switch {
	case known != 1:
		return fmt.Errorf("%s: a fact has %d owners", f.desc.Name, known)
	case null&f.needed() != 0:
		return fmt.Errorf("%s: a fact lacks its number, version or key", f.desc.Name)
	}
	if l.last == nil || owner != l.owner {
		if l.last, l.owner = l.groups[owner], owner; l.last == nil {
			l.last = l.empty()
			l.groups[owner] = l.last
		}
	}
	l.last.add(values[n:], null)
	if l.n++; l.n == loadPiece {
		l.handOn()
	}
	return nil
}

// empty gives room for an owner's facts.
func (l *FactLoader) empty() (t *tuples) {
	if k := len(l.spare) - 1; k >= 0 {
		t, l.spare = l.spare[k], l.spare[:k]
		t.reset(l.form.width())
		return t
	}
	return &tuples{width: l.form.width()}
}

func (l *FactLoader) handOn() {
	l.full <- l.groups
	l.groups, l.last, l.n = map[int64]*tuples{}, nil, 0
	select {
	case used := <-l.used:
		for _, t := range used {
			l.spare = append(l.spare, t)
		}
	default:
	}
}

// pack puts what is handed on into the snapshot.
func (l *FactLoader) pack() {
	var failed error
	for groups := range l.full {
		for owner, t := range groups {
			if failed == nil {
				failed = l.put(owner, t)
			}
		}
		select {
		case l.used <- groups:
		default:
		}
	}
	l.done <- failed
}

func (l *FactLoader) put(owner int64, t *tuples) error {
	twice := func(id int64) error {
		return fmt.Errorf("%s: two facts have the key of number %d", l.form.desc.Name, id)
	}
	t.sort(l.form.key)
	for i := 1; i < t.len(); i++ {
		if compareKeys(l.form.key, t.row(i-1), t.row(i)) == 0 {
			return twice(t.row(i)[factID])
		}
	}
	if _, known := l.b.content(l.form.desc).rows.get(uint64(owner)); !known {
		g := &factGroup{form: l.form, owner: owner, n: t.len()}
		for i := range t.len() {
			g.digest.add(l.form.digest(owner, t.row(i), t.null[i]))
		}
		g.emit(l.b.own, t)
		return l.b.setFacts(l.form.desc, owner, g, &delta{put: *t})
	}
	return l.b.mergeFacts(l.form.desc, owner, t, func(int) bool { return false }, func(old []int64, _ uint32, i int) (bool, error) {
		if old != nil {
			return false, twice(old[factID])
		}
		return true, nil
	})
}

// Close takes what is left.
func (l *FactLoader) Close() error {
	l.full <- l.groups
	close(l.full)
	return <-l.done
}

// fits refuses a number of a group that the index of owners has no room for.
func (f *factForm) fits(owner int64) error {
	if owner > math.MaxUint32 {
		return fmt.Errorf("facts of number %d of %s cannot be kept", owner/int64(len(f.owners)), f.desc.Name)
	}
	return nil
}
