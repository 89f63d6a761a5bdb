package decide

import (
	"slices"
	"time"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// UserSignOutInput has every token of a user refused that was issued before now.
type UserSignOutInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// UserSignOut has every token of a user refused that was issued before now. He may sign in again.
func UserSignOut(in UserSignOutInput) state.Decision {
	return decision("userSignOut", in, func(w *work) error {
		return signOut(w, w.find(state.Users.Desc(), "id", in.ID), in.ExpectedVersion)
	})
}

// ViewerSignOutInput has every token of who asks refused that was issued before now.
type ViewerSignOutInput struct{ Call }

// ViewerSignOut has every token of its actor refused that was issued before now, the one he asks with included.
func ViewerSignOut(in ViewerSignOutInput) state.Decision {
	return decision("viewerSignOut", in, func(w *work) error { return signOut(w, w.d.User(), nil) })
}

func signOut(w *work, user int64, version *int64) error {
	return change(w, state.Users, user, version, func(u *ent.User) {
		at := w.d.At()
		u.TokensValidFrom = &at
	})
}

// longestToken is how long a token can live from now: a day, and what clocks may differ.
const longestToken = 24*time.Hour + 30*time.Second

// TokenRevokeInput has one token refused until it ends.
type TokenRevokeInput struct {
	Call
	Issuer     *string // nil: this server
	TokenID    string
	ValidUntil *time.Time // when it ends by itself; nil: as late as can be
}

// TokenRevoke has one token refused. Revocations of tokens that have ended go on this occasion.
func TokenRevoke(in TokenRevokeInput) state.Decision {
	return decision("tokenRevoke", in, func(w *work) error {
		ends := or(in.ValidUntil, w.d.At().Add(longestToken)).UTC().Truncate(time.Microsecond)
		if !ends.After(w.d.At()) {
			w.note("validUntil", "OUT_OF_RANGE", "the token has ended")
		}
		if err := w.wrong(); err != nil {
			return err
		}
		issuer := or(in.Issuer, LocalIssuer)
		have := state.TokenRevocations.Find(w.d, uniqueKey, issuer, in.TokenID)
		for _, r := range slices.Collect(state.TokenRevocations.All(w.d)) {
			if r.ExpiresAt.Before(w.d.At()) && r != have {
				state.TokenRevocations.Delete(w.d, r.ID)
			}
		}
		return set(w, state.TokenRevocations, have, nil, func(r *ent.TokenRevocation) {
			if r.Issuer, r.TokenID = issuer, in.TokenID; r.ExpiresAt.Before(ends) {
				r.ExpiresAt = ends
			}
		})
	})
}

// signedOutStays: a token that was refused for its age is not accepted again.
var signedOutStays = on(state.Users, func(_ *state.Draft, before, u *ent.User) error {
	if before != nil && before.TokensValidFrom != nil && (u.TokensValidFrom == nil || u.TokensValidFrom.Before(*before.TokensValidFrom)) {
		return fault.At("tokens_valid_from", "FIXED", "tokens that were refused stay refused")
	}
	return nil
})

// revocationEnds: a revocation is kept as long as a token can live, and for the token it was made for.
var revocationEnds = on(state.TokenRevocations, func(d *state.Draft, before, r *ent.TokenRevocation) error {
	switch {
	case r.ExpiresAt.After(d.At().Add(longestToken)):
		return fault.At("expires_at", "OUT_OF_RANGE", "no token that is accepted now lives longer than a day")
	case before != nil && (before.Issuer != r.Issuer || before.TokenID != r.TokenID || r.ExpiresAt.Before(before.ExpiresAt)):
		return fault.At("token_id", "FIXED", "a token that was revoked stays revoked")
	}
	return nil
})
