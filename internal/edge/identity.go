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
		leave, failed, ok := c.recognising(w, r)
		if !ok {
			return
		}
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		id, err := auth.Identity{}, auth.ErrUnauthenticated
		if strings.EqualFold(scheme, "bearer") {
			id, err = c.Verify(r.Context(), token)
		}
		if err == nil {
			_, err = c.Journal.View(r.Context(), id, journal.Query{})
		}
		leave()
		if errors.Is(err, auth.ErrUnauthenticated) {
			failed()
			h.Set("WWW-Authenticate", `Bearer realm="pmo"`)
			writeText(w, http.StatusUnauthorized, auth.ErrUnauthenticated.Error())
			return
		}
		if err != nil {
			c.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), id)))
	})
}
