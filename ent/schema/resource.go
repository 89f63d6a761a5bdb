package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

// Resource is a person, team, thing or unfilled role that work is booked on.
type Resource struct{ ent.Schema }

// Mixin of Resource.
func (Resource) Mixin() []ent.Mixin { return base() }

// Annotations of Resource.
func (Resource) Annotations() []schema.Annotation {
	return table("resources", "A person, team, thing or unfilled role that work is booked on.")
}

// Fields of Resource.
func (Resource) Fields() []ent.Field {
	return []ent.Field{
		code("Short name, unique in the organisation."),
		personal("name", "Name; null for a placeholder or after erasure."),
		field.Enum("kind").GoType(vocab.ResourceKind("")).Comment("What it is."),
		field.String("role_name").NotEmpty().MaxLen(100).Comment("Role it works as, the key of the rate card."),
		field.Int64("team_id").Optional().Nillable().Annotations(Grants{}).Comment("Team it belongs to; null if none."),
		field.Int64("manager_id").Optional().Nillable().Annotations(Grants{}).Comment("User who manages its time; null means the team's manager."),
		field.Int64("user_id").Optional().Nillable().Annotations(Grants{}).Comment("User it is; null if it never signs in."),
		optRef("calendar_id", "Working calendar; null means the organisation's."),
		field.Int("contract_share").Range(0, 1000).Comment("Contracted share of full time in thousandths."),
		field.Int64("standard_rate").GoType(guard.Rate{}).Optional().Nillable().Comment("Price of one hour in minor units of rate_currency; null if unknown."),
		field.String("rate_currency").Optional().Nillable().MinLen(3).MaxLen(3).Comment("ISO 4217 code of the rate; null without a rate."),
		optDay("valid_from", "First day it can be booked; null means from the beginning."),
		optDay("valid_to", "Last day it can be booked; null means without end."),
	}
}

// Edges of Resource.
func (Resource) Edges() []ent.Edge {
	return []ent.Edge{
		to("team", Team.Type, "team_id", false),
		to("manager", User.Type, "manager_id", false),
		to("user", User.Type, "user_id", false),
		to("calendar", WorkCalendar.Type, "calendar_id", false),
	}
}

// Indexes of Resource.
func (Resource) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("code").Unique(),
		index.Fields("team_id"),
	}
}
