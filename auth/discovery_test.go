package auth

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// provider is an issuer on this machine that says itself where its keys are.
type provider struct {
	*httptest.Server
	mu       sync.Mutex
	document func() any
	sets     map[string][]map[string]any // by path
	asked    map[string]int
	down     bool
}

func newProvider(t *testing.T) *provider {
	p := &provider{sets: map[string][]map[string]any{}, asked: map[string]int{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked[r.URL.Path]++
		switch keys, ok := p.sets[r.URL.Path]; {
		case p.down:
			w.WriteHeader(http.StatusBadGateway)
		case r.URL.Path == "/.well-known/openid-configuration":
			json.NewEncoder(w).Encode(p.document())
		case ok:
			json.NewEncoder(w).Encode(map[string]any{"keys": keys})
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(p.Close)
	p.points("/keys")
	return p
}

// set changes what the provider says.
func (p *provider) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

// points has its document name a path for the keys.
func (p *provider) points(path string) {
	p.set(func() {
		p.document = func() any { return map[string]any{"issuer": p.URL, "jwks_uri": p.URL + path} }
	})
}

func (p *provider) publish(path string, keys ...map[string]any) {
	p.set(func() { p.sets[path] = keys })
}

func (p *provider) fetches(path string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[path]
}

func (p *provider) token(t *testing.T, kid string, key ed25519.PrivateKey) string {
	return signWith(t, key, jwt.SigningMethodEdDSA, kid, func(c jwt.MapClaims) { c["iss"], c["iat"], c["exp"] = p.URL, testNow.Unix(), testNow.Unix()+80_000 })
}

func (p *provider) verifier(t *testing.T, clock *atomic.Int64, notice func(string)) *Verifier {
	t.Helper()
	v, err := NewVerifier(VerifierConfig{Local: testLocal(), Issuers: []TrustedIssuer{{Issuer: p.URL, Audience: Words{testAudience}}},
		Now: func() time.Time { return testNow.Add(time.Duration(clock.Load())) }, Notice: notice})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// Keys are found where the issuer says, followed when they change and when they move, and kept through an outage of hours.
func TestDiscoveryFollows(t *testing.T) {
	p := newProvider(t)
	p.publish("/keys", jwk("one", edKey(1).Public()))
	var clock atomic.Int64
	v := p.verifier(t, &clock, nil)
	one, two, three := p.token(t, "one", edKey(1)), p.token(t, "two", edKey(2)), p.token(t, "three", edKey(3))
	is := func(what string, wants ...bool) {
		t.Helper()
		for i, raw := range []string{one, two, three} {
			if got := accepts(t, v, raw); got != wants[i] {
				t.Errorf("%s: the key %d is accepted: %v, want %v", what, i+1, got, wants[i])
			}
		}
	}
	is("first", true, false, false)
	p.publish("/keys", jwk("one", edKey(1).Public()), jwk("two", edKey(2).Public()))
	is("within ten seconds", true, false, false)
	clock.Add(int64(unknownTime))
	is("rotated", true, true, false)
	p.publish("/moved", jwk("three", edKey(3).Public()))
	p.points("/moved")
	clock.Add(int64(unknownTime))
	is("moved, by the first token of the new key", true, true, true)
	is("moved", false, false, true)
	p.set(func() { p.down = true })
	for hour := range 5 {
		clock.Add(int64(time.Hour))
		is(fmt.Sprintf("down for %d hours", hour+1), false, false, true)
	}
	p.set(func() { p.down = false })
	p.publish("/moved", jwk("two", edKey(2).Public()))
	clock.Add(int64(unknownTime))
	if !accepts(t, v, two) || accepts(t, v, three) {
		t.Error("it does not catch up after the outage")
	}
}

// A document that is not this issuer's, or sends to where keys must not come from, is not followed; the keys stay those of before.
func TestDiscoveryRefuses(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"keys": []any{jwk("two", edKey(2).Public())}})
	}))
	defer elsewhere.Close()
	for name, c := range map[string]struct {
		document func(p *provider) any
		says     string
	}{
		"another issuer": {func(*provider) any {
			return map[string]any{"issuer": "https://evil.example", "jwks_uri": elsewhere.URL}
		}, "of the issuer"},
		"a slash more":            {func(p *provider) any { return map[string]any{"issuer": p.URL + "/", "jwks_uri": elsewhere.URL} }, "of the issuer"},
		"no issuer":               {func(*provider) any { return map[string]any{"jwks_uri": elsewhere.URL} }, "of the issuer"},
		"issuer in other letters": {func(p *provider) any { return map[string]any{"ISSUER": p.URL, "jwks_uri": elsewhere.URL} }, "of the issuer"},
		"no address":              {func(p *provider) any { return map[string]any{"issuer": p.URL} }, "jwks_uri"},
		"http elsewhere":          {func(p *provider) any { return map[string]any{"issuer": p.URL, "jwks_uri": "http://idp.example/keys"} }, "https"},
		"a file":                  {func(p *provider) any { return map[string]any{"issuer": p.URL, "jwks_uri": "file:///etc/passwd"} }, "jwks_uri"},
		"a password":              {func(p *provider) any { return map[string]any{"issuer": p.URL, "jwks_uri": "http://a:b@127.0.0.1/"} }, "jwks_uri"},
		"a list":                  {func(*provider) any { return []string{"issuer"} }, "JSON object"},
		"too long": {func(p *provider) any {
			return map[string]any{"issuer": p.URL, "jwks_uri": elsewhere.URL, "x": strings.Repeat("x", 1<<20)}
		}, "longer"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.publish("/keys", jwk("one", edKey(1).Public()))
			var clock atomic.Int64
			var told atomic.Pointer[string]
			v := p.verifier(t, &clock, func(s string) { told.Store(&s) })
			if !accepts(t, v, p.token(t, "one", edKey(1))) {
				t.Fatal("the first key is refused")
			}
			p.set(func() { p.document = func() any { return c.document(p) } })
			clock.Add(int64(unknownTime))
			if accepts(t, v, p.token(t, "two", edKey(2))) {
				t.Error("it followed")
			}
			if s := told.Load(); s == nil || !strings.Contains(*s, c.says) {
				t.Errorf("told %v, want something of %q", s, c.says)
			}
			p.publish("/keys", jwk("three", edKey(3).Public()))
			clock.Add(int64(unknownTime))
			if !accepts(t, v, p.token(t, "three", edKey(3))) {
				t.Error("it does not look any more where the keys were last")
			}

			q := newProvider(t) // the same from the beginning
			q.publish("/keys", jwk("one", edKey(1).Public()))
			q.set(func() { q.document = func() any { return c.document(q) } })
			if v := q.verifier(t, &clock, nil); accepts(t, v, q.token(t, "two", edKey(2))) || accepts(t, v, q.token(t, "one", edKey(1))) {
				t.Error("accepted without a good document")
			}
		})
	}
}

// An issuer on the network cannot send us to this machine by plain http.
func TestDiscoveryStaysOnItsSide(t *testing.T) {
	if checkAddress("http://127.0.0.1:1/keys", false) == nil || checkAddress("https://127.0.0.1:1/keys", false) != nil {
		t.Error("plain http belongs to issuers on this machine alone")
	}
}

// A flood of unknown keys causes one look at document and set in ten seconds, and only so many wait for it.
func TestUnknownKeysAreHarmless(t *testing.T) {
	p := newProvider(t)
	p.publish("/keys", jwk("one", edKey(1).Public()))
	var clock atomic.Int64
	v := p.verifier(t, &clock, nil)
	one := p.token(t, "one", edKey(1))
	if !accepts(t, v, one) {
		t.Fatal("the key is refused")
	}
	documents, sets := p.fetches("/.well-known/openid-configuration"), p.fetches("/keys")
	clock.Add(int64(unknownTime))
	p.mu.Lock() // the issuer does not answer
	ctx, cancel := context.WithCancel(t.Context())
	var refused atomic.Int64
	var all sync.WaitGroup
	const flood = 1000
	for i := range flood {
		raw := p.token(t, fmt.Sprint("unknown ", i), edKey(9))
		all.Go(func() {
			if _, err := v.Verify(ctx, raw); err != ErrUnauthenticated {
				t.Error(err)
			}
			refused.Add(1)
		})
	}
	for refused.Load() < flood-maxWaiting { // the others are refused without an answer
		time.Sleep(time.Millisecond)
	}
	if n := refused.Load(); n > flood-1 {
		t.Errorf("nobody waits: %d refused", n)
	}
	if !accepts(t, v, one) {
		t.Error("a known key is refused meanwhile")
	}
	cancel()
	all.Wait()
	p.mu.Unlock()
	v.Close() // the fetch is over
	if d, s := p.fetches("/.well-known/openid-configuration")-documents, p.fetches("/keys")-sets; d > 1 || s > 1 {
		t.Errorf("%d looks at the document, %d at the set", d, s)
	}
}
