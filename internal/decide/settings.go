package decide

import (
	"strings"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Settings of a new organisation that were not given.
const (
	defaultTimezone       = "Etc/UTC"
	defaultFiscalStart    = 1
	defaultWeekMinutes    = 5 * 450 // five days of seven and a half hours
	defaultReportValidity = 12
)

// OrganisationUpdate changes the organisation's settings. The first call makes them and must give name and currency.
func OrganisationUpdate(in OrganisationUpdateInput) state.Decision {
	return decision("organisationUpdate", in, func(w *work) error {
		p := w.read(state.Organisations.Desc(), in.Patch, []string{"name", "currency", "timezone", "fiscal_year_start", "standard_week_minutes", "report_validity_months", "calendar_id"})
		have := w.d.Snapshot().Organisation()
		return set(w, state.Organisations, have, in.ExpectedVersion, func(o *ent.Organisation) {
			if have == nil {
				o.Timezone, o.FiscalYearStart, o.StandardWeekMinutes, o.ReportValidityMonths = defaultTimezone, defaultFiscalStart, defaultWeekMinutes, defaultReportValidity
				for _, name := range []string{"name", "currency"} {
					if in.Patch[name] == nil {
						w.note("patch."+name, "REQUIRED", "a new organisation needs it")
					}
				}
			}
			p.apply(w, o)
		})
	})
}

// WorkCalendarSet makes the working calendar of a code, or replaces all of it.
func WorkCalendarSet(in WorkCalendarSetInput) state.Decision {
	return decision("workCalendarSet", in, func(w *work) error {
		have := state.WorkCalendars.Find(w.d, uniqueKey, in.Code)
		return set(w, state.WorkCalendars, have, in.ExpectedVersion, func(c *ent.WorkCalendar) {
			c.Code, c.Name, c.Timezone, c.WeeklyMinutes = in.Code, in.Name, in.Timezone, in.WeeklyMinutes
			c.Exceptions = []vocab.CalendarException{}
			for _, e := range in.Exceptions {
				c.Exceptions = append(c.Exceptions, vocab.CalendarException(e))
			}
		})
	})
}

// ExchangeRateSet publishes the price of a currency from a day on, or replaces it.
func ExchangeRateSet(in ExchangeRateSetInput) state.Decision {
	return decision("exchangeRateSet", in, func(w *work) error {
		have := state.ExchangeRates.Find(w.d, uniqueKey, in.FromCurrency, in.ToCurrency, in.ValidFrom)
		return set(w, state.ExchangeRates, have, in.ExpectedVersion, func(r *ent.ExchangeRate) {
			r.FromCurrency, r.ToCurrency, r.ValidFrom, r.Source = in.FromCurrency, in.ToCurrency, in.ValidFrom, in.Source
			r.Rate = w.rate(in.Rate)
		})
	})
}

// uniqueKey is the position of an entity's own first unique index; the one before it is that of external keys.
const uniqueKey = 1

// rate reads a price as a number of thousand-millionths.
func (w *work) rate(decimal string) int64 {
	n, ok := w.scaled("rate", decimal, state.RateScale)
	if ok && n <= 0 {
		w.note("rate", "INVALID", "a rate is a positive decimal such as 1.17")
	}
	return n
}

// scaled reads a decimal of the input as a whole number of parts of one.
func (w *work) scaled(field, decimal string, parts int64) (n int64, ok bool) {
	n, err := scaled(field, decimal, parts)
	if err != nil {
		w.errs = append(w.errs, fault.Within("input", err))
	}
	return n, err == nil
}

// scaled reads a decimal as a whole number of parts of one; what is finer than a part is refused, not rounded.
func scaled(field, decimal string, parts int64) (int64, error) {
	x, ok := exact.Number{}, len(decimal) <= 40 && strings.Trim(strings.TrimPrefix(decimal, "-"), "0123456789.") == "" // no exponent, no fraction
	if ok {
		x, ok = exact.Parse(decimal)
	}
	if !ok {
		return 0, fault.At(field, "INVALID", "%q is no decimal such as 1.17", decimal)
	}
	n, ok := x.Times(exact.Of(parts)).Int64()
	if !ok {
		return 0, fault.At(field, "OUT_OF_RANGE", "it is kept in parts of 1/%d, of which it must be a whole number of 64 bits", parts)
	}
	return n, nil
}
