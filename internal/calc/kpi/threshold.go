// Package kpi rates values against thresholds, rolls measurements up by their KPI's rule, and computes an overall status from rated
// dimensions. All numbers are exact.
package kpi

import (
	"fmt"
	"slices"

	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// Limits are thresholds as they are entered, in the unit of the value; none is not given. UP_GOOD is green from Green up and amber from
// Amber up; DOWN_GOOD is green from Green down and amber from Amber down; BAND is green from Green to GreenHigh and amber from Amber to
// AmberHigh. The limits themselves belong to the better colour. What is neither green nor amber is red.
type Limits struct {
	Green, Amber         exact.Number
	GreenHigh, AmberHigh exact.Number // BAND only
}

// LimitError says which limit of a set does not go with the others.
type LimitError struct {
	Limit   string // the field of Limits, in the contract's spelling: greenHigh
	Problem string
}

func (e *LimitError) Error() string { return e.Limit + " " + e.Problem }

// Thresholds are limits that were checked. NewThresholds makes them; nil rates nothing.
type Thresholds struct{ green, amber span }

// span is what lies between two limits, both included; none is open.
type span struct{ low, high exact.Number }

func (s span) holds(v exact.Number) bool {
	return (s.low.IsNone() || v.Cmp(s.low) >= 0) && (s.high.IsNone() || v.Cmp(s.high) <= 0)
}

// limit is a limit with its name.
type limit struct {
	name  string
	value exact.Number
}

func (l limit) given() bool { return !l.value.IsNone() }

// NewThresholds checks limits: all or none of those a direction needs, none of another direction, and none on the wrong side of its
// neighbour. Without any it gives nil, which is no error. Else the error is a *LimitError, or one on an unknown direction.
func NewThresholds(direction vocab.KpiDirection, l Limits) (*Thresholds, error) {
	green, greenHigh := limit{"green", l.Green}, limit{"greenHigh", l.GreenHigh}
	amber, amberHigh := limit{"amber", l.Amber}, limit{"amberHigh", l.AmberHigh}
	var t Thresholds
	var ascending, foreign []limit
	switch direction {
	case vocab.KpiDirectionUpGood:
		t = Thresholds{green: span{low: l.Green}, amber: span{low: l.Amber}}
		ascending, foreign = []limit{amber, green}, []limit{greenHigh, amberHigh}
	case vocab.KpiDirectionDownGood:
		t = Thresholds{green: span{high: l.Green}, amber: span{high: l.Amber}}
		ascending, foreign = []limit{green, amber}, []limit{greenHigh, amberHigh}
	case vocab.KpiDirectionBand:
		t = Thresholds{green: span{l.Green, l.GreenHigh}, amber: span{l.Amber, l.AmberHigh}}
		ascending = []limit{amber, green, greenHigh, amberHigh}
	default:
		return nil, fmt.Errorf("%q is not a direction", direction)
	}
	if i := slices.IndexFunc(foreign, limit.given); i >= 0 {
		return nil, &LimitError{foreign[i].name, fmt.Sprintf("does not belong to a KPI of direction %s", direction)}
	}
	if !slices.ContainsFunc(ascending, limit.given) {
		return nil, nil
	}
	for i, x := range ascending {
		switch {
		case !x.given():
			return nil, &LimitError{x.name, "is missing; give all limits or none"}
		case i > 0 && x.value.Cmp(ascending[i-1].value) < 0:
			return nil, &LimitError{x.name, fmt.Sprintf("is below %s; for %s it lies at or above it", ascending[i-1].name, direction)}
		}
	}
	return &t, nil
}

// Rate gives the status of a value: NOT_RATED when there is no value or there are no thresholds.
func (t *Thresholds) Rate(value exact.Number) vocab.Rag {
	switch {
	case t == nil || value.IsNone():
		return vocab.RagNotRated
	case t.green.holds(value):
		return vocab.RagGreen
	case t.amber.holds(value):
		return vocab.RagAmber
	}
	return vocab.RagRed
}

// Tolerance gives the thresholds of a dimension of the computed rating: an index of cost or schedule is the better the higher, a slip in
// working days the better the lower. Its errors are those of NewThresholds.
func Tolerance(d vocab.RagDimension, green, amber exact.Number) (*Thresholds, error) {
	direction := vocab.KpiDirectionUpGood
	if d == vocab.RagDimensionMilestone {
		direction = vocab.KpiDirectionDownGood
	}
	return NewThresholds(direction, Limits{Green: green, Amber: amber})
}
