package decide

import (
	"math"
	"net/url"
	"slices"
	"strings"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// WebhookCreateInput has an address told in the name of a user.
type WebhookCreateInput struct {
	Call
	Name      string
	OwnerID   string
	ScopeKind vocab.ScopeKind
	ScopeID   *string // the node; nil for ORGANISATION
	Reads     []vocab.FeedRead
	URL       string
	Events    []string
}

// WebhookCreate makes a webhook, which is told of what comes from now on.
func WebhookCreate(in WebhookCreateInput) state.Decision {
	return decision("webhookCreate", in, func(w *work) error {
		owner := w.find(state.Users.Desc(), "ownerId", in.OwnerID)
		node := w.scope(in.ScopeKind, in.ScopeID)
		reads := func(r vocab.FeedRead) bool { return slices.Contains(in.Reads, r) }
		return create(w, state.Webhooks, func(h *ent.Webhook) {
			h.Name, h.OwnerID, h.ScopeKind, h.ScopeID = in.Name, owner, in.ScopeKind, node
			h.ReadsMoney, h.ReadsRate, h.ReadsPersonal = reads(vocab.FeedReadMoney), reads(vocab.FeedReadRate), reads(vocab.FeedReadPersonal)
			h.URL, h.Events, h.Active, h.SecretGeneration, h.FromNumber = in.URL, in.Events, true, 1, w.d.Snapshot().Seq()
		})
	})
}

// WebhookUpdateInput changes what a webhook is called, where and of what it is told, or whether it is. What is nil stays.
type WebhookUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Name, URL       *string
	Events          []string
	Active          *bool
}

// WebhookUpdate changes a webhook. What is due to it is tried again at once.
func WebhookUpdate(in WebhookUpdateInput) state.Decision {
	return decision("webhookUpdate", in, func(w *work) error {
		return change(w, state.Webhooks, w.find(state.Webhooks.Desc(), "id", in.ID), in.ExpectedVersion, func(h *ent.Webhook) {
			h.Name, h.URL, h.Active = or(in.Name, h.Name), or(in.URL, h.URL), or(in.Active, h.Active)
			if in.Events != nil {
				h.Events = in.Events
			}
		})
	})
}

// WebhookSecretRotateInput gives a webhook another secret.
type WebhookSecretRotateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// WebhookSecretRotate gives a webhook another secret.
func WebhookSecretRotate(in WebhookSecretRotateInput) state.Decision {
	return decision("webhookSecretRotate", in, func(w *work) error {
		return change(w, state.Webhooks, w.find(state.Webhooks.Desc(), "id", in.ID), in.ExpectedVersion, func(h *ent.Webhook) {
			at := w.d.At()
			h.SecretGeneration, h.SecretRotatedAt = h.SecretGeneration+1, &at
		})
	})
}

// WebhookReplayInput has a webhook told again.
type WebhookReplayInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	FromNumber      int64 // the first entry it is told again
}

// WebhookReplay has a webhook told again from a number on, as its owner may see it by now.
func WebhookReplay(in WebhookReplayInput) state.Decision {
	return decision("webhookReplay", in, func(w *work) error {
		if own := w.d.Snapshot().Seq(); in.FromNumber < 1 || in.FromNumber >= own {
			w.note("fromNumber", "OUT_OF_RANGE", "the entries of the journal have the numbers 1 to %d", own-1)
		}
		return change(w, state.Webhooks, w.find(state.Webhooks.Desc(), "id", in.ID), in.ExpectedVersion, func(h *ent.Webhook) {
			h.FromNumber, h.Rounds = in.FromNumber-1, h.Rounds+1
		})
	})
}

// WebhookDiscardInput drops what a webhook could not be told.
type WebhookDiscardInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	UpToNumber      int64
}

// WebhookDiscard drops the dead letters of a webhook up to a number.
func WebhookDiscard(in WebhookDiscardInput) state.Decision {
	return decision("webhookDiscard", in, func(w *work) error {
		return change(w, state.Webhooks, w.find(state.Webhooks.Desc(), "id", in.ID), in.ExpectedVersion, func(h *ent.Webhook) {
			if h.DiscardedTo = in.UpToNumber; in.UpToNumber < 0 || in.UpToNumber == math.MaxInt64 {
				w.note("upToNumber", "OUT_OF_RANGE", "it is the number of an entry of the journal")
			}
		})
	})
}

// WebhookDeleteInput ends a webhook.
type WebhookDeleteInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// WebhookDelete ends a webhook for good.
func WebhookDelete(in WebhookDeleteInput) state.Decision {
	return decision("webhookDelete", in, func(w *work) error { return remove(w, state.Webhooks, in.ID, in.ExpectedVersion) })
}

// hookScope: what holds for the scope and the owner of a feed key holds for those of a webhook.
var hookScope = on(state.Webhooks, func(d *state.Draft, before, h *ent.Webhook) error {
	if before != nil {
		return nil
	}
	return machineScope(d, h.ScopeKind, h.ScopeID, h.OwnerID)
})

// hookStays: whose rights a webhook has, where and in which classes, stays as it was made.
func hookStays(_ *state.Draft, c *state.Change) error {
	if c.Table == state.Webhooks.Desc() && c.Before != nil && c.After != nil &&
		!only(c, "name", "url", "events", "active", "secret_generation", "secret_rotated_at", "from_number", "rounds", "discarded_to") {
		return fault.At("id", "FIXED", "owner, scope and classes of a webhook stay what it was made with; delete it and make another")
	}
	return nil
}

// hookAddress: a webhook is told at an address of HTTPS. One of HTTP is used only if operators allow the network it is in: that shows when it is
// dialled.
var hookAddress = on(state.Webhooks, func(_ *state.Draft, _, h *ent.Webhook) error {
	u, err := url.Parse(h.URL)
	switch {
	case err != nil, u.Hostname() == "", u.Scheme != "https" && u.Scheme != "http":
		return fault.At("url", "INVALID", "an address is like https://example.org/path")
	case u.User != nil, u.Fragment != "":
		return fault.At("url", "NOT_ALLOWED", "an address of a webhook has no user, password or fragment; messages are signed instead")
	}
	return nil
})

// maxEvents is how many kinds of events a webhook names.
const maxEvents = 100

// hookEvents: a webhook is told of something, and what it names is an event.
var hookEvents = on(state.Webhooks, func(_ *state.Draft, _, h *ent.Webhook) error {
	if len(h.Events) == 0 || len(h.Events) > maxEvents {
		return fault.At("events", "OUT_OF_RANGE", "a webhook names 1 to %d kinds of events, or * for all", maxEvents)
	}
	for _, e := range h.Events {
		if !isEvent(e) {
			return fault.At("events", "INVALID", "%.80q is no event; one is like *, project, or status-report.create", e)
		}
	}
	return nil
})

func isEvent(e string) bool {
	word, operation, exact := strings.Cut(e, ".")
	known := slices.ContainsFunc(state.Tables, func(t *state.Desc) bool { return t.Word == word })
	return e == "*" || known && (!exact || slices.Contains([]string{"create", "update", "delete"}, operation))
}
