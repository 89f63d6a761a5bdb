package access

import (
	"context"
	"errors"

	"pmograph/auth"
	"pmograph/internal/kept"
)

// Verifier says whose a token is; auth.ErrUnauthenticated if it is nobody's.
type Verifier = func(ctx context.Context, token string) (auth.Identity, error)

// session is a token as far as it can be told from others without keeping it.
type session struct {
	issuer, subject, id string
	until               int64
}

// maxSessions is how many tokens are remembered: one that was forgotten signs in once more.
const maxSessions = 50_000

// Watch notes who signs in, once for each token, and who is refused. who gives the name by which entries and logs know an identity.
func (l *Log) Watch(verify Verifier, who func(auth.Identity) string) Verifier {
	known := &kept.Cache[session, string]{Bound: 2 * maxSessions}
	return func(ctx context.Context, token string) (auth.Identity, error) {
		id, err := verify(ctx, token)
		r := Of(ctx)
		switch {
		case err == nil:
			s := session{id.Issuer, id.Subject, id.TokenID, id.ValidUntil.Unix()}
			name, ok := known.Get(s)
			if !ok || !onRecord(name) {
				name = who(id) // who was a stranger may be on record by now
				known.Put(s, name, 1)
			}
			if r.User = name; !ok {
				l.Note(Entry{Kind: SignIn, Actor: name, Address: r.Address, Request: r.ID})
			}
		case errors.Is(err, auth.ErrUnauthenticated):
			l.Note(Entry{Kind: Unauthenticated, Address: r.Address, What: "token", Request: r.ID})
		}
		return id, err
	}
}

// Stranger is how names of who is not on record begin.
const Stranger = "stranger-"

func onRecord(name string) bool { return len(name) < len(Stranger) || name[:len(Stranger)] != Stranger }
