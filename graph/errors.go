package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/read"
)

// unauthenticated is the code of a request whose bearer is unknown, or no longer known.
const unauthenticated = "UNAUTHENTICATED"

// tagged makes every error of a resolver a fault, so that the presenter can tell it from an argument that could not be read.
func tagged(ctx context.Context, next graphql.Resolver) (any, error) {
	res, err := next(ctx)
	f := (*fault.Error)(nil)
	if err != nil && !errors.As(err, &f) && !errors.Is(err, auth.ErrUnauthenticated) {
		return res, fault.Wrap(fault.Internal, err, "resolver")
	}
	return res, err
}

// presenter gives errors their outward form: a code, the fields they are about, and the request's id. The words of an error that is ours
// go to the log alone.
func presenter(log *slog.Logger) graphql.ErrorPresenterFunc {
	return func(ctx context.Context, err error) *gqlerror.Error {
		shown := graphql.DefaultErrorPresenter(ctx, err)
		if shown.Extensions == nil {
			shown.Extensions = map[string]any{}
		}
		if id := RequestID(ctx); id != "" {
			shown.Extensions["requestId"] = id
		}
		f := (*fault.Error)(nil)
		switch {
		case errors.Is(err, auth.ErrUnauthenticated):
			shown.Message, shown.Extensions["code"] = auth.ErrUnauthenticated.Error(), unauthenticated
		case errors.As(err, &f):
			shown.Extensions["code"] = f.Kind
			shown.Message = outward(f)
			if len(f.Fields) > 0 {
				shown.Extensions["errors"] = fieldErrors(f)
			}
			if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
				log.ErrorContext(ctx, "a question failed", "request", RequestID(ctx), "path", shown.Path.String(), "error", f)
			}
		case shown.Extensions["code"] == nil: // an argument that could not be read
			shown.Extensions["code"] = fault.Invalid
		}
		return shown
	}
}

// outward gives the words of a fault without its cause.
func outward(f *fault.Error) string {
	if f.Kind == fault.Internal {
		return "internal error; the log has it under the request's id"
	}
	own := *f
	bare := fault.Error{Kind: own.Kind, Text: own.Text, Fields: own.Fields}
	return bare.Error()
}

// fieldErrors gives a fault as data: one error a field, or one of the whole.
func fieldErrors(f *fault.Error) []read.FieldError {
	list := []read.FieldError{}
	for _, x := range f.Fields {
		list = append(list, read.FieldError{Path: x.Path, Code: x.Code, Message: x.Text})
	}
	if len(list) == 0 {
		list = append(list, read.FieldError{Path: []string{}, Code: string(f.Kind), Message: f.Text})
	}
	return list
}

// recovered makes a panic a fault.
func recovered(_ context.Context, p any) error {
	return fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "resolver")
}
