package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// ActionItem is something that somebody has to do for a project by a day.
type ActionItem struct{ ent.Schema }

// Mixin of ActionItem.
func (ActionItem) Mixin() []ent.Mixin { return base() }

// Annotations of ActionItem.
func (ActionItem) Annotations() []schema.Annotation {
	return table("action_items", "Something that somebody has to do for a project by a day.")
}

// Fields of ActionItem.
func (ActionItem) Fields() []ent.Field {
	return []ent.Field{
		ref("project_id", "Project it is for."),
		field.String("title").NotEmpty().MaxLen(300).Comment("What is to be done."),
		optRef("owner_id", "User who has to do it; null if nobody is named."),
		optDay("due", "Day by which it is to be done; null if none was set."),
		optDay("done_on", "Day it was done; null while open."),
	}
}

// Edges of ActionItem.
func (ActionItem) Edges() []ent.Edge {
	return []ent.Edge{
		to("project", Project.Type, "project_id", true),
		to("owner", User.Type, "owner_id", false),
	}
}
