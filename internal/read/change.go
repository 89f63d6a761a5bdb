package read

import (
	"encoding/json"
	"slices"
	"strings"

	"pmograph/auth"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// place is where a row lay, and in which record.
type place struct {
	v  *View
	at auth.Place
}

// Change is one changed row.
type Change struct {
	ID        string
	Entity    string
	Operation string
	Fields    []FieldChange
	v         *View
	cut       bool // fields were left out
	of        *shownRow
	at        place
}

// shownRow is a row as it was shown, before or after a change.
type shownRow struct {
	v   *View // of then
	t   *state.Desc
	row any
}

// Node is the thing as it is in the record that is answered from.
func (c Change) Node() Node { return c.v.Node(c.ID) }

// FieldChange is one changed field.
type FieldChange struct {
	Name     string
	old, new value
	col      *state.Column
	of       *shownRow
}

// value is a value as it is shown: a short one, or a long text.
type value struct {
	short *string
	long  longText
}

func (x value) show() (*string, error) {
	if x.short != nil {
		return x.short, nil
	}
	return x.long.show()
}

// Old is the value before; nil if there was none, it is not visible or was erased.
func (f FieldChange) Old() (*string, error) { return f.old.show() }

// New is the value after; nil if there is none, it is not visible or was erased.
func (f FieldChange) New() (*string, error) { return f.new.show() }

// seen is what a viewer sees of a change: of a row one thing at the most, of facts each that changed.
type seen struct {
	list  []Change
	more  int     // beyond those listed
	lies  []place // where it lay before and after
	whole bool    // he sees everything that changed
}

// change gives a change of an entry as the viewer may see it, and lists as much of it as there is room for. A row that was hidden before
// shows as if it were new; one that is hidden afterwards does not show, unless it was deleted.
func (v *View) change(e *state.EntryChange, seq int64, before, after *View, room int) (x seen) {
	t, ok := state.TableNamed(e.Entity)
	if !ok {
		return x
	}
	if e.Op == state.OpFacts {
		return v.facts(t, e, seq, before, after, room)
	}
	k := kinds[t]
	c := &state.Change{Table: t, ID: e.ID, Before: k.get(before, e.ID), After: k.get(after, e.ID)}
	reader, row := after, c.After
	if e.Op == state.OpDelete {
		reader, row = before, c.Before
	}
	if row == nil {
		return x
	}
	values, err := e.Values()
	if err != nil {
		return x
	}
	for i := range t.Columns {
		if _, changed := values[t.Columns[i].Name]; changed {
			c.Columns = append(c.Columns, i)
		}
	}
	for _, side := range []struct {
		v   *View
		row any
	}{{before, c.Before}, {after, c.After}} {
		if side.row != nil {
			x.lies = append(x.lies, place{side.v, k.place(side.v, side.row)})
		}
	}
	shown, ok := reader.changed(c)
	if !ok {
		return seen{}
	}
	shown.v, shown.Operation, shown.at = v, e.Op, x.lies[len(x.lies)-1] // a row that was hidden before is still one that was changed
	if x.whole = !shown.cut; room > 0 {
		x.list = []Change{shown}
	} else {
		x.more = 1
	}
	return x
}

// lists tells whether changed facts of an entity are listed. The hours of a booking are to whoever reads everywhere: others who see load may
// not know of how many bookings it is made.
func (v *View) lists(t *state.Desc) bool {
	return t != state.AllocationHours.Desc() || v.Rights().Organisation().Has(auth.Read)
}

// facts is change for facts of one owner. Whoever sees one of them sees all; who sees rows everywhere sees all that they refer to.
func (v *View) facts(t *state.Desc, e *state.EntryChange, seq int64, before, after *View, room int) (x seen) {
	at, sawBefore := before.Lies(t, e.ID)
	now, seesAfter := after.Lies(t, e.ID)
	if !sawBefore && !seesAfter || !v.lists(t) {
		return x
	}
	c, err := e.FactChange(seq)
	if err != nil {
		return x
	}
	was, wasOpen := before.Tally(c)
	is, isOpen := after.Tally(c)
	gone, put := c.Sides()
	x.whole = (isOpen || put == 0) && (wasOpen || gone == 0)
	if sawBefore && gone > 0 {
		x.lies = append(x.lies, place{before, at})
	}
	if seesAfter && put > 0 {
		x.lies = append(x.lies, place{after, now})
	}
	x.more = is.Created + is.Changed + was.Deleted
	for one := range c.Each() {
		if len(x.list) == room {
			break
		}
		reader, op := after, state.OpUpdate
		switch {
		case one.After == nil:
			reader, op = before, state.OpDelete
		case one.Before == nil:
			op = state.OpCreate
		}
		if !sawBefore {
			one.Before = nil
		}
		if !seesAfter && op != state.OpDelete {
			continue
		}
		shown, ok := reader.changed(one)
		if !ok {
			continue
		}
		shown.v, shown.Operation, shown.at = v, op, x.lies[len(x.lies)-1]
		x.list, x.more, x.whole = append(x.list, shown), x.more-1, x.whole && !shown.cut
	}
	x.whole = x.whole && (x.more == 0 || v.Rights().Organisation().Has(auth.Read))
	return x
}

// changed gives a changed row of this view's record. Fields that are not visible are left out; a change of nothing but those is none.
func (v *View) changed(c *state.Change) (Change, bool) {
	fields, ok := v.Fields(c)
	if !ok {
		return Change{}, false
	}
	shown := Change{ID: v.ID(c.Table, c.ID), Entity: entityName(c.Table), Operation: state.OpUpdate, Fields: []FieldChange{}, v: v}
	shown.of = &shownRow{v, c.Table, c.After}
	if c.After == nil {
		shown.of.row = c.Before
	}
	if c.Before == nil {
		shown.Operation = state.OpCreate
	} else if c.After == nil {
		shown.Operation = state.OpDelete
	}
	for _, f := range fields {
		if f.Withheld {
			shown.cut = true
			continue
		}
		col, _ := c.Table.Column(f.Column)
		x := FieldChange{Name: fieldName(f.Column), col: col, of: shown.of}
		var hiddenOld, hiddenNew bool
		x.old.short, hiddenOld = v.show(c.Table, col, c.Before, f.Old)
		x.new.short, hiddenNew = v.show(c.Table, col, c.After, f.New)
		if col.Long {
			x.old = value{long: v.text(c.Table, c.ID, (*vocab.TextAddress)(x.old.short))}
			x.new = value{long: v.text(c.Table, c.ID, (*vocab.TextAddress)(x.new.short))}
		}
		shown.cut = shown.cut || hiddenOld || hiddenNew
		shown.Fields = append(shown.Fields, x)
	}
	return shown, len(shown.Fields) > 0 || shown.Operation != state.OpUpdate
}

// show gives a value of an entry as the API shows such values: references as identifiers, amounts in their currency. A reference to what
// is not visible is withheld.
func (v *View) show(t *state.Desc, col *state.Column, row any, text string) (shown *string, hidden bool) {
	if row == nil || text == "null" || text == "" {
		return nil, false
	}
	switch {
	case col.Ref != nil:
		var id int64
		if json.Unmarshal([]byte(text), &id) != nil || kinds[col.Ref].get(v, id) == nil {
			return nil, true
		}
		return optional(v.ID(col.Ref, id)), false
	case slices.Contains(inMillionths[t], col.Name):
		var parts int64
		if json.Unmarshal([]byte(text), &parts) == nil {
			text := limit(&parts).String()
			return &text, false
		}
	case col.Kind == state.KindMoney, col.Kind == state.KindRate:
		var minor int64
		if json.Unmarshal([]byte(text), &minor) == nil {
			if d, err := money.ShownMinor(exact.IntOf(minor), v.currencyOf(t, row)); err == nil {
				text := d.String()
				return &text, false
			}
		}
	}
	var s string
	if json.Unmarshal([]byte(text), &s) == nil {
		return &s, false
	}
	return &text, false
}

// inMillionths are the columns whose numbers are millionths.
var inMillionths = map[*state.Desc][]string{
	state.Tolerances.Desc():      {"green", "amber"},
	state.KpiDefinitions.Desc():  {"green", "amber", "green_high", "amber_high"},
	state.KpiMeasurements.Desc(): {"value", "target", "numerator", "denominator", "money_value", "money_target", "money_numerator", "money_denominator"},
}

// currencyOf gives the currency a row's amounts are in: its own, its baseline's or its project's. The weights of a baseline are no amounts.
func (v *View) currencyOf(t *state.Desc, row any) string {
	code, ok := t.Text(row, "currency", "rate_currency")
	switch {
	case ok, t == state.BaselineEntries.Desc():
		return code
	case t == state.BaselinePeriods.Desc():
		id, _ := t.Int(row, "baseline_id")
		if b := state.Baselines.Get(v, id); b != nil && b.Currency != nil {
			return *b.Currency
		}
		return ""
	}
	if id, has := t.Int(row, "project_id"); has {
		if p := state.Projects.Get(v, id); p != nil {
			return p.Currency
		}
	}
	return code
}

// fieldName gives the name of a column in the API: manager_id is manager.
func fieldName(column string) string {
	parts := strings.Split(strings.TrimSuffix(column, "_id"), "_")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
	}
	return strings.Join(parts, "")
}

// entityName gives the name of an entity's type in the API.
func entityName(t *state.Desc) string {
	parts := strings.Split(t.Word, "-")
	for i, p := range parts {
		parts[i] = strings.ToUpper(p[:1]) + p[1:]
	}
	return strings.Join(parts, "")
}
