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

// hourDigits is how many digits hours are shown with.
const hourDigits = 6

func ofHours(minutes int) value {
	return dataset.OfNumber(exact.Fraction(minutes, 60), hourDigits)
}

// statusDay is the day that a project's figures are of.
func statusDay(v *view, p *ent.Project) vocab.Date {
	if p.StatusDate != nil {
		return *p.StatusDate
	}
	return v.Day()
}

// money declares a figure of a project in the project's currency.
func money(name, from string, of func(r *figure.Rollup) figure.Figure) fill {
	return figured(name, from, func(v *view, p *ent.Project) value { return dataset.OfFigure(of(v.Book.Single(p, statusDay(v, p)))) })
}

func figured(name, from string, get func(v *view, p *ent.Project) value) fill {
	return filling[ent.Project](dataset.Decimal)(name, from+", on its status date or else the day of the question", get).closed(vocab.ClassMoney)
}

// combined declares what two figures of a project come to. It has no value if one of them has none.
func combined(name, from string, a, b func(r *figure.Rollup) figure.Figure, of func(a, b exact.Number) exact.Number) fill {
	return figured(name, from, func(v *view, p *ent.Project) value {
		r := v.Book.Single(p, statusDay(v, p))
		x, y := dataset.OfFigure(a(r)), dataset.OfFigure(b(r))
		if x.IsNull() {
			return x
		}
		if y.IsNull() {
			return y
		}
		return dataset.OfNumber(of(x.Number(), y.Number()), x.Scale)
	})
}

func minus(a, b exact.Number) exact.Number { return a.Minus(b) }

// percent is none of nothing.
func percent(a, b exact.Number) exact.Number {
	if b.Sign() == 0 {
		return exact.Number{}
	}
	return a.Times(exact.Of(100)).Over(b)
}

func forecast(r *figure.Rollup) figure.Figure  { return r.Costs().Forecast() }
func actual(r *figure.Rollup) figure.Figure    { return r.Costs().Actual() }
func budgetAtC(r *figure.Rollup) figure.Figure { return r.Earned().BAC() }
func earned(r *figure.Rollup) figure.Figure    { return r.Earned().EV() }
func planned(r *figure.Rollup) figure.Figure   { return r.Earned().PV() }
func costVar(r *figure.Rollup) figure.Figure   { return r.Earned().CV() }
func timeVar(r *figure.Rollup) figure.Figure   { return r.Earned().SV() }

// inPercent gives a ratio as whole percent.
func inPercent(f figure.Figure) value {
	x := dataset.OfFigure(f)
	if x.IsNull() {
		return x
	}
	n, ok := x.Number().Times(exact.Of(100)).Round().Int64()
	if !ok {
		return dataset.None
	}
	return dataset.OfInt(n)
}

// finishOf is the day a project was finished on, or is expected to be.
func finishOf(v *view, p *ent.Project) *vocab.Date {
	if m := v.Book.Finish(p); m != nil {
		if f := v.Book.Facts(p, m, statusDay(v, p)); f.Actual != nil {
			return f.Actual
		} else if f.Forecast != nil {
			return f.Forecast
		}
	}
	return p.PlannedFinish
}

func actualFinish(v *view, p *ent.Project) *vocab.Date {
	if m := v.Book.Finish(p); m != nil {
		return v.Book.Facts(p, m, statusDay(v, p)).Actual
	}
	return nil
}

// lasts is the working time from one day to another, both included.
func lasts(v *view, p *ent.Project, from, to *vocab.Date) value {
	if from == nil || to == nil {
		return dataset.None
	}
	return ofHours(v.Book.WorkingDays(p).MinutesIn(*from, *to))
}

// later is the working time by which one day lies behind another; below zero ahead of it.
func later(v *view, p *ent.Project, day, than *vocab.Date) value {
	switch {
	case day == nil || than == nil:
		return dataset.None
	case *day < *than:
		return ofHours(-v.Book.WorkingDays(p).MinutesIn(*day+1, *than))
	}
	return ofHours(v.Book.WorkingDays(p).MinutesIn(*than+1, *day))
}

// baselineOf gives the dates of a project in the baseline in force.
func baselineOf(v *view, p *ent.Project) (start, finish *vocab.Date) {
	if in := v.Book.Baseline(p, statusDay(v, p)); in != nil {
		for e := range state.BaselineEntries.By(v, "baseline_id", in.ID) {
			if e.ItemKind == vocab.BaselineItemKindProject {
				start = e.Start
			}
		}
	}
	return start, v.Book.BaselineFinish(p, statusDay(v, p))
}

// bookedMinutes is the time of all visible bookings of a project.
func bookedMinutes(v *view, p *ent.Project) (minutes int) {
	for a := range bookingsOf(v, p) {
		minutes += minutesOf(v, a)
	}
	return minutes
}

func nameOf(v *view, id *int64) value {
	if u := state.Users.Ref(v, id); u != nil {
		return dataset.OfPersonal(state.Users.Key(v, u), u.Name)
	}
	return dataset.None
}

// topOf is the topmost visible portfolio above a project.
func topOf(v *view, p *ent.Project) (top *ent.Portfolio) {
	for up := state.Portfolios.Get(v, p.PortfolioID); up != nil; up = state.Portfolios.Ref(v, up.ParentID) {
		top = up
	}
	return top
}

func ofPortfolio(p *ent.Portfolio) value {
	if p == nil {
		return dataset.None
	}
	return text(p.Name)
}

var (
	projectText    = filling[ent.Project](dataset.Text)
	projectDay     = filling[ent.Project](dataset.Date)
	projectInstant = filling[ent.Project](dataset.Instant)
	projectHours   = filling[ent.Project](dataset.Decimal)
)

// projectName is the property by which many sets repeat a project's name.
func projectName[T any](project func(row *T) *ent.Project) fill {
	return filling[T](dataset.Text)("ProjectName", "the project's name", func(_ *view, row *T) value { return projectNameOf(project(row)) })
}

var projectRows = rows{
	From:  "the projects",
	Order: []string{"ProjectId"},
	each: func(v *view, w dataset.Wanted) iter.Seq[any] {
		return untyped(narrowed(v, state.Projects, w, "ProjectId"))
	},
	Fills: []fill{
		guid("ProjectId", "the project", projects, func(_ *view, p *ent.Project) value { return projectID(p.ID) }),
		projectName(func(p *ent.Project) *ent.Project { return p }),
		projectText("ProjectTitle", "the project's name", func(_ *view, p *ent.Project) value { return text(p.Name) }),
		projectText("ProjectIdentifier", "the project's code", func(_ *view, p *ent.Project) value { return text(p.Code) }),
		always("ProjectType", "0: a project", dataset.OfInt(0)),
		always("ProjectEnterpriseFeatures", "true", dataset.OfBool(true)),
		guid("EnterpriseProjectTypeId", "the portfolio it lies in", portfolios, func(v *view, p *ent.Project) value {
			if state.Portfolios.Get(v, p.PortfolioID) == nil {
				return dataset.None
			}
			return dataset.OfID(state.Portfolios.Desc(), p.PortfolioID)
		}),
		projectText("EnterpriseProjectTypeName", "name of the portfolio it lies in", func(v *view, p *ent.Project) value {
			return ofPortfolio(state.Portfolios.Get(v, p.PortfolioID))
		}),
		projectText("ProjectDepartments", "name of the topmost visible portfolio above it", func(v *view, p *ent.Project) value { return ofPortfolio(topOf(v, p)) }),
		projectText("ProjectCategoryName", "its category", func(_ *view, p *ent.Project) value { return dataset.OfOptional(p.Category) }),
		projectText("ProjectCurrency", "its currency, by ISO 4217; all amounts of the row are in it", func(_ *view, p *ent.Project) value { return text(p.Currency) }),
		guid("ProjectOwnerId", "the user who manages it", users, func(v *view, p *ent.Project) value { return visible(v, state.Users, p.ManagerID) }),
		projectText("ProjectOwnerName", "name of the user who manages it", func(v *view, p *ent.Project) value { return nameOf(v, p.ManagerID) }).closed(vocab.ClassPersonal),
		projectText("ProjectManagerName", "name of the user who manages it", func(v *view, p *ent.Project) value { return nameOf(v, p.ManagerID) }).closed(vocab.ClassPersonal),

		projectDay("ProjectStartDate", "its planned start", func(_ *view, p *ent.Project) value { return dataset.OfDay(p.PlannedStart) }),
		projectDay("ProjectFinishDate", "the day it was finished, or is expected to be; else its planned finish", func(v *view, p *ent.Project) value { return dataset.OfDay(finishOf(v, p)) }),
		projectDay("ProjectActualFinishDate", "the day its finish was reached", func(v *view, p *ent.Project) value { return dataset.OfDay(actualFinish(v, p)) }),
		projectDay("ProjectStatusDate", "its status date", func(_ *view, p *ent.Project) value { return dataset.OfDay(p.StatusDate) }),
		projectInstant("ProjectCreatedDate", "the instant it was recorded", func(_ *view, p *ent.Project) value { return dataset.OfTime(p.CreatedAt) }),
		projectInstant("ProjectModifiedDate", "the instant it was last changed", func(_ *view, p *ent.Project) value { return dataset.OfTime(p.UpdatedAt) }),
		projectInstant("ProjectLastPublishedDate", "the instant it was last changed", func(_ *view, p *ent.Project) value { return dataset.OfTime(p.UpdatedAt) }),

		projectHours("ProjectDuration", "hours of work by its calendar from start to finish", func(v *view, p *ent.Project) value {
			return lasts(v, p, p.PlannedStart, finishOf(v, p))
		}),
		filling[ent.Project](dataset.Int)("ProjectCalendarDuration", "days from start to finish", func(v *view, p *ent.Project) value {
			finish := finishOf(v, p)
			if p.PlannedStart == nil || finish == nil {
				return dataset.None
			}
			return dataset.OfInt(*finish - *p.PlannedStart + 1)
		}),
		projectHours("ProjectFinishVariance", "hours of work that its finish lies behind the baseline in force", func(v *view, p *ent.Project) value {
			_, finish := baselineOf(v, p)
			return later(v, p, finishOf(v, p), finish)
		}),
		projectHours("ProjectStartVariance", "hours of work that its start lies behind the baseline in force", func(v *view, p *ent.Project) value {
			start, _ := baselineOf(v, p)
			return later(v, p, p.PlannedStart, start)
		}),
		projectHours("ProjectWork", "hours of its visible bookings", func(v *view, p *ent.Project) value { return ofHours(bookedMinutes(v, p)) }),
		projectHours("ProjectRegularWork", "hours of its visible bookings", func(v *view, p *ent.Project) value { return ofHours(bookedMinutes(v, p)) }),
		projectHours("ProjectResourcePlanWork", "hours of its visible bookings", func(v *view, p *ent.Project) value { return ofHours(bookedMinutes(v, p)) }),

		money("ProjectCost", "its forecast: actual, committed and still to be spent", forecast),
		money("ProjectRegularCost", "its forecast: actual, committed and still to be spent", forecast),
		money("ProjectActualCost", "its actual cost", actual),
		money("ProjectActualRegularCost", "its actual cost", actual),
		combined("ProjectRemainingCost", "its forecast less its actual cost", forecast, actual, minus),
		combined("ProjectRemainingRegularCost", "its forecast less its actual cost", forecast, actual, minus),
		money("ProjectBudgetCost", "its approved budget", func(r *figure.Rollup) figure.Figure { return r.Costs().Budget() }),
		combined("ProjectCostVariance", "its forecast less the budget of the baseline in force: above zero is dearer than planned", forecast, budgetAtC, minus),
		money("ProjectBCWS", "its planned value", planned),
		money("ProjectBCWP", "its earned value", earned),
		money("ProjectACWP", "actual cost that earned value is compared with", func(r *figure.Rollup) figure.Figure { return r.Earned().AC() }),
		money("ProjectCV", "earned value less actual cost", costVar),
		money("ProjectSV", "earned value less planned value", timeVar),
		combined("ProjectCVP", "cost variance in percent of earned value", costVar, earned, percent),
		combined("ProjectSVP", "schedule variance in percent of planned value", timeVar, planned, percent),
		money("ProjectCPI", "its cost performance index", func(r *figure.Rollup) figure.Figure { return r.Earned().CPI() }),
		money("ProjectSPI", "its schedule performance index", func(r *figure.Rollup) figure.Figure { return r.Earned().SPI() }),
		money("ProjectTCPI", "its to-complete performance index", func(r *figure.Rollup) figure.Figure { return r.Earned().TCPI() }),
		money("ProjectEAC", "its estimate at completion, if the cost performance so far goes on", func(r *figure.Rollup) figure.Figure { return r.Earned().EAC(vocab.EacTypical) }),
		money("ProjectVAC", "its variance at completion, if the cost performance so far goes on", func(r *figure.Rollup) figure.Figure { return r.Earned().VAC(vocab.EacTypical) }),
		completed[ent.Project]("ProjectPercentCompleted", func(p *ent.Project) *ent.Project { return p }),
	},
}

// completed is how much of a project is done, by earned value.
func completed[T any](name string, project func(row *T) *ent.Project) fill {
	return filling[T](dataset.Int)(name, "percent complete by earned value, rounded", func(v *view, row *T) value {
		p := project(row)
		return inPercent(v.Book.Single(p, statusDay(v, p)).Earned().PercentComplete())
	}).closed(vocab.ClassMoney)
}

func untyped[T any](all iter.Seq[*T]) iter.Seq[any] {
	return func(yield func(any) bool) {
		for row := range all {
			if !yield(row) {
				return
			}
		}
	}
}

// stage is where a project stands, as a workflow of Project Online would have it.
var stage = map[vocab.ProjectLifecycle]struct{ Phase, Stage string }{
	vocab.ProjectLifecycleProposed:   {"Create", "Proposed"},
	vocab.ProjectLifecycleAuthorised: {"Select", "Authorised"},
	vocab.ProjectLifecyclePlanning:   {"Plan", "Planning"},
	vocab.ProjectLifecycleExecuting:  {"Manage", "Executing"},
	vocab.ProjectLifecycleOnHold:     {"Manage", "On hold"},
	vocab.ProjectLifecycleClosing:    {"Finish", "Closing"},
	vocab.ProjectLifecycleClosed:     {"Finish", "Closed"},
	vocab.ProjectLifecycleCancelled:  {"Finish", "Cancelled"},
}

var stageRows = rows{
	From:  "the stage each project stands in",
	Order: []string{"ProjectId"},
	each:  projectRows.each,
	Fills: []fill{
		guid("ProjectId", "the project", projects, func(_ *view, p *ent.Project) value { return projectID(p.ID) }),
		projectName(func(p *ent.Project) *ent.Project { return p }),
		projectText("StageId", "a guid of the stage's own", func(_ *view, p *ent.Project) value {
			return text(guidOf("project-lifecycle-" + string(p.Lifecycle)))
		}),
		projectText("StageName", "where it stands between idea and end", func(_ *view, p *ent.Project) value { return text(stage[p.Lifecycle].Stage) }),
		projectText("PhaseName", "the phase of that: Create, Select, Plan, Manage or Finish", func(_ *view, p *ent.Project) value { return text(stage[p.Lifecycle].Phase) }),
		projectText("StageStateDescription", "where it stands between idea and end", func(_ *view, p *ent.Project) value { return text(p.Lifecycle) }),
		always("LCID", "1033: English", dataset.OfInt(1033)),
	},
}
