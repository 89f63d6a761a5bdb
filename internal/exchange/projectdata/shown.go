package projectdata

import (
	"slices"
	"strconv"
	"strings"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/odata/uri"
)

// shown is what an answer shows of entities of a set.
type shown struct {
	set        *set
	properties []*property // of the values of rows
	links      bool        // references that nothing is shown of have their addresses
	beside     []beside    // of the expanded of rows
}

// beside is what is shown of the entities that a reference leads to.
type beside struct {
	*reference
	shown *shown
}

// showing has a query show what a shape says.
func (c *catalogue) showing(q *dataset.Query, shape uri.Shape) *shown {
	s := &shown{set: c.byName[q.Of.Name], links: shape.All}
	for i := range s.set.Properties {
		if p := &s.set.Properties[i]; shape.All || slices.Contains(shape.Select, p.Name) {
			s.properties = append(s.properties, p)
			q.Select = append(q.Select, dataset.Col(p.Name))
		}
	}
	if q.Select == nil {
		q.Select = []dataset.Expr{}
	}
	for i := range q.Expand {
		e := &q.Expand[i]
		n, _ := q.Of.Nav(e.Over[0])
		e.Query.Of = n.Target()
		s.beside = append(s.beside, beside{s.set.reference(n.Name), c.showing(&e.Query, shape.Expand[i].Shape)})
	}
	return s
}

// worth is how many values of an entity have to be made: what nothing fills costs nothing. Beside it counts as one entity of each kind.
func (s *shown) worth() int {
	n := 1
	for _, p := range s.properties {
		if p.Fill != nil {
			n++
		}
	}
	for _, b := range s.beside {
		n += b.shown.worth()
	}
	return n
}

func (s *set) reference(name string) *reference {
	for i := range s.References {
		if s.References[i].Name == name {
			return &s.References[i]
		}
	}
	return nil
}

// inline gives the place among what is shown beside of a reference; below zero if nothing is shown of it.
func (s *shown) inline(r *reference) int {
	return slices.IndexFunc(s.beside, func(b beside) bool { return b.Name == r.Name })
}

// writer writes what an answer is made of, in the form it was asked in.
type writer struct {
	form
	root    string // of the feed, as the caller knows it, with a slash at its end
	updated string // the instant of the answer, which Atom wants to know
}

// plain appends the text of a value that is there.
func (w *writer) plain(b []byte, p *property, v value) []byte {
	switch v.Kind {
	case dataset.ID:
		return append(b, written(p.Fill.Of, v)...)
	case dataset.Date:
		b = append(v.Append(b), "T00:00:00"...)
	case dataset.Instant:
		b = v.Time().AppendFormat(b, "2006-01-02T15:04:05.999999")
	default:
		return v.Append(b)
	}
	if w.version == v4 {
		b = append(b, 'Z')
	}
	return b
}

// edm is the type that a property has in a version.
func (w *writer) edm(p *property) string {
	if w.version == v4 && p.Edm == "DateTime" {
		return "Edm.DateTimeOffset"
	}
	return "Edm." + p.Edm
}

// address appends where an entity lies below the root.
func (w *writer) address(b []byte, s *set, key []value) []byte {
	b = append(append(b, s.Name...), '(')
	n := 0
	for i := range s.Properties {
		p := &s.Properties[i]
		if !p.Key {
			continue
		}
		if n > 0 {
			b = append(b, ',')
		}
		if len(key) > 1 {
			b = append(append(b, p.Name...), '=')
		}
		b = w.constant(b, p, key[n])
		n++
	}
	return append(b, ')')
}

// constant appends a value as addresses have it.
func (w *writer) constant(b []byte, p *property, v value) []byte {
	prefix := strings.ToLower(p.Edm)
	switch {
	case v.IsNull():
		return append(b, "null"...)
	case p.Edm == "String":
		return append(append(append(b, '\''), strings.ReplaceAll(v.Text, "'", "''")...), '\'')
	case w.version != v4 && (prefix == "guid" || prefix == "datetime"):
		return append(w.plain(append(append(b, prefix...), '\''), p, v), '\'')
	}
	return w.plain(b, p, v)
}

// millis appends an instant as OData 2 has it in JSON.
func millis(b []byte, v value) []byte {
	ms := v.Int / 1000
	if v.Kind == dataset.Date {
		ms = v.Int * 86_400_000
	}
	return append(strconv.AppendInt(append(b, `"\/Date(`...), ms, 10), `)\/"`...)
}
