// Package decide holds the decisions of the office: pure functions of a draft. What a mutation may do is decided elsewhere, by the
// policy; what must hold afterwards stands in the invariants.
package decide

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"pmograph/internal/calc/money"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Input is a mutation's input as it arrived: the names and types are those of its GraphQL input type, only what was given is present,
// and an explicit null is nil. References are ids like project-42, amounts decimals in the currency beside them.
type Input map[string]any

// Key is the caller's idempotency key, empty if he gave none.
func (in Input) Key() string { return in.text("idempotencyKey") }

// Reason is why, in the caller's words.
func (in Input) Reason() string { return in.text("reason") }

// notColumns are the members of inputs that are about the call, not the row.
var notColumns = []string{"idempotencyKey", "reason", "expectedVersion", "id"}

// kept are the columns the record keeps itself.
var kept = []string{"id", "created_at", "updated_at", "seq", "external_source", "external_id", "archived_at"}

func (in Input) text(name string) string {
	s, _ := plain(in[name]).(string)
	return s
}

func (in Input) date(name string) *vocab.Date {
	if d, ok := plain(in[name]).(vocab.Date); ok {
		return &d
	}
	return nil
}

func (in Input) version() *int64 {
	if n, ok := plain(in["expectedVersion"]).(int64); ok {
		return &n
	}
	return nil
}

// only gives the named members.
func (in Input) only(names ...string) Input {
	out := Input{}
	for _, n := range names {
		if v, ok := in[n]; ok {
			out[n] = v
		}
	}
	return out
}

// plain reduces a value to nil, string, int64, bool or vocab.Date; structured values stay.
func plain(v any) any {
	if v == nil {
		return nil
	}
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			return nil
		}
		rv = rv.Elem()
	}
	if d, ok := rv.Interface().(vocab.Date); ok {
		return d
	}
	switch rv.Kind() {
	case reflect.String:
		return rv.String()
	case reflect.Int, reflect.Int32, reflect.Int64:
		return rv.Int()
	case reflect.Bool:
		return rv.Bool()
	}
	return rv.Interface()
}

// at puts an error at a member of the input.
func at(name, code, format string, args ...any) error {
	return fault.At("input."+name, code, format, args...)
}

// notFound is the one answer for what is missing, hidden, malformed, or of another kind.
func notFound(name, id string) error {
	e := fault.At("input."+name, string(fault.NotFound), "there is no %q", id)
	e.Kind = fault.NotFound
	return e
}

// resolve gives the number of a row of an entity that the actor may see.
func resolve(d *state.Draft, t *state.Desc, name, id string) (int64, error) {
	ref, ok := state.ParseID(id)
	if !ok || ref.Table != t || !d.Visible(t, ref.ID) {
		return 0, notFound(name, id)
	}
	return ref.ID, nil
}

// target gives the row that the input's id names, to be changed. It is resolved before anything else is looked at.
func target[T any](d *state.Draft, t *state.Table[T], in Input) (*T, error) {
	id, err := resolve(d, t.Desc(), "id", in.text("id"))
	if err != nil {
		return nil, err
	}
	d.Result(t.Desc(), id)
	return t.Edit(d, id, in.version())
}

// fill sets columns of a row from members of the input. Every member that cannot be set is named.
func fill(d *state.Draft, t *state.Desc, row any, in Input) error {
	names := make([]string, 0, len(in))
	for name := range in {
		if !slices.Contains(notColumns, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if i := slices.Index(names, "currency"); i > 0 { // amounts are read in it
		names = slices.Insert(slices.Delete(names, i, i+1), 0, "currency")
	}
	var errs []error
	for _, name := range names {
		errs = append(errs, fillOne(d, t, row, name, in[name]))
	}
	return fault.Join(errs...)
}

func fillOne(d *state.Draft, t *state.Desc, row any, name string, value any) error {
	col, ok := t.Column(snake(name))
	if !ok {
		col, ok = t.Column(snake(name) + "_id")
	}
	if !ok || slices.Contains(kept, col.Name) {
		return at(name, "UNKNOWN", "a %s has no %s to set", t.Word, name)
	}
	v := plain(value)
	if v == nil && !col.Nullable {
		return at(name, "REQUIRED", "%s needs a value", name)
	}
	if s, isText := v.(string); isText {
		var err error
		switch {
		case col.Ref != nil:
			v, err = resolve(d, col.Ref, name, s)
		case col.Kind == state.KindMoney, col.Kind == state.KindRate:
			v, err = minor(d, t, row, name, s)
		case col.Kind == state.KindDate:
			if v, err = vocab.ParseDate(s); err != nil {
				err = at(name, "INVALID", "%v", err)
			}
		}
		if err != nil {
			return err
		}
	}
	if err := t.SetColumn(row, col.Name, v); err != nil {
		return at(name, "INVALID", "%v", err)
	}
	return nil
}

// minor reads an amount in the currency of its row: the row's own, or its project's.
func minor(d *state.Draft, t *state.Desc, row any, name, decimal string) (int64, error) {
	code, ok := t.Text(row, "currency", "rate_currency")
	if project, has := t.Int(row, "project_id"); !ok && has {
		if p := state.Projects.Get(d, project); p != nil {
			code, ok = p.Currency, true
		}
	}
	if !ok {
		return 0, at(name, "NO_CURRENCY", "an amount needs a currency beside it")
	}
	n, err := money.ParseMinor(decimal, code, nil)
	if err != nil {
		return 0, at(name, "INVALID", "%v", err)
	}
	return n, nil
}

// create makes a row from defaults and the input.
func create[T any](action string, t *state.Table[T], in Input, defaults func(*state.Draft, *T)) state.Decision {
	return decision(action, in, func(d *state.Draft) error {
		row := t.New(d)
		if defaults != nil {
			defaults(d, row)
		}
		if err := fill(d, t.Desc(), row, in); err != nil {
			return err
		}
		d.Result(t.Desc(), t.Desc().RowID(row))
		return put(d, t, row)
	})
}

// update changes the columns that the input names.
func update[T any](action string, t *state.Table[T], in Input) state.Decision {
	return decision(action, in, func(d *state.Draft) error {
		row, err := target(d, t, in)
		if err != nil {
			return err
		}
		if err := fill(d, t.Desc(), row, in); err != nil {
			return err
		}
		return put(d, t, row)
	})
}

// remove deletes the row that the input names.
func remove[T any](action string, t *state.Table[T], in Input, below func(*state.Draft, *T) error) state.Decision {
	return decision(action, in, func(d *state.Draft) error {
		row, err := target(d, t, in)
		if err != nil {
			return err
		}
		if below != nil {
			if err := below(d, row); err != nil {
				return err
			}
		}
		t.Delete(d, t.Desc().RowID(row))
		return nil
	})
}

// put stores a row; what ent's validators refuse is named at the input's members.
func put[T any](d *state.Draft, t *state.Table[T], row *T) error {
	err := t.Put(d, row)
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		for i := range f.Fields {
			f.Fields[i].Path = []string{"input", camel(f.Fields[i].Path[0])}
		}
	}
	return err
}

func decision(action string, in Input, run func(*state.Draft) error) state.Decision {
	return state.Decision{Action: action, Input: in, Run: run}
}

// snake and camel turn names of the API into names of columns and back.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func camel(column string) string {
	parts := strings.Split(strings.TrimSuffix(column, "_id"), "_")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
	}
	return strings.Join(parts, "")
}
