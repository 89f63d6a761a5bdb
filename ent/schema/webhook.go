package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// Webhook tells an address outside what happens in a part of the organisation, in the name of a user.
type Webhook struct{ ent.Schema }

// Mixin of Webhook.
func (Webhook) Mixin() []ent.Mixin { return base() }

// Annotations of Webhook.
func (Webhook) Annotations() []schema.Annotation {
	return table("webhooks", "An address that is told what happens in a part of the organisation, in the name of a user.")
}

// Fields of Webhook.
func (Webhook) Fields() []ent.Field {
	return []ent.Field{
		name("What it is for; names nobody."),
		field.Int64("owner_id").Annotations(Grants{}).Comment("User whose rights it has a part of."),
		field.Enum("scope_kind").GoType(vocab.ScopeKind("")).Annotations(Grants{}).Comment("Kind of the node it is told of, with all below."),
		field.Int64("scope_id").Optional().Nillable().Annotations(Grants{}).Comment("Number of that node; null for ORGANISATION."),
		field.Bool("reads_money").Annotations(Grants{}).Comment("Whether it is told amounts."),
		field.Bool("reads_rate").Annotations(Grants{}).Comment("Whether it is told what an hour of a person costs."),
		field.Bool("reads_personal").Annotations(Grants{}).Comment("Whether it is told names and addresses of persons."),
		field.String("url").NotEmpty().MaxLen(2000).Annotations(Grants{}).Comment("Address it is told at."),
		field.JSON("events", []string{}).Comment("What it is told of: words of entities, with a dot and an operation or without; a star is everything."),
		field.Bool("active").Comment("Whether it is told anything."),
		field.Int64("secret_generation").Annotations(Grants{}).Comment("How many secrets it had; the secret follows from it, and is nowhere on record."),
		field.Time("secret_rotated_at").Optional().Nillable().Annotations(Grants{}).Comment("Instant of the last change of secret; null before the first."),
		field.Int64("from_number").Comment("Journal number after which it was told when it was made, or told again."),
		field.Int64("rounds").Comment("How many times it was told again from a number."),
		field.Int64("discarded_to").Comment("Journal number up to which what could not be delivered was discarded."),
	}
}

// Edges of Webhook.
func (Webhook) Edges() []ent.Edge {
	return []ent.Edge{
		to("owner", User.Type, "owner_id", true),
	}
}

// Indexes of Webhook.
func (Webhook) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id"),
	}
}
