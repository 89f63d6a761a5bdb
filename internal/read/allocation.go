package read

import (
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Allocation is a booking of a resource for a project.
type Allocation struct{ thing[ent.Allocation] }

func newAllocation(v *View, r *ent.Allocation) *Allocation {
	return v.room.allocation.put(Allocation{thingOf(v, r)})
}

// Commitment tells whether it binds.
func (a *Allocation) Commitment() vocab.Commitment { return a.row.Commitment }

// State is what became of it.
func (a *Allocation) State() vocab.AllocationState { return a.row.State }

// Probability is how likely it is to come true.
func (a *Allocation) Probability() Decimal {
	if a.row.Probability == nil {
		return Decimal{}
	}
	return exactly(exact.Parts(exact.IntOf(int64(*a.row.Probability)), 1000))
}

// Start is its first day.
func (a *Allocation) Start() vocab.Date { return a.row.Start }

// Finish is its last day.
func (a *Allocation) Finish() vocab.Date { return a.row.Finish }

// Note is what was noted on it.
func (a *Allocation) Note() *string { return a.row.Note }

// Project is what it is for; nil if not visible.
func (a *Allocation) Project() *Project {
	return maybe(a.v, state.Projects.Get(a.v, a.row.ProjectID), newProject)
}

// Resource is what is booked; nil if not visible.
func (a *Allocation) Resource() *Resource {
	return maybe(a.v, state.Resources.Get(a.v, a.row.ResourceID), newResource)
}

// AllocationFilter says which bookings.
type AllocationFilter struct {
	Project, Resource *string
	State             []vocab.AllocationState
	Commitment        []vocab.Commitment
}

// Allocations gives a page of the bookings that meet a filter.
func (v *View) Allocations(f *AllocationFilter, p Page) (*AllocationConnection, error) {
	rows := state.Allocations.All(v)
	if f != nil {
		rows = where(rows, func(a *ent.Allocation) bool {
			return v.names(f.Project, state.Projects.Desc(), &a.ProjectID) && v.names(f.Resource, state.Resources.Desc(), &a.ResourceID) &&
				among(f.State, a.State) && among(f.Commitment, a.Commitment)
		})
	}
	return connect[AllocationConnection](v, rows, byStart, p, newAllocation)
}

var byStart = &order[*ent.Allocation]{name: "allocations START", key: func(a *ent.Allocation) key { return key{Num: int64(a.Start)} }, id: func(a *ent.Allocation) int64 { return a.ID }}

// Allocations are a page of its bookings, of those with a day in a span.
func (p *Project) Allocations(from, to *vocab.Date, first *int32, after *string, last *int32, before *string) (*AllocationConnection, error) {
	var page pager[*ent.Allocation]
	if err := page.begin(byStart, Page{first, after, last, before}); err != nil {
		return nil, err
	}
	for a := range state.Allocations.By(p.v, "project_id", p.row.ID) {
		if (from == nil || a.Finish >= *from) && (to == nil || a.Start <= *to) {
			page.see(a)
		}
	}
	return pageOf(p.v, page.page(), page.around, byStart, newAllocation, &p.v.room.allocations), nil
}

// Allocations are a page of its bookings, as far as they are visible.
func (r *Resource) Allocations(first *int32, after *string, last *int32, before *string) (*AllocationConnection, error) {
	return connect[AllocationConnection](r.v, state.Allocations.By(r.v, "resource_id", r.row.ID), byStart, Page{first, after, last, before}, newAllocation)
}

// AllocationEdge is an item of a page of bookings.
type AllocationEdge struct{ Edge[*Allocation] }

// AllocationConnection is a page of bookings.
type AllocationConnection struct {
	Connection[*ent.Allocation, *Allocation, AllocationEdge]
}

// AllocationPayload answers mutations of bookings.
type AllocationPayload struct {
	Outcome
	Allocation *Allocation
}
