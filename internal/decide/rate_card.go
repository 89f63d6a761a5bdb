package decide

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// RateCardSetInput publishes the price of an hour of a role from a day on, or replaces it.
type RateCardSetInput struct {
	Call
	ExpectedVersion *int64
	RoleName        string
	ValidFrom       vocab.Date
	Currency        string
	HourlyRate      string
}

// RateCardSet publishes the price of an hour of a role from a day on, or replaces it.
func RateCardSet(in RateCardSetInput) state.Decision {
	return decision("rateCardSet", in, func(w *work) error {
		have := state.RateCards.Find(w.d, uniqueKey, in.RoleName, in.ValidFrom)
		return set(w, state.RateCards, have, in.ExpectedVersion, func(r *ent.RateCard) {
			r.RoleName, r.ValidFrom, r.Currency = in.RoleName, in.ValidFrom, in.Currency
			r.HourlyRate, _ = w.amount("hourlyRate", &in.HourlyRate, in.Currency)
		})
	})
}
