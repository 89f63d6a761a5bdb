package graph

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/internal/fault"
	"pmograph/internal/live"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

// operationTime is what a question or mutation may take that comes over a line without a time of its own.
const operationTime = 10 * time.Second

// keysOnly is what a feed key is told that is used for anything else.
const keysOnly = "a feed key asks queries, one by GET or POST each; mutations, subscriptions and connections that stay open need a token"

// operations surrounds every operation: questions get their one view, streams their beginning and end.
type operations struct {
	s       *Server
	present graphql.ErrorPresenterFunc
}

func (o operations) run(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	ctx = withRequest(ctx)
	l, _ := ctx.Value(lineKey).(*line)
	if Identity(ctx).FeedKey != 0 && (l != nil || op.Operation.Operation != ast.Query) {
		return o.refuse(ctx, l, fault.New(fault.Forbidden, keysOnly))
	}
	if err := l.enter(ctx); err != nil {
		return o.refuse(ctx, l, err)
	}
	if op.Operation.Operation != ast.Subscription {
		return timed(ctx, next)
	}
	switch {
	case l == nil:
		return o.refuse(ctx, l, fault.New(fault.BadRequest, "a subscription comes over a WebSocket with the protocol %s, or by POST with Accept: text/event-stream", subprotocol))
	case deferred(op.Doc):
		return o.refuse(ctx, l, fault.New(fault.BadRequest, "a subscription cannot defer"))
	}
	o.s.tell(ctx)
	s := newStream(op)
	ctx = context.WithValue(ctx, streamKey, s)
	responses := next(ctx)
	over := false
	return func(ctx context.Context) *graphql.Response {
		for !over {
			r := responses(ctx)
			switch {
			case ctx.Err() != nil:
				return nil
			case r == nil:
				over = true
				return o.ended(ctx, l, s.end)
			case len(r.Data) == 0 && len(r.Errors) > 0: // it did not begin
				over = true
				return l.fail(ctx, r.Errors...)
			case s.passes(r):
				return r
			}
		}
		return nil
	}
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
func (o operations) refuse(ctx context.Context, l *line, err error) graphql.ResponseHandler {
	shown, told := o.present(ctx, err), false
	o.s.tell(ctx, shown)
	return func(ctx context.Context) *graphql.Response {
		if told {
			return nil
		}
		told = true
		return l.fail(ctx, shown)
	}
}

// ended tells why a stream ended, and where to go on.
func (o operations) ended(ctx context.Context, l *line, end *live.End) *graphql.Response {
	if end == nil || end.Err == nil {
		return nil
	}
	var shown *gqlerror.Error
	if errors.Is(end.Err, live.ErrStopping) { // nothing is wrong
		shown = presenter(quiet)(ctx, end.Err)
	} else {
		shown = o.present(ctx, end.Err)
	}
	shown.Extensions["position"] = end.Place.String()
	return l.fail(ctx, shown)
}

// deferred tells whether a document defers anything; events are whole.
func deferred(doc *ast.QueryDocument) bool {
	var in func(ast.SelectionSet) bool
	in = func(set ast.SelectionSet) bool {
		for _, x := range set {
			switch x := x.(type) {
			case *ast.Field:
				if in(x.SelectionSet) {
					return true
				}
			case *ast.InlineFragment:
				if x.Directives.ForName("defer") != nil || in(x.SelectionSet) {
					return true
				}
			case *ast.FragmentSpread:
				if x.Directives.ForName("defer") != nil {
					return true
				}
			}
		}
		return false
	}
	for _, op := range doc.Operations {
		if in(op.SelectionSet) {
			return true
		}
	}
	for _, f := range doc.Fragments {
		if in(f.SelectionSet) {
			return true
		}
	}
	return false
}

// stream is one subscription: what of its events counts, and what was sent last.
type stream struct {
	end   *live.End
	names map[string]string // of the event's fields by response key
	whole bool              // every event is sent: none repeats another
	mute  bool              // the first event is what later ones are compared with, and not sent
	last  [sha256.Size]byte
}

// uncounted are the fields of an event that do not make it another one.
var uncounted = map[string]bool{"position": true, "number": true, "at": true, "reset": true, "changes": true, "actor": true, "breaches": true, "overAllocated": true}

// newStream looks up by what names the event's fields are asked for, whatever fragments they stand in.
func newStream(op *graphql.OperationContext) *stream {
	s := &stream{names: map[string]string{}}
	for _, root := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"}) {
		if root.Definition == nil {
			continue
		}
		event := root.Definition.Type.Name()
		s.whole = event == "JournalEvent" || event == "PortfolioEvent"
		for _, f := range graphql.CollectFields(op, root.Selections, []string{event, "LiveEvent"}) {
			s.names[f.Alias] = f.Name
		}
	}
	return s
}

// passes tells whether an event is to be sent: something visible in it differs from the one sent last. What it says of positions does not
// count, so that nobody sees from an event that something happened which he may not see.
func (s *stream) passes(r *graphql.Response) bool {
	if s.whole {
		return true
	}
	var root map[string]map[string]json.RawMessage
	if json.Unmarshal(r.Data, &root) != nil {
		return true
	}
	news := false
	for _, event := range root {
		for key, value := range event {
			switch s.names[key] {
			case "reset":
				news = news || bytes.Equal(value, []byte("true"))
			case "changes", "breaches", "overAllocated":
				news = news || !bytes.Equal(value, []byte("[]"))
			}
			if uncounted[s.names[key]] {
				delete(event, key)
			}
		}
	}
	text, err := json.Marshal([]any{root, len(r.Errors)})
	if err != nil {
		return true
	}
	sum := sha256.Sum256(text)
	if s.mute {
		s.mute, s.last = false, sum
		return false
	}
	if sum == s.last && !news {
		return false
	}
	s.last = sum
	return true
}

// follow starts the stream of a subscription.
func follow[E any](ctx context.Context, h *live.Hub, after *read.Position, initial bool, subject live.Subject[E]) (<-chan E, error) {
	s := ctx.Value(streamKey).(*stream)
	s.mute = !initial && after == nil
	events, end, err := live.Follow(ctx, h, Identity(ctx), (*state.Position)(after), subject)
	s.end = end
	return events, err
}
