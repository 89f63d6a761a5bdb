package main

import (
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
