package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
)

// BaselinePeriod is what a baseline plans to be earned in a month.
type BaselinePeriod struct{ ent.Schema }

// Mixin of BaselinePeriod.
func (BaselinePeriod) Mixin() []ent.Mixin { return fact() }

// Annotations of BaselinePeriod.
func (BaselinePeriod) Annotations() []schema.Annotation {
	return facts("baseline_periods", "What a baseline plans to be earned in a month: its spread is the planned value.", Fact{Owners: []string{"project_id"}, Key: []string{"baseline_id", "period"}})
}

// Fields of BaselinePeriod.
func (BaselinePeriod) Fields() []ent.Field {
	return []ent.Field{
		ref("project_id", "Project of the baseline."),
		ref("baseline_id", "Baseline it belongs to; immutable once that is approved."),
		day("period", "First day of the month."),
		money("amount", "Budget of the work planned for the month, in minor units of the baseline's currency."),
	}
}

// Edges of BaselinePeriod.
func (BaselinePeriod) Edges() []ent.Edge {
	return []ent.Edge{
		to("project", Project.Type, "project_id", true),
		to("baseline", Baseline.Type, "baseline_id", true),
	}
}
