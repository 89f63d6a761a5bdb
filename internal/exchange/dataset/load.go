package dataset

import (
	"iter"

	"pmograph/ent"
	"pmograph/internal/calc/capacity"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// grains are the lengths of period that sets by time are of.
var grains = []struct {
	grain      vocab.CapacityGrain
	name, noun string
}{
	{vocab.CapacityGrainDay, "Day", "day"}, {vocab.CapacityGrainWeek, "Week", "week, from Monday"}, {vocab.CapacityGrainMonth, "Month", "calendar month"},
}

// loaded is the load of somebody, or of a booking, in a period.
type loaded struct {
	person  *ent.Resource
	booking *ent.Allocation
	figure.Period
	capacity.Load
}

func keepLoaded(row any) any { x := *row.(*loaded); return &x }

// The span of sets whose rows are there for every day: from so many months before the month of the question to the end of so many after it.
const (
	monthsBack  = 3
	monthsAhead = 12
)

// spanText says which days such sets are of.
const spanText = " Without bounds on Date the rows are those of the fifteen months from the beginning of the third month before that of the question to the end of the twelfth after it; a bound that is not set lies at least as far from the other; and no row is outside the Calendar."

// spanOf gives the days that a hint asks for.
func spanOf(v *View, in hint) (from, to vocab.Date) {
	year, month, _ := v.Day().Civil()
	this := vocab.NewDate(year, month, 1)
	from, to = this.AddMonths(-monthsBack), this.AddMonths(monthsAhead+1)-1
	length := to - from
	in = dayHint(in)
	switch {
	case in.from != nil && in.to != nil:
		from, to = *in.from, *in.to
	case in.from != nil:
		from, to = *in.from, max(to, *in.from+length)
	case in.to != nil:
		from, to = min(from, *in.to-length), *in.to
	}
	first, last := calendarSpan(v)
	return max(from, first), min(to, last)
}

// dayHint takes a day that Date has to equal as both bounds.
func dayHint(in hint) hint {
	if days, ok := in.equal["Date"]; ok && len(days) > 0 {
		first, last := days[0].Day(), days[0].Day()
		for _, d := range days {
			first, last = min(first, d.Day()), max(last, d.Day())
		}
		if in.from == nil || *in.from < first {
			in.from = &first
		}
		if in.to == nil || *in.to > last {
			in.to = &last
		}
	}
	return in
}

// hoursOfLoad is a column of a load.
func hoursOfLoad(name, description string, of func(l *capacity.Load) capacity.Time) Column {
	return hoursOf(name, description, func(x *loaded) capacity.Time { return of(&x.Load) })
}

// periodColumns are the days of a period.
func periodColumns(noun string) []Column {
	return []Column{
		col("Date", Date, "First day of the "+noun+".", func(_ *View, x *loaded) Value { return OfDate(x.First) }).dimension(),
		col("LastDate", Date, "Last day of the "+noun+".", func(_ *View, x *loaded) Value { return OfDate(x.Last) }),
	}
}

var loadHours = []Column{
	hoursOfLoad("Capacity", "Hours there are.", func(l *capacity.Load) capacity.Time { return l.Capacity }),
	hoursOfLoad("HardHours", "Hours of bookings that bind, over all projects.", func(l *capacity.Load) capacity.Time { return l.Hard }),
	hoursOfLoad("SoftHours", "Hours of bookings that do not bind, in full, over all projects.", func(l *capacity.Load) capacity.Time { return l.Soft }),
	hoursOfLoad("ExpectedHours", "Hours of bookings that bind, and of the others by their probability.", func(l *capacity.Load) capacity.Time { return l.Hard + l.Weighted }),
	hoursOfLoad("OverAllocation", "Hours booked with commitment beyond what there is, day by day.", func(l *capacity.Load) capacity.Time { return l.Over }),
	hoursOfLoad("OverAllocationWithSoft", "The same if every soft booking came true.", func(l *capacity.Load) capacity.Time { return l.OverWithSoft }),
}

func loadSet(grain vocab.CapacityGrain, name, noun string) Dataset {
	d := Dataset{
		Name: "LoadBy" + name, Singular: "LoadOf" + name, Title: "Load by " + name, Facts: true, Key: []string{"ResourceId", "Date"}, Time: "Date",
		Description: "How much time people have and are booked for: one row for each person whose load and name the viewer may see, and each " + noun + "." + spanText,
		Columns: append([]Column{
			col("ResourceId", ID, "Person.", func(_ *View, x *loaded) Value { return OfID(state.Resources.Desc(), x.person.ID) }).key().refers("Resources"),
			col("TeamId", ID, "Team of the person. Null if there is none, or if it is not visible.", func(v *View, x *loaded) Value { return ofVisible(v, state.Teams, x.person.TeamID) }).dimension().nullable().refers("Teams"),
			textOf("RoleName", "Role the person works as.", func(x *loaded) string { return x.person.RoleName }),
		}, periodColumns(noun)...),
		source: source{hold: keepLoaded, rows: func(v *View, in hint) iter.Seq[any] { return loads(v, in, grain) }},
	}
	d.Columns[3].Role = Key
	d.Columns = append(d.Columns, loadHours...)
	d.Columns = append(d.Columns,
		col("PeriodUtilisation", Decimal, "HardHours over Capacity; null without capacity.", func(_ *View, x *loaded) Value {
			return quotient(ofTimeOfWork(x.Hard), ofTimeOfWork(x.Capacity))
		}).level(vocab.UnitRatio, quotientDigits).nullable())
	for _, c := range loadHours {
		d.Measures = append(d.Measures, summed("Total"+c.Name, "Sum of "+c.Name+".", c))
	}
	d.Measures = append(d.Measures,
		share("Utilisation", "Hours booked with commitment over hours there are.", []string{"HardHours"}, []string{"Capacity"}),
		share("ExpectedUtilisation", "Hours expected over hours there are.", []string{"ExpectedHours"}, []string{"Capacity"}))
	return d
}

// loads hands out the load of people by period.
func loads(v *View, in hint, grain vocab.CapacityGrain) iter.Seq[any] {
	return func(yield func(any) bool) {
		from, to := spanOf(v, in)
		if from > to {
			return
		}
		span := figure.NewSpan(grain, from, to, int(to-from)+1)
		person, first := int64(0), vocab.Date(0)
		if len(in.after) > 0 {
			person = in.after[0].Int
		}
		if len(in.after) > 1 {
			first = in.after[1].Day()
		}
		for _, id := range ownersOf(v, in, state.Resources, "ResourceId", person) {
			x := state.Resources.Get(v, id)
			if x == nil || x.Kind != vocab.ResourceKindPerson || !state.SeesLoad(v, x) || !state.SeesPerson(v.View.View, x) {
				continue
			}
			periods, ok := v.Book.Crew(figure.CrewOf{People: []*ent.Resource{x}, Complete: true}, span).Loads()
			for i := range periods {
				row := loaded{person: x, Period: span.Periods[i], Load: periods[i]}
				if ok && (id != person || row.First >= first) && !yield(&row) {
					return
				}
			}
		}
	}
}

var bookedHours = []Column{
	hoursOfLoad("Hours", "Hours booked.", func(l *capacity.Load) capacity.Time { return l.Hard + l.Soft }),
	hoursOfLoad("HardHours", "Hours if the booking binds, else 0.", func(l *capacity.Load) capacity.Time { return l.Hard }),
	hoursOfLoad("SoftHours", "Hours in full if the booking does not bind, else 0.", func(l *capacity.Load) capacity.Time { return l.Soft }),
	hoursOfLoad("ExpectedHours", "Hours of a booking that binds, of others by their probability.", func(l *capacity.Load) capacity.Time { return l.Hard + l.Weighted }),
}

func allocationSet(grain vocab.CapacityGrain, name, noun string) Dataset {
	d := Dataset{
		Name: "AllocationsBy" + name, Singular: "AllocationOf" + name, Title: "Bookings by " + name, Facts: true, Key: []string{"AllocationId", "Date"}, Time: "Date",
		Description: "Hours of bookings that were not declined: one row for each booking and " + noun + " with hours. Recorded hours are spread over the days they are booked for by the working time of the resource's calendar, in whole minutes that add up to them.",
		Columns: append([]Column{
			col("AllocationId", ID, "Booking.", func(_ *View, x *loaded) Value { return OfID(state.Allocations.Desc(), x.booking.ID) }).key().refers("Allocations"),
			col("ProjectId", ID, "Project it is booked for. Null if it is not visible.", func(v *View, x *loaded) Value { return ofVisible(v, state.Projects, &x.booking.ProjectID) }).dimension().nullable().refers("Projects"),
			col("ResourceId", ID, "Resource that is booked. Null if it is not visible.", func(v *View, x *loaded) Value { return ofVisible(v, state.Resources, &x.booking.ResourceID) }).dimension().nullable().refers("Resources"),
			textOf("Commitment", "Whether the booking binds.", func(x *loaded) string { return string(x.booking.Commitment) }).words(vocab.Commitment("").Values()),
			textOf("State", "Where the request stands.", func(x *loaded) string { return string(x.booking.State) }).words(vocab.AllocationState("").Values()),
		}, periodColumns(noun)...),
		source: source{hold: keepLoaded, rows: func(v *View, in hint) iter.Seq[any] { return bookedLoads(v, in, grain) }},
	}
	d.Columns[5].Role = Key
	d.Columns = append(d.Columns, bookedHours...)
	for _, c := range bookedHours {
		d.Measures = append(d.Measures, summed("Total"+c.Name, "Sum of "+c.Name+".", c))
	}
	return d
}

// bookedLoads hands out the hours of bookings by period.
func bookedLoads(v *View, in hint, grain vocab.CapacityGrain) iter.Seq[any] {
	return func(yield func(any) bool) {
		in = dayHint(in)
		booking, first := int64(0), vocab.Date(0)
		if len(in.after) > 0 {
			booking = in.after[0].Int
		}
		if len(in.after) > 1 {
			first = in.after[1].Day()
		}
		for _, a := range visibleAllocations(v, in, booking) {
			rows := state.HoursOf(v, a)
			if a.State == vocab.AllocationStateDeclined || rows.Len() == 0 {
				continue
			}
			from, to := rows.At(0).Day(hoursStart), rows.At(rows.Len()-1).Day(hoursEnd)
			if in.from != nil {
				first, _ := periodOf(*in.from, grain)
				from = max(from, first)
			}
			if in.to != nil {
				_, last := periodOf(*in.to, grain)
				to = min(to, last)
			}
			if from > to {
				continue
			}
			span := figure.NewSpan(grain, from, to, int(to-from)+1)
			for i, l := range v.Book.Crew(figure.CrewOf{Node: true, Bookings: []*ent.Allocation{a}}, span).Booked() {
				row := loaded{booking: a, Period: span.Periods[i], Load: l}
				if l.Hard+l.Soft != 0 && (a.ID != booking || row.First >= first) && !yield(&row) {
					return
				}
			}
		}
	}
}
