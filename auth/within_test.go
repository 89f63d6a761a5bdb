package auth

import (
	"testing"

	"pgregory.net/rapid"

	"pmograph/internal/vocab"
)

var kindsOfNode = []vocab.ScopeKind{vocab.ScopeKindOrganisation, vocab.ScopeKindPortfolio, vocab.ScopeKindProgram, vocab.ScopeKindProject, vocab.ScopeKindTeam, OnResource, OnPerson}

// Portfolios 1 to 6 and teams 1 to 6 form this tree.
var grown = tree{1: {2, 3}, 3: {4, 5}, 6: nil}

func somebody(t *rapid.T, name string) *Rights {
	var held []Holding
	for range rapid.IntRange(0, 6).Draw(t, name) {
		h := Holding{May: Permission(rapid.Uint32Range(0, uint32(All)).Draw(t, "may")), Kind: rapid.SampledFrom(kindsOfNode).Draw(t, "kind")}
		if h.Kind != vocab.ScopeKindOrganisation {
			h.ID = rapid.Int64Range(1, 6).Draw(t, "id")
		}
		held = append(held, h)
	}
	return Build(held, grown)
}

// lies puts program and project n into portfolio n, and resource n into team n; 6 is nowhere any more.
func lies(h Holding) (Place, bool) {
	switch h.Kind {
	case vocab.ScopeKindPortfolio:
		return Place{Portfolio: h.ID}, h.ID != 6
	case vocab.ScopeKindProgram:
		return Place{Portfolio: h.ID, Program: h.ID}, h.ID != 6
	case vocab.ScopeKindProject:
		return Place{Portfolio: h.ID, Program: h.ID, Project: h.ID}, h.ID != 6
	case vocab.ScopeKindTeam:
		return Place{Team: h.ID}, h.ID != 6
	default:
		return Place{Team: h.ID, Resource: h.ID, Person: h.ID}, h.ID != 6
	}
}

// Rights within a limit are at every place what both allow, and nowhere more, wherever one looks.
func TestWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		owner, limit := somebody(t, "owner"), somebody(t, "limit")
		w := owner.Within(limit, lies)
		id := func(name string) int64 { return rapid.Int64Range(0, 6).Draw(t, name) }
		for range 20 {
			p := Place{id("portfolio"), id("program"), id("project"), id("team"), id("resource"), id("person")}
			if have, want := w.At(p), owner.At(p)&limit.At(p); have != want {
				t.Fatalf("%+v: %s, not %s", p, have, want)
			}
		}
		if w.Organisation() != owner.Organisation()&limit.Organisation() || !owner.Anywhere().Has(w.Anywhere()) || !limit.Anywhere().Has(w.Anywhere()) {
			t.Fatalf("everywhere %s, anywhere %s of %s within %s", w.Organisation(), w.Anywhere(), owner.Anywhere(), limit.Anywhere())
		}
		anywhere := w.Organisation()
		for h := range w.Nodes {
			p, ok := lies(h)
			if !ok || !w.At(p).Has(h.May) {
				t.Fatalf("%+v is not allowed there", h)
			}
			anywhere |= h.May
		}
		if anywhere != w.Anywhere() {
			t.Fatalf("%s is allowed anywhere, at nodes %s", w.Anywhere(), anywhere)
		}
	})
}

// Equal rights within equal limits are one value; no others are, those that name the same nodes neither.
func TestWithinIsAValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var in Interner
		a, b := somebody(t, "a"), somebody(t, "b")
		w := in.Intern(a.Within(b, lies))
		if again := in.Intern(a.Within(b, lies)); again != w {
			t.Fatal("equal rights are two values")
		}
		for _, other := range []*Rights{a, b, somebody(t, "c").Within(b, lies)} {
			same := other.own != nil && other.own.canonical == a.canonical
			if (in.Intern(other) == w) != same {
				t.Fatal("different rights are one value, or equal ones two")
			}
		}
	})
}
