package uri

import (
	"maps"
	"slices"
	"strings"

	"pmograph/internal/exchange/dataset"
)

// beside is an expansion: what is asked, and what is shown of it.
type beside struct {
	ask  dataset.Expand
	show Expanded
}

// expand reads which rows are shown beside.
func (r *reader) expand() (ask []dataset.Expand, show []Expanded) {
	if r.tier++; r.tier > maxExpand {
		r.refuse(r.at, "OUT_OF_RANGE", "rows beside rows are nested at most %d deep", maxExpand)
	}
	defer func() { r.tier-- }()
	var all, rest []beside
	for {
		from := r.at
		if r.has("*") {
			rest = r.star(from)
		} else {
			all = r.expanded(all)
		}
		if !r.comma() {
			break
		}
	}
	for _, b := range rest {
		if !slices.ContainsFunc(all, func(x beside) bool { return x.show.Nav == b.show.Nav }) {
			all = append(all, b)
		}
	}
	return split(all)
}

func split(all []beside) (ask []dataset.Expand, show []Expanded) {
	for _, b := range all {
		ask, show = append(ask, b.ask), append(show, b.show)
	}
	return ask, show
}

// more counts one expansion more.
func (r *reader) more(at int) {
	r.node()
	if r.beside++; r.beside > maxBeside {
		r.refuse(at, "OUT_OF_RANGE", "there are more than %d expansions", maxBeside)
	}
}

// star reads what follows *, which stands for all references.
func (r *reader) star(from int) []beside {
	d, levels, ref := r.rowsOf(from), 1, r.has("/$ref")
	if !ref && r.has("(") {
		if name, _ := r.optionName(); name != "levels" {
			r.wants("$levels=")
		}
		var deepest bool
		if levels, deepest = r.levels(); deepest {
			for levels = 1; levels <= maxExpand-r.tier && r.beside+references(d, levels+1) <= maxBeside; {
				levels++
			}
		}
		r.close()
	}
	return r.everything(d, min(levels, maxExpand-r.tier+1), ref, from)
}

// references is how many there are, so many levels deep.
func references(d *dataset.Dataset, levels int) (n int) {
	if levels == 0 {
		return 0
	}
	for i := range d.Navs {
		if n += 1 + references(d.Navs[i].Target(), levels-1); n > maxBeside {
			break
		}
	}
	return n
}

// everything is all references of a dataset, and of those that they lead to.
func (r *reader) everything(d *dataset.Dataset, levels int, ref bool, from int) (all []beside) {
	if levels == 0 {
		return nil
	}
	for i := range d.Navs {
		n := &d.Navs[i]
		r.more(from)
		b := beside{dataset.Expand{Over: dataset.Path{n.Name}, Ref: ref}, Expanded{Nav: n, Shape: Shape{All: true}}}
		b.ask.Query.Of = n.Target()
		b.ask.Query.Expand, b.show.Shape.Expand = split(r.everything(n.Target(), levels-1, ref, from))
		all = append(all, b)
	}
	return all
}

// rowsOf is the dataset whose rows have others beside.
func (r *reader) rowsOf(at int) *dataset.Dataset {
	if r.scope.d == nil {
		r.refuse(at, "NOT_ALLOWED", "after rows were grouped there are none beside them")
	}
	return r.scope.d
}

// expanded reads one item, and adds it to those before it.
func (r *reader) expanded(all []beside) []beside {
	from := r.at
	d := r.rowsOf(from)
	name := r.qualified()
	if strings.Contains(name, ".") {
		r.castTo(nil, name, from)
		r.need("/")
		from, name = r.at, r.name("a reference")
	}
	if name == "" {
		r.wants("a reference, or *")
	}
	r.more(from)
	b := beside{ask: dataset.Expand{Over: dataset.Path{name}}, show: Expanded{Shape: Shape{All: true}}}
	n, ok := d.Nav(name)
	if !ok {
		r.refuse(from, "UNKNOWN_COLUMN", "%s has no reference %q", d.Name, name)
	}
	to := r.scope.of(n.Target())
	b.show.Nav, b.ask.Query.Of = n, to.d
	at := slices.IndexFunc(all, func(x beside) bool { return x.ask.Over[0] == name })
	if at >= 0 && !r.o.V3 {
		r.refuse(from, "TWICE", "%s is expanded twice", name)
	}
	if at < 0 {
		all, at = append(all, b), len(all)
	}
	r.behind(&all[at], to)
	return all
}

// behind reads what follows the name of an expanded reference.
func (r *reader) behind(b *beside, to *scope) {
	for r.has("/") {
		at := r.at
		switch {
		case r.has("$ref"):
			b.ask.Ref = true
			r.nested(b, to, refOptions)
			return
		case r.has("$count"):
			b.ask.Count, b.ask.Query.Total = true, true
			if !b.show.Nav.Many {
				r.refuse(at, "NOT_ALLOWED", "%s leads to one row, which is not counted", b.show.Nav.Name)
			}
			r.nested(b, to, countOptions)
			return
		}
		w := r.qualified()
		if strings.Contains(w, ".") {
			outer := r.scope
			r.scope = to
			r.castTo(nil, w, at)
			r.scope = outer
			continue
		}
		if !r.o.V3 {
			r.refuse(at, "INVALID", "references are followed further in parentheses: Project($expand=Portfolio)")
		}
		r.at = at
		r.below(b, to)
		return
	}
	r.nested(b, to, expandOptions)
}

// below reads the rest of a path of references, as the old dialect writes it.
func (r *reader) below(b *beside, to *scope) {
	if r.tier++; r.tier > maxExpand {
		r.refuse(r.at, "OUT_OF_RANGE", "rows beside rows are nested at most %d deep", maxExpand)
	}
	defer func() { r.tier-- }()
	outer := r.scope
	defer func() { r.scope = outer }()
	r.scope = to
	var all []beside
	for i, ask := range b.ask.Query.Expand {
		all = append(all, beside{ask, b.show.Shape.Expand[i]})
	}
	b.ask.Query.Expand, b.show.Shape.Expand = split(r.expanded(all))
}

var (
	countOptions  = setOf("filter search")
	refOptions    = setOf("filter search orderby skip top count")
	expandOptions = setOf("filter search orderby skip top count select expand compute levels apply")
)

// part is a piece of the text: what is said for one nested option.
type part struct{ from, to int }

// nested reads options in parentheses, if some follow.
func (r *reader) nested(b *beside, to *scope, may map[string]bool) {
	if !r.has("(") {
		return
	}
	defer r.enter()()
	outer := r.aliases
	r.aliases = maps.Clone(outer)
	defer func() { r.aliases = outer }()
	parts := r.parts(may)
	q := &b.ask.Query
	for _, name := range append([]string{"levels"}, order...) {
		p, ok := parts[name]
		if !ok {
			continue
		}
		in := r.reader(r.option, r.text[:p.to], to)
		in.at = p.from
		in.space()
		switch name {
		case "levels":
			b.ask.Levels = in.recursion(b)
		case "apply":
			q.Steps = in.apply()
		case "compute":
			q.Compute = in.compute()
		case "filter":
			q.Filter = in.expr()
		case "search":
			q.Search = in.search()
		case "orderby":
			q.Order = in.orders()
		case "skip":
			q.Skip = in.rows()
		case "top":
			q.Top = topOf(in.rows())
		case "count":
			q.Total = in.truth()
		case "expand":
			q.Expand, b.show.Shape.Expand = in.expand()
		case "select":
			in.select_(&b.show.Shape)
			b.show.Shape.chosen = true
		}
		in.space()
		in.end()
	}
}

// parts finds the options up to the closing parenthesis.
func (r *reader) parts(may map[string]bool) map[string]part {
	parts := map[string]part{}
	for {
		r.space()
		at := r.at
		if r.has("@") {
			end := r.aliasBeside()
			if r.at = end + 1; r.text[end] == ')' {
				return parts
			}
			continue
		}
		name, ok := r.optionName()
		if _, twice := parts[name]; twice {
			r.refuse(at, "TWICE", "the option $%s is said twice", name)
		}
		if !ok || !may[name] {
			r.refuse(at, "INVALID", "expected one of the options that may stand here: %s", listOf(may))
		}
		end := r.until(";)")
		parts[name] = part{r.at, end}
		r.at = end + 1
		if r.text[end] == ')' {
			return parts
		}
	}
}

// aliasBeside reads what an alias stands for within the parentheses, and gives where that ends.
func (r *reader) aliasBeside() int {
	name := "@" + r.name("the name of an alias")
	r.need("=")
	end := r.until(";)")
	r.aliases[name] = r.text[r.at:end]
	return end
}

func listOf(set map[string]bool) string {
	var names []string
	for name := range set {
		names = append(names, "$"+name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// until finds where one of some bytes comes next, outside of quotes and parentheses.
func (r *reader) until(stops string) int {
	depth, quote := 0, byte(0)
	for i := r.at; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case depth == 0 && strings.IndexByte(stops, c) >= 0:
			return i
		case c == '\'' || c == '"':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
	}
	r.at = len(r.text)
	r.wants(`")"`)
	return 0
}

// levels reads how deep a reference is followed; max tells whether as deep as may be.
func (r *reader) levels() (n int, max bool) {
	from := r.at
	if strings.EqualFold(r.word(), "max") {
		return maxExpand, true
	}
	if r.at = from; r.peek() == '0' {
		r.wants("a number from 1, or max")
	}
	return r.rows(), false
}

// recursion reads $levels of a reference; one that leads to rows without such a reference is followed once.
func (r *reader) recursion(b *beside) int {
	from := r.at
	n, deepest := r.levels()
	nav := b.show.Nav
	if again, ok := nav.Target().Nav(nav.Name); !ok || again.To != nav.To {
		return 1
	}
	most := maxExpand - r.tier + 1
	if n > most && !deepest {
		r.refuse(from, "OUT_OF_RANGE", "rows beside rows are nested at most %d deep", maxExpand)
	}
	n = min(n, most)
	for range n - 1 {
		r.more(from)
	}
	return n
}
