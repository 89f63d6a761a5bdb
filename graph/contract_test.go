package graph_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

func parsed(t *testing.T) *ast.Schema {
	t.Helper()
	s, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: graph.SDL()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every element says in a sentence what it means; what may be null says when it is.
func TestEveryElementIsDescribed(t *testing.T) {
	s := parsed(t)
	n := 0
	check := func(what, text string) {
		n++
		if !strings.HasSuffix(text, ".") || len(text) < 6 || strings.ToUpper(text[:1]) != text[:1] {
			t.Errorf("%s: %q is not a sentence", what, text)
		}
	}
	for name, d := range s.Types {
		if d.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		check(name, d.Description)
		for _, f := range d.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			check(name+"."+f.Name, f.Description)
			if d.Kind == ast.Object && !f.Type.NonNull && !strings.Contains(strings.ToLower(f.Description), "null") && !strings.Contains(f.Description, "nobody") {
				t.Errorf("%s.%s may be null and does not say when: %q", name, f.Name, f.Description)
			}
			for _, a := range f.Arguments {
				check(name+"."+f.Name+"("+a.Name+")", a.Description)
			}
		}
		for _, v := range d.EnumValues {
			check(name+"."+v.Name, v.Description)
		}
	}
	for name, d := range s.Directives {
		if d.Position.Src.BuiltIn {
			continue
		}
		check("@"+name, d.Description)
		for _, a := range d.Arguments {
			check("@"+name+"("+a.Name+")", a.Description)
		}
	}
	if n < 800 {
		t.Errorf("only %d elements were looked at", n)
	}
}

// Every root field can be answered from an older record; every list is bounded.
func TestRootFieldsTakeKnownAt(t *testing.T) {
	s := parsed(t)
	for _, f := range s.Query.Fields {
		if strings.HasPrefix(f.Name, "__") || f.Name == "node" { // whose one argument is Relay's; nodes has it
			continue
		}
		if f.Arguments.ForName("knownAt") == nil {
			t.Errorf("%s has no knownAt", f.Name)
		}
	}
	for name, d := range s.Types {
		for _, f := range d.Fields {
			if strings.HasSuffix(f.Type.Name(), "Connection") && f.Arguments.ForName("first") == nil {
				t.Errorf("%s.%s is not paged", name, f.Name)
			}
		}
	}
}

// No filter and no order has to do with money, rates or persons: a filter is a way of reading.
func TestFiltersTouchNothingGuarded(t *testing.T) {
	s := parsed(t)
	guarded := map[string]bool{}
	for _, d := range state.Tables {
		for _, c := range d.Columns {
			if c.Class != 0 {
				guarded[strings.ReplaceAll(c.Name, "_", "")] = c.Name != "name" // a portfolio's name is public, a person's is tested below
			}
		}
	}
	for name, d := range s.Types {
		if strings.HasSuffix(name, "Filter") {
			for _, f := range d.Fields {
				if guarded[strings.ToLower(f.Name)] || (name == "UserFilter" || name == "ResourceFilter") && (f.Name == "text" || f.Name == "name") {
					t.Errorf("%s.%s reads what not everybody may see", name, f.Name)
				}
			}
		}
		if strings.HasSuffix(name, "OrderField") {
			for _, v := range d.EnumValues {
				if guarded[strings.ToLower(strings.ReplaceAll(v.Name, "_", ""))] {
					t.Errorf("%s.%s orders by what not everybody may see", name, v.Name)
				}
			}
		}
	}
}

// Each row of the policy table that is a mutation is one, and no other is.
func TestMutationsAreThePolicyTable(t *testing.T) {
	s := parsed(t)
	notGraph := map[string]string{"import": "POST /import", "operatorGrant": "the operator's own, on the machine", "mailUnsubscribe": "POST /mail/unsubscribe", "userAdmit": "the program's own, at a first sign-in",
		"recordReserve": "the program's own, for an import", "recordRecover": "the program's own, after the database lost entries", "migrate": "the program's own"}
	policy := map[string]bool{}
	for _, a := range auth.Actions {
		policy[a.Action] = true
		if (s.Mutation.Fields.ForName(a.Action) == nil) != (notGraph[a.Action] != "") {
			t.Errorf("%s is an action, but no mutation", a.Action)
		}
	}
	for _, f := range s.Mutation.Fields {
		if !policy[f.Name] {
			t.Errorf("%s is a mutation without a row in the policy table", f.Name)
		}
		if len(f.Arguments) != 2 || f.Arguments[0].Name != "input" || f.Arguments[1].Name != "preview" {
			t.Errorf("%s takes other arguments than input and preview", f.Name)
		}
		in := s.Types[f.Arguments[0].Type.Name()]
		if want := strings.ToUpper(f.Name[:1]) + f.Name[1:] + "Input"; in.Name != want || in.Fields.ForName("idempotencyKey") == nil || in.Fields.ForName("reason") == nil {
			t.Errorf("%s takes %s", f.Name, in.Name)
		}
		if (in.Fields.ForName("id") != nil || in.Fields.ForName("patch") != nil) && in.Fields.ForName("expectedVersion") == nil {
			t.Errorf("%s changes a thing and takes no expectedVersion", f.Name)
		}
	}
}

// exposed says where each column of the record is in the contract: Type.field, the columns that every entity has aside. A column that is
// left out says why after a dash. A new column needs a row.
var exposed = map[string]string{
	"work_calendars.code":                   "WorkCalendar.code",
	"work_calendars.name":                   "WorkCalendar.name",
	"work_calendars.timezone":               "WorkCalendar.timezone",
	"work_calendars.weekly_minutes":         "WorkCalendar.weeklyMinutes",
	"work_calendars.exceptions":             "WorkCalendar.exceptions",
	"organisations.name":                    "Organisation.name",
	"organisations.currency":                "Organisation.currency",
	"organisations.timezone":                "Organisation.timezone",
	"organisations.fiscal_year_start":       "Organisation.fiscalYearStart",
	"organisations.standard_week_minutes":   "Organisation.standardWeekMinutes",
	"organisations.report_validity_months":  "Organisation.reportValidityMonths",
	"organisations.calendar_id":             "Organisation.calendar",
	"users.issuer":                          "User.issuer",
	"users.subject":                         "User.subject",
	"users.name":                            "User.name",
	"users.email":                           "User.email",
	"users.locale":                          "User.locale",
	"users.timezone":                        "User.timezone",
	"users.active":                          "User.active",
	"users.erased_at":                       "User.erasedAt",
	"users.tokens_valid_from":               "User.tokensValidFrom",
	"feed_keys.name":                        "FeedKey.name",
	"feed_keys.owner_id":                    "FeedKey.owner",
	"feed_keys.scope_kind":                  "FeedKey.scopeKind",
	"feed_keys.scope_id":                    "FeedKey.scope",
	"feed_keys.reads_money":                 "FeedKey.reads",
	"feed_keys.reads_rate":                  "FeedKey.reads",
	"feed_keys.reads_personal":              "FeedKey.reads",
	"feed_keys.secret_hash":                 "- nobody has a use for it; nothing leads back from it to the secret",
	"feed_keys.valid_to":                    "FeedKey.validTo",
	"feed_keys.revoked_at":                  "FeedKey.revokedAt",
	"mail_subscriptions.user_id":            "MailSubscription.user",
	"mail_subscriptions.scope_kind":         "MailSubscription.scopeKind",
	"mail_subscriptions.scope_id":           "MailSubscription.scope",
	"mail_subscriptions.about_structure":    "MailSubscription.about",
	"mail_subscriptions.about_plan":         "MailSubscription.about",
	"mail_subscriptions.about_reports":      "MailSubscription.about",
	"mail_subscriptions.about_money":        "MailSubscription.about",
	"mail_subscriptions.about_people":       "MailSubscription.about",
	"mail_subscriptions.delivery":           "MailSubscription.delivery",
	"mail_subscriptions.hour":               "MailSubscription.hour",
	"mail_subscriptions.weekday":            "MailSubscription.weekday",
	"mail_subscriptions.active":             "MailSubscription.active",
	"webhooks.name":                         "Webhook.name",
	"webhooks.owner_id":                     "Webhook.owner",
	"webhooks.scope_kind":                   "Webhook.scopeKind",
	"webhooks.scope_id":                     "Webhook.scope",
	"webhooks.reads_money":                  "Webhook.reads",
	"webhooks.reads_rate":                   "Webhook.reads",
	"webhooks.reads_personal":               "Webhook.reads",
	"webhooks.url":                          "Webhook.url",
	"webhooks.events":                       "Webhook.events",
	"webhooks.active":                       "Webhook.active",
	"webhooks.secret_generation":            "Webhook.secretGeneration",
	"webhooks.secret_rotated_at":            "Webhook.secretRotatedAt",
	"webhooks.from_number":                  "Webhook.fromNumber",
	"webhooks.rounds":                       "Webhook.rounds",
	"webhooks.discarded_to":                 "Webhook.discardedTo",
	"token_revocations.issuer":              "TokenRevocation.issuer",
	"token_revocations.token_id":            "TokenRevocation.tokenId",
	"token_revocations.expires_at":          "TokenRevocation.expiresAt",
	"role_assignments.user_id":              "RoleAssignment.user",
	"role_assignments.role":                 "RoleAssignment.role",
	"role_assignments.scope_kind":           "RoleAssignment.scopeKind",
	"role_assignments.scope_id":             "RoleAssignment.scope",
	"role_assignments.valid_from":           "RoleAssignment.validFrom",
	"role_assignments.valid_to":             "RoleAssignment.validTo",
	"portfolios.code":                       "Portfolio.code",
	"portfolios.name":                       "Portfolio.name",
	"portfolios.parent_id":                  "Portfolio.parent",
	"portfolios.lifecycle":                  "Portfolio.lifecycle",
	"portfolios.manager_id":                 "Portfolio.manager",
	"portfolios.currency":                   "Portfolio.ownCurrency",
	"portfolios.calendar_id":                "Portfolio.calendar",
	"programs.code":                         "Program.code",
	"programs.name":                         "Program.name",
	"programs.portfolio_id":                 "Program.portfolio",
	"programs.lifecycle":                    "Program.lifecycle",
	"programs.sponsor_id":                   "Program.sponsor",
	"teams.code":                            "Team.code",
	"teams.name":                            "Team.name",
	"teams.parent_id":                       "Team.parent",
	"teams.manager_id":                      "Team.manager",
	"resources.code":                        "Resource.code",
	"resources.name":                        "Resource.name",
	"resources.kind":                        "Resource.kind",
	"resources.role_name":                   "Resource.roleName",
	"resources.team_id":                     "Resource.team",
	"resources.manager_id":                  "Resource.manager",
	"resources.user_id":                     "Resource.user",
	"resources.calendar_id":                 "Resource.calendar",
	"resources.contract_share":              "Resource.contractShare",
	"resources.standard_rate":               "Resource.standardRate",
	"resources.rate_currency":               "Resource.standardRate.currency",
	"resources.valid_from":                  "Resource.validFrom",
	"resources.valid_to":                    "Resource.validTo",
	"projects.code":                         "Project.code",
	"projects.name":                         "Project.name",
	"projects.portfolio_id":                 "Project.portfolio",
	"projects.program_id":                   "Project.program",
	"projects.lifecycle":                    "Project.lifecycle",
	"projects.delivery_method":              "Project.deliveryMethod",
	"projects.priority":                     "Project.priority",
	"projects.category":                     "Project.category",
	"projects.manager_id":                   "Project.manager",
	"projects.sponsor_id":                   "Project.sponsor",
	"projects.currency":                     "Project.currency",
	"projects.calendar_id":                  "Project.calendar",
	"projects.status_date":                  "Project.statusDate",
	"projects.planned_start":                "Project.plannedStart",
	"projects.planned_finish":               "Project.plannedFinish",
	"action_items.project_id":               "ActionItem.project",
	"action_items.title":                    "ActionItem.title",
	"action_items.owner_id":                 "ActionItem.owner",
	"action_items.due":                      "ActionItem.due",
	"action_items.done_on":                  "ActionItem.doneOn",
	"milestones.project_id":                 "Milestone.project",
	"milestones.name":                       "Milestone.name",
	"milestones.state":                      "Milestone.state",
	"milestones.forecast_date":              "Milestone.forecastDate",
	"milestones.actual_date":                "Milestone.actualDate",
	"milestones.weight":                     "Milestone.weight",
	"milestones.budget":                     "Milestone.budget",
	"milestones.is_contractual":             "Milestone.isContractual",
	"milestones.is_finish":                  "Milestone.isFinish",
	"milestones.owner_id":                   "Milestone.owner",
	"baselines.project_id":                  "Baseline.project",
	"baselines.number":                      "Baseline.number",
	"baselines.state":                       "Baseline.state",
	"baselines.approved_on":                 "Baseline.approvedOn",
	"baselines.reason":                      "Baseline.reason",
	"baselines.currency":                    "Baseline.currency",
	"baseline_entries.baseline_id":          "BaselineEntry.baseline",
	"baseline_entries.project_id":           "BaselineEntry.project",
	"baseline_entries.item_kind":            "BaselineEntry.itemKind",
	"baseline_entries.milestone_id":         "BaselineEntry.milestone",
	"baseline_entries.start":                "BaselineEntry.start",
	"baseline_entries.finish":               "BaselineEntry.finish",
	"baseline_entries.weight":               "BaselineEntry.weight",
	"exchange_rates.from_currency":          "ExchangeRate.fromCurrency",
	"exchange_rates.to_currency":            "ExchangeRate.toCurrency",
	"exchange_rates.valid_from":             "ExchangeRate.validFrom",
	"exchange_rates.rate":                   "ExchangeRate.rate",
	"exchange_rates.source":                 "ExchangeRate.source",
	"status_reports.project_id":             "StatusReport.project",
	"status_reports.period_start":           "StatusReport.periodStart",
	"status_reports.period_end":             "StatusReport.periodEnd",
	"status_reports.revision":               "StatusReport.revision",
	"status_reports.state":                  "StatusReport.state",
	"status_reports.health":                 "StatusReport.health",
	"status_reports.confidence":             "StatusReport.confidence",
	"status_reports.not_rated_reason":       "StatusReport.notRatedReason",
	"status_reports.raw_rating":             "StatusReport.rawRating",
	"status_reports.override_reason":        "StatusReport.overrideReason",
	"status_reports.reported_start":         "StatusReport.reportedStart",
	"status_reports.reported_finish":        "StatusReport.reportedFinish",
	"status_reports.whole_life_cost":        "StatusReport.cost.wholeLife",
	"status_reports.period_budget":          "StatusReport.cost.periodBudget",
	"status_reports.period_forecast":        "StatusReport.cost.periodForecast",
	"status_reports.currency":               "StatusReport.cost.wholeLife.currency",
	"status_reports.highlights":             "StatusReport.highlights",
	"status_reports.next_steps":             "StatusReport.nextSteps",
	"status_reports.texts_erased_at":        "StatusReport.textsErasedAt",
	"status_reports.submitted_at":           "StatusReport.submittedAt",
	"status_reports.author_id":              "StatusReport.author",
	"cost_entries.project_id":               "CostEntry.project",
	"cost_entries.cost_category_id":         "CostEntry.category",
	"cost_entries.currency":                 "CostEntry.currency",
	"cost_entries.period":                   "CostEntry.period",
	"cost_entries.planned":                  "CostEntry.planned",
	"cost_entries.actual":                   "CostEntry.actual",
	"cost_entries.committed":                "CostEntry.committed",
	"cost_entries.forecast":                 "CostEntry.forecast",
	"budget_lines.project_id":               "BudgetLine.project",
	"budget_lines.cost_category_id":         "BudgetLine.category",
	"budget_lines.reserve_kind":             "BudgetLine.reserveKind",
	"budget_lines.currency":                 "BudgetLine.currency",
	"budget_lines.period":                   "BudgetLine.period",
	"budget_lines.amount":                   "BudgetLine.amount",
	"baseline_periods.project_id":           "BaselinePeriod.project",
	"baseline_periods.baseline_id":          "BaselinePeriod.baseline",
	"baseline_periods.period":               "BaselinePeriod.period",
	"baseline_periods.amount":               "BaselinePeriod.amount",
	"cost_categories.code":                  "CostCategory.code",
	"cost_categories.name":                  "CostCategory.name",
	"rate_cards.role_name":                  "RateCard.roleName",
	"rate_cards.valid_from":                 "RateCard.validFrom",
	"rate_cards.currency":                   "RateCard.currency",
	"rate_cards.hourly_rate":                "RateCard.hourlyRate",
	"tolerances.dimension":                  "Tolerance.dimension",
	"tolerances.green":                      "Tolerance.green",
	"tolerances.amber":                      "Tolerance.amber",
	"tolerances.category":                   "Tolerance.category",
	"kpi_definitions.code":                  "KpiDefinition.code",
	"kpi_definitions.name":                  "KpiDefinition.name",
	"kpi_definitions.description":           "KpiDefinition.description",
	"kpi_definitions.portfolio_id":          "KpiDefinition.portfolio",
	"kpi_definitions.program_id":            "KpiDefinition.program",
	"kpi_definitions.unit":                  "KpiDefinition.unit",
	"kpi_definitions.currency":              "KpiDefinition.currency",
	"kpi_definitions.about_money":           "KpiDefinition.aboutMoney",
	"kpi_definitions.direction":             "KpiDefinition.direction",
	"kpi_definitions.source":                "KpiDefinition.source",
	"kpi_definitions.metric":                "KpiDefinition.metric",
	"kpi_definitions.formula_version":       "KpiDefinition.formulaVersion",
	"kpi_definitions.rollup":                "KpiDefinition.rollup",
	"kpi_definitions.weight":                "KpiDefinition.weight",
	"kpi_definitions.cadence":               "KpiDefinition.cadence",
	"kpi_definitions.green":                 "KpiDefinition.green",
	"kpi_definitions.amber":                 "KpiDefinition.amber",
	"kpi_definitions.green_high":            "KpiDefinition.greenHigh",
	"kpi_definitions.amber_high":            "KpiDefinition.amberHigh",
	"kpi_definitions.owner_id":              "KpiDefinition.owner",
	"kpi_definitions.feed_column":           "KpiDefinition.feedColumn",
	"kpi_measurements.project_id":           "KpiMeasurement.project",
	"kpi_measurements.program_id":           "KpiMeasurement.program",
	"kpi_measurements.portfolio_id":         "KpiMeasurement.portfolio",
	"kpi_measurements.kpi_definition_id":    "KpiMeasurement.definition",
	"kpi_measurements.period_end":           "KpiMeasurement.periodEnd",
	"kpi_measurements.period_start":         "KpiMeasurement.periodStart",
	"kpi_measurements.reason":               "KpiMeasurement.reason",
	"kpi_measurements.value":                "KpiMeasurement.value",
	"kpi_measurements.target":               "KpiMeasurement.target",
	"kpi_measurements.numerator":            "KpiMeasurement.numerator",
	"kpi_measurements.denominator":          "KpiMeasurement.denominator",
	"kpi_measurements.money_value":          "KpiMeasurement.value",
	"kpi_measurements.money_target":         "KpiMeasurement.target",
	"kpi_measurements.money_numerator":      "KpiMeasurement.numerator",
	"kpi_measurements.money_denominator":    "KpiMeasurement.denominator",
	"allocations.project_id":                "Allocation.project",
	"allocations.resource_id":               "Allocation.resource",
	"allocations.commitment":                "Allocation.commitment",
	"allocations.state":                     "Allocation.state",
	"allocations.probability":               "Allocation.probability",
	"allocations.start":                     "Allocation.start",
	"allocations.finish":                    "Allocation.finish",
	"allocations.note":                      "Allocation.note",
	"capacity_entries.resource_id":          "CapacityEntry.resource",
	"capacity_entries.period_start":         "CapacityEntry.periodStart",
	"capacity_entries.grain":                "CapacityEntry.grain",
	"capacity_entries.source":               "CapacityEntry.source",
	"capacity_entries.minutes":              "CapacityEntry.minutes",
	"allocation_hours.resource_id":          "AllocationHour.resource",
	"allocation_hours.allocation_id":        "AllocationHour.allocation",
	"allocation_hours.period_start":         "AllocationHour.periodStart",
	"allocation_hours.period_end":           "AllocationHour.periodEnd",
	"allocation_hours.minutes":              "AllocationHour.minutes",
	"saved_queries.name":                    "SavedQuery.name",
	"saved_queries.description":             "SavedQuery.description",
	"saved_queries.owner_id":                "SavedQuery.owner",
	"saved_queries.shared":                  "SavedQuery.shared",
	"saved_queries.dataset":                 "SavedQuery.dataset",
	"saved_queries.analysis":                "SavedQuery.analysis",
	"registered_documents.name":             "RegisteredDocument.name",
	"registered_documents.document_id":      "RegisteredDocument.documentId",
	"registered_documents.text":             "RegisteredDocument.text",
	"registered_documents.registered_by_id": "RegisteredDocument.registeredBy",
}

// everywhere are the columns that every entity has, by their fields.
var everywhere = map[string]string{
	"id": "id", "seq": "version", "created_at": "createdAt", "updated_at": "updatedAt",
	"external_source": "externalSource", "external_id": "externalId", "archived_at": "archivedAt",
}

func TestEveryColumnIsExposedOrLeftOutForAReason(t *testing.T) {
	s := parsed(t)
	used := map[string]bool{}
	for _, d := range state.Tables {
		var typ string
		for _, c := range d.Columns {
			where, ok := exposed[d.Name+"."+c.Name]
			used[d.Name+"."+c.Name] = true
			if field, common := everywhere[c.Name]; common {
				typ, _, _ = strings.Cut(exposed[d.Name+"."+d.Columns[len(d.Columns)-1].Name], ".")
				where, ok = typ+"."+field, true
			}
			if !ok {
				t.Errorf("%s.%s has no row: say where it is exposed, or why not", d.Name, c.Name)
				continue
			}
			if reason, left := strings.CutPrefix(where, "- "); left {
				if len(reason) < 10 {
					t.Errorf("%s.%s is left out without a reason", d.Name, c.Name)
				}
				continue
			}
			if typ, path, _ := strings.Cut(where, "."); !hasPath(s, typ, path) {
				t.Errorf("%s.%s: there is no %s", d.Name, c.Name, where)
			}
		}
	}
	for row := range exposed {
		if !used[row] {
			t.Errorf("%s is no column", row)
		}
	}
}

func hasPath(s *ast.Schema, typ, path string) bool {
	for name := range strings.SplitSeq(path, ".") {
		d := s.Types[typ]
		if d == nil || d.Fields.ForName(name) == nil {
			return false
		}
		typ = d.Fields.ForName(name).Type.Name()
	}
	return true
}

// The closed lists of the contract are those of the vocabulary and of the policy.
func TestClosedLists(t *testing.T) {
	s := parsed(t)
	for name, want := range map[string][]string{
		"Role": vocab.Role("").Values(), "ScopeKind": vocab.ScopeKind("").Values(), "PortfolioLifecycle": vocab.PortfolioLifecycle("").Values(),
		"ProjectLifecycle": vocab.ProjectLifecycle("").Values(), "DeliveryMethod": vocab.DeliveryMethod("").Values(), "Rag": vocab.Rag("").Values(),
		"DeliveryConfidence": vocab.DeliveryConfidence("").Values(), "NotRatedReason": vocab.NotRatedReason("").Values(),
		"MilestoneState": vocab.MilestoneState("").Values(), "BaselineState": vocab.BaselineState("").Values(),
		"BaselineItemKind": vocab.BaselineItemKind("").Values(), "ReportState": vocab.ReportState("").Values(),
		"KpiDirection": vocab.KpiDirection("").Values(), "KpiRollup": vocab.KpiRollup("").Values(), "KpiSource": vocab.KpiSource("").Values(),
		"KpiWeight": vocab.KpiWeight("").Values(), "KpiMetric": vocab.KpiMetric("").Values(), "Cadence": vocab.Cadence("").Values(),
		"RagDimension": vocab.RagDimension("").Values(), "Commitment": vocab.Commitment("").Values(), "CapacityGrain": vocab.CapacityGrain("").Values(), "CapacitySource": vocab.CapacitySource("").Values(), "AllocationState": vocab.AllocationState("").Values(),
		"ResourceKind": vocab.ResourceKind("").Values(), "MailDelivery": vocab.MailDelivery("").Values(), "MailTopic": vocab.MailTopic("").Values(), "Weekday": vocab.Weekday("").Values(), "FeedRead": vocab.FeedRead("").Values(), "Unit": vocab.Unit("").Values(), "Reason": vocab.Reason("").Values(),
		"Bucket": vocab.Bucket("").Values(), "Aggregation": vocab.Aggregation("").Values(), "Operator": vocab.Operator("").Values(), "Comparison": vocab.Comparison("").Values(), "AnswerPart": vocab.AnswerPart("").Values(),
		"ColumnClass": vocab.ColumnClass("").Values(), "ValueKind": vocab.ValueKind("").Values(), "ColumnRole": vocab.ColumnRole("").Values(), "Additivity": vocab.Additivity("").Values(), "NullReason": vocab.NullReason("").Values(),
		"Permission": strings.Fields(strings.ToUpper(auth.All.String())), "Action": actionNames(), "RoleSource": {"GRANT", "RELATION", "CLAIM"},
		"AccessKind": vocab.AccessKind("").Values(),
	} {
		var have []string
		for _, v := range s.Types[name].EnumValues {
			have = append(have, v.Name)
		}
		if !slices.Equal(have, want) {
			t.Errorf("%s has %v, the program %v", name, have, want)
		}
	}
}

// actionNames are the mutations that are done to a thing, as the API names them.
func actionNames() (names []string) {
	for _, a := range auth.Actions {
		if len(a.On) > 0 {
			names = append(names, string(read.ActionOf(a.Action)))
		}
	}
	return names
}
