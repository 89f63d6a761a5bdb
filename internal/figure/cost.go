package figure

import (
	"slices"
	"strings"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Measure is an amount that status reports carry, and how its total is named in formulas. Variance subtracts one from the other.
type Measure struct {
	name string
	of   func(*ent.StatusReport) *guard.Money
}

// The measures of cost.
var (
	WholeLife      = Measure{"cost", func(r *ent.StatusReport) *guard.Money { return r.WholeLifeCost }}
	PeriodBudget   = Measure{"budget", func(r *ent.StatusReport) *guard.Money { return r.PeriodBudget }}
	PeriodForecast = Measure{"forecast", func(r *ent.StatusReport) *guard.Money { return r.PeriodForecast }}
)

// member is a project that counts on a day.
type member struct {
	project  *ent.Project
	standing Standing
}

// purse is where amounts of one currency and one rate are added up before they are converted.
type purse struct{ currency, suffix string }

// Total adds up one measure over the reports in force, each converted with the rate of its period's last day.
func (r *Rollup) Total(m Measure) Figure { return r.money(m) }

// Variance is budget minus forecast of the projects that report both: positive if less is to be spent than budgeted.
func (r *Rollup) Variance() Figure { return r.money(PeriodBudget, PeriodForecast) }

// money makes the figure of one measure, or of the difference of two.
func (r *Rollup) money(measures ...Measure) Figure {
	into := r.Scope.Currency
	x := recipe{unit: vocab.UnitMoney, currency: into, asOf: r.AsOf, formula: difference("_"+into, measures)}
	x.coverage.Complete = r.Scope.Complete(vocab.ClassMoney)
	x.reason = vocab.ReasonNoMeasurement
	rates := map[purse]exact.Number{}
	for _, m := range r.members() {
		amounts, open := r.amounts(m, measures)
		switch {
		case !open:
			x.coverage.Withheld++
		case amounts == nil:
			x.coverage.Missing++
		default:
			x.coverage.Included++
			p := r.purse(m.standing.Report, rates)
			for i, minor := range amounts {
				x.parts = append(x.parts, Part{state.Ref{Table: state.Projects.Desc(), ID: m.project.ID}, measures[i].name + p.suffix, major(minor, p.currency)})
			}
			x.reason = ""
		}
	}
	if len(rates) > 0 {
		x.formula, x.terms, x.reason = r.converted(measures, rates)
	}
	if x.coverage.Withheld > 0 || len(r.members()) == 0 && !x.coverage.Complete {
		x.reason, x.formula = vocab.ReasonNotVisible, difference("_"+into, measures)
	}
	return x.make()
}

// amounts gives what a project's report says of each measure; nil if one is missing. open is false if the viewer may not see it,
// whether or not there is anything to see.
func (r *Rollup) amounts(m member, measures []Measure) (minor []int64, open bool) {
	report := m.standing.Report
	if report == nil {
		return nil, state.Projects.Key(r.book.r, m.project).Sees(vocab.ClassMoney)
	}
	key := state.StatusReports.Key(r.book.r, report)
	for _, x := range measures {
		n, ok := key.Money(x.of(report))
		if !ok {
			return nil, key.Sees(vocab.ClassMoney)
		}
		minor = append(minor, n)
	}
	return minor, true
}

// purse finds where a report's amounts belong: one purse for each currency and day from which its rate holds.
func (r *Rollup) purse(report *ent.StatusReport, rates map[purse]exact.Number) purse {
	into := r.Scope.Currency
	p := purse{report.Currency, "_" + report.Currency}
	rate, since, ok := r.book.rates().At(report.Currency, into, report.PeriodEnd)
	if ok && report.Currency != into {
		p.suffix += "_" + identifier(since.String())
	}
	rates[p] = rate
	return p
}

// converted gives the formula that adds up the purses, and its terms. A purse without a rate leaves the sum without a value.
func (r *Rollup) converted(measures []Measure, rates map[purse]exact.Number) (*Expr, []term, vocab.Reason) {
	purses := make([]purse, 0, len(rates))
	for p := range rates {
		purses = append(purses, p)
	}
	slices.SortFunc(purses, func(a, b purse) int {
		if own := count(b.currency == r.Scope.Currency) - count(a.currency == r.Scope.Currency); own != 0 {
			return own
		}
		return strings.Compare(a.suffix, b.suffix)
	})
	var formula *Expr
	var terms []term
	var reason vocab.Reason
	for _, p := range purses {
		one := difference(p.suffix, measures)
		for _, m := range measures {
			terms = append(terms, term{Input: Input{Name: m.name + p.suffix, Unit: vocab.UnitMoney, Currency: p.currency}})
		}
		if p.currency != r.Scope.Currency {
			name := "rate" + p.suffix
			one = apply('*', one, input(name))
			terms = append(terms, term{Input{Name: name, Unit: vocab.UnitRatio, Value: rates[p]}, given})
		}
		if rates[p].IsNone() {
			reason = vocab.ReasonNoRate
		}
		if formula == nil {
			formula = one
		} else {
			formula = apply('+', formula, one)
		}
	}
	return formula, terms, reason
}

func difference(suffix string, measures []Measure) *Expr {
	e := input(measures[0].name + suffix)
	for _, m := range measures[1:] {
		e = apply('-', e, input(m.name+suffix))
	}
	return e
}
