package projectdata

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"pmograph/internal/exchange/dataset"
)

// The names of Atom's extensions.
const (
	namespace = "ReportingData" // of the feed's types
	container = "ProjectData"   // of its sets

	dataNS     = "http://schemas.microsoft.com/ado/2007/08/dataservices"
	metadataNS = dataNS + "/metadata"
	atomNS     = "http://www.w3.org/2005/Atom"
	names      = ` xmlns="` + atomNS + `" xmlns:d="` + dataNS + `" xmlns:m="` + metadataNS + `"`
	prologue   = `<?xml version="1.0" encoding="utf-8"?>`
)

// escaped appends a text so that XML may hold it; what XML cannot hold becomes U+FFFD.
func escaped(b []byte, text string) []byte {
	for _, c := range text {
		switch {
		case c == '&':
			b = append(b, "&amp;"...)
		case c == '<':
			b = append(b, "&lt;"...)
		case c == '>':
			b = append(b, "&gt;"...)
		case c == '"':
			b = append(b, "&quot;"...)
		case c == '\r':
			b = append(b, "&#xD;"...)
		case c < ' ' && c != '\n' && c != '\t' || c == 0xFFFE || c == 0xFFFF:
			b = utf8.AppendRune(b, utf8.RuneError)
		default:
			b = utf8.AppendRune(b, c)
		}
	}
	return b
}

// tag appends an element of a text.
func tag(b []byte, name, text string) []byte {
	end, _, _ := strings.Cut(name, " ")
	return append(append(append(escaped(append(append(append(b, '<'), name...), '>'), text), "</"...), end...), '>')
}

// valueXML appends a property as an element of data.
func (w *writer) valueXML(b []byte, p *property, v value, more string) []byte {
	b = append(append(append(b, "<d:"...), p.Name...), more...)
	if p.Edm != "String" {
		b = append(append(append(b, ` m:type="`...), w.edm(p)...), '"')
	}
	if v.IsNull() {
		return append(b, ` m:null="true"/>`...)
	}
	if v.Kind == dataset.Text {
		if strings.TrimSpace(v.Text) != v.Text {
			b = append(b, ` xml:space="preserve"`...)
		}
		b = escaped(append(b, '>'), v.Text)
	} else {
		b = w.plain(append(b, '>'), p, v)
	}
	return append(append(append(b, "</d:"...), p.Name...), '>')
}

// entityXML appends an entity as an entry; more are the attributes of its element.
func (w *writer) entityXML(b []byte, s *shown, r *dataset.Row, more string) []byte {
	at := string(w.address(nil, s.set, r.Key))
	b = append(append(append(b, "<entry"...), more...), '>')
	b = tag(b, "id", w.root+at)
	b = append(b, `<category term="`+namespace+"."+s.set.Type+`" scheme="`+dataNS+`/scheme"/>`...)
	b = w.link(b, "edit", "", s.set.Type, at)
	b = append(b, "/>"...)
	for i := range s.set.References {
		b = w.referenceXML(b, s, &s.set.References[i], at, r)
	}
	b = append(b, "<title/>"...)
	b = tag(b, "updated", w.updated)
	b = append(b, `<author><name/></author><content type="application/xml"><m:properties>`...)
	for i, p := range s.properties {
		b = w.valueXML(b, p, r.Values[i], "")
	}
	return append(b, "</m:properties></content></entry>"...)
}

// link appends the beginning of a link's element.
func (w *writer) link(b []byte, rel, media, title, to string) []byte {
	b = append(append(append(b, `<link rel="`...), rel...), '"')
	if media != "" {
		b = append(append(append(b, ` type="`...), media...), '"')
	}
	b = append(append(append(b, ` title="`...), title...), '"')
	return append(escaped(append(b, ` href="`...), to), '"')
}

func (w *writer) referenceXML(b []byte, s *shown, ref *reference, at string, r *dataset.Row) []byte {
	n := s.inline(ref)
	if n < 0 && !s.links {
		return b
	}
	kind := "entry"
	if ref.Many {
		kind = "feed"
	}
	b = w.link(b, dataNS+"/related/"+ref.Name, "application/atom+xml;type="+kind, ref.Name, at+"/"+ref.Name)
	if n < 0 {
		return append(b, "/>"...)
	}
	b = append(b, "><m:inline>"...)
	x := r.Expanded[n]
	if ref.Many {
		b = w.openXML(b, w.root+at+"/"+ref.Name, ref.Name, "")
	}
	for i := range x.Rows {
		b = w.entityXML(b, s.beside[n].shown, &x.Rows[i], "")
	}
	if ref.Many {
		b = append(b, "</feed>"...)
	}
	return append(b, "</m:inline></link>"...)
}

// openXML begins a feed; more are the attributes of its element.
func (w *writer) openXML(b []byte, id, title, more string) []byte {
	b = append(append(append(b, "<feed"...), more...), '>')
	b = tag(b, "id", id)
	b = tag(b, `title type="text"`, title)
	b = tag(b, "updated", w.updated)
	b = w.link(b, "self", "", title, title)
	return append(b, "/>"...)
}

// closeXML ends the answer of a set.
func (w *writer) closeXML(b []byte, count int, next string) []byte {
	if count >= 0 {
		b = tag(b, "m:count", strconv.Itoa(count))
	}
	if next != "" {
		b = append(escaped(append(b, `<link rel="next" href="`...), next), `"/>`...)
	}
	return append(b, "</feed>"...)
}

// base is what the outermost element of an answer says beside.
func (w *writer) base() string {
	return ` xml:base="` + string(escaped(nil, w.root)) + `"` + names
}

// serviceXML is the service document.
func (w *writer) serviceXML(sets []*set) []byte {
	b := []byte(prologue + `<service xml:base="` + string(escaped(nil, w.root)) + `" xmlns="http://www.w3.org/2007/app" xmlns:atom="` + atomNS + `"><workspace><atom:title>Default</atom:title>`)
	for _, s := range sets {
		b = append(append(append(b, `<collection href="`...), s.Name...), `">`...)
		b = append(tag(b, "atom:title", s.Name), "</collection>"...)
	}
	return append(b, "</workspace></service>"...)
}

// propertyXML is the answer of one property.
func (w *writer) propertyXML(p *property, v value) []byte {
	return w.valueXML([]byte(prologue), p, v, ` xmlns:d="`+dataNS+`" xmlns:m="`+metadataNS+`"`)
}

// errorXML is the answer of an error.
func (w *writer) errorXML(code, text string) []byte {
	b := tag([]byte(prologue+`<m:error xmlns:m="`+metadataNS+`">`), "m:code", code)
	return append(tag(b, `m:message xml:lang="en-US"`, text), "</m:error>"...)
}
