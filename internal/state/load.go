package state

import (
	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/vocab"
)

// This file opens a person's time to whoever manages it: hours and commitment over all projects, and nothing that tells which projects
// (see Declassified in auth). Hours of a booking that a reader sees are his with it.

// Booking is a booking that is not declined, as a reader knows it.
type Booking struct {
	Row         *ent.Allocation // nil if he may not see which it is
	Commitment  vocab.Commitment
	Probability *int // in thousandths; nil counts as 1
	Hours       Rows
}

// SeesLoad tells whether a reader may know how much of a resource's time there is and is booked, over all projects.
func SeesLoad(r Reader, x *ent.Resource) bool {
	return r.may(Resources.desc, x).Has(auth.Read | auth.ReadLoad)
}

// SeesTeamsLoad tells whether he may know that, and their names, of all people in a team and below, whoever they are. Before the newest
// record, and in a preview, people may stand elsewhere than his rights know: there only who sees the whole organisation does.
func SeesTeamsLoad(r Reader, t *ent.Team) bool {
	const need = auth.Read | auth.ReadLoad | auth.ReadPersonal
	if v, ok := r.(*View); ok && (v.newest != v.s || v.base != nil) {
		return v.rights.Organisation().Has(need)
	}
	return r.may(Teams.desc, t).Has(need)
}

// SeesAllLoad tells whether a reader may know that, and their names, of everybody.
func (v *View) SeesAllLoad() bool {
	return v.rights.Organisation().Has(auth.Read | auth.ReadLoad | auth.ReadPersonal)
}

// Bookings gives a resource's bookings: all of them to whoever sees its load, to others those they see.
func Bookings(r Reader, x *ent.Resource) (all []Booking) {
	hours, loads := AllocationHours.Of(All(r), x.ID), SeesLoad(r, x)
	Allocations.desc.group(r.Snapshot(), "resource_id", x.ID).each(func(row any) bool {
		a, sees := row.(*ent.Allocation), r.sees(Allocations.desc, row)
		if a.State == vocab.AllocationStateDeclined || !sees && !loads {
			return true
		}
		b := Booking{nil, a.Commitment, a.Probability, hours.With(a.ID)}
		if sees {
			b.Row = a
		}
		all = append(all, b)
		return true
	})
	return all
}

// HoursOf gives the hours of a booking that a reader sees.
func HoursOf(r Reader, a *ent.Allocation) Rows {
	if !r.sees(Allocations.desc, a) {
		return Rows{}
	}
	return AllocationHours.Of(All(r), a.ResourceID).With(a.ID)
}

// HourOf gives hours of a booking by their number, with the booking, if a reader sees that.
func HourOf(r Reader, id int64) (x Fact, of *ent.Allocation, ok bool) {
	if x, ok = AllocationHours.Fact(All(r), id); !ok {
		return x, nil, false
	}
	of = Allocations.Get(r, x.Val(hoursOf))
	return x, of, of != nil && of.ResourceID == x.Owner()
}

var hoursOf = AllocationHours.Col("allocation_id")

// SeesPerson tells whether a reader may know who a resource is: he sees names there, or it is himself.
func SeesPerson(r Reader, x *ent.Resource) bool {
	if r.may(Resources.desc, x).Has(auth.ReadPersonal) {
		return true
	}
	v, ok := r.(*View)
	return ok && (v.rights.At(auth.Place{Person: x.ID}) &^ v.rights.Organisation()).Has(auth.ReadLoad)
}
