package state

import (
	"iter"
	"reflect"
	"slices"
	"strconv"

	"entgo.io/ent"

	"pmograph/internal/vocab"
)

// Table is the typed handle of one entity: it reads from any Reader and writes to drafts.
type Table[T any] struct{ desc *Desc }

// table is what the generic parts need of a handle.
type table interface{ newContent() *content }

// content is one entity at one journal number: rows, groups by each reference, and unique values.
type content struct {
	own    *token
	rows   trie[any]
	groups []trie[*group]  // by desc.refs
	unique []trie[holders] // by desc.Uniques: rows whose values have that hash
	gone   trie[*tomb]     // deleted rows
	next   int64           // number the next row gets
	digest Digest          // sum of the rows' hashes without erasable columns
	facts  int             // if the rows are groups of facts: how many facts
	owners ownerIndex      // and whose each is
}

// holders are the rows whose values in a unique index have the same hash: one, nearly always.
type holders struct {
	first any
	more  *holders
}

func (h *holders) each(f func(row any) bool) {
	for ; h != nil && h.first != nil; h = h.more {
		if !f(h.first) {
			return
		}
	}
}

// with gives the holders without the row of a number, and with another, the last, if there is one.
func (h *holders) with(d *Desc, id int64, row any) (n holders) {
	if h.first == nil || h.more == nil && d.RowID(h.first) == id {
		return holders{first: row}
	}
	end := &n
	add := func(row any) {
		if end.first != nil {
			end.more = new(holders)
			end = end.more
		}
		end.first = row
	}
	h.each(func(have any) bool {
		if d.RowID(have) != id {
			add(have)
		}
		return true
	})
	if row != nil {
		add(row)
	}
	return n
}

// tomb remembers where a deleted row was, so that its past stays readable for those who may see that place.
type tomb struct {
	last any // the row as it was deleted, without its erasable columns
	seq  int64
}

// Tables lists every entity, parents before the children that refer to them.
var Tables []*Desc

var (
	byTable = map[string]*Desc{}
	byWord  = map[string]*Desc{}
	byType  = map[string]*Desc{}
	byRow   = map[reflect.Type]*Desc{}
)

// TableNamed gives the entity of a table name.
func TableNamed(name string) (*Desc, bool) { d, ok := byTable[name]; return d, ok }

// DescOf describes the entity whose rows are of a type.
func DescOf[T any]() *Desc { return byRow[reflect.TypeFor[T]()] }

// TableOfWord gives the entity of a word in ids.
func TableOfWord(word string) (*Desc, bool) { d, ok := byWord[word]; return d, ok }

// register declares an entity: loading, committing, codec, draft and undo follow from its ent schema.
func register[T any](table string, s ent.Interface) *Table[T] {
	d := describe(table, s, reflect.TypeFor[T]())
	d.Slot = len(Tables)
	t := &Table[T]{d}
	d.table = t
	byTable[table], byWord[d.Word], byType[d.typ.Name()], byRow[d.typ] = d, d, d, d
	Tables = append(Tables, d)
	return t
}

// link resolves references once every entity is registered.
func link() {
	for _, d := range Tables {
		for i := range d.Columns {
			c := &d.Columns[i]
			if c.refType == "" {
				continue
			}
			var ok bool
			if c.Ref, ok = byType[c.refType]; !ok {
				panic(d.Name + "." + c.Name + " refers to an entity that is not registered")
			}
		}
	}
}

func (t *Table[T]) newContent() *content { return newContent(t.desc) }

func newContent(d *Desc) *content {
	return &content{next: 1, groups: make([]trie[*group], len(d.refs)), unique: make([]trie[holders], len(d.Uniques))}
}

// Desc describes the entity.
func (t *Table[T]) Desc() *Desc { return t.desc }

// Get gives a row, nil if there is none or the reader may not see it. The row must not be changed.
func (t *Table[T]) Get(r Reader, id int64) *T {
	row, ok := r.Snapshot().tables[t.desc.Slot].rows.get(uint64(id))
	if !ok || !r.sees(t.desc, row) {
		return nil
	}
	return row.(*T)
}

// Ref gives the row that a reference which may be null names.
func (t *Table[T]) Ref(r Reader, id *int64) *T {
	if id == nil {
		return nil
	}
	return t.Get(r, *id)
}

// All hands out every row the reader may see, in a stable order without meaning.
func (t *Table[T]) All(r Reader) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		r.Snapshot().tables[t.desc.Slot].rows.each(func(row any) bool {
			return !r.sees(t.desc, row) || yield(row.(*T))
		})
	}
}

// By hands out the rows whose reference column names a row, by number, as far as the reader may see them.
func (t *Table[T]) By(r Reader, column string, id int64) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		t.desc.group(r.Snapshot(), column, id).each(func(row any) bool {
			return !r.sees(t.desc, row) || yield(row.(*T))
		})
	}
}

// Find gives the row with the values of the n-th unique index, nil if there is none or it is not visible. Values are int64, string,
// vocab.Date or nil.
func (t *Table[T]) Find(r Reader, n int, values ...any) *T {
	for _, row := range t.desc.find(r.Snapshot(), n, values) {
		if r.sees(t.desc, row) {
			return row.(*T)
		}
	}
	return nil
}

func (d *Desc) group(s *Snapshot, column string, id int64) *group {
	for n, i := range d.refs {
		if d.Columns[i].Name == column {
			g, _ := s.tables[d.Slot].groups[n].get(uint64(id))
			return g
		}
	}
	panic(d.Name + " has no reference " + column)
}

// find gives the rows that hold the values of a unique index; there is at most one outside a draft.
func (d *Desc) find(s *Snapshot, n int, values []any) (rows []any) {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = keyText(reflect.ValueOf(v))
	}
	held, _ := s.tables[d.Slot].unique[n].get(hashTexts(texts))
	held.each(func(row any) bool {
		if have, ok := d.uniqueTexts(row, n); ok && slices.Equal(have, texts) {
			rows = append(rows, row)
		}
		return true
	})
	return rows
}

// uniqueTexts gives a row's values in a unique index, ok false if its last column is null.
func (d *Desc) uniqueTexts(row any, n int) ([]string, bool) {
	cols := d.Uniques[n]
	texts := make([]string, len(cols))
	rv := reflect.ValueOf(row).Elem()
	for i, c := range cols {
		v, ok := d.Columns[c].value(rv)
		if ok {
			texts[i] = keyText(v)
		} else if i == len(cols)-1 {
			return nil, false
		}
	}
	return texts, true
}

// uniqueHash gives the hash of the texts above.
func (d *Desc) uniqueHash(row any, n int) (uint64, bool) {
	cols := d.Uniques[n]
	rv := reflect.ValueOf(row).Elem()
	if _, ok := d.Columns[cols[len(cols)-1]].value(rv); !ok {
		return 0, false
	}
	var room [20]byte
	h := uint64(fnvBasis)
	for _, c := range cols {
		col := &d.Columns[c]
		v, ok := col.value(rv)
		switch {
		case !ok:
			h = hashText(h, "")
		case col.Kind == KindInt:
			h = hashText(h, string(strconv.AppendInt(room[:0], v.Int(), 10)))
		case col.Kind == KindDate:
			h = hashText(h, string(appendDate(room[:0], vocab.Date(v.Int()))))
		case col.Kind == KindText:
			h = hashText(h, v.String())
		default:
			h = hashText(h, keyText(v))
		}
	}
	return h, true
}

func hashTexts(texts []string) uint64 {
	h := uint64(fnvBasis)
	for _, t := range texts {
		h = hashText(h, t)
	}
	return h
}

// The constants of the hash FNV-1a.
const (
	fnvBasis = 14695981039346656037
	fnvPrime = 1099511628211
)

// hashText goes on with a text and a zero byte.
func hashText(h uint64, s string) uint64 {
	for i := 0; i < len(s); i++ {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h * fnvPrime
}

// set replaces a row (nil: removes it) and keeps groups, unique values and digest in step.
func (c *content) set(d *Desc, own *token, id int64, row any) {
	if d.form != nil {
		g, _ := row.(*factGroup)
		c.setFacts(own, id, g, c.factsOf(d.form, id).differ(g))
		return
	}
	var digest Digest
	if row != nil {
		digest = d.rowDigest(row)
	}
	c.put(d, own, id, row, digest)
}

// put is set for who knows the row's digest.
func (c *content) put(d *Desc, own *token, id int64, row any, digest Digest) {
	old, _ := c.rows.get(uint64(id))
	if old != nil {
		c.digest.sub(d.rowDigest(old))
	}
	if row != nil {
		c.digest.add(digest)
		c.rows.put(own, uint64(id), row)
	} else if old != nil {
		c.rows.del(own, uint64(id))
	}
	for n, i := range d.refs {
		from, had := refOf(d, old, i)
		to, has := refOf(d, row, i)
		if had && (!has || from != to) {
			c.regroup(d, own, n, from, id, nil)
		}
		if has {
			c.regroup(d, own, n, to, id, row)
		}
	}
	for n := range d.Uniques {
		c.reunique(d, own, n, id, old, row)
	}
}

func refOf(d *Desc, row any, column int) (int64, bool) {
	if row == nil {
		return 0, false
	}
	return d.intField(row, column)
}

func (c *content) regroup(d *Desc, own *token, n int, key, id int64, row any) {
	g, _ := c.groups[n].get(uint64(key))
	if g == nil || g.own != own {
		g = g.owned(own)
		c.groups[n].put(own, uint64(key), g)
	}
	if g.set(d, own, id, row); len(g.parts) == 0 {
		c.groups[n].del(own, uint64(key))
	}
}

func (c *content) reunique(d *Desc, own *token, n int, id int64, old, row any) {
	var from, to uint64
	var had, has bool
	if old != nil {
		from, had = d.uniqueHash(old, n)
	}
	if row != nil {
		to, has = d.uniqueHash(row, n)
	}
	if had && (!has || from != to) {
		held, _ := c.unique[n].get(from)
		if held = held.with(d, id, nil); held.first == nil {
			c.unique[n].del(own, from)
		} else {
			c.unique[n].put(own, from, held)
		}
	}
	if has {
		held, _ := c.unique[n].get(to)
		c.unique[n].put(own, to, held.with(d, id, row))
	}
}
