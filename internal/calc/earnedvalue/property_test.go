package earnedvalue

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
	"pmograph/internal/calc/calendar"
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

// drawInput gives an amount, often zero, or at times none, with or without a reason.
func drawInput(t *rapid.T, name string) Value {
	switch rapid.IntRange(0, 9).Draw(t, name+" is") {
	case 0:
		return Value{}
	case 1:
		return Value{Reason: rapid.SampledFrom([]vocab.Reason{hidden, noRate, stale}).Draw(t, name)}
	case 2:
		return Of(0)
	}
	return Of(rapid.Int64Range(0, 1000).Draw(t, name))
}

func drawParts(t *rapid.T) Parts {
	return Parts{PV: drawInput(t, "PV"), EV: drawInput(t, "EV"), AC: drawInput(t, "AC"), BAC: drawInput(t, "BAC"), Estimate: drawInput(t, "estimate")}
}

// Every figure has either a value or a reason, what has a value obeys the identities that tie the figures together, and no figure
// changes its inputs.
func TestFiguresHoldTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawParts(t)
		before := [...]string{text(p.PV), text(p.EV), text(p.AC), text(p.BAC), text(p.Estimate)}
		values := map[string]*big.Rat{"PV": p.PV.Rat(), "EV": p.EV.Rat(), "AC": p.AC.Rat(), "BAC": p.BAC.Rat(), "estimate": p.Estimate.Rat()}
		for name, figure := range figures {
			v := figure(p)
			if !whole(v) {
				t.Errorf("%s has the value %v and the reason %q", name, v.Rat(), v.Reason)
			}
			values[name] = v.Rat()
		}
		identity := func(name string, sum string, terms ...string) {
			t.Helper()
			total := new(big.Rat)
			for _, term := range append(terms, sum) {
				if values[term] == nil {
					return
				}
			}
			for _, term := range terms {
				total.Add(total, values[term])
			}
			if total.Cmp(values[sum]) != 0 {
				t.Errorf("%s: %v is not %v", name, total, values[sum])
			}
		}
		identity("CV + AC = EV", "EV", "CV", "AC")
		identity("SV + PV = EV", "EV", "SV", "PV")
		for _, m := range Methods {
			name := string(m)
			identity("ETC + AC = EAC", "EAC "+name, "ETC "+name, "AC")
			identity("VAC + EAC = BAC", "BAC", "VAC "+name, "EAC "+name)
			if (values["EAC "+name] == nil) != (values["ETC "+name] == nil) {
				t.Errorf("%s: EAC %v but ETC %v", m, values["EAC "+name], values["ETC "+name])
			}
			if v := values["TCPI to "+name]; v != nil && v.Sign() <= 0 {
				t.Errorf("%s: a performance of %v is needed", m, v)
			}
		}
		identity("ETC of a new estimate is the estimate", "estimate", "ETC BOTTOM_UP")
		if after := [...]string{text(p.PV), text(p.EV), text(p.AC), text(p.BAC), text(p.Estimate)}; after != before {
			t.Errorf("inputs %v became %v", before, after)
		}
	})
}

// inputs names what each figure is made of.
var inputs = map[string][]string{
	"CV": {"EV", "AC"}, "SV": {"EV", "PV"}, "CPI": {"EV", "AC"}, "SPI": {"EV", "PV"}, "TCPI": {"EV", "AC", "BAC"},
	"complete": {"EV", "BAC"}, "spent": {"AC", "BAC"},
	"EAC TYPICAL": {"EV", "AC", "BAC"}, "EAC ATYPICAL": {"EV", "AC", "BAC"}, "EAC COST_AND_SCHEDULE": {"PV", "EV", "AC", "BAC"},
	"EAC BOTTOM_UP": {"AC", "estimate"},
}

// A figure is NOT_VISIBLE as soon as one of its inputs is hidden, whatever the others are, and does not depend on any other input.
func TestHiddenInputs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawParts(t)
		for name, of := range inputs {
			was := text(figures[name](p))
			for input, at := range map[string]func(*Parts) *Value{
				"PV": func(p *Parts) *Value { return &p.PV }, "EV": func(p *Parts) *Value { return &p.EV }, "AC": func(p *Parts) *Value { return &p.AC },
				"BAC": func(p *Parts) *Value { return &p.BAC }, "estimate": func(p *Parts) *Value { return &p.Estimate },
			} {
				q, want := p, was
				*at(&q) = Value{Reason: hidden}
				if slices.Contains(of, input) {
					want = string(hidden)
				}
				if got := text(figures[name](q)); got != want {
					t.Errorf("%s was %s; with %s hidden it is %s, want %s", name, was, input, got, want)
				}
			}
		}
	})
}

// Typical EAC needs the performance so far: TCPI to it is CPI. A group's figures lie between those of its members, whatever their sizes.
func TestIndicesOfSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Parts {
			n := rapid.SliceOfN(rapid.Int64Range(1, 1_000_000), 4, 4).Draw(t, name)
			slices.Sort(n[2:])
			return parts(n[0], n[2], n[1], n[3])
		}
		a, b := draw("a"), draw("b")
		plus := func(x, y Value) Value { return apply(exact.Number.Plus, x, y) }
		sum := Parts{PV: plus(a.PV, b.PV), EV: plus(a.EV, b.EV), AC: plus(a.AC, b.AC), BAC: plus(a.BAC, b.BAC)}
		for _, name := range []string{"CPI", "SPI", "complete", "spent"} {
			x, y, both := figures[name](a).Rat(), figures[name](b).Rat(), figures[name](sum).Rat()
			if x.Cmp(y) > 0 {
				x, y = y, x
			}
			if both.Cmp(x) < 0 || both.Cmp(y) > 0 {
				t.Errorf("%s of the sums is %v, not between %v and %v", name, both, x, y)
			}
		}
		for _, name := range []string{"CV", "SV", "EAC ATYPICAL", "ETC ATYPICAL", "VAC ATYPICAL"} {
			if want := plus(figures[name](a), figures[name](b)); figures[name](sum).Rat().Cmp(want.Rat()) != 0 {
				t.Errorf("%s of the sums is %v, the sum is %v", name, figures[name](sum).Rat(), want.Rat())
			}
		}
		if v := a.TCPIToEAC(Typical); v.Rat() != nil && v.Rat().Cmp(a.CPI().Rat()) != 0 {
			t.Errorf("the rest needs %v to keep the typical EAC, so far it was %v", v.Rat(), a.CPI().Rat())
		}
	})
}

// ES is what its definition says, found here by going through the plan in steps: the plan at ES is EV; never beyond the plan; more
// earned is never less ES.
func TestPlanAtEarnedScheduleIsEarned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pv []*big.Rat
		var plan []exact.Number
		total := int64(0)
		for _, step := range rapid.SliceOfN(rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(0, 50)), 1, 8).Draw(t, "plan") {
			total += step
			pv, plan = append(pv, new(big.Rat).SetInt64(total)), append(plan, exact.Of(total))
		}
		ev := rapid.Int64Range(0, total+5).Draw(t, "EV")
		at := big.NewRat(rapid.Int64Range(0, 40).Draw(t, "quarters"), 4)
		s := Schedule{PV: plan, EV: Of(ev), AT: Value{Number: exact.FromRat(at)}}
		es := s.ES().Rat()
		if want := new(big.Rat).SetInt64(min(ev, total)); planAt(pv, es).Cmp(want) != 0 {
			t.Fatalf("the plan at %v is %v, earned is %v", es, planAt(pv, es), want)
		}
		if more := (Schedule{PV: plan, EV: Of(ev + 1), AT: s.AT}).ES().Rat(); more.Cmp(es) < 0 {
			t.Errorf("ES falls from %v to %v as more is earned", es, more)
		}
		pause := false // the plan already was at EV a while before ES
		if es.Sign() > 0 && ev > 0 {
			pause = planAt(pv, new(big.Rat).Sub(es, big.NewRat(1, 1000))).Cmp(planAt(pv, es)) == 0
		}
		if s.PauseEarned() != pause {
			t.Errorf("ES %v, a pause counts as earned is %v", es, !pause)
		}
		a, b := s.IEACt(), s.IEACtBy(s.SPIt())
		if text(a) != text(b) {
			t.Errorf("IEAC(t) is %s in one form, %s in the other", text(a), text(b))
		}
		if v := s.TSPI(); v.Rat() != nil && new(big.Rat).Add(es, new(big.Rat).Mul(v.Rat(), new(big.Rat).Sub(s.PD().Rat(), at))).Cmp(s.PD().Rat()) != 0 {
			t.Errorf("a rest at TSPI %v does not end at the planned end", v.Rat())
		}
	})
}

// planAt gives the planned value at a time, linear within a period.
func planAt(pv []*big.Rat, at *big.Rat) *big.Rat {
	before := new(big.Rat)
	for i, after := range pv {
		if part := new(big.Rat).Sub(at, big.NewRat(int64(i), 1)); part.Cmp(big.NewRat(1, 1)) <= 0 {
			part.Mul(part, new(big.Rat).Sub(after, before))
			return part.Add(part, before)
		}
		before = after
	}
	return before
}

// Planned value is what a walk over the days adds up to, never falls, reaches the sum at the planned end, and work that earns it has
// earned the time elapsed.
func TestPlannedValueByDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weekly := [7]int{}
		for i := range weekly {
			weekly[i] = rapid.IntRange(0, 3).Draw(t, "weekday") * 160
		}
		weekly[rapid.IntRange(0, 6).Draw(t, "worked")] = 480
		cal, err := calendar.New(weekly, nil)
		if err != nil {
			t.Fatal(err)
		}
		start, total := vocab.NewDate(2025, 11, 1), int64(0)
		var plan Spread
		for i := range rapid.IntRange(1, 6).Draw(t, "months") {
			m := Month{First: start.AddMonths(i), Minor: rapid.Int64Range(1, 100_000).Draw(t, "amount")}
			plan, total = append(plan, m), total+m.Minor
		}
		on := start + vocab.Date(rapid.IntRange(-3, 200).Draw(t, "day"))
		spread := new(big.Rat)
		for _, m := range plan {
			of := int64(cal.MinutesIn(m.First, m.First.MonthEnd()))
			for d := m.First; d <= min(on, m.First.MonthEnd()); d++ {
				spread.Add(spread, big.NewRat(m.Minor*int64(cal.Minutes(d)), of))
			}
		}
		pv := plan.PV(on, cal.MinutesIn)
		if off := new(big.Rat).Sub(pv.Rat(), spread); !pv.Rat().IsInt() || off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Fatalf("PV on %v is %v, day by day %v", on, pv.Rat(), spread)
		}
		if next := plan.PV(on+1, cal.MinutesIn); next.Rat().Cmp(pv.Rat()) < 0 {
			t.Errorf("PV falls from %v to %v on the day after %v", pv.Rat(), next.Rat(), on)
		}
		if end := plan[len(plan)-1].First.MonthEnd(); plan.PV(end, cal.MinutesIn).Rat().Cmp(new(big.Rat).SetInt64(total)) != 0 {
			t.Errorf("PV at the planned end is not BAC")
		}
		at := plan.Elapsed(on, cal.MinutesIn)
		if at.Rat() == nil {
			if on >= start {
				t.Errorf("%v is not before %v, yet %s", on, start, at.Reason)
			}
			return
		}
		s := Schedule{PV: plan.Cumulative(), EV: Value{Number: exact.FromRat(spread)}, AT: at}
		if want := at.Rat(); want.Cmp(s.PD().Rat()) < 0 && s.ES().Rat().Cmp(want) != 0 {
			t.Errorf("work as planned has earned %v of %v months", s.ES().Rat(), want)
		}
	})
}

// The value of milestones adds up: what is reached and what is not make BAC, but for a minor unit of rounding.
func TestEarnedAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bac, total := rapid.Int64Range(0, 1<<60).Draw(t, "BAC"), rapid.Int64Range(1, 1<<60).Draw(t, "total")
		reached := rapid.Int64Range(0, total).Draw(t, "reached")
		a, b := Earned(Of(bac), reached, total).Rat(), Earned(Of(bac), total-reached, total).Rat()
		share := new(big.Rat).Mul(Of(bac).Rat(), big.NewRat(reached, total))
		if off := share.Sub(share, a); !a.IsInt() || off.Abs(off).Cmp(big.NewRat(1, 2)) > 0 {
			t.Errorf("%v is not the nearest amount", a)
		}
		if off := new(big.Rat).Add(a, b); off.Sub(off, Of(bac).Rat()).Abs(off).Cmp(big.NewRat(1, 1)) > 0 {
			t.Errorf("%v and %v are not %d", a, b, bac)
		}
	})
}
