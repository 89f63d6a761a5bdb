package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// The facts of the benchmarks: costs and measurements of projects, in categories and months.
const (
	factProjects   = 5000
	factCategories = 8
	factMonths     = 25
	manyFacts      = factProjects * factCategories * factMonths
)

// BenchmarkFacts records a million costs in one mutation beside a plain COPY of the same rows into the same table, and loads two million
// facts. Ratios are of one run.
func BenchmarkFacts(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			var db store.Store
			var url string
			var err error
			if name == "postgres" {
				url = pgtest.New(b, true).URL("pmo")
				db, err = store.OpenPostgres(b.Context(), url)
			} else {
				db, err = store.OpenSQLite(b.Context(), filepath.Join(b.TempDir(), "record.db"))
			}
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			if err := db.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				importFacts(b, db, url)
				loadFacts(b, db, url)
			}
		})
	}
}

func importFacts(b *testing.B, db store.Store, url string) {
	ctx, stop := context.WithCancel(b.Context())
	j, err := journal.Open(ctx, db, journal.Options{Now: time.Now, Invariants: decide.Invariants, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { stop(); <-j.Done() }()
	do := func(run func(*state.Draft) error, progress func(journal.Phase, int, int)) {
		b.Helper()
		if _, err := j.DoAs(b.Context(), auth.Machine("bench"), state.Decision{Action: "import", Run: run}, journal.Meta{Progress: progress}); err != nil {
			b.Fatal(err)
		}
	}
	do(factOwners, nil)
	resetPeak()
	var locked time.Time
	ours := timed(func() {
		do(manyCosts, func(p journal.Phase, done, total int) {
			if p == journal.Committing && done == 0 {
				locked = time.Now()
			}
		})
	})
	b.ReportMetric(time.Since(locked).Seconds(), "locked-s")
	b.ReportMetric(peak(), "peak-MB")
	ours.report(b, "import", 1)
	if url != "" {
		limit := plainCopy(b, url)
		limit.report(b, "copy", 1)
		b.ReportMetric(limit.clock.Seconds()/ours.clock.Seconds(), "copy/import")
		b.ReportMetric(limit.cpu.Seconds()/ours.cpu.Seconds(), "copy/import-cpu")
	}
	do(manyMeasurements, nil)
}

func loadFacts(b *testing.B, db store.Store, url string) {
	before := heap()
	var s *state.Snapshot
	ours := timed(func() {
		var err error
		if s, err = db.Load(b.Context()); err != nil {
			b.Fatal(err)
		}
	})
	ours.report(b, "load", 2)
	if url != "" {
		limit := plainRead(b, url)
		limit.report(b, "copy-out", 2)
		b.ReportMetric(limit.clock.Seconds()/ours.clock.Seconds(), "copy-out/load")
	}
	b.ReportMetric(float64(heap()-before)/(2*manyFacts), "B/fact") // projects and categories included
	runtime.KeepAlive(s)
}

// spent is the time something took, by the clock and of processors, the database's included.
type spent struct{ clock, cpu time.Duration }

func timed(run func()) spent {
	began, before := time.Now(), cpu()
	run()
	return spent{time.Since(began), cpu() - before}
}

func (s spent) report(b *testing.B, what string, millions float64) {
	b.ReportMetric(s.clock.Seconds()/millions, what+"-s/million")
	b.ReportMetric(s.cpu.Seconds()/millions, what+"-cpu-s/million")
}

// factOwners makes what facts refer to.
func factOwners(d *state.Draft) error {
	top := state.Portfolios.New(d)
	top.Code, top.Name, top.Lifecycle = "P", "P", vocab.PortfolioLifecycleActive
	if err := state.Portfolios.Put(d, top); err != nil {
		return err
	}
	for n := range factProjects {
		p := state.Projects.New(d)
		p.Code, p.Name, p.PortfolioID, p.Lifecycle, p.Currency = fmt.Sprint(n), "p", top.ID, vocab.ProjectLifecycleExecuting, "EUR"
		if err := state.Projects.Put(d, p); err != nil {
			return err
		}
	}
	for n := range factCategories {
		c := state.CostCategories.New(d)
		c.Code, c.Name = fmt.Sprint(n), "c"
		if err := state.CostCategories.Put(d, c); err != nil {
			return err
		}
		k := state.KpiDefinitions.New(d)
		k.Code, k.Name, k.Unit, k.Direction, k.Source, k.Rollup, k.Cadence, k.FormulaVersion = fmt.Sprint(n), "k", vocab.UnitCount, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured, vocab.KpiRollupSum, vocab.CadenceMonth, 1
		if err := state.KpiDefinitions.Put(d, k); err != nil {
			return err
		}
	}
	return nil
}

// spread is a number that looks like any below n.
func spread(i, n int64) int64 { return int64(uint64(i) * 0x9e3779b97f4a7c15 >> 1 % uint64(n)) }

func manyCosts(d *state.Draft) error {
	f := state.CostEntries
	w := state.NewBatch(f.Desc())
	category, currency, period := f.Col("cost_category_id"), f.Col("currency"), f.Col("period")
	amounts := []state.Col{f.Col("planned"), f.Col("actual"), f.Col("committed"), f.Col("forecast")}
	eachFact(func(i, project, kind int64, month vocab.Date) {
		w.Add("project_id", project)
		w.Set(category, kind)
		w.Word(currency, "EUR")
		w.Set(period, int64(month))
		for n, c := range amounts {
			w.Set(c, spread(i*4+int64(n), 10_000_000))
		}
	})
	return d.PutFacts(w)
}

func manyMeasurements(d *state.Draft) error {
	f := state.KpiMeasurements
	w := state.NewBatch(f.Desc())
	kpi, end, value, target := f.Col("kpi_definition_id"), f.Col("period_end"), f.Col("value"), f.Col("target")
	eachFact(func(i, project, kind int64, month vocab.Date) {
		w.Add("project_id", project)
		w.Set(kpi, kind)
		w.Set(end, int64(month))
		w.Set(value, spread(i, 1_000_000))
		w.Set(target, 500_000)
	})
	return d.PutFacts(w)
}

func eachFact(f func(i, project, kind int64, month vocab.Date)) {
	i := int64(0)
	for project := range int64(factProjects) {
		for kind := range int64(factCategories) {
			for m := range factMonths {
				f(i, project+1, kind+1, vocab.NewDate(2025+m/12, time.Month(1+m%12), 1))
				i++
			}
		}
	}
}

// plainCopy copies the costs into their table, once more, as fast as COPY does.
func plainCopy(b *testing.B, url string) spent {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(ctx)
	var text bytes.Buffer
	if _, err = conn.PgConn().CopyTo(ctx, &text, "COPY cost_entries TO STDOUT"); err == nil {
		_, err = conn.Exec(ctx, "TRUNCATE cost_entries")
	}
	if err != nil {
		b.Fatal(err)
	}
	conn.Exec(ctx, "CHECKPOINT")
	return timed(func() {
		tag, err := conn.PgConn().CopyFrom(ctx, &text, "COPY cost_entries FROM STDIN")
		if err != nil || tag.RowsAffected() != manyFacts {
			b.Fatal(tag, err)
		}
	})
}

// plainRead reads the facts as COPY writes them, and does nothing with them.
func plainRead(b *testing.B, url string) spent {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(ctx)
	return timed(func() {
		for _, table := range []string{"cost_entries", "kpi_measurements"} {
			if _, err := conn.PgConn().CopyTo(ctx, io.Discard, "COPY "+table+" TO STDOUT (FORMAT binary)"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// resetPeak has peak count from here on.
func resetPeak() {
	runtime.GC()
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// peak gives the most memory the process held, in megabytes; 0 where the system does not tell.
func peak() (megabytes float64) {
	text, _ := os.ReadFile("/proc/self/status")
	if _, rest, ok := strings.Cut(string(text), "VmHWM:"); ok {
		fmt.Sscan(rest, &megabytes)
	}
	return megabytes / 1024
}
