package figure

import (
	"slices"
	"strings"

	"pmograph/internal/calc/earnedvalue"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// planByMonth is the measure of what baselines plan, in force on the day Point.A: by currency and month's first day, of the projects that
// earned counts.
var planByMonth = state.NewProjectMeasure("plan by month", func(r state.Reader, id int64, at state.Point) state.Vector {
	b, v := NewBook(r), state.VectorBuilder{}
	x := b.plan(state.Projects.Get(r, id), vocab.Date(at.A))
	if x == nil {
		return nil
	}
	if _, ok := b.shares(x, vocab.Date(at.A)); !ok {
		return nil
	}
	for _, m := range x.spread {
		v.Add(state.Term{A: slotBAC, B: x.currency, C: int64(m.First)}, exact.IntOf(m.Minor))
	}
	return v.Vector()
})

// Schedule is the earned schedule of a scope on a day, in months of the summed plan. Time passes by the working calendar of the one
// project, until it has earned all, or by the organisation's.
type Schedule struct {
	e     *Earned
	start vocab.Date // first day of the plan
	calc  earnedvalue.Schedule
}

// Schedule compares earned value with the plan in time.
func (e *Earned) Schedule() *Schedule {
	s := &Schedule{e: e, calc: earnedvalue.Schedule{EV: e.p.EV}}
	months, reason := e.months()
	if reason != "" {
		s.calc.EV = earnedvalue.Value{Reason: reason}
		return s
	}
	if len(months) == 0 {
		return s
	}
	s.start = months[0].day
	sum := exact.Of(0)
	for i, next := 0, s.start; i < len(months); next = next.AddMonths(1) {
		if months[i].day == next {
			sum = sum.Plus(months[i].planned)
			i++
		}
		s.calc.PV = append(s.calc.PV, sum)
	}
	work, until := e.r.book.organisationDays().MinutesIn, e.r.AsOf
	if p := e.r.Scope.Single; p != nil {
		work = e.r.book.WorkingDays(p).MinutesIn
		if day, ok := e.r.book.done(p, until); ok {
			until = day
		}
	}
	s.calc.AT = earnedvalue.Spread{{First: s.start}}.Elapsed(until, work)
	return s
}

// month is what is planned for one, in whole units of the scope's currency.
type month struct {
	day     vocab.Date
	planned exact.Number
}

// months gives the summed plan, converted with the rates of the day.
func (e *Earned) months() (list []month, reason vocab.Reason) {
	v := e.r.sum(planByMonth, state.Point{A: int64(e.r.AsOf)}, vocab.ClassMoney)
	at := map[vocab.Date]exact.Number{}
	first, last := vocab.Date(0), vocab.Date(0)
	for _, x := range v.Vector {
		code, day := currencyCol.Word(x.Term.B), vocab.Date(x.Term.C)
		rate, _, ok := e.r.book.rates().At(code, e.l.into, e.r.AsOf)
		if !ok {
			return nil, vocab.ReasonNoRate
		}
		planned := exact.Parts(x.Sum, scale(code)).Times(rate)
		if before, ok := at[day]; ok {
			planned = planned.Plus(before)
		}
		at[day] = planned
		if len(at) == 1 || day < first {
			first = day
		}
		last = max(last, day)
	}
	for day := first; len(at) > 0 && day <= last; day = day.AddMonths(1) {
		if planned, ok := at[day]; ok {
			list = append(list, month{day, planned})
		}
	}
	return list, ""
}

// of makes a figure of a formula over given months and, if it has them, quantities.
func (s *Schedule) of(unit vocab.Unit, what *Expr, v earnedvalue.Value, quantities ...amount) Figure {
	if len(s.calc.PV) == 0 { // no plan, or none that can be converted: EV says which
		v = earnedvalue.Value{Reason: s.calc.EV.Reason}
	}
	return s.e.l.figure(unit, what, v, s.e.count(slotHas+slotEV), quantities...)
}

// inMonths gives a quantity of months.
func inMonths(name string, v earnedvalue.Value) amount {
	return amount{expr: input(name), inputs: []Input{{Name: name, Unit: vocab.UnitMonths, Value: v.Number}}}
}

func (s *Schedule) passed() amount  { return inMonths("months_passed", s.calc.AT) }
func (s *Schedule) planned() amount { return inMonths("months_planned", s.calc.PD()) }

// earned gives the earned schedule as a quantity: whole months, and the part of the next that is earned.
func (s *Schedule) earned() amount {
	es := s.calc.ES()
	if es.IsNone() {
		return inMonths("earned_months", es)
	}
	whole := es.Whole()
	n := int(minorOf(earnedvalue.Value{Number: whole}))
	if n >= len(s.calc.PV) || s.calc.EV.Sign() <= 0 {
		return inMonths("earned_months", es)
	}
	before := exact.Of(0)
	if n > 0 {
		before = s.calc.PV[n-1]
	}
	ev, a := s.e.q[slotEV], inMonths("whole_months", earnedvalue.Value{Number: whole})
	a.expr = apply('+', a.expr, apply('/', apply('-', ev.expr, input("pv_before")), apply('-', input("pv_after"), input("pv_before"))))
	a.inputs, a.slots = append(a.inputs, ev.inputs...), ev.slots
	for name, v := range map[string]exact.Number{"pv_after": s.calc.PV[n], "pv_before": before} {
		a.inputs = append(a.inputs, Input{Name: name, Unit: vocab.UnitMoney, Currency: s.e.l.into, Value: v})
	}
	slices.SortFunc(a.inputs, func(a, b Input) int { return strings.Compare(a.Name, b.Name) })
	return a
}

// ES is the earned schedule: the months by which the plan had what is earned now.
func (s *Schedule) ES() Figure {
	es := s.earned()
	return s.of(vocab.UnitMonths, es.expr, s.calc.ES(), es)
}

// AT is the actual time: months since the plan's start.
func (s *Schedule) AT() Figure {
	return s.of(vocab.UnitMonths, s.passed().expr, s.calc.AT, s.passed())
}

// PD is the planned duration.
func (s *Schedule) PD() Figure {
	return s.of(vocab.UnitMonths, s.planned().expr, s.calc.PD(), s.planned())
}

// SVt is the schedule variance in time.
func (s *Schedule) SVt() Figure {
	es, at := s.earned(), s.passed()
	return s.of(vocab.UnitMonths, apply('-', es.expr, at.expr), s.calc.SVt(), es, at)
}

// SPIt is the schedule performance index in time.
func (s *Schedule) SPIt() Figure {
	es, at := s.earned(), s.passed()
	return s.of(vocab.UnitRatio, apply('/', es.expr, at.expr), s.calc.SPIt(), es, at)
}

// IEACt is the estimated duration if the performance so far goes on.
func (s *Schedule) IEACt() Figure {
	es, at, pd := s.earned(), s.passed(), s.planned()
	return s.of(vocab.UnitMonths, apply('/', pd.expr, apply('/', es.expr, at.expr)), s.calc.IEACt(), pd, es, at)
}

// TSPI is the schedule performance that the rest needs to end in time.
func (s *Schedule) TSPI() Figure {
	es, at, pd := s.earned(), s.passed(), s.planned()
	return s.of(vocab.UnitRatio, apply('/', apply('-', pd.expr, es.expr), apply('-', pd.expr, at.expr)), s.calc.TSPI(), pd, es, at)
}

// PauseEarned tells that ES stands in months for which nothing was planned, which counts them as earned.
func (s *Schedule) PauseEarned() bool { return s.calc.PauseEarned() }

// Start gives the first day of the plan; nil without one, or if it is not visible.
func (s *Schedule) Start() *vocab.Date {
	if len(s.calc.PV) == 0 || s.e.l.withheld > 0 {
		return nil
	}
	return &s.start
}
