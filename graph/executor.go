package graph

import (
	"context"
	"errors"
	"maps"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/graph/plan"
	"pmograph/internal/fault"
)

// executor answers operations from plans. What plans do not cover goes to gqlgen's own executor.
type executor struct {
	graphql.ExecutableSchema
	plans *plans
	host  plan.Host

	mu      sync.Mutex
	planned int
	others  map[string]int // by reason
}

// maxValues is how many values an answer has at most.
const maxValues = 1_000_000

// Executions counts what was answered how.
type Executions struct {
	Planned int
	// Others counts what gqlgen's executor answered, by the reason why no plan did.
	Others map[string]int
}

func (x *executor) count(reason string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if reason == "" {
		x.planned++
		return
	}
	if x.others == nil {
		x.others = map[string]int{}
	}
	x.others[reason]++
}

// Executions counts what was answered how since the server began.
func (s *Server) Executions() Executions {
	if s.executor == nil {
		return Executions{}
	}
	s.executor.mu.Lock()
	defer s.executor.mu.Unlock()
	return Executions{s.executor.planned, maps.Clone(s.executor.others)}
}

// Exec answers an operation.
func (x *executor) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation == ast.Subscription {
		x.count("subscription")
		return x.ExecutableSchema.Exec(ctx)
	}
	p := x.plans.of(op.Doc, op.Operation, op.Variables)
	if x.count(p.not); p.plan == nil {
		return x.ExecutableSchema.Exec(ctx)
	}
	ran := false
	return func(ctx context.Context) *graphql.Response {
		if ran {
			return nil
		}
		ran = true
		return x.run(ctx, p.plan, op)
	}
}

// run runs a plan, into the answer of an HTTP request if it is for one.
func (x *executor) run(ctx context.Context, p *plan.Plan, op *graphql.OperationContext) *graphql.Response {
	limits := plan.Limits{Values: maxValues, Stopped: stopped}
	a, _ := ctx.Value(answerKey).(*answer)
	if a == nil {
		r := p.Execute(ctx, &x.host, op.Variables, limits, nil)
		return &graphql.Response{Data: r.Data, Errors: r.Errors}
	}
	limits.Chunk, limits.Sink = chunkSize, a.sink
	r := p.Execute(ctx, &x.host, op.Variables, limits, a.buf)
	a.ranInto(r.Data, r.Broken)
	return &graphql.Response{Data: r.Data, Errors: r.Errors}
}

// stopped tells why an execution was stopped.
func stopped(why error) error {
	switch {
	case errors.Is(why, plan.ErrValues):
		return fault.New(fault.Invalid, "an answer has at most %d values; ask for smaller pages", maxValues)
	case errors.Is(why, context.DeadlineExceeded):
		return fault.New(fault.Unavailable, "the answer took too long; ask for less")
	}
	return fault.Wrap(fault.Unavailable, why, "the answer was given up")
}
