package edge

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/access"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

// Observer is told what happens and tells operators: by figures, by the journal of access, and by traces. A nil one tells nobody.
type Observer struct {
	log    *access.Log
	tracer trace.Tracer // nil if there are no traces

	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	refused  *prometheus.CounterVec

	mu    sync.Mutex
	names map[string]bool // operations with a figure of their own
	room  int             // for more of them
}

// maxNames is how many operations that nobody registered have figures of their own; those beyond share one.
const maxNames = 100

// okay is the code of an operation without errors.
const okay = "OK"

// NewObserver registers an observer's figures. log may be nil, and so may be tracer.
func NewObserver(reg prometheus.Registerer, log *access.Log, tracer trace.Tracer) *Observer {
	o := &Observer{log: log, tracer: tracer, names: map[string]bool{"": true}, room: maxNames,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pmo_requests_total", Help: "Operations answered, by name and by the code of the first error."}, []string{"operation", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "pmo_request_seconds", Help: "Seconds an operation took, streams apart.",
			Buckets: []float64{0.001, 0.005, 0.025, 0.1, 0.25, 1, 2.5, 10}}, []string{"operation"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "pmo_requests_in_flight", Help: "HTTP requests being answered, streams and WebSockets among them."}),
		refused:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pmo_tokens_refused_total", Help: "Tokens refused, by the class of the reason."}, []string{"reason"}),
	}
	o.requests.WithLabelValues("", okay)
	o.seconds.WithLabelValues("")
	for _, c := range reasons {
		o.refused.WithLabelValues(c.class)
	}
	reg.MustRegister(o.requests, o.seconds, o.inFlight, o.refused)
	if log != nil {
		for _, x := range []struct {
			name, help string
			read       func(access.Stats) int64
		}{
			{"entries", "Entries of the journal of access written.", func(s access.Stats) int64 { return s.Written }},
			{"omitted", "Entries of the journal of access that were too many, and are counted there instead.", func(s access.Stats) int64 { return s.Omitted }},
			{"failures", "Writes of the journal of access that failed and are tried again.", func(s access.Stats) int64 { return s.Failures }},
		} {
			reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "pmo_access_" + x.name + "_total", Help: x.help},
				func() float64 { return float64(x.read(log.Stats())) }))
		}
	}
	return o
}

// Register names operations that always have figures of their own.
func (o *Observer) Register(names []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, name := range names {
		o.names[access.Word(name)] = true
	}
}

// Traces tells whether there are traces.
func (o *Observer) Traces() bool { return o.tracer != nil }

// Export adds figures of connections.
func (c *Connections) Export(reg prometheus.Registerer) {
	reg.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "pmo_connections", Help: "Connections open."}, func() float64 { return float64(c.Open()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "pmo_connections_refused_total", Help: "Connections closed at once since there were too many."}, func() float64 { return float64(c.Refused()) }),
	)
}

// named gives the label of an operation: its name if that has figures of its own, else the word other.
func (o *Observer) named(name string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case o.names[name]:
	case o.room > 0:
		o.names[name], o.room = true, o.room-1
	default:
		return "other"
	}
	return name
}

// Operation is told of an operation.
func (o *Observer) Operation(ctx context.Context, op graph.Operation) {
	if o == nil {
		return
	}
	r := access.Of(ctx)
	code := op.Code
	if !r.Shared {
		if code == "" {
			code = r.Code // a mutation tells in its payload what was wrong
		}
		r.Operation, r.Code, r.Told = op.Name, code, true
	}
	o.count(op.Name, code)
	if op.Kind != "" && op.Kind != "subscription" {
		o.seconds.WithLabelValues(o.named(op.Name)).Observe(op.Ended.Sub(op.Began).Seconds())
	}
	if op.Kind != "mutation" {
		o.note(r, op.Name, code)
	}
	o.traceOperation(ctx, op)
}

func (o *Observer) count(name, code string) {
	if code == "" {
		code = okay
	}
	o.requests.WithLabelValues(o.named(name), code).Inc()
}

// note enters a refusal in the journal of access.
func (o *Observer) note(r *access.Request, what, code string) {
	switch fault.Kind(code) {
	case fault.Forbidden:
		o.log.Note(access.Entry{Kind: access.Forbidden, Actor: r.User, Address: r.Address, What: what, Request: r.ID})
	case fault.Unauthenticated:
		if r.User != "" { // his token is good, and he is not: others were noted when their token was looked at
			o.log.Note(access.Entry{Kind: access.Unauthenticated, Actor: r.User, Address: r.Address, What: "user", Request: r.ID})
		}
	}
}

// ended is told of a request of which no operation was told: it was refused before, or it is none.
func (o *Observer) ended(r *access.Request) {
	if o == nil || r.Told || r.Code == "" {
		return
	}
	o.count("", r.Code)
	if !r.Refused {
		o.note(r, "", r.Code)
	}
}

// Mutation is told of a mutation or preview.
func (o *Observer) Mutation(ctx context.Context, d journal.Done) {
	if o == nil {
		return
	}
	o.traceMutation(ctx, d)
	r := access.Of(ctx)
	if d.Err != nil {
		kind := fault.KindOf(d.Err)
		if !r.Shared {
			r.Code, r.Refused = string(kind), kind == fault.Forbidden
		}
		if kind == fault.Forbidden {
			o.note(r, d.Action, string(kind))
		}
		return
	}
	if d.Outcome.Repeated {
		return
	}
	e := access.Entry{Actor: r.User, Address: r.Address, What: d.Action, Request: r.ID}
	if d.Machine != "" {
		e.Actor = d.Machine
	}
	if !d.Meta.Preview {
		e.Seq = d.Outcome.Position.Seq
	}
	note := func(k access.Kind) {
		e.Kind = k
		o.log.Note(e)
	}
	row, _ := auth.ActionOf(d.Action)
	switch {
	case row.Needs.Has(auth.Import) && row.Needs != 0:
		note(access.Import)
	case d.Meta.Preview:
		note(access.Preview)
	}
	switch {
	case d.Meta.Preview || !slices.ContainsFunc(d.Outcome.Changes, grants):
	case d.Machine != "":
		note(access.BreakGlass)
	default:
		note(access.Grant)
	}
}

// grants tells whether rights follow from what a change changed: a row that only who admits or grants may write, or a place that somebody had.
func grants(c *state.Change) bool {
	if row, ok := auth.EntityOf(c.Table.Name); ok && row.Write&(auth.Grant|auth.Admit) != 0 {
		return true
	}
	return c.Before != nil && slices.ContainsFunc(c.Columns, func(i int) bool { return c.Table.Columns[i].Grants })
}

// reasons sort the words by which tokens are refused; the first that fits counts.
var reasons = []struct{ words, class string }{
	{"expired", "expired"}, {"signature", "signature"}, {"issuer", "issuer"}, {"audience", "audience"}, {"revoked", "revoked"},
	{"key", "key"}, {"", "malformed"},
}

// TokenRefused is told why a token was refused.
func (o *Observer) TokenRefused(why string) {
	if o == nil {
		return
	}
	for _, c := range reasons {
		if strings.Contains(why, c.words) {
			o.refused.WithLabelValues(c.class).Inc()
			return
		}
	}
}

// entered counts a request until the function it gives is called.
func (o *Observer) entered() (left func()) {
	if o == nil {
		return func() {}
	}
	o.inFlight.Inc()
	return o.inFlight.Dec
}

// span is a part of what a request took.
type span struct {
	name     string
	from, to time.Time
}
