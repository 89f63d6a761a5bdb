package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"pmograph/graph"
)

// liveness exports what streams do.
type liveness struct{ of func() graph.Live }

var (
	streamsOpen   = prometheus.NewDesc("pmo_streams_open", "Subscriptions open.", nil, nil)
	linesOpen     = prometheus.NewDesc("pmo_stream_connections_open", "WebSockets and event streams open.", nil, nil)
	liveEvaluated = prometheus.NewDesc("pmo_stream_evaluations_total", "Evaluations for a group of subscriptions of equal rights that ask the same.", nil, nil)
	liveSent      = prometheus.NewDesc("pmo_stream_events_total", "Events sent to subscriptions.", nil, nil)
	liveCut       = prometheus.NewDesc("pmo_stream_connections_cut_total", "WebSockets and event streams broken off since their client read nothing or did not answer.", nil, nil)
)

// Describe says what is exported.
func (liveness) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{streamsOpen, linesOpen, liveEvaluated, liveSent, liveCut} {
		out <- d
	}
}

// Collect exports it.
func (l liveness) Collect(out chan<- prometheus.Metric) {
	x := l.of()
	out <- prometheus.MustNewConstMetric(streamsOpen, prometheus.GaugeValue, float64(x.Open))
	out <- prometheus.MustNewConstMetric(linesOpen, prometheus.GaugeValue, float64(x.Lines))
	out <- prometheus.MustNewConstMetric(liveEvaluated, prometheus.CounterValue, float64(x.Evaluated))
	out <- prometheus.MustNewConstMetric(liveSent, prometheus.CounterValue, float64(x.Sent))
	out <- prometheus.MustNewConstMetric(liveCut, prometheus.CounterValue, float64(x.Cut))
}
