package edge

import (
	"errors"
	"net/http"
	"strings"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/journal"
)

// authenticated lets only bearers of a valid token pass. Every other request gets the same answer.
func (c Config) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "private, no-cache")
		h.Add("Vary", "Authorization")
		id, err := c.recognised(r)
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

// recognised finds out who sent a request.
func (c Config) recognised(r *http.Request) (id auth.Identity, err error) {
	from := origin(r)
	leave, err := c.Limits.Strangers.Enter(r.Context(), from)
	if err != nil {
		return id, busy(err)
	}
	defer leave()
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	err = auth.ErrUnauthenticated
	if strings.EqualFold(scheme, "bearer") {
		id, err = c.Verify(r.Context(), token)
	}
	if err == nil {
		_, err = c.Journal.View(r.Context(), id, journal.Query{})
	}
	if errors.Is(err, auth.ErrUnauthenticated) {
		err = c.Limits.failed(from, err)
	}
	return id, err
}
