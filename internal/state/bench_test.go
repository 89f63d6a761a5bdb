package state_test

import (
	"fmt"
	"syscall"
	"testing"

	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// projects gives a record with a portfolio and projects in it.
func projects(t testing.TB, n int) *state.Snapshot {
	t.Helper()
	d := draft(t, state.Empty(), "import")
	p := state.Portfolios.New(d)
	p.Code, p.Name, p.Lifecycle = "A", "Alpha", vocab.PortfolioLifecycleActive
	check(t, state.Portfolios.Put(d, p))
	for i := range n {
		row := state.Projects.New(d)
		row.Code, row.Name, row.PortfolioID, row.Lifecycle, row.Currency = fmt.Sprint("P", i), fmt.Sprint("Project ", i), p.ID, vocab.ProjectLifecycleExecuting, "EUR"
		check(t, state.Projects.Put(d, row))
	}
	_, s := recorded(t, d)
	return s
}

// recorded makes a draft an entry.
func recorded(t testing.TB, d *state.Draft) (*state.Entry, *state.Snapshot) {
	t.Helper()
	check(t, d.Finish(nil))
	e, err := d.Entry(state.Entry{Key: "k"})
	check(t, err)
	return e, d.Published()
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// milestones fills a draft with milestones of its projects.
func milestones(t testing.TB, d *state.Draft, n, projects int) {
	t.Helper()
	day := vocab.NewDate(2026, 5, 1)
	for i := range n {
		m := state.Milestones.New(d)
		m.ProjectID, m.Name, m.State, m.Weight = int64(i%projects)+1, fmt.Sprint("Milestone ", i), vocab.MilestoneStatePlanned, 1
		forecast, budget := day+vocab.Date(i%300), guard.NewMoney(int64(i)*100)
		m.ForecastDate, m.Budget = &forecast, &budget
		check(t, state.Milestones.Put(d, m))
	}
}

// cpu reports the processor's time, the collector's included, by what: on a machine that others use it says more than the clock.
func cpu(b *testing.B, what string, each int) func() {
	used := func() int64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return u.Utime.Nano() + u.Stime.Nano()
	}
	from := used()
	return func() { b.ReportMetric(float64(used()-from)/float64(b.N*each), "cpu-ns/"+what) }
}

// BenchmarkApply replays one entry that creates many rows.
func BenchmarkApply(b *testing.B) {
	const rows = 200_000
	base := projects(b, 5000)
	d := draft(b, base, "import")
	milestones(b, d, rows, 5000)
	e, _ := recorded(b, d)
	b.ReportAllocs()
	defer cpu(b, "row", rows)()
	for b.Loop() {
		check(b, state.NewBuilder(base).Apply(e))
	}
}

// BenchmarkPut decides an import: it puts many rows, checks them and makes the entry.
func BenchmarkPut(b *testing.B) {
	const rows = 20_000
	base := projects(b, 5000)
	b.ReportAllocs()
	defer cpu(b, "row", rows)()
	for b.Loop() {
		d := draft(b, base, "import")
		milestones(b, d, rows, 5000)
		recorded(b, d)
	}
}

// BenchmarkMutation decides one small mutation: an action item more.
func BenchmarkMutation(b *testing.B) {
	base := projects(b, 5000)
	b.ReportAllocs()
	defer cpu(b, "mutation", 1)()
	for n := 0; b.Loop(); n++ {
		d := draft(b, base, "actionItemCreate")
		a := state.ActionItems.New(d)
		a.ProjectID, a.Title = int64(n%5000)+1, "do it"
		check(b, state.ActionItems.Put(d, a))
		recorded(b, d)
	}
}

// BenchmarkEdit decides another one: a project renamed.
func BenchmarkEdit(b *testing.B) {
	base := projects(b, 5000)
	b.ReportAllocs()
	defer cpu(b, "mutation", 1)()
	for n := 0; b.Loop(); n++ {
		d := draft(b, base, "projectUpdate")
		p, err := state.Projects.Edit(d, int64(n%5000)+1, nil)
		check(b, err)
		p.Name = fmt.Sprint("renamed ", n)
		check(b, state.Projects.Put(d, p))
		recorded(b, d)
	}
}

// BenchmarkStamp gives a large draft its number and instant.
func BenchmarkStamp(b *testing.B) {
	const rows = 100_000
	d := draft(b, projects(b, 5000), "import")
	milestones(b, d, rows, 5000)
	check(b, d.Finish(nil))
	defer cpu(b, "row", rows)()
	for n := int64(0); b.Loop(); n++ {
		d.Stamp(2+n, noon)
	}
}
