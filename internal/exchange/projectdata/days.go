package projectdata

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var capacityRows = rows{
	From:  "the days of resources, from the first of January two years before the day of the question to the last of December two years after it. Who may not know a person, or how much of its time there is, has no rows of it",
	Order: []string{"ResourceId", "TimeByDay"},
	Time:  "TimeByDay",
	each: func(v *view, w dataset.Wanted) iter.Seq[any] {
		return func(yield func(any) bool) {
			from, to := days(v, w)
			if from > to {
				return
			}
			span := figure.NewSpan(vocab.CapacityGrainDay, from, to, int(to-from)+1)
			for x := range narrowed(v, state.Resources, w, "ResourceId") {
				if !state.SeesLoad(v, x) || !state.SeesPerson(v.View.View, x) {
					continue
				}
				crew := v.Book.Crew(figure.CrewOf{People: []*ent.Resource{x}, Complete: true}, span)
				for n, p := range span.Periods {
					if !yield(&resourceDay{resource: x, day: p.First, hours: crew.In(n).Capacity().Value().Number}) {
						return
					}
				}
			}
		}
	},
	Fills: []fill{
		resourceDayID, resourceDayName, resourceDayDay,
		resourceDayTime("Capacity", "hours it has, absences taken off", func(_ *view, x *resourceDay) value { return dataset.OfNumber(x.hours, hourDigits) }),
		resourceDayTime("BaseCapacity", "hours it has, absences taken off", func(_ *view, x *resourceDay) value { return dataset.OfNumber(x.hours, hourDigits) }),
	},
}

var demandRows = rows{
	From:  "the hours of a project's bookings of a resource by day, whether they bind or not. Resources that are not visible are one, with the guid of nobody",
	Order: []string{"ProjectId", "ResourceId", "TimeByDay"},
	Time:  "TimeByDay",
	each:  ofBookings(demandOf),
	Fills: []fill{
		guid("ProjectId", "the project", projects, func(_ *view, x *resourceDay) value { return bookedFor(x.project) }),
		projectName(func(x *resourceDay) *ent.Project { return x.project }),
		resourceDayID, resourceDayName, resourceDayDay,
		resourceDayTime("ResourceDemand", "hours that are booked", func(_ *view, x *resourceDay) value { return dataset.OfNumber(x.hours, hourDigits) }),
	},
}

// demandOf hands out the days of a project's bookings by resource.
func demandOf(v *view, w dataset.Wanted, p *ent.Project) iter.Seq[*resourceDay] {
	return func(yield func(*resourceDay) bool) {
		of := map[int64]map[vocab.Date]exact.Number{}
		for a := range bookingsOf(v, p) {
			id := a.ResourceID
			if resourceOf(v, a) == nil {
				id = 0
			}
			if only, ok := w.One("ResourceId"); ok && only.Int != id {
				continue
			}
			first, hours := hoursByDay(v, a, w)
			for i, h := range hours {
				if h.Sign() > 0 {
					addTo(of, id, first+vocab.Date(i), h)
				}
			}
		}
		for _, id := range slices.Sorted(maps.Keys(of)) {
			for _, day := range slices.Sorted(maps.Keys(of[id])) {
				if !yield(&resourceDay{state.Resources.Ref(v, &id), p, day, of[id][day]}) {
					return
				}
			}
		}
	}
}

func addTo(of map[int64]map[vocab.Date]exact.Number, id int64, day vocab.Date, hours exact.Number) {
	if of[id] == nil {
		of[id] = map[vocab.Date]exact.Number{}
	}
	if had, ok := of[id][day]; ok {
		hours = had.Plus(hours)
	}
	of[id][day] = hours
}

func dayNumber(name, from string, of func(v *view, d vocab.Date) int) fill {
	return filling[vocab.Date](dataset.Int)(name, from, func(v *view, d *vocab.Date) value { return dataset.OfInt(of(v, *d)) })
}

// fiscalMonth is the month of the organisation's fiscal year that a day lies in, 1 to 12.
func fiscalMonth(v *view, d vocab.Date) int {
	_, month, _ := d.Civil()
	return (int(month)-v.Book.FiscalYearStart()+12)%12 + 1
}

var timeRows = rows{
	From:  "the days from the first of January ten years before the day of the question to the last of December ten years after it",
	Order: []string{"TimeByDay"},
	Time:  "TimeByDay",
	each: func(v *view, w dataset.Wanted) iter.Seq[any] {
		return func(yield func(any) bool) {
			year, _, _ := v.Day().Civil()
			from, to := within(w, vocab.NewDate(year-10, time.January, 1), vocab.NewDate(year+10, time.December, 31))
			if only, ok := w.One("TimeByDay"); ok {
				from, to = max(from, only.Day()), min(to, only.Day())
			}
			for d := from; d <= to; d++ {
				day := d
				if !yield(&day) {
					return
				}
			}
		}
	},
	Fills: []fill{
		filling[vocab.Date](dataset.Date)("TimeByDay", "the day", func(_ *view, d *vocab.Date) value { return dataset.OfDate(*d) }),
		dayNumber("TimeDayOfTheMonth", "day of the month", func(_ *view, d vocab.Date) int { _, _, n := d.Civil(); return n }),
		dayNumber("TimeDayOfTheWeek", "day of the week: 1 is Sunday, 7 Saturday", func(_ *view, d vocab.Date) int { return int(d.Weekday()) + 1 }),
		dayNumber("TimeMonthOfTheYear", "month of the calendar year", func(_ *view, d vocab.Date) int { _, m, _ := d.Civil(); return int(m) }),
		dayNumber("TimeQuarter", "quarter of the calendar year", func(_ *view, d vocab.Date) int { _, m, _ := d.Civil(); return (int(m) + 2) / 3 }),
		dayNumber("TimeWeekOfTheYear", "week by ISO 8601", func(_ *view, d vocab.Date) int { _, w := d.Time().ISOWeek(); return w }),
		dayNumber("FiscalQuarter", "quarter of the organisation's fiscal year", func(v *view, d vocab.Date) int { return (fiscalMonth(v, d) + 2) / 3 }),
		filling[vocab.Date](dataset.Text)("FiscalPeriodName", "month of the organisation's fiscal year, 01 to 12", func(v *view, d *vocab.Date) value {
			n := fiscalMonth(v, *d)
			return text(string([]byte{'0' + byte(n/10), '0' + byte(n%10)}))
		}),
	},
}

// byID orders rows by a number.
func byID[T any](rows []T, id func(T) int64) []T {
	slices.SortFunc(rows, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	return rows
}
