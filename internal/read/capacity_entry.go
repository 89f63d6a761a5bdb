package read

import (
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// CapacityEntry is time that a resource has, or lacks, in a period.
type CapacityEntry struct {
	ID          string
	Version     Long
	PeriodStart vocab.Date
	Grain       vocab.CapacityGrain
	Source      vocab.CapacitySource
	Minutes     int
	resource    int64
	v           *View
}

// Resource is whose time it is.
func (e CapacityEntry) Resource() *Resource {
	return maybe(e.v, state.Resources.Get(e.v, e.resource), newResource)
}

// CapacityEntries are what is stated of the resource's time from one day to another, by source, grain and day.
func (r *Resource) CapacityEntries(from, to vocab.Date) ([]CapacityEntry, error) {
	days, err := span(vocab.CapacityGrainDay, from, to)
	if err != nil || !state.SeesLoad(r.v, r.row) {
		return nil, err
	}
	list := []CapacityEntry{}
	for f := range state.CapacityEntries.Of(r.v, r.number).All() {
		x := state.CapacityEntries.Row(f)
		if x.PeriodStart >= days.All().First && x.PeriodStart <= days.All().Last {
			list = append(list, CapacityEntry{r.v.ID(state.CapacityEntries.Desc(), x.ID), Long(x.Seq), x.PeriodStart, x.Grain, x.Source, x.Minutes, r.number, r.v})
		}
	}
	return list, nil
}

// AllocationHour is the booked time of a week, or of a part of one.
type AllocationHour struct {
	ID                     string
	Version                Long
	PeriodStart, PeriodEnd vocab.Date
	Minutes                int
	a                      *Allocation
}

// Allocation is the booking it belongs to.
func (h AllocationHour) Allocation() *Allocation { return h.a }

// Resource is who is booked.
func (h AllocationHour) Resource() *Resource { return h.a.Resource() }

// Hours are what is booked in the weeks that begin from one day to another, in their order.
func (a *Allocation) Hours(from, to vocab.Date) ([]AllocationHour, error) {
	days, err := span(vocab.CapacityGrainDay, from, to)
	if err != nil {
		return nil, err
	}
	list := []AllocationHour{}
	for f := range state.HoursOf(a.v, a.row).All() {
		x := state.AllocationHours.Row(f)
		if x.PeriodStart >= days.All().First && x.PeriodStart <= days.All().Last {
			list = append(list, AllocationHour{a.v.ID(state.AllocationHours.Desc(), x.ID), Long(x.Seq), x.PeriodStart, x.PeriodEnd, x.Minutes, a})
		}
	}
	return list, nil
}

// CapacityPayload answers mutations of capacity.
type CapacityPayload struct{ Outcome }
