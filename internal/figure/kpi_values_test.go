package figure

import (
	"fmt"
	"testing"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// A project's own measurement counts until it is too old; where there is no value, the reason says why.
func TestOwnMeasurements(t *testing.T) {
	value := func(end string, n int64) measurement {
		return measurement{kpi: 1, end: end, value: &n, target: new(int64(5))}
	}
	for _, x := range []struct {
		name     string
		of       []measurement
		kpi      int64
		day      string
		want     string
		target   string
		status   vocab.Rag
		reason   vocab.Reason
		included int
	}{
		{"the latest", []measurement{value("2025-01-31", 3), value("2025-02-28", 1), value("2025-03-31", 7)}, 1, "2025-03-30", "1", "5", vocab.RagAmber, "", 1},
		{"two cadences old", []measurement{value("2025-01-31", 3)}, 1, "2025-03-31", "3", "5", vocab.RagGreen, "", 1},
		{"older", []measurement{value("2025-01-31", 3)}, 1, "2025-04-01", "none", "none", vocab.RagNotRated, vocab.ReasonStaleInput, 0},
		{"the end of a month two months on", []measurement{value("2025-02-28", 3)}, 1, "2025-04-30", "3", "5", vocab.RagGreen, "", 1},
		{"later ones alone", []measurement{value("2025-01-31", 3)}, 1, "2025-01-30", "none", "none", vocab.RagNotRated, vocab.ReasonNoMeasurement, 0},
		{"none", nil, 1, "2025-01-31", "none", "none", vocab.RagNotRated, vocab.ReasonNoMeasurement, 0},
		{"a reason of its own", []measurement{value("2025-01-31", 3), {kpi: 1, end: "2025-02-28", reason: vocab.ReasonNoSample}}, 1, "2025-03-01", "none", "none", vocab.RagNotRated, vocab.ReasonNoSample, 0},
		{"a quotient", []measurement{{kpi: 2, end: "2025-01-31", numerator: new(int64(400)), denominator: new(int64(480)), target: new(int64(1))}}, 2, "2025-01-31", "5/6", "1", vocab.RagRed, "", 1},
		{"by nothing", []measurement{{kpi: 2, end: "2025-01-31", numerator: new(int64(4)), denominator: new(int64(0))}}, 2, "2025-01-31", "none", "none", vocab.RagNotRated, vocab.ReasonZeroDenominator, 1},
		{"one that weighs by budget", []measurement{{kpi: 4, end: "2025-01-31", value: new(int64(2))}}, 4, "2025-01-31", "2", "none", vocab.RagGreen, "", 1},
		{"one that is not combined", []measurement{{kpi: 6, end: "2025-01-31", value: new(int64(2))}}, 6, "2025-01-31", "2", "none", vocab.RagGreen, "", 1},
	} {
		s := changed(t, kpiRecord(t), func(d *state.Draft) {
			for _, m := range x.of {
				m.id = 3
				m.put(t, d)
			}
		})
		n := node(s, "", 3, false)
		p := all(indicator(s, n, x.kpi).At(date(x.day)))
		if shown(p.value.Value.Number) != x.want || shown(p.target.Value.Number) != x.target || p.status != x.status || p.value.Reason != x.reason || p.value.Coverage.Included != x.included {
			t.Errorf("%s: %s of target %s, %s, %q, %+v", x.name, shown(p.value.Value.Number), shown(p.target.Value.Number), p.status, p.value.Reason, p.value.Coverage)
		}
		n.Opens = func(c vocab.Class) bool { return c == vocab.ClassPublic }
		p = all(indicator(s, n, x.kpi).At(date(x.day)))
		if hidden := p.value.Reason == vocab.ReasonNotVisible; hidden != (x.kpi%2 == 0) || hidden && (len(p.value.Explain().Inputs) > 0 || p.value.Explain().Contributors() != nil || p.oldest != nil || p.status != vocab.RagNotRated) {
			t.Errorf("%s, without money: %s, %s, %v", x.name, p.value.Reason, p.status, p.value.Explain().Inputs)
		}
	}
}

// What a program or portfolio measured itself goes before what is below, while it is not too old.
func TestOwnGoesBeforeBelow(t *testing.T) {
	s := changed(t, kpiRecord(t), func(d *state.Draft) {
		measurement{"", 1, 1, "2025-03-31", new(int64(3)), nil, nil, nil, ""}.put(t, d)
		measurement{"", 2, 1, "2025-05-31", new(int64(4)), nil, nil, nil, ""}.put(t, d)
		measurement{"portfolio", 1, 1, "2025-01-31", new(int64(10)), nil, nil, nil, ""}.put(t, d)
		measurement{"program", 1, 1, "2025-01-31", new(int64(20)), nil, nil, nil, ""}.put(t, d)
	})
	for _, x := range []struct {
		owner string
		id    int64
		day   string
		want  string
		why   vocab.Reason
	}{
		{"portfolio", 1, "2025-02-01", "10", ""}, {"portfolio", 1, "2025-03-31", "10", ""}, {"portfolio", 1, "2025-05-31", "7", ""}, {"portfolio", 1, "2025-12-31", "none", vocab.ReasonStaleInput},
		{"program", 1, "2025-03-31", "20", ""}, {"program", 1, "2025-04-30", "3", ""}, {"organisation", 0, "2025-03-31", "3", ""}, {"portfolio", 3, "2025-03-31", "none", vocab.ReasonNoMeasurement},
	} {
		p := all(indicator(s, node(s, x.owner, x.id, true), 1).At(date(x.day)))
		if shown(p.value.Value.Number) != x.want || p.value.Reason != x.why {
			t.Errorf("%s %d on %s is %s, %q", x.owner, x.id, x.day, shown(p.value.Value.Number), p.value.Reason)
		}
	}
}

// Each month has the measurements whose periods end in it and no others: all of them, of the rules that take the latest that one.
func TestKpisByMonth(t *testing.T) {
	s := changed(t, kpiRecord(t), func(d *state.Draft) {
		for kpi := int64(1); kpi <= int64(len(rules)); kpi++ {
			for i, end := range []string{"2025-01-10", "2025-01-20", "2025-03-31"} {
				n := int64(i + 1)
				measurement{"", 1, kpi, end, &n, nil, &n, new(int64(2)), ""}.put(t, d)
			}
		}
	})
	for kpi, want := range []string{"3", "3/4", "3/2", "3/2", "2", "2"} {
		k := indicator(s, node(s, "", 1, false), int64(kpi+1))
		if got := k.Month(date("2025-01-31")).Value().Now(); shown(got.Value.Number) != want || got.AsOf != date("2025-01-31") {
			t.Errorf("%s: %s", rules[kpi].rule, shown(got.Value.Number))
		}
		if got := k.Month(date("2025-02-28")).Value().Now(); got.Reason != vocab.ReasonNoMeasurement {
			t.Errorf("%s: nothing was measured in February, yet it is %s", rules[kpi].rule, shown(got.Value.Number))
		}
	}
}

// Ratios of a group are ratios of sums: three projects of 400/480, 90/60 and 1000/1000 make 1490/1540, weighed by budgets of 1000 EUR and
// 500 USD at 0.9 the first two of 2 and 5 make (1000 × 2 + 450 × 5) / 1450.
func TestRollupVectors(t *testing.T) {
	s := changed(t, kpiRecord(t), func(d *state.Draft) {
		for i, x := range [][2]int64{{400, 480}, {90, 60}, {1000, 1000}} {
			measurement{"", int64(i + 1), 2, "2025-03-31", nil, new(int64(1)), &x[0], &x[1], ""}.put(t, d)
		}
		for i, v := range []int64{2, 5, 7} {
			measurement{"", int64(i + 1), 4, "2025-03-31", &v, new(int64(3)), nil, nil, ""}.put(t, d)
		}
		budget(t, d, 1, "EUR", 2, vocab.ReserveKindManagement, 9999_00)
	})
	for kpi, want := range map[int64][3]string{
		2: {"149/154", "numerator / denominator", "1"},
		4: {"85/29", "(weighted_value_EUR + weighted_value_USD_20250301 * rate_USD_20250301) / (budget_EUR + budget_USD_20250301 * rate_USD_20250301)", "3"},
	} {
		p := all(indicator(s, node(s, "organisation", 0, true), kpi).At(date("2025-03-31")))
		if f := p.value; shown(f.Value.Number) != want[0] || f.Explain().Formula.String() != want[1] || shown(p.target.Value.Number) != want[2] {
			t.Errorf("%s is %s, target %s", f.Explain().Formula, shown(f.Value.Number), shown(p.target.Value.Number))
		}
	}
	if c := indicator(s, node(s, "organisation", 0, true), 4).At(date("2025-03-31")).Value().Now().Coverage; c != (Coverage{Included: 2, Missing: 1, Complete: true}) {
		t.Errorf("a project without a budget cannot be weighed: %+v", c)
	}
}

// An indicator is for the nodes of its scope.
func TestKpiScope(t *testing.T) {
	s := kpiRecord(t)
	at := func(d *state.Desc, id int64) state.Ref { return state.Ref{Table: d, ID: id} }
	projects, programs, portfolios := state.Projects.Desc(), state.Programs.Desc(), state.Portfolios.Desc()
	for _, x := range []struct {
		portfolio, program *int64
		holds, not         []state.Ref
	}{
		{nil, nil, []state.Ref{{}, at(projects, 1), at(programs, 1), at(portfolios, 3)}, nil},
		{new(int64(1)), nil, []state.Ref{at(projects, 1), at(projects, 2), at(programs, 1), at(portfolios, 1), at(portfolios, 2)}, []state.Ref{{}, at(projects, 3), at(portfolios, 3), at(projects, 9)}},
		{new(int64(2)), nil, []state.Ref{at(projects, 2), at(portfolios, 2)}, []state.Ref{at(projects, 1), at(programs, 1), at(portfolios, 1)}},
		{nil, new(int64(1)), []state.Ref{at(projects, 1), at(programs, 1)}, []state.Ref{{}, at(projects, 2), at(portfolios, 1)}},
	} {
		d := &ent.KpiDefinition{PortfolioID: x.portfolio, ProgramID: x.program}
		for want, nodes := range map[bool][]state.Ref{true: x.holds, false: x.not} {
			for _, n := range nodes {
				if KpiHolds(state.NewWhole(s), d, n) != want {
					t.Errorf("for portfolio %v, program %v: holds for %v is %v", x.portfolio, x.program, n, !want)
				}
			}
		}
	}
}

// A budget that no 64 bits hold weighs what it is.
func TestBudgetsDoNotOverflow(t *testing.T) {
	s := changed(t, kpiRecord(t), func(d *state.Draft) {
		for month := range 5 {
			budget(t, d, 3, "EUR", month+1, vocab.ReserveKindContingency, 1<<62)
		}
		measurement{"", 3, 4, "2025-03-31", new(int64(3)), nil, nil, nil, ""}.put(t, d)
	})
	f := indicator(s, node(s, "portfolio", 3, true), 4).At(date("2025-03-31")).Value().Now()
	if shown(f.Value.Number) != "3" || shown(f.Explain().Inputs[1].Value) != shown(exact.Of(5).Times(exact.Fraction(1<<62, 100))) {
		t.Errorf("%s of %v", shown(f.Value.Number), f.Explain().Inputs)
	}
}

// Eight indicators weighed by budget over twelve months: 1,000 projects with 200 measurements each. Kept sums answer all but the first
// question; after a change of one project its own are made anew, with those above it.
func BenchmarkKpis(b *testing.B) {
	s := manyMeasured(b, 1000, 8, 25)
	ask := func(s *state.Snapshot) {
		r := state.NewWhole(s)
		n, book := node(s, "portfolio", 1, true), NewBook(r)
		for d := range state.KpiDefinitions.All(r) {
			if d.ID <= int64(len(rules)) {
				continue
			}
			k := book.Kpi(n, d)
			for month := range 12 {
				if f := k.Month(date("2026-02-28").AddMonths(-month).MonthEnd()).Value().Now(); f.Value.IsNone() {
					b.Fatal(f.Reason)
				}
			}
		}
	}
	b.Run("kept", func(b *testing.B) {
		ask(s)
		for b.Loop() {
			ask(s)
		}
	})
	b.Run("after a change", func(b *testing.B) {
		for n := range b.N {
			s = changed(b, s, func(d *state.Draft) {
				measurement{"", int64(1 + n%1000), 7, "2026-02-28", new(int64(n)), nil, nil, nil, ""}.put(b, d)
			})
			ask(s)
		}
	})
}

// manyMeasured has projects in portfolio-1, measured monthly until February 2026 by indicators that weigh by budget.
func manyMeasured(t testing.TB, projects, kpis, months int) *state.Snapshot {
	return changed(t, kpiRecord(t), func(d *state.Draft) {
		budgetWeight := vocab.KpiWeightBudget
		for n := range kpis {
			k := state.KpiDefinitions.New(d)
			k.Code, k.Name, k.Unit, k.AboutMoney, k.Direction, k.Source = fmt.Sprint("M", n), "M", vocab.UnitRatio, true, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured
			k.FormulaVersion, k.Rollup, k.Cadence, k.Weight = 1, vocab.KpiRollupWeighted, vocab.CadenceMonth, &budgetWeight
			must(t, state.KpiDefinitions.Put(d, k))
		}
		b := state.NewBatch(state.KpiMeasurements.Desc())
		for n := range projects {
			x := state.Projects.New(d)
			x.Code, x.Name, x.PortfolioID, x.Lifecycle, x.Currency = fmt.Sprint("y", n), "y", 1, vocab.ProjectLifecycleExecuting, "EUR"
			must(t, state.Projects.Put(d, x))
			budget(t, d, x.ID, []string{"EUR", "USD"}[n%2], 1, vocab.ReserveKindNone, int64(n+1)*1000)
			for kpi := range kpis {
				for month := range months {
					b.Add("project_id", x.ID)
					b.Set(kpiOf, int64(len(rules)+1+kpi))
					b.Set(kpiEnd, int64(date("2026-02-28").AddMonths(-month).MonthEnd()))
					b.Set(kpiValue.money, int64(n*month+kpi))
				}
			}
		}
		must(t, d.PutFacts(b))
	})
}
