package projectdata

import (
	"cmp"
	"iter"
	"slices"

	"pmograph/ent"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// baseline is an approved baseline of a project.
type baseline struct {
	*ent.Baseline
	project *ent.Project
	number  int // 0 of the one in force, as Project's own baseline has it; else its number
}

// baselinesOf hands out the approved baselines of a project, the one in force first.
func baselinesOf(v *view, p *ent.Project) (all []*baseline) {
	in := v.Book.Baseline(p, statusDay(v, p))
	for b := range state.Baselines.By(v, "project_id", p.ID) {
		switch {
		case b.State == vocab.BaselineStateDraft:
		case in != nil && b.ID == in.ID:
			all = append(all, &baseline{b, p, 0})
		default:
			all = append(all, &baseline{b, p, b.Number})
		}
	}
	slices.SortFunc(all, func(a, b *baseline) int { return cmp.Compare(a.number, b.number) })
	return all
}

var periodOf, periodAmount = state.BaselinePeriods.Col("period"), state.BaselinePeriods.Col("amount")

// months are what a baseline plans to be earned, by month.
func (b *baseline) months(v *view) state.Rows {
	return state.BaselinePeriods.Of(v, b.ProjectID).With(b.ID)
}

func (b *baseline) amount(x state.Fact) value {
	minor, ok := x.Int(periodAmount)
	switch {
	case !x.Sees(vocab.ClassMoney):
		return dataset.Hidden
	case !ok || b.Currency == nil:
		return dataset.None
	}
	return dataset.OfMinor(minor, *b.Currency)
}

// cost is the sum of its months.
func (b *baseline) cost(v *view) (sum value) {
	for x := range b.months(v).All() {
		sum = plus(sum, b.amount(x))
	}
	return sum
}

// own is the project's own dates in it; nil if it fixes none.
func (b *baseline) own(v *view) *ent.BaselineEntry {
	for e := range state.BaselineEntries.By(v, "baseline_id", b.ID) {
		if e.ItemKind == vocab.BaselineItemKindProject {
			return e
		}
	}
	return nil
}

func (b *baseline) start(v *view) *vocab.Date {
	if e := b.own(v); e != nil {
		return e.Start
	}
	return nil
}

func (b *baseline) finish(v *view) *vocab.Date {
	if e := b.own(v); e != nil {
		return e.Finish
	}
	return nil
}

func baselineCost(name string) fill {
	return filling[baseline](dataset.Decimal)(name, "the sum of its spread, in its currency", func(v *view, b *baseline) value { return b.cost(v) }).closed(vocab.ClassMoney)
}

const numberFrom = "0 of the baseline in force, else its number"

var projectBaselineRows = rows{
	From:  "the approved baselines of projects",
	Order: []string{"ProjectId", "BaselineNumber"},
	each: inProjects(func(v *view, _ dataset.Wanted, p *ent.Project) iter.Seq[*baseline] {
		return slices.Values(baselinesOf(v, p))
	}),
	Fills: []fill{
		filling[baseline](dataset.Int)("BaselineNumber", numberFrom, func(_ *view, b *baseline) value { return dataset.OfInt(b.number) }),
		guid("ProjectId", "the project", projects, func(_ *view, b *baseline) value { return projectID(b.ProjectID) }),
		projectName(func(b *baseline) *ent.Project { return b.project }),
		guid("TaskId", "the task of the whole project", tasks, func(_ *view, b *baseline) value { return projectID(b.ProjectID) }),
		baselineCost("ProjectBaselineCost"), baselineCost("ProjectBaselineBudgetCost"),
		filling[baseline](dataset.Date)("ProjectBaselineStartDate", "the start it fixes", func(v *view, b *baseline) value { return dataset.OfDay(b.start(v)) }),
		filling[baseline](dataset.Date)("ProjectBaselineFinishDate", "the finish it fixes", func(v *view, b *baseline) value { return dataset.OfDay(b.finish(v)) }),
		filling[baseline](dataset.Decimal)("ProjectBaselineDuration", "hours of work between them", func(v *view, b *baseline) value {
			return lasts(v, b.project, b.start(v), b.finish(v))
		}),
	},
}

// fixed is what a baseline fixes for a task.
type fixed struct {
	*baseline
	entry *ent.BaselineEntry
	task
}

func fixedBy(v *view, b *baseline) (all []*fixed) {
	var whole *fixed
	for e := range state.BaselineEntries.By(v, "baseline_id", b.ID) {
		if e.ItemKind == vocab.BaselineItemKindProject {
			whole = &fixed{b, e, task{project: b.project}}
		} else if m := state.Milestones.Ref(v, e.MilestoneID); m != nil {
			all = append(all, &fixed{b, e, task{b.project, m}})
		}
	}
	byID(all, func(f *fixed) int64 { return f.milestone.ID })
	if whole != nil {
		all = append(all, whole)
	}
	return all
}

var taskBaselineRows = rows{
	From:  "the dates that approved baselines fix for milestones, and for projects as their own tasks",
	Order: []string{"ProjectId", "BaselineNumber", "TaskId"},
	each: inProjects(func(v *view, _ dataset.Wanted, p *ent.Project) iter.Seq[*fixed] {
		return func(yield func(*fixed) bool) {
			for _, b := range baselinesOf(v, p) {
				for _, f := range fixedBy(v, b) {
					if !yield(f) {
						return
					}
				}
			}
		}
	}),
	Fills: []fill{
		filling[fixed](dataset.Int)("BaselineNumber", numberFrom, func(_ *view, f *fixed) value { return dataset.OfInt(f.number) }),
		guid("ProjectId", "the project", projects, func(_ *view, f *fixed) value { return projectID(f.ProjectID) }),
		projectName(func(f *fixed) *ent.Project { return f.baseline.project }),
		guid("TaskId", "the milestone, or the task of the whole project", tasks, func(_ *view, f *fixed) value { return f.id() }),
		filling[fixed](dataset.Text)("TaskName", "its name", func(_ *view, f *fixed) value { return f.name() }),
		filling[fixed](dataset.Date)("TaskBaselineStartDate", "the day it fixes; for a project its start", func(_ *view, f *fixed) value {
			if f.milestone != nil {
				return dataset.OfDay(f.entry.Finish)
			}
			return dataset.OfDay(f.entry.Start)
		}),
		filling[fixed](dataset.Date)("TaskBaselineFinishDate", "the day it fixes", func(_ *view, f *fixed) value { return dataset.OfDay(f.entry.Finish) }),
		filling[fixed](dataset.Decimal)("TaskBaselineDuration", "0 of milestones; of projects hours of work from start to finish", func(v *view, f *fixed) value {
			if f.milestone != nil {
				return dataset.None
			}
			return lasts(v, f.baseline.project, f.entry.Start, f.entry.Finish)
		}),
		filling[fixed](dataset.Decimal)("TaskBaselineCost", "of projects the sum of the baseline's spread, in its currency; 0 of milestones", func(v *view, f *fixed) value {
			if f.milestone != nil {
				return dataset.None
			}
			return f.cost(v)
		}).closed(vocab.ClassMoney),
	},
}

// fixedMonth is what a baseline plans to be earned in a month.
type fixedMonth struct {
	*baseline
	state.Fact
}

func plannedIn(name string) fill {
	return filling[fixedMonth](dataset.Decimal)(name, "budget of the work planned for the month, in the baseline's currency", func(_ *view, m *fixedMonth) value { return m.amount(m.Fact) }).closed(vocab.ClassMoney)
}

var taskBaselineMonthRows = rows{
	From:  "the spread of approved baselines by month, on the first day of the month, as that of the task of the whole project",
	Order: []string{"ProjectId", "BaselineNumber", "TimeByDay"},
	Time:  "TimeByDay",
	each: inProjects(func(v *view, _ dataset.Wanted, p *ent.Project) iter.Seq[*fixedMonth] {
		return func(yield func(*fixedMonth) bool) {
			for _, b := range baselinesOf(v, p) {
				for x := range b.months(v).All() {
					if !yield(&fixedMonth{b, x}) {
						return
					}
				}
			}
		}
	}),
	Fills: []fill{
		filling[fixedMonth](dataset.Int)("BaselineNumber", numberFrom, func(_ *view, m *fixedMonth) value { return dataset.OfInt(m.number) }),
		guid("ProjectId", "the project", projects, func(_ *view, m *fixedMonth) value { return projectID(m.ProjectID) }),
		projectName(func(m *fixedMonth) *ent.Project { return m.project }),
		guid("TaskId", "the task of the whole project", tasks, func(_ *view, m *fixedMonth) value { return projectID(m.ProjectID) }),
		filling[fixedMonth](dataset.Text)("TaskName", "the project's name", func(_ *view, m *fixedMonth) value { return text(m.project.Name) }),
		filling[fixedMonth](dataset.Date)("TimeByDay", "first day of the month", func(_ *view, m *fixedMonth) value { return dataset.OfDate(m.Day(periodOf)) }),
		plannedIn("TaskBaselineCost"), plannedIn("TaskBaselineBudgetCost"),
	},
}

// filled are the sets that have rows, by their names. The others are empty.
var filled = map[string]*rows{
	"Projects":                        &projectRows,
	"ProjectWorkflowStageDataSet":     &stageRows,
	"ProjectBaselines":                &projectBaselineRows,
	"Tasks":                           &taskRows,
	"TaskBaselines":                   &taskBaselineRows,
	"TaskBaselineTimephasedDataSet":   &taskBaselineMonthRows,
	"TaskTimephasedDataSet":           &taskMonthRows,
	"Assignments":                     &assignmentRows,
	"AssignmentTimephasedDataSet":     &assignmentDayRows,
	"Resources":                       &resourceRows,
	"ResourceTimephasedDataSet":       &capacityRows,
	"ResourceDemandTimephasedDataSet": &demandRows,
	"TimeSet":                         &timeRows,
}
