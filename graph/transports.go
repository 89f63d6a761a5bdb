package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
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

// webSocket is the transport for graphql-transport-ws. The token comes in the first message, never in an address.
func (s *Server) webSocket(door Door, verify Verify) graphql.Transport {
	limit := int64(maxMessage)
	return sockets{s, transport.Websocket{
		Implementation: upgrade{}, InitTimeout: initTime, PingPongInterval: pingTime, PayloadReadLimit: &limit,
		InitFunc: func(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
			if scheme, _, _ := strings.Cut(payload.Authorization(), " "); strings.EqualFold(scheme, "basic") {
				return closing(ctx, 4403, keysOnly), nil, fault.New(fault.Forbidden, keysOnly)
			}
			id, err := s.admit(ctx, door, verify, bearer(payload))
			switch {
			case errors.Is(err, auth.ErrUnauthenticated):
				return closing(ctx, 4403, err.Error()), nil, err
			case err != nil:
				return closing(ctx, int(websocket.StatusTryAgainLater), "try again later"), nil, err
			}
			return s.open(WithIdentity(ctx, id), id, door), nil, nil
		},
	}}
}

// sockets bounds what comes over WebSockets as everything else.
type sockets struct {
	s *Server
	transport.Websocket
}

// Do serves a WebSocket.
func (t sockets) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	t.Websocket.Do(w, r.WithContext(context.WithValue(r.Context(), lineKey, &line{socket: true})), bounding{exec, t.s})
}

func closing(ctx context.Context, code int, why string) context.Context {
	return transport.AppendCloseReason(transport.WithWebsocketCloseCode(ctx, code), why)
}

// bearer gives the token of a first message: {"Authorization": "Bearer …"} or {"authToken": "…"}.
func bearer(p transport.InitPayload) string {
	if scheme, token, ok := strings.Cut(p.Authorization(), " "); ok && strings.EqualFold(scheme, "bearer") {
		return token
	}
	return p.GetString("authToken")
}

// admit finds out who opened a WebSocket, and counts it.
func (s *Server) admit(ctx context.Context, door Door, verify Verify, token string) (auth.Identity, error) {
	asking, cancel := context.WithTimeout(ctx, initTime)
	defer cancel()
	id, err := auth.Identity{}, auth.ErrUnauthenticated
	if verify != nil {
		id, err = verify(asking, token)
	}
	if err == nil {
		_, err = door.View(asking, id, journal.Query{})
	}
	if err == nil {
		err = s.lines.take(ctx, id)
	}
	return id, err
}

// open gives the context of a WebSocket. It ends when the server has told all streams to go on elsewhere, and soon after its token ends or its
// bearer is shut out: by then they have been told, too.
func (s *Server) open(ctx context.Context, id auth.Identity, door Door) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	l := ctx.Value(lineKey).(*line)
	l.id, l.cancel = id, cancel
	unhook := context.AfterFunc(s.hub.Context(), l.stop)
	context.AfterFunc(ctx, func() { unhook(); cancel() })
	if !id.ValidUntil.IsZero() {
		life, end := context.WithDeadline(ctx, id.ValidUntil)
		context.AfterFunc(life, func() {
			if end(); errors.Is(life.Err(), context.DeadlineExceeded) { // and not the WebSocket's own end
				l.refuse()
			}
		})
	}
	s.lines.add(ctx, l)
	s.lines.watched.Do(func() { go s.lines.watch(s.hub, door) })
	if now, _ := door.Moved(); now.Admits(id) != nil { // since he was admitted, and before he was watched
		l.refuse()
	}
	return ctx
}

// upgrade makes an HTTP request a WebSocket.
type upgrade struct{}

// Accept answers the handshake. Whoever serves the request has looked at its origin.
func (upgrade) Accept(w http.ResponseWriter, r *http.Request, _ transport.WebsocketAcceptOptions) (transport.WebsocketConn, error) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}, InsecureSkipVerify: true})
	if err != nil {
		return nil, err
	}
	l, _ := r.Context().Value(lineKey).(*line)
	return &socket{Conn: c, line: l}, nil
}

// socket is a WebSocket that is cut when its peer takes nothing or says nothing.
type socket struct {
	*websocket.Conn
	line    *line
	mu      sync.Mutex
	silence *time.Timer
	closed  bool
}

// NextReader gives the next message.
func (s *socket) NextReader() (int, io.Reader, error) {
	kind, text, err := s.Read(context.Background()) // silence ends it
	if websocket.CloseStatus(err) != -1 {
		err = transport.ErrWebsocketClosed
	}
	return int(kind), bytes.NewReader(text), err
}

// WriteJSON sends a message, or cuts who does not take it.
func (s *socket) WriteJSON(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	return s.Write(ctx, websocket.MessageText, text)
}

// SetReadDeadline is given the instant two pings away, or none.
func (s *socket) SetReadDeadline(at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hush()
	if !at.IsZero() && !s.closed {
		s.silence = time.AfterFunc(2*pingTime, func() { _ = s.CloseNow() })
	}
	return nil
}

func (s *socket) hush() {
	if s.silence != nil {
		s.silence.Stop()
	}
}

// closeCodes are the codes of the protocol for what the transport closes with.
var closeCodes = map[string]websocket.StatusCode{
	"terminated": websocket.StatusGoingAway, "connection initialisation timeout": 4408, "decoding error": 4400, "unexpected message": 4400,
}

// WriteClose begins to close; the peer has five seconds to answer.
func (s *socket) WriteClose(code int, why string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hush(); s.closed {
		return nil
	}
	s.closed = true
	status, ok := closeCodes[why]
	switch {
	case s.line.isRefused():
		status, why = 4403, auth.ErrUnauthenticated.Error()
	case !ok:
		status = websocket.StatusCode(code)
	}
	go func() { _ = s.Conn.Close(status, why) }()
	return nil
}

// Close cuts the connection unless WriteClose is closing it.
func (s *socket) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hush(); s.closed {
		return nil
	}
	return s.CloseNow()
}
