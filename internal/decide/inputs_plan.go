package decide

import "pmograph/internal/vocab"

// ProjectCreateInput makes a project.
type ProjectCreateInput struct {
	Call
	PortfolioID                             string
	ProgramID                               *string
	Code, Name                              string
	Lifecycle                               *vocab.ProjectLifecycle // nil: PROPOSED
	DeliveryMethod                          *vocab.DeliveryMethod
	Priority                                *int
	Category                                *string
	ManagerID, SponsorID                    *string
	Currency                                *string // nil: the portfolio's, its parents' or the organisation's
	CalendarID                              *string
	StatusDate, PlannedStart, PlannedFinish *vocab.Date
}

// ProjectUpdateInput changes a project. Patch: code, name, lifecycle, deliveryMethod, priority, category, currency, calendarId,
// statusDate, plannedStart, plannedFinish.
type ProjectUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Patch           map[string]any
}

// ProjectMoveInput puts a project into a portfolio and a program. Both may be nil: then it leaves its program.
type ProjectMoveInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	PortfolioID     *string // nil: the program's, without program the one it is in
	ProgramID       *string // nil: none
}

// ProjectAssignInput names who answers for a project. Patch: managerId, sponsorId.
type ProjectAssignInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Patch           map[string]any
}

// ProjectDeleteInput removes a project with its milestones, baselines and reports.
type ProjectDeleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// ProjectHealthDeclareInput declares a project's condition: what is not given stays as in its newest report.
type ProjectHealthDeclareInput struct {
	Call
	ID              string // of the project
	ExpectedVersion *int64 // of its newest submitted report, which the new revision supersedes
	Health          *vocab.Rag
	Confidence      *vocab.DeliveryConfidence
	NotRatedReason  *vocab.NotRatedReason // goes with a confidence of NOT_RATED
	OverrideReason  *string
	Highlights      *string
	NextSteps       *string
}

// MilestoneCreateInput makes a milestone.
type MilestoneCreateInput struct {
	Call
	ProjectID    string
	Name         string
	ForecastDate *vocab.Date
	Weight       *int // nil: 1
	Budget       *string
	IsContractual,
	IsFinish *bool // nil: false
	OwnerID *string
}

// MilestoneUpdateInput changes a milestone. Patch: name, state, forecastDate, actualDate, weight, budget, isContractual, isFinish, ownerId.
type MilestoneUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Patch           map[string]any
}

// MilestoneForecastInput says when a milestone is expected.
type MilestoneForecastInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	ForecastDate    *vocab.Date // nil: unknown
}

// MilestoneReachInput says that a milestone was reached.
type MilestoneReachInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	ActualDate      vocab.Date
}

// MilestoneCancelInput says that a milestone is no longer wanted.
type MilestoneCancelInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// MilestoneDeleteInput removes a milestone that no baseline fixes.
type MilestoneDeleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// StatusReportEraseInput erases the texts of a report.
type StatusReportEraseInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// StatusReportSubmitInput reports a project for a period; a report already submitted for a period that ends on that day is superseded.
type StatusReportSubmitInput struct {
	Call
	ProjectID                                   string
	ExpectedVersion                             *int64 // of the report it supersedes
	PeriodStart, PeriodEnd                      vocab.Date
	Health                                      *vocab.Rag
	Confidence                                  *vocab.DeliveryConfidence
	NotRatedReason                              *vocab.NotRatedReason
	OverrideReason                              *string
	ReportedStart, ReportedFinish               *vocab.Date
	WholeLifeCost, PeriodBudget, PeriodForecast *string
	Highlights, NextSteps                       *string
}
