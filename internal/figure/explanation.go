package figure

import (
	"slices"

	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Explanation is what a figure is calculated from. The value is what the formula comes to.
type Explanation struct {
	Formula *Expr   // over the names of inputs
	Inputs  []Input // the formula's; none if the figure is not visible

	of    *Figure
	parts func() []Part // of the inputs; nil if there are none
}

// Input is one named value of a formula.
type Input struct {
	Name     string
	Value    exact.Number // none if it is missing
	Unit     vocab.Unit
	Currency string // for money only
}

// Part is what one row adds to one input.
type Part struct {
	Node  state.Ref
	Input string
	Value exact.Number
}

// Contributor is a row that went into a figure.
type Contributor struct {
	Node   state.Ref
	Parts  []Part
	Effect exact.Number // how much higher the value is because of it; none if there is no value without it
}

func (e *Explanation) input(name string) exact.Number {
	for _, in := range e.Inputs {
		if in.Name == name {
			return in.Value
		}
	}
	return exact.Number{}
}

// Contributors lists the rows that went in, those with the greatest effect first.
func (e *Explanation) Contributors() []Contributor {
	if e.parts == nil {
		return nil
	}
	index := map[state.Ref]int{}
	var all []Contributor
	parts := e.parts()
	for _, p := range parts {
		i, ok := index[p.Node]
		if !ok {
			i = len(all)
			index[p.Node], all = i, append(all, Contributor{Node: p.Node})
		}
		all[i].Parts = append(all[i].Parts, p)
	}
	if e.of.Value.IsNone() {
		return all
	}
	for i := range all {
		without, reason := e.Formula.Eval(func(name string) exact.Number { return e.without(name, all[i], parts) })
		if reason == "" {
			all[i].Effect = e.of.Value.Minus(without)
		}
	}
	slices.SortStableFunc(all, func(a, b Contributor) int {
		if a.Effect.IsNone() || b.Effect.IsNone() {
			return count(!a.Effect.IsNone()) - count(!b.Effect.IsNone())
		}
		if c := b.Effect.Abs().Cmp(a.Effect.Abs()); c != 0 {
			return c
		}
		return byID(a.Node.ID, b.Node.ID)
	})
	return all
}

// without gives an input as it would be if a contributor were left out.
func (e *Explanation) without(name string, c Contributor, parts []Part) exact.Number {
	v := e.input(name)
	for _, p := range c.Parts {
		if p.Input != name {
			continue
		}
		if name == worst {
			return nextWorst(parts, c.Node)
		}
		v = v.Minus(p.Value)
	}
	return v
}

// worst is the one input that is a greatest value and no sum.
const worst = "worst_slip"

func nextWorst(parts []Part, but state.Ref) (v exact.Number) {
	for _, p := range parts {
		if p.Input == worst && p.Node != but && (v.IsNone() || p.Value.Cmp(v) > 0) {
			v = p.Value
		}
	}
	return v
}

// Named gives a part as the input it belongs to, with the part's own value.
func (e *Explanation) Named(p Part) Input {
	in := Input{Name: p.Input, Unit: e.of.Unit}
	if i := slices.IndexFunc(e.Inputs, func(x Input) bool { return x.Name == p.Input }); i >= 0 {
		in = e.Inputs[i]
	}
	in.Value = p.Value
	return in
}
