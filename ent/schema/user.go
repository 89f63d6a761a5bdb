package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/guard"
)

// User is a person or service that may sign in, known by issuer and subject, never by e-mail.
type User struct{ ent.Schema }

// Mixin of User.
func (User) Mixin() []ent.Mixin { return base() }

// Annotations of User.
func (User) Annotations() []schema.Annotation {
	return table("users", "A person or service that may sign in, known by issuer and subject, never by e-mail.")
}

// Fields of User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("issuer").NotEmpty().MaxLen(255).Annotations(Grants{}).Comment("Who vouches for the subject; LOCAL for tokens of this server."),
		field.Text("subject").GoType(guard.Personal{}).Optional().Nillable().Annotations(Grants{}).Comment("Name of the person at the issuer, the subject of tokens; null after erasure."),
		personal("name", "Name shown; null if not given or erased."),
		personal("email", "Address for mail; never identifies. Null if not given or erased."),
		field.String("locale").Optional().Nillable().MaxLen(35).Comment("BCP 47 language tag; null means the browser decides, and English in mail."),
		field.String("timezone").Optional().Nillable().MaxLen(60).Comment("IANA time zone of the user's days and hours; null means the organisation's."),
		field.Bool("active").Annotations(Grants{}).Comment("False refuses every token of the subject."),
		field.Time("erased_at").Optional().Nillable().Comment("Instant the personal data were erased; null before."),
		field.Time("tokens_valid_from").Optional().Nillable().Comment("Tokens issued before this instant are refused; null refuses none for their age."),
	}
}

// Indexes of User.
func (User) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("issuer", "subject").Unique(),
	}
}
