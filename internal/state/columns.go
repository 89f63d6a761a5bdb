package state

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"pmograph/internal/vocab"
)

// This file writes and reads the text of a changed row: {"name":[old,new],…}. What the entry's header says is left out: the new side of
// seq and updated_at, of created_at too for a created row. A changed row's seq and updated_at have one element, the old one.

// pair is a column of a change: JSON texts, parts of the change's own text. An empty new one stands in the header.
type pair struct {
	column   int
	old, new string
}

var errColumns = errors.New("the columns are not readable")

// pairs reads a change's text; buf is used again.
func (t *Desc) pairs(buf []pair, text string) ([]pair, error) {
	buf = buf[:0]
	s, ok := strings.CutPrefix(text, "{")
	if !ok {
		return nil, errColumns
	}
	if s == "}" {
		return buf, nil
	}
	for next := 0; ; {
		name, rest, ok := strings.Cut(s, `":[`)
		if !ok || !strings.HasPrefix(name, `"`) {
			return nil, errColumns
		}
		p := pair{column: t.columnFrom(next, name[1:])}
		if p.column < 0 {
			return nil, fmt.Errorf("unknown column %q of %s", name[1:], t.Name)
		}
		next = p.column + 1
		if p.old, s = jsonValue(rest); p.old == "" {
			return nil, errColumns
		}
		if rest, ok = strings.CutPrefix(s, ","); ok {
			if p.new, s = jsonValue(rest); p.new == "" {
				return nil, errColumns
			}
		} else if p.column != colSeq && p.column != colUpdated {
			return nil, fmt.Errorf("%s has one side only", t.Columns[p.column].Name)
		}
		buf = append(buf, p)
		switch {
		case s == "]}":
			return buf, nil
		case strings.HasPrefix(s, "],"):
			s = s[2:]
		default:
			return nil, errColumns
		}
	}
}

// columnFrom finds a column by name, -1 if there is none. Texts name columns in order: the search begins where the last one ended.
func (t *Desc) columnFrom(from int, name string) int {
	for i := from; i < len(t.Columns); i++ {
		if t.Columns[i].Name == name {
			return i
		}
	}
	if i, ok := t.byName[name]; ok {
		return i
	}
	return -1
}

// jsonValue cuts the JSON value at the beginning of s; it is empty if there is none. What lies within lists and objects is not looked at
// beyond its brackets and texts.
func jsonValue(s string) (value, rest string) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			n := jsonTextEnd(s[i+1:])
			if n < 0 {
				return "", s
			}
			if i += n + 1; depth == 0 {
				return s[:i+1], s[i+1:]
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth == 0 {
				return s[:i], s[i:]
			}
			if depth--; depth == 0 {
				return s[:i+1], s[i+1:]
			}
		case ',':
			if depth == 0 {
				return s[:i], s[i:]
			}
		}
	}
	return "", s
}

// jsonTextEnd gives the place of the quote that ends a text, -1 if there is none.
func jsonTextEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return i
		case '\\':
			i++
		}
	}
	return -1
}

// appendPair appends one column of a change. The values of an erasable column are handed to private instead, which gives what the text
// says of them.
func (c *Change) appendPair(b []byte, i int, private func(old, new string) (string, string, error)) (_ []byte, err error) {
	col := &c.Table.Columns[i]
	b = append(append(append(b, '"'), col.Name...), `":[`...)
	if col.Class == vocab.ClassPersonal {
		old, err1 := c.Table.valueText(c.Before, i)
		new, err2 := c.Table.valueText(c.After, i)
		if err = errors.Join(err1, err2); err != nil {
			return b, err
		}
		if old, new, err = private(old, new); err != nil {
			return b, err
		}
		return append(append(append(append(b, old...), ','), new...), ']'), nil
	}
	if b, err = c.Table.appendColumn(b, c.Before, i); err != nil {
		return b, err
	}
	if c.Before == nil || c.After == nil || i != colSeq && i != colUpdated {
		if b, err = c.Table.appendColumn(append(b, ','), c.After, i); err != nil {
			return b, err
		}
	}
	return append(b, ']'), nil
}

// appendColumn appends the text of a column of a row, null if there is no row.
func (t *Desc) appendColumn(b []byte, row any, i int) ([]byte, error) {
	if row == nil {
		return append(b, null...), nil
	}
	return t.Columns[i].appendValue(b, reflect.ValueOf(row).Elem())
}

func (t *Desc) valueText(row any, i int) (string, error) {
	b, err := t.appendColumn(nil, row, i)
	return string(b), err
}

// side gives the row of one side of a change, 0 is old, 1 is new: the present row with the changed columns replaced and what the header
// says. buf is used again.
func (t *Desc) side(e *Entry, c *EntryChange, side int, have any, buf *[]pair) (any, error) {
	pairs, err := t.pairs(*buf, c.Columns)
	if err != nil {
		return nil, err
	}
	*buf = pairs
	p := reflect.New(t.typ)
	row := p.Elem()
	if have != nil {
		row.Set(reflect.ValueOf(have).Elem())
	}
	row.Field(t.Columns[colID].index).SetInt(c.ID)
	for i := range pairs {
		p := &pairs[i]
		col := &t.Columns[p.column]
		if col.Class == vocab.ClassPersonal {
			row.Field(col.index).SetZero()
			continue
		}
		text := p.old
		if side == 1 {
			if text = p.new; text == "" {
				continue
			}
		}
		if err := col.setValue(row, text); err != nil {
			return nil, fmt.Errorf("%s: %w", col.Name, err)
		}
	}
	for i := range c.Private {
		if err := t.setPrivate(row, &c.Private[i], side); err != nil {
			return nil, err
		}
	}
	if side == 1 {
		t.stamp(row, e.Seq, e.At.UTC(), c.Op == OpCreate)
	}
	return p.Interface(), nil
}

// setPrivate fills an erasable column from beside the chain.
func (t *Desc) setPrivate(row reflect.Value, p *Private, side int) error {
	i, ok := t.byName[p.Column]
	if !ok {
		return fmt.Errorf("unknown column %q of %s", p.Column, t.Name)
	}
	text := p.Old
	if side == 1 {
		text = p.New
	}
	if text == nil {
		row.Field(t.Columns[i].index).SetZero()
		return nil
	}
	if err := t.Columns[i].setValue(row, *text); err != nil {
		return fmt.Errorf("%s: %w", p.Column, err)
	}
	return nil
}

// Values gives a change's columns: name → [old, new] as JSON texts; a new one that stands in the header is empty, and a created row's
// are left out. Erasable columns come from beside the chain; an erased one is null on both sides. The change must be one of today's form.
func (c *EntryChange) Values() (map[string][2]string, error) {
	t, ok := byTable[c.Entity]
	if !ok {
		return nil, fmt.Errorf("unknown entity %q", c.Entity)
	}
	pairs, err := t.pairs(nil, c.Columns)
	if err != nil {
		return nil, err
	}
	vals := make(map[string][2]string, len(pairs))
	for _, p := range pairs {
		if t.Columns[p.column].Class == vocab.ClassPersonal {
			p.old, p.new = null, null
		}
		vals[t.Columns[p.column].Name] = [2]string{p.old, p.new}
	}
	for _, p := range c.Private {
		pair := [2]string{null, null}
		if p.Old != nil {
			pair[0] = *p.Old
		}
		if p.New != nil {
			pair[1] = *p.New
		}
		vals[p.Column] = pair
	}
	return vals, nil
}

// CheckPrivate compares the erasable values kept beside an entry with the chain. erased tells whether a row's person was erased: only
// then may values be missing.
func (e *Entry) CheckPrivate(erased func(table string, id int64) bool) error {
	var buf []pair
	for i := range e.Changes {
		c := e.Today(i)
		t, ok := byTable[c.Entity]
		if !ok {
			return fmt.Errorf("journal entry %d: unknown entity %q", e.Seq, c.Entity)
		}
		if !t.personal && len(c.Private) == 0 {
			continue
		}
		var err error
		if buf, err = t.pairs(buf, c.Columns); err == nil {
			err = t.checkPrivate(c, buf, erased)
		}
		if err != nil {
			return fmt.Errorf("journal entry %d, %s: %w", e.Seq, t.ID(c.ID), err)
		}
	}
	return nil
}

func (t *Desc) checkPrivate(c *EntryChange, pairs []pair, erased func(table string, id int64) bool) error {
	kept := 0
	for _, p := range pairs {
		col := &t.Columns[p.column]
		if col.Class != vocab.ClassPersonal {
			continue
		}
		n := 0
		for i := range c.Private {
			if c.Private[i].Column != col.Name {
				continue
			}
			if old, new := c.Private[i].commitments(); p.old != old || p.new != new {
				return fmt.Errorf("the erasable value of %s is not the recorded one", col.Name)
			}
			n++
		}
		if kept += n; n == 0 && !erased(c.Entity, c.ID) {
			return fmt.Errorf("the erasable value of %s is missing, and no erasure is on record", col.Name)
		}
	}
	if kept != len(c.Private) {
		return errors.New("there is an erasable value of a column that did not change")
	}
	return nil
}
