// Package edge is the HTTP server around the API: it bounds, names and authenticates every request before anything reads it.
package edge

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/web"
)

// Config is what a server is made of.
type Config struct {
	Journal  *journal.Journal
	Verify   func(ctx context.Context, token string) (auth.Identity, error)
	GraphQL  http.Handler
	GraphiQL http.Handler
	Spool    string   // directory in which uploads wait while they are imported; empty means the machine's for temporary files
	Origins  []string // origins that browsers may call from, beside the server's own
	Now      func() time.Time
	Log      *slog.Logger

	Limits  Limits         // zero bounds what DefaultLimits does
	Budgets *graph.Budgets // of those who ask; nil sets none
}

// Handler serves the API to whoever holds a token.
func Handler(c Config) http.Handler {
	if c.Limits.Query == 0 {
		c.Limits = DefaultLimits(c.Now)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", c.ready)
	mux.Handle("/graphql", c.cors(c.upgrading(c.entering(c.Limits.Query, c.bounded(c.GraphQL)))))
	mux.Handle("/import/{map}", c.cors(c.entering(c.Limits.Upload, onlyPost(c.importAs(asCaller, c.Limits.Upload)))))
	mux.Handle("/import/lines/{entity}", c.cors(c.entering(c.Limits.Upload, onlyPost(c.importLinesAs(asCaller, c.Limits.Upload)))))
	mux.Handle(web.Path, c.GraphiQL)
	mux.Handle(strings.TrimSuffix(web.Path, "/"), c.GraphiQL)
	mux.Handle("GET /{$}", http.RedirectHandler(web.Path, http.StatusFound))
	return c.named(mux)
}

// entering is the way of every request: first what it is allowed to be, then who sent it, then what he has left.
func (c Config) entering(size int64, next http.Handler) http.Handler {
	return encoded(capped(size, c.authenticated(c.rationed(next))))
}

func onlyPost(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", "POST")
			writeText(w, http.StatusMethodNotAllowed, "an import is sent with POST")
			return
		}
		next(w, r)
	})
}

// LocalHandler serves the command line over the socket in the data directory. Who can open the socket owns the data: he acts as the
// operator of the machine.
func LocalHandler(c Config) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /import/{map}", c.importAs(asOperator, 0))
	mux.HandleFunc("POST /import/lines/{entity}", c.importLinesAs(asOperator, 0))
	mux.HandleFunc("POST /grant", c.grant)
	return c.named(mux)
}

// Server wraps a handler with the timeouts of a server on an open network. There is no write timeout: answers may stream.
func Server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Minute, // an upload of the largest size over a slow line
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

func (c Config) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := c.Journal.Ready(ctx); err != nil {
		c.Log.Warn("not ready", "error", err)
		writeText(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	if err := c.Journal.Writable(ctx); err != nil {
		c.Log.Warn("ready to read only", "error", err)
		writeText(w, http.StatusOK, "ready to read; nothing can be written, the log says why")
		return
	}
	writeText(w, http.StatusOK, "ready")
}

// named gives each request an id, logs how it ended, and keeps a panic from taking the server down.
func (c Config) named(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := strings.ToLower(rand.Text()[:16])
		w.Header().Set("X-Request-Id", id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		rec := &recorder{ResponseWriter: w, status: http.StatusOK}
		began := c.Now()
		defer func() {
			if p := recover(); p != nil {
				c.Log.Error("a request panicked", "request", id, "panic", p)
				if !rec.wrote {
					writeText(rec, http.StatusInternalServerError, "internal error; request "+id)
				}
			}
			c.ended(r, id, rec.status, began)
		}()
		next.ServeHTTP(rec, r.WithContext(graph.WithRequestID(r.Context(), id)))
	})
}

// ended logs how a request ended. The record goes to the log's handler itself: a logger would look up first who calls it, which no line shows.
func (c Config) ended(r *http.Request, id string, status int, began time.Time) {
	h, now := c.Log.Handler(), c.Now()
	if !h.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	line := slog.NewRecord(now, slog.LevelInfo, "request", 0)
	line.AddAttrs(slog.String("request", id), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.Int("status", status), slog.Int64("ms", now.Sub(began).Milliseconds()))
	_ = h.Handle(r.Context(), line) // there is nowhere to say that the log cannot be written
}

type recorder struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (r *recorder) WriteHeader(status int) {
	r.status, r.wrote = status, true
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.wrote = true
	return r.ResponseWriter.Write(b)
}

// Unwrap lets the standard library reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush sends what was written so far.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// upgrading lets WebSockets through to the API, which asks for the token in their first message. A browser says which page opened one: it
// has to be of this server or of a configured origin.
func (c Config) upgrading(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Upgrade") == "":
			next.ServeHTTP(w, r)
		case !c.mayOpen(r):
			writeText(w, http.StatusForbidden, "pages of this origin may not open a WebSocket here")
		case !graph.SpeaksProtocol(r):
			writeText(w, http.StatusBadRequest, "a WebSocket speaks graphql-transport-ws here")
		default:
			c.GraphQL.ServeHTTP(w, r)
		}
	})
}

func (c Config) mayOpen(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(c.Origins, origin) || slices.Contains(c.Origins, "*") {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// cors lets browsers of the configured origins call the API, and nothing else here; others get no permission, and their browsers refuse.
func (c Config) cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		origin := r.Header.Get("Origin")
		for _, o := range c.Origins {
			if origin != "" && (o == origin || o == "*") {
				h := w.Header()
				h.Set("Access-Control-Allow-Origin", origin)
				h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key")
				h.Set("Access-Control-Allow-Methods", "GET, POST")
				h.Set("Access-Control-Expose-Headers", "X-Request-Id")
				h.Set("Access-Control-Max-Age", "600")
			}
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var statusOf = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict,
	fault.Forbidden: http.StatusForbidden, fault.Unavailable: http.StatusServiceUnavailable, fault.Internal: http.StatusInternalServerError,
}

// fail answers with an error.
func (c Config) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, body := c.failure(w, r, err)
	writeJSON(w, status, body)
}

// failure gives an error's answer: its words if the caller can use them, the request's id alone if the fault is ours.
func (c Config) failure(w http.ResponseWriter, r *http.Request, err error) (status int, body map[string]any) {
	kind := fault.KindOf(err)
	body = map[string]any{"code": kind, "message": "internal error", "requestId": w.Header().Get("X-Request-Id")}
	if f := (*fault.Error)(nil); errors.As(err, &f) && kind != fault.Internal {
		body["message"], body["errors"] = f.Text, f.Fields
	}
	if kind == fault.Internal || kind == fault.Unavailable {
		c.Log.Error("a request failed", "request", w.Header().Get("X-Request-Id"), "path", r.URL.Path, "error", err)
	}
	return statusOf[kind], body
}
