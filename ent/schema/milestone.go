package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// Milestone is an event without duration that marks a commitment of a project.
type Milestone struct{ ent.Schema }

// Mixin of Milestone.
func (Milestone) Mixin() []ent.Mixin { return base() }

// Annotations of Milestone.
func (Milestone) Annotations() []schema.Annotation {
	return table("milestones", "An event without duration that marks a commitment of a project.")
}

// Fields of Milestone.
func (Milestone) Fields() []ent.Field {
	return []ent.Field{
		ref("project_id", "Project it belongs to."),
		name("What is reached; unique within the project."),
		field.Enum("state").GoType(vocab.MilestoneState("")).Comment("Where it stands."),
		optDay("forecast_date", "Day it is expected; null if unknown."),
		optDay("actual_date", "Day it was reached; null before."),
		field.Int("weight").Range(0, 1000000).Comment("Share of the project's work it stands for, relative to the other milestones."),
		money("budget", "Budget of the work it concludes, in minor units of the project's currency; null if none."),
		field.Bool("is_contractual").Comment("Whether a contract depends on it."),
		field.Bool("is_finish").Comment("Whether it is the finish of the whole project; at most one is."),
		optRef("owner_id", "User who answers for it; null if nobody does."),
	}
}

// Edges of Milestone.
func (Milestone) Edges() []ent.Edge {
	return []ent.Edge{
		to("project", Project.Type, "project_id", true),
		to("owner", User.Type, "owner_id", false),
	}
}

// Indexes of Milestone.
func (Milestone) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("project_id", "name").Unique(),
	}
}
