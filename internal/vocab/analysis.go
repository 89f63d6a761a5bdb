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
