package read

import (
	"encoding/base64"
	"time"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Webhook is an address that is told what happens, in the name of a user.
type Webhook struct {
	thing[ent.Webhook]
	Name             string
	ScopeKind        vocab.ScopeKind
	URL              string
	Events           []string
	Active           bool
	SecretGeneration Long
	SecretRotatedAt  *time.Time
	FromNumber       Long
	Rounds           Long
	DiscardedTo      Long
}

func newWebhook(v *View, r *ent.Webhook) *Webhook {
	return &Webhook{
		thing: thingOf(v, r), Name: r.Name, ScopeKind: r.ScopeKind, URL: r.URL, Events: r.Events, Active: r.Active, SecretGeneration: Long(r.SecretGeneration),
		SecretRotatedAt: r.SecretRotatedAt, FromNumber: Long(r.FromNumber), Rounds: Long(r.Rounds), DiscardedTo: Long(r.DiscardedTo),
	}
}

// Owner is whose rights it has a part of.
func (w *Webhook) Owner() *User { return maybe(w.v, state.Users.Get(w.v, w.row.OwnerID), newUser) }

// Scope is the node it is told of, with all below.
func (w *Webhook) Scope() Node {
	if w.row.ScopeID == nil {
		return nil
	}
	return w.v.scopeNode(w.ScopeKind, *w.row.ScopeID)
}

// Reads is what it is told beside rows as everybody sees them.
func (w *Webhook) Reads() []vocab.FeedRead {
	return feedReads(w.row.ReadsMoney, w.row.ReadsRate, w.row.ReadsPersonal)
}

// feedReads lists what a machine reads.
func feedReads(reads ...bool) []vocab.FeedRead {
	list := []vocab.FeedRead{}
	for i, r := range reads {
		if r {
			list = append(list, vocab.FeedRead(vocab.FeedRead("").Values()[i]))
		}
	}
	return list
}

// WebhookChannel is the channel of webhooks in what is kept of recipients.
const WebhookChannel = "webhook"

// Delivery is how far it was told.
func (w *Webhook) Delivery() (*Delivery, error) { return w.v.delivery(WebhookChannel, w.row.ID) }

// DeadLetters are what it could not be told.
func (w *Webhook) DeadLetters(first int32) ([]DeadLetter, error) {
	return w.v.deadLetters(WebhookChannel, w.row.ID, w.row.DiscardedTo, first)
}

// WebhookFilter says which webhooks.
type WebhookFilter struct {
	Owner  *string
	Active *bool
}

// Webhooks gives a page of the webhooks that meet a filter.
func (v *View) Webhooks(f *WebhookFilter, p Page) (*WebhookConnection, error) {
	rows := state.Webhooks.All(v)
	if f != nil {
		rows = where(rows, func(w *ent.Webhook) bool {
			return v.names(f.Owner, state.Users.Desc(), &w.OwnerID) && (f.Active == nil || *f.Active == w.Active)
		})
	}
	o := &order[*ent.Webhook]{name: "webhooks ID", key: func(*ent.Webhook) key { return key{} }, id: func(w *ent.Webhook) int64 { return w.ID }}
	return connect[WebhookConnection](v, rows, o, p, newWebhook)
}

// WebhookEdge is an item of a page of webhooks.
type WebhookEdge struct{ Edge[*Webhook] }

// WebhookConnection is a page of webhooks.
type WebhookConnection struct {
	Connection[*ent.Webhook, *Webhook, WebhookEdge]
}

// WebhookPayload answers mutations of webhooks.
type WebhookPayload struct {
	Outcome
	Webhook *Webhook
}

// WebhookSecretPayload answers mutations that give a webhook a secret.
type WebhookSecretPayload struct {
	Outcome
	Webhook *Webhook
	Secret  *string
}

// NewWebhookSecretPayload shows the secret if the webhook has it by this very call.
func NewWebhookSecretPayload(o Outcome, w *Webhook) *WebhookSecretPayload {
	p := &WebhookSecretPayload{Outcome: o, Webhook: w}
	if w != nil && o.Position != nil && !o.Preview && !o.Repeated {
		secret := "whsec_" + base64.StdEncoding.EncodeToString(w.v.Snapshot().WebhookSecret(w.row.ID, w.row.SecretGeneration))
		p.Secret = &secret
	}
	return p
}
