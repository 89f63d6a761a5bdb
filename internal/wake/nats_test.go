package wake_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"pmograph/internal/journal/faulttest"
	"pmograph/internal/wake"
	"pmograph/internal/wake/natstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ear is one server of a record: what it heard, and what it logged.
type ear struct {
	*wake.NATS
	log   *faulttest.Log
	reg   *prometheus.Registry
	heard atomic.Int64 // the newest number
	times atomic.Int64
	leave func()
}

func listen(t *testing.T, record string, o wake.Options) *ear {
	t.Helper()
	e := &ear{log: &faulttest.Log{}, reg: prometheus.NewRegistry()}
	o.Log, o.Metrics = slog.New(e.log), e.reg
	n, err := wake.New(o)
	if err != nil {
		t.Fatal(err)
	}
	e.NATS = n
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.Listen(ctx, record, func(seq int64) { e.heard.Store(seq); e.times.Add(1) })
	}()
	e.leave = func() { stop(); <-ended }
	t.Cleanup(e.leave)
	return e
}

func (e *ear) connected(t *testing.T) bool {
	t.Helper()
	families, err := e.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "pmo_nats_connected" {
			return f.GetMetric()[0].GetGauge().GetValue() == 1
		}
	}
	t.Fatal("it does not tell whether it is connected")
	return false
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	faulttest.Eventually(t, 30*time.Second, what, holds)
}

// Servers of a record hear each other and not themselves; those of another record hear nothing.
func TestServersOfARecordHearEachOther(t *testing.T) {
	s := natstest.New(t)
	s.Start()
	o := wake.Options{URLs: []string{s.URL()}}
	a, b, other := listen(t, "one", o), listen(t, "one", o), listen(t, "another", o)
	eventually(t, "all are connected", func() bool { return a.connected(t) && b.connected(t) && other.connected(t) })
	seq := int64(0)
	eventually(t, "one hears the other", func() bool { seq++; a.Tell(seq); return b.heard.Load() > 0 })
	last := seq + 1_000_000
	for i := range int64(1_000_000) { // nobody is waited for, and of many the highest is told
		a.Tell(last - i)
	}
	eventually(t, "the highest is heard", func() bool { return b.heard.Load() == last })
	if a.times.Load() > 0 || other.times.Load() > 0 {
		t.Errorf("who told heard %d, another record %d", a.times.Load(), other.times.Load())
	}
	t.Logf("a million were told by %d messages", b.times.Load())
}

// A server that is not there is waited for, and one that goes comes back; both are logged once.
func TestNATSComesAndGoes(t *testing.T) {
	s := natstest.New(t)
	o := wake.Options{URLs: []string{s.URL()}}
	a, b := listen(t, "one", o), listen(t, "one", o)
	for round := range int64(3) {
		eventually(t, "both say that it is not there", func() bool {
			return len(a.log.Lines("WARN")) == int(round)+1 && len(b.log.Lines("WARN")) == int(round)+1
		})
		for i := range int64(1000) {
			a.Tell(1000*round + i) // which waits for nothing
		}
		s.Start()
		eventually(t, "both are connected", func() bool { return a.connected(t) && b.connected(t) })
		seq := 10_000 * (round + 1)
		eventually(t, "one hears the other", func() bool { seq++; a.Tell(seq); return b.heard.Load() > 10_000*(round+1) })
		s.End()
	}
	if lines := a.log.Lines(""); len(lines) > 7 {
		t.Errorf("it logs more than was to tell: %s", strings.Join(lines, "\n"))
	}
}

// Packets that get lost keep nobody who tells from going on.
func TestNATSHangs(t *testing.T) {
	s := natstest.New(t)
	s.Start()
	proxy := faulttest.NewProxy(t, s.Addr())
	a, b := listen(t, "one", wake.Options{URLs: []string{proxy.Through(s.URL())}}), listen(t, "one", wake.Options{URLs: []string{s.URL()}})
	eventually(t, "both are connected", func() bool { return a.connected(t) && b.connected(t) })
	release := proxy.Hold()
	for i := range int64(100_000) {
		a.Tell(i)
	}
	release()
	seq := int64(200_000)
	eventually(t, "one hears the other", func() bool { seq++; a.Tell(seq); return b.heard.Load() > 200_000 })
}

// Who has no right is refused, and says so; with the right password, also one that came later, he is heard.
func TestCredentials(t *testing.T) {
	s := natstest.New(t)
	s.Ask("pmo", "open sesame:1")
	s.Start()
	file := filepath.Join(t.TempDir(), "credentials")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("pmo:wrong\n")
	e := listen(t, "one", wake.Options{URLs: []string{s.URL()}, Credentials: file})
	eventually(t, "it says that it is refused", func() bool { return len(e.log.Lines("WARN")) > 0 })
	write("pmo:open sesame:1\n")
	eventually(t, "it is connected", func() bool { return e.connected(t) })
	if text := strings.Join(e.log.Lines(""), "\n"); strings.Contains(text, "sesame") || strings.Contains(text, "wrong") {
		t.Errorf("a password stands in the log: %s", text)
	}
}

// Over TLS a server is believed that has a certificate the machine trusts, and no other.
func TestTLS(t *testing.T) {
	trusted, stranger := natstest.New(t), natstest.New(t)
	authority := filepath.Join(t.TempDir(), "authority.pem")
	if err := os.WriteFile(authority, ours.text, 0o600); err != nil {
		t.Fatal(err)
	}
	trusted.Encrypt(ours.pair)
	stranger.Encrypt(certificate().pair)
	trusted.Start()
	stranger.Start()
	t.Setenv("SSL_CERT_FILE", authority)
	t.Setenv("SSL_CERT_DIR", t.TempDir())
	for _, x := range []struct {
		url   string
		right bool
	}{{"tls://" + trusted.Addr(), true}, {"nats://" + trusted.Addr(), true}, {"tls://" + stranger.Addr(), false}} {
		n, err := wake.New(wake.Options{URLs: []string{x.url}, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Reach(t.Context()); (err == nil) != x.right {
			t.Errorf("%s: %v", x.url, err)
		}
	}
	plain := natstest.New(t)
	plain.Start()
	n, err := wake.New(wake.Options{URLs: []string{"tls://" + plain.Addr()}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Reach(t.Context()); err == nil {
		t.Error("a server that speaks no TLS is believed")
	}
}

// certified is a key with a certificate of its own for this machine, and that as text.
type certified struct {
	pair tls.Certificate
	text []byte
}

var ours = certificate() // one for all runs: a process reads once whom it trusts

func certificate() certified {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: rand.Text()}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return certified{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// Forged and odd messages do no more than wake with a number.
func TestForgedMessages(t *testing.T) {
	s := natstest.New(t)
	s.Start()
	e := listen(t, "one", wake.Options{URLs: []string{s.URL()}})
	eventually(t, "it is connected", func() bool { return e.connected(t) })
	c, err := nats.Connect(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, text := range []string{"", "x", "9223372036854775808", "1e3", "{\"seq\":1}", strings.Repeat("1", 100_000), "-5"} {
		if err := c.Publish("pmo.one", []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the end is heard", func() bool { _ = c.Publish("pmo.one", []byte("7")); return e.heard.Load() == 7 })
	if lines := e.log.Lines("WARN"); len(lines) > 0 {
		t.Error(lines)
	}
}

// What is wrong with the options is said at the start, without the password.
func TestOptions(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []wake.Options{
		{}, {URLs: []string{"nats://pmo:secret@host:4222"}}, {URLs: []string{"nats://secret@host"}}, {URLs: []string{"http://host"}}, {URLs: []string{"host:4222"}},
		{URLs: []string{"nats://secret@host:port:x"}}, {URLs: []string{"nats://host"}, Credentials: empty + "-not"}, {URLs: []string{"nats://host"}, Credentials: empty},
	} {
		if _, err := wake.New(o); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v: %v", o, err)
		}
	}
}
