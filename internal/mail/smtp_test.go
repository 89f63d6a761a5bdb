package mail_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"pmograph/internal/decide"
	"pmograph/internal/deliver"
	"pmograph/internal/mail"
	"pmograph/internal/vocab"
)

func TestAddressesOfServers(t *testing.T) {
	for address, want := range map[string]mail.Server{
		"smtp://pmo@mail.example.org":      {Host: "mail.example.org", Port: 587, TLS: mail.StartTLS, User: "pmo"},
		"smtps://mail.example.org":         {Host: "mail.example.org", Port: 465, TLS: mail.Implicit},
		"smtp+plain://127.0.0.1:2525":      {Host: "127.0.0.1", Port: 2525, TLS: mail.Plain},
		"smtp://a%40b@mail.example.org:25": {Host: "mail.example.org", Port: 25, TLS: mail.StartTLS, User: "a@b"},
	} {
		s, err := mail.ParseServer(address)
		if err != nil || s.Host != want.Host || s.Port != want.Port || s.TLS != want.TLS || s.User != want.User {
			t.Errorf("%s: %+v %v", address, s, err)
		}
	}
	for _, address := range []string{"", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://u:hush@mail.example.org", "smtp+plain://u@mail.example.org", "smtp://mail.example.org:0", "smtp://mail.example.org?x=1", "smtp://u:hush@[::"} {
		if _, err := mail.ParseServer(address); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// Nothing is sent without TLS, to a server that cannot prove who it is, or with a wrong password; and no error tells an address or the password.
func TestWhatIsNotSent(t *testing.T) {
	o := newOffice(t)
	l := mail.Letter{ID: "1@example.org", Thread: "t@example.org", Subject: "S", Text: "T", HTML: "H", Unsubscribe: "https://pmo.example.org"}
	l.From.Address, l.To.Address = "pmo@example.org", "ada@example.org"
	stranger := startSMTP(t)
	plain := must(net.Listen("tcp", "127.0.0.1:0"))
	srv := smtp.NewServer(o.smtp)
	srv.ErrorLog = quiet{}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(plain) }()
	t.Cleanup(func() { _ = srv.Close(); _ = plain.Close(); <-done })
	for what, s := range map[string]*mail.Server{
		"a wrong password":  o.smtp.sender(func(s *mail.Server) { s.Password = "hush" }),
		"no password":       o.smtp.sender(func(s *mail.Server) { s.User = "" }),
		"another's name":    o.smtp.sender(func(s *mail.Server) { s.Host = "127.0.0.1" }),
		"unknown authority": stranger.sender(func(s *mail.Server) { s.Config = nil }),
		"no TLS offered":    o.smtp.sender(func(s *mail.Server) { s.Port = plain.Addr().(*net.TCPAddr).Port }),
		"nobody there":      o.smtp.sender(func(s *mail.Server) { s.Port = 1 }),
	} {
		err := s.Send(context.Background(), l)
		if err == nil || errors.Is(err, mail.ErrRefused) || strings.Contains(err.Error(), "ada@") || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", what, err)
		}
		if what != "no password" && s.Check(context.Background()) == nil {
			t.Errorf("%s: the check finds nothing", what)
		}
	}
	if mails := append(o.smtp.take(), stranger.take()...); len(mails) != 0 {
		t.Errorf("%d arrived", len(mails))
	}
	if err := o.smtp.sender().Check(context.Background()); err != nil {
		t.Error(err)
	}
}

// A refusal of the recipient is his; one of the sender, or that the server has no room, is not.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		command string
		code    int
		his     bool
	}{{"RCPT", 550, true}, {"RCPT", 450, true}, {"DATA", 554, true}, {"DATA", 452, false}, {"MAIL", 550, false}, {"MAIL", 421, false}} {
		o := newOffice(t)
		o.wants(vocab.MailDeliveryImmediate)
		o.forecast("milestone-1", vocab.NewDate(2026, 11, 1), "")
		o.wait(time.Minute)
		o.smtp.says(c.command, &smtp.SMTPError{Code: c.code, EnhancedCode: smtp.EnhancedCode{c.code / 100, 1, 1}, Message: "no Ada@example.org here"})
		err := o.try(1)
		f := (*deliver.Failure)(nil)
		if err == nil || errors.As(err, &f) != c.his || strings.Contains(err.Error(), "example.org") {
			t.Errorf("%s %d: %v", c.command, c.code, err)
		}
		if f != nil && f.Over.Position.Seq <= o.at[1].Position.Seq {
			t.Errorf("%s %d: it is over nothing", c.command, c.code)
		}
		o.smtp.says(c.command, nil)
		if mails := o.tell(1); len(mails) != 1 {
			t.Errorf("%s %d: afterwards there are %d", c.command, c.code, len(mails))
		}
	}
}

// An address that is none is the user's fault, not the server's.
func TestAddressThatIsNone(t *testing.T) {
	o := newOffice(t)
	o.do(decide.UserUpdate(decide.UserUpdateInput{ID: "user-1", Patch: map[string]any{"email": "Ada at home\r\nBcc: x@example.org"}}))
	o.wants(vocab.MailDeliveryImmediate)
	o.forecast("milestone-1", vocab.NewDate(2026, 11, 1), "")
	o.wait(time.Minute)
	f := (*deliver.Failure)(nil)
	if err := o.try(1); !errors.As(err, &f) || strings.Contains(err.Error(), "home") {
		t.Errorf("it fails with %v", err)
	}
}

// What the server took without being able to say so comes again, with the same id and the same content.
func TestRepeatsAreRecognised(t *testing.T) {
	o := newOffice(t)
	o.wants(vocab.MailDeliveryImmediate)
	o.forecast("milestone-1", vocab.NewDate(2026, 11, 1), "")
	o.wait(time.Minute)
	o.smtp.cuts(true)
	if err := o.try(1); err == nil {
		t.Fatal("it was told to have been sent")
	}
	o.smtp.cuts(false)
	mails := o.tell(1)
	if len(mails) != 2 || mails[0].Raw != mails[1].Raw {
		t.Errorf("there are %v", mails)
	}
}

// The server is away for hours, then back: the engine loses nothing and sends nothing twice.
func TestServerIsAwayForHours(t *testing.T) {
	o := newOffice(t)
	o.wants(vocab.MailDeliveryImmediate)
	ctx, stop := context.WithCancel(context.Background())
	engine := deliver.New(o.j, o.db, deliver.Options{Now: o.now, Log: slog.New(slog.DiscardHandler), Tick: 5 * time.Millisecond, Lease: time.Hour}, o.post)
	done := make(chan struct{})
	go func() { defer close(done); engine.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	var mails []received
	until := func(what string, ok func() bool) {
		t.Helper()
		end := time.Now().Add(time.Minute)
		for n := 1; !ok(); n++ {
			if time.Sleep(5 * time.Millisecond); n%40 == 0 { // an attempt may have met a record that was old by the clock just set
				o.wait(2 * time.Hour)
			}
			if mails = append(mails, o.smtp.take()...); time.Now().After(end) {
				t.Fatalf("%s: %d mails", what, len(mails))
			}
		}
	}
	months := func(m received) (list []string) {
		for _, line := range strings.Split(m.Text, "\n") {
			if _, to, ok := strings.Cut(line, "→ "); ok {
				list = append(list, to)
			}
		}
		return list
	}
	o.forecast("milestone-1", vocab.NewDate(2027, 1, 1), "")
	o.wait(time.Minute)
	until("before", func() bool { return len(mails) == 1 })
	o.smtp.says("MAIL", &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "going down"})
	tries := o.smtp.tries()
	for m := time.February; m <= time.December; m++ {
		o.forecast("milestone-1", vocab.NewDate(2027, m, 1), "")
		o.wait(2 * time.Hour)
		until("it is tried", func() bool { return o.smtp.tries() > tries })
		tries = o.smtp.tries()
	}
	o.smtp.says("MAIL", nil)
	o.wait(2 * time.Hour)
	until("after", func() bool { return len(mails) > 1 && len(months(mails[len(mails)-1])) > 0 })
	o.forecast("milestone-1", vocab.NewDate(2028, 1, 1), "")
	o.wait(2 * time.Hour)
	until("the last", func() bool {
		return slices.ContainsFunc(mails, func(m received) bool { return strings.Contains(m.Text, "1 Jan 2028") })
	})
	var all []string
	for _, m := range mails {
		all = append(all, months(m)...)
	}
	want := []string{"1 Jan 2027", "1 Feb 2027", "1 Mar 2027", "1 Apr 2027", "1 May 2027", "1 Jun 2027", "1 Jul 2027", "1 Aug 2027", "1 Sep 2027", "1 Oct 2027", "1 Nov 2027", "1 Dec 2027", "1 Jan 2028"}
	if !slices.Equal(all, want) {
		t.Errorf("told was %v", all)
	}
}

// Whoever has the link ends the subscription, and nothing else; a GET changes nothing.
func TestUnsubscribe(t *testing.T) {
	o := newOffice(t)
	o.wants(vocab.MailDeliveryImmediate)
	o.wants(vocab.MailDeliveryImmediate, func(in *decide.ViewerMailSetInput) {
		in.ScopeKind, in.ScopeID = vocab.ScopeKindProject, ptr("project-1")
	})
	o.forecast("milestone-1", vocab.NewDate(2026, 11, 1), "")
	o.wait(time.Minute)
	m := o.tell(1)[0]
	if m.Header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("the header is %v", m.Header)
	}
	u := must(url.Parse(strings.Trim(m.Header.Get("List-Unsubscribe"), "<>")))
	if u.Scheme+"://"+u.Host+u.Path != "https://pmo.example.org/base"+mail.Path || !strings.Contains(m.Text, u.String()) || !strings.Contains(m.HTML, u.String()) {
		t.Fatalf("the link is %s", u)
	}
	handler := mail.Unsubscribe(o.j, slog.New(slog.DiscardHandler))
	ask := func(method, query string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(method, mail.Path+"?"+query, strings.NewReader("List-Unsubscribe=One-Click"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Accept-Language", "de")
		handler.ServeHTTP(w, r)
		return w
	}
	before := o.j.Latest().Seq()
	if w := ask("GET", u.RawQuery); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Abbestellen</button>") || strings.Contains(w.Body.String(), "Bridge") || w.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("GET: %d %s", w.Code, w.Body)
	}
	for _, query := range []string{"", "s=", "s=mail-subscription-1", "s=mail-subscription-1.", strings.Replace(u.RawQuery, "subscription-1", "subscription-2", 1), u.RawQuery + "0", "s=user-1." + strings.Split(u.RawQuery, ".")[1]} {
		if w := ask("POST", query); w.Code != http.StatusNotFound {
			t.Errorf("POST %s: %d", query, w.Code)
		}
	}
	if w := ask("PUT", u.RawQuery); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", w.Code)
	}
	if o.j.Latest().Seq() != before {
		t.Error("something was written")
	}
	for range 2 {
		if w := ask("POST", u.RawQuery); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "keine solchen Nachrichten mehr") {
			t.Errorf("POST: %d %s", w.Code, w.Body)
		}
	}
	if o.j.Latest().Seq() != before+1 || o.j.Latest().MailSubscription(1).Active || !o.j.Latest().MailSubscription(2).Active {
		t.Error("it is not on record once, or another was ended")
	}
	e := must(o.db.Entries(context.Background(), before, before+1, false, 1))[0]
	if e.Actor != "mail" || e.Action != "mailUnsubscribe" {
		t.Errorf("the journal says %s by %s", e.Action, e.Actor)
	}
	o.forecast("milestone-1", vocab.NewDate(2026, 12, 1), "")
	o.wait(time.Minute)
	if mails := o.tell(1); len(mails) != 0 {
		t.Errorf("%d mails more", len(mails))
	}
	o.wants(vocab.MailDeliveryImmediate) // and what happened in between is not sent
	delete(o.at, 1)
	o.wait(time.Minute)
	if mails := o.tell(1); len(mails) != 0 {
		t.Errorf("who comes back gets what he did not want: %s", mails[0].Text)
	}
	if w := ask("POST", u.RawQuery); w.Code != http.StatusOK || o.j.Latest().MailSubscription(1).Active {
		t.Error("the link has run out")
	}
}
