package read

import (
	"pmograph/ent"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Milestone is an event without duration that marks a commitment.
type Milestone struct{ thing[ent.Milestone] }

func newMilestone(v *View, r *ent.Milestone) *Milestone {
	return v.room.milestone.put(Milestone{thingOf(v, r)})
}

// Name is its name.
func (m *Milestone) Name() string { return m.row.Name }

// State is whether it was reached, is expected or was given up.
func (m *Milestone) State() vocab.MilestoneState { return m.row.State }

// ActualDate is the day it was reached.
func (m *Milestone) ActualDate() *vocab.Date { return m.row.ActualDate }

// Weight is its share of progress, relative to the project's others.
func (m *Milestone) Weight() int { return m.row.Weight }

// IsContractual tells whether a contract names it.
func (m *Milestone) IsContractual() bool { return m.row.IsContractual }

// IsFinish tells whether it is the project's finish.
func (m *Milestone) IsFinish() bool { return m.row.IsFinish }

func (m *Milestone) project() *ent.Project { return state.Projects.Get(m.v, m.row.ProjectID) }

// Project is what it belongs to.
func (m *Milestone) Project() *Project { return maybe(m.v, m.project(), newProject) }

// Owner is who answers for it.
func (m *Milestone) Owner() *User { return maybe(m.v, state.Users.Ref(m.v, m.row.OwnerID), newUser) }

// ForecastDate is the day it is expected, as it was known on a day.
func (m *Milestone) ForecastDate(asOf *vocab.Date) *vocab.Date {
	if p := m.project(); p != nil {
		return m.v.book.Forecast(p, m.row, m.v.asOf(asOf, p.StatusDate))
	}
	return m.row.ForecastDate
}

// BaselineDate is the day the baseline in force on a day fixes.
func (m *Milestone) BaselineDate(asOf *vocab.Date) *vocab.Date {
	if p := m.project(); p != nil {
		return m.v.book.BaselineDate(p, m.row, m.v.asOf(asOf, p.StatusDate))
	}
	return nil
}

// Slip is how many working days later than its baseline it was or will be.
func (m *Milestone) Slip(asOf *vocab.Date) *Figure {
	p := m.project()
	if p == nil {
		return m.v.figure(figure.NoFinish(m.v.asOf(asOf)))
	}
	return m.v.figure(m.v.book.Slip(p, m.row, m.v.asOf(asOf, p.StatusDate)))
}

// Budget is the budget of the work it concludes.
func (m *Milestone) Budget() *Amount {
	currency := ""
	if p := m.project(); p != nil {
		currency = p.Currency
	}
	return m.v.money(state.Milestones.Key(m.v, m.row), m.row.Budget, currency)
}

var byForecast = &order[*ent.Milestone]{name: "milestones FORECAST", key: func(m *ent.Milestone) key { return byNumber(m.ForecastDate) }, id: func(m *ent.Milestone) int64 { return m.ID }}

// MilestoneFilter says which milestones.
type MilestoneFilter struct {
	Portfolio, Project *string
	State              []vocab.MilestoneState
	Text               *string
}

// Milestones gives a page of the milestones that meet a filter.
func (v *View) Milestones(f *MilestoneFilter, p Page) (*MilestoneConnection, error) {
	rows := state.Milestones.All(v)
	if f != nil {
		in := map[int64]bool{}
		if f.Portfolio != nil {
			if id, ok := number(state.Portfolios.Desc(), *f.Portfolio); ok && state.Portfolios.Get(v, id) != nil {
				v.inPortfolio(id)(func(p *ent.Project) bool { in[p.ID] = true; return true })
			}
		}
		rows = where(rows, func(m *ent.Milestone) bool {
			return (f.Portfolio == nil || in[m.ProjectID]) && v.names(f.Project, state.Projects.Desc(), &m.ProjectID) && among(f.State, m.State) && within(f.Text, m.Name)
		})
	}
	return connect[MilestoneConnection](v, rows, byForecast, p, newMilestone)
}

// MilestoneEdge is an item of a page of milestones.
type MilestoneEdge struct{ Edge[*Milestone] }

// MilestoneConnection is a page of milestones.
type MilestoneConnection struct {
	Connection[*ent.Milestone, *Milestone, MilestoneEdge]
}

// Baseline is the approved plan of a project.
type Baseline struct {
	thing[ent.Baseline]
	Number     int
	State      vocab.BaselineState
	ApprovedOn *vocab.Date
	Reason     string
	Currency   *string
}

func newBaseline(v *View, r *ent.Baseline) *Baseline {
	return &Baseline{
		thing:  thingOf(v, r),
		Number: r.Number, State: r.State, ApprovedOn: r.ApprovedOn, Reason: r.Reason, Currency: r.Currency,
	}
}

// Project is what it belongs to.
func (b *Baseline) Project() *Project {
	return maybe(b.v, state.Projects.Get(b.v, b.row.ProjectID), newProject)
}

// Entries are a page of what it fixes.
func (b *Baseline) Entries(first *int32, after *string, last *int32, before *string) (*BaselineEntryConnection, error) {
	return connect[BaselineEntryConnection](b.v, state.BaselineEntries.By(b.v, "baseline_id", b.row.ID), entryByFinish, Page{first, after, last, before}, newBaselineEntry)
}

var newestBaseline = &order[*ent.Baseline]{name: "baselines NUMBER DESC", key: func(b *ent.Baseline) key { return byNumber(&b.Number) }, id: func(b *ent.Baseline) int64 { return b.ID }, down: true}

// BaselineEdge is an item of a page of baselines.
type BaselineEdge struct{ Edge[*Baseline] }

// BaselineConnection is a page of baselines.
type BaselineConnection struct {
	Connection[*ent.Baseline, *Baseline, BaselineEdge]
}

// BaselineEntry is the dates a baseline fixes for one thing.
type BaselineEntry struct {
	thing[ent.BaselineEntry]
	ItemKind      vocab.BaselineItemKind
	Start, Finish *vocab.Date
}

func newBaselineEntry(v *View, r *ent.BaselineEntry) *BaselineEntry {
	return &BaselineEntry{
		thing:    thingOf(v, r),
		ItemKind: r.ItemKind, Start: r.Start, Finish: r.Finish,
	}
}

// Weight is the share of the budget that reaching it earns, relative to the others of the baseline; nil counts as 1, or is not visible.
func (e *BaselineEntry) Weight() *Long {
	if n, ok := state.BaselineEntries.Key(e.v, e.row).Money(e.row.Weight); ok {
		return (*Long)(&n)
	}
	return nil
}

// Baseline is what it belongs to.
func (e *BaselineEntry) Baseline() *Baseline {
	return maybe(e.v, state.Baselines.Get(e.v, e.row.BaselineID), newBaseline)
}

// Project is the project of the baseline.
func (e *BaselineEntry) Project() *Project {
	return maybe(e.v, state.Projects.Get(e.v, e.row.ProjectID), newProject)
}

// Milestone is what is fixed; nil for the project's own dates.
func (e *BaselineEntry) Milestone() *Milestone {
	return maybe(e.v, state.Milestones.Ref(e.v, e.row.MilestoneID), newMilestone)
}

var entryByFinish = &order[*ent.BaselineEntry]{name: "entries FINISH", key: func(e *ent.BaselineEntry) key { return byNumber(e.Finish) }, id: func(e *ent.BaselineEntry) int64 { return e.ID }}

// BaselineEntryEdge is an item of a page of baseline entries.
type BaselineEntryEdge struct{ Edge[*BaselineEntry] }

// BaselineEntryConnection is a page of baseline entries.
type BaselineEntryConnection struct {
	Connection[*ent.BaselineEntry, *BaselineEntry, BaselineEntryEdge]
}
