package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/journal"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

func numbersView(tb testing.TB) (*state.View, func()) {
	to := os.Getenv("PMO_DATABASE")
	if to == "" {
		tb.Skip()
	}
	r, err := where{Data: tb.TempDir(), Database: to}.open(tb.Context(), quiet())
	must(tb, err)
	v, err := r.journal.View(tb.Context(), auth.Identity{Subject: "bench", Issuer: "x", ValidUntil: time.Now().Add(time.Hour), Claims: []auth.Claim{{Role: vocab.RolePmo, Scope: auth.Scope{Kind: vocab.ScopeKindOrganisation}}}}, journal.Query{})
	must(tb, err)
	return v, r.close
}

func put(buf *bytes.Buffer, d read.Decimal) { buf.Write(d.AppendGQL(buf.AvailableBuffer())) }

func w3(tb testing.TB, sv *state.View, buf *bytes.Buffer) {
	v := read.New(sv)
	root, asOf := "portfolio-1", vocab.NewDate(2026, 1, 31)
	p, err := v.Portfolio(&root, nil)
	must(tb, err)
	r := p.Rollup(&asOf)
	for _, s := range r.Projects().ByHealth() {
		put(buf, s.Count().Value())
	}
	c := r.Cost().Recorded()
	put(buf, c.Budget().Value())
	put(buf, c.Actual().Value())
	put(buf, c.Forecast().Value())
	first := int32(100)
	k, err := p.Kpis(nil, &asOf, &first, nil, nil, nil)
	must(tb, err)
	for _, x := range k.Nodes() {
		_ = x.Definition().ID()
		points, err := x.Series(vocab.NewDate(2025, 2, 1), nil)
		must(tb, err)
		for i := range points {
			put(buf, points[i].Value().Value())
		}
	}
}

func w5(tb testing.TB, sv *state.View, buf *bytes.Buffer) {
	v := read.New(sv)
	m, err := v.Capacity(read.ByTeam, vocab.CapacityGrainWeek, vocab.NewDate(2026, 1, 5), vocab.NewDate(2026, 6, 29), nil)
	must(tb, err)
	first := int32(100)
	rows, err := m.Rows("CODE", false, &first, nil, nil, nil)
	must(tb, err)
	for _, row := range rows.Nodes() {
		_ = row.Node.(*read.Team).Name
		cells := row.Cells(false)
		for i := range cells {
			put(buf, cells[i].Capacity().Value())
			put(buf, cells[i].Hard().Value())
			put(buf, cells[i].Utilisation().Value())
		}
	}
}

func BenchmarkNumbers(b *testing.B) {
	sv, done := numbersView(b)
	defer done()
	for name, f := range map[string]func(testing.TB, *state.View, *bytes.Buffer){"W3": w3, "W5": w5} {
		b.Run(name, func(b *testing.B) {
			var buf bytes.Buffer
			f(b, sv, &buf)
			if f := os.Getenv("OUT"); f != "" {
				os.WriteFile(f+name, buf.Bytes(), 0o644)
			}
			b.ReportAllocs()
			var a, z syscall.Rusage
			syscall.Getrusage(syscall.RUSAGE_SELF, &a)
			for b.Loop() {
				buf.Reset()
				f(b, sv, &buf)
			}
			syscall.Getrusage(syscall.RUSAGE_SELF, &z)
			b.ReportMetric(float64(z.Utime.Nano()+z.Stime.Nano()-a.Utime.Nano()-a.Stime.Nano())/1000/float64(b.N), "cpu-µs/op")
			best := time.Hour
			for range 1000 {
				began := time.Now()
				for range 10 {
					buf.Reset()
					f(b, sv, &buf)
				}
				best = min(best, time.Since(began)/10)
			}
			b.ReportMetric(float64(best.Nanoseconds())/1000, "best-µs")
			b.ReportMetric(float64(buf.Len()), "bytes")
		})
	}
	_ = fmt.Sprint
}
