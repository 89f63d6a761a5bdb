package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// Program is related projects managed together for outcomes that none gives alone.
type Program struct{ ent.Schema }

// Mixin of Program.
func (Program) Mixin() []ent.Mixin { return base() }

// Annotations of Program.
func (Program) Annotations() []schema.Annotation {
	return table("programs", "Related projects managed together for outcomes that none gives alone.")
}

// Fields of Program.
func (Program) Fields() []ent.Field {
	return []ent.Field{
		nodeCode("Short name, unique within the portfolio."),
		name("Name."),
		field.Int64("portfolio_id").Annotations(Grants{}).Comment("Portfolio it belongs to."),
		field.Enum("lifecycle").GoType(vocab.PortfolioLifecycle("")).Comment("Whether it is in use."),
		field.Int64("sponsor_id").Optional().Nillable().Annotations(Grants{}).Comment("User who answers for its benefits; null if nobody does."),
	}
}

// Edges of Program.
func (Program) Edges() []ent.Edge {
	return []ent.Edge{
		to("portfolio", Portfolio.Type, "portfolio_id", true),
		to("sponsor", User.Type, "sponsor_id", false),
	}
}

// Indexes of Program.
func (Program) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("portfolio_id", "code").Unique(),
	}
}
