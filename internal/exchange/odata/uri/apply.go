package uri

import (
	"slices"
	"strings"

	"pmograph/internal/exchange/dataset"
)

// apply reads transformations, and leaves the scope with the columns that there are after them.
func (r *reader) apply() (steps []dataset.Step) {
	defer r.enter()()
	for {
		steps = append(steps, r.transformation()...)
		if !r.has("/") {
			return steps
		}
	}
}

// transformations are all that there are, but for concat and groupby, which hold others, by how what stands in their parentheses is read.
var transformations map[string]func(r *reader) dataset.Step

func init() {
	transformations = map[string]func(r *reader) dataset.Step{
		"filter":        func(r *reader) dataset.Step { return dataset.Where{Cond: r.expr()} },
		"compute":       func(r *reader) dataset.Step { return dataset.With{Columns: r.compute()} },
		"aggregate":     func(r *reader) dataset.Step { return r.grouped(nil, r.aggregates()) },
		"orderby":       func(r *reader) dataset.Step { return dataset.Sorted{By: r.orders()} },
		"top":           func(r *reader) dataset.Step { return dataset.Part{Top: r.rows()} },
		"skip":          func(r *reader) dataset.Step { return dataset.Part{Skip: r.rows(), Top: -1} },
		"search":        func(r *reader) dataset.Step { return r.find() },
		"topcount":      func(r *reader) dataset.Step { return r.best(false, false) },
		"topsum":        func(r *reader) dataset.Step { return r.best(true, false) },
		"toppercent":    func(r *reader) dataset.Step { return r.best(true, true) },
		"bottomcount":   func(r *reader) dataset.Step { return smallest(r.best(false, false)) },
		"bottomsum":     func(r *reader) dataset.Step { return smallest(r.best(true, false)) },
		"bottompercent": func(r *reader) dataset.Step { return smallest(r.best(true, true)) },
		"join":          func(r *reader) dataset.Step { return r.join(false) },
		"outerjoin":     func(r *reader) dataset.Step { return r.join(true) },
	}
}

func (r *reader) transformation() []dataset.Step {
	r.node()
	from := r.at
	name := strings.ToLower(r.qualified())
	read, ok := transformations[name]
	switch {
	case name == "identity":
		return nil
	case name == "concat":
		return []dataset.Step{r.concat()}
	case name == "groupby":
		return r.groupby()
	case ok:
		r.open()
		step := read(r)
		r.close()
		return []dataset.Step{step}
	case name == "ancestors" || name == "descendants" || name == "traverse" || name == "nest" || name == "addnested" || strings.Contains(name, "."):
		r.notDone(from, "the transformation %.60s is not offered", name)
	}
	r.at = from
	r.wants("a transformation: filter, groupby, aggregate, compute, concat, identity, topcount …")
	return nil
}

// concat reads sequences of transformations, whose rows come behind each other.
func (r *reader) concat() dataset.Step {
	r.open()
	before, after := r.scope, &scope{}
	var c dataset.Concat
	for {
		if r.branches++; r.branches > maxBranches {
			r.refuse(r.at, "OUT_OF_RANGE", "more than %d sequences of transformations are put behind each other", maxBranches)
		}
		own := *before
		own.made = slices.Clip(own.made)
		r.scope = &own
		c.Of = append(c.Of, r.apply())
		after.add(&own)
		if !r.comma() {
			break
		}
	}
	if len(c.Of) < 2 {
		r.wants("a comma, and what to put behind")
	}
	r.close()
	*before = *after
	r.scope = before
	return c
}

// add adds the columns of another scope as made ones.
func (s *scope) add(o *scope) {
	names := o.made
	if o.d != nil {
		for _, c := range o.d.Columns {
			names = append(slices.Clip(names), c.Name)
		}
	}
	for _, name := range names {
		add(&s.made, name)
	}
}

// find reads what to search for, up to the closing parenthesis.
func (r *reader) find() dataset.Step {
	in := r.reader(r.option, r.text[:r.until(")")], r.scope)
	in.at = r.at
	words := in.search()
	r.at = in.at
	return dataset.Find{Words: words}
}

// best reads how many rows, or how much of a sum, and by what.
func (r *reader) best(sum, percent bool) dataset.Best {
	from := r.at
	bound, ok := r.literal()
	isNumber := bound.Kind == dataset.Int || bound.Kind == dataset.Decimal
	switch {
	case !ok:
		r.notDone(from, "the bound is a number here")
	case !isNumber || bound.Number().Sign() < 0 || !sum && bound.Kind != dataset.Int || percent && bound.Number().Cmp(dataset.OfInt(100).Number()) > 0:
		r.refuse(from, "OUT_OF_RANGE", "the bound is a number that is not below zero: whole if rows are counted, at most 100 if it is in percent")
	}
	if !r.comma() {
		r.wants("a comma, and what to choose by")
	}
	b := dataset.Best{By: r.expr(), Percent: percent}
	if sum {
		b.Sum = &bound
	} else {
		b.N = bound.Int
	}
	return b
}

func smallest(b dataset.Best) dataset.Step {
	b.Smallest = true
	return b
}

// join reads a reference to many and the name that its rows get.
func (r *reader) join(outer bool) dataset.Step {
	path := r.path()
	to := r.many(path)
	name := r.as()
	if r.comma() {
		r.notDone(r.at, "rows that are joined are not transformed before; transform them after")
	}
	for _, c := range to.Columns {
		r.makes(name + "/" + c.Name)
	}
	return dataset.Join{Over: plain(path), As: name, Outer: outer}
}

// path reads names with slashes between.
func (r *reader) path() (path []step) {
	for {
		at := r.at
		r.node()
		path = append(path, step{r.name("a name"), at})
		if !r.has("/") {
			return path
		}
		if len(path) > maxHops {
			r.refuse(at, "OUT_OF_RANGE", "a path has at most %d names", maxHops)
		}
	}
}

// grouped leaves the scope with nothing but what rows are grouped by and made into.
func (r *reader) grouped(by []dataset.Named, aggs []dataset.Agg) dataset.Step {
	*r.scope = scope{}
	for _, n := range by {
		r.makes(n.Name)
	}
	for _, a := range aggs {
		r.makes(a.Name)
	}
	return dataset.GroupBy{By: by, Aggs: aggs}
}

// aggregates reads values that are made of many rows.
func (r *reader) aggregates() (all []dataset.Agg) {
	for {
		from := r.at
		a := r.aggregate()
		if slices.ContainsFunc(all, func(x dataset.Agg) bool { return x.Name == a.Name }) {
			r.refuse(from, "TAKEN", "there is a column %q already", a.Name)
		}
		if all = append(all, a); !r.comma() {
			return all
		}
	}
}

func (r *reader) aggregate() (a dataset.Agg) {
	from := r.at
	if r.has("$count") {
		a.Op = dataset.CountAll
		a.Name, _ = r.named()
		return a
	}
	if w := r.word(); w != "" && r.isMeasure(w) {
		a.Measure, a.Name = w, w
		if at := r.at; r.space() && !strings.HasPrefix(r.text[r.at:], ",") && r.peek() != ')' {
			r.at = at
			a.Name, _ = r.named()
		} else {
			r.at = at
		}
		return a
	}
	r.at = from
	a.Of = r.expr()
	if _, is := a.Of.(dataset.Count); is {
		r.notDone(from, "rows beside are not counted here: compute their number before")
	}
	if at := r.at; !r.space() || !strings.EqualFold(r.word(), "with") || !r.space() {
		r.at = at
		r.wants("with, and sum, min, max, average or countdistinct; or a measure of the dataset")
	}
	at := r.at
	a.Op = dataset.AggOp(strings.ToLower(r.qualified()))
	if !slices.Contains([]dataset.AggOp{dataset.Sum, dataset.Min, dataset.Max, dataset.Average, dataset.CountDistinct}, a.Op) {
		r.at = at
		r.wants("sum, min, max, average or countdistinct")
	}
	if at = r.at; r.space() && strings.EqualFold(r.word(), "from") {
		r.notDone(at+1, "from is not offered: group twice")
	}
	r.at = at
	a.Name, _ = r.named()
	return a
}

// isMeasure tells whether a name that was read is that of a measure.
func (r *reader) isMeasure(name string) bool {
	if c := r.peek(); c != ' ' && c != '\t' && c != ',' && c != ')' || r.scope.d == nil {
		return false
	}
	_, ok := r.scope.d.Measure(name)
	return ok
}

// groupby reads what to group by, and what each group is made into.
func (r *reader) groupby() []dataset.Step {
	r.open()
	r.open()
	levels := r.groupings()
	r.close()
	at := r.scope
	var early []dataset.Step
	var aggs []dataset.Agg
	if r.comma() {
		early, aggs = r.ofGroup()
	}
	r.close()
	var each [][]dataset.Step
	after := scope{}
	for _, by := range levels {
		own := *at
		r.scope = &own
		each = append(each, []dataset.Step{r.grouped(by, aggs)})
		after.add(&own)
	}
	*at = after
	r.scope = at
	return append(early, together(each))
}

// together is the one sequence of a list, or all of them behind each other.
func together(each [][]dataset.Step) dataset.Step {
	if len(each) == 1 {
		return each[0][0]
	}
	return dataset.Concat{Of: each}
}

// groupings reads columns to group by; for each rollup there are several sets of them, the longest first.
func (r *reader) groupings() [][]dataset.Named {
	sets := [][]dataset.Named{nil}
	for {
		from := r.at
		var choices [][]dataset.Named
		if w := strings.ToLower(r.word()); w == "rollup" && r.peek() == '(' {
			choices = r.rollup()
		} else {
			if w == "rolluprecursive" && r.peek() == '(' {
				r.notDone(from, "rolluprecursive is not offered")
			}
			r.at = from
			choices = [][]dataset.Named{{r.grouping()}}
		}
		if len(sets[0])+len(choices[0]) > maxBy {
			r.refuse(from, "OUT_OF_RANGE", "rows are grouped by at most %d columns", maxBy)
		}
		var next [][]dataset.Named
		for _, set := range sets {
			for _, more := range choices {
				next = append(next, append(slices.Clip(set), more...))
			}
		}
		if sets = next; len(sets) > maxSets {
			r.refuse(from, "OUT_OF_RANGE", "rollups come to more than %d ways of grouping", maxSets)
		}
		if !r.comma() {
			return sets
		}
	}
}

const (
	maxSets = 32 // ways of grouping that one groupby stands for
	maxBy   = 32 // columns of each
)

// rollup reads columns from the whole to the part: rows are grouped by all, by all but the last, and so on; by none too after $all.
func (r *reader) rollup() (sets [][]dataset.Named) {
	from := r.at
	r.open()
	least := 1
	if r.has("$all") {
		least = 0
		if !r.comma() {
			r.wants("a comma, and a column")
		}
	}
	var by []dataset.Named
	for {
		by = append(by, r.grouping())
		if !r.comma() {
			break
		}
	}
	if len(by) < 2 && least > 0 {
		r.notDone(from, "there are no hierarchies by name: rollup takes columns from the whole to the part")
	}
	r.close()
	for n := len(by); n >= least; n-- {
		sets = append(sets, slices.Clip(by[:n]))
	}
	return sets
}

// grouping reads one column to group by.
func (r *reader) grouping() dataset.Named {
	from := r.at
	e := r.member(nil)
	p, ok := e.(dataset.Path)
	if !ok {
		r.refuse(from, "INVALID", "rows are grouped by columns: compute one before")
	}
	return dataset.Named{Name: strings.Join(p, "/"), Expr: e}
}

// ofGroup reads the transformations of a group: filters and computed columns, then aggregate. What is computed is so before rows are grouped.
func (r *reader) ofGroup() (early []dataset.Step, aggs []dataset.Agg) {
	var cond dataset.Expr
	for {
		from := r.at
		switch strings.ToLower(r.word()) {
		case "filter":
			r.open()
			cond = dataset.And(cond, r.expr())
			r.close()
		case "compute":
			r.open()
			early = append(early, dataset.With{Columns: r.compute()})
			r.close()
		case "aggregate":
			r.open()
			aggs = r.aggregates()
			r.close()
			for i := range aggs {
				aggs[i].Cond = cond
			}
			if r.has("/") {
				r.notDone(r.at, "nothing follows aggregate in a group: transform the groups after groupby")
			}
			return early, aggs
		default:
			r.notDone(from, "a group is made into values by aggregate, before which filter and compute may stand")
		}
		r.need("/")
	}
}
