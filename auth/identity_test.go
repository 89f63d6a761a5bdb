package auth

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

func TestParseScope(t *testing.T) {
	for _, c := range []struct {
		text string
		want Scope
	}{
		{"", Scope{vocab.ScopeKindOrganisation, ""}},
		{"portfolio:GMPP", Scope{vocab.ScopeKindPortfolio, "GMPP"}},
		{"portfolio:GMPP/MOD", Scope{vocab.ScopeKindPortfolio, "GMPP/MOD"}},
		{"PORTFOLIO:GMPP/MOD", Scope{vocab.ScopeKindPortfolio, "GMPP/MOD"}},
		{"Program:HS2 Phase 1", Scope{vocab.ScopeKindProgram, "HS2 Phase 1"}},
		{"project:A:B", Scope{vocab.ScopeKindProject, "A:B"}},
		{"project:Zürich", Scope{vocab.ScopeKindProject, "Zürich"}},
		{"project:" + strings.Repeat("é", 255), Scope{vocab.ScopeKindProject, strings.Repeat("é", 255)}},
	} {
		if got, err := ParseScope(c.text); err != nil || got != c.want {
			t.Errorf("ParseScope(%q) = %v, %v; want %v", c.text, got, err, c.want)
		}
	}
}

func TestParseScopeRefuses(t *testing.T) {
	for _, text := range []string{
		" ", ":", "portfolio", "portfolio:", "portfolio: ", "portfolio:/", "portfolio:A/", "portfolio:/A", "portfolio:A//B", "portfolio:A/ B",
		"portfolio :A", " portfolio:A", "portfolio:A ", "team:A", "own:A", "organisation:", "organisation:A", "GMPP/MOD", "portfolio:A\nB",
		"portfolio:A\u200bB", "portfolio:A\u202eB", "portfolio:A\xffB", "portfolio:\ufffd", "project:" + strings.Repeat("x", 256),
		"portfolio:" + strings.Repeat("abcd/", 250) + "x",
	} {
		if got, err := ParseScope(text); !fault.Is(err, fault.Invalid) || got != (Scope{}) {
			t.Errorf("ParseScope(%q) = %v, %v; want an INVALID fault", text, got, err)
		}
	}
}

func TestScopeReadsWhatItWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scopes().Draw(t, "scope")
		if read, err := ParseScope(s.String()); err != nil || read != s {
			t.Fatalf("ParseScope(%q) = %v, %v", s.String(), read, err)
		}
	})
}

func scopes() *rapid.Generator[Scope] {
	return rapid.Custom(func(t *rapid.T) Scope {
		kind := rapid.SampledFrom(append(nodeScopes, vocab.ScopeKindOrganisation)).Draw(t, "kind")
		if kind == vocab.ScopeKindOrganisation {
			return Scope{Kind: kind}
		}
		codes := rapid.SliceOfN(rapid.StringMatching(`[A-Za-zäöü0-9_.:-]{1,20}`), 1, 5).Draw(t, "codes")
		return Scope{kind, strings.Join(codes, "/")}
	})
}
