package odata

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
)

// refusal is an error with a status of its own.
type refusal struct {
	status int
	code   string
	fault  *fault.Error
}

func refused(status int, code string, kind fault.Kind, format string, args ...any) error {
	return &refusal{status, code, fault.New(kind, format, args...)}
}

// Error gives the fault's words.
func (r *refusal) Error() string { return r.fault.Error() }

// Unwrap gives the fault.
func (r *refusal) Unwrap() error { return r.fault }

var (
	errNotAcceptable = refused(http.StatusNotAcceptable, "NOT_ACCEPTABLE", fault.BadRequest, "answers are application/json; $metadata is application/xml or application/json, a bare value text/plain")
	errReadOnly      = refused(http.StatusMethodNotAllowed, "READ_ONLY", fault.BadRequest, "nothing is written by OData here: send mutations to /graphql")
	errNoMultipart   = refused(http.StatusUnsupportedMediaType, "BATCH_FORMAT", fault.BadRequest, "a batch is sent as application/json; multipart/mixed is not read")
	errNoSuch        = fault.New(fault.NotFound, "there is no such thing here, or it is not visible")
)

// gone says that changes cannot be told from where a delta link left off.
func gone(why string) error {
	return refused(http.StatusGone, "READ_ANEW", fault.Conflict, "%s: read the set anew, without the link", why)
}

// statusOf gives the status, the code and the fault of an error.
func statusOf(err error) (status int, code string, f *fault.Error) {
	if r := (*refusal)(nil); errors.As(err, &r) {
		return r.status, r.code, r.fault
	}
	switch {
	case errors.As(err, &f):
	case dataset.Ended(err):
		f = fault.New(fault.Unavailable, "the answer took too long; ask for less")
	default:
		f = fault.Wrap(fault.Internal, err, "internal error; the log has it under the request's id")
	}
	status = fault.CodeOf(f.Kind).Status
	switch {
	case f.Kind != fault.Invalid:
	case slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Code == "NOT_IMPLEMENTED" }):
		status = http.StatusNotImplemented
	default: // whatever is wrong with an address
		status = http.StatusBadRequest
	}
	return status, string(f.Kind), f
}

// errorBody is an error in the form of OData.
type errorBody struct {
	Error errorText `json:"error"`
}

type errorText struct {
	Code    string      `json:"code"`
	Message string      `json:"message"`
	Target  string      `json:"target,omitempty"`
	Details []errorText `json:"details,omitempty"`
}

// maxWords is how many bytes a message has: one may repeat what was sent.
const maxWords = 500

func bodyOf(code string, f *fault.Error) errorBody {
	b := errorText{Code: code, Message: cut(f.Text)}
	if f.Kind == fault.Internal {
		b.Message = "internal error; the log has it under the request's id"
		return errorBody{b}
	}
	for _, x := range f.Fields {
		b.Details = append(b.Details, errorText{Code: x.Code, Message: cut(x.Text), Target: strings.Join(x.Path, "/")})
	}
	if b.Message == "" && len(b.Details) > 0 {
		b.Message, b.Target = b.Details[0].Message, b.Details[0].Target
	}
	return errorBody{b}
}

func cut(message string) string {
	if len(message) <= maxWords {
		return message
	}
	return strings.ToValidUTF8(message[:maxWords], "") + " …"
}

// Refuse answers a request with an error, in the form of OData. Nothing may have been written. It gives the error's code.
func Refuse(w http.ResponseWriter, r *http.Request, err error) (code string) {
	status, code, f := statusOf(err)
	h := w.Header()
	if h.Get("OData-Version") == "" {
		old, _ := versioned(r.Header) // who asks for none of ours is told in the newer
		h.Set("OData-Version", (&form{old: old}).version())
	}
	if f.Wait > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((f.Wait+time.Second-1)/time.Second), 10))
	}
	for _, name := range []string{"ETag", "Preference-Applied"} {
		h.Del(name)
	}
	h.Set("Content-Type", "application/json;charset=utf-8")
	body, _ := json.Marshal(bodyOf(code, f)) // texts alone
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to tell
	return string(f.Kind)
}
