package odata

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// xmlWriter writes elements.
type xmlWriter struct {
	b     []byte
	depth int
}

// open begins an element; attributes are pairs of name and value, those without a value are left out.
func (w *xmlWriter) open(name string, attributes ...string) {
	w.start(name, attributes)
	w.b = append(w.b, ">\n"...)
	w.depth++
}

func (w *xmlWriter) start(name string, attributes []string) {
	for range w.depth {
		w.b = append(w.b, ' ')
	}
	w.b = append(append(w.b, '<'), name...)
	for i := 0; i < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			w.b = append(append(append(w.b, ' '), attributes[i]...), `="`...)
			w.b = append(w.b, escaped(attributes[i+1])...)
			w.b = append(w.b, '"')
		}
	}
}

func escaped(s string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(s)) // a builder takes everything
	return out.String()
}

func (w *xmlWriter) close(name string) {
	w.depth--
	for range w.depth {
		w.b = append(w.b, ' ')
	}
	w.b = append(append(append(w.b, "</"...), name...), ">\n"...)
}

// empty writes an element with nothing in it but what more writes.
func (w *xmlWriter) element(name string, attributes []string, more func()) {
	w.start(name, attributes)
	before := len(w.b)
	w.b = append(w.b, ">\n"...)
	w.depth++
	inside := len(w.b)
	if more != nil {
		more()
	}
	if len(w.b) == inside {
		w.depth--
		w.b = append(w.b[:before], "/>\n"...)
		return
	}
	w.close(name)
}

// xml writes the model as CSDL XML.
func (m *model) xml(version string) []byte {
	w := &xmlWriter{b: []byte(xml.Header)}
	w.open("edmx:Edmx", "xmlns:edmx", "http://docs.oasis-open.org/odata/ns/edmx", "Version", version)
	for _, v := range vocabularies {
		w.open("edmx:Reference", "Uri", vocabularyRoot+v.namespace+".xml")
		w.element("edmx:Include", []string{"Namespace", v.namespace, "Alias", v.alias}, nil)
		w.close("edmx:Reference")
	}
	w.open("edmx:DataServices")
	w.open("Schema", "xmlns", "http://docs.oasis-open.org/odata/ns/edm", "Namespace", Namespace)
	for i := range m.types {
		w.entityType(&m.types[i])
	}
	w.element("Term", []string{"Name", strings.TrimPrefix(reasonTerm, Namespace+"."), "Type", "Edm.String", "Nullable", "false", "AppliesTo", "Property"}, func() { w.annotations([]annotation{described(reasonMeans)}) })
	w.open("EntityContainer", "Name", containerName)
	for _, s := range m.sets {
		w.element("EntitySet", []string{"Name", s.name, "EntityType", Namespace + "." + s.of}, func() {
			for _, b := range s.bindings {
				w.element("NavigationPropertyBinding", []string{"Path", b[0], "Target", b[1]}, nil)
			}
			w.annotations(s.annotations)
		})
	}
	w.annotations(m.container)
	w.close("EntityContainer")
	w.close("Schema")
	w.close("edmx:DataServices")
	w.close("edmx:Edmx")
	return w.b
}

const reasonMeans = "Why there is a null in a property's place: NOT_VISIBLE if the caller may not see the value, or not all it is made of; MIXED_CURRENCY or MIXED_KPI if values do not add up; NO_RATE without an exchange rate; ZERO_DENOMINATOR; NOT_ADDITIVE."

func (w *xmlWriter) entityType(t *entityType) {
	w.open("EntityType", "Name", t.name)
	w.open("Key")
	for _, k := range t.key {
		w.element("PropertyRef", []string{"Name", k}, nil)
	}
	w.close("Key")
	for _, p := range t.properties {
		attributes := []string{"Name", p.name, "Type", p.edm}
		if !p.nullable {
			attributes = append(attributes, "Nullable", "false")
		}
		if p.precision > 0 {
			attributes = append(attributes, "Precision", strconv.Itoa(p.precision))
		}
		w.element("Property", append(attributes, "Scale", p.scale), func() { w.annotations(p.annotations) })
	}
	for _, n := range t.navigations {
		to := Namespace + "." + n.to
		if n.many {
			to = "Collection(" + to + ")"
		}
		w.element("NavigationProperty", []string{"Name", n.name, "Type", to, "Partner", n.partner}, func() {
			for _, on := range n.on {
				w.element("ReferentialConstraint", []string{"Property", on[0], "ReferencedProperty", on[1]}, nil)
			}
			w.annotations(n.annotations)
		})
	}
	w.annotations(t.annotations)
	w.close("EntityType")
}

func (w *xmlWriter) annotations(all []annotation) {
	for _, a := range all {
		attributes := []string{"Term", a.term, "Qualifier", a.qualifier}
		inside := func() {}
		switch v := a.value.(type) {
		case []any, record, member:
			inside = func() { w.expression(v) }
		default:
			name, text := constant(v)
			attributes = append(attributes, name, text)
		}
		w.element("Annotation", attributes, func() {
			inside()
			w.annotations(a.annotations)
		})
	}
}

// constant gives the attribute that says a constant, or a path.
func constant(v any) (name, text string) {
	switch v := v.(type) {
	case bool:
		return "Bool", strconv.FormatBool(v)
	case path:
		return "Path", string(v)
	default:
		return "String", v.(string)
	}
}

func (w *xmlWriter) expression(v any) {
	switch v := v.(type) {
	case []any:
		w.element("Collection", nil, func() {
			for _, x := range v {
				w.expression(x)
			}
		})
	case record:
		w.element("Record", nil, func() {
			for _, f := range v {
				switch f.value.(type) {
				case []any, record, member:
					w.element("PropertyValue", []string{"Property", f.name}, func() { w.expression(f.value) })
				default:
					name, text := constant(f.value)
					w.element("PropertyValue", []string{"Property", f.name, name, text}, nil)
				}
			}
		})
	case member:
		w.line("EnumMember", string(v))
	case path:
		w.line("PropertyPath", string(v))
	case bool:
		w.line("Bool", strconv.FormatBool(v))
	case string:
		w.line("String", v)
	}
}

// line writes an element with a text in it.
func (w *xmlWriter) line(name, text string) {
	w.start(name, nil)
	w.b = append(append(append(append(append(w.b, '>'), escaped(text)...), "</"...), name...), ">\n"...)
}
