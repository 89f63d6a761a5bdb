package money

import (
	"cmp"
	"slices"

	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// Total is a sum of amounts: what it was made of, and its value in one currency.
type Total struct {
	Currency  string
	Parts     []Part       // one for each currency that occurs, by code
	Converted exact.Number // units of Currency, not rounded; none with a Reason
	Reason    vocab.Reason // NO_RATE when a part could not be converted, else empty
	Missing   []string     // the currencies without a rate, by code
}

// Part is the sum of the amounts of one currency and the rate it was converted at.
type Part struct {
	Currency string
	Minor    exact.Int    // a sum may exceed 64 bits
	Rate     exact.Number // units of the total's currency for one unit; none when there is none
	Dated    vocab.Date   // of the rate; the day asked for when no conversion was needed
}

// Sum adds amounts by currency and converts each sum once, at the latest rate on or before a day. ok is false, the total has no value
// and the reason NO_RATE as soon as one currency that occurs has no rate, even if its sum is zero: a total without a part of it would
// look complete. The sum of nothing is zero.
func Sum(amounts []Amount, to string, on vocab.Date, rates *Rates) (total Total, ok bool) {
	total = Total{Currency: to, Parts: parts(amounts)}
	sum := exact.Of(0)
	for i := range total.Parts {
		p := &total.Parts[i]
		if rate, dated, found := rates.At(p.Currency, to, on); found {
			if converted, known := convert(p.Minor, rate, p.Currency, to); known {
				p.Rate, p.Dated = rate, dated
				sum = sum.Plus(converted)
				continue
			}
		}
		total.Missing = append(total.Missing, p.Currency)
	}
	if total.Missing != nil {
		total.Reason = vocab.ReasonNoRate
		return total, false
	}
	total.Converted = sum
	return total, true
}

// parts adds amounts by currency, in the order of the codes.
func parts(amounts []Amount) []Part {
	place, list := map[string]int{}, []Part(nil)
	for _, a := range amounts {
		i, ok := place[a.Currency]
		if !ok {
			i = len(list)
			place[a.Currency] = i
			list = append(list, Part{Currency: a.Currency})
		}
		list[i].Minor = list[i].Minor.Add(exact.IntOf(a.Minor))
	}
	slices.SortFunc(list, func(a, b Part) int { return cmp.Compare(a.Currency, b.Currency) })
	return list
}
