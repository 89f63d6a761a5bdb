package auth

import (
	"crypto/sha256"

	"github.com/golang-jwt/jwt/v5"

	"pmograph/internal/kept"
)

// maxKept is how many tokens are kept that were accepted lately.
const maxKept = 10_000

// keptTokens are tokens that were accepted lately, so that a signature is checked once and not with each request. What is kept can only
// say yes: a token that is not here, or no longer beyond doubt, is checked in full. Tokens are known by their SHA-256, so that nobody finds
// one here who reads the memory; those that were refused are not kept.
type keptTokens = kept.Cache[[sha256.Size]byte, *keptToken]

// keptToken is what a token said, and what it was accepted by.
type keptToken struct {
	id     Identity
	from   *issuer
	claims jwt.RegisteredClaims // those that are judged again each time
}

func newKeptTokens() *keptTokens { return &keptTokens{Bound: maxKept} }

// keep remembers a token that a set of keys accepted.
func (v *Verifier) keep(sum [sha256.Size]byte, id Identity, from *issuer, c jwt.Claims) {
	k := &keptToken{id: id, from: from}
	k.claims.Issuer, _ = c.GetIssuer() // the parser has read all of them without an error
	k.claims.Audience, _ = c.GetAudience()
	k.claims.ExpiresAt, _ = c.GetExpirationTime()
	k.claims.IssuedAt, _ = c.GetIssuedAt()
	k.claims.NotBefore, _ = c.GetNotBefore()
	v.kept.Put(sum, k, 1)
}

// known gives the bearer of a token that was accepted before and would be again: its key still vouches, and the parser's own validator
// accepts its times by the clock of now.
func (v *Verifier) known(sum [sha256.Size]byte) (Identity, bool) {
	k, ok := v.kept.Get(sum)
	if !ok || k.from.validator.Validate(&k.claims) != nil || k.id.Ended(v.now()) {
		return Identity{}, false
	}
	return k.id, true
}
