package state

import (
	"database/sql"
	"fmt"
	"reflect"
	"time"

	"pmograph/internal/vocab"
)

// RowReader makes the rows of an entity from a database's values. It is for many rows: a load. Some are made at a time, and equal values
// of a column are one, as nobody writes to a row that is on record: so there is less for the garbage collector to look at.
type RowReader struct {
	d    *Desc
	room reflect.Value // rows that were made together
	left int           // how many of them were not given out yet
	dest []any
}

const (
	roomOfRows = 4096 // bytes of rows that are made at a time: one that is on record no more is kept as long as another of them
	keptValues = 4096 // of a column
)

// NewRows gives a reader of rows.
func (d *Desc) NewRows() *RowReader {
	r := &RowReader{d: d, dest: make([]any, len(d.Columns))}
	for i := range d.Columns {
		r.dest[i] = &scanner{c: &d.Columns[i], seen: map[any]reflect.Value{}}
	}
	return r
}

// Next gives an empty row and, for each column in order, a destination to scan a database's value into.
func (r *RowReader) Next() (row any, dest []any) {
	if r.left == 0 {
		r.left = max(roomOfRows/int(r.d.typ.Size()), 1)
		r.room = reflect.MakeSlice(reflect.SliceOf(r.d.typ), r.left, r.left)
	}
	r.left--
	v := r.room.Index(r.left)
	for _, s := range r.dest {
		s.(*scanner).row = v
	}
	return v.Addr().Interface(), r.dest
}

// scanner fills a column of a row.
type scanner struct {
	c    *Column
	row  reflect.Value
	seen map[any]reflect.Value // the column's values by what the database gave
}

var _ sql.Scanner = (*scanner)(nil)

// Scan takes a database's value: SQLite and PostgreSQL differ in the types they give.
func (s *scanner) Scan(src any) error {
	if src == nil {
		return nil
	}
	if b, ok := src.([]byte); ok {
		src = string(b)
	}
	v := s.row.Field(s.c.index)
	if !s.shares(v) {
		return s.set(v, src)
	}
	if have, ok := s.seen[src]; ok {
		v.Set(have)
		return nil
	}
	err := s.set(v, src)
	if err == nil && len(s.seen) < keptValues {
		have := reflect.New(v.Type()).Elem()
		have.Set(v)
		s.seen[src] = have
	}
	return err
}

// shares tells whether a column's values have memory of their own, and are not of a closed list.
func (s *scanner) shares(v reflect.Value) bool {
	return s.c.Kind != KindJSON && (v.Kind() == reflect.Pointer || v.Kind() == reflect.String && s.c.enum == nil)
}

func (s *scanner) set(v reflect.Value, src any) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch x := src.(type) {
	case int64:
		s.c.setInt(v, x)
		return nil
	case bool:
		v.SetBool(x)
		return nil
	case time.Time:
		if s.c.Kind == KindDate {
			v.Set(reflect.ValueOf(vocab.DateOf(x.UTC())))
		} else {
			v.Set(reflect.ValueOf(x.UTC().Truncate(time.Microsecond)))
		}
		return nil
	case string:
		return s.c.setText(v, x)
	}
	return fmt.Errorf("%s: cannot be read from %T", s.c.Name, src)
}
