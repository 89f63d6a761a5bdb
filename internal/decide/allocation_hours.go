package decide

import (
	"fmt"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// AllocationHoursSetInput says how much time a booking books, week by week.
type AllocationHoursSetInput struct {
	Call
	AllocationID    string
	ExpectedVersion *int64
	Hours           []AllocationHoursInput
}

// AllocationHoursInput is the time of a week, or of a part of one. It replaces what was booked in its week.
type AllocationHoursInput struct {
	PeriodStart, PeriodEnd vocab.Date
	Minutes                *int // nil books nothing: the week is cleared
}

var (
	bookedStart, bookedEnd = state.AllocationHours.Col("period_start"), state.AllocationHours.Col("period_end")
	bookedMinutes          = state.AllocationHours.Col("minutes")
	bookedFor              = state.AllocationHours.Col("allocation_id")
)

// AllocationHoursSet books time by weeks: whatever the booking had in a week named is replaced, other weeks stay. Who plans the project
// sets the hours; what was answered is asked for anew, unless he answers for the resource himself.
func AllocationHoursSet(in AllocationHoursSetInput) state.Decision {
	return decision("allocationHoursSet", in, func(w *work) error {
		id := w.find(state.Allocations.Desc(), "allocationId", in.AllocationID)
		if err := w.wrong(); err != nil {
			return err
		}
		a, err := state.Allocations.Edit(w.d, id, in.ExpectedVersion)
		if err != nil {
			return err
		}
		if !w.d.Rights().At(state.Allocations.Place(w.d, a)).Has(auth.Plan) {
			return fault.New(fault.Forbidden, "allocationHoursSet needs %q on the booking's project", auth.Plan)
		}
		return w.book(a, in.Hours)
	})
}

// book replaces what a booking books in the weeks that are named.
func (w *work) book(a *ent.Allocation, hours []AllocationHoursInput) error {
	l, gone := w.facts(state.AllocationHours.Desc(), inList("hours")), state.NewBatch(state.AllocationHours.Desc())
	add := func(to *state.Batch, first, last vocab.Date, minutes int64) {
		to.Add("resource_id", a.ResourceID)
		to.Set(bookedFor, a.ID)
		to.Set(bookedStart, int64(first))
		to.Set(bookedEnd, int64(last))
		to.Set(bookedMinutes, minutes)
	}
	weeks, seen, kept := map[vocab.Date]bool{}, map[vocab.Date]bool{}, map[vocab.Date]bool{}
	for n, h := range hours {
		if wrong := hoursFit(a, h.PeriodStart, h.PeriodEnd); wrong != nil {
			l.note(n, fault.At(camel(wrong.column), wrong.code, "%s", wrong.text))
		}
		if seen[h.PeriodStart] {
			l.note(n, fault.At("periodStart", "TWICE", "another period begins on the same day"))
		}
		seen[h.PeriodStart], weeks[weekOf(h.PeriodStart)] = true, true
		if h.Minutes != nil {
			kept[h.PeriodStart] = true
			l.begin(n, a.ResourceID)
			add(l.batch, h.PeriodStart, h.PeriodEnd, int64(*h.Minutes))
		}
	}
	for x := range state.HoursOf(w.d, a).All() {
		if first := x.Day(bookedStart); weeks[weekOf(first)] && !kept[first] {
			add(gone, first, x.Day(bookedEnd), x.Val(bookedMinutes))
		}
	}
	before := len(w.d.Changes())
	if err := l.put(); err != nil {
		return err
	}
	if err := w.d.RemoveFacts(gone); err != nil {
		return err
	}
	w.d.Result(state.Allocations.Desc(), a.ID)
	if len(w.d.Changes()) == before || w.answersFor(a) {
		return nil
	}
	a.State, a.Commitment = vocab.AllocationStateRequested, vocab.CommitmentSoft
	return state.Allocations.Put(w.d, a)
}

// answersFor tells whether the actor may answer for the resource of a booking.
func (w *work) answersFor(a *ent.Allocation) bool {
	return w.d.Rights().At(state.CapacityEntries.Place(w.d, a.ResourceID)).Has(auth.People)
}

// unbook removes the hours of a booking, which go with it.
func unbook(d *state.Draft, a *ent.Allocation) error {
	return state.AllocationHours.Clear(d, a.ResourceID, a.ID)
}

// weekOf gives the Monday of a day's week.
func weekOf(day vocab.Date) vocab.Date { return firstDay(vocab.CapacityGrainWeek, day) }

// misfit is what is wrong with a period of a booking.
type misfit struct{ column, code, text string }

// hoursFit tells what is wrong with a period of a booking; nil if nothing is.
func hoursFit(a *ent.Allocation, first, last vocab.Date) *misfit {
	switch {
	case first > last:
		return &misfit{"period_end", "OUT_OF_ORDER", "the last day lies before the first"}
	case weekOf(first) != weekOf(last):
		return &misfit{"period_end", "NOT_ONE_WEEK", fmt.Sprintf("the week of %s ends on %s", first, weekOf(first)+6)}
	case first < a.Start:
		return &misfit{"period_start", "OUTSIDE", fmt.Sprintf("the booking begins on %s", a.Start)}
	case last > a.Finish:
		return &misfit{"period_end", "OUTSIDE", fmt.Sprintf("the booking ends on %s", a.Finish)}
	}
	return nil
}

// hoursInBooking: hours lie in one week and in the days of their booking, and are those of its resource.
func hoursInBooking(d *state.Draft, c *state.Change) error {
	if c.Table != state.AllocationHours.Desc() {
		return nil
	}
	_, resource := c.Owner()
	var a *ent.Allocation
	for x := range c.Put().All() {
		if id := x.Val(bookedFor); a == nil || a.ID != id {
			if a = state.Allocations.Get(state.All(d), id); a == nil {
				continue // the draft itself refuses the reference
			}
		}
		if a.ResourceID != resource {
			return fault.At("allocation_id", "OTHER_RESOURCE", "the booking is of another resource")
		}
		if wrong := hoursFit(a, x.Day(bookedStart), x.Day(bookedEnd)); wrong != nil {
			return fault.At(wrong.column, wrong.code, "%s", wrong.text)
		}
	}
	return nil
}

// bookingHoldsHours is the same rule, asked when a booking changes.
var bookingHoldsHours = on(state.Allocations, func(d *state.Draft, before, a *ent.Allocation) error {
	if before == nil || before.Start == a.Start && before.Finish == a.Finish {
		return nil
	}
	for x := range state.AllocationHours.Of(state.All(d), a.ResourceID).With(a.ID).All() {
		if first, last := x.Day(bookedStart), x.Day(bookedEnd); hoursFit(a, first, last) != nil {
			column := "start"
			if last > a.Finish {
				column = "finish"
			}
			return fault.At(column, "HOURS_OUTSIDE", "hours are booked from %s to %s; take them back first", first, last)
		}
	}
	return nil
})
