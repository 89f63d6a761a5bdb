package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Team is people who work together under one manager.
type Team struct{ ent.Schema }

// Mixin of Team.
func (Team) Mixin() []ent.Mixin { return base() }

// Annotations of Team.
func (Team) Annotations() []schema.Annotation {
	return table("teams", "People who work together under one manager.")
}

// Fields of Team.
func (Team) Fields() []ent.Field {
	return []ent.Field{
		code("Short name, unique in the organisation."),
		name("Name."),
		field.Int64("parent_id").Optional().Nillable().Annotations(Grants{}).Comment("Team above; null at the top."),
		field.Int64("manager_id").Optional().Nillable().Annotations(Grants{}).Comment("User who manages the people; null if nobody does."),
	}
}

// Edges of Team.
func (Team) Edges() []ent.Edge {
	return []ent.Edge{
		to("parent", Team.Type, "parent_id", false),
		to("manager", User.Type, "manager_id", false),
	}
}

// Indexes of Team.
func (Team) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("code").Unique(),
	}
}
