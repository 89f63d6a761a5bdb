package exact

import (
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// Decimal is a number with how it is shown: with so many digits behind the point, rounded half to even, or without any rounding.
type Decimal struct {
	Number
	Digits int8 // Unrounded, or 0 to MaxDigits
}

const (
	// Unrounded shows an integer, a decimal if it ends, else a fraction such as 10/9.
	Unrounded = -1
	// MaxDigits is how many digits a number is rounded to at the most.
	MaxDigits = 18
)

// Append appends the text.
func (d Decimal) Append(b []byte) []byte {
	if d.Digits == Unrounded {
		return d.appendExact(b)
	}
	return d.appendFixed(b, int(d.Digits))
}

// String is the text.
func (d Decimal) String() string { return string(d.Append(make([]byte, 0, 32))) }

// Fixed shows the number with so many digits behind the point.
func (x Number) Fixed(digits int) string { return Decimal{x, int8(digits)}.String() }

// String shows the number without rounding.
func (x Number) String() string {
	if x.IsNone() {
		return "none"
	}
	return Decimal{x, Unrounded}.String()
}

// powers are those of ten.
var powers = func() (p [MaxDigits + 1]uint64) {
	p[0] = 1
	for i := range p[1:] {
		p[i+1] = p[i] * 10
	}
	return p
}()

func (x Number) appendFixed(b []byte, digits int) []byte {
	if x.big != nil {
		return appendBig(b, x.big, digits)
	}
	whole, rest := x.num.over(x.den)
	hi, n := whole.size()
	if hi > 0 || n == 1<<64-1 {
		return appendBig(b, x.Rat(), digits)
	}
	power := powers[digits]
	fraction := uint64(0)
	if rest > 0 {
		over, low := bits.Mul64(rest, power)
		fraction, rest = bits.Div64(over, low, x.den)
		odd := fraction%2 == 1
		if digits == 0 {
			odd = n%2 == 1
		}
		if nearer(rest, x.den, odd) {
			fraction++
		}
		if fraction == power {
			fraction, n = 0, n+1
		}
	}
	if x.num.negative() && (n > 0 || fraction > 0) {
		b = append(b, '-')
	}
	b = strconv.AppendUint(b, n, 10)
	if digits > 0 {
		b = append(b, '.')
		b = appendDigits(b, fraction, digits)
	}
	return b
}

// appendDigits appends a number with zeros before it.
func appendDigits(b []byte, n uint64, digits int) []byte {
	const zeros = "000000000000000000"
	b = append(b, zeros[:digits]...)
	for i := len(b) - 1; n > 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

// appendBig is appendFixed of a number of any length.
func appendBig(b []byte, r *big.Rat, digits int) []byte {
	n := roundBig(new(big.Rat).Mul(r, new(big.Rat).SetUint64(powers[digits])))
	s := new(big.Int).Abs(n).String()
	if digits > 0 {
		if len(s) <= digits {
			s = strings.Repeat("0", digits-len(s)+1) + s
		}
		s = s[:len(s)-digits] + "." + s[len(s)-digits:]
	}
	if n.Sign() < 0 {
		b = append(b, '-')
	}
	return append(b, s...)
}

func (x Number) appendExact(b []byte) []byte {
	if x.big == nil {
		if digits, ok := x.ends(); ok {
			return x.appendFixed(b, digits)
		}
	}
	r := x.Rat()
	if digits, ok := r.FloatPrec(); ok {
		return append(b, r.FloatString(digits)...)
	}
	return append(b, r.RatString()...)
}

// ends tells after how many digits a short decimal ends; ok is false if it is long, or does not end.
func (x Number) ends() (digits int, ok bool) {
	den := x.den / x.num.common(x.den)
	twos := bits.TrailingZeros64(den)
	fives := 0
	for den >>= twos; den%5 == 0; den /= 5 {
		fives++
	}
	digits = max(twos, fives)
	return digits, den == 1 && digits <= MaxDigits
}
