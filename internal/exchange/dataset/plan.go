package dataset

import (
	"pmograph/ent"
	"pmograph/internal/calc/rollup"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// stood is a milestone on the day its project's figures are of.
type stood struct {
	rollup.Milestone
	how rollup.Standing
}

// standing tells how a milestone stood; the last one asked for is remembered, since its columns are asked for one after the other.
func standing(v *View, m *ent.Milestone) *stood {
	last := once(v, standingKey{}, func() *lastStood { return &lastStood{} })
	if last.row != m {
		p, day := dayOfProject(v, m.ProjectID)
		*last = lastStood{row: m}
		if p != nil {
			last.Milestone = v.Book.Facts(p, m, day)
			last.how = rollup.Stand(last.Milestone, day)
		}
	}
	return &last.stood
}

type standingKey struct{}

type lastStood struct {
	row *ent.Milestone
	stood
}

var (
	dueMilestone = col("Due", Int, "1 if its baseline date has come, or it was reached before that; 0 if not, without a baseline date, and if it was given up.", func(v *View, m *ent.Milestone) Value {
		return countedAs(standing(v, m).how.Due)
	}).adds(vocab.UnitCount, 0)
	onTimeMilestone = col("OnTime", Int, "1 if it is due and was reached on or before its baseline date, else 0.", func(v *View, m *ent.Milestone) Value {
		return countedAs(standing(v, m).how.Due && standing(v, m).how.OnTime)
	}).adds(vocab.UnitCount, 0)
	milestoneBudget = rowMoney(state.Milestones, "Budget", "Currency", "Budget of the work it concludes; null if there is none.", func(v *View, m *ent.Milestone) string { return projectCurrency(v, m.ProjectID) }, func(m *ent.Milestone) *guard.Money { return m.Budget })

	_ = declare(Dataset{
		Name: "Milestones", Singular: "Milestone", Title: "Milestones", Facts: true, Key: []string{"Id"}, Time: "Date", Entity: state.Milestones.Desc(),
		Description: "Events without duration that mark commitments of projects. What depends on a day is as on the project's status date, or else the day of the question.",
		Columns: append([]Column{
			idOf(state.Milestones, "the milestone"),
			refOf("ProjectId", state.Projects, "Projects", "Project it belongs to.", func(m *ent.Milestone) *int64 { return &m.ProjectID }),
			textOf("Name", "What is reached.", func(m *ent.Milestone) string { return m.Name }).text(),
			refOf("OwnerId", state.Users, "Users", "User who answers for it.", func(m *ent.Milestone) *int64 { return m.OwnerID }),
			wordOf("State", "Where it stands.", func(m *ent.Milestone) vocab.MilestoneState { return m.State }),
			col("Date", Date, "Day it was reached, else the day it is expected; null if neither is known.", func(v *View, m *ent.Milestone) Value {
				if s := standing(v, m); s.Actual != nil {
					return OfDate(*s.Actual)
				}
				return OfDay(standing(v, m).Forecast)
			}).dimension().nullable(),
			col("ForecastDate", Date, "Day it is expected; null if unknown.", func(v *View, m *ent.Milestone) Value { return OfDay(standing(v, m).Forecast) }).dimension().nullable(),
			dateOf("ActualDate", "Day it was reached; null before.", func(m *ent.Milestone) *vocab.Date { return m.ActualDate }),
			col("BaselineDate", Date, "Day the baseline in force fixes; null without one.", func(v *View, m *ent.Milestone) Value { return OfDay(standing(v, m).Baseline) }).dimension().nullable(),
			col("SlipDays", Decimal, "Working days of the project's calendar that it lies behind its baseline date, below zero ahead of it; null without a baseline date, without a date of its own, and if it was given up.", func(v *View, m *ent.Milestone) Value {
				p, day := dayOfProject(v, m.ProjectID)
				if p == nil {
					return None
				}
				return ofFigure(v.Book.Slip(p, m, day))
			}).level(vocab.UnitWorkingDays, 0).nullable(),
			truthOf("Done", "Whether it was reached.", func(v *View, m *ent.Milestone) bool { return standing(v, m).Actual != nil }),
			truthOf("Overdue", "Whether its baseline date is past, and it was neither reached nor given up.", overdue),
			truthOf("IsContractual", "Whether a contract depends on it.", func(_ *View, m *ent.Milestone) bool { return m.IsContractual }),
			truthOf("IsFinish", "Whether it is the finish of the whole project.", func(_ *View, m *ent.Milestone) bool { return m.IsFinish }),
			col("Weight", Int, "Share of the project's work it stands for, relative to the other milestones.", func(_ *View, m *ent.Milestone) Value { return OfInt(m.Weight) }).adds(vocab.UnitCount, 0),
			dueMilestone, onTimeMilestone,
			col("Currency", Text, "ISO 4217 code of its budget; null if the project is not visible.", func(v *View, m *ent.Milestone) Value { return wordOrNone(projectCurrency(v, m.ProjectID)) }).dimension().nullable(),
			versionOf(state.Milestones),
		}, withReporting(milestoneBudget)...),
		Measures: append(sums(milestoneBudget),
			counted("Milestones", "milestones"),
			countedIf("DoneMilestones", "Done", "Number of milestones that were reached."),
			countedIf("OverdueMilestones", "Overdue", "Number of milestones whose baseline date is past, and that were neither reached nor given up."),
			summed("DueMilestones", "Number of milestones that are due.", dueMilestone),
			summed("OnTimeMilestones", "Number of due milestones that were reached in time.", onTimeMilestone),
			share("OnTimeRate", "Milestones reached on or before their baseline date over those due.", []string{"OnTime"}, []string{"Due"}),
		),
		source: rowsOfTable(state.Milestones, map[string]string{"ProjectId": "project_id", "OwnerId": "owner_id"}),
	})

	_ = declare(Dataset{
		Name: "ActionItems", Singular: "ActionItem", Title: "Action items", Facts: true, Key: []string{"Id"}, Time: "Due", Entity: state.ActionItems.Desc(),
		Description: "What somebody has to do for a project by a day.",
		Columns: []Column{
			idOf(state.ActionItems, "the action item"),
			refOf("ProjectId", state.Projects, "Projects", "Project it is for.", func(a *ent.ActionItem) *int64 { return &a.ProjectID }),
			textOf("Title", "What is to be done.", func(a *ent.ActionItem) string { return a.Title }).text(),
			refOf("OwnerId", state.Users, "Users", "User who has to do it.", func(a *ent.ActionItem) *int64 { return a.OwnerID }),
			dateOf("Due", "Day by which it is to be done; null if none was set.", func(a *ent.ActionItem) *vocab.Date { return a.Due }),
			dateOf("DoneOn", "Day it was done; null while open.", func(a *ent.ActionItem) *vocab.Date { return a.DoneOn }),
			truthOf("Open", "Whether it is still to be done.", func(_ *View, a *ent.ActionItem) bool { return a.DoneOn == nil }),
			truthOf("Overdue", "Whether it is open past its day.", func(v *View, a *ent.ActionItem) bool {
				return a.DoneOn == nil && a.Due != nil && *a.Due < v.Day()
			}),
			versionOf(state.ActionItems),
		},
		Measures: []Measure{
			counted("ActionItems", "action items"),
			countedIf("OpenActionItems", "Open", "Number of action items that are still to be done."),
			countedIf("OverdueActionItems", "Overdue", "Number of action items that are open past their day."),
		},
		source: rowsOfTable(state.ActionItems, map[string]string{"ProjectId": "project_id", "OwnerId": "owner_id"}),
	})
)

func countedAs(is bool) Value {
	if is {
		return OfInt(1)
	}
	return OfInt(0)
}

// overdue tells whether a milestone is past its baseline date.
func overdue(v *View, m *ent.Milestone) bool {
	how := standing(v, m).how
	return how.Due && !how.Reached && m.State != vocab.MilestoneStateMissed
}
