package deliver

import (
	"github.com/prometheus/client_golang/prometheus"

	"pmograph/internal/state"
)

// Metrics are the figures of telling for operators.
type Metrics struct {
	ended   *prometheus.CounterVec // by channel and outcome
	failing *prometheus.GaugeVec
	behind  *prometheus.GaugeVec
	leads   prometheus.Gauge
}

// NewMetrics registers the figures; with nil they are kept and nobody is told.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		ended:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pmo_deliveries_total", Help: "Attempts to tell recipients outside, by how they ended; dead are entries that were given up."}, []string{"channel", "outcome"}),
		failing: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "pmo_delivery_failing", Help: "Recipients whose last attempt failed, those included that want nothing any more."}, []string{"channel"}),
		behind:  prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "pmo_delivery_behind_entries", Help: "Journal entries between the newest and the recipient who is furthest behind, but for those that are failing or wait for their hour."}, []string{"channel"}),
		leads:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "pmo_delivery_leads", Help: "1 while this process tells the recipients outside, else 0."}),
	}
	if reg != nil {
		reg.MustRegister(m.ended, m.failing, m.behind, m.leads)
	}
	return m
}

func (m *Metrics) told(channel string)   { m.ended.WithLabelValues(channel, "told").Inc() }
func (m *Metrics) failed(channel string) { m.ended.WithLabelValues(channel, "failed").Inc() }
func (m *Metrics) dead(channel string)   { m.ended.WithLabelValues(channel, "dead").Inc() }

// show shows how a term stands.
func (m *Metrics) show(t *term, s *state.Snapshot) {
	m.leads.Set(1)
	for i, c := range t.channels {
		failing, behind := 0, int64(0)
		for _, q := range t.queues[i] {
			switch {
			case q.Failed > 0:
				failing++
			case q.Due.IsZero():
				behind = max(behind, s.Seq()-q.UpTo.Seq)
			}
		}
		m.failing.WithLabelValues(c.Name()).Set(float64(failing))
		m.behind.WithLabelValues(c.Name()).Set(float64(behind))
	}
}

// idle shows that this process does not lead: sums over all processes are those of the one that does.
func (m *Metrics) idle(channels []Channel) {
	m.leads.Set(0)
	for _, c := range channels {
		m.failing.WithLabelValues(c.Name()).Set(0)
		m.behind.WithLabelValues(c.Name()).Set(0)
		for _, outcome := range []string{"told", "failed", "dead"} {
			m.ended.WithLabelValues(c.Name(), outcome).Add(0)
		}
	}
}
