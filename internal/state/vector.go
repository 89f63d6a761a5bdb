package state

import (
	"cmp"
	"math/big"
	"math/bits"
	"slices"
)

// Term names one sum of a vector. What its parts mean is the measure's matter: a slot, a currency, a period.
type Term struct{ A, B, C int64 }

// Compare orders terms.
func (t Term) Compare(o Term) int {
	return cmp.Or(cmp.Compare(t.A, o.A), cmp.Compare(t.B, o.B), cmp.Compare(t.C, o.C))
}

// Sum is an integer of 128 bits: no total of 64-bit amounts overflows it, and adding is exact in any order.
type Sum struct {
	hi int64
	lo uint64
}

// SumOf widens an integer.
func SumOf(n int64) Sum { return Sum{n >> 63, uint64(n)} }

// Product is the product of two integers, exact.
func Product(a, b int64) Sum {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	s := Sum{int64(hi), lo}
	if a < 0 {
		s.hi -= b
	}
	if b < 0 {
		s.hi -= a
	}
	return s
}

// Add gives the sum of both.
func (s Sum) Add(o Sum) Sum {
	lo, carry := bits.Add64(s.lo, o.lo, 0)
	return Sum{s.hi + o.hi + int64(carry), lo}
}

// IsZero tells whether it is zero.
func (s Sum) IsZero() bool { return s == Sum{} }

// Int64 gives it as an integer; ok is false if it does not fit.
func (s Sum) Int64() (n int64, ok bool) {
	n = int64(s.lo)
	return n, s.hi == n>>63
}

// Big gives it without a bound.
func (s Sum) Big() *big.Int {
	b := new(big.Int).Lsh(big.NewInt(s.hi), 64)
	return b.Add(b, new(big.Int).SetUint64(s.lo))
}

// Rat gives it as an exact fraction.
func (s Sum) Rat() *big.Rat { return new(big.Rat).SetInt(s.Big()) }

// VectorEntry is one sum of a vector.
type VectorEntry struct {
	Term Term
	Sum  Sum
}

// Vector is sums by term, in the order of terms, each once. Vectors that are handed out are not to be changed.
type Vector []VectorEntry

// Add gives the sum of both, term by term.
func (v Vector) Add(o Vector) Vector {
	if len(v) == 0 {
		return o
	}
	if len(o) == 0 {
		return v
	}
	all := make(Vector, 0, max(len(v), len(o)))
	i, j := 0, 0
	for i < len(v) && j < len(o) {
		switch c := v[i].Term.Compare(o[j].Term); {
		case c < 0:
			all = append(all, v[i])
			i++
		case c > 0:
			all = append(all, o[j])
			j++
		default:
			all = append(all, VectorEntry{v[i].Term, v[i].Sum.Add(o[j].Sum)})
			i, j = i+1, j+1
		}
	}
	return append(append(all, v[i:]...), o[j:]...)
}

// Get gives the sum of a term, zero if there is none.
func (v Vector) Get(t Term) Sum {
	lo, hi := 0, len(v)
	for lo < hi {
		if mid := (lo + hi) / 2; v[mid].Term.Compare(t) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(v) && v[lo].Term == t {
		return v[lo].Sum
	}
	return Sum{}
}

// VectorBuilder adds up terms in any order.
type VectorBuilder map[Term]Sum

// Add adds to a term.
func (b VectorBuilder) Add(t Term, s Sum) { b[t] = b[t].Add(s) }

// Vector gives what was added up.
func (b VectorBuilder) Vector() Vector {
	v := make(Vector, 0, len(b))
	for t, s := range b {
		v = append(v, VectorEntry{t, s})
	}
	slices.SortFunc(v, func(a, b VectorEntry) int { return a.Term.Compare(b.Term) })
	return v
}
