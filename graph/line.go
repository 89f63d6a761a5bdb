package graph

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
)

const (
	maxOperations = 20 // of one WebSocket at a time
	initTime      = 5 * time.Second
	pingTime      = 15 * time.Second       // between signs of life; a WebSocket is cut when twice as long passes without an answer
	writeTime     = 5 * time.Second        // then who does not read is cut
	toldTime      = 500 * time.Millisecond // for streams to say that their bearer may not come in any more, before his WebSocket is cut
)

// The kinds of messages, as graphql-transport-ws names them.
const (
	kindInit      = "connection_init"
	kindAck       = "connection_ack"
	kindPing      = "ping"
	kindPong      = "pong"
	kindSubscribe = "subscribe"
	kindNext      = "next"
	kindError     = "error"
	kindComplete  = "complete"
	kindClose     = "" // the line ends
)

// message is what a line has to write.
type message struct {
	kind string
	op   *operation // whose it is; nil if it is the line's
	body []byte     // its payload, which may be shared; the reason of an end
	at   string     // position that an event is true at; else empty
	wait int        // seconds after which its client is to come back, if it is told so
	code int        // of an end
}

// wire writes the messages of a line by its protocol. Its methods but ping and cut are called one at a time.
type wire interface {
	write(m message) error
	// ping asks whether the client is there, where the protocol can, and waits for an answer.
	ping() error
	// end ends the line in order.
	end(code int, why string)
	// cut breaks it off: whoever writes or reads is let go.
	cut()
}

// line is a connection that stays open: a WebSocket with its operations, or the stream of one POST.
type line struct {
	s      *Server
	wire   wire
	socket bool
	id     auth.Identity // who opened it
	leave  context.CancelFunc

	mu         sync.Mutex
	out        []message
	writing    bool
	over       bool // nothing more is taken to be written
	broken     bool // nothing is written
	operations map[string]*operation
	running    int
	stopping   bool // it ends with its operations
	code       int  // with which it ends then
	why        string
	writer     sync.WaitGroup // of the goroutine that writes
	beat       *time.Timer
}

// newLine gives a line that ends with a context, which ends when it is closed.
func newLine(ctx context.Context, s *Server, w wire, socket bool) (*line, context.Context) {
	l := &line{s: s, wire: w, socket: socket, code: 1001, why: "going away", operations: map[string]*operation{}}
	ctx, l.leave = context.WithCancel(context.WithValue(ctx, lineKey, l))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.beat = time.AfterFunc(pingTime, l.ping)
	return l, ctx
}

// begin takes up an operation; nil if one of that name is running.
func (l *line) begin(ctx context.Context, id string) (*operation, context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.operations[id] != nil {
		return nil, nil
	}
	o := &operation{line: l, id: id}
	ctx, o.cancel = context.WithCancel(ctx)
	l.operations[id] = o
	l.running++
	return o, ctx
}

// full tells why a line carries no more operations than it does, the one that asks among them.
func (l *line) full() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running > maxOperations {
		return fault.New(fault.RateLimited, "a WebSocket carries at most %d operations at a time; end one, or open another", maxOperations)
	}
	return nil
}

// put has messages written.
func (l *line) put(all ...message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return
	}
	for _, m := range all {
		if m.op == nil || !m.op.gone {
			l.out = append(l.out, m)
		}
	}
	if !l.writing && len(l.out) > 0 {
		l.writing = true
		l.writer.Go(l.write)
	}
}

// next gives the next message to write; false, and the writer ends, if there is none.
func (l *line) next() (m message, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.out) == 0 || l.broken {
		l.out, l.writing = nil, false
		return m, false
	}
	m = l.out[0]
	l.out = l.out[1:]
	if m.ends() && l.operations[m.op.id] == m.op {
		delete(l.operations, m.op.id) // once the client has heard, the name may be used again
	}
	return m, true
}

// write writes as long as there is something to write.
func (l *line) write() {
	for m, ok := l.next(); ok; m, ok = l.next() {
		if m.kind == kindClose {
			l.wire.end(m.code, string(m.body))
			continue
		}
		late := time.AfterFunc(writeTime, l.late)
		err := l.wire.write(m)
		late.Stop()
		if err != nil {
			l.cut()
		}
		if m.op != nil {
			m.op.wrote(m)
		}
	}
}

// late cuts who takes nothing.
func (l *line) late() {
	l.s.cuts.Add(1)
	l.cut()
}

// cut breaks the line off.
func (l *line) cut() {
	l.mu.Lock()
	l.over, l.broken = true, true
	l.mu.Unlock()
	l.wire.cut()
}

// end ends the line in order, behind what is to be written.
func (l *line) end(code int, why string) {
	l.put(message{kind: kindClose, code: code, body: []byte(why)})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// ping asks whether the client is there, and cuts who is not.
func (l *line) ping() {
	if l.isOver() {
		return
	}
	if l.wire.ping() != nil {
		l.late()
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.beat.Reset(pingTime)
}

func (l *line) isOver() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over
}

// complete ends an operation whose client wants no more of it.
func (l *line) complete(id string) {
	l.mu.Lock()
	o := l.operations[id]
	l.mu.Unlock()
	if o != nil {
		o.left()
	}
}

// recall takes back the events of an operation that are not being written yet.
func (l *line) recall(o *operation) (n int) {
	all := len(l.out)
	l.out = slices.DeleteFunc(l.out, func(m message) bool { return m.op == o && m.kind == kindNext })
	return all - len(l.out)
}

// stop ends the line once its operations have ended.
func (l *line) stop() {
	l.mu.Lock()
	l.stopping = true
	l.mu.Unlock()
	l.endIdle()
}

// refuse ends the line since its bearer may not come in any more: once its operations have ended, and soon in any case.
func (l *line) refuse() {
	l.mu.Lock()
	l.code, l.why = refusedCode, auth.ErrUnauthenticated.Error()
	l.mu.Unlock()
	l.stop()
	time.AfterFunc(toldTime, func() { l.end(refusedCode, auth.ErrUnauthenticated.Error()) })
}

func (l *line) endIdle() {
	l.mu.Lock()
	idle, code, why := l.stopping && l.running == 0, l.code, l.why
	l.mu.Unlock()
	if idle {
		l.end(code, why)
	}
}

// close lets go of everything; its client has gone, or was told the end.
func (l *line) close() {
	l.mu.Lock()
	l.over = true
	all := slices.Collect(maps.Values(l.operations))
	l.mu.Unlock()
	l.beat.Stop()
	for _, o := range all {
		o.left()
	}
	l.cut()
	l.writer.Wait()
	l.leave()
}
