package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// TokenRevocation is a token that is refused although it has not ended.
type TokenRevocation struct{ ent.Schema }

// Mixin of TokenRevocation.
func (TokenRevocation) Mixin() []ent.Mixin { return base() }

// Annotations of TokenRevocation.
func (TokenRevocation) Annotations() []schema.Annotation {
	return table("token_revocations", "A token that is refused although it has not ended.")
}

// Fields of TokenRevocation.
func (TokenRevocation) Fields() []ent.Field {
	return []ent.Field{
		field.String("issuer").NotEmpty().MaxLen(255).Annotations(Grants{}).Comment("Who issued it; LOCAL for tokens of this server."),
		field.String("token_id").NotEmpty().MaxLen(255).Annotations(Grants{}).Comment("The token's own id, its jti."),
		field.Time("expires_at").Annotations(Grants{}).Comment("Instant at which the token has ended by itself: then the row is of no use, and goes."),
	}
}

// Indexes of TokenRevocation.
func (TokenRevocation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("issuer", "token_id").Unique(),
	}
}
