package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// RoleAssignment is a role given to a user on a node, for a time.
type RoleAssignment struct{ ent.Schema }

// Mixin of RoleAssignment.
func (RoleAssignment) Mixin() []ent.Mixin { return base() }

// Annotations of RoleAssignment.
func (RoleAssignment) Annotations() []schema.Annotation {
	return table("role_assignments", "A role given to a user on a node, for a time.")
}

// Fields of RoleAssignment.
func (RoleAssignment) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("user_id").Annotations(Grants{}).Comment("Who holds the role."),
		field.Enum("role").GoType(vocab.Role("")).Comment("The role.").Annotations(Grants{}),
		field.Enum("scope_kind").GoType(vocab.ScopeKind("")).Comment("Kind of the node the role holds on and below.").Annotations(Grants{}),
		field.Int64("scope_id").Optional().Nillable().Annotations(Grants{}).Comment("Number of that node; null for ORGANISATION and OWN."),
		field.Time("valid_from").GoType(vocab.Date(0)).Optional().Nillable().Annotations(Grants{}).SchemaType(dateType).Comment("First day it holds; null means from the beginning."),
		field.Time("valid_to").GoType(vocab.Date(0)).Optional().Nillable().Annotations(Grants{}).SchemaType(dateType).Comment("Last day it holds; null means without end."),
	}
}

// Edges of RoleAssignment.
func (RoleAssignment) Edges() []ent.Edge {
	return []ent.Edge{
		to("user", User.Type, "user_id", true),
	}
}

// Indexes of RoleAssignment.
func (RoleAssignment) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id"),
	}
}
