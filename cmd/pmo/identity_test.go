package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"pmograph/auth"
	"pmograph/internal/edge"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// provider is an OpenID Connect provider on this machine, as far as a server asks one.
type provider struct {
	*httptest.Server
	mu   sync.Mutex
	keys map[string]*ecdsa.PrivateKey // published, by kid
}

func newProvider(t *testing.T) *provider {
	p := &provider{keys: map[string]*ecdsa.PrivateKey{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if r.URL.Path == "/.well-known/openid-configuration" {
			json.NewEncoder(w).Encode(map[string]any{"issuer": p.URL, "jwks_uri": p.URL + "/keys"})
			return
		}
		set := []any{}
		for kid, k := range p.keys {
			point, err := k.PublicKey.Bytes()
			if err != nil {
				t.Error(err)
			}
			b64 := base64.RawURLEncoding.EncodeToString
			set = append(set, map[string]string{"kid": kid, "kty": "EC", "crv": "P-256", "use": "sig", "x": b64(point[1:33]), "y": b64(point[33:])})
		}
		json.NewEncoder(w).Encode(map[string]any{"keys": set})
	}))
	t.Cleanup(p.Close)
	return p
}

// rotate publishes one new key in place of all before, and gives it.
func (p *provider) rotate(t *testing.T, kid string) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys = map[string]*ecdsa.PrivateKey{kid: k}
	return k
}

func (p *provider) token(t *testing.T, kid string, k *ecdsa.PrivateKey, claims jwt.MapClaims) string {
	t.Helper()
	all := jwt.MapClaims{"iss": p.URL, "aud": "pmo-api", "sub": "ann", "iat": time.Now().Unix(), "exp": time.Now().Unix() + 3600, "jti": "t1",
		"name": "Ann Lee", "realm_access": map[string]any{"roles": []string{"readers"}}}
	for name, value := range claims {
		all[name] = value
	}
	made := jwt.NewWithClaims(jwt.SigningMethodES256, all)
	made.Header["kid"] = kid
	raw, err := made.SignedString(k)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// issuersFile writes a file that trusts the provider.
func (p *provider) issuersFile(t *testing.T, more string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "issuers.yaml")
	text := fmt.Sprintf(`issuers:
  - issuer: %s
    audience: pmo-api
    nameClaim: name
    ceiling: [VIEWER, PMO]
    roles:
      - claim: [realm_access, roles]
        map:
          - {value: readers, role: VIEWER}
          - {value: office, role: PMO}
%s`, p.URL, more)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); !ask(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s does not come about", what)
		}
	}
}

// viewed is what a server says of the bearer of a token.
type viewed struct {
	Viewer struct {
		User   *struct{ ID string }
		Claims []struct{ Role string }
	}
}

func (c client) viewer(t *testing.T, url string) (viewed, bool) {
	t.Helper()
	var v viewed
	err := c.ask(t.Context(), url, `{ viewer { user { id } claims { role } } }`, nil, &v)
	return v, err == nil
}

// A server accepts the tokens of a provider, puts their bearers on record, follows its keys, and goes on without it.
func TestServeWithAnIssuer(t *testing.T) {
	p := newProvider(t)
	one := p.rotate(t, "one")
	w := where{Data: t.TempDir()}
	s := serveProcess(t, ownProgram(t), w, "--issuers", p.issuersFile(t, ""))
	as := func(token string) client { return client{http.DefaultClient, token} }
	first := as(p.token(t, "one", one, nil))
	eventually(t, "the first sign-in", func() bool { _, ok := first.viewer(t, s.url); return ok })
	eventually(t, "a user on record", func() bool { v, _ := first.viewer(t, s.url); return v.Viewer.User != nil })
	v, _ := first.viewer(t, s.url)
	if len(v.Viewer.Claims) != 1 || v.Viewer.Claims[0].Role != "VIEWER" {
		t.Errorf("%+v", v)
	}
	admin := newClient(t, w, vocab.RoleAdmin, "admin")
	var users struct {
		Users struct {
			Nodes []struct{ Issuer, Subject, Name string }
		}
		Journal struct {
			Nodes []struct{ Action, Machine string }
		}
	}
	if err := admin.ask(t.Context(), s.url, `{ users(first: 10) { nodes { issuer subject name } } journal(last: 10) { nodes { action machine } } }`, nil, &users); err != nil {
		t.Fatal(err)
	}
	if n := users.Users.Nodes; len(n) != 1 || n[0].Issuer != p.URL || n[0].Subject != "ann" || n[0].Name != "Ann Lee" {
		t.Errorf("%+v", users.Users)
	}
	if n := users.Journal.Nodes; len(n) != 1 || n[0].Action != "userAdmit" || n[0].Machine != "sign-in" {
		t.Errorf("%+v", users.Journal)
	}

	answers := map[string]bool{}
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		p.token(t, "one", one, jwt.MapClaims{"aud": "pmo"}), p.token(t, "one", one, jwt.MapClaims{"iss": "LOCAL"}), p.token(t, "one", other, nil),
		p.token(t, "one", one, jwt.MapClaims{"exp": time.Now().Unix() - 60, "iat": time.Now().Unix() - 120}), p.token(t, "two", other, nil), "x", "",
	} {
		status, text := refusal(t, s.url, bad)
		answers[text] = true
		if status != http.StatusUnauthorized {
			t.Errorf("%d %s", status, text)
		}
	}
	if len(answers) != 1 {
		t.Errorf("answers that tell more than one thing: %v", answers)
	}

	two := p.rotate(t, "two")
	second := as(p.token(t, "two", two, nil))
	eventually(t, "the second key", func() bool { _, ok := second.viewer(t, s.url); return ok })
	if _, ok := first.viewer(t, s.url); ok {
		t.Error("the withdrawn key is accepted")
	}
	p.Close()
	if _, ok := second.viewer(t, s.url); !ok {
		t.Error("without its provider the server refuses")
	}
	if strings.Contains(s.log(), "Ann Lee") || strings.Contains(s.log(), second.token[:40]) {
		t.Errorf("the log names a person or a token:\n%s", s.log())
	}
}

// refusal gives the answer to a token without what differs from request to request.
func refusal(t *testing.T, url, token string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/graphql", strings.NewReader(`{"query":"{viewer{day}}"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var body strings.Builder
	if _, err := fmt.Fprint(&body, res.Status, " ", res.Header.Get("WWW-Authenticate"), " "); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 4096)
	n, _ := res.Body.Read(text)
	return res.StatusCode, strings.ReplaceAll(body.String()+string(text[:n]), res.Header.Get("X-Request-Id"), "ID")
}

// An issuer that admits nobody lets in who is on record, and nobody else; nobody is put on record.
func TestServeOnlyWhoIsOnRecord(t *testing.T) {
	p := newProvider(t)
	one := p.rotate(t, "one")
	w := where{Data: t.TempDir()}
	s := serveProcess(t, ownProgram(t), w, "--issuers", p.issuersFile(t, "    provision: false\n"))
	w.grant(t, "admin")
	if pmo(t, "grant", "--data", w.Data, "--subject", "admin", "--role", "ADMIN") != 0 {
		t.Fatal("no administrator")
	}
	admin := newClient(t, w, "", "admin")
	ann, bob := client{http.DefaultClient, p.token(t, "one", one, nil)}, client{http.DefaultClient, p.token(t, "one", one, jwt.MapClaims{"sub": "bob"})}
	create := `mutation($issuer: String!) { userCreate(input: {issuer: $issuer, subject: "ann"}) { user { id } } }`
	if err := admin.ask(t.Context(), s.url, create, map[string]any{"issuer": p.URL}, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the one on record", func() bool { _, ok := ann.viewer(t, s.url); return ok })
	if status, _ := refusal(t, s.url, bob.token); status != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", status)
	}
	if err := admin.ask(t.Context(), s.url, `mutation { userUpdate(input: {id: "user-2", patch: {active: false}}) { user { id } } }`, nil, &struct{}{}); err != nil {
		t.Fatal(err)
	}
	if status, _ := refusal(t, s.url, ann.token); status != http.StatusUnauthorized {
		t.Errorf("who was made inactive: %d", status)
	}
	w2 := where{Data: t.TempDir()}
	bad := p.issuersFile(t, "    audiences: [x]\n")
	if code := pmo(t, "serve", "--data", w2.Data, "--addr", "127.0.0.1:0", "--issuers", bad); code != exitRefused {
		t.Errorf("a server with a file that is wrong: %d", code)
	}
}

// However many sign in for the first time, each is put on record once, by few mutations, one at a time.
func TestFloodOfNewcomers(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		const people = 3000
		a := edge.NewAdmitter(o.r.journal, quiet())
		verify := a.Verify(func(_ context.Context, token string) (auth.Identity, error) {
			return auth.Identity{Issuer: "idp", Subject: token, Name: "Somebody", Provision: true}, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		var running, asking sync.WaitGroup
		running.Go(func() { a.Run(ctx) })
		sign := func() {
			for part := range 8 {
				asking.Go(func() {
					for i := range people {
						if _, err := verify(ctx, fmt.Sprint("person ", (i+part*people/8)%people)); err != nil {
							t.Error(err)
						}
					}
				})
			}
			asking.Wait()
		}
		eventually(t, "everybody on record", func() bool {
			sign()
			return o.r.journal.Latest().Count(state.Users.Desc()) >= people
		})
		if _, err := verify(ctx, "the last"); err != nil {
			t.Error(err)
		}
		eventually(t, "the last on record", func() bool { return o.r.journal.Latest().Count(state.Users.Desc()) == people+1 })
		cancel()
		running.Wait()
		subjects := map[any]bool{}
		for u := range state.Users.All(state.NewWhole(o.r.journal.Latest())) {
			subjects[*u.Subject] = true
		}
		if len(subjects) != people+1 || o.r.journal.Latest().Seq() > people/10 {
			t.Errorf("%d people in %d entries", len(subjects), o.r.journal.Latest().Seq())
		}
		if _, err := journal.Verify(t.Context(), o.r.db); err != nil {
			t.Error(err)
		}
	})
}
