package state

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

// The codec turns column values into text and back: one form for entries, digests and databases. A value that has gone through it is
// what every process, replica and reload will see.

// null is the text of a missing value; no other value has it, since texts are quoted.
const null = "null"

const timeForm = "2006-01-02T15:04:05.999999Z"

// value gives the field of a column, ok false for a missing value.
func (c *Column) value(row reflect.Value) (reflect.Value, bool) {
	v := row.Field(c.index)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return v, false
		}
		return v.Elem(), true
	}
	return v, v.Kind() != reflect.Slice || !v.IsNil()
}

// appendValue appends the JSON text of a column of a row.
func (c *Column) appendValue(b []byte, row reflect.Value) ([]byte, error) {
	v, ok := c.value(row)
	if !ok {
		return append(b, null...), nil
	}
	switch c.Kind {
	case KindInt:
		return strconv.AppendInt(b, v.Int(), 10), nil
	case KindMoney:
		return strconv.AppendInt(b, guard.OpenMoney(v.Interface().(guard.Money)), 10), nil
	case KindRate:
		return strconv.AppendInt(b, guard.OpenRate(v.Interface().(guard.Rate)), 10), nil
	case KindBool:
		return strconv.AppendBool(b, v.Bool()), nil
	case KindTime:
		t := v.Interface().(time.Time).UTC().Truncate(time.Microsecond)
		return append(t.AppendFormat(append(b, '"'), timeForm), '"'), nil
	case KindDate:
		return append(append(append(b, '"'), v.Interface().(vocab.Date).String()...), '"'), nil
	case KindJSON:
		j, err := json.Marshal(v.Interface())
		return append(b, j...), err
	}
	s := v.String()
	if c.Kind == KindPersonal {
		s = guard.OpenPersonal(v.Interface().(guard.Personal))
	}
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return nil, fmt.Errorf("the text is not UTF-8 or holds a zero byte")
	}
	return appendText(b, s), nil
}

func appendText(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c == 0x7f {
			j, _ := json.Marshal(s)
			return append(b, j...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// setValue fills a column of a row from its JSON text.
func (c *Column) setValue(row reflect.Value, raw []byte) error {
	v := row.Field(c.index)
	v.SetZero()
	if string(raw) == null {
		return nil
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch c.Kind {
	case KindBool:
		v.SetBool(string(raw) == "true")
		return nil
	case KindJSON:
		return json.Unmarshal(raw, v.Addr().Interface())
	case KindInt, KindMoney, KindRate:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		c.setInt(v, n)
		return err
	}
	s, err := text(raw)
	if err != nil {
		return err
	}
	return c.setText(v, s)
}

func (c *Column) setInt(v reflect.Value, n int64) {
	switch c.Kind {
	case KindMoney:
		v.Set(reflect.ValueOf(guard.NewMoney(n)))
	case KindRate:
		v.Set(reflect.ValueOf(guard.NewRate(n)))
	case KindBool:
		v.SetBool(n != 0)
	default:
		v.SetInt(n)
	}
}

func (c *Column) setText(v reflect.Value, s string) error {
	switch c.Kind {
	case KindText:
		v.SetString(s)
	case KindPersonal:
		v.Set(reflect.ValueOf(guard.NewPersonal(s)))
	case KindDate:
		d, err := vocab.ParseDate(s)
		v.Set(reflect.ValueOf(d).Convert(v.Type()))
		return err
	case KindTime:
		t, err := time.Parse(time.RFC3339Nano, s)
		v.Set(reflect.ValueOf(t.UTC()))
		return err
	case KindJSON:
		return json.Unmarshal([]byte(s), v.Addr().Interface())
	default:
		return fmt.Errorf("%s: no text form", c.Name)
	}
	return nil
}

func text(raw []byte) (string, error) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", fmt.Errorf("not a text: %.40s", raw)
	}
	if slices.Contains(raw, '\\') {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
	return string(raw[1 : len(raw)-1]), nil
}

// encoded is a row as the JSON texts of its columns, in the order of the columns.
type encoded [][]byte

func (d *Desc) encode(row any) (encoded, error) {
	v := reflect.ValueOf(row).Elem()
	buf := make([]byte, 0, 512)
	ends := make([]int, len(d.Columns))
	for i := range d.Columns {
		var err error
		if buf, err = d.Columns[i].appendValue(buf, v); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", d.Name, d.Columns[i].Name, err)
		}
		ends[i] = len(buf)
	}
	e := make(encoded, len(ends))
	for i, from := 0, 0; i < len(ends); i++ {
		e[i], from = buf[from:ends[i]:ends[i]], ends[i]
	}
	return e, nil
}

func (d *Desc) decode(e encoded) (any, error) {
	p := reflect.New(d.typ)
	for i, raw := range e {
		if err := d.Columns[i].setValue(p.Elem(), raw); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", d.Name, d.Columns[i].Name, err)
		}
	}
	return p.Interface(), nil
}

// JSON gives a row as one JSON object of the given columns, or of all if none is given: the form in which stores hand sets of rows to
// a database.
func (d *Desc) JSON(b []byte, row any, columns ...int) ([]byte, error) {
	v := reflect.ValueOf(row).Elem()
	b = append(b, '{')
	for n := range max(len(columns), len(d.Columns)*b2i(len(columns) == 0)) {
		i := n
		if len(columns) > 0 {
			i = columns[n]
		}
		if n > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), d.Columns[i].Name...), `":`...)
		var err error
		if b, err = d.Columns[i].appendValue(b, v); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Arg gives one column of a row as an argument of a SQL statement: int64, bool, string, time.Time or nil.
func (d *Desc) Arg(row any, column int) (any, error) {
	c := &d.Columns[column]
	v, ok := c.value(reflect.ValueOf(row).Elem())
	if !ok {
		return nil, nil
	}
	switch c.Kind {
	case KindInt:
		return v.Int(), nil
	case KindMoney:
		return guard.OpenMoney(v.Interface().(guard.Money)), nil
	case KindRate:
		return guard.OpenRate(v.Interface().(guard.Rate)), nil
	case KindBool:
		return v.Bool(), nil
	case KindTime:
		return v.Interface().(time.Time), nil
	case KindDate:
		return v.Interface().(vocab.Date).String(), nil
	case KindPersonal:
		return guard.OpenPersonal(v.Interface().(guard.Personal)), nil
	case KindJSON:
		j, err := json.Marshal(v.Interface())
		return string(j), err
	}
	return v.String(), nil
}

// NewRow gives an empty row and, for each column in order, a destination to scan a database's value into.
func (d *Desc) NewRow() (row any, dest []any) {
	p := reflect.New(d.typ)
	dest = make([]any, len(d.Columns))
	for i := range d.Columns {
		dest[i] = &scanner{&d.Columns[i], p.Elem()}
	}
	return p.Interface(), dest
}

type scanner struct {
	c   *Column
	row reflect.Value
}

var _ sql.Scanner = (*scanner)(nil)

// Scan takes a database's value: SQLite and PostgreSQL differ in the types they give.
func (s *scanner) Scan(src any) error {
	if src == nil {
		return nil
	}
	v := s.row.Field(s.c.index)
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
	case []byte:
		return s.c.setText(v, string(x))
	}
	return fmt.Errorf("%s: cannot be read from %T", s.c.Name, src)
}
