package dataset

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var (
	budgetCategory, budgetReserve = state.BudgetLines.Col("cost_category_id"), state.BudgetLines.Col("reserve_kind")
	budgetCurrency, budgetPeriod  = state.BudgetLines.Col("currency"), state.BudgetLines.Col("period")

	budgetAmountCol = state.BudgetLines.Col("amount")
	budgetAmount    = factMoney[ent.Project]("Amount", "Currency", budgetAmountCol, budgetCurrency, "Approved amount, whatever it is for.")

	budgetAmounts = []Column{
		budgetAmount,
		budgetAmount.only("Budget", "Approved amount that counts as the project's budget: all but management reserve. Null for management reserve.", func(_ *View, row any) bool { return !isReserve(row, vocab.ReserveKindManagement) }),
		budgetAmount.only("Contingency", "Approved amount that is a contingency reserve, which is part of the budget. Null for others.", func(_ *View, row any) bool { return isReserve(row, vocab.ReserveKindContingency) }),
		budgetAmount.only("ManagementReserve", "Approved amount that is a management reserve, which lies beside the budget. Null for others.", func(_ *View, row any) bool { return isReserve(row, vocab.ReserveKindManagement) }),
	}

	_ = declare(Dataset{
		Name: "BudgetLines", Singular: "BudgetLine", Title: "Budgets", Facts: true, Key: []string{"Id"}, Order: []string{"ProjectId", "CategoryId", "ReserveKind", "Currency", "Period"}, Time: "Period", Entity: state.BudgetLines.Desc(),
		Description: "Money approved for projects: one row for each project, kind of cost, kind of reserve, currency and month.",
		Columns: append([]Column{
			factID[ent.Project](state.BudgetLines.Desc(), "the line"),
			factVersion[ent.Project](),
			projectOf,
			factRef[ent.Project]("CategoryId", state.CostCategories, "CostCategories", "Kind of cost.", budgetCategory),
			factWord[ent.Project]("ReserveKind", budgetReserve, "Whether the money is a reserve, and which.").words(vocab.ReserveKind("").Values()),
			factWord[ent.Project]("Currency", budgetCurrency, "ISO 4217 code of the amounts."),
			factDay[ent.Project]("Period", budgetPeriod, "First day of the month the money is approved for."),
		}, withReporting(budgetAmounts...)...),
		Measures: append(sums(budgetAmounts...), counted("Lines", "budget lines")),
		source:   rowsOfFacts(state.BudgetLines, state.Projects, "ProjectId", []keyPart{keyID(budgetCategory), keyWord(budgetReserve), keyWord(budgetCurrency), keyDay(budgetPeriod)}),
	})
)

func isReserve(row any, kind vocab.ReserveKind) bool {
	return vocab.ReserveKind(budgetReserve.Word(row.(*inProject).Val(budgetReserve))) == kind
}

var (
	spreadBaseline, spreadPeriod = state.BaselinePeriods.Col("baseline_id"), state.BaselinePeriods.Col("period")
	spreadAmount                 = state.BaselinePeriods.Col("amount")

	_ = declare(Dataset{
		Name: "Baselines", Singular: "Baseline", Title: "Baselines", Key: []string{"Id"}, Time: "ApprovedOn", Entity: state.Baselines.Desc(),
		Description: "Approved plans of projects, and drafts of such.",
		Columns: []Column{
			idOf(state.Baselines, "the baseline"),
			refOf("ProjectId", state.Projects, "Projects", "Project it belongs to.", func(b *ent.Baseline) *int64 { return &b.ProjectID }),
			col("Number", Int, "Number within the project, from 1.", func(_ *View, b *ent.Baseline) Value { return OfInt(b.Number) }).level("", 0),
			wordOf("State", "Where it stands.", func(b *ent.Baseline) vocab.BaselineState { return b.State }),
			dateOf("ApprovedOn", "Day it was approved; null for a draft.", func(b *ent.Baseline) *vocab.Date { return b.ApprovedOn }),
			textOf("Reason", "Why it was made.", func(b *ent.Baseline) string { return b.Reason }).text(),
			col("Currency", Text, "ISO 4217 code of its money; null if it fixes dates only.", func(_ *View, b *ent.Baseline) Value { return OfOptional(b.Currency) }).dimension().nullable(),
			truthOf("InForce", "Whether it is in force on the project's status date, or else the day of the question.", inForce),
			versionOf(state.Baselines),
		},
		Measures: []Measure{counted("Baselines", "baselines")},
		source:   rowsOfTable(state.Baselines, map[string]string{"ProjectId": "project_id"}),
	})

	spreadAmounts = []Column{
		plannedValue,
		plannedValue.only("PlannedValueInForce", "Budget of the work planned for the month, if the baseline is in force; null for other baselines.", func(v *View, row any) bool { return inForceOnly(v, row.(*inProject)) }),
	}

	_ = declare(Dataset{
		Name: "BaselineSpread", Singular: "BaselineMonth", Title: "Planned value by month", Facts: true, Key: []string{"Id"}, Order: []string{"ProjectId", "BaselineId", "Period"}, Time: "Period", Entity: state.BaselinePeriods.Desc(),
		Description: "What baselines plan to be earned: one row for each baseline and month. Amounts of several baselines of a project are several plans of the same work: filter by InForce, or ask for what is in force.",
		Columns: append([]Column{
			factID[ent.Project](state.BaselinePeriods.Desc(), "the month of the plan"),
			factVersion[ent.Project](),
			projectOf,
			factRef[ent.Project]("BaselineId", state.Baselines, "Baselines", "Baseline it belongs to.", spreadBaseline),
			col("Currency", Text, "ISO 4217 code of the baseline's money; null if the baseline is not visible.", func(v *View, x *inProject) Value { return wordOrNone(spreadCurrency(v, x)) }).dimension().nullable(),
			factDay[ent.Project]("Period", spreadPeriod, "First day of the month the work is planned for."),
			col("InForce", Bool, "Whether its baseline is in force on the project's status date, or else the day of the question.", func(v *View, x *inProject) Value { return OfBool(inForceOnly(v, x)) }).dimension(),
		}, withReporting(spreadAmounts...)...),
		Measures: append(sums(spreadAmounts...), counted("Months", "months of plans")),
		source:   ownedBy(rowsOfFacts(state.BaselinePeriods, state.Projects, "ProjectId", []keyPart{keyID(spreadBaseline), keyDay(spreadPeriod)}), "BaselineId", state.Baselines, "ProjectId", state.Projects, func(b *ent.Baseline) int64 { return b.ProjectID }),
	})
)

// plannedValue is the column of what a baseline plans for a month.
var plannedValue = amount("PlannedValue", "Currency", "Budget of the work planned for the month.", spreadCurrency, func(v *View, x *inProject) Value {
	if !x.Sees(vocab.ClassMoney) {
		return Hidden
	}
	n, ok := x.Int(spreadAmount)
	if code := spreadCurrency(v, x); ok && code != "" {
		return ofMinor(n, code)
	}
	return None
})

func inForceOnly(v *View, x *inProject) bool {
	b := baselineOf(v, x)
	return b != nil && inForce(v, b)
}

func baselineOf(v *View, x *inProject) *ent.Baseline {
	return state.Baselines.Get(v, x.Val(spreadBaseline))
}

// spreadCurrency is the currency of the baseline of a month; empty if it is not visible.
func spreadCurrency(v *View, x *inProject) string {
	if b := baselineOf(v, x); b != nil && b.Currency != nil {
		return *b.Currency
	}
	return ""
}

// inForce tells whether a baseline is the one that its project's figures are of.
func inForce(v *View, b *ent.Baseline) bool {
	p, day := dayOfProject(v, b.ProjectID)
	if p == nil {
		return false
	}
	in := once(v, inForceKey{p.ID}, func() *ent.Baseline { return v.Book.Baseline(p, day) })
	return in != nil && in.ID == b.ID
}

type inForceKey struct{ project int64 }
