package decide

import (
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

func granting(to string, role vocab.Role, kind vocab.ScopeKind, node string, until *vocab.Date) state.Decision {
	in := RoleGrantInput{UserID: to, Role: role, ScopeKind: kind, ValidTo: until}
	if node != "" {
		in.ScopeID = &node
	}
	return RoleGrant(in)
}

// Nobody gives or takes more than he may himself by the record, nor for longer.
func TestAuthority(t *testing.T) {
	const (
		org       = vocab.ScopeKindOrganisation
		portfolio = vocab.ScopeKindPortfolio
		onProject = vocab.ScopeKindProject
	)
	later, claimed := today+30, []auth.Claim{{Role: vocab.RoleFinance, Scope: auth.Scope{Kind: org}}}
	for _, c := range []struct {
		name, by string
		claims   []auth.Claim
		dec      state.Decision
		want     string
	}{
		{"all of it", "admin", nil, granting("user-5", vocab.RoleAdmin, org, "", nil), ""},
		{"as much as one's own", "pmo", nil, granting("user-5", vocab.RolePmo, org, "", nil), ""},
		{"rates, which he does not see", "pmo", nil, granting("user-5", vocab.RoleFinance, portfolio, "portfolio-2", nil), "FORBIDDEN"},
		{"the administrator's", "pmo", nil, granting("user-5", vocab.RoleAdmin, org, "", nil), "FORBIDDEN"},
		{"in his portfolio", "manager", nil, granting("user-5", vocab.RoleProjectManager, onProject, "project-1", nil), ""},
		{"below his portfolio", "manager", nil, granting("user-5", vocab.RolePortfolioManager, portfolio, "portfolio-3", nil), ""},
		{"in another's", "manager", nil, granting("user-5", vocab.RoleViewer, portfolio, "portfolio-2", nil), "input.scopeId NOT_FOUND"},
		{"everywhere", "manager", nil, granting("user-5", vocab.RoleViewer, org, "", nil), "FORBIDDEN"},
		{"on what is his own, wherever that is", "manager", nil, granting("user-5", vocab.RoleSponsor, vocab.ScopeKindOwn, "", nil), "FORBIDDEN"},
		{"more than he may", "manager", nil, granting("user-5", vocab.RoleFinance, portfolio, "portfolio-1", nil), "FORBIDDEN"},
		{"what his token alone gives", "manager", claimed, granting("user-5", vocab.RoleFinance, portfolio, "portfolio-1", nil), "FORBIDDEN"},
		{"by a token alone", "somebody", []auth.Claim{{Role: vocab.RoleAdmin, Scope: auth.Scope{Kind: org}}}, granting("user-5", vocab.RoleViewer, org, "", nil), "FORBIDDEN"},
		{"as long as his own lasts", "guest", nil, granting("user-5", vocab.RoleViewer, portfolio, "portfolio-2", &later), ""},
		{"for longer", "guest", nil, granting("user-5", vocab.RoleViewer, portfolio, "portfolio-2", ptr(later+1)), "FORBIDDEN"},
		{"without end", "guest", nil, granting("user-5", vocab.RoleViewer, portfolio, "portfolio-2", nil), "FORBIDDEN"},
		{"taking what is below him", "manager", nil, RoleRevoke(RoleRevokeInput{ID: "role-assignment-4"}), ""},
		{"taking what he cannot see", "manager", nil, RoleRevoke(RoleRevokeInput{ID: "role-assignment-1"}), "NOT_FOUND"},
		{"taking what is above him", "pmo", nil, RoleRevoke(RoleRevokeInput{ID: "role-assignment-1"}), "FORBIDDEN"},
		{"taking though his own ends", "guest", nil, RoleRevoke(RoleRevokeInput{ID: "role-assignment-7"}), ""},
		{"by who gives nothing", "viewer", nil, RoleRevoke(RoleRevokeInput{ID: "role-assignment-4"}), "FORBIDDEN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := world(t)
			r.do(UserCreate(UserCreateInput{Subject: "guest"}))
			r.do(RoleGrant(RoleGrantInput{UserID: "user-6", Role: vocab.RolePortfolioManager, ScopeKind: portfolio, ScopeID: ptr("portfolio-2"), ValidTo: &later}))
			r.do(granting("user-5", vocab.RoleContributor, onProject, "project-3", nil))
			s, err := r.s.Session(auth.Identity{Issuer: LocalIssuer, Subject: c.by, Claims: c.claims}, noon, today, noon.Add(24*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.try(s, c.dec)
			wants(t, err, c.want)
		})
	}
}

// Whoever names somebody in a column gives him what follows, and has to have it.
func TestAppointing(t *testing.T) {
	r := world(t)
	r.grant("people", vocab.RoleResourceManager, "")
	for _, c := range []struct {
		name, by string
		dec      state.Decision
		want     string
	}{
		{"a team's manager sees rates", "pmo", TeamCreate(TeamCreateInput{Code: "T", Name: "Team", ManagerID: ptr("user-5")}), "FORBIDDEN"},
		{"a team without a manager", "pmo", TeamCreate(TeamCreateInput{Code: "T", Name: "Team"}), ""},
		{"by who sees them", "people", TeamCreate(TeamCreateInput{Code: "U", Name: "Team", ManagerID: ptr("user-5")}), ""},
		{"a project's manager", "manager", ProjectAssign(ProjectAssignInput{ID: "project-1", Patch: map[string]any{"managerId": "user-5"}}), ""},
		{"nobody in his place", "manager", ProjectAssign(ProjectAssignInput{ID: "project-1", Patch: map[string]any{"managerId": nil}}), ""},
	} {
		_, err := r.try(r.session(c.by), c.dec)
		t.Run(c.name, func(t *testing.T) { wants(t, err, c.want) })
	}
}

// Who plans a project drafts its baseline; who answers for it puts it in force, and changes nothing else of the plan.
func TestApproving(t *testing.T) {
	for by, want := range map[string]string{"planner": "FORBIDDEN", "sponsor": "", "manager": "", "pmo": "", "worker": "FORBIDDEN"} {
		t.Run(by, func(t *testing.T) {
			r := world(t)
			r.grant("planner", vocab.RoleProjectManager, "project:ONE")
			r.grant("sponsor", vocab.RoleSponsor, "project:ONE")
			for range 2 {
				_, err := r.try(r.session("planner"), BaselineCreate(BaselineCreateInput{Call: Call{Reason: ptr("first")}, ProjectID: "project-1"}))
				wants(t, err, "")
			}
			_, err := r.try(r.session(by), BaselineApprove(BaselineApproveInput{ID: "baseline-1"}))
			wants(t, err, want)
			if want == "" {
				_, err = r.try(r.session(by), BaselineApprove(BaselineApproveInput{ID: "baseline-2"}))
				wants(t, err, "")
			}
			_, err = r.try(r.session("sponsor"), BaselineCreate(BaselineCreateInput{Call: Call{Reason: ptr("own")}, ProjectID: "project-1"}))
			wants(t, err, "FORBIDDEN")
		})
	}
}
