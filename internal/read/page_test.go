package read_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var (
	noon = time.Date(2026, 2, 10, 12, 0, 0, 0, time.UTC)
	asOf = vocab.NewDate(2026, 1, 31)
	kpis = &read.KpiFilter{Definition: []string{"kpi-definition-1", "kpi-definition-2", "kpi-definition-3", "kpi-definition-4", "kpi-definition-5"}}
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// office is a portfolio of 60 projects, each with a manager, a report, a baseline, 10 milestones, a year of 8 indicators, and 6 bookings of a
// week each.
func office(t testing.TB) *state.Snapshot {
	t.Helper()
	d, err := state.NewDraft(state.Empty(), auth.Machine("test"), "import", noon, vocab.DateOf(noon))
	must(t, err)
	p := state.Portfolios.New(d)
	p.Code, p.Name, p.Lifecycle = "P", "Portfolio", vocab.PortfolioLifecycleActive
	must(t, state.Portfolios.Put(d, p))
	for n := range 8 {
		k := state.KpiDefinitions.New(d)
		k.Code, k.Name, k.Unit, k.Direction, k.Source = fmt.Sprint("K", n), "Indicator", vocab.UnitCount, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured
		k.FormulaVersion, k.Rollup, k.Cadence = 1, vocab.KpiRollupSum, vocab.CadenceMonth
		must(t, state.KpiDefinitions.Put(d, k))
	}
	c := state.CostCategories.New(d)
	c.Code, c.Name = "C", "Category"
	must(t, state.CostCategories.Put(d, c))
	for n := range int64(60) {
		fill(t, d, n+1)
	}
	must(t, d.Finish(nil))
	_, err = d.Entry(state.Entry{Key: "k"})
	must(t, err)
	return d.Published()
}

// fill makes a project of a number with all that belongs to it.
func fill(t testing.TB, d *state.Draft, id int64) {
	t.Helper()
	name := guard.NewPersonal(fmt.Sprint("Person ", id))
	u := state.Users.New(d)
	u.Issuer, u.Active, u.Name = "LOCAL", true, &name
	must(t, state.Users.Put(d, u))
	r := state.Resources.New(d)
	r.Code, r.Kind, r.RoleName, r.ContractShare, r.Name = fmt.Sprint("R", id), vocab.ResourceKindPerson, "Engineer", 1000, &name
	must(t, state.Resources.Put(d, r))
	x := state.Projects.New(d)
	x.Code, x.Name, x.PortfolioID, x.Lifecycle, x.Currency = fmt.Sprint("X", id), "Project", 1, vocab.ProjectLifecycleExecuting, "EUR"
	x.Priority, x.ManagerID, x.PlannedStart, x.PlannedFinish = new(int(1+id*37%60)), &u.ID, new(asOf-500), new(asOf+100)
	must(t, state.Projects.Put(d, x))
	s := state.StatusReports.New(d)
	s.ProjectID, s.PeriodStart, s.PeriodEnd, s.Revision, s.State, s.Health, s.Currency = id, asOf-30, asOf, 1, vocab.ReportStateSubmitted, new(vocab.RagAmber), "EUR"
	must(t, state.StatusReports.Put(d, s))
	b := state.Baselines.New(d)
	b.ProjectID, b.Number, b.State, b.ApprovedOn, b.Reason = id, 1, vocab.BaselineStateApproved, new(asOf-400), "Approved"
	must(t, state.Baselines.Put(d, b))
	for n := range vocab.Date(10) {
		m := state.Milestones.New(d)
		m.ProjectID, m.Name, m.State, m.Weight, m.ForecastDate = id, fmt.Sprint("Milestone ", n), vocab.MilestoneStatePlanned, 1, new(asOf+n)
		must(t, state.Milestones.Put(d, m))
		e := state.BaselineEntries.New(d)
		e.BaselineID, e.ProjectID, e.ItemKind, e.MilestoneID, e.Finish = b.ID, id, vocab.BaselineItemKindMilestone, &m.ID, new(asOf-n)
		must(t, state.BaselineEntries.Put(d, e))
	}
	money := guard.NewMoney(1_000_00)
	must(t, state.BudgetLines.Put(d, &ent.BudgetLine{ProjectID: id, CostCategoryID: 1, ReserveKind: vocab.ReserveKindNone, Currency: "EUR", Period: vocab.NewDate(2026, 1, 1), Amount: &money}))
	for n := range 8 * 12 {
		end := vocab.NewDate(2025, time.Month(2+n%12), 1).MonthEnd()
		must(t, state.KpiMeasurements.Put(d, &ent.KpiMeasurement{ProjectID: &id, KpiDefinitionID: int64(1 + n/12), PeriodEnd: end, Value: new(int64(n) * 1_500_000), Target: new(int64(9_000_000))}))
	}
	for n := range vocab.Date(6) {
		a, monday := state.Allocations.New(d), vocab.NewDate(2026, 1, 19)+7*n
		a.ProjectID, a.ResourceID, a.Commitment, a.State, a.Start, a.Finish = id, r.ID, vocab.CommitmentHard, vocab.AllocationStateAccepted, monday, monday+6
		must(t, state.Allocations.Put(d, a))
		must(t, state.AllocationHours.Put(d, &ent.AllocationHour{ResourceID: r.ID, AllocationID: a.ID, PeriodStart: monday, PeriodEnd: monday + 6, Minutes: 60}))
	}
}

// answer is what a question comes to, written as an answer is.
type answer struct {
	b      []byte
	values int
}

func (a *answer) text(s string) { a.put(append(a.b, s...)) }
func (a *answer) int(n int)     { a.put(strconv.AppendInt(a.b, int64(n), 10)) }

func (a *answer) day(d *vocab.Date) {
	if d == nil {
		a.text("null")
		return
	}
	a.put(d.AppendGQL(a.b))
}

func (a *answer) put(b []byte) { a.b, a.values = append(b, ','), a.values+1 }

// list answers a page of projects by priority, with milestones and the latest of indicators.
func list(t testing.TB, a *answer, v *read.View) {
	first, three, portfolio := int32(20), int32(3), "portfolio-1"
	page, err := v.Projects(&read.ProjectFilter{Portfolio: &portfolio}, &read.ProjectOrder{By: "PRIORITY", Direction: "ASC"}, read.Page{First: &first})
	must(t, err)
	for _, p := range page.Nodes() {
		a.b = p.ID().AppendGQL(a.b)
		a.text(p.Name())
		a.text(string(*p.Health(&asOf)))
		a.int(*p.Priority())
		a.day(p.PlannedFinish())
		a.text(*p.Manager().Name())
		milestones, err := p.Milestones([]vocab.MilestoneState{vocab.MilestoneStatePlanned}, &three, nil, nil, nil)
		must(t, err)
		for _, m := range milestones.Nodes() {
			a.text(m.Name())
			a.day(m.BaselineDate(&asOf))
			a.day(m.ForecastDate(&asOf))
		}
		indicators, err := p.Kpis(kpis, &asOf, &first, nil, nil, nil)
		must(t, err)
		for _, k := range indicators.Nodes() {
			a.b = k.Definition().ID().AppendGQL(a.b)
			a.day(k.Newest())
			a.b = k.Value().Value().AppendGQL(a.b)
			a.put(k.Target().Value().AppendGQL(a.b))
		}
	}
}

// single answers one project with its milestones, a year of indicators, and booked hours.
func single(t testing.TB, a *answer, v *read.View) {
	many, id := int32(100), "project-7"
	from, to, begin := vocab.NewDate(2026, 1, 19), vocab.NewDate(2026, 3, 15), vocab.NewDate(2025, 2, 1)
	p, err := v.Project(&id, nil)
	must(t, err)
	a.text(string(*p.Health(&asOf)))
	a.day(p.BaselineFinish(&asOf))
	a.put(p.Cost(&asOf).Recorded().Budget().Value().AppendGQL(a.b))
	milestones, err := p.Milestones(nil, &many, nil, nil, nil)
	must(t, err)
	for _, m := range milestones.Nodes() {
		a.put(m.ID().AppendGQL(a.b))
		a.day(m.BaselineDate(&asOf))
		a.day(m.ForecastDate(&asOf))
		a.day(m.ActualDate())
	}
	indicators, err := p.Kpis(kpis, &asOf, &many, nil, nil, nil)
	must(t, err)
	for _, k := range indicators.Nodes() {
		points, err := k.Series(begin, nil)
		must(t, err)
		for _, x := range points {
			a.put(x.AsOf().AppendGQL(a.b))
			a.put(x.Value().Value().AppendGQL(a.b))
			a.put(x.Target().Value().AppendGQL(a.b))
		}
	}
	bookings, err := p.Allocations(&from, &to, &many, nil, nil, nil)
	must(t, err)
	for _, x := range bookings.Nodes() {
		hours, err := x.Hours(from, to)
		must(t, err)
		for _, h := range hours {
			a.put(h.PeriodStart().AppendGQL(a.b))
			a.int(h.Minutes())
		}
		a.text(*x.Resource().Name())
	}
}

var pageQuestions = []struct {
	name           string
	ask            func(testing.TB, *answer, *read.View)
	values, allocs int
}{{"list", list, 20 * (5 + 9 + 10), 100}, {"single", single, 3 + 40 + 5*12*3 + 6*3, 100}}

func asking(t testing.TB) func(ask func(testing.TB, *answer, *read.View), a *answer) {
	s := office(t)
	session := auth.Session{Rights: auth.Build([]auth.Holding{{May: auth.MayOf(vocab.RolePmo), Kind: vocab.ScopeKindOrganisation}}, s)}
	return func(ask func(testing.TB, *answer, *read.View), a *answer) {
		v, err := state.NewView(s, session, vocab.DateOf(noon), state.ViewOptions{})
		must(t, err)
		a.b, a.values = a.b[:0], 0
		ask(t, a, read.New(v))
	}
}

// What an answer allocates depends on how many kinds of things are in it, and hardly on how many things.
func TestPagesAllocateLittle(t *testing.T) {
	ask := asking(t)
	for _, x := range pageQuestions {
		a := new(answer)
		if ask(x.ask, a); a.values != x.values {
			t.Errorf("%s: %d values, not %d: %.2000s", x.name, a.values, x.values, a.b)
		}
		if n := testing.AllocsPerRun(20, func() { ask(x.ask, a) }); n > float64(x.allocs) {
			t.Errorf("%s: %.0f allocations, more than %d", x.name, n, x.allocs)
		}
	}
}

// BenchmarkPage asks what a dashboard asks, without anything that reads the question.
func BenchmarkPage(b *testing.B) {
	ask := asking(b)
	for _, x := range pageQuestions {
		b.Run(x.name, func(b *testing.B) {
			a := new(answer)
			b.ReportAllocs()
			for b.Loop() {
				ask(x.ask, a)
			}
			b.ReportMetric(float64(a.values), "values")
		})
	}
}
