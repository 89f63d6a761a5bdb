package read

import (
	"slices"
	"strings"

	"pmograph/internal/state"
)

// This file is for who writes texts about changes: what things are called, where they lie, and what kind of value a field holds.

// Title is what the changed thing is called in words: its name or title, else its code. It is empty if it has neither.
func (c Change) Title() string { return c.of.v.title(c.of.t, c.of.row) }

// Lies gives the project, program or portfolio that the change is about, as the viewer sees it, as it is now or if it is gone as it was then.
// ok is false if it lies in none that he sees.
func (c Change) Lies() (id, title string, ok bool) {
	for _, n := range []struct {
		t  *state.Desc
		id int64
	}{{state.Projects.Desc(), c.at.at.Project}, {state.Programs.Desc(), c.at.at.Program}, {state.Portfolios.Desc(), c.at.at.Portfolio}} {
		if n.id == 0 {
			continue
		}
		for _, v := range []*View{c.v, c.at.v} {
			if row := kinds[n.t].get(v, n.id); row != nil {
				return v.ID(n.t, n.id), v.title(n.t, row), true
			}
		}
	}
	return "", "", false
}

func (v *View) title(t *state.Desc, row any) string {
	if text, ok := t.Text(row, "name", "title", "code"); ok {
		return text
	}
	if n, ok := kinds[t].node(v, row).(interface{ Name() *string }); ok && n.Name() != nil {
		return *n.Name()
	}
	return ""
}

// Form is the kind of value that a field holds.
type Form int

// The forms.
const (
	FormText  Form = iota
	FormWord       // of a closed list
	FormThing      // an identifier
	FormDate
	FormTime
	FormNumber
	FormMoney // a decimal in a currency
	FormBool
)

// Form is the kind of value that the field holds.
func (f FieldChange) Form() Form {
	switch {
	case f.col.Ref != nil:
		return FormThing
	case f.col.List() != nil:
		return FormWord
	case slices.Contains(inMillionths[f.of.t], f.col.Name) && !strings.HasPrefix(f.col.Name, "money_"):
		return FormNumber
	}
	switch f.col.Kind {
	case state.KindDate:
		return FormDate
	case state.KindTime:
		return FormTime
	case state.KindInt:
		return FormNumber
	case state.KindMoney, state.KindRate:
		return FormMoney
	case state.KindBool:
		return FormBool
	}
	return FormText
}

// Currency is the currency of an amount; empty if it has none.
func (f FieldChange) Currency() string { return f.of.v.currencyOf(f.of.t, f.of.row) }

// Called is what the thing of an identifier that the field holds is called, as the viewer sees it; empty if it has no name that he sees.
func (f FieldChange) Called(id string) string { return f.of.v.Called(id) }

// Called is what the thing of an identifier is called, as the viewer sees it; empty if it has no name that he sees.
func (v *View) Called(id string) string {
	ref, ok := state.ParseID(id)
	if !ok {
		return ""
	}
	k, ok := kinds[ref.Table]
	if !ok {
		return ""
	}
	if row := k.get(v, ref.ID); row != nil {
		return v.title(ref.Table, row)
	}
	return ""
}
