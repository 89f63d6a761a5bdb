package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// postbox is a mail server that takes everything.
type postbox chan string

// NewSession begins a connection.
func (p postbox) NewSession(*smtp.Conn) (smtp.Session, error) { return taking{p}, nil }

type taking struct{ to postbox }

func (taking) Reset()                               {}
func (taking) Logout() error                        { return nil }
func (taking) Mail(string, *smtp.MailOptions) error { return nil }
func (taking) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (t taking) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	t.to <- string(text)
	return err
}

// relay starts a mail server without TLS and gives its address.
func relay(t *testing.T) (string, postbox) {
	t.Helper()
	box := make(postbox, 100)
	on, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(box)
	go func() { _ = srv.Serve(on) }()
	t.Cleanup(func() { _ = srv.Close() })
	return "smtp+plain://" + on.Addr().String(), box
}

// Somebody asks for mail, gets it from the server that serves, and ends it by its link; the doctor looks at the mail server first.
func TestMailFromServer(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the end of a minute")
	}
	for name, database := range map[string]func() string{
		"sqlite":   func() string { return "" },
		"postgres": func() string { return pgtest.Database(t) },
	} {
		w := where{Data: t.TempDir(), Database: database()}
		server, box := relay(t)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed(t, w)
			reader := putOnRecord(t, w, "root", vocab.RoleAdmin, "numbers", vocab.RoleViewer)
			p := serveProcess(t, ownProgram(t), w, "--smtp", server, "--mail-from", "pmo@example.org", "--public-url", "https://pmo.example.org")
			ask := func(who, query string, vars map[string]any) {
				t.Helper()
				var a map[string]struct {
					Errors []struct{ Message string }
				}
				if err := newClient(t, w, "", who).ask(t.Context(), p.url, query, vars, &a); err != nil || len(a["done"].Errors) > 0 {
					t.Fatal(err, a)
				}
			}
			ask("root", `mutation($id: ID!) { done: userUpdate(input: { id: $id, patch: { email: "ada@example.org" } }) { errors { message } } }`, map[string]any{"id": reader})
			ask("numbers", `mutation { done: viewerMailSet(input: { scopeKind: ORGANISATION, delivery: IMMEDIATE }) { errors { message } } }`, nil)
			ask("root", `mutation { done: projectUpdate(input: { id: "project-1", patch: { name: "By mail" } }) { errors { message } } }`, nil)
			var m *mail.Message
			select {
			case text := <-box:
				var err error
				if m, err = mail.ReadMessage(strings.NewReader(text)); err != nil {
					t.Fatal(err)
				}
			case <-time.After(3 * time.Minute):
				t.Fatalf("no mail\n%s", p.log())
			}
			link, err := url.Parse(strings.Trim(m.Header.Get("List-Unsubscribe"), "<>"))
			if err != nil || link.Host != "pmo.example.org" {
				t.Fatal(err, m.Header)
			}
			res, err := http.PostForm(p.url+link.Path+"?"+link.RawQuery, url.Values{"List-Unsubscribe": {"One-Click"}})
			if err != nil || res.StatusCode != http.StatusOK {
				t.Fatal(err, res)
			}
			_ = res.Body.Close()
			var a struct {
				Viewer struct{ MailSubscriptions []struct{ Active bool } }
			}
			if err := newClient(t, w, "", "numbers").ask(t.Context(), p.url, `{ viewer { mailSubscriptions { active } } }`, nil, &a); err != nil || len(a.Viewer.MailSubscriptions) != 1 || a.Viewer.MailSubscriptions[0].Active {
				t.Error(err, a)
			}
			if res, err := http.Post(p.url+link.Path+"?"+link.RawQuery, "text/plain", strings.NewReader(strings.Repeat("x", 5000))); err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
				t.Error(err, res)
			} else {
				_ = res.Body.Close()
			}
			if strings.Contains(p.log(), "ada@example.org") || strings.Contains(p.log(), link.Query().Get("s")) {
				t.Error("an address or a link stands in the log")
			}
		})
	}
}

// What is wrong with the flags of mail is said before anything is served.
func TestMailFlags(t *testing.T) {
	for what, args := range map[string][]string{
		"--mail-from":  {"--smtp", "smtp://mail.example.org", "--public-url", "https://pmo.example.org"},
		"--public-url": {"--smtp", "smtp://mail.example.org", "--mail-from", "pmo@example.org"},
		"--mail-link":  {"--smtp", "smtp://mail.example.org", "--mail-from", "pmo@example.org", "--public-url", "https://pmo.example.org", "--mail-link", "https://pmo.example.org"},
		"password":     {"--smtp", "smtp://u@mail.example.org", "--mail-from", "pmo@example.org", "--public-url", "https://pmo.example.org"},
		"belong":       {"--smtp", "smtp://u:hush@mail.example.org"},
	} {
		d := examined(t, append(args, "--data", t.TempDir())...)
		if _, err := d.post(nil); err == nil || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", what, err)
		}
		if d.mail(t.Context()); what != "--mail-link" && what != "--mail-from" && what != "--public-url" {
			if v, says := d.worst("mail"); v != bad || strings.Contains(says, "hush") {
				t.Errorf("%s: the doctor finds %s %s", what, v, says)
			}
		}
	}
	server, _ := relay(t)
	d := examined(t, "--smtp", server, "--mail-from", "pmo@example.org", "--public-url", "https://pmo.example.org", "--data", t.TempDir())
	if d.mail(t.Context()); len(d.found) != 1 || d.found[0].Verdict != ok {
		text, _ := json.Marshal(d.found)
		t.Errorf("of a relay on this machine the doctor says %s", text)
	}
	d = examined(t, "--smtp", "smtp://127.0.0.1:1", "--mail-from", "pmo@example.org", "--public-url", "https://pmo.example.org", "--data", t.TempDir())
	d.mail(t.Context())
	if v, _ := d.worst("mail"); v != bad {
		t.Errorf("nobody is there, and the doctor says %s", v)
	}
}
