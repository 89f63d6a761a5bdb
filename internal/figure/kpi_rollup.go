package figure

import (
	"iter"
	"slices"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// figure gives the node's own measurements if they count, or what they say is missing; else those of the projects below it, rolled up by
// the indicator's rule.
func (k *Kpi) figure(nth int) Figure {
	d := k.Definition
	p, q := k.which(nth)
	f := Figure{Unit: d.Unit, Currency: orNone(d.Currency), AsOf: p.day, from: k, nth: nth}
	f.Coverage.Complete = k.node.Complete(k.class())
	if k.rolls {
		k.rollUp(&f, p, q, false)
	} else if own, ok := k.own(p, q); ok {
		own.fill(&f)
	} else {
		k.rollUp(&f, p, q, own.stale)
	}
	return f
}

func (k *Kpi) value(nth int) exact.Decimal { return k.figure(nth).Value }

func (k *Kpi) explain(f *Figure) Explanation {
	p, q := k.which(f.nth)
	if own, ok := k.own(p, q); ok {
		return own.explanation()
	}
	d, t := k.Definition, k.terms(p)
	over, base := q.fraction(d)
	switch {
	case f.Reason == vocab.ReasonNotVisible || d.Rollup == vocab.KpiRollupNone || t.count(q.used) == 0:
		return over.explanation(d, base, exact.Number{}, exact.Number{}, nil)
	case byBudget(d):
		return k.weighing(p, q, t)
	}
	members := k.node.Projects
	if d.Rollup == vocab.KpiRollupLast {
		var newest *ent.Project
		newest, t = k.newest(p, q)
		members = func(yield func(*ent.Project) bool) { yield(newest) }
	}
	above, below := t.sides(q, over, base)
	return over.explanation(d, base, above, below, k.parts(members, p, q, nil))
}

// Ends gives the ends of the periods measured, of which the value is; ok is false if there are none, or it is not visible.
func (p KpiPoint) Ends() (oldest, newest vocab.Date, ok bool) {
	k := p.kpi
	if k.Definition.Metric != nil {
		return 0, 0, false
	}
	if own, ok := k.own(p, values); ok {
		f := Figure{Unit: k.Definition.Unit, Currency: orNone(k.Definition.Currency)}
		if own.fill(&f); f.Value.IsNone() {
			return 0, 0, false
		}
		return own.facts.At(0).Day(kpiEnd), own.facts.At(own.facts.Len() - 1).Day(kpiEnd), true
	}
	ends := k.terms(p).slot(kpiSlotEnd)
	if len(ends) == 0 || p.Value().Now().Value.IsNone() {
		return 0, 0, false
	}
	oldest, newest = vocab.Date(ends[0].Term.C), vocab.Date(ends[len(ends)-1].Term.C)
	if k.Definition.Rollup == vocab.KpiRollupLast { // the latest alone counts
		oldest = newest
	}
	return oldest, newest, true
}

// terms gives the sums of the indicator over the projects below the node.
func (k *Kpi) terms(p KpiPoint) kpiTerms {
	return k.node.of(k.book, p.kpiTime, k.class(), k.Definition.ID)
}

// rollUp gives a figure what the projects below come to. stale tells that the node has a measurement of its own that is too old.
func (k *Kpi) rollUp(f *Figure, p KpiPoint, q *kpiQuantity, stale bool) {
	d, t := k.Definition, k.terms(p)
	used, c := t.count(q.used), &f.Coverage
	c.Included, c.Missing, c.Withheld = used, t.projects-used, t.withheld
	switch {
	case t.withheld > 0 || t.projects == 0 && k.class() != vocab.ClassPublic && !c.Complete:
		f.Reason = vocab.ReasonNotVisible
	case d.Rollup == vocab.KpiRollupNone:
		c.Included, c.Missing = 0, t.projects
		f.Reason = vocab.ReasonNoMeasurement
	case used > 0 && byBudget(d):
		f.settle(k.weigh(p, q, t))
	case used > 0:
		over, base := q.fraction(d)
		if d.Rollup == vocab.KpiRollupLast {
			_, t = k.newest(p, q)
			c.Included = 1
		}
		above, below := t.sides(q, over, base)
		f.settle(over.over(base, above, below))
	case q == values && (stale || t.count(kpiSlotStale) > 0):
		f.Reason = vocab.ReasonStaleInput
	default:
		f.Reason = vocab.ReasonNoMeasurement
	}
}

// sides gives the sums of both sides; of the base only if it has a name.
func (t kpiTerms) sides(q *kpiQuantity, over, base *side) (above, below exact.Number) {
	if above = exact.Parts(t.get(q.over, 0), over.parts); base.name != "" {
		below = exact.Parts(t.get(q.base, 0), base.parts)
	}
	return above, below
}

// weigh gives what values weighed by budgets of one or several currencies come to, each converted with the rate of the day.
func (k *Kpi) weigh(p KpiPoint, q *kpiQuantity, t kpiTerms) (exact.Number, vocab.Reason) {
	over, base := q.fraction(k.Definition)
	budgets := t.slot(q.base)
	if len(budgets) == 1 { // of a lone currency, minor units weigh as whole ones do
		return over.over(base, exact.Parts(t.get(q.over, budgets[0].Term.C), over.parts), exact.Parts(budgets[0].Sum, base.parts))
	}
	above, below := exact.Of(0), exact.Of(0)
	for _, x := range k.purses(p, q, t) {
		if x.rate.IsNone() {
			return exact.Number{}, vocab.ReasonNoRate
		}
		above, below = above.Plus(x.weighted.Times(x.rate)), below.Plus(x.budget.Times(x.rate))
	}
	return over.over(base, above, below)
}

// weighed is what values weighed by budgets of one currency add up to.
type weighed struct {
	code             int64
	currency, suffix string       // of the inputs' names
	weighted, budget exact.Number // in units of the currency
	rate             exact.Number // into the node's; none if there is none
	converts         bool
}

// purses gives what is weighed currency by currency.
func (k *Kpi) purses(p KpiPoint, q *kpiQuantity, t kpiTerms) (all []weighed) {
	over, base := q.fraction(k.Definition)
	budgets := t.slot(q.base)
	for _, e := range budgets {
		x := weighed{code: e.Term.C, currency: budgetCurrency.Word(e.Term.C)}
		x.suffix, x.rate, x.converts = k.convert(x.currency, len(budgets) == 1, p.day)
		x.weighted, x.budget = over.amount(t.get(q.over, x.code), x.currency), base.amount(e.Sum, x.currency)
		all = append(all, x)
	}
	return all
}

// convert gives what the inputs of a currency end with, and its rate into the node's, none if there is none; a lone currency needs none.
func (k *Kpi) convert(currency string, lone bool, day vocab.Date) (suffix string, rate exact.Number, converts bool) {
	if suffix = "_" + currency; lone || currency == k.node.Currency {
		return suffix, exact.One, false
	}
	rate, since, ok := k.book.rates().At(currency, k.node.Currency, day)
	if ok {
		suffix += "_" + identifier(since.String())
	}
	return suffix, rate, true
}

// amount gives a sum of a side; what a budget has gone into is in whole units of its currency.
func (s *side) amount(sum exact.Int, currency string) exact.Number {
	parts := s.parts
	if s.unit == vocab.UnitMoney {
		parts *= scale(currency)
	}
	return exact.Parts(sum, parts)
}

// weighing explains weighed values.
func (k *Kpi) weighing(p KpiPoint, q *kpiQuantity, t kpiTerms) (e Explanation) {
	over, base := q.fraction(k.Definition)
	suffixes := map[int64]string{}
	var above, below *Expr
	for _, x := range k.purses(p, q, t) {
		suffixes[x.code] = x.suffix
		e.Inputs = append(e.Inputs, over.input(k.Definition, x.suffix, x.weighted, x.currency), base.input(k.Definition, x.suffix, x.budget, x.currency))
		up, down := input(over.name+x.suffix), input(base.name+x.suffix)
		if x.converts {
			name := "rate" + x.suffix
			e.Inputs = append(e.Inputs, Input{Name: name, Unit: vocab.UnitRatio, Value: x.rate})
			up, down = apply('*', up, input(name)), apply('*', down, input(name))
		}
		if above == nil {
			above, below = up, down
		} else {
			above, below = apply('+', above, up), apply('+', below, down)
		}
	}
	e.Formula, e.parts = apply('/', above, below), k.parts(k.node.Projects, p, q, suffixes)
	return e
}

// parts gives what each project adds to the inputs, whose names end by currency.
func (k *Kpi) parts(members iter.Seq[*ent.Project], p KpiPoint, q *kpiQuantity, suffixes map[int64]string) func() []Part {
	over, base := q.fraction(k.Definition)
	return func() (parts []Part) {
		for x := range members {
			sums := k.of(x, p)
			for _, s := range []struct {
				slot int64
				side *side
			}{{q.over, over}, {q.base, base}} {
				for _, e := range sums.slot(s.slot) {
					parts = append(parts, Part{project(x), s.side.name + suffixes[e.Term.C], s.side.amount(e.Sum, budgetCurrency.Word(e.Term.C))})
				}
			}
		}
		slices.SortStableFunc(parts, func(a, b Part) int { return byID(a.Node.ID, b.Node.ID) })
		return parts
	}
}

// of gives the indicator's sums of one project.
func (k *Kpi) of(x *ent.Project, p KpiPoint) kpiTerms {
	terms, _ := termsOf(kpiSums.Member(k.book.r, x.ID, p.point()), k.Definition.ID, 0)
	return kpiTerms{terms: terms}
}

// newest gives the project with the latest measurement, of equal ones that of the lowest number, and its sums.
func (k *Kpi) newest(p KpiPoint, q *kpiQuantity) (found *ent.Project, sums kpiTerms) {
	var latest int64
	for x := range k.node.Projects {
		t := k.of(x, p)
		ends := t.slot(kpiSlotEnd)
		if len(ends) == 0 || t.count(q.used) == 0 {
			continue
		}
		if end := ends[len(ends)-1].Term.C; found == nil || end > latest || end == latest && x.ID < found.ID {
			found, sums, latest = x, t, end
		}
	}
	return found, sums
}
