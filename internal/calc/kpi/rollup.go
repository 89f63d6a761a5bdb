package kpi

import (
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/rollup"
	"pmograph/internal/vocab"
)

// Measurement is what one node reports of a KPI for a period. Every number may be missing.
type Measurement struct {
	PeriodEnd              vocab.Date
	Value                  exact.Number
	Numerator, Denominator exact.Number // for RATIO
	Weight                 exact.Number // for WEIGHTED; not negative
}

// Rolled is the value of a group and how many of its measurements it was made of.
type Rolled struct {
	Value  exact.Number // none with a Reason
	Reason vocab.Reason // empty when there is a value
	Used   int          // the measurements that count; the others lack a number the rule needs, or are not the latest
}

// Roll gives the value of a group by its KPI's rule, from one measurement for each node:
//
//	SUM       Σ value
//	RATIO     Σ numerator / Σ denominator
//	WEIGHTED  Σ weight × value / Σ weight
//	LAST      the value with the latest period end, of equal ones the first in the list
//	NONE      no value
//
// A measurement that lacks a number its rule needs is left out of both sums. Without any left, and for NONE, the reason is
// NO_MEASUREMENT; with a divisor of zero, ZERO_DENOMINATOR.
func Roll(rule vocab.KpiRollup, all []Measurement) Rolled {
	num, den, used := exact.Of(0), exact.Of(0), 0
	var latest *Measurement
	for i := range all {
		m := &all[i]
		n, d, ok := m.terms(rule)
		switch {
		case !ok:
		case rule != vocab.KpiRollupLast:
			num = num.Plus(n)
			den = den.Plus(d)
			used++
		case latest == nil || m.PeriodEnd > latest.PeriodEnd:
			latest = m
			num, den, used = n, d, 1
		}
	}
	if used == 0 {
		return Rolled{Reason: vocab.ReasonNoMeasurement}
	}
	if rule == vocab.KpiRollupSum {
		den = exact.One
	}
	value, reason := rollup.Ratio(num, den)
	return Rolled{Value: value, Reason: reason, Used: used}
}

// terms gives what a measurement adds above and below the line; ok is false when a number is missing or the rule combines nothing.
func (m *Measurement) terms(rule vocab.KpiRollup) (num, den exact.Number, ok bool) {
	switch rule {
	case vocab.KpiRollupSum, vocab.KpiRollupLast:
		return m.Value, exact.One, !m.Value.IsNone()
	case vocab.KpiRollupRatio:
		return m.Numerator, m.Denominator, !m.Numerator.IsNone() && !m.Denominator.IsNone()
	case vocab.KpiRollupWeighted:
		if !m.Value.IsNone() && !m.Weight.IsNone() {
			return m.Weight.Times(m.Value), m.Weight, true
		}
	}
	return exact.Number{}, exact.Number{}, false
}

// Rating is the colour of one dimension.
type Rating struct {
	Dimension vocab.RagDimension
	Rag       vocab.Rag
}

// Overall gives the worst colour of the rated dimensions, NOT_RATED when none is, and the dimensions not rated, in the given order. An
// unrated dimension is neither green nor worse: it is shown beside the colour.
func Overall(ratings []Rating) (overall vocab.Rag, unrated []vocab.RagDimension) {
	overall = vocab.RagNotRated
	for _, r := range ratings {
		switch {
		case badness[r.Rag] == 0:
			unrated = append(unrated, r.Dimension)
		case badness[r.Rag] > badness[overall]:
			overall = r.Rag
		}
	}
	return overall, unrated
}

// badness orders the colours; what is not a colour is not rated.
var badness = map[vocab.Rag]int{vocab.RagGreen: 1, vocab.RagAmber: 2, vocab.RagRed: 3}
