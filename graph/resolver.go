package graph

import (
	"context"
	"errors"
	"reflect"

	"pmograph/internal/access"
	"pmograph/internal/decide"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

// Resolver answers the fields of Query, Mutation and Subscription; all others are fields and methods of read's types.
type Resolver struct {
	door   Door
	access access.Store
}

// decided hands a mutation to the door, and gives what it did and the thing it was about. A fault the caller can mend is data.
func decided[N read.Node](ctx context.Context, r *mutationResolver, dec state.Decision, call decide.Call, preview bool) (o read.Outcome, n N, err error) {
	key, reason := call.Meta()
	out, err := r.door.Do(ctx, Identity(ctx), dec, journal.Meta{Key: key, Reason: reason, RequestID: RequestID(ctx), Preview: preview})
	if f := (*fault.Error)(nil); errors.As(err, &f) && mendable[f.Kind] {
		return read.Refused(preview, fieldErrors(f)), n, nil
	}
	if err != nil {
		return o, n, err
	}
	v := read.New(out.View)
	return v.Decided(out.Position, out.Preview, out.Repeated, out.Changes), read.Result[N](v, out.Results), nil
}

// mendable are the faults that a caller can do something about.
var mendable = map[fault.Kind]bool{fault.Invalid: true, fault.NotFound: true, fault.Conflict: true, fault.Forbidden: true}

// values gives a patch as decisions take it: what was given without the pointers of its types, an explicit null as nil.
func values(patch map[string]any) map[string]any {
	plain := make(map[string]any, len(patch))
	for name, v := range patch {
		rv := reflect.ValueOf(v)
		switch {
		case !rv.IsValid() || rv.Kind() == reflect.Pointer && rv.IsNil():
			plain[name] = nil
			continue
		case rv.Kind() == reflect.Pointer:
			rv = rv.Elem()
		}
		plain[name] = rv.Interface()
		switch x := rv.Interface().(type) {
		case read.GivenDecimal:
			plain[name] = string(x)
		case int32:
			plain[name] = int64(x)
		}
	}
	return plain
}
