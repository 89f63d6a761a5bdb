package state

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"pmograph/ent/schema"
	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

// factForm is how an entity's facts are stored: which columns say whose they are, which they are sorted by, and how a value becomes a
// number. Values of closed lists are their places in the list; other texts, of which there are short ones only, are their bytes.
type factForm struct {
	desc   *Desc
	owners []int    // columns of the entity; one of them has a value
	stored []int    // columns of the entity: all but the owners; id and seq are the first
	place  []int    // by column of the entity: which stored one it is; -1 if it is an owner
	key    []int    // stored columns
	names  []uint64 // by stored column: the hash of its name
	order  []int    // stored columns but seq, by name: what a fact's hash covers
}

// The first stored columns.
const (
	factID = iota
	factSeq
)

// maxFactColumns is how many columns facts may have: each has a bit in a word.
const maxFactColumns = 24

// maxShort is the length of the longest text that is its bytes.
const maxShort = 7

func (f *factForm) width() int { return len(f.stored) }

func newFactForm(d *Desc, s schema.Fact) *factForm {
	f := &factForm{desc: d, place: make([]int, len(d.Columns))}
	for _, name := range s.Owners {
		f.owners = append(f.owners, d.byName[name])
	}
	for i := range d.Columns {
		if f.place[i] = -1; slices.Contains(f.owners, i) {
			continue
		}
		switch d.Columns[i].Kind {
		case KindTime, KindPersonal, KindJSON:
			panic(fmt.Sprintf("%s.%s: facts have numbers, dates and short words", d.Name, d.Columns[i].Name))
		}
		f.place[i] = len(f.stored)
		f.stored = append(f.stored, i)
		f.names = append(f.names, hashText(fnvBasis, d.Name+"."+d.Columns[i].Name))
	}
	if len(f.stored) > maxFactColumns {
		panic(fmt.Sprintf("%s: a fact has at most %d columns", d.Name, maxFactColumns))
	}
	for _, name := range s.Key {
		f.key = append(f.key, f.place[d.byName[name]])
	}
	for c := range f.stored {
		if c != factSeq {
			f.order = append(f.order, c)
		}
	}
	slices.SortFunc(f.order, func(a, b int) int { return strings.Compare(f.column(a).Name, f.column(b).Name) })
	return f
}

func (f *factForm) column(c int) *Column { return &f.desc.Columns[f.stored[c]] }

// owner gives the number of the group that belongs to a row: an owner column, of several, and the row it names.
func (f *factForm) owner(column int, id int64) int64 {
	return id*int64(len(f.owners)) + int64(slices.Index(f.owners, column))
}

// ownedBy gives the entity and number of the row that a group belongs to.
func (f *factForm) ownedBy(owner int64) (column int, id int64) {
	n := int64(len(f.owners))
	return f.owners[owner%n], owner / n
}

// digest is a fact's part of its entity's digest. A missing value leaves no trace, so that a column that comes later changes nothing. It
// guards against accidents; against forgery the chain does.
func (f *factForm) digest(owner int64, row []int64, null uint32) Digest {
	return f.hash(owner, row, null).with(uint64(row[factSeq]))
}

// hash is a fact's digest before its version is mixed in.
func (f *factForm) hash(owner int64, row []int64, null uint32) Digest {
	d := Digest{uint64(owner), f.names[factID]}
	for _, c := range f.order {
		if null&(1<<c) == 0 {
			d = d.with(f.names[c] + uint64(row[c])*0x9e3779b97f4a7c15)
		}
	}
	return d
}

// number gives the number that stands for a text.
func (c *Column) number(text string) (int64, error) {
	if c.enum != nil {
		if i := slices.Index(c.enum, text); i >= 0 {
			return int64(i), nil
		}
		return 0, fmt.Errorf("%q is not one of %v", text, c.enum)
	}
	if len(text) > maxShort {
		return 0, fmt.Errorf("%.20q is longer than %d letters", text, maxShort)
	}
	n := int64(0)
	for i := range maxShort {
		n <<= 8
		if i < len(text) {
			if text[i] < ' ' || text[i] > '~' || text[i] == '"' || text[i] == '\\' {
				return 0, fmt.Errorf("%q has other letters than those of ASCII", text)
			}
			n |= int64(text[i])
		}
	}
	return n, nil
}

// word gives the text that a number stands for.
func (c *Column) word(n int64) string {
	if c.enum != nil {
		return c.enum[n]
	}
	var b [maxShort]byte
	k := 0
	for i := range b {
		if b[i] = byte(n >> (8 * (maxShort - 1 - i))); b[i] != 0 {
			k++
		}
	}
	return string(b[:k])
}

// take gives the value of a column of ent's row as a number.
func (c *Column) take(row reflect.Value) (n int64, ok bool, err error) {
	v, ok := c.value(row)
	if !ok {
		return 0, false, nil
	}
	switch c.Kind {
	case KindText:
		n, err = c.number(v.String())
	case KindMoney:
		n = guard.OpenMoney(v.Interface().(guard.Money))
	case KindRate:
		n = guard.OpenRate(v.Interface().(guard.Rate))
	case KindBool:
		n = int64(b2i(v.Bool()))
	default:
		n = v.Int()
	}
	return n, true, err
}

// entRow gives a fact as ent's row.
func (f *factForm) entRow(owner int64, row []int64, null uint32) any {
	p := reflect.New(f.desc.typ)
	v := p.Elem()
	put := func(c *Column, n int64) {
		field := v.Field(c.index)
		if field.Kind() == reflect.Pointer {
			field.Set(reflect.New(field.Type().Elem()))
			field = field.Elem()
		}
		if c.Kind == KindText {
			field.SetString(c.word(n))
		} else {
			c.setInt(field, n)
		}
	}
	column, id := f.ownedBy(owner)
	put(&f.desc.Columns[column], id)
	for c := range f.stored {
		if null&(1<<c) == 0 {
			put(f.column(c), row[c])
		}
	}
	return p.Interface()
}

// appendValue appends the JSON text of a stored value: the same as of any row.
func (c *Column) appendNumber(b []byte, n int64) []byte {
	switch c.Kind {
	case KindText:
		return append(append(append(b, '"'), c.word(n)...), '"')
	case KindDate:
		return append(appendDate(append(b, '"'), vocab.Date(n)), '"')
	case KindBool:
		if n != 0 {
			return append(b, "true"...)
		}
		return append(b, "false"...)
	}
	return appendInt(b, n)
}
