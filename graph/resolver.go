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

// Resolver answers the fields of Query, Mutation and Subscription, and what of read's types is a dataset's; all others are fields and methods of the types.
type Resolver struct {
	door   Door
	access access.Store
}

// decided hands a mutation to the door, and gives what it did and the thing it was about. A fault the caller can mend is data.
func decided[N read.Node](ctx context.Context, r *mutationResolver, dec state.Decision, call decide.Call, preview bool) (o read.Outcome, n N, err error) {
	o, v, about, err := r.done(ctx, dec, call, preview)
	if v != nil {
		n = read.Result[N](v, about)
	}
	return o, n, err
}

// done is decided for who shows himself what it was about; v is nil if nothing was decided.
func (r *mutationResolver) done(ctx context.Context, dec state.Decision, call decide.Call, preview bool) (o read.Outcome, v *read.View, about []state.Ref, err error) {
	key, reason := call.Meta()
	out, err := r.door.Do(ctx, Identity(ctx), dec, journal.Meta{Key: key, Reason: reason, RequestID: RequestID(ctx), Preview: preview})
	if f := (*fault.Error)(nil); errors.As(err, &f) && mendable[f.Kind] {
		return read.Refused(preview, fieldErrors(f)), nil, nil, nil
	}
	if err != nil {
		return o, nil, nil, err
	}
	v = read.New(out.View)
	return v.Decided(out.Position, out.Preview, out.Repeated, out.Changes), v, out.Results, nil
}

// mailed hands a mutation of somebody's own mail to the door.
func (r *mutationResolver) mailed(ctx context.Context, dec state.Decision, call decide.Call, preview bool) (*read.MailPayload, error) {
	o, v, about, err := r.done(ctx, dec, call, preview)
	if v == nil {
		return read.NewMailPayload(o, nil, nil), err
	}
	return read.NewMailPayload(o, v.Viewer(Identity(ctx)), about), err
}

// saved hands a mutation of somebody's own queries to the door.
func (r *mutationResolver) saved(ctx context.Context, dec state.Decision, call decide.Call, preview bool) (*read.SavedQueryPayload, error) {
	o, v, about, err := r.done(ctx, dec, call, preview)
	if v == nil {
		return read.NewSavedQueryPayload(o, nil, nil), err
	}
	return read.NewSavedQueryPayload(o, v.Viewer(Identity(ctx)), about), err
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
