// Package rollup adds up milestones and shares from summed parts: a ratio of a group is the ratio of sums, never a mean of ratios.
package rollup

import (
	"maps"

	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// Ratio divides; a divisor of zero has no value and the reason ZERO_DENOMINATOR. For a group, pass the sums of its members.
func Ratio(num, den exact.Number) (exact.Number, vocab.Reason) {
	if den.Sign() == 0 {
		return exact.Number{}, vocab.ReasonZeroDenominator
	}
	return num.Over(den), ""
}

// Share is Ratio of counts.
func Share(part, whole int) (exact.Number, vocab.Reason) {
	return Ratio(exact.Of(part), exact.Of(whole))
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
func (d *Distribution[K]) Share(key K) (exact.Number, vocab.Reason) {
	return Share(d.counts[key], d.total)
}
