package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// SavedQuery is a question about a dataset that a user keeps, and shares if he likes.
type SavedQuery struct{ ent.Schema }

// Mixin of SavedQuery.
func (SavedQuery) Mixin() []ent.Mixin { return base() }

// Annotations of SavedQuery.
func (SavedQuery) Annotations() []schema.Annotation {
	return table("saved_queries", "A question about a dataset that a user keeps: whoever asks it is answered what he may see himself.")
}

// MaxAnalysisText is how many bytes a kept question has at most.
const MaxAnalysisText = 64 << 10

// Fields of SavedQuery.
func (SavedQuery) Fields() []ent.Field {
	return []ent.Field{
		name("What it answers; names nobody."),
		field.String("description").Optional().Nillable().MaxLen(2000).Comment("More about it; null if there is nothing to say."),
		ref("owner_id", "User who keeps it."),
		field.Bool("shared").Comment("Whether everybody may see and ask it who may see anything."),
		field.String("dataset").NotEmpty().MaxLen(100).Comment("Name of the dataset it is about."),
		field.Text("analysis").NotEmpty().MaxLen(MaxAnalysisText).Comment("The question, as JSON of the form of AggregateInput."),
	}
}

// Edges of SavedQuery.
func (SavedQuery) Edges() []ent.Edge {
	return []ent.Edge{to("owner", User.Type, "owner_id", true)}
}

// Indexes of SavedQuery.
func (SavedQuery) Indexes() []ent.Index {
	return []ent.Index{index.Fields("owner_id")}
}
