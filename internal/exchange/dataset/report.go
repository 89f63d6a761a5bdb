package dataset

import (
	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var (
	reportAmounts = withReporting(
		reported("WholeLifeCost", "Cost of the project over its whole life as reported; null if not reported.", func(r *ent.StatusReport) *guard.Money { return r.WholeLifeCost }),
		reported("PeriodBudget", "Budget of the period as reported; null if not reported.", func(r *ent.StatusReport) *guard.Money { return r.PeriodBudget }),
		reported("PeriodForecast", "Forecast spend of the period as reported; null if not reported.", func(r *ent.StatusReport) *guard.Money { return r.PeriodForecast }),
	)

	_ = declare(Dataset{
		Name: "StatusReports", Singular: "StatusReport", Title: "Status reports", Facts: true, Key: []string{"Id"}, Time: "PeriodEnd", Entity: state.StatusReports.Desc(),
		Description: "What projects declared about themselves for a period. Amounts are levels, not flows: of each project the last submitted report counts, and its value is null if it says nothing.",
		Columns: append([]Column{
			idOf(state.StatusReports, "the report"),
			refOf("ProjectId", state.Projects, "Projects", "Project it is of.", func(r *ent.StatusReport) *int64 { return &r.ProjectID }),
			refOf("AuthorId", state.Users, "Users", "User who submitted it.", func(r *ent.StatusReport) *int64 { return r.AuthorID }),
			col("PeriodStart", Date, "First day of the period.", func(_ *View, r *ent.StatusReport) Value { return OfDate(r.PeriodStart) }).dimension(),
			col("PeriodEnd", Date, "Last day of the period.", func(_ *View, r *ent.StatusReport) Value { return OfDate(r.PeriodEnd) }).dimension(),
			col("Revision", Int, "Revision within the period, from 1; the highest submitted one counts.", func(_ *View, r *ent.StatusReport) Value { return OfInt(r.Revision) }).level(vocab.UnitCount, 0),
			wordOf("State", "Where it stands.", func(r *ent.StatusReport) vocab.ReportState { return r.State }),
			truthOf("Submitted", "Whether it was submitted, even if a later revision took its place.", func(_ *View, r *ent.StatusReport) bool { return r.State != vocab.ReportStateDraft }),
			truthOf("InForce", "Whether it is the report of its project that is in force on the project's status date, or else the day of the question.", func(v *View, r *ent.StatusReport) bool {
				p, day := dayOfProject(v, r.ProjectID)
				if p == nil {
					return false
				}
				in := v.Book.Standing(p, day).Report
				return in != nil && in.ID == r.ID
			}),
			wordOf("Health", "Declared health; null if the report has none.", func(r *ent.StatusReport) vocab.Rag { return orEmpty(r.Health) }).nullable(),
			wordOf("Confidence", "Declared delivery confidence; null if the report has none.", func(r *ent.StatusReport) vocab.DeliveryConfidence { return orEmpty(r.Confidence) }).nullable(),
			wordOf("NotRatedReason", "Why there is no rating; null if there is one.", func(r *ent.StatusReport) vocab.NotRatedReason { return orEmpty(r.NotRatedReason) }).nullable(),
			col("RawRating", Text, "Rating in the words of the source; null if it was one of the five steps.", func(_ *View, r *ent.StatusReport) Value { return OfOptional(r.RawRating) }).nullable().text(),
			dateOf("ReportedStart", "Start of the project as reported; null if not reported.", func(r *ent.StatusReport) *vocab.Date { return r.ReportedStart }),
			dateOf("ReportedFinish", "Finish of the project as reported; null if not reported.", func(r *ent.StatusReport) *vocab.Date { return r.ReportedFinish }),
			col("SubmittedAt", Instant, "Instant it was submitted; null for a draft.", func(_ *View, r *ent.StatusReport) Value {
				if r.SubmittedAt == nil {
					return None
				}
				return OfTime(*r.SubmittedAt)
			}).nullable(),
			col("Currency", Text, "ISO 4217 code of the amounts.", func(_ *View, r *ent.StatusReport) Value { return OfText(r.Currency) }).dimension(),
			versionOf(state.StatusReports),
		}, reportAmounts...),
		Measures: append(lasting(reportAmounts), counted("Reports", "status reports"), countedIf("SubmittedReports", "Submitted", "Number of status reports that were submitted.")),
		source:   rowsOfTable(state.StatusReports, map[string]string{"ProjectId": "project_id", "AuthorId": "author_id"}),
	})
)

// reported is a column of what a report says of money: a level.
func reported(name, description string, get func(r *ent.StatusReport) *guard.Money) Column {
	return rowMoney(state.StatusReports, name, "Currency", description, func(_ *View, r *ent.StatusReport) string { return r.Currency }, get).level(vocab.UnitMoney, Varies)
}

// lasting are the measures of levels: of each project what its last submitted report says, added up over projects.
func lasting(levels []Column) (all []Measure) {
	for _, c := range levels {
		all = append(all, Measure{
			Name: "Last" + c.Name, Kind: c.Kind, Scale: c.Scale, Unit: c.Unit, Currency: c.Currency, Class: c.Class, Additivity: SemiAdditive,
			Description: c.Name + " of each project's last submitted report, added up over projects; null where nothing is reported, without a rate, and where amounts of several currencies meet.",
			Formula:     "sum over projects of (last(" + c.Name + "))", parts: []part{{op: lastOf, column: c.Name, only: "Submitted", owners: []string{"ProjectId"}, then: "Revision"}},
		})
	}
	return all
}

func orEmpty[W ~string](w *W) (none W) {
	if w == nil {
		return none
	}
	return *w
}
