package dataset

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pmograph/internal/vocab"
)

// asked is an analysis made ready for a catalogue.
type asked struct {
	Analysis
	d       *Dataset
	rows    *relation // that columns are compiled for
	by      []Named
	at      []int // which of by are of the dataset's time, and so lie elsewhere in an earlier period
	aggs    []Agg // of each measure: its value, how much of it is withheld, its currency; at last the number of rows
	values  []measuredAt
	filter  Expr
	guarded []Agg // how much is withheld of the columns that the filter asks
	columns []AnswerColumn
	orders  []int // place in columns of what rows are ordered by
	earlier period
}

// measuredAt says where among the aggregations the parts of a measure are.
type measuredAt struct {
	value, withheld int
	currency        int // -1: it has none of its own
	compares        bool
}

// AnswerColumn is a column of an answer.
type AnswerColumn struct {
	Name           string
	Description    string // empty if the dataset has none for it
	Part           vocab.AnswerPart
	Of             string // the measure that it tells something of; itself for a measure; empty for a group
	Kind           Kind
	Scale          int8 // of a Decimal: digits behind the point, or Varies
	Unit           vocab.Unit
	Class          vocab.Class
	Additivity     Additivity   // of a measure; empty if the catalogue does not say
	Currency       string       // of MONEY in the organisation's currency; empty for other units and where rows differ
	CurrencyColumn string       // column of the answer with the currency; empty if there is none
	Words          []string     // a closed list's; nil if it is open
	Refers         string       // of an ID: the dataset whose rows it names
	Bucket         vocab.Bucket // that days were put together by
}

var nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,99}$`)

// ready types an analysis.
func (a Analysis) ready(c *Catalogue) (*asked, error) {
	d, err := c.Named(a.Dataset)
	if err != nil {
		return nil, err
	}
	x, w := &asked{Analysis: a, d: d, rows: rowsOf(d, nil, &meter{})}, &checks{}
	w.most("groupBy", len(a.GroupBy), MaxGroupings)
	w.most("measures", len(a.Measures), MaxMeasured)
	w.most("order", len(a.Order), MaxOrderings)
	if len(a.Measures) == 0 {
		w.at("measures", "REQUIRED", "say what is measured")
	}
	if a.Top < 0 || a.Top > MaxAnswerRows {
		w.at("top", "OUT_OF_RANGE", "at least 1 and at most %d, not %d", MaxAnswerRows, a.Top)
	}
	if err := w.err(); err != nil {
		return nil, err
	}
	for i, g := range a.GroupBy {
		x.group(w, i, g)
	}
	for i, m := range a.Measures {
		x.measure(w, i, m)
	}
	x.aggs = append(x.aggs, Agg{Name: "rows", Op: CountAll})
	x.where(w)
	x.period(w)
	x.names(w)
	x.order(w)
	return x, w.err()
}

func pathOfColumn(column string) Path { return strings.Split(column, "/") }

// column types a column, or a path to one.
func (x *asked) column(w *checks, at, column string) (t typed, ok bool) {
	if column == "" {
		w.at(at, "REQUIRED", "name a column of %s", x.d.Name)
		return t, false
	}
	t, err := x.rows.compile(pathOfColumn(column))
	w.add(at, err)
	return t, err == nil
}

func (x *asked) group(w *checks, i int, g Grouping) {
	t, ok := x.column(w, nth("groupBy", i, "column"), g.Column)
	if !ok || !word(w, nth("groupBy", i, "bucket"), g.Bucket, true) {
		return
	}
	if g.Bucket != "" && !isTime(t.Kind) {
		w.at(nth("groupBy", i, "bucket"), "NOT_ALLOWED", "%s is no day", g.Column)
		return
	}
	e, name := Expr(pathOfColumn(g.Column)), strings.ReplaceAll(g.Column, "/", "_")
	if g.Bucket != "" {
		e, name = bucketOf(dayOf(e, t.Kind), g.Bucket), name+"_"+string(g.Bucket)
		t.Kind = Date
	}
	if g.Column == x.d.Time {
		x.at = append(x.at, i)
	}
	x.by = append(x.by, Named{"by" + strconv.Itoa(i), e})
	name = cmp.Or(g.As, name)
	x.columns = append(x.columns, AnswerColumn{
		Name: name, Description: t.Description, Part: vocab.AnswerPartGroup, Kind: t.Kind, Scale: t.Scale, Unit: t.Unit, Class: t.Class,
		Words: t.Words, Refers: t.Refers, Bucket: g.Bucket,
	})
}

// dayOf is the day of a day or an instant.
func dayOf(e Expr, k Kind) Expr {
	if k == Instant {
		return Op("date", e)
	}
	return e
}

func bucketOf(e Expr, b vocab.Bucket) Expr { return Op("bucket", e, Lit{OfText(b)}) }

var aggOps = map[vocab.Aggregation]AggOp{
	vocab.AggregationSum: Sum, vocab.AggregationMin: Min, vocab.AggregationMax: Max, vocab.AggregationAverage: Average,
	vocab.AggregationCount: CountAll, vocab.AggregationCountDistinct: CountDistinct,
}

func (x *asked) measure(w *checks, i int, m Measured) {
	at, a, name := nth("measures", i, "measure"), Agg{Measure: m.Measure}, m.Measure
	switch {
	case m.Measure != "" && (m.Op != "" || m.Column != ""):
		w.at(at, "AMBIGUOUS", "give a measure, or op and column")
		return
	case m.Measure == "":
		if at = nth("measures", i, "op"); m.Op == "" {
			w.at(at, "REQUIRED", "give a measure, or op and column")
			return
		}
		if !word(w, at, m.Op, false) {
			return
		}
		if a.Op, name = aggOps[m.Op], string(m.Op); m.Op != vocab.AggregationCount || m.Column != "" {
			at = nth("measures", i, "column")
			if _, ok := x.column(w, at, m.Column); !ok {
				return
			}
			a.Of, name = pathOfColumn(m.Column), strings.ReplaceAll(m.Column, "/", "_")+"_"+string(m.Op)
		}
	}
	if a.Op == CountAll && a.Of != nil { // rows that have a value
		a.Cond, a.Of = Op("ne", a.Of, Lit{None}), nil
	}
	ready, err := x.rows.aggregation(a)
	if err != nil {
		w.add(at, err)
		return
	}
	x.measured(cmp.Or(m.As, name), a, ready)
}

// measured adds a measure, and what belongs to it.
func (x *asked) measured(name string, a Agg, ready aggregation) {
	c := AnswerColumn{Name: name, Description: ready.out.Description, Part: vocab.AnswerPartMeasure, Of: name, Kind: ready.out.Kind, Scale: ready.out.Scale, Unit: ready.out.Unit, Class: ready.out.Class, Words: ready.out.Words, Refers: ready.out.Refers}
	at := measuredAt{currency: -1, compares: isNumber(c.Kind)}
	add := func(a Agg) int {
		a.Name = "agg" + strconv.Itoa(len(x.aggs))
		x.aggs = append(x.aggs, a)
		return len(x.aggs) - 1
	}
	at.value = add(a)
	hidden := Agg{Measure: a.Measure, Of: a.Of, Op: Withheld}
	if a.Measure == "" && a.Of == nil {
		hidden = Agg{Op: CountAll, Cond: Lit{OfBool(false)}}
	}
	at.withheld = add(hidden)
	money, has := x.currencyOf(a)
	if m, ok := x.d.Measure(a.Measure); ok {
		c.Additivity = m.Additivity
	}
	if has {
		if i := slices.IndexFunc(x.GroupBy, func(g Grouping) bool { return g.Column == money.column && g.Bucket == "" }); i >= 0 && i < len(x.columns) {
			c.CurrencyColumn = x.columns[i].Name
		} else {
			c.CurrencyColumn = name + "_" + string(vocab.AnswerPartCurrency)
		}
		at.currency = add(Agg{Op: Min, Of: pathOfColumn(money.column), Cond: Op("ne", money.amount, Lit{None})})
	}
	x.values, x.columns = append(x.values, at), append(x.columns, c)
	if has && c.CurrencyColumn == name+"_"+string(vocab.AnswerPartCurrency) {
		x.columns = append(x.columns, AnswerColumn{Name: c.CurrencyColumn, Description: "ISO 4217 code of " + name + "; null where that is.", Part: vocab.AnswerPartCurrency, Of: name, Kind: Text})
	}
	if x.Compare != "" {
		x.comparing(c, at)
	}
}

// comparing adds the columns of a comparison.
func (x *asked) comparing(c AnswerColumn, at measuredAt) {
	c.Description, c.Additivity = "", ""
	name := c.Name
	for _, part := range []vocab.AnswerPart{vocab.AnswerPartEarlier, vocab.AnswerPartChange, vocab.AnswerPartRelativeChange} {
		c.Part, c.Name = part, name+"_"+string(part)
		if part == vocab.AnswerPartRelativeChange {
			c.Kind, c.Scale, c.Unit, c.CurrencyColumn = Decimal, quotientDigits, vocab.UnitRatio, ""
		}
		if part == vocab.AnswerPartEarlier || at.compares {
			x.columns = append(x.columns, c)
		}
	}
}

// amountIn is an amount and the column that says its currency.
type amountIn struct {
	amount Expr
	column string
}

// currencyOf finds in which currency an aggregation is, if its rows say so.
func (x *asked) currencyOf(a Agg) (amountIn, bool) {
	if m, ok := x.d.Measure(a.Measure); ok {
		if m.Currency == "" || len(m.parts) == 0 {
			return amountIn{}, false
		}
		return amountIn{Col(m.parts[0].column), m.Currency}, true
	}
	if a.Of == nil || a.Op == CountDistinct {
		return amountIn{}, false
	}
	t, err := x.rows.compile(a.Of)
	return amountIn{a.Of, t.Currency}, err == nil && t.Currency != ""
}

// names looks whether the columns of the answer can be told apart.
func (x *asked) names(w *checks) {
	seen := map[string]bool{rowColumn: true, othersColumn: true}
	for _, c := range x.columns {
		switch {
		case !nameForm.MatchString(c.Name):
			w.at("as", "INVALID", "a name has letters of English, digits and _, begins with no digit, and is at most 100 long; %.60q is none", c.Name)
		case seen[c.Name]:
			w.at("as", "TWICE", "another column of the answer is named %s: give one another name by as", c.Name)
		}
		seen[c.Name] = true
	}
}

func (x *asked) order(w *checks) {
	for i, o := range x.Order {
		at := slices.IndexFunc(x.columns, func(c AnswerColumn) bool { return c.Name == o.By })
		if at < 0 {
			w.at(nth("order", i, "by"), "UNKNOWN_COLUMN", "the answer has no column %.100q", o.By)
		}
		x.orders = append(x.orders, at)
	}
	if len(x.Order) == 0 && x.Top > 0 {
		x.Order = []Ordering{{Descending: true}}
		x.orders = []int{slices.IndexFunc(x.columns, func(c AnswerColumn) bool { return c.Part == vocab.AnswerPartMeasure })}
	}
}
