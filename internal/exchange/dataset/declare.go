package dataset

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/figure"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// This file is how datasets are declared: columns of a row's type, each with what gives its value, and where rows come from.

// col declares a column of rows of type T.
func col[T any](name string, kind Kind, description string, get func(v *View, row *T) Value) Column {
	return Column{Name: name, Kind: kind, Description: description, get: func(v *View, row any) Value { return get(v, row.(*T)) }}
}

// The rest of a column is said by these.

func (c Column) key() Column       { c.Role = Key; return c }
func (c Column) dimension() Column { c.Role = Dimension; return c }
func (c Column) nullable() Column  { c.Nullable = true; return c }
func (c Column) text() Column      { c.Texts = true; return c }

// closed says that only who may read a class sees values.
func (c Column) closed(class vocab.Class) Column { c.Class, c.Nullable = class, true; return c }

// refers says which dataset shows the row that an ID names.
func (c Column) refers(dataset string) Column { c.Refers = dataset; return c }

// words says which words there are.
func (c Column) words(words []string) Column { c.Words = words; return c }

// adds says that a quantity adds up; level that it does not.
func (c Column) adds(unit vocab.Unit, scale int8) Column {
	c.Role, c.Unit, c.Scale = Amount, unit, scale
	return c
}

func (c Column) level(unit vocab.Unit, scale int8) Column {
	c.Role, c.Unit, c.Scale = Level, unit, scale
	return c
}

// in says which column names the currency of an amount.
func (c Column) in(currency string) Column { c.Currency = currency; return c }

// amount is a column of amounts of money, in the currency that another column names.
func amount[T any](name, currency, description string, code func(v *View, row *T) string, get func(v *View, row *T) Value) Column {
	c := col(name, Decimal, description, get).adds(vocab.UnitMoney, Varies).in(currency).closed(vocab.ClassMoney)
	c.code = func(v *View, row any) string { return code(v, row.(*T)) }
	return c
}

// ofMinor is an amount in minor units of a currency.
func ofMinor(minor int64, currency string) Value {
	digits, _ := money.Digits(currency)
	return OfUnits(minor, int8(digits))
}

// ofMoney opens an amount.
func ofMoney(k state.Key, m *guard.Money, currency string) Value {
	if !k.Sees(vocab.ClassMoney) {
		return Hidden
	}
	if minor, ok := k.Money(m); ok {
		return ofMinor(minor, currency)
	}
	return None
}

// ofPersonal opens a datum about a person.
func ofPersonal(k state.Key, p *guard.Personal) Value {
	if !k.Sees(vocab.ClassPersonal) {
		return Hidden
	}
	if text, ok := k.Personal(p); ok {
		return OfText(text)
	}
	return None
}

// ofFigure is a figure's value, or why there is none.
func ofFigure(f figure.Figure) Value {
	if f.Value.IsNone() {
		switch f.Reason {
		case vocab.ReasonNotVisible:
			return Hidden
		case vocab.ReasonNoRate:
			return Value{Why: NoRate}
		case vocab.ReasonZeroDenominator:
			return Value{Why: ZeroDenominator}
		}
		return None
	}
	return OfNumber(f.Value.Number, f.Value.Digits)
}

// ofVisible is the identifier of a row if the viewer may see it.
func ofVisible[T any](v *View, t *state.Table[T], id *int64) Value {
	if t.Ref(v, id) == nil {
		return None
	}
	return OfID(t.Desc(), *id)
}

// idOf is the column of a row's own identifier.
func idOf[T any](t *state.Table[T], what string) Column {
	d := t.Desc()
	return col("Id", ID, "Identifier of "+what+"; it never changes and is never given twice.", func(_ *View, row *T) Value { return OfID(d, d.RowID(row)) }).key()
}

// refOf is a column that names a row of another entity, if the viewer may see it.
func refOf[T, U any](name string, to *state.Table[U], dataset, description string, id func(row *T) *int64) Column {
	return col(name, ID, description+" Null if there is none, or if it is not visible.", func(v *View, row *T) Value { return ofVisible(v, to, id(row)) }).dimension().nullable().refers(dataset)
}

// rowsOfTable is the source of an entity's rows, by their numbers. grouped says which columns are references that its rows are grouped by.
func rowsOfTable[T any](t *state.Table[T], grouped map[string]string) source {
	get := func(v *View, id Value) any {
		if id.Kind == ID && id.Table == t.Desc() {
			if row := t.Get(v, id.Int); row != nil {
				return row
			}
		}
		return nil
	}
	return source{get: get, rows: func(v *View, in hint) iter.Seq[any] {
		if id, ok := in.one("Id"); ok {
			return func(yield func(any) bool) {
				if row := get(v, id); row != nil {
					yield(row)
				}
			}
		}
		var found iter.Seq[*T]
		for name, column := range grouped {
			if id, ok := in.one(name); ok {
				if id.Kind != ID {
					return func(func(any) bool) {}
				}
				found = t.By(v, column, id.Int)
			}
		}
		if found == nil {
			found = t.All(v)
		}
		return func(yield func(any) bool) {
			after := int64(0)
			if len(in.after) > 0 {
				after = in.after[0].Int
			}
			var rows []*T
			for row := range found {
				if t.Desc().RowID(row) >= after {
					rows = append(rows, row)
				}
			}
			slices.SortFunc(rows, func(a, b *T) int { return int(min(max(t.Desc().RowID(a)-t.Desc().RowID(b), -1), 1)) })
			for _, row := range rows {
				if !yield(row) {
					return
				}
			}
		}
	}}
}

// fact is a fact with what it belongs to, or the sum of many that are alike in some columns of their key.
type fact[O any] struct {
	state.Fact
	owner *O
	sum   *sumRow // nil: it is one fact
}

// Int gives the value of a column; ok is false if there is none, or its class is closed.
func (x *fact[O]) Int(c state.Col) (n int64, ok bool) {
	if x.sum != nil {
		return x.sum.int(c)
	}
	return x.Fact.Int(c)
}

// Val is Int of a public column that has a value always.
func (x *fact[O]) Val(c state.Col) int64 { n, _ := x.Int(c); return n }

// Sees tells whether columns of a class are open.
func (x *fact[O]) Sees(c vocab.Class) bool { return x.sum != nil || x.Fact.Sees(c) }

// rowsOfFacts is the source of an entity's facts: by owner, then by their key. column names the owner; key are the columns of the facts' key, in
// its order, as the dataset's values and as numbers of facts.
func rowsOfFacts[T, O any](facts *state.Facts[T], owners *state.Table[O], column string, key []keyPart, owned ...string) source {
	return source{
		rows: func(v *View, in hint) iter.Seq[any] {
			return func(yield func(any) bool) {
				row := &fact[O]{}
				show := func(owner *O, rows state.Rows) bool {
					row.owner = owner
					for x := range rows.All() {
						row.Fact = x
						if !yield(row) {
							return false
						}
					}
					return true
				}
				if id, ok := in.one("Id"); ok {
					if x, ok := facts.Fact(v, id.Int); ok && id.Kind == ID && id.Table == facts.Desc() {
						if owner := owners.Get(v, x.Owner()); owner != nil {
							row.owner, row.Fact = owner, x
							yield(row)
						}
					}
					return
				}
				from := int64(0)
				if len(in.after) > 0 {
					from = in.after[0].Int
				}
				for _, id := range ownersOf(v, in, owners, column, from) {
					owner := owners.Get(v, id)
					if owner == nil {
						continue
					}
					rows := facts.Of(v, id, owned...)
					if id == from && len(in.after) == len(key)+1 {
						rows = rows.Since(prefixOf(key, in.after[1:])...)
					}
					if !show(owner, rows) {
						return
					}
				}
			}
		},
		hold: func(row any) any {
			copied := *row.(*fact[O])
			return &copied
		},
	}
}

// ownersOf lists the numbers of the owners that are needed, in their order.
func ownersOf[O any](v *View, in hint, owners *state.Table[O], column string, from int64) (ids []int64) {
	if named, ok := in.equal[column]; ok {
		for _, id := range named {
			if id.Kind == ID && id.Table == owners.Desc() && id.Int >= from {
				ids = append(ids, id.Int)
			}
		}
	} else {
		for row := range owners.All(v) {
			if id := owners.Desc().RowID(row); id >= from {
				ids = append(ids, id)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// keyPart is a column of a key of facts.
type keyPart struct {
	col    state.Col
	number func(Value) int64 // the value as a number of the column
}

func keyID(c state.Col) keyPart  { return keyPart{c, func(v Value) int64 { return v.Int }} }
func keyDay(c state.Col) keyPart { return keyPart{c, func(v Value) int64 { return v.Int }} }
func keyWord(c state.Col) keyPart {
	return keyPart{c, func(v Value) int64 { return numberOf(c, v.Text) }}
}

// numberOf gives the number that stands for a text in a column; texts that cannot be there come first.
func numberOf(c state.Col, text string) (n int64) {
	defer func() {
		if recover() != nil {
			n = -1 << 62
		}
	}()
	return c.Number(text)
}

func prefixOf(key []keyPart, values []Value) (prefix []int64) {
	for i, v := range values {
		prefix = append(prefix, key[i].number(v))
	}
	return prefix
}

// factID is the column of a fact's own identifier.
func factID[O any](d *state.Desc, what string) Column {
	return col("Id", ID, "Identifier of "+what+"; it never changes and is never given twice.", func(_ *View, x *fact[O]) Value { return OfID(d, x.ID()) }).key()
}

// factWord is a column of short words.
func factWord[O any](name string, c state.Col, description string) Column {
	short := &words{col: c}
	return col(name, Text, description, func(_ *View, x *fact[O]) Value {
		if n, ok := x.Int(c); ok {
			return OfText(short.of(n).text)
		}
		return None
	}).dimension()
}

// factDay is a column of days.
func factDay[O any](name string, c state.Col, description string) Column {
	return col(name, Date, description, func(_ *View, x *fact[O]) Value {
		if n, ok := x.Int(c); ok {
			return Value{Kind: Date, Int: n}
		}
		return None
	}).dimension()
}

// factMoney is a column of amounts in the currency of a column of words.
func factMoney[O any](name, currency string, c, code state.Col, description string) Column {
	codes := &words{col: code}
	a := amount(name, currency, description, func(_ *View, x *fact[O]) string { return codes.of(x.Val(code)).text }, func(_ *View, x *fact[O]) Value {
		if !x.Sees(vocab.ClassMoney) {
			return Hidden
		}
		if n, ok := x.Int(c); ok {
			return OfUnits(n, codes.of(x.Val(code)).digits)
		}
		return None
	})
	a.fact, a.money = &c, currency
	return a
}

// converter converts amounts into the organisation's currency at the rates of the view's day.
type converter struct {
	to     string
	digits int8
	rates  map[string]exact.Number
}

type converterKey struct{}

func converterOf(v *View) *converter {
	return once(v, converterKey{}, func() *converter {
		c := &converter{to: v.Book.Currency(), rates: map[string]exact.Number{}}
		n, _ := money.Digits(c.to)
		c.digits = int8(n)
		return c
	})
}

// rate gives the rate from a currency; none if there is none.
func (c *converter) rate(v *View, from string) exact.Number {
	rate, known := c.rates[from]
	if !known {
		rate, _ = v.Book.Rate(from, c.to, v.Day())
		c.rates[from] = rate
	}
	return rate
}

// convert gives an amount in the organisation's currency.
func (c *converter) convert(v *View, amount Value, from string) Value {
	if amount.IsNull() || from == c.to {
		return amount
	}
	rate := c.rate(v, from)
	if rate.IsNone() {
		return Value{Why: NoRate}
	}
	return OfNumber(amount.Number().Times(rate), c.digits)
}

// inReporting sums amounts of any currencies in the organisation's.
func inReporting(v *View, t total) Value {
	switch {
	case t.hidden > 0:
		return Hidden
	case t.n == 0:
		return None
	}
	c, all := converterOf(v), exact.Of(0)
	for code, s := range t.currencies {
		n := s.number()
		if code != c.to {
			rate := c.rate(v, code)
			if rate.IsNone() {
				return Value{Why: NoRate}
			}
			n = n.Times(rate)
		}
		all = all.Plus(n)
	}
	return OfNumber(all, c.digits)
}

// withReporting gives amounts, each followed by itself in the organisation's currency.
func withReporting(amounts ...Column) (all []Column) {
	for _, a := range amounts {
		r := Column{
			Name: a.Name + "Reporting", Kind: Decimal, Scale: Varies, Nullable: true, Class: a.Class, Role: a.Role, Unit: vocab.UnitMoney, fact: a.fact, money: a.money,
			Description: a.Name + " in the organisation's currency, at the exchange rate in force on the day of the question, rounded to be shown. Null where " + a.Name + " is, and without a rate.",
		}
		get, code := a.get, a.code
		r.get = func(v *View, row any) Value { return converterOf(v).convert(v, get(v, row), code(v, row)) }
		all = append(all, a, r)
	}
	return all
}

// sums are the measures that amounts make: as they are, which must be of one currency, and in the organisation's.
func sums(amounts ...Column) (all []Measure) {
	for _, a := range amounts {
		all = append(all, Measure{
			Name: "Total" + a.Name, Kind: Decimal, Scale: a.Scale, Unit: a.Unit, Currency: a.Currency, Class: a.Class, Additivity: Additive,
			Description: "Sum of " + a.Name + "; null where nothing is recorded, and where amounts of several currencies meet.",
			Formula:     "sum(" + a.Name + ")", parts: []part{{op: Sum, column: a.Name}},
		}, Measure{
			Name: "Total" + a.Name + "Reporting", Kind: Decimal, Scale: Varies, Unit: a.Unit, Class: a.Class, Additivity: Additive,
			Description: "Sum of " + a.Name + " in the organisation's currency, each currency at the rate in force on the day of the question, rounded once; null where nothing is recorded, and without a rate.",
			Formula:     "sum over currencies of (sum(" + a.Name + ") * rate)", parts: []part{{op: byCurrency, column: a.Name}},
			final: func(v *View, of []total) Value { return inReporting(v, of[0]) },
		})
	}
	return all
}

// together are the measures of several amounts of one currency together.
func together(name, description string, amounts []Column) []Measure {
	var names []string
	m := Measure{Name: name, Kind: Decimal, Scale: Varies, Unit: vocab.UnitMoney, Currency: amounts[0].Currency, Class: vocab.ClassMoney, Additivity: Additive}
	for _, a := range amounts {
		names, m.parts = append(names, "sum("+a.Name+")"), append(m.parts, part{op: byCurrency, column: a.Name})
	}
	m.Formula = strings.Join(names, " + ")
	in := m
	m.Description = description + " Null where nothing is recorded, and where amounts of several currencies meet."
	m.final = func(_ *View, of []total) Value {
		all := joinedTotals(of)
		return all.value(Sum)
	}
	in.Name, in.Currency, in.Formula = name+"Reporting", "", "sum over currencies of ("+m.Formula+") * rate"
	in.Description = description + " In the organisation's currency, each currency at the rate in force on the day of the question, rounded once; null where nothing is recorded, and without a rate."
	in.final = func(v *View, of []total) Value { return inReporting(v, joinedTotals(of)) }
	return []Measure{m, in}
}

// joinedTotals is what totals by currency come to together.
func joinedTotals(of []total) (all total) {
	for i := range of {
		t := &of[i]
		all.hidden += t.hidden
		for code, s := range t.currencies {
			if all.n == 0 {
				all.money = code
			}
			all.n += t.n
			all.mixed = all.mixed || code != all.money
			all.of(code).join(s)
		}
	}
	return all
}

// counted is the measure that counts rows.
func counted(name, of string) Measure {
	return Measure{Name: name, Kind: Int, Unit: vocab.UnitCount, Additivity: Additive, Description: "Number of " + of + ".", Formula: "count()", parts: []part{{op: CountAll}}}
}

// declare puts a dataset into the catalogue, and looks whether it is whole.
func declare(d Dataset) *Dataset {
	if d.Order == nil {
		d.Order = d.Key
	}
	for _, list := range [][]string{d.Key, d.Order} {
		for _, name := range list {
			if _, ok := d.Column(name); !ok {
				panic(fmt.Sprintf("dataset %s: no column %s", d.Name, name))
			}
		}
	}
	for i, c := range d.Columns {
		if c.Description == "" || slices.ContainsFunc(d.Columns[:i], func(o Column) bool { return o.Name == c.Name }) {
			panic(fmt.Sprintf("dataset %s: column %s has no description, or is there twice", d.Name, c.Name))
		}
	}
	declared = append(declared, &d)
	return &d
}
