package mail

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/time/rate"
)

// Server is the mail server that letters are given to.
type Server struct {
	Host     string
	Port     int
	TLS      TLS
	User     string // empty: it asks for nobody
	Password string
	Config   *tls.Config // nil: the machine's certificates
	Rate     int         // letters a second at the most, at least 1

	limit *rate.Limiter
	slots chan struct{}
}

// TLS says how the connection is encrypted.
type TLS string

// The ways.
const (
	StartTLS TLS = "STARTTLS" // asked for, and nothing is sent without
	Implicit TLS = "IMPLICIT" // from the first byte
	Plain    TLS = "PLAIN"    // not at all
)

// ways are the schemes of a server's address, with the port that is usual.
var ways = map[string]struct {
	tls  TLS
	port int
}{"smtp": {StartTLS, 587}, "smtps": {Implicit, 465}, "smtp+plain": {Plain, 25}}

// ParseServer reads the address of a mail server, like smtp://user@mail.example.org:587. A password does not belong into it.
func ParseServer(address string) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("it is no address such as smtp://user@mail.example.org:587") // the library's error repeats it
	}
	way, ok := ways[u.Scheme]
	switch _, secret := u.User.Password(); {
	case !ok || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("it is no address such as smtp://user@mail.example.org:587; smtps:// is TLS from the first byte, smtp+plain:// none at all")
	case secret:
		return nil, errors.New("a password does not belong into the address; give it by PMO_SMTP_PASSWORD or --smtp-password-file")
	case way.tls == Plain && u.User.Username() != "":
		return nil, errors.New("nobody signs in without TLS")
	}
	s := &Server{Host: u.Hostname(), Port: way.port, TLS: way.tls, User: u.User.Username(), Rate: usualRate}
	if u.Port() != "" {
		if s.Port, err = strconv.Atoi(u.Port()); err != nil || s.Port < 1 || s.Port > 65535 {
			return nil, errors.New("its port is none")
		}
	}
	return s, nil
}

const (
	usualRate  = 10               // letters a second
	sendTime   = 30 * time.Second // for a letter
	atOnce     = 4                // connections
	maxPatient = 10 * time.Second // that a letter waits for its turn
)

// Ready readies the server; it is called once, before the first letter.
func (s *Server) Ready() *Server {
	s.limit, s.slots = rate.NewLimiter(rate.Limit(max(1, s.Rate)), 1), make(chan struct{}, atOnce)
	return s
}

func (s *Server) client() (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(sendTime), gomail.WithoutNoop()}
	switch s.TLS {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		options = append(options, gomail.WithSSL())
	case Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.Config != nil {
		config = s.Config.Clone()
	}
	config.ServerName = s.Host
	options = append(options, gomail.WithTLSConfig(config))
	if s.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	return gomail.NewClient(s.Host, options...)
}

// Check connects and signs in, and sends nothing.
func (s *Server) Check(ctx context.Context) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	open, err := c.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	return c.CloseWithSMTPClient(open)
}

// Send gives a letter to the server.
func (s *Server) Send(ctx context.Context, l Letter) error {
	wait, cancel := context.WithTimeout(ctx, maxPatient)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-wait.Done():
		return errors.New("other letters are still being sent")
	}
	if err := s.limit.Wait(wait); err != nil {
		return errors.New("other letters are still being sent")
	}
	m, err := message(l)
	if err != nil {
		return fmt.Errorf("%w: the letter cannot be written", ErrRefused)
	}
	ctx, cancel = context.WithTimeout(ctx, sendTime)
	defer cancel()
	c, err := s.client()
	if err != nil {
		return err
	}
	open, err := c.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("the mail server %s is not reached: %w", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), err)
	}
	end := context.AfterFunc(ctx, func() { _ = open.Close() }) // what is under way fails then
	defer end()
	err = c.SendWithSMTPClient(open, m)
	_ = c.CloseWithSMTPClient(open) // it was sent or not, whatever the server says to that
	if m.IsDelivered() {
		return nil
	}
	return refusal(err)
}

// refusal words what the server said without what it repeats of the letter: no address gets into tables and logs.
func refusal(err error) error {
	e := (*gomail.SendError)(nil)
	if !errors.As(err, &e) {
		return errors.New("the mail server ended the connection")
	}
	said := fmt.Sprintf("%s %d %s", e.Reason, e.ErrorCode(), e.EnhancedStatusCode())
	final := e.ErrorCode() >= 500 && e.ErrorCode() < 600
	if e.Reason == gomail.ErrSMTPRcptTo && e.ErrorCode() >= 400 || final && (e.Reason == gomail.ErrSMTPData || e.Reason == gomail.ErrSMTPDataClose) {
		return fmt.Errorf("%w: %s", ErrRefused, said)
	}
	return fmt.Errorf("the mail server does not take mail: %s", said)
}

// message gives a letter the form of a mail. Equal letters have equal forms.
func message(l Letter) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := m.FromFormat(l.From.Name, l.From.Address); err != nil {
		return nil, err
	}
	if err := m.AddToFormat(l.To.Name, l.To.Address); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(l.ID))
	m.SetBoundary(hex.EncodeToString(sum[:16]))
	m.Subject(l.Subject)
	m.SetDateWithValue(l.At.UTC())
	m.SetMessageIDWithValue(l.ID)
	for name, value := range map[string]string{
		"In-Reply-To": "<" + l.Thread + ">", "References": "<" + l.Thread + ">", "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All",
		"Content-Language": l.Language, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	} {
		m.SetGenHeader(gomail.Header(name), value)
	}
	m.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribe, "<"+l.Unsubscribe+">") // one word, which must not be folded within
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	return m, nil
}
