package edge

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/kept"
)

// authenticated lets only bearers of a valid token pass, and holders of a good feed key. Every other request gets the same answer. It names
// tokens alone: browsers keep what they are asked for by Basic, and send it unasked.
func (c Config) authenticated(next http.Handler) http.Handler {
	tries := newTries()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "private, no-cache")
		h.Add("Vary", "Authorization")
		id, err := c.caller(r, tries)
		if errors.Is(err, auth.ErrUnauthenticated) {
			h.Set("WWW-Authenticate", `Bearer realm="pmo"`)
		}
		if err != nil {
			c.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), id)))
	})
}

// caller finds out who sends a request: Bearer is a token, Basic a feed key.
func (c Config) caller(r *http.Request, tries *tries) (id auth.Identity, err error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "bearer"):
		if id, err = c.Verify(r.Context(), token); err == nil {
			_, err = c.Journal.View(r.Context(), id, journal.Query{})
		}
		return id, err
	case strings.EqualFold(scheme, "basic"):
		if err = auth.ErrUnauthenticated; c.Key != nil {
			id, err = c.Key(r.Context(), token)
		}
		if errors.Is(err, auth.ErrUnauthenticated) {
			name, _, _ := r.BasicAuth()
			tries.failed(r.Context(), name)
		}
		return id, err
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

// tries slows who fails again with the same feed key. Nobody can guess 256 random bits; this keeps the attempts from costing anything.
// Whoever has the secret is not slowed.
type tries struct {
	failures kept.Cache[string, int] // by what was given as the key's identifier
	waiting  chan struct{}           // as many as may be kept waiting at a time
}

const (
	freeTries = 3           // failures that are answered at once
	tryTime   = time.Second // how long later ones take
	maxTries  = 100         // that are slowed at a time; others are answered at once
	maxTried  = 2000        // keys whose failures are counted
)

func newTries() *tries {
	return &tries{failures: kept.Cache[string, int]{Bound: maxTried}, waiting: make(chan struct{}, maxTries)}
}

// failed counts a failure, and returns when it may be answered.
func (t *tries) failed(ctx context.Context, name string) {
	if len(name) > 32 { // no key's
		name = ""
	}
	n, _ := t.failures.Get(name)
	t.failures.Put(name, n+1, 1)
	if n < freeTries {
		return
	}
	select {
	case t.waiting <- struct{}{}:
		defer func() { <-t.waiting }()
	default:
		return
	}
	select {
	case <-time.After(tryTime):
	case <-ctx.Done():
	}
}
