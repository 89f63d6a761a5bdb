package figure

import (
	"pmograph/ent"
	"pmograph/internal/calc/earnedvalue"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// The slots of earned value, of the projects that have a baseline with money: by currency. slotHas + slotEV counts those projects,
// slotHas + slotAC those of them with booked cost, slotStale those whose estimate to complete is out of date.
const (
	slotBAC int64 = iota + 10
	slotPV
	slotEV
	slotAC
	slotEstimate
	slotStale
)

var earnedNames = map[int64]string{slotBAC: "bac", slotPV: "pv", slotEV: "ev", slotAC: "ac", slotEstimate: "estimate"}

// The columns of a baseline's spread.
var spreadPeriod, spreadAmount = state.BaselinePeriods.Col("period"), state.BaselinePeriods.Col("amount")

// plan is a project's baseline in force with money in it, as earned value reads it.
type plan struct {
	project  *ent.Project
	baseline *ent.Baseline
	currency int64
	spread   earnedvalue.Spread
	nodes    []state.Ref // the fact of each month
	bac      int64
	work     earnedvalue.Work
}

// plan gives the plan that counts on a day; nil if no baseline with money was approved by then.
func (b *Book) plan(p *ent.Project, asOf vocab.Date) *plan {
	baseline := b.Baseline(p, asOf)
	if baseline == nil || baseline.Currency == nil {
		return nil
	}
	x := &plan{project: p, baseline: baseline, currency: currencyCol.Number(*baseline.Currency)}
	for f := range state.BaselinePeriods.Of(b.r, p.ID).With(baseline.ID).All() {
		if n, ok := f.Int(spreadAmount); ok {
			x.spread = append(x.spread, earnedvalue.Month{First: f.Day(spreadPeriod), Minor: n})
			x.nodes = append(x.nodes, state.Ref{Table: state.BaselinePeriods.Desc(), ID: f.ID()})
			x.bac += n
		}
	}
	if x.spread == nil {
		return nil
	}
	x.work = func(first, last vocab.Date) int { return b.WorkingDays(p).MinutesIn(first, last) }
	return x
}

// share is what one milestone of a baseline earns when it is reached: its frozen weight of all weights.
type share struct {
	milestone int64
	minor     int64 // of the budget at completion, once it is reached
	reached   bool
	on        vocab.Date // the day it was reached
}

// shares gives what each milestone of a plan earns. ok is false if they have no weight together.
func (b *Book) shares(x *plan, asOf vocab.Date) (all []share, ok bool) {
	var weights []int64
	total := exact.Of(0)
	for e := range state.BaselineEntries.By(b.r, "baseline_id", x.baseline.ID) {
		if e.MilestoneID == nil {
			continue
		}
		m := state.Milestones.Get(b.r, *e.MilestoneID)
		if m == nil {
			continue
		}
		w := b.weight(e)
		weights = append(weights, w)
		total = total.Plus(exact.Of(w))
		s := share{milestone: m.ID}
		if s.reached = m.ActualDate != nil && *m.ActualDate <= asOf; s.reached {
			s.on = *m.ActualDate
		}
		all = append(all, s)
	}
	if total.Sign() == 0 {
		return nil, false
	}
	// Amounts are the differences of rounded sums, those reached first, so that together they are the budget times the share of weight.
	done, before := exact.Of(0), exact.Of(0)
	for _, reached := range []bool{true, false} {
		for i := range all {
			if all[i].reached == reached {
				done = done.Plus(exact.Of(weights[i]))
				up := exact.Of(x.bac).Times(done).Over(total).Round()
				all[i].minor, _ = up.Minus(before).Int64()
				before = up
			}
		}
	}
	return all, true
}

// done gives the day on which a project had earned all of its budget; ok is false if it has not by a day.
func (b *Book) done(p *ent.Project, asOf vocab.Date) (day vocab.Date, ok bool) {
	x := b.plan(p, asOf)
	if x == nil {
		return 0, false
	}
	all, ok := b.shares(x, asOf)
	for _, s := range all {
		if s.minor == 0 {
			continue
		}
		if ok = ok && s.reached; s.reached {
			day = max(day, s.on)
		}
	}
	return day, ok && day > 0
}

// weight is what is frozen in the baseline; null counts as 1.
func (b *Book) weight(e *ent.BaselineEntry) int64 {
	if e.Weight == nil {
		return 1
	}
	n, _ := state.BaselineEntries.Key(b.r, e).Money(e.Weight)
	return n
}

// earn gives what a project has earned by a day, in minor units; ok is false if its milestones have no weight.
func (b *Book) earn(x *plan, asOf vocab.Date) (ev int64, ok bool) {
	all, ok := b.shares(x, asOf)
	for _, s := range all {
		if s.reached {
			ev += s.minor
		}
	}
	return ev, ok
}

// earned is the measure of earned value at the end of the day Point.A.
var earned = state.NewProjectMeasure("earned value", func(r state.Reader, id int64, at state.Point) state.Vector {
	b, asOf, v := NewBook(r), vocab.Date(at.A), state.VectorBuilder{}
	v.Add(state.Term{A: slotAll}, exact.IntOf(1))
	p := state.Projects.Get(r, id)
	x := b.plan(p, asOf)
	if x == nil {
		return v.Vector()
	}
	ev, ok := b.earn(x, asOf)
	if !ok {
		return v.Vector()
	}
	pv := x.spread.PV(asOf, x.work)
	for slot, minor := range map[int64]int64{slotBAC: x.bac, slotPV: minorOf(pv), slotEV: ev} {
		v.Add(state.Term{A: slot, B: x.currency}, exact.IntOf(minor))
	}
	v.Add(state.Term{A: slotHas + slotEV}, exact.IntOf(1))
	for c := range postings(r, id, asOf) {
		switch c.slot {
		case slotActual:
			v.Add(state.Term{A: slotAC, B: c.currency}, exact.IntOf(c.minor))
			v[state.Term{A: slotHas + slotAC}] = exact.IntOf(1)
		case slotCommitted, slotToComplete:
			v.Add(state.Term{A: slotEstimate, B: c.currency}, exact.IntOf(c.minor))
			v[state.Term{A: slotHas + slotEstimate}] = exact.IntOf(1)
			if c.slot == slotToComplete && c.minor != 0 && c.period.MonthEnd() < asOf {
				v[state.Term{A: slotStale}] = exact.IntOf(1)
			}
		}
	}
	return v.Vector()
})

// Earned is the earned value of a scope on a day: of its projects that have a baseline with money, and of no other's cost.
type Earned struct {
	l *ledger
	q map[int64]amount
	p earnedvalue.Parts
	r *Rollup
}

// Earned adds up what was planned, earned and spent.
func (r *Rollup) Earned() *Earned {
	e := &Earned{r: r, q: map[int64]amount{}}
	e.l = r.ledger(r.sum(earned, state.Point{A: int64(r.AsOf)}, vocab.ClassMoney), earnedNames, r.earnedParts)
	for slot := range earnedNames {
		e.q[slot] = e.l.of(slot)
	}
	for slot, why := range e.gaps() {
		e.q[slot] = e.q[slot].none(why)
	}
	e.p = earnedvalue.Parts{PV: e.q[slotPV].value, EV: e.q[slotEV].value, AC: e.q[slotAC].value, BAC: e.q[slotBAC].value, Estimate: e.q[slotEstimate].value}
	return e
}

// gaps tells which quantities have no value, and why.
func (e *Earned) gaps() map[int64]vocab.Reason {
	gaps := map[int64]vocab.Reason{}
	if e.count(slotHas+slotAC) == 0 {
		gaps[slotAC] = vocab.ReasonNoActuals
	}
	if e.count(slotHas+slotEstimate) == 0 {
		gaps[slotEstimate] = vocab.ReasonNoMeasurement
	}
	if e.count(slotStale) > 0 {
		gaps[slotEstimate] = vocab.ReasonStaleInput
	}
	if e.count(slotHas+slotEV) == 0 {
		for slot := range earnedNames {
			gaps[slot] = vocab.ReasonNoBaseline
		}
	}
	return gaps
}

// minorOf gives an amount of whole minor units.
func minorOf(v earnedvalue.Value) int64 {
	n, _ := v.Int64()
	return n
}

func (e *Earned) count(slot int64) int { return whole(e.l.Get(state.Term{A: slot})) }

// earnedParts lists what the months of the plan, the milestones and the bookings of a project add to a slot.
func (r *Rollup) earnedParts(p *ent.Project, slot int64, asOf vocab.Date) (parts []Part) {
	x := r.book.plan(p, asOf)
	if x == nil {
		return nil
	}
	shares, ok := r.book.shares(x, asOf)
	if !ok {
		return nil
	}
	code := currencyCol.Word(x.currency)
	add := func(node state.Ref, minor int64, code string) {
		parts = append(parts, Part{node, earnedNames[slot] + "_" + code, major(minor, code)})
	}
	switch slot {
	case slotBAC:
		for i, m := range x.spread {
			add(x.nodes[i], m.Minor, code)
		}
	case slotPV: // as differences of the rounded total, so that they add up to it
		before := int64(0)
		for i := range x.spread {
			up := minorOf(x.spread[:i+1].PV(asOf, x.work))
			if up != before {
				add(x.nodes[i], up-before, code)
			}
			before = up
		}
	case slotEV:
		for _, s := range shares {
			if s.reached {
				add(milestone(s.milestone), s.minor, code)
			}
		}
	default:
		for c := range postings(r.book.r, p.ID, asOf) {
			if c.slot == slotActual == (slot == slotAC) && (c.slot == slotActual || c.slot == slotCommitted || c.slot == slotToComplete) {
				add(c.node, c.minor, currencyCol.Word(c.currency))
			}
		}
	}
	return parts
}

// quantity is an expression over amounts.
type quantity struct {
	expr  *Expr
	slots []int64
}

func (e *Earned) q1(slot int64) quantity { return quantity{e.q[slot].expr, []int64{slot}} }

func (a quantity) op(op byte, b quantity) quantity {
	return quantity{apply(op, a.expr, b.expr), append(a.slots[:len(a.slots):len(a.slots)], b.slots...)}
}

// of makes a figure of a quantity and what it comes to.
func (e *Earned) of(unit vocab.Unit, q quantity, v earnedvalue.Value) Figure {
	var amounts []amount
	for _, slot := range q.slots {
		amounts = append(amounts, e.q[slot])
	}
	return e.l.figure(unit, q.expr, v, e.count(slotHas+slotEV), amounts...)
}

func (e *Earned) money(q quantity, v earnedvalue.Value) Figure { return e.of(vocab.UnitMoney, q, v) }
func (e *Earned) ratio(q quantity, v earnedvalue.Value) Figure { return e.of(vocab.UnitRatio, q, v) }

// PV is the planned value.
func (e *Earned) PV() Figure { return e.money(e.q1(slotPV), e.p.PV) }

// EV is the earned value.
func (e *Earned) EV() Figure { return e.money(e.q1(slotEV), e.p.EV) }

// BAC is the budget at completion.
func (e *Earned) BAC() Figure { return e.money(e.q1(slotBAC), e.p.BAC) }

// AC is the actual cost of the same projects.
func (e *Earned) AC() Figure { return e.money(e.q1(slotAC), e.p.AC) }

func (e *Earned) cpi() quantity { return e.q1(slotEV).op('/', e.q1(slotAC)) }
func (e *Earned) spi() quantity { return e.q1(slotEV).op('/', e.q1(slotPV)) }

// CV is the cost variance.
func (e *Earned) CV() Figure { return e.money(e.q1(slotEV).op('-', e.q1(slotAC)), e.p.CV()) }

// SV is the schedule variance in money.
func (e *Earned) SV() Figure { return e.money(e.q1(slotEV).op('-', e.q1(slotPV)), e.p.SV()) }

// CPI is the cost performance index.
func (e *Earned) CPI() Figure { return e.ratio(e.cpi(), e.p.CPI()) }

// SPI is the schedule performance index.
func (e *Earned) SPI() Figure { return e.ratio(e.spi(), e.p.SPI()) }

// PercentComplete is earned value over budget.
func (e *Earned) PercentComplete() Figure {
	return e.ratio(e.q1(slotEV).op('/', e.q1(slotBAC)), e.p.PercentComplete())
}

// PercentSpent is actual cost over budget.
func (e *Earned) PercentSpent() Figure {
	return e.ratio(e.q1(slotAC).op('/', e.q1(slotBAC)), e.p.PercentSpent())
}

func (e *Earned) left() quantity { return e.q1(slotBAC).op('-', e.q1(slotEV)) }

// atCompletion gives the formula of each method.
var atCompletion = map[vocab.EacMethod]func(*Earned) quantity{
	vocab.EacTypical:         func(e *Earned) quantity { return e.q1(slotBAC).op('/', e.cpi()) },
	vocab.EacAtypical:        func(e *Earned) quantity { return e.q1(slotAC).op('+', e.left()) },
	vocab.EacCostAndSchedule: func(e *Earned) quantity { return e.q1(slotAC).op('+', e.left().op('/', e.cpi().op('*', e.spi()))) },
	vocab.EacBottomUp:        func(e *Earned) quantity { return e.q1(slotAC).op('+', e.q1(slotEstimate)) },
}

func (e *Earned) eac(m vocab.EacMethod) quantity { return atCompletion[m](e) }

// EAC is the estimate at completion by a method.
func (e *Earned) EAC(m vocab.EacMethod) Figure { return e.money(e.eac(m), e.p.EAC(m)) }

// ETC is the estimate to complete by a method.
func (e *Earned) ETC(m vocab.EacMethod) Figure {
	return e.money(e.eac(m).op('-', e.q1(slotAC)), e.p.ETC(m))
}

// VAC is the variance at completion by a method.
func (e *Earned) VAC(m vocab.EacMethod) Figure {
	return e.money(e.q1(slotBAC).op('-', e.eac(m)), e.p.VAC(m))
}

// TCPI is the cost performance that the rest needs to keep the budget.
func (e *Earned) TCPI() Figure {
	return e.ratio(e.left().op('/', e.q1(slotBAC).op('-', e.q1(slotAC))), e.p.TCPI())
}

// TCPIToEAC is the cost performance that the rest needs to keep the estimate at completion of a method.
func (e *Earned) TCPIToEAC(m vocab.EacMethod) Figure {
	return e.ratio(e.left().op('/', e.eac(m).op('-', e.q1(slotAC))), e.p.TCPIToEAC(m))
}
