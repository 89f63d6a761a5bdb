package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/journal"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// heard is a message that a receiver took.
type heard struct {
	id, position string
	number       int64
	verified     error
}

// hear gives the address of a receiver that checks messages by a secret, which comes later, and what it took.
func hear(t *testing.T, secret func() string) (url string, took <-chan heard) {
	out := make(chan heard, 1000)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var m struct {
			Data struct {
				Number   int64
				Position string
			}
		}
		w, err := standardwebhooks.NewWebhook(secret())
		if err == nil {
			err = w.Verify(body, r.Header)
		}
		if err == nil {
			err = json.Unmarshal(body, &m)
		}
		out <- heard{r.Header.Get("webhook-id"), m.Data.Position, m.Data.Number, err}
	}))
	t.Cleanup(s.Close)
	return s.URL, out
}

// Of two servers on one database one tells webhooks. When it is killed the other goes on, with SQLite the next start: nothing is lost, and what is told
// twice has one identifier.
func TestWebhooksOutliveServers(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for name, database := range map[string]func() string{
		"sqlite":   func() string { return "" },
		"postgres": func() string { return pgtest.Database(t) },
	} {
		t.Run(name, func(t *testing.T) {
			w := where{Data: t.TempDir(), Database: database()}
			seed(t, w)
			owner := putOnRecord(t, w, "root", vocab.RoleAdmin, "numbers", vocab.RoleFinance)
			serve := func() *process { return serveProcess(t, ownProgram(t), w, "--webhook-allow", "127.0.0.0/8") }
			leads := serve()
			stays := leads
			if w.Database != "" {
				stays = serve()
			}
			admin := newClient(t, w, "", "root")
			var made struct {
				WebhookCreate struct {
					Secret *string
					Errors []struct{ Message string }
				}
			}
			secret := ""
			url, took := hear(t, func() string { return secret })
			err := admin.ask(t.Context(), leads.url, `mutation($url: String!, $owner: ID!) { webhookCreate(input: { name: "Chat", ownerId: $owner, scopeKind: ORGANISATION, url: $url, events: ["project.update"] }) {
				secret errors { message } } }`, map[string]any{"url": url, "owner": owner}, &made)
			if err != nil || made.WebhookCreate.Secret == nil || !strings.HasPrefix(*made.WebhookCreate.Secret, "whsec_") {
				t.Fatal(err, made)
			}
			secret = *made.WebhookCreate.Secret
			want, seen, last := map[string]bool{}, map[string]string{}, int64(0)
			rename := func(p *process, name string) {
				t.Helper()
				var a struct{ ProjectUpdate struct{ Position *string } }
				if err := admin.ask(t.Context(), p.url, `mutation($name: String!) { projectUpdate(input: { id: "project-1", patch: { name: $name } }) { position } }`, map[string]any{"name": name}, &a); err != nil || a.ProjectUpdate.Position == nil {
					t.Fatal(err)
				}
				want[*a.ProjectUpdate.Position] = true
			}
			all := func() {
				t.Helper()
				for end := time.After(2 * time.Minute); len(seen) < len(want); {
					select {
					case m := <-took:
						id, again := seen[m.position]
						if m.verified != nil || !want[m.position] || again && id != m.id || !again && m.number < last {
							t.Fatalf("%+v after number %d", m, last)
						}
						seen[m.position], last = m.id, max(last, m.number)
					case <-end:
						t.Fatalf("told of %d entries of %d", len(seen), len(want))
					}
				}
			}
			for i := range 10 {
				rename(leads, fmt.Sprint("before ", i))
			}
			all()
			for i := range 10 {
				rename(stays, fmt.Sprint("meanwhile ", i))
			}
			leads.kill()
			if w.Database == "" {
				stays = serve()
			}
			killed := time.Now()
			for i := range 10 {
				rename(stays, fmt.Sprint("after ", i))
			}
			all()
			t.Logf("all was told %s after the kill", time.Since(killed))
			var state struct {
				Webhooks struct {
					Nodes []struct {
						Delivery    struct{ Number json.Number }
						DeadLetters []any
					}
				}
			}
			if err := admin.ask(t.Context(), stays.url, `{ webhooks { nodes { delivery { number toldAt failed error stopped } deadLetters { number } } } }`, nil, &state); err != nil || len(state.Webhooks.Nodes) != 1 || len(state.Webhooks.Nodes[0].DeadLetters) > 0 {
				t.Error(err, state)
			}
			if strings.Contains(stays.log(), secret) || strings.Contains(leads.log(), secret) {
				t.Error("the secret stands in a log")
			}
		})
	}
}

// putOnRecord gives two users roles on everything, and the identifier of the second.
func putOnRecord(t *testing.T, w where, first string, role vocab.Role, second string, other vocab.Role) string {
	t.Helper()
	r, err := w.open(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	for _, who := range []struct {
		name string
		role vocab.Role
	}{{first, role}, {second, other}} {
		if _, err := r.journal.DoAs(t.Context(), auth.Machine("operator"), decide.OperatorGrant(who.name, who.role, auth.Scope{Kind: vocab.ScopeKindOrganisation}), journal.Meta{}); err != nil {
			t.Fatal(err)
		}
	}
	return fmt.Sprintf("user-%d", r.journal.Latest().UserOf(auth.Identity{Issuer: issuer, Subject: second}).ID)
}
