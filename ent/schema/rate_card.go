package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// RateCard is the published price of an hour of a role from a day on.
type RateCard struct{ ent.Schema }

// Mixin of RateCard.
func (RateCard) Mixin() []ent.Mixin { return base() }

// Annotations of RateCard.
func (RateCard) Annotations() []schema.Annotation {
	return table("rate_cards", "The published price of an hour of a role from a day on; what a single person costs is not to be seen in it.")
}

// Fields of RateCard.
func (RateCard) Fields() []ent.Field {
	return []ent.Field{
		field.String("role_name").NotEmpty().MaxLen(100).Comment("Role, as resources name it."),
		day("valid_from", "First day the price holds, until the next one of the role."),
		currency("ISO 4217 code of the price."),
		field.Int64("hourly_rate").NonNegative().Comment("Price of one hour in minor units. It is published: planned and forecast labour is priced with it, whoever does the work."),
	}
}

// Indexes of RateCard.
func (RateCard) Indexes() []ent.Index {
	return []ent.Index{index.Fields("role_name", "valid_from").Unique()}
}
