package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// Project is a temporary endeavour with a business case, a manager and a sponsor.
type Project struct{ ent.Schema }

// Mixin of Project.
func (Project) Mixin() []ent.Mixin { return base() }

// Annotations of Project.
func (Project) Annotations() []schema.Annotation {
	return table("projects", "A temporary endeavour with a business case, a manager and a sponsor.")
}

// Fields of Project.
func (Project) Fields() []ent.Field {
	return []ent.Field{
		nodeCode("Short name, unique within the portfolio."),
		name("Name."),
		field.Int64("portfolio_id").Annotations(Grants{}).Comment("Portfolio it belongs to."),
		field.Int64("program_id").Optional().Nillable().Annotations(Grants{}).Comment("Program it belongs to, of the same portfolio; null if none."),
		field.Enum("lifecycle").GoType(vocab.ProjectLifecycle("")).Comment("Where it stands between idea and end."),
		field.Enum("delivery_method").GoType(vocab.DeliveryMethod("")).Optional().Nillable().Comment("How the work is organised; null if not said."),
		field.Int("priority").Optional().Nillable().Range(1, 1000).Comment("Rank among the projects of the organisation, 1 first; null if not ranked."),
		field.String("category").Optional().Nillable().MaxLen(100).Comment("Kind of project in the organisation's own words; null if none."),
		field.Int64("manager_id").Optional().Nillable().Annotations(Grants{}).Comment("User who manages it; null if nobody does."),
		field.Int64("sponsor_id").Optional().Nillable().Annotations(Grants{}).Comment("User who answers for its benefits; null if nobody does."),
		currency("ISO 4217 code of its money."),
		optRef("calendar_id", "Working calendar its slip is counted in; null means the portfolio's."),
		optDay("status_date", "Day up to which its actuals count; null means the day of the question."),
		optDay("planned_start", "Day it is to start; null if unknown."),
		optDay("planned_finish", "Day it is to finish; null if unknown."),
	}
}

// Edges of Project.
func (Project) Edges() []ent.Edge {
	return []ent.Edge{
		to("portfolio", Portfolio.Type, "portfolio_id", true),
		to("program", Program.Type, "program_id", false),
		to("manager", User.Type, "manager_id", false),
		to("sponsor", User.Type, "sponsor_id", false),
		to("calendar", WorkCalendar.Type, "calendar_id", false),
	}
}

// Indexes of Project.
func (Project) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("portfolio_id", "code").Unique(),
		index.Fields("program_id"),
		index.Fields("manager_id"),
		index.Fields("sponsor_id"),
	}
}
