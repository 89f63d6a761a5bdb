package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

const (
	maxToken    = 8 << 10        // bytes in a token
	maxLifetime = 24 * time.Hour // from iat to exp
	leeway      = 30 * time.Second

	roleClaim  = "pmo_role"  // in our own tokens: a role's name
	scopeClaim = "pmo_scope" // in our own tokens: a scope, as ParseScope reads it
)

// Signer makes tokens with the local key.
type Signer struct {
	key      ed25519.PrivateKey
	kid      string
	issuer   string
	audience string
}

// NewSigner gives a signer whose tokens name an issuer and an audience. The verifier must be told the same two.
func NewSigner(key ed25519.PrivateKey, issuer, audience string) (*Signer, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("the signing key has %d bytes instead of %d", len(key), ed25519.PrivateKeySize)
	}
	if !wellFormed(issuer, maxName) || !wellFormed(audience, maxName) {
		return nil, fmt.Errorf("the issuer %.80q and the audience %.80q must be 1 to %d printable characters each", issuer, audience, maxName)
	}
	return &Signer{key: key, kid: KeyID(key.Public().(ed25519.PublicKey)), issuer: issuer, audience: audience}, nil
}

// Sign makes a token for id that lives from now for ttl, in whole seconds and for at most 24 hours. The token carries the one claim of
// id, or none; its id is id.TokenID, or a random one. What the verifier would refuse is not signed: the error is an INVALID fault.
func (s *Signer) Sign(id Identity, now time.Time, ttl time.Duration) (string, error) {
	switch {
	case id.Issuer != "" && id.Issuer != s.issuer:
		return "", fault.New(fault.Invalid, "this key signs for %q and not for %.80q", s.issuer, id.Issuer)
	case !wellFormed(id.Subject, maxName):
		return "", fault.New(fault.Invalid, "the subject %.80q must be 1 to %d printable characters without a space at either end", id.Subject, maxName)
	case id.TokenID != "" && !wellFormed(id.TokenID, maxName):
		return "", fault.New(fault.Invalid, "the token id %.80q must be at most %d printable characters without a space at either end", id.TokenID, maxName)
	case ttl < time.Second:
		return "", fault.New(fault.Invalid, "a token lives at least one second, not %s", ttl)
	case ttl > maxLifetime:
		return "", fault.New(fault.Invalid, "a token lives at most %s, not %s; ask for a shorter time", maxLifetime, ttl)
	case len(id.Claims) > 1:
		return "", fault.New(fault.Invalid, "a token carries one role, not %d; make one token for each", len(id.Claims))
	}
	claims := jwt.MapClaims{
		"iss": s.issuer,
		"aud": s.audience,
		"sub": id.Subject,
		"iat": now.Unix(),
		"exp": now.Unix() + int64(ttl/time.Second),
		"jti": id.TokenID,
	}
	if id.TokenID == "" {
		claims["jti"] = newTokenID()
	}
	for _, c := range id.Claims {
		if !vocab.Valid(c.Role) {
			return "", fault.New(fault.Invalid, "%.80q is not a role; choose one of %v", c.Role, c.Role.Values())
		}
		if read, err := ParseScope(c.Scope.String()); err != nil || read != c.Scope {
			return "", fault.New(fault.Invalid, "a token cannot carry the scope %s %.80q; it may be the organisation, a portfolio, a program or a project", c.Scope.Kind, c.Scope.Path)
		}
		claims[roleClaim], claims[scopeClaim] = string(c.Role), c.Scope.String()
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"] = s.kid
	return token.SignedString(s.key)
}

func newTokenID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
