package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/internal/fault"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

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
		if !errors.As(err, &f) && answering(ctx) {
			f = fault.Wrap(fault.Internal, errors.New(shown.Message), "resolver")
		}
		switch {
		case f != nil:
			shown.Extensions["code"] = f.Kind
			shown.Message = outward(f)
			if len(f.Fields) > 0 {
				shown.Extensions["errors"] = fieldErrors(f)
			}
			if f.Wait > 0 {
				shown.Extensions["retryAfter"] = seconds(f.Wait)
			}
			if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
				log.ErrorContext(ctx, "a question failed", "request", RequestID(ctx), "path", shown.Path.String(), "error", f)
			}
		case shown.Extensions["code"] == nil: // a document or an argument that could not be read
			shown.Extensions["code"] = fault.Invalid
		}
		shown.Message = cut(shown.Message)
		return shown
	}
}

var quiet = slog.New(slog.DiscardHandler)

// maxWords is how many bytes a message has.
const maxWords = 500

// cut shortens a message that repeats too much of what was sent.
func cut(message string) string {
	if len(message) <= maxWords {
		return message
	}
	return strings.ToValidUTF8(message[:maxWords], "") + " …"
}

// answering tells whether a field is being answered: it has read its arguments. An error is then its own, and before that the caller's.
func answering(ctx context.Context) bool {
	field := graphql.GetFieldContext(ctx)
	return field != nil && field.Field.Field != nil && (field.Args != nil || len(field.Field.Definition.Arguments) == 0)
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
func recovered(ctx context.Context, p any) error {
	if p == state.ErrEnded {
		return stopped(context.Cause(ctx))
	}
	return fault.Wrap(fault.Internal, fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "resolver")
}
