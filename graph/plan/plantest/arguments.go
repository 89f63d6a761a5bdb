package plantest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// A value is what JSON has, or one of these.
type (
	word   string // of an enum
	name   string // of a variable
	object []entry
	entry  struct {
		key   string
		value any
	}
)

// variable is one of the document's; every operation that uses it declares it alike.
type variable struct {
	typ      string
	fallback any // its default, if it has one
	defaults bool
	value    any // what is given for it
	given    bool
}

// Variables gives values for what an operation declares, such as should find something.
func (g *Generator) Variables(op *ast.OperationDefinition, seed uint64) map[string]any {
	d := &document{Generator: g, r: rand.New(rand.NewPCG(seed, 0x76)), plain: true}
	all := map[string]any{}
	for _, v := range op.VariableDefinitions {
		if v.Type.NonNull || d.chance(60) {
			all[v.Variable] = plainJSON(d.value(v.Type, Place{Owner: op.Name, Name: v.Variable}, 0))
		}
	}
	return all
}

// declarations writes the variables that an operation uses.
func (d *document) declarations() string {
	names := []string{}
	for n := range d.uses {
		names = append(names, n)
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	var parts []string
	for _, n := range names {
		v := d.variables[n]
		text := "$" + n + ": " + v.typ
		if v.defaults {
			text += " = " + literal(v.fallback)
		}
		parts = append(parts, text)
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// given gives what is sent for the variables, and now and then for one that there is not.
func (d *document) given() map[string]any {
	all := map[string]any{}
	for n, v := range d.variables {
		if v.given {
			all[n] = plainJSON(v.value)
		}
	}
	if !d.plain && d.chance(2) {
		all["nobody"] = "asked"
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// arguments writes those of a field, and says of how many things the field will be a list, roughly.
func (d *document) arguments(s *set, f *ast.FieldDefinition) (string, int) {
	var parts []string
	size := 1
	if f.Arguments.ForName("first") != nil {
		size = page
	}
	at := Place{Owner: s.on.Name + "." + f.Name, Nested: s.nested}
	given := d.chosen(s, f)
	for _, a := range f.Arguments {
		at.Name = a.Name
		if d.wish.argument(s.on, f) == a.Name && a.Name != "preview" {
			parts = append(parts, a.Name+": "+literal(d.wished(a.Type, at, d.wish.path)))
			continue
		}
		switch {
		case a.Name == "preview" && s.on == d.schema.Mutation:
			parts = append(parts, "preview: true") // never anything else: nothing is to be done
			continue
		case !given[a.Name]:
			continue
		}
		v := d.argument(a.Type, at, a.DefaultValue != nil)
		parts = append(parts, a.Name+": "+literal(v))
		if n, ok := v.(int64); ok && (a.Name == "first" || a.Name == "last") && n > 0 {
			size = min(size, int(n))
		}
	}
	if len(parts) == 0 {
		return "", size
	}
	return "(" + strings.Join(parts, ", ") + ")", size
}

// seldom says of how many of a hundred fields an argument is given that often finds nothing; others are given to more.
var seldom = map[string]int{"knownAt": 5, "after": 8, "before": 5, "last": 8}

// chosen picks the arguments of a field that are given. Below a list nearly every page is told to be small.
func (d *document) chosen(s *set, f *ast.FieldDefinition) map[string]bool {
	given := map[string]bool{}
	for _, a := range f.Arguments {
		odds, ok := seldom[a.Name]
		switch {
		case a.Name == "first": // the fewer, the sooner it is answered
			odds = 45
		case !ok:
			odds = 20
		}
		given[a.Name] = a.Type.NonNull && a.DefaultValue == nil || !d.plain && d.chance(odds)
	}
	if f.Arguments.ForName("first") != nil && s.nested && !d.plain && d.chance(95) {
		given["first"] = true
	}
	if d.plain || d.chance(94) {
		d.only(given, d.values.OneOf(s.on.Name+"."+f.Name), d.wish.argument(s.on, f))
		if given["first"] { // a page is of one end
			delete(given, "last")
		}
	}
	return given
}

// only lets one of these be given, if there are any: the one that must be, if it is among them.
func (d *document) only(given map[string]bool, names []string, must string) {
	if len(names) == 0 {
		return
	}
	one := choose(d, names)
	if slices.Contains(names, must) {
		one = must
	}
	for _, n := range names {
		given[n] = n == one
	}
}

// argument makes the value of an argument: a literal, or a variable.
func (d *document) argument(t *ast.Type, at Place, defaults bool) any {
	if !d.plain && d.chance(35) {
		return d.variable(t, at, defaults, 0)
	}
	at.Literal = true
	return d.value(t, at, 0)
}

// maxNested is how deep input objects that hold one another are nested.
const maxNested = 6

// value makes a value of a type.
func (d *document) value(t *ast.Type, at Place, depth int) any {
	if !d.plain && depth > 0 && at.Literal && d.chance(12) {
		return d.variable(t, at, false, depth)
	}
	return d.bare(t, at, depth)
}

// bare makes a value of a type that is no variable itself.
func (d *document) bare(t *ast.Type, at Place, depth int) any {
	if !d.plain && !t.NonNull && d.chance(6) {
		return nil
	}
	if t.Elem != nil {
		if !d.plain && d.chance(15) {
			return d.bare(&ast.Type{NamedType: t.Elem.NamedType, Elem: t.Elem.Elem, NonNull: true}, at, depth) // a variable would have to be a list
		}
		list := []any{}
		if !d.plain && d.chance(8) {
			return list
		}
		for range 1 + d.r.IntN(3) {
			list = append(list, d.value(t.Elem, at, depth+1))
		}
		return list
	}
	def := d.schema.Types[t.NamedType]
	switch def.Kind {
	case ast.Enum:
		return d.enumValue(def, at)
	case ast.InputObject:
		return d.object(def, at, depth)
	}
	at.Scalar, at.Plain, at.Of = t.NamedType, d.plain, d.of
	return d.values.Scalar(d.r, at)
}

// enumValue gives a word; in variables also one in small letters, which the validator lets pass, and one that there is not.
func (d *document) enumValue(def *ast.Definition, at Place) any {
	w := choose(d, def.EnumValues).Name
	if !at.Literal && !d.plain && d.chance(4) {
		return choose(d, []any{strings.ToLower(w), "NOBODY", int64(3)})
	}
	return word(w)
}

// object makes an input object: what must be given, and mostly one thing more.
func (d *document) object(def *ast.Definition, at Place, depth int) object {
	given := map[string]bool{}
	optional := []string{}
	for _, f := range def.Fields {
		if given[f.Name] = f.Type.NonNull && f.DefaultValue == nil; !given[f.Name] {
			optional = append(optional, f.Name)
		}
	}
	d.r.Shuffle(len(optional), func(i, j int) { optional[i], optional[j] = optional[j], optional[i] })
	for _, n := range optional[:min(len(optional), choose(d, []int{0, 1, 1, 1, 1, 2, 2, 3, 5, len(optional)}))] {
		given[n] = depth < maxNested
	}
	if depth < maxNested && d.chance(94) {
		d.only(given, d.values.OneOf(def.Name), "")
	}
	o := object{}
	for _, f := range def.Fields {
		if given[f.Name] {
			o = append(o, entry{f.Name, d.value(f.Type, Place{Owner: def.Name, Name: f.Name, Literal: at.Literal, Nested: at.Nested}, depth+1)})
		}
	}
	if !at.Literal && !d.plain && d.chance(1) {
		o = append(o, entry{"nobody", int64(1)})
	}
	if !d.plain && d.chance(20) {
		d.r.Shuffle(len(o), func(i, j int) { o[i], o[j] = o[j], o[i] })
	}
	return o
}

// variable gives a variable that may stand where a type is expected: given, null, absent or missing, with a default or without one.
func (d *document) variable(t *ast.Type, at Place, placeDefaults bool, depth int) name {
	bare := *t
	bare.NonNull = false
	must := t.NonNull && !placeDefaults
	if had := d.fitting(bare.String(), must); len(had) > 0 && d.chance(25) {
		n := choose(d, had)
		d.uses[string(n)] = true
		return n
	}
	in := at
	in.Literal = false
	full := bare
	full.NonNull = true // a value, not null
	v := &variable{typ: bare.String(), given: true}
	if d.chance(30) || must && d.chance(70) {
		v.typ = full.String()
	}
	if must && v.typ == bare.String() || d.chance(20) {
		at.Literal = true
		v.defaults, v.fallback = true, d.constant(&full, at, depth+1)
	}
	v.value = d.value(&full, in, depth+1)
	nullable := v.typ == bare.String()
	switch d.r.IntN(20) {
	case 0, 1, 2:
		v.given = !(nullable || v.defaults)
	case 3:
		if nullable {
			v.value = nil
		}
	case 4:
		if d.chance(15) { // what cannot be
			v.value = choose(d, []any{nil, true, int64(1) << 40, "nothing", 1.5, []any{"a", "b"}, object{{"a", int64(1)}}, json.Number("99999999999999999999")})
		}
	}
	return d.declare(v)
}

// constant makes a value without variables.
func (d *document) constant(t *ast.Type, at Place, depth int) any {
	plain := d.plain
	d.plain = true
	defer func() { d.plain = plain }()
	return d.value(t, at, depth)
}

func (d *document) declare(v *variable) name {
	n := fmt.Sprintf("v%d", len(d.variables))
	d.variables[n], d.uses[n] = v, true
	return name(n)
}

// fitting lists the variables of a type that may stand in a place.
func (d *document) fitting(typ string, must bool) (list []name) {
	for i := range len(d.variables) {
		n := fmt.Sprintf("v%d", i)
		v := d.variables[n]
		if v.typ == typ+"!" || v.typ == typ && (!must || v.defaults && v.fallback != nil) {
			list = append(list, name(n))
		}
	}
	return list
}

// flag gives a variable for a condition. A null for one that has a default is a panic in the executor, and so a rare case.
func (d *document) flag(value bool) string {
	for i := range len(d.variables) {
		n := fmt.Sprintf("v%d", i)
		if v := d.variables[n]; strings.HasPrefix(v.typ, "Boolean") && (v.defaults || v.typ == "Boolean!") && d.chance(40) {
			d.uses[n] = true
			return n
		}
	}
	v := &variable{typ: "Boolean!", value: value, given: true}
	switch d.r.IntN(6) {
	case 0:
		v.defaults, v.fallback, v.given = true, value, false
	case 1:
		v.typ, v.defaults, v.fallback = "Boolean", true, !value
	case 2:
		v.typ, v.defaults, v.fallback, v.given = "Boolean", true, value, false
		if d.chance(4) {
			v.value, v.given = nil, true
		}
	}
	return string(d.declare(v))
}

// literal writes a value as it stands in a document.
func literal(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case name:
		return "$" + string(x)
	case word:
		return string(x)
	case string:
		return quote(x)
	case float64:
		return strconv.FormatFloat(x, 'f', -1, 64)
	case []any:
		parts := make([]string, len(x))
		for i := range x {
			parts[i] = literal(x[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case object:
		parts := make([]string, len(x))
		for i := range x {
			parts[i] = x[i].key + ": " + literal(x[i].value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}

// quote writes a string, which GraphQL does as JSON does.
func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings can be written
	}
	return string(text)
}

// plainJSON gives a value as JSON has it.
func plainJSON(v any) any {
	switch x := v.(type) {
	case word:
		return string(x)
	case []any:
		list := make([]any, len(x))
		for i := range x {
			list[i] = plainJSON(x[i])
		}
		return list
	case object:
		all := map[string]any{}
		for _, e := range x {
			all[e.key] = plainJSON(e.value)
		}
		return all
	}
	return v
}
