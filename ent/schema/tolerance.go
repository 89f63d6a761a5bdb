package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// Tolerance is the limits within which a class of projects is green or amber.
type Tolerance struct{ ent.Schema }

// Mixin of Tolerance.
func (Tolerance) Mixin() []ent.Mixin { return base() }

// Annotations of Tolerance.
func (Tolerance) Annotations() []schema.Annotation {
	return table("tolerances", "The limits within which projects of a category are green or amber.")
}

// Fields of Tolerance.
func (Tolerance) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("dimension").GoType(vocab.RagDimension("")).Comment("What is judged."),
		field.Int64("green").Comment("Limit of green in millionths: the least ratio, or the most working days of slip."),
		field.Int64("amber").Comment("Limit of amber in millionths, in the same way."),
		field.String("category").Optional().Nillable().MaxLen(100).Comment("Category of the projects it holds for; null means all that have none of their own."),
	}
}

// Indexes of Tolerance.
func (Tolerance) Indexes() []ent.Index {
	return []ent.Index{index.Fields("category", "dimension").Unique()}
}
