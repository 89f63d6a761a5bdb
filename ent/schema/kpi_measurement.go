package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"

	"pmograph/internal/vocab"
)

// KpiMeasurement is a value of an indicator for a node and a period.
type KpiMeasurement struct{ ent.Schema }

// Mixin of KpiMeasurement.
func (KpiMeasurement) Mixin() []ent.Mixin { return fact() }

// Annotations of KpiMeasurement.
func (KpiMeasurement) Annotations() []schema.Annotation {
	return facts("kpi_measurements", "A value of an indicator for a node and a period.", Fact{Owners: []string{"project_id", "program_id", "portfolio_id"}, Key: []string{"kpi_definition_id", "period_end"}})
}

// Fields of KpiMeasurement.
func (KpiMeasurement) Fields() []ent.Field {
	return []ent.Field{
		optRef("project_id", "Project it was measured for; null if it is another node."),
		optRef("program_id", "Program it was measured for; null if it is another node."),
		optRef("portfolio_id", "Portfolio it was measured for; null if it is another node."),
		ref("kpi_definition_id", "Indicator."),
		day("period_end", "Last day of the period it is of."),
		optDay("period_start", "First day of the period; null for a value of a day."),
		field.Enum("reason").GoType(vocab.Reason("")).Optional().Nillable().Comment("Why there is no value; null if there is one."),
		millionths("value", "Value"),
		millionths("target", "Value aimed at"),
		millionths("numerator", "Numerator of a value that rolls up as a RATIO"),
		millionths("denominator", "Denominator of a value that rolls up as a RATIO"),
		closed("money_value", "Value"),
		closed("money_target", "Value aimed at"),
		closed("money_numerator", "Numerator of a value that rolls up as a RATIO"),
		closed("money_denominator", "Denominator of a value that rolls up as a RATIO"),
	}
}

// millionths is a number of an indicator that tells nothing of money.
func millionths(name, comment string) ent.Field {
	return field.Int64(name).Optional().Nillable().Comment(comment + ", in millionths of the unit; null if there is none, or the indicator is about money.")
}

// closed is the same for an indicator that is about money.
func closed(name, comment string) ent.Field {
	return money(name, comment+" of an indicator that is about money, in millionths of the unit; null if there is none.")
}

// Edges of KpiMeasurement.
func (KpiMeasurement) Edges() []ent.Edge {
	return []ent.Edge{
		to("project", Project.Type, "project_id", false),
		to("program", Program.Type, "program_id", false),
		to("portfolio", Portfolio.Type, "portfolio_id", false),
		to("kpi_definition", KpiDefinition.Type, "kpi_definition_id", true),
	}
}
