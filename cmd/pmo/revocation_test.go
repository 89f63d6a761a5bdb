package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/edge"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// shutOuts are the ways in which somebody is shut out: who asks, and what.
var shutOuts = []struct {
	name, mutation string
	himself        bool // he asks it himself
	back           bool // he may sign in again
}{
	{"put off", `mutation($user: ID!) { done: userUpdate(input: { id: $user, patch: { active: false } }) { errors { code } } }`, false, false},
	{"signed out", `mutation($user: ID!) { done: userSignOut(input: { id: $user }) { errors { code } } }`, false, true},
	{"signs himself out", `mutation { done: viewerSignOut(input: {}) { errors { code } } }`, true, true},
	{"token revoked", `mutation($token: String!) { done: tokenRevoke(input: { tokenId: $token }) { errors { code } } }`, false, true},
}

func (o *office) shutOut(t *testing.T, token, mutation, user, tokenID string) {
	t.Helper()
	vars := map[string]any{}
	for name, value := range map[string]string{"user": user, "token": tokenID} {
		if strings.Contains(mutation, "$"+name) {
			vars[name] = value
		}
	}
	var a struct{ Done struct{ Errors []any } }
	if o.ask(t, token, mutation, vars, &a); len(a.Done.Errors) > 0 {
		t.Fatalf("%s: %v", mutation, a.Done.Errors)
	}
}

// Who is shut out is refused everywhere: by HTTP, by streams that are open, and by WebSockets, whether they carry an operation or not.
func TestShutOutEverywhere(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		admin := o.grantTo(t, "root", vocab.RoleAdmin)
		for i, x := range shutOuts {
			subject := "guest" + string(rune('a'+i))
			token, user := o.grantTo(t, subject, vocab.RolePmo), o.userID(t, subject)
			var me struct{ Viewer struct{ TokenID string } }
			o.ask(t, token, `{ viewer { tokenId } }`, nil, &me)
			idle, busy := dial(t, o.http.URL, token), dial(t, o.http.URL, token)
			idle.want("connection_ack", "", "")
			busy.want("connection_ack", "", "")
			busy.subscribe("s", `subscription { rollupChanged(initial: true) { reset } }`)
			busy.want("next", "s", `"reset":false`)
			events := tail(t, o.http.URL, token, `subscription { rollupChanged(initial: true) { reset } }`)
			until(t, events, `"reset":false`)
			began, by := time.Now(), admin
			if x.himself {
				by = token
			}
			o.shutOut(t, by, x.mutation, user, me.Viewer.TokenID)
			if status, text := o.post(t, "/graphql", token, "application/json", strings.NewReader(`{"query":"{ viewer { day } }"}`)); status != 401 {
				t.Errorf("%s, he is answered %d %s", x.name, status, text)
			}
			idle.want("closed", "4403", "")
			silent := time.Since(began)
			busy.want("error", "s", `"code":"UNAUTHENTICATED"`)
			busy.want("closed", "4403", "")
			until(t, events, `UNAUTHENTICATED`)
			t.Logf("%s: the idle WebSocket was closed after %s, all was over after %s", x.name, silent, time.Since(began))
			late := dial(t, o.http.URL, token)
			late.want("closed", "4403", "")
			for end := time.Now().Add(20 * time.Second); x.back; { // tokens tell whole seconds: one of this very second is refused, too
				status, _ := o.post(t, "/graphql", newClient(t, o.where, "", subject).token, "application/json", strings.NewReader(`{"query":"{ viewer { day } }"}`))
				if status == 200 {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("%s, he cannot sign in again: %d", x.name, status)
				}
				time.Sleep(100 * time.Millisecond)
			}
			if status, _ := o.post(t, "/graphql", newClient(t, o.where, "", subject).token, "application/json", strings.NewReader(`{"query":"{ viewer { day } }"}`)); !x.back && status != 401 {
				t.Errorf("%s, he signs in: %d", x.name, status)
			}
		}
	})
}

// What one server is told holds for WebSockets of another.
func TestShutOutInTheFleet(t *testing.T) {
	w := where{Data: t.TempDir(), Database: pgtest.Database(t)}
	one, two := start(t, w), start(t, w)
	one.organise(t)
	admin, token := one.grantTo(t, "root", vocab.RoleAdmin), one.grantTo(t, "guest", vocab.RolePmo)
	var me struct{ Viewer struct{ TokenID string } }
	one.ask(t, token, `{ viewer { tokenId } }`, nil, &me)
	other := dial(t, two.http.URL, token)
	other.want("connection_ack", "", "")
	began := time.Now()
	one.shutOut(t, admin, shutOuts[3].mutation, "", me.Viewer.TokenID)
	other.want("closed", "4403", "")
	t.Logf("the other server closed the WebSocket after %s", time.Since(began))
}

// A WebSocket without operations ends with its token.
func TestSocketEndsWithItsToken(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	o.organise(t)
	ends := time.Now().Add(time.Second)
	api := graph.NewServer(o.r.journal, graph.Options{Verify: func(context.Context, string) (auth.Identity, error) {
		return auth.Identity{Issuer: issuer, Subject: "guest", ValidUntil: ends, Claims: []auth.Claim{{Role: vocab.RolePmo, Scope: auth.Scope{Kind: vocab.ScopeKindOrganisation}}}}, nil
	}})
	config := o.config
	config.GraphQL = api
	srv := httptest.NewServer(edge.Handler(config))
	t.Cleanup(func() { api.Stop(context.Background()); srv.Close() })
	idle, busy := dial(t, srv.URL, "any"), dial(t, srv.URL, "any")
	idle.want("connection_ack", "", "")
	busy.want("connection_ack", "", "")
	busy.subscribe("s", `subscription { rollupChanged(initial: true) { reset } }`)
	busy.want("next", "s", `"reset":false`)
	idle.want("closed", "4403", "")
	t.Logf("closed %s after the token's end", time.Since(ends))
	busy.want("error", "s", `"code":"UNAUTHENTICATED"`)
	busy.want("closed", "4403", "")
}

// The clients that others have written are told why: graphql-ws by the code it was closed with, graphql-sse by the last event.
func TestShutOutClientsOfOthers(t *testing.T) {
	run := script(t, "shutout.mjs")
	o := start(t, where{Data: t.TempDir()})
	o.organise(t)
	admin, token := o.grantTo(t, "root", vocab.RoleAdmin), o.grantTo(t, "guest", vocab.RolePmo)
	key := o.makeKey(t, admin, false, map[string]any{"name": "Feed", "ownerId": o.userID(t, "root"), "scopeKind": "ORGANISATION", "validTo": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)})
	run(o.http.URL, "TOKEN="+token, "ADMIN="+admin, "GUEST="+o.userID(t, "guest"), "KEY="+key.FeedKey.ID+":"+*key.Secret)
}
