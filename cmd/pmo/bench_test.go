package main

import (
	"fmt"
	"sync/atomic"
	"testing"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/journal"
	"pmograph/internal/store/pgtest"
)

// BenchmarkMutations commits action items from 64 callers at once, through decision, rights, invariants, journal and database.
func BenchmarkMutations(b *testing.B) {
	for name, w := range map[string]where{"sqlite": {Data: b.TempDir()}, "postgres": {Data: b.TempDir(), Database: pgtest.Database(b)}} {
		b.Run(name, func(b *testing.B) {
			r, err := w.open(b.Context(), quiet())
			if err != nil {
				b.Fatal(err)
			}
			defer r.close()
			if err := fill(b.Context(), r.journal); err != nil {
				b.Fatal(err)
			}
			var n atomic.Int64
			b.SetParallelism(32) // times two processors
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					i := n.Add(1)
					_, err := r.journal.DoAs(b.Context(), auth.Machine("bench"), decide.ActionItemCreate(decide.ActionItemCreateInput{
						ProjectID: fmt.Sprint("project-", i%500+1), Title: "do it"}), journal.Meta{Key: fmt.Sprint(i)})
					if err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mutations/s")
		})
	}
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
