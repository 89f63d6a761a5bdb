package read

import (
	"pmograph/ent"
	"pmograph/internal/state"
)

// CostCategory is a kind of cost in the organisation's own list.
type CostCategory struct {
	thing[ent.CostCategory]
	Code, Name string
}

func newCostCategory(v *View, r *ent.CostCategory) *CostCategory {
	return &CostCategory{
		thing: thingOf(v, r),
		Code:  r.Code, Name: r.Name,
	}
}

// CostCategories gives a page of the cost categories.
func (v *View) CostCategories(p Page) (*CostCategoryConnection, error) {
	o := &order[*ent.CostCategory]{name: "cost_categories CODE", key: func(c *ent.CostCategory) key { return byText(c.Code) }, id: func(c *ent.CostCategory) int64 { return c.ID }}
	return connect[CostCategoryConnection](v, state.CostCategories.All(v), o, p, newCostCategory)
}

// CostCategoryEdge is an item of a page of cost categories.
type CostCategoryEdge struct{ Edge[*CostCategory] }

// CostCategoryConnection is a page of cost categories.
type CostCategoryConnection struct {
	Connection[*ent.CostCategory, *CostCategory, CostCategoryEdge]
}

// CostCategoryPayload answers mutations of cost categories.
type CostCategoryPayload struct {
	Outcome
	CostCategory *CostCategory
}
