// Package decide holds every mutation as a decision, a pure function of a draft, and the invariants that hold after each. It knows no
// database and no clock.
//
// A decision resolves the ids of its input first, as its actor may see them, then the version, then the values: a missing, a hidden and
// a malformed id are one and the same NOT_FOUND. Whatever is wrong is named by its path in the input.
package decide

import (
	"errors"
	"reflect"
	"strings"
	"unicode"

	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// work is a decision being made: its draft, and what was found wrong so far.
type work struct {
	d    *state.Draft
	errs []error
}

// decision makes a mutation of its name, input and body. The draft is checked here already, so that what is wrong with it is named by
// its place in the input; whoever commits checks it again.
func decision(action string, in any, run func(*work) error) state.Decision {
	return state.Decision{Action: action, Input: in, Run: func(d *state.Draft) error {
		err := run(&work{d: d})
		if err == nil {
			err = d.Finish(Invariants)
		}
		return locate(in, err)
	}}
}

// note keeps something wrong with a field of the input.
func (w *work) note(field, code, format string, args ...any) {
	w.errs = append(w.errs, fault.At("input."+field, code, format, args...))
}

// wrong gives what was found wrong so far, nil if nothing was.
func (w *work) wrong() error { return fault.Join(w.errs...) }

// find gives the number of the row an id of the input names; 0, and a note, if the actor sees no such row.
func (w *work) find(t *state.Desc, field, id string) int64 {
	if ref, ok := state.ParseID(id); ok && ref.Table == t && w.d.Visible(t, ref.ID) {
		return ref.ID
	}
	w.errs = append(w.errs, &fault.Error{Kind: fault.NotFound, Fields: []fault.Field{{
		Path: strings.Split("input."+field, "."), Code: "NOT_FOUND", Text: "there is no " + t.Word + " of this id"}}})
	return 0
}

// findIf is find for an id that may be missing.
func (w *work) findIf(t *state.Desc, field string, id *string) *int64 {
	if id == nil {
		return nil
	}
	n := w.find(t, field, *id)
	return &n
}

// text keeps a long text of the input and gives its address; nil, and a note, if it cannot be recorded.
func (w *work) text(field string, body *string) *vocab.TextAddress {
	if body == nil {
		return nil
	}
	a, err := w.d.Text(*body)
	if err != nil {
		w.note(field, "INVALID", "%v", err)
		return nil
	}
	return &a
}

// create makes a row, unless something was found wrong before or is by fill.
func create[T any](w *work, t *state.Table[T], fill func(*T)) error {
	if err := w.wrong(); err != nil {
		return err
	}
	row := t.New(w.d)
	fill(row)
	if err := w.wrong(); err != nil {
		return err
	}
	w.d.Result(t.Desc(), t.Desc().RowID(row))
	return t.Put(w.d, row)
}

// change edits the row of a number, unless something was found wrong before or is by edit.
func change[T any](w *work, t *state.Table[T], id int64, version *int64, edit func(*T)) error {
	if err := w.wrong(); err != nil {
		return err
	}
	row, err := t.Edit(w.d, id, version)
	if err != nil {
		return err
	}
	edit(row)
	if err := w.wrong(); err != nil {
		return err
	}
	w.d.Result(t.Desc(), id)
	return t.Put(w.d, row)
}

// remove deletes the row an id names.
func remove[T any](w *work, t *state.Table[T], id string, version *int64) error {
	n := w.find(t.Desc(), "id", id)
	if err := w.wrong(); err != nil {
		return err
	}
	if _, err := t.Edit(w.d, n, version); err != nil {
		return err
	}
	w.d.Result(t.Desc(), n)
	t.Delete(w.d, n)
	return nil
}

// set edits the row that holds given unique values, or makes it.
func set[T any](w *work, t *state.Table[T], have *T, version *int64, fill func(*T)) error {
	if have != nil {
		return change(w, t, t.Desc().RowID(have), version, fill)
	}
	if version != nil {
		return conflict("there is none yet; leave the version out to make it")
	}
	return create(w, t, fill)
}

func conflict(text string) error {
	return &fault.Error{Kind: fault.Conflict, Fields: []fault.Field{{Path: []string{"input", "expectedVersion"}, Code: "CONFLICT", Text: text}}}
}

// locate names faults that speak of columns, and stale versions, by their place in the input.
func locate(in any, err error) error {
	e := (*fault.Error)(nil)
	if !errors.As(err, &e) {
		return err
	}
	v := reflect.ValueOf(in)
	if len(e.Fields) == 0 && e.Kind == fault.Conflict && v.FieldByName("ExpectedVersion").IsValid() && !v.FieldByName("ExpectedVersion").IsNil() {
		return conflict(e.Text)
	}
	for i, f := range e.Fields {
		if f.Path[0] != "input" {
			e.Fields[i].Path = place(v, f.Path[0])
		}
	}
	return e
}

// place gives the path of a column in an input: a field, a field of its patch, or the input as a whole.
func place(in reflect.Value, column string) []string {
	name := camel(column)
	if in.FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, name) }).IsValid() {
		return []string{"input", name}
	}
	if p := in.FieldByName("Patch"); p.IsValid() && p.MapIndex(reflect.ValueOf(name)).IsValid() {
		return []string{"input", "patch", name}
	}
	return []string{"input"}
}

// camel gives the name of a column in inputs: manager_id is managerId.
func camel(column string) string {
	var b strings.Builder
	up := false
	for _, r := range column {
		if r == '_' {
			up = true
			continue
		}
		if up {
			r, up = unicode.ToUpper(r), false
		}
		b.WriteRune(r)
	}
	return b.String()
}

// snake gives the column of a name in inputs: managerId is manager_id.
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
