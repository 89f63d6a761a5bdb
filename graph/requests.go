package graph

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/internal/fault"
)

// The media types of answers.
const (
	plainJSON   = "application/json"
	graphqlJSON = "application/graphql-response+json"
)

// requests is the transport for questions and mutations that come as one HTTP request, by GET or as JSON by POST.
type requests struct{ s *Server }

// Supports tells whether a request is of this form.
func (requests) Supports(r *http.Request) bool {
	if r.Header.Get("Upgrade") != "" {
		return false
	}
	if r.Method == http.MethodGet {
		return true
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && r.Method == http.MethodPost && media == plainJSON
}

// Do answers a request.
func (t requests) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	a := answers.Get().(*answer)
	defer a.release()
	a.begin(w, r)
	exec = bounding{exec, t.s}
	refuse := func(ctx context.Context, status int, errs gqlerror.List) {
		status = a.again(status, errs)
		w.WriteHeader(status)
		a.end(exec.DispatchError(ctx, errs))
	}
	params, err := t.s.asked(r)
	if err != nil {
		refuse(r.Context(), http.StatusBadRequest, gqlerror.List{gqlerror.Wrap(err)})
		return
	}
	op, errs := exec.CreateOperationContext(r.Context(), params)
	ctx := graphql.WithOperationContext(r.Context(), op)
	switch {
	case errs != nil:
		refuse(ctx, a.statusOf(errs), errs)
	case r.Method == http.MethodGet && op.Operation.Operation != ast.Query:
		w.Header().Set("Allow", http.MethodPost)
		refuse(ctx, http.StatusMethodNotAllowed, gqlerror.List{gqlerror.Errorf("a GET asks queries only; send a %s by POST", op.Operation.Operation)})
	default:
		responses, ctx := exec.DispatchOperation(context.WithValue(ctx, answerKey, a), op)
		response := responses(ctx)
		if response == nil { // its time was over
			response = exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(stopped(context.Cause(ctx)))})
		}
		if !a.ran {
			if status := a.again(0, response.Errors); status > 0 {
				w.WriteHeader(status)
			}
		}
		a.end(response)
	}
}

// again says when to ask again, if that is what errors tell, and gives the status for it.
func (a *answer) again(status int, errs gqlerror.List) int {
	wait, code, ok := RetryAfter(errs)
	if !ok {
		return status
	}
	a.w.Header().Set("Retry-After", strconv.Itoa(wait))
	if code == rateLimited {
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}

// asked reads what a request asks.
func (s *Server) asked(r *http.Request) (*graphql.RawParams, error) {
	began := graphql.Now()
	q := struct {
		graphql.RawParams
		DocumentID string `json:"documentId"`
	}{}
	if r.Method == http.MethodPost {
		if err := decode(r.Body, &q); err != nil {
			return nil, fault.New(fault.Invalid, "the body is not a JSON object with query or documentId, operationName and variables: %s", err)
		}
	} else {
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return nil, fault.New(fault.Invalid, "the address cannot be read: %s", err)
		}
		q.Query, q.OperationName, q.DocumentID = values.Get("query"), values.Get("operationName"), values.Get("documentId")
		for name, into := range map[string]*map[string]any{"variables": &q.Variables, "extensions": &q.Extensions} {
			if text := values.Get(name); text != "" {
				if err := decode(strings.NewReader(text), into); err != nil {
					return nil, fault.New(fault.Invalid, "%s is not a JSON object: %s", name, err)
				}
			}
		}
	}
	if q.DocumentID != "" {
		if q.Query != "" {
			return nil, fault.At("documentId", "AMBIGUOUS", "send either query or documentId")
		}
		text, err := s.documents.find(q.DocumentID)
		if err != nil {
			return nil, err
		}
		q.Query = text
	}
	q.Headers, q.ReadTime = r.Header, graphql.TraceTiming{Start: began, End: graphql.Now()}
	return &q.RawParams, nil
}

func decode(from io.Reader, into any) error {
	d := json.NewDecoder(from)
	d.UseNumber()
	return d.Decode(into)
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
	a.w, a.media = w, mediaType(r.Header.Get("Accept"))
	a.tagged, a.unless = r.Method == http.MethodGet, r.Header.Get("If-None-Match")
	w.Header().Set("Content-Type", a.media)
}

func (a *answer) release() {
	if cap(a.buf)+cap(a.out) <= maxPooled {
		*a = answer{buf: append(a.buf[:0], opening...), out: a.out[:0]}
		answers.Put(a)
	}
}

// mediaType chooses the form of answers. Whoever asks for none in particular gets plain JSON.
func mediaType(accept string) string {
	if accept == "" {
		return plainJSON
	}
	for part := range strings.SplitSeq(accept, ",") {
		media, _, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		switch media {
		case "*/*", "application/*", plainJSON:
			return plainJSON
		case graphqlJSON:
			return graphqlJSON
		}
	}
	return graphqlJSON
}

// statusOf gives the status of errors that came before anything was executed.
func (a *answer) statusOf(errs gqlerror.List) int {
	switch {
	case errcode.GetErrorKind(errs) != errcode.KindProtocol:
		return http.StatusOK
	case a.media == graphqlJSON:
		return http.StatusBadRequest
	}
	return http.StatusUnprocessableEntity
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
	case !a.ran:
		text, err := json.Marshal(r)
		if err != nil {
			panic(err) // gqlgen has written the data
		}
		a.send(text)
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

// rest appends what comes behind the data.
func (a *answer) rest(b []byte, r *graphql.Response, errorsToo bool) []byte {
	if errorsToo && len(r.Errors) > 0 {
		b = appendJSON(append(b, `,"errors":`...), r.Errors)
	}
	switch {
	case len(r.Extensions) > 0:
		if a.told != (told{}) {
			r.Extensions[costExtension] = a.told
		}
		b = appendJSON(append(b, `,"extensions":`...), r.Extensions)
	case a.told != (told{}):
		b = append(a.told.append(append(b, `,"extensions":{"cost":`...)), '}')
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
