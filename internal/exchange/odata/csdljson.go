package odata

import (
	"strconv"
	"strings"
)

// jsonWriter writes objects whose members keep their order.
type jsonWriter struct{ b []byte }

func (w *jsonWriter) name(n string) { w.b = append(appendText(then(w.b), n), ':') }

func (w *jsonWriter) object(inside func()) {
	w.b = append(w.b, '{')
	inside()
	w.b = append(w.b, '}')
}

func (w *jsonWriter) member(name string, v any) {
	w.name(name)
	w.value(v)
}

func (w *jsonWriter) value(v any) {
	switch v := v.(type) {
	case bool:
		w.b = strconv.AppendBool(w.b, v)
	case int:
		w.b = strconv.AppendInt(w.b, int64(v), 10)
	case string:
		w.b = appendText(w.b, v)
	case path:
		w.b = appendText(w.b, string(v))
	case member:
		_, name, _ := strings.Cut(string(v), "/")
		w.b = appendText(w.b, name)
	case []any:
		w.b = append(w.b, '[')
		for _, x := range v {
			if w.b[len(w.b)-1] != '[' {
				w.b = append(w.b, ',')
			}
			w.value(x)
		}
		w.b = append(w.b, ']')
	case record:
		w.object(func() {
			for _, f := range v {
				if p, ok := f.value.(path); ok {
					w.name(f.name)
					w.object(func() { w.member("$Path", string(p)) })
					continue
				}
				w.member(f.name, f.value)
			}
		})
	}
}

// json writes the model as CSDL JSON.
func (m *model) json() []byte {
	w := &jsonWriter{}
	w.object(func() {
		w.member("$Version", "4.01")
		w.member("$EntityContainer", Namespace+"."+containerName)
		w.name("$Reference")
		w.object(func() {
			for _, v := range vocabularies {
				w.name(vocabularyRoot + v.namespace + ".json")
				w.object(func() {
					w.member("$Include", []any{record{{"$Namespace", v.namespace}, {"$Alias", v.alias}}})
				})
			}
		})
		w.name(Namespace)
		w.object(func() { m.schema(w) })
	})
	return w.b
}

func (m *model) schema(w *jsonWriter) {
	for i := range m.types {
		w.name(m.types[i].name)
		w.entityType(&m.types[i])
	}
	w.name(strings.TrimPrefix(reasonTerm, Namespace+"."))
	w.object(func() {
		w.member("$Kind", "Term")
		w.member("$AppliesTo", []any{"Property"})
		w.annotations([]annotation{described(reasonMeans)})
	})
	w.name(containerName)
	w.object(func() {
		w.member("$Kind", "EntityContainer")
		for _, s := range m.sets {
			w.name(s.name)
			w.object(func() {
				w.member("$Collection", true)
				w.member("$Type", Namespace+"."+s.of)
				if len(s.bindings) > 0 {
					bindings := record{}
					for _, b := range s.bindings {
						bindings = append(bindings, fieldOf{b[0], b[1]})
					}
					w.member("$NavigationPropertyBinding", bindings)
				}
				w.annotations(s.annotations)
			})
		}
		w.annotations(m.container)
	})
}

func (w *jsonWriter) entityType(t *entityType) {
	w.object(func() {
		w.member("$Kind", "EntityType")
		keys := []any{}
		for _, k := range t.key {
			keys = append(keys, k)
		}
		w.member("$Key", keys)
		for _, p := range t.properties {
			w.name(p.name)
			w.object(func() { w.property(&p) })
		}
		for _, n := range t.navigations {
			w.name(n.name)
			w.object(func() { w.navigation(&n) })
		}
		w.annotations(t.annotations)
	})
}

func (w *jsonWriter) property(p *propertyType) {
	if p.edm != "Edm.String" {
		w.member("$Type", p.edm)
	}
	if p.nullable {
		w.member("$Nullable", true)
	}
	if p.precision > 0 {
		w.member("$Precision", p.precision)
	}
	switch n, err := strconv.Atoi(p.scale); {
	case err == nil:
		w.member("$Scale", n)
	case p.scale != "":
		w.member("$Scale", p.scale)
	}
	w.annotations(p.annotations)
}

func (w *jsonWriter) navigation(n *navigationType) {
	w.member("$Kind", "NavigationProperty")
	w.member("$Type", Namespace+"."+n.to)
	if n.many {
		w.member("$Collection", true)
	}
	if n.nullable {
		w.member("$Nullable", true)
	}
	if n.partner != "" {
		w.member("$Partner", n.partner)
	}
	if len(n.on) > 0 {
		on := record{}
		for _, pair := range n.on {
			on = append(on, fieldOf{pair[0], pair[1]})
		}
		w.member("$ReferentialConstraint", on)
	}
	w.annotations(n.annotations)
}

// annotations writes what is said of the object around; annotations of an annotation stand beside it.
func (w *jsonWriter) annotations(all []annotation) { w.about("", all) }

func (w *jsonWriter) about(of string, all []annotation) {
	for _, a := range all {
		name := of + "@" + a.term
		if a.qualifier != "" {
			name += "#" + a.qualifier
		}
		w.name(name)
		if p, ok := a.value.(path); ok {
			w.object(func() { w.member("$Path", string(p)) })
		} else {
			w.value(a.value)
		}
		w.about(name, a.annotations)
	}
}
