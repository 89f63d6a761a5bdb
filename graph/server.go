// Package graph is the contract: the GraphQL schema written by hand, one file an area, and the thin layer that answers it from views and
// hands mutations to the door. It enforces nothing: what a caller may see or do is decided by view and draft.
package graph

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/auth"
	"pmograph/graph/generated"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

// Door is where views come from and where mutations go; *journal.Journal is one.
type Door interface {
	View(ctx context.Context, id auth.Identity, q journal.Query) (*state.View, error)
	Do(ctx context.Context, id auth.Identity, dec state.Decision, m journal.Meta) (journal.Outcome, error)
}

// Options are what the server needs beside a door.
type Options struct {
	Log *slog.Logger // of errors that are ours; nil logs nothing
}

const (
	maxTokens   = 1000 // of a document
	keptQueries = 1000 // parsed and validated documents that are kept
)

// NewServer answers GraphQL over HTTP, by GET and POST. Who is asking comes from the request's context: see WithIdentity.
func NewServer(door Door, o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	srv := handler.New(generated.NewExecutableSchema(generated.Config{Resolvers: &Resolver{door: door}}))
	srv.AddTransport(transport.GET{})
	srv.AddTransport(transport.POST{})
	srv.SetParserTokenLimit(maxTokens)
	srv.SetQueryCache(lru.New[*ast.QueryDocument](keptQueries))
	srv.Use(extension.Introspection{})
	srv.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		return next(withRequest(ctx))
	})
	srv.AroundFields(tagged)
	srv.SetErrorPresenter(presenter(o.Log))
	srv.SetRecoverFunc(recovered)
	return srv
}

//go:embed schema/*.graphql
var schema embed.FS

// SDL gives the whole schema.
func SDL() string {
	files, err := schema.ReadDir("schema")
	if err != nil {
		panic(err) // it is embedded
	}
	var parts []string
	for _, f := range files {
		text, err := schema.ReadFile("schema/" + f.Name())
		if err != nil {
			panic(err)
		}
		parts = append(parts, strings.TrimSpace(string(text))+"\n")
	}
	return strings.Join(parts, "\n")
}
