// Package graph is the contract: the GraphQL schema written by hand, one file an area, and the thin layer that answers it from views and
// hands mutations to the door. It enforces nothing: what a caller may see or do is decided by view and draft.
package graph

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"

	"pmograph/auth"
	"pmograph/graph/generated"
	"pmograph/graph/plan"
	"pmograph/internal/access"
	"pmograph/internal/journal"
	"pmograph/internal/live"
	"pmograph/internal/state"
)

// Door is where views come from and where mutations go; *journal.Journal is one.
type Door interface {
	live.Source
	live.Jobs
	Do(ctx context.Context, id auth.Identity, dec state.Decision, m journal.Meta) (journal.Outcome, error)
}

// Options are what the server needs beside a door.
type Options struct {
	Log *slog.Logger // of errors that are ours; nil logs nothing

	// Verify is asked by WebSockets, whose token comes after the handshake; without it all are refused.
	Verify Verify

	Executor Executor

	Access access.Store // journal of access that accessLog shows; without it nobody is shown one

	Observe func(ctx context.Context, o Operation) // told of every operation; nil tells nobody
	Timed   bool                                   // Observe wants to know when operations were planned

	// Documents are registered beside those on record: a request may name one by documentId in place of its text.
	Documents     *Documents
	DocumentsOnly bool // others are refused

	Dev bool // everybody who is known may read the schema, and errors suggest names from it; else the office may

	Limits  Limits   // of documents that are not registered; without, their tokens alone are bounded
	Budgets *Budgets // of those who ask; nil sets none, and no answer says what it cost

	Lines int    // WebSockets and event streams that a user may have at a time; 50 if it is 0
	Kept  int    // bytes of answers that are kept for equal questions; 0 keeps none
	Build string // names the program: entity tags of another one do not match
}

// Executor says who answers operations.
type Executor string

// The executors. They give the same answers.
const (
	Planned Executor = "planned" // the default: by plans
	Gqlgen  Executor = "gqlgen"  // gqlgen's own
)

// Verify says whose a token is; auth.ErrUnauthenticated if it is nobody's.
type Verify func(ctx context.Context, token string) (auth.Identity, error)

const (
	keptQueries = 1000 // parsed and validated documents that are kept
)

// Server answers GraphQL over HTTP. Who is asking comes from the request's context, see WithIdentity, or from a WebSocket's first message.
type Server struct {
	http.Handler
	hub      *live.Hub
	jobs     live.Jobs
	own      atomic.Int64 // feeds that nobody shares
	host     *plan.Host
	present  graphql.ErrorPresenterFunc
	cuts     atomic.Int64 // lines broken off since nobody read them
	lines    lines
	executor *executor // nil if gqlgen's own answers everything

	registry *registry
	queries  *queries
	plans    *plans
	schema   *ast.Schema
	rules    []core.Rule // of documents
	entry    admission
	limits   Limits
	budgets  *Budgets
	observe  func(context.Context, Operation)
}

// NewServer gives a server: questions and mutations by GET and POST, streams as server-sent events by POST, and all of it over
// WebSockets. It has to be stopped.
func NewServer(door Door, o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{hub: live.NewHub(door), jobs: door, observe: o.Observe, limits: o.Limits, budgets: o.Budgets, rules: documentRules(o.Dev)}
	if s.limits.Tokens == 0 {
		s.limits.Tokens = DefaultLimits.Tokens
	}
	resolvers := &Resolver{door, o.Access}
	s.present, s.lines.most = presenter(o.Log), o.Lines
	if s.lines.most == 0 {
		s.lines.most = maxLines
	}
	s.host = &plan.Host{Resolvers: generated.ResolverRoot(resolvers), Present: s.present, Recover: recovered}
	schema := generated.NewExecutableSchema(generated.Config{Resolvers: resolvers})
	s.schema = schema.Schema()
	s.registry = &registry{schema: s.schema, files: o.Documents, record: door.Moved, log: o.Log}
	s.registry.now() // what cannot be answered is said at the start
	s.queries, s.plans = newQueries(s.registry), newPlans(s.schema, &generated.Fields, s.registry)
	s.entry = admission{s.registry, door, o.Dev, o.DocumentsOnly}
	if o.Executor != Gqlgen {
		s.executor = &executor{
			ExecutableSchema: schema, plans: s.plans, budgets: o.Budgets, resolver: resolvers, build: o.Build, chunk: chunkSize, timed: o.Timed,
			host: s.host,
		}
		s.executor.keeper.kept.Bound = o.Kept
		schema = s.executor
	}
	srv := handler.New(schema)
	srv.AddTransport(sockets{s, door, o.Verify})
	srv.AddTransport(events{s})
	srv.AddTransport(requests{s})
	srv.SetParserTokenLimit(s.limits.Tokens)
	srv.SetQueryCache(s.queries)
	srv.Use(s.entry)
	srv.AroundOperations(s.operations)
	if o.Observe != nil {
		srv.AroundResponses(s.answered)
	}
	if o.Budgets != nil {
		srv.AroundResponses(o.Budgets.tell)
	}
	srv.SetErrorPresenter(s.present)
	srv.SetRecoverFunc(recovered)
	s.Handler = srv
	return s
}

// Streams counts the streams that are open.
func (s *Server) Streams() int { return s.hub.Streams() }

// Live tells of the streams of a server.
type Live struct {
	Open      int   // subscriptions
	Lines     int   // connections that stay open
	Evaluated int64 // times that a group of streams was told something
	Sent      int64 // events
	Cut       int64 // connections that were broken off since nobody read them
}

// Live tells of the streams there are, and of what they were sent since the server began.
func (s *Server) Live() Live {
	c := s.hub.Counts()
	return Live{s.hub.Streams(), s.lines.count(), c.Evaluated.Load(), c.Sent.Load(), s.cuts.Load()}
}

// Stop tells every stream where to go on elsewhere, and closes the WebSockets. It returns when they are closed, or when ctx ends.
func (s *Server) Stop(ctx context.Context) {
	s.hub.Stop()
	s.lines.wait(ctx)
}

// Schema is the schema that documents are checked against.
func Schema() *ast.Schema {
	return generated.NewExecutableSchema(generated.Config{}).Schema()
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
