package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pmograph/internal/vocab"
)

// FuzzToken: no bytes make the verifier panic, and it accepts only what the key has signed, byte for byte.
func FuzzToken(f *testing.F) {
	v := testVerifier(f, &testNow)
	public := testKey.Public().(ed25519.PublicKey)
	good := newForgery().raw(f)
	if _, err := v.Verify(f.Context(), good); err != nil {
		f.Fatal(err)
	}
	signed := map[string]bool{}
	for _, c := range badTokens {
		for _, edit := range []func(*forgery){c.good, c.bad} {
			forged := newForgery()
			edit(forged)
			raw := forged.raw(f)
			f.Add(raw)
			if text, signature, ok := cutSignature(raw); ok && ed25519.Verify(public, []byte(text), signature) {
				signed[raw] = true
			}
		}
	}
	seeds := slices.Sorted(maps.Keys(signed))
	f.Fuzz(func(t *testing.T, raw string) {
		for _, candidate := range []string{raw, splice(raw, good)} {
			id, err := v.Verify(t.Context(), candidate)
			if err != nil {
				if !errors.Is(err, ErrUnauthenticated) || !reflect.DeepEqual(id, Identity{}) {
					t.Fatalf("%q: %+v, %v", candidate, id, err)
				}
				continue
			}
			text, signature, ok := cutSignature(candidate)
			if !ok || !ed25519.Verify(public, []byte(text), signature) {
				t.Fatalf("accepted unsigned bytes: %q", candidate)
			}
			if _, found := slices.BinarySearch(seeds, candidate); !found {
				t.Fatalf("accepted bytes that nobody signed: %q", candidate)
			}
		}
	})
}

// splice puts the signature of a good token under other bytes.
func splice(raw, good string) string {
	text, _, _ := strings.Cut(raw, "|")
	return text + good[strings.LastIndex(good, "."):]
}

func cutSignature(raw string) (text string, signature []byte, ok bool) {
	i := strings.LastIndex(raw, ".")
	if i < 0 {
		return "", nil, false
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(raw[i+1:])
	return raw[:i], signature, err == nil && b64(string(signature)) == raw[i+1:]
}

// FuzzClaims: whatever a trusted issuer signs, the verifier does not panic, and what it accepts says what the payload says and no more
// than the issuer may.
func FuzzClaims(f *testing.F) {
	const name = "https://idp.example"
	key := edKey(1)
	issuer := TrustedIssuer{Issuer: name, JWKSURL: name + "/keys", Audience: Words{testAudience}, NameClaim: "name", EmailClaim: "email",
		Require: map[string]Words{"azp": {"a", "b"}}, Ceiling: []vocab.Role{vocab.RoleViewer},
		Roles: []RoleClaim{{Words{"realm", "roles"}, []RoleMapping{{"v", vocab.RoleViewer, "project:A"}}}, {Words{"groups"}, []RoleMapping{{"v", vocab.RoleViewer, ""}}}}}
	v, err := NewVerifier(VerifierConfig{Local: testLocal(), Issuers: []TrustedIssuer{issuer}, Now: func() time.Time { return testNow },
		HTTPClient: &http.Client{Transport: web{name + "/keys": object{"keys": []object{jwk("k", key.Public())}}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(v.Close)
	v.kept.Bound = 100
	sign := func(payload string) string {
		text := b64(`{"alg":"EdDSA","kid":"k","typ":"JWT"}`) + "." + b64(payload)
		return text + "." + b64(string(ed25519.Sign(key, []byte(text))))
	}
	for _, p := range products() {
		text, err := json.Marshal(with(p.claims, object{"iss": name, "aud": testAudience, "azp": "a", "iat": testNow.Unix(), "exp": testNow.Unix() + 60,
			"realm": object{"roles": []string{"v"}}, "groups": "v", "name": "Ann"}))
		if err != nil {
			f.Fatal(err)
		}
		if id, err := v.Verify(f.Context(), sign(string(text))); err != nil || len(id.Claims) != 2 {
			f.Fatal(id, err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, payload string) {
		id, err := v.Verify(t.Context(), sign(payload))
		if err != nil {
			return
		}
		var said map[string]any
		if err := json.Unmarshal([]byte(payload), &said); err != nil {
			t.Fatalf("accepted what is no object: %q", payload)
		}
		iat, _ := said["iat"].(float64)
		if said["iss"] != name || said["sub"] != id.Subject || id.Subject == "" || said["azp"] != "a" && said["azp"] != "b" && reflect.TypeOf(said["azp"]).Kind() != reflect.Slice ||
			id.ValidUntil.After(time.Unix(int64(iat)+1, 0).Add(maxLifetime+leeway)) || !id.ValidUntil.After(testNow) {
			t.Fatalf("%+v of %q", id, payload)
		}
		for _, c := range id.Claims {
			if c.Role != vocab.RoleViewer {
				t.Fatalf("%+v of %q", id, payload)
			}
		}
		if id.Name != "" && id.Name != said["name"] || id.Email != "" && id.Email != said["email"] {
			t.Fatalf("%+v of %q", id, payload)
		}
	})
}
