// Package figure calculates what the API shows of a view: it gathers visible rows once, names every input, and gives a value, or the
// reason why there is none, together with all that is needed to recompute it. Numbers are exact until they are shown.
package figure

import (
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// Expr is a formula over named inputs: plain arithmetic that anybody can evaluate from its text.
type Expr struct {
	op          byte // one of + - * /, or 0 for an input
	name        string
	left, right *Expr
}

func input(name string) *Expr                { return &Expr{name: name} }
func apply(op byte, left, right *Expr) *Expr { return &Expr{op: op, left: left, right: right} }

// precedence of the operators; an input binds closest.
var precedence = map[byte]int{'+': 1, '-': 1, '*': 2, '/': 2, 0: 3}

// String gives the formula's text, with as few parentheses as it needs.
func (e *Expr) String() string {
	if e.op == 0 {
		return e.name
	}
	return e.left.within(e, false) + " " + string(e.op) + " " + e.right.within(e, true)
}

func (e *Expr) within(outer *Expr, right bool) string {
	p, q := precedence[e.op], precedence[outer.op]
	if p < q || p == q && right {
		return "(" + e.String() + ")"
	}
	return e.String()
}

// Eval gives the exact value; a missing input or a divisor of zero has none.
func (e *Expr) Eval(of func(name string) exact.Number) (exact.Number, vocab.Reason) {
	if e.op == 0 {
		if v := of(e.name); !v.IsNone() {
			return v, ""
		}
		return exact.Number{}, vocab.ReasonNoMeasurement
	}
	a, reason := e.left.Eval(of)
	if reason != "" {
		return exact.Number{}, reason
	}
	b, reason := e.right.Eval(of)
	if reason != "" {
		return exact.Number{}, reason
	}
	switch e.op {
	case '+':
		return a.Plus(b), ""
	case '-':
		return a.Minus(b), ""
	case '*':
		return a.Times(b), ""
	}
	if b.Sign() == 0 {
		return exact.Number{}, vocab.ReasonZeroDenominator
	}
	return a.Over(b), ""
}
