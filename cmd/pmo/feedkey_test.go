package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/journal"
	"pmograph/internal/vocab"
)

// grantTo gives a subject of this server's tokens a role on everything, on record.
func (o *office) grantTo(t testing.TB, subject string, role vocab.Role) (token string) {
	t.Helper()
	everything := auth.Scope{Kind: vocab.ScopeKindOrganisation}
	if _, err := o.r.journal.DoAs(t.Context(), auth.Machine("operator"), decide.OperatorGrant(subject, role, everything), journal.Meta{}); err != nil {
		t.Fatal(err)
	}
	return newClient(t, o.where, "", subject).token
}

// userID gives the identifier of a user by his subject.
func (o *office) userID(t testing.TB, subject string) string {
	t.Helper()
	u := o.r.journal.Latest().UserOf(auth.Identity{Issuer: issuer, Subject: subject})
	if u == nil {
		t.Fatalf("%s is not on record", subject)
	}
	return fmt.Sprintf("user-%d", u.ID)
}

type madeKey struct {
	FeedKey  *struct{ ID string }
	Secret   *string
	Repeated bool
	Errors   []struct{ Code string }
}

func (o *office) makeKey(t *testing.T, token string, preview bool, input map[string]any) madeKey {
	t.Helper()
	var a struct{ FeedKeyCreate madeKey }
	o.ask(t, token, `mutation($input: FeedKeyCreateInput!, $preview: Boolean!) { feedKeyCreate(input: $input, preview: $preview) { feedKey { id } secret repeated errors { code } } }`,
		map[string]any{"input": input, "preview": preview}, &a)
	return a.FeedKeyCreate
}

// send sends a request with an Authorization header.
func (o *office) send(t *testing.T, method, path, authorization, body string, more http.Header) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, o.http.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range more {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", authorization)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}

func basic(name, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+secret))
}

const costsQuery = `{ projects(first: 30) { totalCount nodes { code cost(asOf: "2022-03-31") { wholeLife { value reason } } } } roleAssignments { totalCount } }`

// A key reads what its scope, its classes and its owner's roles allow together, by GET and by POST, until one of them ends.
func TestFeedKeys(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		o.load(t, tabular.Demo(), false)
		admin := o.grantTo(t, "root", vocab.RoleAdmin)
		o.grantTo(t, "numbers", vocab.RoleFinance)
		input := func(more map[string]any) map[string]any {
			in := map[string]any{"name": "Power BI", "ownerId": o.userID(t, "numbers"), "scopeKind": "ORGANISATION", "validTo": time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)}
			for k, v := range more {
				in[k] = v
			}
			return in
		}
		if k := o.makeKey(t, admin, true, input(nil)); k.Secret != nil || k.FeedKey == nil {
			t.Errorf("a preview shows %+v", k)
		}
		plain := o.makeKey(t, admin, false, input(map[string]any{"idempotencyKey": "one"}))
		again := o.makeKey(t, admin, false, input(map[string]any{"idempotencyKey": "one"}))
		if plain.Secret == nil || len(*plain.Secret) != 43 || !again.Repeated || again.Secret != nil || again.FeedKey.ID != plain.FeedKey.ID {
			t.Fatalf("made %+v, and again %+v", plain, again)
		}
		money := o.makeKey(t, admin, false, input(map[string]any{"reads": []string{"MONEY"}}))
		narrow := o.makeKey(t, admin, false, input(map[string]any{"reads": []string{"MONEY"}, "scopeKind": "PROJECT", "scopeId": "project-1"}))
		for name, k := range map[string]struct {
			madeKey
			projects int
			values   bool
		}{"plain": {plain, 0, false}, "money": {money, 0, true}, "narrow": {narrow, 1, true}} {
			body, _ := json.Marshal(map[string]string{"query": costsQuery})
			status, _, text := o.send(t, http.MethodPost, "/graphql", basic(k.FeedKey.ID, *k.Secret), string(body), nil)
			getStatus, _, got := o.send(t, http.MethodGet, "/graphql?query="+url.QueryEscape(costsQuery), basic(k.FeedKey.ID, *k.Secret), "", nil)
			var a struct {
				Data struct {
					Projects struct {
						TotalCount int
						Nodes      []struct {
							Cost struct {
								WholeLife struct{ Value, Reason *string }
							}
						}
					}
					RoleAssignments struct{ TotalCount int }
				}
			}
			if err := json.Unmarshal([]byte(text), &a); err != nil || status != 200 || getStatus != 200 || withoutCost(got) != withoutCost(text) {
				t.Fatalf("%s: %d %s, by GET %d %s", name, status, text, getStatus, got)
			}
			values := false
			for _, p := range a.Data.Projects.Nodes {
				values = values || p.Cost.WholeLife.Value != nil
			}
			if values != k.values || k.projects > 0 && a.Data.Projects.TotalCount != k.projects || a.Data.Projects.TotalCount == 0 || a.Data.RoleAssignments.TotalCount != 0 {
				t.Errorf("%s: %.500s", name, text)
			}
		}
		o.keyReadsOnly(t, basic(money.FeedKey.ID, *money.Secret))
		o.refusedAlike(t, money, func() {
			var done map[string]json.RawMessage
			o.ask(t, admin, `mutation($id: ID!) { feedKeyRevoke(input: { id: $id }) { feedKey { revokedAt } errors { code } } }`, map[string]any{"id": money.FeedKey.ID}, &done)
		})
		var used struct {
			FeedKeys struct {
				Nodes []struct {
					ID         string
					LastUsedAt *time.Time
				}
			}
		}
		unused := o.makeKey(t, admin, false, input(nil))
		o.ask(t, admin, `{ feedKeys { nodes { id lastUsedAt } } }`, nil, &used)
		for _, k := range used.FeedKeys.Nodes {
			if (k.LastUsedAt == nil) != (k.ID == unused.FeedKey.ID) || k.LastUsedAt != nil && time.Since(*k.LastUsedAt) > 2*time.Minute {
				t.Errorf("%s was last used %v", k.ID, k.LastUsedAt)
			}
		}
		short := o.makeKey(t, admin, false, input(map[string]any{"validTo": time.Now().Add(2 * time.Second).UTC().Format(time.RFC3339Nano)}))
		for status := 200; status != 401; time.Sleep(50 * time.Millisecond) { // it ends by itself, or the test does not
			status, _, _ = o.send(t, http.MethodGet, "/graphql?query="+url.QueryEscape(costsQuery), basic(short.FeedKey.ID, *short.Secret), "", nil)
		}
		var done map[string]json.RawMessage
		o.ask(t, admin, `mutation($id: ID!) { userUpdate(input: { id: $id, patch: { active: false } }) { errors { code } } }`, map[string]any{"id": o.userID(t, "numbers")}, &done)
		if status, _, text := o.send(t, http.MethodGet, "/graphql?query="+url.QueryEscape(costsQuery), basic(plain.FeedKey.ID, *plain.Secret), "", nil); status != 401 {
			t.Errorf("a key outlives its owner: %d %s", status, text)
		}
		if _, err := journal.Verify(t.Context(), o.r.db); err != nil {
			t.Error(err)
		}
		files, _ := filepath.Glob(filepath.Join(o.Data, "*"))
		for _, file := range files {
			if content, err := os.ReadFile(file); err == nil && bytes.Contains(content, []byte(*plain.Secret)) {
				t.Errorf("%s holds a secret", file)
			}
		}
	})
}

// keyReadsOnly tries a key on everything that is not for keys.
func (o *office) keyReadsOnly(t *testing.T, authorization string) {
	t.Helper()
	before := o.r.journal.Latest().Seq()
	for _, query := range []string{`mutation { viewerSignOut(input: {}) { errors { code } } }`, `mutation { portfolioCreate(input: { code: "K", name: "By a key" }, preview: true) { errors { code } } }`} {
		body, _ := json.Marshal(map[string]string{"query": query})
		if _, _, text := o.send(t, http.MethodPost, "/graphql", authorization, string(body), nil); !strings.Contains(text, `"code":"FORBIDDEN"`) {
			t.Errorf("%s: %s", query, text)
		}
	}
	for _, query := range []string{`subscription { rollupChanged(initial: true) { reset } }`, `{ viewer { day } }`} {
		body, _ := json.Marshal(map[string]string{"query": query})
		if _, _, text := o.send(t, http.MethodPost, "/graphql", authorization, string(body), http.Header{"Accept": {"text/event-stream"}}); !strings.Contains(text, "FORBIDDEN") || strings.Contains(text, `"day"`) {
			t.Errorf("%s as events: %s", query, text)
		}
	}
	for _, path := range []string{"/import/gmpp", "/import/lines/costs"} {
		if status, _, text := o.send(t, http.MethodPost, path, authorization, "x", nil); status != http.StatusForbidden || !strings.Contains(text, "FORBIDDEN") {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	w := dial(t, o.http.URL, "")
	w.send(frame{Type: "connection_init", Payload: json.RawMessage(`{"Authorization":"` + authorization + `"}`)})
	if f := w.next(); f.Type != "closed" || f.ID != "4403" {
		t.Errorf("a WebSocket: %+v", f)
	}
	if o.r.journal.Latest().Seq() != before {
		t.Error("a key wrote something")
	}
}

// refusedAlike holds every refusal of a key to one answer; revoke ends the key.
func (o *office) refusedAlike(t *testing.T, k madeKey, revoke func()) {
	t.Helper()
	answers := map[string]string{}
	try := func(name, authorization string) {
		status, header, text := o.send(t, http.MethodGet, "/graphql?query={viewer{day}}", authorization, "", nil)
		if strings.Contains(header.Get("Www-Authenticate"), "Basic") {
			t.Error("browsers are asked for a key")
		}
		text = strings.ReplaceAll(text, header.Get("X-Request-Id"), "")
		answers[fmt.Sprint(status, header.Get("Www-Authenticate"), header.Get("Content-Type"), text)] = name
	}
	for name, x := range map[string][2]string{"another secret": {k.FeedKey.ID, *k.Secret + "x"}, "no secret": {k.FeedKey.ID, ""}, "no such key": {"feed-key-999", *k.Secret}, "a user": {"user-1", *k.Secret}, "nobody": {"", ""}} {
		try(name, basic(x[0], x[1]))
	}
	try("no base64", "Basic %%%")
	try("a token that is none", "Bearer x")
	revoke()
	try("revoked", basic(k.FeedKey.ID, *k.Secret))
	if len(answers) != 1 {
		t.Errorf("the refusals differ: %v", answers)
	}
	for answer := range answers {
		if !strings.HasPrefix(answer, "401") {
			t.Error(answer)
		}
	}
}

// withoutCost gives an answer without what it says of its cost, which differs from one to the next, and without its last brace.
func withoutCost(answer string) string {
	data, _, _ := strings.Cut(strings.TrimSuffix(answer, "}"), `,"extensions":{"cost":`)
	return data
}
