package figure

import (
	"math/big"
	"slices"
	"strings"
	"sync"

	"pmograph/internal/calc/money"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Figure is a calculated value, or the reason why there is none, with what it was calculated from.
type Figure struct {
	Value    *big.Rat // exact, money in major units; nil if Reason says why
	Unit     vocab.Unit
	Currency string // for money only
	Reason   vocab.Reason
	AsOf     vocab.Date
	Coverage Coverage
	Version  int // of the formula: it grows when the formula or the meaning of an input changes

	once    sync.Once
	explain func() explanation
	explanation
}

// explanation is what a figure is calculated from. The value is what the formula comes to.
type explanation struct {
	formula *Expr
	inputs  []Input
	parts   func() []Part // of the inputs; nil if there are none
}

// explained gives the explanation, which is made when it is first asked for. What is not visible has a formula alone.
func (f *Figure) explained() *explanation {
	f.once.Do(func() {
		if f.explanation = f.explain(); f.Reason == vocab.ReasonNotVisible {
			f.explanation = explanation{formula: f.formula}
		}
	})
	return &f.explanation
}

// Formula is over the names of inputs.
func (f *Figure) Formula() *Expr { return f.explained().formula }

// Inputs are the formula's; none if the figure is not visible.
func (f *Figure) Inputs() []Input { return f.explained().inputs }

// Coverage counts the visible rows a figure is about. Hidden rows are counted nowhere.
type Coverage struct {
	Included int  // rows that went in
	Withheld int  // visible rows whose field the viewer may not see
	Missing  int  // rows that have no value
	Complete bool // the viewer sees everything the figure is about; follows from grants and tree alone
}

// Input is one named value of a formula.
type Input struct {
	Name     string
	Value    *big.Rat // exact; nil if it is missing
	Unit     vocab.Unit
	Currency string // for money only
}

// Part is what one row adds to one input.
type Part struct {
	Node  state.Ref
	Input string
	Value *big.Rat
}

// Contributor is a row that went into a figure.
type Contributor struct {
	Node   state.Ref
	Parts  []Part
	Effect *big.Rat // how much higher the value is because of it; nil if there is no value without it
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

// recipe is a figure before it is calculated: from a formula, its terms and their parts, or explained when that is asked for.
type recipe struct {
	formula  *Expr
	unit     vocab.Unit
	currency string
	asOf     vocab.Date
	terms    []term
	parts    []Part
	coverage Coverage
	reason   vocab.Reason // if set there is no value, whatever the formula says

	explain func() explanation // instead of formula, terms and parts
	value   *big.Rat           // what the formula comes to, if that is known without it
}

const version = 1

// make calculates. A hidden input comes before every other reason, and takes inputs and parts with it.
func (r recipe) make() *Figure {
	f := &Figure{Unit: r.unit, Currency: r.currency, Reason: r.reason, AsOf: r.asOf, Coverage: r.coverage, Version: version, explain: r.explain}
	if f.explain == nil {
		f.explain = r.explanation
	}
	switch {
	case r.reason != "":
	case r.value != nil:
		f.Value = r.value
	default:
		f.Value, f.Reason = f.Formula().Eval(f.input)
	}
	return f
}

// explanation adds up the parts of the terms.
func (r recipe) explanation() explanation {
	e := explanation{formula: r.formula, parts: func() []Part { return r.parts }}
	for _, t := range r.terms {
		t.Value = t.value(r.parts)
		e.inputs = append(e.inputs, t.Input)
	}
	return e
}

func (t term) value(parts []Part) *big.Rat {
	if t.fold == given {
		return t.Value
	}
	var v *big.Rat
	if t.fold == sum {
		v = new(big.Rat)
	}
	for _, p := range parts {
		switch {
		case p.Input != t.Name:
		case t.fold == sum:
			v.Add(v, p.Value)
		case v == nil || p.Value.Cmp(v) > 0:
			v = p.Value
		}
	}
	return v
}

func (f *Figure) input(name string) *big.Rat {
	for _, in := range f.Inputs() {
		if in.Name == name {
			return in.Value
		}
	}
	return nil
}

// Contributors lists the rows that went in, those with the greatest effect first.
func (f *Figure) Contributors() []Contributor {
	e := f.explained()
	if e.parts == nil {
		return nil
	}
	index := map[state.Ref]int{}
	var all []Contributor
	for _, p := range e.parts() {
		i, ok := index[p.Node]
		if !ok {
			i = len(all)
			index[p.Node], all = i, append(all, Contributor{Node: p.Node})
		}
		all[i].Parts = append(all[i].Parts, p)
	}
	if f.Value == nil {
		return all
	}
	for i := range all {
		without, reason := e.formula.Eval(func(name string) *big.Rat { return f.without(name, all[i]) })
		if reason == "" {
			all[i].Effect = new(big.Rat).Sub(f.Value, without)
		}
	}
	slices.SortStableFunc(all, func(a, b Contributor) int {
		if a.Effect == nil || b.Effect == nil {
			return count(a.Effect != nil) - count(b.Effect != nil)
		}
		if c := new(big.Rat).Abs(b.Effect).Cmp(new(big.Rat).Abs(a.Effect)); c != 0 {
			return c
		}
		return byID(a.Node.ID, b.Node.ID)
	})
	return all
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// without gives an input as it would be if a contributor were left out.
func (f *Figure) without(name string, c Contributor) *big.Rat {
	v := f.input(name)
	for _, p := range c.Parts {
		if p.Input != name {
			continue
		}
		if name == worst {
			return f.nextWorst(c.Node)
		}
		v = new(big.Rat).Sub(v, p.Value)
	}
	return v
}

// worst is the one input that is a greatest value and no sum.
const worst = "worst_slip"

func (f *Figure) nextWorst(but state.Ref) (v *big.Rat) {
	for _, p := range f.parts() {
		if p.Input == worst && p.Node != but && (v == nil || p.Value.Cmp(v) > 0) {
			v = p.Value
		}
	}
	return v
}

// Show gives an exact value of the figure's unit as it is displayed, rounded once, half to even: money with the currency's digits, ratios,
// months, hours and full-time equivalents with six decimals, counts and days whole if they are.
func (f *Figure) Show(v *big.Rat) string {
	switch f.Unit {
	case vocab.UnitRatio, vocab.UnitMonths, vocab.UnitHours, vocab.UnitFte:
		return money.FormatRatio(v)
	case vocab.UnitMoney:
		text, err := money.FormatMajor(v, f.Currency)
		if err == nil {
			return text
		}
	}
	if !v.IsInt() {
		return money.FormatRatio(v)
	}
	return v.FloatString(0)
}

// scale gives the minor units of one unit of a currency; an unknown currency has none smaller.
func scale(currency string) (minor int64) {
	minor = 1
	digits, _ := money.Digits(currency)
	for range digits {
		minor *= 10
	}
	return minor
}

// Major gives an amount in minor units as an exact number of units of its currency.
func Major(minor int64, currency string) *big.Rat {
	return big.NewRat(minor, scale(currency))
}

// Exact gives a number without rounding: an integer, a decimal if it ends, else a fraction such as 10/9.
func Exact(v *big.Rat) string {
	if digits, ok := v.FloatPrec(); ok {
		return v.FloatString(digits)
	}
	return v.RatString()
}

// identifier makes a word usable in a formula.
func identifier(parts ...string) string {
	return strings.ToLower(strings.ReplaceAll(strings.Join(parts, "_"), "-", ""))
}

// Named gives a part as the input it belongs to, with the part's own value.
func (f *Figure) Named(p Part) Input {
	in := Input{Name: p.Input, Unit: f.Unit}
	if i := slices.IndexFunc(f.Inputs(), func(x Input) bool { return x.Name == p.Input }); i >= 0 {
		in = f.Inputs()[i]
	}
	in.Value = p.Value
	return in
}
