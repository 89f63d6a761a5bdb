package graph

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	gqlgen "github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"pmograph/graph/plan"
)

// Priced answers a question, or a mutation, from its plan, and gives the plan's price and what it came to. An error says why there is no plan.
func (s *Server) Priced(ctx context.Context, q graphql.RawParams) (price, values int, err error) {
	op, errs := gqlgen.New(s.executor).CreateOperationContext(graphql.StartOperationTrace(ctx), &q)
	if errs != nil {
		return 0, 0, errs
	}
	if op.Operation.Operation == ast.Subscription {
		return 0, 0, errors.New("a subscription")
	}
	p := s.executor.plans.of(op.Doc, op.Operation, op.Variables)
	if p.plan == nil {
		return 0, 0, errors.New(p.not)
	}
	r := p.plan.Execute(withRequest(graphql.WithOperationContext(ctx, op)), s.executor.host, op.Variables, plan.Limits{Stopped: stopped}, nil)
	return p.plan.Price(op.Variables), r.Cost, nil
}

// SendPartsOf sets after how many bytes a part of an answer goes out.
func (s *Server) SendPartsOf(bytes int) { s.executor.chunk = bytes }

// ReadDocument parses, measures and validates a document.
func ReadDocument(l Limits, text string) (*ast.QueryDocument, gqlerror.List) {
	return l.read(contractSchema(), documentRules(false), text)
}

var contractSchema = sync.OnceValue(Schema)

// Measured tells what a document has of what is limited.
func Measured(text string) string {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return err.Error()
	}
	m := &measure{fragments: map[string]*fragment{}, repeats: map[string]int{}}
	m.document(doc)
	pairs := 0
	for _, n := range m.repeats {
		pairs += n * (n - 1) / 2
	}
	roots, deep := 0, 0
	for _, op := range doc.Operations {
		roots = max(roots, m.root(op.SelectionSet, map[string]bool{}))
		deep = max(deep, m.depth(op.SelectionSet))
	}
	return fmt.Sprintf("depth %d aliases %d roots %d directives %d nesting %d repeats %d", deep, m.aliases, roots, m.noted, m.nesting, pairs*m.nesting)
}

// Dearest tells the dearest parts of a question.
func (s *Server) Dearest(query string, vars map[string]any) string {
	doc, errs := s.limits.read(s.schema, s.rules, query)
	if errs != nil {
		return errs.Error()
	}
	p := s.plans.of(doc, doc.Operations[0], vars)
	return fmt.Sprint(p.plan.Dearest(vars, 6))
}
