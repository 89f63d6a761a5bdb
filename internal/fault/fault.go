// Package fault names the few kinds of error the product knows. Code inside says what went wrong; the edge says how it looks, and
// shows the text of an internal error to nobody.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is a class of error that a caller handles in one way.
type Kind string

// The kinds of what a decision or a question meets.
const (
	Invalid     Kind = "INVALID"     // the input breaks a rule; the caller can mend it
	NotFound    Kind = "NOT_FOUND"   // there is no such thing, or the caller may not see it
	Conflict    Kind = "CONFLICT"    // the record has moved on, or the key was used for something else
	Forbidden   Kind = "FORBIDDEN"   // visible, but not allowed
	Unavailable Kind = "UNAVAILABLE" // try again later; nothing was applied
	Internal    Kind = "INTERNAL"    // our fault; details are in the log only
)

// The kinds of what a request meets before it is executed.
const (
	BadRequest       Kind = "BAD_REQUEST"               // it is not a GraphQL request over HTTP
	Unauthenticated  Kind = "UNAUTHENTICATED"           // nobody is known who asks it
	TooLarge         Kind = "TOO_LARGE"                 // its body has too many bytes
	RateLimited      Kind = "RATE_LIMITED"              // its caller asked too much lately
	Overloaded       Kind = "OVERLOADED"                // the server has too much to do
	ParseFailed      Kind = "GRAPHQL_PARSE_FAILED"      // its document is not GraphQL, or too long
	ValidationFailed Kind = "GRAPHQL_VALIDATION_FAILED" // its document or its variables do not fit the schema
	DocumentRequired Kind = "DOCUMENT_REQUIRED"         // its document is not registered, and has to be
	LimitExceeded    Kind = "LIMIT_EXCEEDED"            // its document is larger than the server reads
	CostExceeded     Kind = "COST_EXCEEDED"             // its answer could cost too much
)

// Error is an error of a kind, with the fields it concerns.
type Error struct {
	Kind   Kind
	Text   string
	Fields []Field
	Wait   time.Duration // after which trying again makes sense; 0 if that is not known
	cause  error
}

// Field is one thing wrong with an input.
type Field struct {
	Path []string // where in the input, outermost first: "input", "name"
	Code string   // a stable name: REQUIRED, TAKEN, OUT_OF_RANGE …
	Text string   // one sentence for a person
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Text)
	for _, f := range e.Fields {
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s: %s", strings.Join(f.Path, "."), f.Text)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.cause }

// New gives an error of a kind.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...)}
}

// Wrap gives an error of a kind with a cause that only the log shows.
func Wrap(k Kind, cause error, format string, args ...any) *Error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, args...), cause: cause}
}

// At gives an invalid-input error for one field; path is dotted: "input.name".
func At(path, code, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Fields: []Field{{strings.Split(path, "."), code, fmt.Sprintf(format, args...)}}}
}

// KindOf gives an error's kind; what has none is Internal.
func KindOf(err error) Kind {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is tells whether an error is of a kind.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// Join collects field errors of several checks into one; nil if there is none. The kind is that of the first.
func Join(errs ...error) error {
	var all *Error
	for _, err := range errs {
		if err == nil {
			continue
		}
		e := (*Error)(nil)
		if !errors.As(err, &e) || len(e.Fields) == 0 {
			return err
		}
		if all == nil {
			all = &Error{Kind: e.Kind, Text: e.Text}
		}
		all.Fields = append(all.Fields, e.Fields...)
	}
	if all == nil {
		return nil
	}
	return all
}

// Within says in which part of an input the fields of an error are.
func Within(part string, err error) error {
	e := (*Error)(nil)
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	n := &Error{Kind: e.Kind, Text: e.Text, cause: e.cause}
	for _, f := range e.Fields {
		n.Fields = append(n.Fields, Field{append([]string{part}, f.Path...), f.Code, f.Text})
	}
	return n
}
