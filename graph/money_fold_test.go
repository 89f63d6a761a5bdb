package graph_test

import (
	"fmt"
	"math/big"

	"pmograph/internal/vocab"
)

// The plain fold of money: recorded costs, earned value and earned schedule from the plain world by the rules as they are written down.

// purses are amounts in minor units by currency.
type purses map[string]*big.Rat

func (p purses) add(currency string, minor *big.Rat) {
	if p[currency] == nil {
		p[currency] = new(big.Rat)
	}
	p[currency].Add(p[currency], minor)
}

func whole(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

// in gives the total in one currency, in its units; ok is false if a rate is missing.
func (p purses) in(w *world, currency string, on vocab.Date) (*big.Rat, bool) {
	sum := new(big.Rat)
	for c, minor := range p {
		x := w.rateAt(c, currency, on)
		if x == nil {
			return nil, false
		}
		sum.Add(sum, new(big.Rat).Mul(major(minor, c), x))
	}
	return sum, true
}

func major(minor *big.Rat, currency string) *big.Rat {
	if currency == "JPY" {
		return minor
	}
	return new(big.Rat).Quo(minor, big.NewRat(100, 1))
}

// earning is what one project planned, earned and spent.
type earning struct {
	bac, pv, ev, ac, estimate purses
	months                    map[vocab.Date]purses
	spent, estimated, stale   bool
}

func rounded(v *big.Rat) *big.Rat {
	r, ok := new(big.Rat).SetString(halfEven(v, 0))
	if !ok {
		panic(v)
	}
	return r
}

// baselineBy gives the baseline that was approved last by a day; nil if there is none.
func (p project) baselineBy(day vocab.Date) (last *baseline) {
	for n := range p.baselines {
		b := &p.baselines[n]
		if b.approved != nil && *b.approved <= day && (last == nil || *b.approved >= *last.approved) {
			last = b
		}
	}
	return last
}

// earningOf gives nil if the project has no baseline with money.
func earningOf(p project, asOf vocab.Date) *earning {
	base := p.baselineBy(asOf)
	if base == nil || base.currency == "" || len(base.spread) == 0 {
		return nil
	}
	e := &earning{bac: purses{}, pv: purses{}, ev: purses{}, ac: purses{}, estimate: purses{}, months: map[vocab.Date]purses{}}
	bac, pv := int64(0), new(big.Rat)
	for _, s := range base.spread {
		bac += s.amount
		e.months[s.month] = purses{base.currency: whole(s.amount)}
		last := s.month.AddMonths(1) - 1
		switch {
		case asOf >= last:
			pv.Add(pv, whole(s.amount))
		case asOf >= s.month:
			pv.Add(pv, new(big.Rat).Mul(whole(s.amount), big.NewRat(int64(weekdays(s.month-1, asOf)), int64(weekdays(s.month-1, last)))))
		}
	}
	reached, total := int64(0), int64(0)
	for n, m := range p.milestones {
		if base.dates[n] == nil {
			continue
		}
		weight := int64(1)
		if w := base.weight(n); w != nil {
			weight = *w
		}
		total += weight
		if m.actual != nil && *m.actual <= asOf {
			reached += weight
		}
	}
	if total == 0 {
		return nil
	}
	e.bac.add(base.currency, whole(bac))
	e.pv.add(base.currency, rounded(pv))
	e.ev.add(base.currency, rounded(new(big.Rat).Mul(whole(bac), big.NewRat(reached, total))))
	for _, c := range p.costs {
		if c.actual != nil && c.month <= asOf {
			e.ac.add(c.currency, whole(*c.actual))
			e.spent = true
		}
		for _, n := range []*int64{c.committed, c.forecast} {
			if n != nil {
				e.estimate.add(c.currency, whole(*n))
				e.estimated = true
			}
		}
		if c.forecast != nil && *c.forecast != 0 && c.month.AddMonths(1)-1 < asOf {
			e.stale = true
		}
	}
	return e
}

// foldMoney gives every figure of money over some projects.
func (s sight) foldMoney(projects []int, node [3]int, organisation bool, currency string, asOf vocab.Date) facts {
	f := facts{}
	_, whole_ := s.of(node[0], node[1], node[2])
	if organisation {
		whole_ = false
		for _, c := range s.claims {
			whole_ = whole_ || c.Scope.Kind == vocab.ScopeKindOrganisation && c.Role != vocab.RoleViewer
		}
	}
	withheld, open := 0, 0
	sums, has := map[string]purses{}, map[string]int{}
	ev := earning{bac: purses{}, pv: purses{}, ev: purses{}, ac: purses{}, estimate: purses{}, months: map[vocab.Date]purses{}}
	earning, spent := 0, 0
	for _, i := range projects {
		p := s.w.projects[i]
		if _, seen := s.of(p.portfolio, p.program, i); !seen {
			withheld++
			continue
		}
		open++
		mine := map[string]bool{}
		add := func(name, currency string, n int64) {
			if sums[name] == nil {
				sums[name] = purses{}
			}
			sums[name].add(currency, whole(n))
			mine[name] = true
		}
		for _, c := range p.costs {
			for name, n := range map[string]*int64{"planned": c.planned, "actual": c.actual, "committed": c.committed, "toComplete": c.forecast} {
				if n != nil && (name != "actual" || c.month <= asOf) {
					add(name, c.currency, *n)
				}
			}
		}
		for _, b := range p.budgets {
			if b.reserve == "MANAGEMENT" {
				add("managementReserve", b.currency, b.amount)
			} else {
				add("budget", b.currency, b.amount)
			}
		}
		for name := range mine {
			has[name]++
		}
		if e := earningOf(p, asOf); e != nil {
			earning++
			if e.spent {
				spent++
			}
			ev.estimated, ev.stale = ev.estimated || e.estimated, ev.stale || e.stale
			for to, from := range map[*purses]purses{&ev.bac: e.bac, &ev.pv: e.pv, &ev.ev: e.ev, &ev.ac: e.ac, &ev.estimate: e.estimate} {
				for c, n := range from {
					to.add(c, n)
				}
			}
			for m, x := range e.months {
				if ev.months[m] == nil {
					ev.months[m] = purses{}
				}
				for c, n := range x {
					ev.months[m].add(c, n)
				}
			}
		}
	}
	hidden := func(included int) bool { return withheld > 0 || included == 0 && !whole_ }
	say := func(name string, included int, digits int, v *big.Rat, reason string) {
		switch {
		case hidden(included):
			f[name] = "NOT_VISIBLE"
		case reason != "":
			f[name] = reason
		default:
			f[name] = halfEven(v, digits)
		}
	}
	digits := 2
	if currency == "JPY" {
		digits = 0
	}
	// A sum, or why it has none.
	sum := func(p purses, n int, none string) (*big.Rat, string) {
		if n == 0 {
			return nil, none
		}
		v, ok := p.in(s.w, currency, asOf)
		if !ok {
			return nil, "NO_RATE"
		}
		return v, ""
	}
	for name, none := range map[string]string{"budget": "NO_MEASUREMENT", "managementReserve": "NO_MEASUREMENT", "planned": "NO_MEASUREMENT", "actual": "NO_ACTUALS", "committed": "NO_MEASUREMENT", "toComplete": "NO_MEASUREMENT"} {
		v, reason := sum(sums[name], has[name], none)
		say("recorded "+name, has[name], digits, v, reason)
		f["coverage "+name] = fmt.Sprint(has[name], withheld, open-has[name], whole_)
	}
	going := max(has["actual"], has["committed"], has["toComplete"])
	total, reason := new(big.Rat), ""
	for _, name := range []string{"actual", "committed", "toComplete"} {
		if v, ok := sums[name].in(s.w, currency, asOf); ok {
			total.Add(total, v)
		} else {
			reason = "NO_RATE"
		}
	}
	if reason == "" && going == 0 {
		reason = "NO_MEASUREMENT"
	}
	say("recorded forecast", going, digits, total, reason)
	both := min(going, has["budget"])
	approved, ok := sums["budget"].in(s.w, currency, asOf)
	switch {
	case !ok || reason == "NO_RATE":
		reason = "NO_RATE"
	case both == 0:
		reason = "NO_MEASUREMENT"
	default:
		reason = ""
	}
	variance, share := new(big.Rat), new(big.Rat)
	if reason == "" {
		variance.Sub(approved, total)
	}
	say("recorded variance", both, digits, variance, reason)
	if reason == "" && approved.Sign() == 0 {
		reason = "ZERO_DENOMINATOR"
	} else if reason == "" {
		share.Quo(variance, approved)
	}
	say("recorded varianceShare", both, 6, share, reason)

	bac, noBac := sum(ev.bac, earning, "NO_BASELINE")
	pv, noPv := sum(ev.pv, earning, "NO_BASELINE")
	got, noEv := sum(ev.ev, earning, "NO_BASELINE")
	ac, noAc := sum(ev.ac, spent, "NO_ACTUALS")
	if earning == 0 {
		noAc = "NO_BASELINE"
	}
	money := func(name string, v *big.Rat, reason string) { say("ev "+name, earning, digits, v, reason) }
	ratio := func(name string, v *big.Rat, reason string) { say("ev "+name, earning, 6, v, reason) }
	money("budgetAtCompletion", bac, noBac)
	money("plannedValue", pv, noPv)
	money("earnedValue", got, noEv)
	money("actualCost", ac, noAc)
	because := func(reasons ...string) string {
		for _, r := range reasons {
			if r != "" {
				return r
			}
		}
		return ""
	}
	minus := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
	over := func(a, b *big.Rat) *big.Rat { return new(big.Rat).Quo(a, b) }
	known := because(noEv, noAc)
	if known == "" {
		money("costVariance", minus(got, ac), "")
	} else {
		money("costVariance", nil, known)
	}
	if known := because(noEv, noPv); known == "" {
		money("scheduleVariance", minus(got, pv), "")
	} else {
		money("scheduleVariance", nil, known)
	}
	cpi, noCpi := new(big.Rat), known
	switch {
	case noCpi != "":
	case ac.Sign() == 0 && got.Sign() == 0:
		noCpi = "NOT_STARTED"
	case ac.Sign() == 0:
		noCpi = "NO_ACTUALS"
	default:
		cpi = over(got, ac)
	}
	ratio("cpi", cpi, noCpi)
	spi, noSpi := new(big.Rat), because(noEv, noPv)
	if noSpi == "" && pv.Sign() == 0 {
		noSpi = "ZERO_DENOMINATOR"
	} else if noSpi == "" {
		spi = over(got, pv)
	}
	ratio("spi", spi, noSpi)
	eac := func(method string, v *big.Rat, reason string) {
		money("estimateAtCompletion "+method, v, reason)
		if reason != "" {
			money("varianceAtCompletion "+method, nil, because(noBac, reason))
			money("estimateToComplete "+method, nil, reason)
			return
		}
		money("varianceAtCompletion "+method, minus(bac, v), "")
		money("estimateToComplete "+method, minus(v, ac), "")
	}
	zero := func(reason string, x *big.Rat) string {
		if reason == "" && x.Sign() == 0 {
			return "ZERO_DENOMINATOR"
		}
		return reason
	}
	if why := zero(noCpi, cpi); why != "" {
		eac("TYPICAL", nil, because(noBac, why))
	} else {
		eac("TYPICAL", over(bac, cpi), "")
	}
	if why := because(noAc, noBac, noEv); why != "" {
		eac("ATYPICAL", nil, why)
	} else {
		eac("ATYPICAL", new(big.Rat).Add(ac, minus(bac, got)), "")
	}
	if why := because(noAc, zero(noCpi, cpi), zero(noSpi, spi)); why != "" {
		eac("COST_AND_SCHEDULE", nil, why)
	} else {
		eac("COST_AND_SCHEDULE", new(big.Rat).Add(ac, over(minus(bac, got), new(big.Rat).Mul(cpi, spi))), "")
	}
	s.foldSchedule(f, &ev, earning, got, noEv, currency, asOf, s.doneBy(node[2], asOf), say)
	return f
}

// doneBy gives the day on which one project had reached every milestone of weight that its baseline has, if that was by a day; else that day.
func (s sight) doneBy(project int, asOf vocab.Date) vocab.Date {
	if project < 0 {
		return asOf
	}
	p, last := s.w.projects[project], vocab.Date(0)
	base := p.baselineBy(asOf)
	for n, m := range p.milestones {
		if base == nil || base.dates[n] == nil || base.weight(n) != nil && *base.weight(n) == 0 {
			continue
		}
		if m.actual == nil || *m.actual > asOf {
			return asOf
		}
		last = max(last, *m.actual)
	}
	if last == 0 {
		return asOf
	}
	return last
}

// foldSchedule walks the months of the summed plan.
func (s sight) foldSchedule(f facts, ev *earning, earning int, got *big.Rat, noEv, currency string, asOf, until vocab.Date, say func(string, int, int, *big.Rat, string)) {
	names := []string{"earnedSchedule", "actualTime", "spi"}
	if earning == 0 || noEv != "" {
		for _, n := range names {
			why := noEv
			say("es "+n, earning, 6, nil, why)
		}
		return
	}
	first, last := vocab.Date(1<<30), vocab.Date(-1<<30)
	for m := range ev.months {
		first, last = min(first, m), max(last, m)
	}
	var curve []*big.Rat
	sum := new(big.Rat)
	for m := first; m <= last; m = m.AddMonths(1) {
		v, ok := ev.months[m].in(s.w, currency, asOf)
		if !ok {
			return
		}
		sum = new(big.Rat).Add(sum, v)
		curve = append(curve, sum)
	}
	at := func(c int) *big.Rat {
		if c == 0 {
			return new(big.Rat)
		}
		return curve[c-1]
	}
	es := new(big.Rat)
	if got.Sign() > 0 {
		c := 0
		for n := range curve {
			if curve[n].Cmp(got) <= 0 {
				c = n + 1
			}
		}
		es.SetInt64(int64(c))
		if c < len(curve) {
			part := new(big.Rat).Sub(got, at(c))
			es.Add(es, part.Quo(part, new(big.Rat).Sub(at(c+1), at(c))))
		}
	}
	say("es earnedSchedule", earning, 6, es, "")
	if until < first {
		say("es actualTime", earning, 6, nil, "NOT_STARTED")
		say("es spi", earning, 6, nil, "NOT_STARTED")
		return
	}
	passed := new(big.Rat)
	for m := first; m <= until; m = m.AddMonths(1) {
		end := m.AddMonths(1) - 1
		if until >= end {
			passed.Add(passed, big.NewRat(1, 1))
		} else {
			passed.Add(passed, big.NewRat(int64(weekdays(m-1, until)), int64(weekdays(m-1, end))))
		}
	}
	say("es actualTime", earning, 6, passed, "")
	if passed.Sign() == 0 {
		say("es spi", earning, 6, nil, "ZERO_DENOMINATOR")
	} else {
		say("es spi", earning, 6, new(big.Rat).Quo(es, passed), "")
	}
}
