package accesstest

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Noon is the instant of the tests, Today its day.
var (
	Noon  = time.Date(2022, 4, 20, 12, 0, 0, 0, time.UTC)
	Today = vocab.DateOf(Noon)
)

// Actor is somebody who tries: what he is to the organisation, and who he says he is.
type Actor struct {
	Name  string
	Roles []vocab.Role // that he has in any way
	ID    auth.Identity
}

// Office is a small organisation with something of every entity at every kind of place, and people who stand in every relation to it.
//
//	portfolio 1 A ─ 2 A/S          program 1 PRG in A, 2 Q in B        team 1 T1 ─ 2 T2, team 3 T3
//	portfolio 3 B                  project 1 in A and PRG, 2 in S, 3 in B and Q, 4 in A
//	resource 1 in T1, 2 in T2, 3 in T3, 4 and 5 in none; 5 has hours for one booking, of project 1
type Office struct {
	Actors []Actor
	users  map[string]int64
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func ptr[T any](v T) *T { return &v }

func set(d *state.Desc, row any, column string, value any) { must(d.SetColumn(row, column, value)) }

// scopes are the nodes that roles are given on here.
var scopes = []struct {
	on   kind
	id   int64
	path string // as a token names it; "-" if it cannot
}{
	{vocab.ScopeKindOrganisation, 0, ""}, {vocab.ScopeKindPortfolio, 1, "portfolio:A"}, {vocab.ScopeKindProgram, 1, "program:PRG"},
	{vocab.ScopeKindProject, 1, "project:P1"}, {vocab.ScopeKindTeam, 1, "-"}, {vocab.ScopeKindOwn, 0, "-"},
}

// NewOffice plans the office.
func NewOffice() *Office {
	o := &Office{users: map[string]int64{}}
	add := func(name string, claims []auth.Claim, roles ...vocab.Role) {
		o.Actors = append(o.Actors, Actor{name, roles, auth.Identity{Issuer: "LOCAL", Subject: name, Claims: claims}})
	}
	for _, name := range strings.Fields("stranger expired future inactive archived last-day first-day portfolio-manager program-sponsor project-manager project-sponsor team-manager resource-manager himself own-sponsor own-manager looks-and-plans looks-and-answers looks-and-keeps manages-two") {
		add(name, nil, named[name]...)
	}
	for _, r := range roles {
		for _, s := range scopes {
			if listed(r.on, string(s.on)) {
				add(strings.ToLower(string(r.role)+"@"+string(s.on)), nil, r.role)
			}
			if s.path != "-" { // also where it may not be
				scope, err := auth.ParseScope(s.path)
				must(err)
				add(strings.ToLower(string(r.role)+" token "+string(s.on)), []auth.Claim{{Role: r.role, Scope: scope}}, r.role)
			}
		}
	}
	return o
}

// named says which roles those have who are named otherwise than by one.
var named = map[string][]vocab.Role{
	"expired": {"PMO"}, "future": {"PMO"}, "inactive": {"ADMIN"}, "archived": {"PMO"}, "last-day": {"PMO"}, "first-day": {"PMO"},
	"portfolio-manager": {"PORTFOLIO_MANAGER"}, "program-sponsor": {"SPONSOR"}, "project-manager": {"PROJECT_MANAGER"}, "project-sponsor": {"SPONSOR"},
	"team-manager": {"RESOURCE_MANAGER"}, "resource-manager": {"RESOURCE_MANAGER"}, "own-sponsor": {"SPONSOR", "PROJECT_MANAGER"}, "own-manager": {"SPONSOR", "PROJECT_MANAGER"},
	"looks-and-plans": {"VIEWER", "PROJECT_MANAGER"}, "looks-and-answers": {"VIEWER", "PORTFOLIO_MANAGER"}, "looks-and-keeps": {"VIEWER", "RESOURCE_MANAGER"}, "manages-two": {"PORTFOLIO_MANAGER"},
}

// Put puts the office into a record.
func (o *Office) Put(d *state.Draft) {
	org := state.Organisations.New(d)
	org.Name, org.Currency, org.Timezone, org.FiscalYearStart, org.StandardWeekMinutes, org.ReportValidityMonths = "Office", "GBP", "UTC", 4, 2250, 12
	must(state.Organisations.Put(d, org))
	for _, a := range o.Actors {
		if len(a.ID.Claims) > 0 || a.Name == "stranger" {
			continue
		}
		u := state.Users.New(d)
		u.Issuer, u.Active = "LOCAL", a.Name != "inactive"
		set(state.Users.Desc(), u, "subject", a.Name)
		set(state.Users.Desc(), u, "name", "Name of "+a.Name)
		set(state.Users.Desc(), u, "email", strings.ReplaceAll(a.Name, "@", ".")+"@example.org")
		must(state.Users.Put(d, u))
		o.users[a.Name] = u.ID
	}
	o.putNodes(d)
	o.putPeople(d)
	o.putShared(d)
	for p := int64(1); p <= 4; p++ {
		o.putProject(d, p)
	}
	o.putRoles(d)
	o.putKeys(d)
}

func (o *Office) user(name string) *int64 { return ptr(o.users[name]) }

func (o *Office) putNodes(d *state.Draft) {
	for i, x := range []struct {
		code    string
		parent  *int64
		manager *int64
	}{{"A", nil, nil}, {"S", ptr(int64(1)), o.user("portfolio-manager")}, {"B", nil, o.user("manages-two")}} {
		p := state.Portfolios.New(d)
		p.Code, p.Name, p.Lifecycle, p.ParentID, p.ManagerID = x.code, "Portfolio "+x.code, vocab.PortfolioLifecycleActive, x.parent, x.manager
		must(state.Portfolios.Put(d, p))
		if x.code == "S" {
			continue
		}
		g := state.Programs.New(d)
		g.Code, g.Name, g.Lifecycle, g.PortfolioID = []string{"PRG", "", "Q"}[i], "Program", vocab.PortfolioLifecycleActive, p.ID
		if i > 0 {
			g.SponsorID = o.user("program-sponsor")
		}
		must(state.Programs.Put(d, g))
	}
	for i, x := range []struct {
		portfolio        int64
		program          *int64
		manager, sponsor *int64
	}{{1, ptr(int64(1)), nil, nil}, {2, nil, o.user("project-manager"), o.user("own-manager")}, {3, ptr(int64(2)), nil, o.user("project-sponsor")}, {1, nil, o.user("own-sponsor"), nil}} {
		p := state.Projects.New(d)
		p.Code, p.Name, p.PortfolioID, p.ProgramID, p.Lifecycle, p.Currency, p.ManagerID, p.SponsorID = "P"+string(rune('1'+i)), "Project", x.portfolio, x.program, vocab.ProjectLifecycleExecuting, "GBP", x.manager, x.sponsor
		must(state.Projects.Put(d, p))
	}
}

func (o *Office) putPeople(d *state.Draft) {
	for i, code := range []string{"T1", "T2", "T3"} {
		t := state.Teams.New(d)
		t.Code, t.Name = code, "Team "+code
		switch i {
		case 1:
			t.ParentID = ptr(int64(1))
		case 2:
			t.ManagerID = o.user("team-manager")
		}
		must(state.Teams.Put(d, t))
	}
	for i := range int64(5) {
		r := state.Resources.New(d)
		r.Code, r.Kind, r.RoleName, r.ContractShare, r.RateCurrency = "R"+string(rune('1'+i)), vocab.ResourceKindPerson, "Engineer", 1000, ptr("GBP")
		set(state.Resources.Desc(), r, "name", "Person "+r.Code)
		set(state.Resources.Desc(), r, "standard_rate", 8000+i)
		if i < 3 {
			r.TeamID = ptr(i + 1)
		} else if i == 3 {
			r.ManagerID = o.user("resource-manager")
		}
		if i == 1 {
			r.UserID = o.user("himself")
		}
		must(state.Resources.Put(d, r))
		must(state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: r.ID, PeriodStart: 19086, Grain: vocab.CapacityGrainWeek, Source: vocab.CapacitySourceAbsence, Minutes: 600}))
	}
}

func (o *Office) putShared(d *state.Draft) {
	c := state.WorkCalendars.New(d)
	c.Code, c.Name, c.Timezone, c.WeeklyMinutes, c.Exceptions = "UK", "United Kingdom", "Europe/London", []int{0, 450, 450, 450, 450, 450, 0}, []vocab.CalendarException{}
	must(state.WorkCalendars.Put(d, c))
	x := state.ExchangeRates.New(d)
	x.FromCurrency, x.ToCurrency, x.ValidFrom, x.Rate = "EUR", "GBP", 19000, 900_000_000
	must(state.ExchangeRates.Put(d, x))
	k := state.CostCategories.New(d)
	k.Code, k.Name = "C1", "Labour"
	must(state.CostCategories.Put(d, k))
	r := state.RateCards.New(d)
	r.RoleName, r.ValidFrom, r.Currency, r.HourlyRate = "Engineer", 19000, "GBP", 5000
	must(state.RateCards.Put(d, r))
	doc := state.RegisteredDocuments.New(d)
	doc.Name, doc.Text = "Day", "{ viewer { day number } }"
	doc.DocumentID = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(doc.Text)))
	must(state.RegisteredDocuments.Put(d, doc))
	t := state.Tolerances.New(d)
	t.Dimension, t.Green, t.Amber = vocab.RagDimension(vocab.RagDimension("").Values()[0]), 950_000, 850_000
	must(state.Tolerances.Put(d, t))
	i := state.KpiDefinitions.New(d)
	i.Code, i.Name, i.Unit, i.Direction, i.Source, i.FormulaVersion, i.Rollup, i.Cadence, i.AboutMoney = "K1", "Indicator", vocab.UnitMoney, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured, 1, vocab.KpiRollupSum, vocab.CadenceMonth, true
	i.Currency = ptr("GBP")
	must(state.KpiDefinitions.Put(d, i))
	for _, m := range []*ent.KpiMeasurement{{PortfolioID: ptr(int64(1))}, {PortfolioID: ptr(int64(3))}, {ProgramID: ptr(int64(1))}, {ProgramID: ptr(int64(2))}} {
		measure(d, m)
	}
}

func measure(d *state.Draft, m *ent.KpiMeasurement) {
	m.KpiDefinitionID, m.PeriodEnd = 1, vocab.NewDate(2022, 3, 31)
	for i, column := range []string{"money_value", "money_target"} {
		set(state.KpiMeasurements.Desc(), m, column, int64(7_000_000+i))
	}
	must(state.KpiMeasurements.Put(d, m))
}

func (o *Office) putProject(d *state.Draft, p int64) {
	m := state.Milestones.New(d)
	m.ProjectID, m.Name, m.State, m.Weight, m.ForecastDate = p, "Milestone", vocab.MilestoneStatePlanned, 1, ptr(Today+30)
	set(state.Milestones.Desc(), m, "budget", int64(100_00)+p)
	must(state.Milestones.Put(d, m))
	b := state.Baselines.New(d)
	b.ProjectID, b.Number, b.State, b.Reason, b.Currency = p, int(p), vocab.BaselineStateDraft, "plan", ptr("GBP")
	if p%2 == 0 {
		b.State, b.ApprovedOn = vocab.BaselineStateApproved, ptr(Today-20)
	}
	must(state.Baselines.Put(d, b))
	e := state.BaselineEntries.New(d)
	e.BaselineID, e.ProjectID, e.ItemKind, e.MilestoneID, e.Finish = b.ID, p, vocab.BaselineItemKindMilestone, &m.ID, ptr(Today+30)
	set(state.BaselineEntries.Desc(), e, "weight", int64(5))
	must(state.BaselineEntries.Put(d, e))
	r := state.StatusReports.New(d)
	r.ProjectID, r.PeriodStart, r.PeriodEnd, r.Revision, r.State, r.Currency, r.Health = p, Today-60, Today-30, 1, vocab.ReportStateDraft, "GBP", ptr(vocab.RagGreen)
	for i, column := range []string{"whole_life_cost", "period_budget", "period_forecast"} {
		set(state.StatusReports.Desc(), r, column, 1000_00+int64(i))
	}
	must(state.StatusReports.Put(d, r))
	a := state.ActionItems.New(d)
	a.ProjectID, a.Title = p, "Ask"
	must(state.ActionItems.Put(d, a))
	month := vocab.NewDate(2022, 3, 1)
	put := func(t *state.Desc, row any, columns ...string) {
		for i, c := range columns {
			set(t, row, c, 500_00+int64(i))
		}
	}
	cost := &ent.CostEntry{ProjectID: p, CostCategoryID: 1, Currency: "GBP", Period: month}
	put(state.CostEntries.Desc(), cost, "planned", "actual", "committed", "forecast")
	must(state.CostEntries.Put(d, cost))
	budget := &ent.BudgetLine{ProjectID: p, CostCategoryID: 1, Currency: "GBP", Period: month, ReserveKind: vocab.ReserveKind(vocab.ReserveKind("").Values()[0])}
	put(state.BudgetLines.Desc(), budget, "amount")
	must(state.BudgetLines.Put(d, budget))
	period := &ent.BaselinePeriod{ProjectID: p, BaselineID: b.ID, Period: month}
	put(state.BaselinePeriods.Desc(), period, "amount")
	must(state.BaselinePeriods.Put(d, period))
	measure(d, &ent.KpiMeasurement{ProjectID: &p})
	for i, s := range []vocab.AllocationState{"REQUESTED", "REQUESTED", "ACCEPTED", "PROPOSED", "DECLINED"} {
		resource := 1 + (int64(i)+p)%4
		if i == 0 {
			if resource = 5; p != 1 {
				continue
			}
		}
		x := state.Allocations.New(d)
		x.ProjectID, x.ResourceID, x.State, x.Commitment, x.Start, x.Finish, x.Note = p, resource, s, vocab.CommitmentSoft, Today, Today+30, ptr("for work")
		must(state.Allocations.Put(d, x))
		must(state.AllocationHours.Put(d, &ent.AllocationHour{ResourceID: x.ResourceID, AllocationID: x.ID, PeriodStart: Today, PeriodEnd: Today + 4, Minutes: 600}))
	}
}

// putKeys lets machines in, and one token not.
func (o *Office) putKeys(d *state.Draft) {
	for i, n := range []node{{vocab.ScopeKindOrganisation, 0}, {vocab.ScopeKindProject, 1}, {vocab.ScopeKindPortfolio, 2}, {vocab.ScopeKindProgram, 2}} {
		k := state.FeedKeys.New(d)
		k.Name, k.OwnerID, k.ScopeKind, k.SecretHash, k.ValidTo = "feed", o.users["finance@organisation"], n.on, strings.Repeat("ab", 32), d.At().AddDate(0, 1+i, 0)
		if n.id != 0 {
			k.ScopeID = &n.id
		}
		must(state.FeedKeys.Put(d, k))
		h := state.Webhooks.New(d)
		h.Name, h.OwnerID, h.ScopeKind, h.ScopeID, h.URL, h.Events, h.Active = k.Name, k.OwnerID, k.ScopeKind, k.ScopeID, "https://example.org/", []string{"*"}, true
		must(state.Webhooks.Put(d, h))
	}
	for i, name := range []string{"admin@organisation", "viewer@organisation"} {
		m := state.MailSubscriptions.New(d)
		m.UserID, m.ScopeKind, m.ScopeID, m.AboutPlan = o.users[name], vocab.ScopeKindProject, ptr(int64(1)), true
		m.Delivery, m.Hour, m.Weekday, m.Active = vocab.MailDelivery(vocab.MailDelivery("").Values()[i]), 7, vocab.WeekdayMonday, true
		must(state.MailSubscriptions.Put(d, m))
	}
	for i, name := range []string{"admin@organisation", "viewer@organisation", "viewer@project"} {
		for _, shared := range []bool{false, true} {
			q := state.SavedQueries.New(d)
			q.Name, q.OwnerID, q.Shared, q.Dataset = fmt.Sprintf("Query %d", i), o.users[name], shared, "Projects"
			q.Analysis = `{"dataset":"Projects","measures":[{"measure":"Projects"}]}`
			must(state.SavedQueries.Put(d, q))
		}
	}
	r := state.TokenRevocations.New(d)
	r.Issuer, r.TokenID, r.ExpiresAt = "LOCAL", "gone", d.At().AddDate(0, 0, 1)
	must(state.TokenRevocations.Put(d, r))
}

// putRoles gives roles by rows.
func (o *Office) putRoles(d *state.Draft) {
	give := func(name string, role vocab.Role, on kind, id int64) *ent.RoleAssignment {
		r := state.RoleAssignments.New(d)
		if r.UserID, r.Role, r.ScopeKind = o.users[name], role, on; id != 0 {
			r.ScopeID = &id
		}
		must(state.RoleAssignments.Put(d, r))
		return r
	}
	for _, r := range roles {
		for _, s := range scopes {
			if name := strings.ToLower(string(r.role) + "@" + string(s.on)); o.users[name] != 0 {
				give(name, r.role, s.on, s.id)
			}
		}
	}
	org, again := vocab.ScopeKindOrganisation, func(r *ent.RoleAssignment) { must(state.RoleAssignments.Put(d, r)) }
	for _, x := range []struct {
		name   string
		change func(*ent.RoleAssignment)
	}{
		{"expired", func(r *ent.RoleAssignment) { r.ValidTo = ptr(Today - 1) }}, {"future", func(r *ent.RoleAssignment) { r.ValidFrom = ptr(Today + 1) }},
		{"last-day", func(r *ent.RoleAssignment) { r.ValidTo = ptr(Today) }}, {"first-day", func(r *ent.RoleAssignment) { r.ValidFrom = ptr(Today) }},
		{"archived", func(r *ent.RoleAssignment) { r.ArchivedAt = &Noon }},
	} {
		r := give(x.name, "PMO", org, 0)
		x.change(r)
		again(r)
	}
	for _, n := range []node{{vocab.ScopeKindPortfolio, 2}, {vocab.ScopeKindPortfolio, 3}, {vocab.ScopeKindProgram, 2}, {vocab.ScopeKindProject, 2}, {vocab.ScopeKindProject, 3}, {vocab.ScopeKindProject, 4}, {vocab.ScopeKindTeam, 3}} {
		r := give("expired", "VIEWER", n.on, n.id) // to look at, where others stand by columns
		r.ValidTo = ptr(Today - 1)
		again(r)
	}
	give("inactive", "ADMIN", org, 0)
	give("own-sponsor", "SPONSOR", vocab.ScopeKindOwn, 0)
	give("own-manager", "PROJECT_MANAGER", vocab.ScopeKindOwn, 0)
	give("looks-and-plans", "VIEWER", org, 0)
	give("looks-and-plans", "PROJECT_MANAGER", vocab.ScopeKindProject, 1)
	give("looks-and-answers", "VIEWER", org, 0)
	give("looks-and-answers", "PORTFOLIO_MANAGER", vocab.ScopeKindPortfolio, 1)
	give("looks-and-keeps", "VIEWER", org, 0)
	give("looks-and-keeps", "RESOURCE_MANAGER", vocab.ScopeKindTeam, 1)
	give("manages-two", "PORTFOLIO_MANAGER", vocab.ScopeKindPortfolio, 2)
}
