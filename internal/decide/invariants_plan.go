package decide

import (
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var (
	milestoneStays = stays(state.Milestones, func(m *ent.Milestone) int64 { return m.ProjectID }, "project_id")
	baselineStays  = stays(state.Baselines, func(b *ent.Baseline) int64 { return b.ProjectID }, "project_id")
	entryStays     = stays(state.BaselineEntries, func(e *ent.BaselineEntry) int64 { return e.BaselineID }, "baseline_id")
	reportStays    = stays(state.StatusReports, func(r *ent.StatusReport) int64 { return r.ProjectID }, "project_id")
)

// reached: a milestone is reached exactly if the day is known, and that day is not to come.
var reached = on(state.Milestones, func(d *state.Draft, _, m *ent.Milestone) error {
	switch {
	case (m.State == vocab.MilestoneStateReached) != (m.ActualDate != nil):
		return fault.At("actual_date", "INCOMPLETE", "a milestone has an actual date exactly if it is reached")
	case m.ActualDate != nil && *m.ActualDate > d.Day():
		return fault.At("actual_date", "IN_FUTURE", "nothing is reached on a day to come")
	}
	return nil
})

// oneFinish: a project has one finish at the most.
var oneFinish = on(state.Milestones, func(d *state.Draft, _, m *ent.Milestone) error {
	if !m.IsFinish {
		return nil
	}
	for other := range state.Milestones.By(state.All(d), "project_id", m.ProjectID) {
		if other.IsFinish && other.ID != m.ID {
			return fault.At("is_finish", "TAKEN", "the project has a finish milestone already")
		}
	}
	return nil
})

// approvedWhen: a baseline has a day of approval exactly if it is no draft.
var approvedWhen = on(state.Baselines, func(_ *state.Draft, _, b *ent.Baseline) error {
	if (b.State == vocab.BaselineStateDraft) != (b.ApprovedOn == nil) {
		return fault.At("approved_on", "INCOMPLETE", "a baseline has a day of approval exactly if it was approved")
	}
	return nil
})

// oneApproved: one baseline of a project is in force at the most.
var oneApproved = on(state.Baselines, func(d *state.Draft, _, b *ent.Baseline) error {
	if b.State != vocab.BaselineStateApproved {
		return nil
	}
	for other := range state.Baselines.By(state.All(d), "project_id", b.ProjectID) {
		if other.ID != b.ID && other.State == vocab.BaselineStateApproved {
			return fault.At("state", "TAKEN", "another baseline of the project is in force")
		}
	}
	return nil
})

// baselineFixed: an approved baseline does not change, but that a later one supersedes it, an import corrects its own, or the whole
// project goes.
func baselineFixed(d *state.Draft, c *state.Change) error {
	before, ok := c.Before.(*ent.Baseline)
	if !ok || before.State == vocab.BaselineStateDraft {
		return nil
	}
	after, _ := c.After.(*ent.Baseline)
	if after == nil {
		if importsOwn(d, before.ExternalSource, before.ExternalSource) {
			return nil
		}
		return goesWithProject(d, c, before.ProjectID)
	}
	supersedes := after.State == before.State || before.State == vocab.BaselineStateApproved && after.State == vocab.BaselineStateSuperseded
	if supersedes && only(c, "state") || importsOwn(d, before.ExternalSource, after.ExternalSource) {
		return nil
	}
	return fixed("an approved baseline does not change; make a new one")
}

func fixed(text string) error { return fault.At("id", "FIXED", "%s", text) }

// goesWithProject refuses that a fixed row is deleted while its project stays.
func goesWithProject(d *state.Draft, c *state.Change, project int64) error {
	if state.Projects.Get(state.All(d), project) == nil {
		return nil
	}
	return fixed("this " + c.Table.Word + " is fixed and stays as long as its project")
}

// entryItem: an entry fixes a milestone of the baseline's project, or the project itself.
var entryItem = on(state.BaselineEntries, func(d *state.Draft, _, e *ent.BaselineEntry) error {
	all := state.All(d)
	if (e.ItemKind == vocab.BaselineItemKindMilestone) != (e.MilestoneID != nil) {
		return fault.At("milestone_id", "INCOMPLETE", "an entry names a milestone exactly if it fixes one")
	}
	if b := state.Baselines.Get(all, e.BaselineID); b != nil && b.ProjectID != e.ProjectID {
		return fault.At("project_id", "OTHER_PROJECT", "the baseline belongs to another project")
	}
	if m := state.Milestones.Ref(all, e.MilestoneID); m != nil && m.ProjectID != e.ProjectID {
		return fault.At("milestone_id", "OTHER_PROJECT", "the milestone belongs to another project than the baseline")
	}
	return nil
})

// entryDates: a fixed plan does not finish before it starts.
var entryDates = on(state.BaselineEntries, func(_ *state.Draft, _, e *ent.BaselineEntry) error {
	return inOrder(e.Start, e.Finish, "finish", "the finish lies before the start")
})

// oneProjectEntry: a baseline fixes its project's own dates once; that it fixes a milestone once is a unique index.
var oneProjectEntry = on(state.BaselineEntries, func(d *state.Draft, _, e *ent.BaselineEntry) error {
	if e.ItemKind != vocab.BaselineItemKindProject {
		return nil
	}
	for other := range state.BaselineEntries.By(state.All(d), "baseline_id", e.BaselineID) {
		if other.ID != e.ID && other.ItemKind == e.ItemKind {
			return fault.At("item_kind", "TAKEN", "the baseline fixes the project's own dates already")
		}
	}
	return nil
})

// entryFixed: the entries of an approved baseline neither change nor come nor go, but by an import that corrects its own, or with the
// whole project.
func entryFixed(d *state.Draft, c *state.Change) error {
	if c.Table != state.BaselineEntries.Desc() {
		return nil
	}
	before, _ := c.Before.(*ent.BaselineEntry)
	after, _ := c.After.(*ent.BaselineEntry)
	e := after
	if e == nil {
		e = before
	}
	if d.Action() == importAction {
		b := state.Baselines.Get(state.All(d), e.BaselineID)
		if b == nil {
			b = wasBaseline(d, e.BaselineID)
		}
		if b != nil && importsOwn(d, b.ExternalSource, e.ExternalSource) {
			return nil
		}
	}
	b := wasBaseline(d, e.BaselineID)
	if b == nil || b.State == vocab.BaselineStateDraft {
		return nil
	}
	if after == nil {
		return goesWithProject(d, c, e.ProjectID)
	}
	return fixed("the entries of an approved baseline do not change; make a new baseline")
}

// wasBaseline gives a baseline as it was before the draft, nil if it was not there.
func wasBaseline(d *state.Draft, id int64) *ent.Baseline {
	for _, c := range d.Changes() {
		if c.Table == state.Baselines.Desc() && c.ID == id {
			b, _ := c.Before.(*ent.Baseline)
			return b
		}
	}
	return state.Baselines.Get(state.All(d), id)
}

// reportPeriod: a period does not end before it starts.
var reportPeriod = on(state.StatusReports, func(_ *state.Draft, _, r *ent.StatusReport) error {
	return inOrder(&r.PeriodStart, &r.PeriodEnd, "period_end", "the period ends before it starts")
})

// submittedWhen: a report has an instant of submission exactly if it is no draft.
var submittedWhen = on(state.StatusReports, func(_ *state.Draft, _, r *ent.StatusReport) error {
	if (r.State == vocab.ReportStateDraft) != (r.SubmittedAt == nil) {
		return fault.At("submitted_at", "INCOMPLETE", "a report has an instant of submission exactly if it was submitted")
	}
	return nil
})

// notRated: a reason for having no rating stands beside NOT_RATED only, and never misses there.
var notRated = on(state.StatusReports, func(_ *state.Draft, _, r *ent.StatusReport) error {
	unrated := r.Confidence != nil && *r.Confidence == vocab.DeliveryConfidenceNotRated
	if unrated != (r.NotRatedReason != nil) {
		return fault.At("not_rated_reason", "INCOMPLETE", "a confidence of NOT_RATED needs a reason, any other has none")
	}
	return nil
})

// reportFixed: a submitted report does not change, but that a later revision supersedes it, its texts are erased, an import corrects its
// own, or the whole project goes.
func reportFixed(d *state.Draft, c *state.Change) error {
	before, ok := c.Before.(*ent.StatusReport)
	if !ok || before.State == vocab.ReportStateDraft {
		return nil
	}
	after, _ := c.After.(*ent.StatusReport)
	if after == nil {
		return goesWithProject(d, c, before.ProjectID)
	}
	supersedes := after.State == before.State || before.State == vocab.ReportStateSubmitted && after.State == vocab.ReportStateSuperseded
	if supersedes && only(c, "state") || after.TextsErasedAt != nil && only(c, "texts_erased_at") || importsOwn(d, before.ExternalSource, after.ExternalSource) {
		return nil
	}
	return fixed("a submitted report does not change; submit a new revision")
}
