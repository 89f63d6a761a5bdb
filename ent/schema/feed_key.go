package schema

import (
	"regexp"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// FeedKey lets a program that knows no tokens read in the name of a user: a part of the organisation, what it names of it, for a time.
type FeedKey struct{ ent.Schema }

// Mixin of FeedKey.
func (FeedKey) Mixin() []ent.Mixin { return base() }

// Annotations of FeedKey.
func (FeedKey) Annotations() []schema.Annotation {
	return table("feed_keys", "A key by which a program that knows no tokens reads in the name of a user.")
}

var digest = regexp.MustCompile("^[0-9a-f]{64}$")

// Fields of FeedKey.
func (FeedKey) Fields() []ent.Field {
	return []ent.Field{
		name("What the key is for; names nobody."),
		field.Int64("owner_id").Annotations(Grants{}).Comment("User whose rights it has a part of."),
		field.Enum("scope_kind").GoType(vocab.ScopeKind("")).Annotations(Grants{}).Comment("Kind of the node it reads, and below."),
		field.Int64("scope_id").Optional().Nillable().Annotations(Grants{}).Comment("Number of that node; null for ORGANISATION."),
		field.Bool("reads_money").Annotations(Grants{}).Comment("Whether it reads amounts."),
		field.Bool("reads_rate").Annotations(Grants{}).Comment("Whether it reads what an hour of a person costs."),
		field.Bool("reads_personal").Annotations(Grants{}).Comment("Whether it reads names and addresses of persons."),
		field.String("secret_hash").Match(digest).Annotations(Grants{}).Comment("SHA-256 of its secret in hexadecimal; the secret itself is nowhere on record."),
		field.Time("valid_to").Annotations(Grants{}).Comment("Instant from which it is refused."),
		field.Time("revoked_at").Optional().Nillable().Annotations(Grants{}).Comment("Instant it was revoked; null while it is not."),
	}
}

// Edges of FeedKey.
func (FeedKey) Edges() []ent.Edge {
	return []ent.Edge{
		to("owner", User.Type, "owner_id", true),
	}
}

// Indexes of FeedKey.
func (FeedKey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("owner_id"),
	}
}
