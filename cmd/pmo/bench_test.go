package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

const benchProjects = 5000

// populate makes 80 portfolios with 5,000 projects, in one mutation.
func populate(b testing.TB, j *journal.Journal) {
	b.Helper()
	if j.Latest().Seq() > 0 {
		return
	}
	_, err := j.DoAs(b.Context(), auth.Machine("bench"), state.Decision{Action: "import", Run: func(d *state.Draft) error {
		var homes []int64
		for i := range 80 {
			p := state.Portfolios.New(d)
			p.Code, p.Name, p.Lifecycle = fmt.Sprint("L", i), fmt.Sprint("Portfolio ", i), vocab.PortfolioLifecycleActive
			homes = append(homes, p.ID)
			if err := state.Portfolios.Put(d, p); err != nil {
				return err
			}
		}
		for i := range benchProjects {
			p := state.Projects.New(d)
			p.Code, p.Name, p.PortfolioID = fmt.Sprint("PRJ-", i), fmt.Sprint("Project ", i), homes[i%len(homes)]
			p.Lifecycle, p.Currency = vocab.ProjectLifecycleExecuting, "EUR"
			if err := state.Projects.Put(d, p); err != nil {
				return err
			}
		}
		return nil
	}}, journal.Meta{})
	if err != nil {
		b.Fatal(err)
	}
}

// write is one mutation of a project.
type write func(ctx context.Context, project, value int64) error

func through(j *journal.Journal) write {
	return func(ctx context.Context, project, value int64) error {
		_, err := j.DoAs(ctx, auth.Machine("bench"), decide.ProjectUpdate(decide.ProjectUpdateInput{
			ID: fmt.Sprint("project-", project), Patch: map[string]any{"priority": value}}), journal.Meta{})
		return err
	}
}

// rate lets callers write for a while and gives mutations a second, and the processor time of one in seconds.
func rate(b *testing.B, callers int, span time.Duration, w write) (perSecond, each float64) {
	b.Helper()
	ctx := b.Context()
	var n atomic.Int64
	var wg sync.WaitGroup
	began, busy := time.Now(), cpu()
	for c := range callers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(c), uint64(began.UnixNano())))
			for time.Since(began) < span {
				if err := w(ctx, 1+rnd.Int64N(benchProjects), 1+rnd.Int64N(1000)); err != nil {
					b.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / time.Since(began).Seconds(), (cpu() - busy).Seconds() / float64(n.Load())
}

// duel measures ours and the limit in turns, and reports the medians and their ratios: by the clock, and by processor time.
func duel(b *testing.B, callers int, ours, limit write) {
	b.Helper()
	const rounds, span = 3, 1500 * time.Millisecond
	for _, w := range []write{ours, limit} { // connections and caches
		rate(b, callers, span/5, w)
	}
	var a, l, r, cpus []float64
	b.ResetTimer()
	for range rounds {
		mine, busy := rate(b, callers, span, ours)
		theirs, limitBusy := rate(b, callers, span, limit)
		a, l, r, cpus = append(a, mine), append(l, theirs), append(r, mine/theirs), append(cpus, limitBusy/busy)
	}
	b.ReportMetric(median(a), "ours/s")
	b.ReportMetric(median(l), "limit/s")
	b.ReportMetric(median(r), "ratio")
	b.ReportMetric(median(cpus), "cpu-ratio")
	b.ReportMetric(0, "ns/op")
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

func benchRecord(b *testing.B, w where) *record {
	b.Helper()
	r, err := w.open(b.Context(), quiet())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(r.close)
	populate(b, r.journal)
	return r
}

// BenchmarkMutations sets a project's priority: decided, authorised, chained and durable, beside the limit at the same concurrency.
func BenchmarkMutations(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		ours, limit := through(benchRecord(b, where{Data: b.TempDir()}).journal), liteLimit(b)
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprint(callers), func(b *testing.B) { duel(b, callers, ours, limit) })
		}
	})
	b.Run("postgres", func(b *testing.B) {
		c := pgtest.New(b, true)
		ours := through(benchRecord(b, where{Data: b.TempDir(), Database: c.URL("pmo")}).journal)
		for _, callers := range []int{1, 16, 64} {
			b.Run(fmt.Sprint(callers), func(b *testing.B) { duel(b, callers, ours, postgresLimit(b, c.URL("postgres"), callers)) })
		}
	})
}

// BenchmarkProcesses lets three processes share one PostgreSQL, 64 callers in all, beside the limit with as many.
func BenchmarkProcesses(b *testing.B) {
	c := pgtest.New(b, true)
	var all []write
	for range 3 {
		all = append(all, through(benchRecord(b, where{Data: b.TempDir(), Database: c.URL("pmo")}).journal))
	}
	var turn atomic.Int64
	duel(b, 63, func(ctx context.Context, project, value int64) error {
		return all[turn.Add(1)%3](ctx, project, value)
	}, postgresLimit(b, c.URL("postgres"), 63))
}

// BenchmarkImport brings the six sample files in, as one mutation, into an empty record.
func BenchmarkImport(b *testing.B) {
	m, _ := tabular.Embedded("gmpp")
	res, err := m.Read(tabular.Demo())
	if err != nil {
		b.Fatal(err)
	}
	for range b.N {
		b.StopTimer()
		w := where{Data: b.TempDir()}
		r, err := w.open(b.Context(), quiet())
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := r.journal.DoAs(b.Context(), auth.Machine("bench"), decide.Import(res), journal.Meta{}); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		r.close()
	}
}

// BenchmarkFirstAnswer asks the demo's first query over HTTP.
func BenchmarkFirstAnswer(b *testing.B) {
	o := start(b, where{Data: b.TempDir()})
	if err := fill(b.Context(), o.r.journal); err != nil {
		b.Fatal(err)
	}
	ready, err := readyQueries()
	if err != nil {
		b.Fatal(err)
	}
	token := o.token(b, "PMO", "")
	for b.Loop() {
		var answer map[string]any
		if err := ask(b.Context(), o.http.URL, token, ready[0].Query, &answer); err != nil {
			b.Fatal(err)
		}
	}
}
