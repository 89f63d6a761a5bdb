package read

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// BudgetLine is money approved for a project, by month, category, reserve and currency.
type BudgetLine struct {
	viewed[ent.BudgetLine]
	ReserveKind vocab.ReserveKind
	Currency    string
	Period      vocab.Date
}

func newBudgetLine(v *View, r *ent.BudgetLine) *BudgetLine {
	return &BudgetLine{viewed[ent.BudgetLine]{v, r}, r.ReserveKind, r.Currency, r.Period}
}

// Project is what the money is approved for.
func (b *BudgetLine) Project() *Project {
	return maybe(b.v, state.Projects.Get(b.v, b.row.ProjectID), newProject)
}

// Category is the kind of cost.
func (b *BudgetLine) Category() *CostCategory {
	return maybe(b.v, state.CostCategories.Get(b.v, b.row.CostCategoryID), newCostCategory)
}

// Amount is what is approved.
func (b *BudgetLine) Amount() *Amount {
	return b.v.money(state.BudgetLines.Key(b.v, b.row), b.row.Amount, b.Currency)
}

var budgetOrder = orderOf(state.BudgetLines, "cost_category_id", "reserve_kind", "currency", "period")

// BudgetLines are a page of the money approved for the project.
func (p *Project) BudgetLines(first *int32, after *string, last *int32, before *string) (*BudgetLineConnection, error) {
	return connectFacts[BudgetLineConnection](p.v, state.BudgetLines.Of(p.v, p.row.ID).All(), budgetOrder, Page{first, after, last, before}, newBudgetLine)
}

// BudgetLineEdge is an item of a page of budget lines.
type BudgetLineEdge struct{ Edge[*BudgetLine] }

// BudgetLineConnection is a page of budget lines.
type BudgetLineConnection struct {
	Connection[state.Fact, *BudgetLine, BudgetLineEdge]
}
