package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"pmograph/internal/journal"
	"pmograph/internal/wake"
)

// waking says by what servers of one record wake each other. Without any of it they look every 250 ms.
type waking struct {
	Nats            []string `help:"NATS servers by which the servers of one record wake each other, nats://HOST:PORT or tls://HOST:PORT; repeat for more of one cluster." env:"PMO_NATS" placeholder:"URL"`
	NatsCredentials string   `help:"File with what NATS asks for: a .creds file, or one line user:password." env:"PMO_NATS_CREDENTIALS" type:"path" placeholder:"FILE"`
	Notify          bool     `help:"Whether PostgreSQL wakes this server, over a connection of its own, when another has committed." default:"true" negatable:"" env:"PMO_NOTIFY"`
}

// word gives the way beside the database's own; nil if there is none.
func (c waking) word(w where, log *slog.Logger, reg prometheus.Registerer) (journal.Word, error) {
	n, err := c.nats(w, log, reg)
	if n == nil {
		return nil, err // no nil in an interface
	}
	return n, nil
}

func (c waking) nats(w where, log *slog.Logger, reg prometheus.Registerer) (*wake.NATS, error) {
	switch {
	case len(c.Nats) == 0 && c.NatsCredentials == "":
		return nil, nil
	case len(c.Nats) == 0:
		return nil, errors.New("--nats-credentials needs --nats")
	case w.Database == "":
		return nil, errors.New("--nats is for servers that share a record; name it with --database")
	}
	n, err := wake.New(wake.Options{URLs: c.Nats, Credentials: c.NatsCredentials, Log: log, Metrics: reg})
	if err != nil {
		return nil, fmt.Errorf("--nats: %w", err)
	}
	return n, nil
}

// waking looks whether NATS can be reached.
func (d *doctor) waking(ctx context.Context) {
	n, err := d.nats(d.where, quiet(), nil)
	switch {
	case err != nil:
		d.say(bad, "NATS", "mend --nats or --nats-credentials; serve refuses them", "%v", err)
	case n != nil:
		err := n.Reach(ctx)
		d.judge(err != nil, warn, "NATS", "it takes connections", fmt.Sprintf("it cannot be reached: %v", err), "look at --nats; until then servers notice each other without it")
	}
}
