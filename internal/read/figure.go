package read

import (
	"io"

	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/fault"
	"pmograph/internal/figure"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Figure is a calculated value with what it was calculated from.
type Figure struct {
	v *View
	f figure.Figure
}

func (v *View) figure(f figure.Figure) *Figure {
	return v.room.figure.put(Figure{v, f})
}

// Value is the value as displayed; nil if Reason says why.
func (f *Figure) Value() *Decimal { return shown(&f.f.Value) }

// shown gives a number as displayed; nil if there is none.
func shown(d *exact.Decimal) *Decimal {
	if d.IsNone() {
		return nil
	}
	return (*Decimal)(d)
}

// Unit is the value's unit.
func (f *Figure) Unit() vocab.Unit { return f.f.Unit }

// Currency is the currency of money.
func (f *Figure) Currency() *string { return optional(f.f.Currency) }

// Reason says why there is no value.
func (f *Figure) Reason() *vocab.Reason { return optional(f.f.Reason) }

// AsOf is the day the value holds for.
func (f *Figure) AsOf() vocab.Date { return f.f.AsOf }

// Coverage counts the rows it is about.
func (f *Figure) Coverage() Coverage { return Coverage(f.f.Coverage) }

// Explain says how the value came about.
func (f *Figure) Explain() *Explanation { return &Explanation{f, f.f.Explain()} }

func optional[E ~string](s E) *E {
	if s == "" {
		return nil
	}
	return &s
}

// Coverage counts the rows behind a figure.
type Coverage figure.Coverage

// Explanation is what is needed to compute a figure again.
type Explanation struct {
	of *Figure
	e  *figure.Explanation
}

// Formula is an arithmetic expression over the inputs' names.
func (e *Explanation) Formula() string { return e.e.Formula.String() }

// Version is the formula's.
func (e *Explanation) Version() int { return figure.Version }

// Inputs are the formula's.
func (e *Explanation) Inputs() []ExplainInput {
	list := []ExplainInput{}
	for _, in := range e.e.Inputs {
		list = append(list, explainInput(in))
	}
	return list
}

// ExplainInput is a named number of a formula.
type ExplainInput struct {
	Name     string
	Value    *Exact
	Unit     vocab.Unit
	Currency *string
}

func explainInput(in figure.Input) ExplainInput {
	x := ExplainInput{Name: in.Name, Unit: in.Unit, Currency: optional(in.Currency)}
	if !in.Value.IsNone() {
		v := Exact(in.Value.String())
		x.Value = &v
	}
	return x
}

// Exact is a number without any rounding, as text.
type Exact string

// MarshalGQL writes a JSON string.
func (e Exact) MarshalGQL(w io.Writer) { quoted(w, string(e)) }

// UnmarshalGQL is there because every scalar can be read; no input has one.
func (e *Exact) UnmarshalGQL(src any) error { return word(e, src) }

// Contributor is a row that went into a figure.
type Contributor struct {
	Node   Node
	Inputs []ExplainInput
	Effect *Decimal
}

// Contributors lists the rows that went in, those with the greatest effect first.
func (e *Explanation) Contributors(first int32) ([]Contributor, error) {
	if first < 1 || first > MaxPage {
		return nil, fault.At("first", "OUT_OF_RANGE", "1 to %d contributors can be listed, not %d", MaxPage, first)
	}
	all := e.e.Contributors()
	list := []Contributor{}
	for _, c := range all[:min(int(first), len(all))] {
		x := Contributor{Node: e.of.v.node(c.Node)}
		if !c.Effect.IsNone() {
			effect := Decimal(e.of.f.Show(c.Effect))
			x.Effect = &effect
		}
		for _, p := range c.Parts {
			x.Inputs = append(x.Inputs, explainInput(e.e.Named(p)))
		}
		list = append(list, x)
	}
	return list, nil
}

// Amount is a guarded amount that stands in the record.
type Amount struct {
	Currency *string
	Reason   *vocab.Reason
	value    exact.Decimal
}

// Value is the amount in major units; nil if Reason says why.
func (a *Amount) Value() *Decimal { return shown(&a.value) }

func (v *View) money(k state.Key, m *guard.Money, currency string) *Amount {
	minor, ok := k.Money(m)
	return amount(exact.IntOf(minor), ok, k.Sees(vocab.ClassMoney), currency)
}

func amount(minor exact.Int, ok, sees bool, currency string) *Amount {
	a := &Amount{Currency: optional(currency)}
	switch {
	case ok:
		var err error
		if a.value, err = money.ShownMinor(minor, currency); err != nil {
			a.value = exact.Decimal{Number: exact.Parts(minor, 1)}
		}
	case sees:
		a.Reason = optional(vocab.ReasonNoMeasurement)
	default:
		a.Reason = optional(vocab.ReasonNotVisible)
	}
	return a
}
