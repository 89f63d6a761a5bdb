package auth

import (
	"slices"
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
	Plan                                // change projects, milestones and drafts of baselines
	Approve                             // put baselines in force
	Report                              // write status reports and declare health
	Assign                              // place nodes in the tree and name who answers for them
	People                              // change teams and resources, and accept bookings
	Fund                                // approve budgets
	Book                                // record costs
	Configure                           // change settings, calendars and exchange rates
	Grant                               // give and take roles, as far as one's own rights go
	Admit                               // admit, shut out and erase users, and give keys to machines
	Import                              // bring in data in bulk
	Export                              // have data taken out by machines, with a key
	end
)

// All is every permission.
const All = end - 1

// The reading permissions.
const allReads = Read | ReadMoney | ReadRate | ReadPersonal | ReadAudit | ReadLoad

// Unclaimed is what nobody may by the claims of a token, but by rows of the record alone.
const Unclaimed = Grant | Admit

var permissionNames = []string{"read", "money", "rate", "personal", "audit", "load", "plan", "approve", "report", "assign", "people", "fund", "book", "configure", "grant", "admit", "import", "export"}

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
	{vocab.RolePmo, allReads&^ReadRate | Plan | Approve | Report | Assign | People | Fund | Book | Configure | Grant | Import | Export, orgOnly, "runs the office's whole record; rates stay with finance and resource managers"},
	{vocab.RolePortfolioManager, Read | ReadMoney | ReadPersonal | ReadAudit | Plan | Approve | Report | Assign | Fund | Book | Grant | Export, anywhere[:2], "answers for a portfolio: its money, its plan and who works in it"},
	{vocab.RoleSponsor, Read | ReadMoney | ReadPersonal | Approve | Report, owned, "answers for benefits and money, approves plans, declares health, does not plan"},
	{vocab.RoleProjectManager, Read | ReadMoney | ReadPersonal | Plan | Report | Book, owned, "plans and reports the project with its money; approving and placing it is decided above"},
	{vocab.RoleResourceManager, Read | ReadRate | ReadPersonal | ReadLoad | People, onPeople, "keeps people, their time and what it costs"},
	{vocab.RoleFinance, Read | ReadMoney | ReadRate | ReadPersonal | Fund | Book | Export, anywhere, "approves budgets, records costs, checks money and rates, changes no plan"},
	{vocab.RoleContributor, Read | Report, withTeam[1:], "works in a project and writes its reports, without money; on a team, sees whom to book"},
	{vocab.RoleViewer, Read, withTeam, "looks, without money and persons; on a team, sees whom to book"},
	{vocab.RoleAuditor, allReads | Export, anywhere, "reads everything, writes nothing"},
	{vocab.RoleService, Read | ReadMoney | Export, anywhere, "a machine that feeds dashboards: figures, no persons"},
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
	{"users", Read, Admit, Admit, true, "everybody may know that a person exists; the name is of class personal"},
	{"role_assignments", ReadAudit, Grant, Grant, false, "lie at the node they hold on: who answers for it sees and gives them; those on everything lie nowhere"},
	{"feed_keys", ReadAudit, Admit, Admit, false, "lie at the node they read, as roles do; who admits persons lets machines in"},
	{"webhooks", ReadAudit, Admit, Admit, false, "lie at the node they are told of, as feed keys do: who lets machines in lets data out"},
	{"token_revocations", ReadAudit, Admit, Admit, false, "lie nowhere: who is shut out is for those who answer for everything"},
	{"mail_subscriptions", ReadAudit, Admit, 0, false, "lie nowhere: everybody has his own told as the viewer, and sets it; no right follows from one"},
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
	{"saved_queries", ReadAudit, Admit, 0, false, "lie nowhere: everybody has his own told as the viewer, and sets it; what he shares everybody sees"},
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
	{"baselines", "state", []string{"DRAFT"}, []string{"APPROVED", "SUPERSEDED"}, Approve, "project_id", []string{"state", "approved_on"},
		"who plans a project drafts its baseline; who answers for it puts it in force"},
	{"allocations", "state", []string{"REQUESTED", "PROPOSED"}, []string{"ACCEPTED", "DECLINED"}, People, "resource_id", []string{"state", "commitment", "probability"},
		"who plans a project asks for people; who keeps their time gives it"},
}

// OpenRow is a column that is true in rows that everybody sees who may see anything, whatever reading others of its table asks.
type OpenRow struct{ Table, Column, Why string }

// Opens is part of the policy table, too.
var Opens = []OpenRow{
	{"saved_queries", "shared", "whoever asks a shared question gets what he may see"},
}

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

// Declassified lists what flows outwards on purpose although it depends on what a reader may not see; ten rows at the most.
var Declassified = []struct{ What, Why string }{
	{"journal number", "tells that something happened, not what; every answer must name the record it is true at"},
	{"ids tell the order of creation", "numbers are short and stable; gaps tell no content"},
	{"row version and instant of last change", "are those of the entry that last changed a visible row, even if only a hidden column changed; locks need the version, and the journal tells its instant"},
	{"a person's load", "hours and commitment over all projects are seen by whoever manages his time, without ids, names or counts of what they are for"},
	{"an open request for a person", "is seen by whoever may accept it, though its project is hidden: he is asked; the project's name stays hidden, and the booking once answered"},
	{"which indicators a node has", "follows from all nodes it lies in, hidden ones among them: who keeps indicators defines them for everybody below, and their rows are open to all"},
	{"codes of teams and people that are taken", "are unique in the organisation, since imports and bookings name people by them; who gives one is told that it is taken, not by whom"},
	{"the organisation's currency", "stands in every figure, an empty one too"},
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
