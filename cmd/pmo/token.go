package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/internal/vocab"
)

// What this server's own tokens say of it.
const (
	issuer   = "LOCAL"
	audience = "pmo"
)

type tokenCommand struct {
	Data string `help:"Directory of the signing key." default:"./data" env:"PMO_DATA" type:"path" placeholder:"DIR"`
	key
	Role    string        `help:"Role the token carries: ADMIN, PMO, PORTFOLIO_MANAGER, SPONSOR, PROJECT_MANAGER, RESOURCE_MANAGER, FINANCE, CONTRIBUTOR, VIEWER, AUDITOR, SERVICE." required:""`
	Scope   string        `help:"Where it holds: portfolio:CODE, program:CODE or project:CODE; CODE is a path of codes from above, like GMPP/MOD. Without it everywhere. Unknown or ambiguous grants nothing." placeholder:"KIND:CODE"`
	Subject string        `help:"Whom the token names; by default the role." placeholder:"NAME"`
	TTL     time.Duration `help:"How long it is valid, at most 24h." default:"24h" name:"ttl"`
}

// Run prints the token alone.
func (c *tokenCommand) Run(context.Context) error {
	c.dir = c.Data
	private, err := c.private()
	if err != nil {
		return err
	}
	token, err := sign(private, c.Role, c.Scope, c.Subject, c.TTL)
	if err != nil {
		return err
	}
	fmt.Println(token)
	return nil
}

func sign(private ed25519.PrivateKey, role, scope, subject string, ttl time.Duration) (string, error) {
	r, err := vocab.Parse[vocab.Role](strings.ToUpper(role))
	if err != nil {
		return "", fmt.Errorf("--role: %w", err)
	}
	s, err := auth.ParseScope(scope)
	if err != nil {
		return "", fmt.Errorf("--scope: %w", err)
	}
	if !auth.MayBeOn(r, s.Kind) {
		return "", fmt.Errorf("--scope: %s cannot be held on a %s", r, strings.ToLower(string(s.Kind)))
	}
	if subject == "" {
		subject = strings.ToLower(string(r))
	}
	signer, err := auth.NewSigner(private, issuer, audience)
	if err != nil {
		return "", err
	}
	return signer.Sign(auth.Identity{Issuer: issuer, Subject: subject, Claims: []auth.Claim{{Role: r, Scope: s}}}, time.Now(), ttl)
}
