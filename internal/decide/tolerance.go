package decide

import (
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/kpi"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// ToleranceSetInput sets the limits of a dimension for projects of a category, or for all that have none of their own.
type ToleranceSetInput struct {
	Call
	ExpectedVersion *int64
	Dimension       vocab.RagDimension
	Category        *string // nil: all
	Green, Amber    string  // decimals with at most six digits after the point
}

// ToleranceSet sets the limits of a dimension for projects of a category, or for all that have none of their own.
func ToleranceSet(in ToleranceSetInput) state.Decision {
	return decision("toleranceSet", in, func(w *work) error {
		have := state.Tolerances.Find(w.d, uniqueKey, in.Category, in.Dimension)
		return set(w, state.Tolerances, have, in.ExpectedVersion, func(t *ent.Tolerance) {
			t.Dimension, t.Category = in.Dimension, in.Category
			t.Green, _ = w.scaled("green", in.Green, state.LimitScale)
			t.Amber, _ = w.scaled("amber", in.Amber, state.LimitScale)
		})
	})
}

// toleranceLimits: what is amber is no better than what is green, by the dimension's own sense of better.
var toleranceLimits = on(state.Tolerances, func(_ *state.Draft, _, t *ent.Tolerance) error {
	_, err := kpi.Tolerance(t.Dimension, limit(&t.Green), limit(&t.Amber))
	return wrongLimit(err)
})

// limit gives a threshold as a number, none for none.
func limit(parts *int64) exact.Number {
	if parts == nil {
		return exact.Number{}
	}
	return exact.Parts(exact.IntOf(*parts), state.LimitScale)
}
