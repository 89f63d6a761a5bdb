// Package edge is the HTTP server around the API: it bounds, names and authenticates every request before anything reads it.
package edge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/access"
	"pmograph/internal/exchange/files"
	"pmograph/internal/exchange/odata"
	"pmograph/internal/exchange/projectdata"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/web"
)

// Config is what a server is made of.
type Config struct {
	Journal  *journal.Journal
	Verify   func(ctx context.Context, token string) (auth.Identity, error)
	Key      func(ctx context.Context, credentials string) (auth.Identity, error) // says who holds a feed key, see Keys; nil: nobody
	Build    string                                                               // names the program: what it answered is not taken for another's
	GraphQL  http.Handler
	GraphiQL http.Handler
	Files    http.Handler // serves files to whoever is let in, see NewFiles; nil: there are none
	Mail     http.Handler // ends mail subscriptions for who comes by the link in a mail; nil: nobody does
	Spool    string       // directory in which uploads wait while they are imported; empty means the machine's for temporary files
	Origins  []string     // origins that browsers may call from, beside the server's own
	Now      func() time.Time
	Log      *slog.Logger

	Proxies  Proxies   // proxies before this server; none: what requests say of whom they are forwarded for does not count
	Observer *Observer // told of every request; nil: nobody is

	BodyTime  time.Duration // for the body of an operation to arrive; 0 means ten seconds
	WriteTime time.Duration // for the client to take 64 KiB of an answer; 0 means five seconds

	Limits  Limits         // zero bounds what DefaultLimits does
	Budgets *graph.Budgets // of those who ask; nil sets none
}

const (
	graphPath = "/graphql"
	mailPath  = "/mail/unsubscribe"
	maxForm   = 4 << 10 // bytes of what somebody without a token sends
)

// Handler serves the API to whoever holds a token.
func Handler(c Config) http.Handler {
	c = c.timed()
	if c.Limits.Query == 0 {
		c.Limits = DefaultLimits(c.Now)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", c.ready)
	mux.Handle(graphPath, c.cors(c.upgrading(graph.WellFormed(c.entering(c.Limits.Query, c.hurried(c.bounded(c.GraphQL)))))))
	mux.Handle("/import/{map}", c.cors(c.plain(c.entering(c.Limits.Upload, c.withToken(onlyPost(c.importAs(asCaller, c.Limits.Upload)))))))
	mux.Handle("/import/lines/{entity}", c.cors(c.plain(c.entering(c.Limits.Upload, c.withToken(onlyPost(c.importLinesAs(asCaller, c.Limits.Upload)))))))
	mux.Handle(odata.Path, c.feed(packed(odata.New(c.tables()))))
	mux.Handle(strings.TrimSuffix(odata.Path, "/"), http.RedirectHandler(odata.Path, http.StatusPermanentRedirect))
	for _, path := range projectdata.Paths {
		old := c.feed(packed(projectdata.New(c.tables())))
		mux.Handle(path, old)
		mux.Handle(path+"/", old)
	}
	if c.Files != nil {
		mux.Handle(files.Path, c.feed(c.Files))
	}
	if c.Mail != nil {
		mux.Handle(mailPath, c.capped(maxForm, c.strangers(c.Mail)))
	}
	mux.Handle(web.Path, c.GraphiQL)
	mux.Handle(strings.TrimSuffix(web.Path, "/"), c.GraphiQL)
	mux.Handle("GET /{$}", http.RedirectHandler(web.Path, http.StatusFound))
	return c.named(mux)
}

// entering is the way of every request: first what it is allowed to be, then who sent it, then what he has left.
func (c Config) entering(size int64, next http.Handler) http.Handler {
	return c.capped(size, c.authenticated(c.rationed(next)))
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
	c = c.timed()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /import/{map}", c.importAs(asOperator, 0))
	mux.HandleFunc("POST /import/lines/{entity}", c.importLinesAs(asOperator, 0))
	mux.HandleFunc("POST /grant", c.grant)
	mux.Handle(files.Path, c.operatorFiles())
	return c.named(mux)
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

// upgrading lets WebSockets through to the API, which asks for the token in their first message. A browser says which page opened one: it
// has to be of this server or of a configured origin.
func (c Config) upgrading(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Upgrade") == "":
			next.ServeHTTP(w, r)
		case !c.mayOpen(r):
			graph.Refuse(w, r, fault.New(fault.Forbidden, "pages of this origin may not open a WebSocket here"))
		case !graph.SpeaksProtocol(r):
			graph.Refuse(w, r, fault.New(fault.BadRequest, "a WebSocket speaks graphql-transport-ws here"))
		default:
			access.Of(r.Context()).Shared = true
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
				h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Idempotency-Key, DataServiceVersion, If-None-Match, Last-Event-ID, MaxDataServiceVersion, OData-MaxVersion, OData-Version, Prefer")
				h.Set("Access-Control-Allow-Methods", "GET, POST")
				h.Set("Access-Control-Expose-Headers", "X-Request-Id, Retry-After, ETag, DataServiceVersion, OData-Version, Preference-Applied")
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

// fail answers with an error, in the form of who is asked.
func (c Config) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, body := c.failure(w, r, err)
	switch {
	case r.URL.Path == graphPath:
		graph.Refuse(w, r, err)
	case strings.HasPrefix(r.URL.Path, odata.Path):
		odata.Refuse(w, r, err)
	case projectdata.Serves(r.URL.Path):
		projectdata.Refuse(w, r, err)
	default:
		writeJSON(w, status, body)
	}
}

// failure gives an error's answer: its words if the caller can use them, the request's id alone if the fault is ours.
func (c Config) failure(w http.ResponseWriter, r *http.Request, err error) (status int, body map[string]any) {
	kind := fault.KindOf(err)
	access.Of(r.Context()).Code = string(kind)
	body = map[string]any{"code": kind, "message": "internal error", "requestId": w.Header().Get("X-Request-Id")}
	if f := (*fault.Error)(nil); errors.As(err, &f) && kind != fault.Internal {
		body["message"], body["errors"] = f.Text, f.Fields
	}
	if kind == fault.Internal || kind == fault.Unavailable {
		c.Log.Error("a request failed", "request", w.Header().Get("X-Request-Id"), "path", route(r), "error", err)
	}
	return fault.CodeOf(kind).Status, body
}
