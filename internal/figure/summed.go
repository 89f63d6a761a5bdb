package figure

import (
	"maps"
	"math/big"
	"slices"
	"strings"
	"sync"

	"pmograph/ent"
	"pmograph/internal/calc/earnedvalue"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// summed is the vector of a scope with what its coverage says of projects.
type summed struct {
	state.Vector
	withheld int // visible projects whose class is closed
	members  func() []*ent.Project
}

// sum adds up a measure over the scope: from what is kept at its nodes where the viewer sees all of them in the class, else project by
// project.
func (r *Rollup) sum(m *state.Measure, at state.Point, class vocab.Class) summed {
	s := summed{members: func() (open []*ent.Project) {
		for p := range r.Scope.Projects {
			if state.Projects.Key(r.book.r, p).Sees(class) {
				open = append(open, p)
			}
		}
		slices.SortFunc(open, func(a, b *ent.Project) int { return byID(a.ID, b.ID) })
		return open
	}}
	if nodes, ok := r.Scope.kept(class); ok {
		for _, id := range nodes {
			s.Vector = s.Add(m.Node(r.book.r, id, at))
		}
		return s
	}
	for p := range r.Scope.Projects {
		if !state.Projects.Key(r.book.r, p).Sees(class) {
			s.withheld++
			continue
		}
		s.Vector = s.Add(m.Member(r.book.r, p.ID, at))
	}
	return s
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
	book   *Book
	into   string
	asOf   vocab.Date
	class  vocab.Class
	single *ent.Project // the scope, if it is one project: facts contribute then
	whole  bool         // whether the viewer sees all that the figures are about
	parts  func(p *ent.Project, slot int64, asOf vocab.Date) []Part
	names  map[int64]string
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
		sum := parted(l.Get(state.Term{A: slot, B: currency}), scale(code))
		in := Input{Name: name + "_" + code, Unit: vocab.UnitMoney, Currency: code, Value: sum}
		e := input(in.Name)
		a.inputs = append(a.inputs, in)
		if code != l.into {
			rate, since, ok := l.book.rates().At(code, l.into, l.asOf)
			x := Input{Name: "rate_" + code, Unit: vocab.UnitRatio}
			if ok {
				x.Name, x.Value = "rate_"+code+"_"+identifier(since.String()), rate
				sum = new(big.Rat).Mul(sum, rate)
			} else {
				a.value.Reason = vocab.ReasonNoRate
			}
			a.inputs, e = append(a.inputs, x), apply('*', e, input(x.Name))
		}
		if a.expr == nil {
			a.expr, a.value.Rat = e, sum
		} else {
			a.expr, a.value.Rat = apply('+', a.expr, e), new(big.Rat).Add(a.value.Rat, sum)
		}
	}
	if a.expr == nil {
		in := Input{Name: name + "_" + l.into, Unit: vocab.UnitMoney, Currency: l.into, Value: new(big.Rat)}
		a.expr, a.inputs, a.value.Rat = input(in.Name), []Input{in}, in.Value
	}
	if a.value.Reason != "" {
		a.value.Rat = nil
	}
	return a
}

// none is a quantity of which nothing is recorded: it has no value, and a reason.
func (a amount) none(why vocab.Reason) amount {
	a.inputs = slices.Clone(a.inputs)
	for i := range a.inputs {
		a.inputs[i].Value = nil
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
func (l *ledger) figure(unit vocab.Unit, what *Expr, value earnedvalue.Value, included int, quantities ...amount) *Figure {
	x := recipe{unit: unit, asOf: l.asOf, value: value.Rat, reason: value.Reason}
	if unit == vocab.UnitMoney {
		x.currency = l.into
	}
	x.coverage = Coverage{Included: included, Withheld: l.withheld, Complete: l.whole}
	if all := l.Get(state.Term{A: slotAll}); !all.IsZero() {
		x.coverage.Missing = whole(all) - included
	}
	x.explain = func() explanation { return l.explanation(what, quantities) }
	if l.withheld > 0 || included == 0 && !l.whole {
		x.reason = vocab.ReasonNotVisible
	}
	return x.make()
}

// explanation gathers the inputs of quantities, each once.
func (l *ledger) explanation(what *Expr, quantities []amount) explanation {
	e := explanation{formula: what}
	var slots []int64
	for _, q := range quantities {
		for _, in := range q.inputs {
			if !slices.ContainsFunc(e.inputs, func(have Input) bool { return have.Name == in.Name }) {
				e.inputs = append(e.inputs, in)
			}
		}
		slots = append(slots, q.slots...)
	}
	e.parts = sync.OnceValue(func() []Part { return l.contributions(slots) })
	return e
}

// contributions lists what projects, or the facts of the one project, add to slots.
func (l *ledger) contributions(slots []int64) (parts []Part) {
	slices.Sort(slots)
	slots = slices.Compact(slots)
	for _, p := range l.members() {
		for _, slot := range slots {
			if l.single != nil {
				parts = append(parts, l.parts(p, slot, l.asOf)...)
				continue
			}
			sums := map[string]*big.Rat{}
			for _, x := range l.parts(p, slot, l.asOf) {
				if sums[x.Input] == nil {
					sums[x.Input] = new(big.Rat)
				}
				sums[x.Input].Add(sums[x.Input], x.Value)
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
