package fault

//go:generate go test -run TestPageOfErrors . -update

// FieldCode says what the code of a field's error means.
type FieldCode struct{ Code, Meaning string }

// FieldCodes is every code that a field's error has, in alphabetical order. Some are those of kinds, of one field.
var FieldCodes = []FieldCode{
	{"AMBIGUOUS", "Several things are meant, or several ways of saying one thing are used at once."},
	{"COMPUTED", "The value is calculated and cannot be recorded."},
	{"CONFLICT", "The version given is not that of the record any more, or there is none yet."},
	{"CYCLE", "The thing would lie below itself."},
	{"ERASED", "The person was erased; what was erased does not come back."},
	{"FIXED", "The value stays as it was first recorded."},
	{"FORBIDDEN", "The caller sees the thing, but may not change it so."},
	{"HOURS_OUTSIDE", "Hours are booked outside the days that the booking would have."},
	{"INCOMPLETE", "Something that belongs with it is missing, or must be missing and is not."},
	{"INVALID", "The value is not of the form or the type that is asked for."},
	{"INVALID_DOCUMENT", "The document cannot be asked; the message says where in it and why."},
	{"IN_FUTURE", "The day has not come yet."},
	{"IN_USE", "Something else depends on it and has to be changed first."},
	{"ISSUER", "The configuration of an issuer of tokens says something that cannot be."},
	{"MAPPING", "The mapping of an import says something that cannot be."},
	{"NOT_ACCEPTED", "The booking has to be accepted first."},
	{"NOT_ALLOWED", "A value may not stand here together with the others."},
	{"NOT_FIRST_DAY", "The day is not the first one of its week or month."},
	{"NOT_FOUND", "There is no such thing, or the caller may not see it."},
	{"NOT_IMPLEMENTED", "The standard has this, and the server does not answer it."},
	{"NOT_IN_LIST", "The word is not one of its closed list."},
	{"NOT_ONE_WEEK", "The days are not those of one week."},
	{"NOT_TO_SELF", "Nobody gives a role to himself."},
	{"NO_MONTH", "The day is not the first one of a month."},
	{"OTHER_CURRENCY", "The amount is in another currency than what it belongs to."},
	{"OTHER_ORDER", "The cursor is of a list in another order; begin again without one."},
	{"OTHER_PORTFOLIO", "What is named belongs to another portfolio."},
	{"OTHER_PROJECT", "What is named belongs to another project."},
	{"OTHER_RESOURCE", "What is named belongs to another resource."},
	{"OUTSIDE", "The day lies outside the days of the booking."},
	{"OUT_OF_ORDER", "Two values, such as first and last day, stand the wrong way round."},
	{"OUT_OF_RANGE", "The number, the length or the count is larger or smaller than it may be."},
	{"OUT_OF_SCOPE", "The indicator is for other nodes."},
	{"REQUIRED", "A value is missing."},
	{"TAKEN", "Another thing has this value, which is unique."},
	{"TOO_FAR", "The record asked for lies further back than what one question may undo."},
	{"TOO_LONG", "The text is longer than it may be."},
	{"TWICE", "The same thing is said twice."},
	{"UNKNOWN_COLUMN", "The dataset has no such column, reference or measure, or the entity none to import."},
	{"UNKNOWN_CURRENCY", "It is no ISO 4217 code."},
	{"UNKNOWN_ENTITY", "There is no such entity to import."},
	{"UNKNOWN_FIELD", "The mutation changes no such field."},
	{"UNKNOWN_TIMEZONE", "It is no zone of the IANA database."},
	{"WRONG_STATE", "The thing is in a state in which this cannot be done."},
}
