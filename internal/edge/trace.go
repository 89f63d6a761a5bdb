package edge

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"pmograph/graph"
	"pmograph/internal/access"
	"pmograph/internal/journal"
)

// Spans say names of operations and mutations, codes and statuses. They say no variables, texts, addresses and persons.

// traced begins the span of a request, below that of its sender if he names one.
func (o *Observer) traced(r *http.Request) (context.Context, trace.Span) {
	ctx := r.Context()
	if o == nil || o.tracer == nil || r.Header.Get("Upgrade") != "" {
		return ctx, nil
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
	return o.tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
}

// endSpan ends the span of a request.
func endSpan(s trace.Span, method, route string, status int, r *access.Request) {
	if s == nil {
		return
	}
	s.SetName(method + " " + route)
	s.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route),
		attribute.Int("http.response.status_code", status), attribute.String("pmo.request_id", r.ID), attribute.String("graphql.operation.name", r.Operation))
	if r.Code != "" {
		s.SetAttributes(attribute.String("pmo.code", r.Code))
	}
	if status >= http.StatusInternalServerError {
		s.SetStatus(codes.Error, "")
	}
	s.End()
}

// traceOperation tells how long the parts of an operation took. One of a WebSocket, whose request has no span, is a trace of its own.
func (o *Observer) traceOperation(ctx context.Context, op graph.Operation) {
	if o.tracer == nil || op.Kind == "subscription" {
		return
	}
	if op.Socket {
		var s trace.Span
		ctx, s = o.tracer.Start(ctx, "operation", trace.WithTimestamp(op.Began), trace.WithSpanKind(trace.SpanKindServer),
			trace.WithAttributes(attribute.String("graphql.operation.name", op.Name), attribute.String("pmo.code", op.Code)))
		defer s.End(trace.WithTimestamp(op.Ended))
	}
	run := op.Planning.End
	if run.IsZero() {
		run = op.Validation.End
	}
	o.parts(ctx, attribute.String("graphql.operation.type", string(op.Kind)), span{"parse", op.Parsing.Start, op.Parsing.End},
		span{"validate", op.Validation.Start, op.Validation.End}, span{"plan", op.Planning.Start, op.Planning.End}, span{"run", run, op.Ended})
}

// traceMutation tells how long a mutation took to be decided, and to be committed.
func (o *Observer) traceMutation(ctx context.Context, d journal.Done) {
	if o.tracer == nil {
		return
	}
	parts := []span{{"decide", d.Began, d.Decided}}
	if !d.Meta.Preview && d.Err == nil {
		parts = append(parts, span{"commit", d.Decided, d.Ended})
	}
	o.parts(ctx, attribute.String("pmo.action", d.Action), parts...)
}

// parts makes spans of what is over; what did not happen has none.
func (o *Observer) parts(ctx context.Context, of attribute.KeyValue, parts ...span) {
	for _, p := range parts {
		if !p.from.IsZero() && !p.to.IsZero() {
			_, s := o.tracer.Start(ctx, p.name, trace.WithTimestamp(p.from), trace.WithAttributes(of))
			s.End(trace.WithTimestamp(p.to))
		}
	}
}
