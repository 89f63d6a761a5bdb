package decide

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// BaselineCreate fixes a project's planned dates and the dates of its milestones as a draft: of a reached milestone the day it was
// reached, of the others the forecast. Cancelled ones are left out.
func BaselineCreate(in BaselineCreateInput) state.Decision {
	return decision("baselineCreate", in, func(w *work) error {
		project := w.find(state.Projects.Desc(), "projectId", in.ProjectID)
		var made *ent.Baseline
		err := create(w, state.Baselines, func(b *ent.Baseline) {
			_, b.Reason = in.Meta()
			if b.Reason == "" {
				w.note("reason", "REQUIRED", "say why the baseline is made")
			}
			b.ProjectID, b.State, b.Number = project, vocab.BaselineStateDraft, 1
			for have := range state.Baselines.By(w.d, "project_id", project) {
				b.Number = max(b.Number, have.Number+1)
			}
			made = b
		})
		if err != nil {
			return err
		}
		p := state.Projects.Get(w.d, project)
		if err := fix(w.d, made, nil, p.PlannedStart, p.PlannedFinish); err != nil {
			return err
		}
		for m := range state.Milestones.By(w.d, "project_id", project) {
			day := m.ForecastDate
			switch m.State {
			case vocab.MilestoneStateCancelled:
				continue
			case vocab.MilestoneStateReached:
				day = m.ActualDate
			}
			if err := fix(w.d, made, &m.ID, nil, day); err != nil {
				return err
			}
		}
		return nil
	})
}

// fix adds an entry to a baseline: of a milestone or, without one, of the project itself.
func fix(d *state.Draft, b *ent.Baseline, milestone *int64, start, finish *vocab.Date) error {
	e := state.BaselineEntries.New(d)
	e.BaselineID, e.ProjectID, e.ItemKind, e.MilestoneID, e.Start, e.Finish = b.ID, b.ProjectID, vocab.BaselineItemKindProject, milestone, start, finish
	if milestone != nil {
		e.ItemKind = vocab.BaselineItemKindMilestone
	}
	return state.BaselineEntries.Put(d, e)
}

// BaselineApprove puts a draft in force; the baseline in force before is superseded.
func BaselineApprove(in BaselineApproveInput) state.Decision {
	return decision("baselineApprove", in, func(w *work) error {
		id := w.find(state.Baselines.Desc(), "id", in.ID)
		var project int64
		err := change(w, state.Baselines, id, in.ExpectedVersion, func(b *ent.Baseline) {
			if b.State != vocab.BaselineStateDraft {
				w.note("id", "WRONG_STATE", "only a draft can be approved")
			}
			day := or(in.ApprovedOn, w.d.Day())
			if day > w.d.Day() {
				w.note("approvedOn", "IN_FUTURE", "a baseline is approved today or was before")
			}
			b.State, b.ApprovedOn, project = vocab.BaselineStateApproved, &day, b.ProjectID
		})
		if err != nil {
			return err
		}
		for b := range state.Baselines.By(w.d, "project_id", project) {
			if b.ID == id || b.State != vocab.BaselineStateApproved {
				continue
			}
			old, err := state.Baselines.Edit(w.d, b.ID, nil)
			if err != nil {
				return err
			}
			old.State = vocab.BaselineStateSuperseded
			if err := state.Baselines.Put(w.d, old); err != nil {
				return err
			}
		}
		return nil
	})
}
