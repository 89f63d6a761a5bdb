package dataset

import (
	"iter"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var (
	_ = declare(Dataset{
		Name: "Organisation", Singular: "OrganisationSettings", Title: "Organisation", Key: []string{"Id"}, Entity: state.Organisations.Desc(),
		Description: "The organisation and the settings that hold everywhere: one row, or none before it has been set up.",
		Columns: []Column{
			idOf(state.Organisations, "the organisation"),
			textOf("Name", "Name.", func(o *ent.Organisation) string { return o.Name }).text(),
			textOf("Currency", "ISO 4217 code of the currency that totals are shown in.", func(o *ent.Organisation) string { return o.Currency }),
			textOf("Timezone", "IANA time zone in which the day of the organisation turns.", func(o *ent.Organisation) string { return o.Timezone }),
			col("FiscalYearStart", Int, "Month the fiscal year begins with, 1 to 12.", func(_ *View, o *ent.Organisation) Value { return OfInt(o.FiscalYearStart) }).level("", 0),
			col("StandardWeekHours", Decimal, "Working hours of a full-time week.", func(_ *View, o *ent.Organisation) Value {
				return OfNumber(exact.Fraction(o.StandardWeekMinutes, 60), quotientDigits)
			}).level(vocab.UnitHours, quotientDigits),
			col("ReportValidityMonths", Int, "Months after a period's end during which its status report counts.", func(_ *View, o *ent.Organisation) Value { return OfInt(o.ReportValidityMonths) }).level(vocab.UnitMonths, 0),
			col("Today", Date, "Day of the question, from which follows what is due, overdue and old.", func(v *View, _ *ent.Organisation) Value { return OfDate(v.Day()) }),
			versionOf(state.Organisations),
		},
		source: rowsOfTable(state.Organisations, nil),
	})

	_ = declare(Dataset{
		Name: "Currencies", Singular: "Currency", Title: "Currencies", Key: []string{"Code"},
		Description: "The currencies of ISO 4217, with what they are worth in the organisation's on the day of the question.",
		Columns: []Column{
			col("Code", Text, "Code by ISO 4217.", func(_ *View, code *string) Value { return OfText(*code) }).key(),
			col("Digits", Int, "Digits behind the point that its amounts have.", func(_ *View, code *string) Value {
				digits, _ := money.Digits(*code)
				return OfInt(digits)
			}).level("", 0),
			col("Rate", Decimal, "Units of the organisation's currency for one unit; null without a rate.", func(v *View, code *string) Value {
				c := converterOf(v)
				if *code == c.to {
					return OfUnits(power(rateDigits), rateDigits)
				}
				return OfNumber(c.rate(v, *code), rateDigits)
			}).level(vocab.UnitRatio, rateDigits).nullable(),
			col("IsReporting", Bool, "Whether it is the organisation's.", func(v *View, code *string) Value { return OfBool(*code == v.Book.Currency()) }).dimension(),
		},
		source: source{rows: currencyRows},
	})

	_ = declare(Dataset{
		Name: "ExchangeRates", Singular: "ExchangeRate", Title: "Exchange rates", Key: []string{"Id"}, Time: "ValidFrom", Entity: state.ExchangeRates.Desc(),
		Description: "Prices of currencies in others, each from a day on.",
		Columns: []Column{
			idOf(state.ExchangeRates, "the rate"),
			textOf("FromCurrency", "ISO 4217 code of the currency that is priced.", func(x *ent.ExchangeRate) string { return x.FromCurrency }),
			textOf("ToCurrency", "ISO 4217 code of the currency it is priced in.", func(x *ent.ExchangeRate) string { return x.ToCurrency }),
			col("ValidFrom", Date, "First day the rate holds, until the next one.", func(_ *View, x *ent.ExchangeRate) Value { return OfDate(x.ValidFrom) }).dimension(),
			col("Rate", Decimal, "Units of ToCurrency for one unit of FromCurrency.", func(_ *View, x *ent.ExchangeRate) Value { return OfUnits(x.Rate, rateDigits) }).level(vocab.UnitRatio, rateDigits),
			col("Source", Text, "Who published it; null if not said.", func(_ *View, x *ent.ExchangeRate) Value { return OfOptional(x.Source) }).dimension().nullable(),
			versionOf(state.ExchangeRates),
		},
		Measures: []Measure{counted("Rates", "exchange rates")},
		source:   rowsOfTable(state.ExchangeRates, nil),
	})
)

// rateDigits is how many digits behind the point recorded rates have.
const rateDigits = 9

func currencyRows(_ *View, in hint) iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, code := range money.Codes() {
			if len(in.after) > 0 && code < in.after[0].Text {
				continue
			}
			if !yield(&code) {
				return
			}
		}
	}
}
