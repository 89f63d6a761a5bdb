package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// Portfolio is a set of programs, projects and other portfolios that an organisation invests in to reach its objectives.
type Portfolio struct{ ent.Schema }

// Mixin of Portfolio.
func (Portfolio) Mixin() []ent.Mixin { return base() }

// Annotations of Portfolio.
func (Portfolio) Annotations() []schema.Annotation {
	return table("portfolios", "A set of programs, projects and other portfolios that an organisation invests in to reach its objectives.")
}

// Fields of Portfolio.
func (Portfolio) Fields() []ent.Field {
	return []ent.Field{
		nodeCode("Short name, unique among the portfolios below the same parent."),
		name("Name."),
		field.Int64("parent_id").Optional().Nillable().Annotations(Grants{}).Comment("Portfolio above; null at the top."),
		field.Enum("lifecycle").GoType(vocab.PortfolioLifecycle("")).Comment("Whether it is in use."),
		field.Int64("manager_id").Optional().Nillable().Annotations(Grants{}).Comment("User who manages it; null if nobody does."),
		field.String("currency").Optional().Nillable().MinLen(3).MaxLen(3).Comment("ISO 4217 code its totals are shown in; null means the parent's, at the top the organisation's."),
		optRef("calendar_id", "Working calendar; null means the parent's, at the top the organisation's."),
	}
}

// Edges of Portfolio.
func (Portfolio) Edges() []ent.Edge {
	return []ent.Edge{
		to("parent", Portfolio.Type, "parent_id", false),
		to("manager", User.Type, "manager_id", false),
		to("calendar", WorkCalendar.Type, "calendar_id", false),
	}
}

// Indexes of Portfolio.
func (Portfolio) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("parent_id", "code").Unique(),
	}
}
