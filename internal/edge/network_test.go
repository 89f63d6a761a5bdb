package edge

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// served serves a handler as Handler would, with short times, and gives the address.
func served(t *testing.T, certificate *Certificate, connections *Connections, h http.Handler) string {
	t.Helper()
	c := Config{Now: time.Now, Log: slog.New(slog.DiscardHandler), BodyTime: 300 * time.Millisecond, WriteTime: 300 * time.Millisecond}
	mux := http.NewServeMux()
	c.Limits = DefaultLimits(time.Now)
	mux.Handle("/graphql", c.hurried(c.capped(c.Limits.Query, c.bounded(h))))
	srv := Server(c.named(mux), c.Log)
	srv.ReadHeaderTimeout, srv.IdleTimeout = 300*time.Millisecond, 300*time.Millisecond
	l, err := connections.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		if certificate != nil {
			srv.TLSConfig = certificate.Config()
			_ = srv.ServeTLS(l, "", "")
			return
		}
		_ = srv.Serve(l)
	}()
	t.Cleanup(func() { srv.Close() })
	return l.Addr().String()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(20 * time.Second)) // so that a failing test ends
	return c
}

// closed reads what a server sends until it closes the connection.
func closed(t *testing.T, c net.Conn) string {
	t.Helper()
	all, err := io.ReadAll(c)
	if e := net.Error(nil); errors.As(err, &e) && e.Timeout() {
		t.Errorf("the connection was left open: %q", all)
	}
	return string(all)
}

var quick = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "answer") })

// Who sends slowly, or nothing, or too much of a header is cut.
func TestSlowSenders(t *testing.T) {
	address := served(t, nil, &Connections{}, quick)
	for name, c := range map[string]struct{ send, want string }{
		"nothing at all":    {"", ""},
		"half a header":     {"POST /graphql HTTP/1.1\r\nHost: x\r\nX-A: ", ""},
		"half a body":       {"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 413"},
		"no end of chunks":  {"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n", "HTTP/1.1 413"},
		"silence after it":  {"GET /graphql HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200"},
		"long header":       {"GET /graphql HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", "HTTP/1.1 431"},
		"many fields":       {"GET /graphql HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: b\r\n", 101) + "\r\n", "HTTP/1.1 413"},
		"as many as it may": {"GET /graphql HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: b\r\n", 100) + "\r\n", "HTTP/1.1 200"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, address)
			_, _ = io.WriteString(conn, c.send) // a server that has seen enough does not read the rest
			if got := closed(t, conn); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" && !strings.HasPrefix(got, "HTTP/1.1 408") {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// Who does not read is cut, over HTTP/1.1 and HTTP/2; who reads slowly gets everything; and an answer may be long in coming.
func TestSlowReaders(t *testing.T) {
	const size = 32 << 20
	ended := make(chan error, 1)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.RawQuery {
		case "whole":
			_, err := w.Write(make([]byte, size))
			ended <- err
		case "late":
			time.Sleep(time.Second) // longer than the time for writing
			_, _ = io.WriteString(w, "late")
		case "pauses":
			for range 4 {
				_, _ = io.WriteString(w, "part")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(500 * time.Millisecond)
			}
		}
	})
	certificate, client := selfSigned(t)
	for name, address := range map[string]string{"http/1.1": served(t, nil, &Connections{}, handler), "http/2": served(t, certificate, &Connections{}, handler)} {
		url := "http://" + address
		if name == "http/2" {
			url = "https://" + address
		}
		t.Run(name, func(t *testing.T) {
			get := func(query string) *http.Response {
				t.Helper()
				r, err := client.Get(url + "/graphql?" + query)
				if err != nil {
					t.Fatal(err)
				}
				if name == "http/2" && r.ProtoMajor != 2 {
					t.Errorf("it speaks %s", r.Proto)
				}
				return r
			}
			stuck := get("whole")
			if err := <-ended; err == nil {
				t.Error("everything was sent to who read nothing")
			}
			stuck.Body.Close()
			slow := get("whole")
			n, buf := 0, make([]byte, 1<<20)
			for {
				m, err := slow.Body.Read(buf)
				if n += m; err != nil {
					if err != io.EOF || n != size {
						t.Errorf("after %d bytes: %v", n, err)
					}
					break
				}
				time.Sleep(time.Millisecond)
			}
			if err := <-ended; err != nil {
				t.Error(err)
			}
			for query, want := range map[string]string{"late": "late", "pauses": "partpartpartpart"} {
				if text, err := io.ReadAll(get(query).Body); string(text) != want || err != nil {
					t.Errorf("%s: %q %v", query, text, err)
				}
			}
		})
	}
}

// There are as many connections as may be, and one more is closed at once; one that ends makes room.
func TestConnections(t *testing.T) {
	for name, c := range map[string]*Connections{"in all": {All: 3}, "per address": {PerAddress: 3, All: 100}} {
		address := served(t, nil, c, quick)
		ask := func() (net.Conn, bool) {
			conn := dial(t, address)
			_, _ = io.WriteString(conn, "GET /graphql HTTP/1.1\r\nHost: x\r\n\r\n")
			line, err := bufio.NewReader(conn).ReadString('\n')
			return conn, err == nil && strings.HasPrefix(line, "HTTP/1.1 200")
		}
		var open []net.Conn
		for i := range 3 {
			conn, ok := ask()
			if open = append(open, conn); !ok {
				t.Errorf("%s: connection %d was refused", name, i+1)
			}
		}
		if _, ok := ask(); ok || c.Refused() != 1 {
			t.Errorf("%s: the fourth was let in: %d refused", name, c.Refused())
		}
		open[0].Close()
		for end := time.Now().Add(10 * time.Second); c.Open() > 2 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		if _, ok := ask(); !ok {
			t.Errorf("%s: there was room", name)
		}
	}
	exempt := &Connections{PerAddress: 1, Exempt: Proxies{netip.MustParsePrefix("127.0.0.0/8")}}
	for range 2 {
		if !exempt.enter(netip.MustParseAddr("127.0.0.1")) {
			t.Error("an exempt address is bounded")
		}
	}
}

// A client that begins requests and takes them back at once keeps no more than a hundred handlers busy.
func TestRapidReset(t *testing.T) {
	var running, most atomic.Int64
	certificate, _ := selfSigned(t)
	address := served(t, certificate, &Connections{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := running.Add(1)
		defer running.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(20 * time.Millisecond) // it does not look whether it is still wanted
	}))
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(conn, http2.ClientPreface)
	framer := http2.NewFramer(conn, conn)
	_ = framer.WriteSettings()
	go io.Copy(io.Discard, conn)
	var head bytes.Buffer
	enc := hpack.NewEncoder(&head)
	for id := uint32(1); id < 4000; id += 2 {
		head.Reset()
		for _, f := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", "x"}, {":path", "/graphql"}} {
			_ = enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
		}
		err := framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: head.Bytes(), EndStream: true, EndHeaders: true})
		if err == nil {
			err = framer.WriteRSTStream(id, http2.ErrCodeCancel)
		}
		if err != nil { // the server has had enough
			break
		}
	}
	for deadline := time.Now().Add(20 * time.Second); most.Load() == 0; time.Sleep(time.Millisecond) { // all was sent before the server began
		if time.Now().After(deadline) {
			t.Fatal("no handler ran")
		}
	}
	if n := most.Load(); n > 100 {
		t.Errorf("%d handlers ran at once", n)
	}
	ask := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer ask.CloseIdleConnections()
	if r, err := ask.Get("https://" + address + "/graphql"); err != nil {
		t.Error("others are not answered:", err)
	} else {
		r.Body.Close()
	}
}

// pair writes a certificate for a name, and its key.
func pair(t *testing.T, dir, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func selfSigned(t *testing.T) (*Certificate, *http.Client) {
	t.Helper()
	dir := t.TempDir()
	pair(t, dir, "first")
	c, err := LoadCertificate(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return c, &http.Client{Transport: transport}
}

// A server speaks TLS 1.2 and above, takes a new certificate while it runs, and keeps the old one if the new one is no good.
func TestTLS(t *testing.T) {
	certificate, client := selfSigned(t)
	address := served(t, certificate, &Connections{}, quick)
	name := func(version uint16) string {
		c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: version})
		if err != nil {
			return "refused"
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	for version, want := range map[uint16]string{tls.VersionTLS10: "refused", tls.VersionTLS11: "refused", tls.VersionTLS12: "first", tls.VersionTLS13: "first"} {
		if got := name(version); got != want {
			t.Errorf("%s: %s, want %s", tls.VersionName(version), got, want)
		}
	}
	var log bytes.Buffer
	now, ended := make(chan os.Signal), make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		defer close(ended)
		certificate.Watch(ctx, time.Hour, now, slog.New(slog.NewTextHandler(&log, nil)))
	}()
	dir := filepath.Dir(certificate.certFile)
	for _, c := range []struct {
		name   string
		change func()
		want   string
	}{
		{"nothing changed", func() {}, "first"},
		{"a new pair", func() { pair(t, dir, "second") }, "second"},
		{"half of a pair", func() { _ = os.WriteFile(certificate.keyFile, []byte("no key"), 0o600) }, "second"},
		{"gone", func() { _ = os.Remove(certificate.certFile) }, "second"},
		{"good again", func() { pair(t, dir, "third") }, "third"},
	} {
		c.change()
		now <- os.Interrupt
		now <- os.Interrupt // the first was dealt with
		if got := name(tls.VersionTLS13); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	stop()
	<-ended
	if text := log.String(); strings.Count(text, "stays as it was") < 2 || strings.Count(text, "a new TLS certificate is in use") != 2 {
		t.Error(text)
	}
	r, err := client.Get("https://" + address + "/graphql")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.Header.Get("Strict-Transport-Security") == "" || r.Header.Get("Server") != "" {
		t.Errorf("%v", r.Header)
	}
	if _, err := LoadCertificate("none", "none"); err == nil {
		t.Error("a certificate was read that is not there")
	}
}

// Every answer says what browsers may do with it.
func TestSecurityHeaders(t *testing.T) {
	address := served(t, nil, &Connections{}, quick)
	for _, path := range []string{"/graphql", "/nothing"} {
		r, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Server": "", "Strict-Transport-Security": "",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if len(r.Header.Get("X-Request-Id")) != 16 {
			t.Errorf("%s: request %q", path, r.Header.Get("X-Request-Id"))
		}
	}
}
