package auth

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"math/big"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"pmograph/internal/vocab"
)

// web answers for hosts that this machine must not ask: by address.
type web map[string]any

func (w web) RoundTrip(r *http.Request) (*http.Response, error) {
	res := &http.Response{StatusCode: http.StatusNotFound, Body: http.NoBody, Request: r}
	if content, ok := w[r.URL.String()]; ok {
		text, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		res.StatusCode, res.Body = http.StatusOK, io.NopCloser(bytes.NewReader(text))
	}
	return res, nil
}

// documented gives the files of issuers in the documentation, in its order.
func documented(t *testing.T) (files [][]TrustedIssuer) {
	t.Helper()
	text, err := os.ReadFile("../docs/identity.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(text, -1) {
		issuers, err := ReadIssuers("docs/identity.md", block[1])
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, issuers)
	}
	return files
}

// object is JSON as an issuer writes it.
type object = map[string]any

// with gives a copy with other members; nil takes one away.
func with(o object, change object) object {
	o = maps.Clone(o)
	for name, value := range change {
		if o[name] = value; value == nil {
			delete(o, name)
		}
	}
	return o
}

// product is an issuer as one can buy it: what it publishes, and a token of its making.
type product struct {
	name         string
	configured   string // its issuer in the documentation
	document     string // address of what it says of itself
	keys         string // address of its keys
	key          object // beside kid, kty, n and e
	header       object
	claims       object // without iat, exp and nbf
	subject, id  string
	called, mail string
	provision    bool
	roles        []Claim
	variants     []variant
}

// variant is the token with other members in header and claims; want is what the reason says, or empty if it is accepted with the roles.
type variant struct {
	name           string
	header, claims object
	want           string
	roles          []Claim
}

const (
	tenant = "8f0c1c5e-9d3b-4c55-a6a5-0d1a8f6a2b10"
	api    = "5b7b2f0e-0f5c-4f0e-8a3c-2f1d6c9e7a41"
	spa    = "c2a4e6f8-1b3d-4f5a-8c7e-9d0b1a2c3e4f"
)

func everywhere(r vocab.Role) Claim { return Claim{r, whole} }

func products() []product {
	mod := Claim{vocab.RolePortfolioManager, Scope{vocab.ScopeKindPortfolio, "MOD"}}
	ajax := Claim{vocab.RoleProjectManager, Scope{vocab.ScopeKindProject, "MOD/AJAX"}}
	gmpp := Claim{vocab.RoleViewer, Scope{vocab.ScopeKindPortfolio, "GMPP"}}
	sponsor := Claim{vocab.RoleSponsor, Scope{vocab.ScopeKindPortfolio, "GMPP/MOD"}}
	entra := "https://login.microsoftonline.com/" + tenant
	return []product{
		{
			name: "Entra ID", configured: entra + "/v2.0", document: entra + "/v2.0/.well-known/openid-configuration", keys: entra + "/discovery/v2.0/keys",
			key:    object{"use": "sig", "x5t": "Vu2YLc5lgFQ0fV1oyn0uJdXAhFU", "issuer": entra + "/v2.0"},
			header: object{"typ": "JWT", "alg": "RS256"},
			claims: object{"aud": api, "iss": entra + "/v2.0", "aio": "AWQAm/8XAAAAq1c0+YgJ", "azp": spa, "azpacr": "0", "name": "Ann Lee",
				"oid": "6d2f9c1a-7b3e-4a5d-8f0c-1e2b3d4f5a6c", "preferred_username": "ann.lee@example.org", "rh": "0.AXoAXhwMj7udVUym.",
				"roles": []string{"Office"}, "groups": []string{"3e1f7a9b-5c2d-4e8f-9a6b-7c0d1e2f3a4b", "00000000-0000-4000-8000-000000000000"},
				"scp": "access_as_user", "sid": "00b1c2d3-0000-4000-8000-000000000001", "sub": "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ", "tid": tenant,
				"uti": "fqiBqXLPj0eQa82S-IYFAA", "ver": "2.0", "xms_ftd": "x"},
			subject: "6d2f9c1a-7b3e-4a5d-8f0c-1e2b3d4f5a6c", id: "fqiBqXLPj0eQa82S-IYFAA", called: "Ann Lee", mail: "ann.lee@example.org", provision: true,
			roles: []Claim{everywhere(vocab.RolePmo), mod},
			variants: []variant{
				{"an ID token of the same application", nil, object{"azp": nil, "azpacr": nil, "scp": nil}, "azp", nil},
				{"asked for by another application", nil, object{"azp": api}, "azp", nil},
				{"for Microsoft Graph", nil, object{"aud": "00000003-0000-0000-c000-000000000000"}, "audience", nil},
				{"of another tenant", nil, object{"iss": "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0"}, "not trusted", nil},
				{"of version 1", nil, object{"iss": "https://sts.windows.net/" + tenant + "/", "ver": "1.0"}, "not trusted", nil},
				{"without the person's id", nil, object{"oid": nil}, "subject", nil},
				{"more groups than fit", nil, object{"groups": nil, "_claim_names": object{"groups": "src1"}, "_claim_sources": object{"src1": object{"endpoint": "https://graph.windows.net/x"}}}, "",
					[]Claim{everywhere(vocab.RolePmo)}},
				{"more groups than fit, as a mark", nil, object{"groups": nil, "hasgroups": true, "roles": []string{"Reader"}}, "", []Claim{everywhere(vocab.RoleViewer)}},
				{"roles nobody configured", nil, object{"roles": []string{"office", "Office ", "ADMIN"}, "groups": nil}, "", nil},
				{"roles as an object", nil, object{"roles": object{"Office": true}}, "neither a string", nil},
				{"signed as another algorithm", object{"alg": "PS256"}, nil, "signing method", nil},
				{"for longer than a day", nil, object{"exp": testNow.Unix() + 28*3600}, "lives", nil},
			},
		},
		{
			name: "Keycloak", configured: "https://sso.example.org/realms/office", document: "https://sso.example.org/realms/office/.well-known/openid-configuration",
			keys: "https://sso.example.org/realms/office/protocol/openid-connect/certs", key: object{"use": "sig", "alg": "RS256", "x5t#S256": "x"},
			header: object{"alg": "RS256", "typ": "JWT"},
			claims: object{"jti": "onrtac:5d0b3c1e-1f2a-4b3c-8d4e-5f6a7b8c9d0e", "iss": "https://sso.example.org/realms/office", "aud": []string{"pmo", "account"},
				"sub": "f1c4f64e-2c0c-4cda-8c9f-9f3f8f3a2b0e", "typ": "Bearer", "azp": "dashboard", "sid": "4c0a3a8a-3a47-4f2f-8e89-9e5f9b0a0a0a", "acr": "1",
				"allowed-origins": []string{"https://dashboard.example.org"},
				"realm_access":    object{"roles": []string{"default-roles-office", "offline_access", "uma_authorization", "controller"}},
				"resource_access": object{"pmo": object{"roles": []string{"ajax-lead"}}, "account": object{"roles": []string{"manage-account", "reader"}}},
				"scope":           "openid email profile", "email_verified": true, "name": "Ann Lee", "preferred_username": "ann", "given_name": "Ann", "family_name": "Lee", "email": "ann@example.org"},
			subject: "f1c4f64e-2c0c-4cda-8c9f-9f3f8f3a2b0e", id: "onrtac:5d0b3c1e-1f2a-4b3c-8d4e-5f6a7b8c9d0e", called: "Ann Lee", mail: "ann@example.org", provision: true,
			roles: []Claim{everywhere(vocab.RoleFinance), ajax},
			variants: []variant{
				{"an ID token", nil, object{"typ": "ID"}, `"typ"`, nil},
				{"a refresh token", nil, object{"typ": "Refresh"}, `"typ"`, nil},
				{"for another client alone", nil, object{"aud": "account"}, "audience", nil},
				{"of another realm", nil, object{"iss": "https://sso.example.org/realms/master"}, "not trusted", nil},
				{"without roles of the client", nil, object{"resource_access": object{"account": object{"roles": []string{"reader", "ajax-lead"}}}}, "", []Claim{everywhere(vocab.RoleFinance)}},
				{"lightweight", nil, object{"realm_access": nil, "resource_access": nil}, "", nil},
				{"the path is text", nil, object{"realm_access": "pmo-office"}, "does not lead", nil},
				{"a role that is a number", nil, object{"realm_access": object{"roles": []any{"pmo-office", 7}}}, "not a string", nil},
				{"the path as one name", nil, object{"realm_access": nil, "resource_access": nil, "realm_access.roles": []string{"pmo-office"}}, "", nil},
				{"a name that cannot be shown", nil, object{"name": "Ann\u0000", "email": 7}, "", []Claim{everywhere(vocab.RoleFinance), ajax}},
			},
		},
		{
			name: "Okta", configured: "https://office.okta.com/oauth2/default", document: "https://office.okta.com/oauth2/default/.well-known/openid-configuration",
			keys: "https://office.okta.com/oauth2/default/v1/keys", key: object{"use": "sig", "alg": "RS256"},
			header: object{"alg": "RS256", "typ": nil},
			claims: object{"ver": 1, "jti": "AT.MNAoEQ_jbKqoinrQo1D0XKjMX28U5d7ZszBceot7-Ts", "iss": "https://office.okta.com/oauth2/default", "aud": "api://pmo",
				"cid": "0oa9k2m4n6p8q0r2s4t6", "uid": "00u1a2b3c4d5e6f7g8h9", "scp": []string{"openid", "profile"}, "auth_time": testNow.Unix() - 60, "sub": "ann.lee@example.org",
				"groups": []string{"Everyone", "Portfolio Readers"}},
			subject: "00u1a2b3c4d5e6f7g8h9", id: "AT.MNAoEQ_jbKqoinrQo1D0XKjMX28U5d7ZszBceot7-Ts", provision: true,
			roles: []Claim{gmpp},
			variants: []variant{
				{"an ID token", nil, object{"aud": "0oa9k2m4n6p8q0r2s4t6", "cid": nil}, "audience", nil},
				{"of the organisation's own server", nil, object{"iss": "https://office.okta.com", "aud": "https://office.okta.com"}, "not trusted", nil},
				{"of a machine", nil, object{"uid": nil, "sub": "0oa9k2m4n6p8q0r2s4t6"}, "subject", nil},
				{"of a client that may not ask", nil, object{"cid": "0oa0000000000000000x"}, "cid", nil},
				{"with a type", object{"typ": "JWT"}, nil, "type", nil},
				{"with the word for no type", object{"typ": "NONE"}, nil, "type", nil},
				{"with an empty type", object{"typ": ""}, nil, "type", nil},
				{"a group of another spelling", nil, object{"groups": []string{"pmo office"}}, "", nil},
				{"both groups", nil, object{"groups": []string{"PMO Office", "Portfolio Readers", "PMO Office"}}, "", []Claim{everywhere(vocab.RolePmo), gmpp}},
			},
		},
		{
			name: "Auth0", configured: "https://office.eu.auth0.com/", document: "https://office.eu.auth0.com/.well-known/openid-configuration",
			keys: "https://office.eu.auth0.com/.well-known/jwks.json", key: object{"use": "sig", "alg": "RS256", "x5t": "x"},
			header: object{"alg": "RS256", "typ": "JWT"},
			claims: object{"https://pmo.example.org/roles": []string{"sponsor"}, "iss": "https://office.eu.auth0.com/", "sub": "auth0|6553da60a54af58e29493993",
				"aud": []string{"https://pmo.example.org/api", "https://office.eu.auth0.com/userinfo"}, "scope": "openid profile email", "azp": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja",
				"permissions": []string{"read:all"}, "exp": testNow.Unix() + 86_400},
			subject: "auth0|6553da60a54af58e29493993", provision: false,
			roles: []Claim{sponsor},
			variants: []variant{
				{"an ID token", nil, object{"aud": "K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja", "azp": nil}, "audience", nil},
				{"the issuer without its slash", nil, object{"iss": "https://office.eu.auth0.com"}, "not trusted", nil},
				{"the claim as a path", nil, object{"https://pmo.example.org/roles": nil, "https://pmo": object{"example": object{"org/roles": []string{"office"}}}}, "", nil},
				{"another name's roles", nil, object{"https://evil.example.org/roles": []string{"office"}, "roles": []string{"office"}}, "", []Claim{sponsor}},
				{"of a machine", nil, object{"sub": "awZfdIir8YFdGZWkvCejDoUb7SjTDicx@clients", "gty": "client-credentials", "https://pmo.example.org/roles": nil}, "", nil},
				{"a second too long", nil, object{"exp": testNow.Unix() + 86_401}, "lives", nil},
				{"an encrypted one", object{"enc": "A256GCM", "alg": "RS256"}, nil, "enc", nil},
				{"a logout token", object{"typ": "logout+jwt"}, nil, "type", nil},
				{"without a type", object{"typ": nil}, nil, "type", nil},
			},
		},
	}
}

// The files in the documentation accept tokens as the products make them, give the roles they are meant to give, and nothing else.
func TestProducts(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	files, all := documented(t), products()
	if len(files) != len(all) {
		t.Fatalf("%d files in the documentation for %d products", len(files), len(all))
	}
	n := 0
	for i, p := range all {
		if files[i][0].Issuer != p.configured {
			t.Fatalf("%s: the documentation names %s", p.name, files[i][0].Issuer)
		}
		jwk := with(jwk("kid-1", key.Public()), p.key)
		jwk["x5c"] = []string{certificate(t, key)}
		var reason, notice atomic.Pointer[string]
		v, err := NewVerifier(VerifierConfig{Local: testLocal(), Issuers: files[i], Now: func() time.Time { return testNow },
			Reason: func(s string) { reason.Store(&s) }, Notice: func(s string) { notice.Store(&s) },
			HTTPClient: &http.Client{Transport: web{
				p.document: object{"issuer": p.configured, "jwks_uri": p.keys, "id_token_signing_alg_values_supported": []string{"RS256"}},
				p.keys:     object{"keys": []object{jwk, with(jwk, object{"kid": "enc", "use": "enc", "alg": "RSA-OAEP"})}},
			}}})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		token := func(header, claims object, signer *rsa.PrivateKey) string {
			t.Helper()
			made := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims(with(with(object{"iat": testNow.Unix(), "nbf": testNow.Unix(), "exp": testNow.Unix() + 4000}, p.claims), claims)))
			made.Header = with(with(object{"kid": "kid-1"}, p.header), header)
			raw, err := made.SignedString(signer)
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
		id, err := v.Verify(t.Context(), token(nil, nil, key))
		if err != nil || id.Issuer != p.configured || id.Subject != p.subject || id.TokenID != p.id || id.Name != p.called || id.Email != p.mail ||
			id.Provision != p.provision || id.OnRecord == p.provision || !slices.Equal(id.Claims, p.roles) || !id.IssuedAt.Equal(testNow.Truncate(time.Second)) {
			why := ""
			if r := reason.Load(); r != nil {
				why = *r
			}
			t.Fatalf("%s: %+v, %v (%s)", p.name, id, err, why)
		}
		if accepts(t, v, token(nil, nil, other)) {
			t.Errorf("%s: signed by another key", p.name)
		}
		if accepts(t, v, token(object{"kid": "enc"}, nil, key)) {
			t.Errorf("%s: signed by a key for encryption", p.name)
		}
		for _, c := range p.variants {
			n++
			reason.Store(nil)
			id, err := v.Verify(t.Context(), token(c.header, c.claims, key))
			why := ""
			if r := reason.Load(); r != nil {
				why = *r
			}
			switch {
			case c.want == "" && (err != nil || !slices.Equal(id.Claims, c.roles)):
				t.Errorf("%s, %s: %+v, %v (%s); want %v", p.name, c.name, id, err, why, c.roles)
			case c.want != "" && (err != ErrUnauthenticated || !strings.Contains(why, c.want)):
				t.Errorf("%s, %s: %v (%s); want a reason with %q", p.name, c.name, err, why, c.want)
			}
			overage := strings.HasPrefix(c.name, "more groups")
			if told := notice.Swap(nil); (told != nil) != overage || overage && !strings.Contains(*told, "overage") {
				t.Errorf("%s, %s: told %v", p.name, c.name, told)
			}
		}
	}
	t.Logf("%d products, %d variants", len(all), n)
}

// certificate is what a published key carries beside itself.
func certificate(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotAfter: testNow.AddDate(5, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}
