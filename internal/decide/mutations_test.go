package decide

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// act is one mutation tried on the world.
type act struct {
	name string
	as   string // who tries; empty is the machine
	dec  state.Decision
	want string // see wants
	then func(t *testing.T, r *record) bool
}

func (a act) run(t *testing.T, r *record) {
	session := auth.Machine("test")
	if a.as != "" {
		session = r.session(a.as)
	}
	before := r.s
	_, err := r.try(session, a.dec)
	wants(t, err, a.want)
	if err != nil && r.s != before {
		t.Fatal("what was refused is on record")
	}
	if a.then != nil && !a.then(t, r) {
		t.Fatal("the record is not as expected")
	}
}

func mutationCases(t *testing.T) []act {
	patch := func(kv ...any) map[string]any {
		m := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	return []act{
		{"the organisation's settings", "pmo", OrganisationUpdate(OrganisationUpdateInput{ExpectedVersion: ptr(int64(1)), Patch: patch("fiscalYearStart", json.Number("4"), "calendarId", nil)}), "",
			func(_ *testing.T, r *record) bool { return r.s.Organisation().FiscalYearStart == 4 }},
		{"a month that is none", "", OrganisationUpdate(OrganisationUpdateInput{Patch: patch("fiscalYearStart", 13)}), "input.patch.fiscalYearStart INVALID", nil},
		{"a zone that is none", "", OrganisationUpdate(OrganisationUpdateInput{Patch: patch("timezone", "Mars/Base")}), "input.patch.timezone UNKNOWN_TIMEZONE", nil},
		{"settings need the permission", "manager", OrganisationUpdate(OrganisationUpdateInput{Patch: patch("name", "Mine")}), "FORBIDDEN", nil},
		{"a calendar", "pmo", WorkCalendarSet(WorkCalendarSetInput{Code: "DE", Name: "Germany", Timezone: "Europe/Berlin", WeeklyMinutes: []int{0, 480, 480, 480, 480, 480, 0},
			Exceptions: []CalendarExceptionInput{{*day(t, "2026-12-25"), 0, "Christmas"}}}), "",
			func(_ *testing.T, r *record) bool {
				return len(state.WorkCalendars.Get(r.all(), 1).Exceptions) == 1
			}},
		{"a calendar that is not there has no version", "", WorkCalendarSet(WorkCalendarSetInput{Code: "DE", ExpectedVersion: ptr(int64(1))}), "input.expectedVersion CONFLICT", nil},
		{"a calendar needs the permission", "manager", WorkCalendarSet(WorkCalendarSetInput{Code: "DE"}), "FORBIDDEN", nil},
		{"a rate", "pmo", ExchangeRateSet(ExchangeRateSetInput{FromCurrency: "GBP", ToCurrency: "EUR", ValidFrom: *day(t, "2026-01-01"), Rate: "1.170000001"}), "",
			func(_ *testing.T, r *record) bool {
				return state.ExchangeRates.Get(r.all(), 1).Rate == 1_170_000_001
			}},
		{"a rate too fine", "", ExchangeRateSet(ExchangeRateSetInput{FromCurrency: "GBP", ToCurrency: "EUR", Rate: "1.1700000001"}), "input.rate OUT_OF_RANGE", nil},
		{"a rate of nothing", "", ExchangeRateSet(ExchangeRateSetInput{FromCurrency: "GBP", ToCurrency: "EUR", Rate: "0"}), "input.rate INVALID", nil},
		{"a rate with an exponent", "", ExchangeRateSet(ExchangeRateSetInput{FromCurrency: "GBP", ToCurrency: "EUR", Rate: "1e2"}), "input.rate INVALID", nil},
		{"a rate needs the permission", "worker", ExchangeRateSet(ExchangeRateSetInput{}), "FORBIDDEN", nil},

		{"a portfolio below one's own", "manager", PortfolioCreate(PortfolioCreateInput{Code: "N", Name: "New", ParentID: ptr("portfolio-3")}), "", nil},
		{"a portfolio at the top asks for everything", "manager", PortfolioCreate(PortfolioCreateInput{Code: "N", Name: "New"}), "FORBIDDEN", nil},
		{"a code taken at the top", "", PortfolioCreate(PortfolioCreateInput{Code: "A", Name: "Again"}), "input.code TAKEN", nil},
		{"a code taken below", "", PortfolioCreate(PortfolioCreateInput{Code: "S", Name: "Again", ParentID: ptr("portfolio-1")}), "input.code TAKEN", nil},
		{"a parent out of sight", "manager", PortfolioCreate(PortfolioCreateInput{Code: "N", Name: "New", ParentID: ptr("portfolio-2")}), "input.parentId NOT_FOUND", nil},
		{"an unknown currency", "", PortfolioCreate(PortfolioCreateInput{Code: "N", Name: "New", Currency: ptr("ZZZ")}), "input.currency UNKNOWN_CURRENCY", nil},
		{"a name that is none", "", PortfolioCreate(PortfolioCreateInput{Code: "N"}), "input.name INVALID", nil},
		{"a portfolio's words", "manager", PortfolioUpdate(PortfolioUpdateInput{ID: "portfolio-1", Patch: patch("name", "First", "currency", nil, "lifecycle", vocab.PortfolioLifecycleClosed)}), "",
			func(_ *testing.T, r *record) bool {
				p := state.Portfolios.Get(r.all(), 1)
				return p.Name == "First" && p.Currency == nil && p.Lifecycle == vocab.PortfolioLifecycleClosed
			}},
		{"a portfolio is moved by its move", "", PortfolioUpdate(PortfolioUpdateInput{ID: "portfolio-1", Patch: patch("parentId", "portfolio-2")}), "input.patch.parentId UNKNOWN_FIELD", nil},
		{"a lifecycle that is none", "", PortfolioUpdate(PortfolioUpdateInput{ID: "portfolio-1", Patch: patch("lifecycle", "PAUSED")}), "input.patch.lifecycle NOT_IN_LIST", nil},
		{"a move up", "pmo", PortfolioMove(PortfolioMoveInput{ID: "portfolio-3"}), "", func(_ *testing.T, r *record) bool { return state.Portfolios.Get(r.all(), 3).ParentID == nil }},
		{"a move below itself", "", PortfolioMove(PortfolioMoveInput{ID: "portfolio-1", ParentID: ptr("portfolio-3")}), "input.parentId CYCLE", nil},
		{"a portfolio with something in it", "", PortfolioDelete(PortfolioDeleteInput{ID: "portfolio-1"}), "CONFLICT", nil},
		{"a stale portfolio", "", PortfolioDelete(PortfolioDeleteInput{ID: "portfolio-3", ExpectedVersion: ptr(int64(99))}), "input.expectedVersion CONFLICT", nil},
		{"a program", "manager", ProgramCreate(ProgramCreateInput{PortfolioID: "portfolio-1", Code: "P2", Name: "Second"}), "", nil},
		{"a program with a slash", "", ProgramCreate(ProgramCreateInput{PortfolioID: "portfolio-1", Code: "P/2", Name: "Second"}), "input.code INVALID", nil},
		{"a program's sponsor", "", ProgramUpdate(ProgramUpdateInput{ID: "program-1", Patch: patch("sponsorId", "user-1")}), "",
			func(_ *testing.T, r *record) bool { return *state.Programs.Get(r.all(), 1).SponsorID == 1 }},
		{"a program with projects", "", ProgramDelete(ProgramDeleteInput{ID: "program-1"}), "CONFLICT", nil},
		{"an empty program", "", ProgramDelete(ProgramDeleteInput{ID: "program-2"}), "", func(_ *testing.T, r *record) bool { return state.Programs.Get(r.all(), 2) == nil }},
		{"a team", "pmo", TeamCreate(TeamCreateInput{Code: "T", Name: "Team"}), "", nil},
		{"a team needs the permission", "manager", TeamCreate(TeamCreateInput{Code: "T", Name: "Team"}), "FORBIDDEN", nil},
		{"a resource", "", ResourceCreate(ResourceCreateInput{Code: "R", Name: ptr("Ada"), Kind: vocab.ResourceKindPerson, RoleName: "Engineer", StandardRate: ptr("95.5"), RateCurrency: ptr("EUR")}), "",
			func(_ *testing.T, r *record) bool { return state.Resources.Get(r.all(), 1).ContractShare == 1000 }},
		{"a rate without currency", "", ResourceCreate(ResourceCreateInput{Code: "R", Kind: vocab.ResourceKindPerson, RoleName: "Engineer", StandardRate: ptr("95.5")}), "input.standardRate INVALID", nil},
		{"a currency without rate", "", ResourceCreate(ResourceCreateInput{Code: "R", Kind: vocab.ResourceKindPerson, RoleName: "Engineer", RateCurrency: ptr("EUR")}), "input.rateCurrency INCOMPLETE", nil},
		{"rates are not the office's", "pmo", ResourceCreate(ResourceCreateInput{Code: "R", Kind: vocab.ResourceKindPerson, RoleName: "Engineer", StandardRate: ptr("95.5"), RateCurrency: ptr("EUR")}), "FORBIDDEN", nil},

		{"a project in its portfolio's currency", "manager", ProjectCreate(ProjectCreateInput{PortfolioID: "portfolio-3", Code: "N", Name: "New"}), "",
			func(_ *testing.T, r *record) bool { return project(r, "project-4").Currency == "GBP" }},
		{"a project in the organisation's currency", "", ProjectCreate(ProjectCreateInput{PortfolioID: "portfolio-2", Code: "N", Name: "New"}), "",
			func(_ *testing.T, r *record) bool { return project(r, "project-4").Currency == "EUR" }},
		{"a program elsewhere", "", ProjectCreate(ProjectCreateInput{PortfolioID: "portfolio-1", Code: "N", Name: "New", ProgramID: ptr("program-2")}), "input.programId OTHER_PORTFOLIO", nil},
		{"a project backwards", "", ProjectCreate(ProjectCreateInput{PortfolioID: "portfolio-1", Code: "N", Name: "New", PlannedStart: &today, PlannedFinish: ptr(today - 1)}), "input.plannedFinish OUT_OF_ORDER", nil},
		{"a project's words", "manager", ProjectUpdate(ProjectUpdateInput{ID: "project-1", Patch: patch("priority", int64(3), "deliveryMethod", "AGILE", "plannedFinish", "2027-01-31", "category", nil)}), "",
			func(t *testing.T, r *record) bool {
				p := project(r, "project-1")
				return *p.Priority == 3 && *p.DeliveryMethod == vocab.DeliveryMethodAgile && *p.PlannedFinish == *day(t, "2027-01-31")
			}},
		{"everything wrong is named", "", ProjectUpdate(ProjectUpdateInput{ID: "project-1", Patch: patch("plannedFinish", "soon", "name", nil, "colour", "red")}), "input.patch.plannedFinish INVALID", nil},
		{"what cannot be cleared", "", ProjectUpdate(ProjectUpdateInput{ID: "project-1", Patch: patch("name", nil)}), "input.patch.name REQUIRED", nil},
		{"a currency with budgets in it", "", ProjectUpdate(ProjectUpdateInput{ID: "project-1", Patch: patch("currency", "EUR")}), "input.patch.currency IN_USE", nil},
		{"a currency without budgets", "", ProjectUpdate(ProjectUpdateInput{ID: "project-2", Patch: patch("currency", "EUR")}), "", nil},
		{"a contributor plans nothing", "worker", ProjectUpdate(ProjectUpdateInput{ID: "project-1", Patch: patch("name", "Mine")}), "FORBIDDEN", nil},
		{"a project to another program brings its portfolio", "pmo", ProjectMove(ProjectMoveInput{ID: "project-1", ProgramID: ptr("program-2")}), "",
			func(_ *testing.T, r *record) bool {
				p := project(r, "project-1")
				return p.PortfolioID == 2 && *p.ProgramID == 2
			}},
		{"a project out of its program", "manager", ProjectMove(ProjectMoveInput{ID: "project-1", PortfolioID: ptr("portfolio-3")}), "",
			func(_ *testing.T, r *record) bool {
				p := project(r, "project-1")
				return p.PortfolioID == 3 && p.ProgramID == nil
			}},
		{"a project into sight only", "manager", ProjectMove(ProjectMoveInput{ID: "project-1", PortfolioID: ptr("portfolio-2")}), "input.portfolioId NOT_FOUND", nil},
		{"a manager for a project", "manager", ProjectAssign(ProjectAssignInput{ID: "project-1", Patch: patch("managerId", "user-4")}), "",
			func(_ *testing.T, r *record) bool { return *project(r, "project-1").ManagerID == 4 }},
		{"an unknown manager", "", ProjectAssign(ProjectAssignInput{ID: "project-1", Patch: patch("managerId", "user-99")}), "input.patch.managerId NOT_FOUND", nil},
		{"whoever manages a portfolio may sponsor in it: that adds nothing to his rights", "manager", ProjectAssign(ProjectAssignInput{ID: "project-1", Patch: patch("sponsorId", "user-3")}), "", nil},
		{"a project with all below it", "manager", ProjectDelete(ProjectDeleteInput{ID: "project-1"}), "",
			func(_ *testing.T, r *record) bool {
				return r.s.Count(state.Milestones.Desc())+r.s.Count(state.StatusReports.Desc()) == 0
			}},
		{"a project out of sight", "manager", ProjectDelete(ProjectDeleteInput{ID: "project-3"}), "input.id NOT_FOUND", nil},

		{"a milestone", "manager", MilestoneCreate(MilestoneCreateInput{ProjectID: "project-2", Name: "Go live", Budget: ptr("10"), ForecastDate: &today}), "",
			func(_ *testing.T, r *record) bool {
				return pence(milestone(r, "milestone-3").Budget) == 1000 && milestone(r, "milestone-3").Weight == 1
			}},
		{"a budget too fine", "", MilestoneCreate(MilestoneCreateInput{ProjectID: "project-2", Name: "Go live", Budget: ptr("10.005")}), "input.budget INVALID", nil},
		{"a second finish", "", MilestoneCreate(MilestoneCreateInput{ProjectID: "project-1", Name: "End", IsFinish: ptr(true)}), "input.isFinish TAKEN", nil},
		{"a milestone's budget", "", MilestoneUpdate(MilestoneUpdateInput{ID: "milestone-1", Patch: patch("budget", "20.25", "isContractual", true, "weight", 7)}), "",
			func(_ *testing.T, r *record) bool { return pence(milestone(r, "milestone-1").Budget) == 2025 }},
		{"a milestone at risk", "", MilestoneUpdate(MilestoneUpdateInput{ID: "milestone-1", Patch: patch("state", "AT_RISK")}), "", nil},
		{"a milestone reached without a day", "", MilestoneUpdate(MilestoneUpdateInput{ID: "milestone-1", Patch: patch("state", "REACHED")}), "input INCOMPLETE", nil},
		{"a forecast", "manager", MilestoneForecast(MilestoneForecastInput{ID: "milestone-1", ForecastDate: day(t, "2027-02-01")}), "",
			func(t *testing.T, r *record) bool {
				return *milestone(r, "milestone-1").ForecastDate == *day(t, "2027-02-01")
			}},
		{"a milestone reached", "manager", MilestoneReach(MilestoneReachInput{ID: "milestone-2", ActualDate: today}), "",
			func(_ *testing.T, r *record) bool {
				return milestone(r, "milestone-2").State == vocab.MilestoneStateReached
			}},
		{"a milestone reached tomorrow", "", MilestoneReach(MilestoneReachInput{ID: "milestone-2", ActualDate: today + 1}), "input.actualDate IN_FUTURE", nil},
		{"a milestone cancelled", "", MilestoneCancel(MilestoneCancelInput{ID: "milestone-2"}), "", nil},
		{"a milestone deleted", "", MilestoneDelete(MilestoneDeleteInput{ID: "milestone-2"}), "", nil},
		{"a contributor cancels nothing", "worker", MilestoneCancel(MilestoneCancelInput{ID: "milestone-2"}), "FORBIDDEN", nil},

		{"a baseline without reason", "", BaselineCreate(BaselineCreateInput{ProjectID: "project-1"}), "input.reason REQUIRED", nil},
		{"a baseline", "manager", BaselineCreate(BaselineCreateInput{Call: Call{Reason: ptr("first plan")}, ProjectID: "project-1"}), "",
			func(_ *testing.T, r *record) bool {
				return r.s.Count(state.BaselineEntries.Desc()) == 3 && state.Baselines.Get(r.all(), 1).State == vocab.BaselineStateDraft
			}},
		{"a baseline that is not there", "", BaselineApprove(BaselineApproveInput{ID: "baseline-1"}), "input.id NOT_FOUND", nil},

		{"a report", "worker", StatusReportSubmit(StatusReportSubmitInput{ProjectID: "project-1", PeriodStart: *day(t, "2026-01-01"), PeriodEnd: *day(t, "2026-01-31"), Health: ptr(vocab.RagRed)}), "",
			func(_ *testing.T, r *record) bool {
				n := state.StatusReports.Get(r.all(), 2)
				return n.Revision == 1 && *n.AuthorID == 4 && n.SubmittedAt.Equal(noon) && n.Currency == "GBP"
			}},
		{"a report again", "manager", StatusReportSubmit(StatusReportSubmitInput{ProjectID: "project-1", ExpectedVersion: ptr(int64(12)), PeriodStart: *day(t, "2025-01-01"), PeriodEnd: *day(t, "2025-12-31"), PeriodBudget: ptr("7")}), "",
			func(_ *testing.T, r *record) bool {
				n := state.StatusReports.Get(r.all(), 2)
				return n.Revision == 2 && pence(n.PeriodBudget) == 700 && state.StatusReports.Get(r.all(), 1).State == vocab.ReportStateSuperseded
			}},
		{"a report on one that moved", "", StatusReportSubmit(StatusReportSubmitInput{ProjectID: "project-1", ExpectedVersion: ptr(int64(3)), PeriodStart: *day(t, "2025-01-01"), PeriodEnd: *day(t, "2025-12-31")}), "input.expectedVersion CONFLICT", nil},
		{"amounts are not the worker's", "worker", StatusReportSubmit(StatusReportSubmitInput{ProjectID: "project-1", PeriodStart: today, PeriodEnd: today, PeriodBudget: ptr("7")}), "FORBIDDEN", nil},
		{"a period backwards", "", StatusReportSubmit(StatusReportSubmitInput{ProjectID: "project-1", PeriodStart: today, PeriodEnd: today - 1}), "input.periodEnd OUT_OF_ORDER", nil},
		{"not rated without a reason", "", StatusReportSubmit(StatusReportSubmitInput{ProjectID: "project-1", PeriodStart: today, PeriodEnd: today, Confidence: ptr(vocab.DeliveryConfidenceNotRated)}), "input.notRatedReason INCOMPLETE", nil},
		{"health by who sees no money keeps the money", "worker", ProjectHealthDeclare(ProjectHealthDeclareInput{ID: "project-1", Health: ptr(vocab.RagAmber), Highlights: ptr("late")}), "",
			func(_ *testing.T, r *record) bool {
				old, n := state.StatusReports.Get(r.all(), 1), state.StatusReports.Get(r.all(), 2)
				return old.State == vocab.ReportStateSuperseded && *old.Health == vocab.RagGreen && *n.Health == vocab.RagAmber && n.Revision == 2 &&
					n.PeriodEnd == old.PeriodEnd && pence(n.WholeLifeCost) == 500_000_000 && *n.Highlights == r.s.TextAddress("late")
			}},
		{"a text too long", "worker", ProjectHealthDeclare(ProjectHealthDeclareInput{ID: "project-1", Health: ptr(vocab.RagRed), NextSteps: ptr(strings.Repeat("ö", state.MaxText+1))}), "input.nextSteps INVALID", nil},
		{"a text that is none", "worker", ProjectHealthDeclare(ProjectHealthDeclareInput{ID: "project-1", Health: ptr(vocab.RagRed), OverrideReason: ptr("a\x00b")}), "input.overrideReason INVALID", nil},
		{"the texts of a report erased", "admin", StatusReportErase(StatusReportEraseInput{ID: "status-report-1"}), "",
			func(_ *testing.T, r *record) bool {
				return state.StatusReports.Get(r.all(), 1).TextsErasedAt.Equal(noon)
			}},
		{"the texts of a report erased by who wrote it", "worker", StatusReportErase(StatusReportEraseInput{ID: "status-report-1"}), "FORBIDDEN", nil},
		{"the texts of a report out of sight", "admin", StatusReportErase(StatusReportEraseInput{ID: "status-report-9"}), "input.id NOT_FOUND", nil},
		{"health of a project without a report", "manager", ProjectHealthDeclare(ProjectHealthDeclareInput{ID: "project-2", Confidence: ptr(vocab.DeliveryConfidenceAmberRed)}), "",
			func(t *testing.T, r *record) bool {
				n := state.StatusReports.Get(r.all(), 2)
				return n.PeriodStart == *day(t, "2026-03-01") && n.PeriodEnd == *day(t, "2026-03-31") && n.ProjectID == 2
			}},
		{"health of nothing", "", ProjectHealthDeclare(ProjectHealthDeclareInput{ID: "project-1"}), "input.health REQUIRED", nil},
		{"health by a viewer", "viewer", ProjectHealthDeclare(ProjectHealthDeclareInput{ID: "project-1", Health: ptr(vocab.RagRed)}), "FORBIDDEN", nil},

		{"an action item", "manager", ActionItemCreate(ActionItemCreateInput{ProjectID: "project-1", Title: "Call", Due: day(t, "2026-06-01")}), "", nil},
		{"an action item without words", "", ActionItemCreate(ActionItemCreateInput{ProjectID: "project-1"}), "input.title INVALID", nil},
		{"an action item of a hidden project", "manager", ActionItemCreate(ActionItemCreateInput{ProjectID: "project-3", Title: "Call"}), "input.projectId NOT_FOUND", nil},
		{"an action item by a viewer", "viewer", ActionItemCreate(ActionItemCreateInput{ProjectID: "project-1", Title: "Call"}), "FORBIDDEN", nil},
		{"an action item done", "manager", ActionItemComplete(ActionItemCompleteInput{ID: "action-item-1"}), "",
			func(_ *testing.T, r *record) bool {
				return *state.ActionItems.Get(r.all(), 1).DoneOn == vocab.DateOf(noon)
			}},
		{"an action item done tomorrow", "manager", ActionItemComplete(ActionItemCompleteInput{ID: "action-item-1", DoneOn: ptr(vocab.DateOf(noon) + 1)}), "input.doneOn IN_FUTURE", nil},
		{"an action item changed meanwhile", "manager", ActionItemComplete(ActionItemCompleteInput{ID: "action-item-1", ExpectedVersion: ptr(int64(1))}), "input.expectedVersion CONFLICT", nil},

		{"a cost category", "pmo", CostCategorySet(CostCategorySetInput{Code: "LAB", Name: "Labour"}), "",
			func(_ *testing.T, r *record) bool {
				r.do(CostCategorySet(CostCategorySetInput{Code: "LAB", Name: "Work"}))
				return r.s.Count(state.CostCategories.Desc()) == 1 && state.CostCategories.Get(r.all(), 1).Name == "Work"
			}},
		{"a cost category needs the permission", "manager", CostCategorySet(CostCategorySetInput{Code: "LAB", Name: "Labour"}), "FORBIDDEN", nil},
		{"a price", "pmo", RateCardSet(RateCardSetInput{RoleName: "Engineer", ValidFrom: today, Currency: "JPY", HourlyRate: "9000"}), "",
			func(_ *testing.T, r *record) bool { return state.RateCards.Get(r.all(), 1).HourlyRate == 9000 }},
		{"a price too fine", "", RateCardSet(RateCardSetInput{RoleName: "Engineer", Currency: "JPY", HourlyRate: "9000.5"}), "input.hourlyRate INVALID", nil},
		{"a price below nothing", "", RateCardSet(RateCardSetInput{RoleName: "Engineer", Currency: "EUR", HourlyRate: "-1"}), "input.hourlyRate INVALID", nil},
		{"a price needs the permission", "manager", RateCardSet(RateCardSetInput{RoleName: "Engineer", Currency: "EUR", HourlyRate: "1"}), "FORBIDDEN", nil},
		{"a tolerance", "pmo", ToleranceSet(ToleranceSetInput{Dimension: vocab.RagDimensionSchedule, Category: ptr("Rail"), Green: "0.95", Amber: "0.85"}), "",
			func(_ *testing.T, r *record) bool {
				r.do(ToleranceSet(ToleranceSetInput{Dimension: vocab.RagDimensionSchedule, Green: "0.9", Amber: "0.8"}))
				r.do(ToleranceSet(ToleranceSetInput{Dimension: vocab.RagDimensionSchedule, Category: ptr("Rail"), Green: "1", Amber: "-0.000001"}))
				x := state.Tolerances.Get(r.all(), 1)
				return r.s.Count(state.Tolerances.Desc()) == 2 && x.Green == 1_000_000 && x.Amber == -1
			}},
		{"a tolerance upside down", "", ToleranceSet(ToleranceSetInput{Dimension: vocab.RagDimensionCost, Green: "0.8", Amber: "0.9"}), "input.green OUT_OF_ORDER", nil},
		{"a tolerance too fine", "", ToleranceSet(ToleranceSetInput{Dimension: vocab.RagDimensionCost, Green: "0.9500001", Amber: "0.9"}), "input.green OUT_OF_RANGE", nil},
		{"a tolerance needs the permission", "manager", ToleranceSet(ToleranceSetInput{Dimension: vocab.RagDimensionCost, Green: "1", Amber: "1"}), "FORBIDDEN", nil},

		{"a user", "admin", UserCreate(UserCreateInput{Subject: "ada", Name: ptr("Ada")}), "", nil},
		{"a user known already", "admin", UserCreate(UserCreateInput{Subject: "pmo"}), "input.subject TAKEN", nil},
		{"a user without subject", "admin", UserCreate(UserCreateInput{}), "input.subject REQUIRED", nil},
		{"a user put off", "admin", UserUpdate(UserUpdateInput{ID: "user-2", Patch: patch("active", false, "name", "P. M. O.")}), "", nil},
		{"the last administrator put off", "", UserUpdate(UserUpdateInput{ID: "user-1", Patch: patch("active", false)}), "CONFLICT", nil},
		{"a user by another than who grants", "pmo", UserUpdate(UserUpdateInput{ID: "user-2", Patch: patch("name", "Me")}), "FORBIDDEN", nil},
		{"a user erased", "admin", UserErase(UserEraseInput{ID: "user-3"}), "",
			func(_ *testing.T, r *record) bool {
				u := state.Users.Get(r.all(), 3)
				return u.Subject == nil && !u.Active && u.ErasedAt.Equal(noon)
			}},
		{"a role", "admin", RoleGrant(RoleGrantInput{UserID: "user-5", Role: vocab.RoleFinance, ScopeKind: vocab.ScopeKindPortfolio, ScopeID: ptr("portfolio-2")}), "", nil},
		{"a role to oneself", "admin", RoleGrant(RoleGrantInput{UserID: "user-1", Role: vocab.RoleViewer, ScopeKind: vocab.ScopeKindOrganisation}), "input.userId NOT_TO_SELF", nil},
		{"a role on another kind of node", "admin", RoleGrant(RoleGrantInput{UserID: "user-5", Role: vocab.RoleFinance, ScopeKind: vocab.ScopeKindPortfolio, ScopeID: ptr("project-1")}), "input.scopeId NOT_FOUND", nil},
		{"a role on no node", "admin", RoleGrant(RoleGrantInput{UserID: "user-5", Role: vocab.RoleFinance, ScopeKind: vocab.ScopeKindPortfolio}), "input.scopeId REQUIRED", nil},
		{"a role where it cannot be", "admin", RoleGrant(RoleGrantInput{UserID: "user-5", Role: vocab.RolePmo, ScopeKind: vocab.ScopeKindProject, ScopeID: ptr("project-1")}), "input.role NOT_ALLOWED", nil},
		{"a node for the organisation", "admin", RoleGrant(RoleGrantInput{UserID: "user-5", Role: vocab.RoleFinance, ScopeKind: vocab.ScopeKindOrganisation, ScopeID: ptr("project-1")}), "input.scopeId NOT_ALLOWED", nil},
		{"a role by who may not", "worker", RoleGrant(RoleGrantInput{UserID: "user-5", Role: vocab.RoleViewer, ScopeKind: vocab.ScopeKindOrganisation}), "FORBIDDEN", nil},
		{"a role taken away", "admin", RoleRevoke(RoleRevokeInput{ID: "role-assignment-2"}), "", nil},
		{"the last administrator's role", "", RoleRevoke(RoleRevokeInput{ID: "role-assignment-1"}), "CONFLICT", nil},
	}
}

func TestMutations(t *testing.T) {
	tried := map[string]bool{}
	for _, c := range slices.Concat(mutationCases(t), keyActs(), hookActs(), mailActs(), savedActs()) {
		t.Run(c.name, func(t *testing.T) { c.run(t, keyed(t)) })
		if c.want == "" {
			tried[c.dec.Action] = true
		}
	}
	for _, a := range auth.Actions { // those with a test of their own
		if !tried[a.Action] && !slices.Contains([]string{"import", "migrate", "recordReserve", "recordRecover", "operatorGrant", "userAdmit", "portfolioDelete", "teamUpdate", "resourceUpdate", "resourceDelete", "baselineApprove",
			"kpiDefinitionCreate", "kpiDefinitionUpdate", "allocationRequest", "allocationAccept", "allocationDecline", "allocationUpdate", "allocationDelete",
			"allocationHoursSet", "capacitySet", "costsRecord", "costsDelete", "budgetSet", "budgetDelete", "baselineSpreadSet", "baselineDelete",
			"measurementsRecord", "measurementsDelete", "documentRegister", "documentRevoke", "viewerMailDelete", "savedQueryUpdate", "savedQueryDelete"}, a.Action) {
			t.Errorf("%s has no case that goes well", a.Action)
		}
	}
}

// Whatever is not there for the actor is one and the same to him.
func TestOneNotFound(t *testing.T) {
	texts := map[string]bool{}
	for _, id := range []string{"project-3", "project-99", "preview-project-1", "portfolio-1", "project-01", "project-", "", "1", "project--1"} {
		r := world(t)
		_, err := r.try(r.session("manager"), ProjectUpdate(ProjectUpdateInput{ID: id, ExpectedVersion: ptr(int64(1)), Patch: map[string]any{"name": nil}}))
		wants(t, err, "input.id NOT_FOUND")
		texts[err.Error()] = true
	}
	if len(texts) != 1 {
		t.Fatalf("the refusals differ: %v", texts)
	}
}

func TestEveryMistakeIsNamed(t *testing.T) {
	r := world(t)
	_, err := r.try(auth.Machine("test"), ProjectUpdate(ProjectUpdateInput{ID: "project-1", Patch: map[string]any{"plannedFinish": "soon", "name": nil, "colour": "red"}}))
	for _, want := range []string{"input.patch.plannedFinish INVALID", "input.patch.name REQUIRED", "input.patch.colour UNKNOWN_FIELD"} {
		wants(t, err, want)
	}
	_, err = r.try(auth.Machine("test"), ProjectCreate(ProjectCreateInput{PortfolioID: "portfolio-9", ManagerID: ptr("user-9")}))
	for _, want := range []string{"input.portfolioId NOT_FOUND", "input.managerId NOT_FOUND"} {
		wants(t, err, want)
	}
}

// A version is the number that last changed the row; who edits an older one is told.
func TestVersions(t *testing.T) {
	r := world(t)
	version := project(r, "project-1").Seq
	rename := func(name string) state.Decision {
		return ProjectUpdate(ProjectUpdateInput{ID: "project-1", ExpectedVersion: &version, Patch: map[string]any{"name": name}})
	}
	_, err := r.try(r.session("manager"), rename("Uno"))
	wants(t, err, "")
	_, err = r.try(r.session("manager"), rename("Eins"))
	wants(t, err, "input.expectedVersion CONFLICT")
	if project(r, "project-1").Name != "Uno" {
		t.Fatal("the later edit won")
	}
}

func TestPeople(t *testing.T) {
	r := world(t)
	team := r.do(TeamCreate(TeamCreateInput{Code: "T", Name: "Team"}))
	sub := r.do(TeamCreate(TeamCreateInput{Code: "U", Name: "Below", ParentID: &team}))
	_, err := r.try(auth.Machine("test"), TeamUpdate(TeamUpdateInput{ID: team, Patch: map[string]any{"parentId": sub}}))
	wants(t, err, "input.patch.parentId CYCLE")
	if !strings.Contains(err.Error(), "team-1 below team-2 below team-1") {
		t.Fatalf("the path is not named: %v", err)
	}
	r.do(TeamUpdate(TeamUpdateInput{ID: sub, Patch: map[string]any{"parentId": nil, "managerId": "user-3"}}))
	res := r.do(ResourceCreate(ResourceCreateInput{Code: "R", Name: ptr("Ada"), Kind: vocab.ResourceKindPerson, RoleName: "Engineer", UserID: ptr("user-4"), TeamID: &sub}))
	lead := r.session("manager") // who manages the team by its column
	_, err = r.try(lead, ResourceUpdate(ResourceUpdateInput{ID: res, Patch: map[string]any{"standardRate": "80", "rateCurrency": "EUR", "contractShare": 500}}))
	wants(t, err, "")
	_, err = r.try(lead, ResourceUpdate(ResourceUpdateInput{ID: res, Patch: map[string]any{"validFrom": "2026-02-01", "validTo": "2026-01-01"}}))
	wants(t, err, "input.patch.validTo OUT_OF_ORDER")
	_, err = r.try(r.session("worker"), ResourceUpdate(ResourceUpdateInput{ID: res}))
	wants(t, err, "FORBIDDEN")
	r.do(UserErase(UserEraseInput{ID: "user-4"}))
	if state.Resources.Get(r.all(), number(res)).Name != nil {
		t.Fatal("the resource still has the erased person's name")
	}
	r.do(UserErase(UserEraseInput{ID: "user-4"})) // again: nothing more to erase
	_, err = r.try(auth.Machine("test"), UserUpdate(UserUpdateInput{ID: "user-4", Patch: map[string]any{"active": true}}))
	wants(t, err, "input.id ERASED")
	_, err = r.try(lead, ResourceDelete(ResourceDeleteInput{ID: res}))
	wants(t, err, "")
}

func TestBaselines(t *testing.T) {
	r := world(t)
	r.do(MilestoneReach(MilestoneReachInput{ID: "milestone-2", ActualDate: *day(t, "2025-07-15")}))
	drafted := func() string {
		return r.do(BaselineCreate(BaselineCreateInput{Call: Call{Reason: ptr("plan")}, ProjectID: "project-1"}))
	}
	first := drafted()
	got := map[int64]string{}
	for e := range state.BaselineEntries.By(r.all(), "baseline_id", number(first)) {
		got[or(e.MilestoneID, 0)] = e.Finish.String()
	}
	if want := map[int64]string{0: "2026-12-31", 1: "2026-12-31", 2: "2025-07-15"}; !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	r.do(BaselineApprove(BaselineApproveInput{ID: first, ApprovedOn: day(t, "2026-01-01")}))
	_, err := r.try(auth.Machine("test"), BaselineApprove(BaselineApproveInput{ID: first}))
	wants(t, err, "input.id WRONG_STATE")
	_, err = r.try(auth.Machine("test"), MilestoneDelete(MilestoneDeleteInput{ID: "milestone-1"}))
	wants(t, err, "CONFLICT")
	second := drafted()
	_, err = r.try(auth.Machine("test"), BaselineApprove(BaselineApproveInput{ID: second, ApprovedOn: ptr(today + 1)}))
	wants(t, err, "input.approvedOn IN_FUTURE")
	_, err = r.try(r.session("worker"), BaselineApprove(BaselineApproveInput{ID: second}))
	wants(t, err, "FORBIDDEN")
	_, err = r.try(r.session("manager"), BaselineApprove(BaselineApproveInput{ID: second}))
	wants(t, err, "")
	a, b := state.Baselines.Get(r.all(), 1), state.Baselines.Get(r.all(), 2)
	if a.State != vocab.BaselineStateSuperseded || b.State != vocab.BaselineStateApproved || b.Number != 2 || *b.ApprovedOn != today {
		t.Fatalf("got %v and %v", a, b)
	}
	r.do(ProjectDelete(ProjectDeleteInput{ID: "project-1"})) // the fixed go with their project
	if r.s.Count(state.BaselineEntries.Desc()) != 0 {
		t.Fatal("entries are left")
	}
	r.do(PortfolioMove(PortfolioMoveInput{ID: "portfolio-3"}))
	r.do(ProjectDelete(ProjectDeleteInput{ID: "project-2"}))
	r.do(PortfolioDelete(PortfolioDeleteInput{ID: "portfolio-3"}))
}

func TestMilestoneStates(t *testing.T) {
	r := world(t)
	r.do(MilestoneReach(MilestoneReachInput{ID: "milestone-2", ActualDate: today}))
	for _, dec := range []state.Decision{MilestoneForecast(MilestoneForecastInput{ID: "milestone-2"}), MilestoneCancel(MilestoneCancelInput{ID: "milestone-2"})} {
		_, err := r.try(auth.Machine("test"), dec)
		wants(t, err, "input.id WRONG_STATE")
	}
	r.do(MilestoneUpdate(MilestoneUpdateInput{ID: "milestone-2", Patch: map[string]any{"state": "PLANNED", "actualDate": nil}})) // it was a mistake
	r.do(MilestoneCancel(MilestoneCancelInput{ID: "milestone-2"}))
	_, err := r.try(auth.Machine("test"), MilestoneReach(MilestoneReachInput{ID: "milestone-2", ActualDate: today}))
	wants(t, err, "input.id WRONG_STATE")
}

func TestOperatorGrant(t *testing.T) {
	r := world(t)
	users, roles := r.s.Count(state.Users.Desc()), r.s.Count(state.RoleAssignments.Desc())
	r.grant("manager", vocab.RolePortfolioManager, "portfolio:A") // held already
	if r.s.Count(state.RoleAssignments.Desc()) != roles {
		t.Fatal("the role was given twice")
	}
	r.grant("newcomer", vocab.RoleViewer, "project:B/TWO")
	if r.s.Count(state.Users.Desc()) != users+1 || state.Projects.Get(viewOf(t, r, "newcomer"), 3) == nil || state.Projects.Get(viewOf(t, r, "newcomer"), 1) != nil {
		t.Fatal("the newcomer does not see what he was given, or more")
	}
	for scope, want := range map[string]string{"portfolio:NONE": "input.scope NOT_FOUND", "portfolio:A": "input.role NOT_ALLOWED"} {
		s, _ := auth.ParseScope(scope)
		_, err := r.try(auth.Machine("test"), OperatorGrant("x", vocab.RolePmo, s))
		wants(t, err, want)
	}
	_, err := r.try(auth.Machine("test"), OperatorGrant("", vocab.RolePmo, auth.Scope{Kind: vocab.ScopeKindOrganisation}))
	wants(t, err, "input.subject REQUIRED")
}

// Who signs in for the first time is put on record once, under his own issuer, without a role.
func TestUserAdmit(t *testing.T) {
	r := world(t)
	users, roles := r.s.Count(state.Users.Desc()), r.s.Count(state.RoleAssignments.Desc())
	ann := Newcomer{Issuer: "https://idp.example", Subject: "ann", Name: "Ann Lee", Email: "ann@example.org"}
	sameName := Newcomer{Issuer: LocalIssuer, Subject: "ann"}
	for _, want := range []int{2, 0} {
		d, err := r.try(auth.Machine("test"), UserAdmit([]Newcomer{ann, sameName, ann}))
		if err != nil || len(d.Changes()) != want {
			t.Fatalf("%d changes, %v; want %d", len(d.Changes()), err, want)
		}
	}
	if r.s.Count(state.Users.Desc()) != users+2 || r.s.Count(state.RoleAssignments.Desc()) != roles {
		t.Fatal("not once, or with a role")
	}
	u := state.Users.Find(r.all(), uniqueKey, ann.Issuer, ann.Subject)
	if !u.Active || u.Name == nil || *u.Name != guard.NewPersonal("Ann Lee") || *u.Email != guard.NewPersonal("ann@example.org") {
		t.Fatalf("%+v", u)
	}
	if u := state.Users.Find(r.all(), uniqueKey, LocalIssuer, "ann"); u.Name != nil || u.Email != nil {
		t.Fatalf("%+v", u)
	}
	_, err := r.try(r.session("pmo"), UserAdmit([]Newcomer{{Issuer: "x", Subject: "y"}}))
	wants(t, err, "FORBIDDEN")
}

func viewOf(t *testing.T, r *record, subject string) *state.View {
	t.Helper()
	v, err := state.NewView(r.s, r.session(subject), today, state.ViewOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCallsCarryKeyAndReason(t *testing.T) {
	in := ProjectDeleteInput{Call: Call{IdempotencyKey: ptr("k"), Reason: ptr("over")}}
	if key, reason := in.Meta(); key != "k" || reason != "over" {
		t.Fatalf("got %q, %q", key, reason)
	}
	if key, reason := (ProjectDeleteInput{}).Meta(); key != "" || reason != "" {
		t.Fatalf("got %q, %q", key, reason)
	}
}
