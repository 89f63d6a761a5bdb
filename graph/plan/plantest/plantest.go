// Package plantest holds what two executors of one schema are compared with: documents made at random from the schema alone, documents that
// reach what dice did not, the comparison of answers, and the way from a document that is answered differently to the smallest such.
package plantest

import (
	"math/rand/v2"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// Request is one question as a client puts it.
type Request struct {
	Query     string
	Operation string         // operationName; "" names none
	Variables map[string]any // as JSON would give them
	Get       bool           // by GET, which asks questions only
}

// Place is where a scalar stands: an argument of a field, or a field of an input object.
type Place struct {
	Owner   string // Type.field of an argument, the type of an input object
	Name    string
	Scalar  string
	Literal bool   // in the document, where the validator looks at values of built-in scalars
	Nested  bool   // below a list: an answer for each of its elements
	Plain   bool   // where nothing wrong is wanted
	Of      string // of what type the thing should be that an identifier names; "" for what fits the place
}

// Values gives the values of scalars. What it gives for a scalar of the schema's own may be wrong; for a built-in one it may be wrong
// where the place is not literal.
type Values interface {
	// Scalar gives a value: nil, bool, int64, float64 or string, or a list or map of such for scalars of the schema's own.
	Scalar(r *rand.Rand, at Place) any

	// OneOf names arguments of a field, Type.field, or fields of an input object, of which one alone should be given.
	OneOf(owner string) []string
}

// Tokens counts the tokens of a document as the parser's limit does.
func Tokens(query string) int {
	l := lexer.New(&ast.Source{Input: query})
	for n := 0; ; n++ {
		t, err := l.ReadToken()
		if err != nil || t.Kind == lexer.EOF {
			return n
		}
	}
}

// Parse reads and validates a document.
func Parse(schema *ast.Schema, query string) (*ast.QueryDocument, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		return nil, err
	}
	if errs := validator.ValidateWithRules(schema, doc, nil); len(errs) > 0 {
		return nil, errs
	}
	return doc, nil
}

// Harmless tells whether a document only asks: its mutations are previews, and it has no subscription.
func Harmless(doc *ast.QueryDocument) bool {
	for _, op := range doc.Operations {
		if op.Operation == ast.Subscription || op.Operation == ast.Mutation && !previews(doc, op.SelectionSet) {
			return false
		}
	}
	return true
}

func previews(doc *ast.QueryDocument, set ast.SelectionSet) bool {
	for _, x := range set {
		switch x := x.(type) {
		case *ast.Field:
			if p := x.Arguments.ForName("preview"); x.Name != "__typename" && (p == nil || p.Value.Kind != ast.BooleanValue || p.Value.Raw != "true") {
				return false
			}
		case *ast.InlineFragment:
			if !previews(doc, x.SelectionSet) {
				return false
			}
		case *ast.FragmentSpread:
			if !previews(doc, doc.Fragments.ForName(x.Name).SelectionSet) {
				return false
			}
		}
	}
	return true
}
