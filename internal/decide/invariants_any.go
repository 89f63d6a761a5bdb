package decide

import (
	"strings"
	"time"
	_ "time/tzdata" // time zones must load alike on every machine
	"unicode"

	"pmograph/ent"
	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/money"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// externalPair: a row has both a source and a key there, or neither.
func externalPair(_ *state.Draft, c *state.Change) error {
	if c.After == nil || c.Table.IsFacts() {
		return nil
	}
	_, source := c.Table.Text(c.After, "external_source")
	_, key := c.Table.Text(c.After, "external_id")
	if source != key {
		return fault.At("external_id", "INCOMPLETE", "an external source and an external id go together")
	}
	return nil
}

// codes: a code can be part of a path of codes, and is read as it was written.
func codes(_ *state.Draft, c *state.Change) error {
	if c.After == nil || c.Table.IsFacts() {
		return nil
	}
	code, _ := c.Table.Text(c.After, "code")
	if strings.TrimSpace(code) != code || strings.ContainsFunc(code, func(r rune) bool { return r == '/' || !unicode.IsPrint(r) }) {
		return fault.At("code", "INVALID", "a code has printable characters, no slash, and no space at its ends")
	}
	return nil
}

// currencies: every currency is known to ISO 4217; those of facts see moneyOfMonths.
func currencies(_ *state.Draft, c *state.Change) error {
	if c.After == nil || c.Table.IsFacts() {
		return nil
	}
	for _, column := range []string{"currency", "rate_currency", "from_currency", "to_currency"} {
		if code, ok := c.Table.Text(c.After, column); ok {
			if _, err := money.Digits(code); err != nil {
				return fault.At(column, "UNKNOWN_CURRENCY", "%q is no currency of ISO 4217", code)
			}
		}
	}
	return nil
}

// timezones: every time zone is known to IANA. The machine's own is none: it differs from machine to machine.
func timezones(_ *state.Draft, c *state.Change) error {
	if c.After == nil || c.Table.IsFacts() {
		return nil
	}
	if zone, ok := c.Table.Text(c.After, "timezone"); ok {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			return fault.At("timezone", "UNKNOWN_TIMEZONE", "%q is no time zone of IANA; write it like Europe/London", zone)
		}
	}
	return nil
}

// calendarWorks: seven weekdays of 0 to 1440 minutes with some working time, and each exception's date once.
var calendarWorks = on(state.WorkCalendars, func(_ *state.Draft, _, c *ent.WorkCalendar) error {
	if len(c.WeeklyMinutes) != 7 {
		return fault.At("weekly_minutes", "INVALID", "a week has seven days, Sunday to Saturday, not %d", len(c.WeeklyMinutes))
	}
	var days []calendar.Exception
	for _, e := range c.Exceptions {
		days = append(days, calendar.Exception{Date: e.Date, Minutes: e.Minutes})
	}
	if _, err := calendar.New([7]int(c.WeeklyMinutes), nil); err != nil {
		return fault.At("weekly_minutes", "INVALID", "%v", err)
	}
	if _, err := calendar.New([7]int(c.WeeklyMinutes), days); err != nil {
		return fault.At("exceptions", "INVALID", "%v", err)
	}
	return nil
})

// ratesDiffer: a currency has no price in itself.
var ratesDiffer = on(state.ExchangeRates, func(_ *state.Draft, _, r *ent.ExchangeRate) error {
	if r.FromCurrency == r.ToCurrency {
		return fault.At("to_currency", "INVALID", "a rate is between two currencies")
	}
	return nil
})
