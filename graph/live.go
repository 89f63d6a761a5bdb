package graph

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/graph/plan"
	"pmograph/internal/fault"
	"pmograph/internal/live"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

// subscribe has an operation of a line join the stream that it asks for. The errors say why it cannot.
func (s *Server) subscribe(ctx context.Context, op *graphql.OperationContext, o *operation) gqlerror.List {
	fail := func(err error) gqlerror.List { return gqlerror.List{s.present(ctx, err)} }
	p := s.plans.of(op.Doc, op.Operation, op.Variables)
	switch {
	case Identity(ctx).FeedKey != 0:
		return fail(fault.New(fault.Forbidden, keysOnly))
	case deferred(op.Doc):
		return fail(fault.New(fault.BadRequest, "a subscription cannot defer"))
	case p.plan == nil:
		return fail(fault.New(fault.BadRequest, "a subscription asks for one stream: %s", p.not))
	}
	st := new(start)
	if errs := p.plan.Subscribe(context.WithValue(ctx, startKey, st), s.host, op.Variables); errs != nil {
		return errs
	}
	if text := op.Headers.Get(LastEvent); text != "" {
		last, err := state.ParsePosition(text)
		if err != nil {
			return fail(fault.New(fault.BadRequest, "%s is no position, but the id of an event is one", LastEvent))
		}
		st.after = &last
	}
	f := &feed{s: s, plan: p.plan, vars: op.Variables, asker: ctx}
	f.look(op)
	o.present = func(err error) *gqlerror.Error { return s.ended(ctx, err) }
	if st.job != nil {
		return s.followImport(ctx, *st.job, f, o)
	}
	stream, err := s.hub.Join(ctx, Identity(ctx), st.after, st.initial, f.of(st.subject), o)
	if err != nil {
		return fail(err)
	}
	s.tell(ctx)
	if s.budgets != nil {
		s.budgets.settle(op) // from here on each event is paid by itself
	}
	o.follows(stream)
	return nil
}

// ended gives the error with which a stream ends.
func (s *Server) ended(ctx context.Context, err error) *gqlerror.Error {
	if err == live.ErrStopping { // nothing is wrong
		return presenter(quiet)(ctx, err)
	}
	shown := s.present(ctx, err)
	s.tell(ctx, shown)
	return shown
}

// start is the stream that a subscription asks for, and where it starts.
type start struct {
	subject live.Subject
	after   *state.Position
	initial bool
	job     *string // an import that is followed; nil if it is the record
}

// follow notes what the field of a subscription asks for. The channel is what gqlgen wants of its resolver; nothing comes by it.
func follow[E any](ctx context.Context, after *read.Position, initial bool, subject live.Subject) (<-chan E, error) {
	*ctx.Value(startKey).(*start) = start{subject: subject, after: (*state.Position)(after), initial: initial}
	return nil, nil
}

// feed is what streams that ask the same share: how events are written for all of them.
type feed struct {
	s     *Server
	plan  *plan.Plan
	vars  map[string]any
	asker context.Context   // of one of them
	names map[string]string // of the event's fields by response key
}

// momentary are the fields of events that do not depend on what was told before.
var momentary = map[string]bool{"position": true, "number": true, "at": true, "reset": true, "removed": true, "project": true, "rollup": true, "kpis": true, "capacity": true, "__typename": true}

// uncounted are the fields of an event that do not make it another one.
var uncounted = map[string]bool{"position": true, "number": true, "at": true, "reset": true, "changes": true, "actor": true, "breaches": true, "overAllocated": true}

// look finds by what names the event's fields are asked for, whatever fragments they stand in.
func (f *feed) look(op *graphql.OperationContext) {
	f.names = map[string]string{}
	for _, root := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"}) {
		for _, x := range graphql.CollectFields(op, root.Selections, []string{root.Definition.Type.Name(), "LiveEvent"}) {
			f.names[x.Alias] = x.Name
		}
	}
}

// of gives the feed of a subject.
func (f *feed) of(subject live.Subject) *live.Feed {
	key := string(f.plan.Fingerprint[:])
	for _, name := range slices.Sorted(slices.Values(f.plan.Uses)) {
		value, given := f.vars[name]
		text, err := json.Marshal(value)
		if err != nil {
			panic(err) // it came as JSON
		}
		key += name + strconv.FormatBool(given) + string(text)
	}
	if slices.ContainsFunc(f.plan.Types(), func(t string) bool { return slices.Contains(unkept, t) }) {
		key = strconv.FormatInt(f.s.own.Add(1), 10) // of its own
	}
	since := false
	for _, name := range f.names {
		since = since || !momentary[name]
	}
	return &live.Feed{Subject: subject, Key: key, Since: since, Write: f.write}
}

// asking has the deadline of one context and the values of another.
type asking struct {
	context.Context
	values context.Context
}

// Value gives a value.
func (a asking) Value(key any) any {
	if v := a.Context.Value(key); v != nil {
		return v
	}
	return a.values.Value(key)
}

// write makes a message of an event.
func (f *feed) write(ctx context.Context, event any) live.Message {
	r := f.plan.Event(asking{ctx, f.asker}, f.s.host, f.vars, plan.Limits{Values: maxValues, Stopped: stopped}, event, nil)
	m := live.Message{Body: responseText(&graphql.Response{Data: r.Data, Errors: r.Errors}), Cost: r.Cost}
	m.Sum, m.News = f.sum(r.Data, len(r.Errors))
	return m
}

// sum tells messages apart by what counts in them: what an event says of positions does not, so that nobody sees from an event that something
// happened which he may not see. news tells that it says more than the state.
func (f *feed) sum(data []byte, errs int) (sum [32]byte, news bool) {
	var root map[string]map[string]json.RawMessage
	if json.Unmarshal(data, &root) != nil {
		return sha256.Sum256(data), true
	}
	for _, event := range root {
		for key, value := range event {
			switch f.names[key] {
			case "reset":
				news = news || bytes.Equal(value, []byte("true"))
			case "changes", "breaches", "overAllocated":
				news = news || !bytes.Equal(value, []byte("[]"))
			}
			if uncounted[f.names[key]] {
				delete(event, key)
			}
		}
	}
	return sha256.Sum256(appendJSON(nil, []any{root, errs})), news
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
