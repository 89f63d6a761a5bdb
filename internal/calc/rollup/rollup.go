// Package rollup adds up milestones and shares from summed parts: a ratio of a group is the ratio of sums, never a mean of ratios.
package rollup

import (
	"maps"
	"math/big"

	"pmograph/internal/vocab"
)

// Ratio divides; a divisor of zero has no value and the reason ZERO_DENOMINATOR. For a group, pass the sums of its members.
func Ratio(num, den *big.Rat) (*big.Rat, vocab.Reason) {
	if den.Sign() == 0 {
		return nil, vocab.ReasonZeroDenominator
	}
	return new(big.Rat).Quo(num, den), ""
}

// Share is Ratio of counts.
func Share(part, whole int) (*big.Rat, vocab.Reason) {
	return Ratio(big.NewRat(int64(part), 1), big.NewRat(int64(whole), 1))
}

// Distribution counts members by a key, such as projects by health. Its zero value is empty and ready to use.
type Distribution[K comparable] struct {
	counts map[K]int
	total  int
}

// Add counts one member.
func (d *Distribution[K]) Add(key K) { d.add(key, 1) }

// Merge counts all that another distribution has counted.
func (d *Distribution[K]) Merge(other *Distribution[K]) {
	for key, n := range maps.Clone(other.counts) {
		d.add(key, n)
	}
}

func (d *Distribution[K]) add(key K, n int) {
	if d.counts == nil {
		d.counts = map[K]int{}
	}
	d.counts[key] += n
	d.total += n
}

// Count gives the members of a key; none is 0.
func (d *Distribution[K]) Count(key K) int { return d.counts[key] }

// Total gives all members, whatever their key.
func (d *Distribution[K]) Total() int { return d.total }

// Share gives the part of all members that a key has, exact; without members ZERO_DENOMINATOR.
func (d *Distribution[K]) Share(key K) (*big.Rat, vocab.Reason) { return Share(d.counts[key], d.total) }
