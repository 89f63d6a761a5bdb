package graph

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/auth"
	"pmograph/graph/plan"
	"pmograph/internal/budget"
	"pmograph/internal/fault"
)

// Principal is who spends: everything that comes with his tokens counts together.
type Principal struct{ Issuer, Subject string }

// PrincipalOf gives whose budget an identity spends.
func PrincipalOf(id auth.Identity) Principal { return Principal{id.Issuer, id.Subject} }

// Budgets say what each principal may ask for and how much is done at a time. They are shared by all ways in.
type Budgets struct {
	Buckets *budget.Buckets[Principal]
	Rate    func(auth.Identity) budget.Rate // looked up now and then
	// Running are the slots in which documents are read and questions answered, Writing those of mutations, which mostly wait.
	Running, Writing *budget.Gate[Principal]
}

// PointValues is how many values a point is.
const PointValues = 100

const (
	// requestPoints is what a request costs before anything of it is read; they count towards its price.
	requestPoints = 1
	// refusedPoints is what a document costs that was read and refused, and what reading one anew costs at most.
	refusedPoints = 10
	// schemaPoints is what asking for the schema costs, which no plan answers.
	schemaPoints = 200
)

// cost is what an operation costs.
type cost struct {
	requested int // points that it may cost at most
	spent     int // that were taken from the bucket
	values    int // that it came to
	of        auth.Identity
}

const costExtension = "cost"

// points gives values in points, rounded up.
func points(values int) int { return values/PointValues + min(1, values%PointValues) }

// spend takes points from who is asking, or tells when he may ask again.
func (b *Budgets) spend(id auth.Identity, points int) *gqlerror.Error {
	x := b.Buckets.Spend(PrincipalOf(id), points, func() budget.Rate { return b.Rate(id) })
	if x.Wait == 0 {
		return nil
	}
	return later(fault.RateLimited, x.Wait, "this takes %d points, and %d are left; there are enough in %d s", points, x.Left, seconds(x.Wait))
}

// Enter takes what a request costs before anything of it is read. The error says when there is enough again.
func (b *Budgets) Enter(id auth.Identity) error {
	if b != nil {
		if err := b.spend(id, requestPoints); err != nil {
			return err.Err
		}
	}
	return nil
}

// Run takes a slot for a question that is none of GraphQL's. leave gives it back.
func (b *Budgets) Run(ctx context.Context, id auth.Identity) (leave func(), err error) {
	leave, refusal := b.enter(ctx, id, false)
	if refusal != nil {
		return nil, refusal.Unwrap()
	}
	return leave, nil
}

// Charge takes from who is asking what an answer came to, in values, that could not be priced before. Who owes points waits until he has some again.
func (b *Budgets) Charge(id auth.Identity, values int) {
	if b != nil {
		b.Buckets.Take(PrincipalOf(id), points(values), func() budget.Rate { return b.Rate(id) })
	}
}

// later is an error of what may be asked again after some time.
func later(kind fault.Kind, wait time.Duration, format string, args ...any) *gqlerror.Error {
	f := fault.New(kind, format, args...)
	f.Wait = wait
	return refused(f)
}

// bounding reads and prices what is asked before gqlgen's executor sees it, for every transport.
type bounding struct {
	graphql.GraphExecutor
	s *Server
}

// CreateOperationContext reads an operation within the limits, and takes its price from who is asking.
func (b bounding) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	fail := func(errs ...*gqlerror.Error) (*graphql.OperationContext, gqlerror.List) {
		return &graphql.OperationContext{RawQuery: params.Query, OperationName: params.OperationName}, errs
	}
	budgets, id := b.s.budgets, Identity(ctx)
	leave, err := budgets.enter(ctx, id, false)
	if err != nil {
		return fail(err)
	}
	defer leave()
	if l, _ := ctx.Value(lineKey).(*line); l != nil && l.socket && budgets != nil { // other requests have paid at the edge
		if err := budgets.spend(id, requestPoints); err != nil {
			return fail(err)
		}
	}
	if err := b.s.entry.find(params); err != nil {
		return fail(err)
	}
	if _, known := b.s.queries.Get(ctx, params.Query); !known {
		doc, errs := b.s.limits.read(b.s.schema, b.s.rules, params.Query)
		if late := budgets.charge(id, refusedPoints*min(len(params.Query), wholeDocument)/wholeDocument, errs); late != nil {
			return fail(late)
		}
		if errs != nil {
			return fail(errs...)
		}
		b.s.queries.Add(ctx, params.Query, doc)
	}
	op, errs := b.GraphExecutor.CreateOperationContext(ctx, params)
	if errs != nil {
		return op, errs
	}
	if budgets != nil {
		if err := b.price(op, id); err != nil {
			return op, gqlerror.List{err}
		}
	}
	return op, nil
}

// wholeDocument is how many bytes of a document are read for refusedPoints.
const wholeDocument = 8 << 10

// charge takes what reading a document anew costs: more if it was for nothing.
func (b *Budgets) charge(id auth.Identity, points int, refused gqlerror.List) *gqlerror.Error {
	if b == nil {
		return nil
	}
	if refused != nil {
		points = refusedPoints
	}
	return b.spend(id, points)
}

// enter takes a slot.
func (b *Budgets) enter(ctx context.Context, id auth.Identity, writes bool) (leave func(), err *gqlerror.Error) {
	if b == nil {
		return func() {}, nil
	}
	gate := b.Running
	if writes {
		gate = b.Writing
	}
	leave, busy := gate.Enter(ctx, PrincipalOf(id))
	switch {
	case busy == nil:
		return leave, nil
	case errors.Is(busy, budget.ErrBusy):
		return nil, later(fault.Overloaded, time.Second, "too much is being answered already; ask again in a second, with fewer questions at a time")
	}
	return nil, gqlerror.Wrap(stopped(context.Cause(ctx)))
}

// price works out what an operation may cost at most, and takes it from who is asking.
func (b bounding) price(op *graphql.OperationContext, id auth.Identity) *gqlerror.Error {
	budgets, want := b.s.budgets, schemaPoints
	most := budgets.Buckets.Rate(PrincipalOf(id), func() budget.Rate { return budgets.Rate(id) }).Request
	p := b.s.plans.of(op.Doc, op.Operation, op.Variables)
	planned := p.plan != nil
	if planned {
		values := p.plan.Price(op.Variables)
		if want = points(values); most > 0 && want > most {
			return dear(p.plan, op.Variables, want, most)
		}
	} else if op.Operation.Operation == ast.Subscription {
		return refused(notOneStream(p.not))
	} else if !asksSchema(op) {
		return refused(fault.New(fault.CostExceeded, "the operation cannot be priced: %s", p.not))
	}
	want = max(want, requestPoints)
	if err := budgets.spend(id, want-requestPoints); err != nil {
		return err
	}
	c := &cost{requested: want, spent: want - requestPoints, of: id}
	if !planned || b.s.executor == nil { // nobody counts
		c.values = want * PointValues
	}
	op.Stats.SetExtension(costExtension, c)
	return nil
}

// asksSchema tells whether an operation asks for the schema and nothing else.
func asksSchema(op *graphql.OperationContext) bool {
	if op.Operation.Operation != ast.Query {
		return false
	}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		if f.Name != "__schema" && f.Name != "__type" && f.Name != "__typename" {
			return false
		}
	}
	return true
}

// dear tells that an operation may cost too much, and what to ask less of.
func dear(p *plan.Plan, vars map[string]any, want, most int) *gqlerror.Error {
	shown := strconv.Itoa(want)
	if want > 1_000_000_000 {
		shown = "more than 1000000000"
	}
	text := fmt.Sprintf("the operation may cost %s points, %d values each, and at most %d are allowed at once", shown, PointValues, most)
	parts := []map[string]any{}
	for i, part := range p.Dearest(vars, 3) {
		text += map[bool]string{true: "; the dearest parts: ", false: "; "}[i == 0] + fmt.Sprintf("%s: %d", part.Path, points(part.Values))
		one := map[string]any{"path": part.Path, "points": points(part.Values)}
		if part.Page > 1 {
			fewer := max(1, int(float64(part.Page)*float64(most)/float64(want)*0.9))
			one["first"] = fewer
			text += fmt.Sprintf(" (ask for first: %d)", fewer)
		}
		parts = append(parts, one)
	}
	err := refused(fault.New(fault.CostExceeded, "%s", text))
	err.Extensions["requested"], err.Extensions["limit"], err.Extensions["parts"] = min(want, math.MaxInt32), most, parts
	return err
}

// told is what an answer says of its cost.
type told struct {
	Requested int    `json:"requested"` // points that it could cost at most
	Actual    int    `json:"actual"`    // that it came to
	Budget    int    `json:"budget"`    // that are left
	RefillAt  string `json:"refillAt"`  // when there are all again
}

// append appends the JSON.
func (t told) append(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"requested":`...), int64(t.Requested), 10)
	b = strconv.AppendInt(append(b, `,"actual":`...), int64(t.Actual), 10)
	b = strconv.AppendInt(append(b, `,"budget":`...), int64(t.Budget), 10)
	return append(append(append(b, `,"refillAt":"`...), t.RefillAt...), `"}`...)
}

// settle gives back what an operation did not cost, and tells.
func (b *Budgets) settle(op *graphql.OperationContext) (t told, ok bool) {
	c, ok := op.Stats.GetExtension(costExtension).(*cost)
	if !ok {
		return told{}, false
	}
	back := c.spent - (max(requestPoints, points(c.values)) - requestPoints) // negative if it came to more than was foreseen
	c.spent -= back
	x := b.Buckets.Return(PrincipalOf(c.of), back, func() budget.Rate { return b.Rate(c.of) })
	return told{c.requested, points(c.values), x.Left, x.RefillAt.UTC().Format(time.RFC3339)}, true
}

// tell adds to an answer what it cost.
func (b *Budgets) tell(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	r := next(ctx)
	if r == nil || !graphql.HasOperationContext(ctx) {
		return r
	}
	t, ok := b.settle(graphql.GetOperationContext(ctx))
	switch a, _ := ctx.Value(answerKey).(*answer); {
	case !ok:
	case a != nil:
		a.told = t
	default:
		if r.Extensions == nil {
			r.Extensions = map[string]any{}
		}
		r.Extensions[costExtension] = t
	}
	return r
}

// counted notes what a run came to.
func counted(op *graphql.OperationContext, values int) {
	if c, ok := op.Stats.GetExtension(costExtension).(*cost); ok {
		c.values += values
	}
}
