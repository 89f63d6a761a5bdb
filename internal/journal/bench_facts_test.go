package journal_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pmograph/auth"
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
				loadFacts(b, db)
			}
		})
	}
}

func importFacts(b *testing.B, db store.Store, url string) {
	ctx, stop := context.WithCancel(b.Context())
	j, err := journal.Open(ctx, db, journal.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler)})
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
	began, cpu := time.Now(), processor(b)
	var locked time.Time
	do(manyCosts, func(p journal.Phase, done, total int) {
		if p == journal.Committing && done == 0 {
			locked = time.Now()
		}
	})
	ours := time.Since(began)
	b.ReportMetric(ours.Seconds(), "import-s")
	b.ReportMetric((processor(b) - cpu).Seconds(), "import-cpu-s")
	b.ReportMetric(time.Since(locked).Seconds(), "locked-s")
	b.ReportMetric(peak(), "peak-MB")
	if url != "" {
		limit := plainCopy(b, url)
		b.ReportMetric(limit.Seconds(), "copy-s")
		b.ReportMetric(limit.Seconds()/ours.Seconds(), "import/copy")
	}
	do(manyMeasurements, nil)
}

func loadFacts(b *testing.B, db store.Store) {
	before := heap()
	began, cpu := time.Now(), processor(b)
	s, err := db.Load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds()/2, "load-s/million")
	b.ReportMetric((processor(b)-cpu).Seconds()/2, "load-cpu-s/million")
	b.ReportMetric(float64(heap()-before)/(2*manyFacts), "B/fact") // projects and categories included
	runtime.KeepAlive(s)
}

// factOwners makes what facts refer to.
func factOwners(d *state.Draft) error {
	if err := addPortfolio("P", nil)(d); err != nil {
		return err
	}
	for n := range factProjects {
		if err := addProject(fmt.Sprint(n), 1)(d); err != nil {
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
func plainCopy(b *testing.B, url string) time.Duration {
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
	began := time.Now()
	tag, err := conn.PgConn().CopyFrom(ctx, &text, "COPY cost_entries FROM STDIN")
	if err != nil || tag.RowsAffected() != manyFacts {
		b.Fatal(tag, err)
	}
	return time.Since(began)
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
