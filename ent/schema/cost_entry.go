package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
)

// CostEntry is what a project costs in a month, by category and currency.
type CostEntry struct{ ent.Schema }

// Mixin of CostEntry.
func (CostEntry) Mixin() []ent.Mixin { return fact() }

// Annotations of CostEntry.
func (CostEntry) Annotations() []schema.Annotation {
	return facts("cost_entries", "What a project costs in a month, by kind of cost and currency.", Fact{Owners: []string{"project_id"}, Key: []string{"cost_category_id", "currency", "period"}})
}

// Fields of CostEntry.
func (CostEntry) Fields() []ent.Field {
	return []ent.Field{
		ref("project_id", "Project that bears the cost."),
		ref("cost_category_id", "Kind of cost."),
		currency("ISO 4217 code of the amounts."),
		day("period", "First day of the month the work is done in; a late invoice belongs to the month of the work."),
		money("planned", "Planned amount in minor units; null if none was planned."),
		money("actual", "Booked amount in minor units; null before anything is booked."),
		money("committed", "Ordered and not yet invoiced, in minor units; null if nothing is."),
		money("forecast", "Still expected to be spent beside what is booked and committed, in minor units: the estimate to complete; null if there is none."),
	}
}

// Edges of CostEntry.
func (CostEntry) Edges() []ent.Edge {
	return []ent.Edge{
		to("project", Project.Type, "project_id", true),
		to("cost_category", CostCategory.Type, "cost_category_id", true),
	}
}
