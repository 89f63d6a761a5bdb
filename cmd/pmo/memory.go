package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/dustin/go-humanize"
	"github.com/prometheus/client_golang/prometheus"

	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

// memory is how much the process may take, and what the record takes of it. The record may fill three quarters; the rest is for answering.
type memory struct {
	limit  int64      // bytes the process may take
	base   int64      // bytes alive before the record was loaded
	perRow int64      // bytes a row takes with all that belongs to it, measured when the record was loaded
	rows   func() int // in memory, facts for as many as they take the memory of
}

const (
	garbage   = 300 // percent of what lives that may be garbage; nearer the limit the collector runs more often by itself
	ofMachine = 0.7 // of the machine's memory, or the container's, if no limit is named

	// assumedPerRow stands for a measurement as long as there are too few rows to measure.
	assumedPerRow = 2048
	fewRows       = 1000

	lookEvery = 20 * time.Millisecond // at the heap, while the record is loaded
)

// memoryLimit reads a size; empty means what GOMEMLIMIT says, or else a part of what there is. The garbage collector is told.
func memoryLimit(size string) (int64, error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage) // a record of some ten megabytes would have the collector run several times a second
	}
	if size == "" && os.Getenv("GOMEMLIMIT") != "" {
		return debug.SetMemoryLimit(-1), nil
	}
	limit := int64(math.MaxInt64)
	if size != "" {
		n, err := humanize.ParseBytes(size)
		if err != nil || n == 0 || n > math.MaxInt64 {
			return 0, usage(fmt.Sprintf("--memory-limit: %q is no size; write it like 4GiB", size))
		}
		limit = int64(n)
	} else if n, err := memlimit.ApplyFallback(memlimit.FromCgroup, memlimit.FromSystem)(); err == nil {
		if all, err := memlimit.FromSystem(); err == nil {
			n = min(n, all)
		}
		limit = int64(float64(n) * ofMachine)
	}
	debug.SetMemoryLimit(limit)
	return limit, nil
}

// forRecord is the part of the limit that the record may fill.
func (m *memory) forRecord() int64 { return m.limit / 4 * 3 }

// used estimates the bytes of the record.
func (m *memory) used() int64 { return int64(m.rows()) * m.perRow }

// room refuses rows beyond the limit.
func (m *memory) room(more int) error {
	if need := m.used() + int64(more)*m.perRow; need > m.forRecord()-m.base {
		return fault.New(fault.Unavailable, "there is no memory for %d more rows: the record would take %s, and may take %s of the limit of %s; start the server with a larger --memory-limit, on a machine that has it",
			more, size(need), size(m.forRecord()-m.base), size(m.limit))
	}
	return nil
}

func size(bytes int64) string { return humanize.IBytes(uint64(max(bytes, 0))) }

// measured takes the measure of a record that has been loaded.
func (m *memory) measured(j *journal.Journal) {
	m.rows = func() int {
		s, rows, facts := j.Latest(), 0, 0
		for _, t := range state.Tables {
			if t.IsFacts() {
				facts += s.Count(t)
			} else {
				rows += s.Count(t)
			}
		}
		return state.InMemory(rows, facts)
	}
	m.perRow = assumedPerRow
	runtime.GC()
	if n := m.rows(); n >= fewRows {
		m.perRow = max((alive()-m.base)/int64(n), 1)
	}
}

// watch ends the loading of a record that outgrows its part, by calling stop with the reason, until the function it gives is called.
func (m *memory) watch(stop context.CancelCauseFunc) (done func()) {
	runtime.GC()
	m.base = alive()
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			if n := alive(); n > m.forRecord() {
				stop(fmt.Errorf("the record does not fit: %s are in use while it is being loaded, and it may take %s of the limit of %s; start with a larger --memory-limit, on a machine that has it", size(n), size(m.forRecord()), size(m.limit)))
				return
			}
			select {
			case <-quit:
				return
			case <-tick.C:
			}
		}
	}()
	return func() { close(quit); <-ended }
}

// alive gives the bytes that the last garbage collection found in use.
func alive() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// tell logs what is held and what it costs.
func (m *memory) tell(log *slog.Logger, s *state.Snapshot) {
	entities := map[string]int{}
	for _, t := range state.Tables {
		entities[t.Name] = s.Count(t)
	}
	log.Info("the record is in memory", "position", s.Position().String(), "rows", m.rows(), "bytes", m.used(), "bytes_per_row", m.perRow,
		"heap", alive(), "limit", m.limit, "rows_that_fit", (m.forRecord()-m.base)/m.perRow, "rows_of", entities)
}

// export adds what is held to the figures for operators.
func (m *memory) export(reg prometheus.Registerer, j *journal.Journal) {
	for _, t := range state.Tables {
		reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "pmo_rows", Help: "Rows in memory.", ConstLabels: prometheus.Labels{"entity": t.Name}},
			func() float64 { return float64(j.Latest().Count(t)) }))
	}
	reg.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "pmo_record_bytes", Help: "Memory of the record, estimated by its rows."}, func() float64 { return float64(m.used()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "pmo_record_limit_bytes", Help: "Memory the record may take; beyond it new rows are refused."}, func() float64 { return float64(m.forRecord() - m.base) }),
	)
}
