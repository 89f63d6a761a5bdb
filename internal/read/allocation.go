package read

import (
	"iter"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Allocation is a booking of a resource for a project.
type Allocation struct {
	Common
	Commitment    vocab.Commitment
	State         vocab.AllocationState
	Probability   *Decimal
	Start, Finish vocab.Date
	Note          *string
	v             *View
	row           *ent.Allocation
}

func newAllocation(v *View, r *ent.Allocation) *Allocation {
	a := &Allocation{
		Common:     v.common(state.Allocations.Desc(), r.ID, r.Seq, r.CreatedAt, r.UpdatedAt, r.ExternalSource, r.ExternalID, r.ArchivedAt),
		Commitment: r.Commitment, State: r.State, Start: r.Start, Finish: r.Finish, Note: r.Note, v: v, row: r,
	}
	if r.Probability != nil {
		p := exactly(exact.Parts(exact.IntOf(int64(*r.Probability)), 1000))
		a.Probability = &p
	}
	return a
}

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
	return v.allocations(rows, p)
}

func (v *View) allocations(rows iter.Seq[*ent.Allocation], p Page) (*AllocationConnection, error) {
	o := order[*ent.Allocation]{name: "allocations START", key: func(a *ent.Allocation) key { return byNumber(&a.Start) }, id: func(a *ent.Allocation) int64 { return a.ID }}
	return connect[AllocationConnection](v, rows, o, p, newAllocation)
}

// Allocations are a page of its bookings, of those with a day in a span.
func (p *Project) Allocations(from, to *vocab.Date, first *int32, after *string, last *int32, before *string) (*AllocationConnection, error) {
	rows := where(state.Allocations.By(p.v, "project_id", p.number), func(a *ent.Allocation) bool {
		return (from == nil || a.Finish >= *from) && (to == nil || a.Start <= *to)
	})
	return p.v.allocations(rows, Page{first, after, last, before})
}

// Allocations are a page of its bookings, as far as they are visible.
func (r *Resource) Allocations(first *int32, after *string, last *int32, before *string) (*AllocationConnection, error) {
	return r.v.allocations(state.Allocations.By(r.v, "resource_id", r.number), Page{first, after, last, before})
}

// AllocationEdge is an item of a page of bookings.
type AllocationEdge struct{ Edge[*Allocation] }

// AllocationConnection is a page of bookings.
type AllocationConnection struct {
	Connection[*Allocation, AllocationEdge]
}

// AllocationPayload answers mutations of bookings.
type AllocationPayload struct {
	Outcome
	Allocation *Allocation
}
