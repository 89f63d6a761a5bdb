package graph

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"pmograph/auth"
	"pmograph/graph/plan"
	"pmograph/internal/journal"
)

const (
	subprotocol = "graphql-transport-ws"
	maxMessage  = 64 << 10 // bytes of a message from a client
)

// The codes with which graphql-transport-ws closes.
const (
	malformedCode  = 4400
	unknownCode    = 4401
	refusedCode    = 4403
	initCode       = 4408
	duplicateCode  = 4409
	initAgainCode  = 4429
	initAgainWords = "Too many initialisation requests"
)

// SpeaksProtocol tells whether a request opens a WebSocket and offers the one protocol there is.
func SpeaksProtocol(r *http.Request) bool {
	if r.Method != http.MethodGet || !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return false
	}
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for offered := range strings.SplitSeq(line, ",") {
			if strings.TrimSpace(offered) == subprotocol {
				return true
			}
		}
	}
	return false
}

// sockets is the transport for graphql-transport-ws. The token comes in the first message, never in an address.
type sockets struct {
	s      *Server
	door   Door
	verify Verify
}

// Supports tells whether a request opens a WebSocket.
func (sockets) Supports(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

// Do opens a WebSocket and leaves it to a goroutine of its own, whose stack is small. Whoever serves the request has looked at its origin.
func (t sockets) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	wire := &wsWire{pongs: make(chan struct{}, 1)}
	c, err := websocket.Accept(small{w}, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true, OnPongReceived: wire.pong})
	if err != nil {
		return // it was told
	}
	c.SetReadLimit(maxMessage)
	wire.Conn = c
	s := &socket{sockets: t, conn: c, exec: bounding{exec, t.s}, token: bearer(r.Header.Get("Authorization"))}
	s.line, s.ctx = newLine(context.WithoutCancel(r.Context()), t.s, wire, true)
	go s.serve()
}

// small hands over a connection with small buffers: most messages are, and connections are many.
type small struct{ http.ResponseWriter }

const bufferSize = 1 << 10

// Hijack hands it over.
func (w small) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, had, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, _ := had.Peek(had.Reader.Buffered())
	in := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(early)), conn), max(bufferSize, len(early)))
	_, err = in.Peek(len(early)) // whoever takes it over looks at what is buffered
	return conn, bufio.NewReadWriter(in, bufio.NewWriterSize(conn, bufferSize)), err
}

// wsWire writes the messages of graphql-transport-ws.
type wsWire struct {
	*websocket.Conn
	pongs chan struct{}
}

func (w *wsWire) write(m message) error {
	room := buffers.Get().(*[]byte)
	defer buffers.Put(room)
	b := append((*room)[:0], `{"type":"`...)
	b = append(append(b, m.kind...), '"')
	if m.op != nil {
		b = plan.AppendString(append(b, `,"id":`...), m.op.id)
	}
	if m.body != nil {
		b = append(append(b, `,"payload":`...), m.body...)
	}
	if b = append(b, '}'); cap(b) <= maxPooled {
		*room = b
	}
	return w.Write(context.Background(), websocket.MessageText, b) // whoever writes cuts it if it takes too long
}

var buffers = sync.Pool{New: func() any { return new([]byte) }}

// pong notes that the client is there, whatever it repeats of the ping.
func (w *wsWire) pong(context.Context, []byte) {
	select {
	case w.pongs <- struct{}{}:
	default:
	}
}

func (w *wsWire) ping() error {
	select {
	case <-w.pongs: // of an earlier one
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*pingTime)
	answered := make(chan error, 1)
	go func() {
		defer cancel() // and not before: what ends a write ends the connection
		answered <- w.Ping(ctx)
	}()
	select {
	case err := <-answered:
		return err
	case <-w.pongs:
		return nil
	}
}

func (w *wsWire) end(code int, why string) { _ = w.Close(websocket.StatusCode(code), why) }

func (w *wsWire) cut() { _ = w.CloseNow() }

// socket is what a client says over a WebSocket.
type socket struct {
	sockets
	conn *websocket.Conn
	line *line
	exec graphql.GraphExecutor
	ctx  context.Context // with who it is, once that is known

	token string // of the handshake, where there is one; browsers cannot send it
	known bool
}

// said is a message from a client.
type said struct {
	Type    string          `json:"type"`
	ID      string          `json:"id"`
	Payload json.RawMessage `json:"payload"`
}

// serve serves a WebSocket to its end.
func (s *socket) serve() {
	defer s.line.close()
	defer func() {
		if p := recover(); p != nil {
			_ = s.s.present(s.ctx, recovered(s.ctx, p)) // it is logged
		}
	}()
	s.listen()
}

// listen takes messages until the client has gone or the line has ended.
func (s *socket) listen() {
	late := time.AfterFunc(initTime, func() { s.line.end(initCode, "Connection initialisation timeout") })
	defer late.Stop()
	begun := false
	for {
		kind, text, err := s.conn.Read(context.Background()) // silence ends it
		if err != nil {
			return
		}
		if s.line.isOver() {
			continue // until the end has arrived
		}
		var m said
		switch err := json.Unmarshal(text, &m); {
		case kind != websocket.MessageText:
			s.line.end(malformedCode, "messages are text")
		case err != nil:
			s.line.end(malformedCode, "a message is a JSON object with type, id and payload")
		case m.Type == kindInit && begun:
			s.line.end(initAgainCode, initAgainWords)
		case m.Type == kindInit:
			late.Stop()
			begun = true
			s.open(m.Payload)
		case m.Type == kindPing:
			s.line.put(message{kind: kindPong, body: m.Payload})
		case m.Type == kindPong:
		case m.Type == kindSubscribe && !s.known:
			s.line.end(unknownCode, "Unauthorized")
		case m.Type == kindSubscribe && m.ID == "":
			s.line.end(malformedCode, "subscribe needs an id")
		case m.Type == kindSubscribe:
			s.subscribe(m)
		case m.Type == kindComplete:
			s.line.complete(m.ID)
		default:
			s.line.end(malformedCode, "there is no such type of message")
		}
	}
}

// open takes up the client who names himself: {"Authorization": "Bearer …"} or {"authToken": "…"}, or by the handshake's header.
func (s *socket) open(payload json.RawMessage) {
	var named map[string]any
	if len(payload) > 0 && json.Unmarshal(payload, &named) != nil {
		s.line.end(malformedCode, "the payload of connection_init is an object")
		return
	}
	text := func(name string) string { x, _ := named[name].(string); return x }
	header := cmp.Or(text("Authorization"), text("authorization"))
	if scheme, _, _ := strings.Cut(header, " "); strings.EqualFold(scheme, "basic") {
		s.line.end(refusedCode, keysOnly)
		return
	}
	id, err := s.admit(cmp.Or(bearer(header), text("authToken"), s.token))
	switch {
	case errors.Is(err, auth.ErrUnauthenticated):
		s.line.end(refusedCode, err.Error())
	case err != nil:
		s.line.end(int(websocket.StatusTryAgainLater), "try again later")
	default:
		s.line.id, s.known = id, true
		s.ctx = WithIdentity(s.ctx, id)
		s.watch()
		s.line.put(message{kind: kindAck})
	}
}

// bearer gives the token of a header; "" if it holds none.
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return token
}

// admit finds out who opened a WebSocket, and counts it.
func (s *socket) admit(token string) (auth.Identity, error) {
	asking, cancel := context.WithTimeout(s.ctx, initTime)
	defer cancel()
	id, err := auth.Identity{}, auth.ErrUnauthenticated
	if s.verify != nil {
		id, err = s.verify(asking, token)
	}
	if err == nil {
		_, err = s.door.View(asking, id, journal.Query{})
	}
	if err == nil {
		err = s.s.lines.take(s.ctx, id)
	}
	return id, err
}

// watch ends a WebSocket when the server has told all streams to go on elsewhere, and soon after its token ends or its bearer is shut out: by
// then they have been told, too.
func (s *socket) watch() {
	l, lines := s.line, &s.s.lines
	unhook := context.AfterFunc(s.s.hub.Context(), l.stop)
	context.AfterFunc(s.ctx, func() { unhook() })
	if !l.id.ValidUntil.IsZero() {
		life, end := context.WithDeadline(s.ctx, l.id.ValidUntil)
		context.AfterFunc(life, func() {
			if end(); errors.Is(life.Err(), context.DeadlineExceeded) { // and not the WebSocket's own end
				l.refuse()
			}
		})
	}
	lines.add(s.ctx, l)
	lines.watched.Do(func() { go lines.watch(s.s.hub, s.door) })
	if now, _ := s.door.Moved(); now.Admits(l.id) != nil { // since he was admitted, and before he was watched
		l.refuse()
	}
}

// subscribe begins an operation.
func (s *socket) subscribe(m said) {
	o, ctx := s.line.begin(graphql.StartOperationTrace(s.ctx), m.ID)
	if o == nil {
		s.line.end(duplicateCode, shorten("Subscriber for "+m.ID+" already exists"))
		return
	}
	began, p := graphql.Now(), new(parameters)
	if decode("the payload", m.Payload, p) != nil {
		s.line.end(malformedCode, "the payload of subscribe is an object with query, operationName, variables and extensions")
		return
	}
	params, err := s.s.params(p)
	if err == nil {
		err = s.line.full()
	}
	if err != nil {
		o.fail(s.exec.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(err)}).Errors)
		return
	}
	params.ReadTime = graphql.TraceTiming{Start: began, End: graphql.Now()}
	go o.perform(ctx, s.exec, params)
}

// shorten cuts the reason of an end to what a WebSocket carries.
func shorten(why string) string { return strings.ToValidUTF8(why[:min(len(why), 120)], "") }
