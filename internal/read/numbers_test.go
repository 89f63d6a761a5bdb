package read_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

const leaderIndicators, leaderMonths, mapTeams, mapWeeks = 20, 12, 20, 26

var (
	leaderDay = vocab.NewDate(2026, 1, 31)
	mapMonday = vocab.NewDate(2026, 1, 5)
)

// leadersOffice is a record with a portfolio of 40 projects that measured 20 indicators, weighed by budget, in each of 12 months, with budgets that make
// weighted sums longer than 64 bits; and with 20 teams of two people who have hours and bookings in 26 weeks.
func leadersOffice(t testing.TB) *state.View {
	at := time.Date(2026, 2, 10, 12, 0, 0, 0, time.UTC)
	d, err := state.NewDraft(state.Empty(), auth.Machine("test"), "import", at, vocab.DateOf(at))
	check(t, err)
	p := state.Portfolios.New(d)
	p.Code, p.Name, p.Lifecycle, p.Currency = "P", "P", vocab.PortfolioLifecycleActive, new("EUR")
	check(t, state.Portfolios.Put(d, p))
	c := state.CostCategories.New(d)
	c.Code, c.Name = "C", "C"
	check(t, state.CostCategories.Put(d, c))
	for n := range leaderIndicators {
		k := state.KpiDefinitions.New(d)
		k.Code, k.Name, k.Unit, k.Direction, k.Source = fmt.Sprintf("K%02d", n), "K", vocab.UnitRatio, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured
		k.FormulaVersion, k.Rollup, k.Weight, k.Cadence = 1, vocab.KpiRollupWeighted, new(vocab.KpiWeightBudget), vocab.CadenceMonth
		check(t, state.KpiDefinitions.Put(d, k))
	}
	for n := range int64(40) {
		x := state.Projects.New(d)
		x.Code, x.Name, x.PortfolioID, x.Lifecycle, x.Currency = fmt.Sprint("X", n), "X", p.ID, vocab.ProjectLifecycleExecuting, "EUR"
		check(t, state.Projects.Put(d, x))
		amount := guard.NewMoney(1_000_000_000_000 + n)
		check(t, state.BudgetLines.Put(d, &ent.BudgetLine{ProjectID: x.ID, CostCategoryID: c.ID, ReserveKind: vocab.ReserveKindNone, Currency: "EUR", Period: leaderDay - 30, Amount: &amount}))
		check(t, state.CostEntries.Put(d, &ent.CostEntry{ProjectID: x.ID, CostCategoryID: c.ID, Currency: "EUR", Period: leaderDay - 30, Actual: &amount}))
		var all []*ent.KpiMeasurement
		for k := range int64(leaderIndicators) {
			for m := range leaderMonths {
				all = append(all, &ent.KpiMeasurement{KpiDefinitionID: k + 1, ProjectID: &x.ID, PeriodEnd: leaderDay.AddMonths(-m).MonthEnd(), Value: new(n*1_000_003 + k + int64(m))})
			}
		}
		check(t, state.KpiMeasurements.Put(d, all...))
	}
	staff(t, d)
	check(t, d.Finish(nil))
	_, err = d.Entry(state.Entry{Key: "k"})
	check(t, err)
	s := d.Published()
	everything := auth.Holding{May: auth.All, Kind: vocab.ScopeKindOrganisation}
	v, err := state.NewView(s, auth.Session{Rights: auth.Build([]auth.Holding{everything}, s)}, vocab.DateOf(at), state.ViewOptions{})
	check(t, err)
	return v
}

func staff(t testing.TB, d *state.Draft) {
	for n := range mapTeams {
		team := state.Teams.New(d)
		team.Code, team.Name = fmt.Sprintf("T%02d", n), "T"
		check(t, state.Teams.Put(d, team))
		for range 2 {
			x := state.Resources.New(d)
			x.Code, x.Kind, x.RoleName, x.ContractShare, x.TeamID = fmt.Sprint("R", x.ID), vocab.ResourceKindPerson, "Engineer", 1000, &team.ID
			check(t, state.Resources.Put(d, x))
			a := state.Allocations.New(d)
			a.ProjectID, a.ResourceID, a.Start, a.Finish, a.State, a.Commitment = 1, x.ID, mapMonday, mapMonday+7*mapWeeks, vocab.AllocationStateAccepted, vocab.CommitmentHard
			check(t, state.Allocations.Put(d, a))
			for w := range mapWeeks {
				monday := mapMonday + vocab.Date(7*w)
				check(t, state.AllocationHours.Put(d, &ent.AllocationHour{ResourceID: x.ID, AllocationID: a.ID, PeriodStart: monday, PeriodEnd: monday + 6, Minutes: 400 + w}))
				check(t, state.CapacityEntries.Put(d, &ent.CapacityEntry{ResourceID: x.ID, PeriodStart: monday, Grain: vocab.CapacityGrainWeek, Source: vocab.CapacitySourceOverride, Minutes: 2200 + w}))
			}
		}
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// leader asks what a leader's page asks: counts, sums of money, and a year of every indicator. It appends the numbers.
func leader(t testing.TB, of *state.View, b []byte) []byte {
	v, id, first := read.New(of), "portfolio-1", int32(100)
	p, err := v.Portfolio(&id, nil)
	check(t, err)
	r := p.Rollup(&leaderDay)
	for _, s := range r.Projects().ByHealth() {
		b = s.Count().Value().AppendGQL(b)
	}
	c := r.Cost().Recorded()
	for _, f := range []*read.Figure{c.Budget(), c.Actual(), c.Forecast()} {
		b = f.Value().AppendGQL(b)
	}
	page, err := p.Kpis(nil, &leaderDay, &first, nil, nil, nil)
	check(t, err)
	for _, k := range page.Nodes() {
		points, err := k.Series(leaderDay.AddMonths(1-leaderMonths), nil)
		check(t, err)
		for _, x := range points {
			b = x.Value().Value().AppendGQL(b)
		}
	}
	return b
}

// heatMap asks for three figures of each team and week, and appends them.
func heatMap(t testing.TB, of *state.View, b []byte) []byte {
	first := int32(100)
	m, err := read.New(of).Capacity(read.ByTeam, vocab.CapacityGrainWeek, mapMonday, mapMonday+7*mapWeeks-1, nil)
	check(t, err)
	rows, err := m.Rows("CODE", false, &first, nil, nil, nil)
	check(t, err)
	for _, row := range rows.Nodes() {
		for _, x := range row.Cells(false) {
			for _, f := range []*read.Figure{x.Capacity(), x.Hard(), x.Utilisation()} {
				b = f.Value().AppendGQL(b)
			}
		}
	}
	return b
}

var questions = []struct {
	name    string
	ask     func(testing.TB, *state.View, []byte) []byte
	figures int
	most    float64 // allocations
}{
	{"leader", leader, 4 + 3 + leaderIndicators*leaderMonths, 250},
	{"heat map", heatMap, 3 * mapTeams * mapWeeks, 250},
}

// A page of figures whose sums are kept allocates by its objects, not by its figures.
func TestFiguresAreCheap(t *testing.T) {
	v := leadersOffice(t)
	for _, x := range questions {
		text := x.ask(t, v, nil)
		if n := bytes.Count(text, []byte(`"`)) / 2; n != x.figures {
			t.Errorf("%s: %d of %d figures have a value: %s", x.name, n, x.figures, text)
		}
		if n := testing.AllocsPerRun(5, func() { text = x.ask(t, v, text[:0]) }); n > x.most {
			t.Errorf("%s: %v allocations for %d figures, want at most %v", x.name, n, x.figures, x.most)
		}
	}
}

// BenchmarkFigures asks for a leader's page of 247 figures and a heat map of 1,560, with all sums kept.
func BenchmarkFigures(b *testing.B) {
	v := leadersOffice(b)
	for _, x := range questions {
		b.Run(x.name, func(b *testing.B) {
			text := x.ask(b, v, nil)
			b.ReportAllocs()
			for b.Loop() {
				text = x.ask(b, v, text[:0])
			}
		})
	}
}
