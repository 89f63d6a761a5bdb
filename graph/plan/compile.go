package plan

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxSites bounds the fields of a plan. Only documents made for it come near.
const maxSites = 10_000

// Compile works out an operation of a valid document for one choice of its conditions: the values of the variables that Conditions names.
// An error says what it does not cover.
func (t *Table) Compile(schema *ast.Schema, doc *ast.QueryDocument, op *ast.OperationDefinition, vars map[string]any) (*Plan, error) {
	c := &compiler{table: t, schema: schema, doc: doc, vars: vars, known: map[string]*Selection{}, types: map[string]bool{}}
	root := schema.Query
	switch op.Operation {
	case ast.Mutation:
		root = schema.Mutation
	case ast.Subscription:
		root = schema.Subscription
	}
	c.live = op.Operation != ast.Query
	c.note("%s", op.Operation)
	for _, v := range op.VariableDefinitions {
		c.note("$%s:%s=%s", v.Variable, v.Type, v.DefaultValue)
	}
	p := &Plan{Kind: op.Operation, root: c.selection(root.Name, []ast.SelectionSet{op.SelectionSet})}
	if c.err != nil {
		return nil, c.err
	}
	if op.Operation == ast.Subscription && (len(p.root.sites) != 1 || p.root.sites[0].binding == nil) {
		return nil, errors.New("not one stream")
	}
	p.slots, p.sites, p.table, p.varying = c.slots, c.sites, t, c.vary
	for name := range c.types {
		p.types = append(p.types, name)
	}
	slices.Sort(p.types)
	if !c.open {
		p.priced = newPricing(p, nil).selection(p.root, era{}).on(-1)
	}
	p.Fingerprint, p.Uses = sha256.Sum256(c.said), c.uses
	return p, nil
}

type compiler struct {
	table  *Table
	schema *ast.Schema
	doc    *ast.QueryDocument
	vars   map[string]any
	live   bool // arguments are read anew at each run: who takes them may change them
	known  map[string]*Selection
	types  map[string]bool
	slots  int
	sites  int
	vary   int    // selections whose price varies
	open   bool   // some price depends on variables
	said   []byte // what the fingerprint is of
	uses   []string
	err    error
}

func (c *compiler) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *compiler) note(format string, args ...any) {
	c.said = fmt.Appendf(c.said, format+"\n", args...)
}

// selection works out what some sets ask of an object type. The same sets and type make one selection, wherever they meet.
func (c *compiler) selection(typeName string, sets []ast.SelectionSet) *Selection {
	key := []byte(typeName)
	for _, set := range sets {
		if len(set) > 0 {
			key = fmt.Appendf(key, " %p", &set[0])
		}
	}
	if s := c.known[string(key)]; s != nil {
		c.note("as %d", s.number)
		return s
	}
	o := c.table.Objects[typeName]
	if o == nil {
		c.fail("type %s", typeName)
		return nil
	}
	s := &Selection{object: o, number: len(c.known)}
	c.known[string(key)] = s
	c.types[typeName] = true
	c.note("%s {", typeName)
	fields := collector{c: c, is: o.Is, seen: map[string]bool{}}
	for _, set := range sets {
		fields.collect(set)
	}
	if c.sites += len(fields.all); c.sites > maxSites {
		c.fail("more than %d fields", maxSites)
	}
	for i := range fields.all {
		if c.err != nil {
			break
		}
		if site := c.site(o, fields.all[i], i == 0); c.err == nil {
			s.sites = append(s.sites, site)
			fails := site.binding != nil && site.binding.Fails || site.slot >= 0 // before it appends anything
			switch s.falls = s.falls || site.required && (fails || site.frail()); {
			case site.required && site.frail():
				s.frail = i + 1
			case site.required && fails:
				s.frail = i
			}
		}
	}
	c.note("}")
	if c.err == nil {
		c.price(s)
	}
	return s
}

// frail tells whether an error below may take the value of a site away, after some of it was appended.
func (s *Site) frail() bool {
	return slices.ContainsFunc(s.below, func(x *Selection) bool { return x.falls })
}

// collected is a field with all that is asked below it at one place.
type collected struct {
	*ast.Field
	below []ast.SelectionSet
}

// collector gathers the fields of an object type by their key in the answer.
type collector struct {
	c    *compiler
	is   []string
	seen map[string]bool // fragments
	all  []collected
}

func (g *collector) collect(set ast.SelectionSet) {
	for _, x := range set {
		switch x := x.(type) {
		case *ast.Field:
			if g.c.included(x.Directives) {
				g.add(x)
			}
		case *ast.InlineFragment:
			if g.c.included(x.Directives) && g.meets(x.TypeCondition) {
				g.collect(x.SelectionSet)
			}
		case *ast.FragmentSpread:
			f := x.Definition
			if f == nil {
				f = g.c.doc.Fragments.ForName(x.Name)
			}
			if !g.seen[x.Name] && g.c.included(x.Directives) && f != nil {
				if g.seen[x.Name] = true; g.meets(f.TypeCondition) {
					g.collect(f.SelectionSet)
				}
			}
		}
	}
}

func (g *collector) meets(condition string) bool {
	return condition == "" || slices.Contains(g.is, condition)
}

func (g *collector) add(f *ast.Field) {
	i := slices.IndexFunc(g.all, func(x collected) bool { return x.Alias == f.Alias })
	if i < 0 {
		i = len(g.all)
		g.all = append(g.all, collected{Field: f})
	}
	g.all[i].below = append(g.all[i].below, f.SelectionSet)
}

// included evaluates skip and include, both, as each may be no boolean.
func (c *compiler) included(list ast.DirectiveList) bool {
	in := true
	for _, name := range []string{"skip", "include"} {
		d := list.ForName(name)
		if d == nil {
			continue
		}
		var value any
		if a := d.Arguments.ForName("if"); a != nil {
			value, _ = a.Value.Value(c.vars)
		}
		given, ok := value.(bool)
		if !ok {
			c.fail("a condition that is not a boolean")
		}
		in = in && given == (name == "include")
	}
	return in
}

func (c *compiler) site(o *Object, f collected, first bool) *Site {
	s := &Site{name: f.Alias, object: o.Name, field: f.Field, slot: -1}
	s.key = append(s.key, ',')
	if first {
		s.key[0] = '{'
	}
	s.key = append(AppendString(s.key, f.Alias), ':')
	c.note("%s:%s", f.Alias, f.Name)
	if f.Name == "__typename" {
		s.fixed = AppendString(nil, o.Name)
		return s
	}
	if s.binding = o.Fields[f.Name]; s.binding == nil || f.Definition == nil {
		c.fail("field %s.%s", o.Name, f.Name)
		return s
	}
	s.required = f.Definition.Type.NonNull
	c.arguments(s)
	for _, name := range c.possible(f.Definition.Type.Name()) {
		s.below = append(s.below, c.selection(name, f.below))
	}
	c.bound(s, o.Name)
	return s
}

// possible lists the object types that a type may turn out to be, by the numbers that writers give; none for a leaf.
func (c *compiler) possible(name string) []string {
	switch d := c.schema.Types[name]; d.Kind {
	case ast.Object:
		return []string{name}
	case ast.Interface, ast.Union:
		return c.table.Abstract[name]
	}
	return nil
}

// arguments reads the arguments of a site that hold no variables; others have a slot in each run.
func (c *compiler) arguments(s *Site) {
	if s.binding.Args == nil {
		return
	}
	for _, a := range s.field.Arguments {
		if s.binding.Stream != nil && slices.Contains(c.table.Starts, a.Name) {
			continue
		}
		c.note("(%s:%s)", a.Name, a.Value)
		c.use(a.Value)
	}
	if !c.live && !slices.ContainsFunc(s.field.Arguments, func(a *ast.Argument) bool { return variable(a.Value) }) {
		if args, err := c.read(s); err == nil {
			s.args = args
			return
		}
	}
	s.slot = c.slots
	c.slots++
}

// read reads constant arguments. What goes wrong here goes wrong again in every run, which tells it.
func (c *compiler) read(s *Site) (args any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return s.binding.Args(context.Background(), s.field.ArgumentMap(nil))
}

// use notes the variables in a value.
func (c *compiler) use(v *ast.Value) {
	if v.Kind == ast.Variable && !slices.Contains(c.uses, v.Raw) {
		c.uses = append(c.uses, v.Raw)
	}
	for _, x := range v.Children {
		c.use(x.Value)
	}
}

func variable(v *ast.Value) bool {
	return v.Kind == ast.Variable || slices.ContainsFunc(v.Children, func(x *ast.ChildValue) bool { return variable(x.Value) })
}

// Conditions names the variables on which it depends what a document asks: those of skip and include.
func Conditions(doc *ast.QueryDocument) []string {
	var names []string
	note := func(list ast.DirectiveList) {
		for _, d := range list {
			for _, a := range d.Arguments {
				if (d.Name == "skip" || d.Name == "include") && a.Value.Kind == ast.Variable && !slices.Contains(names, a.Value.Raw) {
					names = append(names, a.Value.Raw)
				}
			}
		}
	}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, x := range set {
			switch x := x.(type) {
			case *ast.Field:
				note(x.Directives)
				walk(x.SelectionSet)
			case *ast.InlineFragment:
				note(x.Directives)
				walk(x.SelectionSet)
			case *ast.FragmentSpread:
				note(x.Directives)
			}
		}
	}
	for _, op := range doc.Operations {
		walk(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		walk(f.SelectionSet)
	}
	return names
}

// Choice gives the values of conditions as one word, to tell plans of one document apart.
func Choice(conditions []string, vars map[string]any) string {
	if len(conditions) == 0 {
		return ""
	}
	word := make([]byte, 0, 8*len(conditions))
	for _, name := range conditions {
		switch v := vars[name].(type) {
		case bool:
			word = strconv.AppendBool(word, v)
		case nil: // given as null, or not at all
			word = append(word, '-')
		}
		word = append(word, ' ')
	}
	return string(word)
}
