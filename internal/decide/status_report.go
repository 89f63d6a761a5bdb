package decide

import (
	"time"

	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// StatusReportSubmit reports a project for a period. A report already submitted for a period with the same end is superseded.
func StatusReportSubmit(in StatusReportSubmitInput) state.Decision {
	return decision("statusReportSubmit", in, func(w *work) error {
		project := w.find(state.Projects.Desc(), "projectId", in.ProjectID)
		if err := w.wrong(); err != nil {
			return err
		}
		old := newestReport(w.d, project, func(r *ent.StatusReport) bool { return r.PeriodEnd == in.PeriodEnd })
		return revise(w, project, in.ExpectedVersion, old, func(r *ent.StatusReport) {
			r.ProjectID, r.PeriodStart, r.PeriodEnd, r.Currency = project, in.PeriodStart, in.PeriodEnd, state.Projects.Get(w.d, project).Currency
			r.Health, r.Confidence, r.NotRatedReason = in.Health, in.Confidence, in.NotRatedReason
			r.ReportedStart, r.ReportedFinish = in.ReportedStart, in.ReportedFinish
			r.OverrideReason, r.Highlights, r.NextSteps = w.text("overrideReason", in.OverrideReason), w.text("highlights", in.Highlights), w.text("nextSteps", in.NextSteps)
			r.WholeLifeCost = w.money("wholeLifeCost", in.WholeLifeCost, r.Currency)
			r.PeriodBudget = w.money("periodBudget", in.PeriodBudget, r.Currency)
			r.PeriodForecast = w.money("periodForecast", in.PeriodForecast, r.Currency)
		})
	})
}

func (w *work) money(field string, decimal *string, currency string) *guard.Money {
	n, ok := w.amount(field, decimal, currency)
	if !ok {
		return nil
	}
	m := guard.NewMoney(n)
	return &m
}

// ProjectHealthDeclare declares a project's condition as a new revision of its newest report: what is not given stays, amounts the
// declarer may not see too. A project without a report gets one for the current month. It names the project and the report as results.
func ProjectHealthDeclare(in ProjectHealthDeclareInput) state.Decision {
	return decision("projectHealthDeclare", in, func(w *work) error {
		project := w.find(state.Projects.Desc(), "id", in.ID)
		if err := w.wrong(); err != nil {
			return err
		}
		w.d.Result(state.Projects.Desc(), project)
		old := newestReport(w.d, project, func(*ent.StatusReport) bool { return true })
		return revise(w, project, in.ExpectedVersion, old, func(r *ent.StatusReport) {
			if in.Health == nil && in.Confidence == nil {
				w.note("health", "REQUIRED", "declare health, confidence or both")
			}
			if old != nil {
				takeOver(r, old)
			} else {
				month := w.d.Day().MonthEnd()
				r.ProjectID, r.PeriodStart, r.PeriodEnd, r.Currency = project, month-vocab.Date(month.DaysInMonth())+1, month, state.Projects.Get(w.d, project).Currency
			}
			if in.Health != nil {
				r.Health, r.OverrideReason = in.Health, w.text("overrideReason", in.OverrideReason)
			}
			if in.Confidence != nil {
				r.Confidence, r.NotRatedReason, r.RawRating = in.Confidence, in.NotRatedReason, nil
			}
			if in.Highlights != nil {
				r.Highlights = w.text("highlights", in.Highlights)
			}
			if in.NextSteps != nil {
				r.NextSteps = w.text("nextSteps", in.NextSteps)
			}
		})
	})
}

// takeOver copies what an earlier revision said, without texts that were erased.
func takeOver(r, old *ent.StatusReport) {
	r.ProjectID, r.PeriodStart, r.PeriodEnd, r.Currency = old.ProjectID, old.PeriodStart, old.PeriodEnd, old.Currency
	r.Health, r.Confidence, r.NotRatedReason, r.RawRating = old.Health, old.Confidence, old.NotRatedReason, old.RawRating
	r.ReportedStart, r.ReportedFinish = old.ReportedStart, old.ReportedFinish
	if old.TextsErasedAt == nil {
		r.OverrideReason, r.Highlights, r.NextSteps = old.OverrideReason, old.Highlights, old.NextSteps
	}
	r.WholeLifeCost, r.PeriodBudget, r.PeriodForecast = old.WholeLifeCost, old.PeriodBudget, old.PeriodForecast
}

// StatusReportErase erases what was written in a report, for good: its texts leave the record unless another report has the same. The
// report stays, with its ratings and amounts.
func StatusReportErase(in StatusReportEraseInput) state.Decision {
	return decision("statusReportErase", in, func(w *work) error {
		id := w.find(state.StatusReports.Desc(), "id", in.ID)
		return change(w, state.StatusReports, id, in.ExpectedVersion, func(r *ent.StatusReport) { eraseTexts(r, w.d.At()) })
	})
}

func eraseTexts(r *ent.StatusReport, at time.Time) { r.TextsErasedAt = &at }

// newestReport gives a project's submitted report with the latest period, and of that the highest revision, among those that are wanted.
func newestReport(d *state.Draft, project int64, wanted func(*ent.StatusReport) bool) (newest *ent.StatusReport) {
	for r := range state.StatusReports.By(d, "project_id", project) {
		if r.State != vocab.ReportStateSubmitted || !wanted(r) {
			continue
		}
		if newest == nil || r.PeriodEnd > newest.PeriodEnd || r.PeriodEnd == newest.PeriodEnd && r.Revision > newest.Revision {
			newest = r
		}
	}
	return newest
}

// revise submits a report and supersedes the one it replaces, if there is one; version is that one's.
func revise(w *work, project int64, version *int64, old *ent.StatusReport, fill func(*ent.StatusReport)) error {
	switch {
	case old == nil && version != nil:
		return conflict("there is no report to supersede; leave the version out")
	case old != nil:
		row, err := state.StatusReports.Edit(w.d, old.ID, version)
		if err != nil {
			return err
		}
		row.State = vocab.ReportStateSuperseded
		if err := state.StatusReports.Put(w.d, row); err != nil {
			return err
		}
	}
	return create(w, state.StatusReports, func(r *ent.StatusReport) {
		fill(r)
		r.State, r.Revision = vocab.ReportStateSubmitted, 1
		for have := range state.StatusReports.By(w.d, "project_id", project) {
			if have.PeriodEnd == r.PeriodEnd {
				r.Revision = max(r.Revision, have.Revision+1)
			}
		}
		at := w.d.At()
		r.SubmittedAt = &at
		if user := w.d.User(); user != 0 {
			r.AuthorID = &user
		}
	})
}
