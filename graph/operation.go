package graph

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/internal/budget"
	"pmograph/internal/live"
	"pmograph/internal/state"
)

// operation is one operation of a line. It is the reader of its stream, if it is a subscription.
type operation struct {
	line    *line
	id      string
	cancel  context.CancelFunc
	present func(error) *gqlerror.Error // errors of its stream
	over    sync.Once
	// What follows is the line's, under its lock.
	stream  *live.Stream
	gone    bool // its client wants no more of it
	unsent  int  // events not written yet
	written func()
}

// ends tells whether a message is the last of an operation.
func (m message) ends() bool { return m.kind == kindComplete || m.kind == kindError }

// perform answers an operation, or joins the stream that it asks for. It returns when nothing is left to do but to tell what happens.
func (o *operation) perform(ctx context.Context, exec graphql.GraphExecutor, params *graphql.RawParams) {
	defer func() {
		if p := recover(); p != nil {
			o.fail(exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(recovered(ctx, p))}).Errors)
		}
	}()
	op, errs := exec.CreateOperationContext(ctx, params)
	ctx = graphql.WithOperationContext(ctx, op)
	switch {
	case errs != nil:
		o.fail(exec.DispatchError(ctx, errs).Errors)
	case op.Operation.Operation == ast.Subscription:
		if errs := o.line.s.subscribe(ctx, op, o); errs != nil {
			o.line.s.tell(ctx, errs...)
			o.fail(errs)
		}
	default:
		o.answer(ctx, exec, op)
	}
}

// answer answers a question or a mutation.
func (o *operation) answer(ctx context.Context, exec graphql.GraphExecutor, op *graphql.OperationContext) {
	responses, ctx := exec.DispatchOperation(ctx, op)
	for r := responses(ctx); r != nil; r = responses(ctx) {
		if len(r.Data) == 0 && len(r.Errors) > 0 {
			o.fail(r.Errors)
			return
		}
		o.line.put(message{kind: kindNext, op: o, body: responseText(r)})
	}
	o.line.put(message{kind: kindComplete, op: o})
}

// fail ends an operation with errors: by the message that a WebSocket has for it, as the last event elsewhere.
func (o *operation) fail(errs gqlerror.List) { o.failAnd(errs, 0) }

func (o *operation) failAnd(errs gqlerror.List, wait int) {
	if o.line.socket {
		o.line.put(message{kind: kindError, op: o, body: appendJSON(nil, errs)})
		return
	}
	o.line.put(message{kind: kindNext, op: o, body: refusal(&graphql.Response{Errors: errs})}, message{kind: kindComplete, op: o, wait: wait})
}

// wrote goes on once a message was written.
func (o *operation) wrote(m message) {
	if m.ends() {
		o.finish()
		return
	}
	o.line.mu.Lock()
	f := o.written
	if o.unsent--; f == nil || o.unsent > 0 {
		f = nil
	}
	o.line.mu.Unlock()
	if f != nil {
		f()
	}
}

// finish lets go of an operation.
func (o *operation) finish() {
	o.over.Do(func() {
		l := o.line
		l.mu.Lock()
		if l.running--; l.operations[o.id] == o {
			delete(l.operations, o.id)
		}
		l.mu.Unlock()
		o.cancel()
		l.endIdle()
	})
}

// follows notes the stream of an operation.
func (o *operation) follows(s *live.Stream) {
	o.line.mu.Lock()
	o.stream = s
	gone := o.gone
	o.line.mu.Unlock()
	if gone {
		s.Leave()
	}
}

// left ends an operation whose client wants no more of it.
func (o *operation) left() {
	o.line.mu.Lock()
	o.gone = true
	stream := o.stream
	o.line.recall(o)
	o.line.mu.Unlock()
	if stream != nil {
		stream.Leave()
	}
	o.finish()
}

// Pay takes what an event costs from who gets it.
func (o *operation) Pay(values int) time.Duration {
	b, id := o.line.s.budgets, o.line.id
	if b == nil {
		return 0
	}
	return b.Buckets.Spend(PrincipalOf(id), points(values), func() budget.Rate { return b.Rate(id) }).Wait
}

// Send has events written.
func (o *operation) Send(events []live.Message, written func()) {
	all := make([]message, len(events))
	for i, e := range events {
		all[i] = message{kind: kindNext, op: o, body: e.Body, at: e.Position.String()}
	}
	o.line.mu.Lock()
	o.unsent, o.written = len(events), written
	o.line.mu.Unlock()
	o.line.put(all...)
}

// Recall takes back events that are not being written yet.
func (o *operation) Recall() int {
	o.line.mu.Lock()
	defer o.line.mu.Unlock()
	n := o.line.recall(o)
	if o.unsent -= n; n > 0 && o.unsent == 0 {
		go o.written() // from elsewhere: who recalls holds a lock
	}
	return n
}

// spreadTime is over how many seconds clients come back that are told to go on elsewhere.
const spreadTime = 5

// End tells why a stream ended, and where to go on.
func (o *operation) End(err error, place state.Position) {
	shown := o.present(err)
	shown.Extensions["position"] = place.String()
	wait := 0
	if errors.Is(err, live.ErrStopping) {
		wait = 1 + rand.IntN(spreadTime)
		shown.Extensions["retryAfter"] = wait
	}
	o.failAnd(gqlerror.List{shown}, wait)
}
