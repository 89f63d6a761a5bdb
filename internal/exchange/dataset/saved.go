package dataset

import (
	"slices"
	"strings"

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

// savedSet begins the names of datasets that saved queries are, savedID their identifiers.
const (
	savedSet = "SavedQuery_"
	savedID  = "saved-query-"
)

// Whole lists the datasets of a catalogue with those that saved queries are, the latter by their numbers. What the viewer cannot ask, since it is about columns
// that he does not have, is left out.
func (c *Catalogue) Whole() []*Dataset {
	whole := slices.Clone(c.Datasets)
	if c.v == nil || c.v.who == nil {
		return whole
	}
	for _, q := range c.v.AllSavedQueries(*c.v.who) {
		if d := c.saved(q.Identifier()); d != nil {
			whole = append(whole, d)
		}
	}
	return whole
}

type savedKey string

// saved gives the dataset that a saved query is, by its name or its identifier; nil if there is none.
func (c *Catalogue) saved(name string) *Dataset {
	number, ok := strings.CutPrefix(name, savedSet)
	if !ok {
		number, ok = strings.CutPrefix(name, savedID)
	}
	if !ok || c.v == nil || c.v.who == nil {
		return nil
	}
	return once(c.v, savedKey(number), func() *Dataset {
		q, err := Saved(c.v, *c.v.who, savedID+number)
		if err != nil {
			return nil
		}
		d, err := q.Analysis.Table(c.v, savedSet+number, q.Name)
		if err != nil {
			return nil
		}
		return d
	})
}
