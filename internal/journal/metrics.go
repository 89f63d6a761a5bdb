package journal

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pmograph/internal/fault"
)

// Metrics are the journal's figures for operators. No label names a person or takes values without bound.
type Metrics struct {
	BatchSize prometheus.Histogram // mutations taken into one transaction
	LockWait  prometheus.Histogram // seconds from asking for the lock to holding it
	Commit    prometheus.Histogram // seconds from handing a batch to the database to its durable answer

	// How mutations ended; previews are not counted.
	Committed   prometheus.Counter // durable, or known to have been before
	Refused     prometheus.Counter // by a decision, a right, an invariant or the database: the same would be refused again
	Unavailable prometheus.Counter // not applied, though the same may succeed later
	Unknown     prometheus.Counter // the caller was told that it may have been applied

	Settled  prometheus.Counter // batches whose commit did not answer, and which were looked up
	Halved   prometheus.Counter // batches the database refused, and which were divided
	Culprits prometheus.Counter // mutations set aside because the database refused their batch

	Looks          prometheus.Counter // at where the record is
	Applied        prometheus.Counter // entries taken over from the database
	DigestChecks   prometheus.Counter // comparisons of tables with what an entry says of them
	DigestFailures prometheus.Counter // those that differed
	Reloads        prometheus.Counter // times the record was loaded anew because it went on differently

	reg prometheus.Registerer
}

// NewMetrics registers the journal's figures; with nil they are kept and nobody is told.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{reg: reg}
	counter := func(name, help string) prometheus.Counter {
		return added(m, prometheus.NewCounter(prometheus.CounterOpts{Name: "pmo_" + name, Help: help}))
	}
	histogram := func(name, help string, first, factor float64, n int) prometheus.Histogram {
		return added(m, prometheus.NewHistogram(prometheus.HistogramOpts{Name: "pmo_" + name, Help: help, Buckets: prometheus.ExponentialBuckets(first, factor, n)}))
	}
	m.BatchSize = histogram("batch_mutations", "Mutations taken into one transaction.", 1, 2, 9)
	m.LockWait = histogram("lock_wait_seconds", "Seconds from asking for the lock of the record to holding it.", 0.0001, 4, 9)
	m.Commit = histogram("commit_seconds", "Seconds from handing a batch to the database to its durable answer.", 0.0001, 4, 9)
	outcomes := added(m, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pmo_mutations_total", Help: "Mutations by how they ended, previews apart."}, []string{"outcome"}))
	m.Committed, m.Refused = outcomes.WithLabelValues("committed"), outcomes.WithLabelValues("refused")
	m.Unavailable, m.Unknown = outcomes.WithLabelValues("unavailable"), outcomes.WithLabelValues("unknown")
	m.Settled = counter("batches_settled_total", "Batches whose commit did not answer, and which were looked up.")
	m.Halved = counter("batches_halved_total", "Batches the database refused, and which were divided.")
	m.Culprits = counter("mutations_set_aside_total", "Mutations set aside because the database refused their batch.")
	m.Looks = counter("looks_total", "Looks into the database for what other servers committed.")
	m.Applied = counter("entries_applied_total", "Journal entries taken over from the database.")
	m.DigestChecks = counter("digest_checks_total", "Comparisons of tables in memory with what a journal entry says of them.")
	m.DigestFailures = counter("digest_failures_total", "Comparisons that differed: rows were changed around the journal.")
	m.Reloads = counter("record_reloads_total", "Times the record was loaded anew because it went on differently.")
	return m
}

func added[C prometheus.Collector](m *Metrics, c C) C {
	if m.reg != nil {
		m.reg.MustRegister(c)
	}
	return c
}

// watch adds what is read off the journal whenever somebody asks.
func (m *Metrics) watch(j *Journal) {
	for _, x := range []struct {
		name, help string
		read       func() float64
	}{
		{"queue_mutations", "Mutations waiting to be taken into a batch.", func() float64 { return float64(len(j.queue)) }},
		{"head", "Number of the newest journal entry this process holds.", func() float64 { return float64(j.Latest().Seq()) }},
		{"proven_age_seconds", "Seconds since the snapshot was last known to equal the head of the journal; beyond 5 nothing is answered.", func() float64 { return j.age().Seconds() }},
		{"recovery_pending", "Whether entries were lost and that is not on record yet.", func() float64 { return one(j.lost.Load() != nil) }},
		{"pasts_kept", "Older snapshots kept because somebody asked for them.", func() float64 { return float64(j.PastStats().Kept) }},
		{"past_checkpoints", "Older snapshots kept to rebuild others from.", func() float64 { return float64(j.PastStats().Checkpoints) }},
		{"past_rebuilding", "Older snapshots being rebuilt, or waiting for it.", func() float64 { return float64(j.PastStats().Rebuilding) }},
		{"leases_past", "Questions about the past under way that hold a snapshot.", func() float64 { return float64(j.PastStats().Leases[LeasePast]) }},
		{"leases_export", "Exports under way that hold a snapshot.", func() float64 { return float64(j.PastStats().Leases[LeaseExport]) }},
		{"writable", "Whether nothing speaks against writing: 0 while the disk is full or the database a standby.", func() float64 {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			return one(j.Writable(ctx) == nil)
		}},
	} {
		added(m, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "pmo_" + x.name, Help: x.help}, x.read))
	}
	for _, x := range []struct {
		name, help string
		read       func(PastStats) int64
	}{
		{"past_rebuilds_total", "Rebuilds of older snapshots begun.", func(s PastStats) int64 { return s.Rebuilds }},
		{"past_redone_total", "Rebuilds begun again, because an erasure or another record came between.", func(s PastStats) int64 { return s.Redone }},
		{"past_refused_total", "Questions about the past refused because they are too dear, or too many.", func(s PastStats) int64 { return s.Refused }},
		{"past_undone_changes_total", "Changes undone for questions about the past.", func(s PastStats) int64 { return s.UndoneChanges }},
	} {
		read := func() float64 { return float64(x.read(j.PastStats())) }
		added(m, prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "pmo_" + x.name, Help: x.help}, read))
	}
}

// Metrics gives the journal's figures, for those around it who have something to count.
func (j *Journal) Metrics() *Metrics { return j.o.Metrics }

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// count notes how a mutation ended.
func (m *Metrics) count(err error) {
	switch {
	case err == nil:
		m.Committed.Inc()
	case errors.Is(err, errUnknown):
		m.Unknown.Inc()
	case fault.Is(err, fault.Unavailable):
		m.Unavailable.Inc()
	default:
		m.Refused.Inc()
	}
}
