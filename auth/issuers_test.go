package auth

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

const goodFile = `
issuers:
  - issuer: https://idp.example
    audience: [pmo, pmo-test]
    ceiling: [VIEWER, PORTFOLIO_MANAGER]
    roles:
      - claim: [a, b.c, "d/e"]
        map:
          - {value: x, role: VIEWER}
          - {value: "7", role: PORTFOLIO_MANAGER, scope: portfolio:GMPP/MOD}
  - issuer: plain
    jwksUrl: http://127.0.0.1:1/keys
    audience: pmo
    algorithms: ES384
    types: NONE
    require: {tid: one, azp: [two, three]}
    provision: false
`

func TestReadIssuers(t *testing.T) {
	got, err := ReadIssuers("issuers.yaml", []byte(goodFile))
	if err != nil {
		t.Fatal(err)
	}
	no := false
	want := []TrustedIssuer{
		{Issuer: "https://idp.example", Audience: Words{"pmo", "pmo-test"}, Ceiling: []vocab.Role{vocab.RoleViewer, vocab.RolePortfolioManager},
			Roles: []RoleClaim{{Words{"a", "b.c", "d/e"}, []RoleMapping{{"x", vocab.RoleViewer, ""}, {"7", vocab.RolePortfolioManager, "portfolio:GMPP/MOD"}}}}},
		{Issuer: "plain", JWKSURL: "http://127.0.0.1:1/keys", Audience: Words{"pmo"}, Algorithms: Words{"ES384"}, Types: Words{"NONE"},
			Require: map[string]Words{"tid": {"one"}, "azp": {"two", "three"}}, Provision: &no},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	usual := got[0].usual()
	if !slices.Equal(usual.Algorithms, Words{"RS256", "PS256", "ES256", "EdDSA"}) || !slices.Equal(usual.Types, Words{"jwt", "at+jwt"}) || usual.SubjectClaim != "sub" || usual.TokenIDClaim != "jti" || !usual.provisions() {
		t.Errorf("what is usual: %+v", usual)
	}
	v, err := NewVerifier(VerifierConfig{Local: testLocal(), Issuers: got[1:]})
	if err != nil {
		t.Fatal(err)
	}
	v.Close()
}

// What is wrong is said with the file, the place, and what is allowed there.
func TestReadIssuersRefuses(t *testing.T) {
	for name, c := range map[string]struct{ old, new, path, says string }{
		"an unknown word":              {"audience: pmo\n", "audience: pmo\n    audiences: x\n", "issuers[1].audiences", "audience, ceiling, emailClaim, issuer"},
		"an unknown word inside":       {"role: VIEWER}", "role: VIEWER, when: never}", "issuers[0].roles[0].map[0].when", "role, scope, value"},
		"an unknown word outside":      {"issuers:\n", "version: 1\nissuers:\n", "version", "issuers"},
		"letters of a word":            {"jwksUrl", "jwksURL", "issuers[1].jwksURL", "jwksUrl"},
		"no audience":                  {"    audience: pmo\n", "", "issuers[1].audience", "say which aud"},
		"an empty audience":            {"audience: pmo\n", "audience: ''\n", "issuers[1].audience", "printable"},
		"HS256":                        {"ES384", "HS256", "issuers[1].algorithms[0]", "ES256"},
		"none":                         {"ES384", "[ES256, none]", "issuers[1].algorithms[1]", "EdDSA"},
		"no type in small letters":     {"types: NONE", "types: none", "issuers[1].types", "NONE"},
		"a role that is none":          {"ceiling: [VIEWER", "ceiling: [BOSS, VIEWER", "issuers[0].ceiling[0]", "PROJECT_MANAGER"},
		"above the ceiling":            {"value: x, role: VIEWER", "value: x, role: ADMIN", "issuers[0].roles[0].map[0].role", "ceiling [VIEWER PORTFOLIO_MANAGER]"},
		"a role in small letters":      {"value: x, role: VIEWER", "value: x, role: viewer", "issuers[0].roles[0].map[0].role", "ceiling"},
		"no ceiling":                   {"    ceiling: [VIEWER, PORTFOLIO_MANAGER]\n", "", "issuers[0].ceiling", "belong together"},
		"a ceiling alone":              {"types: NONE", "ceiling: [VIEWER]", "issuers[1].ceiling", "belong together"},
		"no value":                     {"{value: x, ", "{", "issuers[0].roles[0].map[0].value", "which value"},
		"no claim":                     {"claim: [a, b.c, \"d/e\"]", "claim: []", "issuers[0].roles[0].claim", "realm_access"},
		"a scope that is none":         {"portfolio:GMPP/MOD", "GMPP", "issuers[0].roles[0].map[1].scope", "portfolio:, program: or project:"},
		"a role where it is not":       {"role: VIEWER}", "role: VIEWER}\n          - {value: y, role: PORTFOLIO_MANAGER, scope: project:A}", "issuers[0].roles[0].map[1].scope", "cannot be held on PROJECT"},
		"plain http":                   {"http://127.0.0.1:1/keys", "http://idp.example/keys", "issuers[1].jwksUrl", "https"},
		"a look-alike of this machine": {"http://127.0.0.1:1/keys", "http://127.0.0.1.evil.example/keys", "issuers[1].jwksUrl", "https"},
		"a password":                   {"http://127.0.0.1:1/keys", "https://a:b@idp.example/keys", "issuers[1].jwksUrl", "plain address"},
		"a file":                       {"http://127.0.0.1:1/keys", "file:///etc/keys", "issuers[1].jwksUrl", "https"},
		"discovery without address":    {"    jwksUrl: http://127.0.0.1:1/keys\n", "", "issuers[1].issuer", "jwksUrl"},
		"discovery by http":            {"issuer: https://idp.example", "issuer: http://idp.example", "issuers[0].issuer", "https"},
		"nothing required of a claim":  {"tid: one", "tid: []", "issuers[1].require.tid", "values"},
		"a name twice":                 {"issuer: plain", "issuer: https://idp.example", "issuers[1].issuer", "issuers[0] already"},
		"no name":                      {"issuer: plain", "issuer: ''", "issuers[1].issuer", "printable"},
		"a space in the name":          {"issuer: plain", "issuer: ' plain'", "issuers[1].issuer", "printable"},
		"a subject without name":       {"types: NONE", "subjectClaim: ' '", "issuers[1].subjectClaim", "printable"},
		"no issuers":                   {goodFile, "issuers: []", "issuers", "at least one"},
		"an audience by a map":         {"audience: pmo\n", "audience: {a: b}\n", "issuers[1].audience", "line 13"},
		"a word twice":                 {"audience: pmo\n", "audience: pmo\n    audience: x\n", "", "line 14"},
		"not YAML":                     {"issuers:", "issuers: [", "", "line"},
		"a list for a text":            {"issuer: plain", "issuer: [plain]", "issuers[1].issuer", "no list"},
		"a map in a list":              {"audience: pmo\n", "audience: [{a: b}]\n", "issuers[1].audience[0]", "a text"},
		"a list in a claim":            {"tid: one", "tid: [[one]]", "issuers[1].require.tid[0]", "no list"},
		"a text for a list":            {"issuers:\n", "issuers: x\nmore:\n", "more", "issuers"},
		"two documents":                {goodFile, goodFile + "\n---\n" + goodFile, "issuers", "one document"},
		"nothing":                      {goodFile, "", "issuers", "at least one"},
	} {
		text := strings.Replace(goodFile, c.old, c.new, 1)
		if text == goodFile {
			t.Fatalf("%s: nothing was changed", name)
		}
		got, err := ReadIssuers("issuers.yaml", []byte(text))
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || !strings.Contains(f.Text, "issuers.yaml") {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		if c.path == "" {
			if !strings.Contains(f.Text, c.says) {
				t.Errorf("%s: %q does not say %q", name, f.Text, c.says)
			}
			continue
		}
		if !slices.ContainsFunc(f.Fields, func(x fault.Field) bool { return x.Path[0] == c.path && strings.Contains(x.Text, c.says) }) {
			t.Errorf("%s: %+v; want %q at %s", name, f.Fields, c.says, c.path)
		}
	}
}

// However the mapping is written, nothing above the ceiling comes of a token.
func TestCeilingHoldsByItself(t *testing.T) {
	i := TrustedIssuer{Ceiling: []vocab.Role{vocab.RoleViewer}, Roles: []RoleClaim{{Words{"r"}, []RoleMapping{{"a", vocab.RoleAdmin, ""}, {"a", vocab.RoleViewer, ""}}}}}
	var id Identity
	if err := i.reader(func(string) {})(map[string]any{"r": "a"}, &id); err != nil || !slices.Equal(id.Claims, []Claim{everywhere(vocab.RoleViewer)}) {
		t.Errorf("%+v, %v", id, err)
	}
}
