package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/deliver"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
	"pmograph/internal/webhook"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"), goleak.IgnoreAnyFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"))
}

const patience = time.Minute // nothing here takes so long, whatever else the machine does

// office is a record of portfolios A (project-1, project-3) and B (project-2), whose owner user-1 has FINANCE on A, and a receiver.
type office struct {
	testing.TB
	open func() store.Store
	db   store.Store
	j    *journal.Journal
	off  atomic.Int64 // what the clock of telling is ahead, in nanoseconds
	*receiver
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, o *office)) {
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "pmo.db")
		test(t, newOffice(t, func() (store.Store, error) { return store.OpenSQLite(t.Context(), path) }))
	})
	t.Run("postgres", func(t *testing.T) {
		url := pgtest.Database(t)
		test(t, newOffice(t, func() (store.Store, error) { return store.OpenPostgres(t.Context(), url) }))
	})
}

func newOffice(t testing.TB, open func() (store.Store, error)) *office {
	t.Helper()
	o := &office{TB: t, receiver: newReceiver(t)}
	o.open = func() store.Store {
		db, err := open()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	o.db = o.open()
	if err := o.db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.j = o.journal(o.db)
	o.do(decide.OrganisationUpdate(decide.OrganisationUpdateInput{Patch: map[string]any{"name": "Office", "currency": "EUR", "timezone": "UTC"}}))
	for _, code := range []string{"A", "B"} {
		o.do(decide.PortfolioCreate(decide.PortfolioCreateInput{Code: code, Name: code}))
	}
	o.project("1", "portfolio-1")
	o.project("2", "portfolio-2")
	o.project("3", "portfolio-1")
	o.grant()
	return o
}

func (o *office) journal(db store.Store) *journal.Journal {
	o.Helper()
	ctx, stop := context.WithCancel(context.Background())
	j, err := journal.Open(ctx, db, journal.Options{Now: time.Now, Log: slog.New(slog.DiscardHandler), Invariants: decide.Invariants, Poll: 20 * time.Millisecond})
	if err != nil {
		o.Fatal(err)
	}
	o.Cleanup(func() { stop(); <-j.Done() })
	return j
}

func (o *office) do(dec state.Decision) journal.Outcome {
	o.Helper()
	out, err := o.j.DoAs(context.Background(), auth.Machine("test"), dec, journal.Meta{Reason: "because"})
	if err != nil {
		o.Fatalf("%s: %v", dec.Action, err)
	}
	return out
}

func (o *office) project(code, portfolio string) {
	o.Helper()
	o.do(decide.ProjectCreate(decide.ProjectCreateInput{PortfolioID: portfolio, Code: code, Name: code}))
}

func (o *office) grant() {
	o.Helper()
	o.do(decide.OperatorGrant("owner", vocab.RoleFinance, auth.Scope{Kind: vocab.ScopeKindPortfolio, Path: "A"}))
}

func (o *office) rename(project, name string) state.Position {
	o.Helper()
	return o.do(decide.ProjectUpdate(decide.ProjectUpdateInput{ID: project, Patch: map[string]any{"name": name}})).Position
}

// hook makes a webhook of everything its owner sees, told at the receiver.
func (o *office) hook(change func(*decide.WebhookCreateInput)) string {
	o.Helper()
	in := decide.WebhookCreateInput{Name: "feed", OwnerID: "user-1", ScopeKind: vocab.ScopeKindOrganisation, URL: o.URL + "/hook?token=sesame", Events: []string{"*"}}
	if change != nil {
		change(&in)
	}
	return o.do(decide.WebhookCreate(in)).Results[0].String()
}

// now is the clock of telling.
func (o *office) now() time.Time { return time.Now().Add(time.Duration(o.off.Load())) }

func (o *office) pass(d time.Duration) { o.off.Add(int64(d)) }

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// tell tells webhooks until the function it gives is called.
func (o *office) tell(j *journal.Journal, db store.Store, allow []netip.Prefix) (stop func()) {
	c := webhook.New(j, webhook.Options{Now: o.now, Allow: allow, Version: "test"})
	e := deliver.New(j, db, deliver.Options{Now: o.now, Log: slog.New(slog.DiscardHandler), Tick: 5 * time.Millisecond, Lease: time.Second}, c)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx) }()
	stop = sync.OnceFunc(func() { cancel(); <-done; c.Close() })
	o.Cleanup(stop)
	return stop
}

func (o *office) start() (stop func()) { return o.tell(o.j, o.db, loopback) }

// state waits until it is so with a webhook as a condition wants.
func (o *office) until(id string, is func(state.Delivery) bool) state.Delivery {
	o.Helper()
	ref, _ := state.ParseID(id)
	var have []state.Delivery
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		all, err := o.db.Deliveries(context.Background(), "webhook")
		if err != nil {
			o.Fatal(err)
		}
		have = all
		for _, d := range all {
			if d.Recipient == ref.ID && is(d) {
				return d
			}
		}
	}
	o.Fatalf("it did not come so far: %+v", have)
	return state.Delivery{}
}

// passed waits until a webhook is behind a place where it was told nothing: that is written down now and then, for which the clock goes on.
func (o *office) passed(id string, p state.Position) {
	o.Helper()
	o.until(id, func(d state.Delivery) bool { o.pass(time.Second); return d.UpTo.Seq >= p.Seq })
}

func (o *office) dead() []state.DeadLetter {
	o.Helper()
	all, err := o.db.DeadLetters(context.Background(), "webhook", 0, 100)
	if err != nil {
		o.Fatal(err)
	}
	return all
}

// receiver is told, and answers as it likes.
type receiver struct {
	*httptest.Server
	answer atomic.Pointer[func(w http.ResponseWriter, m message) (taken bool)]
	got    chan message // what it took, or refused
}

type message struct {
	id     string
	header http.Header
	body   []byte
	path   string
	taken  bool
	envelope
}

type envelope struct {
	Type      string
	Timestamp time.Time
	Data      struct {
		Number                 int64
		Position               string
		Action                 string
		Actor, Machine, Reason *string
		MoreChanges            int
		Changes                []struct {
			Entity, ID, Operation string
			Fields                []struct {
				Name     string
				Old, New *string
			}
		}
	}
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{got: make(chan message, 1000)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		m := message{id: req.Header.Get("webhook-id"), header: req.Header, body: body, path: req.URL.Path, taken: true}
		if err = errors.Join(err, json.Unmarshal(body, &m.envelope)); err != nil {
			t.Error(err)
		}
		if answer := r.answer.Load(); answer != nil {
			m.taken = (*answer)(w, m)
		}
		r.got <- m
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) says(status int) {
	answer := func(w http.ResponseWriter, _ message) bool { w.WriteHeader(status); return status/100 == 2 }
	r.answer.Store(&answer)
}

// next gives what is told next.
func (o *office) next() message {
	o.Helper()
	select {
	case m := <-o.got:
		return m
	case <-time.After(patience):
		o.Fatal("nothing is told")
		panic("unreachable")
	}
}

// wants asks that the next message is of an entry.
func (o *office) wants(p state.Position) message {
	o.Helper()
	m := o.next()
	if m.Data.Position != p.String() {
		o.Fatalf("told of %s, not of %s: %s", m.Data.Position, p, m.body)
	}
	return m
}

// verifies asks that a message is signed by the secret of a generation, in the eyes of a library that others wrote.
func (o *office) verifies(m message, hook int64, generation int64) bool {
	w, err := standardwebhooks.NewWebhookRaw(o.j.Latest().WebhookSecret(hook, generation))
	return err == nil && w.VerifyIgnoringTimestamp(m.body, m.header) == nil
}
