package read

import (
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Tolerance is the limits within which projects of a category are green or amber.
type Tolerance struct {
	thing[ent.Tolerance]
	Dimension    vocab.RagDimension
	Category     *string
	Green, Amber Decimal
}

func newTolerance(v *View, r *ent.Tolerance) *Tolerance {
	return &Tolerance{
		thing:     thingOf(v, r),
		Dimension: r.Dimension, Category: r.Category, Green: limit(&r.Green), Amber: limit(&r.Amber),
	}
}

// limit shows a threshold, if there is one.
func limit(parts *int64) Decimal {
	if parts == nil {
		return Decimal{}
	}
	return exactly(exact.Parts(exact.IntOf(*parts), state.LimitScale))
}

// Tolerances gives a page of the tolerances, those for all projects first.
func (v *View) Tolerances(p Page) (*ToleranceConnection, error) {
	o := &order[*ent.Tolerance]{name: "tolerances CATEGORY", key: func(t *ent.Tolerance) key {
		if t.Category == nil {
			return key{}
		}
		return byText(*t.Category)
	}, id: func(t *ent.Tolerance) int64 { return t.ID }}
	return connect[ToleranceConnection](v, state.Tolerances.All(v), o, p, newTolerance)
}

// ToleranceEdge is an item of a page of tolerances.
type ToleranceEdge struct{ Edge[*Tolerance] }

// ToleranceConnection is a page of tolerances.
type ToleranceConnection struct {
	Connection[*ent.Tolerance, *Tolerance, ToleranceEdge]
}

// TolerancePayload answers mutations of tolerances.
type TolerancePayload struct {
	Outcome
	Tolerance *Tolerance
}
