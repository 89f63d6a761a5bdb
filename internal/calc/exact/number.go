package exact

import (
	"math/big"
	"math/bits"
)

// Number is an exact fraction, or none: its zero value is no number, and nothing may be computed from it.
//
// It lies in machine words if that is possible. It need not be in lowest terms there, since most numbers are shown once and never compared.
type Number struct {
	num Int
	den uint64   // above zero; zero if there is no number, or it is long
	big *big.Rat // a number too long for words; never changed
}

// One is 1.
var One = Of(1)

// Of is a whole number.
func Of[I ~int | ~int32 | ~int64](n I) Number { return Number{num: IntOf(int64(n)), den: 1} }

// Fraction is num over den, which is not zero.
func Fraction[I ~int | ~int32 | ~int64](num, den I) Number {
	return Of(num).Over(Of(den))
}

// Parts is a number of which there are so many parts in one, above zero.
func Parts(n Int, parts int64) Number {
	if n == least {
		return FromRat(new(big.Rat).SetFrac(n.Big(), big.NewInt(parts)))
	}
	return Number{num: n, den: uint64(parts)}
}

// FromRat takes a fraction of any length.
func FromRat(r *big.Rat) Number {
	if x, ok := short(r); ok {
		return x
	}
	return Number{big: new(big.Rat).Set(r)}
}

// short gives a fraction in words; ok is false if it is too long.
func short(r *big.Rat) (x Number, ok bool) {
	if !r.Denom().IsUint64() || r.Num().BitLen() > 127 {
		return Number{}, false
	}
	var size [16]byte
	r.Num().FillBytes(size[:])
	for i, b := range size {
		if i < 8 {
			x.num.hi = x.num.hi<<8 | int64(b)
		} else {
			x.num.lo = x.num.lo<<8 | uint64(b)
		}
	}
	if r.Sign() < 0 {
		x.num = x.num.opposite()
	}
	x.den = r.Denom().Uint64()
	return x, true
}

// Rat gives the number as a fraction of any length; nil if there is none.
func (x Number) Rat() *big.Rat {
	switch {
	case x.big != nil:
		return new(big.Rat).Set(x.big)
	case x.den == 0:
		return nil
	}
	return new(big.Rat).SetFrac(x.num.Big(), new(big.Int).SetUint64(x.den))
}

// IsNone tells that there is no number.
func (x Number) IsNone() bool { return x.den == 0 && x.big == nil }

// Sign is -1 below zero, 0 and 1 above.
func (x Number) Sign() int {
	switch {
	case x.big != nil:
		return x.big.Sign()
	case x.num.negative():
		return -1
	case x.num.IsZero():
		return 0
	}
	return 1
}

// Neg gives the number with the other sign.
func (x Number) Neg() Number {
	if x.big != nil {
		return Number{big: new(big.Rat).Neg(x.big)}
	}
	x.num = x.num.opposite()
	return x
}

// Abs gives the number without its sign.
func (x Number) Abs() Number {
	if x.Sign() < 0 {
		return x.Neg()
	}
	return x
}

// Plus gives the sum.
func (x Number) Plus(y Number) Number {
	if sum, ok := x.plus(y); ok {
		return sum
	}
	return FromRat(new(big.Rat).Add(x.Rat(), y.Rat()))
}

func (x Number) plus(y Number) (sum Number, ok bool) {
	if x.den == 0 || y.den == 0 {
		return sum, false
	}
	if x.den == y.den {
		sum.num, ok = x.num.plus(y.num)
		sum.den = x.den
		return sum, ok
	}
	g := common(x.den, y.den)
	hi, den := bits.Mul64(x.den, y.den/g)
	a, ok1 := x.num.times(y.den / g)
	b, ok2 := y.num.times(x.den / g)
	sum.num, ok = a.plus(b)
	sum.den = den
	return sum, ok && ok1 && ok2 && hi == 0
}

// Minus gives the difference.
func (x Number) Minus(y Number) Number { return x.Plus(y.Neg()) }

// Times gives the product.
func (x Number) Times(y Number) Number {
	if p, ok := times(x, y); ok {
		return p
	}
	return FromRat(new(big.Rat).Mul(x.Rat(), y.Rat()))
}

// times multiplies in words, in lower terms if it does not fit otherwise.
func times(x, y Number) (p Number, ok bool) {
	if x.den == 0 || y.den == 0 {
		return p, false
	}
	if p, ok = product(x, y); ok {
		return p, true
	}
	cancel(&x, &y)
	if p, ok = product(x, y); !ok {
		cancel(&y, &x)
		p, ok = product(x, y)
	}
	return p, ok
}

// cancel divides a's denominator and b's numerator by what they have in common.
func cancel(a, b *Number) {
	g := b.num.common(a.den)
	a.den /= g
	b.num, _ = b.num.over(g)
}

func product(x, y Number) (p Number, ok bool) {
	hi, lo := y.num.size()
	if hi > 0 {
		x, y = y, x
		hi, lo = y.num.size()
	}
	over, den := bits.Mul64(x.den, y.den)
	if p.num, ok = x.num.times(lo); y.num.negative() {
		p.num = p.num.opposite()
	}
	p.den = den
	return p, ok && hi == 0 && over == 0
}

// Over gives the quotient; the divisor is not zero.
func (x Number) Over(y Number) Number {
	if y.Sign() == 0 {
		panic("exact: division by zero")
	}
	if y.den > 0 {
		if hi, lo := y.num.size(); hi == 0 {
			n, ok := signed(0, y.den, y.num.negative())
			if q, fits := times(x, Number{num: n, den: lo}); ok && fits {
				return q
			}
		}
	}
	return FromRat(new(big.Rat).Quo(x.Rat(), y.Rat()))
}

// Cmp is -1 if x is below y, 0 if both are equal, and 1.
func (x Number) Cmp(y Number) int {
	switch {
	case x.den == 0 || y.den == 0:
		return x.Rat().Cmp(y.Rat())
	case x.den == y.den:
		return x.num.compare(y.num)
	}
	if c := x.Sign() - y.Sign(); c != 0 {
		return min(max(c, -1), 1)
	}
	a, b := triple(x.num, y.den), triple(y.num, x.den)
	for i := range a {
		if a[i] != b[i] {
			if (a[i] < b[i]) == (x.Sign() > 0) {
				return -1
			}
			return 1
		}
	}
	return 0
}

// triple is the size of a product, however large, in three words.
func triple(n Int, factor uint64) [3]uint64 {
	hi, lo := n.size()
	top, high := bits.Mul64(hi, factor)
	carry, low := bits.Mul64(lo, factor)
	high, more := bits.Add64(high, carry, 0)
	return [3]uint64{top + more, high, low}
}

// IsInt tells whether it is a whole number.
func (x Number) IsInt() bool {
	if x.big != nil {
		return x.big.IsInt()
	}
	if x.den == 1 {
		return true
	}
	_, rest := x.num.over(x.den)
	return rest == 0
}

// Whole gives the number without its fraction.
func (x Number) Whole() Number {
	if x.big != nil {
		return FromRat(new(big.Rat).SetInt(new(big.Int).Quo(x.big.Num(), x.big.Denom())))
	}
	n, _ := x.num.over(x.den)
	return Number{num: n, den: 1}
}

// Round gives the nearest whole number, of two equally near ones the even one.
func (x Number) Round() Number {
	if x.big != nil {
		return FromRat(new(big.Rat).SetInt(roundBig(x.big)))
	}
	n, rest := x.num.over(x.den)
	if nearer(rest, x.den, n.lo%2 == 1) {
		up := IntOf(1)
		if x.num.negative() {
			up = IntOf(-1)
		}
		n = n.Add(up)
	}
	return Number{num: n, den: 1}
}

// nearer tells whether what rests of a division rounds away from zero.
func nearer(rest, by uint64, odd bool) bool {
	left := by - rest
	return rest > left || rest == left && odd
}

func roundBig(r *big.Rat) *big.Int {
	q, rem := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	twice := new(big.Int).Abs(rem)
	twice.Lsh(twice, 1)
	if c := twice.Cmp(r.Denom()); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(r.Sign())))
	}
	return q
}

// Int64 gives a whole number as a short integer; ok is false if it does not fit, or is none.
func (x Number) Int64() (n int64, ok bool) {
	if x.den == 0 || !x.IsInt() {
		return 0, false
	}
	q, _ := x.num.over(x.den)
	return q.Int64()
}

// Parse reads a number as math/big does: 12.5, -1/3, 1e6.
func Parse(text string) (x Number, ok bool) {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return x, false
	}
	return FromRat(r), true
}
