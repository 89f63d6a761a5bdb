package decide

import (
	"pmograph/ent"
	"pmograph/internal/calc/money"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// byMonth lists the facts that are money of a month, by their columns.
var byMonth = map[*state.Desc]struct {
	period   state.Col
	currency *state.Col
	budgeted *state.Col // an amount that is planned or approved
}{
	state.CostEntries.Desc():     {costPeriod, &costCurrency, nil},
	state.BudgetLines.Desc():     {budgetPeriod, &budgetCurrency, &budgetAmount},
	state.BaselinePeriods.Desc(): {periodMonth, nil, &periodAmount},
}

// moneyOfMonths: a month is named by its first day; a currency is known to ISO 4217; what is planned or approved is not negative. What was
// spent may be: credits are.
func moneyOfMonths(_ *state.Draft, c *state.Change) error {
	is, ok := byMonth[c.Table]
	if !ok {
		return nil
	}
	first, known := map[vocab.Date]bool{}, map[int64]bool{}
	for x := range c.Put().All() {
		if day := x.Day(is.period); !first[day] {
			if monthOf(day) != day {
				return fault.At("period", "NO_MONTH", "%s is not the first day of a month", day)
			}
			first[day] = true
		}
		if is.currency != nil && !known[x.Val(*is.currency)] {
			if err := knownCurrency(is.currency.Word(x.Val(*is.currency))); err != nil {
				return err
			}
			known[x.Val(*is.currency)] = true
		}
		if is.budgeted != nil && x.Val(*is.budgeted) < 0 {
			return negative()
		}
	}
	return nil
}

func negative() error { return fault.At("amount", "INVALID", "a budget is not below zero") }

// knownCurrency refuses what is no currency.
func knownCurrency(code string) error {
	if _, err := money.Digits(code); err != nil {
		return fault.At("currency", "UNKNOWN_CURRENCY", "%q is no currency of ISO 4217", code)
	}
	return nil
}

// spreadPlace: a spread is of a baseline of its project, which says in which currency it is.
func spreadPlace(d *state.Draft, c *state.Change) error {
	if c.Table != state.BaselinePeriods.Desc() {
		return nil
	}
	_, project := c.Owner()
	for id := range baselinesOf(c.Put()) {
		b := state.Baselines.Get(state.All(d), id)
		if b == nil || b.ProjectID != project {
			return fault.At("baseline_id", "OTHER_PROJECT", "the baseline belongs to another project")
		}
		if b.Currency == nil {
			return fault.At("baseline_id", "INCOMPLETE", "a baseline with a spread has a currency")
		}
	}
	return nil
}

// spreadCurrency: a baseline keeps a currency as long as it has a spread.
var spreadCurrency = on(state.Baselines, func(d *state.Draft, _, b *ent.Baseline) error {
	if b.Currency == nil && state.BaselinePeriods.Of(state.All(d), b.ProjectID).With(b.ID).Len() > 0 {
		return fault.At("currency", "IN_USE", "a baseline with a spread has a currency")
	}
	return nil
})

// spreadFixed: the spread of an approved baseline neither changes nor comes nor goes, but with the whole project, or by an import. An import
// reaches baselines by its own source and their keys there, so that it can only correct its own.
func spreadFixed(d *state.Draft, c *state.Change) error {
	if c.Table != state.BaselinePeriods.Desc() {
		return nil
	}
	_, project := c.Owner()
	for _, side := range []state.Rows{c.Gone(), c.Put()} {
		for id := range baselinesOf(side) {
			b := wasBaseline(d, id)
			if b == nil || b.State == vocab.BaselineStateDraft || importsOwn(d, b.ExternalSource, b.ExternalSource) {
				continue
			}
			if state.Projects.Get(state.All(d), project) != nil {
				return fixed("the spread of an approved baseline does not change; make a new baseline")
			}
		}
	}
	return nil
}

// baselinesOf gives the baselines that periods are of.
func baselinesOf(rows state.Rows) map[int64]bool {
	ids := map[int64]bool{}
	for x := range rows.All() {
		ids[x.Val(periodBaseline)] = true
	}
	return ids
}
