package figure

import (
	"maps"
	"slices"
	"strings"

	"pmograph/ent"
	"pmograph/internal/calc/earnedvalue"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// summed is the vector of a scope with what its coverage says of projects.
type summed struct {
	state.Vector
	withheld int // visible projects whose class is closed
}

// sum adds up a measure over the scope: from what is kept at its nodes where the viewer sees all of them in the class, else project by
// project.
func (s *Scope) sum(r state.Reader, m *state.Measure, at state.Point, class vocab.Class) (all summed) {
	if nodes, ok := s.kept(class); ok {
		for _, id := range nodes {
			all.Vector = all.Add(m.Node(r, id, at))
		}
		return all
	}
	for p := range s.Projects {
		if !state.Projects.Key(r, p).Sees(class) {
			all.withheld++
			continue
		}
		all.Vector = all.Add(m.Member(r, p.ID, at))
	}
	return all
}

// members lists the projects whose class the viewer sees.
func (s *Scope) members(r state.Reader, class vocab.Class) (open []*ent.Project) {
	for p := range s.Projects {
		if state.Projects.Key(r, p).Sees(class) {
			open = append(open, p)
		}
	}
	slices.SortFunc(open, func(a, b *ent.Project) int { return byID(a.ID, b.ID) })
	return open
}

// kept gives the nodes whose kept sums make up the scope, if they may be used for inputs of a class.
func (s *Scope) kept(c vocab.Class) ([]int64, bool) {
	if s.Nodes == nil || !s.Kept(c) {
		return nil, false
	}
	return s.Nodes, true
}

// ledger turns amounts of a vector, by slot and currency, into formulas and values in one currency.
type ledger struct {
	summed
	book  *Book
	scope *Scope
	into  string
	asOf  vocab.Date
	whole bool // whether the viewer sees all that the figures are about
	parts func(p *ent.Project, slot int64, asOf vocab.Date) []Part
	names map[int64]string
}

// amount is one quantity of a figure: its formula, the inputs of that, its value in whole units of the currency, and the slots it is of.
type amount struct {
	expr   *Expr
	inputs []Input
	value  earnedvalue.Value
	slots  []int64
}

// of gives a quantity: a slot converted currency by currency, the scope's own first.
func (l *ledger) of(slot int64) amount {
	name := l.names[slot]
	a := amount{slots: []int64{slot}}
	for _, currency := range l.currencies(slot) {
		code := currencyCol.Word(currency)
		sum := exact.Parts(l.Get(state.Term{A: slot, B: currency}), scale(code))
		in := Input{Name: name + "_" + code, Unit: vocab.UnitMoney, Currency: code, Value: sum}
		e := input(in.Name)
		a.inputs = append(a.inputs, in)
		if code != l.into {
			rate, since, ok := l.book.rates().At(code, l.into, l.asOf)
			x := Input{Name: "rate_" + code, Unit: vocab.UnitRatio}
			if ok {
				x.Name, x.Value = "rate_"+code+"_"+identifier(since.String()), rate
				sum = sum.Times(rate)
			} else {
				a.value.Reason = vocab.ReasonNoRate
			}
			a.inputs, e = append(a.inputs, x), apply('*', e, input(x.Name))
		}
		if a.expr == nil {
			a.expr, a.value.Number = e, sum
		} else {
			a.expr, a.value.Number = apply('+', a.expr, e), a.value.Plus(sum)
		}
	}
	if a.expr == nil {
		in := Input{Name: name + "_" + l.into, Unit: vocab.UnitMoney, Currency: l.into, Value: exact.Of(0)}
		a.expr, a.inputs, a.value.Number = input(in.Name), []Input{in}, in.Value
	}
	if a.value.Reason != "" {
		a.value.Number = exact.Number{}
	}
	return a
}

// none is a quantity of which nothing is recorded: it has no value, and a reason.
func (a amount) none(why vocab.Reason) amount {
	a.inputs = slices.Clone(a.inputs)
	for i := range a.inputs {
		a.inputs[i].Value = exact.Number{}
	}
	a.value = earnedvalue.Value{Reason: why}
	return a
}

// currencies gives those that a slot has amounts in, the scope's own first.
func (l *ledger) currencies(slot int64) (list []int64) {
	for _, e := range l.Vector {
		if e.Term.A == slot && e.Term.B != 0 && !slices.Contains(list, e.Term.B) {
			list = append(list, e.Term.B)
		}
	}
	slices.SortStableFunc(list, func(a, b int64) int {
		if own := count(currencyCol.Word(b) == l.into) - count(currencyCol.Word(a) == l.into); own != 0 {
			return own
		}
		return strings.Compare(currencyCol.Word(a), currencyCol.Word(b))
	})
	return list
}

// figure makes a figure of quantities. what is the formula over them, value what it comes to or why it comes to nothing, included how many
// projects went in of all.
func (l *ledger) figure(unit vocab.Unit, what *Expr, value earnedvalue.Value, included int, quantities ...amount) Figure {
	f := Figure{Unit: unit, AsOf: l.asOf, Coverage: Coverage{Included: included, Withheld: l.withheld, Complete: l.whole}}
	if unit == vocab.UnitMoney {
		f.Currency = l.into
	}
	if all := l.Get(state.Term{A: slotAll}); !all.IsZero() {
		f.Coverage.Missing = whole(all) - included
	}
	f.from = made(func() Explanation { return l.explanation(what, quantities) })
	if l.withheld > 0 || included == 0 && !l.whole {
		f.Reason = vocab.ReasonNotVisible
	}
	f.settle(value.Number, value.Reason)
	return f
}

// explanation gathers the inputs of quantities, each once.
func (l *ledger) explanation(what *Expr, quantities []amount) Explanation {
	e := Explanation{Formula: what}
	var slots []int64
	for _, q := range quantities {
		for _, in := range q.inputs {
			if !slices.ContainsFunc(e.Inputs, func(have Input) bool { return have.Name == in.Name }) {
				e.Inputs = append(e.Inputs, in)
			}
		}
		slots = append(slots, q.slots...)
	}
	e.parts = func() []Part { return l.contributions(slots) }
	return e
}

// contributions lists what projects, or the facts of the one project, add to slots.
func (l *ledger) contributions(slots []int64) (parts []Part) {
	slices.Sort(slots)
	slots = slices.Compact(slots)
	for _, p := range l.scope.members(l.book.r, vocab.ClassMoney) {
		for _, slot := range slots {
			if l.scope.Single != nil {
				parts = append(parts, l.parts(p, slot, l.asOf)...)
				continue
			}
			sums := map[string]exact.Number{}
			for _, x := range l.parts(p, slot, l.asOf) {
				if have, ok := sums[x.Input]; ok {
					x.Value = x.Value.Plus(have)
				}
				sums[x.Input] = x.Value
			}
			for _, name := range slices.Sorted(maps.Keys(sums)) {
				parts = append(parts, Part{project(p), name, sums[name]})
			}
		}
	}
	return parts
}

// slotAll counts the projects of a vector.
const slotAll = -1
