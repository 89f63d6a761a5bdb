package decide

import (
	"testing"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// hoursOf gives the minutes that a booking books, by the first day of each period.
func hoursOf(r *record, id int64) map[vocab.Date]int {
	all := map[vocab.Date]int{}
	for x := range state.AllocationHours.All(r.all()) {
		if x.AllocationID == id {
			all[x.PeriodStart] = x.Minutes
		}
	}
	return all
}

// capacityOf gives the minutes that are stated of a resource, by source and first day.
func capacityOf(r *record, id int64) map[string]int {
	all := map[string]int{}
	for x := range state.CapacityEntries.All(r.all()) {
		if x.ResourceID == id {
			all[string(x.Source)+" "+string(x.Grain)+" "+x.PeriodStart.String()] = x.Minutes
		}
	}
	return all
}

func hoursSet(id string, hours ...AllocationHoursInput) state.Decision {
	return AllocationHoursSet(AllocationHoursSetInput{AllocationID: id, Hours: hours})
}

// book is the minutes from one day to another; a negative number takes them back.
func book(first, last vocab.Date, minutes int) AllocationHoursInput {
	if minutes < 0 {
		return AllocationHoursInput{first, last, nil}
	}
	return AllocationHoursInput{first, last, &minutes}
}

func has(resource string, start vocab.Date, grain vocab.CapacityGrain, source vocab.CapacitySource, minutes int) CapacityEntryInput {
	e := CapacityEntryInput{resource, start, grain, source, &minutes}
	if minutes < 0 {
		e.Minutes = nil
	}
	return e
}

// The day of these tests is a Tuesday; bookings run from it for 30 days.
func TestCapacity(t *testing.T) {
	const day, week, month = vocab.CapacityGrainDay, vocab.CapacityGrainWeek, vocab.CapacityGrainMonth
	const absence, override = vocab.CapacitySourceAbsence, vocab.CapacitySourceOverride
	monday := today - 1
	set := func(e ...CapacityEntryInput) state.Decision { return CapacitySet(CapacitySetInput{Entries: e}) }
	ready := func(t testing.TB) *record {
		r := booked(t)
		r.do(set(has("resource-1", monday, week, override, 1000), has("resource-1", today, day, absence, 450), has("resource-2", monday, week, override, 500)))
		r.do(hoursSet("allocation-1", book(today, today+5, 600), book(today+6, today+12, 700)))
		r.do(hoursSet("allocation-2", book(today, today+5, 60)))
		r.do(AllocationAccept(AllocationAcceptInput{ID: "allocation-2"}))
		return r
	}
	is := func(r *record, resource int64, n int, key string, minutes int) bool {
		all := capacityOf(r, resource)
		return len(all) == n+1 && all[key] == minutes // one is there before
	}
	for _, a := range []act{
		{"time of two people", "pmo", set(has("resource-1", monday, week, override, 900), has("resource-2", monday-7, week, override, 1)), "",
			func(_ *testing.T, r *record) bool {
				return is(r, 1, 2, "OVERRIDE WEEK "+monday.String(), 900) && is(r, 2, 2, "OVERRIDE WEEK "+(monday-7).String(), 1)
			}},
		{"taken back", "keeper", set(has("resource-1", today, day, absence, -1)), "", func(_ *testing.T, r *record) bool { return is(r, 1, 1, "OVERRIDE WEEK "+monday.String(), 1000) }},
		{"taken back where there is none", "keeper", set(has("resource-1", today+1, day, absence, -1)), "", nil},
		{"by the manager of his time", "boss", set(has("resource-2", monday, week, override, 0)), "", func(_ *testing.T, r *record) bool { return is(r, 2, 1, "OVERRIDE WEEK "+monday.String(), 0) }},
		{"by himself", "ada", set(has("resource-1", monday, week, override, 0)), "FORBIDDEN", nil},
		{"by who only looks, something else", "manager", set(has("resource-1", monday, week, override, 0)), "FORBIDDEN", nil},
		{"what is hidden", "keeper", set(has("resource-1", monday, week, override, 1), has("resource-2", monday, week, override, 1)), "input.entries.1.resourceId NOT_FOUND", nil},
		{"what is hidden, twice", "keeper", set(has("resource-2", monday, week, override, 1), has("resource-2", monday, month, override, 1)), "input.entries.1.resourceId NOT_FOUND", nil},
		{"a week of a Tuesday", "pmo", set(has("resource-1", monday, week, override, 1), has("resource-1", today, week, override, 1)), "input.entries.1.periodStart NOT_FIRST_DAY", nil},
		{"a month of a ninth", "pmo", set(has("resource-1", monday, month, override, 1)), "input.entries.0.periodStart NOT_FIRST_DAY", nil},
		{"the same twice", "pmo", set(has("resource-1", monday, week, override, 1), has("resource-1", monday, week, override, -1)), "input.entries.1.periodStart TWICE", nil},
		{"too many minutes", "pmo", set(has("resource-1", today, day, absence, -1), has("resource-1", monday, week, override, 60*24*40)), "input.entries.1.minutes INVALID", nil},
		{"one that is booked stays", "pmo", ResourceDelete(ResourceDeleteInput{ID: "resource-1"}), "CONFLICT", nil},

		{"a week is replaced, another stays", "manager", hoursSet("allocation-1", book(today+2, today+3, 5), book(today+1, today+1, 7)), "",
			func(_ *testing.T, r *record) bool {
				h := hoursOf(r, 1)
				return len(h) == 3 && h[today+2] == 5 && h[today+1] == 7 && h[today+6] == 700
			}},
		{"a week is cleared", "manager", hoursSet("allocation-1", book(today+3, today+3, -1)), "",
			func(_ *testing.T, r *record) bool { return len(hoursOf(r, 1)) == 1 }},
		{"by who answers for the person", "keeper", hoursSet("allocation-1", book(today, today, 5)), "FORBIDDEN", nil},
		{"by the person himself", "ada", hoursSet("allocation-1", book(today, today, 5)), "FORBIDDEN", nil},
		{"the same hours by who may not", "ada", hoursSet("allocation-1", book(today, today+5, 600)), "FORBIDDEN", nil},
		{"of a hidden booking", "manager", hoursSet("allocation-2", book(today, today, 5)), "input.allocationId NOT_FOUND", nil},
		{"before the booking", "manager", hoursSet("allocation-1", book(today+1, today+1, 5), book(monday, today, 5)), "input.hours.1.periodStart OUTSIDE", nil},
		{"after the booking", "manager", hoursSet("allocation-1", book(today+27, today+31, 5)), "input.hours.0.periodEnd OUTSIDE", nil},
		{"over a Sunday", "manager", hoursSet("allocation-1", book(today+5, today+6, 5)), "input.hours.0.periodEnd NOT_ONE_WEEK", nil},
		{"backwards", "manager", hoursSet("allocation-1", book(today+2, today+1, 5)), "input.hours.0.periodEnd OUT_OF_ORDER", nil},
		{"the same day twice", "manager", hoursSet("allocation-1", book(today, today+1, 5), book(today, today, 5)), "input.hours.1.periodStart TWICE", nil},
		{"more than a week has", "manager", hoursSet("allocation-1", book(today+6, today+6, -1), book(today, today+5, 60*24*8)), "input.hours.1.minutes INVALID", nil},
		{"a stale booking's", "manager", AllocationHoursSet(AllocationHoursSetInput{AllocationID: "allocation-1", ExpectedVersion: ptr(int64(1))}), "input.expectedVersion CONFLICT", nil},
		{"who answers too need not ask anew", "pmo", hoursSet("allocation-2", book(today, today, 90)), "",
			func(_ *testing.T, r *record) bool {
				return allocation(r, 2).State == vocab.AllocationStateAccepted && hoursOf(r, 2)[today] == 90
			}},
		{"a shorter booking with hours beyond", "manager", AllocationUpdate(AllocationUpdateInput{ID: "allocation-1", Patch: map[string]any{"finish": today + 7}}), "input.patch.finish HOURS_OUTSIDE", nil},
		{"a later booking with hours before", "manager", AllocationUpdate(AllocationUpdateInput{ID: "allocation-1", Patch: map[string]any{"start": today + 1}}), "input.patch.start HOURS_OUTSIDE", nil},
		{"a booking goes with its hours", "manager", AllocationDelete(AllocationDeleteInput{ID: "allocation-1"}), "",
			func(_ *testing.T, r *record) bool { return len(hoursOf(r, 1)) == 0 && len(hoursOf(r, 2)) == 1 }},
		{"a project goes with the hours booked for it", "manager", ProjectDelete(ProjectDeleteInput{ID: "project-1"}), "",
			func(_ *testing.T, r *record) bool { return len(hoursOf(r, 1)) == 0 && len(hoursOf(r, 2)) == 1 }},
	} {
		t.Run(a.name, func(t *testing.T) { a.run(t, ready(t)) })
	}
	t.Run("a resource goes with its time", func(t *testing.T) {
		r := ready(t)
		r.do(AllocationDelete(AllocationDeleteInput{ID: "allocation-3"}))
		_, err := r.try(r.session("boss"), ResourceDelete(ResourceDeleteInput{ID: "resource-2"}))
		wants(t, err, "")
		if len(capacityOf(r, 2)) != 0 || len(capacityOf(r, 1)) != 3 {
			t.Error("what is stated of other people went, or did not")
		}
	})
	t.Run("who plans and does not answer asks anew", func(t *testing.T) {
		r := ready(t)
		r.do(AllocationAccept(AllocationAcceptInput{ID: "allocation-1"}))
		_, err := r.try(r.session("manager"), hoursSet("allocation-1", book(today, today+5, 600)))
		wants(t, err, "")
		if allocation(r, 1).Commitment != vocab.CommitmentHard {
			t.Error("the same hours are nothing new")
		}
		_, err = r.try(r.session("manager"), hoursSet("allocation-1", book(today, today+5, 601)))
		wants(t, err, "")
		if a := allocation(r, 1); a.State != vocab.AllocationStateRequested || a.Commitment != vocab.CommitmentSoft {
			t.Errorf("other hours than were accepted: %s %s", a.State, a.Commitment)
		}
	})
}

// Whether hidden time is what an actor guesses, he does not learn: the right and the wrong guess are refused alike.
func TestCapacityIsNoOracle(t *testing.T) {
	r := booked(t)
	r.do(CapacitySet(CapacitySetInput{Entries: []CapacityEntryInput{has("resource-1", today-1, vocab.CapacityGrainWeek, vocab.CapacitySourceOverride, 1000)}}))
	for _, minutes := range []int{1000, 999, -1} {
		_, err := r.try(r.session("manager"), CapacitySet(CapacitySetInput{Entries: []CapacityEntryInput{has("resource-1", today-1, vocab.CapacityGrainWeek, vocab.CapacitySourceOverride, minutes)}}))
		if !fault.Is(err, fault.Forbidden) {
			t.Errorf("%d: %v", minutes, err)
		}
	}
}

// hoursOn puts hours past every decision.
func hoursOn(rows ...*ent.AllocationHour) func(*state.Draft) error {
	return func(d *state.Draft) error { return state.AllocationHours.Put(d, rows...) }
}

func hour(resource, allocation int64, first, last vocab.Date) *ent.AllocationHour {
	return &ent.AllocationHour{ResourceID: resource, AllocationID: allocation, PeriodStart: first, PeriodEnd: last, Minutes: 60}
}

func capacityOn(grain vocab.CapacityGrain, start vocab.Date) func(*state.Draft) error {
	return func(d *state.Draft) error {
		return state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: 1, Grain: grain, Source: vocab.CapacitySourceOverride, PeriodStart: start, Minutes: 1})
	}
}
