package dataset

import (
	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/read"
)

// SavedQuery is an analysis that somebody keeps. Whoever asks it is answered what he may see himself.
type SavedQuery struct {
	ID          string // saved-query-5
	Name        string
	Description string // empty if nothing is said
	Analysis    Analysis
}

// Saved gives the saved query of an identifier: one that the viewer sees, or that who he is keeps himself. Who comes with a feed key has his owner's.
// There is none otherwise: NOT_FOUND.
func Saved(v *View, who auth.Identity, id string) (*SavedQuery, error) {
	q := v.FindSavedQuery(who, id)
	if q == nil {
		return nil, fault.New(fault.NotFound, "there is no saved query %.60q", id)
	}
	return savedQuery(q)
}

// AllSaved gives every saved query that Saved would give, by their numbers, the viewer's own last.
func AllSaved(v *View, who auth.Identity) (all []*SavedQuery, err error) {
	for _, q := range v.AllSavedQueries(who) {
		saved, err := savedQuery(q)
		if err != nil {
			return nil, err
		}
		all = append(all, saved)
	}
	return all, nil
}

func savedQuery(q *read.SavedQuery) (*SavedQuery, error) {
	a, err := ParseAnalysis([]byte(q.Analysis))
	if err != nil {
		return nil, err
	}
	s := &SavedQuery{ID: q.Identifier(), Name: q.Name, Analysis: a}
	if q.Description != nil {
		s.Description = *q.Description
	}
	return s, nil
}
