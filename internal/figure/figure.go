package figure

import (
	"strings"

	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/vocab"
)

// Figure is a calculated value, or the reason why there is none. What it was calculated from is found again when somebody asks for it.
type Figure struct {
	Value    exact.Decimal // money in major units, with the digits it is displayed with; none if Reason says why
	Unit     vocab.Unit
	Currency string // for money only
	Reason   vocab.Reason
	AsOf     vocab.Date
	Coverage Coverage

	from source
	nth  int // tells the source which of its figures it is
}

// Later is a figure that is calculated when it is asked for, each time anew: a page may have thousands of which only the value is shown.
type Later struct {
	of interface {
		figure(nth int) Figure
		value(nth int) exact.Decimal // of the figure
	}
	nth int
}

// Now calculates the figure.
func (l Later) Now() Figure { return l.of.figure(l.nth) }

// Value calculates the figure's value alone.
func (l Later) Value() exact.Decimal { return l.of.value(l.nth) }

// Later gives a figure that is calculated already.
func (f Figure) Later() Later { return Later{&f, 0} }

func (f *Figure) figure(int) Figure       { return *f }
func (f *Figure) value(int) exact.Decimal { return f.Value }

// Version is that of the formulas: it grows when a formula or the meaning of an input changes.
const Version = 1

// Coverage counts the visible rows a figure is about. Hidden rows are counted nowhere.
type Coverage struct {
	Included int  // rows that went in
	Withheld int  // visible rows whose field the viewer may not see
	Missing  int  // rows that have no value
	Complete bool // the viewer sees everything the figure is about; follows from grants and tree alone
}

// source explains the figures that were made from it.
type source interface{ explain(f *Figure) Explanation }

// made explains one figure by making its explanation.
type made func() Explanation

func (m made) explain(*Figure) Explanation { return m() }

// Explain says what the figure was calculated from. What is not visible has a formula alone.
func (f *Figure) Explain() *Explanation {
	e := f.from.explain(f)
	if f.Reason == vocab.ReasonNotVisible {
		e = Explanation{Formula: e.Formula}
	}
	e.of = f
	return &e
}

// settle gives the figure its value. A reason that there is already counts before it.
func (f *Figure) settle(v exact.Number, why vocab.Reason) {
	switch {
	case f.Reason != "":
	case why != "":
		f.Reason = why
	default:
		f.Value = f.Show(v)
	}
}

// Show gives an exact value of the figure's unit as it is displayed, rounded once, half to even: money with the currency's digits, ratios,
// months, hours and full-time equivalents with six decimals, counts and days whole if they are.
func (f *Figure) Show(v exact.Number) exact.Decimal {
	switch f.Unit {
	case vocab.UnitRatio, vocab.UnitMonths, vocab.UnitHours, vocab.UnitFte:
		return exact.Decimal{Number: v, Digits: money.RatioDigits}
	case vocab.UnitMoney:
		if d, err := money.Shown(v, f.Currency); err == nil {
			return d
		}
	}
	if !v.IsInt() {
		return exact.Decimal{Number: v, Digits: money.RatioDigits}
	}
	return exact.Decimal{Number: v}
}

// fold says how parts make an input.
type fold uint8

const (
	sum   fold = iota // added up; 0 if there are none
	most              // the greatest; missing if there are none
	given             // no parts: a value from elsewhere
)

type term struct {
	Input
	fold fold
}

// recipe is a figure before it is calculated from a formula, its terms and their parts.
type recipe struct {
	formula  *Expr
	unit     vocab.Unit
	currency string
	asOf     vocab.Date
	terms    []term
	parts    []Part
	coverage Coverage
	reason   vocab.Reason // if set there is no value, whatever the formula says
}

// make calculates. A hidden input comes before every other reason, and takes inputs and parts with it.
func (r recipe) make() Figure {
	e := Explanation{Formula: r.formula, parts: func() []Part { return r.parts }}
	for _, t := range r.terms {
		t.Value = t.value(r.parts)
		e.Inputs = append(e.Inputs, t.Input)
	}
	f := Figure{Unit: r.unit, Currency: r.currency, Reason: r.reason, AsOf: r.asOf, Coverage: r.coverage, from: made(func() Explanation { return e })}
	if r.reason == "" {
		f.settle(e.Formula.Eval(e.input))
	}
	return f
}

func (t term) value(parts []Part) (v exact.Number) {
	switch t.fold {
	case given:
		return t.Value
	case sum:
		v = exact.Of(0)
	}
	for _, p := range parts {
		switch {
		case p.Input != t.Name:
		case t.fold == sum:
			v = v.Plus(p.Value)
		case v.IsNone() || p.Value.Cmp(v) > 0:
			v = p.Value
		}
	}
	return v
}

// scale gives the minor units of one unit of a currency; an unknown currency has none smaller.
func scale(currency string) int64 {
	minor, _ := money.Scale(currency)
	return minor
}

// major gives an amount in minor units as an exact number of units of its currency.
func major(minor int64, currency string) exact.Number {
	return exact.Parts(exact.IntOf(minor), scale(currency))
}

// identifier makes a word usable in a formula.
func identifier(parts ...string) string {
	return strings.ToLower(strings.ReplaceAll(strings.Join(parts, "_"), "-", ""))
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
