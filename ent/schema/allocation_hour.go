package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// AllocationHour is the booked time of an allocation in a week, or a part of one.
type AllocationHour struct{ ent.Schema }

// Mixin of AllocationHour.
func (AllocationHour) Mixin() []ent.Mixin { return fact() }

// Annotations of AllocationHour.
func (AllocationHour) Annotations() []schema.Annotation {
	return facts("allocation_hours", "The booked time of an allocation in a week, or a part of one.", Fact{Owners: []string{"resource_id"}, Key: []string{"allocation_id", "period_start"}})
}

// Fields of AllocationHour.
func (AllocationHour) Fields() []ent.Field {
	return []ent.Field{
		ref("resource_id", "Resource that is booked."),
		ref("allocation_id", "Allocation it belongs to."),
		day("period_start", "First day it is booked for: a Monday, or later in the week."),
		day("period_end", "Last day it is booked for, in the same week."),
		field.Int("minutes").Range(0, 60*24*7).Comment("Booked minutes."),
	}
}

// Edges of AllocationHour.
func (AllocationHour) Edges() []ent.Edge {
	return []ent.Edge{
		to("resource", Resource.Type, "resource_id", true),
		to("allocation", Allocation.Type, "allocation_id", true),
	}
}
