package plantest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Cover counts what of a schema was reached: fields that were answered, by the object they were answered for, arguments and fields of input
// objects that were given to such, and words of enums, given and returned.
type Cover struct {
	schema *ast.Schema
	Times  map[string]int
}

// NewCover counts from zero.
func NewCover(schema *ast.Schema) *Cover { return &Cover{schema, map[string]int{}} }

// Add counts what an answer shows to have been reached.
func (c *Cover) Add(q Request, answer Answer) {
	doc, err := Parse(c.schema, q.Query)
	if err != nil {
		return
	}
	op := doc.Operations.ForName(q.Operation)
	var response struct{ Data any }
	if op == nil || json.Unmarshal(answer.Body, &response) != nil {
		return
	}
	root := c.schema.Query
	if op.Operation == ast.Mutation {
		root = c.schema.Mutation
	}
	x := &covering{Cover: c, doc: doc, variables: q.Variables}
	for _, v := range op.VariableDefinitions {
		if _, given := x.variables[v.Variable]; !given && v.DefaultValue != nil {
			x.value(v.DefaultValue, v.Type)
		}
	}
	x.object([]ast.SelectionSet{op.SelectionSet}, root, response.Data)
}

// Missing lists what was never reached of what there is.
func (c *Cover) Missing(all map[string]Target) (list []string) {
	for name := range all {
		if c.Times[name] == 0 {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// covering goes through one document and its answer.
type covering struct {
	*Cover
	doc       *ast.QueryDocument
	variables map[string]any
}

// object counts what was asked of an object; sets are the selection sets that merge for it.
func (x *covering) object(sets []ast.SelectionSet, on *ast.Definition, data any) {
	switch data := data.(type) {
	case []any:
		for _, e := range data {
			x.object(sets, on, e)
		}
	case map[string]any:
		if on.IsAbstractType() {
			if on = x.concrete(sets, data); on == nil {
				return
			}
		}
		fields := map[string][]*ast.Field{}
		for _, s := range sets {
			x.collect(s, on, fields)
		}
		for key, list := range fields {
			if value, answered := data[key]; answered {
				x.field(on, list, value)
			}
		}
	}
}

// concrete gives the type of an object whose selections ask for it, nil if they do not.
func (x *covering) concrete(sets []ast.SelectionSet, data map[string]any) *ast.Definition {
	for _, s := range sets {
		for _, sel := range s {
			if f, ok := sel.(*ast.Field); ok && f.Name == "__typename" {
				if name, ok := data[f.Alias].(string); ok {
					return x.schema.Types[name]
				}
			}
		}
	}
	return nil
}

func (x *covering) collect(set ast.SelectionSet, on *ast.Definition, fields map[string][]*ast.Field) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			fields[sel.Alias] = append(fields[sel.Alias], sel)
		case *ast.InlineFragment:
			if sel.TypeCondition == "" || x.is(on, sel.TypeCondition) {
				x.collect(sel.SelectionSet, on, fields)
			}
		case *ast.FragmentSpread:
			if f := x.doc.Fragments.ForName(sel.Name); x.is(on, f.TypeCondition) {
				x.collect(f.SelectionSet, on, fields)
			}
		}
	}
}

func (x *covering) is(on *ast.Definition, name string) bool {
	return on.Name == name || slices.Contains(on.Interfaces, name)
}

func (x *covering) field(on *ast.Definition, list []*ast.Field, value any) {
	f := list[0]
	if f.Name == "__typename" {
		return
	}
	x.Times[on.Name+"."+f.Name]++
	for _, a := range f.Arguments {
		x.Times[fmt.Sprintf("%s.%s(%s:)", on.Name, f.Name, a.Name)]++
		x.value(a.Value, f.Definition.Arguments.ForName(a.Name).Type)
	}
	of := x.schema.Types[f.Definition.Type.Name()]
	if of.Kind == ast.Enum {
		x.returned(of, value)
	}
	var sets []ast.SelectionSet
	for _, g := range list {
		sets = append(sets, g.SelectionSet)
	}
	x.object(sets, of, value)
}

func (x *covering) returned(enum *ast.Definition, value any) {
	switch v := value.(type) {
	case []any:
		for _, e := range v {
			x.returned(enum, e)
		}
	case string:
		x.Times[enum.Name+"."+v+" returned"]++
	}
}

// value counts what is given by a literal.
func (x *covering) value(v *ast.Value, t *ast.Type) {
	def := x.schema.Types[t.Name()]
	switch v.Kind {
	case ast.Variable:
		x.json(x.variables[v.Raw], t)
	case ast.EnumValue:
		x.Times[def.Name+"."+v.Raw+" given"]++
	case ast.ListValue:
		for _, c := range v.Children {
			x.value(c.Value, t)
		}
	case ast.ObjectValue:
		for _, c := range v.Children {
			if f := def.Fields.ForName(c.Name); f != nil {
				x.Times[def.Name+"."+c.Name+":"]++
				x.value(c.Value, f.Type)
			}
		}
	}
}

// json counts what is given by a variable.
func (x *covering) json(v any, t *ast.Type) {
	def := x.schema.Types[t.Name()]
	switch v := v.(type) {
	case string:
		if def.Kind == ast.Enum {
			x.Times[def.Name+"."+v+" given"]++
		}
	case []any:
		for _, e := range v {
			x.json(e, t)
		}
	case map[string]any:
		for key, e := range v {
			if f := def.Fields.ForName(key); f != nil {
				x.Times[def.Name+"."+key+":"]++
				x.json(e, f.Type)
			}
		}
	}
}
