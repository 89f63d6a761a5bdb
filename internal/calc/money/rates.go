package money

import (
	"cmp"
	"math/big"
	"slices"

	"pmograph/internal/vocab"
)

// Rate is the price of one unit of From (a pound, not a penny) in units of To, from a day on.
type Rate struct {
	From, To string
	On       vocab.Date
	Value    *big.Rat
}

// Rates finds the rate of a day. It never changes and may be shared; a nil *Rates knows no rate.
type Rates struct{ byPair map[pair][]Rate }

type pair struct{ from, to string }

// NewRates orders rates; those without a positive value are left out. Of two for one pair and day the later in the list counts.
func NewRates(rates []Rate) *Rates {
	r := &Rates{map[pair][]Rate{}}
	for _, x := range rates {
		if x.Value != nil && x.Value.Sign() > 0 {
			x.Value = new(big.Rat).Set(x.Value)
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
func (r *Rates) At(from, to string, on vocab.Date) (rate *big.Rat, dated vocab.Date, ok bool) {
	if from == to {
		return big.NewRat(1, 1), on, true
	}
	direct, found := r.latest(pair{from, to}, on)
	opposite, foundOpposite := r.latest(pair{to, from}, on)
	switch {
	case found && (!foundOpposite || direct.On >= opposite.On):
		return new(big.Rat).Set(direct.Value), direct.On, true
	case foundOpposite:
		return new(big.Rat).Inv(opposite.Value), opposite.On, true
	}
	return nil, 0, false
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

// Convert gives an amount in minor units of another currency, exact; ok is false if no rate applies or a currency is unknown.
func (r *Rates) Convert(a Amount, to string, on vocab.Date) (minor *big.Rat, ok bool) {
	rate, _, ok := r.At(a.Currency, to, on)
	if !ok {
		return nil, false
	}
	return convert(big.NewInt(a.Minor), rate, a.Currency, to)
}

// convert multiplies minor units by a rate of major ones.
func convert(minor *big.Int, rate *big.Rat, from, to string) (*big.Rat, bool) {
	fromUnit, err1 := unit(from)
	toUnit, err2 := unit(to)
	if err1 != nil || err2 != nil {
		return nil, false
	}
	r := new(big.Rat).SetInt(minor)
	r.Mul(r, rate)
	r.Mul(r, toUnit)
	return r.Quo(r, fromUnit), true
}
