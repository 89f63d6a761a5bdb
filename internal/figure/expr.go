// Package figure calculates what the API shows of a view: it gathers visible rows once, names every input, and gives a value, or the
// reason why there is none, together with all that is needed to recompute it. Numbers are exact until they are shown.
package figure

import (
	"math/big"

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
func (e *Expr) Eval(of func(name string) *big.Rat) (*big.Rat, vocab.Reason) {
	if e.op == 0 {
		if v := of(e.name); v != nil {
			return v, ""
		}
		return nil, vocab.ReasonNoMeasurement
	}
	a, reason := e.left.Eval(of)
	if reason != "" {
		return nil, reason
	}
	b, reason := e.right.Eval(of)
	if reason != "" {
		return nil, reason
	}
	switch e.op {
	case '+':
		return new(big.Rat).Add(a, b), ""
	case '-':
		return new(big.Rat).Sub(a, b), ""
	case '*':
		return new(big.Rat).Mul(a, b), ""
	}
	if b.Sign() == 0 {
		return nil, vocab.ReasonZeroDenominator
	}
	return new(big.Rat).Quo(a, b), ""
}
