package main

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"pmograph/internal/edge"
	"pmograph/internal/fault"
)

// gathered gives what a registry holds: values by name; of several with labels, the sum.
func gathered(t *testing.T, reg *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		all[f.GetName()] += 0
		for _, m := range f.GetMetric() {
			all[f.GetName()] += m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

// Every figure is described in docs/operations.md, and nothing else is; the rules of docs/alerts.yml ask for figures that exist.
func TestFiguresAreDescribed(t *testing.T) {
	w, reg := where{Data: t.TempDir()}, edge.Registry()
	r, err := w.openWith(t.Context(), opening{log: quiet(), metrics: reg})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	served, err := listen{}.server(r, quiet(), key{dir: w.Data}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer served.verifier.Close()
	served.figures(reg, r)
	if _, err := (waking{Nats: []string{"nats://127.0.0.1:1"}}).word(where{Database: "any"}, quiet(), reg); err != nil {
		t.Fatal(err)
	}
	if _, err := newAnchor("", w.localKeys(t), quiet(), reg); err != nil {
		t.Fatal(err)
	}
	stop, err := delivering{}.tell(r, quiet(), reg)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	have := gathered(t, reg)
	if have["pmo_writable"] != 1 || have["pmo_record_limit_bytes"] <= 0 {
		t.Errorf("writable %v, limit %v", have["pmo_writable"], have["pmo_record_limit_bytes"])
	}
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for line := range strings.Lines(string(page)) {
		if name, ok := strings.CutPrefix(line, "| `pmo_"); ok {
			name, _, _ = strings.Cut(name, "`")
			name, _, _ = strings.Cut(name, "{")
			described["pmo_"+name] = true
		}
	}
	for name := range have {
		if strings.HasPrefix(name, "pmo_") && !described[name] {
			t.Errorf("docs/operations.md does not describe %s", name)
		}
	}
	for name := range described {
		if _, ok := have[name]; !ok {
			t.Errorf("docs/operations.md describes %s, which is not there", name)
		}
	}
	rules, err := os.ReadFile("../../docs/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, word := range strings.FieldsFunc(string(rules), func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		if !strings.HasPrefix(word, "pmo_") {
			continue
		}
		asked++
		if _, ok := have[strings.TrimSuffix(strings.TrimSuffix(word, "_bucket"), "_sum")]; !ok {
			t.Errorf("docs/alerts.yml asks for %s, which is not there", word)
		}
	}
	if asked == 0 {
		t.Error("docs/alerts.yml asks for nothing")
	}
}

// What happens is counted.
func TestFiguresMove(t *testing.T) {
	w, reg := where{Data: t.TempDir()}, edge.Registry()
	r, err := w.openWith(t.Context(), opening{log: quiet(), metrics: reg})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	r.memory.export(reg, r.journal)
	do := edge.Operator(r.journal)
	for subject, want := range map[string]bool{"somebody": true, "": false} {
		if err := edge.GrantRole(t.Context(), do, edge.GrantRequest{Subject: subject, Role: "VIEWER"}); (err == nil) != want {
			t.Errorf("%q: %v", subject, err)
		}
	}
	have := gathered(t, reg)
	for name, want := range map[string]float64{
		"pmo_head": 1, "pmo_rows": 2, "pmo_mutations_total": 2, "pmo_batch_mutations": 1, "pmo_lock_wait_seconds": 1, "pmo_commit_seconds": 1, "pmo_queue_mutations": 0,
	} {
		if have[name] < want || want == 0 && have[name] != 0 {
			t.Errorf("%s is %v, want %v", name, have[name], want)
		}
	}
	if have["pmo_proven_age_seconds"] > 60 || have["pmo_record_bytes"] != 2*assumedPerRow {
		t.Errorf("proven %v s ago, %v bytes", have["pmo_proven_age_seconds"], have["pmo_record_bytes"])
	}
}

// What memory has no room for is refused, and nothing of it is applied; with room again it is not.
func TestRowsBeyondMemoryAreRefused(t *testing.T) {
	w := where{Data: t.TempDir()}
	w.during(t, func(r *record) {
		grant := func() error {
			return edge.GrantRole(t.Context(), edge.Operator(r.journal), edge.GrantRequest{Subject: "somebody", Role: "VIEWER"})
		}
		m := *r.memory
		r.memory.perRow = (m.forRecord()-m.base)/2 + 1 // room for one row; a grant to somebody unknown takes two
		if err := grant(); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "no memory") {
			t.Errorf("beyond the limit: %v", err)
		}
		if n := r.journal.Latest().Seq(); n != 0 {
			t.Errorf("%d entries", n)
		}
		r.memory.perRow-- // room for two
		if err := grant(); err != nil {
			t.Errorf("at the limit: %v", err)
		}
	})
}

// Figures are served on an address of their own, and only there.
func TestFiguresAreServedApart(t *testing.T) {
	w := where{Data: t.TempDir()}
	p := serveProcess(t, ownProgram(t), w, "--metrics-addr", "127.0.0.1:0")
	_, rest, ok := strings.Cut(p.log(), `"serving metrics","address":"`)
	url, _, _ := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("where are the figures?\n%s", p.log())
	}
	for at, want := range map[string]int{url: http.StatusOK, p.url + "/metrics": http.StatusNotFound, strings.TrimSuffix(url, "/metrics") + "/graphql": http.StatusNotFound} {
		res, err := http.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != want || want == http.StatusOK && !strings.Contains(string(text), "\npmo_head 0\n") {
			t.Errorf("%s: %d %v\n%.2000s", at, res.StatusCode, err, text)
		}
	}
}

// Rows are refused one past the limit, not at it.
func TestMemoryAtItsLimit(t *testing.T) {
	rows := 0
	m := &memory{limit: 4000, base: 1000, perRow: 20, rows: func() int { return rows }} // three quarters are 3000: room for 100 rows
	for _, x := range []struct {
		have, more int
		fits       bool
	}{{0, 100, true}, {0, 101, false}, {99, 1, true}, {100, 0, true}, {100, 1, false}, {101, 0, false}} {
		rows = x.have
		err := m.room(x.more)
		if (err == nil) != x.fits || err != nil && (!fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "--memory-limit")) {
			t.Errorf("%d and %d more: %v", x.have, x.more, err)
		}
	}
	for size, want := range map[string]int64{"1KiB": 1 << 10, "3 MB": 3e6, "7": 7} {
		if got, err := memoryLimit(size); err != nil || got != want {
			t.Errorf("%s: %d, %v", size, got, err)
		}
	}
	for _, size := range []string{"0", "much", "-1", "1ZB"} {
		if got, err := memoryLimit(size); err == nil {
			t.Errorf("%s: %d", size, got)
		}
	}
	if got, err := memoryLimit(""); err != nil || got < 1<<20 {
		t.Errorf("of this machine: %d, %v", got, err)
	}
}

// A record that does not fit is not served: the server says so and ends by itself. With enough memory it says what it holds.
func TestRecordBeyondMemory(t *testing.T) {
	w := where{Data: t.TempDir()}
	w.grant(t, "somebody")
	cmd := exec.Command(ownProgram(t), "serve", "--data", w.Data, "--addr", "127.0.0.1:0", "--memory-limit", "1MiB")
	cmd.Env = append(os.Environ(), asCommand+"=1")
	out, err := cmd.CombinedOutput()
	if e := (*exec.ExitError)(nil); !errors.As(err, &e) || e.ExitCode() != exitRefused || !strings.Contains(string(out), "does not fit") || !strings.Contains(string(out), "--memory-limit") {
		t.Errorf("%v: %s", err, out)
	}
	p := serveProcess(t, ownProgram(t), w, "--memory-limit", "1GiB")
	if !strings.Contains(p.log(), `"limit":1073741824`) || !strings.Contains(p.log(), `"users":1,`) {
		t.Errorf("it does not say what it holds:\n%s", p.log())
	}
}

// A request that never ends does not keep the server from ending; the exit is clean for everybody else.
func TestStopsWithWorkInFlight(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for as long as work in flight may take")
	}
	w := where{Data: t.TempDir()}
	p := serveProcess(t, ownProgram(t), w)
	private, err := key{dir: w.Data}.private()
	if err != nil {
		t.Fatal(err)
	}
	token, err := sign(private, "ADMIN", "", "", stopTime)
	if err != nil {
		t.Fatal(err)
	}
	body, never := io.Pipe()
	defer never.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/import/gmpp?file=a.csv", bufio.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	go func() {
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
		}
	}()
	if _, err := never.Write([]byte("half a line")); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGTERM)
	<-p.ended
	if took := p.cmd.ProcessState.ExitCode(); took < 0 {
		t.Errorf("it did not end by itself: %v\n%s", p.err, p.log())
	}
	if left, err := filepath.Glob(filepath.Join(w.Data, "pmo.sock")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
