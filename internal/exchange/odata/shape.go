package odata

import (
	"slices"
	"strings"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata/uri"
)

// Namespace is that of the service's types and terms.
const Namespace = "pmograph"

// reasonTerm annotates a property: it says why there is a null in its place.
const reasonTerm = Namespace + ".reason"

// selected puts what is shown into a query: columns by name, and the same for rows beside.
func selected(q *dataset.Query, s *uri.Shape) {
	if !s.All {
		q.Select = make([]dataset.Expr, len(s.Select))
		for i, name := range s.Select {
			q.Select[i] = dataset.Path(strings.Split(name, "/"))
		}
	}
	for i := range s.Expand {
		selected(&q.Expand[i].Query, &s.Expand[i].Shape)
	}
}

// shower writes the rows of a plan.
type shower struct {
	f       *form
	set     *dataset.Dataset
	made    bool // steps made the rows of others
	keyless bool // not all columns of the key are shown
	tree    []*property
	beside
	expands []*shower
	links   []string // references whose addresses are told
	values  int      // written so far
}

// beside is how rows beside a row are shown.
type beside struct {
	name              string
	ref, count, total bool
}

// property is what an object shows under one name: a column, or an object of columns.
type property struct {
	name    string
	opening string // "Name":
	reason  string // "Name@pmograph.reason":
	typing  string // "Name@type":"Decimal", or nothing
	column  int
	below   []*property // of an object; else nil
}

// shows makes a plan's rows ready to be written, the first so many columns of them. of is the set they are of, or were before steps made others of them.
func shows(f *form, of *dataset.Dataset, p *dataset.Plan, columns int) *shower {
	s := &shower{f: f, set: of, made: p.Of == nil}
	s.keyless = slices.ContainsFunc(of.Key, func(k string) bool {
		return !slices.ContainsFunc(p.Columns[:columns], func(c dataset.Column) bool { return c.Name == k })
	})
	for i := range columns {
		s.place(&s.tree, p, i, strings.Split(p.Columns[i].Name, "/"))
	}
	asked := p.Asked()
	for i, sub := range p.Expands {
		e := s.follow(sub)
		if i < len(asked.Expand) {
			x := &asked.Expand[i]
			e.ref, e.count, e.total = x.Ref, x.Count, x.Query.Total
		} else { // the same reference once more
			e.ref, e.count, e.total = s.ref, s.count, s.total
		}
		s.expands = append(s.expands, e)
	}
	return s
}

func (s *shower) follow(sub *dataset.Plan) *shower {
	e := shows(s.f, sub.Nav().Target(), sub, len(sub.Columns))
	e.name = sub.Nav().Name
	return e
}

// linked has the addresses of references told: of those that were selected, or, with full control information, of all that are shown.
func (s *shower) linked(shape *uri.Shape) *shower {
	s.links = shape.Links
	if s.f.meta == full && shape.All && !s.made {
		s.links = nil
		for i := range s.set.Navs {
			s.links = append(s.links, s.set.Navs[i].Name)
		}
	}
	for i := range shape.Expand {
		s.expands[i].linked(&shape.Expand[i].Shape)
	}
	return s
}

// place puts a column into the tree of objects.
func (s *shower) place(in *[]*property, p *dataset.Plan, column int, path []string) {
	name := path[0]
	opening := string(append(appendText(nil, name), ':'))
	if len(path) > 1 {
		for _, have := range *in {
			if have.below != nil && have.opening == opening {
				s.place(&have.below, p, column, path[1:])
				return
			}
		}
		object := &property{name: name, opening: opening}
		s.place(&object.below, p, column, path[1:])
		*in = append(*in, object)
		return
	}
	x := &property{name: name, opening: opening, column: column, reason: string(append(appendText(nil, name+"@"+reasonTerm), ':'))}
	c := &p.Columns[column]
	_, declared := s.set.Column(c.Name)
	declared = declared || strings.Contains(c.Name, "/")
	if t := edmTypes[c.Kind]; t != "" && t != "Edm.String" && t != "Edm.Boolean" && (s.f.meta == full || s.f.meta == minimal && !declared) {
		t = strings.TrimPrefix(t, "Edm.")
		if s.f.old {
			t = "#" + t
		}
		x.typing = string(appendText(append(appendText(nil, name+s.f.name("type")), ':'), t))
	}
	*in = append(*in, x)
}

// edmTypes are the types of values.
var edmTypes = map[dataset.Kind]string{
	dataset.Bool: "Edm.Boolean", dataset.Int: "Edm.Int64", dataset.Decimal: "Edm.Decimal", dataset.Date: "Edm.Date",
	dataset.Instant: "Edm.DateTimeOffset", dataset.Text: "Edm.String", dataset.ID: "Edm.String",
}

// row appends a row. What comes before the properties has been appended: only an opening brace if it ends with one.
func (s *shower) row(b []byte, r *dataset.Row) []byte {
	b = append(b, '{')
	b = s.content(b, r)
	return append(b, '}')
}

func (s *shower) content(b []byte, r *dataset.Row) []byte {
	s.values += len(r.Values)
	b = s.identify(b, r)
	b = s.object(b, s.tree, r.Values)
	if s.f.meta != none && r.Key != nil {
		for _, name := range s.links {
			b = s.link(b, r, name)
		}
	}
	for i, e := range s.expands {
		b = e.rowsBeside(b, r.Expanded[i])
	}
	return b
}

// then appends a comma, unless nothing stands before.
func then(b []byte) []byte {
	if b[len(b)-1] == '{' || b[len(b)-1] == '[' {
		return b
	}
	return append(b, ',')
}

func (s *shower) object(b []byte, tree []*property, values []dataset.Value) []byte {
	for _, x := range tree {
		if x.below != nil {
			b = append(append(then(b), x.opening...), '{')
			b = append(s.object(b, x.below, values), '}')
			continue
		}
		v := &values[x.column]
		switch {
		case v.Kind != dataset.Null:
			if x.typing != "" {
				b = append(then(b), x.typing...)
			}
		case v.Why != dataset.Absent && s.f.meta != none && !s.f.unnotated:
			b = appendText(append(then(b), x.reason...), v.Why.String())
		case s.f.omit:
			continue
		}
		b = appendValue(append(then(b), x.opening...), *v, s.f.quoted)
	}
	return b
}

// identify appends what says which row it is, where that is wanted.
func (s *shower) identify(b []byte, r *dataset.Row) []byte {
	if r.Key == nil || s.f.meta == none || s.f.meta == minimal && !s.keyless {
		return b
	}
	if s.f.meta == full {
		b = appendText(append(appendText(then(b), s.f.name("type")), ':'), "#"+Namespace+"."+s.set.Singular)
	}
	b = s.id(append(appendText(then(b), s.f.name("id")), ':'), r)
	if s.f.meta == minimal {
		return b
	}
	return s.id(append(appendText(append(b, ','), s.f.name("readLink")), ':'), r)
}

// id appends the identifier of a row: its address below the service's root.
func (s *shower) id(b []byte, r *dataset.Row) []byte {
	return appendText(b, string(appendKey([]byte(s.set.Name), s.set, r.Key)))
}

// link appends the address of what a reference leads to.
func (s *shower) link(b []byte, r *dataset.Row, name string) []byte {
	b = append(appendText(then(b), name+s.f.name("navigationLink")), ':')
	return appendText(b, string(appendKey([]byte(s.set.Name), s.set, r.Key))+"/"+name)
}

// rowsBeside appends what a reference leads to.
func (e *shower) rowsBeside(b []byte, x *dataset.Expanded) []byte {
	if x.Count >= 0 && (e.total || e.count) {
		e.values++
		b = append(appendText(then(b), e.name+e.f.name("count")), ':')
		b = appendValue(b, dataset.OfInt(x.Count), e.f.quoted)
	}
	if e.count {
		return b
	}
	if x.One && len(x.Rows) == 0 && e.f.omit {
		return b
	}
	b = append(appendText(then(b), e.name), ':')
	if x.One && len(x.Rows) == 0 {
		return append(b, "null"...)
	}
	if !x.One {
		b = append(b, '[')
	}
	for i := range x.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.rowOrRef(b, &x.Rows[i])
	}
	if !x.One {
		b = append(b, ']')
	}
	return b
}

func (s *shower) rowOrRef(b []byte, r *dataset.Row) []byte {
	if s.ref {
		return s.reference(b, r)
	}
	return s.row(b, r)
}

// reference appends a row's identifier as an object.
func (s *shower) reference(b []byte, r *dataset.Row) []byte {
	s.values++
	b = append(appendText(append(b, '{'), s.f.name("id")), ':')
	return append(s.id(b, r), '}')
}

// all gives how many values were written, those of rows beside among them.
func (s *shower) all() int {
	n := s.values
	for _, e := range s.expands {
		n += e.all()
	}
	return n
}

// projected says in the way of context addresses what of a set is shown; nothing if it is just its columns.
func (s *shower) projected(shape *uri.Shape) string {
	var parts []string
	if !shape.All || s.made {
		if s.tree != nil {
			parts = append(parts, names(s.tree))
		}
		parts = append(parts, shape.Links...)
	}
	for i := range shape.Expand {
		e := s.expands[i]
		inner := e.projected(&shape.Expand[i].Shape)
		if inner == "" {
			inner = "()"
		}
		parts = append(parts, e.name+inner)
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, ",") + ")"
}

// names lists the names of an object's properties, with those of objects in it.
func names(tree []*property) string {
	all := make([]string, len(tree))
	for i, x := range tree {
		if all[i] = x.name; x.below != nil {
			all[i] += "(" + names(x.below) + ")"
		}
	}
	return strings.Join(all, ",")
}
