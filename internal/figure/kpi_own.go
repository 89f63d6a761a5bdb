package figure

import (
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// kpiOwn are a node's own measurements at a point, as far as they count.
type kpiOwn struct {
	*Kpi
	*kpiQuantity
	facts      state.Rows
	stale      bool // the latest is too old to count
	over, base *side
}

// own gives the node's own measurements that count at a point; ok is false if what is below counts in their place. Then they still tell
// whether there is one that is too old.
func (k *Kpi) own(p KpiPoint, q *kpiQuantity) (o kpiOwn, ok bool) {
	d := k.Definition
	if k.rolls {
		return o, false
	}
	o = kpiOwn{Kpi: k, kpiQuantity: q}
	o.facts, o.stale = k.counts(p)
	o.over, o.base = q.fraction(d)
	if byBudget(d) { // one node weighs alike with all it measured
		o.over, o.base = q.plain(), countSide
	}
	if o.facts.Len() < 2 && o.base == countSide {
		o.base = noSide
	}
	return o, o.facts.Len() > 0 || k.node.Ref.Table == state.Projects.Desc()
}

// counts gives the node's own measurements that count at a point. Value, target and ends of one point are asked one after the other: they are
// looked for once.
func (k *Kpi) counts(p KpiPoint) (facts state.Rows, stale bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.found || k.at != p.kpiTime {
		k.facts, k.stale = counting(k.Definition, k.node.all(k.book.r), p.point())
		k.at, k.found = p.kpiTime, true
	}
	return k.facts, k.stale
}

// fill gives a figure what the measurements come to.
func (o *kpiOwn) fill(f *Figure) {
	if !o.node.Opens(o.class()) {
		f.Coverage.Withheld, f.Reason = 1, vocab.ReasonNotVisible
		return
	}
	above, below, counted, why := o.add()
	if f.Coverage.Included = counted; counted == 0 {
		f.Coverage.Missing, f.Reason = 1, why
	}
	f.settle(o.over.over(o.base, above, below))
}

// add adds up the two sides and counts the measurements that went in; why is the reason if none did.
func (o *kpiOwn) add() (above, below exact.Number, counted int, why vocab.Reason) {
	if o.stale {
		why = vocab.ReasonStaleInput
	}
	var sums [2]exact.Int
	var some [2]bool
	for m := range o.facts.All() {
		goesIn := false
		o.sides(m, func(base bool, v exact.Int) {
			at := count(base)
			sums[at], some[at], goesIn = sums[at].Add(v), true, true
		})
		if reason, ok := m.Int(kpiReason); goesIn {
			counted++
		} else if ok && o.kpiQuantity == values {
			why = vocab.Reason(kpiReason.Word(reason))
		}
	}
	if some[0] {
		above = exact.Parts(sums[0], o.over.parts)
	}
	if some[1] {
		below = exact.Parts(sums[1], o.base.parts)
	}
	return above, below, counted, why
}

// sides hands out what a measurement adds to each side.
func (o *kpiOwn) sides(m state.Fact, add func(base bool, s exact.Int)) {
	adds(o.Definition, m, nil, func(slot, _ int64, s exact.Int) {
		switch {
		case slot == o.kpiQuantity.over:
			add(false, s)
		case slot == o.kpiQuantity.base && o.base.name != "":
			add(true, s)
		}
	})
}

func (o *kpiOwn) explanation() Explanation {
	var above, below exact.Number
	if o.node.Opens(o.class()) {
		above, below, _, _ = o.add()
	}
	return o.over.explanation(o.Definition, o.base, above, below, func() (parts []Part) {
		for m := range o.facts.All() {
			node := state.Ref{Table: state.KpiMeasurements.Desc(), ID: m.ID()}
			o.sides(m, func(base bool, s exact.Int) {
				side := o.over
				if base {
					side = o.base
				}
				parts = append(parts, Part{node, side.name, exact.Parts(s, side.parts)})
			})
		}
		return parts
	})
}
