package dataset

import (
	"slices"

	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

// Answer is what an analysis comes to in a view.
type Answer struct {
	Columns []AnswerColumn
	Rows    []AnswerRow
	Others  *AnswerRow // of the groups that are not shown; nil if not asked for, or if all are shown
	Totals  *AnswerRow // of all rows; nil if not asked for
	Groups  int        // how many there are, shown or not

	Coverage Coverage
}

// AnswerRow is one group; Values are by Answer.Columns, those of groups null in Others and Totals.
type AnswerRow struct {
	Values   []Value
	Rows     int64 // of the dataset that it is made of
	Withheld int64 // of them, whose value for one of the measures the viewer may not see, at the least: what a measure is withheld for
}

// Coverage says what an answer was made of, and what was withheld from it.
type Coverage struct {
	Rows      int64 // that the viewer sees, the filter lets pass and the period holds
	Withheld  int64 // of them, whose value for one of the measures he may not see, at the least
	Undecided int64 // rows of the period whose value for one of the filter's columns he may not see, at the least; the filter takes it for no value
}

// Run answers an analysis from a view. Errors name fields of the analysis, or are COST_EXCEEDED.
func (a Analysis) Run(v *View) (*Answer, error) {
	x, err := a.ready(CatalogueOf(v))
	if err != nil {
		return nil, err
	}
	r := &running{asked: x, v: v, out: &Answer{Columns: x.columnsFor(v)}}
	if err := r.gather(); err != nil {
		return nil, err
	}
	if err := r.show(); err != nil {
		return nil, err
	}
	return r.out, r.coverage()
}

// Columns are those of the answer that an analysis has in a view.
func (a Analysis) Columns(v *View) ([]AnswerColumn, error) {
	x, err := a.ready(CatalogueOf(v))
	if err != nil {
		return nil, err
	}
	return x.columnsFor(v), nil
}

// Earlier gives the first and the last day of the period that an analysis compares with; nil without a comparison.
func (a Analysis) Earlier() (from, to *vocab.Date) {
	back := a.back()
	if back == (period{}) || a.From == nil || a.To == nil {
		return nil, nil
	}
	first, last := back.before(*a.From), a.lastDay(back)
	return &first, &last
}

// columnsFor names the organisation's currency where amounts are in it.
func (x *asked) columnsFor(v *View) []AnswerColumn {
	columns := slices.Clone(x.columns)
	for i := range columns {
		if c := &columns[i]; c.Unit == vocab.UnitMoney && c.CurrencyColumn == "" && c.Part != vocab.AnswerPartGroup {
			c.Currency = v.Book.Currency()
		}
	}
	return columns
}

// running is an analysis on its way.
type running struct {
	*asked
	v    *View
	all  []*both // groups
	none []Value // what the aggregations of no rows come to
	out  *Answer
}

// both is a group in the period asked for, and in the earlier one.
type both struct {
	by           []Value
	now, earlier []Value // by aggs
	row          AnswerRow
}

// pass makes groups of the rows of a period that some steps let pass: each has what it is grouped by, then the aggregations.
func (r *running) pass(back period, by []Named, aggs []Agg, steps ...Step) ([][]Value, error) {
	cond := r.filter
	if aggs == nil {
		aggs = r.aggs
	} else {
		cond = nil
	}
	all := append([]Step{Where{And(r.within(back), cond)}}, steps...)
	p, err := Query{Of: r.d, Steps: append(all, GroupBy{by, aggs})}.Plan()
	if err != nil {
		return nil, err
	}
	rows, _, err := p.All(r.v)
	groups := make([][]Value, len(rows))
	for i := range rows {
		groups[i] = rows[i].Values
	}
	return groups, err
}

// one is the pass that makes one group of all.
func (r *running) one(back period, steps ...Step) ([]Value, error) {
	rows, err := r.pass(back, nil, nil, steps...)
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// gather makes the groups of both periods.
func (r *running) gather() (err error) {
	now, err := r.pass(period{}, r.by, nil)
	if err != nil {
		return err
	}
	if r.none, err = r.one(period{}, Part{}); err != nil {
		return err
	}
	found := map[string]*both{}
	take := func(group []Value) *both {
		by := group[:len(r.by)]
		key := string(appendKeys(nil, by))
		if found[key] == nil {
			found[key] = &both{by: by, now: r.none, earlier: r.none}
			r.all = append(r.all, found[key])
		}
		return found[key]
	}
	for _, g := range now {
		take(g).now = g[len(r.by):]
	}
	if r.Compare == "" {
		return nil
	}
	earlier, err := r.pass(r.earlier, r.grouped(r.earlier), nil)
	for _, g := range earlier {
		take(g).earlier = g[len(r.by):]
	}
	return err
}

// show puts groups in order, and makes rows of those that are shown and of what is left.
func (r *running) show() (err error) {
	for _, g := range r.all {
		g.row = r.row(g)
	}
	slices.SortStableFunc(r.all, r.compare)
	r.out.Groups = len(r.all)
	shown := r.all
	if r.Top > 0 {
		shown = shown[:min(r.Top, len(shown))]
	}
	if len(shown) > MaxAnswerRows {
		return fault.New(fault.CostExceeded, "the answer has %d groups, and at most %d are shown: ask for the top ones, group by less, or narrow the filter", len(shown), MaxAnswerRows)
	}
	for _, g := range shown {
		r.out.Rows = append(r.out.Rows, g.row)
	}
	if r.Others && len(shown) < len(r.all) {
		if r.out.Others, err = r.rest(shown); err != nil {
			return err
		}
	}
	if r.Totals {
		r.out.Totals, err = r.rest(nil)
	}
	return err
}

// rest is the row of all rows that are in none of some groups, asked of the rows themselves.
func (r *running) rest(without []*both) (*AnswerRow, error) {
	groups := make([][]Value, len(without))
	for i, g := range without {
		groups[i] = g.by
	}
	all := func(back period) ([]Value, error) {
		if without == nil {
			return r.one(back)
		}
		return r.one(back, Outside{r.grouped(back), groups})
	}
	g := &both{by: make([]Value, len(r.by))}
	var err error
	if g.now, err = all(period{}); err != nil {
		return nil, err
	}
	if r.Compare != "" {
		if g.earlier, err = all(r.earlier); err != nil {
			return nil, err
		}
	}
	row := r.row(g)
	return &row, nil
}

// row makes the values that are shown of a group.
func (r *running) row(g *both) (row AnswerRow) {
	row.Rows = g.now[len(r.aggs)-1].Int
	values := make([]Value, 0, len(r.columns))
	values = append(values, g.by...)
	for _, m := range r.values {
		row.Withheld = max(row.Withheld, g.now[m.withheld].Int)
		values = append(values, g.now[m.value])
		if m.currency >= 0 && r.columns[len(values)].Part == vocab.AnswerPartCurrency {
			values = append(values, m.currencyOf(g.now))
		}
		if r.Compare == "" {
			continue
		}
		values = append(values, g.earlier[m.value])
		if m.compares {
			change, relative := m.change(g)
			values = append(values, change, relative)
		}
	}
	row.Values = values
	return row
}

// currencyOf is the currency of a value; none where there is no value.
func (m measuredAt) currencyOf(aggs []Value) Value {
	if aggs[m.value].IsNull() {
		return None
	}
	return aggs[m.currency]
}

// change compares a group's measure in both periods: their difference, and that as a share of the earlier.
func (m measuredAt) change(g *both) (change, relative Value) {
	now, earlier := g.now[m.value], g.earlier[m.value]
	for _, x := range []Value{now, earlier} {
		if x.Why == NotVisible && x.IsNull() {
			return Hidden, Hidden
		}
	}
	for _, x := range []Value{now, earlier} {
		if x.IsNull() {
			return Value{Why: x.Why}, Value{Why: x.Why}
		}
	}
	if m.currency >= 0 && !Same(g.now[m.currency], g.earlier[m.currency]) {
		return Value{Why: MixedCurrency}, Value{Why: MixedCurrency}
	}
	difference, base := now.Number().Minus(earlier.Number()), earlier.Number()
	change = OfNumber(difference, max(digitsOf(now), digitsOf(earlier)))
	if whole, ok := difference.Int64(); ok && now.Kind == Int && earlier.Kind == Int {
		change = OfInt(whole)
	}
	switch base.Sign() {
	case 0:
		return change, Value{Why: ZeroDenominator}
	case -1:
		base = base.Neg()
	}
	return change, OfNumber(difference.Over(base), quotientDigits)
}

// compare orders groups: by what was asked, no value last, then by what they are grouped by.
func (r *running) compare(a, b *both) int {
	for i, at := range r.orders {
		x, y := a.row.Values[at], b.row.Values[at]
		if x.IsNull() != y.IsNull() {
			return map[bool]int{true: 1, false: -1}[x.IsNull()]
		}
		if c := compareAny(x, y); c != 0 {
			if r.Order[i].Descending {
				return -c
			}
			return c
		}
	}
	return compareBy(a.by, b.by, nil)
}

// coverage counts what the answer was made of: groups are apart, so what they are made of adds up.
func (r *running) coverage() error {
	c := &r.out.Coverage
	withheld := make([]int64, len(r.values))
	for _, g := range r.all {
		c.Rows += g.now[len(r.aggs)-1].Int
		for i, m := range r.values {
			withheld[i] += g.now[m.withheld].Int
		}
	}
	c.Withheld = slices.Max(withheld)
	if r.guarded == nil {
		return nil
	}
	rows, err := r.pass(period{}, nil, r.guarded)
	if err != nil {
		return err
	}
	for _, n := range rows[0] {
		r.out.Coverage.Undecided = max(r.out.Coverage.Undecided, n.Int)
	}
	return nil
}

// Price is what an analysis costs in a view: known before it runs, and never more than that it takes.
type Price struct {
	Looked int64 // rows that are looked at, each as often as that is done; all of them are rows that the viewer sees
	Shown  int64 // values of the answer at most
	Points int64
}

// What a point is: so many rows looked at, or so many values shown.
const (
	lookedPerPoint = 10_000
	shownPerPoint  = 100
)

// Price tells what an analysis costs before it runs: it counts the rows that it would look at, and looks into none.
func (a Analysis) Price(v *View) (p Price, err error) {
	x, err := a.ready(CatalogueOf(v))
	if err != nil {
		return p, err
	}
	now, earlier := int64(2), int64(0) // groups and coverage
	if a.Compare != "" {
		earlier++
	}
	for _, more := range []bool{a.Others && a.Top > 0, a.Totals} {
		if more {
			now, earlier = now+1, earlier+min(1, earlier)
		}
	}
	p.Looked = now * x.count(v, period{})
	if earlier > 0 {
		p.Looked += earlier * x.count(v, x.earlier)
	}
	if x.guarded != nil {
		p.Looked += x.count(v, period{})
	}
	most := int64(MaxAnswerRows)
	if len(a.GroupBy) == 0 {
		most = 1
	}
	if a.Top > 0 {
		most = min(most, int64(a.Top))
	}
	p.Shown = (most + 2) * int64(len(x.columns))
	p.Points = 1 + p.Looked/lookedPerPoint + p.Shown/shownPerPoint
	return p, nil
}

// count tells how many rows of a period are looked at.
func (x *asked) count(v *View, back period) (n int64) {
	h := hint{}
	x.d.pushed(And(x.within(back), x.filter), &h)
	for range x.d.source.rows(v, h) {
		n++
	}
	return n
}
