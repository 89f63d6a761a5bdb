package dataset

import (
	"cmp"
	"slices"
	"strings"

	"pmograph/internal/vocab"
)

// group makes one row of all that are alike.
func (r *relation) group(g GroupBy) (*relation, error) {
	by, err := r.compileAll(g.By)
	if err != nil {
		return nil, err
	}
	aggs, err := r.aggregations(g.Aggs)
	if err != nil {
		return nil, err
	}
	r = r.overSums(g)
	next := &relation{lim: r.lim}
	for _, t := range by {
		c := t.Column
		c.get, c.Role = nil, Dimension
		if next.has(c.Name) {
			return nil, wrong("TWICE", "rows are grouped by %q twice", c.Name)
		}
		next.made = append(next.made, c)
	}
	for _, a := range aggs {
		if next.has(a.out.Name) {
			return nil, wrong("TAKEN", "there is a column %q already", a.out.Name)
		}
		next.made = append(next.made, a.out)
	}
	next.each = func(v *View, _ hint, yield func(*frame) bool) bool {
		for _, x := range r.groups(v, by, aggs) {
			made := append(make([]Value, 0, len(by)+len(aggs)), x.by...)
			for i := range aggs {
				made = append(made, aggs[i].final(v, x.totals[i]))
			}
			if !yield(&frame{v: v, made: made}) {
				return false
			}
		}
		return true
	}
	return next, nil
}

// outside keeps the rows that are in none of some groups.
func (r *relation) outside(s Outside) (*relation, error) {
	by, err := r.compileAll(s.By)
	if err != nil {
		return nil, err
	}
	in := map[string]bool{}
	for _, values := range s.Groups {
		in[string(appendKeys(nil, values))] = true
	}
	next := *r
	next.from = nil
	next.each = func(v *View, h hint, yield func(*frame) bool) bool {
		return r.each(v, h, func(f *frame) bool { return in[string(appendKeys(nil, valuesOf(f, by)))] || yield(f) })
	}
	return &next, nil
}

// grouped is one group.
type grouped struct {
	by     []Value
	totals [][]total // by aggregation, by part
}

// groups sorts rows into groups, in the order of what they are grouped by.
func (r *relation) groups(v *View, by []typed, aggs []aggregation) []*grouped {
	all, found, parts := []*grouped{}, map[string]*grouped{}, 0
	for i := range aggs {
		parts += len(aggs[i].parts)
	}
	begin := func(values []Value) *grouped {
		r.lim.hold()
		x := &grouped{by: values, totals: make([][]total, len(aggs))}
		room := make([]total, parts)
		for i := range aggs {
			n := len(aggs[i].parts)
			x.totals[i], room = room[:n:n], room[n:]
		}
		all = append(all, x)
		return x
	}
	if len(by) == 0 {
		found[""] = begin(nil)
	}
	var key []byte
	values := make([]Value, len(by))
	r.each(v, hint{}, func(f *frame) bool {
		key = key[:0]
		for i := range by {
			values[i] = by[i].eval(f)
			key = appendKey(key, values[i])
		}
		x := found[string(key)]
		if x == nil {
			x = begin(slices.Clone(values))
			found[string(key)] = x
		}
		for i := range aggs {
			for j := range aggs[i].parts {
				x.totals[i][j].take(&aggs[i].parts[j], f)
			}
		}
		return true
	})
	slices.SortFunc(all, func(a, b *grouped) int { return compareBy(a.by, b.by, nil) })
	return all
}

// aggregation is an Agg made ready.
type aggregation struct {
	out   Column
	parts []adding
	final func(v *View, of []total) Value
}

func (r *relation) aggregations(all []Agg) (out []aggregation, err error) {
	for _, a := range all {
		x, err := r.aggregation(a)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, nil
}

func (r *relation) aggregation(a Agg) (x aggregation, err error) {
	var cond eval
	if a.Cond != nil {
		if cond, err = r.condition(a.Cond); err != nil {
			return x, err
		}
	}
	if a.Measure != "" {
		x, err = r.measured(a, cond)
		if err == nil && a.Op == Withheld {
			x.out, x.final = Column{Name: x.out.Name, Kind: Int, Unit: vocab.UnitCount}, withheld
		}
		return x, err
	}
	op := a.Op
	x.final = func(_ *View, of []total) Value { return of[0].value(op) }
	if op == CountAll {
		x.out = Column{Name: a.Name, Kind: Int, Unit: vocab.UnitCount}
		x.parts = []adding{{op: op, cond: cond}}
		return x, nil
	}
	t, err := r.compile(a.Of)
	if err != nil {
		return x, err
	}
	x.out = t.Column
	x.out.Name, x.out.get, x.out.Nullable = cmp.Or(a.Name, t.Name), nil, true
	one := adding{op: op, of: t.eval, cond: cond}
	switch op {
	case Sum, Average:
		if !isNumber(t.Kind) && t.Kind != Null {
			return x, wrong("INVALID", "%s adds up numbers, and %s is of type %s", op, cmp.Or(t.Name, "this"), t.Kind)
		}
		if t.Role == Level {
			return x, wrong("NOT_ALLOWED", "%s does not add up: ask for a measure of the dataset", cmp.Or(t.Name, "this"))
		}
		if op == Average {
			x.out.Kind, x.out.Scale = Decimal, max(quotientDigits, t.Scale)
		}
	case CountDistinct:
		x.out = Column{Name: a.Name, Kind: Int, Unit: vocab.UnitCount, Class: t.Class}
	case Withheld:
		x.out, x.final = Column{Name: a.Name, Kind: Int, Unit: vocab.UnitCount}, withheld
	case Min, Max:
	default:
		return x, wrong("INVALID", "there is no aggregation %q", op)
	}
	if t.Currency != "" && op != CountDistinct && op != Withheld {
		c, err := r.compile(Path(strings.Split(t.Currency, "/")))
		if err != nil {
			return x, err
		}
		one.currency = c.eval
	}
	x.parts = []adding{one}
	return x, nil
}

// withheld tells in how many rows a part of a value is withheld, at the least.
func withheld(_ *View, of []total) Value {
	most := int64(0)
	for i := range of {
		most = max(most, of[i].hidden, of[i].lasts().hidden)
	}
	return OfInt(most)
}

// measured makes one of the dataset's measures ready.
func (r *relation) measured(a Agg, cond eval) (x aggregation, err error) {
	if r.d == nil {
		return x, wrong("NOT_ALLOWED", "measures are of a dataset's rows: ask for %s before rows are grouped", a.Measure)
	}
	m, ok := r.d.Measure(a.Measure)
	if !ok {
		return x, wrong("UNKNOWN_COLUMN", "%s has no measure %q", r.d.Name, a.Measure)
	}
	x.out = Column{Name: cmp.Or(a.Name, m.Name), Description: m.Description, Kind: m.Kind, Scale: m.Scale, Unit: m.Unit, Class: m.Class, Nullable: true, Role: Level}
	for _, p := range m.parts {
		one := adding{op: p.op, cond: cond}
		if p.column != "" {
			c, ok := r.d.Column(p.column)
			if !ok {
				return x, wrong("UNKNOWN_COLUMN", "%s has no measure %q", r.d.Name, a.Measure)
			}
			one.of = columnOf(c)
			if c.Currency != "" {
				money, _ := r.d.Column(c.Currency)
				one.currency = columnOf(money)
			}
		}
		if p.only != "" {
			only := r.d.evalOf(p.only)
			one.cond = func(f *frame) Value { return OfBool(only(f).True() && (cond == nil || cond(f).True())) }
		}
		if p.op == lastOf {
			one.day, one.keep = r.d.evalOf(r.d.Time), r.d.keep
			if p.then != "" {
				one.then = r.d.evalOf(p.then)
			}
			for _, name := range p.owners {
				one.owners = append(one.owners, r.d.evalOf(name))
			}
		}
		x.parts = append(x.parts, one)
	}
	x.final = m.final
	if x.final == nil {
		op := m.parts[0].op
		x.final = func(_ *View, of []total) Value { return of[0].value(op) }
	}
	return x, nil
}

// evalOf gives what a public column's values are computed by.
func (d *Dataset) evalOf(name string) eval {
	c, ok := d.Column(name)
	if !ok {
		panic("dataset " + d.Name + " has no column " + name)
	}
	return columnOf(c)
}

func columnOf(c *Column) eval {
	get := c.get
	return func(f *frame) Value { return get(f.v, f.row) }
}
