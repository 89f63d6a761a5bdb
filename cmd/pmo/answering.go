package main

import (
	"fmt"
	"math"
	"os"

	"github.com/dustin/go-humanize"
	"github.com/prometheus/client_golang/prometheus"

	"pmograph/graph"
)

// answering says how questions are answered.
type answering struct {
	Executor      string `help:"Who answers operations: planned, or gqlgen's own executor, which is slower and gives the same answers." default:"planned" enum:"planned,gqlgen" env:"PMO_EXECUTOR"`
	Documents     string `help:"Directory of operations, in files *.graphql, that clients may ask by documentId: sha256: and the hash of the file." env:"PMO_DOCUMENTS" type:"existingdir" placeholder:"DIR"`
	DocumentsOnly bool   `help:"Answer registered documents only: those of --documents and those on record." env:"PMO_DOCUMENTS_ONLY"`
	Dev           bool   `help:"For development: everybody with a token may read the schema, and errors suggest names from it." env:"PMO_DEV"`
	KeepAnswers   string `help:"Memory for answers that are kept for equal questions while nothing changes; 0 keeps none." default:"64MiB" env:"PMO_KEEP_ANSWERS" placeholder:"SIZE"`
}

// options gives what the server needs to know of it.
func (a answering) options() (o graph.Options, err error) {
	o = graph.Options{Executor: graph.Executor(a.Executor), Build: version, Dev: a.Dev, DocumentsOnly: a.DocumentsOnly}
	if a.KeepAnswers != "" {
		n, err := humanize.ParseBytes(a.KeepAnswers)
		if err != nil || n > math.MaxInt32 {
			return o, usage(fmt.Sprintf("--keep-answers: %q is no size up to 2GiB; write it like 64MiB", a.KeepAnswers))
		}
		o.Kept = int(n)
	}
	if a.Documents != "" {
		if o.Documents, err = graph.ReadDocuments(graph.Schema(), os.DirFS(a.Documents)); err != nil {
			return o, usage(fmt.Sprintf("--documents: %s", err))
		}
	}
	return o, nil
}

// executions exports how operations were answered.
type executions struct{ of func() graph.Executions }

var answeredBy = prometheus.NewDesc("pmo_operations_total", "Operations answered: by running a plan, by what an equal question was answered, by saying that nothing changed, or by gqlgen's executor, for a reason.", []string{"by", "reason"}, nil)

// Describe says what is exported.
func (executions) Describe(out chan<- *prometheus.Desc) { out <- answeredBy }

// Collect exports it.
func (e executions) Collect(out chan<- prometheus.Metric) {
	x := e.of()
	count := func(n int, by, reason string) {
		out <- prometheus.MustNewConstMetric(answeredBy, prometheus.CounterValue, float64(n), by, reason)
	}
	count(x.Planned, "plan", "")
	count(x.Shared, "kept", "")
	count(x.Unchanged, "unchanged", "")
	for reason, n := range x.Others {
		count(n, "gqlgen", reason)
	}
}
