package vocab

import "io"

// Bucket is the length of time that days are put together by.
type Bucket string

// The values of Bucket.
const (
	BucketDay        Bucket = "DAY"         // each day
	BucketWeek       Bucket = "WEEK"        // weeks from Monday
	BucketMonth      Bucket = "MONTH"       // calendar months
	BucketQuarter    Bucket = "QUARTER"     // quarters of the calendar year
	BucketYear       Bucket = "YEAR"        // calendar years
	BucketFiscalYear Bucket = "FISCAL_YEAR" // the organisation's fiscal years
)

// Values lists the closed set, in its natural order.
func (Bucket) Values() []string {
	return []string{"DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "FISCAL_YEAR"}
}

// MarshalGQL writes the value's name.
func (v Bucket) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Bucket) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// Aggregation is how one value is made of many.
type Aggregation string

// The values of Aggregation.
const (
	AggregationSum           Aggregation = "SUM"            // added up
	AggregationMin           Aggregation = "MIN"            // the least
	AggregationMax           Aggregation = "MAX"            // the greatest
	AggregationAverage       Aggregation = "AVERAGE"        // the arithmetic mean of those there are
	AggregationCount         Aggregation = "COUNT"          // how many rows there are
	AggregationCountDistinct Aggregation = "COUNT_DISTINCT" // how many different values there are
)

// Values lists the closed set, in its natural order.
func (Aggregation) Values() []string {
	return []string{"SUM", "MIN", "MAX", "AVERAGE", "COUNT", "COUNT_DISTINCT"}
}

// MarshalGQL writes the value's name.
func (v Aggregation) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Aggregation) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// Operator is how a condition compares a column with values.
type Operator string

// The values of Operator.
const (
	OperatorEq         Operator = "EQ"          // equals the value
	OperatorNe         Operator = "NE"          // differs from the value; no value differs, too
	OperatorLt         Operator = "LT"          // is less
	OperatorLe         Operator = "LE"          // is less or equal
	OperatorGt         Operator = "GT"          // is greater
	OperatorGe         Operator = "GE"          // is greater or equal
	OperatorIn         Operator = "IN"          // equals one of the values
	OperatorNotIn      Operator = "NOT_IN"      // equals none of the values
	OperatorBetween    Operator = "BETWEEN"     // lies between two values, or equals one of them
	OperatorContains   Operator = "CONTAINS"    // contains the text
	OperatorStartsWith Operator = "STARTS_WITH" // begins with the text
	OperatorEndsWith   Operator = "ENDS_WITH"   // ends with the text
	OperatorIsNull     Operator = "IS_NULL"     // has no value, or none that may be seen
	OperatorNotNull    Operator = "NOT_NULL"    // has a value
)

// Values lists the closed set, in its natural order.
func (Operator) Values() []string {
	return []string{"EQ", "NE", "LT", "LE", "GT", "GE", "IN", "NOT_IN", "BETWEEN", "CONTAINS", "STARTS_WITH", "ENDS_WITH", "IS_NULL", "NOT_NULL"}
}

// MarshalGQL writes the value's name.
func (v Operator) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Operator) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// Comparison is with which earlier period a period is compared.
type Comparison string

// The values of Comparison.
const (
	ComparisonPreviousPeriod Comparison = "PREVIOUS_PERIOD" // the one of equal length right before
	ComparisonPreviousYear   Comparison = "PREVIOUS_YEAR"   // the same one a year before
)

// Values lists the closed set, in its natural order.
func (Comparison) Values() []string {
	return []string{"PREVIOUS_PERIOD", "PREVIOUS_YEAR"}
}

// MarshalGQL writes the value's name.
func (v Comparison) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Comparison) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// AnswerPart is what a column of an answer tells.
type AnswerPart string

// The values of AnswerPart.
const (
	AnswerPartGroup          AnswerPart = "GROUP"           // what the rows are grouped by
	AnswerPartMeasure        AnswerPart = "MEASURE"         // a measure
	AnswerPartCurrency       AnswerPart = "CURRENCY"        // the currency of a measure
	AnswerPartEarlier        AnswerPart = "EARLIER"         // a measure in the earlier period
	AnswerPartChange         AnswerPart = "CHANGE"          // the measure less that of the earlier period
	AnswerPartRelativeChange AnswerPart = "RELATIVE_CHANGE" // the change as a share of the earlier value
)

// Values lists the closed set, in its natural order.
func (AnswerPart) Values() []string {
	return []string{"GROUP", "MEASURE", "CURRENCY", "EARLIER", "CHANGE", "RELATIVE_CHANGE"}
}

// MarshalGQL writes the value's name.
func (v AnswerPart) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *AnswerPart) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// ColumnClass is who may read a column.
type ColumnClass string

// The values of ColumnClass.
const (
	ColumnClassPublic   ColumnClass = "PUBLIC"   // whoever sees the row
	ColumnClassMoney    ColumnClass = "MONEY"    // who may see amounts
	ColumnClassRate     ColumnClass = "RATE"     // who may see what an hour of a person costs
	ColumnClassPersonal ColumnClass = "PERSONAL" // who may see data on persons
)

// Values lists the closed set, in its natural order.
func (ColumnClass) Values() []string {
	return []string{"PUBLIC", "MONEY", "RATE", "PERSONAL"}
}

// MarshalGQL writes the value's name.
func (v ColumnClass) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *ColumnClass) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// ValueKind is the type of a value.
type ValueKind string

// The values of ValueKind.
const (
	ValueKindBoolean ValueKind = "BOOLEAN" // true or false
	ValueKindInteger ValueKind = "INTEGER" // a whole number
	ValueKindDecimal ValueKind = "DECIMAL" // a decimal number
	ValueKindDate    ValueKind = "DATE"    // a calendar day
	ValueKindInstant ValueKind = "INSTANT" // a moment
	ValueKindText    ValueKind = "TEXT"    // a text
	ValueKindId      ValueKind = "ID"      // the identifier of a thing
)

// Values lists the closed set, in its natural order.
func (ValueKind) Values() []string {
	return []string{"BOOLEAN", "INTEGER", "DECIMAL", "DATE", "INSTANT", "TEXT", "ID"}
}

// MarshalGQL writes the value's name.
func (v ValueKind) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *ValueKind) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// ColumnRole is what a column is for.
type ColumnRole string

// The values of ColumnRole.
const (
	ColumnRoleAttribute ColumnRole = "ATTRIBUTE" // tells something of the row
	ColumnRoleDimension ColumnRole = "DIMENSION" // rows are grouped by it
	ColumnRoleKey       ColumnRole = "KEY"       // part of what the row is known by
	ColumnRoleAmount    ColumnRole = "AMOUNT"    // a quantity that is added up
	ColumnRoleLevel     ColumnRole = "LEVEL"     // a quantity that is not added up over time, or not at all
)

// Values lists the closed set, in its natural order.
func (ColumnRole) Values() []string {
	return []string{"ATTRIBUTE", "DIMENSION", "KEY", "AMOUNT", "LEVEL"}
}

// MarshalGQL writes the value's name.
func (v ColumnRole) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *ColumnRole) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// Additivity is over what a measure may be added up.
type Additivity string

// The values of Additivity.
const (
	AdditivityAdditive     Additivity = "ADDITIVE"      // over everything
	AdditivitySemiAdditive Additivity = "SEMI_ADDITIVE" // over everything but time, where the last counts
	AdditivityNonAdditive  Additivity = "NON_ADDITIVE"  // over nothing
)

// Values lists the closed set, in its natural order.
func (Additivity) Values() []string {
	return []string{"ADDITIVE", "SEMI_ADDITIVE", "NON_ADDITIVE"}
}

// MarshalGQL writes the value's name.
func (v Additivity) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Additivity) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// NullReason is why there is no value.
type NullReason string

// The values of NullReason.
const (
	NullReasonNotVisible      NullReason = "NOT_VISIBLE"      // it, or a part of it, may not be seen
	NullReasonMixedCurrency   NullReason = "MIXED_CURRENCY"   // amounts of several currencies do not add up
	NullReasonMixedKpi        NullReason = "MIXED_KPI"        // values of several indicators do not add up
	NullReasonNoRate          NullReason = "NO_RATE"          // an exchange rate is missing
	NullReasonZeroDenominator NullReason = "ZERO_DENOMINATOR" // the divisor is zero
	NullReasonNotAdditive     NullReason = "NOT_ADDITIVE"     // the values do not add up
)

// Values lists the closed set, in its natural order.
func (NullReason) Values() []string {
	return []string{"NOT_VISIBLE", "MIXED_CURRENCY", "MIXED_KPI", "NO_RATE", "ZERO_DENOMINATOR", "NOT_ADDITIVE"}
}

// MarshalGQL writes the value's name.
func (v NullReason) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *NullReason) UnmarshalGQL(src any) error { return unmarshal(v, src) }
