package graph

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/internal/access"
)

// Operation is what operators are told of an operation that was answered, or that could not be. Of a subscription it is told that it
// began, and its errors.
type Operation struct {
	Name   string        // a word; empty if it has none, or could not be read
	Kind   ast.Operation // query, mutation, subscription; empty if it could not be read
	Code   string        // of the first error; empty if there was none
	Socket bool          // it came over a WebSocket

	Began, Ended time.Time
	// Parsing, Validation and Planning say when that was done; they are zero if it was not, and Planning if Options.Timed is not set.
	Parsing, Validation, Planning graphql.TraceTiming
}

// planning is the name under which an operation's statistics hold when it was planned.
const planning = "planning"

// tell tells of an operation that has ended with errors or without.
func (s *Server) tell(ctx context.Context, errs ...*gqlerror.Error) {
	if s.observe == nil {
		return
	}
	o := Operation{Code: codeOf(errs), Ended: graphql.Now()}
	if l, ok := ctx.Value(lineKey).(*line); ok {
		o.Socket = l.socket
	}
	if graphql.HasOperationContext(ctx) {
		op := graphql.GetOperationContext(ctx)
		o.Began, o.Parsing, o.Validation = op.Stats.OperationStart, op.Stats.Parsing, op.Stats.Validation
		o.Planning, _ = op.Stats.GetExtension(planning).(graphql.TraceTiming)
		if op.Operation != nil {
			o.Name, o.Kind = access.Word(op.Operation.Name), op.Operation.Operation
		}
	}
	if o.Began.IsZero() {
		o.Began = o.Ended
	}
	s.observe(ctx, o)
}

// answered tells of every answer but the events of subscriptions.
func (s *Server) answered(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	r := few(next(ctx))
	if r != nil && (len(r.Errors) > 0 || !subscribes(ctx)) {
		s.tell(ctx, r.Errors...)
	}
	return r
}

// begun tells of every subscription that begins.
func (s *Server) begun(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if subscribes(ctx) {
		s.tell(ctx)
	}
	return next(ctx)
}

func subscribes(ctx context.Context) bool {
	if !graphql.HasOperationContext(ctx) {
		return false
	}
	op := graphql.GetOperationContext(ctx).Operation
	return op != nil && op.Operation == ast.Subscription
}

func codeOf(errs gqlerror.List) string {
	if len(errs) == 0 {
		return ""
	}
	return access.Word(fmt.Sprint(errs[0].Extensions["code"]))
}

// Names lists the names of the registered operations, sorted.
func (d *Documents) Names() (all []string) {
	if d == nil {
		return nil
	}
	for _, doc := range d.parsed {
		for _, op := range doc.Operations {
			all = append(all, op.Name)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
