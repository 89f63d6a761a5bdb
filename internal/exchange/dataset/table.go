package dataset

import (
	"iter"

	"pmograph/internal/vocab"
)

// The columns that a table of an analysis has beside those of its answer.
const (
	rowColumn    = "Row"
	othersColumn = "Others"
)

// tableRow is a row of an analysis as a dataset.
type tableRow struct {
	n      int
	others bool
	AnswerRow
}

// Table is an analysis as a dataset of its own: a row for each group that is shown, then, if asked for, one for all others. It is asked as others are, by
// queries; its rows are worked out once for a view. Its errors are those of Run.
func (a Analysis) Table(v *View, name, title string) (*Dataset, error) {
	x, err := a.ready(CatalogueOf(v))
	if err != nil {
		return nil, err
	}
	d := &Dataset{Name: name, Singular: name + "Row", Title: title, Description: x.d.Description, Facts: true, Key: []string{rowColumn}, Order: []string{rowColumn}}
	d.Columns = []Column{col(rowColumn, Int, "Place among the rows, 1 first.", func(_ *View, r *tableRow) Value { return OfInt(r.n) }).key()}
	for i, c := range x.columns {
		d.Columns = append(d.Columns, c.tabled(i))
	}
	if a.Others && a.Top > 0 {
		d.Columns = append(d.Columns, col(othersColumn, Bool, "Whether the row is of all groups together that have none of their own.", func(_ *View, r *tableRow) Value { return OfBool(r.others) }))
	}
	key := a.JSON()
	d.source.rows = func(v *View, in hint) iter.Seq[any] { return a.tableRows(v, key, in) }
	return d, nil
}

// tabled is a column of an answer as one of a dataset.
func (c AnswerColumn) tabled(at int) Column {
	out := col(c.Name, c.Kind, c.Description, func(_ *View, r *tableRow) Value { return r.Values[at] }).nullable()
	out.Scale, out.Unit, out.Class, out.Currency, out.Words, out.Refers = c.Scale, c.Unit, c.Class, c.CurrencyColumn, c.Words, c.Refers
	switch {
	case c.Part == vocab.AnswerPartGroup:
		out.Role = Dimension
	case c.Part == vocab.AnswerPartCurrency:
		out.Role = Attribute
	case c.Additivity == Additive:
		out.Role = Amount
	default:
		out.Role = Level
	}
	return out
}

type tableKey string

// tableRows hands out an answer's rows.
func (a Analysis) tableRows(v *View, key string, in hint) iter.Seq[any] {
	rows := once(v, tableKey(key), func() []*tableRow {
		answer, err := a.Run(v)
		if err != nil {
			panic(err)
		}
		var rows []*tableRow
		for _, r := range answer.Rows {
			rows = append(rows, &tableRow{len(rows) + 1, false, r})
		}
		if answer.Others != nil {
			rows = append(rows, &tableRow{len(rows) + 1, true, *answer.Others})
		}
		return rows
	})
	return func(yield func(any) bool) {
		for _, r := range rows {
			if (len(in.after) == 0 || int64(r.n) >= in.after[0].Int) && !yield(r) {
				return
			}
		}
	}
}

// Plan is an analysis as a table, made ready for exports.
func (a Analysis) Plan(v *View) (*Plan, error) {
	d, err := a.Table(v, a.Dataset, a.Dataset)
	if err != nil {
		return nil, err
	}
	return Query{Of: d}.Plan()
}
