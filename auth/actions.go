package auth

// ActionRow says who may call a mutation, and on what.
type ActionRow struct {
	Action string
	Needs  Permission // held anywhere, before anything is looked up; each changed row is checked besides
	On     []string   // tables of the things it is done to, or below which it makes something
	Table  string     // derived effects, which may exceed the actor's own permissions: this table …
	Column []string   // … and these columns
	Why    string
}

// Actions is the fifth part of the policy table: one row a mutation. A mutation without a row cannot run.
var Actions = []ActionRow{
	{Action: "organisationUpdate", Needs: Configure, On: on("organisations")},
	{Action: "workCalendarSet", Needs: Configure, On: on("organisations", "work_calendars")},
	{Action: "exchangeRateSet", Needs: Configure, On: on("organisations", "exchange_rates")},
	{Action: "costCategorySet", Needs: Configure, On: on("organisations", "cost_categories")},
	{Action: "rateCardSet", Needs: Configure, On: on("organisations", "rate_cards")},
	{Action: "toleranceSet", Needs: Configure, On: on("organisations", "tolerances")},
	{Action: "kpiDefinitionCreate", Needs: Configure, On: on("organisations")},
	{Action: "kpiDefinitionUpdate", Needs: Configure, On: on("kpi_definitions")},
	{Action: "documentRegister", Needs: Configure, On: on("organisations")},
	{Action: "documentRevoke", Needs: Configure, On: on("registered_documents")},

	{Action: "userCreate", Needs: Admit, On: on("organisations")},
	{Action: "userUpdate", Needs: Admit, On: on("users")},
	{Action: "userErase", Needs: Admit, On: on("users")},
	{Action: "userSignOut", Needs: Admit, On: on("users")},
	{Action: "tokenRevoke", Needs: Admit, On: on("organisations")},
	{Action: "feedKeyCreate", Needs: Admit, On: on("organisations", "portfolios", "programs", "projects")},
	{Action: "feedKeyRename", Needs: Admit, On: on("feed_keys")},
	{Action: "feedKeyRevoke", Needs: Admit, On: on("feed_keys")},
	{Action: "webhookCreate", Needs: Admit, On: on("organisations", "portfolios", "programs", "projects")},
	{Action: "webhookUpdate", Needs: Admit, On: on("webhooks")},
	{Action: "webhookSecretRotate", Needs: Admit, On: on("webhooks")},
	{Action: "webhookReplay", Needs: Admit, On: on("webhooks")},
	{Action: "webhookDiscard", Needs: Admit, On: on("webhooks")},
	{Action: "webhookDelete", Needs: Admit, On: on("webhooks")},
	{Action: "roleGrant", Needs: Grant, On: on("organisations", "portfolios", "programs", "projects")},
	{Action: "roleRevoke", Needs: Grant, On: on("role_assignments")},

	{Action: "portfolioCreate", Needs: Assign, On: on("organisations", "portfolios")},
	{Action: "portfolioUpdate", Needs: Assign, On: on("portfolios")},
	{Action: "portfolioMove", Needs: Assign, On: on("portfolios")},
	{Action: "portfolioDelete", Needs: Assign, On: on("portfolios")},
	{Action: "programCreate", Needs: Assign, On: on("portfolios")},
	{Action: "programUpdate", Needs: Assign, On: on("programs")},
	{Action: "programDelete", Needs: Assign, On: on("programs")},
	{Action: "projectCreate", Needs: Assign, On: on("portfolios", "programs")},
	{Action: "projectUpdate", Needs: Plan, On: on("projects")},
	{Action: "projectMove", Needs: Assign, On: on("projects")},
	{Action: "projectAssign", Needs: Assign, On: on("projects")},
	{"projectDelete", Assign, on("projects"), "allocation_hours", hours, "bookings go with their project, and hours with their booking"},

	{Action: "milestoneCreate", Needs: Plan, On: on("projects")},
	{Action: "milestoneUpdate", Needs: Plan, On: on("milestones")},
	{Action: "milestoneForecast", Needs: Plan, On: on("milestones")},
	{Action: "milestoneReach", Needs: Plan, On: on("milestones")},
	{Action: "milestoneCancel", Needs: Plan, On: on("milestones")},
	{Action: "milestoneDelete", Needs: Plan, On: on("milestones")},
	{Action: "baselineCreate", Needs: Plan, On: on("projects")},
	{Action: "baselineSpreadSet", Needs: Plan, On: on("baselines")},
	{Action: "baselineApprove", Needs: Approve, On: on("baselines")},
	{Action: "baselineDelete", Needs: Plan, On: on("baselines")},

	{Action: "budgetSet", Needs: Fund, On: on("projects")},
	{Action: "budgetDelete", Needs: Fund, On: on("budget_lines")},
	{Action: "costsRecord", Needs: Book, On: on("projects")},
	{Action: "costsDelete", Needs: Book, On: on("cost_entries")},

	{"projectHealthDeclare", Report, on("projects"), "status_reports", []string{"whole_life_cost", "period_budget", "period_forecast"}, "a new revision carries on the amounts of the one before, seen or not"},
	{Action: "statusReportSubmit", Needs: Report, On: on("projects")},
	{Action: "statusReportErase", Needs: Admit, On: on("status_reports")},
	{Action: "actionItemCreate", Needs: Report, On: on("projects")},
	{Action: "actionItemComplete", Needs: Report, On: on("action_items")},
	{Action: "measurementsRecord", Needs: Report, On: on("portfolios", "programs", "projects")},
	{Action: "measurementsDelete", Needs: Report, On: on("kpi_measurements")},

	{Action: "teamCreate", Needs: People, On: on("organisations", "teams")},
	{Action: "teamUpdate", Needs: People, On: on("teams")},
	{Action: "resourceCreate", Needs: People, On: on("organisations", "teams")},
	{Action: "resourceUpdate", Needs: People, On: on("resources")},
	{Action: "resourceDelete", Needs: People, On: on("resources")},
	{Action: "capacitySet", Needs: People, On: on("resources")},
	{Action: "allocationRequest", Needs: Plan, On: on("projects")},
	{Action: "allocationUpdate", Needs: Plan, On: on("allocations")},
	{"allocationDelete", Plan, on("allocations"), "allocation_hours", hours, "hours go with their booking"},
	{"allocationHoursSet", Plan, on("allocations"), "allocation_hours", hours, "who plans the project says how much time is asked for; hours lie with the resource"},
	{Action: "allocationAccept", Needs: People, On: on("allocations")},
	{Action: "allocationDecline", Needs: People, On: on("allocations")},

	// Without a thing that they are done to.
	{"viewerSignOut", Read, nil, "users", []string{"tokens_valid_from"}, "everybody may have his own tokens refused: the decision knows no user but its actor"},
	{"viewerUpdate", Read, nil, "users", []string{"locale", "timezone"}, "everybody says how he is spoken to: the decision knows no user but its actor"},
	{"viewerMailSet", Read, nil, "mail_subscriptions", mail, "everybody says what he wants by mail of what he may see: the decision knows no user but its actor"},
	{"viewerMailDelete", Read, nil, "mail_subscriptions", mail, "and what no longer"},
	{"savedQueryCreate", Read, nil, "saved_queries", savedQuery, "everybody keeps questions of his own: the decision knows no rows but its actor's"},
	{"savedQueryUpdate", Read, nil, "saved_queries", savedQuery, "and says them in other words"},
	{"savedQueryDelete", Read, nil, "saved_queries", savedQuery, "and drops them"},
	{Action: "mailUnsubscribe", Needs: Admit, Why: "the program itself, when somebody comes by the link in a mail"},
	{Action: "import", Needs: Import},
	{Action: "operatorGrant", Needs: Admit, Why: "who holds the machine gives a role when nobody else can"},
	{Action: "userAdmit", Needs: Admit, Why: "the program itself, when somebody signs in for the first time"},
	{Action: "migrate", Needs: All, Why: "the program itself, when a new version brings the record to its form"},
	{Action: "recordReserve", Needs: Import, Why: "numbers for an import"},
	{Action: "recordRecover", Needs: Admit, Why: "after the database lost entries"},
}

func on(tables ...string) []string { return tables }

// hours are the columns of the hours of a booking.
var hours = []string{"id", "seq", "resource_id", "allocation_id", "period_start", "period_end", "minutes"}

// mail are the columns of a mail subscription.
var mail = []string{"id", "created_at", "updated_at", "seq", "user_id", "scope_kind", "scope_id", "about_structure", "about_plan", "about_reports", "about_money", "about_people", "delivery", "hour", "weekday", "active"}

// savedQuery are the columns of a saved query.
var savedQuery = []string{"id", "created_at", "updated_at", "seq", "name", "description", "owner_id", "shared", "dataset", "analysis"}

// ActionOf gives the policy row of a mutation.
func ActionOf(action string) (ActionRow, bool) {
	for _, row := range Actions {
		if row.Action == action {
			return row, true
		}
	}
	return ActionRow{}, false
}
