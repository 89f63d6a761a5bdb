package decide

import (
	"pmograph/ent"
	"pmograph/internal/state"
)

// CostCategorySetInput makes the cost category of a code, or renames it.
type CostCategorySetInput struct {
	Call
	ExpectedVersion *int64
	Code, Name      string
}

// CostCategorySet makes the cost category of a code, or renames it.
func CostCategorySet(in CostCategorySetInput) state.Decision {
	return decision("costCategorySet", in, func(w *work) error {
		have := state.CostCategories.Find(w.d, uniqueKey, in.Code)
		return set(w, state.CostCategories, have, in.ExpectedVersion, func(c *ent.CostCategory) { c.Code, c.Name = in.Code, in.Name })
	})
}
