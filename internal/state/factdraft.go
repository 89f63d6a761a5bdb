package state

import (
	"fmt"
	"reflect"
	"slices"

	"pmograph/internal/fault"
)

// Batch is facts to be put, by owner: how costs, measurements and hours are recorded, one or a million. A fact whose key is on record
// replaces that one and keeps its number; an equal one changes nothing.
type Batch struct {
	form   *factForm
	groups map[int64]*tuples
	order  []int64 // owners, as they came
	last   *tuples
	owner  int64
	from   map[int64][]int32 // by owner: which of the facts added it was
	added  int32
}

// NewBatch begins a batch of an entity's facts.
func NewBatch(d *Desc) *Batch {
	return &Batch{form: d.form, groups: map[int64]*tuples{}, from: map[int64][]int32{}}
}

// Len counts the facts.
func (b *Batch) Len() int { return int(b.added) }

// Add begins a fact of an owner, whose values Set gives.
func (b *Batch) Add(column string, owner int64) {
	b.add(b.form.owner(b.form.desc.byName[column], owner))
}

func (b *Batch) add(owner int64) {
	if b.last == nil || b.owner != owner {
		b.last, b.owner = b.groups[owner], owner
		if b.last == nil {
			b.last = &tuples{width: b.form.width()}
			b.groups[owner], b.order = b.last, append(b.order, owner)
		}
	}
	b.last.grow()
	b.from[owner] = append(b.from[owner], b.added)
	b.added++
}

// Set gives the fact begun last a value, as a number: money in minor units, a date as its day, a word by Word.
func (b *Batch) Set(c Col, n int64) { b.last.set(c.at, n) }

// Word is Set for a text.
func (b *Batch) Word(c Col, text string) error {
	n, err := c.col.number(text)
	if err == nil {
		b.Set(c, n)
	}
	return err
}

// Column gives the column of a name; ok is false if there is none that is no owner.
func (b *Batch) Column(name string) (Col, bool) {
	i, ok := b.form.desc.byName[name]
	if !ok || b.form.place[i] < 0 {
		return Col{}, false
	}
	return Col{b.form.place[i], &b.form.desc.Columns[i]}, true
}

// Put puts facts given as ent's rows; their numbers are not asked. An error names the row by its place.
func (t *Facts[T]) Put(d *Draft, rows ...*T) error {
	b := NewBatch(t.desc)
	for n, row := range rows {
		v := reflect.ValueOf(row).Elem()
		owner, ok := t.desc.form.ownerOf(v)
		if !ok {
			return within(n, fault.At(t.desc.Columns[t.desc.form.owners[0]].Name, "REQUIRED", "exactly one owner is needed"))
		}
		b.add(owner)
		for c := range t.desc.form.stored {
			col := t.desc.form.column(c)
			switch x, has, err := col.take(v); {
			case err != nil:
				return within(n, fault.At(col.Name, "NOT_IN_LIST", "%v", err))
			case has && c != factID && c != factSeq:
				b.last.set(c, x)
			}
		}
	}
	return d.PutFacts(b)
}

// within says which of several facts is wrong.
func within(n int, err error) error { return fault.Within(fmt.Sprint(n), err) }

// PutFacts puts a batch. Every fact needs the columns of its key; ent's validators are asked. An error names facts by the order in which
// they were added.
func (d *Draft) PutFacts(b *Batch) error {
	for _, owner := range b.order {
		if err := d.putGroup(b, owner); err != nil {
			return err
		}
	}
	return nil
}

func (d *Draft) putGroup(b *Batch, owner int64) error {
	f := b.form
	room := scratch.Get().(*[2]tuples)
	defer scratch.Put(room)
	want := &room[0] // the batch stays as it is: a decision may run again, even while one that overstayed still runs
	want.reset(f.width())
	want.v, want.null = append(want.v, b.groups[owner].v...), append(want.null, b.groups[owner].null...)
	var errs []error
	for i := range want.len() {
		if err := f.validate(want, i); err != nil {
			errs = append(errs, within(int(b.from[owner][i]), err))
		}
	}
	if err := fault.Join(errs...); err != nil {
		return err
	}
	for i := range want.len() { // which of the facts added it was travels where its number will stand
		want.row(i)[factID] = int64(b.from[owner][i])
		want.null[i] &^= 1<<factID | 1<<factSeq
	}
	want.sort(f.key)
	for i := 1; i < want.len(); i++ {
		if compareKeys(f.key, want.row(i-1), want.row(i)) == 0 {
			at := max(want.row(i - 1)[factID], want.row(i)[factID])
			return within(int(at), fault.At(f.column(f.key[len(f.key)-1]).Name, "TWICE", "two facts have the same %s", f.keyNames()))
		}
	}
	return d.merge(f, owner, want, func(int) bool { return false }, func(old []int64, oldNull uint32, i int) (bool, error) {
		row := want.row(i)
		if row[factSeq] = d.numbered; old != nil {
			row[factID] = old[factID]
			seq := row[factSeq]
			row[factSeq] = old[factSeq]
			same := oldNull == want.null[i] && slices.Equal(old, row)
			row[factSeq] = seq
			return !same, nil
		}
		row[factID] = d.number(f.desc)
		return true, nil
	})
}

func (f *factForm) keyNames() (names string) {
	for i, c := range f.key {
		if i > 0 {
			names += ", "
		}
		names += f.column(c).Name
	}
	return names
}

// validate asks what ent's validators and the closed lists say of a fact.
func (f *factForm) validate(t *tuples, i int) error {
	var errs []error
	for c := range f.stored {
		if c == factID || c == factSeq {
			continue
		}
		col := f.column(c)
		if t.null[i]&(1<<c) != 0 {
			if !col.Nullable {
				errs = append(errs, fault.At(col.Name, "REQUIRED", "a value is needed"))
			}
			continue
		}
		if err := col.check(t.row(i)[c]); err != nil {
			errs = append(errs, fault.At(col.Name, "INVALID", "%v", err))
		}
	}
	return fault.Join(errs...)
}

// check asks ent's validators about a stored value.
func (c *Column) check(n int64) error {
	switch {
	case c.Kind == KindDate:
		if n < firstDay || n > lastDay {
			return fmt.Errorf("the year is not between 0001 and 9999")
		}
	case c.enum != nil || c.Kind == KindBool:
	default:
		v := reflect.ValueOf(n)
		if c.Kind == KindText {
			v = reflect.ValueOf(c.word(n))
		}
		for _, ask := range c.validators {
			if err := ask(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// The days of the years 0001 to 9999.
const (
	firstDay = -719162
	lastDay  = 2932896
)

// Delete removes facts by number; those that are not there or not visible are not found.
func (t *Facts[T]) Delete(d *Draft, ids ...int64) error {
	c := d.content(t.desc)
	gone, order := map[*factGroup]map[int64]bool{}, []*factGroup(nil)
	for _, id := range ids {
		g := c.groupOf(id)
		if g == nil || gone[g] == nil && !d.sees(t.desc, g) {
			return fault.New(fault.NotFound, "there is no %s", t.desc.ID(id))
		}
		if gone[g] == nil {
			gone[g], order = map[int64]bool{}, append(order, g)
		}
		gone[g][id] = true
	}
	for _, g := range order {
		if err := t.remove(d, g.all(), func(x Fact) bool { return gone[g][x.ID()] }); err != nil {
			return err
		}
	}
	return nil
}

// RemoveFacts removes the facts that have the keys of those of a batch; what is not there is no fault.
func (d *Draft) RemoveFacts(b *Batch) error {
	for _, owner := range b.order {
		gone := b.groups[owner]
		gone.sort(b.form.key)
		err := d.merge(b.form, owner, gone, func(int) bool { return true }, func(old []int64, _ uint32, _ int) (bool, error) { return old != nil, nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// remove removes some of an owner's facts.
func (t *Facts[T]) remove(d *Draft, rows Rows, which func(Fact) bool) error {
	want := tuples{width: t.desc.form.width()}
	for x := range rows.All() {
		if which(x) {
			x.b.read(x.i, &want)
		}
	}
	if want.len() == 0 {
		return nil
	}
	return d.merge(t.desc.form, rows.g.owner, &want, func(int) bool { return true }, func([]int64, uint32, int) (bool, error) { return true, nil })
}

// Clear removes the facts of an owner, or those whose first columns of the key have some values, seen or not: whether the actor may is asked
// when the draft is finished.
func (t *Facts[T]) Clear(d *Draft, owner int64, prefix ...int64) error {
	rows := t.Of(All(d), owner)
	if len(prefix) > 0 {
		rows = rows.With(prefix...)
	}
	return t.remove(d, rows, func(Fact) bool { return true })
}

// merge brings a group to what is wanted and notes the change.
func (d *Draft) merge(f *factForm, owner int64, want *tuples, gone func(int) bool, judge verdict) error {
	if err := f.fits(owner); err != nil {
		return err
	}
	c := d.content(f.desc)
	g := c.factsOf(f, owner)
	n, diff, err := g.merge(d.own, want, gone, judge)
	if err != nil || diff.none() {
		return err
	}
	d.noteFacts(f.desc, owner, n, diff)
	return nil
}

// factsOf gives a group, an empty one if there is none.
func (c *content) factsOf(f *factForm, owner int64) *factGroup {
	if row, ok := c.rows.get(uint64(owner)); ok {
		return row.(*factGroup)
	}
	return &factGroup{form: f, owner: owner}
}

func (d *Draft) noteFacts(t *Desc, owner int64, g *factGroup, diff *delta) {
	d.inTime()
	k := rowKey{t.Slot, owner}
	c := d.index[k]
	first := c == nil
	if first {
		c = &Change{Table: t, ID: owner}
		c.Before, _ = d.s.tables[t.Slot].rows.get(uint64(owner))
		d.index[k], d.changes = c, append(d.changes, c)
	}
	if d.finished, c.facts = false, nil; first {
		c.facts = diff
	}
	if c.After = nil; g != nil {
		c.After = g
	}
	d.content(t).setFacts(d.own, owner, g, diff)
	d.touch(t, owner)
}

// setFacts replaces a group (nil: removes it); diff is what changes by that.
func (c *content) setFacts(own *token, owner int64, g *factGroup, diff *delta) {
	if row, ok := c.rows.get(uint64(owner)); ok {
		old := row.(*factGroup)
		c.digest.sub(old.digest)
		c.facts -= old.n
	}
	if g == nil {
		c.rows.del(own, uint64(owner))
	} else {
		c.rows.put(own, uint64(owner), g)
		c.digest.add(g.digest)
		c.facts += g.n
	}
	for i := range diff.del.len() {
		c.owners.set(own, diff.del.row(i)[factID], 0)
	}
	for i := range diff.put.len() {
		c.owners.set(own, diff.put.row(i)[factID], owner)
	}
}

// groupOf gives the group of the fact of a number; nil if there is none.
func (c *content) groupOf(id int64) *factGroup {
	owner := c.owners.get(id)
	if owner == 0 {
		return nil
	}
	row, _ := c.rows.get(uint64(owner))
	return row.(*factGroup)
}

// ownerIndex says to whom the fact of a number belongs, 256 in a part; 0 is nobody.
type ownerIndex struct{ parts trie[*ownerPart] }

type ownerPart struct {
	own    *token
	n      int
	owners [256]uint32
}

func (x ownerIndex) get(id int64) int64 {
	p, _ := x.parts.get(uint64(id) >> 8)
	if p == nil {
		return 0
	}
	return int64(p.owners[id&255])
}

func (x *ownerIndex) set(own *token, id, owner int64) {
	p, _ := x.parts.get(uint64(id) >> 8)
	switch {
	case p == nil:
		p = &ownerPart{own: own}
		x.parts.put(own, uint64(id)>>8, p)
	case p.own != own:
		n := *p
		n.own, p = own, &n
		x.parts.put(own, uint64(id)>>8, p)
	}
	at := &p.owners[id&255]
	if *at != 0 {
		p.n--
	}
	if *at = uint32(owner); owner != 0 {
		p.n++
	}
	if p.n == 0 {
		x.parts.del(own, uint64(id)>>8)
	}
}
