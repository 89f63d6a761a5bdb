package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// Baseline is the approved plan of a project that later dates are compared with.
type Baseline struct{ ent.Schema }

// Mixin of Baseline.
func (Baseline) Mixin() []ent.Mixin { return base() }

// Annotations of Baseline.
func (Baseline) Annotations() []schema.Annotation {
	return table("baselines", "The approved plan of a project that later dates are compared with.")
}

// Fields of Baseline.
func (Baseline) Fields() []ent.Field {
	return []ent.Field{
		ref("project_id", "Project it belongs to."),
		field.Int("number").Positive().Comment("Number within the project, from 1."),
		field.Enum("state").GoType(vocab.BaselineState("")).Comment("Where it stands; immutable once approved."),
		optDay("approved_on", "Day it was approved; null for a draft."),
		field.String("reason").NotEmpty().MaxLen(1000).Comment("Why it was made."),
		field.String("currency").Optional().Nillable().MinLen(3).MaxLen(3).Comment("ISO 4217 code of its spread; null if it fixes dates only."),
	}
}

// Edges of Baseline.
func (Baseline) Edges() []ent.Edge {
	return []ent.Edge{
		to("project", Project.Type, "project_id", true),
	}
}

// Indexes of Baseline.
func (Baseline) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("project_id", "number").Unique(),
	}
}
