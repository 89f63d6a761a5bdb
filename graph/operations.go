package graph

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/internal/fault"
)

// operationTime is what a question or mutation may take that comes over a line without a time of its own.
const operationTime = 10 * time.Second

// keysOnly is what a feed key is told that is used for anything else.
const keysOnly = "a feed key asks queries, one by GET or POST each; mutations, subscriptions and connections that stay open need a token"

// operations surrounds every question and mutation: questions get their one view.
func (s *Server) operations(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	ctx = withRequest(ctx)
	l, _ := ctx.Value(lineKey).(*line)
	switch {
	case Identity(ctx).FeedKey != 0 && (l != nil || op.Operation.Operation != ast.Query):
		return s.refuse(ctx, fault.New(fault.Forbidden, keysOnly))
	case op.Operation.Operation == ast.Subscription:
		return s.refuse(ctx, fault.New(fault.BadRequest, "a subscription comes over a WebSocket with the protocol %s, or by POST with Accept: text/event-stream", subprotocol))
	}
	return timed(ctx, next)
}

// timed bounds an operation that came without a bound.
func timed(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if _, bounded := ctx.Deadline(); bounded {
		return next(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, operationTime)
	responses := next(ctx)
	return func(context.Context) *graphql.Response {
		r := responses(ctx)
		if r == nil {
			cancel()
		}
		return r
	}
}

// refuse answers an operation that does not begin.
func (s *Server) refuse(ctx context.Context, err error) graphql.ResponseHandler {
	shown := s.present(ctx, err)
	s.tell(ctx, shown)
	return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{shown}})
}
