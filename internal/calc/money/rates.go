package money

import (
	"cmp"
	"slices"

	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// Rate is the price of one unit of From (a pound, not a penny) in units of To, from a day on.
type Rate struct {
	From, To string
	On       vocab.Date
	Value    exact.Number
}

// Rates finds the rate of a day. It never changes and may be shared; a nil *Rates knows no rate.
type Rates struct{ byPair map[pair][]Rate }

type pair struct{ from, to string }

// NewRates orders rates; those without a positive value are left out. Of two for one pair and day the later in the list counts.
func NewRates(rates []Rate) *Rates {
	r := &Rates{map[pair][]Rate{}}
	for _, x := range rates {
		if x.Value.Sign() > 0 {
			k := pair{x.From, x.To}
			r.byPair[k] = append(r.byPair[k], x)
		}
	}
	for _, list := range r.byPair {
		slices.SortStableFunc(list, func(a, b Rate) int { return cmp.Compare(a.On, b.On) })
	}
	return r
}

// At gives the latest rate on or before a day and the day it is dated: that of the pair or the inverse of the opposite pair, whichever
// is later, the pair's own when both are of one day. It never goes through a third currency: that would be a choice nobody made.
// A currency is 1 of itself on every day. ok is false when there is no rate.
func (r *Rates) At(from, to string, on vocab.Date) (rate exact.Number, dated vocab.Date, ok bool) {
	if from == to {
		return exact.One, on, true
	}
	direct, found := r.latest(pair{from, to}, on)
	opposite, foundOpposite := r.latest(pair{to, from}, on)
	switch {
	case found && (!foundOpposite || direct.On >= opposite.On):
		return direct.Value, direct.On, true
	case foundOpposite:
		return exact.One.Over(opposite.Value), opposite.On, true
	}
	return exact.Number{}, 0, false
}

func (r *Rates) latest(k pair, on vocab.Date) (Rate, bool) {
	if r == nil {
		return Rate{}, false
	}
	list := r.byPair[k]
	after, _ := slices.BinarySearchFunc(list, on, func(x Rate, d vocab.Date) int {
		if x.On <= d {
			return -1
		}
		return 1
	})
	if after == 0 {
		return Rate{}, false
	}
	return list[after-1], true
}

// Convert gives an amount in units of another currency, exact; ok is false if no rate applies or a currency is unknown.
func (r *Rates) Convert(a Amount, to string, on vocab.Date) (units exact.Number, ok bool) {
	rate, _, ok := r.At(a.Currency, to, on)
	if !ok {
		return exact.Number{}, false
	}
	return convert(exact.IntOf(a.Minor), rate, a.Currency, to)
}

// convert multiplies minor units by a rate of major ones.
func convert(minor exact.Int, rate exact.Number, from, to string) (units exact.Number, ok bool) {
	parts, err1 := Scale(from)
	_, err2 := Scale(to)
	return exact.Parts(minor, parts).Times(rate), err1 == nil && err2 == nil
}
