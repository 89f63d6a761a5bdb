package decide

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var secretSum = auth.SecretHash("secret")

// keyFor is a key for the manager of portfolio A, in scope of that, with amounts.
func keyFor(owner string) FeedKeyCreateInput {
	return FeedKeyCreateInput{Name: "Power BI", OwnerID: owner, ScopeKind: vocab.ScopeKindPortfolio, ScopeID: ptr("portfolio-1"), Reads: []vocab.FeedRead{vocab.FeedReadMoney}, ValidTo: noon.Add(time.Hour)}
}

func keyActs() []act {
	key := func(change func(*FeedKeyCreateInput)) state.Decision {
		in := keyFor("user-3")
		change(&in)
		return FeedKeyCreate(in, secretSum)
	}
	after := func(run func(r *record) state.Decision, holds func(k *ent.FeedKey) bool) func(*testing.T, *record) bool {
		return func(_ *testing.T, r *record) bool {
			if run != nil {
				r.do(run(r))
			}
			return holds(state.FeedKeys.Get(r.all(), 1))
		}
	}
	return []act{
		{"a feed key", "admin", FeedKeyCreate(keyFor("user-3"), secretSum), "",
			after(nil, func(k *ent.FeedKey) bool {
				return k.ReadsMoney && !k.ReadsRate && !k.ReadsPersonal && k.SecretHash == secretSum
			})},
		{"a feed key by who does not grant", "pmo", FeedKeyCreate(keyFor("user-3"), secretSum), "FORBIDDEN", nil},
		{"a feed key of nobody", "admin", key(func(in *FeedKeyCreateInput) { in.OwnerID = "user-99" }), "input.ownerId NOT_FOUND", nil},
		{"a feed key of who is put off", "", FeedKeyCreate(keyFor("user-6"), secretSum), "input.ownerId NOT_ALLOWED", nil},
		{"a feed key on nothing", "admin", key(func(in *FeedKeyCreateInput) { in.ScopeID = nil }), "input.scopeId REQUIRED", nil},
		{"a feed key on another kind of node", "admin", key(func(in *FeedKeyCreateInput) { in.ScopeKind = vocab.ScopeKindProject }), "input.scopeId NOT_FOUND", nil},
		{"a feed key on a node and everything", "admin", key(func(in *FeedKeyCreateInput) { in.ScopeKind = vocab.ScopeKindOrganisation }), "input.scopeId NOT_ALLOWED", nil},
		{"a feed key on one's own", "admin", key(func(in *FeedKeyCreateInput) { in.ScopeKind, in.ScopeID = vocab.ScopeKindOwn, nil }), "input.scopeKind NOT_ALLOWED", nil},
		{"a feed key that has ended", "admin", key(func(in *FeedKeyCreateInput) { in.ValidTo = noon }), "input.validTo OUT_OF_RANGE", nil},
		{"a feed key for good", "admin", key(func(in *FeedKeyCreateInput) { in.ValidTo = noon.Add(longestKey + time.Microsecond) }), "input.validTo OUT_OF_RANGE", nil},
		{"a feed key for long", "admin", key(func(in *FeedKeyCreateInput) { in.ValidTo = noon.Add(longestKey) }), "", nil},
		{"a feed key without a name", "admin", key(func(in *FeedKeyCreateInput) { in.Name = "" }), "input.name INVALID", nil},
		{"a feed key renamed", "admin", FeedKeyRename(FeedKeyRenameInput{ID: "feed-key-1", Name: "Tableau"}), "", after(nil, func(k *ent.FeedKey) bool { return k.Name == "Tableau" })},
		{"a feed key renamed by who does not grant", "pmo", FeedKeyRename(FeedKeyRenameInput{ID: "feed-key-1", Name: "Mine"}), "FORBIDDEN", nil},
		{"a feed key that is not there", "admin", FeedKeyRename(FeedKeyRenameInput{ID: "feed-key-9", Name: "Mine"}), "input.id NOT_FOUND", nil},
		{"a feed key revoked, again too", "admin", FeedKeyRevoke(FeedKeyRevokeInput{ID: "feed-key-1"}), "",
			after(func(*record) state.Decision { return FeedKeyRevoke(FeedKeyRevokeInput{ID: "feed-key-1"}) }, func(k *ent.FeedKey) bool { return k.RevokedAt.Equal(noon) })},
		{"a feed key changed meanwhile", "admin", FeedKeyRevoke(FeedKeyRevokeInput{ID: "feed-key-1", ExpectedVersion: ptr(int64(1))}), "input.expectedVersion CONFLICT", nil},

		{"a user signed out", "admin", UserSignOut(UserSignOutInput{ID: "user-3"}), "",
			func(_ *testing.T, r *record) bool {
				return state.Users.Get(r.all(), 3).TokensValidFrom.Equal(noon)
			}},
		{"a user signed out by who does not grant", "pmo", UserSignOut(UserSignOutInput{ID: "user-3"}), "FORBIDDEN", nil},
		{"an administrator signs himself out", "admin", UserSignOut(UserSignOutInput{ID: "user-1"}), "", nil},
		{"a viewer signs himself out", "viewer", ViewerSignOut(ViewerSignOutInput{}), "",
			func(_ *testing.T, r *record) bool {
				return state.Users.Get(r.all(), 5).TokensValidFrom.Equal(noon) && state.Users.Get(r.all(), 3).TokensValidFrom == nil
			}},
		{"a token revoked", "admin", TokenRevoke(TokenRevokeInput{TokenID: "t1"}), "",
			func(_ *testing.T, r *record) bool {
				x := state.TokenRevocations.Find(r.all(), uniqueKey, LocalIssuer, "t1")
				return x.ExpiresAt.Equal(noon.Add(longestToken))
			}},
		{"a token revoked by who does not grant", "pmo", TokenRevoke(TokenRevokeInput{TokenID: "t1"}), "FORBIDDEN", nil},
		{"a token that has ended", "admin", TokenRevoke(TokenRevokeInput{TokenID: "t1", ValidUntil: &noon}), "input.validUntil OUT_OF_RANGE", nil},
		{"a token that lives too long", "admin", TokenRevoke(TokenRevokeInput{TokenID: "t1", ValidUntil: ptr(noon.Add(longestToken + 1000))}), "input OUT_OF_RANGE", nil},
		{"a token without an id", "admin", TokenRevoke(TokenRevokeInput{}), "input.tokenId INVALID", nil},
	}
}

// keyed is the world with feed-key-1 and webhook-1 of the manager, and a user-6 who is put off.
func keyed(t testing.TB) *record {
	r := world(t)
	r.do(FeedKeyCreate(keyFor("user-3"), secretSum))
	r.do(WebhookCreate(hookFor("user-3")))
	r.do(UserCreate(UserCreateInput{Subject: "gone"}))
	r.do(UserUpdate(UserUpdateInput{ID: "user-6", Patch: map[string]any{"active": false}}))
	return r
}

func keyRules() []rule {
	keys, revocations := state.FeedKeys, state.TokenRevocations
	made := func(change func(*ent.FeedKey)) func(*state.Draft) error {
		return making(keys, func(k *ent.FeedKey) {
			k.Name, k.OwnerID, k.ScopeKind, k.SecretHash, k.ValidTo = "Feed", 2, vocab.ScopeKindOrganisation, secretSum, noon.Add(time.Hour)
			change(k)
		})
	}
	revoked := func(ends time.Time) func(*state.Draft) error {
		return making(revocations, func(r *ent.TokenRevocation) { r.Issuer, r.TokenID, r.ExpiresAt = LocalIssuer, "t", ends })
	}
	return []rule{
		{"a key's scope", keyScope, made(func(*ent.FeedKey) {}), made(func(k *ent.FeedKey) { k.ScopeKind = vocab.ScopeKindTeam }), "scope_id REQUIRED"},
		{"a key's end", keyEnds, made(func(*ent.FeedKey) {}), made(func(k *ent.FeedKey) { k.ValidTo = noon }), "valid_to OUT_OF_RANGE"},
		{"a key keeps its end", keyStays, editing(keys, 1, func(k *ent.FeedKey) { k.Name = "Other" }), editing(keys, 1, func(k *ent.FeedKey) { k.ValidTo = noon.Add(2 * time.Hour) }), "id FIXED"},
		{"a key keeps its owner", keyStays, editing(keys, 1, func(k *ent.FeedKey) { k.RevokedAt = &noon }), editing(keys, 1, func(k *ent.FeedKey) { k.OwnerID = 1 }), "id FIXED"},
		{"a key stays", keyStays, editing(keys, 1, func(k *ent.FeedKey) { k.RevokedAt = &noon }), dropping(keys, 1), "id FIXED"},
		{"a key stays revoked", keyStays, editing(keys, 2, func(k *ent.FeedKey) { k.Name = "Other" }), editing(keys, 2, func(k *ent.FeedKey) { k.RevokedAt = nil }), "id FIXED"},
		{"tokens stay refused", signedOutStays, editing(state.Users, 6, func(u *ent.User) { u.TokensValidFrom = ptr(noon.Add(time.Second)) }),
			editing(state.Users, 6, func(u *ent.User) { u.TokensValidFrom = nil }), "tokens_valid_from FIXED"},
		{"a revocation's end", revocationEnds, revoked(noon.Add(longestToken)), revoked(noon.Add(longestToken + time.Second)), "expires_at OUT_OF_RANGE"},
		{"a revocation's token", revocationEnds, editing(revocations, 1, func(r *ent.TokenRevocation) { r.ExpiresAt = r.ExpiresAt.Add(time.Second) }),
			editing(revocations, 1, func(r *ent.TokenRevocation) { r.TokenID = "other" }), "token_id FIXED"},
	}
}

// shutOut adds what keyRules are about: feed-key-1, a revoked feed-key-2, webhook-1, a user signed out, and a revoked token.
func shutOut(r *record) {
	r.do(FeedKeyCreate(keyFor("user-3"), secretSum))
	r.do(FeedKeyCreate(keyFor("user-3"), secretSum))
	r.do(FeedKeyRevoke(FeedKeyRevokeInput{ID: "feed-key-2"}))
	r.do(WebhookCreate(hookFor("user-3")))
	r.do(UserCreate(UserCreateInput{Subject: "left"}))
	r.do(UserSignOut(UserSignOutInput{ID: "user-6"}))
	r.do(TokenRevoke(TokenRevokeInput{TokenID: "first", ValidUntil: ptr(noon.Add(time.Hour))}))
}

// held gives the session of feed-key-1, by its secret.
func held(r *record) (auth.Session, error) {
	id, err := r.s.KeyHolder("feed-key-1", "secret")
	if err != nil {
		return auth.Session{}, err
	}
	return r.s.Session(id, noon, today, noon.Add(24*time.Hour))
}

// A key ends with its owner, when it is revoked, and with nothing else; whoever has another secret, or names another key, has none.
func TestFeedKeyEnds(t *testing.T) {
	for name, end := range map[string]state.Decision{
		"revoked": FeedKeyRevoke(FeedKeyRevokeInput{ID: "feed-key-1"}), "put off": UserUpdate(UserUpdateInput{ID: "user-3", Patch: map[string]any{"active": false}}),
		"erased": UserErase(UserEraseInput{ID: "user-3"}),
	} {
		r := keyed(t)
		s, err := held(r)
		if err != nil || !s.ValidUntil.Equal(noon.Add(24*time.Hour)) && !s.ValidUntil.Equal(noon.Add(time.Hour)) || s.Identity.ValidUntil != noon.Add(time.Hour) {
			t.Fatalf("%+v, %v", s, err)
		}
		r.do(end)
		if _, err := held(r); !errors.Is(err, auth.ErrUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
		if r.s.Admits(s.Identity) == nil {
			t.Errorf("%s: what was let in stays", name)
		}
	}
	r := keyed(t)
	r.do(UserSignOut(UserSignOutInput{ID: "user-3"})) // his tokens, not his keys
	if _, err := held(r); err != nil {
		t.Error(err)
	}
	for _, x := range [][2]string{{"feed-key-1", "Secret"}, {"feed-key-1", ""}, {"feed-key-1", secretSum}, {"feed-key-2", "secret"}, {"user-1", "secret"}, {"", ""}, {"feed-key-01", "secret"}} {
		if id, err := r.s.KeyHolder(x[0], x[1]); !errors.Is(err, auth.ErrUnauthenticated) || id.FeedKey != 0 {
			t.Errorf("%s with %q: %+v, %v", x[0], x[1], id, err)
		}
	}
}

// Who came with a key changes nothing, not even what asks for reading alone.
func TestFeedKeyChangesNothing(t *testing.T) {
	r := keyed(t)
	s, err := held(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range auth.Actions {
		_, err := state.NewDraft(r.s, s, a.Action, noon, today)
		wants(t, err, "FORBIDDEN")
	}
}

// What a key sees is what its owner sees by rows and columns, within its scope and by the classes that it names.
func TestFeedKeyReads(t *testing.T) {
	type sees struct{ project, amount, name, roles bool }
	look := func(r *record, n string) sees {
		t.Helper()
		s, err := held(r)
		if err != nil {
			t.Fatal(err)
		}
		v, err := state.NewView(r.s, s, today, state.ViewOptions{})
		if err != nil {
			t.Fatal(err)
		}
		x := state.Projects.Get(v, number(n))
		if x == nil {
			return sees{}
		}
		_, names := state.Users.Key(v, state.Users.Get(v, 1)).Personal(state.Users.Get(v, 1).Subject)
		return sees{true, state.Projects.Key(v, x).Sees(vocab.ClassMoney), names, len(slices.Collect(state.RoleAssignments.All(v))) > 0}
	}
	for _, c := range []struct {
		owner, project string
		change         func(*FeedKeyCreateInput)
		want           sees
	}{
		{"user-3", "project-1", func(*FeedKeyCreateInput) {}, sees{project: true, amount: true}},
		{"user-3", "project-2", func(*FeedKeyCreateInput) {}, sees{project: true, amount: true}},
		{"user-3", "project-3", func(*FeedKeyCreateInput) {}, sees{}},
		{"user-3", "project-1", func(in *FeedKeyCreateInput) { in.Reads = []vocab.FeedRead{vocab.FeedReadPersonal} }, sees{project: true, name: true}},
		{"user-3", "project-1", func(in *FeedKeyCreateInput) { in.ScopeID = ptr("portfolio-3") }, sees{}},
		{"user-3", "project-2", func(in *FeedKeyCreateInput) { in.ScopeID = ptr("portfolio-3") }, sees{project: true, amount: true}},
		{"user-3", "project-3", func(in *FeedKeyCreateInput) { in.ScopeID = ptr("portfolio-2") }, sees{}},
		{"user-3", "project-1", func(in *FeedKeyCreateInput) { in.ScopeKind, in.ScopeID = vocab.ScopeKindOrganisation, nil }, sees{project: true, amount: true}},
		{"user-3", "project-1", func(in *FeedKeyCreateInput) { in.ScopeKind, in.ScopeID = vocab.ScopeKindProgram, ptr("program-1") }, sees{project: true, amount: true}},
		{"user-3", "project-2", func(in *FeedKeyCreateInput) { in.ScopeKind, in.ScopeID = vocab.ScopeKindProject, ptr("project-1") }, sees{}},
		{"user-4", "project-1", func(*FeedKeyCreateInput) {}, sees{}},                            // a contributor sees it, and has nothing taken out
		{"user-1", "project-1", func(*FeedKeyCreateInput) {}, sees{project: true, amount: true}}, // not who may do what
		{"user-1", "project-3", func(*FeedKeyCreateInput) {}, sees{}},
	} {
		r := world(t)
		in := keyFor(c.owner)
		c.change(&in)
		r.do(FeedKeyCreate(in, secretSum))
		if have := look(r, c.project); have != c.want {
			t.Errorf("%s of %+v: %+v, not %+v", c.project, in, have, c.want)
		}
	}
	r := keyed(t)
	r.do(RoleRevoke(RoleRevokeInput{ID: "role-assignment-3"})) // the manager's
	if look(r, "project-1") != (sees{}) {
		t.Error("a key outlives its owner's role")
	}
}

// A key never sees a row that its owner does not see, nor opens a class there that he may not, today and in the past, whatever roles he has and
// wherever things are moved.
func TestFeedKeyNeverExceedsItsOwner(t *testing.T) {
	base := world(t)
	base.do(TeamCreate(TeamCreateInput{Code: "T", Name: "Team"}))
	base.do(ResourceCreate(ResourceCreateInput{Code: "R", Kind: vocab.ResourceKindPerson, RoleName: "Engineer", TeamID: ptr("team-1"), UserID: ptr("user-5")}))
	base.do(AllocationRequest(AllocationRequestInput{ProjectID: "project-3", ResourceID: "resource-1", Start: today, Finish: today + 30}))
	counts := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		r := &record{t: base.t, s: base.s}
		scope := func() (kind vocab.ScopeKind, id *string) {
			kind = rapid.SampledFrom([]vocab.ScopeKind{vocab.ScopeKindOrganisation, vocab.ScopeKindPortfolio, vocab.ScopeKindProgram, vocab.ScopeKindProject, vocab.ScopeKindTeam}).Draw(t, "kind")
			most := map[vocab.ScopeKind]int{vocab.ScopeKindPortfolio: 3, vocab.ScopeKindProgram: 2, vocab.ScopeKindProject: 3, vocab.ScopeKindTeam: 1}[kind]
			if most > 0 {
				id = ptr(fmt.Sprintf("%s-%d", strings.ToLower(string(kind)), rapid.IntRange(1, most).Draw(t, "id")))
			}
			return kind, id
		}
		for range rapid.IntRange(0, 3).Draw(t, "roles") {
			kind, id := scope()
			role := vocab.Role(rapid.SampledFrom(vocab.Role("").Values()).Draw(t, "role"))
			if auth.MayBeOn(role, kind) {
				r.do(RoleGrant(RoleGrantInput{UserID: "user-5", Role: role, ScopeKind: kind, ScopeID: id}))
			}
		}
		in := FeedKeyCreateInput{Name: "k", OwnerID: "user-5", ValidTo: noon.Add(time.Hour), Reads: rapid.SliceOfDistinct(rapid.SampledFrom([]vocab.FeedRead{"MONEY", "RATE", "PERSONAL"}), func(x vocab.FeedRead) vocab.FeedRead { return x }).Draw(t, "reads")}
		in.ScopeKind, in.ScopeID = scope()
		r.do(FeedKeyCreate(in, secretSum))
		past := r.s
		switch rapid.IntRange(0, 3).Draw(t, "move") {
		case 1:
			r.do(ProjectMove(ProjectMoveInput{ID: "project-1", ProgramID: ptr("program-2")}))
		case 2:
			r.do(PortfolioMove(PortfolioMoveInput{ID: "portfolio-3", ParentID: ptr("portfolio-2")}))
		case 3:
			r.do(ProjectMove(ProjectMoveInput{ID: "project-3", PortfolioID: ptr("portfolio-1")}))
		}
		key, err := held(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []*state.Snapshot{r.s, past} {
			view := func(session auth.Session) *state.View {
				v, err := state.NewView(s, session, today, state.ViewOptions{Newest: r.s})
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			his, its := view(r.session("viewer")), view(key)
			exceeds(t, state.Projects, his, its, counts)
			exceeds(t, state.Portfolios, his, its, counts)
			exceeds(t, state.Milestones, his, its, counts)
			exceeds(t, state.StatusReports, his, its, counts)
			exceeds(t, state.Allocations, his, its, counts)
			exceeds(t, state.Resources, his, its, counts)
			exceeds(t, state.Users, his, its, counts)
			exceeds(t, state.RoleAssignments, his, its, counts)
		}
	})
	if counts[true] < 50 || counts[false] < 50 {
		t.Errorf("the key saw %d rows and did not see %d: too few of either", counts[true], counts[false])
	}
}

func exceeds[T any](t *rapid.T, table *state.Table[T], his, its *state.View, counts map[bool]int) {
	for row := range table.All(state.All(his)) {
		id := table.Desc().RowID(row)
		seen := table.Get(its, id) != nil
		if counts[seen]++; seen && table.Get(his, id) == nil {
			t.Fatalf("the key sees %s, its owner does not", table.Desc().ID(id))
		}
		for _, c := range []vocab.Class{vocab.ClassMoney, vocab.ClassRate, vocab.ClassPersonal} {
			if seen && table.Key(its, row).Sees(c) && !table.Key(his, row).Sees(c) {
				t.Fatalf("the key opens class %d of %s, its owner does not", c, table.Desc().ID(id))
			}
		}
	}
}

// A token is refused that was issued before its user was signed out, or that was revoked, and no other; what is of no use goes.
func TestRevokedTokens(t *testing.T) {
	r := world(t)
	token := auth.Identity{Issuer: LocalIssuer, Subject: "viewer", TokenID: "t1", IssuedAt: noon.Add(-time.Minute)}
	others := []auth.Identity{
		{Issuer: LocalIssuer, Subject: "viewer", TokenID: "t2", IssuedAt: noon}, {Issuer: LocalIssuer, Subject: "pmo", TokenID: "t3"},
		{Issuer: "elsewhere", Subject: "viewer", TokenID: "t1"}, {Issuer: "elsewhere", Subject: "viewer"},
	}
	want := func(good bool) {
		t.Helper()
		for _, id := range append(slices.Clone(others), token) {
			_, err := r.s.Session(id, noon, today, noon)
			if refused := errors.Is(err, auth.ErrUnauthenticated); refused != (id.TokenID == "t1" && id.Issuer == LocalIssuer && !good) || err != nil && !refused {
				t.Errorf("%+v: %v", id, err)
			}
		}
	}
	want(true)
	before := r.s
	r.do(TokenRevoke(TokenRevokeInput{TokenID: "t1", ValidUntil: ptr(noon.Add(time.Hour))}))
	want(false)
	r.s = before
	r.do(UserSignOut(UserSignOutInput{ID: "user-5"}))
	want(false)

	r = world(t)
	later := noon.Add(2 * time.Hour)
	r.do(TokenRevoke(TokenRevokeInput{TokenID: "t1", ValidUntil: ptr(noon.Add(time.Hour))}))
	r.do(TokenRevoke(TokenRevokeInput{TokenID: "t2"}))
	r.do(TokenRevoke(TokenRevokeInput{TokenID: "t2", ValidUntil: ptr(noon.Add(time.Minute))})) // what is longer stays
	d, err := state.NewDraft(r.s, auth.Machine("test"), "tokenRevoke", later, today)
	if err != nil {
		t.Fatal(err)
	}
	if err := TokenRevoke(TokenRevokeInput{TokenID: "t3"}).Run(d); err != nil {
		t.Fatal(err)
	}
	var left []string
	for x := range state.TokenRevocations.All(state.All(d)) {
		left = append(left, x.TokenID+" "+x.ExpiresAt.Sub(noon).String())
	}
	if slices.Sort(left); fmt.Sprint(left) != "[t2 24h0m30s t3 26h0m30s]" {
		t.Errorf("left are %v", left)
	}
}

// Keys that end before an instant are named, but for those that ended before, or were revoked.
func TestFeedKeysEnding(t *testing.T) {
	r := world(t)
	for n, hours := range []int{1, 2, 3} {
		in := keyFor("user-3")
		in.Name, in.ValidTo = fmt.Sprint("key ", n), noon.Add(time.Duration(hours)*time.Hour)
		r.do(FeedKeyCreate(in, secretSum))
	}
	for _, c := range []struct{ from, to, want int }{{0, 4, 3}, {1, 3, 1}, {2, 4, 1}, {3, 9, 0}} {
		if ids := FeedKeysEnding(r.s, noon.Add(time.Duration(c.from)*time.Hour), noon.Add(time.Duration(c.to)*time.Hour)); len(ids) != c.want {
			t.Errorf("from %d to %d: %v", c.from, c.to, ids)
		}
	}
	r.do(FeedKeyRevoke(FeedKeyRevokeInput{ID: "feed-key-1"}))
	if ids := FeedKeysEnding(r.s, noon, noon.Add(4*time.Hour)); len(ids) != 2 {
		t.Errorf("with a revoked one: %v", ids)
	}
}
