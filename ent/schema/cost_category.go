package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/index"
)

// CostCategory is a kind of cost in the organisation's own list.
type CostCategory struct{ ent.Schema }

// Mixin of CostCategory.
func (CostCategory) Mixin() []ent.Mixin { return base() }

// Annotations of CostCategory.
func (CostCategory) Annotations() []schema.Annotation {
	return table("cost_categories", "A kind of cost, in the organisation's own list: labour, licences, travel.")
}

// Fields of CostCategory.
func (CostCategory) Fields() []ent.Field {
	return []ent.Field{
		code("Short name, unique in the organisation."),
		name("Name."),
	}
}

// Indexes of CostCategory.
func (CostCategory) Indexes() []ent.Index {
	return []ent.Index{index.Fields("code").Unique()}
}
