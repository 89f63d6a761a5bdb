package read

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// ActionItem is something that somebody has to do for a project by a day.
type ActionItem struct {
	thing[ent.ActionItem]
	Title       string
	Due, DoneOn *vocab.Date
}

func newActionItem(v *View, r *ent.ActionItem) *ActionItem {
	return &ActionItem{
		thing: thingOf(v, r),
		Title: r.Title, Due: r.Due, DoneOn: r.DoneOn,
	}
}

// Project is what it is for.
func (a *ActionItem) Project() *Project {
	return maybe(a.v, state.Projects.Get(a.v, a.row.ProjectID), newProject)
}

// Owner is who has to do it.
func (a *ActionItem) Owner() *User {
	return maybe(a.v, state.Users.Ref(a.v, a.row.OwnerID), newUser)
}

// Overdue tells whether it is open past its day.
func (a *ActionItem) Overdue() bool { return a.DoneOn == nil && a.Due != nil && *a.Due < a.v.Day() }

var byDue = &order[*ent.ActionItem]{name: "action_items DUE", key: func(a *ent.ActionItem) key { return byNumber(a.Due) }, id: func(a *ent.ActionItem) int64 { return a.ID }}

// ActionItems are a page of a project's action items: open ones, or all.
func (p *Project) ActionItems(open bool, first *int32, after *string, last *int32, before *string) (*ActionItemConnection, error) {
	rows := where(state.ActionItems.By(p.v, "project_id", p.row.ID), func(a *ent.ActionItem) bool { return !open || a.DoneOn == nil })
	return connect[ActionItemConnection](p.v, rows, byDue, Page{first, after, last, before}, newActionItem)
}

// ActionItemEdge is an item of a page of action items.
type ActionItemEdge struct{ Edge[*ActionItem] }

// ActionItemConnection is a page of action items.
type ActionItemConnection struct {
	Connection[*ent.ActionItem, *ActionItem, ActionItemEdge]
}

// ActionItemPayload answers mutations of action items.
type ActionItemPayload struct {
	Outcome
	ActionItem *ActionItem
}
