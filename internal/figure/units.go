package figure

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// leastPeople is how many people a sum is of, at the least, that is shown to who may not know who they are.
const leastPeople = 5

// Breakdown says by what a breakdown of people's load is made.
type Breakdown struct {
	Fixed  bool // by teams or roles, which the asker does not choose freely
	ByRole bool // roles tell people of a team apart: as rows, or as a filter
}

// Closed tells whether a breakdown is withheld as a whole (access rule 6): it is of people of whom the viewer may not know who they are,
// and is not by month and fixed units, or one of its units is of fewer than five of them. Units are counted by the team people belong to,
// and by role if the breakdown tells roles apart: so no sum or difference of what is shown is of fewer.
func (b *Book) Closed(people []*ent.Resource, by Breakdown, span Span) bool {
	type unit struct {
		team int64
		role string
	}
	units := map[unit][]*ent.Resource{}
	for _, x := range people {
		if !state.SeesLoad(b.r, x) || state.SeesPerson(b.r, x) {
			continue
		}
		u := unit{}
		if x.TeamID != nil {
			u.team = *x.TeamID
		}
		if by.ByRole {
			u.role = x.RoleName
		}
		units[u] = append(units[u], x)
	}
	if len(units) > 0 && (!by.Fixed || span.Grain != vocab.CapacityGrainMonth) {
		return true
	}
	for _, some := range units {
		for _, p := range span.Periods {
			if n := there(some, p); n > 0 && n < leastPeople {
				return true
			}
		}
	}
	return false
}

// there counts the people who can be booked in a period.
func there(people []*ent.Resource, p Period) (n int) {
	for _, x := range people {
		if (x.ValidFrom == nil || *x.ValidFrom <= p.Last) && (x.ValidTo == nil || *x.ValidTo >= p.First) {
			n++
		}
	}
	return n
}
