package dataset

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"slices"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// Plan is a query made ready for a viewer's catalogue. It runs as often as one likes, once at a time.
type Plan struct {
	Columns []Column // of what each row shows
	Expands []*Plan  // of the rows beside, in the order of the query's
	Of      *Dataset // whose rows they are as they stand; nil after steps that made others

	query  Query
	nav    *Nav     // of a Plan of rows beside
	from   *Dataset // whose row they are beside of
	beside any      // that row
	rel    *relation
	show   []typed
	key    []typed // of a dataset's rows
	by     []typed // what rows are ordered by: what was asked, then what tells them apart
	down   []bool
	seeks  bool // rows come in the order of by
	counts bool // cursors are numbers of rows
	lim    *meter
}

// Row is a row of a result. It is the reader's until the next one, which takes its place.
type Row struct {
	Values   []Value     // by Plan.Columns
	Key      []Value     // by Dataset.Key; nil for rows that steps made, and if the query is Keyless
	Expanded []*Expanded // by Plan.Expands
}

// Expanded is rows beside a row.
type Expanded struct {
	Rows  []Row
	Count int  // of all that match; -1 if not asked for
	One   bool // the reference leads to one at most
}

// Page is what a run came to beside its rows.
type Page struct {
	Next  *Cursor // go on here; nil at the end
	Total int     // rows that match; -1 if not asked for
}

// Plan makes a query ready. Errors say what of it cannot be, and name what there is.
func (q Query) Plan() (*Plan, error) {
	return q.plan(&meter{Limits: q.Limits}, func(v *View, in hint, yield func(any) bool) { q.Of.source.rows(v, in)(yield) }, 0)
}

func (q Query) plan(lim *meter, b base, depth int) (*Plan, error) {
	lim.defaults()
	if depth > maxExpand {
		return nil, wrong("OUT_OF_RANGE", "rows beside rows are nested at most %d deep", maxExpand)
	}
	p := &Plan{query: q, lim: lim}
	first := rowsOf(q.Of, b, lim)
	first.whole = depth == 0
	r, err := first.steps(q.Steps)
	if err != nil {
		return nil, err
	}
	if early, failed := r.where(q.Filter); failed == nil {
		r, q.Filter = early, nil
	} else if len(q.Compute) == 0 {
		return nil, failed
	}
	if r, err = r.with(q.Compute); err != nil {
		return nil, err
	}
	if r, err = r.where(q.Filter); err != nil {
		return nil, err
	}
	if q.Search != "" {
		if r, err = r.find(q.Search); err != nil {
			return nil, err
		}
	}
	p.rel, p.Of = r, r.d
	if err := p.order(q); err != nil {
		return nil, err
	}
	if err := p.select_(q); err != nil {
		return nil, err
	}
	return p, p.expand(q, depth)
}

// order works out in which order rows come, and by what a place among them is told.
func (p *Plan) order(q Query) (err error) {
	r := p.rel
	if p.by, p.down, err = r.orders(q.Order); err != nil {
		return err
	}
	plain := !slices.ContainsFunc(q.Steps, func(s Step) bool {
		switch s.(type) {
		case Where, With, Find:
			return false
		}
		return true
	})
	if r.d == nil || !plain {
		p.counts = true
		return nil
	}
	p.seeks = len(q.Order) == 0
	for _, name := range r.d.Order {
		t, err := r.compile(Col(name))
		if err != nil {
			return err
		}
		p.by, p.down = append(p.by, t), append(p.down, false)
	}
	for _, name := range r.d.Key {
		t, err := r.compile(Col(name))
		if err != nil {
			return err
		}
		p.key = append(p.key, t)
	}
	return nil
}

func (p *Plan) select_(q Query) error {
	if q.Select == nil {
		if p.rel.d != nil {
			for _, c := range p.rel.d.Columns {
				q.Select = append(q.Select, Col(c.Name))
			}
		}
		for _, c := range p.rel.made {
			q.Select = append(q.Select, Col(c.Name))
		}
	}
	for _, e := range q.Select {
		t, err := p.rel.compile(e)
		if err != nil {
			return err
		}
		p.show, p.Columns = append(p.show, t), append(p.Columns, t.Column)
	}
	return nil
}

// maxExpand is how deep rows beside rows are nested.
const maxExpand = 8

func (p *Plan) expand(q Query, depth int) error {
	for _, e := range q.Expand {
		if p.Of == nil || len(e.Over) != 1 {
			return wrong("NOT_ALLOWED", "rows beside are those that a reference of a dataset's own rows leads to")
		}
		n, ok := p.Of.Nav(e.Over[0])
		if !ok {
			return wrong("UNKNOWN_COLUMN", "%s has no reference %q", p.Of.Name, e.Over[0])
		}
		inner := e.Query
		inner.Of = n.to
		if e.Levels > 1 {
			again := e
			again.Levels--
			inner.Expand = append(slices.Clip(inner.Expand), again)
		}
		var sub *Plan
		sub, err := inner.plan(p.lim, func(v *View, _ hint, yield func(any) bool) { n.many(v, sub.from, sub.beside)(yield) }, depth+1)
		if err != nil {
			return err
		}
		sub.nav, sub.from = n, p.Of
		p.Expands = append(p.Expands, sub)
	}
	return nil
}

// Nav is the reference that a plan of rows beside follows.
func (p *Plan) Nav() *Nav { return p.nav }

// Asked is the query.
func (p *Plan) Asked() Query { return p.query }

// Each hands out the rows. It ends with an error if the view does, if a limit is met, or with the one that yield gives.
func (p *Plan) Each(v *View, yield func(*Row) error) (page Page, err error) {
	defer func() {
		switch x := recover().(type) {
		case nil:
		case *fault.Error:
			err = x
		case error:
			if !errors.Is(x, state.ErrEnded) {
				panic(x)
			}
			err = x
		default:
			panic(x)
		}
	}()
	p.lim.looked, p.lim.held = 0, 0
	return p.run(v, yield)
}

// Ended tells whether an error of Each is that the view's time was over.
func Ended(err error) bool {
	return errors.Is(err, state.ErrEnded) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// run hands out the rows.
func (p *Plan) run(v *View, yield func(*Row) error) (page Page, err error) {
	q := &p.query
	w := &window{p: p, v: v, skip: q.Skip, left: -1, yield: yield}
	if q.Top != 0 {
		w.left = max(q.Top, 0)
	}
	if q.Page > 0 && (w.left < 0 || q.Page < w.left) {
		w.left, w.pages = q.Page, true
	}
	in := hint{}
	if q.After != nil {
		if err := p.goesOn(q.After); err != nil {
			return page, err
		}
		switch {
		case p.counts:
			w.skip = int(q.After.Values[0].Int)
		default:
			w.after, w.skip = q.After.Values, 0
			if p.seeks {
				in.after = q.After.Values
			}
		}
	}
	switch {
	case p.seeks || p.counts && len(q.Order) == 0:
		p.rel.each(v, in, w.next)
	default:
		p.inOrder(v, w)
	}
	page.Total = -1
	if q.Total {
		page.Total = w.total
	}
	if w.cut && w.pages {
		page.Next = &Cursor{w.last}
		if p.counts {
			page.Next = &Cursor{[]Value{OfInt(w.start + w.shown)}}
		}
	}
	return page, w.err
}

// goesOn tells whether a cursor is of rows in this order.
func (p *Plan) goesOn(c *Cursor) error {
	want := len(p.by)
	if p.counts {
		want = 1
	}
	if len(c.Values) != want || p.counts && (c.Values[0].Kind != Int || c.Values[0].Int < 0) {
		return fault.At("after", "OTHER_ORDER", "the cursor is of rows in another order; begin again without one")
	}
	return nil
}

// window shows a part of the rows.
type window struct {
	p     *Plan
	v     *View
	after []Value
	skip  int
	left  int // rows that may still be shown; below zero: all
	pages bool
	yield func(*Row) error

	total, seen, start, shown int
	cut                       bool    // there are more
	last                      []Value // the place of the row shown last
	spare                     []Value // room for the next one
	row                       Row     // the row being shown
	err                       error
}

// next takes the next row; false if no more are needed.
func (w *window) next(f *frame) bool {
	w.total++
	more := w.p.query.Total
	if w.cut || w.err != nil {
		return more && w.err == nil
	}
	var by []Value
	if w.after != nil || w.pages && !w.p.counts {
		by = appendValues(w.spare[:0], f, w.p.by)
		w.spare = by
		if w.after != nil && compareBy(by, w.after, w.p.down) == 0 { // it begins there
			return true
		}
	}
	if w.seen++; w.seen <= w.skip {
		w.start = w.seen
		return true
	}
	if w.left == 0 {
		w.cut = true
		return more
	}
	w.left--
	w.shown++
	w.last, w.spare = by, w.last
	w.err = w.yield(w.show(f))
	return w.err == nil
}

// show makes what is shown of a row, in the place of the row before it.
func (w *window) show(f *frame) *Row {
	w.row.Values = appendValues(w.row.Values[:0], f, w.p.show)
	if w.p.key != nil && !w.p.query.Keyless {
		w.row.Key = appendValues(w.row.Key[:0], f, w.p.key)
	}
	w.row.Expanded = nil
	for _, sub := range w.p.Expands {
		w.row.Expanded = append(w.row.Expanded, sub.rowsBeside(w.v, f.row))
	}
	return &w.row
}

// kept is a row that stays.
func (r *Row) kept() Row {
	return Row{Values: slices.Clone(r.Values), Key: slices.Clone(r.Key), Expanded: r.Expanded}
}

// rowsBeside gives the rows beside a row.
func (p *Plan) rowsBeside(v *View, row any) *Expanded {
	p.beside = row
	x := &Expanded{Count: -1, One: !p.nav.Many}
	page, err := p.run(v, func(r *Row) error {
		p.lim.hold()
		x.Rows = append(x.Rows, r.kept())
		return nil
	})
	if err != nil {
		panic(err)
	}
	if p.query.Total {
		x.Count = page.Total
	}
	return x
}

// inOrder hands out rows in the order asked for. As many are kept as can be shown.
func (p *Plan) inOrder(v *View, w *window) {
	keep := 0
	if w.left >= 0 {
		keep = w.skip + w.left + 1
	}
	best := &worstFirst{down: p.down}
	total := 0
	p.rel.each(v, hint{}, func(f *frame) bool {
		total++
		by := valuesOf(f, p.by)
		if w.after != nil && compareBy(by, w.after, p.down) <= 0 {
			return true
		}
		switch {
		case keep == 0 || len(best.rows) < keep:
			best.n++
			heap.Push(best, placed{ranked{p.rel.held(f), by}, best.n})
		case compareBy(by, best.rows[0].by, p.down) < 0:
			best.n++
			p.lim.held--
			best.rows[0] = placed{ranked{p.rel.held(f), by}, best.n}
			heap.Fix(best, 0)
		}
		return true
	})
	slices.SortFunc(best.rows, func(a, b placed) int { return cmp.Or(compareBy(a.by, b.by, p.down), a.n-b.n) })
	w.after = nil
	for _, x := range best.rows {
		if !w.next(x.frame) {
			break
		}
	}
	w.total = total
}

type placed struct {
	ranked
	n int
}

// worstFirst is a heap of rows with the last of them on top.
type worstFirst struct {
	rows []placed
	down []bool
	n    int
}

func (h *worstFirst) Len() int { return len(h.rows) }
func (h *worstFirst) Less(i, j int) bool {
	return cmp.Or(compareBy(h.rows[i].by, h.rows[j].by, h.down), h.rows[i].n-h.rows[j].n) > 0
}
func (h *worstFirst) Swap(i, j int) { h.rows[i], h.rows[j] = h.rows[j], h.rows[i] }
func (h *worstFirst) Push(x any)    { h.rows = append(h.rows, x.(placed)) }
func (h *worstFirst) Pop() any {
	x := h.rows[len(h.rows)-1]
	h.rows = h.rows[:len(h.rows)-1]
	return x
}

// All runs a plan and gives all its rows.
func (p *Plan) All(v *View) (rows []Row, page Page, err error) {
	page, err = p.Each(v, func(r *Row) error {
		rows = append(rows, r.kept())
		return nil
	})
	return rows, page, err
}
