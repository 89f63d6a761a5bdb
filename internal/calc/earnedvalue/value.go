package earnedvalue

import (
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// Value is an exact number or, where it has none, the reason. A reason counts before a number. An input that is not there is the zero
// Value; what is computed from it names the usual reason of that input, given where the input is declared.
type Value struct {
	exact.Number // none without a value
	Reason       vocab.Reason
}

// Of is the value of a whole number, such as an amount in minor units.
func Of(n int64) Value { return Value{Number: exact.Of(n)} }

// ValidUntil gives the value as it counts on a day: after the last day on which it is valid it has none, and the reason STALE_INPUT.
func (v Value) ValidUntil(last, on vocab.Date) Value {
	if v.known() && on > last {
		return none(vocab.ReasonStaleInput)
	}
	return v
}

func none(why vocab.Reason) Value { return Value{Reason: why} }

// or names the reason of an input that is not there.
func (v Value) or(why vocab.Reason) Value {
	if v.IsNone() && v.Reason == "" {
		return none(why)
	}
	return v
}

func (v Value) known() bool { return v.Reason == "" && !v.IsNone() }

// is tells whether there is a value below zero (-1), of zero (0) or above zero (1).
func (v Value) is(sign int) bool { return v.known() && v.Sign() == sign }

func (v Value) plus(w Value) Value  { return both(v, w, exact.Number.Plus) }
func (v Value) minus(w Value) Value { return both(v, w, exact.Number.Minus) }
func (v Value) times(w Value) Value { return both(v, w, exact.Number.Times) }

// over divides; by zero it has no value and the reason ZERO_DENOMINATOR.
func (v Value) over(w Value) Value {
	if w.is(0) {
		w = none(vocab.ReasonZeroDenominator)
	}
	return both(v, w, exact.Number.Over)
}

func both(v, w Value, op func(x, y exact.Number) exact.Number) Value {
	if why := first(v.Reason, w.Reason); why != "" {
		return none(why)
	}
	return Value{Number: op(v.Number, w.Number)}
}

// first gives the reason that is told of two: that an input is hidden before all others, else the one on the left.
func first(v, w vocab.Reason) vocab.Reason {
	if v == "" || w == vocab.ReasonNotVisible {
		return w
	}
	return v
}

// toComplete is how well the rest has to go: what is left to do over what is left to do it with, in money or in time. Nothing left to
// do is COMPLETE, else nothing left to do it with BUDGET_EXHAUSTED.
func toComplete(work, means Value) Value {
	switch v := work.minus(means); {
	case !v.known():
		return v
	case !work.is(1):
		return none(vocab.ReasonComplete)
	case !means.is(1):
		return none(vocab.ReasonBudgetExhausted)
	}
	return work.over(means)
}
