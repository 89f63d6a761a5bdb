package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// RegisteredDocument is a GraphQL document that somebody has read and approved.
type RegisteredDocument struct{ ent.Schema }

// Mixin of RegisteredDocument.
func (RegisteredDocument) Mixin() []ent.Mixin { return base() }

// Annotations of RegisteredDocument.
func (RegisteredDocument) Annotations() []schema.Annotation {
	return table("registered_documents", "A GraphQL document that was registered: clients ask for it by its identifier, and it may be longer than others.")
}

// MaxDocumentText is how many bytes a registered document has at most.
const MaxDocumentText = 64 << 10

// Fields of RegisteredDocument.
func (RegisteredDocument) Fields() []ent.Field {
	return []ent.Field{
		name("What people call it, unique."),
		field.String("document_id").NotEmpty().MaxLen(71).Immutable().Comment("What clients ask for it by: sha256: and the hash of its text in hexadecimal digits."),
		field.Text("text").NotEmpty().MaxLen(MaxDocumentText).Immutable().Comment("The document, as clients may send it too."),
		optRef("registered_by_id", "User who registered it; null for the machine's operator."),
	}
}

// Edges of RegisteredDocument.
func (RegisteredDocument) Edges() []ent.Edge {
	return []ent.Edge{to("registered_by", User.Type, "registered_by_id", false)}
}

// Indexes of RegisteredDocument.
func (RegisteredDocument) Indexes() []ent.Index {
	return []ent.Index{index.Fields("name").Unique(), index.Fields("document_id").Unique()}
}
