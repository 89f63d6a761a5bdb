package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	stdmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"pmograph/internal/mail"
)

// received is a mail as it arrived.
type received struct {
	From, To   string // of the envelope
	Raw        string
	Header     stdmail.Header
	Subject    string
	Text, HTML string
	TLS        bool
	User       string
}

// mailServer is a real one, which asks for TLS and a password.
type mailServer struct {
	t    testing.TB
	on   net.Listener
	pool *x509.CertPool

	mu     sync.Mutex
	mails  []received
	refuse map[string]*smtp.SMTPError // by command: MAIL, RCPT, DATA
	begun  int
	cut    bool // the connection is cut after the mail was taken, before it is said so
}

func startSMTP(t testing.TB) *mailServer {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	s := &mailServer{t: t, pool: x509.NewCertPool(), refuse: map[string]*smtp.SMTPError{}}
	s.pool.AddCert(must(x509.ParseCertificate(der)))
	srv := smtp.NewServer(s)
	srv.Domain, srv.TLSConfig = "localhost", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	srv.ErrorLog = quiet{}
	s.on = must(net.Listen("tcp", "127.0.0.1:0"))
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(s.on) }()
	t.Cleanup(func() { _ = srv.Close(); _ = s.on.Close(); <-done }) // it may have been closed before it served
	return s
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// sender gives what sends to it.
func (s *mailServer) sender(change ...func(*mail.Server)) *mail.Server {
	x := &mail.Server{Host: "localhost", Port: s.on.Addr().(*net.TCPAddr).Port, TLS: mail.StartTLS, User: "pmo", Password: "secret", Config: &tls.Config{RootCAs: s.pool}, Rate: 10_000}
	for _, c := range change {
		c(x)
	}
	return x.Ready()
}

// take gives the mails that came since.
func (s *mailServer) take() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.mails
	s.mails = nil
	return all
}

// says has a command refused from now on; nil lets it pass.
func (s *mailServer) says(command string, err *smtp.SMTPError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse[command] = err
}

// cuts has connections cut once a mail was taken, before the sender is told.
func (s *mailServer) cuts(cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = cut
}

// tries counts the mails that were begun.
func (s *mailServer) tries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun
}

func (s *mailServer) refused(command string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refuse[command]; err != nil {
		return err
	}
	return nil
}

// NewSession begins a connection.
func (s *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{s: s, c: c}, nil
}

type session struct {
	s *mailServer
	c *smtp.Conn
	m received
}

// AuthMechanisms are offered once there is TLS.
func (x *session) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth checks a password.
func (x *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "pmo" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		x.m.User = user
		return nil
	}), nil
}

func (x *session) Mail(from string, _ *smtp.MailOptions) error {
	_, x.m.TLS = x.c.TLSConnectionState()
	x.s.mu.Lock()
	x.s.begun++
	x.s.mu.Unlock()
	if x.m.From = from; x.m.User == "" || !x.m.TLS {
		return smtp.ErrAuthRequired
	}
	return x.s.refused("MAIL")
}

func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	x.m.To = to
	return x.s.refused("RCPT")
}

func (x *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err == nil {
		err = x.s.refused("DATA")
	}
	if err == nil {
		x.m.Raw = string(raw)
		err = x.m.parse()
	}
	if err != nil {
		return err
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.mails = append(x.s.mails, x.m)
	if x.s.cut {
		_ = x.c.Conn().Close()
	}
	return nil
}

func (x *session) Reset()        {}
func (x *session) Logout() error { return nil }

// parse reads a mail by the standard library.
func (m *received) parse() error {
	msg, err := stdmail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		return err
	}
	m.Header = msg.Header
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject")); err != nil {
		return err
	}
	kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		return errors.Join(err, errors.New("it is no multipart/alternative: "+kind))
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for _, part := range []struct {
		kind string
		to   *string
	}{{"text/plain", &m.Text}, {"text/html", &m.HTML}} {
		p, err := parts.NextRawPart()
		if err != nil {
			return err
		}
		if kind, params, err := mime.ParseMediaType(p.Header.Get("Content-Type")); err != nil || kind != part.kind || !strings.EqualFold(params["charset"], "utf-8") {
			return errors.Join(err, errors.New("a part is "+kind))
		}
		if p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			return errors.New("a part is not quoted-printable")
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			return err
		}
		*part.to = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	return nil
}
