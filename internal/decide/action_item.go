package decide

import (
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// ActionItemCreateInput says what is to be done for a project.
type ActionItemCreateInput struct {
	Call
	ProjectID string
	Title     string
	OwnerID   *string
	Due       *vocab.Date
}

// ActionItemCreate makes an action item.
func ActionItemCreate(in ActionItemCreateInput) state.Decision {
	return decision("actionItemCreate", in, func(w *work) error {
		project := w.find(state.Projects.Desc(), "projectId", in.ProjectID)
		owner := w.findIf(state.Users.Desc(), "ownerId", in.OwnerID)
		return create(w, state.ActionItems, func(a *ent.ActionItem) {
			a.ProjectID, a.Title, a.OwnerID, a.Due = project, in.Title, owner, in.Due
		})
	})
}

// ActionItemCompleteInput says that an action item is done.
type ActionItemCompleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	DoneOn          *vocab.Date // nil: today
}

// ActionItemComplete says that an action item is done.
func ActionItemComplete(in ActionItemCompleteInput) state.Decision {
	return decision("actionItemComplete", in, func(w *work) error {
		id := w.find(state.ActionItems.Desc(), "id", in.ID)
		return change(w, state.ActionItems, id, in.ExpectedVersion, func(a *ent.ActionItem) {
			day := or(in.DoneOn, w.d.Day())
			a.DoneOn = &day
		})
	})
}

// An action item is not done in the future.
var doneByNow = on(state.ActionItems, func(d *state.Draft, _, after *ent.ActionItem) error {
	if after.DoneOn != nil && *after.DoneOn > d.Day() {
		return fault.At("done_on", "IN_FUTURE", "%s has not come yet", *after.DoneOn)
	}
	return nil
})
