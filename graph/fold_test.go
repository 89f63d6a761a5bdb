package graph_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/vocab"
)

// The plain fold: every figure of a rollup computed from the plain world by the rules as they are written down, without anything the
// API uses.

// sight is what somebody sees of a world.
type sight struct {
	w      *world
	claims []auth.Claim
}

func (s sight) covers(c auth.Claim, portfolio, program, project int) bool {
	switch c.Scope.Kind {
	case vocab.ScopeKindOrganisation:
		return true
	case vocab.ScopeKindPortfolio:
		for i := portfolio; i >= 0; i = s.w.portfolios[i].parent {
			if s.w.portfolios[i].code == c.Scope.Path {
				return true
			}
		}
	case vocab.ScopeKindProgram:
		return program >= 0 && s.w.programs[program].code == c.Scope.Path
	case vocab.ScopeKindProject:
		return project >= 0 && s.w.projects[project].code == c.Scope.Path
	}
	return false
}

// of tells whether a place is seen, and whether its money is.
func (s sight) of(portfolio, program, project int) (seen, money bool) {
	for _, c := range s.claims {
		if s.covers(c, portfolio, program, project) {
			seen = true
			money = money || c.Role != vocab.RoleViewer
		}
	}
	return seen, money
}

func (s sight) currency(portfolio int) string {
	for i := portfolio; i >= 0; i = s.w.portfolios[i].parent {
		if seen, _ := s.of(i, -1, -1); !seen {
			break
		}
		if c := s.w.portfolios[i].currency; c != "" {
			return c
		}
	}
	return s.w.currency
}

func (w *world) rateAt(from, to string, on vocab.Date) *big.Rat {
	if from == to {
		return big.NewRat(1, 1)
	}
	for _, inverse := range []bool{false, true} {
		var best *rate
		for i := range w.rates {
			x := &w.rates[i]
			if (!inverse && x.from == from && x.to == to || inverse && x.from == to && x.to == from) && x.on <= on && (best == nil || x.on > best.on) {
				best = x
			}
		}
		if best != nil && inverse {
			return big.NewRat(1_000_000_000, best.nano)
		} else if best != nil {
			return big.NewRat(best.nano, 1_000_000_000)
		}
	}
	return nil
}

// inForce finds the report in force; silent tells that the newest is too old, counts whether rollups count the project.
func (w *world) inForce(p project, asOf vocab.Date) (valid *report, silent, counts bool) {
	var newest *report
	any := false
	for i := range p.reports {
		r := &p.reports[i]
		if r.state == "DRAFT" {
			continue
		}
		any = true
		if r.end <= asOf && (newest == nil || r.end > newest.end || r.end == newest.end && r.revision > newest.revision) {
			newest = r
		}
	}
	if newest == nil {
		return nil, false, !any && p.lifecycle != "CLOSED" && p.lifecycle != "CANCELLED"
	}
	until := newest.end.Time()
	month := time.Date(until.Year(), until.Month()+time.Month(w.validity), 1, 0, 0, 0, 0, time.UTC)
	last := month.AddDate(0, 1, -1)
	if until.Day() < last.Day() {
		last = month.AddDate(0, 0, until.Day()-1)
	}
	if asOf.Time().Before(last) {
		return newest, false, true
	}
	return nil, true, false
}

func weekdays(from, to vocab.Date) int {
	if to < from {
		return -weekdays(to, from)
	}
	n := 0
	for d := from + 1; d <= to; d++ {
		if wd := d.Weekday(); wd != time.Saturday && wd != time.Sunday {
			n++
		}
	}
	return n
}

type facts map[string]string

// fold gives every figure over some projects: its value, or its reason.
func (s sight) fold(projects []int, node [3]int, organisation bool, currency string, asOf vocab.Date) facts {
	f := facts{}
	count := map[string]int{}
	add := func(name string) { count[name]++ }
	for _, name := range []string{"total", "notReporting", "unreported", "due", "reached", "onTime", "slipped", "cancelled"} {
		count[name] = 0
	}
	worst, worstReason := -1<<30, "NO_SAMPLE"
	var oldest, newest *vocab.Date
	type money struct {
		sum                         *big.Rat
		included, withheld, missing int
		noRate                      bool
	}
	sums := map[string]*money{"wholeLife": {sum: new(big.Rat)}, "periodBudget": {sum: new(big.Rat)}, "periodForecast": {sum: new(big.Rat)}, "variance": {sum: new(big.Rat)}}
	for _, i := range projects {
		p := s.w.projects[i]
		r, silent, counts := s.w.inForce(p, asOf)
		if silent {
			add("notReporting")
		}
		if !counts {
			continue
		}
		add("total")
		add("lifecycle " + string(p.lifecycle))
		health, confidence := vocab.Rag("NOT_RATED"), vocab.DeliveryConfidence("NOT_RATED")
		if r == nil {
			add("unreported")
		} else {
			if oldest == nil || r.end < *oldest {
				oldest = &r.end
			}
			if newest == nil || r.end > *newest {
				newest = &r.end
			}
			if r.health != "" {
				health = r.health
			}
			if r.confidence != "" {
				confidence = r.confidence
			}
		}
		add("health " + string(health))
		add("confidence " + string(confidence))
		_, open := s.of(p.portfolio, p.program, i)
		for name, m := range sums {
			minor := new(big.Rat)
			have := r != nil
			if r != nil {
				switch name {
				case "wholeLife":
					have = r.cost != nil
				case "periodBudget":
					have = r.budget != nil
				case "periodForecast":
					have = r.forecast != nil
				case "variance":
					have = r.budget != nil && r.forecast != nil
				}
			}
			if !open {
				m.withheld++
				continue
			}
			if !have {
				m.missing++
				continue
			}
			m.included++
			switch name {
			case "wholeLife":
				minor.SetInt64(*r.cost)
			case "periodBudget":
				minor.SetInt64(*r.budget)
			case "periodForecast":
				minor.SetInt64(*r.forecast)
			case "variance":
				minor.SetInt64(*r.budget - *r.forecast)
			}
			if r.currency != "JPY" {
				minor.Quo(minor, big.NewRat(100, 1))
			}
			if x := s.w.rateAt(r.currency, currency, r.end); x != nil {
				m.sum.Add(m.sum, minor.Mul(minor, x))
			} else {
				m.noRate = true
			}
		}
		base := p.baselineBy(asOf)
		for n, m := range p.milestones {
			if m.state == "CANCELLED" {
				add("cancelled")
				continue
			}
			var due, actual *vocab.Date
			if base != nil {
				due = base.dates[n]
			}
			if m.actual != nil && *m.actual <= asOf {
				actual = m.actual
			}
			until := actual
			if until == nil {
				until = m.forecast
				if m.finish {
					until = s.w.finishAt(p, m, asOf)
				}
			}
			if due != nil && *due <= asOf {
				add("due")
				if actual != nil {
					add("reached")
					if *actual <= *due {
						add("onTime")
					}
				}
			}
			switch {
			case due != nil && until != nil:
				slip := weekdays(*due, *until)
				worst = max(worst, slip)
				if slip > 0 {
					add("slipped")
				}
			case due != nil:
				worstReason = "NO_MEASUREMENT"
			case worstReason == "NO_SAMPLE":
				worstReason = "NO_BASELINE"
			}
		}
	}
	for _, g := range []struct {
		prefix string
		values []string
	}{{"health ", vocab.Rag("").Values()}, {"confidence ", vocab.DeliveryConfidence("").Values()}, {"lifecycle ", vocab.ProjectLifecycle("").Values()}} {
		for _, v := range g.values {
			count[g.prefix+v] += 0
		}
	}
	for name, n := range count {
		f[name] = fmt.Sprint(n)
	}
	ratio := func(name string, a, b int) {
		f[name] = "ZERO_DENOMINATOR"
		if b != 0 {
			f[name] = big.NewRat(int64(a), int64(b)).FloatString(6)
			half := new(big.Rat).Mul(big.NewRat(int64(a), int64(b)), big.NewRat(2_000_000, 1))
			if half.IsInt() && half.Num().Bit(0) == 1 {
				panic("a tie: the fold does not round half to even")
			}
		}
	}
	ratio("onTimeRate", count["onTime"], count["due"])
	for _, v := range vocab.Rag("").Values() {
		ratio("share "+v, count["health "+v], count["total"])
	}
	f["worstSlip"] = worstReason
	if worst > -1<<30 {
		f["worstSlip"] = fmt.Sprint(worst)
	}
	f["oldest"], f["newest"] = fmt.Sprint(oldest), fmt.Sprint(newest)
	if oldest == nil {
		f["oldest"], f["newest"] = "<nil>", "<nil>"
	}
	seen, complete := s.of(node[0], node[1], node[2])
	if organisation {
		seen, complete = false, false
		for _, c := range s.claims {
			if c.Scope.Kind == vocab.ScopeKindOrganisation {
				seen, complete = true, complete || c.Role != vocab.RoleViewer
			}
		}
	}
	f["complete"] = fmt.Sprint(seen)
	for name, m := range sums {
		f["coverage "+name] = fmt.Sprint(m.included, m.withheld, m.missing, complete)
		switch {
		case m.withheld > 0 || count["total"] == 0 && !complete:
			f[name] = "NOT_VISIBLE"
		case m.included == 0:
			f[name] = "NO_MEASUREMENT"
		case m.noRate:
			f[name] = "NO_RATE"
		default:
			digits := 2
			if currency == "JPY" {
				digits = 0
			}
			f[name] = halfEven(m.sum, digits)
		}
	}
	return f
}

func (w *world) finishAt(p project, m milestone, asOf vocab.Date) *vocab.Date {
	var latest, inForce *report
	for i := range p.reports {
		r := &p.reports[i]
		if r.state == "DRAFT" {
			continue
		}
		if r.finish != nil && (latest == nil || r.end > latest.end || r.end == latest.end && r.revision > latest.revision) {
			latest = r
		}
		if r.end <= asOf && (inForce == nil || r.end > inForce.end || r.end == inForce.end && r.revision > inForce.revision) {
			inForce = r
		}
	}
	switch {
	case latest == nil || latest.end <= asOf:
		return m.forecast
	case inForce != nil:
		return inForce.finish
	}
	return nil
}

func halfEven(v *big.Rat, digits int) string {
	ten := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil))
	x := new(big.Rat).Mul(v, ten)
	n := new(big.Int).Div(x.Num(), x.Denom()) // towards minus infinity
	rest := new(big.Rat).Sub(x, new(big.Rat).SetInt(n))
	if c := rest.Cmp(big.NewRat(1, 2)); c > 0 || c == 0 && n.Bit(0) == 1 {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).Quo(new(big.Rat).SetInt(n), ten).FloatString(digits)
}

const rollupFields = `
fragment F on Figure { value unit currency reason asOf coverage { included withheld missing complete }
  explain { formula version inputs { name value unit currency } contributors(first: 100) { node { id } effect inputs { name value } } } }
fragment R on Rollup {
  projects { total { ...F } notReporting { ...F } byHealth { health count { ...F } share { ...F } } byConfidence { confidence count { ...F } } byLifecycle { lifecycle count { ...F } } }
  cost { wholeLife { ...F } periodBudget { ...F } periodForecast { ...F } variance { ...F } }
  milestones { due { ...F } reached { ...F } onTime { ...F } slipped { ...F } cancelled { ...F } onTimeRate { ...F } worstSlip { ...F } }
  dataAge { oldest newest unreported { ...F } }
}`

const everyRollup = `query ($day: Date) {
  viewer { rollup(asOf: $day) { ...R } }
  portfolios(first: 100) { nodes { code currency rollup(asOf: $day) { ...R } } }
  programs(first: 100) { nodes { code rollup(asOf: $day) { ...R } } }
}` + rollupFields

// shown reads an answered rollup into the form of the fold.
func shown(r any) facts {
	f := facts{}
	figure := func(name string, x any) {
		f[name] = fmt.Sprint(at(x, "value"))
		if at(x, "value") == nil {
			f[name] = fmt.Sprint(at(x, "reason"))
		}
	}
	figure("total", at(r, "projects", "total"))
	figure("notReporting", at(r, "projects", "notReporting"))
	figure("unreported", at(r, "dataAge", "unreported"))
	for _, g := range at(r, "projects", "byHealth").([]any) {
		figure(fmt.Sprint("health ", at(g, "health")), at(g, "count"))
		figure(fmt.Sprint("share ", at(g, "health")), at(g, "share"))
	}
	for _, g := range at(r, "projects", "byConfidence").([]any) {
		figure(fmt.Sprint("confidence ", at(g, "confidence")), at(g, "count"))
	}
	for _, g := range at(r, "projects", "byLifecycle").([]any) {
		figure(fmt.Sprint("lifecycle ", at(g, "lifecycle")), at(g, "count"))
	}
	for _, n := range []string{"due", "reached", "onTime", "slipped", "cancelled", "onTimeRate", "worstSlip"} {
		figure(n, at(r, "milestones", n))
	}
	for _, n := range []string{"wholeLife", "periodBudget", "periodForecast", "variance"} {
		figure(n, at(r, "cost", n))
		c := at(r, "cost", n, "coverage")
		f["coverage "+n] = fmt.Sprint(at(c, "included"), " ", at(c, "withheld"), " ", at(c, "missing"), " ", at(c, "complete"))
	}
	f["oldest"], f["newest"] = fmt.Sprint(at(r, "dataAge", "oldest")), fmt.Sprint(at(r, "dataAge", "newest"))
	f["complete"] = fmt.Sprint(at(r, "projects", "total", "coverage", "complete"))
	return f
}

func TestEveryFigureIsThePlainFold(t *testing.T) {
	users := 200
	if testing.Short() {
		users = 20
	}
	reasons := map[string]int{}
	for seed := range uint64(users / 5) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := randomWorld(r)
		h := newHouse(t)
		h.load(w)
		for n := range 5 {
			id := randomUser(r, w, n)
			asOf := tellingDay(r, w)
			got := h.answer(id, everyRollup, map[string]any{"day": asOf.String()})
			s := sight{w, id.Claims}
			compare := func(what string, answered any, node [3]int, organisation bool, currency string, in func(project) bool) {
				t.Helper()
				var list []int
				for i, p := range w.projects {
					if seen, _ := s.of(p.portfolio, p.program, i); seen && in(p) {
						list = append(list, i)
					}
				}
				have, want := shown(answered), s.fold(list, node, organisation, currency, asOf)
				for name, v := range want {
					reasons[v]++
					if have[name] != v {
						t.Errorf("world %d, user %d %v, %s on %s: %s is %s, the fold says %s", seed, n, id.Claims, what, asOf, name, have[name], v)
					}
				}
				if len(have) != len(want) {
					t.Errorf("%d figures, the fold has %d", len(have), len(want))
				}
			}
			compare("everything", at(got, "viewer", "rollup"), [3]int{-1, -1, -1}, true, w.currency, func(project) bool { return true })
			for i, p := range w.portfolios {
				answered := named(at(got, "portfolios", "nodes"), p.code)
				if seen, _ := s.of(i, -1, -1); seen != (answered != nil) {
					t.Fatalf("%s: seen %v, answered %v", p.code, seen, answered != nil)
				} else if seen {
					compare(p.code, at(answered, "rollup"), [3]int{i, -1, -1}, false, s.currency(i), func(x project) bool {
						for j := x.portfolio; j >= 0; j = w.portfolios[j].parent {
							if j == i {
								return true
							}
						}
						return false
					})
				}
			}
			for i, g := range w.programs {
				answered := named(at(got, "programs", "nodes"), g.code)
				if seen, _ := s.of(g.portfolio, i, -1); seen != (answered != nil) {
					t.Fatalf("%s: seen %v, answered %v", g.code, seen, answered != nil)
				} else if seen {
					compare(g.code, at(answered, "rollup"), [3]int{g.portfolio, i, -1}, false, s.currency(g.portfolio), func(x project) bool { return x.program == i })
				}
			}
			recompute(t, got)
		}
		if t.Failed() {
			return
		}
	}
	for _, must := range []string{"NOT_VISIBLE", "NO_RATE", "NO_MEASUREMENT", "ZERO_DENOMINATOR", "NO_BASELINE", "NO_SAMPLE"} {
		if reasons[must] == 0 {
			t.Errorf("no figure had the reason %s", must)
		}
	}
}

func named(nodes any, code string) any {
	list, _ := nodes.([]any)
	if i := slices.IndexFunc(list, func(n any) bool { return at(n, "code") == code }); i >= 0 {
		return list[i]
	}
	return nil
}
