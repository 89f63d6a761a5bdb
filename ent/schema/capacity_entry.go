package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"pmograph/internal/vocab"
)

// CapacityEntry is time that a resource has, or lacks, in a period.
type CapacityEntry struct{ ent.Schema }

// Mixin of CapacityEntry.
func (CapacityEntry) Mixin() []ent.Mixin { return fact() }

// Annotations of CapacityEntry.
func (CapacityEntry) Annotations() []schema.Annotation {
	return facts("capacity_entries", "Time that a resource has, or lacks, in a period.", Fact{Owners: []string{"resource_id"}, Key: []string{"source", "grain", "period_start"}})
}

// Fields of CapacityEntry.
func (CapacityEntry) Fields() []ent.Field {
	return []ent.Field{
		ref("resource_id", "Resource whose time it is."),
		day("period_start", "First day of the period: of a week its Monday, of a month the 1st."),
		field.Enum("grain").GoType(vocab.CapacityGrain("")).Comment("Length of the period."),
		field.Enum("source").GoType(vocab.CapacitySource("")).Comment("What it is: CALENDAR and OVERRIDE state the time there is, an override before a calendar; ABSENCE takes time away."),
		field.Int("minutes").Range(0, 60*24*31).Comment("Minutes of the period."),
	}
}

// Edges of CapacityEntry.
func (CapacityEntry) Edges() []ent.Edge {
	return []ent.Edge{to("resource", Resource.Type, "resource_id", true)}
}
