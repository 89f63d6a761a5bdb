package graph

import (
	"context"
	"errors"
	"maps"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/graph/plan"
	"pmograph/internal/fault"
)

// executor answers operations from plans. What plans do not cover goes to gqlgen's own executor.
type executor struct {
	graphql.ExecutableSchema
	plans    *plans
	budgets  *Budgets
	keeper   keeper
	host     *plan.Host
	resolver *Resolver
	build    string // what answers depend on beside the record: the program
	chunk    int    // bytes after which what is final goes out
	timed    bool   // note when operations are planned

	mu       sync.Mutex
	executed Executions
}

// maxValues is how many values an answer has at most.
const maxValues = 1_000_000

// Executions counts what was answered how.
type Executions struct {
	Planned   int // by running a plan
	Shared    int // by what an equal question had been answered
	Unchanged int // by telling a client that what he has is still right
	// Others counts what gqlgen's executor answered, by the reason why no plan did.
	Others map[string]int
}

func (x *executor) count(add func(*Executions)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	add(&x.executed)
}

// Executions counts what was answered how since the server began.
func (s *Server) Executions() Executions {
	if s.executor == nil {
		return Executions{}
	}
	x := s.executor
	x.mu.Lock()
	defer x.mu.Unlock()
	all := x.executed
	all.Others = maps.Clone(all.Others)
	return all
}

// Exec answers an operation.
func (x *executor) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	began := op.Stats.Validation.End
	p := x.plans.of(op.Doc, op.Operation, op.Variables)
	if x.timed {
		op.Stats.SetExtension(planning, graphql.TraceTiming{Start: began, End: graphql.Now()})
	}
	if p.plan == nil {
		x.count(func(n *Executions) {
			if n.Others == nil {
				n.Others = map[string]int{}
			}
			n.Others[p.not]++
		})
		leave, err := x.budgets.enter(ctx, Identity(ctx), false)
		if err != nil {
			return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{x.host.Present(ctx, err)}})
		}
		responses := x.ExecutableSchema.Exec(ctx)
		return func(ctx context.Context) *graphql.Response {
			defer leave()
			leave = func() {}
			return responses(ctx)
		}
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
	leave, err := x.enter(ctx, p)
	if err != nil {
		return &graphql.Response{Errors: gqlerror.List{x.host.Present(ctx, err)}}
	}
	defer leave()
	x.count(func(n *Executions) { n.Planned++ })
	r := p.Execute(ctx, x.host, op.Variables, plan.Limits{Values: maxValues, Stopped: stopped}, nil)
	counted(op, r.Cost)
	return &graphql.Response{Data: r.Data, Errors: r.Errors}
}

// enter takes a slot to run a plan in. A question waits for the record it asks for before.
func (x *executor) enter(ctx context.Context, p *plan.Plan) (leave func(), err *gqlerror.Error) {
	if x.budgets != nil && p.Kind == ast.Query {
		_, _ = x.resolver.view(ctx, nil) // who needs it meets the error
	}
	return x.budgets.enter(ctx, Identity(ctx), p.Kind == ast.Mutation)
}

func (x *executor) runInto(ctx context.Context, p *plan.Plan, op *graphql.OperationContext, a *answer) *graphql.Response {
	leave, err := x.enter(ctx, p)
	if err != nil {
		return &graphql.Response{Errors: gqlerror.List{x.host.Present(ctx, err)}}
	}
	defer leave()
	x.count(func(n *Executions) { n.Planned++ })
	limits := plan.Limits{Values: maxValues, Stopped: stopped, Chunk: x.chunk, Sink: a.sink}
	r := p.Execute(ctx, x.host, op.Variables, limits, a.buf)
	a.buf, a.ran, a.over, a.values = r.Data, true, r.Broken, r.Cost
	counted(op, r.Cost)
	return &graphql.Response{Errors: r.Errors}
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
