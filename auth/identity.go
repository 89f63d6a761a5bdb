// Package auth says who is asking and what he may do.
package auth

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

// Identity is what a checked token says about its bearer. The pair of issuer and subject is the person; nothing else identifies him.
type Identity struct {
	Issuer  string
	Subject string
	TokenID string  // the token's own id (jti), for the audit; may be empty if another issuer gave none
	Claims  []Claim // roles the token itself carries; they add to those on record and end with the token
	// FeedKey is the number of the feed key he came with, 0 if it was a token. Who came with a key reads what the key may read, and
	// does nothing else.
	FeedKey int64
	// Webhook is the number of the webhook that asks what it is to tell, 0 if it is none. Nobody comes in as one.
	Webhook int64

	// IssuedAt is when the token was made, by its issuer's clock, in whole seconds.
	IssuedAt time.Time
	// Name and Email are what the token tells of its bearer besides, by configuration; they identify nobody.
	Name, Email string
	// Provision asks for a user on record as soon as he signs in; OnRecord refuses who is none. Neither holds for this server's own tokens.
	Provision, OnRecord bool

	// ValidUntil is the instant from which the token is refused: its expiry and the leeway for clocks that differ, or
	// the end of its key.
	ValidUntil time.Time
	by         *voucher // the key that signed the token
}

// Principal names who he is, whatever token he came with.
func (i Identity) Principal() string { return i.Issuer + " " + i.Subject }

// Ended tells whether the token is refused by now: its time is over, or its key is no longer one that vouches.
func (id Identity) Ended(now time.Time) bool {
	return !id.ValidUntil.IsZero() && !now.Before(id.ValidUntil) || id.by != nil && id.by.ended(now)
}

// voucher is what is known of a key at present. It outlives the set of keys it came with: who came in by a key that is withdrawn does not
// stay.
type voucher struct{ until atomic.Int64 } // Unix nanoseconds; 0 means that no end is set

func (v *voucher) ended(now time.Time) bool {
	until := v.until.Load()
	return until != 0 && now.UnixNano() >= until
}

func (v *voucher) end(at time.Time) {
	if at.IsZero() {
		v.until.Store(0)
		return
	}
	v.until.Store(at.UnixNano())
}

func (v *voucher) withdraw() { v.until.Store(1) }

// Claim is a role held on a part of the organisation.
type Claim struct {
	Role  vocab.Role
	Scope Scope
}

// Scope is a part of the organisation: a kind of node and the codes that lead to it. The zero value is no scope; the whole organisation
// is the kind ORGANISATION with an empty path.
type Scope struct {
	Kind vocab.ScopeKind
	Path string // codes joined by '/', outermost first: "GMPP/MOD"
}

const (
	maxName = 255   // characters in a name: subject, issuer, code
	maxPath = 1_000 // characters in the path of a scope
)

// nodeScopes are the kinds of scope that a token can name.
var nodeScopes = []vocab.ScopeKind{vocab.ScopeKindPortfolio, vocab.ScopeKindProgram, vocab.ScopeKindProject}

// ParseScope reads a scope of the form "portfolio:GMPP/MOD"; the kind is portfolio, program or project in any case, and the empty
// string is the whole organisation. A malformed scope is an INVALID fault.
func ParseScope(s string) (Scope, error) {
	if s == "" {
		return Scope{Kind: vocab.ScopeKindOrganisation}, nil
	}
	word, path, _ := strings.Cut(s, ":")
	kind := vocab.ScopeKind(strings.ToUpper(word))
	if !slices.Contains(nodeScopes, kind) {
		return Scope{}, fault.New(fault.Invalid, "the scope %.80q must start with portfolio:, program: or project:", s)
	}
	if !wellFormed(path, maxPath) {
		return Scope{}, fault.New(fault.Invalid, "the scope %.80q needs 1 to %d printable characters after the colon", s, maxPath)
	}
	for code := range strings.SplitSeq(path, "/") {
		if !wellFormed(code, maxName) {
			return Scope{}, fault.New(fault.Invalid, "the scope %.80q has an empty or unprintable code; write codes joined by '/', as in portfolio:GMPP/MOD", s)
		}
	}
	return Scope{Kind: kind, Path: path}, nil
}

// String gives the form that ParseScope reads.
func (s Scope) String() string {
	if s.Kind == vocab.ScopeKindOrganisation {
		return ""
	}
	return strings.ToLower(string(s.Kind)) + ":" + s.Path
}

// wellFormed tells whether s is 1 to limit printable characters without a space at either end.
func wellFormed(s string, limit int) bool {
	return utf8.ValidString(s) && s != "" && s == strings.TrimSpace(s) && utf8.RuneCountInString(s) <= limit &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError })
}
