package main

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"pmograph/graph"
	"pmograph/internal/access"
	"pmograph/internal/edge"
	"pmograph/internal/journal"
	"pmograph/internal/vocab"

	"github.com/prometheus/client_golang/prometheus"
)

// receiver takes traces as a collector does.
type receiver struct {
	mu   sync.Mutex
	all  []*spans.Span
	text string // everything that came, as text
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body := io.Reader(req.Body)
	if req.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(req.Body)
	}
	data, err := io.ReadAll(body)
	var sent collector.ExportTraceServiceRequest
	if err != nil || req.URL.Path != "/v1/traces" || proto.Unmarshal(data, &sent) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, of := range sent.ResourceSpans {
		for _, scope := range of.ScopeSpans {
			r.all = append(r.all, scope.Spans...)
		}
	}
	r.text += string(data)
}

// Requests, the parts of operations, and mutations are traced below the trace of whoever asks; spans name no person and no value.
func TestTraces(t *testing.T) {
	got := &receiver{}
	collects := httptest.NewServer(got)
	defer collects.Close()
	w := where{Data: t.TempDir()}
	tracer, stop, err := tracing{OtlpEndpoint: collects.URL}.start(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.openWith(t.Context(), opening{log: quiet(), tracer: tracer})
	if err != nil {
		t.Fatal(err)
	}
	s, err := listen{}.server(r, quiet(), key{dir: w.Data}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := edge.GrantRole(t.Context(), edge.Operator(r.journal), edge.GrantRequest{Subject: boss, Role: string(vocab.RoleAdmin)}); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(edge.Handler(s.config))
	admin := newClient(t, w, "", boss)
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	body := `{"query":"mutation Admit($s: String!) { userCreate(input: {issuer: \"LOCAL\", subject: $s, name: $s}) { user { id } } }","variables":{"s":"` + person + `"}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, web.URL+"/graphql?secret="+amount, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Authorization": {"Bearer " + admin.token}, "Content-Type": {"application/json"}, "Traceparent": {"00-" + trace + "-" + parent + "-01"}}
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	res.Body.Close()
	web.Close()
	s.verifier.Close()
	r.close()
	stop()
	got.mu.Lock()
	defer got.mu.Unlock()
	of := map[string]*spans.Span{}
	for _, s := range got.all {
		if hexOf(s.TraceId) == trace {
			of[s.Name] = s
		}
	}
	root := of["POST /graphql"]
	if root == nil || hexOf(root.ParentSpanId) != parent {
		t.Fatalf("the request's span is %v among %v", root, got.all)
	}
	for _, name := range []string{"parse", "validate", "plan", "run", "decide", "commit"} {
		s := of[name]
		if s == nil {
			t.Errorf("there is no span %s", name)
		} else if string(s.ParentSpanId) != string(root.SpanId) || s.StartTimeUnixNano < root.StartTimeUnixNano || s.EndTimeUnixNano > root.EndTimeUnixNano || s.EndTimeUnixNano < s.StartTimeUnixNano {
			t.Errorf("%s does not lie within the request", name)
		}
	}
	noSecrets(t, got.text, boss, person, amount, admin.token, "Frieda", "secret")
	if !strings.Contains(got.text, "Admit") || !strings.Contains(got.text, "userCreate") {
		t.Error("spans do not name operation and mutation")
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, x := range b {
		s.WriteByte(digits[x>>4])
		s.WriteByte(digits[x&15])
	}
	return s.String()
}

// Without traces an operation and a mutation cost no memory for them.
func TestNoTracesCostNothing(t *testing.T) {
	o := edge.NewObserver(prometheus.NewRegistry(), nil, nil)
	ctx := access.WithRequest(context.Background(), &access.Request{ID: "x"})
	op := graph.Operation{Name: "Dashboard", Kind: "query"}
	o.Operation(ctx, op)
	if n := testing.AllocsPerRun(1000, func() { o.Operation(ctx, op) }); n > 0 {
		t.Errorf("an operation: %v allocations", n)
	}
	if n := testing.AllocsPerRun(1000, func() { o.Mutation(ctx, journal.Done{Action: "projectMove"}) }); n > 0 {
		t.Errorf("a mutation: %v allocations", n)
	}
}

// Operations beyond a hundred names share one figure, those registered apart.
func TestOperationNamesAreBounded(t *testing.T) {
	reg := prometheus.NewRegistry()
	o := edge.NewObserver(reg, nil, nil)
	o.Register([]string{"Registered"})
	for i := range 500 {
		o.Operation(context.Background(), graph.Operation{Name: "Q" + hexOf([]byte{byte(i >> 8), byte(i)}), Kind: "query"})
	}
	for range 3 {
		o.Operation(context.Background(), graph.Operation{Name: "Registered", Kind: "query", Code: "FORBIDDEN"})
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "pmo_requests_total" {
			continue
		}
		var other, registered float64
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				switch {
				case l.GetName() == "operation" && l.GetValue() == "other":
					other = m.GetCounter().GetValue()
				case l.GetName() == "operation" && l.GetValue() == "Registered":
					registered = m.GetCounter().GetValue()
				}
			}
		}
		if n := len(f.GetMetric()); n != 103 || other != 400 || registered != 3 { // "", a hundred, other, Registered
			t.Errorf("%d figures, %v of others, %v of the registered", n, other, registered)
		}
	}
}
