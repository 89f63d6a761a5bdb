package read

import (
	"iter"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Project is a temporary endeavour with a business case, a manager and a sponsor.
type Project struct{ thing[ent.Project] }

func newProject(v *View, r *ent.Project) *Project { return v.room.project.put(Project{thingOf(v, r)}) }

// Code is its short name.
func (p *Project) Code() string { return p.row.Code }

// Name is its name.
func (p *Project) Name() string { return p.row.Name }

// Lifecycle is where it stands between idea and end.
func (p *Project) Lifecycle() vocab.ProjectLifecycle { return p.row.Lifecycle }

// DeliveryMethod is how the work is organised.
func (p *Project) DeliveryMethod() *vocab.DeliveryMethod { return p.row.DeliveryMethod }

// Priority is its rank, 1 first.
func (p *Project) Priority() *int { return p.row.Priority }

// Category is its kind in the organisation's own words.
func (p *Project) Category() *string { return p.row.Category }

// Currency is that of its money.
func (p *Project) Currency() string { return p.row.Currency }

// StatusDate is the day up to which its actuals count; nil is the day of the question.
func (p *Project) StatusDate() *vocab.Date { return p.row.StatusDate }

// PlannedStart is the day it is to start.
func (p *Project) PlannedStart() *vocab.Date { return p.row.PlannedStart }

// PlannedFinish is the day it is to finish.
func (p *Project) PlannedFinish() *vocab.Date { return p.row.PlannedFinish }

// Portfolio is where it belongs; nil if not visible.
func (p *Project) Portfolio() *Portfolio {
	return maybe(p.v, state.Portfolios.Get(p.v, p.row.PortfolioID), newPortfolio)
}

// Program is what it belongs to; nil if none or not visible.
func (p *Project) Program() *Program {
	return maybe(p.v, state.Programs.Ref(p.v, p.row.ProgramID), newProgram)
}

// Manager is who manages it.
func (p *Project) Manager() *User { return maybe(p.v, state.Users.Ref(p.v, p.row.ManagerID), newUser) }

// Sponsor is who answers for its benefits.
func (p *Project) Sponsor() *User { return maybe(p.v, state.Users.Ref(p.v, p.row.SponsorID), newUser) }

// Calendar is its own working calendar.
func (p *Project) Calendar() *WorkCalendar {
	return maybe(p.v, state.WorkCalendars.Ref(p.v, p.row.CalendarID), newWorkCalendar)
}

// WorkingCalendar is the calendar its working days are counted in.
func (p *Project) WorkingCalendar() *WorkCalendar {
	return maybe(p.v, p.v.book.CalendarOf(p.row), newWorkCalendar)
}

func (p *Project) day(asOf *vocab.Date) vocab.Date { return p.v.asOf(asOf, p.row.StatusDate) }

func (p *Project) standing(asOf *vocab.Date) figure.Standing {
	return p.v.book.Standing(p.row, p.day(asOf))
}

// rags and confidences are the values of closed lists, as they are shown; there is none where nothing is to be shown.
var (
	rags        = pointers[vocab.Rag](vocab.Rag("").Values())
	confidences = pointers[vocab.DeliveryConfidence](vocab.DeliveryConfidence("").Values())
)

func pointers[E ~string](values []string) map[E]*E {
	m := map[E]*E{}
	for _, name := range values {
		m[E(name)] = new(E(name))
	}
	return m
}

// Health is the declared health that counts on a day.
func (p *Project) Health(asOf *vocab.Date) *vocab.Rag { return rags[p.standing(asOf).Health()] }

// Confidence is the declared confidence that counts on a day.
func (p *Project) Confidence(asOf *vocab.Date) *vocab.DeliveryConfidence {
	return confidences[p.standing(asOf).Confidence()]
}

// Reporting is how it stands with its reports on a day.
func (p *Project) Reporting(asOf *vocab.Date) Reporting { return Reporting(p.standing(asOf).Reporting) }

// Report is the report in force on a day, even if it is stale.
func (p *Project) Report(asOf *vocab.Date) *StatusReport {
	return maybe(p.v, p.standing(asOf).Report, newStatusReport)
}

// Cost is what its report in force says of money.
func (p *Project) Cost(asOf *vocab.Date) *CostTotals {
	return &CostTotals{&Rollup{p.v, p.v.book.Single(p.row, p.day(asOf))}}
}

// EarnedValue is that of the project.
func (p *Project) EarnedValue(asOf *vocab.Date) *EarnedValue {
	return newEarnedValue(&Rollup{p.v, p.v.book.Single(p.row, p.day(asOf))})
}

// ComputedHealth is its condition by its figures.
func (p *Project) ComputedHealth(asOf *vocab.Date) *ComputedHealth {
	return &ComputedHealth{p.v, p.v.book.Rating(p.row, p.day(asOf))}
}

// Slip is the slip of its finish.
func (p *Project) Slip(asOf *vocab.Date) *Figure {
	if m := p.v.book.Finish(p.row); m != nil {
		return p.v.figure(p.v.book.Slip(p.row, m, p.day(asOf)))
	}
	return p.v.figure(figure.NoFinish(p.day(asOf)))
}

// NextMilestone is the milestone expected next.
func (p *Project) NextMilestone(asOf *vocab.Date) *Milestone {
	return maybe(p.v, p.v.book.Next(p.row, p.day(asOf)), newMilestone)
}

// BaselineFinish is the day its finish is fixed for by the baseline in force.
func (p *Project) BaselineFinish(asOf *vocab.Date) *vocab.Date {
	return p.v.book.BaselineFinish(p.row, p.day(asOf))
}

// Milestones are a page of its milestones, of some states.
func (p *Project) Milestones(states []vocab.MilestoneState, first *int32, after *string, last *int32, before *string) (*MilestoneConnection, error) {
	var page pager[*ent.Milestone]
	if err := page.begin(byForecast, Page{first, after, last, before}); err != nil {
		return nil, err
	}
	for m := range state.Milestones.By(p.v, "project_id", p.row.ID) {
		if among(states, m.State) {
			page.see(m)
		}
	}
	return pageOf(p.v, page.page(), page.around, byForecast, newMilestone, &p.v.room.milestones), nil
}

// Baselines are a page of its baselines.
func (p *Project) Baselines(first *int32, after *string, last *int32, before *string) (*BaselineConnection, error) {
	return connect[BaselineConnection](p.v, state.Baselines.By(p.v, "project_id", p.row.ID), newestBaseline, Page{first, after, last, before}, newBaseline)
}

// Reports are a page of its status reports.
func (p *Project) Reports(first *int32, after *string, last *int32, before *string) (*StatusReportConnection, error) {
	return connect[StatusReportConnection](p.v, state.StatusReports.By(p.v, "project_id", p.row.ID), newestReport, Page{first, after, last, before}, newStatusReport)
}

// Journal is a page of what changed in it and below it.
func (p *Project) Journal(first *int32, after *Position, last *int32, before *Position) (*JournalConnection, error) {
	return p.v.Journal(JournalQuery{First: first, After: after, Last: last, Before: before, Scope: optional(p.ID().String())})
}

// Permissions is what the viewer may do with it.
func (p *Project) Permissions() []Permission {
	return p.v.permissions(state.Projects.Place(p.v, p.row))
}

// ProjectFilter says which projects. There is none on money: a filter is a way of reading.
type ProjectFilter struct {
	Portfolio, Program, Manager, Sponsor *string
	Lifecycle                            []vocab.ProjectLifecycle
	DeliveryMethod                       []vocab.DeliveryMethod
	Health                               []vocab.Rag
	Confidence                           []vocab.DeliveryConfidence
	Reporting                            []Reporting
	Category                             []string
	Text                                 *string
	AsOf                                 *vocab.Date
}

func (v *View) meets(p *ent.Project, f ProjectFilter) bool {
	if !among(f.Lifecycle, p.Lifecycle) || !amongSome(f.DeliveryMethod, p.DeliveryMethod) || !amongSome(f.Category, p.Category) || !within(f.Text, p.Code, p.Name) {
		return false
	}
	if !v.names(f.Program, state.Programs.Desc(), p.ProgramID) || !v.names(f.Manager, state.Users.Desc(), p.ManagerID) || !v.names(f.Sponsor, state.Users.Desc(), p.SponsorID) {
		return false
	}
	if len(f.Health)+len(f.Confidence)+len(f.Reporting) == 0 {
		return true
	}
	s := v.book.Standing(p, v.asOf(f.AsOf, p.StatusDate))
	return among(f.Health, s.Health()) && among(f.Confidence, s.Confidence()) && among(f.Reporting, Reporting(s.Reporting))
}

func amongSome[E comparable](list []E, v *E) bool {
	return len(list) == 0 || v != nil && among(list, *v)
}

// names tells whether an identifier names the row a reference holds, and the viewer sees that row; none asked for is no condition.
func (v *View) names(id *string, t *state.Desc, ref *int64) bool {
	if id == nil {
		return true
	}
	n, ok := number(t, *id)
	return ok && ref != nil && n == *ref && kinds[t].get(v, n) != nil
}

// ProjectOrder says in which order projects come.
type ProjectOrder struct {
	By        ProjectOrderField
	Direction Direction
}

// ProjectOrderField is what projects are ordered by.
type ProjectOrderField string

// UnmarshalGQL reads the name.
func (f *ProjectOrderField) UnmarshalGQL(src any) error { return word(f, src) }

var projectKeys = map[ProjectOrderField]func(*ent.Project) key{
	"NAME":       func(p *ent.Project) key { return byText(p.Name) },
	"CODE":       func(p *ent.Project) key { return byText(p.Code) },
	"PRIORITY":   func(p *ent.Project) key { return byNumber(p.Priority) },
	"START":      func(p *ent.Project) key { return byNumber(p.PlannedStart) },
	"FINISH":     func(p *ent.Project) key { return byNumber(p.PlannedFinish) },
	"CREATED_AT": func(p *ent.Project) key { return key{Num: p.CreatedAt.UnixMicro()} },
	"UPDATED_AT": func(p *ent.Project) key { return key{Num: p.UpdatedAt.UnixMicro()} },
}

var projectOrders = func() map[ProjectOrder]*order[*ent.Project] {
	orders := map[ProjectOrder]*order[*ent.Project]{}
	for by, key := range projectKeys {
		for _, d := range []Direction{"ASC", Desc} {
			orders[ProjectOrder{by, d}] = &order[*ent.Project]{
				name: "projects " + string(by) + " " + string(d), key: key, id: func(p *ent.Project) int64 { return p.ID }, down: d == Desc,
			}
		}
	}
	return orders
}()

func (o *ProjectOrder) order() *order[*ent.Project] {
	if o == nil {
		return projectOrders[ProjectOrder{By: "NAME", Direction: "ASC"}]
	}
	return projectOrders[*o]
}

// Projects gives a page of the projects that meet a filter.
func (v *View) Projects(f *ProjectFilter, o *ProjectOrder, p Page) (*ProjectConnection, error) {
	rows := state.Projects.All(v)
	if f != nil && f.Portfolio != nil {
		id, ok := number(state.Portfolios.Desc(), *f.Portfolio)
		if !ok || state.Portfolios.Get(v, id) == nil {
			return nil, fault.New(fault.NotFound, "there is no %.80q", *f.Portfolio)
		}
		rows = v.inPortfolio(id)
	}
	return v.projects(rows, f, o, p)
}

func (v *View) projects(rows iter.Seq[*ent.Project], f *ProjectFilter, o *ProjectOrder, p Page) (*ProjectConnection, error) {
	if f != nil {
		rows = where(rows, func(p *ent.Project) bool { return v.meets(p, *f) })
	}
	return connect[ProjectConnection](v, rows, o.order(), p, newProject)
}

// Project gives a project by identifier or path of codes.
func (v *View) Project(id, path *string) (*Project, error) {
	row, err := find(v, state.Projects, id, path, func(p *ent.Project) (string, *int64) { return p.Code, &p.PortfolioID })
	return maybe(v, row, newProject), err
}

// ProjectEdge is an item of a page of projects.
type ProjectEdge struct{ Edge[*Project] }

// ProjectConnection is a page of projects.
type ProjectConnection struct {
	Connection[*ent.Project, *Project, ProjectEdge]
}
