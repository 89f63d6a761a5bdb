package auth

import (
	"flag"
	"os"
	"slices"
	"testing"

	"pmograph/internal/vocab"
)

var update = flag.Bool("update", false, "write the golden print of the policy anew")

// The whole policy as a reviewer sees it: a change of rights is a difference in this file.
func TestPolicyPrint(t *testing.T) {
	const golden = "testdata/policy.txt"
	have := Print()
	if *update {
		if err := os.WriteFile(golden, []byte(have), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if have != string(want) {
		t.Errorf("the policy has changed; if it is meant, run: go test ./auth -update\n%s", have)
	}
}

func TestPolicyIsWhole(t *testing.T) {
	for _, r := range vocab.Role("").Values() {
		if MayOf(vocab.Role(r)) == 0 {
			t.Errorf("role %s may do nothing: it has no row", r)
		}
	}
	if n := len(Declassified); n > 10 {
		t.Errorf("%d things flow outwards on purpose; ten are the limit", n)
	}
	seen := map[string]bool{}
	for _, a := range Actions {
		if a.Needs == 0 || seen[a.Action] {
			t.Errorf("action %s needs nothing, or is listed twice", a.Action)
		}
		seen[a.Action] = true
	}
	for _, e := range Entities {
		if e.Read == 0 || e.Write == 0 || e.Why == "" {
			t.Errorf("entity %s is open to everybody, or without a reason", e.Table)
		}
	}
}

// Few grant, and only ADMIN admits; who only reads writes nothing.
func TestPolicyStatements(t *testing.T) {
	granting := []vocab.Role{vocab.RoleAdmin, vocab.RolePmo, vocab.RolePortfolioManager}
	for _, row := range Roles {
		if row.May.Has(Grant) != slices.Contains(granting, row.Role) || row.May.Has(Admit) != (row.Role == vocab.RoleAdmin) {
			t.Errorf("%s and granting", row.Role)
		}
		if row.May.Has(Grant) && !row.May.Has(ReadAudit) {
			t.Errorf("%s gives roles and does not see them", row.Role)
		}
		if row.May.Has(Plan|Approve) && !row.May.Has(Assign) {
			t.Errorf("%s approves his own plans", row.Role)
		}
	}
	for r, writes := range map[vocab.Role]Permission{vocab.RoleViewer: 0, vocab.RoleAuditor: Export, vocab.RoleService: Export, vocab.RoleFinance: Fund | Book | Export} {
		if MayOf(r)&^allReads != writes {
			t.Errorf("%s writes: %s", r, MayOf(r)&^allReads)
		}
	}
	for _, r := range Relations {
		if r.On == OnPerson && r.Gives()&^(Read|ReadLoad) != 0 {
			t.Errorf("a person may %s: shared entities open to what is held anywhere", r.Gives())
		}
	}
	for _, r := range []vocab.Role{vocab.RoleViewer, vocab.RoleContributor} {
		if MayOf(r)&(ReadMoney|ReadRate|ReadPersonal) != 0 {
			t.Errorf("%s sees %s", r, MayOf(r))
		}
	}
}

type tree map[int64][]int64

func (t tree) Below(id int64) []int64 {
	ids := []int64{id}
	for _, c := range t[id] {
		ids = append(ids, t.Below(c)...)
	}
	return ids
}

func (t tree) TeamsBelow(id int64) []int64 { return t.Below(id) }

func TestRightsAreAValue(t *testing.T) {
	tr := tree{1: {2, 3}, 3: {4}}
	a := Build([]Holding{{Read | ReadMoney, vocab.ScopeKindPortfolio, 3}, {Read, vocab.ScopeKindOrganisation, 0}, {Plan, vocab.ScopeKindProject, 9}}, tr)
	b := Build([]Holding{{Plan, vocab.ScopeKindProject, 9}, {Read, vocab.ScopeKindOrganisation, 0}, {ReadMoney, vocab.ScopeKindPortfolio, 4}, {ReadMoney, vocab.ScopeKindPortfolio, 3}}, tr)
	var in Interner
	for _, kind := range []vocab.ScopeKind{OnResource, OnPerson, vocab.ScopeKindTeam} {
		x, y := Build([]Holding{{Plan, kind, 7}}, tr), Build([]Holding{{Plan, kind, 8}}, tr)
		if in.Intern(x) == in.Intern(y) || in.Intern(x) != in.Intern(Build([]Holding{{Plan, kind, 7}}, tr)) {
			t.Errorf("rights on a %s are not told apart", kind)
		}
	}
	if r := Build([]Holding{{Plan, OnResource, 7}, {Read, OnPerson, 8}}, tr); r.At(Place{Resource: 7, Person: 7}) != Plan || r.At(Place{Resource: 8, Person: 8}) != Read || r.At(Place{Person: 7}) != 0 {
		t.Error("a resource and the person are one")
	}
	if a.Canonical() != b.Canonical() || in.Intern(a) != in.Intern(b) {
		t.Error("equal rights are two values")
	}
	if c := Build([]Holding{{Read, vocab.ScopeKindOrganisation, 0}}, tr); in.Intern(c) == in.Intern(a) {
		t.Error("different rights are one value")
	}
	for place, want := range map[Place]Permission{
		{Portfolio: 4}:             Read | ReadMoney,
		{Portfolio: 2}:             Read,
		{Portfolio: 2, Project: 9}: Read | Plan,
		{Project: 8}:               Read,
		{Portfolio: 4, Project: 9}: Read | ReadMoney | Plan,
		{}:                         Read,
	} {
		if got := a.At(place); got != want {
			t.Errorf("%+v: %s, want %s", place, got, want)
		}
	}
}
