package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"pmograph/auth"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// BenchmarkRecord measures what a process does with a record of 100,000 rows and 10,000 entries beside writing it: load it, follow it from
// the beginning, verify it, and look whether there is something new.
func BenchmarkRecord(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			w := where{Data: b.TempDir()}
			if name == "postgres" {
				w.Database = pgtest.Database(b)
			}
			r := benchRecord(b, w)
			lengthen(b, r.journal)
			s := r.journal.Latest()
			rows := 0
			for _, t := range state.Tables {
				rows += s.Count(t)
			}
			b.Run("load", func(b *testing.B) {
				for b.Loop() {
					if _, err := r.db.Load(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
			})
			b.Run("follow", func(b *testing.B) {
				for b.Loop() {
					follow(b, r, s.Seq())
				}
				b.ReportMetric(float64(int(s.Seq())*b.N)/b.Elapsed().Seconds(), "entries/s")
			})
			b.Run("verify", func(b *testing.B) {
				for b.Loop() {
					if _, err := journal.Verify(b.Context(), r.db); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(int(s.Seq())*b.N)/b.Elapsed().Seconds(), "entries/s")
				b.ReportMetric(float64(changes(b, r, s.Seq())*b.N)/b.Elapsed().Seconds(), "changes/s")
			})
			b.Run("idle", func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := r.db.Head(b.Context(), s.Seq()); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// lengthen adds 95,000 milestones in 95 mutations, and 10,000 small mutations.
func lengthen(b *testing.B, j *journal.Journal) {
	b.Helper()
	for n := range 95 {
		_, err := j.DoAs(b.Context(), auth.Machine("bench"), state.Decision{Action: "import", Run: func(d *state.Draft) error {
			for i := range 1000 {
				m := state.Milestones.New(d)
				m.ProjectID, m.Name, m.State, m.Weight = int64(1+i), fmt.Sprint("M", n), vocab.MilestoneStatePlanned, 1
				if err := state.Milestones.Put(d, m); err != nil {
					return err
				}
			}
			return nil
		}}, journal.Meta{})
		must(b, err)
	}
	var n atomic.Int64
	var all sync.WaitGroup
	w := through(j)
	for range 64 {
		all.Go(func() {
			for i := n.Add(1); i <= 10_000; i = n.Add(1) {
				if err := w(b.Context(), 1+i%benchProjects, 1+i%999); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
}

func pages(b *testing.B, r *record, upTo int64, each func(*state.Entry)) {
	b.Helper()
	for after := int64(0); after < upTo; {
		page, err := r.db.Entries(b.Context(), after, upTo, false, 1000)
		must(b, err)
		for i := range page {
			each(&page[i])
		}
		after = page[len(page)-1].Seq
	}
}

// follow applies every entry, as a process does that was away.
func follow(b *testing.B, r *record, upTo int64) {
	b.Helper()
	builder := state.NewBuilder(state.Empty())
	pages(b, r, upTo, func(e *state.Entry) { must(b, builder.Apply(e)) })
	_ = builder.Snapshot()
}

func changes(b *testing.B, r *record, upTo int64) (n int) {
	b.Helper()
	pages(b, r, upTo, func(e *state.Entry) { n += len(e.Changes) })
	return n
}
