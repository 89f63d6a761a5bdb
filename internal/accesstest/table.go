// Package accesstest is what the enforcement of rights is compared with: a second reading of who may what, from tables written by hand and by
// plain walks up the organisation. It shares nothing with package auth's table or with what views and drafts do.
package accesstest

import (
	"fmt"
	"strings"

	"pmograph/internal/vocab"
)

// Can is a set of abilities.
type Can uint32

// words are the abilities, each by its bit; the tables below speak of them.
var words = strings.Fields("read money rate personal audit load plan approve report assign people fund book configure grant admit import export")

// Of reads a set of abilities: words with spaces between them.
func Of(text string) (c Can) {
	for _, w := range strings.Fields(text) {
		n := -1
		for i, have := range words {
			if have == w {
				n = i
			}
		}
		if n < 0 {
			panic("there is no ability " + w)
		}
		c |= 1 << n
	}
	return c
}

// Has tells whether all of some abilities are there.
func (c Can) Has(all Can) bool { return c&all == all }

// String lists the words.
func (c Can) String() string {
	var list []string
	for i, w := range words {
		if c&(1<<i) != 0 {
			list = append(list, w)
		}
	}
	return strings.Join(list, " ")
}

// Everything is all abilities.
var Everything = Of(strings.Join(words, " "))

type kind = vocab.ScopeKind

// Kinds of node that columns alone give something on.
const (
	OnResource kind = "RESOURCE"
	OnPerson   kind = "PERSON"
)

type roleRow struct {
	role vocab.Role
	can  string
	on   string // kinds of node it may be given on
}

// roles is what each role means to an office.
var roles = []roleRow{
	{"ADMIN", strings.Join(words, " "), "ORGANISATION"},
	{"PMO", "read money personal audit load plan approve report assign people fund book configure grant import export", "ORGANISATION"},
	{"PORTFOLIO_MANAGER", "read money personal audit plan approve report assign fund book grant export", "ORGANISATION PORTFOLIO"},
	{"SPONSOR", "read money personal approve report", "ORGANISATION PORTFOLIO PROGRAM PROJECT OWN"},
	{"PROJECT_MANAGER", "read money personal plan report book", "ORGANISATION PORTFOLIO PROGRAM PROJECT OWN"},
	{"RESOURCE_MANAGER", "read rate personal load people", "ORGANISATION TEAM"},
	{"FINANCE", "read money rate personal fund book export", "ORGANISATION PORTFOLIO PROGRAM PROJECT"},
	{"CONTRIBUTOR", "read report", "PORTFOLIO PROGRAM PROJECT TEAM"},
	{"VIEWER", "read", "ORGANISATION PORTFOLIO PROGRAM PROJECT TEAM"},
	{"AUDITOR", "read money rate personal audit load export", "ORGANISATION PORTFOLIO PROGRAM PROJECT"},
	{"SERVICE", "read money export", "ORGANISATION PORTFOLIO PROGRAM PROJECT"},
}

// columns give whoever they name a role on their row, or some abilities.
var columns = []struct {
	table, column string
	on            kind
	role          vocab.Role
	can           string
}{
	{"portfolios", "manager_id", vocab.ScopeKindPortfolio, "PORTFOLIO_MANAGER", ""},
	{"programs", "sponsor_id", vocab.ScopeKindProgram, "SPONSOR", ""},
	{"projects", "manager_id", vocab.ScopeKindProject, "PROJECT_MANAGER", ""},
	{"projects", "sponsor_id", vocab.ScopeKindProject, "SPONSOR", ""},
	{"teams", "manager_id", vocab.ScopeKindTeam, "RESOURCE_MANAGER", ""},
	{"resources", "manager_id", OnResource, "RESOURCE_MANAGER", ""},
	{"resources", "user_id", OnPerson, "", "read load"},
}

type entityRow struct {
	table, lies        string
	read, write, place string
	placing            string // columns by which it is placed, or that say who has rights in it
}

// entities says where the rows of each lie, and what reading, writing and placing one needs. Shared ones lie everywhere: who may read
// anything reads them, who may everywhere writes them. Hidden ones lie nowhere.
var entities = []entityRow{
	{"organisations", "shared", "read", "configure", "", ""},
	{"work_calendars", "shared", "read", "configure", "", ""},
	{"exchange_rates", "shared", "read", "configure", "", ""},
	{"users", "shared", "read", "admit", "admit", "issuer subject active"},
	{"role_assignments", "scope", "audit", "grant", "grant", "user_id role scope_kind scope_id valid_from valid_to"},
	{"feed_keys", "scope", "audit", "admit", "admit", "owner_id scope_kind scope_id reads_money reads_rate reads_personal secret_hash valid_to revoked_at"},
	{"webhooks", "scope", "audit", "admit", "admit", "owner_id scope_kind scope_id reads_money reads_rate reads_personal url secret_generation secret_rotated_at"},
	{"token_revocations", "hidden", "audit", "admit", "admit", "issuer token_id expires_at"},
	{"mail_subscriptions", "hidden", "audit", "admit", "", ""},
	{"saved_queries", "hidden", "audit", "admit", "", ""},
	{"teams", "team", "read", "people", "people", "parent_id manager_id"},
	{"resources", "resource", "read", "people", "people", "team_id manager_id user_id"},
	{"portfolios", "portfolio", "read", "assign", "assign", "code parent_id manager_id"},
	{"programs", "program", "read", "assign", "assign", "code portfolio_id sponsor_id"},
	{"projects", "project", "read", "plan", "assign", "code portfolio_id program_id manager_id sponsor_id"},
	{"milestones", "in project", "read", "plan", "", ""},
	{"baselines", "in project", "read", "plan", "", ""},
	{"baseline_entries", "in project", "read", "plan", "", ""},
	{"baseline_periods", "in project", "read", "plan", "", ""},
	{"status_reports", "in project", "read", "report", "", ""},
	{"action_items", "in project", "read", "report", "", ""},
	{"cost_categories", "shared", "read", "configure", "", ""},
	{"rate_cards", "shared", "read", "configure", "", ""},
	{"tolerances", "shared", "read", "configure", "", ""},
	{"kpi_definitions", "shared", "read", "configure", "", ""},
	{"registered_documents", "shared", "read", "configure", "", ""},
	{"allocations", "booking", "read", "plan", "", ""},
	{"budget_lines", "in project", "read", "fund", "", ""},
	{"cost_entries", "in project", "read", "book", "", ""},
	{"kpi_measurements", "measured node", "read", "report", "", ""},
	{"capacity_entries", "of resource", "load", "people", "", ""},
	{"allocation_hours", "hidden", "load", "people", "", ""},
}

// closed are the columns that ask for more than reading the row.
var closed = map[string]string{
	"users.subject": "personal", "users.name": "personal", "users.email": "personal", "resources.name": "personal", "resources.standard_rate": "rate",
	"milestones.budget": "money", "baseline_entries.weight": "money", "baseline_periods.amount": "money", "budget_lines.amount": "money",
	"cost_entries.planned": "money", "cost_entries.actual": "money", "cost_entries.committed": "money", "cost_entries.forecast": "money",
	"status_reports.whole_life_cost": "money", "status_reports.period_budget": "money", "status_reports.period_forecast": "money",
	"kpi_measurements.money_value": "money", "kpi_measurements.money_target": "money", "kpi_measurements.money_numerator": "money", "kpi_measurements.money_denominator": "money",
}

// openRows are columns that are true in rows which whoever reads anything reads.
var openRows = map[string]string{"saved_queries": "shared"}

// questions are rows that somebody writes and somebody else answers, by these columns alone.
var questions = []struct {
	table, open, answered string // by the row's state
	needs, at, where      string // who answers: who may this at the row that a column names
	sets                  string
}{
	{"baselines", "DRAFT", "APPROVED SUPERSEDED", "approve", "project_id", "projects", "state approved_on"},
	{"allocations", "REQUESTED PROPOSED", "ACCEPTED DECLINED", "people", "resource_id", "resources", "state commitment probability"},
}

// byRecord is what no token's claim gives.
const byRecord = "grant admit"

const bookedHours = "id seq resource_id allocation_id period_start period_end minutes"

const mailColumns = "id created_at updated_at seq user_id scope_kind scope_id about_structure about_plan about_reports about_money about_people delivery hour weekday active"

const savedColumns = "id created_at updated_at seq name description owner_id shared dataset analysis"

// Action is what a mutation needs, and what it changes beside what its actor may change.
type Action struct {
	Name, Needs    string
	Table, Columns string
}

// Actions are all mutations.
var Actions = func() (list []Action) {
	for _, row := range []string{
		"configure: organisationUpdate workCalendarSet exchangeRateSet costCategorySet rateCardSet toleranceSet kpiDefinitionCreate kpiDefinitionUpdate documentRegister documentRevoke",
		"read: viewerSignOut viewerUpdate viewerMailSet viewerMailDelete savedQueryCreate savedQueryUpdate savedQueryDelete", "admit: userSignOut tokenRevoke feedKeyCreate feedKeyRename feedKeyRevoke webhookCreate webhookUpdate webhookSecretRotate webhookReplay webhookDiscard webhookDelete userCreate userUpdate userErase operatorGrant userAdmit mailUnsubscribe statusReportErase recordRecover", "grant: roleGrant roleRevoke", "approve: baselineApprove",
		"assign: portfolioCreate portfolioUpdate portfolioMove portfolioDelete programCreate programUpdate programDelete projectCreate projectMove projectAssign projectDelete",
		"people: teamCreate teamUpdate resourceCreate resourceUpdate resourceDelete capacitySet allocationAccept allocationDecline",
		"plan: projectUpdate milestoneCreate milestoneUpdate milestoneForecast milestoneReach milestoneCancel milestoneDelete baselineCreate baselineSpreadSet baselineDelete allocationRequest allocationUpdate allocationDelete allocationHoursSet",
		"report: projectHealthDeclare statusReportSubmit actionItemCreate actionItemComplete measurementsRecord measurementsDelete",
		"book: costsRecord costsDelete", "fund: budgetSet budgetDelete", "import: import recordReserve", strings.Join(words, " ") + ": migrate",
	} {
		needs, names, _ := strings.Cut(row, ": ")
		for _, name := range strings.Fields(names) {
			a := Action{Name: name, Needs: needs}
			switch name {
			case "projectDelete", "allocationDelete", "allocationHoursSet":
				a.Table, a.Columns = "allocation_hours", bookedHours
			case "viewerSignOut":
				a.Table, a.Columns = "users", "tokens_valid_from"
			case "viewerUpdate":
				a.Table, a.Columns = "users", "locale timezone"
			case "viewerMailSet", "viewerMailDelete":
				a.Table, a.Columns = "mail_subscriptions", mailColumns
			case "savedQueryCreate", "savedQueryUpdate", "savedQueryDelete":
				a.Table, a.Columns = "saved_queries", savedColumns
			case "projectHealthDeclare":
				a.Table, a.Columns = "status_reports", "whole_life_cost period_budget period_forecast"
			}
			list = append(list, a)
		}
	}
	return list
}()

func entityOf(table string) entityRow {
	for _, e := range entities {
		if e.table == table {
			return e
		}
	}
	panic(fmt.Sprintf("who may what with %s is not written down", table))
}

// MeansOf gives what a role may do.
func MeansOf(role vocab.Role) Can {
	for _, r := range roles {
		if r.role == role {
			return Of(r.can)
		}
	}
	return 0
}

// MayBeGivenOn tells whether a role may be held on a kind of node.
func MayBeGivenOn(role vocab.Role, on kind) bool {
	for _, r := range roles {
		if r.role == role {
			return listed(r.on, string(on))
		}
	}
	return false
}

func listed(list, word string) bool {
	for _, w := range strings.Fields(list) {
		if w == word {
			return true
		}
	}
	return false
}
