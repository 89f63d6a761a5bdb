package auth

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"pmograph/internal/vocab"
)

// idp is a trusted issuer on this machine that publishes keys.
type idp struct {
	*httptest.Server
	fetches atomic.Int64
	answer  atomic.Pointer[http.HandlerFunc]
}

func newIDP(t *testing.T) *idp {
	p := &idp{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.fetches.Add(1)
		(*p.answer.Load())(w, r)
	}))
	t.Cleanup(p.Close)
	p.publish()
	return p
}

func (p *idp) serve(f http.HandlerFunc) { p.answer.Store(&f) }

func (p *idp) publish(keys ...map[string]any) {
	body, _ := json.Marshal(map[string]any{"keys": keys})
	p.serve(func(w http.ResponseWriter, _ *http.Request) { w.Write(body) })
}

func (p *idp) trusted(algs ...string) TrustedIssuer {
	return TrustedIssuer{Issuer: "idp", JWKSURL: p.URL, Audience: Words{testAudience}, Algorithms: algs,
		Ceiling: []vocab.Role{vocab.RoleViewer, vocab.RoleProjectManager},
		Roles:   []RoleClaim{{Words{"roles"}, []RoleMapping{{"VIEWER", vocab.RoleViewer, "project:A"}}}}}
}

// waitFor waits until n fetches are over and the verifier has seen the last.
func (p *idp) waitFor(t *testing.T, n int64) {
	t.Helper()
	for range 500 {
		if p.fetches.Load() >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%d fetches, want %d", p.fetches.Load(), n)
}

// jwk gives the published form of an Ed25519, P-256 … or RSA public key.
func jwk(kid string, public crypto.PublicKey, more ...string) map[string]any {
	m := map[string]any{"kid": kid}
	switch k := public.(type) {
	case ed25519.PublicKey:
		m["kty"], m["crv"], m["x"] = "OKP", "Ed25519", b64(string(k))
	case *ecdsa.PublicKey:
		point, err := k.Bytes() // 4, x, y
		if err != nil {
			panic(err)
		}
		half := len(point) / 2
		m["kty"], m["crv"], m["x"], m["y"] = "EC", k.Params().Name, b64(string(point[1:1+half])), b64(string(point[1+half:]))
	case *rsa.PublicKey:
		m["kty"], m["n"], m["e"] = "RSA", b64(string(k.N.Bytes())), "AQAB"
	}
	for i := 0; i < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

func edKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func (p *idp) token(t *testing.T, kid string, key ed25519.PrivateKey) string {
	return signWith(t, key, jwt.SigningMethodEdDSA, kid, nil)
}

func accepts(t *testing.T, v *Verifier, raw string) bool {
	t.Helper()
	_, err := v.Verify(t.Context(), raw)
	return err == nil
}

func TestJWKSAlgorithms(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsa2048, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsa1024, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	ed := edKey(1)
	p := newIDP(t)
	p.publish(
		jwk("ed", ed.Public()), jwk("p256", p256.Public()), jwk("p384", p384.Public()), jwk("rsa", rsa2048.Public()),
		jwk("small", rsa1024.Public()),
		jwk("sig", ed.Public(), "use", "sig", "alg", "EdDSA"),
		jwk("enc", ed.Public(), "use", "enc"),
		jwk("rs512", rsa2048.Public(), "alg", "RS512"),
		jwk("private", ed.Public(), "d", b64(string(ed.Seed()))),
		jwk("", ed.Public()),
		map[string]any{"kid": "oct", "kty": "oct", "k": "c2VjcmV0"},
		map[string]any{"kid": "odd", "kty": "OKP", "crv": "Ed448", "x": "AA"},
		map[string]any{"kid": "broken", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
		nil,
	)
	now := testNow
	v := testVerifier(t, &now, p.trusted("EdDSA", "ES256", "ES384", "RS256", "PS256"))
	for _, c := range []struct {
		kid    string
		key    crypto.Signer
		method jwt.SigningMethod
		want   bool
	}{
		{"ed", ed, jwt.SigningMethodEdDSA, true},
		{"p256", p256, jwt.SigningMethodES256, true},
		{"p384", p384, jwt.SigningMethodES384, true},
		{"rsa", rsa2048, jwt.SigningMethodRS256, true},
		{"rsa", rsa2048, jwt.SigningMethodPS256, true},
		{"sig", ed, jwt.SigningMethodEdDSA, true},
		{"rsa", rsa2048, jwt.SigningMethodRS512, false},                                       // not configured
		{"rs512", rsa2048, jwt.SigningMethodRS256, false},                                     // not the key's own algorithm
		{"small", rsa1024, jwt.SigningMethodRS256, false},                                     // too short
		{"enc", ed, jwt.SigningMethodEdDSA, false},                                            // not for signatures
		{"private", ed, jwt.SigningMethodEdDSA, false},                                        // everybody can sign with it
		{"", ed, jwt.SigningMethodEdDSA, false},                                               // nameless
		{"p256", ed, jwt.SigningMethodEdDSA, false},                                           // another key's name
		{"ed", testKey, jwt.SigningMethodEdDSA, false},                                        // the local key under a foreign name
		{KeyID(testKey.Public().(ed25519.PublicKey)), testKey, jwt.SigningMethodEdDSA, false}, // the local key for another issuer
	} {
		if got := accepts(t, v, signWith(t, c.key, c.method, c.kid, nil)); got != c.want {
			t.Errorf("%s with key %q: accepted is %v, want %v", c.method.Alg(), c.kid, got, c.want)
		}
	}
	if accepts(t, v, signWith(t, ed, jwt.SigningMethodEdDSA, "ed", func(c jwt.MapClaims) { c["iss"] = testIssuer })) {
		t.Error("the other issuer's key signed for the local one")
	}
	id, err := v.Verify(t.Context(), signWith(t, ed, jwt.SigningMethodEdDSA, "ed", func(c jwt.MapClaims) {
		c["roles"], c["pmo_role"], c["pmo_scope"] = []string{"ADMIN", "VIEWER"}, "ADMIN", ""
	}))
	want := []Claim{{vocab.RoleViewer, Scope{vocab.ScopeKindProject, "A"}}}
	if err != nil || id.Issuer != "idp" || id.Subject != "bob" || !slices.Equal(id.Claims, want) {
		t.Errorf("%+v, %v", id, err)
	}
}

// A new key is fetched when a token first names it; the old one is dropped with it.
func TestJWKSRotation(t *testing.T) {
	p := newIDP(t)
	p.publish(jwk("one", edKey(1).Public()))
	now := testNow
	v := testVerifier(t, &now, p.trusted("EdDSA"))
	if !accepts(t, v, p.token(t, "one", edKey(1))) {
		t.Fatal("the first key is refused")
	}
	p.publish(jwk("two", edKey(2).Public()))
	if !accepts(t, v, p.token(t, "one", edKey(1))) {
		t.Error("the first key is refused before the next fetch")
	}
	now = now.Add(10 * time.Second)
	if !accepts(t, v, p.token(t, "two", edKey(2))) {
		t.Error("the second key is refused")
	}
	now = now.Add(10 * time.Second)
	if accepts(t, v, p.token(t, "one", edKey(1))) {
		t.Error("the withdrawn key is accepted")
	}
}

// The set is fetched again without anybody asking, and a withdrawn key then fails.
func TestJWKSRefresh(t *testing.T) {
	p := newIDP(t)
	p.publish(jwk("one", edKey(1).Public()))
	v, err := newVerifier(VerifierConfig{Local: testLocal(),
		Issuers: []TrustedIssuer{p.trusted("EdDSA")}, Now: func() time.Time { return testNow }}, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if !accepts(t, v, p.token(t, "one", edKey(1))) {
		t.Fatal("the key is refused")
	}
	p.publish(jwk("two", edKey(2).Public()))
	p.waitFor(t, p.fetches.Load()+2)
	if accepts(t, v, p.token(t, "one", edKey(1))) || !accepts(t, v, p.token(t, "two", edKey(2))) {
		t.Error("the refreshed set is not in use")
	}
	v.Close()
	after := p.fetches.Load()
	time.Sleep(100 * time.Millisecond)
	if p.fetches.Load() != after {
		t.Error("it fetches after Close")
	}
	if !accepts(t, v, p.token(t, "two", edKey(2))) || accepts(t, v, p.token(t, "three", edKey(3))) {
		t.Error("after Close, known keys stay and unknown ones fail")
	}
}

// However many tokens name unknown keys, there is one fetch in 10 seconds.
func TestJWKSUnknownKeysAreThrottled(t *testing.T) {
	p := newIDP(t)
	p.publish(jwk("one", edKey(1).Public()))
	var clock atomic.Int64
	v, err := NewVerifier(VerifierConfig{Local: testLocal(),
		Issuers: []TrustedIssuer{p.trusted("EdDSA")}, Now: func() time.Time { return testNow.Add(time.Duration(clock.Load())) }})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if !accepts(t, v, p.token(t, "one", edKey(1))) {
		t.Fatal("the key is refused")
	}
	flood := func() {
		var wg sync.WaitGroup
		for i := range 100 {
			raw := p.token(t, fmt.Sprint("unknown", i), edKey(9))
			wg.Go(func() {
				if _, err := v.Verify(t.Context(), raw); err == nil {
					t.Error("accepted")
				}
			})
		}
		wg.Wait()
	}
	for _, c := range []struct {
		after time.Duration
		want  int64
	}{{0, 1}, {9999 * time.Millisecond, 1}, {10 * time.Second, 2}, {19 * time.Second, 2}, {20 * time.Second, 3}} {
		clock.Store(int64(c.after))
		flood()
		if got := p.fetches.Load(); got != c.want {
			t.Errorf("after %s: %d fetches, want %d", c.after, got, c.want)
		}
	}
	for range 100 { // what can never be good causes none
		clock.Add(int64(10 * time.Second))
		raw := p.token(t, "unknown", edKey(9))
		accepts(t, v, raw[:len(raw)/2])
		accepts(t, v, p.token(t, "", edKey(9)))
		accepts(t, v, p.token(t, strings.Repeat("k", 256), edKey(9)))
		accepts(t, v, signWith(t, edKey(9), jwt.SigningMethodEdDSA, "unknown", func(c jwt.MapClaims) { c["sub"] = "" }))
		accepts(t, v, signWith(t, edKey(9), jwt.SigningMethodEdDSA, "unknown", func(c jwt.MapClaims) { c["iss"] = "nobody" }))
	}
	if got := p.fetches.Load(); got != 3 {
		t.Errorf("malformed tokens caused fetches: %d", got)
	}
}

// After a bad answer of any kind the last good set stays in use, and the reason is told.
func TestJWKSKeepsTheLastGoodSet(t *testing.T) {
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(s)) }
	}
	good, err := json.Marshal(map[string]any{"keys": []any{jwk("two", edKey(2).Public())}})
	if err != nil {
		t.Fatal(err)
	}
	pad := func(size int) string { return string(good) + strings.Repeat(" ", size-len(good)) }
	elsewhere := httptest.NewServer(text(string(good)))
	defer elsewhere.Close()
	doubled, err := json.Marshal(map[string]any{"keys": []any{jwk("two", edKey(2).Public()), jwk("two", edKey(3).Public())}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		taken  bool // the answer replaces the set
	}{
		"good":                {text(string(good)), true},
		"good, 1 MiB":         {text(pad(1 << 20)), true},
		"a byte over 1 MiB":   {text(pad(1<<20 + 1)), false},
		"a redirect":          {http.RedirectHandler(elsewhere.URL, http.StatusFound).ServeHTTP, false},
		"a redirect for good": {http.RedirectHandler(elsewhere.URL, http.StatusPermanentRedirect).ServeHTTP, false},
		"an error": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			w.Write(good)
		}, false},
		"status 203":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(203); w.Write(good) }, false},
		"cut":             {text(string(good[:len(good)-2])), false},
		"a page":          {text("<html>"), false},
		"an empty object": {text("{}"), false},
		"no keys":         {text(`{"keys":[]}`), false},
		"no usable key":   {text(`{"keys":[{"kid":"one","kty":"oct","k":"AA"}]}`), false},
		"keys of no kind": {text(`{"keys":[1,"x",null]}`), false},
		"a name twice":    {text(string(doubled)), false},
		"hung up":         {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newIDP(t)
			p.publish(jwk("one", edKey(1).Public()))
			var reasons atomic.Int64
			var clock atomic.Int64
			v, err := NewVerifier(VerifierConfig{Local: testLocal(),
				Issuers: []TrustedIssuer{p.trusted("EdDSA")}, Now: func() time.Time { return testNow.Add(time.Duration(clock.Load())) },
				Notice: func(r string) {
					if strings.Contains(r, "its key set stays as it was") {
						reasons.Add(1)
					}
				}})
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			if !accepts(t, v, p.token(t, "one", edKey(1))) {
				t.Fatal("the first key is refused")
			}
			p.serve(c.answer)
			clock.Store(int64(10 * time.Second))
			if got := accepts(t, v, p.token(t, "two", edKey(2))); got != c.taken {
				t.Errorf("the key in the answer: accepted is %v, want %v", got, c.taken)
			}
			if got := accepts(t, v, p.token(t, "one", edKey(1))); got == c.taken {
				t.Errorf("the last good key: accepted is %v, want %v", got, !c.taken)
			}
			if told := reasons.Load() > 0; told == c.taken {
				t.Errorf("told about the answer is %v, want %v", told, !c.taken)
			}
		})
	}
}

// A server that is down keeps nobody out who came in before; a server that starts while it is down catches up.
func TestJWKSServerDown(t *testing.T) {
	p := newIDP(t)
	p.publish(jwk("one", edKey(1).Public()))
	now := testNow
	v := testVerifier(t, &now, p.trusted("EdDSA"))
	if !accepts(t, v, p.token(t, "one", edKey(1))) {
		t.Fatal("the key is refused")
	}
	address := strings.TrimPrefix(p.URL, "http://")
	p.Close()
	now = now.Add(time.Minute)
	if accepts(t, v, p.token(t, "two", edKey(2))) || !accepts(t, v, p.token(t, "one", edKey(1))) {
		t.Error("the last good set is not in use")
	}

	late := testNow
	started := testVerifier(t, &late, TrustedIssuer{Issuer: "idp", JWKSURL: "http://" + address, Audience: Words{testAudience}})
	if accepts(t, started, p.token(t, "one", edKey(1))) {
		t.Error("accepted without a key")
	}
	if !accepts(t, started, newForgery().raw(t)) {
		t.Error("the local issuer suffers")
	}
	again := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*p.answer.Load())(w, r) }))
	again.Listener.Close() // the one of another port
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Skipf("the port %s is taken by now: %v", address, err)
	}
	again.Listener = listener
	again.Start()
	defer again.Close()
	late = late.Add(10 * time.Second)
	if !accepts(t, started, p.token(t, "one", edKey(1))) {
		t.Error("it does not catch up")
	}
}

// A slow issuer costs a caller no longer than his own patience, and delays no token whose key is known.
func TestJWKSSlowServer(t *testing.T) {
	p := newIDP(t)
	p.publish(jwk("one", edKey(1).Public()))
	now := testNow
	v := testVerifier(t, &now, p.trusted("EdDSA"))
	if !accepts(t, v, p.token(t, "one", edKey(1))) {
		t.Fatal("the key is refused")
	}
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	p.serve(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	now = now.Add(time.Minute)
	patience, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if _, err := v.Verify(patience, p.token(t, "two", edKey(2))); err != ErrUnauthenticated {
		t.Error(err)
	}
	if !accepts(t, v, p.token(t, "one", edKey(1))) {
		t.Error("a known key is refused meanwhile")
	}
	v.Close() // breaks the fetch off
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
}

// The given client serves for its transport only, and is left as it was.
func TestClientForKeySets(t *testing.T) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	given := &http.Client{Transport: &http.Transport{}, Jar: jar, Timeout: time.Hour}
	c := withoutRedirects(given)
	if c.Transport != given.Transport || c.Jar != nil || c.Timeout != 5*time.Second || c.CheckRedirect(nil, nil) != http.ErrUseLastResponse {
		t.Errorf("the copy is %+v", c)
	}
	if given.Jar != jar || given.Timeout != time.Hour || given.CheckRedirect != nil {
		t.Errorf("the given one is changed: %+v", given)
	}
}

func TestKeySetAddress(t *testing.T) {
	for address, want := range map[string]bool{
		"https://idp.example/keys":       true,
		"https://127.0.0.1/keys":         true,
		"http://127.0.0.1:8080/keys":     true,
		"http://127.9.9.9/keys":          true,
		"http://[::1]:8080/keys":         true,
		"http://localhost:8080/keys":     true,
		"http://[::ffff:127.0.0.1]/keys": true,
		"http://idp.example/keys":        false,
		"http://10.0.0.1/keys":           false,
		"http://0.0.0.0/keys":            false,
		"http://localhost.example/keys":  false,
		"http://127.1/keys":              false,
		"ftp://127.0.0.1/keys":           false,
		"https:///keys":                  false,
		"idp.example/keys":               false,
		"":                               false,
	} {
		if got := checkAddress(address, true) == nil; got != want {
			t.Errorf("%q: accepted is %v, want %v", address, got, want)
		}
	}
}

func TestAlgorithmsAreAsymmetric(t *testing.T) {
	for name := range maps.Keys(algorithms) {
		if strings.HasPrefix(name, "HS") || name == "none" || jwt.GetSigningMethod(name) == nil {
			t.Errorf("%s is among the algorithms", name)
		}
	}
}
