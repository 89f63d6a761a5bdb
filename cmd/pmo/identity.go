package main

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"time"

	"pmograph/auth"
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
	*auth.Verifier
	keys *auth.LocalKeys // this server's own
	stop context.CancelFunc
	all  sync.WaitGroup
}

// newSignIn begins to check tokens, and to follow the keys that sign them, until Close. refused is told why one is not accepted.
func newSignIn(i identity, k key, log *slog.Logger, refused func(why string)) (*signIn, error) {
	trusted, err := i.trusted()
	if err != nil {
		return nil, err
	}
	ring, err := k.ring()
	if err != nil {
		return nil, err
	}
	s := &signIn{keys: auth.NewLocalKeys(ring)}
	s.Verifier, err = auth.NewVerifier(auth.VerifierConfig{
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
	return s, nil
}

// Close ends what goes on beside, and waits for it.
func (s *signIn) Close() {
	s.stop()
	s.Verifier.Close()
	s.all.Wait()
}
