package dataset

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Kind is the type of a value.
type Kind uint8

// The kinds of values. A column of kind K holds values of kind K, and nulls.
const (
	Null    Kind = iota // no value; Why tells why
	Bool                // Int is 0 or 1
	Int                 // Int
	Decimal             // Number, shown with Scale digits
	Date                // Int is a vocab.Date
	Instant             // Int is microseconds since 1970-01-01 UTC
	Text                // Text
	ID                  // identifier of a row: Table and Int, shown as cost-entry-42
)

func (k Kind) String() string {
	return [...]string{"NULL", "BOOLEAN", "INTEGER", "DECIMAL", "DATE", "INSTANT", "TEXT", "ID"}[k]
}

// Value is one value of a row: a number, a text, a day, or nothing. It allocates nothing but for a number that is no whole multiple of its last digit.
type Value struct {
	Kind  Kind
	Scale int8          // digits behind the point that a Decimal is shown with, 0 to 18
	Why   Why           // there is a Null in its place
	Int   int64         // of a Decimal without Num: the number in units of its last digit
	Text  string        // of Text
	Num   *exact.Number // a Decimal that is no whole number of its last digits, or too long for Int; else nil
	Table *state.Desc   // of ID
}

// Why tells why there is a Null.
type Why uint8

// The reasons for nulls.
const (
	Absent        Why = iota // there is nothing
	NotVisible               // the viewer may not see it, or not all it is made of
	MixedCurrency            // amounts of several currencies do not add up
	MixedKpi                 // values of several indicators do not add up
	NoRate                   // there is no exchange rate
	ZeroDenominator
	NotAdditive // the values do not add up
)

func (w Why) String() string {
	return [...]string{"", "NOT_VISIBLE", "MIXED_CURRENCY", "MIXED_KPI", "NO_RATE", "ZERO_DENOMINATOR", "NOT_ADDITIVE"}[w]
}

// None is the absence of a value, Hidden one that the viewer may not see.
var (
	None   = Value{}
	Hidden = Value{Why: NotVisible}
)

// OfBool is true or false.
func OfBool(b bool) Value {
	v := Value{Kind: Bool}
	if b {
		v.Int = 1
	}
	return v
}

// OfInt is a whole number.
func OfInt[I ~int | ~int32 | ~int64](n I) Value { return Value{Kind: Int, Int: int64(n)} }

// OfUnits is a decimal of so many units of its last digit: 1234 with 2 digits is 12.34.
func OfUnits(units int64, digits int8) Value { return Value{Kind: Decimal, Scale: digits, Int: units} }

// OfNumber is a decimal, shown with so many digits; no number is null.
func OfNumber(n exact.Number, digits int8) Value {
	if n.IsNone() {
		return None
	}
	if units, ok := n.Times(exact.Of(power(digits))).Int64(); ok {
		if n.Times(exact.Of(power(digits))).IsInt() {
			return OfUnits(units, digits)
		}
	}
	return Value{Kind: Decimal, Scale: digits, Num: &n}
}

// OfDate is a calendar day.
func OfDate(d vocab.Date) Value { return Value{Kind: Date, Int: int64(d)} }

// OfDay is a calendar day that may be missing.
func OfDay(d *vocab.Date) Value {
	if d == nil {
		return None
	}
	return OfDate(*d)
}

// OfTime is an instant.
func OfTime(t time.Time) Value { return Value{Kind: Instant, Int: t.UnixMicro()} }

// OfText is a text.
func OfText[S ~string](s S) Value { return Value{Kind: Text, Text: string(s)} }

// OfOptional is a text that may be missing.
func OfOptional[S ~string](s *S) Value {
	if s == nil {
		return None
	}
	return OfText(*s)
}

// OfID is the identifier of a row.
func OfID(t *state.Desc, id int64) Value { return Value{Kind: ID, Table: t, Int: id} }

// OfRef is the identifier of a row that may be missing.
func OfRef(t *state.Desc, id *int64) Value {
	if id == nil {
		return None
	}
	return OfID(t, *id)
}

// IsNull tells whether there is no value.
func (v Value) IsNull() bool { return v.Kind == Null }

// True tells whether it is the boolean true.
func (v Value) True() bool { return v.Kind == Bool && v.Int != 0 }

// Number gives the number that a Decimal or an Int is; none for others.
func (v Value) Number() exact.Number {
	switch {
	case v.Kind == Int:
		return exact.Of(v.Int)
	case v.Kind != Decimal:
		return exact.Number{}
	case v.Num != nil:
		return *v.Num
	}
	return exact.Parts(exact.IntOf(v.Int), power(v.Scale))
}

// Day gives the day that a Date is.
func (v Value) Day() vocab.Date { return vocab.Date(v.Int) }

// Time gives the instant that an Instant is, in UTC.
func (v Value) Time() time.Time { return time.UnixMicro(v.Int).UTC() }

// Append appends the plain text of a value: numbers as decimals with a point, days as 2026-01-31, instants as 2026-01-31T08:00:00Z, booleans as
// true and false, a null as nothing.
func (v Value) Append(b []byte) []byte {
	switch v.Kind {
	case Bool:
		return strconv.AppendBool(b, v.Int != 0)
	case Int:
		return strconv.AppendInt(b, v.Int, 10)
	case Decimal:
		if v.Num != nil {
			return exact.Decimal{Number: *v.Num, Digits: v.Scale}.Append(b)
		}
		return appendUnits(b, v.Int, int(v.Scale))
	case Date:
		return v.Day().Append(b)
	case Instant:
		return v.Time().AppendFormat(b, "2006-01-02T15:04:05.999999Z")
	case Text:
		return append(b, v.Text...)
	case ID:
		return v.Table.AppendID(b, v.Int)
	}
	return b
}

// String is the plain text.
func (v Value) String() string {
	if v.Kind == Text {
		return v.Text
	}
	return string(v.Append(make([]byte, 0, 32)))
}

// appendUnits appends a decimal of so many units of its last digit.
func appendUnits(b []byte, units int64, digits int) []byte {
	if units < 0 {
		b = append(b, '-')
	}
	size := uint64(units)
	if units < 0 {
		size = -size
	}
	if digits == 0 {
		return strconv.AppendUint(b, size, 10)
	}
	p := uint64(power(int8(digits)))
	b = strconv.AppendUint(b, size/p, 10)
	b = append(b, '.')
	rest := size % p
	for p /= 10; p > rest && p > 1; p /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendUint(b, rest, 10)
}

// power gives ten to the power of 0 to 18.
func power(digits int8) int64 {
	p := int64(1)
	for range digits {
		p *= 10
	}
	return p
}

// Compare orders two values of comparable kinds: nulls first, false before true, texts by their bytes, identifiers by their numbers.
func Compare(a, b Value) int {
	switch {
	case a.Kind == Null || b.Kind == Null:
		return cmp.Compare(min(a.Kind, 1), min(b.Kind, 1))
	case a.Kind == Text && b.Kind == Text:
		return strings.Compare(a.Text, b.Text)
	case a.Kind == ID && b.Kind == ID && a.Table == b.Table:
		return cmp.Compare(a.Int, b.Int)
	case a.Kind == ID || b.Kind == ID:
		return strings.Compare(a.String(), b.String())
	case a.Num == nil && b.Num == nil && a.Kind == b.Kind && a.Scale == b.Scale:
		return cmp.Compare(a.Int, b.Int)
	case isNumber(a.Kind) && isNumber(b.Kind):
		return a.Number().Cmp(b.Number())
	}
	return cmp.Compare(a.Int, b.Int)
}

func isNumber(k Kind) bool { return k == Int || k == Decimal }

// Same tells whether two values are equal; a null equals a null.
func Same(a, b Value) bool { return Compare(a, b) == 0 && (a.Kind == Null) == (b.Kind == Null) }
