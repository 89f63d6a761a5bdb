package edge

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"pmograph/auth"
	"pmograph/graph"
	"pmograph/internal/access"
	"pmograph/internal/exchange/files"
	"pmograph/internal/fault"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

// NewFiles makes the service of files for who is let in.
func NewFiles(c Config, spool *files.Spool) *files.Server {
	f := c.files()
	f.Spool = spool
	f.View = func(ctx context.Context, q journal.Query) (*state.View, error) {
		return c.Journal.View(ctx, graph.Identity(ctx), q)
	}
	f.Who = graph.Identity
	f.Caller = func(ctx context.Context) string { return graph.Identity(ctx).Principal() }
	f.Reader = func(ctx context.Context) string { return c.reader(graph.Identity(ctx)) }
	f.Charge = func(ctx context.Context, values int) { c.Budgets.Charge(graph.Identity(ctx), values/valuesOfOne) }
	f.Told = func(ctx context.Context, name string, err error, began time.Time) {
		code := ""
		if err != nil {
			code = string(fault.KindOf(err))
		}
		c.Observer.Operation(ctx, graph.Operation{Name: name, Kind: "query", Code: code, Began: began, Ended: c.Now()})
		if err == nil {
			c.Observer.Exported(ctx, name)
		}
	}
	return files.New(f)
}

// files is what all services of files have in common.
func (c Config) files() files.Config {
	return files.Config{
		Lease: func(ctx context.Context, seq int64) (context.Context, func(), error) {
			return c.Journal.Lease(ctx, journal.LeaseExport, seq)
		},
		Erased: c.Journal.Erased, Refuse: c.fail, Now: c.Now, Build: c.Build,
	}
}

// operatorFiles serves files to who owns the machine. They are sent as they are written.
func (c Config) operatorFiles() http.Handler {
	f := c.files()
	f.View = func(ctx context.Context, q journal.Query) (*state.View, error) {
		return c.Journal.ViewAs(ctx, auth.Machine(operator), q)
	}
	f.Who = func(context.Context) auth.Identity { return auth.Identity{} } // he keeps none of his own
	f.Caller = func(context.Context) string { return operator }
	f.Reader = f.Caller
	f.Charge = func(context.Context, int) {}
	f.Told = func(context.Context, string, error, time.Time) {}
	return files.New(f)
}

// operator is who owns the machine, as the journal names him.
const operator = "operator"

// reader names who is let in: by his number, or by the key he came with.
func (c Config) reader(id auth.Identity) string {
	if id.FeedKey != 0 {
		return state.FeedKeys.Desc().ID(id.FeedKey)
	}
	if u := c.Journal.Latest().UserOf(id); u != nil {
		return state.Users.Desc().ID(u.ID)
	}
	return "nobody on record"
}

// Exported enters in the journal of access that somebody was given a file.
func (o *Observer) Exported(ctx context.Context, what string) {
	if o == nil {
		return
	}
	r := access.Of(ctx)
	o.log.Note(access.Entry{Kind: access.Export, Actor: r.User, Address: r.Address, What: what, Request: r.ID})
}

// exported is the figures of files.
type exported struct {
	s     *files.Server
	spool *files.Spool
}

// ExportFiles registers the figures of files.
func ExportFiles(reg prometheus.Registerer, s *files.Server, spool *files.Spool) {
	reg.MustRegister(exported{s, spool})
}

var (
	filesWritten = prometheus.NewDesc("pmo_files_written_total", "Files written, by format.", []string{"format"}, nil)
	fileRows     = prometheus.NewDesc("pmo_file_rows_total", "Rows of all files written.", nil, nil)
	filesAgain   = prometheus.NewDesc("pmo_files_sent_again_total", "Files, and parts of them, sent as they were kept.", nil, nil)
	filesKept    = prometheus.NewDesc("pmo_files_kept", "Files that are kept to be sent again.", nil, nil)
	filesBytes   = prometheus.NewDesc("pmo_files_kept_bytes", "Bytes on the disk of files that are kept or being written.", nil, nil)
)

// Describe says what is exported.
func (exported) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{filesWritten, fileRows, filesAgain, filesKept, filesBytes} {
		out <- d
	}
}

// Collect exports it.
func (e exported) Collect(out chan<- prometheus.Metric) {
	stats := e.s.Stats()
	kept, bytes := e.spool.Kept()
	for f, n := range stats.Written {
		out <- prometheus.MustNewConstMetric(filesWritten, prometheus.CounterValue, float64(n), string(f))
	}
	out <- prometheus.MustNewConstMetric(fileRows, prometheus.CounterValue, float64(stats.Rows))
	out <- prometheus.MustNewConstMetric(filesAgain, prometheus.CounterValue, float64(stats.Repeated))
	out <- prometheus.MustNewConstMetric(filesKept, prometheus.GaugeValue, float64(kept))
	out <- prometheus.MustNewConstMetric(filesBytes, prometheus.GaugeValue, float64(bytes))
}
