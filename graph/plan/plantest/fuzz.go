package plantest

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// maxBytes is what may be allocated for one document: much more than any plan of a thousand tokens needs, much less than one that grows by
// paths takes.
const maxBytes = 64 << 20

// Seeds are documents that a fuzzer begins with, beside those made at random: such as grow when they are followed path by path.
func Seeds(g *Generator) []Request {
	list := []Request{
		{Query: doubled("{ portfolios { nodes { ...F0 } } }", "Portfolio", "a: parent { ...F%[1]d } b: parent { ...F%[1]d }", 40)},
		{Query: doubled("{ portfolios { nodes { ...F0 } } }", "Portfolio", "...F%[1]d ... on Portfolio { ...F%[1]d } parent { ...F%[1]d }", 40)},
		{Query: "{ portfolios { nodes { " + strings.Repeat("parent { ", 200) + "id" + strings.Repeat(" }", 200) + " } } }"},
		{Query: "{ portfolios { nodes { " + strings.Repeat("... on Portfolio { id ", 150) + "id" + strings.Repeat(" }", 150) + " } } }"},
		{Query: "query ($a: Boolean = true) { viewer { day @skip(if: $a) } }", Variables: map[string]any{"a": nil}},
		{Query: "query ($f: ProjectFilter, $o: ProjectOrder) { projects(filter: $f, order: $o) { totalCount } }", Variables: map[string]any{"f": map[string]any{"lifecycle": "EXECUTING"}}},
	}
	for seed := range uint64(100) {
		list = append(list, g.Document(seed))
	}
	return list
}

// doubled gives a document whose fragments each come to the next in several ways.
func doubled(operation, on, body string, levels int) string {
	var b strings.Builder
	b.WriteString(operation)
	for n := range levels {
		fmt.Fprintf(&b, " fragment F%d on %s { %s }", n, on, fmt.Sprintf(body, n+1))
	}
	fmt.Fprintf(&b, " fragment F%d on %s { id }", levels, on)
	return b.String()
}

// Fuzz hands documents that are valid, with variables that fit, to a function. It must not panic, nor allocate without bound.
func Fuzz(f *testing.F, schema *ast.Schema, seeds []Request, compile func(doc *ast.QueryDocument, op *ast.OperationDefinition, variables map[string]any)) {
	f.Helper()
	for _, q := range seeds {
		text, err := json.Marshal(q.Variables)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(q.Query, string(text))
	}
	f.Fuzz(func(t *testing.T, query, variables string) {
		doc, op, values := valid(schema, query, variables)
		if doc == nil {
			t.Skip()
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		compile(doc, op, values)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > maxBytes {
			t.Errorf("%d bytes are allocated for a document of %d tokens", n, Tokens(query))
		}
	})
}

// valid reads a document as the server does: nil unless its first operation can be run with the variables.
func valid(schema *ast.Schema, query, variables string) (*ast.QueryDocument, *ast.OperationDefinition, map[string]any) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, maxTokens)
	if err != nil || len(doc.Operations) == 0 || len(validator.ValidateWithRules(schema, doc, nil)) > 0 {
		return nil, nil, nil
	}
	var given map[string]any
	d := json.NewDecoder(strings.NewReader(variables))
	d.UseNumber()
	if d.Decode(&given) != nil {
		return nil, nil, nil
	}
	values, err := validator.VariableValues(schema, doc.Operations[0], given)
	if err != nil {
		return nil, nil, nil
	}
	return doc, doc.Operations[0], values
}

// Nesting gives how many lists lie in one another at most in what a document asks for: what it may cost grows with a power of it.
func Nesting(doc *ast.QueryDocument) int {
	known := map[string]int{}
	var in func(set ast.SelectionSet) int
	in = func(set ast.SelectionSet) (most int) {
		for _, x := range set {
			n := 0
			switch x := x.(type) {
			case *ast.Field:
				if n = in(x.SelectionSet); x.Definition.Type.Elem != nil && x.SelectionSet != nil {
					n++
				}
			case *ast.InlineFragment:
				n = in(x.SelectionSet)
			case *ast.FragmentSpread:
				had, ok := known[x.Name]
				if !ok {
					had = in(doc.Fragments.ForName(x.Name).SelectionSet)
					known[x.Name] = had
				}
				n = had
			}
			most = max(most, n)
		}
		return most
	}
	for _, op := range doc.Operations {
		known[""] = max(known[""], in(op.SelectionSet))
	}
	return known[""]
}
