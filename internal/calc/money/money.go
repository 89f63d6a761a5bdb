// Package money adds, converts and shows amounts exactly: integers in minor units, rates as fractions, one rounding at the edge.
package money

import (
	"fmt"
	"regexp"
	"strings"

	"pmograph/internal/calc/exact"
)

// Amount is an amount in minor units of a currency: 1234 of GBP is 12.34 pounds.
type Amount struct {
	Minor    int64
	Currency string
}

// plain is a decimal without exponent or grouping, so that a short text never means a huge number.
var plain = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$`)

// longest is the length of the longest decimal read; an amount that fits 64 bits has at most 20 characters before the point.
const longest = 60

// ParseMinor reads a plain decimal ("1234.5", "-0.75"), multiplies it by a scale (none: 1; a million for a table in £m) and gives minor
// units of a currency, rounded half to even once. An unknown currency, any other form and what does not fit 64 bits are errors.
func ParseMinor(decimal, code string, scale exact.Number) (int64, error) {
	parts, err := Scale(code)
	if err != nil {
		return 0, err
	}
	if n, ok := quick(decimal, digitsOf[code]); ok && scale.IsNone() {
		return n, nil
	}
	if len(decimal) > longest {
		return 0, fmt.Errorf("%.60q… is too long for an amount; write at most %d characters", decimal, longest)
	}
	x, ok := exact.Number{}, plain.MatchString(decimal)
	if ok {
		x, ok = exact.Parse(decimal)
	}
	if !ok {
		return 0, fmt.Errorf("%q is not a decimal number; write it like 1234.50", decimal)
	}
	if x = x.Times(exact.Of(parts)); !scale.IsNone() {
		x = x.Times(scale)
	}
	n, ok := x.Round().Int64()
	if !ok {
		return 0, fmt.Errorf("%s %s is beyond what an amount can hold", decimal, code)
	}
	return n, nil
}

// quick reads what most amounts are: up to 15 digits, of which no more are behind the point than the currency has.
func quick(decimal string, digits int) (minor int64, ok bool) {
	rest, negative := strings.CutPrefix(decimal, "-")
	whole, fraction, _ := strings.Cut(rest, ".")
	if len(whole) == 0 || len(fraction) > digits || len(whole)+digits > 15 {
		return 0, false
	}
	for _, part := range [...]string{whole, fraction} {
		for i := range len(part) {
			if part[i] < '0' || part[i] > '9' {
				return 0, false
			}
			minor = minor*10 + int64(part[i]-'0')
		}
	}
	for range digits - len(fraction) {
		minor *= 10
	}
	if negative {
		minor = -minor
	}
	return minor, true
}

// Shown is an exact number of a currency's units with its digits. An unknown currency is an error.
func Shown(units exact.Number, code string) (exact.Decimal, error) {
	digits, err := Digits(code)
	return exact.Decimal{Number: units, Digits: int8(digits)}, err
}

// ShownMinor is an amount in minor units with the currency's digits. An unknown currency is an error.
func ShownMinor(minor exact.Int, code string) (exact.Decimal, error) {
	parts, err := Scale(code)
	if err != nil {
		return exact.Decimal{}, err
	}
	return Shown(exact.Parts(minor, parts), code)
}

// RatioDigits is how many decimals ratios are shown with: 0.833333.
const RatioDigits = 6
