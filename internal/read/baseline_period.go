package read

import (
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// BaselinePeriod is what a baseline plans to be earned in a month.
type BaselinePeriod struct {
	viewed[ent.BaselinePeriod]
	Period vocab.Date
}

func newBaselinePeriod(v *View, r *ent.BaselinePeriod) *BaselinePeriod {
	return &BaselinePeriod{viewed[ent.BaselinePeriod]{v, r}, r.Period}
}

// Project is the project of the baseline.
func (p *BaselinePeriod) Project() *Project {
	return maybe(p.v, state.Projects.Get(p.v, p.row.ProjectID), newProject)
}

// Baseline is what it belongs to.
func (p *BaselinePeriod) Baseline() *Baseline {
	return maybe(p.v, state.Baselines.Get(p.v, p.row.BaselineID), newBaseline)
}

// Amount is the budget of the work planned for the month.
func (p *BaselinePeriod) Amount() *Amount {
	currency := ""
	if b := state.Baselines.Get(p.v, p.row.BaselineID); b != nil && b.Currency != nil {
		currency = *b.Currency
	}
	return p.v.money(state.BaselinePeriods.Key(p.v, p.row), p.row.Amount, currency)
}

var periodOrder = orderOf(state.BaselinePeriods, "baseline_id", "period")

func (b *Baseline) periods() state.Rows {
	return state.BaselinePeriods.Of(b.v, b.row.ProjectID).With(b.row.ID)
}

// Spread is a page of its money by months.
func (b *Baseline) Spread(first *int32, after *string, last *int32, before *string) (*BaselinePeriodConnection, error) {
	return connectFacts[BaselinePeriodConnection](b.v, b.periods().All(), periodOrder, Page{first, after, last, before}, newBaselinePeriod)
}

var periodAmount = state.BaselinePeriods.Col("amount")

// Bac is the budget at completion: the sum of the spread.
func (b *Baseline) Bac() *Amount {
	sees := state.Baselines.Key(b.v, b.row).Sees(vocab.ClassMoney)
	if b.Currency == nil {
		return amount(exact.Int{}, false, sees, "")
	}
	sum, some := exact.Int{}, false
	for x := range b.periods().All() {
		if n, ok := x.Int(periodAmount); ok {
			sum, some = sum.Add(exact.IntOf(n)), true
		}
	}
	return amount(sum, some, sees, *b.Currency)
}

// BaselinePeriodEdge is an item of a page of a spread.
type BaselinePeriodEdge struct{ Edge[*BaselinePeriod] }

// BaselinePeriodConnection is a page of a spread.
type BaselinePeriodConnection struct {
	Connection[state.Fact, *BaselinePeriod, BaselinePeriodEdge]
}
