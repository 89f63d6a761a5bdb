package graph

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// events is the transport for server-sent events: one operation by POST, whose answers come as events "next" and whose end as "complete".
type events struct{ s *Server }

// Supports tells whether a request asks for events.
func (events) Supports(r *http.Request) bool { return Streams(r) }

// Do sends the events of one operation.
func (e events) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	params, err := e.s.asked(r)
	if err != nil {
		Refuse(w, r, err)
		return
	}
	gone, cut := context.WithCancel(r.Context())
	defer cut()
	out := &sseWire{w: w, control: http.NewResponseController(w), ended: make(chan struct{}), gone: gone, leave: cut}
	l, ctx := newLine(r.Context(), e.s, out, false)
	out.beat = func() { l.put(message{kind: kindPing}) }
	defer l.close()
	if err := e.s.lines.take(ctx, Identity(ctx)); err != nil {
		Refuse(w, r, err)
		return
	}
	l.id, l.stopping = Identity(ctx), true
	o, ctx := l.begin(ctx, "")
	out.begin()
	o.perform(ctx, bounding{exec, e.s}, params)
	select {
	case <-out.ended:
	case <-out.gone.Done():
	}
}

// LastEvent is the header with which a client of server-sent events goes on after it was cut off.
const LastEvent = "Last-Event-ID"

// sseWire writes server-sent events.
type sseWire struct {
	w       http.ResponseWriter
	control *http.ResponseController
	ended   chan struct{}
	gone    context.Context // ends when the client has gone or was cut off
	leave   context.CancelFunc
	beat    func()
}

func (w *sseWire) begin() {
	h := w.w.Header()
	h.Set("Content-Type", eventsType)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("X-Accel-Buffering", "no") // a proxy is not to hold events back
	_, _ = w.w.Write([]byte(":\n\n"))
	_ = w.control.Flush()
}

func (w *sseWire) write(m message) error {
	b := make([]byte, 0, len(m.body)+128)
	switch m.kind {
	case kindPing:
		b = append(b, ": ping\n\n"...)
	case kindNext:
		b = append(b, "event: next\n"...)
		if m.at != "" {
			b = append(append(append(b, "id: "...), m.at...), '\n')
		}
		b = append(append(append(b, "data: "...), m.body...), "\n\n"...)
	default:
		b = append(append(append(b, "event: "...), m.kind...), "\n"...)
		if m.wait > 0 {
			b = append(strconv.AppendInt(append(b, "retry: "...), int64(m.wait)*1000, 10), '\n')
		}
		b = append(b, "data:\n\n"...)
	}
	if _, err := w.w.Write(b); err != nil {
		return err
	}
	return w.control.Flush()
}

// ping writes a comment: it is the write that notices when nobody is there.
func (w *sseWire) ping() error {
	w.beat()
	return nil
}

func (w *sseWire) end(int, string) { close(w.ended) }

func (w *sseWire) cut() {
	select {
	case <-w.ended: // the rest is HTTP's
	default:
		_ = w.control.SetWriteDeadline(time.Unix(1, 0))
		w.leave()
	}
}
