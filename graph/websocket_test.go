package graph_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pmograph/graph"
)

// framed is a WebSocket by which a test says what it likes, frame by frame.
type framed struct {
	t *testing.T
	wired
}

// open opens a WebSocket and says nothing.
func open(t *testing.T, address string) framed {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	must(err)
	t.Cleanup(func() { conn.Close() })
	must(conn.SetDeadline(time.Now().Add(30 * time.Second)))
	w := framed{t, wired{conn, bufio.NewReader(conn)}}
	_, err = io.WriteString(conn, "GET /graphql HTTP/1.1\r\nHost: pmo\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	must(err)
	head := ""
	for line := "x"; strings.TrimSpace(line) != ""; head += line {
		line, err = w.in.ReadString('\n')
		must(err)
	}
	if !strings.Contains(head, " 101 ") || !strings.Contains(head, "Sec-Websocket-Protocol: graphql-transport-ws\r\n") || strings.Contains(head, "Extensions") {
		t.Fatalf("the handshake: %s", head)
	}
	return w
}

const (
	text   = 0x81
	blob   = 0x82
	closes = 0x88
	pings  = 0x89
)

// frame sends a frame, masked.
func (w framed) frame(first byte, payload []byte) {
	mask := []byte{1, 2, 3, 4}
	head := []byte{first, 0x80 | byte(len(payload))}
	switch {
	case len(payload) > 0xffff:
		head = binary.BigEndian.AppendUint64([]byte{first, 0x80 | 127}, uint64(len(payload)))
	case len(payload) >= 126:
		head = binary.BigEndian.AppendUint16([]byte{first, 0x80 | 126}, uint16(len(payload)))
	}
	body := make([]byte, len(payload))
	for i := range payload {
		body[i] = payload[i] ^ mask[i%4]
	}
	_, _ = w.Write(append(append(head, mask...), body...)) // the server may have closed by now
}

// hears gives what the server says next: a message, "closed" with its code and reason, pong, or "cut".
func (w framed) hears() string {
	head := make([]byte, 2)
	if _, err := io.ReadFull(w.in, head); err != nil {
		return "cut"
	}
	n := int(head[1])
	if n == 126 {
		size := make([]byte, 2)
		_, err := io.ReadFull(w.in, size)
		must(err)
		n = int(binary.BigEndian.Uint16(size))
	}
	body := make([]byte, n)
	_, err := io.ReadFull(w.in, body)
	must(err)
	switch head[0] {
	case closes:
		return fmt.Sprintf("closed %d %s", binary.BigEndian.Uint16(body), body[2:])
	case 0x8a:
		return "pong " + string(body)
	}
	return string(body)
}

const hello = `{"type":"connection_init","payload":{"authToken":"x"}}`

// subscribes is a subscribe message.
func subscribes(id, query string) string {
	m, err := json.Marshal(map[string]any{"type": "subscribe", "id": id, "payload": map[string]any{"query": query}})
	must(err)
	return string(m)
}

// Every rule of graphql-transport-ws, by what a client says and what it then hears, in order.
func TestWebSocketRules(t *testing.T) {
	h := governmentHouse(t)
	s, address := h.crowd(graph.Options{})
	ack := `{"type":"connection_ack"}`
	dayOf := func(id string) string { return `{"type":"next","id":` + id + `,"payload":{"data":{"viewer":{"day":` }
	end := func(id string) string { return `{"type":"complete","id":` + id + `}` }
	follow, day := "subscription { journalAppended { number } }", "{ viewer { day } }"
	for about, x := range map[string]struct{ says, hears []string }{
		"a question":                         {[]string{hello, subscribes("1", day)}, []string{ack, dayOf(`"1"`), end(`"1"`)}},
		"a question that is none":            {[]string{hello, subscribes("1", "{ nothing }"), "…", subscribes("2", day)}, []string{ack, `{"type":"error","id":"1","payload":[{"message":"Cannot query field`, dayOf(`"2"`), end(`"2"`)}},
		"a stream of nothing":                {[]string{hello, subscribes("1", `subscription { projectChanged(id: "project-999") { number } }`)}, []string{ack, `{"type":"error","id":"1","payload":[{"message":"there is no project`}},
		"ids are any text":                   {[]string{hello, subscribes("ä \"\\\n", day)}, []string{ack, dayOf(`"ä \"\\\n"`), end(`"ä \"\\\n"`)}},
		"an id again after its end":          {[]string{hello, subscribes("1", day), "…", "…", subscribes("1", day)}, []string{ack, dayOf(`"1"`), end(`"1"`), dayOf(`"1"`), end(`"1"`)}},
		"an id again after the client's end": {[]string{hello, subscribes("1", follow), `{"type":"complete","id":"1"}`, subscribes("1", day)}, []string{ack, dayOf(`"1"`), end(`"1"`)}},
		"the end of nothing":                 {[]string{hello, `{"type":"complete","id":"7"}`, subscribes("1", day)}, []string{ack, dayOf(`"1"`), end(`"1"`)}},
		"pings at any time":                  {[]string{`{"type":"ping"}`, hello, `{"type":"ping","payload":{"a":[1]}}`}, []string{`{"type":"pong"}`, ack, `{"type":"pong","payload":{"a":[1]}}`}},
		"a pong that nobody asked for":       {[]string{`{"type":"pong"}`, hello, `{"type":"pong","payload":{}}`, subscribes("1", day)}, []string{ack, dayOf(`"1"`), end(`"1"`)}},
		"a header in place of authToken":     {[]string{`{"type":"connection_init","payload":{"Authorization":"Bearer x"}}`}, []string{ack}},

		"before it is known who asks":  {[]string{subscribes("1", day), hello}, []string{"closed 4401 Unauthorized"}},
		"two beginnings":               {[]string{hello, hello}, []string{ack, "closed 4429 Too many initialisation requests"}},
		"an id that is running":        {[]string{hello, subscribes("a", follow), subscribes("a", day)}, []string{ack, "closed 4409 Subscriber for a already exists"}},
		"a long id that is running":    {[]string{hello, subscribes(strings.Repeat("ä", 200), follow), subscribes(strings.Repeat("ä", 200), day)}, []string{ack, "closed 4409 Subscriber for ä"}},
		"no id":                        {[]string{hello, `{"type":"subscribe","payload":{"query":"{ viewer { day } }"}}`}, []string{ack, "closed 4400 subscribe needs an id"}},
		"no payload":                   {[]string{hello, `{"type":"subscribe","id":"1"}`}, []string{ack, "closed 4400 the payload"}},
		"a payload that is none":       {[]string{hello, `{"type":"subscribe","id":"1","payload":[]}`}, []string{ack, "closed 4400 the payload"}},
		"a payload without a question": {[]string{hello, `{"type":"subscribe","id":"1","payload":{}}`}, []string{ack, `{"type":"error","id":"1","payload":[{"message":"query is missing`}},
		"a beginning with a list":      {[]string{`{"type":"connection_init","payload":[]}`}, []string{"closed 4400 the payload of connection_init"}},
		"a beginning without a token":  {[]string{`{"type":"connection_init","payload":{"Authorization":"Basic eDp5"}}`}, []string{"closed 4403 a feed key"}},
		"a message of another kind":    {[]string{hello, `{"type":"start","id":"1"}`}, []string{ack, "closed 4400 there is no such type"}},
		"what only a server says":      {[]string{hello, `{"type":"next","id":"1"}`}, []string{ack, "closed 4400 there is no such type"}},
		"no type":                      {[]string{`{}`}, []string{"closed 4400"}},
		"a list":                       {[]string{`[{"type":"ping"}]`}, []string{"closed 4400"}},
		"not even JSON":                {[]string{`connection_init`}, []string{"closed 4400"}},
		"nothing":                      {[]string{``}, []string{"closed 4400"}},
		"an id that is a number":       {[]string{hello, `{"type":"subscribe","id":1,"payload":{"query":"{ viewer { day } }"}}`}, []string{ack, "closed 4400"}},
		"too large":                    {[]string{hello, subscribes("1", day+" #"+strings.Repeat("x", 64<<10))}, []string{ack, "closed 1009"}},
		"after the end nothing counts": {[]string{`{}`, hello, subscribes("1", day)}, []string{"closed 4400", "cut"}},
	} {
		t.Run(about, func(t *testing.T) {
			w := open(t, address)
			heard := 0
			hear := func() {
				t.Helper()
				if got := w.hears(); !strings.HasPrefix(got, x.hears[heard]) {
					t.Fatalf("heard %s, want %s", got, x.hears[heard])
				}
				heard++
			}
			for _, m := range x.says {
				if m == "…" { // wait for an answer
					hear()
					continue
				}
				w.frame(text, []byte(m))
				if m == hello && heard < len(x.hears) && x.hears[heard] == ack {
					hear()
				}
			}
			for heard < len(x.hears) {
				hear()
			}
			w.frame(closes, []byte{0x03, 0xe8})
		})
	}
	none(t, s)
}

// none waits until a server has neither lines nor streams.
func none(t *testing.T, s *graph.Server) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		l := s.Live()
		if l.Open == 0 && l.Lines == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%+v", l)
		}
	}
}

// Frames that are split, pinged in between, binary, not masked or broken off are answered as RFC 6455 says, and leave nothing behind.
func TestWebSocketFrames(t *testing.T) {
	h := governmentHouse(t)
	s, address := h.crowd(graph.Options{})
	begin := func() framed {
		w := open(t, address)
		w.frame(text, []byte(hello))
		if got := w.hears(); got != `{"type":"connection_ack"}` {
			t.Fatal(got)
		}
		return w
	}
	want := func(w framed, what string) {
		t.Helper()
		if got := w.hears(); !strings.HasPrefix(got, what) {
			t.Errorf("heard %s, want %s", got, what)
		}
	}

	w, m := begin(), []byte(subscribes("1", "{ viewer { day } }"))
	w.frame(text&^0x80, m[:10])
	w.frame(pings, []byte("hi"))
	want(w, "pong hi")
	w.frame(0x00, m[10:20])
	w.frame(0x80, m[20:])
	want(w, `{"type":"next","id":"1"`)
	want(w, `{"type":"complete","id":"1"`)

	w.frame(blob, m)
	want(w, "closed 4400 messages are text")

	w = begin()
	_, err := w.Write([]byte{text, 2, '{', '}'}) // not masked
	must(err)
	want(w, "cut")

	w = begin()
	w.frame(0x85, m) // of no known kind
	want(w, "closed 1002")

	w = begin()
	w.frame(text, []byte(subscribes("s", "subscription { journalAppended { number } }")))
	w.frame(closes, append([]byte{0x03, 0xe8}, "done"...))
	want(w, "closed 1000")

	w = begin()
	w.frame(text, []byte(subscribes("s", "subscription { journalAppended { number } }")))
	must(w.Conn.(*net.TCPConn).CloseWrite()) // half of it
	for got := w.hears(); got != "cut"; got = w.hears() {
		if !strings.HasPrefix(got, "closed") {
			t.Errorf("heard %s", got)
		}
	}

	w = begin()
	_, err = w.Write([]byte{text, 0x80 | 126, 0xff}) // broken off in the middle of a head
	must(err)
	must(w.Close())
	none(t, s)
}

// A WebSocket that does not begin, and one that carries too much, are told.
func TestWebSocketBounds(t *testing.T) {
	h := governmentHouse(t)
	s, address := h.crowd(graph.Options{})
	silent := open(t, address)
	w := open(t, address)
	w.frame(text, []byte(hello))
	for i := range 21 {
		w.frame(text, []byte(subscribes(fmt.Sprint(i), "subscription { journalAppended { number } }")))
	}
	if got := w.hears(); got != `{"type":"connection_ack"}` {
		t.Fatal(got)
	}
	if got := w.hears(); !strings.Contains(got, `"RATE_LIMITED"`) {
		t.Error(got)
	}
	if !testing.Short() {
		if got := silent.hears(); got != "closed 4408 Connection initialisation timeout" {
			t.Error(got)
		}
	}
	silent.Close()
	w.Close()
	none(t, s)
}

// Streams of equal rights that ask the same in whatever words are told by one evaluation, whoever they are and wherever they began; others by
// their own.
func TestStreamsShareEvaluations(t *testing.T) {
	h := governmentHouse(t)
	for _, x := range []struct {
		about string
		query func(i int) string
		evals int64
	}{
		{"the same", func(int) string { return followedName }, 1},
		{"in other words", func(i int) string {
			return fmt.Sprintf(`subscription X%d { projectChanged(id: "project-1", initial: %v) { ...F } } fragment F on ProjectEvent { project { id name lifecycle } }`, i, i%2 == 0)
		}, 1},
		{"with what changed", func(int) string {
			return `subscription { projectChanged(id: "project-1") { project { name } changes { id } } }`
		}, 1},
		{"another selection each", func(i int) string {
			return fmt.Sprintf(`subscription { projectChanged(id: "project-1") { project { a%d: name } } }`, i%5)
		}, 5},
		{"entries", func(int) string { return `subscription { journalAppended { number } }` }, 1},
	} {
		t.Run(x.about, func(t *testing.T) {
			s, address := h.crowd(graph.Options{})
			const n = 50
			all := make([]wired, n)
			for i := range all {
				all[i] = connect(t, address, x.query(i))
			}
			for s.Live().Open < n {
				time.Sleep(time.Millisecond)
			}
			settled(s)
			change := func(name string) {
				h.rename(1, name)
				for i, w := range all {
					for text := ""; !strings.Contains(text, name) && !strings.Contains(text, `"number"`); {
						if text = string(w.next()); text == "" {
							t.Fatalf("stream %d has ended", i)
						}
					}
				}
			}
			change("First")
			settled(s)
			before := s.Live()
			change("Second")
			after := s.Live()
			if got := after.Evaluated - before.Evaluated; got != x.evals {
				t.Errorf("%d evaluations for %d streams, want %d", got, n, x.evals)
			}
			for _, w := range all {
				w.Close()
			}
			none(t, s)
		})
	}
}

// settled waits until a server works out nothing for a while.
func settled(s *graph.Server) {
	for last := int64(-1); last != s.Live().Evaluated; time.Sleep(100 * time.Millisecond) {
		last = s.Live().Evaluated
	}
}
