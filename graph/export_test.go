package graph

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
	gqlgen "github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/graph/plan"
)

// Priced answers a question, or a mutation, from its plan, and gives the plan's price and the values it counted. An error says why there is no plan.
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
	r := p.plan.Execute(withRequest(graphql.WithOperationContext(ctx, op)), &s.executor.host, op.Variables, plan.Limits{Stopped: stopped}, nil)
	return p.plan.Price(op.Variables), r.Values, nil
}

// SendPartsOf sets after how many bytes a part of an answer goes out.
func (s *Server) SendPartsOf(bytes int) { s.executor.chunk = bytes }
