package edge

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Connections bounds how many connections there are at once. One beyond a bound is closed before anything is read from it.
type Connections struct {
	All        int     // in all; 0 sets no bound
	PerAddress int     // from one address; 0 sets no bound
	Exempt     Proxies // addresses from which there may be as many as in all: many senders stand behind each

	mu      sync.Mutex
	open    int
	from    map[netip.Addr]int
	refused atomic.Int64
}

// Open counts the connections there are.
func (c *Connections) Open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}

// Refused counts the connections that were closed since they were too many.
func (c *Connections) Refused() int64 { return c.refused.Load() }

// alive finds out about connections whose other end is gone without a word: after two minutes at most.
var alive = net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4}

// Listen listens on a TCP address.
func (c *Connections) Listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{KeepAliveConfig: alive}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &listener{l, c}, nil
}

type listener struct {
	net.Listener
	c *Connections
}

// Accept gives the next connection that may be.
func (l *listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		a := peer(conn.RemoteAddr().String())
		if l.c.enter(a) {
			return &connection{Conn: conn, left: sync.OnceFunc(func() { l.c.leave(a) })}, nil
		}
		l.c.refused.Add(1)
		_ = conn.Close()
	}
}

func (c *Connections) enter(a netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.All > 0 && c.open >= c.All || c.PerAddress > 0 && c.from[a] >= c.PerAddress && !c.Exempt.Has(a) {
		return false
	}
	if c.from == nil {
		c.from = map[netip.Addr]int{}
	}
	c.open++
	c.from[a]++
	return true
}

func (c *Connections) leave(a netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	if c.from[a]--; c.from[a] == 0 {
		delete(c.from, a)
	}
}

type connection struct {
	net.Conn
	left func()
}

// Close ends the connection.
func (c *connection) Close() error {
	defer c.left()
	return c.Conn.Close()
}
