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

// Figure is a calculated value with what it was calculated from. It is calculated when something of it is asked for.
type Figure struct {
	v  *View
	of figure.Later
}

func (v *View) figure(f figure.Figure) *Figure { return v.later(f.Later()) }

func (v *View) later(f figure.Later) *Figure { return v.room.figure.put(Figure{v, f}) }

// Value is the value as displayed; none if Reason says why.
func (f *Figure) Value() Decimal { return Decimal(f.of.Value()) }

// Unit is the value's unit.
func (f *Figure) Unit() vocab.Unit { return f.of.Now().Unit }

// Currency is the currency of money.
func (f *Figure) Currency() *string { return optional(f.of.Now().Currency) }

// Reason says why there is no value.
func (f *Figure) Reason() *vocab.Reason { return optional(f.of.Now().Reason) }

// AsOf is the day the value holds for.
func (f *Figure) AsOf() vocab.Date { return f.of.Now().AsOf }

// Coverage counts the rows it is about.
func (f *Figure) Coverage() Coverage { return Coverage(f.of.Now().Coverage) }

// Explain says how the value came about.
func (f *Figure) Explain() *Explanation {
	now := f.of.Now()
	return &Explanation{f.v, &now, now.Explain()}
}

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
	v  *View
	of *figure.Figure
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
	Effect Decimal
}

// Contributors lists the rows that went in, those with the greatest effect first.
func (e *Explanation) Contributors(first int32) ([]Contributor, error) {
	if first < 1 || first > MaxPage {
		return nil, fault.At("first", "OUT_OF_RANGE", "1 to %d contributors can be listed, not %d", MaxPage, first)
	}
	all := e.e.Contributors()
	list := []Contributor{}
	for _, c := range all[:min(int(first), len(all))] {
		x := Contributor{Node: e.v.node(c.Node)}
		if !c.Effect.IsNone() {
			x.Effect = Decimal(e.of.Show(c.Effect))
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
	Value    Decimal // in major units; none if Reason says why
}

func (v *View) money(k state.Key, m *guard.Money, currency string) *Amount {
	minor, ok := k.Money(m)
	return amount(exact.IntOf(minor), ok, k.Sees(vocab.ClassMoney), currency)
}

func amount(minor exact.Int, ok, sees bool, currency string) *Amount {
	a := &Amount{Currency: optional(currency)}
	switch {
	case ok:
		shown, err := money.ShownMinor(minor, currency)
		if a.Value = Decimal(shown); err != nil {
			a.Value.Number = exact.Parts(minor, 1)
		}
	case sees:
		a.Reason = optional(vocab.ReasonNoMeasurement)
	default:
		a.Reason = optional(vocab.ReasonNotVisible)
	}
	return a
}
