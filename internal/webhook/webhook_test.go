package webhook_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"pmograph/internal/decide"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

func ptr[T any](v T) *T { return &v }

// A webhook is told what its owner may see when it is told, and nothing else: not by another message, and not by an empty one.
func TestToldWhatTheOwnerSees(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.start()
		o.rename("project-1", "before")
		o.hook(nil)
		o.rename("project-2", "hidden")
		m := o.wants(o.rename("project-1", "seen"))
		w, err := standardwebhooks.NewWebhookRaw(o.j.Latest().WebhookSecret(1, 1))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Verify(m.body, m.header); err != nil {
			t.Fatal(err)
		}
		c := m.Data.Changes
		if m.Type != "projectUpdate" || m.Data.Actor != nil || *m.Data.Machine != "test" || *m.Data.Reason != "because" || len(c) != 1 || c[0].ID != "project-1" || c[0].Entity != "project" ||
			c[0].Operation != "update" || len(c[0].Fields) != 1 || c[0].Fields[0].Name != "name" || *c[0].Fields[0].Old != "before" || *c[0].Fields[0].New != "seen" {
			t.Fatalf("told %s", m.body)
		}
		if got := m.header.Get("Content-Type") + m.header.Get("User-Agent"); got != "application/jsonpmograph/test" || strings.Contains(m.id, ".") {
			t.Fatal(got, m.id)
		}

		o.do(decide.ProjectMove(decide.ProjectMoveInput{ID: "project-1", PortfolioID: ptr("portfolio-2")}))
		o.rename("project-1", "out of sight")
		o.wants(o.rename("project-3", "still seen"))

		o.do(decide.RoleRevoke(decide.RoleRevokeInput{ID: "role-assignment-1"}))
		lost := o.rename("project-3", "not told")
		o.passed("webhook-1", lost)
		o.grant()
		o.wants(o.rename("project-3", "told again"))

		o.do(decide.WebhookUpdate(decide.WebhookUpdateInput{ID: "webhook-1", Active: ptr(false)}))
		lost = o.rename("project-3", "not told")
		o.passed("webhook-1", lost)
		o.do(decide.WebhookUpdate(decide.WebhookUpdateInput{ID: "webhook-1", Active: ptr(true)}))
		o.wants(o.rename("project-3", "told once more"))

		o.do(decide.UserUpdate(decide.UserUpdateInput{ID: "user-1", Patch: map[string]any{"active": false}}))
		lost = o.rename("project-3", "not told")
		o.passed("webhook-1", lost)
		if len(o.got) > 0 || len(o.dead()) > 0 {
			t.Fatal(string(o.next().body), o.dead())
		}
	})
}

// Classes that a webhook does not read are left out, and so is what lies beside its scope and beside its events.
func TestToldWithinScopeAndEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.start()
		o.hook(func(in *decide.WebhookCreateInput) {
			in.ScopeKind, in.ScopeID, in.Events = vocab.ScopeKindProject, ptr("project-3"), []string{"milestone.create", "project"}
		})
		o.rename("project-1", "beside the scope")
		made := o.do(decide.MilestoneCreate(decide.MilestoneCreateInput{ProjectID: "project-3", Name: "Go live", Budget: ptr("12.50")}))
		if m := o.wants(made.Position); strings.Contains(string(m.body), "12.5") || !strings.Contains(string(m.body), "Go live") || m.Data.Reason != nil {
			t.Fatalf("told %s", m.body)
		}
		o.do(decide.MilestoneUpdate(decide.MilestoneUpdateInput{ID: "milestone-1", Patch: map[string]any{"name": "beside the events"}}))
		o.wants(o.rename("project-3", "seen"))
		o.hook(func(in *decide.WebhookCreateInput) {
			in.Reads, in.Events = []vocab.FeedRead{vocab.FeedReadMoney}, []string{"milestone"}
		})
		told := o.do(decide.MilestoneUpdate(decide.MilestoneUpdateInput{ID: "milestone-1", Patch: map[string]any{"budget": "13.50"}}))
		if m := o.wants(told.Position); !strings.Contains(string(m.body), "13.50") {
			t.Fatalf("told %s", m.body)
		}
	})
}

// Whoever does not answer well is told again, later each time, the same message, before what comes after it; another is not kept waiting.
func TestRetries(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.start()
		o.hook(func(in *decide.WebhookCreateInput) { in.URL = o.URL + "/bad" })
		answer := func(w http.ResponseWriter, m message) bool {
			if m.path == "/bad" {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return m.path != "/bad"
		}
		o.answer.Store(&answer)
		one := o.rename("project-1", "one")
		o.wants(one)
		for i, wait := range []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, time.Hour} {
			d := o.until("webhook-1", func(d state.Delivery) bool { return d.Failed == i+1 })
			if in := d.Due.Sub(o.now()); in > wait*6/5 || in < wait-patience || d.Error != "it answered with status 503" || d.Stopped {
				t.Fatalf("after %d failures in %s: %+v", i+1, in, d)
			}
			o.pass(wait * 6 / 5)
			if m := o.wants(one); m.id == "" {
				t.Fatal("no identifier")
			}
		}
		two := o.rename("project-1", "two")
		o.hook(nil) // the good one, told from now on
		three := o.rename("project-3", "three")
		o.wants(three)
		o.says(http.StatusNoContent)
		o.pass(2 * time.Hour)
		for _, p := range []state.Position{one, two, three} {
			o.wants(p)
		}
		if d := o.until("webhook-1", func(d state.Delivery) bool { return d.UpTo == three }); d.Failed != 0 || d.Error != "" || !d.Since.IsZero() || d.ToldAt.IsZero() {
			t.Fatalf("%+v", d)
		}
	})
}

// An entry that nobody took for a day is given up, and telling goes on behind it.
func TestGivenUp(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		stop := o.start()
		o.hook(nil)
		o.says(http.StatusInternalServerError)
		one := o.rename("project-1", "one")
		attempts := 0
		for began := o.now(); len(o.dead()) == 0; o.pass(72 * time.Minute) {
			if m := o.next(); m.Data.Position != one.String() || o.now().Sub(began) > 27*time.Hour {
				t.Fatalf("after %s told of %s", o.now().Sub(began), m.Data.Position)
			}
			attempts++
			o.until("webhook-1", func(d state.Delivery) bool { return d.Failed == attempts })
			if len(o.dead()) > 0 {
				break
			}
			if attempts == 10 { // what is waited for survives the process
				stop()
				o.start()
			}
		}
		dead := o.dead()
		if len(dead) != 1 || dead[0].Number != one.Seq || dead[0].Error != "it answered with status 500" || dead[0].Attempts != attempts || attempts < 20 || attempts > 25 {
			t.Fatalf("%d attempts: %+v", attempts, dead)
		}
		o.says(http.StatusOK)
		two := o.rename("project-1", "two")
		o.wants(two)
		o.do(decide.WebhookReplay(decide.WebhookReplayInput{ID: "webhook-1", FromNumber: one.Seq}))
		first := o.wants(one)
		o.wants(two)
		o.until("webhook-1", func(d state.Delivery) bool { return d.UpTo.Seq >= two.Seq })
		if len(o.dead()) != 0 {
			t.Fatal("what was told after all is a dead letter still", o.dead())
		}
		o.do(decide.WebhookReplay(decide.WebhookReplayInput{ID: "webhook-1", FromNumber: one.Seq}))
		if again := o.wants(one); again.id != first.id {
			t.Fatalf("told again as %s, not %s", again.id, first.id)
		}
		o.wants(two)
	})
}

// Dead letters can be discarded; they and the place go with their webhook.
func TestDiscarded(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.hook(nil)
		ctx, from := context.Background(), o.j.Latest().Position()
		d := store.Delivered{Channel: "webhook", State: []state.Delivery{{Recipient: 1, UpTo: from, Version: from.Seq}}}
		for n := range int64(3) {
			d.Dead = append(d.Dead, state.DeadLetter{Recipient: 1, Number: n + 1, At: time.Now()})
		}
		if ok, err := o.db.Lead(ctx, "test", time.Minute); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := o.db.Deliver(ctx, "test", d); err != nil {
			t.Fatal(err)
		}
		if err := o.db.Resign(ctx, "test"); err != nil {
			t.Fatal(err)
		}
		o.start()
		o.do(decide.WebhookDiscard(decide.WebhookDiscardInput{ID: "webhook-1", UpToNumber: 2}))
		for end := time.Now().Add(patience); len(o.dead()) != 1; {
			if time.Now().After(end) {
				t.Fatal(o.dead())
			}
		}
		o.do(decide.WebhookDelete(decide.WebhookDeleteInput{ID: "webhook-1"}))
		for end := time.Now().Add(patience); ; {
			all, err := o.db.Deliveries(ctx, "webhook")
			if err != nil || time.Now().After(end) {
				t.Fatal(all, err)
			}
			if len(all)+len(o.dead()) == 0 {
				break
			}
		}
	})
}

// Who says that it is gone is left alone until it is changed.
func TestGone(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.start()
		o.hook(nil)
		o.says(http.StatusGone)
		one := o.rename("project-1", "one")
		o.wants(one)
		o.until("webhook-1", func(d state.Delivery) bool { return d.Stopped && d.Error == "it answered with status 410" })
		o.pass(100 * time.Hour)
		o.rename("project-1", "two")
		o.says(http.StatusOK)
		o.do(decide.WebhookUpdate(decide.WebhookUpdateInput{ID: "webhook-1", URL: ptr(o.URL + "/new")}))
		if m := o.wants(one); m.path != "/new" {
			t.Fatal(m.path)
		}
	})
}

// After a restart in the middle nothing is lost, and what is told twice has the identifier it had.
func TestRestart(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.hook(nil)
		var want []state.Position
		for i := range 40 {
			want = append(want, o.rename("project-1", fmt.Sprint("name ", i)))
		}
		seen, order := map[string]int{}, []string(nil)
		for stop := o.start(); len(seen) < len(want); {
			m := o.next()
			if id, ok := seen[m.Data.Position]; !ok {
				seen[m.Data.Position], order = 1, append(order, m.id)
			} else if seen[m.Data.Position] = id + 1; !slices.Contains(order, m.id) {
				t.Fatal("told again under another identifier", m.id)
			}
			if len(seen)%7 == 0 {
				stop()
				stop = o.start()
			}
		}
		for i, p := range want {
			if want := fmt.Sprintf("webhook-1_%d-%016x", p.Seq, p.Mark); order[i] != want {
				t.Fatalf("message %d is %s, not %s", i, order[i], want)
			}
		}
	})
}

// Of two processes on one database one tells, and the other goes on when it ends.
func TestTwoProcesses(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		if strings.HasSuffix(t.Name(), "sqlite") {
			t.Skip("one process has the file")
		}
		o.hook(nil)
		stop := o.start()
		other := o.open()
		o.tell(o.journal(other), other, loopback)
		for i := range 60 {
			p := o.rename("project-1", fmt.Sprint("name ", i))
			o.wants(p)
			if i == 30 {
				o.until("webhook-1", func(d state.Delivery) bool { return d.UpTo.Seq >= p.Seq }) // who ends before that tells it again
				stop()
			}
		}
		if len(o.got) > 0 {
			t.Fatalf("told twice: %s", o.next().body)
		}
	})
}

// For a day after its secret was changed messages are signed with both.
func TestRotation(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.start()
		o.hook(nil)
		o.do(decide.WebhookSecretRotate(decide.WebhookSecretRotateInput{ID: "webhook-1"}))
		if m := o.wants(o.rename("project-1", "one")); !o.verifies(m, 1, 1) || !o.verifies(m, 1, 2) || o.verifies(m, 1, 3) || o.verifies(m, 2, 2) {
			t.Fatal(m.header)
		}
		o.pass(25 * time.Hour)
		if m := o.wants(o.rename("project-1", "two")); o.verifies(m, 1, 1) || !o.verifies(m, 1, 2) {
			t.Fatal(m.header)
		}
		if a, b := o.j.Latest().WebhookSecret(1, 23), o.j.Latest().WebhookSecret(12, 3); slices.Equal(a, b) || len(a) != 32 {
			t.Fatal("two webhooks have one secret")
		}
	})
}

// Addresses that are nobody's business are not dialled, redirects are not followed, and what is said of it shows no secret.
func TestRefusedAddresses(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		stop := o.tell(o.j, o.db, nil)
		var dialled atomic.Int64
		plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { dialled.Add(1) }))
		defer plain.Close()
		secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { dialled.Add(1) }))
		defer secure.Close()
		_, port, _ := strings.Cut(strings.TrimPrefix(secure.URL, "https://"), ":")
		urls := map[string]string{
			plain.URL + "/?token=sesame": "TLS", secure.URL: "public", "https://localhost:" + port: "public", "https://[::ffff:127.0.0.1]:" + port: "public",
			"https://169.254.169.254/latest": "public", "https://10.1.2.3/": "public", "https://100.100.100.200": "public", "http://93.184.216.34/": "TLS", "https://[::1]:" + port: "public",
		}
		var ids []string
		for url := range urls {
			ids = append(ids, o.hook(func(in *decide.WebhookCreateInput) { in.URL, in.Name = url, url }))
		}
		o.rename("project-1", "one")
		for _, id := range ids {
			d := o.until(id, func(d state.Delivery) bool { return d.Failed > 0 })
			url := o.j.Latest().Webhook(d.Recipient).URL
			if !strings.Contains(d.Error, urls[url]) || strings.Contains(d.Error, "sesame") {
				t.Errorf("%s: %s", url, d.Error)
			}
		}
		if dialled.Load() > 0 {
			t.Error("something was dialled")
		}
		stop()

		o.start()
		answer := func(w http.ResponseWriter, m message) bool {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusPermanentRedirect)
			return false
		}
		o.answer.Store(&answer)
		id := o.hook(nil)
		o.rename("project-1", "two")
		if m := o.next(); m.path != "/hook" {
			t.Error(m.path)
		}
		if d := o.until(id, func(d state.Delivery) bool { return d.Failed > 0 }); d.Error != "it answered with status 308" {
			t.Error(d.Error)
		}
	})
}

// Whoever's place is not in this record goes on from the present, and can see that something is missing.
func TestLostPlace(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.hook(nil)
		ctx, at := context.Background(), o.j.Latest().Position()
		if ok, err := o.db.Lead(ctx, "test", time.Minute); !ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := o.db.Deliver(ctx, "test", store.Delivered{Channel: "webhook", State: []state.Delivery{{Recipient: 1, UpTo: state.Position{Seq: 3, Mark: math.MaxUint64}, Version: at.Seq}}}); err != nil {
			t.Fatal(err)
		}
		if err := o.db.Resign(ctx, "test"); err != nil {
			t.Fatal(err)
		}
		o.start()
		o.until("webhook-1", func(d state.Delivery) bool { return d.UpTo.Seq >= at.Seq })
		if dead := o.dead(); len(dead) != 1 || dead[0].Number != 3 {
			t.Fatal(dead)
		}
		o.wants(o.rename("project-1", "one"))
	})
}

// Many webhooks of which most do not answer do not keep the others waiting.
func TestSlowReceivers(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.start()
		held := make(chan struct{})
		release := sync.OnceFunc(func() { close(held) })
		defer release()
		answer := func(w http.ResponseWriter, m message) bool {
			if m.path == "/slow" {
				<-held
			}
			return true
		}
		o.answer.Store(&answer)
		for range 20 {
			o.hook(func(in *decide.WebhookCreateInput) { in.URL = o.URL + "/slow" })
		}
		o.hook(nil)
		for i := range 5 {
			if m := o.wants(o.rename("project-1", fmt.Sprint(i))); m.path != "/hook" {
				t.Fatal(m.path)
			}
		}
		release()
	})
}
