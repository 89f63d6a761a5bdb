package state

import (
	"iter"
	"reflect"

	"entgo.io/ent"

	"pmograph/auth"
	"pmograph/ent/schema"
	"pmograph/internal/vocab"
)

// Facts is the typed handle of an entity whose rows are many: costs, measurements, hours. They are kept as columns, in groups by owner,
// sorted by key (see schema.Fact). The rest of the program treats a group as one row that changes.
type Facts[T any] struct{ desc *Desc }

// registerFacts declares an entity of facts.
func registerFacts[T any](table string, s ent.Interface) *Facts[T] {
	d := register[T](table, s).desc
	for _, a := range s.Annotations() {
		if f, ok := a.(schema.Fact); ok {
			d.form = newFactForm(d, f)
		}
	}
	d.refs = nil // facts are grouped by owner alone
	return &Facts[T]{d}
}

// Desc describes the entity.
func (t *Facts[T]) Desc() *Desc { return t.desc }

// factsPerRow is how many facts take about as much memory as one row.
const factsPerRow = 32

// InMemory gives how many rows take as much memory as some rows and some facts.
func InMemory(rows, facts int) int { return rows + (facts+factsPerRow-1)/factsPerRow }

// IsFacts tells whether the entity's rows are facts.
func (d *Desc) IsFacts() bool { return d.form != nil }

// FactKey lists the columns by which a fact is known among those of its owner.
func (d *Desc) FactKey() (names []string) {
	for _, c := range d.form.key {
		names = append(names, d.form.column(c).Name)
	}
	return names
}

// Col is a column of facts, looked up once.
type Col struct {
	at  int
	col *Column
}

// Col gives the column of a name; there must be one that is no owner.
func (t *Facts[T]) Col(name string) Col {
	i := t.desc.byName[name]
	return Col{t.desc.form.place[i], &t.desc.Columns[i]}
}

// Word gives the text that a number of the column stands for: a currency, a word of a closed list.
func (c Col) Word(n int64) string { return c.col.word(n) }

// Number gives the number that stands for a text of the column, or of a closed list's word; it must be one.
func (c Col) Number(text string) int64 {
	n, err := c.col.number(text)
	if err != nil {
		panic(c.col.Name + ": " + err.Error())
	}
	return n
}

// Rows are facts of one owner as a reader may see them, in the order of their key.
type Rows struct {
	g        *factGroup
	key      Key
	from, to [2]int // block, and fact in it
}

// Of gives the facts of an owner; of an entity with several kinds of owner, column names the kind.
func (t *Facts[T]) Of(r Reader, owner int64, column ...string) Rows {
	f := t.desc.form
	if len(column) > 0 {
		owner = f.owner(t.desc.byName[column[0]], owner)
	} else {
		owner *= int64(len(f.owners))
	}
	row, ok := r.Snapshot().tables[t.desc.Slot].rows.get(uint64(owner))
	if !ok {
		return Rows{}
	}
	may := r.may(t.desc, row)
	if !may.Has(reads[t.desc.Slot]) {
		return Rows{}
	}
	g := row.(*factGroup)
	rows := g.all()
	rows.key = Key{may}
	return rows
}

// all gives the facts of a group, those of closed classes without their values.
func (g *factGroup) all() Rows { return Rows{g, Key{}, [2]int{}, [2]int{len(g.blocks), 0}} }

// Place says where the facts of an owner lie.
func (t *Facts[T]) Place(r Reader, owner int64) auth.Place {
	return t.desc.place(r.Snapshot(), &factGroup{form: t.desc.form, owner: owner * int64(len(t.desc.form.owners))})
}

// With gives the facts whose first columns of the key have some values.
func (r Rows) With(prefix ...int64) Rows {
	if r.g == nil {
		return r
	}
	var room [maxFactColumns]int64
	end := append(room[:0], prefix...)
	end[len(end)-1]++
	return r.Since(prefix...).Before(end...)
}

// Sees tells whether columns of a class are open.
func (r Rows) Sees(c vocab.Class) bool { return r.g != nil && r.key.Sees(c) }

// Len counts the facts.
func (r Rows) Len() (n int) {
	if r.g == nil {
		return 0
	}
	if r.from == [2]int{} && r.to == [2]int{len(r.g.blocks), 0} {
		return r.g.n
	}
	for b := r.from[0]; b < r.to[0]; b++ {
		n += r.g.blocks[b].n
	}
	return n + r.to[1] - r.from[1]
}

// Before gives the facts that come before some values of the first columns of the key.
func (r Rows) Before(prefix ...int64) Rows {
	if r.g != nil {
		r.to[0], r.to[1] = r.g.find(prefix)
	}
	return r
}

// Since gives the others.
func (r Rows) Since(prefix ...int64) Rows {
	if r.g != nil {
		r.from[0], r.from[1] = r.g.find(prefix)
	}
	return r
}

// Last gives the last fact alone, if there is one.
func (r Rows) Last() Rows {
	if r.from == r.to {
		return r
	}
	if r.from = r.to; r.from[1] == 0 {
		r.from[0]--
		r.from[1] = r.g.blocks[r.from[0]].n
	}
	r.from[1]--
	return r
}

// At gives the fact of a place, counted from 0.
func (r Rows) At(i int) Fact {
	at := r.place(i)
	return Fact{r.g.blocks[at[0]], at[1], r.key, r.g}
}

// place finds the block of a place among the facts, and the fact in it.
func (r Rows) place(i int) (at [2]int) {
	if r.g == nil {
		return at
	}
	at = [2]int{r.from[0], r.from[1] + i}
	for at[0] < len(r.g.blocks) && at[1] >= r.g.blocks[at[0]].n {
		at = [2]int{at[0] + 1, at[1] - r.g.blocks[at[0]].n}
	}
	return at
}

// All hands out the facts.
func (r Rows) All() iter.Seq[Fact] {
	return func(yield func(Fact) bool) {
		if r.g == nil {
			return
		}
		for bi := r.from[0]; bi <= r.to[0] && bi < len(r.g.blocks); bi++ {
			b, i, end := r.g.blocks[bi], 0, r.g.blocks[bi].n
			if bi == r.from[0] {
				i = r.from[1]
			}
			if bi == r.to[0] {
				end = r.to[1]
			}
			for ; i < end; i++ {
				if !yield(Fact{b, i, r.key, r.g}) {
					return
				}
			}
		}
	}
}

// Fact is one of many: a value without a row of its own.
type Fact struct {
	b   *block
	i   int
	key Key
	g   *factGroup
}

// ID gives the fact's number.
func (x Fact) ID() int64 { n, _ := x.b.at(factID, x.i); return n }

// Seq gives the journal number that last changed the fact.
func (x Fact) Seq() int64 { n, _ := x.b.at(factSeq, x.i); return n }

// Int gives the value of a column; ok is false if there is none, or its class is closed.
func (x Fact) Int(c Col) (n int64, ok bool) {
	if c.col.Class != vocab.ClassPublic && !x.key.Sees(c.col.Class) {
		return 0, false
	}
	return x.b.at(c.at, x.i)
}

// Desc describes the fact's entity.
func (x Fact) Desc() *Desc { return x.g.form.desc }

// Owner gives the number of the row that the fact belongs to.
func (x Fact) Owner() int64 {
	_, id := x.g.form.ownedBy(x.g.owner)
	return id
}

// Sees tells whether columns of a class are open.
func (x Fact) Sees(c vocab.Class) bool { return c == vocab.ClassPublic || x.key.Sees(c) }

// Val is Int of a public column that has a value always, such as one of the key.
func (x Fact) Val(c Col) int64 { n, _ := x.Int(c); return n }

// Day is Val of a date.
func (x Fact) Day(c Col) vocab.Date { return vocab.Date(x.Val(c)) }

// row gives the fact as ent's row.
func (x Fact) row() any {
	t := tuples{width: x.g.form.width()}
	x.b.read(x.i, &t)
	return x.g.form.entRow(x.g.owner, t.row(0), t.null[0])
}

// Row gives a fact as ent's row, its guarded columns closed as in any row.
func (t *Facts[T]) Row(x Fact) *T { return x.row().(*T) }

// Get gives the fact of a number as ent's row; nil if there is none or it is not visible.
func (t *Facts[T]) Get(r Reader, id int64) *T {
	x, ok := t.Fact(r, id)
	if !ok {
		return nil
	}
	return t.Row(x)
}

// Fact gives the fact of a number; ok is false if there is none or it is not visible.
func (t *Facts[T]) Fact(r Reader, id int64) (Fact, bool) {
	c := r.Snapshot().tables[t.desc.Slot]
	g := c.groupOf(id)
	if g == nil {
		return Fact{}, false
	}
	may := r.may(t.desc, g)
	if !may.Has(reads[t.desc.Slot]) {
		return Fact{}, false
	}
	for _, b := range g.blocks {
		if i := b.find(id); i >= 0 {
			return Fact{b, i, Key{may}, g}, true
		}
	}
	return Fact{}, false
}

// Key gives what a reader may open in a row of facts.
func (t *Facts[T]) Key(r Reader, row *T) Key { return Key{r.may(t.desc, t.groupOf(r, row))} }

// PlaceOf says where a row of facts lies.
func (t *Facts[T]) PlaceOf(r Reader, row *T) auth.Place {
	return t.desc.place(r.Snapshot(), t.groupOf(r, row))
}

func (t *Facts[T]) groupOf(_ Reader, row *T) *factGroup {
	owner, _ := t.desc.form.ownerOf(reflect.ValueOf(row).Elem())
	return &factGroup{form: t.desc.form, owner: owner}
}

// ownerOf gives the group that ent's row belongs to; ok is false unless exactly one owner column has a value.
func (f *factForm) ownerOf(row reflect.Value) (owner int64, ok bool) {
	for _, i := range f.owners {
		if n, has, _ := f.desc.Columns[i].take(row); has && n != 0 {
			if ok {
				return 0, false
			}
			owner, ok = f.owner(i, n), true
		}
	}
	return owner, ok
}

// All hands out every fact the reader may see, as ent's rows: for tests and small entities.
func (t *Facts[T]) All(r Reader) iter.Seq[*T] {
	return func(yield func(*T) bool) {
		r.Snapshot().tables[t.desc.Slot].rows.each(func(row any) bool {
			if !r.sees(t.desc, row) {
				return true
			}
			g := row.(*factGroup)
			for x := range g.all().All() {
				if !yield(t.Row(x)) {
					return false
				}
			}
			return true
		})
	}
}

// Owners hands out the rows that have facts, by the number of an owner column.
func (t *Facts[T]) Owners(r Reader) iter.Seq2[int64, Rows] {
	return func(yield func(int64, Rows) bool) {
		r.Snapshot().tables[t.desc.Slot].rows.each(func(row any) bool {
			g := row.(*factGroup)
			may := r.may(t.desc, g)
			if !may.Has(reads[t.desc.Slot]) {
				return true
			}
			_, id := t.desc.form.ownedBy(g.owner)
			return yield(id, Rows{g, Key{may}, [2]int{}, [2]int{len(g.blocks), 0}})
		})
	}
}
