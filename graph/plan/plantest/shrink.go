package plantest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// Shrink takes away from a request what it can while it stays valid, harmless, and bad. It tries at most so many times.
func Shrink(schema *ast.Schema, q Request, tries int, bad func(Request) bool) Request {
	for shrunk := true; shrunk; {
		shrunk = false
		for n := 0; tries > 0; {
			less, ok := Without(schema, q, n)
			if !ok {
				break
			}
			if less == nil {
				n++
				continue
			}
			if tries--; bad(*less) {
				q, shrunk = *less, true // what was n-th is gone
			} else {
				n++
			}
		}
	}
	return q
}

// String shows a request as somebody would try it.
func (q Request) String() string {
	how := "POST"
	if q.Get {
		how = "GET"
	}
	text, err := json.Marshal(q.Variables)
	if err != nil {
		panic(err) // they came from JSON, or go there
	}
	return fmt.Sprintf("%s %s\nvariables %s, operation %q", how, q.Query, text, q.Operation)
}

// Without gives a request without its n-th part that could be away; none if it is not valid without, and false if there is no n-th.
func Without(schema *ast.Schema, q Request, n int) (*Request, bool) {
	doc, err := Parse(schema, q.Query)
	if err != nil {
		return nil, false
	}
	variables := cloned(q.Variables).(map[string]any)
	c := &cut{doc: doc, left: n}
	c.document(q.Operation)
	if !c.done {
		variables, _ = c.json(variables).(map[string]any)
	}
	if !c.done {
		return nil, false
	}
	tidy(doc)
	if len(doc.Operations) == 1 {
		q.Operation = ""
	}
	var text strings.Builder
	formatter.NewFormatter(&text, formatter.WithIndent(" ")).FormatQueryDocument(doc)
	q.Query, q.Variables = text.String(), variables
	again, err := Parse(schema, q.Query)
	if err != nil || !Harmless(again) {
		return nil, true
	}
	return &q, true
}

// cut walks through all that could be away and takes away one.
type cut struct {
	doc  *ast.QueryDocument
	left int // how many to pass by
	done bool
}

// here tells whether this is what is to be taken away.
func (c *cut) here() bool {
	if c.done {
		return false
	}
	c.left--
	c.done = c.left < 0
	return c.done
}

func (c *cut) document(asked string) {
	for i, op := range c.doc.Operations {
		if len(c.doc.Operations) > 1 && op.Name != asked && c.here() {
			c.doc.Operations = slices.Delete(c.doc.Operations, i, i+1)
			return
		}
	}
	for _, op := range c.doc.Operations {
		op.SelectionSet = c.set(op.SelectionSet)
		for _, v := range op.VariableDefinitions {
			if v.DefaultValue != nil && c.here() {
				v.DefaultValue = nil
			}
		}
	}
	for _, f := range c.doc.Fragments {
		f.SelectionSet = c.set(f.SelectionSet)
	}
}

func (c *cut) set(set ast.SelectionSet) ast.SelectionSet {
	for i, x := range set {
		if len(set) > 1 && c.here() {
			return slices.Delete(set, i, i+1)
		}
		if f, ok := x.(*ast.Field); len(set) == 1 && !(ok && f.Name == "__typename") && c.here() {
			return ast.SelectionSet{&ast.Field{Name: "__typename", Alias: "__typename"}}
		}
		switch x := x.(type) {
		case *ast.Field:
			c.field(x)
		case *ast.InlineFragment:
			if c.here() { // what it holds takes its place
				return slices.Replace(set, i, i+1, x.SelectionSet...)
			}
			x.Directives = c.directives(x.Directives)
			x.SelectionSet = c.set(x.SelectionSet)
		case *ast.FragmentSpread:
			if c.here() { // named no more
				set[i] = &ast.InlineFragment{TypeCondition: x.Definition.TypeCondition, Directives: x.Directives, SelectionSet: x.Definition.SelectionSet}
				return set
			}
			x.Directives = c.directives(x.Directives)
		}
	}
	return set
}

func (c *cut) field(f *ast.Field) {
	f.Directives = c.directives(f.Directives)
	if f.Alias != f.Name && c.here() {
		f.Alias = f.Name
	}
	for i, a := range f.Arguments {
		if c.here() {
			f.Arguments = slices.Delete(f.Arguments, i, i+1)
			return
		}
		c.value(a.Value)
	}
	if f.SelectionSet != nil {
		f.SelectionSet = c.set(f.SelectionSet)
	}
}

func (c *cut) directives(list ast.DirectiveList) ast.DirectiveList {
	for i := range list {
		if c.here() {
			return slices.Delete(list, i, i+1)
		}
	}
	return list
}

func (c *cut) value(v *ast.Value) {
	for i, x := range v.Children {
		if c.here() {
			v.Children = slices.Delete(v.Children, i, i+1)
			return
		}
		c.value(x.Value)
	}
}

// json takes one part away from what is given for variables.
func (c *cut) json(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			if c.here() {
				delete(x, k)
				return x
			}
			x[k] = c.json(x[k])
		}
	case []any:
		for i := range x {
			if c.here() {
				return slices.Delete(x, i, i+1)
			}
			x[i] = c.json(x[i])
		}
	}
	return v
}

func cloned(v any) any {
	switch x := v.(type) {
	case map[string]any:
		all := map[string]any{}
		for k, v := range x {
			all[k] = cloned(v)
		}
		return all
	case []any:
		list := make([]any, len(x))
		for i := range x {
			list[i] = cloned(x[i])
		}
		return list
	}
	return v
}

// tidy removes fragments and variables that nothing uses.
func tidy(doc *ast.QueryDocument) {
	spread := map[string]bool{}
	for _, op := range doc.Operations {
		used := &used{doc: doc, spread: map[string]bool{}, variables: map[string]bool{}}
		used.set(op.SelectionSet)
		op.VariableDefinitions = slices.DeleteFunc(op.VariableDefinitions, func(v *ast.VariableDefinition) bool { return !used.variables[v.Variable] })
		maps.Copy(spread, used.spread)
	}
	doc.Fragments = slices.DeleteFunc(doc.Fragments, func(f *ast.FragmentDefinition) bool { return !spread[f.Name] })
}

// used collects what an operation uses.
type used struct {
	doc               *ast.QueryDocument
	spread, variables map[string]bool
}

func (u *used) set(set ast.SelectionSet) {
	for _, x := range set {
		switch x := x.(type) {
		case *ast.Field:
			u.directives(x.Directives)
			for _, a := range x.Arguments {
				u.value(a.Value)
			}
			u.set(x.SelectionSet)
		case *ast.InlineFragment:
			u.directives(x.Directives)
			u.set(x.SelectionSet)
		case *ast.FragmentSpread:
			u.directives(x.Directives)
			if f := u.doc.Fragments.ForName(x.Name); !u.spread[x.Name] {
				u.spread[x.Name] = true
				u.set(f.SelectionSet)
			}
		}
	}
}

func (u *used) directives(list ast.DirectiveList) {
	for _, d := range list {
		for _, a := range d.Arguments {
			u.value(a.Value)
		}
	}
}

func (u *used) value(v *ast.Value) {
	if v.Kind == ast.Variable {
		u.variables[v.Raw] = true
	}
	for _, c := range v.Children {
		u.value(c.Value)
	}
}
