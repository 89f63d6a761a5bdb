// Package mail tells users by mail what changed: each by what he asked for, in his language and by his clock, and as far as he may see it by his
// roles on record when the mail is sent.
package mail

import (
	"context"
	"errors"
	"net/url"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/deliver"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/read"
	"pmograph/internal/state"
)

// Source is where views come from; *journal.Journal is one.
type Source interface {
	View(ctx context.Context, id auth.Identity, q journal.Query) (*state.View, error)
	Latest() *state.Snapshot
}

// Sender gives a letter to the mail server.
type Sender interface {
	Send(ctx context.Context, l Letter) error
}

// ErrRefused is wrapped by the error of a letter that the server will not take for its recipient, now or ever; all others are no fault of his.
var ErrRefused = errors.New("the mail server refuses it")

// Options of the post.
type Options struct {
	From   string   // address that mail comes from
	Public *url.URL // where this server is reached from outside
	Things string   // where a thing is shown, with {id} for its identifier; empty: nowhere
	Now    func() time.Time
}

// Post is the channel by which users are told by mail. A recipient is a mail subscription.
type Post struct {
	src    Source
	sender Sender
	o      Options
}

// New gives a post.
func New(src Source, sender Sender, o Options) *Post { return &Post{src, sender, o} }

// Name is the channel's word.
func (*Post) Name() string { return "mail" }

// Recipients lists the subscriptions that are active and whose users have an address. One is told of what happened after it, or its user, was
// changed last: so nobody is sent what happened while he wanted nothing.
func (*Post) Recipients(s *state.Snapshot) (list []deliver.Recipient) {
	for m := range s.MailSubscriptions() {
		if !m.Active || m.ArchivedAt != nil {
			continue
		}
		if a, ok := s.Addressee(m.UserID); ok {
			since := max(m.Seq, a.Version)
			list = append(list, deliver.Recipient{ID: m.ID, From: since, Version: since})
		}
	}
	return list
}

// Tell sends what a subscription has to be told of, if its time has come.
func (p *Post) Tell(ctx context.Context, recipient int64, from read.Since, _ int) (deliver.Told, error) {
	s := p.src.Latest()
	m := s.MailSubscription(recipient)
	if m == nil || !m.Active {
		return deliver.Told{}, nil
	}
	to, ok := s.Addressee(m.UserID)
	if !ok {
		return deliver.Told{}, nil
	}
	state, err := p.src.View(ctx, to.Identity, journal.Query{})
	if errors.Is(err, auth.ErrUnauthenticated) {
		return deliver.Told{}, nil
	}
	if err != nil {
		return deliver.Told{}, err
	}
	v := read.New(state)
	if state.Rights().Anywhere() == 0 {
		return deliver.Told{UpTo: v.Here()}, nil
	}
	g := gathering{v: v, m: m, to: to, zone: zoneOf(to), now: p.o.Now()}
	if early, err := g.early(from); err != nil || !early.IsZero() {
		return deliver.Told{Next: early}, err
	}
	if err := g.from(ctx, from); err != nil || g.shown == nil {
		return deliver.Told{UpTo: g.upTo, Next: g.next}, err
	}
	return p.send(ctx, &g)
}

func (p *Post) send(ctx context.Context, g *gathering) (deliver.Told, error) {
	letter, err := p.letter(g)
	if err == nil {
		err = p.sender.Send(ctx, letter)
	}
	switch {
	case errors.Is(err, ErrRefused):
		return deliver.Told{}, &deliver.Failure{Over: g.upTo, Text: err.Error()}
	case err != nil:
		return deliver.Told{}, err
	}
	return deliver.Told{UpTo: g.upTo, Next: g.next, Sent: true}, nil
}

// zoneOf gives the time zone of somebody; one that this program does not know is that of Greenwich.
func zoneOf(a state.Addressee) *time.Location {
	if zone, err := time.LoadLocation(a.Timezone); err == nil {
		return zone
	}
	return time.UTC
}

// scope gives the identifier of a subscription's node; nil for everything.
func scope(m *ent.MailSubscription) *string {
	if m.ScopeID == nil {
		return nil
	}
	id := scopes[m.ScopeKind].ID(*m.ScopeID)
	return &id
}

// unseen tells whether an error says that the node of a subscription is gone or not visible.
func unseen(err error) bool { return fault.Is(err, fault.NotFound) }
