package read

import (
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"

	"pmograph/auth"
)

// Organisation is the one organisation a deployment serves.
type Organisation struct {
	thing[ent.Organisation]
	Name, Currency, Timezone string
	FiscalYearStart          int
	StandardWeekMinutes      int
	ReportValidityMonths     int
}

func newOrganisation(v *View, r *ent.Organisation) *Organisation {
	return &Organisation{
		thing: thingOf(v, r),
		Name:  r.Name, Currency: r.Currency, Timezone: r.Timezone, FiscalYearStart: r.FiscalYearStart, StandardWeekMinutes: r.StandardWeekMinutes,
		ReportValidityMonths: r.ReportValidityMonths,
	}
}

// Calendar is the working calendar used where nothing nearer names one.
func (o *Organisation) Calendar() *WorkCalendar {
	return maybe(o.v, state.WorkCalendars.Ref(o.v, o.row.CalendarID), newWorkCalendar)
}

// Rollup is the condition of every project the viewer sees.
func (o *Organisation) Rollup(asOf *vocab.Date) *Rollup { return o.v.Everything(asOf) }

// Everything is the condition of every project the viewer sees.
func (v *View) Everything(asOf *vocab.Date) *Rollup {
	may := v.Rights().Organisation()
	var top []int64
	for p := range state.Portfolios.All(v) {
		if p.ParentID == nil {
			top = append(top, p.ID)
		}
	}
	return v.rollup(figure.Scope{
		Projects: state.Projects.All(v), Currency: v.book.CurrencyOf(nil),
		Complete: func(c vocab.Class) bool { return may.Has(auth.Read | auth.Reads(c)) },
		Nodes:    top, Kept: v.kept(may),
	}, v.asOf(asOf))
}

// Organisation gives the organisation, nil before it has been set up.
func (v *View) Organisation() *Organisation {
	o := v.Snapshot().Organisation()
	if o == nil {
		return nil
	}
	return maybe(v, state.Organisations.Get(v, o.ID), newOrganisation)
}

// WorkCalendar is the working time of a week and the days that differ.
type WorkCalendar struct {
	thing[ent.WorkCalendar]
	Code, Name, Timezone string
	WeeklyMinutes        []int
	Exceptions           []vocab.CalendarException
}

func newWorkCalendar(v *View, r *ent.WorkCalendar) *WorkCalendar {
	return &WorkCalendar{
		thing: thingOf(v, r),
		Code:  r.Code, Name: r.Name, Timezone: r.Timezone, WeeklyMinutes: r.WeeklyMinutes, Exceptions: r.Exceptions,
	}
}

// WorkCalendars gives a page of the working calendars.
func (v *View) WorkCalendars(p Page) (*WorkCalendarConnection, error) {
	o := &order[*ent.WorkCalendar]{name: "calendars CODE", key: func(c *ent.WorkCalendar) key { return byText(c.Code) }, id: func(c *ent.WorkCalendar) int64 { return c.ID }}
	return connect[WorkCalendarConnection](v, state.WorkCalendars.All(v), o, p, newWorkCalendar)
}

// WorkCalendarEdge is an item of a page of working calendars.
type WorkCalendarEdge struct{ Edge[*WorkCalendar] }

// WorkCalendarConnection is a page of working calendars.
type WorkCalendarConnection struct {
	Connection[*ent.WorkCalendar, *WorkCalendar, WorkCalendarEdge]
}

// ExchangeRate is the price of one currency in another from a day on.
type ExchangeRate struct {
	thing[ent.ExchangeRate]
	FromCurrency, ToCurrency string
	ValidFrom                vocab.Date
	Rate                     Decimal
	Source                   *string
}

func newExchangeRate(v *View, r *ent.ExchangeRate) *ExchangeRate {
	return &ExchangeRate{
		thing:        thingOf(v, r),
		FromCurrency: r.FromCurrency, ToCurrency: r.ToCurrency, ValidFrom: r.ValidFrom, Source: r.Source,
		Rate: exactly(exact.Parts(exact.IntOf(r.Rate), state.RateScale)),
	}
}

// ExchangeRateFilter says which exchange rates.
type ExchangeRateFilter struct{ FromCurrency, ToCurrency *string }

// ExchangeRates gives a page of the exchange rates that meet a filter.
func (v *View) ExchangeRates(f *ExchangeRateFilter, p Page) (*ExchangeRateConnection, error) {
	rows := state.ExchangeRates.All(v)
	if f != nil {
		rows = where(rows, func(r *ent.ExchangeRate) bool {
			return (f.FromCurrency == nil || *f.FromCurrency == r.FromCurrency) && (f.ToCurrency == nil || *f.ToCurrency == r.ToCurrency)
		})
	}
	o := &order[*ent.ExchangeRate]{name: "rates VALID_FROM DESC", key: func(r *ent.ExchangeRate) key { return byNumber(&r.ValidFrom) }, id: func(r *ent.ExchangeRate) int64 { return r.ID }, down: true}
	return connect[ExchangeRateConnection](v, rows, o, p, newExchangeRate)
}

// ExchangeRateEdge is an item of a page of exchange rates.
type ExchangeRateEdge struct{ Edge[*ExchangeRate] }

// ExchangeRateConnection is a page of exchange rates.
type ExchangeRateConnection struct {
	Connection[*ent.ExchangeRate, *ExchangeRate, ExchangeRateEdge]
}
