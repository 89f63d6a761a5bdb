package figure

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/kpi"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func date(s string) vocab.Date {
	d, err := vocab.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// changed gives the record after a change.
func changed(t testing.TB, s *state.Snapshot, change func(d *state.Draft)) *state.Snapshot {
	t.Helper()
	d, err := state.NewDraft(s, auth.Machine("test"), "import", noon, vocab.DateOf(noon))
	must(t, err)
	change(d)
	must(t, d.Finish(nil))
	if !d.Recorded() {
		return s
	}
	_, err = d.Entry(state.Entry{Key: "k"})
	must(t, err)
	return d.Published()
}

// rules are the ways indicators roll up, each an indicator of that number less one; every other one is about money.
var rules = []struct {
	rule   vocab.KpiRollup
	weight vocab.KpiWeight
	money  bool
}{
	{vocab.KpiRollupSum, "", false}, {vocab.KpiRollupRatio, "", true}, {vocab.KpiRollupWeighted, vocab.KpiWeightEqual, false},
	{vocab.KpiRollupWeighted, vocab.KpiWeightBudget, true}, {vocab.KpiRollupLast, "", false}, {vocab.KpiRollupNone, "", true},
}

// kpiRecord has portfolio-1 with portfolio-2 below and portfolio-3 beside, program-1 in portfolio-1, a project in each portfolio of which
// the first is in the program, budgets of the first two, and an indicator of each rule, measured monthly.
func kpiRecord(t testing.TB) *state.Snapshot {
	return changed(t, state.Empty(), func(d *state.Draft) {
		for n := range int64(3) {
			p := state.Portfolios.New(d)
			p.Code, p.Name, p.Lifecycle = fmt.Sprint("P", n), "P", vocab.PortfolioLifecycleActive
			if n == 1 {
				p.ParentID = new(int64(1))
			}
			must(t, state.Portfolios.Put(d, p))
		}
		g := state.Programs.New(d)
		g.Code, g.Name, g.PortfolioID, g.Lifecycle = "G", "G", 1, vocab.PortfolioLifecycleActive
		must(t, state.Programs.Put(d, g))
		for n := range int64(3) {
			x := state.Projects.New(d)
			x.Code, x.Name, x.PortfolioID, x.Lifecycle, x.Currency = fmt.Sprint("x", n), "x", n+1, vocab.ProjectLifecycleExecuting, "EUR"
			if n == 0 {
				x.ProgramID = new(int64(1))
			}
			must(t, state.Projects.Put(d, x))
		}
		for n, x := range rules {
			k := state.KpiDefinitions.New(d)
			k.Code, k.Name, k.Unit, k.AboutMoney, k.Direction, k.Source = fmt.Sprint("K", n), "K", vocab.UnitCount, x.money, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured
			k.FormulaVersion, k.Rollup, k.Cadence, k.Green, k.Amber = 1, x.rule, vocab.CadenceMonth, new(int64(2_000_000)), new(int64(1_000_000))
			if x.weight != "" {
				k.Weight = &x.weight
			}
			must(t, state.KpiDefinitions.Put(d, k))
		}
		c := state.CostCategories.New(d)
		c.Code, c.Name = "C", "C"
		must(t, state.CostCategories.Put(d, c))
		r := state.ExchangeRates.New(d)
		r.FromCurrency, r.ToCurrency, r.ValidFrom, r.Rate = "USD", "EUR", date("2025-03-01"), 900_000_000
		must(t, state.ExchangeRates.Put(d, r))
		budget(t, d, 1, "EUR", 1, vocab.ReserveKindNone, 1000_00)
		budget(t, d, 2, "USD", 1, vocab.ReserveKindNone, 500_00)
	})
}

// measurement is one as a test writes it: numbers in whole units, nil for none.
type measurement struct {
	owner                                 string
	id, kpi                               int64
	end                                   string
	value, target, numerator, denominator *int64
	reason                                vocab.Reason
}

func (g measurement) put(t testing.TB, d *state.Draft) {
	m := &ent.KpiMeasurement{KpiDefinitionID: g.kpi, PeriodEnd: date(g.end)}
	switch g.owner {
	case "":
		m.ProjectID = &g.id
	case "program":
		m.ProgramID = &g.id
	case "portfolio":
		m.PortfolioID = &g.id
	}
	if g.reason != "" {
		m.Reason = &g.reason
	}
	def := state.KpiDefinitions.Get(d, g.kpi)
	for _, x := range []struct {
		from  *int64
		plain **int64
		money **guard.Money
	}{{g.value, &m.Value, &m.MoneyValue}, {g.target, &m.Target, &m.MoneyTarget}, {g.numerator, &m.Numerator, &m.MoneyNumerator}, {g.denominator, &m.Denominator, &m.MoneyDenominator}} {
		switch {
		case x.from == nil:
		case def.AboutMoney:
			m := guard.NewMoney(*x.from * millionths)
			*x.money = &m
		default:
			*x.plain = new(*x.from * millionths)
		}
	}
	must(t, state.KpiMeasurements.Put(d, m))
}

func budget(t testing.TB, d *state.Draft, project int64, currency string, month int, reserve vocab.ReserveKind, minor int64) {
	amount := guard.NewMoney(minor)
	must(t, state.BudgetLines.Put(d, &ent.BudgetLine{ProjectID: project, CostCategoryID: 1, ReserveKind: reserve, Currency: currency, Period: vocab.NewDate(2026, time.Month(month), 1), Amount: &amount}))
}

var nodeTables = map[string]*state.Desc{"": state.Projects.Desc(), "program": state.Programs.Desc(), "portfolio": state.Portfolios.Desc()}

// node gives a node for somebody who sees everything, with kept sums or without. owner is empty for a project, "organisation" for all.
func node(s *state.Snapshot, owner string, id int64, kept bool) *KpiNode {
	r := state.NewWhole(s)
	all := func(vocab.Class) bool { return true }
	n := &KpiNode{Opens: all, Scope: Scope{Complete: all, Currency: "EUR", Projects: func(yield func(*ent.Project) bool) {
		for p := range state.Projects.All(r) {
			in := owner == "organisation" || owner == "" && p.ID == id || owner == "program" && p.ProgramID != nil && *p.ProgramID == id
			if owner == "portfolio" {
				for x := state.Portfolios.Get(r, p.PortfolioID); x != nil; x = state.Portfolios.Ref(r, x.ParentID) {
					in = in || x.ID == id
				}
			}
			if in && !yield(p) {
				return
			}
		}
	}}}
	if t := nodeTables[owner]; t != nil {
		n.Ref = state.Ref{Table: t, ID: id}
	}
	switch {
	case !kept:
	case owner == "portfolio":
		n.Nodes, n.Kept = []int64{id}, all
	case owner == "organisation":
		n.Kept = all
		for p := range state.Portfolios.All(r) {
			if p.ParentID == nil {
				n.Nodes = append(n.Nodes, p.ID)
			}
		}
	}
	return n
}

func indicator(s *state.Snapshot, n *KpiNode, id int64) *Kpi {
	r := state.NewWhole(s)
	k := NewBook(r).Kpi(n, state.KpiDefinitions.Get(r, id))
	return &k
}

// plainRoll computes what projects measured by the rules as they are written down, and without anything the figures use but the formulas
// of calc/kpi. It gives the value, why there is none, and how many projects go in.
func plainRoll(s *state.Snapshot, n *KpiNode, d *ent.KpiDefinition, day vocab.Date, month, target bool) (exact.Number, vocab.Reason, int) {
	r := state.NewWhole(s)
	number := func(plain *int64, money *guard.Money) exact.Number {
		switch {
		case plain != nil:
			return exact.Fraction(*plain, 1_000_000)
		case money != nil:
			return exact.Fraction(guard.OpenMoney(*money), 1_000_000)
		}
		return exact.Number{}
	}
	var all []kpi.Measurement
	currencies := map[string]bool{}
	stale, used := false, map[int64]bool{}
	var projects []*ent.Project
	for p := range n.Projects {
		projects = append(projects, p)
	}
	slices.SortFunc(projects, func(a, b *ent.Project) int { return int(a.ID - b.ID) })
	for _, p := range projects {
		var take []*ent.KpiMeasurement
		for m := range state.KpiMeasurements.All(r) {
			if m.ProjectID == nil || *m.ProjectID != p.ID || m.KpiDefinitionID != d.ID || m.PeriodEnd > day {
				continue
			}
			y1, m1, _ := m.PeriodEnd.Time().Date()
			y2, m2, _ := day.Time().Date()
			switch alone := !month || d.Rollup == vocab.KpiRollupLast; {
			case month && (y1 != y2 || m1 != m2):
			case !alone || len(take) == 0:
				take = append(take, m)
			case m.PeriodEnd > take[0].PeriodEnd:
				take[0] = m
			}
		}
		if !month && len(take) > 0 { // older than two months, or two weeks
			limit := take[0].PeriodEnd + 14
			if d.Cadence == vocab.CadenceMonth {
				y, m, dd := take[0].PeriodEnd.Time().Date()
				first := vocab.NewDate(y, m+2, 1)
				if limit = first + vocab.Date(dd) - 1; dd > first.DaysInMonth() || take[0].PeriodEnd.MonthEnd() == take[0].PeriodEnd {
					limit = first.MonthEnd()
				}
			}
			if limit < day {
				stale, take = true, nil
			}
		}
		for _, m := range take {
			x := kpi.Measurement{PeriodEnd: m.PeriodEnd, Value: number(m.Value, m.MoneyValue), Numerator: number(m.Numerator, m.MoneyNumerator), Denominator: number(m.Denominator, m.MoneyDenominator)}
			if aim := number(m.Target, m.MoneyTarget); target {
				switch {
				case aim.IsNone(), d.Rollup != vocab.KpiRollupRatio && x.Value.IsNone(), x.Denominator.IsNone() && d.Rollup == vocab.KpiRollupRatio, x.Numerator.IsNone() && d.Rollup == vocab.KpiRollupRatio:
					continue
				case d.Rollup == vocab.KpiRollupRatio:
					x.Numerator = aim.Times(x.Denominator)
				}
				x.Value = aim
			}
			if d.Weight != nil && *d.Weight == vocab.KpiWeightEqual {
				x.Weight = exact.One
			}
			if byBudget(d) {
				for b := range state.BudgetLines.All(r) {
					if b.ProjectID != p.ID || b.ReserveKind == vocab.ReserveKindManagement {
						continue
					}
					if x.Weight.IsNone() {
						x.Weight = exact.Of(0)
					}
					w := exact.Fraction(guard.OpenMoney(*b.Amount), 100)
					if b.Currency == "USD" {
						w = w.Times(exact.Fraction(9, 10))
					}
					x.Weight = x.Weight.Plus(w)
					currencies[b.Currency] = currencies[b.Currency] || !x.Value.IsNone()
				}
			}
			if one := kpi.Roll(d.Rollup, []kpi.Measurement{x}); one.Used > 0 {
				used[p.ID] = true
			}
			all = append(all, x)
		}
	}
	got := kpi.Roll(d.Rollup, all)
	switch {
	case got.Used == 0 && stale && d.Rollup != vocab.KpiRollupNone && !target:
		got.Reason = vocab.ReasonStaleInput
	case got.Used > 0 && currencies["EUR"] && currencies["USD"] && day < date("2025-03-01"):
		got.Value, got.Reason = exact.Number{}, vocab.ReasonNoRate
	}
	if d.Rollup == vocab.KpiRollupLast && got.Used > 0 {
		return got.Value, got.Reason, 1
	}
	return got.Value, got.Reason, len(used)
}

func shown(v exact.Number) string {
	if v.IsNone() {
		return "none"
	}
	return v.Rat().RatString()
}

// point is all that an indicator tells at a point.
type point struct {
	value, target  Figure
	status         vocab.Rag
	oldest, newest *vocab.Date
}

func all(p KpiPoint) (x point) {
	x.value, x.status = p.Value().Now(), p.Status()
	if target, ok := p.Target(); ok {
		x.target = target.Now()
	}
	if oldest, newest, ok := p.Ends(); ok {
		x.oldest, x.newest = &oldest, &newest
	}
	return x
}

// After any edit, an indicator at a node is the plain roll-up of what its projects measured, with sums that are kept and without; and what
// it is made of adds up.
func TestKpisAreRolledUp(t *testing.T) {
	ends := []string{"2024-11-30", "2024-12-29", "2024-12-31", "2025-01-31", "2025-02-10", "2025-02-28", "2025-03-31"}
	rapid.Check(t, func(rt *rapid.T) {
		s := kpiRecord(t)
		maybe := func(name string, from, to int64) *int64 {
			return rapid.Ptr(rapid.Int64Range(from, to), true).Draw(rt, name)
		}
		for n := range rapid.IntRange(1, 6).Draw(rt, "edits") {
			s = changed(t, s, func(d *state.Draft) {
				project := rapid.Int64Range(1, 3).Draw(rt, "project")
				switch rapid.IntRange(0, 9).Draw(rt, "edit") {
				case 0:
					p, err := state.Projects.Edit(d, project, nil)
					must(t, err)
					p.PortfolioID, p.ProgramID = rapid.Int64Range(1, 3).Draw(rt, "portfolio"), nil
					must(t, state.Projects.Put(d, p))
				case 1:
					k, err := state.KpiDefinitions.Edit(d, rapid.Int64Range(1, int64(len(rules))).Draw(rt, "kpi"), nil)
					must(t, err)
					k.Cadence = rapid.SampledFrom([]vocab.Cadence{vocab.CadenceMonth, vocab.CadenceWeek}).Draw(rt, "cadence")
					must(t, state.KpiDefinitions.Put(d, k))
				case 2:
					must(t, state.KpiMeasurements.Clear(d, project, rapid.Int64Range(1, int64(len(rules))).Draw(rt, "kpi")))
				case 3, 4:
					budget(t, d, project, rapid.SampledFrom([]string{"EUR", "EUR", "USD"}).Draw(rt, "currency"), 1+n,
						rapid.SampledFrom([]vocab.ReserveKind{vocab.ReserveKindNone, vocab.ReserveKindContingency, vocab.ReserveKindManagement}).Draw(rt, "reserve"), rapid.Int64Range(0, 1000).Draw(rt, "amount"))
				default:
					for range rapid.IntRange(1, 12).Draw(rt, "measurements") {
						measurement{"", rapid.Int64Range(1, 3).Draw(rt, "of"), rapid.Int64Range(1, int64(len(rules))).Draw(rt, "kpi"), rapid.SampledFrom(ends).Draw(rt, "end"),
							maybe("value", -3, 3), maybe("target", 0, 5), maybe("numerator", 0, 5), maybe("denominator", 0, 2), ""}.put(t, d)
					}
				}
			})
			checkNodes(rt, s)
		}
	})
}

// One record in which indicators have values, and every reason not to have one.
func TestKpisHaveEveryReason(t *testing.T) {
	one, none := new(int64(1)), new(int64(0))
	met := checkNodes(t, changed(t, kpiRecord(t), func(d *state.Draft) {
		for _, m := range []measurement{
			{id: 1, kpi: 1, end: "2025-02-28", value: one, target: one},
			{id: 2, kpi: 2, end: "2025-02-28", numerator: one, denominator: none},
			{id: 1, kpi: 3, end: "2024-11-30", value: one},
			{id: 1, kpi: 4, end: "2025-02-28", value: one},
			{id: 2, kpi: 4, end: "2025-02-28", value: one},
		} {
			m.put(t, d)
		}
	}))
	for _, reason := range []vocab.Reason{"", vocab.ReasonNoMeasurement, vocab.ReasonStaleInput, vocab.ReasonZeroDenominator, vocab.ReasonNoRate} {
		if met[reason] == 0 {
			t.Errorf("no figure has the reason %q", reason)
		}
	}
}

// checkNodes checks every indicator at every node, on some days and in their months, and counts the reasons of the figures.
func checkNodes(t rapid.TB, s *state.Snapshot) map[vocab.Reason]int {
	met := map[vocab.Reason]int{}
	for _, at := range []string{"2024-12-30", "2025-02-28", "2025-03-31"} {
		for _, where := range []struct {
			owner string
			id    int64
		}{{"portfolio", 1}, {"portfolio", 2}, {"program", 1}, {"organisation", 0}} {
			kept, folded := node(s, where.owner, where.id, true), node(s, where.owner, where.id, false)
			for id := range int64(len(rules)) {
				for _, month := range []bool{false, true} {
					check(t, s, met, kept, folded, id+1, date(at), month)
				}
			}
		}
	}
	return met
}

func check(t rapid.TB, s *state.Snapshot, met map[vocab.Reason]int, kept, folded *KpiNode, id int64, day vocab.Date, month bool) {
	if month {
		day = day.MonthEnd()
	}
	for _, n := range []*KpiNode{kept, folded} {
		k := indicator(s, n, id)
		p := k.At(day)
		if month {
			p = k.Month(day)
		}
		x := all(p)
		for _, target := range []bool{false, true} {
			f := x.value
			if target {
				f = x.target
			}
			value, reason, used := plainRoll(s, n, k.Definition, day, month, target)
			if shown(f.Value.Number) != shown(value) || f.Reason != reason || f.Coverage.Included != used {
				t.Fatalf("%s %v of %v on %s (month %v, target %v): %s %s of %d, want %s %s of %d", k.Definition.Rollup, k.Definition.Weight, n.Ref, day, month, target,
					shown(f.Value.Number), f.Reason, f.Coverage.Included, shown(value), reason, used)
			}
			met[reason]++
			adding(t, &f)
		}
		if (x.oldest == nil) != x.value.Value.IsNone() || x.oldest != nil && (*x.oldest > *x.newest || *x.newest > day || k.Definition.Rollup == vocab.KpiRollupLast && *x.oldest != *x.newest) {
			t.Fatalf("ends %v and %v of %s", x.oldest, x.newest, shown(x.value.Value.Number))
		}
	}
}

// adding checks that the parts of a figure's contributors are its inputs, and that its formula comes to its value.
func adding(t rapid.TB, f *Figure) {
	e := f.Explain()
	if v, _ := e.Formula.Eval(e.input); !f.Value.IsNone() && shown(v) != shown(f.Value.Number) {
		t.Fatalf("%s comes to %s, not %s", e.Formula, shown(v), shown(f.Value.Number))
	}
	sums := map[string]exact.Number{}
	for _, c := range e.Contributors() {
		for _, p := range c.Parts {
			if have, ok := sums[p.Input]; ok {
				p.Value = p.Value.Plus(have)
			}
			sums[p.Input] = p.Value
		}
	}
	for _, in := range e.Inputs {
		if in.Unit != vocab.UnitRatio && shown(in.Value) != shown(sums[in.Name]) {
			t.Fatalf("%s: %s is %s, its parts make %s", e.Formula, in.Name, shown(in.Value), shown(sums[in.Name]))
		}
	}
}
