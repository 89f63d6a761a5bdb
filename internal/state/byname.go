package state

import (
	"fmt"
	"reflect"

	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

// This file is the draft for callers that know entities by name only: imports.

// SetColumn fills one column of a row from a plain value: string, int64, bool, vocab.Date, an amount in minor units (int64), or nil.
// It is how imports, which know columns by name only, write.
func (d *Desc) SetColumn(row any, column string, value any) error {
	c, ok := d.Column(column)
	if !ok || c.Immutable {
		return fmt.Errorf("%s has no column %q to write", d.Name, column)
	}
	v := reflect.ValueOf(row).Elem().Field(c.index)
	if value == nil {
		if !c.Nullable {
			return fmt.Errorf("%s.%s needs a value", d.Name, column)
		}
		v.SetZero()
		return nil
	}
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		v.Set(p)
		v = p.Elem()
	}
	switch x := value.(type) {
	case int64:
		if c.Kind == KindInt || c.Kind == KindMoney || c.Kind == KindRate {
			c.setInt(v, x)
			return nil
		}
	case bool:
		if c.Kind == KindBool {
			v.SetBool(x)
			return nil
		}
	case vocab.Date:
		if c.Kind == KindDate {
			v.Set(reflect.ValueOf(x))
			return nil
		}
	case string:
		if c.Kind == KindText {
			v.SetString(x)
			return nil
		}
		if c.Kind == KindPersonal {
			v.Set(reflect.ValueOf(guard.NewPersonal(x)))
			return nil
		}
	}
	return fmt.Errorf("%s.%s cannot hold %T", d.Name, column, value)
}

// NewIn gives an empty row of an entity with a number no row ever had.
func (d *Draft) NewIn(t *Desc) any {
	row := reflect.New(t.typ)
	row.Elem().Field(t.Columns[colID].index).SetInt(d.number(t))
	row.Elem().Field(t.Columns[colCreated].index).Set(reflect.ValueOf(d.at))
	return row.Interface()
}

// CopyOf gives a copy of a visible row, nil if there is none.
func (d *Draft) CopyOf(t *Desc, id int64) any {
	row, ok := d.s.tables[t.Slot].rows.get(uint64(id))
	if !ok || !d.sees(t, row) {
		return nil
	}
	own, err := t.clone(row)
	if err != nil {
		panic(err) // a row of a snapshot came from the codec
	}
	return own
}

// PutIn creates or replaces a row of an entity.
func (d *Draft) PutIn(t *Desc, row any) error { return d.put(t, row) }

// External gives the number of the row an import knows by source and key; ok is false if there is none.
func (d *Draft) External(t *Desc, source, key string) (int64, bool) {
	rows := t.find(&d.s, 0, []any{source, key})
	if len(rows) == 0 {
		return 0, false
	}
	return t.RowID(rows[0]), true
}

// Visible tells whether the actor may see a row.
func (d *Draft) Visible(t *Desc, id int64) bool {
	if t.form != nil {
		g := d.s.tables[t.Slot].groupOf(id)
		return g != nil && d.sees(t, g)
	}
	row, ok := d.s.tables[t.Slot].rows.get(uint64(id))
	return ok && d.sees(t, row)
}

// Text gives the first of the named text columns that a row has a value in.
func (d *Desc) Text(row any, columns ...string) (string, bool) {
	for _, name := range columns {
		if c, ok := d.Column(name); ok && c.Kind == KindText {
			if v, ok := c.value(reflect.ValueOf(row).Elem()); ok && v.String() != "" {
				return v.String(), true
			}
		}
	}
	return "", false
}

// Int gives an integer column of a row; ok is false if there is no such column or value.
func (d *Desc) Int(row any, column string) (int64, bool) {
	c, ok := d.Column(column)
	if !ok || c.Kind != KindInt {
		return 0, false
	}
	return d.intField(row, d.byName[column])
}

// Exists tells whether a row exists at all, for invariants.
func (d *Draft) Exists(t *Desc, id int64) bool { return d.s.has(t, id) }
