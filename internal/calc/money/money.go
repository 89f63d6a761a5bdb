// Package money adds, converts and shows amounts exactly: integers in minor units, rates as fractions, one rounding at the edge.
package money

import (
	"fmt"
	"math/big"
	"math/bits"
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
	return show(minor, 0, digits), nil
}

// FormatMajor shows an exact number of a currency's units as a decimal with its digits, rounded half to even. An unknown currency is an
// error.
func FormatMajor(units *big.Rat, code string) (string, error) {
	digits, err := Digits(code)
	if err != nil {
		return "", err
	}
	return show(units, digits, digits), nil
}

// FormatMinor shows minor units as a decimal with the currency's digits. An unknown currency is an error.
func FormatMinor(minor int64, code string) (string, error) {
	digits, err := Digits(code)
	if err != nil {
		return "", err
	}
	return point(magnitude(minor), minor < 0, digits), nil
}

const ratioPlaces = 6

// FormatRatio shows a ratio with six decimals, rounded half to even: 0.833333.
func FormatRatio(r *big.Rat) string { return show(r, ratioPlaces, ratioPlaces) }

// show gives r times a power of ten, rounded half to even, with its last digits behind a point.
func show(r *big.Rat, power, digits int) string {
	if n, ok := scaled(r, powers[power]); ok {
		return point(n, r.Sign() < 0, digits)
	}
	return showBig(r, power, digits)
}

// powers are those of ten by which numbers are shown.
var powers = [...]uint64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000}

// scaled gives |r| times a factor, rounded half to even. ok is false if it, or a part of r, does not fit 64 bits.
func scaled(r *big.Rat, factor uint64) (n uint64, ok bool) {
	den := uint64(1)
	if !r.IsInt() {
		if !r.Denom().IsUint64() {
			return 0, false
		}
		den = r.Denom().Uint64()
	}
	if !r.Num().IsInt64() {
		return 0, false
	}
	hi, lo := bits.Mul64(magnitude(r.Num().Int64()), factor)
	if hi > 0 && hi >= den-1 { // n, or one more, is beyond
		return 0, false
	}
	n, rest := bits.Div64(hi, lo, den)
	if left := den - rest; rest > left || rest == left && n%2 == 1 {
		n++
	}
	return n, true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// point shows n with its last digits behind a point; zero has no sign.
func point(n uint64, negative bool, digits int) string {
	var text [32]byte
	negative = negative && n != 0
	at := len(text)
	put := func(c byte) { at--; text[at] = c }
	for place := 0; place <= digits || n > 0; place++ {
		if place == digits && digits > 0 {
			put('.')
		}
		put(byte('0' + n%10))
		n /= 10
	}
	if negative {
		put('-')
	}
	return string(text[at:])
}

// showBig is show of any number, however long.
func showBig(r *big.Rat, power, digits int) string {
	n := RoundHalfEven(new(big.Rat).Mul(r, new(big.Rat).SetUint64(powers[power])))
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
