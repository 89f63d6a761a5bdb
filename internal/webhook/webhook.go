// Package webhook tells webhooks what stands in the journal: one signed POST for each entry that shows something to the webhook's owner within its
// scope, by the scheme of Standard Webhooks.
package webhook

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/deliver"
	"pmograph/internal/journal"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

// Source is where views come from; *journal.Journal is one.
type Source interface {
	View(ctx context.Context, id auth.Identity, q journal.Query) (*state.View, error)
	Moved() (*state.Snapshot, <-chan struct{})
}

// Options of the channel.
type Options struct {
	Now     func() time.Time
	Allow   []netip.Prefix // networks that are not public and may be told all the same, also without TLS
	Version string         // of the program, told to receivers
}

// Channel tells webhooks.
type Channel struct {
	src     Source
	o       Options
	clients map[string]*http.Client // by scheme
}

var _ deliver.Channel = (*Channel)(nil)

// New gives the channel of a record.
func New(src Source, o Options) *Channel {
	return &Channel{src, o, map[string]*http.Client{"http": client(o.Allow, false), "https": client(o.Allow, true)}}
}

// Close ends the connections that wait for more.
func (c *Channel) Close() {
	for _, client := range c.clients {
		client.CloseIdleConnections()
	}
}

// Name is the channel's word.
func (c *Channel) Name() string { return read.WebhookChannel }

// Recipients lists all webhooks: what happens while one is not active it is told neither then nor later.
func (c *Channel) Recipients(s *state.Snapshot) (all []deliver.Recipient) {
	for w := range s.Webhooks() {
		all = append(all, deliver.Recipient{ID: w.ID, From: w.FromNumber, Round: w.Rounds, Version: w.Seq, Discard: w.DiscardedTo})
	}
	return all
}

// pageSize is how many entries are told at once.
const pageSize = 20

// Tell tells a webhook. Each message is made with the rights of its moment.
func (c *Channel) Tell(ctx context.Context, id int64, from read.Since, _ int) (told deliver.Told, err error) {
	v, err := c.view(ctx, id)
	if errors.Is(err, auth.ErrUnauthenticated) || err == nil && v.Rights().Anywhere() == 0 {
		s, _ := c.src.Moved()
		return deliver.Told{UpTo: read.Since{Position: s.Position(), Snapshot: s}}, nil
	}
	if err != nil {
		return told, err
	}
	hook := v.Snapshot().Webhook(id)
	steps, upTo, _, err := deliver.Steps(ctx, v, from, pageSize)
	if err != nil {
		return told, err
	}
	for i, step := range steps {
		if i > 0 && !c.still(ctx, id, v) {
			return told, nil
		}
		body, err := message(hook, step.Entry)
		if err == nil && body != nil {
			err = c.send(ctx, v, hook, step, body)
			told.Sent = told.Sent || err == nil
		}
		if err != nil {
			return told, err
		}
		told.UpTo = step.After
	}
	told.UpTo = upTo
	return told, nil
}

func (c *Channel) view(ctx context.Context, id int64) (*read.View, error) {
	v, err := c.src.View(ctx, auth.Identity{Webhook: id}, journal.Query{})
	if err != nil {
		return nil, err
	}
	return read.New(v), nil
}

// still tells whether a view shows what the webhook may be told now.
func (c *Channel) still(ctx context.Context, id int64, v *read.View) bool {
	now, err := c.view(ctx, id)
	return err == nil && now.Snapshot() == v.Snapshot() && now.Rights() == v.Rights() && now.Day() == v.Day()
}

// Overlap is how long messages are signed with the old secret too after it was changed.
const Overlap = 24 * time.Hour

// secrets are those by which a message is signed at an instant, the present one first.
func secrets(s *state.Snapshot, hook *ent.Webhook, now time.Time) [][]byte {
	all := [][]byte{s.WebhookSecret(hook.ID, hook.SecretGeneration)}
	if at := hook.SecretRotatedAt; at != nil && now.Before(at.Add(Overlap)) {
		all = append(all, s.WebhookSecret(hook.ID, hook.SecretGeneration-1))
	}
	return all
}
