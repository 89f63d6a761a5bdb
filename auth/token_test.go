package auth

import (
	"crypto/ed25519"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

const (
	testIssuer   = "pmo.example"
	testAudience = "pmo"
)

var (
	testNow = time.Date(2026, 11, 23, 9, 0, 0, 500_000_000, time.UTC)
	testKey = ed25519.NewKeyFromSeed([]byte("a seed of exactly 32 bytes here!"))
	whole   = Scope{Kind: vocab.ScopeKindOrganisation}
)

func testSigner(t testing.TB) *Signer {
	t.Helper()
	s, err := NewSigner(testKey, testIssuer, testAudience)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// testLocal is the issuer of testSigner's tokens.
func testLocal() LocalIssuer {
	public := testKey.Public().(ed25519.PublicKey)
	return LocalIssuer{testIssuer, testAudience, NewLocalKeys(&Ring{testKey, []RingKey{{Public: public}}})}
}

// testVerifier accepts the tokens of testSigner and of others; it lives on the clock at, which it reads at each token.
func testVerifier(t testing.TB, at *time.Time, others ...TrustedIssuer) *Verifier {
	t.Helper()
	v, err := NewVerifier(VerifierConfig{
		Local:   testLocal(),
		Issuers: others,
		Now:     func() time.Time { return *at },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// What is signed is accepted and says the same.
func TestSignedTokensVerify(t *testing.T) {
	now := testNow
	signer, verifier := testSigner(t), testVerifier(t, &now)
	rapid.Check(t, func(r *rapid.T) {
		want := Identity{
			Issuer:  testIssuer,
			Subject: rapid.StringMatching(`[a-zA-Zéß0-9|@.-]( ?[a-z0-9"\\<&]){0,100}`).Draw(r, "subject"),
			TokenID: rapid.StringMatching(`[a-z0-9]{1,40}`).Draw(r, "id"),
		}
		if rapid.Bool().Draw(r, "claim") {
			want.Claims = []Claim{{vocab.Role(rapid.SampledFrom(vocab.Role("").Values()).Draw(r, "role")), scopes().Draw(r, "scope")}}
		}
		ttl := time.Duration(rapid.Int64Range(1, 86_400).Draw(r, "ttl")) * time.Second
		raw, err := signer.Sign(want, now, ttl)
		if err != nil {
			r.Fatal(err)
		}
		want.IssuedAt = now.Truncate(time.Second)
		want.ValidUntil = now.Truncate(time.Second).Add(ttl + 30*time.Second)
		got, err := verifier.Verify(t.Context(), raw)
		if err != nil {
			r.Fatal(err)
		}
		if !got.ValidUntil.Equal(want.ValidUntil) {
			r.Fatalf("valid until %s, want %s", got.ValidUntil, want.ValidUntil)
		}
		got.ValidUntil, got.by = want.ValidUntil, nil
		if !reflect.DeepEqual(got, want) {
			r.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// ValidUntil is exactly the instant from which the token is refused.
func TestValidUntil(t *testing.T) {
	now := testNow
	signer, verifier := testSigner(t), testVerifier(t, &now)
	raw, err := signer.Sign(Identity{Subject: "ann"}, now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	id, err := verifier.Verify(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	now = id.ValidUntil.Add(-1)
	if _, err := verifier.Verify(t.Context(), raw); err != nil {
		t.Error("refused before ValidUntil")
	}
	now = id.ValidUntil
	if _, err := verifier.Verify(t.Context(), raw); err == nil {
		t.Error("accepted at ValidUntil")
	}
}

func TestTokenShape(t *testing.T) {
	id := Identity{Subject: "ann", TokenID: "t1", Claims: []Claim{{vocab.RolePortfolioManager, Scope{vocab.ScopeKindPortfolio, "GMPP/MOD"}}}}
	raw, err := testSigner(t).Sign(id, testNow, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(raw, ".")
	for i, want := range []string{
		`{"alg":"EdDSA","kid":"` + KeyID(testKey.Public().(ed25519.PublicKey)) + `","typ":"JWT"}`,
		`{"aud":"pmo","exp":1795428000,"iat":1795424400,"iss":"pmo.example","jti":"t1","pmo_role":"PORTFOLIO_MANAGER","pmo_scope":"portfolio:GMPP/MOD","sub":"ann"}`,
	} {
		object, err := strictObject(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(object); !sameJSON(t, string(got), want) {
			t.Errorf("part %d is %s, want %s", i, got, want)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestTokenIDsDiffer(t *testing.T) {
	now := testNow
	signer, verifier := testSigner(t), testVerifier(t, &now)
	seen := map[string]bool{}
	for range 100 {
		raw, err := signer.Sign(Identity{Subject: "ann"}, now, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		id, err := verifier.Verify(t.Context(), raw)
		if err != nil || len(id.TokenID) != 32 || seen[id.TokenID] {
			t.Fatalf("token id %q, error %v", id.TokenID, err)
		}
		seen[id.TokenID] = true
	}
}

func TestSignRefuses(t *testing.T) {
	good := Identity{Subject: "ann", Claims: []Claim{{vocab.RoleViewer, whole}}}
	if _, err := testSigner(t).Sign(good, testNow, 24*time.Hour); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	for name, c := range map[string]struct {
		edit func(*Identity)
		ttl  time.Duration
		says string
	}{
		"more than 24 hours": {func(*Identity) {}, 24*time.Hour + 1, "at most 24h0m0s"},
		"no time":            {func(*Identity) {}, 0, "at least one second"},
		"less than a second": {func(*Identity) {}, time.Second - 1, "at least one second"},
		"negative time":      {func(*Identity) {}, -time.Hour, "at least one second"},
		"no subject":         {func(i *Identity) { i.Subject = "" }, time.Hour, "subject"},
		"space at an end":    {func(i *Identity) { i.Subject = "ann " }, time.Hour, "subject"},
		"long subject":       {func(i *Identity) { i.Subject = strings.Repeat("a", 256) }, time.Hour, "subject"},
		"control character":  {func(i *Identity) { i.TokenID = "a\x00b" }, time.Hour, "token id"},
		"another issuer":     {func(i *Identity) { i.Issuer = "elsewhere" }, time.Hour, "signs for"},
		"two claims":         {func(i *Identity) { i.Claims = append(i.Claims, i.Claims[0]) }, time.Hour, "one role"},
		"no role":            {func(i *Identity) { i.Claims = []Claim{{"", whole}} }, time.Hour, "not a role"},
		"unknown role":       {func(i *Identity) { i.Claims = []Claim{{"admin", whole}} }, time.Hour, "not a role"},
		"zero scope":         {func(i *Identity) { i.Claims = []Claim{{vocab.RoleViewer, Scope{}}} }, time.Hour, "scope"},
		"scope of a team":    {func(i *Identity) { i.Claims = []Claim{{vocab.RoleViewer, Scope{vocab.ScopeKindTeam, "A"}}} }, time.Hour, "scope"},
		"scope without path": {func(i *Identity) { i.Claims = []Claim{{vocab.RoleViewer, Scope{vocab.ScopeKindProject, ""}}} }, time.Hour, "scope"},
		"organisation with path": {func(i *Identity) {
			i.Claims = []Claim{{vocab.RoleViewer, Scope{vocab.ScopeKindOrganisation, "A"}}}
		}, time.Hour, "scope"},
	} {
		id := good
		id.Claims = append([]Claim(nil), good.Claims...)
		c.edit(&id)
		raw, err := testSigner(t).Sign(id, testNow, c.ttl)
		if raw != "" || !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %q, %v; want an INVALID fault that says %q", name, raw, err, c.says)
		}
	}
}

func TestNewSignerRefuses(t *testing.T) {
	for name, make := range map[string]func() (*Signer, error){
		"no key":           func() (*Signer, error) { return NewSigner(nil, testIssuer, testAudience) },
		"short key":        func() (*Signer, error) { return NewSigner(testKey[:32], testIssuer, testAudience) },
		"no issuer":        func() (*Signer, error) { return NewSigner(testKey, "", testAudience) },
		"no audience":      func() (*Signer, error) { return NewSigner(testKey, testIssuer, "") },
		"unprintable name": func() (*Signer, error) { return NewSigner(testKey, "a\nb", testAudience) },
	} {
		if s, err := make(); s != nil || err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
