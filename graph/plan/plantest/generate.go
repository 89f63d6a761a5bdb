package plantest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

const (
	maxTokens = 1000 // of a document, as the server has it
	maxDepth  = 9    // of selections in selections
	maxWidth  = 300  // of objects that one selection may be answered for, by a rough count
	page      = 20   // of what a connection gives when it is not told
)

// Generator makes valid documents of a schema. What it makes follows from a seed alone.
type Generator struct {
	schema   *ast.Schema
	values   Values
	previews ast.FieldList // mutations that can be tried without being done
}

// NewGenerator gives a generator.
func NewGenerator(schema *ast.Schema, values Values) *Generator {
	g := &Generator{schema: schema, values: values}
	if schema.Mutation != nil {
		for _, f := range schema.Mutation.Fields {
			if f.Arguments.ForName("preview") != nil {
				g.previews = append(g.previews, f)
			}
		}
	}
	return g
}

// Document gives the document of a seed: half of them select no more than fifteen fields, a few a hundred and more.
func (g *Generator) Document(seed uint64) Request {
	r := rand.New(rand.NewPCG(seed, 0x706c616e))
	size := min(2+int(r.ExpFloat64()*11), 150)
	for {
		d := &document{Generator: g, r: r, left: size, keys: map[string]meaning{}, meant: map[meaning][]string{}, variables: map[string]*variable{}}
		q := d.request()
		if Tokens(q.Query) <= maxTokens {
			return q
		}
		size /= 2
	}
}

// meaning is what a response key stands for. In a document a key has one meaning wherever it stands, so that selections always merge.
type meaning struct{ field, arguments, typ string }

type fragment struct {
	name, on, text string
	uses           map[string]bool // variables
	fields, width  int
}

// document is one in the making.
type document struct {
	*Generator
	r         *rand.Rand
	left      int // fields that may still be selected
	keys      map[string]meaning
	meant     map[meaning][]string
	fragments []*fragment
	variables map[string]*variable
	uses      map[string]bool // variables of the operation or fragment that is being written
	width     int             // the widest that was met there
	plain     bool            // with values that should find something, and nothing odd
	wish      Target          // what a plain document is made for
	of        string          // the type that an identifier should name; "" for any
}

// chance is true n times of a hundred.
func (d *document) chance(n int) bool { return d.r.IntN(100) < n }

func choose[T any](d *document, of []T) T { return of[d.r.IntN(len(of))] }

// gap separates what stands in a selection set; where something stands is told with its errors.
func (d *document) gap() string {
	switch d.r.IntN(12) {
	case 0:
		return "\n\t"
	case 1:
		return " # größer <&>\n "
	case 2:
		return ",\n  "
	}
	return " "
}

// request writes one to three operations and their fragments.
func (d *document) request() Request {
	count := 1
	if d.chance(8) {
		count += 1 + d.r.IntN(2)
	}
	var parts []string
	var names []string
	asked := d.r.IntN(count)
	mutates := false
	for n := range count {
		kind, root := "query", d.schema.Query
		if len(d.previews) > 0 && d.chance(4) {
			kind, root = "mutation", d.schema.Mutation
		}
		d.uses = map[string]bool{}
		body := d.selections(root, 0, 1, false)
		name := ""
		if count > 1 || d.chance(50) {
			name = fmt.Sprintf("Op%d", n)
		}
		declared := d.declarations()
		if kind == "query" && name == "" && declared == "" && d.chance(50) {
			kind = ""
		}
		parts, names = append(parts, strings.TrimSpace(kind+" "+name+declared)+" "+body), append(names, name)
		if n == asked && kind == "mutation" {
			mutates = true
		}
	}
	for _, f := range d.fragments {
		parts = append(parts, "fragment "+f.name+" on "+f.on+" "+f.text)
	}
	d.r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	q := Request{Query: strings.Join(parts, "\n"), Operation: names[asked], Variables: d.given(), Get: !mutates && d.chance(10)}
	switch {
	case count == 1 && d.chance(50):
		q.Operation = ""
	case d.chance(1):
		q.Operation = choose(d, []string{"", "Nobody"})
	}
	return q
}

// set is a selection set in the making.
type set struct {
	on     *ast.Definition
	depth  int
	width  int  // of objects it is answered for
	nested bool // below a list
	text   strings.Builder
	again  []chosen // fields with selections of their own
}

type chosen struct {
	field *ast.FieldDefinition
	key   string // with its arguments, as it is written
	width int
}

// selections writes the selection set of a type.
func (d *document) selections(on *ast.Definition, depth, width int, nested bool) string {
	s := &set{on: on, depth: depth, width: width, nested: nested}
	d.width = max(d.width, width)
	s.text.WriteString("{")
	for range 1 + min(d.r.IntN(3)+d.r.IntN(3), max(d.left, 0)) {
		s.text.WriteString(d.gap())
		d.selection(s)
	}
	s.text.WriteString(" }")
	return s.text.String()
}

func (d *document) selection(s *set) {
	spread := 8
	if s.on.IsAbstractType() {
		spread = 45
	}
	deep := s.depth < maxDepth && d.left > 0
	switch {
	case d.plain || !deep:
		d.field(s)
	case d.chance(6):
		d.typename(s)
	case d.chance(4):
		s.text.WriteString("..." + d.conditions(true) + " " + d.selections(s.on, s.depth+1, s.width, s.nested))
	case d.chance(spread):
		d.inline(s)
	case d.chance(9):
		d.spread(s)
	case len(s.again) > 0 && d.chance(12):
		f := choose(d, s.again)
		s.text.WriteString(f.key + d.conditions(false) + " " + d.selections(d.schema.Types[f.field.Type.Name()], s.depth+1, f.width, s.nested))
	default:
		d.field(s)
	}
}

func (d *document) typename(s *set) {
	s.text.WriteString(d.key("__typename", "", "String!") + d.conditions(false))
	d.left--
}

// inline writes an inline fragment on a type that some of the objects here have.
func (d *document) inline(s *set) {
	on := d.overlapping(s.on)
	s.text.WriteString("... on " + on.Name + d.conditions(true) + " ")
	if s.on.IsAbstractType() && d.chance(20) {
		s.text.WriteString("{ __typename " + d.field1(on, s) + " }")
		return
	}
	s.text.WriteString(d.selections(on, s.depth+1, s.width, s.nested))
}

// field1 writes a single field of a type that stands where a set stands.
func (d *document) field1(on *ast.Definition, at *set) string {
	s := &set{on: on, depth: at.depth + 1, width: at.width, nested: at.nested}
	d.field(s)
	return s.text.String()
}

// overlapping gives a type that objects of a type can have: itself, one of its objects, or an interface.
func (d *document) overlapping(on *ast.Definition) *ast.Definition {
	list := []*ast.Definition{on}
	for _, p := range d.schema.GetPossibleTypes(on) {
		if p != on {
			list = append(list, p)
		}
	}
	if !on.IsAbstractType() {
		for _, name := range on.Interfaces {
			list = append(list, d.schema.Types[name])
		}
	}
	return choose(d, list)
}

// spread writes a named fragment: one there is already, or one made for this place.
func (d *document) spread(s *set) {
	var fit []*fragment
	for _, f := range d.fragments {
		if s.width*f.width <= maxWidth && d.overlap(s.on, d.schema.Types[f.on]) {
			fit = append(fit, f)
		}
	}
	var f *fragment
	if len(fit) > 0 && d.chance(60) {
		f = choose(d, fit)
	} else {
		f = d.newFragment(d.overlapping(s.on), s)
	}
	d.left -= f.fields / 2
	for name := range f.uses {
		d.uses[name] = true
	}
	s.text.WriteString("..." + f.name + d.conditions(true))
}

func (d *document) newFragment(on *ast.Definition, at *set) *fragment {
	uses, width, left := d.uses, d.width, d.left
	d.uses, d.width = map[string]bool{}, 1
	f := &fragment{on: on.Name, text: d.selections(on, at.depth+1, 1, true)}
	f.uses, f.width, f.fields = d.uses, d.width, left-d.left
	d.uses, d.width = uses, max(width, at.width*f.width)
	f.name = fmt.Sprintf("F%d", len(d.fragments)) // after those it spreads, so that none spreads itself
	d.fragments = append(d.fragments, f)
	return f
}

func (d *document) overlap(a, b *ast.Definition) bool {
	possible := d.schema.GetPossibleTypes(b)
	return slices.ContainsFunc(d.schema.GetPossibleTypes(a), func(t *ast.Definition) bool { return slices.Contains(possible, t) })
}

// likely says how much more often a field is chosen that leads to data.
var likely = map[string]int{"nodes": 6, "edges": 3, "node": 3}

// field writes one field of the set's type, with its arguments and selections.
func (d *document) field(s *set) {
	root := s.on == d.schema.Query || s.on == d.schema.Mutation
	deep := s.depth < maxDepth && s.width <= maxWidth && (d.left > 0 || root)
	var list ast.FieldList
	for _, f := range s.on.Fields {
		if strings.HasPrefix(f.Name, "__") || s.on == d.schema.Mutation && f.Arguments.ForName("preview") == nil {
			continue
		}
		leaf := d.schema.Types[f.Type.Name()].IsLeafType()
		if !leaf && !deep {
			continue
		}
		for range max(1, likely[f.Name]) {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		d.typename(s)
		return
	}
	d.write(s, choose(d, list))
}

// write writes a field.
func (d *document) write(s *set, f *ast.FieldDefinition) {
	d.left--
	arguments, size := d.arguments(s, f)
	key := d.key(f.Name, arguments, f.Type.String()) + arguments
	s.text.WriteString(key + d.conditions(false))
	of := d.schema.Types[f.Type.Name()]
	if of.IsLeafType() {
		return
	}
	width, nested := s.width*size, s.nested || size > 1
	if f.Type.Elem != nil && f.Arguments.ForName("ids") == nil && likely[f.Name] == 0 {
		width, nested = width*3, true
	}
	s.again = append(s.again, chosen{f, key, width})
	s.text.WriteString(" " + d.selections(of, s.depth+1, width, nested))
}

// key gives a response key with this meaning, as it is written before the arguments.
func (d *document) key(field, arguments, typ string) string {
	m := meaning{field, arguments, typ}
	if had := d.meant[m]; len(had) > 0 && (d.plain || d.chance(75)) {
		return written(choose(d, had), field)
	}
	k := field
	if other, taken := d.keys[k]; taken && other != m || !d.plain && d.chance(20) {
		k = fmt.Sprintf("k%d", len(d.keys))
		if odd := choose(d, []string{"id", "name", "nodes", "value", "_", "total"}); !d.plain && d.chance(20) && d.keys[odd].field == "" {
			k = odd
		}
	}
	if d.keys[k].field == "" {
		d.keys[k], d.meant[m] = m, append(d.meant[m], k)
	}
	return written(k, field)
}

func written(key, field string) string {
	if key == field {
		return field
	}
	return key + ": " + field
}

// conditions writes directives now and then: mostly such as let the selection stand.
func (d *document) conditions(fragment bool) string {
	if d.plain {
		return ""
	}
	text := ""
	if d.chance(6) {
		text += " @include(if: " + d.condition(true) + ")"
	}
	if d.chance(5) {
		text += " @skip(if: " + d.condition(false) + ")"
	}
	if fragment && d.chance(2) {
		text += choose(d, []string{" @defer", ` @defer(label: "later")`, " @defer(if: false)"})
	}
	return text
}

func (d *document) condition(stands bool) string {
	if d.chance(25) {
		stands = !stands
	}
	if d.chance(50) {
		return fmt.Sprint(stands)
	}
	return "$" + d.flag(stands)
}
