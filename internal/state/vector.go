package state

import (
	"cmp"
	"slices"

	"pmograph/internal/calc/exact"
)

// Term names one sum of a vector. What its parts mean is the measure's matter: a slot, a currency, a period.
type Term struct{ A, B, C int64 }

// Compare orders terms.
func (t Term) Compare(o Term) int {
	return cmp.Or(cmp.Compare(t.A, o.A), cmp.Compare(t.B, o.B), cmp.Compare(t.C, o.C))
}

// VectorEntry is one sum of a vector.
type VectorEntry struct {
	Term Term
	Sum  exact.Int
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
func (v Vector) Get(t Term) exact.Int {
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
	return exact.Int{}
}

// VectorBuilder adds up terms in any order.
type VectorBuilder map[Term]exact.Int

// Add adds to a term.
func (b VectorBuilder) Add(t Term, s exact.Int) { b[t] = b[t].Add(s) }

// Vector gives what was added up.
func (b VectorBuilder) Vector() Vector {
	v := make(Vector, 0, len(b))
	for t, s := range b {
		v = append(v, VectorEntry{t, s})
	}
	slices.SortFunc(v, func(a, b VectorEntry) int { return a.Term.Compare(b.Term) })
	return v
}
