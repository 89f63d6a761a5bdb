package main

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pmograph/internal/edge"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/journal"
	"pmograph/internal/state"
)

func contents(f tabular.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

const planMap = "testdata/plan.yaml"

// plan gives n milestones of twenty projects, with another weight for each version.
func plan(n, version int) []byte {
	b := []byte("project,milestone,date,weight\n")
	for i := range n {
		b = fmt.Appendf(b, "P%d,Milestone %d,2026-%02d-01,%d\n", i%20, i/20, 1+i%12, version)
	}
	return b
}

// upload is an import over the network.
type importing struct {
	phases []journal.Phase
	report *edge.ImportReport
	refused
}

// importPlan sends a plan and reads the answer's lines; told is called after each.
func (c client) importPlan(t testing.TB, ctx context.Context, url, key string, csv []byte, told func()) (out importing, err error) {
	t.Helper()
	var body bytes.Buffer
	archive := tar.NewWriter(&body)
	text, err := os.ReadFile(planMap)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"map.yaml": text, "plan.csv": csv} {
		if err := archive.WriteHeader(&tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/import/-", &body)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]string{"Content-Type": "application/x-tar", "Accept": "application/x-ndjson", "Idempotency-Key": key, "Authorization": "Bearer " + c.token} {
		req.Header.Set(name, v)
	}
	res, err := (&http.Client{Transport: c.http.Transport}).Do(req)
	if err != nil {
		return out, err
	}
	defer res.Body.Close()
	for in := json.NewDecoder(res.Body); ; {
		var line struct {
			edge.Progress
			Report *edge.ImportReport
			Error  *refused
		}
		switch err := in.Decode(&line); {
		case err != nil:
			return out, err
		case line.Report != nil:
			out.report = line.Report
			return out, nil
		case line.Error != nil:
			out.refused = *line.Error
			return out, nil
		}
		out.phases = append(out.phases, line.Phase)
		told()
	}
}

// An import over the network tells how far it is. Under its key it is done once, whoever went away before the answer came; the key stands
// for its records.
func TestImportIsFollowedStoppedAndRetried(t *testing.T) {
	w := where{Data: filepath.Join(t.TempDir(), "data")}
	p := serveProcess(t, ownProgram(t), w)
	admin := newClient(t, w, "ADMIN", "importer")
	quiet := func() {}
	first, err := admin.importPlan(t, t.Context(), p.url, "one", plan(4000, 1), quiet)
	if err != nil || first.report == nil || first.report.Counts["milestones"].Created != 4000 || first.report.Repeated {
		t.Fatalf("%+v, %v", first, err)
	}
	phases := slices.Compact(first.phases)
	if want := []journal.Phase{edge.Reading, journal.Deciding, journal.Copying, journal.Waiting, journal.Committing}; !slices.Equal(phases, want) {
		t.Errorf("the phases are %v, not %v", phases, want)
	}
	again, err := admin.importPlan(t, t.Context(), p.url, "one", plan(4000, 1), quiet)
	if err != nil || again.report == nil || !again.report.Repeated || again.report.Counts["milestones"].Created != 0 {
		t.Errorf("with the same key and records: %+v, %v", again, err)
	}
	other, err := admin.importPlan(t, t.Context(), p.url, "one", plan(4000, 2), quiet)
	if err != nil || !strings.Contains(other.Message, "key was used") {
		t.Errorf("with the same key and other records: %+v, %v", other, err)
	}
	for n := 1; n <= 8; n++ { // goes away a line later each time
		ctx, leave := context.WithCancel(t.Context())
		lines, key := 0, fmt.Sprint("left after ", n)
		_, err := admin.importPlan(t, ctx, p.url, key, plan(4000, 2+n), func() {
			if lines++; lines == n {
				leave()
			}
		})
		leave()
		retry, err2 := admin.importPlan(t, t.Context(), p.url, key, plan(4000, 2+n), quiet)
		if err2 != nil || retry.report == nil || retry.report.Counts["milestones"].Created != 0 {
			t.Fatalf("after line %d, where it ended with %v: %+v, %v", n, err, retry, err2)
		}
		if retry.report.Repeated == (retry.report.Counts["milestones"].Changed != 0) {
			t.Errorf("after line %d: neither done before nor done: %+v", n, retry.report)
		}
	}
	p.kill()
	w.during(t, func(r *record) {
		s := r.journal.Latest()
		if n := s.Count(state.Milestones.Desc()); n != 4000 {
			t.Errorf("%d milestones", n)
		}
		for m := range state.Milestones.All(state.NewWhole(s)) {
			if m.Weight != 10 {
				t.Fatalf("%s has the weight %d", m.Name, m.Weight)
			}
		}
	})
	if left, _ := filepath.Glob(filepath.Join(w.Data, "import-*")); len(left) != 0 {
		t.Errorf("uploads are left behind: %v", left)
	}
}

// The command line streams files to the server that has the record open, and stops with it.
func TestImportThroughTheSocket(t *testing.T) {
	tmp := t.TempDir()
	w := where{Data: filepath.Join(tmp, "data")}
	p := serveProcess(t, ownProgram(t), w)
	file := filepath.Join(tmp, "plan.csv")
	if err := os.WriteFile(file, plan(2000, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	args := []string{"import", "csv", "--data", w.Data, "--map", planMap, "--key", "k", file}
	if code := run(stopped, args); code == 0 {
		t.Error("a stopped import says that it went well")
	}
	for range 2 { // the second time it had been done
		if code := run(t.Context(), args); code != 0 {
			t.Fatalf("import: %d\n%s", code, p.log())
		}
	}
	if err := os.WriteFile(file, append(plan(2000, 2), "P1,,2026-01-01,x\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), args); code == 0 {
		t.Error("a refused import says that it went well")
	}
	p.kill()
	w.during(t, func(r *record) {
		if s := r.journal.Latest(); s.Seq() != 1 || s.Count(state.Milestones.Desc()) != 2000 {
			t.Errorf("%d entries, %d milestones", s.Seq(), s.Count(state.Milestones.Desc()))
		}
	})
}

// BenchmarkImportPlan brings 50,000 milestones of twenty projects into an empty record in SQLite, and tells how long each phase takes.
func BenchmarkImportPlan(b *testing.B) {
	const rows = 50_000
	text, err := os.ReadFile(planMap)
	if err != nil {
		b.Fatal(err)
	}
	m, err := tabular.Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	csv := plan(rows, 1)
	files := []tabular.File{{Name: "plan.csv", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(csv)), nil }}}
	spent := map[journal.Phase]time.Duration{}
	for b.Loop() {
		b.StopTimer()
		w := where{Data: b.TempDir()}
		r, err := w.open(b.Context(), quiet())
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		phase, since := edge.Reading, time.Now()
		_, err = edge.Import(b.Context(), edge.Operator(r.journal), m, files, edge.ImportOptions{Progress: func(p journal.Phase, _, _ int) {
			spent[phase] += time.Since(since)
			phase, since = p, time.Now()
		}})
		spent[phase] += time.Since(since)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		r.close()
		b.StartTimer()
	}
	for p, d := range spent {
		b.ReportMetric(d.Seconds()/float64(b.N)*1e6/rows, "µs/row-"+strings.ToLower(string(p)))
	}
}
