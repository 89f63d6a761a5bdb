package mail_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/deliver"
	"pmograph/internal/journal"
	"pmograph/internal/mail"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ptr[T any](v T) *T { return &v }

// noon is a Wednesday.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// office is a record in London's time with a mail server beside it:
//
//	portfolio-1 A ─ project-1 Bridge (milestone-1 Gate), project-2 Tunnel
//	portfolio-2 B ─ project-3 Secret (milestone-2 Hidden)
//
// user-1 Ada, who does not see B, wants mail; user-2 Bob changes things.
type office struct {
	testing.TB
	db   *memory.Store
	j    *journal.Journal
	off  atomic.Int64 // what the clock is ahead of noon, in nanoseconds
	smtp *mailServer
	post *mail.Post
	at   map[int64]read.Since
}

var ada, bob = auth.Identity{Issuer: "LOCAL", Subject: "ada"}, auth.Identity{Issuer: "LOCAL", Subject: "bob"}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{TB: t, at: map[int64]read.Since{}}
	ctx, stop := context.WithCancel(context.Background())
	o.db = &memory.Store{Now: o.now}
	j, err := journal.Open(ctx, o.db, journal.Options{Now: o.now, Invariants: decide.Invariants, Log: slog.New(slog.DiscardHandler), Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	o.j, o.smtp = j, startSMTP(t)
	o.post = mail.New(j, o.smtp.sender(), mail.Options{
		From: "Office <pmo@example.org>", Public: must(url.Parse("https://pmo.example.org/base")), Things: "https://pmo.example.org/show/{id}", Now: o.now,
	})
	o.do(decide.OrganisationUpdate(decide.OrganisationUpdateInput{Patch: map[string]any{"name": "Works", "currency": "GBP", "timezone": "Europe/London"}}))
	for _, name := range []string{"Ada", "Bob"} {
		o.do(decide.UserCreate(decide.UserCreateInput{Subject: map[string]string{"Ada": "ada", "Bob": "bob"}[name], Name: ptr(name + " Byron"), Email: ptr(name + "@example.org")}))
	}
	for _, code := range []string{"A", "B"} {
		o.do(decide.PortfolioCreate(decide.PortfolioCreateInput{Code: code, Name: "Portfolio " + code}))
	}
	o.do(decide.RoleGrant(decide.RoleGrantInput{UserID: "user-1", Role: vocab.RoleViewer, ScopeKind: vocab.ScopeKindPortfolio, ScopeID: ptr("portfolio-1")}))
	o.do(decide.RoleGrant(decide.RoleGrantInput{UserID: "user-2", Role: vocab.RolePmo, ScopeKind: vocab.ScopeKindOrganisation}))
	for i, name := range []string{"Bridge", "Tunnel", "Secret"} {
		o.do(decide.ProjectCreate(decide.ProjectCreateInput{PortfolioID: fmt.Sprintf("portfolio-%d", 1+i/2), Code: name, Name: name, Currency: ptr("GBP")}))
	}
	o.do(decide.MilestoneCreate(decide.MilestoneCreateInput{ProjectID: "project-1", Name: "Gate", ForecastDate: ptr(vocab.NewDate(2026, 10, 1))}))
	o.do(decide.MilestoneCreate(decide.MilestoneCreateInput{ProjectID: "project-3", Name: "Hidden", ForecastDate: ptr(vocab.NewDate(2026, 10, 1))}))
	return o
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (o *office) now() time.Time { return noon.Add(time.Duration(o.off.Load())) }

// turn sets the clock.
func (o *office) turn(to time.Time) { o.off.Store(int64(to.Sub(noon))) }

// wait turns the clock on.
func (o *office) wait(d time.Duration) { o.off.Add(int64(d)) }

func (o *office) do(dec state.Decision) journal.Outcome {
	o.Helper()
	out, err := o.j.DoAs(context.Background(), auth.Machine("test"), dec, journal.Meta{})
	if err != nil {
		o.Fatalf("%s: %v", dec.Action, err)
	}
	return out
}

func (o *office) by(id auth.Identity, dec state.Decision, reason string) {
	o.Helper()
	if _, err := o.j.Do(context.Background(), id, dec, journal.Meta{Reason: reason}); err != nil {
		o.Fatalf("%s: %v", dec.Action, err)
	}
}

// wants has Ada ask for mail about everything.
func (o *office) wants(delivery vocab.MailDelivery, change ...func(*decide.ViewerMailSetInput)) {
	o.Helper()
	in := decide.ViewerMailSetInput{ScopeKind: vocab.ScopeKindOrganisation, Delivery: delivery, Hour: 7, Weekday: vocab.WeekdayMonday, Active: true}
	for _, c := range change {
		c(&in)
	}
	o.by(ada, decide.ViewerMailSet(in), "")
}

// forecast has Bob move a milestone's date.
func (o *office) forecast(milestone string, day vocab.Date, reason string) {
	o.Helper()
	o.by(bob, decide.MilestoneForecast(decide.MilestoneForecastInput{ID: milestone, ForecastDate: &day}), reason)
}

// tell tells a subscription until nothing is left to tell for now, as the engine would; it gives the mails that came.
func (o *office) tell(subscription int64) []received {
	o.Helper()
	if err := o.try(subscription); err != nil {
		o.Fatal(err)
	}
	return o.smtp.take()
}

func (o *office) try(subscription int64) error {
	var r *deliver.Recipient
	for _, x := range o.post.Recipients(o.j.Latest()) {
		if x.ID == subscription {
			r = &x
		}
	}
	if r == nil {
		return nil
	}
	at, ok := o.at[subscription]
	if !ok {
		all, err := o.db.Entries(context.Background(), r.From-1, r.From, false, 1)
		if err != nil {
			return err
		}
		at = read.Since{Position: all[0].Position()}
	}
	for range 100 {
		told, err := o.post.Tell(context.Background(), subscription, at, 0)
		if err != nil {
			return err
		}
		moved := told.UpTo != (read.Since{}) && told.UpTo.Position != at.Position
		if moved {
			at = told.UpTo
			o.at[subscription] = at
		}
		if !told.Next.IsZero() && told.Next.After(o.now()) || !moved && !told.Sent {
			return nil
		}
	}
	return fmt.Errorf("it does not end")
}
