package dataset

import (
	"iter"

	"pmograph/internal/figure"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// This file is how other packages declare datasets of their own, to be asked by the same queries.

// Wanted says which rows a question needs. A source may hand out more, but for what stands before After.
type Wanted struct{ in hint }

// One gives the only value that a column may have; ok is false if it may have several.
func (w Wanted) One(column string) (v Value, ok bool) { return w.in.one(column) }

// Days gives the bounds of the dataset's Time; nil is without bound.
func (w Wanted) Days() (from, to *vocab.Date) { return w.in.from, w.in.to }

// After gives values of the first columns of Order: only rows at and behind them are handed out. It is empty if all are.
func (w Wanted) After() []Value { return w.in.after }

// Gets gives a column with the function that gives its values.
func (c Column) Gets(get func(v *View, row any) Value) Column {
	c.get = get
	return c
}

// Value gives a column's value of a row of its dataset.
func (c *Column) Value(v *View, row any) Value { return c.get(v, row) }

// Reads gives a dataset with the function that hands out its rows, in Order, and the one that gives a copy of a row that stays; nil if rows stay.
func (d Dataset) Reads(rows func(v *View, w Wanted) iter.Seq[any], hold func(row any) any) *Dataset {
	d.source = source{rows: func(v *View, in hint) iter.Seq[any] { return rows(v, Wanted{in}) }, hold: hold}
	return &d
}

// Once works something out for a view at its first use.
func Once[T any](v *View, key any, make func() T) T { return once(v, key, make) }

// OfFigure is a figure's value, or why there is none.
func OfFigure(f figure.Figure) Value { return ofFigure(f) }

// OfMinor is an amount in minor units of a currency.
func OfMinor(minor int64, currency string) Value { return ofMinor(minor, currency) }

// OfMoney is an amount in minor units of a currency, opened by who may see it.
func OfMoney(k state.Key, m *guard.Money, currency string) Value { return ofMoney(k, m, currency) }

// OfPersonal is a datum about a person, opened by who may see it.
func OfPersonal(k state.Key, p *guard.Personal) Value { return ofPersonal(k, p) }
