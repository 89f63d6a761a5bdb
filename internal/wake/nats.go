// Package wake carries word between the servers of one record that it moved, so that they look at once instead of at their next tick. A
// word holds a number and nothing else. It may come late, twice, forged or not at all: whoever gets it looks into the database.
package wake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
)

// Options say how to reach NATS.
type Options struct {
	URLs        []string // nats://, tls://, ws:// or wss://, of one cluster
	Credentials string   // a file: what nsc writes (.creds), or one line user:password; read anew at each connect; empty: none are given
	Log         *slog.Logger
	Metrics     prometheus.Registerer
}

// NATS is word by NATS. While its servers cannot be reached nothing is told and nothing heard; it tries again for ever.
type NATS struct {
	o       Options
	with    []nats.Option
	newest  atomic.Int64 // the number to tell
	news    chan struct{}
	up      atomic.Bool
	down    atomic.Bool // which was logged
	wrong   atomic.Bool // something else is, which was logged
	sent    prometheus.Counter
	heard   prometheus.Counter
	refused prometheus.Counter
}

const (
	subject = "pmo."          // and the name of the record
	patient = 2 * time.Second // with one server that does not answer
	again   = 100 * time.Millisecond
	longest = 5 * time.Second // between attempts to connect
)

// New checks the options; nothing is connected yet.
func New(o Options) (*NATS, error) {
	if len(o.URLs) == 0 {
		return nil, errors.New("no server of NATS is named")
	}
	for _, text := range o.URLs {
		u, err := url.Parse(text)
		switch {
		case err != nil: // its words would repeat a password
			return nil, errors.New("the address of a NATS server is not one")
		case u.User != nil: // a name alone is a token
			return nil, errors.New("the address of a NATS server must not hold a password or token: put it in a file and name that with --nats-credentials")
		case u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme):
			return nil, fmt.Errorf("%q is no address of a NATS server; write nats://HOST:PORT or tls://HOST:PORT", text)
		}
	}
	with, err := credentials(o.Credentials)
	if err != nil {
		return nil, err
	}
	n := &NATS{o: o, with: with, news: make(chan struct{}, 1)}
	n.figures()
	return n, nil
}

// credentials gives the options for a file. What it holds is looked at now, so that a wrong file is noticed at the start, and again at each connect.
func credentials(file string) ([]nats.Option, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(text), "BEGIN NATS USER JWT") {
		return []nats.Option{nats.UserCredentials(file)}, nil
	}
	if _, _, ok := pair(text); !ok {
		return nil, fmt.Errorf("%s is neither a .creds file nor one line user:password", file)
	}
	return []nats.Option{nats.UserInfoHandler(func() (user, password string) {
		text, _ := os.ReadFile(file) // without it NATS refuses, and that is told
		user, password, _ = pair(text)
		return user, password
	})}, nil
}

func pair(text []byte) (user, password string, ok bool) {
	line := strings.TrimSpace(string(text))
	user, password, ok = strings.Cut(line, ":")
	return user, password, ok && user != "" && !strings.Contains(line, "\n")
}

func (n *NATS) figures() {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "pmo_nats_" + name, Help: help})
	}
	n.sent = counter("sent_total", "Messages given to NATS, so that other servers look.")
	n.heard = counter("heard_total", "Messages of other servers that came by NATS.")
	n.refused = counter("unsent_total", "Messages that could not be given to NATS.")
	if n.o.Metrics == nil {
		return
	}
	n.o.Metrics.MustRegister(n.sent, n.heard, n.refused, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "pmo_nats_connected", Help: "Whether NATS is connected."}, func() float64 {
		if n.up.Load() {
			return 1
		}
		return 0
	}))
}

// Tell lets other servers know that the record came to a number. It waits for nothing; of many numbers the highest is told.
func (n *NATS) Tell(seq int64) {
	for was := n.newest.Load(); seq > was && !n.newest.CompareAndSwap(was, seq); was = n.newest.Load() {
	}
	select {
	case n.news <- struct{}{}:
	default:
	}
}

// Listen calls wake with the numbers that other servers told of a record, and tells them this one's, until ctx ends.
func (n *NATS) Listen(ctx context.Context, record string, wake func(seq int64)) {
	for wait := again; ctx.Err() == nil; wait = min(2*wait, longest) {
		c, err := nats.Connect(strings.Join(n.o.URLs, ","), append(n.options(ctx), n.with...)...)
		if err == nil {
			n.talk(ctx, c, subject+record, wake)
			return
		}
		n.lost(err) // of what cannot be tried again by the library: a file of credentials that is gone
		sleep(ctx, wait)
	}
}

// talk tells and hears over a connection that mends itself.
func (n *NATS) talk(ctx context.Context, c *nats.Conn, subject string, wake func(seq int64)) {
	defer n.up.Store(false)
	defer c.Close()
	if !c.IsConnected() {
		n.lost(c.LastError())
	}
	_, err := c.Subscribe(subject, func(m *nats.Msg) {
		n.heard.Inc()
		if seq, err := strconv.ParseInt(string(m.Data), 10, 64); err == nil {
			wake(seq)
		}
	})
	if err != nil {
		n.o.Log.Error("NATS is not used", "error", err)
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.news:
		}
		if !c.IsConnected() || c.Publish(subject, strconv.AppendInt(nil, n.newest.Load(), 10)) != nil {
			n.refused.Inc()
			continue
		}
		n.sent.Inc()
	}
}

// Reach tells whether NATS takes a connection with these options.
func (n *NATS) Reach(ctx context.Context) error {
	c, err := nats.Connect(strings.Join(n.o.URLs, ","), append([]nats.Option{nats.Name("pmo"), nats.Timeout(patient), nats.SetCustomDialer(dialer{ctx})}, n.with...)...)
	if err == nil {
		c.Close()
	}
	return err
}

func (n *NATS) options(ctx context.Context) []nats.Option {
	return []nats.Option{
		nats.Name("pmo"), nats.NoEcho(),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.CustomReconnectDelay(func(attempts int) time.Duration { return min(again<<min(attempts, 10), longest) }),
		nats.ReconnectBufSize(-1), // what cannot be told now is known by looking
		nats.Timeout(patient), nats.FlusherTimeout(patient), nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2),
		nats.SetCustomDialer(dialer{ctx}),
		nats.ConnectHandler(func(*nats.Conn) { n.connected() }),
		nats.ReconnectHandler(func(*nats.Conn) { n.connected() }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if ctx.Err() == nil {
				n.lost(err)
			}
		}),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { n.lost(err) }),
		nats.ErrorHandler(func(c *nats.Conn, _ *nats.Subscription, err error) {
			if !c.IsConnected() {
				n.lost(err)
			} else if !n.wrong.Swap(true) { // messages were dropped, or NATS does not permit them
				n.o.Log.Warn("NATS does not pass all messages; what other servers commit is noticed without them", "error", err)
			}
		}),
	}
}

// connected notes that messages pass.
func (n *NATS) connected() {
	n.up.Store(true)
	n.down.Store(false)
	n.wrong.Store(false)
	n.o.Log.Info("NATS is connected")
}

// lost notes that none pass, and says so once.
func (n *NATS) lost(err error) {
	n.up.Store(false)
	if !n.down.Swap(true) {
		n.o.Log.Warn("NATS cannot be reached; what other servers commit is noticed without it", "error", err)
	}
}

// dialer gives up with its context.
type dialer struct{ ctx context.Context }

// Dial connects.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return (&net.Dialer{Timeout: patient}).DialContext(d.ctx, network, address)
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
