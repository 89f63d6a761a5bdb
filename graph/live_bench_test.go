package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/graph"
)

// wired is a WebSocket whose frames are read by hand, as thousands are.
type wired struct {
	net.Conn
	in *bufio.Reader
}

// connect opens a WebSocket and begins an operation.
func connect(t testing.TB, address, query string) wired {
	conn, err := net.Dial("tcp", address)
	must(err)
	w := wired{conn, bufio.NewReaderSize(conn, 512)}
	t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, "GET /graphql HTTP/1.1\r\nHost: pmo\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	must(err)
	for line := "x"; strings.TrimSpace(line) != ""; {
		line, err = w.in.ReadString('\n')
		must(err)
	}
	w.send(`{"type":"connection_init","payload":{"authToken":"x"}}`)
	w.send(`{"type":"subscribe","id":"1","payload":{"query":` + strconv.Quote(query) + `}}`)
	if text := w.next(); !bytes.Contains(text, []byte("connection_ack")) {
		t.Fatalf("%s", text)
	}
	return w
}

// send sends a text; a mask of zeros leaves it as it is.
func (w wired) send(text string) {
	head := []byte{0x81, 0x80 | byte(len(text))}
	if len(text) >= 126 {
		head = binary.BigEndian.AppendUint16([]byte{0x81, 0x80 | 126}, uint16(len(text)))
	}
	_, err := w.Write(append(append(head, 0, 0, 0, 0), text...))
	must(err)
}

// next gives the next message; nil at the end.
func (w wired) next() []byte {
	head := make([]byte, 2)
	if _, err := io.ReadFull(w.in, head); err != nil {
		return nil
	}
	n := int(head[1])
	if n == 126 {
		size := make([]byte, 2)
		_, err := io.ReadFull(w.in, size)
		must(err)
		n = int(binary.BigEndian.Uint16(size))
	}
	text := make([]byte, n)
	_, err := io.ReadFull(w.in, text)
	must(err)
	return text
}

// crowd is a server whose WebSockets are all of the same bearer.
func (h *house) crowd(o graph.Options) (*graph.Server, string) {
	o.Lines, o.Verify = 1_000_000, h.known(finance)
	s := h.serving(o)
	srv := httptest.NewServer(http.HandlerFunc(s.ServeHTTP))
	h.t.Cleanup(func() {
		s.Stop(h.t.Context())
		srv.CloseClientConnections()
		srv.Close()
	})
	return s, srv.Listener.Addr().String()
}

const followedName = `subscription { projectChanged(id: "project-1") { project { id name lifecycle } } }`

// What one change costs that a thousand subscribers of one project are told.
func BenchmarkFanOut(b *testing.B) {
	const n = 1000
	h := governmentHouse(b)
	s, address := h.crowd(graph.Options{})
	var got sync.WaitGroup
	for range n {
		w := connect(b, address, followedName)
		go func() {
			for w.next() != nil {
				got.Done()
			}
		}()
	}
	for s.Live().Open < n {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(time.Second) // the first state, which is not told, has been worked out
	runtime.GC()
	i := 0
	for b.Loop() {
		got.Add(n)
		i++
		h.rename(1, fmt.Sprint("Name ", i))
		got.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/n, "µs/event")
}

// A WebSocket that follows something takes less than 25 KiB, what its client takes here included.
func TestSubscribedSocketIsSmall(t *testing.T) {
	const n, most = 1000, 25 << 10
	h := governmentHouse(t)
	s, address := h.crowd(graph.Options{})
	taken := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // what pools held is free only now
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc + m.StackInuse)
	}
	connect(t, address, followedName)
	before, goroutines := taken(), runtime.NumGoroutine()
	for range n {
		connect(t, address, followedName)
	}
	for s.Live().Open <= n {
		time.Sleep(time.Millisecond)
	}
	settled(s)
	each, beside := (taken()-before)/n, float64(runtime.NumGoroutine()-goroutines)/n
	t.Logf("%d bytes and %.1f goroutines each", each, beside)
	if each > most || beside > 1.1 {
		t.Errorf("%d bytes and %.1f goroutines each, want at most %d and one", each, beside, most)
	}
	if name := os.Getenv("PMO_HEAP"); name != "" {
		f, err := os.Create(name)
		must(err)
		must(pprof.WriteHeapProfile(f))
	}
}

// known lets everybody in as one identity.
func (h *house) known(id auth.Identity) graph.Verify {
	return func(context.Context, string) (auth.Identity, error) { return id, nil }
}
