package schema

import (
	"regexp"

	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// KpiDefinition is a key performance indicator: what it means and how it is judged.
type KpiDefinition struct{ ent.Schema }

// Mixin of KpiDefinition.
func (KpiDefinition) Mixin() []ent.Mixin { return base() }

// Annotations of KpiDefinition.
func (KpiDefinition) Annotations() []schema.Annotation {
	return table("kpi_definitions", "A key performance indicator: what it means, how it rolls up, and how its values are judged.")
}

// Fields of KpiDefinition.
func (KpiDefinition) Fields() []ent.Field {
	return []ent.Field{
		code("Short name, unique in its scope."),
		name("Name."),
		field.String("description").Optional().Nillable().MaxLen(2000).Comment("What it tells; null if not said."),
		optRef("portfolio_id", "Portfolio it is for, with all below; null if it is for a program, or everywhere."),
		optRef("program_id", "Program it is for; null if it is for a portfolio, or everywhere."),
		field.Enum("unit").GoType(vocab.Unit("")).Comment("Unit of its values."),
		field.String("currency").Optional().Nillable().MinLen(3).MaxLen(3).Comment("ISO 4217 code of values of unit MONEY; null for other units."),
		field.Bool("about_money").Comment("Whether its values tell of money, amounts or ratios of amounts: they are open only to who sees money."),
		field.Enum("direction").GoType(vocab.KpiDirection("")).Comment("Which values are good."),
		field.Enum("source").GoType(vocab.KpiSource("")).Comment("Whether values are measured and recorded, or computed."),
		field.Enum("metric").GoType(vocab.KpiMetric("")).Optional().Nillable().Comment("Figure that a computed one shows; null for a measured one."),
		field.Int("formula_version").Positive().Comment("Grows when its meaning changes; measurements of an earlier meaning stay."),
		field.Enum("rollup").GoType(vocab.KpiRollup("")).Comment("How values of several nodes become one."),
		field.Enum("weight").GoType(vocab.KpiWeight("")).Optional().Nillable().Comment("What a WEIGHTED roll-up weighs with; null for others."),
		field.Enum("cadence").GoType(vocab.Cadence("")).Comment("How often it is measured; a value older than two of them is stale."),
		limit("green", "Limit of green: the least green value, with DOWN_GOOD the greatest, of a BAND the least."),
		limit("amber", "Limit of amber in the same way."),
		limit("green_high", "Greatest green value of a BAND; null for other directions."),
		limit("amber_high", "Greatest amber value of a BAND; null for other directions."),
		optRef("owner_id", "User who answers for it; null if nobody does."),
		field.String("feed_column").Optional().Nillable().MaxLen(60).Match(columnName).Comment("Column that shows it for each project in the ProjectData feed; null if none does."),
	}
}

// columnName is a name that OData takes for a property.
var columnName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// limit is a threshold in millionths of the unit.
func limit(name, comment string) ent.Field {
	return field.Int64(name).Optional().Nillable().Comment(comment + " In millionths of the unit; null if there is none.")
}

// Edges of KpiDefinition.
func (KpiDefinition) Edges() []ent.Edge {
	return []ent.Edge{
		to("portfolio", Portfolio.Type, "portfolio_id", false),
		to("program", Program.Type, "program_id", false),
		to("owner", User.Type, "owner_id", false),
	}
}

// Indexes of KpiDefinition.
func (KpiDefinition) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("portfolio_id", "program_id", "code").Unique(),
		index.Fields("program_id"),
		index.Fields("feed_column").Unique(),
	}
}
