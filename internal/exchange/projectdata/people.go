package projectdata

import (
	"iter"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var (
	hoursStart, hoursEnd = state.AllocationHours.Col("period_start"), state.AllocationHours.Col("period_end")
	hoursMinutes         = state.AllocationHours.Col("minutes")

	resourceText = filling[ent.Resource](dataset.Text)
	resourceBool = filling[ent.Resource](dataset.Bool)
)

// resourceName is the name of a resource; a role that nobody fills has the name of the role.
func resourceName(v *view, x *ent.Resource) value {
	switch {
	case x == nil:
		return dataset.None
	case x.Kind == vocab.ResourceKindPlaceholder:
		return text(x.RoleName)
	}
	return dataset.OfPersonal(state.Resources.Key(v, x), x.Name)
}

// teamPath is the names of the visible teams above a resource, the topmost first, with a point between.
func teamPath(v *view, x *ent.Resource) value {
	path := ""
	for t := state.Teams.Ref(v, x.TeamID); t != nil; t = state.Teams.Ref(v, t.ParentID) {
		if path == "" {
			path = t.Name
		} else {
			path = t.Name + "." + path
		}
	}
	if path == "" {
		return dataset.None
	}
	return text(path)
}

func teamName(v *view, x *ent.Resource) value {
	if t := state.Teams.Ref(v, x.TeamID); t != nil {
		return text(t.Name)
	}
	return dataset.None
}

func isActive(v *view, x *ent.Resource) bool {
	return x.ArchivedAt == nil && (x.ValidFrom == nil || *x.ValidFrom <= v.Day()) && (x.ValidTo == nil || *x.ValidTo >= v.Day())
}

var resourceRows = rows{
	From:  "the resources: people, teams, things, and roles that nobody fills yet",
	Order: []string{"ResourceId"},
	each: func(v *view, w dataset.Wanted) iter.Seq[any] {
		return untyped(narrowed(v, state.Resources, w, "ResourceId"))
	},
	Fills: []fill{
		guid("ResourceId", "the resource", people, func(_ *view, x *ent.Resource) value { return dataset.OfID(state.Resources.Desc(), x.ID) }),
		resourceText("ResourceName", "its name; of a role that nobody fills the role", resourceName).closed(vocab.ClassPersonal),
		resourceText("ResourceCode", "its code", func(_ *view, x *ent.Resource) value { return text(x.Code) }),
		resourceText("ResourceGroup", "name of its team", teamName),
		resourceText("ResourceDepartments", "name of its team", teamName),
		resourceText("RBS", "names of the teams above it, with a point between", teamPath),
		resourceText("CostType", "the role it works as", func(_ *view, x *ent.Resource) value { return text(x.RoleName) }),
		resourceText("ResourceBaseCalendar", "name of its own calendar", func(v *view, x *ent.Resource) value {
			if c := state.WorkCalendars.Ref(v, x.CalendarID); c != nil {
				return text(c.Name)
			}
			return dataset.None
		}),
		resourceBool("ResourceIsActive", "whether it is in use and can be booked on the day of the question", func(v *view, x *ent.Resource) value { return dataset.OfBool(isActive(v, x)) }),
		resourceText("ResourceStatusName", "Active or Inactive, by the same", func(v *view, x *ent.Resource) value {
			if isActive(v, x) {
				return text("Active")
			}
			return text("Inactive")
		}),
		resourceBool("ResourceIsGeneric", "whether it is a role that nobody fills", func(_ *view, x *ent.Resource) value {
			return dataset.OfBool(x.Kind == vocab.ResourceKindPlaceholder)
		}),
		resourceBool("ResourceIsTeam", "whether it is a team", func(_ *view, x *ent.Resource) value { return dataset.OfBool(x.Kind == vocab.ResourceKindTeam) }),
		always("ResourceCanLevel", "true", dataset.OfBool(true)),
		filling[ent.Resource](dataset.Decimal)("ResourceMaxUnits", "its contracted share of full time", func(_ *view, x *ent.Resource) value {
			return dataset.OfUnits(int64(x.ContractShare), 3)
		}),
		filling[ent.Resource](dataset.Decimal)("ResourceStandardRate", "price of an hour of its own, in the currency of the rate", func(v *view, x *ent.Resource) value {
			k := state.Resources.Key(v, x)
			if !k.Sees(vocab.ClassRate) {
				return dataset.Hidden
			}
			if minor, ok := k.Rate(x.StandardRate); ok {
				return dataset.OfMinor(minor, *x.RateCurrency)
			}
			return dataset.None
		}).closed(vocab.ClassRate),
		guid("ResourceTimesheetManageId", "the user who manages its time", users, func(v *view, x *ent.Resource) value {
			if state.Users.Ref(v, x.ManagerID) == nil {
				return dataset.None
			}
			return dataset.OfID(state.Users.Desc(), *x.ManagerID)
		}),
		filling[ent.Resource](dataset.Date)("ResourceEarliestAvailableFrom", "first day it can be booked", func(_ *view, x *ent.Resource) value { return dataset.OfDay(x.ValidFrom) }),
		filling[ent.Resource](dataset.Date)("ResourceLatestAvailableTo", "last day it can be booked", func(_ *view, x *ent.Resource) value { return dataset.OfDay(x.ValidTo) }),
		filling[ent.Resource](dataset.Instant)("ResourceCreatedDate", "the instant it was recorded", func(_ *view, x *ent.Resource) value { return dataset.OfTime(x.CreatedAt) }),
		filling[ent.Resource](dataset.Instant)("ResourceModifiedDate", "the instant it was last changed", func(_ *view, x *ent.Resource) value { return dataset.OfTime(x.UpdatedAt) }),
		always("ResourceType", "2: work", dataset.OfInt(2)),
		always("TypeName", "Work", text("Work")),
	},
}

// booking is a booking that is not declined, with its project; without one, if that is not visible to who sees the booking.
type booking struct {
	*ent.Allocation
	project *ent.Project
}

// bookedFor names a booking's project, or nobody.
func bookedFor(p *ent.Project) value {
	if p == nil {
		return nobody(state.Projects.Desc())
	}
	return projectID(p.ID)
}

func projectNameOf(p *ent.Project) value {
	if p == nil {
		return dataset.None
	}
	return text(p.Name)
}

// ofBookings hands out the rows of each project that a question needs, those of bookings for projects that are not visible first.
func ofBookings[T any](of func(v *view, w dataset.Wanted, p *ent.Project) iter.Seq[*T]) func(v *view, w dataset.Wanted) iter.Seq[any] {
	visible := inProjects(of)
	return func(v *view, w dataset.Wanted) iter.Seq[any] {
		only, ok := w.One("ProjectId")
		after := w.After()
		if ok && only.Int != 0 || len(after) > 0 && after[0].Int > 0 {
			return visible(v, w)
		}
		return func(yield func(any) bool) {
			for row := range of(v, w, nil) {
				if !yield(row) {
					return
				}
			}
			visible(v, w)(yield)
		}
	}
}

// bookingsOf gives the visible bookings of a project that are not declined, by their numbers; without a project those for projects that are not visible.
func bookingsOf(v *view, p *ent.Project) iter.Seq[*ent.Allocation] {
	return func(yield func(*ent.Allocation) bool) {
		all := state.Allocations.All(v)
		if p != nil {
			all = state.Allocations.By(v, "project_id", p.ID)
		}
		for _, a := range byNumber(state.Allocations, all) {
			if p == nil && state.Projects.Get(v, a.ProjectID) != nil || a.State == vocab.AllocationStateDeclined {
				continue
			}
			if !yield(a) {
				return
			}
		}
	}
}

// asked tells whether a question needs a booking.
func asked(w dataset.Wanted, a *ent.Allocation) bool {
	id, ok := w.One("AssignmentId")
	return !ok || id.Int == a.ID && id.Table == state.Allocations.Desc()
}

func minutesOf(v *view, a *ent.Allocation) (minutes int) {
	for h := range state.HoursOf(v, a).All() {
		minutes += int(h.Val(hoursMinutes))
	}
	return minutes
}

// resourceOf is the resource that is booked; nil if it is not visible.
func resourceOf(v *view, a *ent.Allocation) *ent.Resource {
	return state.Resources.Get(v, a.ResourceID)
}

// ofResource gives a text of the resource that is booked.
func ofResource(name, from string, of func(v *view, x *ent.Resource) value) fill {
	return bookingText(name, from, func(v *view, a *booking) value {
		if x := resourceOf(v, a.Allocation); x != nil {
			return of(v, x)
		}
		return dataset.None
	})
}

var (
	bookingText    = filling[booking](dataset.Text)
	bookingDay     = filling[booking](dataset.Date)
	bookingInstant = filling[booking](dataset.Instant)
)

func work(name string) fill {
	return filling[booking](dataset.Decimal)(name, "hours of the booking", func(v *view, a *booking) value { return ofHours(minutesOf(v, a.Allocation)) })
}

var assignmentRows = rows{
	From:  "the bookings of resources for projects, but for those that were declined. Of a booking whose project somebody may not see the project is nobody",
	Order: []string{"ProjectId", "AssignmentId"},
	each: ofBookings(func(v *view, w dataset.Wanted, p *ent.Project) iter.Seq[*booking] {
		return func(yield func(*booking) bool) {
			for a := range bookingsOf(v, p) {
				if asked(w, a) && !yield(&booking{a, p}) {
					return
				}
			}
		}
	}),
	Fills: []fill{
		guid("AssignmentId", "the booking", assignments, func(_ *view, a *booking) value { return dataset.OfID(state.Allocations.Desc(), a.ID) }),
		guid("ProjectId", "the project", projects, func(_ *view, a *booking) value { return bookedFor(a.project) }),
		projectName(func(a *booking) *ent.Project { return a.project }),
		guid("ResourceId", "the resource that is booked", people, func(v *view, a *booking) value { return visible(v, state.Resources, &a.ResourceID) }),
		ofResource("ResourceName", "its name; of a role that nobody fills the role", resourceName).closed(vocab.ClassPersonal),
		ofResource("ResourceDepartments_R", "name of its team", teamName),
		ofResource("RBS_R", "names of the teams above it, with a point between", teamPath),
		ofResource("CostType_R", "the role it works as", func(_ *view, x *ent.Resource) value { return text(x.RoleName) }),
		guid("TaskId", "the task of the whole project", tasks, func(_ *view, a *booking) value { return bookedFor(a.project) }),
		bookingText("TaskName", "the project's name", func(_ *view, a *booking) value { return projectNameOf(a.project) }),
		always("TaskIsActive", "true", dataset.OfBool(true)),
		bookingDay("AssignmentStartDate", "first day of the booking", func(_ *view, a *booking) value { return dataset.OfDate(a.Start) }),
		bookingDay("AssignmentFinishDate", "last day of the booking", func(_ *view, a *booking) value { return dataset.OfDate(a.Finish) }),
		work("AssignmentWork"), work("AssignmentRegularWork"), work("AssignmentResourcePlanWork"),
		filling[booking](dataset.Int)("AssignmentBookingId", "0 if it binds, 1 if not", func(_ *view, a *booking) value {
			if a.Commitment == vocab.CommitmentHard {
				return dataset.OfInt(0)
			}
			return dataset.OfInt(1)
		}),
		bookingText("AssignmentBookingName", "Committed if it binds, Proposed if not", func(_ *view, a *booking) value {
			if a.Commitment == vocab.CommitmentHard {
				return text("Committed")
			}
			return text("Proposed")
		}),
		bookingText("AssignmentBookingDescription", "what it is for", func(_ *view, a *booking) value { return dataset.OfOptional(a.Note) }),
		always("AssignmentIsPublished", "true", dataset.OfBool(true)),
		always("IsPublic", "true", dataset.OfBool(true)),
		always("AssignmentResourceType", "2: work", dataset.OfInt(2)),
		bookingInstant("AssignmentCreatedDate", "the instant it was recorded", func(_ *view, a *booking) value { return dataset.OfTime(a.CreatedAt) }),
		bookingInstant("AssignmentModifiedDate", "the instant it was last changed", func(_ *view, a *booking) value { return dataset.OfTime(a.UpdatedAt) }),
	},
}

// hoursByDay gives the hours of a booking on each of some days; nil if there are none.
func hoursByDay(v *view, a *ent.Allocation, w dataset.Wanted) (first vocab.Date, hours []exact.Number) {
	all := state.HoursOf(v, a)
	if all.Len() == 0 {
		return 0, nil
	}
	from, to := within(w, all.At(0).Day(hoursStart), all.At(all.Len()-1).Day(hoursEnd))
	if from > to {
		return 0, nil
	}
	span := figure.NewSpan(vocab.CapacityGrainDay, from, to, int(to-from)+1)
	crew := v.Book.Crew(figure.CrewOf{Bookings: []*ent.Allocation{a}, Node: true, Complete: true}, span)
	for n := range span.Periods {
		hours = append(hours, crew.In(n).Hard().Value().Plus(crew.In(n).Soft().Value().Number))
	}
	return from, hours
}

// bookedDay is a day of a booking.
type bookedDay struct {
	booking
	day   vocab.Date
	hours exact.Number
}

func dayWork(name string) fill {
	return filling[bookedDay](dataset.Decimal)(name, "hours of the booking on the day", func(_ *view, x *bookedDay) value { return dataset.OfNumber(x.hours, hourDigits) })
}

var assignmentDayRows = rows{
	From:  "the days of bookings on which there is work",
	Order: []string{"ProjectId", "AssignmentId", "TimeByDay"},
	Time:  "TimeByDay",
	each: ofBookings(func(v *view, w dataset.Wanted, p *ent.Project) iter.Seq[*bookedDay] {
		return func(yield func(*bookedDay) bool) {
			for a := range bookingsOf(v, p) {
				if !asked(w, a) {
					continue
				}
				first, hours := hoursByDay(v, a, w)
				for i, h := range hours {
					if h.Sign() > 0 && !yield(&bookedDay{booking{a, p}, first + vocab.Date(i), h}) {
						return
					}
				}
			}
		}
	}),
	Fills: []fill{
		guid("AssignmentId", "the booking", assignments, func(_ *view, x *bookedDay) value { return dataset.OfID(state.Allocations.Desc(), x.ID) }),
		guid("ProjectId", "the project", projects, func(_ *view, x *bookedDay) value { return bookedFor(x.project) }),
		projectName(func(x *bookedDay) *ent.Project { return x.project }),
		guid("ResourceId", "the resource that is booked", people, func(v *view, x *bookedDay) value { return visible(v, state.Resources, &x.ResourceID) }),
		guid("TaskId", "the task of the whole project", tasks, func(_ *view, x *bookedDay) value { return bookedFor(x.project) }),
		filling[bookedDay](dataset.Text)("TaskName", "the project's name", func(_ *view, x *bookedDay) value { return projectNameOf(x.project) }),
		always("TaskIsActive", "true", dataset.OfBool(true)),
		filling[bookedDay](dataset.Date)("TimeByDay", "the day", func(_ *view, x *bookedDay) value { return dataset.OfDate(x.day) }),
		dayWork("AssignmentWork"), dayWork("AssignmentRegularWork"), dayWork("AssignmentCombinedWork"), dayWork("AssignmentResourcePlanWork"),
	},
}

// resourceDay is a day of a resource's time, or of what a project asks of it.
type resourceDay struct {
	resource *ent.Resource // nil: one that is not visible
	project  *ent.Project
	day      vocab.Date
	hours    exact.Number
}

func (x *resourceDay) id() value {
	if x.resource == nil {
		return nobody(state.Resources.Desc())
	}
	return dataset.OfID(state.Resources.Desc(), x.resource.ID)
}

var (
	resourceDayID   = guid("ResourceId", "the resource", people, func(_ *view, x *resourceDay) value { return x.id() })
	resourceDayName = filling[resourceDay](dataset.Text)("ResourceName", "its name; of a role that nobody fills the role", func(v *view, x *resourceDay) value { return resourceName(v, x.resource) }).closed(vocab.ClassPersonal)
	resourceDayDay  = filling[resourceDay](dataset.Date)("TimeByDay", "the day", func(_ *view, x *resourceDay) value { return dataset.OfDate(x.day) })
	resourceDayTime = filling[resourceDay](dataset.Decimal)
)
