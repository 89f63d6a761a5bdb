package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// BaselineEntry is the dates that a baseline fixes for one thing.
type BaselineEntry struct{ ent.Schema }

// Mixin of BaselineEntry.
func (BaselineEntry) Mixin() []ent.Mixin { return base() }

// Annotations of BaselineEntry.
func (BaselineEntry) Annotations() []schema.Annotation {
	return table("baseline_entries", "The dates that a baseline fixes for one thing.")
}

// Fields of BaselineEntry.
func (BaselineEntry) Fields() []ent.Field {
	return []ent.Field{
		ref("baseline_id", "Baseline it belongs to."),
		ref("project_id", "Project of the baseline."),
		field.Enum("item_kind").GoType(vocab.BaselineItemKind("")).Comment("What is fixed."),
		optRef("milestone_id", "Milestone that is fixed; null for the project's own dates."),
		optDay("start", "Baseline start; null for a milestone."),
		optDay("finish", "Baseline finish, for a milestone its date; null if none was set."),
		money("weight", "Share of the budget a milestone earns when it is reached, relative to the others of the baseline: its budget, or its weight. Null counts as 1."),
	}
}

// Edges of BaselineEntry.
func (BaselineEntry) Edges() []ent.Edge {
	return []ent.Edge{
		to("baseline", Baseline.Type, "baseline_id", true),
		to("project", Project.Type, "project_id", true),
		to("milestone", Milestone.Type, "milestone_id", false),
	}
}

// Indexes of BaselineEntry.
func (BaselineEntry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("baseline_id", "milestone_id").Unique(),
		index.Fields("milestone_id"),
		index.Fields("project_id"),
	}
}
