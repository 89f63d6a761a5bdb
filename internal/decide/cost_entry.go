package decide

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// CostsRecordInput records costs of one or many projects.
type CostsRecordInput struct {
	Call
	Entries []CostEntryInput
}

// CostEntryInput is what a project costs in a month, by kind of cost and currency. An entry of the same four on record is changed: an
// amount that is not given stays, null clears it.
type CostEntryInput struct {
	ProjectID                            string
	Category                             string      // identifier or code
	Currency                             *string     // nil: the project's
	Period                               vocab.Date  // any day of the month
	Planned, Actual, Committed, Forecast GivenAmount `json:",omitzero"`
}

// GivenAmount is an amount that an input may leave out, which is not the same as null.
type GivenAmount struct {
	Given bool
	Text  string // a decimal in major units; empty is null
}

// MarshalGQL writes the decimal, or null.
func (a GivenAmount) MarshalGQL(w io.Writer) {
	text := "null"
	if a.Text != "" {
		text = strconv.Quote(a.Text)
	}
	_, _ = io.WriteString(w, text)
}

// UnmarshalGQL reads an amount that is given.
func (a *GivenAmount) UnmarshalGQL(src any) error {
	switch x := src.(type) {
	case nil:
		*a = GivenAmount{Given: true}
	case string, json.Number, int64, int:
		*a = GivenAmount{true, fmt.Sprint(x)}
	default:
		return fmt.Errorf("a Decimal is a string such as \"12.50\", not %T", src)
	}
	return nil
}

// CostsDeleteInput removes cost entries.
type CostsDeleteInput struct {
	Call
	IDs []string
}

// The columns of cost entries.
var (
	costCategory = state.CostEntries.Col("cost_category_id")
	costCurrency = state.CostEntries.Col("currency")
	costPeriod   = state.CostEntries.Col("period")
	costAmounts  = [...]state.Col{state.CostEntries.Col("planned"), state.CostEntries.Col("actual"), state.CostEntries.Col("committed"), state.CostEntries.Col("forecast")}
	amountNames  = [...]string{"planned", "actual", "committed", "forecast"}
)

func (e *CostEntryInput) amounts() [len(costAmounts)]GivenAmount {
	return [...]GivenAmount{e.Planned, e.Actual, e.Committed, e.Forecast}
}

// CostsRecord records costs, all or none.
func CostsRecord(in CostsRecordInput) state.Decision {
	return decision("costsRecord", in, func(w *work) error {
		return w.facts(state.CostEntries.Desc(), inList("entries")).costs(in.Entries)
	})
}

func (l *factList) costs(entries []CostEntryInput) error {
	for n := range entries {
		l.cost(n, &entries[n])
	}
	return l.put()
}

func (l *factList) cost(n int, e *CostEntryInput) {
	project := l.find(n, state.Projects.Desc(), "project_id", e.ProjectID)
	category := l.find(n, state.CostCategories.Desc(), "cost_category_id", e.Category)
	if project == 0 || category == 0 {
		return
	}
	currency, code, ok := l.currency(n, e.Currency, project)
	if !ok {
		return
	}
	given := e.amounts()
	var keeps []int
	period := l.month(e.Period)
	l.add(n, project)
	l.batch.Set(costCategory, category)
	l.batch.Set(costCurrency, code)
	l.batch.Set(costPeriod, period)
	for i, a := range given {
		switch {
		case !a.Given:
			keeps = append(keeps, i)
		case a.Text != "":
			if minor, ok := l.amount(n, amountNames[i], a.Text, currency); ok {
				l.batch.Set(costAmounts[i], minor)
			}
		}
	}
	if len(keeps) == len(given) {
		l.note(n, fault.At("actual", "REQUIRED", "give at least one of planned, actual, committed and forecast"))
	}
	if len(keeps) == 0 {
		return
	}
	for had := range state.CostEntries.Of(l.w.d, project).With(category, code, period).All() {
		for _, i := range keeps {
			if minor, ok := had.Int(costAmounts[i]); ok {
				l.batch.Set(costAmounts[i], minor)
			}
		}
	}
}

// CostsDelete removes cost entries, all or none.
func CostsDelete(in CostsDeleteInput) state.Decision {
	return decision("costsDelete", in, func(w *work) error { return removeFacts(w, state.CostEntries, in.IDs) })
}

// removeFacts removes the facts that some identifiers name.
func removeFacts[T any](w *work, t *state.Facts[T], ids []string) error {
	numbers := make([]int64, len(ids))
	for n, id := range ids {
		numbers[n] = w.find(t.Desc(), fmt.Sprint("ids.", n), id)
	}
	if err := w.wrong(); err != nil {
		return err
	}
	return t.Delete(w.d, numbers...)
}
