package figure

import (
	"iter"
	"math/big"
	"slices"
	"sync"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// kpiSource is where an indicator's value at a point comes from.
type kpiSource interface {
	figure(kpiQuantity) *Figure
	ends() (oldest, newest *vocab.Date)
}

// own gives the node's own measurements if they count, or what they say is missing; else what is below.
func (k *Kpi) own(at state.Point) kpiSource {
	p := &picker{d: k.Definition, at: at}
	for x := range k.node.Own(k.book.r, k.Definition).All() {
		p.see(x)
	}
	p.done()
	if len(p.facts) > 0 || k.node.Ref.Table == state.Projects.Desc() {
		return &kpiOwn{k, p}
	}
	return &kpiRolled{Kpi: k, at: at, stale: p.stale}
}

// kpiOwn are a node's own measurements.
type kpiOwn struct {
	*Kpi
	*picker
}

func (o *kpiOwn) figure(q kpiQuantity) *Figure {
	x := o.recipe(o.at)
	over, base := q.fraction(o.Definition)
	if byBudget(o.Definition) { // one node weighs alike with all it measured
		over, base = side{"value", millionths, ""}, side{"measurements", 1, vocab.UnitCount}
		if q == targets {
			over.name = "target"
		}
	}
	if len(o.facts) < 2 && base.unit == vocab.UnitCount && o.Definition.Rollup == vocab.KpiRollupWeighted {
		base = side{}
	}
	var above, below *big.Rat
	switch {
	case !o.node.Opens(o.class()):
		x.coverage.Withheld, x.reason = 1, vocab.ReasonNotVisible
	default:
		above, below = o.add(&x, q, over, base)
	}
	x.explain = func() explanation {
		return over.explanation(o.Definition, base, above, below, func() []Part { return o.parts(q, over, base) })
	}
	return x.make()
}

// add adds up the two sides, and says what went in.
func (o *kpiOwn) add(x *recipe, q kpiQuantity, over, base side) (above, below *big.Rat) {
	if o.stale {
		x.reason = vocab.ReasonStaleInput
	}
	for _, m := range o.facts {
		counted := false
		o.sides(m, q, over, base, func(side side, v *big.Rat) {
			counted = true
			sum := &above
			if side == base {
				sum = &below
			}
			if *sum == nil {
				*sum = v
			} else {
				*sum = new(big.Rat).Add(*sum, v)
			}
		})
		if why, ok := m.Int(kpiReason); counted {
			x.coverage.Included++
		} else if ok && q == values {
			x.reason = vocab.Reason(kpiReason.Word(why))
		}
	}
	if x.coverage.Included > 0 {
		x.reason = ""
	} else {
		x.coverage.Missing = 1
	}
	if x.reason == "" {
		x.value, x.reason = over.over(base, above, below)
	}
	return above, below
}

// sides hands out what a measurement adds to each side.
func (o *kpiOwn) sides(m state.Fact, q kpiQuantity, over, base side, add func(side, *big.Rat)) {
	adds(o.Definition, m, nil, func(slot, _ int64, s state.Sum) {
		switch {
		case slot == q.over:
			add(over, parted(s, over.parts))
		case slot == q.base && base.name != "":
			add(base, parted(s, base.parts))
		}
	})
}

func (o *kpiOwn) parts(q kpiQuantity, over, base side) (parts []Part) {
	for _, m := range o.facts {
		node := state.Ref{Table: state.KpiMeasurements.Desc(), ID: m.ID()}
		o.sides(m, q, over, base, func(side side, v *big.Rat) { parts = append(parts, Part{node, side.name, v}) })
	}
	return parts
}

func (o *kpiOwn) ends() (oldest, newest *vocab.Date) {
	first, last := o.facts[0].Day(kpiEnd), o.facts[len(o.facts)-1].Day(kpiEnd)
	return &first, &last
}

// kpiRolled are the measurements of the projects below a node, rolled up by the indicator's rule.
type kpiRolled struct {
	*Kpi
	at    state.Point
	stale bool // the node has a measurement of its own that is too old
}

func (o *kpiRolled) sums() summed { return o.node.sum(o.book, o.at, o.class()) }

func (o *kpiRolled) figure(q kpiQuantity) *Figure {
	d, all := o.Definition, o.sums()
	over, base := q.fraction(d)
	x := o.recipe(o.at)
	projects := counts(all.Vector, everyProject.A, everyProject.B)
	x.coverage.Included = counts(all.Vector, d.ID, q.used)
	x.coverage.Missing, x.coverage.Withheld = projects-x.coverage.Included, all.withheld
	x.explain = func() explanation { return over.explanation(d, base, nil, nil, nil) }
	switch {
	case all.withheld > 0 || projects == 0 && o.class() != vocab.ClassPublic && !x.coverage.Complete:
		x.reason = vocab.ReasonNotVisible
	case d.Rollup == vocab.KpiRollupNone:
		x.coverage.Included, x.coverage.Missing = 0, projects
		x.reason = vocab.ReasonNoMeasurement
	case x.coverage.Included > 0 && byBudget(d):
		o.weigh(&x, q, over, base, all.Vector)
	case x.coverage.Included > 0:
		o.fill(&x, q, over, base, all.Vector)
	case q == values && (o.stale || counts(all.Vector, d.ID, kpiSlotStale) > 0):
		x.reason = vocab.ReasonStaleInput
	default:
		x.reason = vocab.ReasonNoMeasurement
	}
	return x.make()
}

// fill gives a figure what one side's sum in a vector comes to over the other's.
func (o *kpiRolled) fill(x *recipe, q kpiQuantity, over, base side, v state.Vector) {
	d, members := o.Definition, o.node.Projects
	if d.Rollup == vocab.KpiRollupLast {
		p, sums := o.newest(q)
		v, members = sums, func(yield func(*ent.Project) bool) { yield(p) }
		x.coverage.Included = 1
	}
	above := parted(v.Get(state.Term{A: d.ID, B: q.over}), over.parts)
	var below *big.Rat
	if base.name != "" {
		below = parted(v.Get(state.Term{A: d.ID, B: q.base}), base.parts)
	}
	x.value, x.reason = over.over(base, above, below)
	x.explain = func() explanation {
		return over.explanation(d, base, above, below, o.parts(members, q, over, base, nil))
	}
}

// convert gives what the inputs of a currency end with, and its rate into the node's, nil if there is none; a lone currency needs none.
func (o *kpiRolled) convert(currency string, lone bool, day vocab.Date) (suffix string, rate *big.Rat, converts bool) {
	if suffix = "_" + currency; lone || currency == o.node.Currency {
		return suffix, one, false
	}
	rate, since, ok := o.book.rates().At(currency, o.node.Currency, day)
	if ok {
		suffix += "_" + identifier(since.String())
	}
	return suffix, rate, true
}

// amount gives a sum of a side; what a budget has gone into is in whole units of its currency.
func (s side) amount(sum state.Sum, currency string) *big.Rat {
	parts := s.parts
	if s.unit == vocab.UnitMoney {
		parts *= scale(currency)
	}
	return parted(sum, parts)
}

// weighed is what values weighed by budgets of one currency add up to.
type weighed struct {
	code             int64
	currency, suffix string   // of the inputs' names
	weighted, budget *big.Rat // in units of the currency
	rate             *big.Rat // into the node's; nil if there is none
	converts         bool
}

// weigh gives a figure what values weighed by budgets of one or several currencies come to, each converted with the rate of the day.
func (o *kpiRolled) weigh(x *recipe, q kpiQuantity, over, base side, v state.Vector) {
	id := o.Definition.ID
	budgets := slot(v, id, q.base)
	var purses []weighed
	above, below := new(big.Rat), new(big.Rat)
	for _, e := range budgets {
		p := weighed{code: e.Term.C, currency: budgetCurrency.Word(e.Term.C)}
		p.suffix, p.rate, p.converts = o.convert(p.currency, len(budgets) == 1, x.asOf)
		p.weighted, p.budget = over.amount(v.Get(state.Term{A: id, B: q.over, C: p.code}), p.currency), base.amount(e.Sum, p.currency)
		purses = append(purses, p)
		switch {
		case p.rate == nil:
			x.reason = vocab.ReasonNoRate
		case p.converts:
			above.Add(above, new(big.Rat).Mul(p.weighted, p.rate))
			below.Add(below, new(big.Rat).Mul(p.budget, p.rate))
		default:
			above.Add(above, p.weighted)
			below.Add(below, p.budget)
		}
	}
	if x.reason == "" {
		x.value, x.reason = over.over(base, above, below)
	}
	x.explain = func() explanation { return o.weighing(purses, q, over, base) }
}

// weighing explains weighed values.
func (o *kpiRolled) weighing(purses []weighed, q kpiQuantity, over, base side) (e explanation) {
	suffixes := map[int64]string{}
	var above, below *Expr
	for _, p := range purses {
		suffixes[p.code] = p.suffix
		e.inputs = append(e.inputs, over.input(o.Definition, p.suffix, p.weighted, p.currency), base.input(o.Definition, p.suffix, p.budget, p.currency))
		up, down := input(over.name+p.suffix), input(base.name+p.suffix)
		if p.converts {
			name := "rate" + p.suffix
			e.inputs = append(e.inputs, Input{Name: name, Unit: vocab.UnitRatio, Value: p.rate})
			up, down = apply('*', up, input(name)), apply('*', down, input(name))
		}
		if above == nil {
			above, below = up, down
		} else {
			above, below = apply('+', above, up), apply('+', below, down)
		}
	}
	e.formula, e.parts = apply('/', above, below), o.parts(o.node.Projects, q, over, base, suffixes)
	return e
}

// parts gives what each project adds to the inputs, whose names end by currency.
func (o *kpiRolled) parts(members iter.Seq[*ent.Project], q kpiQuantity, over, base side, suffixes map[int64]string) func() []Part {
	return sync.OnceValue(func() (parts []Part) {
		for p := range members {
			sums := kpiSums.Member(o.book.r, p.ID, o.at)
			for _, s := range []struct {
				slot int64
				side side
			}{{q.over, over}, {q.base, base}} {
				for _, e := range slot(sums, o.Definition.ID, s.slot) {
					parts = append(parts, Part{project(p), s.side.name + suffixes[e.Term.C], s.side.amount(e.Sum, budgetCurrency.Word(e.Term.C))})
				}
			}
		}
		slices.SortStableFunc(parts, func(a, b Part) int { return byID(a.Node.ID, b.Node.ID) })
		return parts
	})
}

// newest gives the project with the latest measurement, of equal ones that of the lowest number, and its sums.
func (o *kpiRolled) newest(q kpiQuantity) (found *ent.Project, sums state.Vector) {
	var latest int64
	for p := range o.node.Projects {
		v := kpiSums.Member(o.book.r, p.ID, o.at)
		ends := slot(v, o.Definition.ID, kpiSlotEnd)
		if len(ends) == 0 || counts(v, o.Definition.ID, q.used) == 0 {
			continue
		}
		if end := ends[len(ends)-1].Term.C; found == nil || end > latest || end == latest && p.ID < found.ID {
			found, sums, latest = p, v, end
		}
	}
	return found, sums
}

func (o *kpiRolled) ends() (oldest, newest *vocab.Date) {
	ends := slot(o.sums().Vector, o.Definition.ID, kpiSlotEnd)
	if len(ends) == 0 {
		return nil, nil
	}
	first, last := vocab.Date(ends[0].Term.C), vocab.Date(ends[len(ends)-1].Term.C)
	if o.Definition.Rollup == vocab.KpiRollupLast { // the latest alone counts
		first = last
	}
	return &first, &last
}
