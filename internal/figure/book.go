package figure

import (
	"runtime"
	"sync"
	"weak"

	"pmograph/ent"
	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/money"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Book is what figures of one view have in common: settings, and rates, gathered when they are first needed.
type Book struct {
	r state.Reader

	once     sync.Once
	gathered *money.Rates
}

// NewBook opens the book of a reader.
func NewBook(r state.Reader) *Book { return &Book{r: r} }

func (b *Book) rates() *money.Rates {
	b.once.Do(func() { b.gathered = b.gatherRates() })
	return b.gathered
}

// Rate gives the exchange rate in force on a day, from one currency to another; ok is false if there is none.
func (b *Book) Rate(from, to string, on vocab.Date) (rate exact.Number, ok bool) {
	rate, _, ok = b.rates().At(from, to, on)
	return rate, ok
}

// Currency is the organisation's currency.
func (b *Book) Currency() string { return b.CurrencyOf(nil) }

func (b *Book) gatherRates() *money.Rates {
	var all []money.Rate
	for x := range state.ExchangeRates.All(b.r) {
		all = append(all, money.Rate{From: x.FromCurrency, To: x.ToCurrency, On: x.ValidFrom, Value: exact.Parts(exact.IntOf(x.Rate), state.RateScale)})
	}
	return money.NewRates(all)
}

// calendars are rows made ready for counting, as long as some snapshot has the row.
var calendars sync.Map // weak.Pointer[ent.WorkCalendar] → *calendar.Calendar

// compiled gives a calendar's row made ready for counting; nil if it cannot be.
func compiled(row *ent.WorkCalendar) *calendar.Calendar {
	k := weak.Make(row)
	if c, ok := calendars.Load(k); ok {
		return c.(*calendar.Calendar)
	}
	var weekly [7]int
	copy(weekly[:], row.WeeklyMinutes)
	var days []calendar.Exception
	for _, e := range row.Exceptions {
		days = append(days, calendar.Exception{Date: e.Date, Minutes: e.Minutes})
	}
	c, err := calendar.New(weekly, days)
	if err != nil {
		c = nil
	}
	calendars.Store(k, c)
	runtime.AddCleanup(row, func(k weak.Pointer[ent.WorkCalendar]) { calendars.Delete(k) }, k)
	return c
}

// CalendarOf gives the calendar a project's working days are counted in: its own, else the nearest portfolio's, else the
// organisation's; nil is Monday to Friday.
func (b *Book) CalendarOf(p *ent.Project) *ent.WorkCalendar {
	id := p.CalendarID
	for up := state.Portfolios.Get(b.r, p.PortfolioID); id == nil && up != nil; up = state.Portfolios.Ref(b.r, up.ParentID) {
		id = up.CalendarID
	}
	if o := b.r.Snapshot().Organisation(); id == nil && o != nil {
		id = o.CalendarID
	}
	return state.WorkCalendars.Ref(b.r, id)
}

// WorkingDays gives that calendar, made ready for counting.
func (b *Book) WorkingDays(p *ent.Project) *calendar.Calendar {
	if row := b.CalendarOf(p); row != nil {
		if c := compiled(row); c != nil {
			return c
		}
	}
	return calendar.Standard
}

// organisationDays is the calendar that time passes by where several projects are looked at together.
func (b *Book) organisationDays() *calendar.Calendar {
	if o := b.r.Snapshot().Organisation(); o != nil {
		if row := state.WorkCalendars.Ref(b.r, o.CalendarID); row != nil {
			if c := compiled(row); c != nil {
				return c
			}
		}
	}
	return calendar.Standard
}

// noCurrency is ISO 4217's code for no currency: what totals are in before anybody has set one.
const noCurrency = "XXX"

// CurrencyOf gives the currency a portfolio's totals are shown in: its own, else the nearest above that has one, else the
// organisation's. A nil portfolio is the organisation.
func (b *Book) CurrencyOf(p *ent.Portfolio) string {
	for ; p != nil; p = state.Portfolios.Ref(b.r, p.ParentID) {
		if p.Currency != nil {
			return *p.Currency
		}
	}
	if o := b.r.Snapshot().Organisation(); o != nil {
		return o.Currency
	}
	return noCurrency
}

// defaultValidity is how many months a report counts where the organisation has not said.
const defaultValidity = 12

func (b *Book) validityMonths() int {
	if o := b.r.Snapshot().Organisation(); o != nil {
		return o.ReportValidityMonths
	}
	return defaultValidity
}

// FiscalYearStart gives the month the fiscal year begins with.
func (b *Book) FiscalYearStart() int {
	if o := b.r.Snapshot().Organisation(); o != nil {
		return o.FiscalYearStart
	}
	return 1
}

// Reporting is how a project stands with its status reports on a day.
type Reporting string

// The values of Reporting.
const (
	Valid  Reporting = "VALID"   // a report is in force and young enough to count
	Stale  Reporting = "STALE"   // the newest report is too old to count
	Never  Reporting = "NEVER"   // there is no report at all
	NotYet Reporting = "NOT_YET" // all reports are of later periods
)

// Standing is what a project's reports say on a day.
type Standing struct {
	Report    *ent.StatusReport // in force: the newest whose period has ended by then, even if it is stale; nil if there is none
	Reporting Reporting
	Counted   bool // whether rollups of that day count the project
}

// Standing finds the report in force on a day: of the submitted ones whose period has ended the newest period, of that the highest
// revision. A project counts if that report is valid, or if it never reported and is not over.
func (b *Book) Standing(p *ent.Project, asOf vocab.Date) Standing {
	s := Standing{Reporting: Never}
	for r := range state.StatusReports.By(b.r, "project_id", p.ID) {
		if r.State == vocab.ReportStateDraft {
			continue
		}
		if s.Report == nil {
			s.Reporting = NotYet
		}
		if r.PeriodEnd <= asOf && newer(r, s.Report) {
			s.Report, s.Reporting = r, Stale
		}
	}
	over := p.Lifecycle == vocab.ProjectLifecycleClosed || p.Lifecycle == vocab.ProjectLifecycleCancelled
	if s.Report != nil && s.Report.PeriodEnd.AddMonths(b.validityMonths()) > asOf {
		s.Reporting = Valid
	}
	s.Counted = s.Reporting == Valid || s.Reporting == Never && !over
	return s
}

func newer(a, b *ent.StatusReport) bool {
	return b == nil || a.PeriodEnd > b.PeriodEnd || a.PeriodEnd == b.PeriodEnd && a.Revision > b.Revision
}

// Health gives the declared health that counts on the day: NOT_RATED if nothing was declared, empty if the project does not count.
func (s Standing) Health() vocab.Rag {
	return declared(s, func(r *ent.StatusReport) *vocab.Rag { return r.Health }, vocab.RagNotRated)
}

// Confidence gives the declared confidence that counts on the day: NOT_RATED if nothing was declared, empty if the project does not
// count.
func (s Standing) Confidence() vocab.DeliveryConfidence {
	return declared(s, func(r *ent.StatusReport) *vocab.DeliveryConfidence { return r.Confidence }, vocab.DeliveryConfidenceNotRated)
}

func declared[E ~string](s Standing, of func(*ent.StatusReport) *E, none E) E {
	if !s.Counted {
		return ""
	}
	if s.Report != nil {
		if v := of(s.Report); v != nil {
			return *v
		}
	}
	return none
}
