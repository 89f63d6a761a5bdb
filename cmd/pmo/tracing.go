package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// tracing says where traces go.
type tracing struct {
	OtlpEndpoint string `help:"Where to send traces by OTLP over HTTP, like http://127.0.0.1:4318; without it there are none. Other settings are those of OpenTelemetry: OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER." env:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL"`
}

// traceTime bounds how long traces that wait may take to be sent when the process ends.
const traceTime = 2 * time.Second

// start gives what makes spans, nil if there are to be none, and what sends those that wait and ends it.
func (t tracing) start(ctx context.Context, log *slog.Logger) (trace.Tracer, func(), error) {
	if t.OtlpEndpoint == "" {
		return nil, func() {}, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(t.OtlpEndpoint+"/v1/traces"))
	if err != nil {
		return nil, nil, fmt.Errorf("--otlp-endpoint: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces cannot be sent", "error", err) }))
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "pmograph"), attribute.String("service.version", version))))
	return provider.Tracer("pmograph"), func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceTime)
		defer cancel()
		_ = provider.Shutdown(ctx) // the error handler was told
	}, nil
}
