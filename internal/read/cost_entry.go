package read

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// CostEntry is what a project costs in a month, by category and currency.
type CostEntry struct {
	viewed[ent.CostEntry]
	Currency string
	Period   vocab.Date
}

func newCostEntry(v *View, r *ent.CostEntry) *CostEntry {
	return &CostEntry{viewed[ent.CostEntry]{v, r}, r.Currency, r.Period}
}

// Project is what bears the cost.
func (e *CostEntry) Project() *Project {
	return maybe(e.v, state.Projects.Get(e.v, e.row.ProjectID), newProject)
}

// Category is the kind of cost.
func (e *CostEntry) Category() *CostCategory {
	return maybe(e.v, state.CostCategories.Get(e.v, e.row.CostCategoryID), newCostCategory)
}

// Planned is the planned amount.
func (e *CostEntry) Planned() *Amount { return e.v.money(e.key(), e.row.Planned, e.Currency) }

// Actual is the booked amount.
func (e *CostEntry) Actual() *Amount { return e.v.money(e.key(), e.row.Actual, e.Currency) }

// Committed is what is ordered and not yet invoiced.
func (e *CostEntry) Committed() *Amount { return e.v.money(e.key(), e.row.Committed, e.Currency) }

// Forecast is what is still expected to be spent beside.
func (e *CostEntry) Forecast() *Amount { return e.v.money(e.key(), e.row.Forecast, e.Currency) }

func (e *CostEntry) key() state.Key { return state.CostEntries.Key(e.v, e.row) }

// CostEntryFilter says which cost entries.
type CostEntryFilter struct {
	Category, Currency *string
	From, To           *vocab.Date
}

var costOrder = orderOf(state.CostEntries, "cost_category_id", "currency", "period")

// CostEntries are a page of what the project costs.
func (p *Project) CostEntries(filter *CostEntryFilter, first *int32, after *string, last *int32, before *string) (*CostEntryConnection, error) {
	rows := state.CostEntries.Of(p.v, p.row.ID)
	f := CostEntryFilter{}
	if filter != nil {
		f = *filter
	}
	if f.Category != nil {
		rows = rows.With(p.v.category(*f.Category))
	}
	currency, period := costOrder.key[1], costOrder.key[2]
	return connectFacts[CostEntryConnection](p.v, where(rows.All(), func(x state.Fact) bool {
		return (f.Currency == nil || currency.Word(x.Val(currency)) == *f.Currency) &&
			(f.From == nil || x.Day(period) >= *f.From) && (f.To == nil || x.Day(period) <= *f.To)
	}), costOrder, Page{first, after, last, before}, newCostEntry)
}

// category gives the number of the category that an identifier or a code names; 0 if there is none.
func (v *View) category(name string) int64 {
	if id, ok := number(state.CostCategories.Desc(), name); ok {
		return id
	}
	for c := range state.CostCategories.All(v) {
		if c.Code == name {
			return c.ID
		}
	}
	return 0
}

// CostEntryEdge is an item of a page of cost entries.
type CostEntryEdge struct{ Edge[*CostEntry] }

// CostEntryConnection is a page of cost entries.
type CostEntryConnection struct {
	Connection[state.Fact, *CostEntry, CostEntryEdge]
}
