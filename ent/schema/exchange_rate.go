package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ExchangeRate is the price of one currency in another from a day on.
type ExchangeRate struct{ ent.Schema }

// Mixin of ExchangeRate.
func (ExchangeRate) Mixin() []ent.Mixin { return base() }

// Annotations of ExchangeRate.
func (ExchangeRate) Annotations() []schema.Annotation {
	return table("exchange_rates", "The price of one currency in another from a day on.")
}

// Fields of ExchangeRate.
func (ExchangeRate) Fields() []ent.Field {
	return []ent.Field{
		field.String("from_currency").MinLen(3).MaxLen(3).Comment("ISO 4217 code of the currency that is priced."),
		field.String("to_currency").MinLen(3).MaxLen(3).Comment("ISO 4217 code of the currency it is priced in."),
		day("valid_from", "First day the rate holds, until the next one."),
		field.Int64("rate").Positive().Comment("Units of to_currency for one unit of from_currency, in thousand-millionths."),
		field.String("source").Optional().Nillable().MaxLen(200).Comment("Who published it; null if not said."),
	}
}

// Indexes of ExchangeRate.
func (ExchangeRate) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("from_currency", "to_currency", "valid_from").Unique(),
	}
}
