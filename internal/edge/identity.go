package edge

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
)

// authenticated lets only bearers of a valid token pass, and holders of a good feed key. Every other request gets the same answer. It names
// tokens alone: browsers keep what they are asked for by Basic, and send it unasked.
func (c Config) authenticated(next http.Handler) http.Handler {
	return c.known(c.caller, []string{`Bearer realm="pmo"`}, next)
}

// known lets only those pass of whom a function says who they are. Others are told by which schemes they may come.
func (c Config) known(caller func(*http.Request) (auth.Identity, error), schemes []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "private, no-cache")
		h.Add("Vary", "Authorization")
		id, err := c.recognised(r, caller)
		if errors.Is(err, auth.ErrUnauthenticated) {
			h["Www-Authenticate"] = schemes
		}
		if err != nil {
			c.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), id)))
	})
}

// recognised finds out who sent a request, for as many at a time as there are places for strangers.
func (c Config) recognised(r *http.Request, caller func(*http.Request) (auth.Identity, error)) (id auth.Identity, err error) {
	from := origin(r)
	leave, err := c.Limits.Strangers.Enter(r.Context(), from)
	if err != nil {
		return id, busy(err)
	}
	defer leave()
	id, err = caller(r)
	if errors.Is(err, auth.ErrUnauthenticated) {
		err = c.Limits.failed(from, err)
	}
	return id, err
}

// caller says who sends a request: Bearer is a token, Basic a feed key.
func (c Config) caller(r *http.Request) (id auth.Identity, err error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "bearer"):
		if id, err = c.Verify(r.Context(), token); err == nil {
			_, err = c.Journal.View(r.Context(), id, journal.Query{})
		}
		return id, err
	case strings.EqualFold(scheme, "basic") && c.Key != nil:
		return c.Key(r.Context(), token)
	}
	return id, auth.ErrUnauthenticated
}

// Keys gives what says who holds a feed key by the credentials of Basic: its identifier, a colon and its secret, in base64.
func Keys(j *journal.Journal) func(ctx context.Context, credentials string) (auth.Identity, error) {
	return func(ctx context.Context, credentials string) (auth.Identity, error) {
		said, _ := base64.StdEncoding.DecodeString(credentials) // what it could not read is no key's
		name, secret, _ := strings.Cut(string(said), ":")
		return j.KeyHolder(ctx, name, secret)
	}
}

// withToken refuses feed keys: what lies behind it is not for them.
func (c Config) withToken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if graph.Identity(r.Context()).FeedKey != 0 {
			c.fail(w, r, fault.New(fault.Forbidden, "a feed key asks queries at /graphql; this needs a token"))
			return
		}
		next.ServeHTTP(w, r)
	})
}
