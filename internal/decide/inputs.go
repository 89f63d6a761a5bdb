package decide

import "pmograph/internal/vocab"

// Every mutation has one input. Its exported fields are those of the GraphQL input of the same name. Ids are texts such as project-42;
// amounts are decimals in major units of the thing's own currency ("1234.50"); a patch holds the fields to change under their names in
// camel case, an explicit null clears.

// Call is what every input holds beside its own fields.
type Call struct {
	IdempotencyKey *string // a second call with the same key and input is answered, not done again
	Reason         *string // why, in the caller's words, kept in the journal
}

// Meta gives the key and the reason of a call, empty if there is none.
func (c Call) Meta() (key, reason string) {
	if c.IdempotencyKey != nil {
		key = *c.IdempotencyKey
	}
	if c.Reason != nil {
		reason = *c.Reason
	}
	return key, reason
}

// OrganisationUpdateInput changes the organisation's settings, and makes them if there are none yet.
// Patch: name, currency, timezone, fiscalYearStart, standardWeekMinutes, reportValidityMonths, calendarId.
type OrganisationUpdateInput struct {
	Call
	ExpectedVersion *int64
	Patch           map[string]any
}

// WorkCalendarSetInput makes the working calendar of a code, or replaces all of it.
type WorkCalendarSetInput struct {
	Call
	ExpectedVersion *int64
	Code, Name      string
	Timezone        string
	WeeklyMinutes   []int // Sunday to Saturday
	Exceptions      []CalendarExceptionInput
}

// CalendarExceptionInput is a day whose working time differs from its weekday's.
type CalendarExceptionInput struct {
	Date    vocab.Date
	Minutes int
	Name    string
}

// ExchangeRateSetInput publishes the price of a currency from a day on, or replaces it.
type ExchangeRateSetInput struct {
	Call
	ExpectedVersion          *int64
	FromCurrency, ToCurrency string
	ValidFrom                vocab.Date
	Rate                     string // decimal with at most nine digits after the point
	Source                   *string
}

// UserCreateInput admits a person or service.
type UserCreateInput struct {
	Call
	Issuer              *string // nil: this server
	Subject             string
	Name, Email, Locale *string
}

// UserUpdateInput changes a user. Patch: name, email, locale, timezone, active.
type UserUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Patch           map[string]any
}

// UserEraseInput erases what is known of a person; the user's number stays.
type UserEraseInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// RoleGrantInput gives a user a role.
type RoleGrantInput struct {
	Call
	UserID             string
	Role               vocab.Role
	ScopeKind          vocab.ScopeKind
	ScopeID            *string // the node; nil for ORGANISATION and OWN
	ValidFrom, ValidTo *vocab.Date
}

// RoleRevokeInput takes a role away.
type RoleRevokeInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// TeamCreateInput makes a team.
type TeamCreateInput struct {
	Call
	Code, Name          string
	ParentID, ManagerID *string
}

// TeamUpdateInput changes a team. Patch: code, name, parentId, managerId.
type TeamUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Patch           map[string]any
}

// ResourceCreateInput makes a resource.
type ResourceCreateInput struct {
	Call
	Code               string
	Name               *string
	Kind               vocab.ResourceKind
	RoleName           string
	TeamID             *string
	ManagerID          *string
	UserID             *string
	CalendarID         *string
	ContractShare      *int    // thousandths of full time; nil: 1000
	StandardRate       *string // price of one hour, in RateCurrency
	RateCurrency       *string
	ValidFrom, ValidTo *vocab.Date
}

// ResourceUpdateInput changes a resource. Patch: code, name, kind, roleName, teamId, managerId, userId, calendarId, contractShare,
// standardRate, rateCurrency, validFrom, validTo.
type ResourceUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Patch           map[string]any
}

// ResourceDeleteInput removes a resource.
type ResourceDeleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// PortfolioCreateInput makes a portfolio.
type PortfolioCreateInput struct {
	Call
	Code, Name string
	ParentID   *string // nil: at the top
	ManagerID  *string
	Currency   *string
	CalendarID *string
}

// PortfolioUpdateInput changes a portfolio. Patch: code, name, lifecycle, managerId, currency, calendarId.
type PortfolioUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Patch           map[string]any
}

// PortfolioMoveInput puts a portfolio below another.
type PortfolioMoveInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	ParentID        *string // nil: at the top
}

// PortfolioDeleteInput removes a portfolio that holds nothing.
type PortfolioDeleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// ProgramCreateInput makes a program.
type ProgramCreateInput struct {
	Call
	PortfolioID string
	Code, Name  string
	SponsorID   *string
}

// ProgramUpdateInput changes a program. Patch: code, name, lifecycle, sponsorId.
type ProgramUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Patch           map[string]any
}

// ProgramDeleteInput removes a program without projects.
type ProgramDeleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}
