package dataset

import (
	"pmograph/ent"
	"pmograph/internal/state"
)

// inProject is a fact of a project.
type inProject = fact[ent.Project]

var (
	projectOf = col("ProjectId", ID, "Project it belongs to.", func(_ *View, x *inProject) Value { return OfID(state.Projects.Desc(), x.owner.ID) }).dimension().refers("Projects")

	costCategory, costCurrency, costPeriod = state.CostEntries.Col("cost_category_id"), state.CostEntries.Col("currency"), state.CostEntries.Col("period")

	costAmounts = []Column{
		factMoney[ent.Project]("Planned", "Currency", state.CostEntries.Col("planned"), costCurrency, "Planned amount; null if none was planned."),
		factMoney[ent.Project]("Actual", "Currency", state.CostEntries.Col("actual"), costCurrency, "Booked amount; null before anything is booked."),
		factMoney[ent.Project]("Committed", "Currency", state.CostEntries.Col("committed"), costCurrency, "Ordered and not yet invoiced; null if nothing is."),
		factMoney[ent.Project]("ToComplete", "Currency", state.CostEntries.Col("forecast"), costCurrency, "Still expected to be spent beside what is booked and committed: the estimate to complete; null if there is none."),
	}

	_ = declare(Dataset{
		Name: "CostEntries", Singular: "CostEntry", Title: "Costs", Facts: true, Key: []string{"Id"}, Order: []string{"ProjectId", "CategoryId", "Currency", "Period"}, Time: "Period", Entity: state.CostEntries.Desc(),
		Description: "What projects cost: one row for each project, kind of cost, currency and month in which the work is done.",
		Columns: append([]Column{
			factID[ent.Project](state.CostEntries.Desc(), "the entry"),
			factVersion[ent.Project](),
			projectOf,
			col("CategoryId", ID, "Kind of cost.", func(v *View, x *inProject) Value { return categoryOf(v, x.Val(costCategory)) }).dimension().refers("CostCategories"),
			factWord[ent.Project]("Currency", costCurrency, "ISO 4217 code of the amounts."),
			factDay[ent.Project]("Period", costPeriod, "First day of the month the work is done in."),
		}, withReporting(costAmounts...)...),
		Measures: append(append(sums(costAmounts...), together("TotalForecast", "What it is going to cost: actual, committed and still to be spent.", costAmounts[1:])...), counted("Entries", "cost entries")),
		source: rowsOfFacts(state.CostEntries, state.Projects, "ProjectId", []keyPart{keyID(costCategory), keyWord(costCurrency), keyDay(costPeriod)}).
			keeping(summingOf("cost entries", state.CostEntries, []keyPart{keyID(costCategory), keyWord(costCurrency), keyDay(costPeriod)}, []string{"CategoryId", "Currency", "Period"}, "planned", "actual", "committed", "forecast")),
	})
)
