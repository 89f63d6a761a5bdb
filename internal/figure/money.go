package figure

import (
	"fmt"
	"math/big"
	"sort"
	"strings"

	"pmograph/ent"
	"pmograph/internal/calc/money"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Amount picks an amount of a report.
type Amount struct {
	Name string // in formulas
	Of   func(*ent.StatusReport) *guard.Money
}

// The amounts that reports carry.
var (
	WholeLifeCost  = Amount{"whole_life_cost", func(r *ent.StatusReport) *guard.Money { return r.WholeLifeCost }}
	PeriodBudget   = Amount{"period_budget", func(r *ent.StatusReport) *guard.Money { return r.PeriodBudget }}
	PeriodForecast = Amount{"period_forecast", func(r *ent.StatusReport) *guard.Money { return r.PeriodForecast }}
)

// term is the part of a sum that is converted at one rate.
type term struct {
	name, rateName string
	sum, rate      *big.Rat // in minor units of its currency; to minor units of the total's
	currency       string
	sign           int64
}

// Sum adds an amount over the set, converted into its currency at the rates of the reports' period ends.
func (s *Set) Sum(a Amount) Figure { return s.signed([]Amount{a}, []int64{1}) }

// Variance is budget minus forecast over the projects that report both: positive is unspent.
func (s *Set) Variance() Figure {
	return s.signed([]Amount{PeriodBudget, PeriodForecast}, []int64{1, -1})
}

// signed adds amounts with signs. A project goes in only with all of them, or the parts would not be of the same projects.
func (s *Set) signed(amounts []Amount, signs []int64) Figure {
	f := s.figure(vocab.UnitMoney)
	f.Currency = s.Currency
	terms := map[string]*term{}
	var noRate bool
	for _, p := range s.Projects {
		if p.Report == nil {
			f.Coverage.Missing++
			continue
		}
		key := state.StatusReports.Key(s.r, p.Report)
		if !key.Sees(vocab.ClassMoney) {
			f.Coverage.Withheld++
			continue
		}
		values, ok := open(key, p.Report, amounts)
		if !ok {
			f.Coverage.Missing++
			continue
		}
		f.Coverage.Included++
		one, err := s.rates.Convert(money.Amount{Minor: 1, Currency: p.Report.Currency}, s.Currency, p.Report.PeriodEnd)
		if !err {
			noRate = true
			continue
		}
		effect := new(big.Rat)
		for i, minor := range values {
			t := s.term(terms, amounts[i], p.Report, one, signs[i])
			v := new(big.Rat).SetInt64(minor)
			t.sum.Add(t.sum, v)
			effect.Add(effect, v.Mul(v, new(big.Rat).Mul(one, big.NewRat(signs[i], 1))))
		}
		f.Contributors = append(f.Contributors, Contributor{p.ref(), effect, effect})
	}
	switch {
	case f.Coverage.Included == 0 && f.Coverage.Withheld > 0:
		f.Reason = vocab.ReasonNotVisible
		f.Coverage.Missing = 0 // which amounts are missing is not visible either
	case f.Coverage.Included == 0:
		f.Reason = vocab.ReasonNoMeasurement
	case noRate:
		f.Reason, f.Contributors = vocab.ReasonNoRate, nil
	default:
		f.Value = new(big.Rat)
	}
	s.explain(&f, terms)
	f.Contributors = rank(f.Contributors)
	return f
}

func open(key state.Key, r *ent.StatusReport, amounts []Amount) (values []int64, ok bool) {
	for _, a := range amounts {
		v, has := key.Money(a.Of(r))
		if !has {
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
}

// term finds the part of the sum that an amount belongs to: one currency at one rate.
func (s *Set) term(terms map[string]*term, a Amount, r *ent.StatusReport, rate *big.Rat, sign int64) *term {
	name := a.Name + "_" + r.Currency
	rateName := ""
	if r.Currency != s.Currency {
		name += "_" + strings.ReplaceAll(r.PeriodEnd.String(), "-", "")
		rateName = "rate_" + strings.TrimPrefix(name, a.Name+"_")
	}
	t := terms[name]
	if t == nil {
		t = &term{name: name, rateName: rateName, sum: new(big.Rat), rate: rate, currency: r.Currency, sign: sign}
		terms[name] = t
	}
	return t
}

// explain writes the formula and, if there is no reason against it, the value.
func (s *Set) explain(f *Figure, terms map[string]*term) {
	names := make([]string, 0, len(terms))
	for n := range terms {
		names = append(names, n)
	}
	sort.Strings(names)
	seen := map[string]bool{}
	for i, n := range names {
		t := terms[n]
		sign := " + "
		if t.sign < 0 {
			sign = " - "
		}
		if i == 0 {
			sign = strings.TrimLeft(strings.TrimPrefix(sign, " + "), " ")
		}
		f.Formula += sign + n
		f.Inputs = append(f.Inputs, Input{n, t.sum, vocab.UnitMoney, t.currency})
		part := new(big.Rat).Mul(t.sum, big.NewRat(t.sign, 1))
		if t.rateName != "" {
			f.Formula += " * " + t.rateName
			if !seen[t.rateName] {
				seen[t.rateName] = true
				f.Inputs = append(f.Inputs, Input{Name: t.rateName, Value: t.rate, Unit: vocab.UnitRatio})
			}
			part.Mul(part, t.rate)
		}
		if f.Value != nil {
			f.Value.Add(f.Value, part)
		}
	}
	if len(names) == 0 {
		f.Formula = fmt.Sprint(0)
	}
	if f.Reason == vocab.ReasonNotVisible {
		f.Formula, f.Inputs = "", nil
	}
}
