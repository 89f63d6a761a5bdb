package read

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// CapacityEntry is time that a resource has, or lacks, in a period.
type CapacityEntry struct {
	viewed[ent.CapacityEntry]
	PeriodStart vocab.Date
	Grain       vocab.CapacityGrain
	Source      vocab.CapacitySource
	Minutes     int
}

func newCapacityEntry(v *View, r *ent.CapacityEntry) *CapacityEntry {
	return &CapacityEntry{viewed[ent.CapacityEntry]{v, r}, r.PeriodStart, r.Grain, r.Source, r.Minutes}
}

// Resource is whose time it is.
func (e *CapacityEntry) Resource() *Resource {
	return maybe(e.v, state.Resources.Get(e.v, e.row.ResourceID), newResource)
}

// CapacityEntries are what is stated of the resource's time from one day to another, by source, grain and day.
func (r *Resource) CapacityEntries(from, to vocab.Date) ([]*CapacityEntry, error) {
	days, err := days(from, to)
	if err != nil || !state.SeesLoad(r.v, r.row) {
		return nil, err
	}
	list := []*CapacityEntry{}
	for f := range state.CapacityEntries.Of(r.v, r.row.ID).All() {
		x := state.CapacityEntries.Row(f)
		if x.PeriodStart >= days.First && x.PeriodStart <= days.Last {
			list = append(list, newCapacityEntry(r.v, x))
		}
	}
	return list, nil
}

// AllocationHour is the booked time of a week, or of a part of one.
type AllocationHour struct {
	viewed[ent.AllocationHour]
	PeriodStart, PeriodEnd vocab.Date
	Minutes                int
}

func newAllocationHour(v *View, r *ent.AllocationHour) *AllocationHour {
	return &AllocationHour{viewed[ent.AllocationHour]{v, r}, r.PeriodStart, r.PeriodEnd, r.Minutes}
}

// Allocation is the booking it belongs to; nil if not visible.
func (h *AllocationHour) Allocation() *Allocation {
	return maybe(h.v, state.Allocations.Get(h.v, h.row.AllocationID), newAllocation)
}

// Resource is who is booked; nil if not visible.
func (h *AllocationHour) Resource() *Resource {
	return maybe(h.v, state.Resources.Get(h.v, h.row.ResourceID), newResource)
}

// Hours are what is booked in the weeks that begin from one day to another, in their order.
func (a *Allocation) Hours(from, to vocab.Date) ([]*AllocationHour, error) {
	days, err := days(from, to)
	if err != nil {
		return nil, err
	}
	list := []*AllocationHour{}
	for f := range state.HoursOf(a.v, a.row).All() {
		x := state.AllocationHours.Row(f)
		if x.PeriodStart >= days.First && x.PeriodStart <= days.Last {
			list = append(list, newAllocationHour(a.v, x))
		}
	}
	return list, nil
}
