package state

import (
	"encoding/json"
	"errors"
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
		return strconv.AppendInt(b, guard.OpenMoney(*v.Addr().Interface().(*guard.Money)), 10), nil
	case KindRate:
		return strconv.AppendInt(b, guard.OpenRate(*v.Addr().Interface().(*guard.Rate)), 10), nil
	case KindBool:
		return strconv.AppendBool(b, v.Bool()), nil
	case KindTime:
		t := timeOf(v).UTC().Truncate(time.Microsecond)
		return append(t.AppendFormat(append(b, '"'), timeForm), '"'), nil
	case KindDate:
		return append(appendDate(append(b, '"'), vocab.Date(v.Int())), '"'), nil
	case KindJSON:
		j, err := json.Marshal(v.Interface())
		return append(b, j...), err
	case KindPersonal:
		return appendText(b, guard.OpenPersonal(*v.Addr().Interface().(*guard.Personal)))
	}
	return appendText(b, v.String())
}

func appendText(b []byte, s string) ([]byte, error) {
	plain := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == 0 {
			return nil, errText
		}
		plain = plain && c >= 0x20 && c != '"' && c != '\\' && c < 0x7f
	}
	if !plain && !utf8.ValidString(s) {
		return nil, errText
	}
	if !plain && strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' || r == 0x7f }) {
		j, err := json.Marshal(s)
		return append(b, j...), err
	}
	return append(append(append(b, '"'), s...), '"'), nil
}

var errText = errors.New("the text is not UTF-8 or holds a zero byte")

func appendDate(b []byte, d vocab.Date) []byte {
	y, m, day := d.Time().Date()
	if y < 0 || y > 9999 {
		return append(b, d.String()...)
	}
	two := func(n int) { b = append(b, '0'+byte(n/10), '0'+byte(n%10)) }
	two(y / 100)
	two(y % 100)
	b = append(b, '-')
	two(int(m))
	b = append(b, '-')
	two(day)
	return b
}

// setValue fills a column of a row from its JSON text. The row keeps nothing of the text's memory.
func (c *Column) setValue(row reflect.Value, raw string) error {
	v := row.Field(c.index)
	if raw == null {
		v.SetZero()
		return nil
	}
	if v.Kind() == reflect.Pointer {
		p := reflect.New(v.Type().Elem())
		v.Set(p)
		v = p.Elem()
	}
	switch c.Kind {
	case KindBool:
		v.SetBool(raw == "true")
		return nil
	case KindJSON:
		v.SetZero()
		return json.Unmarshal([]byte(raw), v.Addr().Interface())
	case KindInt, KindMoney, KindRate:
		n, err := strconv.ParseInt(raw, 10, 64)
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
		*v.Addr().Interface().(*guard.Money) = guard.NewMoney(n)
	case KindRate:
		*v.Addr().Interface().(*guard.Rate) = guard.NewRate(n)
	case KindBool:
		v.SetBool(n != 0)
	default:
		v.SetInt(n)
	}
}

func (c *Column) setText(v reflect.Value, s string) error {
	switch c.Kind {
	case KindText:
		if i := slices.Index(c.enum, s); i >= 0 {
			v.SetString(c.enum[i])
		} else {
			v.SetString(strings.Clone(s))
		}
	case KindPersonal:
		*v.Addr().Interface().(*guard.Personal) = guard.NewPersonal(strings.Clone(s))
	case KindDate:
		d, err := vocab.ParseDate(s)
		v.SetInt(int64(d))
		return err
	case KindTime:
		t, err := time.Parse(time.RFC3339Nano, s)
		*timeOf(v) = t.UTC()
		return err
	case KindJSON:
		return json.Unmarshal([]byte(s), v.Addr().Interface())
	default:
		return fmt.Errorf("%s: no text form", c.Name)
	}
	return nil
}

// text gives the content of a JSON text.
func text(raw string) (string, error) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", fmt.Errorf("not a text: %.40s", raw)
	}
	if strings.IndexByte(raw, '\\') >= 0 {
		var s string
		err := json.Unmarshal([]byte(raw), &s)
		return s, err
	}
	return raw[1 : len(raw)-1], nil
}

// clone gives a copy of a row that shares nothing with it, as it would come back from its text form. What has no such form is refused.
func (d *Desc) clone(row any) (any, error) {
	p := reflect.New(d.typ)
	from, to := reflect.ValueOf(row).Elem(), p.Elem()
	to.Set(from)
	for i := range d.Columns {
		if err := d.Columns[i].clone(from, to); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", d.Name, d.Columns[i].Name, err)
		}
	}
	return p.Interface(), nil
}

func (c *Column) clone(from, to reflect.Value) error {
	v, ok := c.value(from)
	if !ok {
		return nil
	}
	own := to.Field(c.index)
	if own.Kind() == reflect.Pointer {
		p := reflect.New(own.Type().Elem())
		p.Elem().Set(v)
		own.Set(p)
		own = p.Elem()
	}
	var s string
	switch c.Kind {
	case KindTime:
		t := timeOf(own)
		if *t = t.UTC().Truncate(time.Microsecond); t.Year() < 0 || t.Year() > 9999 {
			return errors.New("the year is not between 0000 and 9999")
		}
		return nil
	case KindDate:
		if y := vocab.Date(own.Int()).Time().Year(); y < 1 || y > 9999 {
			return errors.New("the year is not between 0001 and 9999")
		}
		return nil
	case KindJSON:
		j, err := json.Marshal(v.Interface())
		if err != nil {
			return err
		}
		own.SetZero()
		return json.Unmarshal(j, own.Addr().Interface())
	case KindPersonal:
		p := own.Addr().Interface().(*guard.Personal)
		s = strings.Clone(guard.OpenPersonal(*p))
		*p = guard.NewPersonal(s)
	case KindText:
		s = own.String()
		return errors.Join(c.setText(own, s), checkText(s))
	}
	return checkText(s)
}

func checkText(s string) error {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		return errText
	}
	return nil
}

// same tells whether two rows agree in a column; a row that is nil has no values.
func (d *Desc) same(a, b any, i int) bool {
	c := &d.Columns[i]
	x, hasX := c.valueIn(a)
	y, hasY := c.valueIn(b)
	if !hasX || !hasY {
		return hasX == hasY
	}
	switch c.Kind {
	case KindBool:
		return x.Bool() == y.Bool()
	case KindText:
		return x.String() == y.String()
	case KindTime:
		return timeOf(x).Equal(*timeOf(y))
	case KindMoney:
		return *x.Addr().Interface().(*guard.Money) == *y.Addr().Interface().(*guard.Money)
	case KindRate:
		return *x.Addr().Interface().(*guard.Rate) == *y.Addr().Interface().(*guard.Rate)
	case KindPersonal:
		return *x.Addr().Interface().(*guard.Personal) == *y.Addr().Interface().(*guard.Personal)
	case KindJSON:
		m, err1 := json.Marshal(x.Interface())
		n, err2 := json.Marshal(y.Interface())
		return err1 == nil && err2 == nil && string(m) == string(n)
	}
	return x.Int() == y.Int()
}

func (c *Column) valueIn(row any) (reflect.Value, bool) {
	if row == nil {
		return reflect.Value{}, false
	}
	return c.value(reflect.ValueOf(row).Elem())
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
