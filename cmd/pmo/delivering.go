package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pmograph/internal/deliver"
	"pmograph/internal/webhook"
)

// delivering says how recipients outside are told.
type delivering struct {
	mailing
	WebhookAllow []string `help:"Network in which webhooks may be told although it is not public, also without TLS, such as 10.1.0.0/16; repeat for more." env:"PMO_WEBHOOK_ALLOW" placeholder:"CIDR"`
}

// networks reads the networks that webhooks may be told in.
func (d delivering) networks() (all []netip.Prefix, err error) {
	for _, text := range d.WebhookAllow {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, usage(fmt.Sprintf("--webhook-allow: %q is no network; write it like 10.1.0.0/16", text))
		}
		all = append(all, p)
	}
	return all, nil
}

// tell tells recipients outside of the record until it is stopped.
func (d delivering) tell(r *record, log *slog.Logger, reg prometheus.Registerer) (stop func(), err error) {
	allow, err := d.networks()
	if err != nil {
		return nil, err
	}
	channels, err := d.post(r)
	if err != nil {
		return nil, err
	}
	hooks := webhook.New(r.journal, webhook.Options{Now: time.Now, Allow: allow, Version: version})
	engine := deliver.New(r.journal, r.db, deliver.Options{Now: time.Now, Log: log, Metrics: deliver.NewMetrics(reg), Seed: rand.Uint64()}, append(channels, hooks)...)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		engine.Run(ctx)
	}()
	return func() {
		cancel()
		<-done
		hooks.Close()
	}, nil
}
