package state

import (
	"hash/fnv"
	"iter"
	"reflect"
	"slices"

	"entgo.io/ent"
)

// Table is the typed handle of one entity: it reads from any Reader and writes to drafts.
type Table[T any] struct{ desc *Desc }

// table is what the generic parts need of a handle.
type table interface{ newContent() *content }

// content is one entity at one journal number: rows, groups by each reference, and unique values.
type content struct {
	own    *token
	rows   trie[any]
	groups []trie[group] // by desc.refs
	unique []trie[[]any] // by desc.Uniques: rows whose values have that hash
	gone   trie[*tomb]   // deleted rows
	next   int64         // number the next row gets
	digest Digest        // sum of the rows' hashes without erasable columns
}

// group is the rows that refer to one row, ordered by number.
type group struct {
	own  *token
	rows []any
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
)

// TableNamed gives the entity of a table name.
func TableNamed(name string) (*Desc, bool) { d, ok := byTable[name]; return d, ok }

// TableOfWord gives the entity of a word in ids.
func TableOfWord(word string) (*Desc, bool) { d, ok := byWord[word]; return d, ok }

// register declares an entity: loading, committing, codec, draft and undo follow from its ent schema.
func register[T any](table string, s ent.Interface) *Table[T] {
	d := describe(table, s, reflect.TypeFor[T]())
	d.Slot = len(Tables)
	t := &Table[T]{d}
	d.table = t
	byTable[table], byWord[d.Word], byType[d.typ.Name()] = d, d, d
	Tables = append(Tables, d)
	return t
}

// link resolves references once every entity is registered.
func link() {
	for _, d := range Tables {
		for _, i := range d.refs {
			ref, ok := byType[d.Columns[i].refType]
			if !ok {
				panic(d.Name + "." + d.Columns[i].Name + " refers to an entity that is not registered")
			}
			d.Columns[i].Ref = ref
		}
	}
}

func (t *Table[T]) newContent() *content { return newContent(t.desc) }

func newContent(d *Desc) *content {
	return &content{next: 1, groups: make([]trie[group], len(d.refs)), unique: make([]trie[[]any], len(d.Uniques))}
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
		for _, row := range t.desc.group(r.Snapshot(), column, id) {
			if r.sees(t.desc, row) && !yield(row.(*T)) {
				return
			}
		}
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

func (d *Desc) group(s *Snapshot, column string, id int64) []any {
	i, ok := d.byName[column]
	n := slices.Index(d.refs, i)
	if !ok || n < 0 {
		panic(d.Name + " has no reference " + column)
	}
	g, _ := s.tables[d.Slot].groups[n].get(uint64(id))
	return g.rows
}

// find gives the rows that hold the values of a unique index; there is at most one outside a draft.
func (d *Desc) find(s *Snapshot, n int, values []any) []any {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = keyText(reflect.ValueOf(v))
	}
	rows, _ := s.tables[d.Slot].unique[n].get(hashTexts(texts))
	return slices.DeleteFunc(slices.Clone(rows), func(row any) bool {
		have, ok := d.uniqueTexts(row, n)
		return !ok || !slices.Equal(have, texts)
	})
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

func hashTexts(texts []string) uint64 {
	h := fnv.New64a()
	for _, t := range texts {
		h.Write([]byte(t))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// set replaces a row (nil: removes it) and keeps groups, unique values and digest in step.
func (c *content) set(d *Desc, own *token, id int64, row any) {
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
		c.reunique(d, own, n, old, row)
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
	if g.own != own {
		g = group{own, append(make([]any, 0, len(g.rows)+1), g.rows...)}
	}
	i, found := slices.BinarySearchFunc(g.rows, id, func(r any, id int64) int { return int(min(max(d.RowID(r)-id, -1), 1)) })
	switch {
	case row == nil && found:
		g.rows = slices.Delete(g.rows, i, i+1)
	case found:
		g.rows[i] = row
	case row != nil:
		g.rows = slices.Insert(g.rows, i, row)
	}
	if len(g.rows) == 0 {
		c.groups[n].del(own, uint64(key))
		return
	}
	c.groups[n].put(own, uint64(key), g)
}

func (c *content) reunique(d *Desc, own *token, n int, old, row any) {
	change := func(r any, with any) {
		texts, ok := []string(nil), false
		if r != nil {
			texts, ok = d.uniqueTexts(r, n)
		}
		if !ok {
			return
		}
		k := hashTexts(texts)
		held, _ := c.unique[n].get(k)
		rows := slices.DeleteFunc(slices.Clone(held), func(x any) bool { return d.RowID(x) == d.RowID(r) })
		if with != nil {
			rows = append(rows, with)
		}
		if len(rows) == 0 {
			c.unique[n].del(own, k)
		} else {
			c.unique[n].put(own, k, rows)
		}
	}
	change(old, nil)
	change(row, row)
}
