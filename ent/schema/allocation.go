package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// Allocation is a booking of a resource for a project.
type Allocation struct{ ent.Schema }

// Mixin of Allocation.
func (Allocation) Mixin() []ent.Mixin { return base() }

// Annotations of Allocation.
func (Allocation) Annotations() []schema.Annotation {
	return table("allocations", "A booking of a resource for a project; its hours by week are facts of the resource.")
}

// Fields of Allocation.
func (Allocation) Fields() []ent.Field {
	return []ent.Field{
		ref("project_id", "Project it is booked for."),
		ref("resource_id", "Resource that is booked: a placeholder while nobody is chosen."),
		field.Enum("commitment").GoType(vocab.Commitment("")).Comment("Whether it binds; a hard booking has been accepted."),
		field.Enum("state").GoType(vocab.AllocationState("")).Comment("Where the request stands."),
		field.Int("probability").Optional().Nillable().Range(0, 1000).Comment("Probability in thousandths that a soft booking comes true; null counts as certain."),
		day("start", "First day."),
		day("finish", "Last day."),
		field.String("note").Optional().Nillable().MaxLen(300).Comment("What for; null if not said."),
	}
}

// Edges of Allocation.
func (Allocation) Edges() []ent.Edge {
	return []ent.Edge{
		to("project", Project.Type, "project_id", true),
		to("resource", Resource.Type, "resource_id", true),
	}
}

// Indexes of Allocation.
func (Allocation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("project_id"),
		index.Fields("resource_id"),
	}
}
