package figure

import (
	"iter"
	"math/big"
	"slices"

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
	x.formula = over.over(base, "")
	switch {
	case !o.node.Opens(o.class()):
		x.coverage.Withheld, x.reason = 1, vocab.ReasonNotVisible
		return x.make()
	case o.stale:
		x.reason = vocab.ReasonStaleInput
	}
	sums := map[int64]*big.Rat{}
	for _, m := range o.facts {
		node, counted := state.Ref{Table: state.KpiMeasurements.Desc(), ID: m.ID()}, false
		adds(o.Definition, m, nil, func(slot, _ int64, s state.Sum) {
			for _, in := range []struct {
				slot int64
				side side
			}{{q.over, over}, {q.base, base}} {
				if in.slot != slot || in.side.name == "" {
					continue
				}
				v := parted(s, in.side.parts)
				x.parts, counted = append(x.parts, Part{node, in.side.name, v}), true
				if sums[slot] == nil {
					sums[slot] = new(big.Rat)
				}
				sums[slot].Add(sums[slot], v)
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
	x.terms = []term{over.input(o.Definition, "", sums[q.over], "")}
	if base.name != "" {
		x.terms = append(x.terms, base.input(o.Definition, "", sums[q.base], ""))
	}
	return x.make()
}

// over gives the formula of a fraction, whose inputs' names end alike.
func (s side) over(base side, suffix string) *Expr {
	if base.name == "" {
		return input(s.name + suffix)
	}
	return apply('/', input(s.name+suffix), input(base.name+suffix))
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
	x.formula = over.over(base, "")
	projects := counts(all.Vector, everyProject.A, everyProject.B)
	x.coverage.Included = counts(all.Vector, d.ID, q.used)
	x.coverage.Missing, x.coverage.Withheld = projects-x.coverage.Included, all.withheld
	if x.terms = []term{over.input(d, "", nil, "")}; base.name != "" {
		x.terms = append(x.terms, base.input(d, "", nil, ""))
	}
	switch {
	case all.withheld > 0 || projects == 0 && o.class() != vocab.ClassPublic && !x.coverage.Complete:
		x.reason = vocab.ReasonNotVisible
	case d.Rollup == vocab.KpiRollupNone:
		x.coverage.Included, x.coverage.Missing = 0, projects
		x.reason = vocab.ReasonNoMeasurement
	case x.coverage.Included > 0:
		o.fill(&x, q, over, base, all.Vector)
	case q == values && (o.stale || counts(all.Vector, d.ID, kpiSlotStale) > 0):
		x.reason = vocab.ReasonStaleInput
	}
	return x.make()
}

// fill gives a figure the formula over the sums of a vector, and their parts by project.
func (o *kpiRolled) fill(x *recipe, q kpiQuantity, over, base side, v state.Vector) {
	d := o.Definition
	members := o.node.Projects
	if d.Rollup == vocab.KpiRollupLast {
		p, sums := o.newest(q)
		v, members = sums, func(yield func(*ent.Project) bool) { yield(p) }
		x.coverage.Included = 1
	}
	if byBudget(d) {
		o.weigh(x, q, over, base, v)
		return
	}
	x.lazy = o.parts(members, q, over, base, nil)
	x.terms[0].Value = parted(v.Get(state.Term{A: d.ID, B: q.over}), over.parts)
	if base.name != "" {
		x.terms[1].Value = parted(v.Get(state.Term{A: d.ID, B: q.base}), base.parts)
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
		parts *= scale(currency).Num().Int64()
	}
	return parted(sum, parts)
}

// weigh makes the formula of values weighed by budgets of one or several currencies, each converted with the rate of the day.
func (o *kpiRolled) weigh(x *recipe, q kpiQuantity, over, base side, v state.Vector) {
	id := o.Definition.ID
	purses := slot(v, id, q.base)
	suffixes := map[int64]string{}
	var above, below *Expr
	x.terms = nil
	for _, e := range purses {
		currency := budgetCurrency.Word(e.Term.C)
		suffix, rate, converts := o.convert(currency, len(purses) == 1, x.asOf)
		suffixes[e.Term.C] = suffix
		weighted := over.amount(v.Get(state.Term{A: id, B: q.over, C: e.Term.C}), currency)
		x.terms = append(x.terms, over.input(o.Definition, suffix, weighted, currency), base.input(o.Definition, suffix, base.amount(e.Sum, currency), currency))
		up, down := input(over.name+suffix), input(base.name+suffix)
		if converts {
			name := "rate" + suffix
			x.terms = append(x.terms, term{Input{Name: name, Unit: vocab.UnitRatio, Value: rate}, given})
			up, down = apply('*', up, input(name)), apply('*', down, input(name))
		}
		if rate == nil {
			x.reason = vocab.ReasonNoRate
		}
		if above == nil {
			above, below = up, down
		} else {
			above, below = apply('+', above, up), apply('+', below, down)
		}
	}
	x.formula = apply('/', above, below)
	x.lazy = o.parts(o.node.Projects, q, over, base, suffixes)
}

// parts gives what each project adds to the inputs, whose names end by currency.
func (o *kpiRolled) parts(members iter.Seq[*ent.Project], q kpiQuantity, over, base side, suffixes map[int64]string) func() []Part {
	return func() (parts []Part) {
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
	}
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
