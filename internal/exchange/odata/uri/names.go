package uri

import (
	"regexp"
	"slices"
	"strings"

	"pmograph/internal/exchange/dataset"
)

// scope is where names are looked up.
type scope struct {
	d      *dataset.Dataset // whose columns there are; nil after rows were grouped
	made   []string         // columns that were computed, or grouped by, or joined: Total, Project/Name
	vars   []variable       // of any and all around, the innermost last
	beside bool             // rows beside others are asked about, or counted
}

// variable names a row that any or all looks at.
type variable struct {
	name string
	d    *dataset.Dataset
}

// step is one name of a path, and where it stands.
type step struct {
	name string
	at   int
}

// with is the scope with a variable more.
func (s *scope) with(v variable) *scope {
	in := *s
	in.vars = append(slices.Clip(s.vars), v)
	return &in
}

// of is the scope of other rows.
func (s *scope) of(d *dataset.Dataset) *scope { return &scope{d: d, beside: true} }

// has tells whether there is a column, or a reference, of a name.
func (s *scope) has(name string) bool {
	if s.d != nil {
		if _, ok := s.d.Column(name); ok {
			return true
		}
		if _, ok := s.d.Nav(name); ok {
			return true
		}
	}
	return slices.Contains(s.made, name)
}

// makes adds columns to the scope.
func (r *reader) makes(names ...string) {
	if r.scope.made = append(r.scope.made, names...); len(r.scope.made) > maxMade {
		r.refuse(r.at, "OUT_OF_RANGE", "there are more than %d columns that were computed, grouped by or joined", maxMade)
	}
}

// root finds whose columns a path names: those of a variable's row, or those of the scope.
func (s *scope) root(path []step) (d *dataset.Dataset, rest []step) {
	for _, v := range slices.Backward(s.vars) {
		if len(path) > 0 && path[0].name == v.name {
			return v.d, path[1:]
		}
	}
	return s.d, path
}

func plain(path []step) dataset.Path {
	out := make(dataset.Path, len(path))
	for i, s := range path {
		out[i] = s.name
	}
	return out
}

// member reads a path and what it comes to: a value, any, all, or a count. rooted says where the path began if that was by $it or $this.
func (r *reader) member(rooted *int) dataset.Expr {
	var path []step
	for {
		at := r.at
		if r.peek() == '$' && len(path) > 0 {
			return r.counted(path)
		}
		w := r.qualified()
		switch {
		case w == "":
			r.wants("a name")
		case len(path) > 0 && r.peek() == '(':
			return r.lambda(path, w, at)
		case strings.Contains(w, "."):
			r.castTo(path, w, at)
		default:
			if rooted != nil && len(path) == 0 && len(r.scope.vars) > 0 {
				r.hiddenByVariable(w, at)
			}
			r.node()
			path = append(path, step{w, at})
		}
		if !r.has("/") {
			return append(plain(path), r.column(path)...)
		}
		if len(path) > maxHops {
			r.refuse(at, "OUT_OF_RANGE", "a path has at most %d names", maxHops)
		}
	}
}

func (r *reader) hiddenByVariable(name string, at int) {
	for _, v := range r.scope.vars {
		if v.name == name {
			r.refuse(at, "AMBIGUOUS", "%s is the name of a variable here: choose another one", name)
		}
	}
}

// castTo makes sure that a type that is named in a path is that of the rows it stands behind.
func (r *reader) castTo(path []step, name string, at int) {
	d, rest := r.scope.root(path)
	for _, s := range rest {
		if d == nil {
			break
		}
		n, ok := d.Nav(s.name)
		if !ok {
			break
		}
		d = n.Target()
	}
	if d == nil || !strings.HasSuffix(name, "."+d.Singular) {
		r.notDone(at, "types are not derived from each other, so nothing is of type %.60s here", name)
	}
}

// comparedToNull is what may stand behind a reference to one, which is null if there is no row.
var comparedToNull = regexp.MustCompile(`(?i)^[ \t]+(eq|ne)[ \t]+null\b`)

// column makes sure that a path leads to a column, or adds one that is null if the path leads to no row.
func (r *reader) column(path []step) (more []string) {
	s := r.scope
	d, rest := s.root(path)
	if len(rest) == 0 {
		r.refuse(path[0].at, "INVALID", "%s is a row, and a value is needed: name one of its columns", path[0].name)
	}
	if len(rest) == len(path) && slices.Contains(s.made, strings.Join(plain(path), "/")) {
		return nil
	}
	last := rest[len(rest)-1]
	d = r.walk(d, rest[:len(rest)-1], last)
	if _, ok := d.Column(last.name); ok {
		return nil
	}
	if n, ok := d.Nav(last.name); ok {
		if !n.Many && comparedToNull.MatchString(r.text[r.at:]) {
			return n.Target().Key[:1]
		}
		r.refuse(last.at, "INVALID", "%s leads to rows of %s, and a value is needed: name one of their columns", last.name, n.To)
	}
	r.refuse(last.at, "UNKNOWN_COLUMN", "%s has no column %q", d.Name, last.name)
	return nil
}

// walk follows references to one; last is what comes behind.
func (r *reader) walk(d *dataset.Dataset, path []step, last step) *dataset.Dataset {
	if d == nil {
		if len(path) > 0 {
			last = path[0]
		}
		r.refuse(last.at, "UNKNOWN_COLUMN", "there is no column %q any more: after rows were grouped there are %s", last.name, strings.Join(r.scope.made, ", "))
	}
	for _, s := range path {
		n, ok := d.Nav(s.name)
		switch {
		case !ok:
			r.refuse(s.at, "UNKNOWN_COLUMN", "%s has no reference %q", d.Name, s.name)
		case n.Many:
			r.refuse(s.at, "INVALID", "%s leads to any number of rows of %s: ask any, all or $count", s.name, n.To)
		}
		d = n.Target()
	}
	return d
}

// many finds what a path to many rows leads to.
func (r *reader) many(path []step) *dataset.Dataset {
	d, rest := r.scope.root(path)
	if len(rest) == 0 {
		r.refuse(path[0].at, "INVALID", "%s is one row, and a reference to many is needed", path[0].name)
	}
	last := rest[len(rest)-1]
	d = r.walk(d, rest[:len(rest)-1], last)
	n, ok := d.Nav(last.name)
	if !ok || !n.Many {
		r.refuse(last.at, "UNKNOWN_COLUMN", "%s has no reference %q to many", d.Name, last.name)
	}
	return n.Target()
}

// lambda reads any(x:condition) or all(x:condition) behind a path.
func (r *reader) lambda(path []step, word string, at int) dataset.Expr {
	defer r.enter()()
	r.node()
	kind := strings.ToLower(word)
	if kind != "any" && kind != "all" {
		r.notDone(at, "nothing is called %.60s behind a path but any, all and $count", word)
	}
	l := dataset.Lambda{All: kind == "all", Over: plain(path)}
	to := r.many(path)
	r.open()
	if kind == "any" && r.has(")") {
		return l
	}
	at = r.at
	l.Var = r.name("a variable, as in any(x:x/Name eq 'A')")
	r.hiddenByVariable(l.Var, at)
	if r.scope.has(l.Var) {
		r.refuse(at, "AMBIGUOUS", "%s is the name of a column or reference: choose another one for the variable", l.Var)
	}
	r.space()
	r.need(":")
	r.space()
	outer := r.scope
	r.scope = outer.with(variable{l.Var, to})
	l.Cond = r.expr()
	r.scope = outer
	r.close()
	return l
}

// counted reads $count, perhaps with a filter, or $filter(condition)/$count, behind a path.
func (r *reader) counted(path []step) dataset.Expr {
	defer r.enter()()
	r.node()
	at := r.at
	r.at++
	w := r.word()
	to := r.scope.of(r.many(path))
	c := dataset.Count{Over: plain(path)}
	switch {
	case w == "count" && r.has("("):
		c.Cond = r.countOption(to)
	case w == "count":
	case w == "filter" && r.peek() == '(':
		r.open()
		c.Cond = r.within(to)
		r.close()
		if !r.has("/$count") {
			r.notDone(r.at, "only $count stands behind a filter in a path")
		}
	default:
		r.notDone(at, "nothing is called $%.60s behind a path but $count", w)
	}
	return c
}

// within reads an expression about other rows.
func (r *reader) within(s *scope) dataset.Expr {
	outer := r.scope
	r.scope = s
	e := r.expr()
	r.scope = outer
	return e
}

func (r *reader) countOption(to *scope) dataset.Expr {
	at := r.at
	name, ok := r.optionName()
	if !ok || name != "filter" {
		r.notDone(at, "only $filter narrows a count")
	}
	e := r.within(to)
	if r.has(";") {
		r.notDone(r.at, "only one $filter narrows a count")
	}
	r.close()
	return e
}
