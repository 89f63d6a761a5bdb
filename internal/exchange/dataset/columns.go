package dataset

import (
	"iter"

	"pmograph/ent"
	"pmograph/internal/calc/money"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// This file is columns and measures that many datasets have.

const versionText = "Journal number that last changed the row; what is recorded beside it changes by itself."

// versionOf is the column of the journal number that last changed a row.
func versionOf[T any](t *state.Table[T]) Column {
	d := t.Desc()
	return col("Version", Int, versionText, func(_ *View, row *T) Value { return OfInt(d.Version(row)) })
}

// factVersion is the same of a fact.
func factVersion[O any]() Column {
	return col("Version", Int, versionText, func(_ *View, x *fact[O]) Value { return OfInt(x.Seq()) })
}

// factRef is a column that names a row of another entity, if the viewer may see it.
func factRef[O, U any](name string, to *state.Table[U], dataset, description string, c state.Col) Column {
	return col(name, ID, description+" Null if it is not visible.", func(v *View, x *fact[O]) Value {
		id := x.Val(c)
		return ofVisible(v, to, &id)
	}).dimension().nullable().refers(dataset)
}

// categoryOf is the identifier of a kind of cost, which everybody sees.
func categoryOf(v *View, id int64) Value { return ofVisible(v, state.CostCategories, &id) }

// textOf is a column of texts.
func textOf[T any](name, description string, get func(row *T) string) Column {
	return col(name, Text, description, func(_ *View, row *T) Value { return OfText(get(row)) }).dimension()
}

// wordOf is a column of a closed list.
func wordOf[T any, W interface {
	~string
	Values() []string
}](name, description string, get func(row *T) W) Column {
	return col(name, Text, description, func(_ *View, row *T) Value { return wordOrNone(get(row)) }).dimension().words(W("").Values())
}

// dateOf is a column of days that may be missing.
func dateOf[T any](name, description string, get func(row *T) *vocab.Date) Column {
	return col(name, Date, description, func(_ *View, row *T) Value { return OfDay(get(row)) }).dimension().nullable()
}

// truthOf is a column of truths.
func truthOf[T any](name, description string, get func(v *View, row *T) bool) Column {
	return col(name, Bool, description, func(v *View, row *T) Value { return OfBool(get(v, row)) }).dimension()
}

// rowMoney is a column of amounts of an entity's rows.
func rowMoney[T any](t *state.Table[T], name, currency, description string, code func(v *View, row *T) string, get func(row *T) *guard.Money) Column {
	return amount(name, currency, description, code, func(v *View, row *T) Value { return ofMoney(t.Key(v, row), get(row), code(v, row)) })
}

// only is an amount where a condition holds, null elsewhere.
func (c Column) only(name, description string, holds func(v *View, row any) bool) Column {
	get := c.get
	c.Name, c.Description = name, description
	c.get = func(v *View, row any) Value {
		if !holds(v, row) {
			return None
		}
		return get(v, row)
	}
	return c
}

// projectCurrency is the currency of a project's money; empty if the project is not visible.
func projectCurrency(v *View, id int64) string {
	if p := state.Projects.Get(v, id); p != nil {
		return p.Currency
	}
	return ""
}

// dayOfProject is the day that figures of a project are of.
func dayOfProject(v *View, id int64) (p *ent.Project, day vocab.Date) {
	if p = state.Projects.Get(v, id); p == nil {
		return nil, v.Day()
	}
	return p, projectDay(v, p)
}

// summed is the measure that adds up a column without currency.
func summed(name, description string, of Column) Measure {
	return Measure{
		Name: name, Description: description + " Null where nothing is recorded.", Kind: of.Kind, Scale: of.Scale, Unit: of.Unit, Class: of.Class, Additivity: Additive,
		Formula: "sum(" + of.Name + ")", parts: []part{{op: Sum, column: of.Name}},
	}
}

// countedIf is the measure that counts rows of which a column is true.
func countedIf(name, column, description string) Measure {
	return Measure{Name: name, Kind: Int, Unit: vocab.UnitCount, Additivity: Additive, Description: description, Formula: "count() where " + column, parts: []part{{op: CountAll, only: column}}}
}

// share is the measure of one sum over another.
func share(name, description string, over, under []string) Measure {
	m := Measure{
		Name: name, Description: description + " Null where the divisor is zero, or nothing is recorded.", Kind: Decimal, Scale: quotientDigits, Unit: vocab.UnitRatio, Additivity: NonAdditive,
		Formula: plus(over) + " / " + plus(under),
	}
	for _, list := range [][]string{over, under} {
		for _, column := range list {
			m.parts = append(m.parts, part{op: Sum, column: column})
		}
	}
	m.final = func(_ *View, of []total) Value { return quotient(sumOf(of[:len(over)]), sumOf(of[len(over):])) }
	return m
}

func plus(columns []string) (text string) {
	for i, c := range columns {
		if i > 0 {
			text += " + "
		}
		text += "sum(" + c + ")"
	}
	return text
}

// sumOf gives the sum of sums; null if one is.
func sumOf(of []total) Value {
	all := sum{}
	for i := range of {
		v := of[i].value(Sum)
		if v.IsNull() {
			return v
		}
		all.add(v)
	}
	return all.value()
}

// quotient divides one value by another.
func quotient(over, under Value) Value {
	switch {
	case over.IsNull():
		return over
	case under.IsNull():
		return under
	case under.Number().Sign() == 0:
		return Value{Why: ZeroDenominator}
	}
	return OfNumber(over.Number().Over(under.Number()), quotientDigits)
}

// narrowed is a source that looks for less, where a hint tells of a column that rows are not grouped by; more is false if there are no such rows.
func narrowed(s source, narrow func(v *View, in *hint) (more bool)) source {
	rows := s.rows
	s.rows = func(v *View, in hint) iter.Seq[any] {
		if !narrow(v, &in) {
			return func(func(any) bool) {}
		}
		return rows(v, in)
	}
	return s
}

// ownedBy narrows facts of an owner to those of a row that belongs to one.
func ownedBy[T, O any](s source, column string, rows *state.Table[T], owner string, owners *state.Table[O], id func(row *T) int64) source {
	return narrowed(s, func(v *View, in *hint) bool {
		named, ok := in.one(column)
		if !ok {
			return true
		}
		if named.Kind != ID || named.Table != rows.Desc() {
			return false
		}
		row := rows.Get(v, named.Int)
		if row == nil {
			return false
		}
		equal := map[string][]Value{owner: {OfID(owners.Desc(), id(row))}}
		for name, values := range in.equal {
			if name != owner {
				equal[name] = values
			}
		}
		in.equal = equal
		return true
	})
}

func digitsOfCode(currency string) int8 {
	digits, _ := money.Digits(currency)
	return int8(digits)
}
