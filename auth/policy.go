package auth

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"pmograph/internal/vocab"
)

// Permission is a set of things an actor may do at a node.
type Permission uint32

// The permissions. Reading and writing are decided by them alone; see Entities for what each entity asks.
const (
	Read         Permission = 1 << iota // see rows
	ReadMoney                           // see amounts
	ReadRate                            // see what an hour of a person costs
	ReadPersonal                        // see names and addresses
	ReadAudit                           // see who may do what: role assignments
	ReadLoad                            // see how much people are booked, over all projects
	Plan                                // change projects, milestones and baselines
	Report                              // write status reports and declare health
	Assign                              // place nodes in the tree and name who answers for them
	People                              // change teams and resources, and accept bookings
	Fund                                // approve budgets
	Book                                // record costs
	Configure                           // change settings, calendars and exchange rates
	Grant                               // give and take roles, admit and erase users
	Import                              // bring in data in bulk
	end
)

// All is every permission.
const All = end - 1

// The reading permissions.
const allReads = Read | ReadMoney | ReadRate | ReadPersonal | ReadAudit | ReadLoad

var permissionNames = []string{"read", "money", "rate", "personal", "audit", "load", "plan", "report", "assign", "people", "fund", "book", "configure", "grant", "import"}

// String lists the names of a set.
func (p Permission) String() string {
	var s []string
	for i, n := range permissionNames {
		if p&(1<<i) != 0 {
			s = append(s, n)
		}
	}
	if len(s) == 0 {
		return "-"
	}
	return strings.Join(s, " ")
}

// Has tells whether every permission of q is in p.
func (p Permission) Has(q Permission) bool { return p&q == q }

// Reads gives the permission that opens columns of a class.
func Reads(c vocab.Class) Permission {
	return [...]Permission{Read, ReadMoney, ReadRate, ReadPersonal}[c]
}

// RoleRow says what a role may do on the node it is granted on and below.
type RoleRow struct {
	Role   vocab.Role
	May    Permission
	Scopes []vocab.ScopeKind // kinds of node it may be granted on
	Why    string
}

var (
	anywhere = []vocab.ScopeKind{vocab.ScopeKindOrganisation, vocab.ScopeKindPortfolio, vocab.ScopeKindProgram, vocab.ScopeKindProject}
	orgOnly  = []vocab.ScopeKind{vocab.ScopeKindOrganisation}
	onPeople = []vocab.ScopeKind{vocab.ScopeKindOrganisation, vocab.ScopeKindTeam}
	withTeam = []vocab.ScopeKind{vocab.ScopeKindOrganisation, vocab.ScopeKindPortfolio, vocab.ScopeKindProgram, vocab.ScopeKindProject, vocab.ScopeKindTeam}
	owned    = []vocab.ScopeKind{vocab.ScopeKindOrganisation, vocab.ScopeKindPortfolio, vocab.ScopeKindProgram, vocab.ScopeKindProject, vocab.ScopeKindOwn}
)

// Roles is the policy table: role → what it may do. What is not listed is denied.
var Roles = []RoleRow{
	{vocab.RoleAdmin, All, orgOnly, "keeps the installation; may do everything, but give nothing to himself"},
	{vocab.RolePmo, allReads&^ReadRate | Plan | Report | Assign | People | Fund | Book | Configure | Import, orgOnly, "runs the office's whole record; rates stay with finance and resource managers"},
	{vocab.RolePortfolioManager, Read | ReadMoney | ReadPersonal | Plan | Report | Assign | Fund | Book, anywhere[:2], "answers for a portfolio: its money, its plan and who leads what in it"},
	{vocab.RoleSponsor, Read | ReadMoney | ReadPersonal | Report, owned, "answers for benefits and money, declares health, does not plan"},
	{vocab.RoleProjectManager, Read | ReadMoney | ReadPersonal | Plan | Report | Book, owned, "plans and reports the project with its money; whom it belongs to is decided above"},
	{vocab.RoleResourceManager, Read | ReadRate | ReadPersonal | ReadLoad | People, onPeople, "keeps people, their time and what it costs"},
	{vocab.RoleFinance, Read | ReadMoney | ReadRate | ReadPersonal | Fund | Book, anywhere, "approves budgets, records costs, checks money and rates, changes no plan"},
	{vocab.RoleContributor, Read | Report, withTeam[1:], "works in a project and writes its reports, without money; on a team, sees whom to book"},
	{vocab.RoleViewer, Read, withTeam, "looks, without money and persons; on a team, sees whom to book"},
	{vocab.RoleAuditor, allReads, anywhere, "reads everything, writes nothing"},
	{vocab.RoleService, Read | ReadMoney, anywhere, "a machine that feeds dashboards: figures, no persons"},
}

// Kinds of node that rights reach through relations alone: no role is granted on them.
const (
	OnResource vocab.ScopeKind = "RESOURCE" // a resource: its row, its time and the requests for it
	OnPerson   vocab.ScopeKind = "PERSON"   // what concerns a resource himself: his row, his time, his bookings whatever the project
)

// RelationRow says what follows from standing in a column of a row.
type RelationRow struct {
	Table, Column string
	On            vocab.ScopeKind // kind of the node it holds on: the row
	Role          vocab.Role      // whose permissions follow; none if May says what does
	May           Permission
	Why           string
}

// Gives is what follows from the relation.
func (r RelationRow) Gives() Permission { return MayOf(r.Role) | r.May }

// Relations is the second part of the policy table: who is named in a row has a role on it without a grant.
var Relations = []RelationRow{
	{"portfolios", "manager_id", vocab.ScopeKindPortfolio, vocab.RolePortfolioManager, 0, "whoever manages a portfolio"},
	{"programs", "sponsor_id", vocab.ScopeKindProgram, vocab.RoleSponsor, 0, "whoever answers for a program"},
	{"projects", "manager_id", vocab.ScopeKindProject, vocab.RoleProjectManager, 0, "whoever manages a project"},
	{"projects", "sponsor_id", vocab.ScopeKindProject, vocab.RoleSponsor, 0, "whoever answers for a project"},
	{"teams", "manager_id", vocab.ScopeKindTeam, vocab.RoleResourceManager, 0, "whoever manages a team"},
	{"resources", "manager_id", OnResource, vocab.RoleResourceManager, 0, "whoever manages a person's time, where that is not the team's manager"},
	{"resources", "user_id", OnPerson, "", Read | ReadLoad, "everybody sees his own row, time and bookings; what reads names would open everybody's"},
}

// EntityRow says what an entity asks of a reader and a writer. Shared entities lie at no node: a permission held anywhere lets read them,
// only one held organisation-wide lets write them.
type EntityRow struct {
	Table  string
	Read   Permission
	Write  Permission
	Assign Permission // for columns from which rights follow
	Shared bool
	Why    string
}

// Entities is the third part of the policy table. An entity without a row cannot be read or written.
var Entities = []EntityRow{
	{"organisations", Read, Configure, 0, true, "everybody computes with its settings"},
	{"work_calendars", Read, Configure, 0, true, "everybody counts working days with them"},
	{"exchange_rates", Read, Configure, 0, true, "everybody may check a conversion"},
	{"users", Read, Grant, Grant, true, "everybody may know that a person exists; the name is of class personal"},
	{"role_assignments", ReadAudit, Grant, Grant, true, "who may do what is for those who answer for it"},
	{"teams", Read, People, People, false, "follow the team's node"},
	{"resources", Read, People, People, false, "follow the team's node"},
	{"portfolios", Read, Assign, Assign, false, "structure is placed by those who answer for it"},
	{"programs", Read, Assign, Assign, false, "structure is placed by those who answer for it"},
	{"projects", Read, Plan, Assign, false, "columns that move rights ask for assign as well"},
	{"milestones", Read, Plan, 0, false, "part of the project's plan"},
	{"baselines", Read, Plan, 0, false, "part of the project's plan"},
	{"baseline_entries", Read, Plan, 0, false, "part of the project's plan"},
	{"status_reports", Read, Report, 0, false, "part of the project's reporting"},
	{"action_items", Read, Report, 0, false, "whoever works in the project keeps its actions"},
	{"cost_categories", Read, Configure, 0, true, "everybody sorts costs by them"},
	{"rate_cards", Read, Configure, 0, true, "published prices: everybody plans with them"},
	{"tolerances", Read, Configure, 0, true, "everybody may check a computed rating"},
	{"kpi_definitions", Read, Configure, 0, true, "everybody may know what is measured; values follow their node"},
	{"registered_documents", Read, Configure, 0, true, "everybody may ask them; whoever asks one gets what he may see"},
	{"allocations", Read, Plan, 0, false, "follow the project; the person himself sees his own"},
	{"budget_lines", Read, Fund, 0, false, "whoever answers for the money approves it"},
	{"cost_entries", Read, Book, 0, false, "costs are recorded where they arise"},
	{"baseline_periods", Read, Plan, 0, false, "part of the project's plan"},
	{"kpi_measurements", Read, Report, 0, false, "part of the reporting of their node"},
	{"capacity_entries", ReadLoad, People, 0, false, "follow the resource: whoever manages its time"},
	{"allocation_hours", ReadLoad, People, 0, false, "lie nowhere: the hours of a booking are read with it, those of a person as his load, their rows by who sees everything"},
}

// AnswerRow is a question in a row: who may write the row asks it, and somebody else answers it.
type AnswerRow struct {
	Table  string
	Column string     // where the question stands
	Open   []string   // its values while the question is open: who may answer it sees the row
	Given  []string   // its values once it is answered: only who may answer writes such a row
	Needs  Permission // who may answer: who holds this …
	At     string     // … at the row that this column names
	Sets   []string   // what an answer changes; for these columns Needs stands in place of the entity's write permission
	Why    string
}

// Answers is the fourth part of the policy table.
var Answers = []AnswerRow{
	{"allocations", "state", []string{"REQUESTED", "PROPOSED"}, []string{"ACCEPTED", "DECLINED"}, People, "resource_id", []string{"state", "commitment", "probability"},
		"who plans a project asks for people; who keeps their time gives it"},
}

// ActionRow lets a mutation change columns beyond the actor's own permissions, as a derived effect of what he may do.
type ActionRow struct {
	Action string
	Needs  Permission // held anywhere, before anything is looked up; each changed row is checked besides
	Table  string     // derived effects: this table …
	Column []string   // … and these columns
	Why    string
}

// Actions is the fifth part of the policy table: one row a mutation. A mutation without a row cannot run.
var Actions = []ActionRow{
	{Action: "organisationUpdate", Needs: Configure}, {Action: "workCalendarSet", Needs: Configure}, {Action: "exchangeRateSet", Needs: Configure},
	{Action: "userCreate", Needs: Grant}, {Action: "userUpdate", Needs: Grant}, {Action: "userErase", Needs: Grant},
	{Action: "roleGrant", Needs: Grant}, {Action: "roleRevoke", Needs: Grant}, {Action: "operatorGrant", Needs: Grant},
	{Action: "portfolioCreate", Needs: Assign}, {Action: "portfolioUpdate", Needs: Assign}, {Action: "portfolioMove", Needs: Assign}, {Action: "portfolioDelete", Needs: Assign},
	{Action: "programCreate", Needs: Assign}, {Action: "programUpdate", Needs: Assign}, {Action: "programDelete", Needs: Assign},
	{Action: "teamCreate", Needs: People}, {Action: "teamUpdate", Needs: People},
	{Action: "resourceCreate", Needs: People}, {Action: "resourceUpdate", Needs: People}, {Action: "resourceDelete", Needs: People},
	{Action: "projectCreate", Needs: Assign}, {Action: "projectUpdate", Needs: Plan}, {Action: "projectMove", Needs: Assign}, {Action: "projectAssign", Needs: Assign},
	{"projectDelete", Assign, "allocation_hours", hours, "bookings go with their project, and hours with their booking"},
	{"projectHealthDeclare", Report, "status_reports", []string{"whole_life_cost", "period_budget", "period_forecast"}, "a new revision carries on the amounts of the one before, seen or not"},
	{Action: "milestoneCreate", Needs: Plan}, {Action: "milestoneUpdate", Needs: Plan}, {Action: "milestoneForecast", Needs: Plan}, {Action: "milestoneReach", Needs: Plan}, {Action: "milestoneCancel", Needs: Plan}, {Action: "milestoneDelete", Needs: Plan},
	{Action: "baselineCreate", Needs: Plan}, {Action: "baselineApprove", Needs: Plan}, {Action: "baselineSpreadSet", Needs: Plan}, {Action: "baselineDelete", Needs: Plan},
	{Action: "costsRecord", Needs: Book}, {Action: "costsDelete", Needs: Book}, {Action: "budgetSet", Needs: Fund}, {Action: "budgetDelete", Needs: Fund},
	{Action: "statusReportSubmit", Needs: Report}, {Action: "statusReportErase", Needs: Grant},
	{Action: "actionItemCreate", Needs: Report}, {Action: "actionItemComplete", Needs: Report},
	{Action: "costCategorySet", Needs: Configure}, {Action: "rateCardSet", Needs: Configure}, {Action: "toleranceSet", Needs: Configure},
	{Action: "kpiDefinitionCreate", Needs: Configure}, {Action: "kpiDefinitionUpdate", Needs: Configure},
	{Action: "documentRegister", Needs: Configure}, {Action: "documentRevoke", Needs: Configure},
	{Action: "measurementsRecord", Needs: Report}, {Action: "measurementsDelete", Needs: Report},
	{Action: "allocationRequest", Needs: Plan}, {Action: "allocationUpdate", Needs: Plan},
	{"allocationDelete", Plan, "allocation_hours", hours, "hours go with their booking"},
	{"allocationHoursSet", Plan, "allocation_hours", hours, "who plans the project says how much time is asked for; hours lie with the resource"},
	{Action: "capacitySet", Needs: People},
	{Action: "allocationAccept", Needs: People}, {Action: "allocationDecline", Needs: People},
	{Action: "import", Needs: Import},
	{Action: "migrate", Needs: All, Why: "the program itself, when a new version brings the record to its form"},
	{Action: "recordReserve", Needs: Import}, // numbers for an import
	{Action: "recordRecover", Needs: Grant},  // after the database lost entries
}

// hours are the columns of the hours of a booking.
var hours = []string{"id", "seq", "resource_id", "allocation_id", "period_start", "period_end", "minutes"}

// MayOf gives what a role may do.
func MayOf(r vocab.Role) Permission {
	for _, row := range Roles {
		if row.Role == r {
			return row.May
		}
	}
	return 0
}

// EntityOf gives the policy row of a table.
func EntityOf(table string) (EntityRow, bool) {
	for _, row := range Entities {
		if row.Table == table {
			return row, true
		}
	}
	return EntityRow{}, false
}

// ActionOf gives the policy row of a mutation.
func ActionOf(action string) (ActionRow, bool) {
	for _, row := range Actions {
		if row.Action == action {
			return row, true
		}
	}
	return ActionRow{}, false
}

// Declassified lists what flows outwards on purpose although it depends on what a reader may not see; ten rows at the most.
var Declassified = []struct{ What, Why string }{
	{"journal number", "tells that something happened, not what; every answer must name the record it is true at"},
	{"ids tell the order of creation", "numbers are short and stable; gaps tell no content"},
	{"row version and instant of last change", "are those of the entry that last changed a visible row, even if only a hidden column changed; locks need the version, and the journal tells its instant"},
	{"a person's load", "hours and commitment over all projects are seen by whoever manages his time, without ids, names or counts of what they are for"},
	{"an open request for a person", "is seen by whoever may accept it, though its project is hidden: he is asked; the project's name stays hidden, and the booking once answered"},
}

// Print renders the policy table for review: role × entity, with what each role reads and writes, then relations and actions.
func Print() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Role × entity: r read, $ money, h rate, p personal, w write, a place and assign; - nothing.\n\n%-18s", "")
	tables := append([]EntityRow(nil), Entities...)
	sort.Slice(tables, func(i, j int) bool { return tables[i].Table < tables[j].Table })
	for _, r := range Roles {
		fmt.Fprintf(&b, " %-17s", strings.ToLower(string(r.Role)))
	}
	for _, e := range tables {
		fmt.Fprintf(&b, "\n%-18s", e.Table)
		for _, r := range Roles {
			fmt.Fprintf(&b, " %-17s", cell(r.May, e))
		}
	}
	b.WriteString("\n\nRoles\n")
	for _, r := range Roles {
		fmt.Fprintf(&b, "%-18s on %v: %s\n%18s may %s\n", r.Role, r.Scopes, r.Why, "", r.May)
	}
	b.WriteString("\nRelations\n")
	for _, r := range Relations {
		gives := string(r.Role)
		if r.May != 0 {
			gives = r.May.String()
		}
		fmt.Fprintf(&b, "%s.%s → %s on the %s: %s\n", r.Table, r.Column, gives, strings.ToLower(string(r.On)), r.Why)
	}
	b.WriteString("\nAnswers\n")
	for _, a := range Answers {
		fmt.Fprintf(&b, "%s.%s: %v asks, %v answers; who has %s at %s sees what is asked and sets %v: %s\n", a.Table, a.Column, a.Open, a.Given, a.Needs, a.At, a.Sets, a.Why)
	}
	b.WriteString("\nActions\n")
	for _, a := range Actions {
		fmt.Fprintf(&b, "%-22s needs %s", a.Action, a.Needs)
		if a.Table != "" {
			fmt.Fprintf(&b, "; may change %s %v besides: %s", a.Table, a.Column, a.Why)
		}
		b.WriteByte('\n')
	}
	b.WriteString("\nDeclassified\n")
	for _, d := range Declassified {
		fmt.Fprintf(&b, "%s: %s\n", d.What, d.Why)
	}
	return b.String()
}

func cell(may Permission, e EntityRow) string {
	if !may.Has(e.Read) {
		return "-"
	}
	s := ""
	for _, x := range []struct {
		p Permission
		c string
	}{{Read, "r"}, {ReadMoney, "$"}, {ReadRate, "h"}, {ReadPersonal, "p"}, {e.Write, "w"}, {e.Assign, "a"}} {
		if x.p != 0 && may.Has(x.p) {
			s += x.c
		}
	}
	return s
}

// MayBeOn tells whether a role may be held on a kind of node.
func MayBeOn(r vocab.Role, k vocab.ScopeKind) bool {
	for _, row := range Roles {
		if row.Role == r {
			return slices.Contains(row.Scopes, k)
		}
	}
	return false
}
