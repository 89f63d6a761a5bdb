package dataset

import (
	"slices"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Groups of facts are not added up fact by fact where sums are kept. What is grouped and filtered by may then be columns of the facts' key, and what
// follows from them and from the project; what is added up may be their amounts. A project's facts come as sums of those that are alike in the columns asked
// for; and where only portfolios are asked for, those of all projects right in one portfolio do, if the viewer sees all of it.

// summing says what sums are kept of facts of projects.
type summing struct {
	columns []string    // by part of the key
	key     []state.Col // at most three; what is left out is 0
	amounts []state.Col // at most summedSlots
	measure *state.Measure
	rows    func(v *View, project *ent.Project) state.Rows
}

// A term of a vector of sums is three parts of a key; the third lies above the number of what is added up, so that sums of one key are neighbours.
const (
	summedSlots = 30
	slotRows    = 31 // counts the facts
	slotsAKey   = 32
)

// sumRow is a row of sums.
type sumRow struct {
	of      *summing
	key     [3]int64
	amounts [summedSlots]int64
	some    uint32 // which amounts there are
	rows    int64
}

func (s *sumRow) int(c state.Col) (int64, bool) {
	if i := slices.Index(s.of.key, c); i >= 0 {
		return s.key[i], true
	}
	i := slices.Index(s.of.amounts, c)
	if i < 0 || s.some&(1<<i) == 0 {
		return 0, false
	}
	return s.amounts[i], true
}

// keeping has a source keep sums.
func (s source) keeping(by *summing) source {
	s.summing = by
	return s
}

// summingOf declares what sums are kept of facts of projects, all of whose amounts are of class MONEY.
func summingOf[T any](name string, facts *state.Facts[T], key []keyPart, columns []string, amounts ...string) *summing {
	s := &summing{columns: columns, rows: func(v *View, p *ent.Project) state.Rows { return facts.Of(v, p.ID) }}
	for _, k := range key {
		s.key = append(s.key, k.col)
	}
	for _, a := range amounts {
		s.amounts = append(s.amounts, facts.Col(a))
	}
	s.measure = state.NewProjectMeasure("dataset of "+name, func(r state.Reader, project int64, at state.Point) state.Vector {
		b := state.VectorBuilder{}
		for x := range facts.Of(r, project).All() {
			var t state.Term
			for i, into := range []*int64{&t.A, &t.B, &t.C} {
				if i < len(s.key) && at.A&(1<<i) != 0 {
					*into = x.Val(s.key[i])
				}
			}
			t.C *= slotsAKey
			for i, c := range s.amounts {
				if n, ok := x.Int(c); ok {
					b.Add(state.Term{A: t.A, B: t.B, C: t.C + int64(i)}, exact.IntOf(n))
				}
			}
			b.Add(state.Term{A: t.A, B: t.B, C: t.C + slotRows}, exact.IntOf(1))
		}
		return b.Vector()
	})
	return s
}

// each hands out a vector's rows of sums, all of them short.
func (s *summing) each(v state.Vector, yield func(*sumRow) bool) {
	row := sumRow{of: s}
	for i := 0; i < len(v); {
		t := v[i].Term
		at := t.C &^ (slotsAKey - 1)
		row.key, row.some, row.rows = [3]int64{t.A, t.B, at / slotsAKey}, 0, 0
		for ; i < len(v) && v[i].Term.A == t.A && v[i].Term.B == t.B && v[i].Term.C&^(slotsAKey-1) == at; i++ {
			slot := v[i].Term.C & (slotsAKey - 1)
			n, _ := v[i].Sum.Int64()
			if slot == slotRows {
				row.rows = n
				continue
			}
			row.amounts[slot], row.some = n, row.some|1<<slot
		}
		if !yield(&row) {
			return
		}
	}
}

// short tells whether all sums are short enough for rows.
func (s *summing) short(v state.Vector) bool {
	return !slices.ContainsFunc(v, func(e state.VectorEntry) bool { _, ok := e.Sum.Int64(); return !ok })
}

// need is what a question asks of sums.
type need struct {
	mask    int64 // columns of the key, by bit
	project bool  // something that differs between projects of one portfolio
	other   bool  // something that sums do not tell
}

// of notes what an expression needs.
func (n *need) of(s *summing, d *Dataset, e Expr) {
	switch e := e.(type) {
	case Path:
		n.path(s, d, e)
	case Call:
		for _, a := range e.Args {
			n.of(s, d, a)
		}
	case Lambda, Count:
		n.other = true
	}
}

func (n *need) path(s *summing, d *Dataset, p Path) {
	column := p[0]
	if nav, ok := d.Nav(p[0]); ok && len(nav.On) == 1 {
		column = nav.On[0][0]
	}
	switch i := slices.Index(s.columns, column); {
	case i >= 0:
		n.mask |= 1 << i
	case column != "ProjectId":
		n.other = true
	case len(p) < 2 || p[1] != "PortfolioId" && p[1] != "Portfolio":
		n.project = true
	}
}

// overSums is the same relation over rows of sums, if sums tell all that a grouping asks; else it is the relation.
func (r *relation) overSums(g GroupBy) *relation {
	if r.from == nil || !r.whole || r.from.source.summing == nil {
		return r
	}
	s, n := r.from.source.summing, need{}
	for _, e := range r.only {
		n.of(s, r.from, e)
	}
	for _, b := range g.By {
		n.of(s, r.from, b.Expr)
	}
	for _, a := range g.Aggs {
		if a.Cond != nil {
			n.of(s, r.from, a.Cond)
		}
		n.aggregation(s, r.from, a)
	}
	if n.other {
		return r
	}
	next := *r
	next.each = func(v *View, in hint, yield func(*frame) bool) bool { return r.scanSums(v, s, n, r.passing(yield)) }
	return &next
}

// aggregation notes what an aggregation needs: the number of rows, amounts that are summed, or what sums of the columns of the key tell as well.
func (n *need) aggregation(s *summing, d *Dataset, a Agg) {
	parts := []part{{op: a.Op}}
	if m, ok := d.Measure(a.Measure); ok {
		parts = m.parts
	} else if p, ok := a.Of.(Path); ok && len(p) == 1 {
		parts[0].column = p[0]
	}
	for _, p := range parts {
		if p.only != "" {
			n.path(s, d, Path{p.only})
		}
		c, _ := d.Column(p.column)
		amount := c != nil && c.fact != nil && slices.Contains(s.amounts, *c.fact)
		switch {
		case p.op == CountAll:
		case amount && (p.op == Sum || p.op == byCurrency || p.op == Withheld):
			n.path(s, d, Path{c.money})
		case a.Measure == "" && (p.op == Min || p.op == Max || p.op == CountDistinct || p.op == Withheld):
			n.of(s, d, a.Of)
		default:
			n.other = true
		}
	}
}

// scanSums hands out rows of sums: of portfolios, of projects, and the facts themselves of projects whose amounts are closed to the viewer.
func (r *relation) scanSums(v *View, s *summing, n need, yield func(*frame) bool) bool {
	at, f, goOn := state.Point{A: n.mask}, &frame{v: v}, true
	x := &inProject{}
	hand := func(p *ent.Project, vector state.Vector) bool {
		x.owner = p
		s.each(vector, func(row *sumRow) bool {
			r.lim.look()
			x.sum, f.row, f.made, f.many = row, x, nil, row.rows
			goOn = yield(f)
			return goOn
		})
		return goOn
	}
	done := map[int64]bool{} // portfolios
	for p := range state.Portfolios.All(v) {
		if n.project || !wholly(v, p) {
			continue
		}
		for first := range state.Projects.By(v, "portfolio_id", p.ID) {
			vector := s.measure.Within(v, p.ID, at)
			if done[p.ID] = s.short(vector); done[p.ID] && !hand(first, vector) {
				return false
			}
			break
		}
	}
	var narrow hint
	for _, e := range r.only {
		r.from.pushed(e, &narrow)
	}
	for _, id := range ownersOf(v, narrow, state.Projects, "ProjectId", 0) {
		p := state.Projects.Get(v, id)
		if p == nil || done[p.PortfolioID] {
			continue
		}
		rows := s.rows(v, p)
		if rows.Sees(vocab.ClassMoney) {
			if vector := s.measure.Member(v, p.ID, at); s.short(vector) {
				if !hand(p, vector) {
					return false
				}
				continue
			}
		}
		x.owner, x.sum = p, nil
		for fact := range rows.All() {
			r.lim.look()
			x.Fact, f.row, f.made, f.many = fact, x, nil, 0
			if !yield(f) {
				return false
			}
		}
	}
	return true
}

// wholly tells whether a viewer sees all that lies in a portfolio, with its amounts: of the past only who sees the whole organisation so.
func wholly(v *View, p *ent.Portfolio) bool {
	may := v.May(auth.Place{Portfolio: p.ID})
	if v.IsPast() {
		may = v.Rights().Organisation()
	}
	return may.Has(auth.Read | auth.ReadMoney)
}
