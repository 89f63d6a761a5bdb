package plantest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Target is something of a schema that a document can be made for: a field, an argument of it, and in that a field of an input object or a
// word of an enum.
type Target struct {
	on    *ast.Definition
	field *ast.FieldDefinition
	arg   string
	path  []string // of fields from the argument to what is meant
	word  string
	other []step // further fields that may give what is meant
}

// argument gives the name of the argument that is wanted of a field, if it is this one.
func (t Target) argument(on *ast.Definition, f *ast.FieldDefinition) string {
	if t.field == f && t.on == on {
		return t.arg
	}
	return ""
}

// step is a field on the way to a type.
type step struct {
	on    *ast.Definition // an object, which a fragment may have to ask for
	field *ast.FieldDefinition
}

const waysToAType = 4

// Targets knows how to come to everything that questions and previews can come to.
type Targets struct {
	*Generator
	ways  map[*ast.Definition][][]step
	order []*ast.Definition // objects, the nearest first
	All   map[string]Target // what is to be reached, by the name that Cover counts it under
}

// Targets finds the ways.
func (g *Generator) Targets() *Targets {
	t := &Targets{Generator: g, ways: map[*ast.Definition][][]step{}, All: map[string]Target{}}
	queue := [][]step{}
	arrive := func(at *ast.Definition, way []step) {
		if len(t.ways[at]) >= waysToAType {
			return
		}
		if len(t.ways[at]) == 0 {
			t.order = append(t.order, at)
		}
		t.ways[at] = append(t.ways[at], way)
		for _, f := range at.Fields {
			if !strings.HasPrefix(f.Name, "__") && (at != g.schema.Mutation || slices.Contains(g.previews, f)) && !g.schema.Types[f.Type.Name()].IsLeafType() {
				queue = append(queue, append(slices.Clone(way), step{at, f}))
			}
		}
	}
	arrive(g.schema.Query, nil)
	if g.schema.Mutation != nil {
		arrive(g.schema.Mutation, nil)
	}
	for len(queue) > 0 {
		way := queue[0]
		queue = queue[1:]
		for _, at := range g.schema.GetPossibleTypes(g.schema.Types[way[len(way)-1].field.Type.Name()]) {
			arrive(at, way)
		}
	}
	t.list()
	return t
}

// list names all targets.
func (t *Targets) list() {
	for _, on := range t.order {
		for _, f := range on.Fields {
			if strings.HasPrefix(f.Name, "__") || on == t.schema.Mutation && !slices.Contains(t.previews, f) {
				continue
			}
			t.All[on.Name+"."+f.Name] = Target{on: on, field: f}
			for _, a := range f.Arguments {
				target := Target{on: on, field: f, arg: a.Name}
				t.All[fmt.Sprintf("%s.%s(%s:)", on.Name, f.Name, a.Name)] = target
				t.input(a.Type.Name(), target)
			}
		}
	}
	for _, on := range t.order {
		for _, f := range on.Fields {
			if def := t.schema.Types[f.Type.Name()]; def.Kind == ast.Enum && !strings.HasPrefix(f.Name, "__") {
				for _, v := range def.EnumValues {
					name := def.Name + "." + v.Name + " returned"
					target, had := t.All[name]
					if target.other = append(target.other, step{on, f}); !had {
						target.on, target.field = on, f
					}
					t.All[name] = target
				}
			}
		}
	}
}

// input names what lies in the type of an argument; the first way to it is kept.
func (t *Targets) input(name string, target Target) {
	def := t.schema.Types[name]
	switch def.Kind {
	case ast.Enum:
		for _, v := range def.EnumValues {
			target.word = v.Name
			if name := def.Name + "." + v.Name + " given"; t.All[name].field == nil {
				t.All[name] = target
			}
		}
	case ast.InputObject:
		for _, f := range def.Fields {
			deeper := target
			deeper.path = append(slices.Clone(target.path), f.Name)
			if name := def.Name + "." + f.Name + ":"; t.All[name].field == nil {
				t.All[name] = deeper
				t.input(f.Type.Name(), deeper)
			}
		}
	}
}

// Toward makes a document that should reach a target; another one for each try.
func (t *Targets) Toward(target Target, try uint64) Request {
	d := &document{Generator: t.Generator, r: rand.New(rand.NewPCG(try, 0x746f)), left: 1000, plain: true, wish: target, uses: map[string]bool{}, variables: map[string]*variable{}}
	last := step{target.on, target.field}
	if n := uint64(len(target.other)); n > 0 {
		last = target.other[try/2%n]
	}
	ways := t.ways[last.on]
	way := append(slices.Clone(ways[int(try)%len(ways)]), last)
	kind, root := "query ", t.schema.Query
	if way[0].on == t.schema.Mutation {
		kind, root = "mutation ", t.schema.Mutation
	}
	return Request{Query: kind + d.along(root, way)}
}

// along writes the selections from a type along a way.
func (d *document) along(at *ast.Definition, way []step) string {
	next := way[0]
	d.of = ""
	if len(way) > 1 {
		d.of = way[1].on.Name
	}
	s := &set{on: next.on}
	arguments, _ := d.arguments(s, next.field)
	text := next.field.Name + arguments
	if of := d.schema.Types[next.field.Type.Name()]; len(way) > 1 {
		text += " " + d.along(of, way[1:])
	} else if !of.IsLeafType() {
		text += " { __typename }"
	}
	if at != next.on {
		text = "... on " + next.on.Name + " { " + text + " }"
	}
	return "{ __typename " + text + " }"
}

// wished makes a value that has what is wished for.
func (d *document) wished(t *ast.Type, at Place, path []string) any {
	at.Literal = true
	if t.Elem != nil {
		return []any{d.wished(t.Elem, at, path)}
	}
	def := d.schema.Types[t.NamedType]
	switch {
	case def.Kind == ast.Enum && len(path) == 0 && d.wish.word != "":
		return word(d.wish.word)
	case def.Kind != ast.InputObject || len(path) == 0:
		full := *t
		full.NonNull = true
		return d.value(&full, at, 0)
	}
	f := def.Fields.ForName(path[0])
	inner := d.wished(f.Type, Place{Owner: def.Name, Name: f.Name}, path[1:])
	o := d.object(def, at, 0)
	alone := slices.Contains(d.values.OneOf(def.Name), f.Name)
	o = slices.DeleteFunc(o, func(e entry) bool {
		return e.key == f.Name || alone && slices.Contains(d.values.OneOf(def.Name), e.key)
	})
	return append(o, entry{f.Name, inner})
}
