package read

import (
	"time"

	"pmograph/ent"
	"pmograph/internal/state"
)

// TokenRevocation is a token that is refused although it has not ended.
type TokenRevocation struct {
	thing[ent.TokenRevocation]
	Issuer, TokenID string
	ExpiresAt       time.Time
}

func newTokenRevocation(v *View, r *ent.TokenRevocation) *TokenRevocation {
	return &TokenRevocation{thing: thingOf(v, r), Issuer: r.Issuer, TokenID: r.TokenID, ExpiresAt: r.ExpiresAt}
}

// TokenRevocations gives a page of the revoked tokens.
func (v *View) TokenRevocations(p Page) (*TokenRevocationConnection, error) {
	o := &order[*ent.TokenRevocation]{name: "token_revocations ID", key: func(*ent.TokenRevocation) key { return key{} }, id: func(r *ent.TokenRevocation) int64 { return r.ID }}
	return connect[TokenRevocationConnection](v, state.TokenRevocations.All(v), o, p, newTokenRevocation)
}

// TokenRevocationEdge is an item of a page of revoked tokens.
type TokenRevocationEdge struct{ Edge[*TokenRevocation] }

// TokenRevocationConnection is a page of revoked tokens.
type TokenRevocationConnection struct {
	Connection[*ent.TokenRevocation, *TokenRevocation, TokenRevocationEdge]
}

// TokenRevocationPayload answers the revocation of a token.
type TokenRevocationPayload struct {
	Outcome
	TokenRevocation *TokenRevocation
}
