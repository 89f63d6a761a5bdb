package read

import (
	"io"
	"iter"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Rollup is the condition of a node's projects on a day.
type Rollup struct {
	v *View
	r *figure.Rollup
}

func (v *View) rollup(s figure.Scope, asOf vocab.Date) *Rollup {
	return &Rollup{v, v.book.Rollup(s, asOf)}
}

// kept tells whether sums kept at nodes may answer a viewer who may do something there: of the past only who sees the whole organisation is
// answered from them, since what lay there then may be hidden from him now.
func (v *View) kept(may auth.Permission) func(vocab.Class) bool {
	if v.IsPast() {
		may = v.Rights().Organisation()
	}
	return func(c vocab.Class) bool { return may.Has(auth.Read | auth.Reads(c)) }
}

// scopeOf gives what a node's rollup is over. What is complete follows from the viewer's permissions at the node, which hold below it.
func (v *View) scopeOf(p auth.Place, portfolio *ent.Portfolio, projects iter.Seq[*ent.Project]) figure.Scope {
	may := v.May(p)
	return figure.Scope{
		Projects: projects, Currency: v.book.CurrencyOf(portfolio),
		Complete: func(c vocab.Class) bool { return may.Has(auth.Read | auth.Reads(c)) }, Kept: v.kept(may),
	}
}

// inPortfolio hands out the visible projects of a portfolio and all below it.
func (v *View) inPortfolio(id int64) iter.Seq[*ent.Project] {
	return func(yield func(*ent.Project) bool) { v.eachBelow(id, yield) }
}

func (v *View) eachBelow(id int64, yield func(*ent.Project) bool) bool {
	for p := range state.Projects.By(v, "portfolio_id", id) {
		if !yield(p) {
			return false
		}
	}
	for child := range state.Portfolios.By(v, "parent_id", id) {
		if !v.eachBelow(child.ID, yield) {
			return false
		}
	}
	return true
}

// AsOf is the day the figures hold for.
func (r *Rollup) AsOf() vocab.Date { return r.r.AsOf }

// Projects counts the projects.
func (r *Rollup) Projects() *ProjectCounts { return &ProjectCounts{r} }

// Cost adds up what the projects' reports say, and what is recorded.
func (r *Rollup) Cost() *CostTotals { return &CostTotals{r} }

// EarnedValue compares what was planned, earned and spent.
func (r *Rollup) EarnedValue() *EarnedValue { return newEarnedValue(r) }

// Milestones counts the milestones of the projects.
func (r *Rollup) Milestones() *MilestoneTotals { return &MilestoneTotals{r} }

// DataAge says how old the reports are.
func (r *Rollup) DataAge() *DataAge {
	oldest, newest := r.r.DataAge()
	return &DataAge{Oldest: oldest, Newest: newest, r: r}
}

// TrendStep is the length of a trend's periods.
type TrendStep string

// UnmarshalGQL reads the name.
func (s *TrendStep) UnmarshalGQL(src any) error { return word(s, src) }

// monthsOf gives the months of each step.
var monthsOf = map[TrendStep]int{"MONTH": 1, "QUARTER": 3, "YEAR": 12}

const maxTrend = 120

// Trend gives the same rollup at the last day of each period that ends in a span. Quarters and years are those of the fiscal year.
func (r *Rollup) Trend(by TrendStep, from vocab.Date, to *vocab.Date) ([]*Rollup, error) {
	last := r.v.asOf(to, &r.r.AsOf)
	points := []*Rollup{}
	for _, day := range periodEnds(from, last, monthsOf[by], r.v.book.FiscalYearStart()) {
		if len(points) == maxTrend {
			return nil, fault.At("from", "OUT_OF_RANGE", "a trend has at most %d points; ask for a shorter span or longer periods", maxTrend)
		}
		points = append(points, r.v.rollup(r.r.Scope, day))
	}
	return points, nil
}

// periodEnds lists the last days, from a day on and up to another, of periods of some months of which one begins with a month of the year.
// It lists one more than a trend may have at the most.
func periodEnds(from, to vocab.Date, months, start int) (days []vocab.Date) {
	days = make([]vocab.Date, 0, min(max(0, int(to-from)/(28*months))+1, maxTrend+1))
	for year, month, _ := from.Civil(); len(days) <= maxTrend; month++ {
		day := vocab.NewDate(year, month+1, 1) - 1
		if day > to {
			break
		}
		if (int(month)+1-start+12)%months == 0 {
			days = append(days, day)
		}
	}
	return days
}

// ProjectCounts counts projects.
type ProjectCounts struct{ r *Rollup }

// Total counts all that count.
func (c *ProjectCounts) Total() *Figure { return c.r.v.figure(c.r.r.Projects()) }

// NotReporting counts those whose newest report is too old.
func (c *ProjectCounts) NotReporting() *Figure { return c.r.v.figure(c.r.r.NotReporting()) }

// HealthShare is the projects of one health.
type HealthShare struct {
	Health vocab.Rag
	share
}

// ConfidenceShare is the projects of one confidence.
type ConfidenceShare struct {
	Confidence vocab.DeliveryConfidence
	share
}

// LifecycleShare is the projects of one lifecycle.
type LifecycleShare struct {
	Lifecycle vocab.ProjectLifecycle
	share
}

type share struct {
	v *View
	g figure.Group
}

// Count is how many they are.
func (s share) Count() *Figure { return s.v.figure(s.g.Count()) }

// Share is which share of all they are.
func (s share) Share() *Figure { return s.v.figure(s.g.Share()) }

// ByHealth groups by declared health; every value has a group.
func (c *ProjectCounts) ByHealth() []HealthShare {
	list := make([]HealthShare, 0, len(vocab.Rag("").Values()))
	for _, name := range vocab.Rag("").Values() {
		k := vocab.Rag(name)
		list = append(list, HealthShare{k, share{c.r.v, c.r.r.ByHealth(k)}})
	}
	return list
}

// ComputedShare is the projects of one computed condition.
type ComputedShare struct {
	Health vocab.Rag
	Count  *Figure
}

// ByComputedHealth groups by computed condition; every value has a group.
func (c *ProjectCounts) ByComputedHealth() (list []ComputedShare) {
	all := c.r.r.Ratings()
	for _, name := range vocab.Rag("").Values() {
		k := vocab.Rag(name)
		list = append(list, ComputedShare{k, c.r.v.figure(all.Count(k))})
	}
	return list
}

// ByConfidence groups by declared confidence; every value has a group.
func (c *ProjectCounts) ByConfidence() (list []ConfidenceShare) {
	for _, name := range vocab.DeliveryConfidence("").Values() {
		k := vocab.DeliveryConfidence(name)
		list = append(list, ConfidenceShare{k, share{c.r.v, c.r.r.ByConfidence(k)}})
	}
	return list
}

// ByLifecycle groups by lifecycle; every value has a group.
func (c *ProjectCounts) ByLifecycle() (list []LifecycleShare) {
	for _, name := range vocab.ProjectLifecycle("").Values() {
		k := vocab.ProjectLifecycle(name)
		list = append(list, LifecycleShare{k, share{c.r.v, c.r.r.ByLifecycle(k)}})
	}
	return list
}

// CostTotals adds up money. What some may not see is an object of its own.
type CostTotals struct{ r *Rollup }

// WholeLife is the cost over the whole life.
func (c *CostTotals) WholeLife() *Figure { return c.r.v.figure(c.r.r.Total(figure.WholeLife)) }

// PeriodBudget is the budget of the reports' periods.
func (c *CostTotals) PeriodBudget() *Figure { return c.r.v.figure(c.r.r.Total(figure.PeriodBudget)) }

// PeriodForecast is the forecast of the reports' periods.
func (c *CostTotals) PeriodForecast() *Figure {
	return c.r.v.figure(c.r.r.Total(figure.PeriodForecast))
}

// Variance is budget minus forecast.
func (c *CostTotals) Variance() *Figure { return c.r.v.figure(c.r.r.Variance()) }

// MilestoneTotals counts milestones.
type MilestoneTotals struct{ r *Rollup }

func (m *MilestoneTotals) count(c figure.MilestoneCount) *Figure {
	return m.r.v.figure(m.r.r.Milestones(c))
}

// Due counts those whose baseline date has come.
func (m *MilestoneTotals) Due() *Figure { return m.count(figure.Due) }

// Reached counts those due and reached.
func (m *MilestoneTotals) Reached() *Figure { return m.count(figure.Reached) }

// OnTime counts those due and reached on or before the baseline date.
func (m *MilestoneTotals) OnTime() *Figure { return m.count(figure.ReachedOnTime) }

// Slipped counts those later than the baseline.
func (m *MilestoneTotals) Slipped() *Figure { return m.count(figure.Slipped) }

// Cancelled counts the cancelled.
func (m *MilestoneTotals) Cancelled() *Figure { return m.count(figure.Cancelled) }

// OnTimeRate is on time over due.
func (m *MilestoneTotals) OnTimeRate() *Figure { return m.r.v.figure(m.r.r.OnTimeRate()) }

// WorstSlip is the greatest slip.
func (m *MilestoneTotals) WorstSlip() *Figure { return m.r.v.figure(m.r.r.WorstSlip()) }

// DataAge says how old reports are.
type DataAge struct {
	Oldest, Newest *vocab.Date
	r              *Rollup
}

// Unreported counts the projects that never reported.
func (a *DataAge) Unreported() *Figure { return a.r.v.figure(a.r.r.Unreported()) }

// Reporting is how a project stands with its reports.
type Reporting figure.Reporting

// MarshalGQL writes the name.
func (s Reporting) MarshalGQL(w io.Writer) { quoted(w, string(s)) }

// UnmarshalGQL reads the name.
func (s *Reporting) UnmarshalGQL(src any) error { return word(s, src) }
