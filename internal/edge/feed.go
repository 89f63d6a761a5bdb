package edge

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/exchange/odata"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

// Feeds are read by tools that show tables: Excel, Power BI and their like. They know Basic, and ask for it when they are told to.

// schemes are the ways to come to a feed, the one first that tools ask their users for.
var schemes = []string{`Basic realm="pmo", charset="UTF-8"`, `Bearer realm="pmo"`}

// feed is the way of a request to a feed: as any other's, but for who is let in how.
func (c Config) feed(next http.Handler) http.Handler {
	next = c.known(c.feedCaller, schemes, c.rationed(c.hurried(c.received(next))))
	return c.cors(c.capped(c.Limits.Query, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" { // tools look first whether they have to say who they are: nobody was guessed at
			w.Header()["Www-Authenticate"] = schemes
			c.fail(w, r, auth.ErrUnauthenticated)
			return
		}
		next.ServeHTTP(w, r)
	})))
}

// feedCaller says who sends a request to a feed. By Basic the user's name may be any: the password is a token, or a feed key's identifier, a dot and
// its secret.
func (c Config) feedCaller(r *http.Request) (auth.Identity, error) {
	_, password, ok := r.BasicAuth()
	name, secret, dotted := strings.Cut(password, ".")
	switch {
	case !ok || !dotted:
	case strings.HasPrefix(name, keyPrefix) && c.Key != nil:
		return c.Key(r.Context(), base64.StdEncoding.EncodeToString([]byte(name+":"+secret)))
	case !strings.HasPrefix(name, keyPrefix):
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+password)
	}
	return c.caller(r)
}

var keyPrefix = strings.TrimSuffix(state.FeedKeys.Desc().ID(0), "0")

// valuesOfOne is how many values of a table cost as much as one of GraphQL.
const valuesOfOne = 10

// tables says how feeds answer.
func (c Config) tables() odata.Config {
	return odata.Config{
		View: func(ctx context.Context) (*state.View, error) {
			return c.Journal.View(ctx, graph.Identity(ctx), journal.Query{})
		},
		Caller: func(ctx context.Context) string { return graph.Identity(ctx).Principal() },
		Who:    graph.Identity,
		Slot:   func(ctx context.Context) (func(), error) { return c.Budgets.Run(ctx, graph.Identity(ctx)) },
		Charge: func(ctx context.Context, values int) { c.Budgets.Charge(graph.Identity(ctx), values/valuesOfOne) },
		Told: func(ctx context.Context, a odata.Answer) {
			c.Observer.Operation(ctx, graph.Operation{Name: a.Name, Kind: "query", Code: a.Code, Began: a.Began, Ended: a.Ended})
		},
		Secure: c.Proxies.forwarded,
		Refuse: c.fail,
		Now:    c.Now, Time: c.Limits.Time, Build: c.Build,
	}
}
