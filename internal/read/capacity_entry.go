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
type AllocationHour struct{ viewedFact }

var (
	hoursOf   = state.AllocationHours.Col("allocation_id")
	hourStart = state.AllocationHours.Col("period_start")
	hourEnd   = state.AllocationHours.Col("period_end")
	minutes   = state.AllocationHours.Col("minutes")
)

func findAllocationHour(v *View, r *ent.AllocationHour) *AllocationHour {
	x, _ := state.AllocationHours.Fact(v, r.ID) // it was seen
	return &AllocationHour{viewedFact{v, x}}
}

// PeriodStart is the first day it is booked for.
func (h *AllocationHour) PeriodStart() vocab.Date { return h.x.Day(hourStart) }

// PeriodEnd is the last day it is booked for.
func (h *AllocationHour) PeriodEnd() vocab.Date { return h.x.Day(hourEnd) }

// Minutes is how much is booked.
func (h *AllocationHour) Minutes() int { return int(h.x.Val(minutes)) }

// Allocation is the booking it belongs to; nil if not visible.
func (h *AllocationHour) Allocation() *Allocation {
	return maybe(h.v, state.Allocations.Get(h.v, h.x.Val(hoursOf)), newAllocation)
}

// Resource is who is booked; nil if not visible.
func (h *AllocationHour) Resource() *Resource {
	return maybe(h.v, state.Resources.Get(h.v, h.x.Owner()), newResource)
}

// Hours are what is booked in the weeks that begin from one day to another, in their order.
func (a *Allocation) Hours(from, to vocab.Date) ([]*AllocationHour, error) {
	days, err := days(from, to)
	if err != nil {
		return nil, err
	}
	rows := state.HoursOf(a.v, a.row).Since(a.row.ID, int64(days.First)).Before(a.row.ID, int64(days.Last)+1)
	list, hours := a.v.room.hours.some(rows.Len()), a.v.room.hour.some(rows.Len())
	for i := range list {
		hours[i] = AllocationHour{viewedFact{a.v, rows.At(i)}}
		list[i] = &hours[i]
	}
	return list, nil
}
