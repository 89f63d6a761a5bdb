package read

import (
	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/state"
)

// SavedQuery is a question about a dataset that a user keeps.
type SavedQuery struct {
	thing[ent.SavedQuery]
	Name        string
	Description *string
	Shared      bool
	Dataset     string
	Analysis    string
}

func newSavedQuery(v *View, r *ent.SavedQuery) *SavedQuery {
	return &SavedQuery{thing: thingOf(v, r), Name: r.Name, Description: r.Description, Shared: r.Shared, Dataset: r.Dataset, Analysis: r.Analysis}
}

// Owner is who keeps it.
func (q *SavedQuery) Owner() *User { return maybe(q.v, state.Users.Get(q.v, q.row.OwnerID), newUser) }

// Identifier is its identifier as a text.
func (q *SavedQuery) Identifier() string { return q.v.ID(state.SavedQueries.Desc(), q.row.ID) }

// From is the view that it is shown from.
func (q *SavedQuery) From() *View { return q.v }

// SavedQueryFilter says which saved queries.
type SavedQueryFilter struct {
	Owner   *string
	Dataset *string
}

// SavedQueries gives a page of the saved queries that meet a filter.
func (v *View) SavedQueries(f *SavedQueryFilter, p Page) (*SavedQueryConnection, error) {
	rows := state.SavedQueries.All(v)
	if f != nil {
		rows = where(rows, func(q *ent.SavedQuery) bool {
			return v.names(f.Owner, state.Users.Desc(), &q.OwnerID) && (f.Dataset == nil || *f.Dataset == q.Dataset)
		})
	}
	o := &order[*ent.SavedQuery]{name: "saved_queries NAME", key: func(q *ent.SavedQuery) key { return byText(q.Name) }, id: func(q *ent.SavedQuery) int64 { return q.ID }}
	return connect[SavedQueryConnection](v, rows, o, p, newSavedQuery)
}

// SavedQueries are the questions that he keeps.
func (w *Viewer) SavedQueries() []*SavedQuery {
	list := []*SavedQuery{}
	for _, r := range w.v.SavedOf(w.id) {
		list = append(list, newSavedQuery(w.v, r))
	}
	return list
}

// SavedQuery is one of them; nil if it is none of his.
func (w *Viewer) SavedQuery(id string) *SavedQuery {
	for _, q := range w.SavedQueries() {
		if state.SavedQueries.Desc().ID(q.row.ID) == id {
			return q
		}
	}
	return nil
}

// FindSavedQuery gives a saved query by its identifier: one that is visible, or that who asks keeps himself; nil if there is none.
func (v *View) FindSavedQuery(who auth.Identity, id string) *SavedQuery {
	if ref, ok := state.ParseID(id); ok && ref.Table == state.SavedQueries.Desc() {
		if row := state.SavedQueries.Get(v, ref.ID); row != nil {
			return newSavedQuery(v, row)
		}
	}
	return v.Viewer(who).SavedQuery(id)
}

// AllSavedQueries gives every saved query that is visible, or that who asks keeps himself, by their numbers.
func (v *View) AllSavedQueries(who auth.Identity) []*SavedQuery {
	list := []*SavedQuery{}
	seen := map[int64]bool{}
	for row := range state.SavedQueries.All(v) {
		list, seen[row.ID] = append(list, newSavedQuery(v, row)), true
	}
	for _, q := range v.Viewer(who).SavedQueries() {
		if !seen[q.row.ID] {
			list = append(list, q)
		}
	}
	return list
}

// SavedQueryEdge is an item of a page of saved queries.
type SavedQueryEdge struct{ Edge[*SavedQuery] }

// SavedQueryConnection is a page of saved queries.
type SavedQueryConnection struct {
	Connection[*ent.SavedQuery, *SavedQuery, SavedQueryEdge]
}

// SavedQueryPayload answers what a viewer does with his queries.
type SavedQueryPayload struct {
	Outcome
	SavedQuery *SavedQuery
}

// NewSavedQueryPayload shows the viewer the query of his that a mutation was about, though he may not see such rows.
func NewSavedQueryPayload(o Outcome, w *Viewer, about []state.Ref) *SavedQueryPayload {
	p := &SavedQueryPayload{Outcome: o}
	if w == nil {
		return p
	}
	for _, q := range w.SavedQueries() {
		for _, r := range about {
			if r.Table == state.SavedQueries.Desc() && r.ID == q.row.ID {
				p.SavedQuery = q
			}
		}
	}
	return p
}
