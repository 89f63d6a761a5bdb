package main

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"

	"pmograph/auth"
	"pmograph/internal/edge"
	"pmograph/internal/journal"
)

// identity says who may sign in beside the bearers of this server's own tokens.
type identity struct {
	Issuers string `help:"YAML file of issuers whose tokens are accepted, with the roles that their claims give: Entra ID, Keycloak, Okta, Auth0 and others, see docs/identity.md." env:"PMO_ISSUERS" type:"existingfile" placeholder:"FILE"`
}

// trusted reads the file of issuers; without one there are none.
func (i identity) trusted() ([]auth.TrustedIssuer, error) {
	if i.Issuers == "" {
		return nil, nil
	}
	text, err := os.ReadFile(i.Issuers)
	if err != nil {
		return nil, err
	}
	return auth.ReadIssuers(i.Issuers, text)
}

// signIn is everything that decides who is asking.
type signIn struct {
	Verify   func(ctx context.Context, token string) (auth.Identity, error)
	verifier *auth.Verifier
	keys     *auth.LocalKeys // this server's own
	stop     context.CancelFunc
	all      sync.WaitGroup
}

// newSignIn begins to check tokens, to follow the keys that sign them, and to put newcomers on record, until Close. refused is told why a
// token is not accepted.
func newSignIn(i identity, k key, j *journal.Journal, log *slog.Logger, refused func(why string)) (*signIn, error) {
	trusted, err := i.trusted()
	if err != nil {
		return nil, err
	}
	ring, err := k.ring()
	if err != nil {
		return nil, err
	}
	s := &signIn{keys: auth.NewLocalKeys(ring)}
	s.verifier, err = auth.NewVerifier(auth.VerifierConfig{
		Local: auth.LocalIssuer{Issuer: issuer, Audience: audience, Keys: s.keys}, Issuers: trusted, Now: time.Now,
		Reason: func(why string) { refused(why); log.Info("a token was refused", "reason", why) },
		Notice: func(what string) { log.Warn("trusted issuer", "problem", what) },
	})
	if err != nil {
		return nil, err
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	s.all.Go(func() { k.follow(ctx, s.keys, log) })
	admitter := edge.NewAdmitter(j, log)
	s.Verify = admitter.Verify(s.verifier.Verify)
	s.all.Go(func() { admitter.Run(ctx) })
	return s, nil
}

// Close ends what goes on beside, and waits for it.
func (s *signIn) Close() {
	s.stop()
	s.verifier.Close()
	s.all.Wait()
}
