package read

import (
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// RateCard is the published price of an hour of a role from a day on.
type RateCard struct {
	thing[ent.RateCard]
	RoleName  string
	ValidFrom vocab.Date
	Currency  string
	minor     int64
}

func newRateCard(v *View, r *ent.RateCard) *RateCard {
	return &RateCard{
		thing:    thingOf(v, r),
		RoleName: r.RoleName, ValidFrom: r.ValidFrom, Currency: r.Currency, minor: r.HourlyRate,
	}
}

// HourlyRate is the price of one hour in major units.
func (r *RateCard) HourlyRate() (Decimal, error) {
	price, err := money.ShownMinor(exact.IntOf(r.minor), r.Currency)
	if err != nil {
		return Decimal{}, fault.Wrap(fault.Internal, err, "the price of %s", r.ID())
	}
	return Decimal(price), nil
}

// RateCardFilter says which prices.
type RateCardFilter struct{ RoleName []string }

// RateCards gives a page of the prices that meet a filter.
func (v *View) RateCards(f *RateCardFilter, p Page) (*RateCardConnection, error) {
	rows := state.RateCards.All(v)
	if f != nil {
		rows = where(rows, func(r *ent.RateCard) bool { return among(f.RoleName, r.RoleName) })
	}
	o := &order[*ent.RateCard]{name: "rate_cards ROLE", key: func(r *ent.RateCard) key { return byText(r.RoleName + " " + r.ValidFrom.String()) }, id: func(r *ent.RateCard) int64 { return r.ID }}
	return connect[RateCardConnection](v, rows, o, p, newRateCard)
}

// RateCardEdge is an item of a page of prices.
type RateCardEdge struct{ Edge[*RateCard] }

// RateCardConnection is a page of prices.
type RateCardConnection struct {
	Connection[*ent.RateCard, *RateCard, RateCardEdge]
}

// RateCardPayload answers mutations of prices.
type RateCardPayload struct {
	Outcome
	RateCard *RateCard
}
