package decide

import (
	"slices"
	"strings"
	"testing"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// hookFor is a webhook for the manager of portfolio A, in scope of that, with amounts.
func hookFor(owner string) WebhookCreateInput {
	return WebhookCreateInput{
		Name: "Chat", OwnerID: owner, ScopeKind: vocab.ScopeKindPortfolio, ScopeID: ptr("portfolio-1"), Reads: []vocab.FeedRead{vocab.FeedReadMoney},
		URL: "https://example.org/hook", Events: []string{"project", "status-report.create"},
	}
}

func hookActs() []act {
	hook := func(change func(*WebhookCreateInput)) state.Decision {
		in := hookFor("user-3")
		change(&in)
		return WebhookCreate(in)
	}
	after := func(holds func(h *ent.Webhook) bool) func(*testing.T, *record) bool {
		return func(_ *testing.T, r *record) bool { return holds(state.Webhooks.Get(r.all(), 1)) }
	}
	update := func(change func(*WebhookUpdateInput)) state.Decision {
		in := WebhookUpdateInput{ID: "webhook-1"}
		change(&in)
		return WebhookUpdate(in)
	}
	return []act{
		{
			"a webhook", "admin", WebhookCreate(hookFor("user-3")), "",
			func(_ *testing.T, r *record) bool {
				h := state.Webhooks.Get(r.all(), 2)
				return h.ReadsMoney && !h.ReadsRate && !h.ReadsPersonal && h.Active && h.SecretGeneration == 1 && h.SecretRotatedAt == nil && h.FromNumber == h.Seq && h.Rounds == 0
			},
		},
		{"a webhook by who does not grant", "pmo", WebhookCreate(hookFor("user-3")), "FORBIDDEN", nil},
		{"a webhook of nobody", "admin", hook(func(in *WebhookCreateInput) { in.OwnerID = "user-99" }), "input.ownerId NOT_FOUND", nil},
		{"a webhook of who is put off", "", hook(func(in *WebhookCreateInput) { in.OwnerID = "user-6" }), "input.ownerId NOT_ALLOWED", nil},
		{"a webhook on nothing", "admin", hook(func(in *WebhookCreateInput) { in.ScopeID = nil }), "input.scopeId REQUIRED", nil},
		{"a webhook on one's own", "admin", hook(func(in *WebhookCreateInput) { in.ScopeKind, in.ScopeID = vocab.ScopeKindOwn, nil }), "input.scopeKind NOT_ALLOWED", nil},
		{"a webhook in plain", "admin", hook(func(in *WebhookCreateInput) { in.URL = "http://10.0.0.1:8080/" }), "", nil},
		{"a webhook to a file", "admin", hook(func(in *WebhookCreateInput) { in.URL = "file:///etc/passwd" }), "input.url INVALID", nil},
		{"a webhook to no host", "admin", hook(func(in *WebhookCreateInput) { in.URL = "https://:443/" }), "input.url INVALID", nil},
		{"a webhook with a password", "admin", hook(func(in *WebhookCreateInput) { in.URL = "https://a:b@example.org/" }), "input.url NOT_ALLOWED", nil},
		{"a webhook of no events", "admin", hook(func(in *WebhookCreateInput) { in.Events = []string{} }), "input.events OUT_OF_RANGE", nil},
		{"a webhook of too many events", "admin", hook(func(in *WebhookCreateInput) { in.Events = slices.Repeat([]string{"*"}, maxEvents+1) }), "input.events OUT_OF_RANGE", nil},
		{"a webhook of an event that is none", "admin", hook(func(in *WebhookCreateInput) { in.Events = []string{"project", "projects"} }), "input.events INVALID", nil},
		{"a webhook of an operation that is none", "admin", hook(func(in *WebhookCreateInput) { in.Events = []string{"project.moved"} }), "input.events INVALID", nil},
		{"a webhook of half an event", "admin", hook(func(in *WebhookCreateInput) { in.Events = []string{"project."} }), "input.events INVALID", nil},
		{
			"a webhook elsewhere", "admin", update(func(in *WebhookUpdateInput) { in.URL = ptr("https://example.com") }), "",
			after(func(h *ent.Webhook) bool {
				return h.URL == "https://example.com" && h.Name == "Chat" && len(h.Events) == 2 && h.Active
			}),
		},
		{
			"a webhook of other things", "admin", update(func(in *WebhookUpdateInput) { in.Events, in.Name, in.Active = []string{"*"}, ptr("All"), ptr(false) }), "",
			after(func(h *ent.Webhook) bool { return h.Name == "All" && h.Events[0] == "*" && !h.Active }),
		},
		{"a webhook changed by who does not grant", "pmo", update(func(in *WebhookUpdateInput) { in.Active = ptr(false) }), "FORBIDDEN", nil},
		{"a webhook changed meanwhile", "admin", update(func(in *WebhookUpdateInput) { in.ExpectedVersion = ptr(int64(1)) }), "input.expectedVersion CONFLICT", nil},
		{
			"a webhook's other secret", "admin", WebhookSecretRotate(WebhookSecretRotateInput{ID: "webhook-1"}), "",
			after(func(h *ent.Webhook) bool { return h.SecretGeneration == 2 && h.SecretRotatedAt.Equal(noon) }),
		},
		{"a webhook's other secret by who does not grant", "pmo", WebhookSecretRotate(WebhookSecretRotateInput{ID: "webhook-1"}), "FORBIDDEN", nil},
		{
			"a webhook told again", "admin", WebhookReplay(WebhookReplayInput{ID: "webhook-1", FromNumber: 3}), "",
			after(func(h *ent.Webhook) bool { return h.FromNumber == 2 && h.Rounds == 1 }),
		},
		{"a webhook told again from before the first", "admin", WebhookReplay(WebhookReplayInput{ID: "webhook-1"}), "input.fromNumber OUT_OF_RANGE", nil},
		{"a webhook told again from after the last", "admin", WebhookReplay(WebhookReplayInput{ID: "webhook-1", FromNumber: 1000}), "input.fromNumber OUT_OF_RANGE", nil},
		{"a webhook told again by who does not grant", "pmo", WebhookReplay(WebhookReplayInput{ID: "webhook-1", FromNumber: 3}), "FORBIDDEN", nil},
		{"dead letters discarded", "admin", WebhookDiscard(WebhookDiscardInput{ID: "webhook-1", UpToNumber: 7}), "", after(func(h *ent.Webhook) bool { return h.DiscardedTo == 7 })},
		{"dead letters of before the first", "admin", WebhookDiscard(WebhookDiscardInput{ID: "webhook-1", UpToNumber: -1}), "input.upToNumber OUT_OF_RANGE", nil},
		{"a webhook ended", "admin", WebhookDelete(WebhookDeleteInput{ID: "webhook-1"}), "", after(func(h *ent.Webhook) bool { return h == nil })},
		{"a webhook ended by who does not grant", "pmo", WebhookDelete(WebhookDeleteInput{ID: "webhook-1"}), "FORBIDDEN", nil},
		{"a webhook that is not there", "admin", WebhookDelete(WebhookDeleteInput{ID: "webhook-9"}), "input.id NOT_FOUND", nil},
	}
}

func hookRules() []rule {
	hooks := state.Webhooks
	made := func(change func(*ent.Webhook)) func(*state.Draft) error {
		return making(hooks, func(h *ent.Webhook) {
			h.Name, h.OwnerID, h.ScopeKind, h.URL, h.Events = "Hook", 2, vocab.ScopeKindOrganisation, "https://example.org", []string{"*"}
			change(h)
		})
	}
	good := made(func(*ent.Webhook) {})
	return []rule{
		{"a webhook's scope", hookScope, good, made(func(h *ent.Webhook) { h.ScopeKind = vocab.ScopeKindTeam }), "scope_id REQUIRED"},
		{"a webhook keeps its owner", hookStays, editing(hooks, 1, func(h *ent.Webhook) { h.Name = "Other" }), editing(hooks, 1, func(h *ent.Webhook) { h.OwnerID = 1 }), "id FIXED"},
		{"a webhook keeps its scope", hookStays, editing(hooks, 1, func(h *ent.Webhook) { h.Rounds++ }), editing(hooks, 1, func(h *ent.Webhook) { h.ScopeID = ptr(int64(2)) }), "id FIXED"},
		{"a webhook's address", hookAddress, good, made(func(h *ent.Webhook) { h.URL = "https://example.org#" + strings.Repeat("x", 9) }), "url NOT_ALLOWED"},
		{"a webhook's events", hookEvents, good, made(func(h *ent.Webhook) { h.Events = []string{"all"} }), "events INVALID"},
	}
}
