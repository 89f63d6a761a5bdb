package dataset

import (
	"iter"
	"slices"

	"pmograph/ent"
	"pmograph/internal/calc/capacity"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// ofMinutes is an amount of work in hours.
func ofMinutes(minutes int64) Value { return ofTimeOfWork(capacity.Time(minutes) * capacity.Minute) }

// ofTimeOfWork is an amount of work in hours.
func ofTimeOfWork(t capacity.Time) Value { return OfNumber(t.Hours(), quotientDigits) }

// hoursOf is a column of hours.
func hoursOf[T any](name, description string, get func(row *T) capacity.Time) Column {
	return col(name, Decimal, description, func(_ *View, row *T) Value { return ofTimeOfWork(get(row)) }).adds(vocab.UnitHours, quotientDigits)
}

// expected is the time that a booking is expected to take of so much.
func expected(a *ent.Allocation, t capacity.Time) capacity.Time {
	if a.Probability == nil || a.Commitment == vocab.CommitmentHard {
		return t
	}
	return t / 1000 * capacity.Time(*a.Probability)
}

// hours are the booked time of an allocation in a week, or a part of one.
type hours struct {
	state.Fact
	of *ent.Allocation
}

// booked is the time if the booking is not declined.
func (x *hours) booked(counts bool) capacity.Time {
	if !counts || x.of.State == vocab.AllocationStateDeclined {
		return 0
	}
	return capacity.Time(x.Val(hoursMinutes)) * capacity.Minute
}

var (
	hoursStart, hoursEnd, hoursMinutes = state.AllocationHours.Col("period_start"), state.AllocationHours.Col("period_end"), state.AllocationHours.Col("minutes")

	_ = declare(Dataset{
		Name: "Allocations", Singular: "Allocation", Title: "Bookings", Facts: true, Key: []string{"Id"}, Time: "Start", Entity: state.Allocations.Desc(),
		Description: "Bookings of resources for projects.",
		Columns: []Column{
			idOf(state.Allocations, "the booking"),
			refOf("ProjectId", state.Projects, "Projects", "Project it is booked for.", func(a *ent.Allocation) *int64 { return &a.ProjectID }),
			refOf("ResourceId", state.Resources, "Resources", "Resource that is booked.", func(a *ent.Allocation) *int64 { return &a.ResourceID }),
			wordOf("Commitment", "Whether it binds.", func(a *ent.Allocation) vocab.Commitment { return a.Commitment }),
			wordOf("State", "Where the request stands.", func(a *ent.Allocation) vocab.AllocationState { return a.State }),
			col("Probability", Decimal, "Probability that a soft booking comes true; null counts as certain.", func(_ *View, a *ent.Allocation) Value {
				if a.Probability == nil {
					return None
				}
				return OfUnits(int64(*a.Probability), 3)
			}).level(vocab.UnitRatio, 3).nullable(),
			col("Start", Date, "First day.", func(_ *View, a *ent.Allocation) Value { return OfDate(a.Start) }).dimension(),
			col("Finish", Date, "Last day.", func(_ *View, a *ent.Allocation) Value { return OfDate(a.Finish) }).dimension(),
			col("Note", Text, "What for; null if not said.", func(_ *View, a *ent.Allocation) Value { return OfOptional(a.Note) }).nullable().text(),
			allocationTotal,
			versionOf(state.Allocations),
		},
		Measures: []Measure{counted("Allocations", "bookings"), summed("TotalHours", "Booked hours, of declined bookings too.", allocationTotal)},
		source:   rowsOfTable(state.Allocations, map[string]string{"ProjectId": "project_id", "ResourceId": "resource_id"}),
	})

	allocationTotal = col("Hours", Decimal, "Booked hours on all its days, even if it was declined.", func(v *View, a *ent.Allocation) Value {
		minutes := int64(0)
		for x := range state.HoursOf(v, a).All() {
			minutes += x.Val(hoursMinutes)
		}
		return ofMinutes(minutes)
	}).adds(vocab.UnitHours, quotientDigits)

	hardHours     = hoursOf("HardHours", "Hours if the booking binds, else 0.", func(x *hours) capacity.Time { return x.booked(x.of.Commitment == vocab.CommitmentHard) })
	softHours     = hoursOf("SoftHours", "Hours in full if the booking does not bind and was not declined, else 0.", func(x *hours) capacity.Time { return x.booked(x.of.Commitment != vocab.CommitmentHard) })
	expectedHours = hoursOf("ExpectedHours", "Hours that are expected: of a booking that binds all, of others by their probability, of declined ones none.", func(x *hours) capacity.Time { return expected(x.of, x.booked(true)) })

	_ = declare(Dataset{
		Name: "AllocationHours", Singular: "AllocationHoursOfWeek", Title: "Booked hours", Facts: true, Key: []string{"Id"}, Order: []string{"AllocationId", "PeriodStart"}, Time: "PeriodStart", Entity: state.AllocationHours.Desc(),
		Description: "Booked hours as they were recorded: one row for each booking and week, or part of one.",
		Columns: []Column{
			col("Id", ID, "Identifier of the hours; it never changes and is never given twice.", func(_ *View, x *hours) Value { return OfID(state.AllocationHours.Desc(), x.ID()) }).key(),
			col("Version", Int, versionText, func(_ *View, x *hours) Value { return OfInt(x.Seq()) }),
			col("AllocationId", ID, "Booking they belong to.", func(_ *View, x *hours) Value { return OfID(state.Allocations.Desc(), x.of.ID) }).dimension().refers("Allocations"),
			col("ProjectId", ID, "Project they are booked for. Null if it is not visible.", func(v *View, x *hours) Value { return ofVisible(v, state.Projects, &x.of.ProjectID) }).dimension().nullable().refers("Projects"),
			col("ResourceId", ID, "Resource that is booked. Null if it is not visible.", func(v *View, x *hours) Value { return ofVisible(v, state.Resources, &x.of.ResourceID) }).dimension().nullable().refers("Resources"),
			textOf("Commitment", "Whether the booking binds.", func(x *hours) string { return string(x.of.Commitment) }).words(vocab.Commitment("").Values()),
			textOf("State", "Where the request stands.", func(x *hours) string { return string(x.of.State) }).words(vocab.AllocationState("").Values()),
			col("PeriodStart", Date, "First day they are booked for.", func(_ *View, x *hours) Value { return OfDate(x.Day(hoursStart)) }).dimension(),
			col("PeriodEnd", Date, "Last day they are booked for, in the same week.", func(_ *View, x *hours) Value { return OfDate(x.Day(hoursEnd)) }).dimension(),
			hoursOf("Hours", "Booked hours, even if the booking was declined.", func(x *hours) capacity.Time { return capacity.Time(x.Val(hoursMinutes)) * capacity.Minute }),
			hardHours, softHours, expectedHours,
		},
		Measures: []Measure{
			counted("Entries", "weeks, and parts of weeks, that hours are booked for"),
			summed("TotalHardHours", "Hours of bookings that bind.", hardHours),
			summed("TotalSoftHours", "Hours of bookings that do not bind and were not declined, in full.", softHours),
			summed("TotalExpectedHours", "Hours that are expected of bookings.", expectedHours),
		},
		source: source{rows: hoursRows, hold: func(row any) any { x := *row.(*hours); return &x }},
	})
)

// visibleAllocations lists the bookings that a hint asks for, by their numbers, from one on.
func visibleAllocations(v *View, in hint, from int64) (all []*ent.Allocation) {
	add := func(found iter.Seq[*ent.Allocation]) {
		for a := range found {
			if a.ID >= from {
				all = append(all, a)
			}
		}
	}
	allocation, oneAllocation := in.one("AllocationId")
	project, oneProject := in.one("ProjectId")
	resource, oneResource := in.one("ResourceId")
	switch {
	case oneAllocation:
		if allocation.Table == state.Allocations.Desc() {
			add(func(yield func(*ent.Allocation) bool) {
				if a := state.Allocations.Get(v, allocation.Int); a != nil {
					yield(a)
				}
			})
		}
	case oneProject:
		add(state.Allocations.By(v, "project_id", project.Int))
	case oneResource:
		add(state.Allocations.By(v, "resource_id", resource.Int))
	default:
		add(state.Allocations.All(v))
	}
	slices.SortFunc(all, func(a, b *ent.Allocation) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	return all
}

func hoursRows(v *View, in hint) iter.Seq[any] {
	return func(yield func(any) bool) {
		x := hours{}
		if id, ok := in.one("Id"); ok {
			if id.Kind == ID && id.Table == state.AllocationHours.Desc() {
				if x.Fact, x.of, ok = state.HourOf(v, id.Int); ok {
					yield(&x)
				}
			}
			return
		}
		from := int64(0)
		if len(in.after) > 0 {
			from = in.after[0].Int
		}
		for _, x.of = range visibleAllocations(v, in, from) {
			rows := state.HoursOf(v, x.of)
			if x.of.ID == from && len(in.after) > 1 {
				rows = rows.Since(x.of.ID, in.after[1].Int)
			}
			for x.Fact = range rows.All() {
				if !yield(&x) {
					return
				}
			}
		}
	}
}

// inResource is a fact of a resource.
type inResource = fact[ent.Resource]

var (
	capacitySource, capacityGrain = state.CapacityEntries.Col("source"), state.CapacityEntries.Col("grain")
	capacityStart                 = state.CapacityEntries.Col("period_start")
	capacityMinutes               = state.CapacityEntries.Col("minutes")

	capacityHours = hoursOf("Hours", "Hours of the period: CALENDAR and OVERRIDE state the time there is, ABSENCE takes time away.", func(x *inResource) capacity.Time {
		return capacity.Time(x.Val(capacityMinutes)) * capacity.Minute
	})

	_ = declare(Dataset{
		Name: "CapacityEntries", Singular: "CapacityEntry", Title: "Stated time", Facts: true, Key: []string{"Id"}, Order: []string{"ResourceId", "Source", "Grain", "PeriodStart"}, Time: "PeriodStart", Entity: state.CapacityEntries.Desc(),
		Description: "What is stated of the time of resources whose load the viewer sees, as it was recorded. How much time there is follows from it, from calendars and contracts: see LoadByDay.",
		Columns: []Column{
			factID[ent.Resource](state.CapacityEntries.Desc(), "the entry"),
			factVersion[ent.Resource](),
			col("ResourceId", ID, "Resource whose time it is.", func(_ *View, x *inResource) Value { return OfID(state.Resources.Desc(), x.owner.ID) }).dimension().refers("Resources"),
			factWord[ent.Resource]("Source", capacitySource, "What is stated.").words(vocab.CapacitySource("").Values()),
			factWord[ent.Resource]("Grain", capacityGrain, "Length of the period.").words(vocab.CapacityGrain("").Values()),
			factDay[ent.Resource]("PeriodStart", capacityStart, "First day of the period."),
			capacityHours,
		},
		Measures: []Measure{counted("Entries", "entries")},
		source:   rowsOfFacts(state.CapacityEntries, state.Resources, "ResourceId", []keyPart{keyWord(capacitySource), keyWord(capacityGrain), keyDay(capacityStart)}),
	})
)
