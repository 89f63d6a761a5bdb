package decide

import (
	"math/big"

	"pmograph/ent"
	"pmograph/internal/calc/money"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// The mutations of a project's plan and reporting.

// scaled reads a rate as thousand-millionths.
func scaled(decimal string) (int64, error) {
	r, ok := new(big.Rat).SetString(decimal)
	if !ok || len(decimal) > 40 {
		return 0, at("rate", "INVALID", "%.40q is not a decimal number", decimal)
	}
	n := money.RoundHalfEven(r.Mul(r, big.NewRat(state.RateScale, 1)))
	if !n.IsInt64() {
		return 0, at("rate", "OUT_OF_RANGE", "%s is too large for a rate", decimal)
	}
	return n.Int64(), nil
}

// MilestoneCreate adds a milestone.
func MilestoneCreate(in Input) state.Decision {
	return create("milestoneCreate", state.Milestones, in, func(_ *state.Draft, m *ent.Milestone) {
		m.State, m.Weight = vocab.MilestoneStatePlanned, 1
		m.ProjectID, _ = projectOf(in)
	})
}

// projectOf gives the project an input names; amounts are read in its currency before the column is checked.
func projectOf(in Input) (int64, bool) {
	ref, ok := state.ParseID(in.text("project"))
	return ref.ID, ok
}

// MilestoneUpdate changes a milestone's words, weight or money.
func MilestoneUpdate(in Input) state.Decision { return update("milestoneUpdate", state.Milestones, in) }

// MilestoneForecast says when a milestone is expected now.
func MilestoneForecast(in Input) state.Decision {
	return update("milestoneForecast", state.Milestones, in)
}

// MilestoneReach records that a milestone was reached.
func MilestoneReach(in Input) state.Decision {
	return milestone("milestoneReach", in, func(d *state.Draft, m *ent.Milestone) error {
		day := d.Day()
		if given := in.date("actualDate"); given != nil {
			day = *given
		}
		m.State, m.ActualDate = vocab.MilestoneStateReached, &day
		return nil
	})
}

// MilestoneCancel takes a milestone out of all figures.
func MilestoneCancel(in Input) state.Decision {
	return milestone("milestoneCancel", in, func(_ *state.Draft, m *ent.Milestone) error {
		if m.ActualDate != nil {
			return at("id", "REACHED", "a reached milestone cannot be cancelled")
		}
		m.State = vocab.MilestoneStateCancelled
		return nil
	})
}

func milestone(action string, in Input, change func(*state.Draft, *ent.Milestone) error) state.Decision {
	return decision(action, in, func(d *state.Draft) error {
		m, err := target(d, state.Milestones, in)
		if err == nil {
			err = change(d, m)
		}
		if err != nil {
			return err
		}
		return put(d, state.Milestones, m)
	})
}

// MilestoneDelete removes a milestone that no baseline fixes.
func MilestoneDelete(in Input) state.Decision {
	return remove("milestoneDelete", state.Milestones, in, nil)
}

// BaselineCreate drafts a baseline from the project's dates and its milestones' forecasts.
func BaselineCreate(in Input) state.Decision {
	return decision("baselineCreate", in, func(d *state.Draft) error {
		id, err := resolve(d, state.Projects.Desc(), "project", in.text("project"))
		if err != nil {
			return err
		}
		b := state.Baselines.New(d)
		b.ProjectID, b.Number, b.State, b.Reason = id, 1, vocab.BaselineStateDraft, in.text("why")
		for have := range state.Baselines.By(d, "project_id", id) {
			b.Number = max(b.Number, have.Number+1)
		}
		d.Result(state.Baselines.Desc(), b.ID)
		if err := put(d, state.Baselines, b); err != nil {
			return err
		}
		p := state.Projects.Get(d, id)
		if err := fix(d, b, vocab.BaselineItemKindProject, nil, p.PlannedStart, p.PlannedFinish); err != nil {
			return err
		}
		for m := range state.Milestones.By(d, "project_id", id) {
			if m.State == vocab.MilestoneStateCancelled {
				continue
			}
			if err := fix(d, b, vocab.BaselineItemKindMilestone, &m.ID, nil, m.ForecastDate); err != nil {
				return err
			}
		}
		return nil
	})
}

func fix(d *state.Draft, b *ent.Baseline, kind vocab.BaselineItemKind, milestone *int64, start, finish *vocab.Date) error {
	e := state.BaselineEntries.New(d)
	e.BaselineID, e.ProjectID, e.ItemKind, e.MilestoneID, e.Start, e.Finish = b.ID, b.ProjectID, kind, milestone, start, finish
	return state.BaselineEntries.Put(d, e)
}

// BaselineApprove puts a drafted baseline in force; the one in force is superseded.
func BaselineApprove(in Input) state.Decision {
	return decision("baselineApprove", in, func(d *state.Draft) error {
		b, err := target(d, state.Baselines, in)
		if err != nil {
			return err
		}
		if b.State != vocab.BaselineStateDraft {
			return at("id", "NOT_DRAFT", "only a drafted baseline can be approved; this one is %s", b.State)
		}
		for have := range state.Baselines.By(d, "project_id", b.ProjectID) {
			if have.State != vocab.BaselineStateApproved {
				continue
			}
			old, err := state.Baselines.Edit(d, have.ID, nil)
			if err != nil {
				return err
			}
			old.State = vocab.BaselineStateSuperseded
			if err := state.Baselines.Put(d, old); err != nil {
				return err
			}
		}
		day := d.Day()
		if given := in.date("approvedOn"); given != nil {
			day = *given
		}
		b.State, b.ApprovedOn = vocab.BaselineStateApproved, &day
		return put(d, state.Baselines, b)
	})
}

// StatusReportSubmit records what a project declares for a period. A second report for the same period is a new revision that
// supersedes the first.
func StatusReportSubmit(in Input) state.Decision {
	return decision("statusReportSubmit", in, func(d *state.Draft) error {
		id, err := resolve(d, state.Projects.Desc(), "project", in.text("project"))
		if err != nil {
			return err
		}
		r := state.StatusReports.New(d)
		r.ProjectID, r.Currency = id, state.Projects.Get(d, id).Currency
		if err := fill(d, state.StatusReports.Desc(), r, in); err != nil {
			return err
		}
		return submit(d, r)
	})
}

// ProjectHealthDeclare states a project's health anew: a revision of its newest report, or a first report for the running month.
func ProjectHealthDeclare(in Input) state.Decision {
	return decision("projectHealthDeclare", in, func(d *state.Draft) error {
		id, err := resolve(d, state.Projects.Desc(), "id", in.text("id"))
		if err != nil {
			return err
		}
		var newest *ent.StatusReport
		for r := range state.StatusReports.By(d, "project_id", id) {
			if r.State == vocab.ReportStateSubmitted && (newest == nil || r.PeriodEnd > newest.PeriodEnd) {
				newest = r
			}
		}
		r := state.StatusReports.New(d)
		own := *r
		if newest != nil {
			copied, err := state.StatusReports.Edit(d, newest.ID, nil)
			if err != nil {
				return err
			}
			r = copied
			r.ID, r.CreatedAt, r.ExternalSource, r.ExternalID = own.ID, own.CreatedAt, nil, nil
		} else {
			r.ProjectID, r.Currency = id, state.Projects.Get(d, id).Currency
			r.PeriodEnd = d.Day().MonthEnd()
			r.PeriodStart = r.PeriodEnd - vocab.Date(r.PeriodEnd.DaysInMonth()-1)
		}
		if err := fill(d, state.StatusReports.Desc(), r, in); err != nil {
			return err
		}
		return submit(d, r)
	})
}

// submit makes a report the one in force for its period.
func submit(d *state.Draft, r *ent.StatusReport) error {
	now := d.At()
	r.Revision, r.State, r.SubmittedAt, r.AuthorID = 1, vocab.ReportStateSubmitted, &now, nil
	if user := d.User(); user != 0 {
		r.AuthorID = &user
	}
	for have := range state.StatusReports.By(d, "project_id", r.ProjectID) {
		if have.PeriodEnd != r.PeriodEnd {
			continue
		}
		r.Revision = max(r.Revision, have.Revision+1)
		if have.State != vocab.ReportStateSubmitted {
			continue
		}
		old, err := state.StatusReports.Edit(d, have.ID, nil)
		if err != nil {
			return err
		}
		old.State = vocab.ReportStateSuperseded
		if err := state.StatusReports.Put(d, old); err != nil {
			return err
		}
	}
	d.Result(state.StatusReports.Desc(), r.ID)
	return put(d, state.StatusReports, r)
}
