package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"pmograph/internal/vocab"
)

// WorkCalendar is the working time of a week and the days that differ from it.
type WorkCalendar struct{ ent.Schema }

// Mixin of WorkCalendar.
func (WorkCalendar) Mixin() []ent.Mixin { return base() }

// Annotations of WorkCalendar.
func (WorkCalendar) Annotations() []schema.Annotation {
	return table("work_calendars", "The working time of a week and the days that differ from it.")
}

// Fields of WorkCalendar.
func (WorkCalendar) Fields() []ent.Field {
	return []ent.Field{
		code("Short name, unique in the organisation."),
		name("Name."),
		field.String("timezone").NotEmpty().MaxLen(60).Comment("IANA time zone its days are counted in."),
		field.JSON("weekly_minutes", []int{}).Comment("Working minutes of Sunday to Saturday: seven numbers from 0 to 1440."),
		field.JSON("exceptions", []vocab.CalendarException{}).Comment("Days that differ, each once: date, working minutes, name."),
	}
}

// Indexes of WorkCalendar.
func (WorkCalendar) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("code").Unique(),
	}
}
