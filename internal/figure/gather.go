package figure

import (
	"math/big"

	"pmograph/ent"
	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/money"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Node is what is rolled up: a portfolio with all below it, a program, a project, or, empty, the whole organisation.
type Node struct{ Portfolio, Program, Project int64 }

// Set is the visible projects of a node on a day, with what each reported.
type Set struct {
	AsOf     vocab.Date
	Currency string // totals are in it
	Complete bool

	Projects     []Project
	NotReporting []state.Ref // their newest report is no longer valid

	r     state.Reader
	rates *money.Rates
}

// Project is a project that counts on a day.
type Project struct {
	Row    *ent.Project
	Report *ent.StatusReport // in force on the day; nil if none is
	Key    state.Key         // what the viewer may open of it
}

func (p Project) ref() state.Ref { return state.Ref{Table: state.Projects.Desc(), ID: p.Row.ID} }

// Gather collects a node's projects as the reader sees them.
func Gather(r state.Reader, n Node, asOf vocab.Date, complete bool) *Set {
	s := &Set{AsOf: asOf, Complete: complete, r: r, Currency: CurrencyOf(r, n), rates: rates(r)}
	months := validity(r)
	each := func(p *ent.Project) bool {
		report, later, earlier := InForce(r, p.ID, asOf, months)
		switch {
		case report != nil || !later && !earlier && !ended(p):
			s.Projects = append(s.Projects, Project{p, report, state.Projects.Key(r, p)})
		case earlier:
			s.NotReporting = append(s.NotReporting, state.Ref{Table: state.Projects.Desc(), ID: p.ID})
		}
		return true
	}
	n.projects(r, each)
	return s
}

func ended(p *ent.Project) bool {
	return p.Lifecycle == vocab.ProjectLifecycleClosed || p.Lifecycle == vocab.ProjectLifecycleCancelled
}

// projects hands out the visible projects of a node, in a stable order.
func (n Node) projects(r state.Reader, yield func(*ent.Project) bool) {
	switch {
	case n.Project != 0:
		if p := state.Projects.Get(r, n.Project); p != nil {
			yield(p)
		}
	case n.Program != 0:
		state.Projects.By(r, "program_id", n.Program)(yield)
	case n.Portfolio != 0:
		state.Projects.By(r, "portfolio_id", n.Portfolio)(yield)
		for child := range state.Portfolios.By(r, "parent_id", n.Portfolio) {
			Node{Portfolio: child.ID}.projects(r, yield)
		}
	default:
		state.Projects.All(r)(yield)
	}
}

const defaultValidity = 12 // months

func validity(r state.Reader) int {
	if o := r.Snapshot().Organisation(); o != nil {
		return o.ReportValidityMonths
	}
	return defaultValidity
}

// InForce gives a project's report in force on a day: of the submitted ones the newest period, and of that the highest revision. A
// report is valid for some months after its period. later and earlier tell whether there are reports after the day, and before it.
func InForce(r state.Reader, project int64, asOf vocab.Date, months int) (report *ent.StatusReport, later, earlier bool) {
	for x := range state.StatusReports.By(r, "project_id", project) {
		switch {
		case x.State == vocab.ReportStateDraft:
		case x.PeriodEnd > asOf:
			later = true
		case report == nil || x.PeriodEnd > report.PeriodEnd || x.PeriodEnd == report.PeriodEnd && x.Revision > report.Revision:
			report = x
		}
	}
	if report != nil && report.PeriodEnd.AddMonths(months) <= asOf {
		return nil, later, true
	}
	return report, later, report != nil
}

// ReportOn gives a project's report in force on a day, nil if none is valid.
func ReportOn(r state.Reader, project int64, asOf vocab.Date) *ent.StatusReport {
	report, _, _ := InForce(r, project, asOf, validity(r))
	return report
}

// CurrencyOf gives the currency a node's totals are shown in: its own, else that of the nearest above, else the organisation's.
func CurrencyOf(r state.Reader, n Node) string {
	if n.Project != 0 {
		if p := state.Projects.Get(r, n.Project); p != nil {
			return p.Currency
		}
	}
	if n.Program != 0 {
		if p := state.Programs.Get(r, n.Program); p != nil {
			n.Portfolio = p.PortfolioID
		}
	}
	for id := &n.Portfolio; id != nil && *id != 0; {
		p := state.Portfolios.Get(r, *id)
		if p == nil {
			break
		}
		if p.Currency != nil {
			return *p.Currency
		}
		id = p.ParentID
	}
	if o := r.Snapshot().Organisation(); o != nil {
		return o.Currency
	}
	return "EUR"
}

func rates(r state.Reader) *money.Rates {
	var list []money.Rate
	for x := range state.ExchangeRates.All(r) {
		list = append(list, money.Rate{From: x.FromCurrency, To: x.ToCurrency, On: x.ValidFrom, Value: big.NewRat(x.Rate, state.RateScale)})
	}
	return money.NewRates(list)
}

// Calendar gives the working calendar a project's slip is counted in: its own, else that of the nearest portfolio above, else the
// organisation's, else Monday to Friday.
func Calendar(r state.Reader, p *ent.Project) *calendar.Calendar {
	id := p.CalendarID
	for up := &p.PortfolioID; id == nil && up != nil; {
		portfolio := state.Portfolios.Get(r, *up)
		if portfolio == nil {
			break
		}
		id, up = portfolio.CalendarID, portfolio.ParentID
	}
	if o := r.Snapshot().Organisation(); id == nil && o != nil {
		id = o.CalendarID
	}
	row := state.WorkCalendars.Ref(r, id)
	if row == nil {
		return calendar.Standard
	}
	var ex []calendar.Exception
	for _, e := range row.Exceptions {
		ex = append(ex, calendar.Exception{Date: e.Date, Minutes: e.Minutes})
	}
	c, err := calendar.New([7]int(row.WeeklyMinutes), ex)
	if err != nil {
		return calendar.Standard // an invariant keeps this from happening
	}
	return c
}
