package projectdata

import (
	"iter"

	"pmograph/ent"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// task is a milestone, or the task of a whole project.
type task struct {
	project   *ent.Project
	milestone *ent.Milestone // nil: the whole
}

func (t *task) id() value {
	if t.milestone == nil {
		return projectID(t.project.ID)
	}
	return dataset.OfID(state.Milestones.Desc(), t.milestone.ID)
}

func (t *task) name() value {
	if t.milestone == nil {
		return text(t.project.Name)
	}
	return text(t.milestone.Name)
}

// finish is the day it was reached, or is expected to be.
func (t *task) finish(v *view) *vocab.Date {
	if t.milestone == nil {
		return finishOf(v, t.project)
	}
	f := v.Book.Facts(t.project, t.milestone, statusDay(v, t.project))
	if f.Actual != nil {
		return f.Actual
	}
	return f.Forecast
}

func (t *task) reached(v *view) *vocab.Date {
	if t.milestone == nil {
		return actualFinish(v, t.project)
	}
	return v.Book.Facts(t.project, t.milestone, statusDay(v, t.project)).Actual
}

func (t *task) baseline(v *view) *vocab.Date {
	if t.milestone == nil {
		_, finish := baselineOf(v, t.project)
		return finish
	}
	return v.Book.BaselineDate(t.project, t.milestone, statusDay(v, t.project))
}

var (
	taskText = filling[task](dataset.Text)
	taskBool = filling[task](dataset.Bool)
	taskDay  = filling[task](dataset.Date)
	taskTime = filling[task](dataset.Instant)
	taskInt  = filling[task](dataset.Int)
)

// ofWhole gives what only the task of a whole project has.
func ofWhole(name, from string, of func(r *figure.Rollup) figure.Figure) fill {
	return filling[task](dataset.Decimal)(name, "of the project's own task "+from+"; null of milestones", func(v *view, t *task) value {
		if t.milestone != nil {
			return dataset.None
		}
		return dataset.OfFigure(of(v.Book.Single(t.project, statusDay(v, t.project))))
	}).closed(vocab.ClassMoney)
}

var taskRows = rows{
	From:  "the milestones of projects, and for each project a task of the whole",
	Order: []string{"ProjectId", "TaskId"},
	each: inProjects(func(v *view, _ dataset.Wanted, p *ent.Project) iter.Seq[*task] {
		return func(yield func(*task) bool) {
			for _, m := range byNumber(state.Milestones, state.Milestones.By(v, "project_id", p.ID)) {
				if !yield(&task{p, m}) {
					return
				}
			}
			yield(&task{project: p})
		}
	}),
	Fills: []fill{
		guid("ProjectId", "the project", projects, func(_ *view, t *task) value { return projectID(t.project.ID) }),
		projectName(func(t *task) *ent.Project { return t.project }),
		guid("TaskId", "the milestone, or the task of the whole project", tasks, func(_ *view, t *task) value { return t.id() }),
		taskText("TaskName", "its name", func(_ *view, t *task) value { return t.name() }),
		guid("ParentTaskId", "the task of the whole project", tasks, func(_ *view, t *task) value { return projectID(t.project.ID) }),
		taskText("ParentTaskName", "the project's name", func(_ *view, t *task) value { return text(t.project.Name) }),
		taskBool("TaskIsMilestone", "whether it is a milestone", func(_ *view, t *task) value { return dataset.OfBool(t.milestone != nil) }),
		taskBool("TaskIsProjectSummary", "whether it is the task of a whole project", func(_ *view, t *task) value { return dataset.OfBool(t.milestone == nil) }),
		taskBool("TaskIsSummary", "whether it is the task of a whole project", func(_ *view, t *task) value { return dataset.OfBool(t.milestone == nil) }),
		taskBool("TaskIsActive", "false of a milestone that was cancelled", func(_ *view, t *task) value {
			return dataset.OfBool(t.milestone == nil || t.milestone.State != vocab.MilestoneStateCancelled)
		}),
		taskInt("TaskOutlineLevel", "0 of the task of a whole project, 1 of milestones", func(_ *view, t *task) value {
			if t.milestone == nil {
				return dataset.OfInt(0)
			}
			return dataset.OfInt(1)
		}),
		always("TaskIsManuallyScheduled", "true", dataset.OfBool(true)),
		always("TaskPriority", "500", dataset.OfInt(500)),
		taskDay("TaskStartDate", "the milestone's day; of the task of a whole project the planned start", func(v *view, t *task) value {
			if t.milestone == nil {
				return dataset.OfDay(t.project.PlannedStart)
			}
			return dataset.OfDay(t.finish(v))
		}),
		taskDay("TaskFinishDate", "the day it was reached, or is expected to be", func(v *view, t *task) value { return dataset.OfDay(t.finish(v)) }),
		taskDay("TaskActualFinishDate", "the day it was reached", func(v *view, t *task) value { return dataset.OfDay(t.reached(v)) }),
		taskDay("TaskDeadline", "the day that the baseline in force fixes for it", func(v *view, t *task) value { return dataset.OfDay(t.baseline(v)) }),
		filling[task](dataset.Decimal)("TaskFinishVariance", "hours of work that it lies behind the baseline in force", func(v *view, t *task) value {
			return later(v, t.project, t.finish(v), t.baseline(v))
		}),
		filling[task](dataset.Decimal)("TaskDuration", "0 of milestones; of the task of a whole project hours of work from start to finish", func(v *view, t *task) value {
			if t.milestone == nil {
				return lasts(v, t.project, t.project.PlannedStart, t.finish(v))
			}
			return dataset.OfUnits(0, 0)
		}),
		taskInt("TaskPercentCompleted", "100 of milestones that were reached, else 0; of the task of a whole project percent complete by earned value", func(v *view, t *task) value {
			switch {
			case t.milestone == nil:
				return inPercent(v.Book.Single(t.project, statusDay(v, t.project)).Earned().PercentComplete())
			case t.reached(v) != nil:
				return dataset.OfInt(100)
			}
			return dataset.OfInt(0)
		}).closed(vocab.ClassMoney),
		filling[task](dataset.Decimal)("TaskBudgetCost", "the milestone's budget; of the task of a whole project the approved budget", func(v *view, t *task) value {
			if t.milestone == nil {
				return dataset.OfFigure(v.Book.Single(t.project, statusDay(v, t.project)).Costs().Budget())
			}
			return dataset.OfMoney(state.Milestones.Key(v, t.milestone), t.milestone.Budget, t.project.Currency)
		}).closed(vocab.ClassMoney),
		ofWhole("TaskCost", "the forecast", forecast),
		ofWhole("TaskActualCost", "the actual cost", actual),
		ofWhole("TaskBCWS", "the planned value", planned),
		ofWhole("TaskBCWP", "the earned value", earned),
		ofWhole("TaskCV", "the cost variance", costVar),
		ofWhole("TaskSV", "the schedule variance", timeVar),
		ofWhole("TaskCPI", "the cost performance index", func(r *figure.Rollup) figure.Figure { return r.Earned().CPI() }),
		ofWhole("TaskSPI", "the schedule performance index", func(r *figure.Rollup) figure.Figure { return r.Earned().SPI() }),
		taskTime("TaskCreatedDate", "the instant it was recorded", func(_ *view, t *task) value {
			if t.milestone == nil {
				return dataset.OfTime(t.project.CreatedAt)
			}
			return dataset.OfTime(t.milestone.CreatedAt)
		}),
		taskTime("TaskModifiedDate", "the instant it was last changed", func(_ *view, t *task) value {
			if t.milestone == nil {
				return dataset.OfTime(t.project.UpdatedAt)
			}
			return dataset.OfTime(t.milestone.UpdatedAt)
		}),
	},
}

var (
	costPeriod, costCurrency = state.CostEntries.Col("period"), state.CostEntries.Col("currency")
	costAmounts              = []state.Col{state.CostEntries.Col("planned"), state.CostEntries.Col("actual"), state.CostEntries.Col("committed"), state.CostEntries.Col("forecast")}
)

// costMonth is what a project costs in a month.
type costMonth struct {
	project *ent.Project
	month   vocab.Date
	amounts [4]value // planned, actual, committed, to complete; in the project's currency
}

// costsByMonth gives a project's costs by month, amounts of other currencies at the rate of the day of the question.
func costsByMonth(v *view, p *ent.Project) (all []*costMonth) {
	at := map[vocab.Date]*costMonth{}
	for x := range state.CostEntries.Of(v, p.ID).All() {
		m := at[x.Day(costPeriod)]
		if m == nil {
			m = &costMonth{project: p, month: x.Day(costPeriod)}
			at[m.month], all = m, append(all, m)
		}
		currency := costCurrency.Word(x.Val(costCurrency))
		for i, c := range costAmounts {
			m.amounts[i] = plus(m.amounts[i], amountOf(v, x, c, currency, p.Currency))
		}
	}
	return byID(all, func(m *costMonth) int64 { return int64(m.month) })
}

func amountOf(v *view, x state.Fact, c state.Col, currency, into string) value {
	minor, ok := x.Int(c)
	switch {
	case !x.Sees(vocab.ClassMoney):
		return dataset.Hidden
	case !ok:
		return dataset.None
	case currency == into:
		return dataset.OfMinor(minor, into)
	}
	rate, ok := v.Book.Rate(currency, into, v.Day())
	if !ok {
		return value{Why: dataset.NoRate}
	}
	return dataset.OfNumber(dataset.OfMinor(minor, currency).Number().Times(rate), dataset.OfMinor(0, into).Scale)
}

// plus adds up two amounts, either of which may be missing; one that has no value for another reason leaves the sum without one.
func plus(a, b value) value {
	switch {
	case a.IsNull() && a.Why != dataset.Absent || b.IsNull() && b.Why == dataset.Absent:
		return a
	case b.IsNull() || a.IsNull():
		return b
	}
	return dataset.OfNumber(a.Number().Plus(b.Number()), max(a.Scale, b.Scale))
}

func monthCost(name, from string, parts ...int) fill {
	return filling[costMonth](dataset.Decimal)(name, from+", in the project's currency", func(_ *view, m *costMonth) (sum value) {
		for _, i := range parts {
			sum = plus(sum, m.amounts[i])
		}
		return sum
	}).closed(vocab.ClassMoney)
}

var taskMonthRows = rows{
	From:  "the costs of each project by month, on the first day of the month, as those of the task of the whole",
	Order: []string{"ProjectId", "TimeByDay"},
	Time:  "TimeByDay",
	each: inProjects(func(v *view, _ dataset.Wanted, p *ent.Project) iter.Seq[*costMonth] {
		return func(yield func(*costMonth) bool) {
			for _, m := range costsByMonth(v, p) {
				if !yield(m) {
					return
				}
			}
		}
	}),
	Fills: []fill{
		guid("ProjectId", "the project", projects, func(_ *view, m *costMonth) value { return projectID(m.project.ID) }),
		projectName(func(m *costMonth) *ent.Project { return m.project }),
		guid("TaskId", "the task of the whole project", tasks, func(_ *view, m *costMonth) value { return projectID(m.project.ID) }),
		filling[costMonth](dataset.Text)("TaskName", "the project's name", func(_ *view, m *costMonth) value { return text(m.project.Name) }),
		always("TaskIsActive", "true", dataset.OfBool(true)),
		filling[costMonth](dataset.Date)("TimeByDay", "first day of the month", func(_ *view, m *costMonth) value { return dataset.OfDate(m.month) }),
		monthCost("TaskCost", "booked, committed and still to be spent", 1, 2, 3),
		monthCost("TaskActualCost", "booked", 1),
		monthCost("TaskBudgetCost", "planned", 0),
	},
}
