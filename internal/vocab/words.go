package vocab

import "io"

// Role is what a person or a service does in the office; the policy table says what each may do.
type Role string

// The values of Role.
const (
	RoleAdmin            Role = "ADMIN"             // administers users, grants and settings
	RolePmo              Role = "PMO"               // runs the project office
	RolePortfolioManager Role = "PORTFOLIO_MANAGER" // manages a portfolio
	RoleSponsor          Role = "SPONSOR"           // answers for the benefits of a project
	RoleProjectManager   Role = "PROJECT_MANAGER"   // manages a project
	RoleResourceManager  Role = "RESOURCE_MANAGER"  // manages people and their time
	RoleFinance          Role = "FINANCE"           // controls money
	RoleContributor      Role = "CONTRIBUTOR"       // works in a project
	RoleViewer           Role = "VIEWER"            // looks only, without money
	RoleAuditor          Role = "AUDITOR"           // reads everything, writes nothing
	RoleService          Role = "SERVICE"           // a machine that reads
)

// Values lists the closed set, in its natural order.
func (Role) Values() []string {
	return []string{"ADMIN", "PMO", "PORTFOLIO_MANAGER", "SPONSOR", "PROJECT_MANAGER", "RESOURCE_MANAGER", "FINANCE", "CONTRIBUTOR", "VIEWER", "AUDITOR", "SERVICE"}
}

// MarshalGQL writes the value's name.
func (v Role) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Role) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// ScopeKind is the kind of node a role is granted on.
type ScopeKind string

// The values of ScopeKind.
const (
	ScopeKindOrganisation ScopeKind = "ORGANISATION" // everything
	ScopeKindPortfolio    ScopeKind = "PORTFOLIO"    // a portfolio and all below it
	ScopeKindProgram      ScopeKind = "PROGRAM"      // a program and its projects
	ScopeKindProject      ScopeKind = "PROJECT"      // one project
	ScopeKindTeam         ScopeKind = "TEAM"         // a team and its people
	ScopeKindOwn          ScopeKind = "OWN"          // what the user manages or sponsors himself
)

// Values lists the closed set, in its natural order.
func (ScopeKind) Values() []string {
	return []string{"ORGANISATION", "PORTFOLIO", "PROGRAM", "PROJECT", "TEAM", "OWN"}
}

// MarshalGQL writes the value's name.
func (v ScopeKind) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *ScopeKind) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// FeedRead is what a feed key may read beside rows as everybody sees them.
type FeedRead string

// The values of FeedRead.
const (
	FeedReadMoney    FeedRead = "MONEY"    // amounts
	FeedReadRate     FeedRead = "RATE"     // what an hour of a person costs
	FeedReadPersonal FeedRead = "PERSONAL" // names and addresses
)

// Values lists the closed set, in its natural order.
func (FeedRead) Values() []string { return []string{"MONEY", "RATE", "PERSONAL"} }

// MarshalGQL writes the value's name.
func (v FeedRead) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *FeedRead) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// PortfolioLifecycle is whether a portfolio or program is in use.
type PortfolioLifecycle string

// The values of PortfolioLifecycle.
const (
	PortfolioLifecycleActive PortfolioLifecycle = "ACTIVE" // in use
	PortfolioLifecycleClosed PortfolioLifecycle = "CLOSED" // kept for the record
)

// Values lists the closed set, in its natural order.
func (PortfolioLifecycle) Values() []string {
	return []string{"ACTIVE", "CLOSED"}
}

// MarshalGQL writes the value's name.
func (v PortfolioLifecycle) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *PortfolioLifecycle) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// ProjectLifecycle is where a project stands between idea and end.
type ProjectLifecycle string

// The values of ProjectLifecycle.
const (
	ProjectLifecycleProposed   ProjectLifecycle = "PROPOSED"   // asked for, not authorised
	ProjectLifecycleAuthorised ProjectLifecycle = "AUTHORISED" // authorised, not planned
	ProjectLifecyclePlanning   ProjectLifecycle = "PLANNING"   // being planned
	ProjectLifecycleExecuting  ProjectLifecycle = "EXECUTING"  // being done
	ProjectLifecycleOnHold     ProjectLifecycle = "ON_HOLD"    // interrupted
	ProjectLifecycleClosing    ProjectLifecycle = "CLOSING"    // being handed over
	ProjectLifecycleClosed     ProjectLifecycle = "CLOSED"     // finished
	ProjectLifecycleCancelled  ProjectLifecycle = "CANCELLED"  // ended without result
)

// Values lists the closed set, in its natural order.
func (ProjectLifecycle) Values() []string {
	return []string{"PROPOSED", "AUTHORISED", "PLANNING", "EXECUTING", "ON_HOLD", "CLOSING", "CLOSED", "CANCELLED"}
}

// MarshalGQL writes the value's name.
func (v ProjectLifecycle) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *ProjectLifecycle) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// DeliveryMethod is how the work is organised.
type DeliveryMethod string

// The values of DeliveryMethod.
const (
	DeliveryMethodPredictive DeliveryMethod = "PREDICTIVE" // planned ahead in stages
	DeliveryMethodAgile      DeliveryMethod = "AGILE"      // planned in sprints
	DeliveryMethodHybrid     DeliveryMethod = "HYBRID"     // both
)

// Values lists the closed set, in its natural order.
func (DeliveryMethod) Values() []string {
	return []string{"PREDICTIVE", "AGILE", "HYBRID"}
}

// MarshalGQL writes the value's name.
func (v DeliveryMethod) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *DeliveryMethod) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// Rag is declared condition against thresholds.
type Rag string

// The values of Rag.
const (
	RagGreen    Rag = "GREEN"     // as planned
	RagAmber    Rag = "AMBER"     // needs attention
	RagRed      Rag = "RED"       // will miss without action
	RagNotRated Rag = "NOT_RATED" // nobody has rated it
)

// Values lists the closed set, in its natural order.
func (Rag) Values() []string {
	return []string{"GREEN", "AMBER", "RED", "NOT_RATED"}
}

// MarshalGQL writes the value's name.
func (v Rag) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Rag) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// DeliveryConfidence is judgement how likely the project is to deliver: five steps of the delivery confidence assessment.
type DeliveryConfidence string

// The values of DeliveryConfidence.
const (
	DeliveryConfidenceGreen      DeliveryConfidence = "GREEN"       // highly likely
	DeliveryConfidenceAmberGreen DeliveryConfidence = "AMBER_GREEN" // probable
	DeliveryConfidenceAmber      DeliveryConfidence = "AMBER"       // feasible, with significant issues
	DeliveryConfidenceAmberRed   DeliveryConfidence = "AMBER_RED"   // in doubt
	DeliveryConfidenceRed        DeliveryConfidence = "RED"         // appears unachievable
	DeliveryConfidenceNotRated   DeliveryConfidence = "NOT_RATED"   // no rating; a reason is given
)

// Values lists the closed set, in its natural order.
func (DeliveryConfidence) Values() []string {
	return []string{"GREEN", "AMBER_GREEN", "AMBER", "AMBER_RED", "RED", "NOT_RATED"}
}

// MarshalGQL writes the value's name.
func (v DeliveryConfidence) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *DeliveryConfidence) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// NotRatedReason is why a report carries no rating.
type NotRatedReason string

// The values of NotRatedReason.
const (
	NotRatedReasonExempt      NotRatedReason = "EXEMPT"       // withheld by law
	NotRatedReasonReset       NotRatedReason = "RESET"        // the project is being set up anew
	NotRatedReasonNotReported NotRatedReason = "NOT_REPORTED" // nothing was reported
	NotRatedReasonOther       NotRatedReason = "OTHER"        // anything else; the raw text is kept
)

// Values lists the closed set, in its natural order.
func (NotRatedReason) Values() []string {
	return []string{"EXEMPT", "RESET", "NOT_REPORTED", "OTHER"}
}

// MarshalGQL writes the value's name.
func (v NotRatedReason) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *NotRatedReason) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// MilestoneState is where a milestone stands.
type MilestoneState string

// The values of MilestoneState.
const (
	MilestoneStatePlanned   MilestoneState = "PLANNED"   // expected
	MilestoneStateAtRisk    MilestoneState = "AT_RISK"   // expected, in danger
	MilestoneStateReached   MilestoneState = "REACHED"   // reached on its actual date
	MilestoneStateMissed    MilestoneState = "MISSED"    // given up after its date
	MilestoneStateCancelled MilestoneState = "CANCELLED" // no longer wanted; left out of figures and counted apart
)

// Values lists the closed set, in its natural order.
func (MilestoneState) Values() []string {
	return []string{"PLANNED", "AT_RISK", "REACHED", "MISSED", "CANCELLED"}
}

// MarshalGQL writes the value's name.
func (v MilestoneState) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *MilestoneState) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// BaselineState is where a baseline stands.
type BaselineState string

// The values of BaselineState.
const (
	BaselineStateDraft      BaselineState = "DRAFT"      // being made
	BaselineStateApproved   BaselineState = "APPROVED"   // in force; immutable
	BaselineStateSuperseded BaselineState = "SUPERSEDED" // replaced by a later one; immutable
)

// Values lists the closed set, in its natural order.
func (BaselineState) Values() []string {
	return []string{"DRAFT", "APPROVED", "SUPERSEDED"}
}

// MarshalGQL writes the value's name.
func (v BaselineState) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *BaselineState) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// BaselineItemKind is what a baseline entry fixes.
type BaselineItemKind string

// The values of BaselineItemKind.
const (
	BaselineItemKindProject   BaselineItemKind = "PROJECT"   // the project's own dates
	BaselineItemKindMilestone BaselineItemKind = "MILESTONE" // a milestone's date
)

// Values lists the closed set, in its natural order.
func (BaselineItemKind) Values() []string {
	return []string{"PROJECT", "MILESTONE"}
}

// MarshalGQL writes the value's name.
func (v BaselineItemKind) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *BaselineItemKind) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// ReportState is where a status report stands.
type ReportState string

// The values of ReportState.
const (
	ReportStateDraft      ReportState = "DRAFT"      // being written
	ReportStateSubmitted  ReportState = "SUBMITTED"  // submitted; immutable
	ReportStateSuperseded ReportState = "SUPERSEDED" // replaced by a later revision; immutable
)

// Values lists the closed set, in its natural order.
func (ReportState) Values() []string {
	return []string{"DRAFT", "SUBMITTED", "SUPERSEDED"}
}

// MarshalGQL writes the value's name.
func (v ReportState) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *ReportState) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// ResourceKind is what is booked.
type ResourceKind string

// The values of ResourceKind.
const (
	ResourceKindPerson      ResourceKind = "PERSON"      // a person
	ResourceKindTeam        ResourceKind = "TEAM"        // a team as a whole
	ResourceKindEquipment   ResourceKind = "EQUIPMENT"   // a thing
	ResourceKindPlaceholder ResourceKind = "PLACEHOLDER" // a role nobody fills yet
)

// Values lists the closed set, in its natural order.
func (ResourceKind) Values() []string {
	return []string{"PERSON", "TEAM", "EQUIPMENT", "PLACEHOLDER"}
}

// MarshalGQL writes the value's name.
func (v ResourceKind) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *ResourceKind) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// Unit is unit of a figure's value.
type Unit string

// The values of Unit.
const (
	UnitCount       Unit = "COUNT"        // a number of things
	UnitRatio       Unit = "RATIO"        // a share; 1 is all
	UnitMoney       Unit = "MONEY"        // an amount of the named currency
	UnitWorkingDays Unit = "WORKING_DAYS" // days of the project's working calendar
	UnitDays        Unit = "DAYS"         // calendar days
	UnitMonths      Unit = "MONTHS"       // months of a plan
	UnitHours       Unit = "HOURS"        // hours of work
	UnitFte         Unit = "FTE"          // full-time equivalents
)

// Values lists the closed set, in its natural order.
func (Unit) Values() []string {
	return []string{"COUNT", "RATIO", "MONEY", "WORKING_DAYS", "DAYS", "MONTHS", "HOURS", "FTE"}
}

// MarshalGQL writes the value's name.
func (v Unit) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Unit) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// Reason is why a figure has no value.
type Reason string

// The values of Reason.
const (
	ReasonNoBaseline      Reason = "NO_BASELINE"      // no approved baseline applies
	ReasonNoActuals       Reason = "NO_ACTUALS"       // nothing actual is recorded
	ReasonNoRate          Reason = "NO_RATE"          // an exchange rate is missing
	ReasonNoMeasurement   Reason = "NO_MEASUREMENT"   // nothing was reported or measured
	ReasonNotStarted      Reason = "NOT_STARTED"      // nothing has begun
	ReasonZeroDenominator Reason = "ZERO_DENOMINATOR" // the divisor is zero
	ReasonBudgetExhausted Reason = "BUDGET_EXHAUSTED" // no budget is left for the work left
	ReasonComplete        Reason = "COMPLETE"         // the work is done
	ReasonNoCapacity      Reason = "NO_CAPACITY"      // nobody has time in the period
	ReasonNoSample        Reason = "NO_SAMPLE"        // too few values
	ReasonNotVisible      Reason = "NOT_VISIBLE"      // the viewer may not see an input
	ReasonStaleInput      Reason = "STALE_INPUT"      // an input is older than allowed
)

// Values lists the closed set, in its natural order.
func (Reason) Values() []string {
	return []string{"NO_BASELINE", "NO_ACTUALS", "NO_RATE", "NO_MEASUREMENT", "NOT_STARTED", "ZERO_DENOMINATOR", "BUDGET_EXHAUSTED", "COMPLETE", "NO_CAPACITY", "NO_SAMPLE", "NOT_VISIBLE", "STALE_INPUT"}
}

// MarshalGQL writes the value's name.
func (v Reason) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Reason) UnmarshalGQL(src any) error { return unmarshal(v, src) }
