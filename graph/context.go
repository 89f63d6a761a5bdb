package graph

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/auth"
	"pmograph/internal/journal"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

type contextKey int

const (
	identityKey contextKey = iota
	requestIDKey
	requestKey
	lineKey
	startKey
	answerKey
)

// WithIdentity names who is asking.
func WithIdentity(ctx context.Context, id auth.Identity) context.Context {
	return context.WithValue(ctx, identityKey, id)
}

// Identity gives who is asking; the zero value if nobody was named.
func Identity(ctx context.Context) auth.Identity {
	id, _ := ctx.Value(identityKey).(auth.Identity)
	return id
}

// WithRequestID names the request in logs, errors and the journal.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey, id)
}

// RequestID gives the request's name, empty if it has none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// request is what the fields of one question share: the view they are all answered from.
type request struct {
	query journal.Query
	once  sync.Once
	view  *read.View
	err   error
}

func withRequest(ctx context.Context) context.Context {
	return context.WithValue(ctx, requestKey, &request{query: newEnough(ctx)})
}

// newEnough gives how new a record the fields of a question ask for, together.
func newEnough(ctx context.Context) (q journal.Query) {
	op := graphql.GetOperationContext(ctx)
	if op.Operation.Operation != ast.Query || !strings.Contains(op.RawQuery, "knownAt") {
		return q
	}
	for _, f := range graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Query"}) {
		known, _ := f.ArgumentMap(op.Variables)["knownAt"].(map[string]any)
		if p, err := state.ParsePosition(fmt.Sprint(known["atLeast"])); err == nil && p.Seq > q.AtLeast.Seq {
			q.AtLeast = p
		}
		if exact, _ := known["exact"].(bool); exact {
			q.Exact = true
		}
	}
	return q
}

// view gives the view a field is answered from. All fields of a question see one record, and older ones through it.
func (r *Resolver) view(ctx context.Context, at *read.KnownAt) (*read.View, error) {
	q, ok := ctx.Value(requestKey).(*request)
	if !ok {
		q = new(request)
	}
	q.once.Do(func() {
		v, err := r.door.View(ctx, Identity(ctx), q.query)
		if q.err = err; err == nil {
			q.view = read.New(v.Until(ctx))
		}
	})
	if q.err != nil {
		return nil, q.err
	}
	return q.view.At(at)
}
