package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/internal/fault"
)

// requests is the transport for questions and mutations that come as one HTTP request, by GET or as JSON by POST. Their form has been looked
// at, see WellFormed.
type requests struct{ s *Server }

// Supports tells whether a request is of this form.
func (requests) Supports(r *http.Request) bool { return r.Header.Get("Upgrade") == "" }

// Do answers a request.
func (t requests) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	a := answers.Get().(*answer)
	defer a.release()
	a.begin(w, r)
	exec = bounding{exec, t.s}
	defer func() {
		if p := recover(); p != nil {
			a.refuse(http.StatusInternalServerError, exec.DispatchError(r.Context(), gqlerror.List{gqlerror.Wrap(recovered(r.Context(), p))}))
		}
	}()
	params, err := t.s.asked(r)
	if err != nil {
		a.end(exec.DispatchError(r.Context(), gqlerror.List{gqlerror.Wrap(err)}))
		return
	}
	op, errs := exec.CreateOperationContext(r.Context(), params)
	ctx := graphql.WithOperationContext(r.Context(), op)
	switch {
	case errs != nil:
		a.end(exec.DispatchError(ctx, errs))
	case r.Method == http.MethodGet && op.Operation.Operation != ast.Query:
		w.Header().Set("Allow", http.MethodPost)
		err := fault.New(fault.BadRequest, "a GET asks queries only; send a %s by POST", op.Operation.Operation)
		a.refuse(http.StatusMethodNotAllowed, exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(err)}))
	default:
		responses, ctx := exec.DispatchOperation(context.WithValue(ctx, answerKey, a), op)
		response := responses(ctx)
		if response == nil { // its time was over
			response = exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(stopped(context.Cause(ctx)))})
		}
		a.end(response)
	}
}

// answer is the way of one answer from the run of a plan to the client. It is used again by later requests.
type answer struct {
	w     http.ResponseWriter
	media string
	buf   []byte // what a plan's run appends to, from its first bytes on
	out   []byte // the finished answer, if its parts have to be put together
	begun bool   // parts have gone out
	ran   bool   // the response's data stand at the end of buf
	over  bool   // it cannot be ended well
	whole []byte // the whole answer without extensions, if it is shared; it is not to be changed

	values int  // that a run came to, with weights
	told   told // what is said of the cost; nothing is if it is zero

	tagged    bool   // it may have an entity tag
	tag       string // which
	unless    string // the tags that the client has
	unchanged bool   // it has this one
}

const (
	opening   = `{"data":`
	chunkSize = 64 << 10  // bytes after which what is final goes out
	maxPooled = 256 << 10 // bytes of a buffer that is used again
)

var answers = sync.Pool{New: func() any { return &answer{buf: append(make([]byte, 0, 16<<10), opening...)} }}

func (a *answer) begin(w http.ResponseWriter, r *http.Request) {
	if a.w, a.media = w, mediaType(r); a.media != graphqlJSON {
		a.media = plainJSON
	}
	a.tagged, a.unless = r.Method == http.MethodGet, r.Header.Get("If-None-Match")
	h := w.Header()
	h.Set("Content-Type", contentType(a.media))
	h.Add("Vary", "Accept")
}

func (a *answer) release() {
	if cap(a.buf)+cap(a.out) <= maxPooled {
		*a = answer{buf: append(a.buf[:0], opening...), out: a.out[:0]}
		answers.Put(a)
	}
}

// refuse answers that nothing was executed.
func (a *answer) refuse(status int, r *graphql.Response) { writeRefusal(a.w, a.media, status, r) }

// statusOf gives the status of an answer that has errors alone. Older clients read plain JSON only with 200.
func statusOf(media string, errs gqlerror.List) int {
	kind, ok := errs[0].Extensions["code"].(fault.Kind)
	if !ok {
		kind = fault.Kind(fmt.Sprint(errs[0].Extensions["code"])) // one of gqlgen's, which has the same names
	}
	if media == plainJSON {
		return fault.CodeOf(kind).Plain
	}
	return fault.CodeOf(kind).Status
}

// sink sends a part of the answer.
func (a *answer) sink(part []byte) error {
	a.begun = true
	control := http.NewResponseController(a.w)
	late := time.AfterFunc(writeTime, func() { _ = control.SetWriteDeadline(time.Unix(1, 0)) }) // who does not read is cut
	defer late.Stop()
	if _, err := a.w.Write(part); err != nil {
		return err
	}
	return control.Flush()
}

// end sends what is left of the answer.
func (a *answer) end(r *graphql.Response) {
	if a.tag != "" && !a.begun && len(r.Errors) == 0 {
		a.w.Header().Set("ETag", a.tag)
	}
	switch {
	case a.unchanged:
		a.w.Header().Del("Content-Type")
		a.w.WriteHeader(http.StatusNotModified)
	case a.whole != nil && len(r.Extensions) == 0 && a.told == (told{}):
		a.send(a.whole)
	case a.whole != nil:
		a.out = append(a.out[:0], a.whole[:len(a.whole)-1]...)
		a.send(append(a.rest(a.out, r, false), '}'))
	case a.over: // what is out cannot be made good: the connection ends without the last part
		_ = http.NewResponseController(a.w).SetWriteDeadline(time.Unix(1, 0))
	case a.begun:
		_, _ = a.w.Write(append(a.rest(a.buf, r, true), '}'))
	case !a.ran && len(r.Data) == 0:
		a.refuse(statusOf(a.media, r.Errors), r)
	case !a.ran:
		if a.told != (told{}) {
			r.Extensions = map[string]any{costExtension: a.told}
		}
		a.send(responseText(r))
	case len(r.Errors) == 0:
		a.buf = append(a.rest(a.buf, r, false), '}')
		a.send(a.buf)
	default: // errors come first
		a.out = append(appendJSON(append(a.out[:0], `{"errors":`...), r.Errors), ',')
		a.out = append(a.rest(append(a.out, a.buf[1:]...), r, false), '}')
		a.send(a.out)
	}
}

func (a *answer) send(body []byte) {
	a.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = a.w.Write(body)
}

// rest appends what comes behind the data, and what the answer cost.
func (a *answer) rest(b []byte, r *graphql.Response, errorsToo bool) []byte {
	if a.told == (told{}) {
		return appendRest(b, r, errorsToo)
	}
	if len(r.Extensions) > 0 {
		r.Extensions[costExtension] = a.told
		return appendRest(b, r, errorsToo)
	}
	return append(a.told.append(append(appendRest(b, r, errorsToo), `,"extensions":{"cost":`...)), '}')
}

// responseText gives a whole answer. Without data it has failed before anything was executed, and says so by having none.
func responseText(r *graphql.Response) []byte {
	if len(r.Data) == 0 {
		return refusal(r)
	}
	return appendJSON(nil, r)
}

// appendRest appends what comes behind the data.
func appendRest(b []byte, r *graphql.Response, errorsToo bool) []byte {
	if errorsToo && len(r.Errors) > 0 {
		b = appendJSON(append(b, `,"errors":`...), r.Errors)
	}
	if len(r.Extensions) > 0 {
		b = appendJSON(append(b, `,"extensions":`...), r.Extensions)
	}
	return b
}

func appendJSON(b []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(errors.Join(errors.New("an error or extension has no form in JSON"), err))
	}
	return append(b, text...)
}
