package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// MailSubscription says what of the changes that a user may see he wants by mail, and when. No right follows from it.
type MailSubscription struct{ ent.Schema }

// Mixin of MailSubscription.
func (MailSubscription) Mixin() []ent.Mixin { return base() }

// Annotations of MailSubscription.
func (MailSubscription) Annotations() []schema.Annotation {
	return table("mail_subscriptions", "What of the changes that a user may see he wants by mail, and when.")
}

// Fields of MailSubscription.
func (MailSubscription) Fields() []ent.Field {
	about := func(topic, what string) ent.Field {
		return field.Bool("about_" + topic).Comment("Whether it tells of " + what + ".")
	}
	return []ent.Field{
		ref("user_id", "User whose it is."),
		field.Enum("scope_kind").GoType(vocab.ScopeKind("")).Comment("Kind of the node it is about, and below."),
		optRef("scope_id", "Number of that node; null for ORGANISATION."),
		about("structure", "portfolios, programs and projects"),
		about("plan", "milestones and baselines"),
		about("reports", "status reports, action items and measurements"),
		about("money", "budgets and costs"),
		about("people", "bookings"),
		field.Enum("delivery").GoType(vocab.MailDelivery("")).Comment("When mail is sent."),
		field.Int("hour").Range(0, 23).Comment("Hour of the user's day at which a digest is sent."),
		field.Enum("weekday").GoType(vocab.Weekday("")).Comment("Day of the week on which a weekly digest is sent."),
		field.Bool("active").Comment("Whether anything is sent."),
	}
}

// Edges of MailSubscription.
func (MailSubscription) Edges() []ent.Edge {
	return []ent.Edge{
		to("user", User.Type, "user_id", true),
	}
}

// Indexes of MailSubscription.
func (MailSubscription) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id"),
	}
}
