package state

import (
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strconv"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

// This file is what the generic parts ask of a change of facts.

// Facts gives what a change of facts consists of.
func (c *Change) Facts() *delta {
	if c.facts == nil {
		before, _ := c.Before.(*factGroup)
		after, _ := c.After.(*factGroup)
		if before == nil && after == nil {
			return &delta{}
		}
		c.facts = before.differ(after)
	}
	return c.facts
}

// Rows counts the rows a change is of: one, or the facts that differ.
func (c *Change) Rows() int {
	if c.Table.form == nil {
		return 1
	}
	d := c.Facts()
	return max(d.del.len(), d.put.len())
}

// Added counts the rows there are more after a change than before.
func (c *Change) Added() int {
	switch {
	case c.Table.form != nil:
		return c.Facts().put.len() - c.Facts().del.len()
	case c.Before == nil && c.After != nil:
		return 1
	case c.Before != nil && c.After == nil:
		return -1
	}
	return 0
}

// columns lists the columns in which facts differ; nil if there are none.
func (f *factForm) columns(d *delta) (cols []int) {
	if d.none() {
		return nil
	}
	var bits uint32
	d.pairs(f.key, func(old, new []int64, oldNull, newNull uint32) bool {
		switch {
		case old == nil:
			bits |= ^newNull
		case new == nil:
			bits |= ^oldNull
		default:
			bits |= oldNull ^ newNull
			for c := range f.stored {
				if old[c] != new[c] {
					bits |= 1 << c
				}
			}
		}
		return true
	})
	for c, i := range f.stored {
		if bits&(1<<c) != 0 {
			cols = append(cols, i)
		}
	}
	slices.Sort(cols)
	return cols
}

// pairs hands out the facts that differ with both of their sides; a side that is nil is not there.
func (d *delta) pairs(key []int, f func(old, new []int64, oldNull, newNull uint32) bool) {
	for i, j := 0, 0; i < d.del.len() || j < d.put.len(); {
		c := compareNext(key, &d.del, i, &d.put, j)
		var old, new []int64
		var oldNull, newNull uint32
		if c <= 0 {
			old, oldNull = d.del.row(i), d.del.null[i]
			i++
		}
		if c >= 0 {
			new, newNull = d.put.row(j), d.put.null[j]
			j++
		}
		if !f(old, new, oldNull, newNull) {
			return
		}
	}
}

// Each hands out the changed facts of a change one by one, each as a change of a row; of any other change it is itself.
func (c *Change) Each() iter.Seq[*Change] {
	return func(yield func(*Change) bool) {
		if c.Table.form == nil {
			yield(c)
			return
		}
		f := c.Table.form
		c.Facts().pairs(f.key, func(old, new []int64, oldNull, newNull uint32) bool {
			one := &Change{Table: c.Table}
			cols := make([]int, 0, len(c.Table.Columns))
			for i := range c.Table.Columns {
				at := f.place[i]
				switch {
				case at < 0:
					if old == nil || new == nil {
						cols = append(cols, i)
					}
				case old == nil:
					if newNull&(1<<at) == 0 {
						cols = append(cols, i)
					}
				case new == nil:
					if oldNull&(1<<at) == 0 {
						cols = append(cols, i)
					}
				case old[at] != new[at] || (oldNull^newNull)&(1<<at) != 0:
					cols = append(cols, i)
				}
			}
			if one.Columns = cols; old != nil {
				one.ID, one.Before = old[factID], f.entRow(c.ID, old, oldNull)
			}
			if new != nil {
				one.ID, one.After = new[factID], f.entRow(c.ID, new, newNull)
			}
			return yield(one)
		})
	}
}

// Put hands out the facts a change leaves behind that were not there before, new or changed: for invariants.
func (c *Change) Put() Rows { return c.rows(&c.Facts().put) }

// Gone hands out the facts as they were that a change removes or changes.
func (c *Change) Gone() Rows { return c.rows(&c.Facts().del) }

func (c *Change) rows(t *tuples) Rows {
	g := &factGroup{form: c.Table.form, owner: c.ID, n: t.len()}
	g.emit(nil, t)
	return Rows{g, Key{auth.All}, [2]int{}, [2]int{len(g.blocks), 0}}
}

// Owner gives the column that names whose facts a change is of, and the number it has.
func (c *Change) Owner() (column string, id int64) {
	i, id := c.Table.form.ownedBy(c.ID)
	return c.Table.Columns[i].Name, id
}

// factsRefer refuses facts of what is missing or hidden.
func (d *Draft) factsRefer(c *Change) error {
	f := c.Table.form
	column, owner := f.ownedBy(c.ID)
	if col := &c.Table.Columns[column]; c.After != nil && !d.refersTo(c.Table, column, owner) {
		return fault.At(col.Name, "NOT_FOUND", "there is no %s", col.Ref.ID(owner))
	}
	put := &c.Facts().put
	for n := range f.stored {
		col := f.column(n)
		if col.Ref == nil {
			continue
		}
		known := map[int64]bool{}
		for i := range put.len() {
			id := put.row(i)[n]
			if put.null[i]&(1<<n) != 0 || known[id] {
				continue
			}
			if known[id] = true; !d.refersTo(c.Table, f.stored[n], id) {
				return fault.At(col.Name, "NOT_FOUND", "there is no %s", col.Ref.ID(id))
			}
		}
	}
	return nil
}

// factsDangle tells whether changed facts refer to a row that is gone.
func (d *Draft) factsDangle(c *Change) bool {
	f := c.Table.form
	if column, owner := f.ownedBy(c.ID); c.After != nil && !d.s.has(c.Table.Columns[column].Ref, owner) {
		return true
	}
	put := &c.Facts().put
	for n := range f.stored {
		ref, last := f.column(n).Ref, int64(0)
		for i := 0; ref != nil && i < put.len(); i++ {
			if id := put.row(i)[n]; put.null[i]&(1<<n) == 0 && id != last {
				if last = id; !d.s.has(ref, id) {
					return true
				}
			}
		}
	}
	return false
}

// settleFacts gives facts that were changed and changed back the version they had.
func (d *Draft) settleFacts(c *Change) {
	if c.facts != nil {
		return
	}
	f := c.Table.form
	back := tuples{width: f.width()}
	c.Facts().pairs(f.key, func(old, new []int64, oldNull, newNull uint32) bool {
		if old != nil && new != nil && oldNull == newNull {
			seq := new[factSeq]
			new[factSeq] = old[factSeq]
			if slices.Equal(old, new) {
				back.add(old, oldNull)
			}
			new[factSeq] = seq
		}
		return true
	})
	if back.len() > 0 {
		err := d.merge(f, c.ID, &back, func(int) bool { return false }, func([]int64, uint32, int) (bool, error) { return true, nil })
		if err != nil {
			panic(err) // what was on record fits
		}
	}
}

func (d *Draft) refersTo(t *Desc, column int, id int64) bool {
	ref := t.Columns[column].Ref
	row, ok := d.s.tables[ref.Slot].rows.get(uint64(id))
	return ok && (d.sees(ref, row) || d.derived(t, column))
}

// refer tells whether facts refer to a row.
func (f *factForm) refer(content *content, t *Desc, id int64) (found bool) {
	for _, i := range f.owners {
		if f.desc.Columns[i].Ref == t {
			if _, ok := content.rows.get(uint64(f.owner(i, id))); ok {
				return true
			}
		}
	}
	for n := range f.stored {
		if f.column(n).Ref != t {
			continue
		}
		content.rows.each(func(row any) bool {
			for _, b := range row.(*factGroup).blocks {
				for i := range b.n {
					if v, ok := b.at(n, i); ok && v == id {
						found = true
						return false
					}
				}
			}
			return true
		})
	}
	return found
}

// placeOf says where a group of facts, or one of them as ent's row, lies: where its owner lies. Hours of bookings lie nowhere, so that their
// rows show, and tell how many bookings there are, to those alone who see everything; see Bookings and HoursOf.
func (f *factForm) placeOf(s *Snapshot, row any) auth.Place {
	if f == AllocationHours.desc.form {
		return auth.Place{}
	}
	g, ok := row.(*factGroup)
	if !ok {
		owner, _ := f.ownerOf(reflect.ValueOf(row).Elem())
		g = &factGroup{owner: owner}
	}
	column, id := f.ownedBy(g.owner)
	ref := f.desc.Columns[column].Ref
	if owner := s.last(ref, id); owner != nil {
		return ref.place(s, owner)
	}
	return auth.Place{}
}

// factChanges adds what an entry says of changed facts.
func (d *Draft) factChanges(c *Change) {
	s := &d.s
	if c.After == nil {
		s = d.base
	}
	p := c.Table.place(s, &factGroup{form: c.Table.form, owner: c.ID})
	c.Table.form.texts(c.Facts(), func(text string) {
		d.ahead = append(d.ahead, EntryChange{
			N: len(d.ahead), Entity: c.Table.Name, ID: c.ID, Project: p.Project, Portfolio: p.Portfolio, Op: OpFacts, Columns: text,
		})
	})
}

// stampFacts gives changed facts the number of the entry.
func (d *Draft) stampFacts(c *Change, seq int64) {
	diff := c.Facts() // of its own: it is what a store has staged
	for i := range diff.put.len() {
		diff.put.row(i)[factSeq] = seq
	}
	if g, ok := c.After.(*factGroup); ok {
		content := d.content(c.Table)
		content.digest.sub(g.digest)
		g.stamp(d.own, d.numbered, seq)
		content.digest.add(g.digest)
	}
}

// changeFacts brings facts to one side of a change: 0 is old, 1 is new.
func (b *Builder) changeFacts(t *Desc, e *Entry, c *EntryChange, side int) error {
	if t.form == nil {
		return fmt.Errorf("%s has no facts", t.Name)
	}
	d, err := t.form.parse(c.Columns, e.Seq)
	if err != nil {
		return err
	}
	from, to := &d.del, &d.put
	if side == 0 {
		from, to = to, from
	}
	want := tuples{width: t.form.width()}
	var gone []bool
	var had []int // of from; -1: none
	i := 0
	(&delta{*from, *to}).pairs(t.form.key, func(old, new []int64, oldNull, newNull uint32) bool {
		if had = append(had, -1); old != nil {
			had[len(had)-1] = i
			i++
		}
		if gone = append(gone, new == nil); new == nil {
			want.add(old, oldNull)
			return true
		}
		want.add(new, newNull)
		return true
	})
	return b.mergeFacts(t, c.ID, &want, func(i int) bool { return gone[i] }, func(old []int64, oldNull uint32, i int) (bool, error) {
		if fits := (old == nil) == (had[i] < 0) && (old == nil || oldNull == from.null[had[i]] && slices.Equal(old, from.row(had[i]))); !fits {
			return false, fmt.Errorf("%s does not fit what is there", t.ID(want.row(i)[factID]))
		}
		return true, nil
	})
}

func (b *Builder) mergeFacts(t *Desc, owner int64, want *tuples, gone func(int) bool, judge verdict) error {
	g, diff, err := b.content(t).factsOf(t.form, owner).merge(b.own, want, gone, judge)
	if err != nil {
		return err
	}
	return b.setFacts(t, owner, g, diff)
}

func (b *Builder) setFacts(t *Desc, owner int64, g *factGroup, diff *delta) error {
	if err := t.form.fits(owner); err != nil {
		return err
	}
	b.content(t).setFacts(b.own, owner, g, diff)
	b.touch(t, owner)
	return nil
}

// Number gives the number by which facts hold a text of the column: a word, or a date.
func (c *Column) Number(text string) (int64, error) { return c.read(text) }

// FactsOf gives the rows a store has to remove and to write for a change of facts.
func (c *Change) FactsOf() (del, put FactRows) {
	d := c.Facts()
	return FactRows{c.Table.form, c.ID, &d.del, 0}, FactRows{c.Table.form, c.ID, &d.put, 0}
}

// FactRows are facts as a store writes them.
type FactRows struct {
	form  *factForm
	owner int64
	t     *tuples
	seq   int64 // of all of them; 0 if each has its own
}

// Stamped gives them with another version.
func (r FactRows) Stamped(seq int64) FactRows {
	r.seq = seq
	return r
}

// Len counts them.
func (r FactRows) Len() int { return r.t.len() }

// ID gives the number of one.
func (r FactRows) ID(i int) int64 { return r.t.row(i)[factID] }

// Seq gives the version of one.
func (r FactRows) Seq(i int) int64 { return r.t.row(i)[factSeq] }

// Append appends the JSON text of a column of one; null is "null".
func (r FactRows) Append(b []byte, i, column int) []byte {
	if n, ok := r.Value(i, column); ok {
		return r.form.desc.Columns[column].appendNumber(b, n)
	}
	return append(b, null...)
}

// Columns gives the columns of the entity.
func (r FactRows) Columns() []Column { return r.form.desc.Columns }

// AppendPlain appends the text of a column of one without quotes; ok is false if it has no value.
func (r FactRows) AppendPlain(b []byte, i, column int) (_ []byte, ok bool) {
	n, ok := r.Value(i, column)
	if !ok {
		return b, false
	}
	switch c := &r.form.desc.Columns[column]; c.Kind {
	case KindText:
		return append(b, c.word(n)...), true
	case KindDate:
		return appendDate(b, vocab.Date(n)), true
	case KindBool:
		return strconv.AppendBool(b, n != 0), true
	}
	return appendInt(b, n), true
}

// Value gives a column of one as a number; ok is false if it has none.
func (r FactRows) Value(i, column int) (n int64, ok bool) {
	at := r.form.place[column]
	if at < 0 {
		own, id := r.form.ownedBy(r.owner)
		return id, own == column
	}
	if at == factSeq && r.seq != 0 {
		return r.seq, true
	}
	return r.t.row(i)[at], r.t.null[i]&(1<<at) == 0
}

// Word gives the text that a number stands for in facts: of a closed list, a currency, or a date.
func (c *Column) Word(n int64) string {
	if c.Kind == KindDate {
		return vocab.Date(n).String()
	}
	return c.word(n)
}
