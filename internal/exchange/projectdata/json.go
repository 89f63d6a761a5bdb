package projectdata

import (
	"encoding/json"
	"strconv"

	"pmograph/internal/exchange/dataset"
)

// quoted appends a JSON string.
func quoted(b []byte, text string) []byte {
	j, _ := json.Marshal(text) // a text of valid UTF-8, always
	return append(b, j...)
}

// member appends the name of a member, with a comma before it unless it is the first.
func member(b []byte, name string) []byte {
	return append(quoted(next(b), name), ':')
}

// next appends a comma unless something was just opened.
func next(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] != '{' && b[n-1] != '[' && b[n-1] != ':' {
		return append(b, ',')
	}
	return b
}

// control appends the name of a member that says something of the answer.
func (w *writer) control(b []byte, of, name string) []byte {
	if w.version == v4 {
		if name == "metadata" {
			name = "context"
		}
		return member(b, of+"@odata."+name)
	}
	if of != "" {
		of += "@"
	}
	return member(b, of+"odata."+name)
}

// json appends a value.
func (w *writer) json(b []byte, p *property, v value) []byte {
	switch {
	case v.IsNull():
		return append(b, "null"...)
	case v.Kind == dataset.Text:
		return quoted(b, v.Text)
	case v.Kind == dataset.Bool, v.Kind == dataset.Int, p.Edm == "Double", v.Kind == dataset.Decimal && w.version == v4:
		return v.Append(b)
	case w.version == v2 && (v.Kind == dataset.Date || v.Kind == dataset.Instant):
		return millis(b, v)
	}
	return append(w.plain(append(b, '"'), p, v), '"')
}

// entityJSON appends an entity.
func (w *writer) entityJSON(b []byte, s *shown, r *dataset.Row) []byte {
	return append(w.membersJSON(append(b, '{'), s, r), '}')
}

func (w *writer) membersJSON(b []byte, s *shown, r *dataset.Row) []byte {
	at := ""
	if w.media == verbose || w.level == full {
		at = string(w.address(nil, s.set, r.Key))
	}
	switch {
	case w.media == verbose:
		b = append(member(b, "__metadata"), '{')
		for _, name := range []string{"id", "uri"} {
			b = quoted(member(b, name), w.root+at)
		}
		b = append(quoted(member(b, "type"), namespace+"."+s.set.Type), '}')
	case w.level == full:
		b = quoted(w.control(b, "", "type"), w.hash()+namespace+"."+s.set.Type)
		b = quoted(w.control(b, "", "id"), w.root+at)
		b = quoted(w.control(b, "", "editLink"), at)
	}
	for i := range s.set.References {
		b = w.referenceJSON(b, s, &s.set.References[i], at, r)
	}
	for i, p := range s.properties {
		if w.media == light && w.level == full && !r.Values[i].IsNull() && p.Edm != "String" && p.Edm != "Boolean" && p.Edm != "Int32" && p.Edm != "Double" {
			b = quoted(w.control(b, p.Name, "type"), w.short(p))
		}
		b = w.json(member(b, p.Name), p, r.Values[i])
	}
	return b
}

// hash stands before the name of a type in OData 4.
func (w *writer) hash() string {
	if w.version == v4 {
		return "#"
	}
	return ""
}

// short is the name of a property's type as light JSON has it.
func (w *writer) short(p *property) string {
	if w.version == v4 {
		return "#" + w.edm(p)[len("Edm."):]
	}
	return w.edm(p)
}

func (w *writer) referenceJSON(b []byte, s *shown, ref *reference, at string, r *dataset.Row) []byte {
	n := s.inline(ref)
	switch {
	case n >= 0:
		return w.besideJSON(member(b, ref.Name), s.beside[n], r.Expanded[n])
	case !s.links:
	case w.media == verbose:
		b = append(member(b, ref.Name), `{"__deferred":{"uri":`...)
		b = append(quoted(b, w.root+at+"/"+ref.Name), "}}"...)
	case w.level == full && w.version == v4:
		b = quoted(w.control(b, ref.Name, "navigationLink"), at+"/"+ref.Name)
	case w.level == full:
		b = quoted(w.control(b, ref.Name, "navigationLinkUrl"), at+"/"+ref.Name)
	}
	return b
}

func (w *writer) besideJSON(b []byte, s beside, x *dataset.Expanded) []byte {
	if !s.Many {
		if len(x.Rows) == 0 {
			return append(b, "null"...)
		}
		return w.entityJSON(b, s.shown, &x.Rows[0])
	}
	if w.media == verbose {
		b = append(b, `{"results":`...)
	}
	b = append(b, '[')
	for i := range x.Rows {
		b = w.entityJSON(next(b), s.shown, &x.Rows[i])
	}
	b = append(b, ']')
	if w.media == verbose {
		b = append(b, '}')
	}
	return b
}

// openJSON begins the answer of a set, with how many there are unless that is below zero.
func (w *writer) openJSON(b []byte, count int, context string) []byte {
	if w.media == verbose {
		return append(b, `{"d":{"results":[`...)
	}
	return append(member(w.countJSON(w.contextJSON(append(b, '{'), context), count), "value"), '[')
}

func (w *writer) contextJSON(b []byte, context string) []byte {
	if w.level == none && w.media == light {
		return b
	}
	return quoted(w.control(b, "", "metadata"), w.root+"$metadata"+context)
}

// countJSON appends how many there are; nothing if that was not asked for.
func (w *writer) countJSON(b []byte, n int) []byte {
	switch {
	case n < 0:
		return b
	case w.media == verbose:
		return quoted(member(b, "__count"), strconv.Itoa(n))
	case w.version == v4:
		return strconv.AppendInt(w.control(b, "", "count"), int64(n), 10)
	}
	return quoted(w.control(b, "", "count"), strconv.Itoa(n))
}

// closeJSON ends the answer of a set.
func (w *writer) closeJSON(b []byte, count int, next string) []byte {
	b = w.countJSON(append(b, ']'), count)
	if w.media == verbose {
		if next != "" {
			b = quoted(member(b, "__next"), next)
		}
		return append(b, "}}"...)
	}
	if next != "" {
		b = quoted(w.control(b, "", "nextLink"), next)
	}
	return append(b, '}')
}

// oneJSON is the answer of one entity.
func (w *writer) oneJSON(s *shown, r *dataset.Row) []byte {
	if w.media == verbose {
		return append(w.entityJSON([]byte(`{"d":`), s, r), '}')
	}
	element := "/@Element"
	if w.version == v4 {
		element = "/$entity"
	}
	return append(w.membersJSON(w.contextJSON([]byte("{"), "#"+s.set.Name+w.chosen(s)+element), s, r), '}')
}

// chosen says in a context which properties are shown, if not all are.
func (w *writer) chosen(s *shown) string {
	if s.links || w.version != v4 {
		return ""
	}
	b := []byte("(")
	for i, p := range s.properties {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, p.Name...)
	}
	return string(append(b, ')'))
}

// propertyJSON is the answer of one property.
func (w *writer) propertyJSON(p *property, v value, context string) []byte {
	if w.media == verbose {
		return append(w.json(member([]byte(`{"d":{`), p.Name), p, v), "}}"...)
	}
	return append(w.json(member(w.contextJSON([]byte("{"), context), "value"), p, v), '}')
}

// serviceJSON is the service document.
func (w *writer) serviceJSON(sets []*set) []byte {
	if w.media == verbose {
		b := []byte(`{"d":{"EntitySets":[`)
		for _, s := range sets {
			b = quoted(next(b), s.Name)
		}
		return append(b, "]}}"...)
	}
	b := append(member(w.contextJSON([]byte("{"), ""), "value"), '[')
	for _, s := range sets {
		b = append(next(b), '{')
		b = quoted(member(b, "name"), s.Name)
		if w.version == v4 {
			b = quoted(member(b, "kind"), "EntitySet")
		}
		b = append(quoted(member(b, "url"), s.Name), '}')
	}
	return append(b, "]}"...)
}

// errorJSON is the answer of an error.
func (w *writer) errorJSON(code, text string) []byte {
	name := "error"
	if w.media == light && w.version != v4 {
		name = "odata.error"
	}
	b := append(member([]byte("{"), name), '{')
	b = quoted(member(b, "code"), code)
	if w.version == v4 {
		return append(quoted(member(b, "message"), text), "}}"...)
	}
	b = append(member(b, "message"), `{"lang":"en-US"`...)
	return append(quoted(member(b, "value"), text), "}}}"...)
}
