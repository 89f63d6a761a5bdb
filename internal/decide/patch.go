package decide

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// update applies a patch to the row an id names. Only the columns listed may be changed.
func update[T any](w *work, t *state.Table[T], id string, version *int64, patch map[string]any, columns ...string) error {
	n := w.find(t.Desc(), "id", id)
	p := w.read(t.Desc(), patch, columns)
	return change(w, t, n, version, func(row *T) { p.apply(w, row) })
}

// pending is a patch whose references have been resolved.
type pending struct {
	t      *state.Desc
	fields []pendingField
}

type pendingField struct {
	name   string
	column *state.Column // nil: not among those that may be changed
	value  any
}

// read resolves the references of a patch; amounts come last, since they are in the currency the row has then.
func (w *work) read(t *state.Desc, patch map[string]any, columns []string) pending {
	p := pending{t: t}
	var amounts []pendingField
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		f := pendingField{name: "patch." + name, value: patch[name]}
		if i := slices.IndexFunc(columns, func(c string) bool { return camel(c) == name }); i >= 0 {
			f.column, _ = t.Column(columns[i])
		}
		if f.column != nil && f.column.Ref != nil && f.value != nil {
			id, _ := f.value.(string)
			f.value = w.find(f.column.Ref, f.name, id)
		}
		if f.column != nil && (f.column.Kind == state.KindMoney || f.column.Kind == state.KindRate) {
			amounts = append(amounts, f)
			continue
		}
		p.fields = append(p.fields, f)
	}
	p.fields = append(p.fields, amounts...)
	return p
}

func (p pending) apply(w *work, row any) {
	for _, f := range p.fields {
		if f.column == nil {
			w.note(f.name, "UNKNOWN_FIELD", "this mutation changes no such field")
			continue
		}
		if f.value == nil && !f.column.Nullable {
			w.note(f.name, "REQUIRED", "it cannot be cleared")
			continue
		}
		v, err := plain(f.column, f.value, func() string { return currencyOf(w.d, row) })
		if err == nil {
			err = w.d.SetColumn(p.t, row, f.column.Name, v)
		}
		if err != nil {
			w.note(f.name, "INVALID", "%v", err)
		}
	}
}

// plain turns a value as a caller gives it into one that a column takes.
func plain(c *state.Column, v any, currency func() string) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch c.Kind {
	case state.KindInt:
		switch x := v.(type) {
		case int64:
			return x, nil
		case int:
			return int64(x), nil
		case json.Number:
			return x.Int64()
		}
	case state.KindBool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case state.KindDate:
		switch x := v.(type) {
		case vocab.Date:
			return x, nil
		case string:
			return vocab.ParseDate(x)
		}
	case state.KindMoney, state.KindRate:
		switch x := v.(type) {
		case string:
			return minor(x, currency())
		case json.Number:
			return minor(x.String(), currency())
		}
	case state.KindText, state.KindPersonal:
		if s := reflect.ValueOf(v); s.Kind() == reflect.String {
			return s.String(), nil
		}
	}
	return nil, fmt.Errorf("a value of type %T does not fit", v)
}

// minor reads an amount in major units of a currency; digits the currency does not have are refused, not rounded.
func minor(decimal, currency string) (int64, error) {
	if currency == "" {
		return 0, fmt.Errorf("an amount needs a currency; give that first")
	}
	n, err := money.ParseMinor(decimal, currency, exact.Number{})
	if err != nil {
		return 0, err
	}
	_, fraction, _ := strings.Cut(decimal, ".")
	if digits, _ := money.Digits(currency); len(strings.TrimRight(fraction, "0")) > digits {
		return 0, fmt.Errorf("%s has more decimals than %s has", decimal, currency)
	}
	return n, nil
}

// currencyOf gives the currency a row's amounts are in, empty if it is not known.
func currencyOf(d *state.Draft, row any) string {
	switch r := row.(type) {
	case *ent.Milestone:
		if p := state.Projects.Get(d, r.ProjectID); p != nil {
			return p.Currency
		}
	case *ent.StatusReport:
		return r.Currency
	case *ent.Resource:
		if r.RateCurrency != nil {
			return *r.RateCurrency
		}
	}
	return ""
}

// amount reads an amount of an input that may be missing.
func (w *work) amount(field string, decimal *string, currency string) (n int64, ok bool) {
	if decimal == nil {
		return 0, false
	}
	n, err := minor(*decimal, currency)
	if err != nil {
		w.note(field, "INVALID", "%v", err)
	}
	return n, err == nil
}
