package dataset

import (
	"slices"
	"strings"

	"pmograph/internal/fault"
)

// relation is rows on their way through the steps of a query.
type relation struct {
	scope
	each   func(v *View, in hint, yield func(*frame) bool) bool // in narrows a dataset's rows; false: stopped
	from   *Dataset                                             // whose rows they are as they stand, for sources to narrow; nil after the first step that is no Where
	only   []Expr                                               // conditions met so far, while from is set
	filter func(*frame) bool                                    // all of only
	base   base
	lim    *meter
	whole  bool // the base is all of the dataset's rows
}

// base hands out a relation's first rows.
type base func(v *View, in hint, yield func(any) bool)

// meter counts what a query has looked at and holds.
type meter struct {
	Limits
	looked, held int
}

func (m *meter) look() {
	if m.looked++; m.looked > m.Looked {
		panic(fault.New(fault.CostExceeded, "the question looks at more than %d rows: narrow its filter", m.Looked))
	}
}

func (m *meter) hold() {
	if m.held++; m.held > m.Rows {
		panic(fault.New(fault.CostExceeded, "the question has to hold more than %d rows at a time, to group or order them: narrow its filter, or group by less", m.Rows))
	}
}

// DefaultLimits are those of a query that sets none.
var DefaultLimits = Limits{Rows: 200_000, Looked: 50_000_000}

func (m *meter) defaults() {
	if m.Rows == 0 {
		m.Rows = DefaultLimits.Rows
	}
	if m.Looked == 0 {
		m.Looked = DefaultLimits.Looked
	}
}

// rowsOf is the relation of a dataset's rows.
func rowsOf(d *Dataset, b base, lim *meter) *relation {
	r := &relation{scope: scope{d: d}, from: d, base: b, lim: lim}
	r.each = r.scan
	return r
}

// scan hands out the rows that satisfy the conditions met so far.
func (r *relation) scan(v *View, in hint, yield func(*frame) bool) (all bool) {
	for _, c := range r.only {
		r.from.pushed(c, &in)
	}
	f := &frame{v: v}
	all = true
	r.base(v, in, func(row any) bool {
		r.lim.look()
		f.row, f.made = row, nil
		all = yield(f)
		return all
	})
	return all
}

// step applies one step.
func (r *relation) step(s Step) (*relation, error) {
	switch s := s.(type) {
	case Where:
		return r.where(s.Cond)
	case With:
		return r.with(s.Columns)
	case GroupBy:
		return r.group(s)
	case Best:
		return r.best(s)
	case Sorted:
		return r.sorted(s.By)
	case Part:
		return r.part(s), nil
	case Concat:
		return r.concat(s)
	case Outside:
		return r.outside(s)
	case Find:
		return r.find(s.Words)
	case Join:
		return r.join(s)
	}
	return nil, wrong("INVALID", "there is no such step")
}

func (r *relation) steps(all []Step) (*relation, error) {
	var err error
	for _, s := range all {
		if r, err = r.step(s); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *relation) where(e Expr) (*relation, error) {
	if e == nil {
		return r, nil
	}
	cond, err := r.condition(e)
	if err != nil {
		return nil, err
	}
	next := *r
	if r.from != nil {
		next.only = append(slices.Clip(r.only), e)
		narrowed := &next
		next.each = func(v *View, in hint, yield func(*frame) bool) bool {
			return narrowed.scan(v, in, narrowed.passing(yield))
		}
		before := r.filter
		next.filter = func(f *frame) bool { return (before == nil || before(f)) && cond(f).True() }
		return narrowed, nil
	}
	next.each = func(v *View, in hint, yield func(*frame) bool) bool {
		return r.each(v, in, func(f *frame) bool { return !cond(f).True() || yield(f) })
	}
	return &next, nil
}

// passing hands on what passes all conditions met so far.
func (r *relation) passing(yield func(*frame) bool) func(*frame) bool {
	if r.filter == nil {
		return yield
	}
	return func(f *frame) bool { return !r.filter(f) || yield(f) }
}

func (r *relation) compileAll(all []Named) (out []typed, err error) {
	for _, n := range all {
		t, err := r.compile(n.Expr)
		if err != nil {
			return nil, err
		}
		if n.Name != "" {
			t.Name = n.Name
		}
		out = append(out, t)
	}
	return out, nil
}

func (r *relation) with(columns []Named) (*relation, error) {
	next := *r
	next.from = nil
	for _, c := range columns { // each may use those before it
		t, err := next.compile(c.Expr)
		if err != nil {
			return nil, err
		}
		if next.has(c.Name) {
			return nil, wrong("TAKEN", "there is a column %q already", c.Name)
		}
		before, get := next.each, t.eval
		t.Name, t.get = c.Name, nil
		next.made = append(slices.Clip(next.made), t.Column)
		next.each = func(v *View, in hint, yield func(*frame) bool) bool {
			return before(v, in, func(f *frame) bool {
				g := *f
				g.made = append(slices.Clip(f.made), get(f))
				return yield(&g)
			})
		}
	}
	return &next, nil
}

func (r *relation) has(name string) bool {
	if r.d != nil {
		if _, ok := r.d.Column(name); ok {
			return true
		}
		if _, ok := r.d.Nav(name); ok {
			return true
		}
	}
	return slices.ContainsFunc(r.made, func(c Column) bool { return c.Name == name })
}

// held is a frame that stays.
func (r *relation) held(f *frame) *frame {
	r.lim.hold()
	g := *f
	if r.d != nil && f.row != nil {
		g.row = r.d.keep(f.row)
	}
	return &g
}

// gathered is a relation whose rows are gathered before the first is handed on.
func (r *relation) gathered(gather func(all []*frame) []*frame) *relation {
	next := *r
	next.from = nil
	next.each = func(v *View, _ hint, yield func(*frame) bool) bool {
		var all []*frame
		r.each(v, hint{}, func(f *frame) bool {
			all = append(all, r.held(f))
			return true
		})
		for _, f := range gather(all) {
			if !yield(f) {
				return false
			}
		}
		return true
	}
	return &next
}

// ranked is a frame with the values it is ordered by.
type ranked struct {
	*frame
	by []Value
}

func rank(all []*frame, by []typed) []ranked {
	out := make([]ranked, len(all))
	for i, f := range all {
		out[i] = ranked{f, valuesOf(f, by)}
	}
	return out
}

func valuesOf(f *frame, of []typed) []Value { return appendValues(make([]Value, 0, len(of)), f, of) }

func appendValues(values []Value, f *frame, of []typed) []Value {
	for i := range of {
		values = append(values, of[i].eval(f))
	}
	return values
}

func frames(all []ranked) []*frame {
	out := make([]*frame, len(all))
	for i := range all {
		out[i] = all[i].frame
	}
	return out
}

// compareBy orders values, each up or down.
func compareBy(a, b []Value, down []bool) int {
	for i := range a {
		c := compareAny(a[i], b[i])
		if i < len(down) && down[i] {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

func (r *relation) orders(by []Order) (keys []typed, down []bool, err error) {
	for _, o := range by {
		t, err := r.compile(o.By)
		if err != nil {
			return nil, nil, err
		}
		keys, down = append(keys, t), append(down, o.Descending)
	}
	return keys, down, nil
}

func (r *relation) sorted(by []Order) (*relation, error) {
	keys, down, err := r.orders(by)
	if err != nil {
		return nil, err
	}
	return r.gathered(func(all []*frame) []*frame {
		rows := rank(all, keys)
		slices.SortStableFunc(rows, func(a, b ranked) int { return compareBy(a.by, b.by, down) })
		return frames(rows)
	}), nil
}

func (r *relation) best(s Best) (*relation, error) {
	by, err := r.compile(s.By)
	if err != nil {
		return nil, err
	}
	if s.Sum != nil && !isNumber(by.Kind) {
		return nil, wrong("INVALID", "what is added up is a number, and this is of type %s", by.Kind)
	}
	if s.N < 0 || s.Sum != nil && (s.Sum.Number().Sign() < 0 || s.Percent && s.Sum.Number().Cmp(OfInt(100).Number()) > 0) {
		return nil, wrong("OUT_OF_RANGE", "the bound is not below zero, nor above 100 percent")
	}
	return r.gathered(func(all []*frame) []*frame {
		rows := rank(all, []typed{by})
		slices.SortStableFunc(rows, func(a, b ranked) int { return compareBy(a.by, b.by, []bool{!s.Smallest}) })
		if s.Sum == nil {
			return frames(rows[:min(int64(len(rows)), s.N)])
		}
		limit := s.Sum.Number()
		if s.Percent {
			whole := sum{}
			for _, x := range rows {
				if !x.by[0].IsNull() {
					whole.add(x.by[0])
				}
			}
			limit = whole.number().Times(limit).Over(OfInt(100).Number())
		}
		part, n := sum{}, 0
		for n < len(rows) && (!part.some || part.number().Cmp(limit) < 0) && limit.Sign() > 0 {
			if v := rows[n].by[0]; !v.IsNull() {
				part.add(v)
			}
			n++
		}
		return frames(rows[:n])
	}), nil
}

func (r *relation) part(s Part) *relation {
	next := *r
	next.from = nil
	next.each = func(v *View, _ hint, yield func(*frame) bool) bool {
		n, goOn := 0, true
		if s.Top == 0 {
			return true
		}
		r.each(v, hint{}, func(f *frame) bool {
			if n++; n <= s.Skip {
				return true
			}
			goOn = yield(f)
			return goOn && (s.Top < 0 || n < s.Skip+s.Top)
		})
		return goOn
	}
	return &next
}

func (r *relation) concat(s Concat) (*relation, error) {
	parts := make([]*relation, len(s.Of))
	next := &relation{lim: r.lim}
	for i, steps := range s.Of {
		part, err := r.steps(steps)
		if err != nil {
			return nil, err
		}
		if part.d != nil {
			part = part.spread()
		}
		for _, c := range part.made {
			if !next.has(c.Name) {
				c.Nullable = true
				next.made = append(next.made, c)
			}
		}
		parts[i] = part
	}
	next.each = func(v *View, _ hint, yield func(*frame) bool) bool {
		for _, part := range parts {
			at := make([]int, len(next.made))
			for i, c := range next.made {
				at[i] = slices.IndexFunc(part.made, func(o Column) bool { return o.Name == c.Name })
			}
			if !part.each(v, hint{}, func(f *frame) bool {
				made := make([]Value, len(at))
				for i, from := range at {
					if from >= 0 {
						made[i] = f.made[from]
					}
				}
				return yield(&frame{v: v, made: made})
			}) {
				return false
			}
		}
		return true
	}
	return next, nil
}

// spread makes a dataset's rows ones of made values alone.
func (r *relation) spread() *relation {
	next := &relation{lim: r.lim}
	next.made = append(next.made, r.d.Columns...)
	next.made = append(next.made, r.made...)
	next.each = func(v *View, in hint, yield func(*frame) bool) bool {
		return r.each(v, in, func(f *frame) bool {
			made := make([]Value, 0, len(next.made))
			for i := range r.d.Columns {
				made = append(made, r.d.Columns[i].get(v, f.row))
			}
			return yield(&frame{v: v, made: append(made, f.made...)})
		})
	}
	return next
}

func (r *relation) find(search string) (*relation, error) {
	w, err := searchFor(search)
	if err != nil {
		return nil, err
	}
	next := *r
	next.from = nil
	next.each = func(v *View, in hint, yield func(*frame) bool) bool {
		return r.each(v, in, func(f *frame) bool { return !w.in(r.texts(f)) || yield(f) })
	}
	return &next, nil
}

// texts is all texts of a row, in small letters, line by line.
func (r *relation) texts(f *frame) string {
	var all strings.Builder
	add := func(v Value) {
		if v.Kind == Text || v.Kind == ID {
			all.WriteString(strings.ToLower(v.String()))
			all.WriteByte('\n')
		}
	}
	if r.d != nil {
		for i := range r.d.Columns {
			if c := &r.d.Columns[i]; c.Texts {
				add(c.get(f.v, f.row))
			}
		}
	}
	for _, v := range f.made {
		add(v)
	}
	return all.String()
}

func (r *relation) join(s Join) (*relation, error) {
	n, from, row, err := r.over(s.Over)
	if err != nil {
		return nil, err
	}
	next := *r
	next.from = nil
	next.made = slices.Clip(next.made)
	for _, c := range n.to.Columns {
		c.Name, c.Nullable = s.As+"/"+c.Name, true
		next.made = append(next.made, c)
	}
	next.each = func(v *View, in hint, yield func(*frame) bool) bool {
		return r.each(v, in, func(f *frame) bool {
			some := false
			for other := range n.many(v, from, row(f)) {
				some = true
				g := *f
				g.made = slices.Clip(f.made)
				for i := range n.to.Columns {
					g.made = append(g.made, n.to.Columns[i].get(v, other))
				}
				if !yield(&g) {
					return false
				}
			}
			if some || !s.Outer {
				return true
			}
			g := *f
			g.made = append(slices.Clip(f.made), make([]Value, len(n.to.Columns))...)
			return yield(&g)
		})
	}
	return &next, nil
}
