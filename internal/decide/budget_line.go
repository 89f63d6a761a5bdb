package decide

import (
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// BudgetSetInput approves money for one or many projects.
type BudgetSetInput struct {
	Call
	Lines []BudgetLineInput
}

// BudgetLineInput is money approved for a project in a month, by kind of cost, reserve and currency. A line of the same five on record is
// replaced.
type BudgetLineInput struct {
	ProjectID   string
	Category    string             // identifier or code
	ReserveKind *vocab.ReserveKind // nil: NONE
	Currency    *string            // nil: the project's
	Period      vocab.Date         // any day of the month
	Amount      string
}

// BudgetDeleteInput removes budget lines.
type BudgetDeleteInput struct {
	Call
	IDs []string
}

// The columns of budget lines.
var (
	budgetCategory = state.BudgetLines.Col("cost_category_id")
	budgetReserve  = state.BudgetLines.Col("reserve_kind")
	budgetCurrency = state.BudgetLines.Col("currency")
	budgetPeriod   = state.BudgetLines.Col("period")
	budgetAmount   = state.BudgetLines.Col("amount")
)

// BudgetSet approves money, all lines or none.
func BudgetSet(in BudgetSetInput) state.Decision {
	return decision("budgetSet", in, func(w *work) error {
		return w.facts(state.BudgetLines.Desc(), inList("lines")).budget(in.Lines)
	})
}

func (l *factList) budget(lines []BudgetLineInput) error {
	for n := range lines {
		l.budgetLine(n, &lines[n])
	}
	return l.put()
}

func (l *factList) budgetLine(n int, b *BudgetLineInput) {
	project := l.find(n, state.Projects.Desc(), "project_id", b.ProjectID)
	category := l.find(n, state.CostCategories.Desc(), "cost_category_id", b.Category)
	if project == 0 || category == 0 {
		return
	}
	currency, code, ok := l.currency(n, b.Currency, project)
	if !ok {
		return
	}
	minor, ok := l.budgeted(n, b.Amount, currency)
	if !ok {
		return
	}
	l.add(n, project)
	l.batch.Set(budgetCategory, category)
	l.batch.Set(budgetReserve, budgetReserve.Number(string(or(b.ReserveKind, vocab.ReserveKindNone))))
	l.batch.Set(budgetCurrency, code)
	l.batch.Set(budgetPeriod, l.month(b.Period))
	l.batch.Set(budgetAmount, minor)
}

// BudgetDelete removes budget lines, all or none.
func BudgetDelete(in BudgetDeleteInput) state.Decision {
	return decision("budgetDelete", in, func(w *work) error { return removeFacts(w, state.BudgetLines, in.IDs) })
}
