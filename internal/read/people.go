package read

import (
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// User is a person or service that may sign in.
type User struct {
	Common
	Issuer   string
	Locale   *string
	Active   bool
	ErasedAt *time.Time
	v        *View
	row      *ent.User
}

func newUser(v *View, r *ent.User) *User {
	return &User{
		Common: v.common(state.Users.Desc(), r.ID, r.Seq, r.CreatedAt, r.UpdatedAt, r.ExternalSource, r.ExternalID, r.ArchivedAt),
		Issuer: r.Issuer, Locale: r.Locale, Active: r.Active, ErasedAt: r.ErasedAt, v: v, row: r,
	}
}

func personal(k state.Key, p *guard.Personal) *string {
	if text, ok := k.Personal(p); ok {
		return &text
	}
	return nil
}

// Subject is the person's name at the issuer.
func (u *User) Subject() *string { return personal(state.Users.Key(u.v, u.row), u.row.Subject) }

// Name is the name shown.
func (u *User) Name() *string { return personal(state.Users.Key(u.v, u.row), u.row.Name) }

// Email is the address for mail.
func (u *User) Email() *string { return personal(state.Users.Key(u.v, u.row), u.row.Email) }

// UserFilter says which users. There is none on names: a filter is a way of reading.
type UserFilter struct {
	Issuer *string
	Active *bool
}

// Users gives a page of the users that meet a filter.
func (v *View) Users(f *UserFilter, p Page) (*UserConnection, error) {
	rows := state.Users.All(v)
	if f != nil {
		rows = where(rows, func(u *ent.User) bool {
			return (f.Issuer == nil || *f.Issuer == u.Issuer) && (f.Active == nil || *f.Active == u.Active)
		})
	}
	o := order[*ent.User]{name: "users ID", key: func(*ent.User) key { return key{} }, id: func(u *ent.User) int64 { return u.ID }}
	return connect[UserConnection](v, rows, o, p, newUser)
}

// UserEdge is an item of a page of users.
type UserEdge struct{ Edge[*User] }

// UserConnection is a page of users.
type UserConnection struct{ Connection[*User, UserEdge] }

// RoleAssignment is a role given to a user on a node.
type RoleAssignment struct {
	Common
	Role               vocab.Role
	ScopeKind          vocab.ScopeKind
	ValidFrom, ValidTo *vocab.Date
	v                  *View
	row                *ent.RoleAssignment
}

func newRoleAssignment(v *View, r *ent.RoleAssignment) *RoleAssignment {
	return &RoleAssignment{
		Common: v.common(state.RoleAssignments.Desc(), r.ID, r.Seq, r.CreatedAt, r.UpdatedAt, r.ExternalSource, r.ExternalID, r.ArchivedAt),
		Role:   r.Role, ScopeKind: r.ScopeKind, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo, v: v, row: r,
	}
}

// User is who holds it.
func (a *RoleAssignment) User() *User { return maybe(a.v, state.Users.Get(a.v, a.row.UserID), newUser) }

// Scope is the node it holds on.
func (a *RoleAssignment) Scope() Node {
	if a.row.ScopeID == nil {
		return nil
	}
	return a.v.scopeNode(a.ScopeKind, *a.row.ScopeID)
}

var scopeTables = map[vocab.ScopeKind]*state.Desc{
	vocab.ScopeKindPortfolio: state.Portfolios.Desc(), vocab.ScopeKindProgram: state.Programs.Desc(),
	vocab.ScopeKindProject: state.Projects.Desc(), vocab.ScopeKindTeam: state.Teams.Desc(),
	auth.OnResource: state.Resources.Desc(), auth.OnPerson: state.Resources.Desc(),
}

func (v *View) scopeNode(kind vocab.ScopeKind, id int64) Node {
	return v.node(state.Ref{Table: scopeTables[kind], ID: id})
}

// RoleAssignmentFilter says which role assignments.
type RoleAssignmentFilter struct {
	User *string
	Role []vocab.Role
}

// RoleAssignments gives a page of the role assignments that meet a filter.
func (v *View) RoleAssignments(f *RoleAssignmentFilter, p Page) (*RoleAssignmentConnection, error) {
	rows := state.RoleAssignments.All(v)
	if f != nil {
		rows = where(rows, func(r *ent.RoleAssignment) bool {
			return v.names(f.User, state.Users.Desc(), &r.UserID) && among(f.Role, r.Role)
		})
	}
	o := order[*ent.RoleAssignment]{name: "roles ID", key: func(*ent.RoleAssignment) key { return key{} }, id: func(r *ent.RoleAssignment) int64 { return r.ID }}
	return connect[RoleAssignmentConnection](v, rows, o, p, newRoleAssignment)
}

// RoleAssignmentEdge is an item of a page of role assignments.
type RoleAssignmentEdge struct{ Edge[*RoleAssignment] }

// RoleAssignmentConnection is a page of role assignments.
type RoleAssignmentConnection struct {
	Connection[*RoleAssignment, RoleAssignmentEdge]
}

// Team is people who work together under one manager.
type Team struct {
	Common
	Code, Name string
	v          *View
	row        *ent.Team
}

func newTeam(v *View, r *ent.Team) *Team {
	return &Team{
		Common: v.common(state.Teams.Desc(), r.ID, r.Seq, r.CreatedAt, r.UpdatedAt, r.ExternalSource, r.ExternalID, r.ArchivedAt),
		Code:   r.Code, Name: r.Name, v: v, row: r,
	}
}

// Parent is the team above.
func (t *Team) Parent() *Team { return maybe(t.v, state.Teams.Ref(t.v, t.row.ParentID), newTeam) }

// Manager is who manages the people.
func (t *Team) Manager() *User { return maybe(t.v, state.Users.Ref(t.v, t.row.ManagerID), newUser) }

// Resources are a page of its resources.
func (t *Team) Resources(first *int32, after *string, last *int32, before *string) (*ResourceConnection, error) {
	return connect[ResourceConnection](t.v, state.Resources.By(t.v, "team_id", t.number), resourceByCode, Page{first, after, last, before}, newResource)
}

// Teams gives a page of the teams.
func (v *View) Teams(p Page) (*TeamConnection, error) {
	o := order[*ent.Team]{name: "teams CODE", key: func(t *ent.Team) key { return byText(t.Code) }, id: func(t *ent.Team) int64 { return t.ID }}
	return connect[TeamConnection](v, state.Teams.All(v), o, p, newTeam)
}

// TeamEdge is an item of a page of teams.
type TeamEdge struct{ Edge[*Team] }

// TeamConnection is a page of teams.
type TeamConnection struct{ Connection[*Team, TeamEdge] }

// Resource is a person, team, thing or unfilled role that work is booked on.
type Resource struct {
	Common
	Code, RoleName     string
	Kind               vocab.ResourceKind
	ContractShare      Decimal
	ValidFrom, ValidTo *vocab.Date
	v                  *View
	row                *ent.Resource
}

func newResource(v *View, r *ent.Resource) *Resource {
	return &Resource{
		Common: v.common(state.Resources.Desc(), r.ID, r.Seq, r.CreatedAt, r.UpdatedAt, r.ExternalSource, r.ExternalID, r.ArchivedAt),
		Code:   r.Code, RoleName: r.RoleName, Kind: r.Kind, ContractShare: exactly(exact.Parts(exact.IntOf(int64(r.ContractShare)), 1000)),
		ValidFrom: r.ValidFrom, ValidTo: r.ValidTo, v: v, row: r,
	}
}

// Name is its name.
func (r *Resource) Name() *string { return personal(state.Resources.Key(r.v, r.row), r.row.Name) }

// Team is what it belongs to.
func (r *Resource) Team() *Team { return maybe(r.v, state.Teams.Ref(r.v, r.row.TeamID), newTeam) }

// Manager is who manages its time, where that is not the team's manager.
func (r *Resource) Manager() *User { return maybe(r.v, state.Users.Ref(r.v, r.row.ManagerID), newUser) }

// User is the user it is.
func (r *Resource) User() *User { return maybe(r.v, state.Users.Ref(r.v, r.row.UserID), newUser) }

// Calendar is its own working calendar.
func (r *Resource) Calendar() *WorkCalendar {
	return maybe(r.v, state.WorkCalendars.Ref(r.v, r.row.CalendarID), newWorkCalendar)
}

// StandardRate is the price of one hour. Its currency is as closed as the rate: it tells whether there is one.
func (r *Resource) StandardRate() *Amount {
	k, currency := state.Resources.Key(r.v, r.row), ""
	sees := k.Sees(vocab.ClassRate)
	if sees && r.row.RateCurrency != nil {
		currency = *r.row.RateCurrency
	}
	minor, ok := k.Rate(r.row.StandardRate)
	return amount(exact.IntOf(minor), ok, sees, currency)
}

// ResourceFilter says which resources. There is none on names or rates: a filter is a way of reading.
type ResourceFilter struct {
	Team     *string
	Kind     []vocab.ResourceKind
	RoleName []string
}

// Resources gives a page of the resources that meet a filter.
func (v *View) Resources(f *ResourceFilter, p Page) (*ResourceConnection, error) {
	rows := state.Resources.All(v)
	if f != nil {
		rows = where(rows, func(r *ent.Resource) bool {
			return v.names(f.Team, state.Teams.Desc(), r.TeamID) && among(f.Kind, r.Kind) && among(f.RoleName, r.RoleName)
		})
	}
	return connect[ResourceConnection](v, rows, resourceByCode, p, newResource)
}

var resourceByCode = order[*ent.Resource]{name: "resources CODE", key: func(r *ent.Resource) key { return byText(r.Code) }, id: func(r *ent.Resource) int64 { return r.ID }}

// ResourceEdge is an item of a page of resources.
type ResourceEdge struct{ Edge[*Resource] }

// ResourceConnection is a page of resources.
type ResourceConnection struct {
	Connection[*Resource, ResourceEdge]
}
