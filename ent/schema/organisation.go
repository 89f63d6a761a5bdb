package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
)

// Organisation is the one organisation a deployment serves, with the settings that hold everywhere.
type Organisation struct{ ent.Schema }

// Mixin of Organisation.
func (Organisation) Mixin() []ent.Mixin { return base() }

// Annotations of Organisation.
func (Organisation) Annotations() []schema.Annotation {
	return table("organisations", "The one organisation a deployment serves, with the settings that hold everywhere.")
}

// Fields of Organisation.
func (Organisation) Fields() []ent.Field {
	return []ent.Field{
		name("Name of the organisation."),
		currency("ISO 4217 code of the currency that totals are shown in."),
		field.String("timezone").NotEmpty().MaxLen(60).Comment("IANA time zone in which the day of the organisation turns."),
		field.Int("fiscal_year_start").Range(1, 12).Comment("Month the fiscal year begins with, 1 to 12."),
		field.Int("standard_week_minutes").Range(1, 10080).Comment("Working time of a full-time week in minutes, the measure of one full-time equivalent."),
		field.Int("report_validity_months").Range(1, 60).Comment("Months after a period's end during which its status report counts; an older one is stale."),
		optRef("calendar_id", "Working calendar used where nothing nearer names one; null means Monday to Friday, 7.5 hours."),
	}
}

// Edges of Organisation.
func (Organisation) Edges() []ent.Edge {
	return []ent.Edge{
		to("calendar", WorkCalendar.Type, "calendar_id", false),
	}
}
