package state_test

import (
	"slices"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// office is a small organisation: portfolio A with B below it, portfolio Z beside; a project in each; a report with money on each.
type office struct {
	s                      *state.Snapshot
	a, b, z, pa, pb, pz    int64
	manager, viewer, admin int64
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{}
	d := draft(t, state.Empty(), "import")
	user := func(subject string) int64 {
		u := state.Users.New(d)
		name := guard.NewPersonal(subject)
		u.Issuer, u.Subject, u.Name, u.Active = "LOCAL", &name, &name, true
		ok(t, state.Users.Put(d, u))
		return u.ID
	}
	o.manager, o.viewer, o.admin = user("manager"), user("viewer"), user("admin")
	portfolio := func(code string, parent, manager *int64) int64 {
		p := state.Portfolios.New(d)
		p.Code, p.Name, p.Lifecycle, p.ParentID, p.ManagerID = code, code, vocab.PortfolioLifecycleActive, parent, manager
		ok(t, state.Portfolios.Put(d, p))
		return p.ID
	}
	o.a = portfolio("A", nil, &o.manager)
	o.b, o.z = portfolio("B", &o.a, nil), portfolio("Z", nil, nil)
	project := func(code string, home int64) int64 {
		p := state.Projects.New(d)
		p.Code, p.Name, p.PortfolioID, p.Lifecycle, p.Currency = code, code, home, vocab.ProjectLifecycleExecuting, "EUR"
		ok(t, state.Projects.Put(d, p))
		r := state.StatusReports.New(d)
		cost := guard.NewMoney(1000)
		r.ProjectID, r.PeriodStart, r.PeriodEnd, r.Revision, r.State, r.Currency, r.WholeLifeCost = p.ID, 20000, 20030, 1, vocab.ReportStateSubmitted, "EUR", &cost
		ok(t, state.StatusReports.Put(d, r))
		return p.ID
	}
	o.pa, o.pb, o.pz = project("PA", o.a), project("PB", o.b), project("PZ", o.z)
	grant := func(user int64, role vocab.Role) {
		g := state.RoleAssignments.New(d)
		g.UserID, g.Role, g.ScopeKind = user, role, vocab.ScopeKindOrganisation
		ok(t, state.RoleAssignments.Put(d, g))
	}
	grant(o.viewer, vocab.RoleViewer)
	grant(o.admin, vocab.RoleAdmin)
	o.s = commit(t, d)
	return o
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func commit(t *testing.T, d *state.Draft) *state.Snapshot {
	t.Helper()
	ok(t, d.Finish(nil))
	_, err := d.Entry(state.Entry{})
	ok(t, err)
	return d.Published()
}

func session(t *testing.T, s *state.Snapshot, subject string, claims ...auth.Claim) auth.Session {
	t.Helper()
	id := auth.Identity{Issuer: "LOCAL", Subject: subject, Claims: claims, ValidUntil: noon.Add(time.Hour)}
	x, err := s.Session(id, noon, vocab.DateOf(noon), noon.Add(12*time.Hour))
	ok(t, err)
	return x
}

func claim(role vocab.Role, scope string) auth.Claim {
	s, err := auth.ParseScope(scope)
	if err != nil {
		panic(err)
	}
	return auth.Claim{Role: role, Scope: s}
}

func view(t *testing.T, s, newest *state.Snapshot, x auth.Session) *state.View {
	t.Helper()
	v, err := state.NewView(s, x, vocab.DateOf(noon), state.ViewOptions{Newest: newest})
	ok(t, err)
	return v
}

func codes(v *state.View) (list string) {
	for p := range state.Projects.All(v) {
		list += p.Code + " "
	}
	return list
}

func TestWhoSeesWhat(t *testing.T) {
	o := newOffice(t)
	for _, x := range []struct {
		name     string
		session  auth.Session
		projects string
		money    bool // of the first project seen
	}{
		{"manager of A by column", session(t, o.s, "manager"), "PA PB ", true},
		{"viewer by row", session(t, o.s, "viewer"), "PA PB PZ ", false},
		{"nobody", session(t, o.s, "nobody"), "", false},
		{"claim on a path", session(t, o.s, "x", claim(vocab.RoleFinance, "portfolio:A/B")), "PB ", true},
		{"claim on a code", session(t, o.s, "x", claim(vocab.RoleViewer, "project:PZ")), "PZ ", false},
		{"unknown code", session(t, o.s, "x", claim(vocab.RolePmo, "portfolio:NONE")), "", false},
		{"role not held on such a node", session(t, o.s, "x", claim(vocab.RolePmo, "portfolio:A")), "", false},
	} {
		v := view(t, o.s, o.s, x.session)
		if got := codes(v); got != x.projects {
			t.Errorf("%s sees %q, want %q", x.name, got, x.projects)
		}
		for r := range state.StatusReports.All(v) {
			if _, has := state.StatusReports.Key(v, r).Money(r.WholeLifeCost); has != x.money {
				t.Errorf("%s sees money: %v", x.name, has)
			}
		}
	}
}

func TestAmbiguousCodeGrantsNothing(t *testing.T) {
	o := newOffice(t)
	d := draft(t, o.s, "portfolioCreate")
	p := state.Portfolios.New(d)
	p.Code, p.Name, p.Lifecycle, p.ParentID = "B", "B", vocab.PortfolioLifecycleActive, &o.z
	ok(t, state.Portfolios.Put(d, p))
	s := commit(t, d)
	if got := codes(view(t, s, s, session(t, s, "x", claim(vocab.RoleViewer, "portfolio:B")))); got != "" {
		t.Errorf("an ambiguous code shows %q", got)
	}
	if got := codes(view(t, s, s, session(t, s, "x", claim(vocab.RoleViewer, "portfolio:A/B")))); got != "PB " {
		t.Errorf("its path shows %q", got)
	}
}

func TestInactiveUserHasNoSession(t *testing.T) {
	o := newOffice(t)
	d := draft(t, o.s, "userUpdate")
	u, err := state.Users.Edit(d, o.viewer, nil)
	ok(t, err)
	u.Active = false
	ok(t, state.Users.Put(d, u))
	s := commit(t, d)
	id := auth.Identity{Issuer: "LOCAL", Subject: "viewer", Claims: []auth.Claim{claim(vocab.RoleAdmin, "")}}
	if _, err := s.Session(id, noon, vocab.DateOf(noon), noon); err == nil {
		t.Error("an inactive user has a session by his token's claims")
	}
}

// The past is visible by the rights of now: what is visible now, at places that today's grants show; what is gone, by its last place.
func TestPastIsSeenWithRightsOfNow(t *testing.T) {
	o := newOffice(t)
	then := o.s
	move := draft(t, o.s, "projectMove")
	p, err := state.Projects.Edit(move, o.pb, nil)
	ok(t, err)
	p.PortfolioID = o.z
	ok(t, state.Projects.Put(move, p))
	q, err := state.Projects.Edit(move, o.pz, nil)
	ok(t, err)
	q.PortfolioID = o.a
	ok(t, state.Projects.Put(move, q))
	moved := commit(t, move)
	drop := draft(t, moved, "projectDelete")
	for r := range state.StatusReports.By(drop, "project_id", o.pa) {
		state.StatusReports.Delete(drop, r.ID)
	}
	state.Projects.Delete(drop, o.pa)
	now := commit(t, drop)
	x := session(t, now, "manager")
	if got := codes(view(t, now, now, x)); got != "PZ " {
		t.Errorf("now %q", got)
	}
	// PA is gone: by its last place. PB has left A: not visible now. PZ was in Z then: today's grants do not show it there.
	if got := codes(view(t, then, now, x)); got != "PA " {
		t.Errorf("then %q", got)
	}
}

func TestWritesStayInScope(t *testing.T) {
	o := newOffice(t)
	pm := session(t, o.s, "x", claim(vocab.RoleProjectManager, "project:PA"))
	manager := session(t, o.s, "manager")
	admin := session(t, o.s, "admin")
	edit := func(id int64, change func(*ent.Project)) func(*state.Draft) error {
		return func(d *state.Draft) error {
			p, err := state.Projects.Edit(d, id, nil)
			if err != nil {
				return err
			}
			change(p)
			return state.Projects.Put(d, p)
		}
	}
	other := o.viewer
	for _, x := range []struct {
		name   string
		who    auth.Session
		action string
		run    func(*state.Draft) error
		want   fault.Kind // empty: allowed
	}{
		{"rename own", pm, "projectUpdate", edit(o.pa, func(p *ent.Project) { p.Name = "new" }), ""},
		{"rename hidden", pm, "projectUpdate", edit(o.pb, func(p *ent.Project) { p.Name = "new" }), fault.NotFound},
		{"assign himself a deputy", pm, "projectUpdate", edit(o.pa, func(p *ent.Project) { p.ManagerID = &other }), fault.Forbidden},
		{"move within", manager, "projectMove", edit(o.pa, func(p *ent.Project) { p.PortfolioID = o.b }), ""},
		{"move out", manager, "projectMove", edit(o.pa, func(p *ent.Project) { p.PortfolioID = o.z }), fault.Invalid}, // Z is hidden: not found
		{"assign within", manager, "projectAssign", edit(o.pb, func(p *ent.Project) { p.ManagerID = &other }), ""},
		{"viewer writes", session(t, o.s, "viewer"), "projectUpdate", edit(o.pa, func(p *ent.Project) { p.Name = "new" }), fault.Forbidden},
		{"create below", manager, "portfolioCreate", newPortfolio("N", &o.b), ""},
		{"create at the top", manager, "portfolioCreate", newPortfolio("N", nil), fault.Forbidden},
		{"create elsewhere", manager, "portfolioCreate", newPortfolio("N", &o.z), fault.Invalid},
		{"admin grants to another", admin, "roleGrant", newGrant(o.viewer, vocab.RolePmo), ""},
		{"admin enlarges himself", admin, "portfolioUpdate", func(d *state.Draft) error {
			p, err := state.Portfolios.Edit(d, o.z, nil)
			if err != nil {
				return err
			}
			p.ManagerID = &o.admin // he may do all already: nothing is gained
			return state.Portfolios.Put(d, p)
		}, ""},
		{"manager grants", manager, "roleGrant", newGrant(o.viewer, vocab.RoleViewer), fault.Forbidden},
		{"token's admin grants", session(t, o.s, "x", claim(vocab.RoleAdmin, "")), "roleGrant", newGrant(o.viewer, vocab.RoleViewer), fault.Forbidden},
		{"pmo makes himself team manager and sees rates", session(t, o.s, "viewer", claim(vocab.RolePmo, "")), "teamCreate", func(d *state.Draft) error {
			team := state.Teams.New(d)
			me := d.User()
			team.Code, team.Name, team.ManagerID = "T", "T", &me
			return state.Teams.Put(d, team)
		}, fault.Forbidden},
	} {
		d, err := state.NewDraft(o.s, x.who, x.action, noon, vocab.DateOf(noon))
		if err == nil {
			if err = x.run(d); err == nil {
				err = d.Finish(nil)
			}
		}
		if x.want == "" && err != nil || x.want != "" && !fault.Is(err, x.want) {
			t.Errorf("%s: %v, want %q", x.name, err, x.want)
		}
	}
}

func newPortfolio(code string, parent *int64) func(*state.Draft) error {
	return func(d *state.Draft) error {
		p := state.Portfolios.New(d)
		p.Code, p.Name, p.Lifecycle, p.ParentID = code, code, vocab.PortfolioLifecycleActive, parent
		return state.Portfolios.Put(d, p)
	}
}

func newGrant(user int64, role vocab.Role) func(*state.Draft) error {
	return func(d *state.Draft) error {
		g := state.RoleAssignments.New(d)
		g.UserID, g.Role, g.ScopeKind = user, role, vocab.ScopeKindOrganisation
		return state.RoleAssignments.Put(d, g)
	}
}

func TestMoneyIsNotWrittenUnseen(t *testing.T) {
	o := newOffice(t)
	contributor := session(t, o.s, "x", claim(vocab.RoleContributor, "project:PA"))
	report := func(cost *guard.Money) error {
		d, err := state.NewDraft(o.s, contributor, "statusReportSubmit", noon, vocab.DateOf(noon))
		ok(t, err)
		r := state.StatusReports.New(d)
		r.ProjectID, r.PeriodStart, r.PeriodEnd, r.Revision, r.State, r.Currency, r.WholeLifeCost = o.pa, 20031, 20060, 1, vocab.ReportStateSubmitted, "EUR", cost
		ok(t, state.StatusReports.Put(d, r))
		return d.Finish(nil)
	}
	if err := report(nil); err != nil {
		t.Error("a report without money was refused:", err)
	}
	cost := guard.NewMoney(5)
	if err := report(&cost); !fault.Is(err, fault.Forbidden) {
		t.Error("money was written by who may not see it:", err)
	}
}

// The first mutation admits its actor, so that the journal names everybody by number.
func TestActorIsAdmitted(t *testing.T) {
	o := newOffice(t)
	x := session(t, o.s, "newcomer", claim(vocab.RolePmo, ""))
	d, err := state.NewDraft(o.s, x, "portfolioCreate", noon, vocab.DateOf(noon))
	ok(t, err)
	ok(t, newPortfolio("N", nil)(d))
	ok(t, d.Finish(nil))
	e, err := d.Entry(state.Entry{})
	ok(t, err)
	if e.Actor != "user-4" || d.Published().Count(state.Users.Desc()) != 4 {
		t.Error(e.Actor)
	}
	idle, err := state.NewDraft(o.s, x, "portfolioCreate", noon, vocab.DateOf(noon))
	ok(t, err)
	ok(t, idle.Finish(nil))
	if len(idle.Changes()) != 0 {
		t.Error("who changed nothing was admitted")
	}
}

// What his token tells of him goes with the row that his first mutation makes.
func TestAdmittedActorHasAName(t *testing.T) {
	o := newOffice(t)
	x := session(t, o.s, "newcomer", claim(vocab.RolePmo, ""))
	x.Identity.Name = "Ann Lee"
	d, err := state.NewDraft(o.s, x, "portfolioCreate", noon, vocab.DateOf(noon))
	ok(t, err)
	ok(t, newPortfolio("N", nil)(d))
	ok(t, d.Finish(nil))
	if u := state.Users.Get(state.NewWhole(d.Published()), d.User()); u.Name == nil || *u.Name != guard.NewPersonal("Ann Lee") || u.Email != nil {
		t.Errorf("%+v", u)
	}
}

// Where an issuer admits nobody, only users on record come in; and whoever was made inactive does not, whatever his token says.
func TestOnlyWhoIsOnRecord(t *testing.T) {
	o := newOffice(t)
	admin := []auth.Claim{claim(vocab.RoleAdmin, "")}
	enter := func(s *state.Snapshot, subject string, onRecord bool) bool {
		id := auth.Identity{Issuer: "LOCAL", Subject: subject, Claims: admin, OnRecord: onRecord}
		_, err := s.Session(id, noon, vocab.DateOf(noon), noon.Add(time.Hour))
		return err == nil
	}
	d := draft(t, o.s, "userUpdate")
	u, err := state.Users.Edit(d, o.viewer, nil)
	ok(t, err)
	u.Active = false
	ok(t, state.Users.Put(d, u))
	ok(t, d.Finish(nil))
	for _, c := range []struct {
		subject  string
		onRecord bool
		want     bool
	}{{"manager", true, true}, {"manager", false, true}, {"stranger", true, false}, {"stranger", false, true}, {"viewer", true, false}, {"viewer", false, false}} {
		if got := enter(d.Published(), c.subject, c.onRecord); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// Every column is of a guarded class by its type, or stands on the reviewed public list.
func TestPolicyCoversEveryTable(t *testing.T) {
	for _, d := range state.Tables {
		if _, ok := auth.EntityOf(d.Name); !ok {
			t.Errorf("%s has no row in the policy", d.Name)
		}
	}
	for _, e := range auth.Entities {
		if _, ok := state.TableNamed(e.Table); !ok {
			t.Errorf("the policy speaks of %s, which is no entity", e.Table)
		}
	}
	for _, r := range auth.Relations {
		d, ok := state.TableNamed(r.Table)
		if !ok {
			t.Fatal(r.Table)
		}
		if c, ok := d.Column(r.Column); !ok || !c.Grants {
			t.Errorf("rights follow from %s.%s, which is not marked with Grants", r.Table, r.Column)
		}
	}
}

// What the policy says of answers, the entities have: the list of the column is asked and answered, and an answer moves no rights.
func TestAnswersAreOfTheEntities(t *testing.T) {
	for _, a := range auth.Answers {
		d, _ := state.TableNamed(a.Table)
		if at, ok := d.Column(a.At); !ok || at.Ref == nil || at.Nullable {
			t.Errorf("%s.%s names no row that answers", a.Table, a.At)
		}
		if vals := vocab.AllocationState("").Values(); a.Table == "allocations" && !slices.Equal(append(slices.Clone(a.Open), a.Given...), vals) {
			t.Errorf("%v and %v are not all of %v", a.Open, a.Given, vals)
		}
		if !slices.Contains(a.Sets, a.Column) || slices.Contains(a.Sets, a.At) {
			t.Errorf("an answer sets %v", a.Sets)
		}
		for _, name := range a.Sets {
			if c, ok := d.Column(name); !ok || c.Grants || c.Class != vocab.ClassPublic {
				t.Errorf("an answer sets %s.%s", a.Table, name)
			}
		}
	}
}
