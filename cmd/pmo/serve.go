package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pmograph/graph"
	"pmograph/internal/access"
	"pmograph/internal/edge"
	"pmograph/internal/exchange/files"
	"pmograph/internal/mail"
	"pmograph/web"
)

type serveCommand struct{ serving }

// serving is everything that says how to serve.
type serving struct {
	where
	listen
	key
	operating
	waking
	tracing
	delivering
}

// operating is what operators ask of a server.
type operating struct {
	MetricsAddr string `help:"Address on which to serve figures at /metrics, to anybody who reaches it; without it they are not served." env:"PMO_METRICS_ADDR" placeholder:"HOST:PORT"`
	MemoryLimit string `help:"Memory to take at most, like 4GiB; without it GOMEMLIMIT, or 70 % of the machine's or container's." env:"PMO_MEMORY_LIMIT" placeholder:"SIZE"`
	PastLimit   int64  `help:"Changes to undo at most for one question about the past." default:"2000000" env:"PMO_PAST_LIMIT" placeholder:"N"`
	AnchorFile  string `help:"File to which the signed head of the journal is appended each minute; best on another machine." env:"PMO_ANCHOR_FILE" type:"path" placeholder:"FILE"`
	AccessDays  int    `help:"Days for which entries of the journal of access are kept; 0 keeps all." default:"400" env:"PMO_ACCESS_DAYS" placeholder:"N"`
}

// listen says how to serve.
type listen struct {
	answering
	limiting
	network
	identity
	Addr       string   `help:"Address to listen on." default:"127.0.0.1:8080" env:"PMO_ADDR" placeholder:"HOST:PORT"`
	CorsOrigin []string `help:"Origins that browsers may call from; repeat for more." env:"PMO_CORS_ORIGIN" placeholder:"ORIGIN"`
	LogFormat  string   `help:"Form of the log: json or text." default:"json" enum:"json,text" env:"PMO_LOG_FORMAT"`
}

// stopTime bounds how long work in flight may take after a signal to stop.
const stopTime = 20 * time.Second

// Run serves until a signal comes.
func (c *serveCommand) Run(ctx context.Context) error {
	log := logger(c.LogFormat)
	reg := edge.Registry()
	tracer, stopTracing, err := c.start(ctx, log)
	if err != nil {
		return err
	}
	defer stopTracing()
	word, err := c.word(c.where, log, reg)
	if err != nil {
		return err
	}
	r, err := c.openWith(ctx, opening{log: log, limit: c.MemoryLimit, metrics: reg, past: c.PastLimit, tracer: tracer, days: c.AccessDays, word: word, deaf: !c.Notify})
	if err != nil {
		return err
	}
	defer r.close()
	r.memory.tell(log, r.journal.Latest())
	c.dir = c.Data
	s, err := c.server(r, log, c.key, nil)
	if err != nil {
		return err
	}
	defer s.verifier.Close()
	s.figures(reg, r)
	a, err := newAnchor(c.AnchorFile, s.verifier.keys, log, reg)
	if err != nil {
		return fmt.Errorf("--anchor-file: %w", err)
	}
	defer a.start(r.journal)()
	stopTelling, err := c.tell(r, log, reg)
	if err != nil {
		return err
	}
	defer stopTelling()
	s.metricsAddr, s.metrics = c.MetricsAddr, edge.MetricsHandler(reg)
	return s.serve(ctx, c.where, c.listen, func(string) error { return nil })
}

// server is everything that answers.
type server struct {
	config   edge.Config
	api      *graph.Server
	verifier *signIn
	log      *slog.Logger

	connections *edge.Connections
	certificate *edge.Certificate // nil: it does not speak TLS
	access      *access.Log
	files       *files.Server
	spool       *files.Spool

	metricsAddr string // empty: none are served
	metrics     http.Handler
}

func (l listen) server(r *record, log *slog.Logger, k key, graphiql func(*http.Request) web.Config) (*server, error) {
	options, err := l.options()
	if err != nil {
		return nil, err
	}
	proxies, err := l.proxies()
	if err != nil {
		return nil, err
	}
	certificate, err := l.certificate()
	if err != nil {
		return nil, err
	}
	verifier, err := newSignIn(l.identity, k, r.journal, log, r.observer.TokenRefused)
	if err != nil {
		return nil, err
	}
	if graphiql == nil {
		graphiql = func(*http.Request) web.Config { return web.Config{Endpoint: "/graphql"} }
	}
	verify := r.access.Watch(verifier.Verify, r.journal.Actor)
	r.observer.Register(options.Documents.Names())
	budgets, err := l.budgets(r.journal, time.Now)
	if err != nil {
		return nil, err
	}
	options.Limits, options.Budgets, options.Lines = l.documents(), budgets, l.MaxStreams
	options.Log, options.Verify, options.Observe, options.Timed = log, verify, r.observer.Operation, r.observer.Traces()
	options.Access = r.accessed
	api := graph.NewServer(r.journal, options)
	config := edge.Config{
		Journal: r.journal, Verify: verify, Key: r.access.Watch(edge.Keys(r.journal), r.journal.Actor), GraphQL: api, GraphiQL: web.Handler(graphiql),
		Mail: mail.Unsubscribe(r.journal, log), Origins: l.CorsOrigin, Now: time.Now, Log: log, Spool: k.dir,
		Proxies: proxies, Observer: r.observer,
		Limits: l.requests(time.Now), Budgets: budgets, Build: version,
	}
	spool := &files.Spool{Dir: k.dir, Most: given(l.MaxExportsMiB<<20, 4<<30), Now: time.Now}
	served := edge.NewFiles(config, spool)
	config.Files = served
	return &server{config: config, api: api, verifier: verifier, log: log, connections: l.connections(proxies), certificate: certificate, access: r.access, files: served, spool: spool}, nil
}

// figures adds what operators want to know beside the journal's own figures.
func (s *server) figures(reg prometheus.Registerer, r *record) {
	r.memory.export(reg, r.journal)
	s.connections.Export(reg)
	edge.ExportFiles(reg, s.files, s.spool)
	reg.MustRegister(liveness{s.api.Live},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "pmo_kept_answers_bytes", Help: "Memory of kept answers."}, func() float64 { return float64(s.api.KeptBytes()) }),
		executions{s.api.Executions})
}

// serve listens on the address and, with SQLite, on the socket of the command line, until ctx ends or ready, told the address once the
// server answers, fails; then it lets work in flight finish.
func (s *server) serve(ctx context.Context, w where, l listen, ready func(url string) error) error {
	tcp, err := s.connections.Listen(ctx, l.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w; name another address with --addr", l.Addr, err)
	}
	listeners := map[net.Listener]http.Handler{tcp: edge.Handler(s.config)}
	if w.Database == "" {
		_ = os.Remove(w.socket()) // left by a process that was killed: this one holds the lock
		unix, err := net.Listen("unix", w.socket())
		if err != nil {
			return fmt.Errorf("cannot listen on %s: %w", w.socket(), err)
		}
		if err := os.Chmod(w.socket(), 0o600); err != nil {
			return err
		}
		listeners[unix] = edge.LocalHandler(s.config)
	}
	if s.metricsAddr != "" {
		on, err := net.Listen("tcp", s.metricsAddr)
		if err != nil {
			return fmt.Errorf("cannot listen on %s: %w; name another address with --metrics-addr", s.metricsAddr, err)
		}
		listeners[on] = s.metrics
		s.log.Info("serving metrics", "address", "http://"+on.Addr().String()+"/metrics")
	}
	stop := make(chan struct{})
	go s.spool.Run(stop, s.config.Journal.Erased)
	defer close(stop)
	ended := make(chan error, len(listeners))
	var servers []*http.Server
	url := "http://" + tcp.Addr().String()
	for on, handler := range listeners {
		srv := edge.Server(handler, s.log)
		servers = append(servers, srv)
		if on == tcp && s.certificate != nil {
			url, srv.TLSConfig = "https://"+tcp.Addr().String(), s.certificate.Config()
			go func() { ended <- srv.ServeTLS(on, "", "") }()
			continue
		}
		go func() { ended <- srv.Serve(on) }()
	}
	defer renew(s.certificate, s.log)()
	failed := make(chan error, 1)
	go func() {
		if err := ready(url); err != nil {
			failed <- err
		}
	}()
	s.access.Note(access.Entry{Kind: access.Started, Actor: "server", What: "serve"})
	s.log.Info("serving", "address", url, "version", version)
	select {
	case err = <-ended:
	case err = <-failed:
	case <-ctx.Done():
		s.log.Info("stopping")
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	s.endStreams(stopping)
	for _, srv := range servers {
		if srv.Shutdown(stopping) != nil {
			s.log.Warn("work in flight did not end in time and was cut off")
			_ = srv.Close() // what it says was said
		}
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// streamTime bounds how long streams may take to say where to go on.
const streamTime = 8 * time.Second

func (s *server) endStreams(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, streamTime)
	defer cancel()
	s.api.Stop(ctx)
}
