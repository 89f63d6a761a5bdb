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
	plans    *plans
	keeper   keeper
	host     plan.Host
	resolver *Resolver
	build    string // what answers depend on beside the record: the program

	mu      sync.Mutex
	planned int
	others  map[string]int // by reason
}

// maxValues is how many values an answer has at most.
const maxValues = 1_000_000

// Executions counts what was answered how.
type Executions struct {
	Planned int
	Shared  int // of those, answers that were kept from an equal question
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
	x := s.executor
	x.keeper.mu.Lock()
	shared := x.keeper.shared
	x.keeper.mu.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	return Executions{x.planned, shared, maps.Clone(x.others)}
}

// Exec answers an operation.
func (x *executor) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	p := x.plans.of(op.Doc, op.Operation, op.Variables)
	if x.count(p.not); p.plan == nil {
		return x.ExecutableSchema.Exec(ctx)
	}
	if p.plan.Kind == ast.Subscription {
		return x.stream(ctx, p.plan, op)
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
	if a, ok := ctx.Value(answerKey).(*answer); ok {
		return x.answer(ctx, p, op, a)
	}
	r := p.Execute(ctx, &x.host, op.Variables, plan.Limits{Values: maxValues, Stopped: stopped}, nil)
	return &graphql.Response{Data: r.Data, Errors: r.Errors}
}

func (x *executor) runInto(ctx context.Context, p *plan.Plan, op *graphql.OperationContext, a *answer) *graphql.Response {
	limits := plan.Limits{Values: maxValues, Stopped: stopped, Chunk: chunkSize, Sink: a.sink}
	r := p.Execute(ctx, &x.host, op.Variables, limits, a.buf)
	a.buf, a.ran, a.over = r.Data, true, r.Broken
	return &graphql.Response{Errors: r.Errors}
}

// stream answers each event of a subscription.
func (x *executor) stream(ctx context.Context, p *plan.Plan, op *graphql.OperationContext) graphql.ResponseHandler {
	s, errs := p.Subscribe(ctx, &x.host, op.Variables)
	if s == nil {
		return graphql.OneShot(&graphql.Response{Errors: errs})
	}
	return func(ctx context.Context) *graphql.Response {
		r, ok := s.Next(ctx, plan.Limits{Values: maxValues, Stopped: stopped})
		if !ok {
			return nil
		}
		return &graphql.Response{Data: r.Data, Errors: r.Errors}
	}
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
