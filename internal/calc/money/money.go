// Package money adds, converts and shows amounts exactly: integers in minor units, rates as fractions, one rounding at the edge.
package money

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
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

// ParseMinor reads a plain decimal ("1234.5", "-0.75"), multiplies it by a scale (nil: 1; a million for a table in £m) and gives minor
// units of a currency, rounded half to even once. An unknown currency, any other form and what does not fit 64 bits are errors.
func ParseMinor(decimal, code string, scale *big.Rat) (int64, error) {
	minorInMajor, err := unit(code)
	if err != nil {
		return 0, err
	}
	if n, ok := quick(decimal, digitsOf[code]); ok && scale == nil {
		return n, nil
	}
	if len(decimal) > longest {
		return 0, fmt.Errorf("%.60q… is too long for an amount; write at most %d characters", decimal, longest)
	}
	r, ok := new(big.Rat), plain.MatchString(decimal)
	if ok {
		r, ok = r.SetString(decimal)
	}
	if !ok {
		return 0, fmt.Errorf("%q is not a decimal number; write it like 1234.50", decimal)
	}
	if r.Mul(r, minorInMajor); scale != nil {
		r.Mul(r, scale)
	}
	n := RoundHalfEven(r)
	if !n.IsInt64() {
		return 0, fmt.Errorf("%s %s is beyond what an amount can hold", decimal, code)
	}
	return n.Int64(), nil
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

// RoundHalfEven gives the nearest integer, of two equally near ones the even one.
func RoundHalfEven(r *big.Rat) *big.Int {
	q, rem := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	twice := new(big.Int).Abs(rem)
	twice.Lsh(twice, 1)
	if c := twice.Cmp(r.Denom()); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(r.Sign())))
	}
	return q
}

// Format shows an exact number of minor units as a decimal with the currency's digits, rounded half to even. An unknown currency is an
// error.
func Format(minor *big.Rat, code string) (string, error) {
	digits, err := Digits(code)
	if err != nil {
		return "", err
	}
	return fixed(RoundHalfEven(minor), digits), nil
}

// FormatMinor shows minor units as a decimal with the currency's digits. An unknown currency is an error.
func FormatMinor(minor int64, code string) (string, error) {
	return Format(new(big.Rat).SetInt64(minor), code)
}

const ratioPlaces = 6

var ratioScale = big.NewRat(1_000_000, 1)

// FormatRatio shows a ratio with six decimals, rounded half to even: 0.833333.
func FormatRatio(r *big.Rat) string {
	return fixed(RoundHalfEven(new(big.Rat).Mul(r, ratioScale)), ratioPlaces)
}

// fixed shows n with its last digits behind a point.
func fixed(n *big.Int, digits int) string {
	s := new(big.Int).Abs(n).String()
	if digits > 0 {
		if len(s) <= digits {
			s = strings.Repeat("0", digits-len(s)+1) + s
		}
		s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	}
	if n.Sign() < 0 {
		s = "-" + s
	}
	return s
}
