package auth

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// forgery is a token in the making. Untouched it is good.
type forgery struct {
	header, claims map[string]any
	headerText     func(string) string // the last touch on the JSON
	claimsText     func(string) string
	sign           func(text string) []byte
	finish         func(raw string) string // the last touch on the token
}

func newForgery() *forgery {
	same := func(s string) string { return s }
	return &forgery{
		header: map[string]any{"typ": "JWT", "alg": "EdDSA", "kid": KeyID(testKey.Public().(ed25519.PublicKey))},
		claims: map[string]any{"iss": testIssuer, "aud": testAudience, "sub": "ann", "jti": "t1",
			"iat": testNow.Unix(), "exp": testNow.Unix() + 3600, roleClaim: "PMO", scopeClaim: "portfolio:GMPP"},
		headerText: same,
		claimsText: same,
		sign:       func(text string) []byte { return ed25519.Sign(testKey, []byte(text)) },
		finish:     same,
	}
}

func (f *forgery) raw(testing.TB) string {
	h, err := json.Marshal(f.header)
	if err != nil {
		panic(err)
	}
	c, err := json.Marshal(f.claims)
	if err != nil {
		panic(err)
	}
	text := b64(f.headerText(string(h))) + "." + b64(f.claimsText(string(c)))
	return f.finish(text + "." + b64(string(f.sign(text))))
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func head(name string, value any) func(*forgery) { return func(f *forgery) { f.header[name] = value } }

func claim(name string, value any) func(*forgery) { return func(f *forgery) { f.claims[name] = value } }

func without(name string) func(*forgery) {
	return func(f *forgery) { delete(f.header, name); delete(f.claims, name) }
}

func payload(old, new string) func(*forgery) {
	return func(f *forgery) { f.claimsText = func(s string) string { return strings.Replace(s, old, new, 1) } }
}

func times(iat, exp time.Duration) func(*forgery) {
	return func(f *forgery) {
		f.claims["iat"], f.claims["exp"] = testNow.Add(iat).Unix(), testNow.Add(exp).Unix()
	}
}

func finish(change func(string) string) func(*forgery) { return func(f *forgery) { f.finish = change } }

func nothing(*forgery) {}

// hmacWith signs as HS256 with the public key as the secret, the classic confusion of algorithms.
func hmacWith(secret []byte) func(*forgery) {
	return func(f *forgery) {
		f.header["alg"] = "HS256"
		f.sign = func(text string) []byte {
			m := hmac.New(sha256.New, secret)
			m.Write([]byte(text))
			return m.Sum(nil)
		}
	}
}

// padTo makes a signed token of exactly n bytes, by members nobody reads: base64 skips lengths, so header and payload are padded both.
func padTo(n int) func(*forgery) {
	encoded := func(part any) int {
		text, _ := json.Marshal(part)
		return base64.RawURLEncoding.EncodedLen(len(text))
	}
	return func(f *forgery) {
		for _, f.header["pad"] = range []string{"", "x", "xx"} {
			for rest := n; rest > 0; rest-- {
				f.claims["pad"] = strings.Repeat("x", rest)
				size := encoded(f.header) + encoded(f.claims) + base64.RawURLEncoding.EncodedLen(ed25519.SignatureSize) + len("..")
				if size == n {
					return
				}
				if size < n {
					break
				}
			}
		}
		panic("no padding gives this length")
	}
}

// Each bad token has a good twin that differs in that one thing; nothing passes or fails for another reason.
var badTokens = []struct {
	name      string
	bad, good func(*forgery)
}{
	{"algorithm none, no signature", func(f *forgery) { f.header["alg"] = "none"; f.sign = func(string) []byte { return nil } }, nothing},
	{"algorithm none, good signature", head("alg", "none"), nothing},
	{"algorithm None", func(f *forgery) { f.header["alg"] = "None"; f.sign = func(string) []byte { return nil } }, nothing},
	{"HS256 with the public key as secret", hmacWith(testKey.Public().(ed25519.PublicKey)), nothing},
	{"HS256 with an empty secret", hmacWith(nil), nothing},
	{"algorithm of another issuer", head("alg", "RS256"), nothing},
	{"algorithm in small letters", head("alg", "eddsa"), nothing},
	{"no algorithm", without("alg"), nothing},
	{"algorithm is a list", head("alg", []string{"EdDSA"}), nothing},
	{"signed with another key", func(f *forgery) {
		f.sign = func(s string) []byte { return ed25519.Sign(ed25519.NewKeyFromSeed(make([]byte, 32)), []byte(s)) }
	}, nothing},
	{"signature of zeros", func(f *forgery) { f.sign = func(string) []byte { return make([]byte, 64) } }, nothing},
	{"no signature", func(f *forgery) { f.sign = func(string) []byte { return nil } }, nothing},
	{"signature cut", finish(func(s string) string { return s[:len(s)-2] }), nothing},
	{"claims changed after signing", finish(func(s string) string {
		p := strings.Split(s, ".")
		c, _ := base64.RawURLEncoding.DecodeString(p[1])
		return p[0] + "." + b64(strings.Replace(string(c), "PMO", "ADMIN", 1)) + "." + p[2]
	}), nothing},
	{"header changed after signing", finish(func(s string) string {
		p := strings.Split(s, ".")
		h, _ := base64.RawURLEncoding.DecodeString(p[0])
		return b64(strings.Replace(string(h), "JWT", "jwt", 1)) + "." + p[1] + "." + p[2]
	}), head("typ", "jwt")},

	{"empty", finish(func(string) string { return "" }), nothing},
	{"two parts", finish(func(s string) string { return s[:strings.LastIndex(s, ".")] }), nothing},
	{"four parts", finish(func(s string) string { return s + ".x" }), nothing},
	{"a dot at the end", finish(func(s string) string { return s + "." }), nothing},
	{"a space before", finish(func(s string) string { return " " + s }), nothing},
	{"the word Bearer before", finish(func(s string) string { return "Bearer " + s }), nothing},
	{"line break in the signature", finish(func(s string) string { return s[:len(s)-4] + "\r\n" + s[len(s)-4:] }), nothing},
	{"line break at the end", finish(func(s string) string { return s + "\n" }), nothing},
	{"padded base64", finish(func(s string) string { return s + "==" }), nothing},
	{"bits left over in base64", finish(func(s string) string { return s[:len(s)-1] + string(s[len(s)-1]+1) }), nothing},
	{"one byte too long", padTo(8193), padTo(8192)},
	{"not JSON", payload("{", ""), nothing},
	{"payload null", func(f *forgery) { f.claimsText = func(string) string { return "null" } }, nothing},
	{"payload a list", func(f *forgery) { f.claimsText = func(s string) string { return "[" + s + "]" } }, nothing},
	{"text after the payload", func(f *forgery) { f.claimsText = func(s string) string { return s + "{}" } }, nothing},
	{"not UTF-8", payload("{", "{\"x\":\"\xff\","), payload("{", "{\"x\":\"ÿ\",")},

	{"no type", without("typ"), nothing},
	{"another type", head("typ", "dpop+jwt"), head("typ", "at+jwt")},
	{"type is a number", head("typ", 1), head("typ", "application/at+jwt")},
	{"no key id", without("kid"), nothing},
	{"empty key id", head("kid", ""), nothing},
	{"another key id", head("kid", "0123456789abcdef"), nothing},
	{"key id is a number", head("kid", 7), nothing},
	{"crit", head("crit", []string{"exp"}), head("x", []string{"exp"})},
	{"empty crit", head("crit", []string{}), nothing},
	{"jku", head("jku", "https://evil.example/keys"), nothing},
	{"x5u", head("x5u", "https://evil.example/cert"), nothing},
	{"x5c", head("x5c", []string{"MIIB"}), nothing},
	{"jwk", head("jwk", map[string]string{"kty": "OKP"}), nothing},

	{"no issuer", without("iss"), nothing},
	{"another issuer", claim("iss", "evil.example"), nothing},
	{"issuer with other case", claim("iss", "PMO.example"), nothing},
	{"issuer is a list", claim("iss", []string{testIssuer}), nothing},
	{"no audience", without("aud"), nothing},
	{"another audience", claim("aud", "other"), claim("aud", []string{"other", testAudience})},
	{"empty list of audiences", claim("aud", []string{}), claim("aud", []string{testAudience})},
	{"audience is an object", claim("aud", map[string]any{testAudience: true}), nothing},

	{"no expiry", without("exp"), nothing},
	{"expiry null", claim("exp", nil), nothing},
	{"expiry is text", claim("exp", "1795428000"), claim("exp", 1795428000)},
	{"expiry beyond all clocks", claim("exp", 1e300), nothing},
	{"expiry negative", claim("exp", -1), nothing},
	{"expired past the leeway", times(-time.Hour, -31*time.Second), times(-time.Hour, -29*time.Second)},
	{"no time of issue", without("iat"), nothing},
	{"time of issue zero", claim("iat", 0), nothing},
	{"time of issue is text", claim("iat", "now"), nothing},
	{"issued in the future", times(32*time.Second, time.Hour), times(30*time.Second, time.Hour)},
	{"not yet valid", claim("nbf", testNow.Unix()+32), claim("nbf", testNow.Unix()+30)},
	{"not before is text", claim("nbf", "now"), claim("nbf", testNow.Unix())},
	{"not before beyond all clocks", claim("nbf", -1e300), nothing},
	{"lives more than 24 hours", times(-time.Second, 24*time.Hour), times(0, 24*time.Hour)},
	{"expires when issued", times(0, 0), times(0, time.Second)},
	{"expires before it is issued", times(10*time.Second, 5*time.Second), times(5*time.Second, 10*time.Second)},

	{"no subject", without("sub"), nothing},
	{"empty subject", claim("sub", ""), claim("sub", "a")},
	{"subject is a number", claim("sub", 12345), claim("sub", "12345")},
	{"long subject", claim("sub", strings.Repeat("ß", 256)), claim("sub", strings.Repeat("ß", 255))},
	{"space before the subject", claim("sub", " ann"), claim("sub", "ann lee")},
	{"space after the subject", claim("sub", "ann\u00a0"), nothing},
	{"zero byte in the subject", claim("sub", "ann\x00"), nothing},
	{"invisible character in the subject", claim("sub", "an\u200bn"), claim("sub", "añn")},
	{"half a character in the subject", payload(`"ann"`, `"an\ud800n"`), payload(`"ann"`, `"an\u00f1n"`)},
	{"subject with another spelling of the name", payload(`"sub"`, `"SUB"`), nothing},
	{"token id is a number", claim("jti", 1), without("jti")},
	{"empty token id", claim("jti", ""), nothing},

	{"subject twice", payload(`"sub"`, `"sub":"bob","sub"`), payload(`"sub"`, `"sub2":"bob","sub"`)},
	{"subject twice, once escaped", payload(`"sub"`, `"s\u0075b":"bob","sub"`), payload(`"sub"`, `"s\u0075b"`)},
	{"a name twice, deep in the payload", payload("{", `{"x":[1,{"a":{"b":1,"b":1}}],`), payload("{", `{"x":[1,{"a":{"b":1,"c":1}}],`)},
	{"algorithm twice in the header", func(f *forgery) {
		f.headerText = func(s string) string { return strings.Replace(s, "{", `{"alg":"none",`, 1) }
	}, func(f *forgery) {
		f.headerText = func(s string) string { return strings.Replace(s, "{", `{"x":"none",`, 1) }
	}},
	{"key id twice in the header", func(f *forgery) {
		f.headerText = func(s string) string { return strings.Replace(s, "{", `{"kid":"x",`, 1) }
	}, nothing},

	{"role is a number", claim(roleClaim, 1), nothing},
	{"role is a list", claim(roleClaim, []any{"PMO"}), nothing},
	{"role is none of ours", claim(roleClaim, "ROOT"), claim(roleClaim, "ADMIN")},
	{"role without scope", without(scopeClaim), claim(scopeClaim, "")},
	{"role with scope null", claim(scopeClaim, nil), func(f *forgery) { delete(f.claims, roleClaim); delete(f.claims, scopeClaim) }},
	{"malformed scope", claim(scopeClaim, "GMPP"), nothing},
	{"scope is an object", claim(scopeClaim, map[string]any{}), nothing},
	{"several scopes", claim(scopeClaim, []string{"project:A", "project:B"}), claim(scopeClaim, "project:A")},

	{"content type", head("cty", "JWT"), head("x", "JWT")},
	{"a token in a token", func(f *forgery) {
		inner := newForgery().raw(nil)
		f.header["cty"], f.claimsText = "JWT", func(string) string { return inner }
	}, nothing},
	{"a token in a token, as text", func(f *forgery) { f.claimsText = func(string) string { return `"` + newForgery().raw(nil) + `"` } }, nothing},
	{"encrypted, by its header", head("enc", "A256GCM"), head("encoded", "A256GCM")},
	{"compressed, by its header", head("zip", "DEF"), nothing},
	{"five parts, as if encrypted", finish(func(s string) string { return s + ".x.y" }), nothing},
	{"payload not encoded", func(f *forgery) { f.header["b64"], f.header["crit"] = false, []string{"b64"} }, nothing},
	{"empty header", func(f *forgery) { f.headerText = func(string) string { return "" } }, nothing},
	{"empty payload", func(f *forgery) { f.claimsText = func(string) string { return "" } }, nothing},
	{"type in the way of tokens without one", head("typ", "NONE"), nothing},
	{"type null", head("typ", nil), nothing},
	{"JSON with a mark of its order", func(f *forgery) { f.claimsText = func(s string) string { return "\ufeff" + s } }, nothing},
	{"standard base64 in place of that of addresses", func(f *forgery) {
		f.claims["x"] = "???>>>"
		f.finish = func(s string) string { return strings.NewReplacer("-", "+", "_", "/").Replace(s) }
	}, claim("x", "???>>>")},
	{"time of issue a little over an hour ahead", times(time.Hour+time.Second, 2*time.Hour), times(-time.Hour, 2*time.Hour)},
}

func TestBadTokens(t *testing.T) {
	var reason atomic.Pointer[string]
	v, err := NewVerifier(VerifierConfig{
		Local:  testLocal(),
		Now:    func() time.Time { return testNow },
		Reason: func(s string) { reason.Store(&s) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	for _, c := range badTokens {
		t.Run(c.name, func(t *testing.T) {
			good, bad := newForgery(), newForgery()
			c.good(good)
			c.bad(bad)
			reason.Store(nil)
			if id, err := v.Verify(t.Context(), good.raw(t)); err != nil || id.Subject == "" || id.Issuer != testIssuer {
				t.Errorf("the good twin is refused: %+v, %v", id, err)
			}
			if r := reason.Load(); r != nil {
				t.Errorf("a reason to refuse the good twin: %s", *r)
			}
			raw := bad.raw(t)
			id, err := v.Verify(t.Context(), raw)
			if err != ErrUnauthenticated || !reflect.DeepEqual(id, Identity{}) {
				t.Errorf("accepted: %+v, %v", id, err)
			}
			if r := reason.Load(); r == nil || *r == "" {
				t.Error("no reason for the log")
			} else if raw != "" && slices.ContainsFunc(strings.Split(raw, "."), func(p string) bool { return len(p) > 8 && strings.Contains(*r, p) }) {
				t.Errorf("the reason shows the token: %s", *r)
			}
			if _, err := v.Verify(t.Context(), raw); err != ErrUnauthenticated {
				t.Errorf("accepted the second time: %v", err)
			}
		})
	}
}

// Without a hook for reasons nothing but the error is different.
func TestVerifyWithoutReasonHook(t *testing.T) {
	now := testNow
	if _, err := testVerifier(t, &now).Verify(t.Context(), "x"); err != ErrUnauthenticated {
		t.Error(err)
	}
}

func TestNewVerifierRefuses(t *testing.T) {
	good := func() VerifierConfig {
		return VerifierConfig{
			Local:   testLocal(),
			Issuers: []TrustedIssuer{{Issuer: "idp", JWKSURL: "http://127.0.0.1:1/keys", Audience: Words{"x"}}},
		}
	}
	v, err := NewVerifier(good())
	if err != nil {
		t.Fatal(err)
	}
	v.Close()
	for name, edit := range map[string]func(*VerifierConfig){
		"no audience":      func(c *VerifierConfig) { c.Local.Audience = "" },
		"no local key":     func(c *VerifierConfig) { c.Local.Keys = nil },
		"no local issuer":  func(c *VerifierConfig) { c.Local.Issuer = "" },
		"the local issuer": func(c *VerifierConfig) { c.Issuers[0].Issuer = testIssuer },
		"an issuer twice":  func(c *VerifierConfig) { c.Issuers = append(c.Issuers, c.Issuers[0]) },
		"a bad issuer":     func(c *VerifierConfig) { c.Issuers[0].Audience = nil },
	} {
		c := good()
		edit(&c)
		if v, err := NewVerifier(c); err == nil {
			v.Close()
			t.Errorf("%s: accepted", name)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	v := testVerifier(b, &testNow)
	raw := newForgery().raw(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
}

// signWith makes a token of another issuer.
func signWith(t testing.TB, key crypto.Signer, method jwt.SigningMethod, kid string, edit func(jwt.MapClaims)) string {
	t.Helper()
	claims := jwt.MapClaims{"iss": "idp", "aud": testAudience, "sub": "bob", "iat": testNow.Unix(), "exp": testNow.Unix() + 3600}
	if edit != nil {
		edit(claims)
	}
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = kid
	raw, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
