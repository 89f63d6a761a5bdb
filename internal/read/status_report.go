package read

import (
	"time"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// StatusReport is what a project declared about itself for a period.
type StatusReport struct {
	thing[ent.StatusReport]
	PeriodStart, PeriodEnd        vocab.Date
	Revision                      int
	State                         vocab.ReportState
	Health                        *vocab.Rag
	Confidence                    *vocab.DeliveryConfidence
	NotRatedReason                *vocab.NotRatedReason
	RawRating                     *string
	ReportedStart, ReportedFinish *vocab.Date
	SubmittedAt, TextsErasedAt    *time.Time

	overrideReason, highlights, nextSteps longText
}

func newStatusReport(v *View, r *ent.StatusReport) *StatusReport {
	t := state.StatusReports.Desc()
	return &StatusReport{
		thing:       thingOf(v, r),
		PeriodStart: r.PeriodStart, PeriodEnd: r.PeriodEnd, Revision: r.Revision, State: r.State, Health: r.Health, Confidence: r.Confidence,
		NotRatedReason: r.NotRatedReason, RawRating: r.RawRating, ReportedStart: r.ReportedStart,
		ReportedFinish: r.ReportedFinish, SubmittedAt: r.SubmittedAt, TextsErasedAt: r.TextsErasedAt,
		overrideReason: v.text(t, r.ID, r.OverrideReason), highlights: v.text(t, r.ID, r.Highlights), nextSteps: v.text(t, r.ID, r.NextSteps),
	}
}

// OverrideReason is why the declared health differs from the computed one.
func (r *StatusReport) OverrideReason() (*string, error) { return r.overrideReason.show() }

// Highlights is what happened.
func (r *StatusReport) Highlights() (*string, error) { return r.highlights.show() }

// NextSteps is what comes next.
func (r *StatusReport) NextSteps() (*string, error) { return r.nextSteps.show() }

// Project is what it belongs to.
func (r *StatusReport) Project() *Project {
	return maybe(r.v, state.Projects.Get(r.v, r.row.ProjectID), newProject)
}

// Author is who submitted it.
func (r *StatusReport) Author() *User {
	return maybe(r.v, state.Users.Ref(r.v, r.row.AuthorID), newUser)
}

// Cost is its money.
func (r *StatusReport) Cost() *ReportedCost {
	k := state.StatusReports.Key(r.v, r.row)
	return &ReportedCost{
		WholeLife: r.v.money(k, r.row.WholeLifeCost, r.row.Currency), PeriodBudget: r.v.money(k, r.row.PeriodBudget, r.row.Currency),
		PeriodForecast: r.v.money(k, r.row.PeriodForecast, r.row.Currency),
	}
}

// ReportedCost is the money of a report.
type ReportedCost struct{ WholeLife, PeriodBudget, PeriodForecast *Amount }

// newestReport orders by period and, within it, by revision: the newest first.
var newestReport = &order[*ent.StatusReport]{name: "reports PERIOD DESC", key: func(r *ent.StatusReport) key {
	return key{Num: int64(r.PeriodEnd)<<24 + int64(r.Revision)}
}, id: func(r *ent.StatusReport) int64 { return r.ID }, down: true}

// StatusReportEdge is an item of a page of status reports.
type StatusReportEdge struct{ Edge[*StatusReport] }

// StatusReportConnection is a page of status reports.
type StatusReportConnection struct {
	Connection[*ent.StatusReport, *StatusReport, StatusReportEdge]
}
