package faulttest

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Proxy stands between processes and PostgreSQL. Unlike a network it fails when it is told to.
type Proxy struct {
	listener net.Listener
	upstream string
	cuts     atomic.Int64 // COMMITs still to be cut
	Cuts     atomic.Int64 // COMMITs that were cut
	delay    atomic.Int64 // nanoseconds each message takes, in each direction

	mu    sync.Mutex
	open  map[net.Conn]bool
	gate  chan struct{} // closed while packets pass
	ended bool
	wg    sync.WaitGroup
}

// NewProxy listens on a port of its own and passes everything to upstream, until the test ends.
func NewProxy(t testing.TB, upstream string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, upstream: upstream, open: map[net.Conn]bool{}, gate: make(chan struct{})}
	close(p.gate)
	p.wg.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Through is a URL that leads through the proxy.
func (p *Proxy) Through(to string) string {
	u, err := url.Parse(to)
	if err != nil {
		panic(err)
	}
	u.Host = p.listener.Addr().String()
	return u.String()
}

// Delay slows every packet down.
func (p *Proxy) Delay(d time.Duration) { p.delay.Store(int64(d)) }

// CutCommits cuts the connections over which the next n COMMITs are sent: by turns before the server has seen it, and just after.
func (p *Proxy) CutCommits(n int) { p.cuts.Add(int64(n)) }

// Hold stops every packet, as a network does that drops them: what was sent arrives when the network is back, if somebody still listens.
func (p *Proxy) Hold() (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gate := make(chan struct{})
	p.gate = gate
	return sync.OnceFunc(func() { close(gate) })
}

// Cut ends every connection.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		c.Close()
	}
}

func (p *Proxy) close() {
	p.mu.Lock()
	p.ended = true
	for c := range p.open {
		c.Close()
	}
	select {
	case <-p.gate:
	default:
		close(p.gate)
	}
	p.mu.Unlock()
	p.listener.Close()
	p.wg.Wait()
}

// track remembers a connection, or refuses it if the proxy has ended.
func (p *Proxy) track(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		c.Close()
		return false
	}
	p.open[c] = true
	return true
}

func (p *Proxy) drop(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, c)
}

func (p *Proxy) pass() {
	p.mu.Lock()
	gate := p.gate
	p.mu.Unlock()
	<-gate
	time.Sleep(time.Duration(p.delay.Load()))
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.serve(client) })
	}
}

func (p *Proxy) serve(client net.Conn) {
	if !p.track(client) {
		return
	}
	defer p.drop(client)
	p.pass()
	server, err := net.Dial("tcp", p.upstream)
	if err != nil || !p.track(server) {
		return
	}
	defer p.drop(server)
	back := make(chan struct{})
	go func() {
		defer close(back)
		p.pump(server, client, nil)
	}()
	p.pump(client, server, p.commits)
	server.Close()
	<-back
}

// pump passes packets on in one direction until either side ends. see may ask for the connection to be cut, before the packet is passed
// on or after.
func (p *Proxy) pump(from, to net.Conn, see func([]byte) cut) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		p.pass()
		how := passOn
		if see != nil {
			how = see(buffer[:n])
		}
		if how == cutBefore {
			return
		}
		if how == cutAfter {
			from.Close() // the answer finds nobody
		}
		if _, err := to.Write(buffer[:n]); err != nil || how == cutAfter {
			return
		}
	}
}

type cut int

const (
	passOn cut = iota
	cutBefore
	cutAfter
)

var commitMessage = []byte("COMMIT\x00")

// commits decides about a packet from a client.
func (p *Proxy) commits(packet []byte) cut {
	if !bytes.Contains(packet, commitMessage) || p.cuts.Load() <= 0 || p.cuts.Add(-1) < 0 {
		return passOn
	}
	if p.Cuts.Add(1)%2 == 0 {
		return cutBefore
	}
	return cutAfter
}
