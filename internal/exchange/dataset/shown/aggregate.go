package shown

import (
	"sync"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Aggregate is an analysis in a view, and what it comes to: that is worked out when the first of it is asked for.
type Aggregate struct {
	v       *dataset.View
	a       dataset.Analysis
	columns []dataset.AnswerColumn
	once    sync.Once
	answer  *dataset.Answer
	err     error
}

// Asked is an analysis made ready in a view. Errors name fields of the analysis below a path.
func Asked(v *state.View, a dataset.Analysis, path string) (*Aggregate, error) {
	x := &Aggregate{v: dataset.NewView(v), a: a}
	columns, err := a.Columns(x.v)
	if err != nil {
		return nil, fault.Within(path, err)
	}
	x.columns = columns
	return x, nil
}

// Saved is the answer to an analysis as it is kept, in another period if one is given.
func Saved(v *state.View, text string, from, to *vocab.Date) (*Aggregate, error) {
	a, err := dataset.ParseAnalysis([]byte(text))
	if err != nil {
		return nil, err
	}
	if from != nil {
		a.From = from
	}
	if to != nil {
		a.To = to
	}
	return Asked(v, a, "analysis")
}

// run works the answer out, once.
func (x *Aggregate) run() (*dataset.Answer, error) {
	x.once.Do(func() { x.answer, x.err = x.a.Run(x.v) })
	return x.answer, x.err
}

// AggregateColumn is a column of an answer.
type AggregateColumn struct {
	Name           string
	Description    *string
	Part           vocab.AnswerPart
	Of             *string
	Kind           vocab.ValueKind
	Scale          *int
	Unit           *vocab.Unit
	Currency       *string
	CurrencyColumn *string
	Class          vocab.ColumnClass
	Additivity     *vocab.Additivity
	Bucket         *vocab.Bucket
	Refers         *string
}

// Columns are those of each row.
func (x *Aggregate) Columns() []AggregateColumn {
	list := []AggregateColumn{}
	for _, c := range x.columns {
		list = append(list, AggregateColumn{
			c.Name, optional(c.Description), c.Part, optional(c.Of), kindOf(c.Kind), scaleOf(c.Kind, c.Scale), optional(c.Unit),
			optional(c.Currency), optional(c.CurrencyColumn), classOf(c.Class), optional(vocab.Additivity(c.Additivity)), optional(c.Bucket), optional(c.Refers),
		})
	}
	return list
}

// Groups is how many there are, shown or not.
func (x *Aggregate) Groups() (int, error) {
	answer, err := x.run()
	if err != nil {
		return 0, err
	}
	return answer.Groups, nil
}

// MaxRows is how many rows are shown at once, at most.
const MaxRows = 1000

// Rows shows a part of the groups.
func (x *Aggregate) Rows(first, skip int) ([]*AggregateRow, error) {
	if _, err := partOf[dataset.AnswerRow](nil, first, skip, MaxRows); err != nil {
		return nil, err
	}
	answer, err := x.run()
	if err != nil {
		return nil, err
	}
	part, _ := partOf(answer.Rows, first, skip, MaxRows)
	list := make([]*AggregateRow, len(part))
	for i := range part {
		list[i] = &AggregateRow{&part[i], x.columns}
	}
	return list, nil
}

// Others is what the groups that are not shown come to.
func (x *Aggregate) Others() (*AggregateRow, error) {
	answer, err := x.run()
	if err != nil || answer.Others == nil {
		return nil, err
	}
	return &AggregateRow{answer.Others, x.columns}, nil
}

// Totals is what all rows come to.
func (x *Aggregate) Totals() (*AggregateRow, error) {
	answer, err := x.run()
	if err != nil || answer.Totals == nil {
		return nil, err
	}
	return &AggregateRow{answer.Totals, x.columns}, nil
}

// EarlierFrom is the first day of the earlier period.
func (x *Aggregate) EarlierFrom() *vocab.Date { from, _ := x.a.Earlier(); return from }

// EarlierTo is the last day of the earlier period.
func (x *Aggregate) EarlierTo() *vocab.Date { _, to := x.a.Earlier(); return to }

// AggregateCoverage is what an answer was made of.
type AggregateCoverage struct{ Rows, Withheld, Undecided int }

// Coverage is what the answer was made of.
func (x *Aggregate) Coverage() (*AggregateCoverage, error) {
	answer, err := x.run()
	if err != nil {
		return nil, err
	}
	c := answer.Coverage
	return &AggregateCoverage{int(c.Rows), int(c.Withheld), int(c.Undecided)}, nil
}

// AggregatePrice is what an answer costs.
type AggregatePrice struct{ Looked, Shown, Points read.Long }

// Price is what working the answer out costs.
func (x *Aggregate) Price() (*AggregatePrice, error) {
	p, err := x.a.Price(x.v)
	if err != nil {
		return nil, err
	}
	return &AggregatePrice{read.Long(p.Looked), read.Long(p.Shown), read.Long(p.Points)}, nil
}

// Position is the position the answer is true at.
func (x *Aggregate) Position() read.Position { return read.Position(x.v.Position()) }

// Day is the organisation's day of the answer.
func (x *Aggregate) Day() vocab.Date { return x.v.Day() }

// AggregateRow is one group, or what several come to.
type AggregateRow struct {
	row     *dataset.AnswerRow
	columns []dataset.AnswerColumn
}

// Values are those of the row, by column.
func (r *AggregateRow) Values() []Value {
	list := make([]Value, len(r.row.Values))
	for i, v := range r.row.Values {
		list[i] = Value{v}
	}
	return list
}

// AggregateNull is why a value is missing.
type AggregateNull struct {
	Column string
	Reason vocab.NullReason
}

// Nulls says why values are missing.
func (r *AggregateRow) Nulls() []AggregateNull {
	list := []AggregateNull{}
	for i, v := range r.row.Values {
		if v.IsNull() && v.Why != dataset.Absent {
			list = append(list, AggregateNull{r.columns[i].Name, vocab.NullReason(v.Why.String())})
		}
	}
	return list
}

// Rows is how many rows of the dataset it is made of.
func (r *AggregateRow) Rows() int { return int(r.row.Rows) }

// Withheld is how many of them have a value that the viewer may not see.
func (r *AggregateRow) Withheld() int { return int(r.row.Withheld) }
