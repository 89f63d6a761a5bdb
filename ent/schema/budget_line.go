package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"pmograph/internal/vocab"
)

// BudgetLine is money approved for a project, by month, category and currency.
type BudgetLine struct{ ent.Schema }

// Mixin of BudgetLine.
func (BudgetLine) Mixin() []ent.Mixin { return fact() }

// Annotations of BudgetLine.
func (BudgetLine) Annotations() []schema.Annotation {
	return facts("budget_lines", "Money approved for a project, by month, kind of cost and currency.", Fact{Owners: []string{"project_id"}, Key: []string{"cost_category_id", "reserve_kind", "currency", "period"}})
}

// Fields of BudgetLine.
func (BudgetLine) Fields() []ent.Field {
	return []ent.Field{
		ref("project_id", "Project the money is approved for."),
		ref("cost_category_id", "Kind of cost."),
		field.Enum("reserve_kind").GoType(vocab.ReserveKind("")).Comment("Whether it is a reserve; management reserve lies outside the budget at completion."),
		currency("ISO 4217 code of the amount."),
		day("period", "First day of the month it is approved for."),
		money("amount", "Approved amount in minor units."),
	}
}

// Edges of BudgetLine.
func (BudgetLine) Edges() []ent.Edge {
	return []ent.Edge{
		to("project", Project.Type, "project_id", true),
		to("cost_category", CostCategory.Type, "cost_category_id", true),
	}
}
