// Package exact has numbers that are never rounded: integers of 128 bits, and fractions that lie in machine words as long as they fit,
// and beyond that have no bound. They are values: nothing changes a number, and whoever has one may share it.
package exact

import (
	"math"
	"math/big"
	"math/bits"
)

// Int is an integer of 128 bits: no total of 64-bit amounts overflows it, and adding is exact in any order.
type Int struct {
	hi int64
	lo uint64
}

// IntOf widens an integer.
func IntOf(n int64) Int { return Int{n >> 63, uint64(n)} }

// Product is the product of two integers.
func Product(a, b int64) Int {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	p := Int{int64(hi), lo}
	if a < 0 {
		p.hi -= b
	}
	if b < 0 {
		p.hi -= a
	}
	return p
}

// Add gives the sum of both.
func (n Int) Add(o Int) Int {
	lo, carry := bits.Add64(n.lo, o.lo, 0)
	return Int{n.hi + o.hi + int64(carry), lo}
}

// IsZero tells whether it is zero.
func (n Int) IsZero() bool { return n == Int{} }

// Int64 gives it as a short integer; ok is false if it does not fit.
func (n Int) Int64() (short int64, ok bool) {
	short = int64(n.lo)
	return short, n.hi == short>>63
}

// Big gives it without a bound.
func (n Int) Big() *big.Int {
	b := new(big.Int).Lsh(big.NewInt(n.hi), 64)
	return b.Add(b, new(big.Int).SetUint64(n.lo))
}

// least has no opposite: it is the one integer that no numerator is.
var least = Int{hi: math.MinInt64}

func (n Int) negative() bool { return n.hi < 0 }

func (n Int) opposite() Int {
	lo, borrow := bits.Sub64(0, n.lo, 0)
	return Int{-n.hi - int64(borrow), lo}
}

// size gives the integer without its sign.
func (n Int) size() (hi, lo uint64) {
	if n.negative() {
		n = n.opposite()
	}
	return uint64(n.hi), n.lo
}

// signed gives the integer of a size and a sign; ok is false if it does not fit.
func signed(hi, lo uint64, negative bool) (n Int, ok bool) {
	if n = (Int{int64(hi), lo}); negative {
		n = n.opposite()
	}
	return n, hi <= math.MaxInt64
}

// plus is Add that tells whether the sum fits.
func (n Int) plus(o Int) (sum Int, ok bool) {
	sum = n.Add(o)
	return sum, (n.hi < 0) != (o.hi < 0) || (sum.hi < 0) == (n.hi < 0) && sum != least
}

// times is the product with a factor; ok is false if it does not fit.
func (n Int) times(factor uint64) (product Int, ok bool) {
	if n.hi == 0 { // as most are
		hi, lo := bits.Mul64(n.lo, factor)
		return Int{int64(hi), lo}, hi <= math.MaxInt64
	}
	hi, lo := n.size()
	over, high := bits.Mul64(hi, factor)
	carry, low := bits.Mul64(lo, factor)
	high, more := bits.Add64(high, carry, 0)
	product, ok = signed(high, low, n.negative())
	return product, ok && over == 0 && more == 0
}

// over divides by a whole number above zero, towards zero.
func (n Int) over(by uint64) (quotient Int, rest uint64) {
	hi, lo := n.size()
	var high uint64
	if hi > 0 {
		high, hi = hi/by, hi%by
	}
	low, rest := bits.Div64(hi, lo, by)
	quotient, _ = signed(high, low, n.negative())
	return quotient, rest
}

// common gives the greatest common divisor of an integer and a whole number above zero.
func (n Int) common(m uint64) uint64 {
	hi, lo := n.size()
	_, rest := bits.Div64(hi%m, lo, m)
	return common(m, rest)
}

func common(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (n Int) compare(o Int) int {
	switch {
	case n == o:
		return 0
	case n.hi < o.hi || n.hi == o.hi && n.lo < o.lo:
		return -1
	}
	return 1
}
