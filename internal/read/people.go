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
type User struct{ thing[ent.User] }

func newUser(v *View, r *ent.User) *User { return v.room.user.put(User{thingOf(v, r)}) }

// Issuer is who names the person.
func (u *User) Issuer() string { return u.row.Issuer }

// Locale is the language and region for texts.
func (u *User) Locale() *string { return u.row.Locale }

// Timezone is the time zone of his days and hours.
func (u *User) Timezone() *string { return u.row.Timezone }

// Active tells whether signing in is allowed.
func (u *User) Active() bool { return u.row.Active }

// TokensValidFrom is the instant before which issued tokens are refused.
func (u *User) TokensValidFrom() *time.Time { return u.row.TokensValidFrom }

// ErasedAt is the instant the personal data were erased.
func (u *User) ErasedAt() *time.Time { return u.row.ErasedAt }

func (v *View) personal(k state.Key, p *guard.Personal) *string {
	if text, ok := k.Personal(p); ok {
		return v.room.text.put(text)
	}
	return nil
}

// Subject is the person's name at the issuer.
func (u *User) Subject() *string { return u.v.personal(state.Users.Key(u.v, u.row), u.row.Subject) }

// Name is the name shown.
func (u *User) Name() *string { return u.v.personal(state.Users.Key(u.v, u.row), u.row.Name) }

// Email is the address for mail.
func (u *User) Email() *string { return u.v.personal(state.Users.Key(u.v, u.row), u.row.Email) }

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
	o := &order[*ent.User]{name: "users ID", key: func(*ent.User) key { return key{} }, id: func(u *ent.User) int64 { return u.ID }}
	return connect[UserConnection](v, rows, o, p, newUser)
}

// UserEdge is an item of a page of users.
type UserEdge struct{ Edge[*User] }

// UserConnection is a page of users.
type UserConnection struct {
	Connection[*ent.User, *User, UserEdge]
}

// RoleAssignment is a role given to a user on a node.
type RoleAssignment struct {
	thing[ent.RoleAssignment]
	Role               vocab.Role
	ScopeKind          vocab.ScopeKind
	ValidFrom, ValidTo *vocab.Date
}

func newRoleAssignment(v *View, r *ent.RoleAssignment) *RoleAssignment {
	return &RoleAssignment{
		thing: thingOf(v, r),
		Role:  r.Role, ScopeKind: r.ScopeKind, ValidFrom: r.ValidFrom, ValidTo: r.ValidTo,
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
	o := &order[*ent.RoleAssignment]{name: "roles ID", key: func(*ent.RoleAssignment) key { return key{} }, id: func(r *ent.RoleAssignment) int64 { return r.ID }}
	return connect[RoleAssignmentConnection](v, rows, o, p, newRoleAssignment)
}

// RoleAssignmentEdge is an item of a page of role assignments.
type RoleAssignmentEdge struct{ Edge[*RoleAssignment] }

// RoleAssignmentConnection is a page of role assignments.
type RoleAssignmentConnection struct {
	Connection[*ent.RoleAssignment, *RoleAssignment, RoleAssignmentEdge]
}

// Team is people who work together under one manager.
type Team struct {
	thing[ent.Team]
	Code, Name string
}

func newTeam(v *View, r *ent.Team) *Team {
	return &Team{
		thing: thingOf(v, r),
		Code:  r.Code, Name: r.Name,
	}
}

// Parent is the team above.
func (t *Team) Parent() *Team { return maybe(t.v, state.Teams.Ref(t.v, t.row.ParentID), newTeam) }

// Manager is who manages the people.
func (t *Team) Manager() *User { return maybe(t.v, state.Users.Ref(t.v, t.row.ManagerID), newUser) }

// Resources are a page of its resources.
func (t *Team) Resources(first *int32, after *string, last *int32, before *string) (*ResourceConnection, error) {
	return connect[ResourceConnection](t.v, state.Resources.By(t.v, "team_id", t.row.ID), resourceByCode, Page{first, after, last, before}, newResource)
}

// Teams gives a page of the teams.
func (v *View) Teams(p Page) (*TeamConnection, error) {
	o := &order[*ent.Team]{name: "teams CODE", key: func(t *ent.Team) key { return byText(t.Code) }, id: func(t *ent.Team) int64 { return t.ID }}
	return connect[TeamConnection](v, state.Teams.All(v), o, p, newTeam)
}

// TeamEdge is an item of a page of teams.
type TeamEdge struct{ Edge[*Team] }

// TeamConnection is a page of teams.
type TeamConnection struct {
	Connection[*ent.Team, *Team, TeamEdge]
}

// Resource is a person, team, thing or unfilled role that work is booked on.
type Resource struct{ thing[ent.Resource] }

func newResource(v *View, r *ent.Resource) *Resource {
	return v.room.resource.put(Resource{thingOf(v, r)})
}

// Code is its short name.
func (r *Resource) Code() string { return r.row.Code }

// Kind is what it is.
func (r *Resource) Kind() vocab.ResourceKind { return r.row.Kind }

// RoleName is the role it works in.
func (r *Resource) RoleName() string { return r.row.RoleName }

// ContractShare is the share of a full week it works.
func (r *Resource) ContractShare() Decimal {
	return exactly(exact.Parts(exact.IntOf(int64(r.row.ContractShare)), 1000))
}

// ValidFrom is the first day it is there.
func (r *Resource) ValidFrom() *vocab.Date { return r.row.ValidFrom }

// ValidTo is the last day it is there.
func (r *Resource) ValidTo() *vocab.Date { return r.row.ValidTo }

// Name is its name.
func (r *Resource) Name() *string { return r.v.personal(state.Resources.Key(r.v, r.row), r.row.Name) }

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

var resourceByCode = &order[*ent.Resource]{name: "resources CODE", key: func(r *ent.Resource) key { return byText(r.Code) }, id: func(r *ent.Resource) int64 { return r.ID }}

// ResourceEdge is an item of a page of resources.
type ResourceEdge struct{ Edge[*Resource] }

// ResourceConnection is a page of resources.
type ResourceConnection struct {
	Connection[*ent.Resource, *Resource, ResourceEdge]
}
