package graph

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// events is the transport for server-sent events: one operation by POST, whose answers come as events "next" and whose end as "complete".
type events struct{ s *Server }

// Supports tells whether a request asks for events.
func (events) Supports(r *http.Request) bool { return Streams(r) }

// Do sends the events of one operation.
func (e events) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	out := &eventWriter{w: w, control: http.NewResponseController(w)}
	defer func() {
		if p := recover(); p != nil {
			out.next(exec.DispatchError(r.Context(), gqlerror.List{gqlerror.Wrap(recovered(r.Context(), p))}))
		}
		out.end()
	}()
	params, err := e.s.asked(r)
	if err != nil {
		Refuse(w, r, err)
		return
	}
	ctx, cancel := context.WithCancel(context.WithValue(r.Context(), lineKey, new(line)))
	defer cancel()
	if err := e.s.lines.take(ctx, Identity(ctx)); err != nil {
		Refuse(w, r, err)
		return
	}
	exec = bounding{exec, e.s}
	op, errs := exec.CreateOperationContext(ctx, params)
	ctx = graphql.WithOperationContext(ctx, op)
	out.begin(ctx, cancel)
	if errs != nil {
		out.next(exec.DispatchError(ctx, errs))
	} else {
		responses, ctx := exec.DispatchOperation(ctx, op)
		for r := responses(ctx); r != nil; r = responses(ctx) {
			out.next(r)
		}
	}
}

// eventWriter sends events, cuts who does not read them, and lets nothing be written after its request has ended.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController

	mu   sync.Mutex
	gone context.CancelFunc // told when nobody reads any more
	ping *time.Ticker       // nil before the head was sent
	over bool
}

// begin sends the head of the answer, and from then on something whenever nothing was sent for a while.
func (w *eventWriter) begin(ctx context.Context, gone context.CancelFunc) {
	h := w.w.Header()
	h.Set("Content-Type", eventsType)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("X-Accel-Buffering", "no") // a proxy is not to hold events back
	w.ping, w.gone = time.NewTicker(pingTime), gone
	w.send(":\n\n")
	go func() {
		for {
			select {
			case <-w.ping.C:
				w.send(": ping\n\n")
			case <-ctx.Done():
				return
			}
		}
	}()
}

// next sends an answer; before the head was sent it is all there is.
func (w *eventWriter) next(r *graphql.Response) {
	if w.ping == nil {
		writeRefusal(w.w, plainJSON, statusOf(graphqlJSON, r.Errors), r)
		return
	}
	w.send("event: next\ndata: " + string(responseText(r)) + "\n\n")
}

// send sends a part of the stream within the time there is.
func (w *eventWriter) send(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	w.ping.Reset(pingTime)
	late := time.AfterFunc(writeTime, func() { _ = w.control.SetWriteDeadline(time.Unix(1, 0)) })
	defer late.Stop()
	_, err := w.w.Write([]byte(text))
	if err == nil {
		err = w.control.Flush()
	}
	if err != nil {
		w.gone()
	}
}

// end sends the last event.
func (w *eventWriter) end() {
	if w.ping == nil {
		return
	}
	w.send("event: complete\n\n")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.ping.Stop()
}

// responseText gives a whole answer. Without data it has failed before anything was executed, and says so by having none.
func responseText(r *graphql.Response) []byte {
	if len(r.Data) == 0 {
		return refusal(r)
	}
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // gqlgen has written the data
	}
	return text
}
