package plantest_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/graph"
	"pmograph/graph/plan/plantest"
)

// blind gives values without knowing any world.
type blind struct{}

func (blind) Scalar(r *rand.Rand, at plantest.Place) any {
	switch at.Scalar {
	case "Int":
		return r.Int64N(5)
	case "Boolean":
		return r.IntN(2) == 0
	}
	return []string{"a", "größer \u2028 <&>\"\\\n", ""}[r.IntN(3)]
}

func (blind) OneOf(string) []string { return nil }

func schema(t testing.TB) *ast.Schema {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: graph.SDL()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every document that is made is valid, within the limit of tokens, and made again by its seed; most are small, some are not. All that a
// document may have occurs.
func TestDocuments(t *testing.T) {
	s := schema(t)
	g := plantest.NewGenerator(s, blind{})
	seen := map[string]int{}
	sizes := []int{}
	for seed := range uint64(4000) {
		q := g.Document(seed)
		doc, err := plantest.Parse(s, q.Query)
		if err != nil {
			t.Fatalf("document %d: %v\n%s", seed, err, q.Query)
		}
		if n := plantest.Tokens(q.Query); n > 1000 {
			t.Fatalf("document %d has %d tokens", seed, n)
		}
		if again := g.Document(seed); again.Query != q.Query {
			t.Fatalf("document %d is made differently:\n%s\n%s", seed, q.Query, again.Query)
		}
		sizes = append(sizes, look(doc, q, seen))
	}
	slices.Sort(sizes)
	if half, most := sizes[len(sizes)/2], sizes[len(sizes)-1]; half < 8 || half > 25 || most < 60 {
		t.Errorf("half of the documents select %d fields or fewer, the largest %d", half, most)
	}
	for _, what := range []string{
		"alias", "@skip", "@include", "@defer", "condition by variable", "fragment", "fragment again", "fragment in a fragment", "inline", "inline bare", "on an interface", "on an object of an interface",
		"__typename", "__typename of the root", "merged", "merged through a fragment", "several roots", "operations", "mutation", "get", "wrong operation", "variable", "default", "absent", "null variable", "null", "list",
		"single for a list", "empty list", "object", "variable in an object", "variable in a list", "enum",
	} {
		if seen[what] == 0 {
			t.Errorf("no document has: %s", what)
		}
	}
	t.Logf("fields: half %d, nine tenths %d, most %d; %v", sizes[len(sizes)/2], sizes[len(sizes)*9/10], sizes[len(sizes)-1], seen)
}

// look counts the fields of a document and notes what it has.
func look(doc *ast.QueryDocument, q plantest.Request, seen map[string]int) int {
	l := &looking{seen: seen, spreads: map[string]int{}}
	for _, op := range doc.Operations {
		l.note("mutation", op.Operation == ast.Mutation)
		l.note("several roots", len(op.SelectionSet) > 1)
		for _, v := range op.VariableDefinitions {
			l.note("default", v.DefaultValue != nil)
			given, ok := q.Variables[v.Variable]
			l.note("absent", !ok)
			l.note("null variable", ok && given == nil)
		}
		l.set(op.SelectionSet, "", true)
	}
	for _, f := range doc.Fragments {
		l.set(f.SelectionSet, f.Name, false)
	}
	for _, n := range l.spreads {
		l.note("fragment again", n > 1)
	}
	l.note("operations", len(doc.Operations) > 1)
	l.note("get", q.Get)
	l.note("wrong operation", q.Operation != "" && doc.Operations.ForName(q.Operation) == nil)
	return l.fields
}

type looking struct {
	seen    map[string]int
	spreads map[string]int
	fields  int
}

func (l *looking) note(what string, is bool) {
	if is {
		l.seen[what]++
	}
}

func (l *looking) set(set ast.SelectionSet, in string, root bool) {
	keys := map[string]int{}
	for _, x := range set {
		switch x := x.(type) {
		case *ast.Field:
			l.fields++
			l.conditions(x.Directives)
			l.note("alias", x.Alias != x.Name)
			l.note("__typename", x.Name == "__typename")
			l.note("__typename of the root", x.Name == "__typename" && root)
			if keys[x.Alias]++; x.SelectionSet != nil {
				l.note("merged", keys[x.Alias] > 1)
			}
			for _, a := range x.Arguments {
				l.value(a.Value, a.Value.ExpectedType)
			}
			l.set(x.SelectionSet, in, false)
		case *ast.InlineFragment:
			l.conditions(x.Directives)
			l.note("inline", true)
			l.note("inline bare", x.TypeCondition == "")
			l.on(x.ObjectDefinition, x.TypeCondition)
			l.merged(keys, x.SelectionSet)
			l.set(x.SelectionSet, in, false)
		case *ast.FragmentSpread:
			l.conditions(x.Directives)
			l.spreads[x.Name]++
			l.note("fragment", true)
			l.note("fragment in a fragment", in != "")
			l.on(x.ObjectDefinition, x.Definition.TypeCondition)
			l.merged(keys, x.Definition.SelectionSet)
		}
	}
}

func (l *looking) on(at *ast.Definition, condition string) {
	l.note("on an interface", at.Kind == ast.Object && condition != "" && condition != at.Name)
	l.note("on an object of an interface", at.Kind == ast.Interface && condition != "" && condition != at.Name)
}

func (l *looking) merged(keys map[string]int, set ast.SelectionSet) {
	for _, x := range set {
		if f, ok := x.(*ast.Field); ok && f.SelectionSet != nil {
			l.note("merged through a fragment", keys[f.Alias] > 0)
			keys[f.Alias]++
		}
	}
}

func (l *looking) conditions(list ast.DirectiveList) {
	for _, d := range list {
		l.note("@"+d.Name, true)
		for _, a := range d.Arguments {
			l.note("condition by variable", a.Value.Kind == ast.Variable)
		}
	}
}

func (l *looking) value(v *ast.Value, in *ast.Type) {
	l.note("variable", v.Kind == ast.Variable)
	l.note("null", v.Kind == ast.NullValue)
	l.note("list", v.Kind == ast.ListValue)
	l.note("empty list", v.Kind == ast.ListValue && len(v.Children) == 0)
	l.note("object", v.Kind == ast.ObjectValue)
	l.note("enum", v.Kind == ast.EnumValue)
	l.note("single for a list", in != nil && in.Elem != nil && v.Kind != ast.ListValue && v.Kind != ast.Variable && v.Kind != ast.NullValue)
	for _, c := range v.Children {
		l.note("variable in an object", v.Kind == ast.ObjectValue && c.Value.Kind == ast.Variable)
		l.note("variable in a list", v.Kind == ast.ListValue && c.Value.Kind == ast.Variable)
		l.value(c.Value, c.Value.ExpectedType)
	}
}

// No mutation of a document is anything but a preview.
func TestMutationsAreOnlyPreviewed(t *testing.T) {
	s := schema(t)
	g := plantest.NewGenerator(s, blind{})
	mutations := 0
	for seed := range uint64(6000) {
		q := g.Document(seed)
		doc, err := plantest.Parse(s, q.Query)
		if err != nil {
			t.Fatal(err)
		}
		if !plantest.Harmless(doc) {
			t.Fatalf("document %d: %s", seed, q.Query)
		}
		mutations += strings.Count(q.Query, "preview: true")
	}
	if mutations < 100 {
		t.Errorf("only %d mutations", mutations)
	}
	for query, harmless := range map[string]bool{
		`mutation { portfolioCreate(input: {code: "A", name: "A"}) { number } }`:                                                        false,
		`mutation { portfolioCreate(input: {code: "A", name: "A"}, preview: false) { number } }`:                                        false,
		`mutation ($p: Boolean!) { portfolioCreate(input: {code: "A", name: "A"}, preview: $p) { number } }`:                            false,
		`mutation { ...F } fragment F on Mutation { ... { portfolioCreate(input: {code: "A", name: "A"}) { number } } }`:                false,
		`mutation { ...F } fragment F on Mutation { ... { portfolioCreate(input: {code: "A", name: "A"}, preview: true) { number } } }`: true,
		`query { viewer { day } }`:                                      true,
		`subscription { projectChanged(id: "project-1") { position } }`: false,
	} {
		doc, err := plantest.Parse(s, query)
		if err != nil {
			t.Fatal(err)
		}
		if plantest.Harmless(doc) != harmless {
			t.Errorf("harmless is not %v: %s", harmless, query)
		}
	}
}
