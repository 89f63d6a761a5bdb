package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// StatusReport is what a project declared about itself for a period.
type StatusReport struct{ ent.Schema }

// Mixin of StatusReport.
func (StatusReport) Mixin() []ent.Mixin { return append(base(), LongTexts{}) }

// Annotations of StatusReport.
func (StatusReport) Annotations() []schema.Annotation {
	return table("status_reports", "What a project declared about itself for a period.")
}

// Fields of StatusReport.
func (StatusReport) Fields() []ent.Field {
	return []ent.Field{
		ref("project_id", "Project it belongs to."),
		day("period_start", "First day of the period."),
		day("period_end", "Last day of the period."),
		field.Int("revision").Positive().Comment("Revision within the period, from 1; the highest submitted one counts."),
		field.Enum("state").GoType(vocab.ReportState("")).Comment("Where it stands; immutable once submitted."),
		field.Enum("health").GoType(vocab.Rag("")).Optional().Nillable().Comment("Declared health; null if the report has none."),
		field.Enum("confidence").GoType(vocab.DeliveryConfidence("")).Optional().Nillable().Comment("Declared delivery confidence; null if the report has none."),
		field.Enum("not_rated_reason").GoType(vocab.NotRatedReason("")).Optional().Nillable().Comment("Why there is no rating; null if there is one."),
		field.String("raw_rating").Optional().Nillable().MaxLen(300).Comment("Rating in the words of the source; null if it was one of the five steps."),
		longText("override_reason", "Why the declared health differs from the computed one; null if it does not."),
		optDay("reported_start", "Start of the project as reported; null if not reported."),
		optDay("reported_finish", "Finish of the project as reported; null if not reported."),
		money("whole_life_cost", "Cost over the whole life as reported, in minor units; null if not reported."),
		money("period_budget", "Budget of the period, in minor units; null if not reported."),
		money("period_forecast", "Forecast spend of the period, in minor units; null if not reported."),
		currency("ISO 4217 code of the amounts."),
		longText("highlights", "What happened; null if nothing was written."),
		longText("next_steps", "What comes next; null if nothing was written."),
		field.Time("submitted_at").Optional().Nillable().Comment("Instant it was submitted; null for a draft."),
		optRef("author_id", "User who submitted it; null for imported ones."),
	}
}

// Edges of StatusReport.
func (StatusReport) Edges() []ent.Edge {
	return []ent.Edge{
		to("project", Project.Type, "project_id", true),
		to("author", User.Type, "author_id", false),
	}
}

// Indexes of StatusReport.
func (StatusReport) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("project_id", "period_end", "revision").Unique(),
	}
}
