package read

import (
	"pmograph/internal/fault"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// CostAmounts are amounts that are recorded of costs and budgets, and what follows from them.
type CostAmounts struct {
	v *View
	c *figure.Costs
}

// Recorded adds up what is recorded.
func (c *CostTotals) Recorded() *CostAmounts { return &CostAmounts{c.r.v, c.r.r.Costs()} }

// Budget is the approved budget.
func (a *CostAmounts) Budget() *Figure { return a.v.figure(a.c.Budget()) }

// ManagementReserve is approved outside the budget.
func (a *CostAmounts) ManagementReserve() *Figure { return a.v.figure(a.c.ManagementReserve()) }

// Planned is the planned cost.
func (a *CostAmounts) Planned() *Figure { return a.v.figure(a.c.Planned()) }

// Actual is the booked cost.
func (a *CostAmounts) Actual() *Figure { return a.v.figure(a.c.Actual()) }

// Committed is ordered and not yet invoiced.
func (a *CostAmounts) Committed() *Figure { return a.v.figure(a.c.Committed()) }

// ToComplete is still expected to be spent beside that.
func (a *CostAmounts) ToComplete() *Figure { return a.v.figure(a.c.ToComplete()) }

// Forecast is what it is going to cost.
func (a *CostAmounts) Forecast() *Figure { return a.v.figure(a.c.Forecast()) }

// Variance is budget less forecast.
func (a *CostAmounts) Variance() *Figure { return a.v.figure(a.c.Variance()) }

// VarianceShare is the variance over the budget.
func (a *CostAmounts) VarianceShare() *Figure { return a.v.figure(a.c.VarianceShare()) }

// CategoryCost are the amounts of one kind of cost.
type CategoryCost struct {
	Amounts *CostAmounts
	v       *View
	id      int64
}

// Category is the kind of cost.
func (c CategoryCost) Category() *CostCategory {
	return maybe(c.v, state.CostCategories.Get(c.v, c.id), newCostCategory)
}

// ByCategory sorts what is recorded by kind of cost.
func (c *CostTotals) ByCategory() []CategoryCost {
	list := []CategoryCost{}
	for _, x := range c.r.r.ByCategory() {
		list = append(list, CategoryCost{&CostAmounts{c.r.v, &x.Costs}, c.r.v, x.Category})
	}
	return list
}

// MonthCost are the amounts of one month.
type MonthCost struct {
	Month   vocab.Date
	Amounts *CostAmounts
}

// ByMonth sorts what is recorded by month, of those that begin in a span.
func (c *CostTotals) ByMonth(from, to vocab.Date) ([]MonthCost, error) {
	if to > from.AddMonths(maxTrend) {
		return nil, fault.At("to", "OUT_OF_RANGE", "a span has at most %d months", maxTrend)
	}
	list := []MonthCost{}
	for _, x := range c.r.r.ByMonth(from, to) {
		list = append(list, MonthCost{x.Month, &CostAmounts{c.r.v, &x.Costs}})
	}
	return list, nil
}

// EarnedValue compares what was planned, earned and spent, of the projects that have a baseline with money.
type EarnedValue struct {
	r *Rollup
	e *figure.Earned
}

func newEarnedValue(r *Rollup) *EarnedValue { return &EarnedValue{r, r.r.Earned()} }

// AsOf is the day the figures hold for.
func (e *EarnedValue) AsOf() vocab.Date { return e.r.r.AsOf }

func (e *EarnedValue) show(f figure.Figure) *Figure { return e.r.v.figure(f) }

// PlannedValue is PV.
func (e *EarnedValue) PlannedValue() *Figure { return e.show(e.e.PV()) }

// EarnedValue is EV.
func (e *EarnedValue) EarnedValue() *Figure { return e.show(e.e.EV()) }

// ActualCost is AC.
func (e *EarnedValue) ActualCost() *Figure { return e.show(e.e.AC()) }

// BudgetAtCompletion is BAC.
func (e *EarnedValue) BudgetAtCompletion() *Figure { return e.show(e.e.BAC()) }

// CostVariance is CV.
func (e *EarnedValue) CostVariance() *Figure { return e.show(e.e.CV()) }

// ScheduleVariance is SV.
func (e *EarnedValue) ScheduleVariance() *Figure { return e.show(e.e.SV()) }

// Cpi is the cost performance index.
func (e *EarnedValue) Cpi() *Figure { return e.show(e.e.CPI()) }

// Spi is the schedule performance index.
func (e *EarnedValue) Spi() *Figure { return e.show(e.e.SPI()) }

// PercentComplete is EV over BAC.
func (e *EarnedValue) PercentComplete() *Figure { return e.show(e.e.PercentComplete()) }

// PercentSpent is AC over BAC.
func (e *EarnedValue) PercentSpent() *Figure { return e.show(e.e.PercentSpent()) }

// EstimateAtCompletion is EAC by a method.
func (e *EarnedValue) EstimateAtCompletion(method vocab.EacMethod) *Figure {
	return e.show(e.e.EAC(method))
}

// EstimateToComplete is ETC by a method.
func (e *EarnedValue) EstimateToComplete(method vocab.EacMethod) *Figure {
	return e.show(e.e.ETC(method))
}

// VarianceAtCompletion is VAC by a method.
func (e *EarnedValue) VarianceAtCompletion(method vocab.EacMethod) *Figure {
	return e.show(e.e.VAC(method))
}

// Tcpi is the to-complete performance index against the budget.
func (e *EarnedValue) Tcpi() *Figure { return e.show(e.e.TCPI()) }

// TcpiToEac is the same against the estimate at completion of a method.
func (e *EarnedValue) TcpiToEac(method vocab.EacMethod) *Figure {
	return e.show(e.e.TCPIToEAC(method))
}

// Schedule is the earned schedule.
func (e *EarnedValue) Schedule() *EarnedSchedule { return &EarnedSchedule{e, e.e.Schedule()} }

// Trend gives earned value at the last day of each period that ends in a span.
func (e *EarnedValue) Trend(by TrendStep, from vocab.Date, to *vocab.Date) ([]*EarnedValue, error) {
	points, err := e.r.Trend(by, from, to)
	list := []*EarnedValue{}
	for _, p := range points {
		list = append(list, newEarnedValue(p))
	}
	return list, err
}

// EarnedSchedule compares what was earned with the plan in time.
type EarnedSchedule struct {
	e *EarnedValue
	s *figure.Schedule
}

// Start is the first day of the plan; nil without one.
func (s *EarnedSchedule) Start() *vocab.Date { return s.s.Start() }

// PlannedDuration is the months of the plan.
func (s *EarnedSchedule) PlannedDuration() *Figure { return s.e.show(s.s.PD()) }

// ActualTime is the months since its start.
func (s *EarnedSchedule) ActualTime() *Figure { return s.e.show(s.s.AT()) }

// EarnedSchedule is ES.
func (s *EarnedSchedule) EarnedSchedule() *Figure { return s.e.show(s.s.ES()) }

// ScheduleVariance is SV(t).
func (s *EarnedSchedule) ScheduleVariance() *Figure { return s.e.show(s.s.SVt()) }

// Spi is SPI(t).
func (s *EarnedSchedule) Spi() *Figure { return s.e.show(s.s.SPIt()) }

// EstimatedDuration is IEAC(t).
func (s *EarnedSchedule) EstimatedDuration() *Figure { return s.e.show(s.s.IEACt()) }

// Tspi is the to-complete schedule performance index.
func (s *EarnedSchedule) Tspi() *Figure { return s.e.show(s.s.TSPI()) }

// PauseEarned tells that ES counts a planned pause as earned; nil if it is not visible.
func (s *EarnedSchedule) PauseEarned() *bool {
	if s.s.Start() == nil {
		return nil
	}
	p := s.s.PauseEarned()
	return &p
}

// ComputedHealth is a project's condition by its figures.
type ComputedHealth struct {
	v *View
	r figure.Rating
}

// Rag is the worst of the rated dimensions; nil if one of them is not visible.
func (h *ComputedHealth) Rag() *vocab.Rag { return optional(h.r.Rag) }

// Dimensions are what is judged.
func (h *ComputedHealth) Dimensions() []HealthDimension {
	list := []HealthDimension{}
	for _, d := range h.r.Dimensions {
		x := HealthDimension{Dimension: d.Dimension, Figure: h.v.figure(d.Figure), Tolerance: maybe(h.v, d.Tolerance, newTolerance)}
		if d.Figure.Reason != vocab.ReasonNotVisible {
			x.Rag = &d.Rag
		}
		list = append(list, x)
	}
	return list
}

// HealthDimension is one part of a computed condition.
type HealthDimension struct {
	Dimension vocab.RagDimension
	Rag       *vocab.Rag
	Figure    *Figure
	Tolerance *Tolerance
}
