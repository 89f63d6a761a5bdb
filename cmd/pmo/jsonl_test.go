package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/edge"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// costWorld puts two kinds of cost and some projects into a record: P0, P1 …, known to the system "erp" as 0, 1 …
func costWorld(t testing.TB, j *journal.Journal, projects int) {
	t.Helper()
	_, err := j.DoAs(t.Context(), auth.Machine("test"), state.Decision{Action: "import", Run: func(d *state.Draft) error {
		for _, code := range []string{"LAB", "LIC"} {
			c := state.CostCategories.New(d)
			c.Code, c.Name = code, code
			if err := state.CostCategories.Put(d, c); err != nil {
				return err
			}
		}
		node := state.Portfolios.New(d)
		node.Code, node.Name, node.Lifecycle = "A", "A", vocab.PortfolioLifecycleActive
		if err := state.Portfolios.Put(d, node); err != nil {
			return err
		}
		for n := range projects {
			p := state.Projects.New(d)
			source, id := "erp", fmt.Sprint(n)
			p.Code, p.Name, p.Lifecycle, p.PortfolioID, p.Currency, p.ExternalSource, p.ExternalID = fmt.Sprint("P", n), "P", vocab.ProjectLifecycleExecuting, node.ID, "GBP", &source, &id
			if err := state.Projects.Put(d, p); err != nil {
				return err
			}
		}
		return nil
	}}, journal.Meta{})
	if err != nil {
		t.Fatal(err)
	}
}

func firstCost(o *office) *ent.CostEntry {
	for x := range state.CostEntries.All(state.NewWhole(o.r.journal.Latest())) {
		return x
	}
	return nil
}

// Lines become costs and budgets by one mutation, or nothing does and the line and field are named.
func TestLines(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		costWorld(t, o.r.journal, 3)
		finance := o.token(t, "FINANCE", "")
		send := func(path, token, lines string) (int, *edge.ImportReport, string) {
			status, text := o.post(t, "/import/lines/"+path, token, "application/x-ndjson", strings.NewReader(lines))
			report := &edge.ImportReport{}
			_ = json.Unmarshal(text, report)
			var plain bytes.Buffer
			_ = json.Compact(&plain, text)
			return status, report, plain.String()
		}
		costs := `{"project":"project-1","category":"LAB","period":"2026-01-31","actual":"12.50","forecast":7}` + "\n\n" +
			`{"project":"P1","category":"cost-category-2","currency":"JPY","period":"2026-01-01","planned":1200}` + "\n" +
			`{"project":"2","category":"LIC","period":"2026-02-01","committed":null,"actual":"-1"}`
		status, dry, text := send("cost-entries?source=erp&dryRun=1", finance, costs)
		if status != http.StatusOK || dry.Counts["cost_entries"].Created != 3 || len(dry.Changes) == 0 || o.r.journal.Latest().Count(state.CostEntries.Desc()) != 0 {
			t.Fatalf("dry run: %d %s", status, text)
		}
		status, report, text := send("cost-entries?source=erp", finance, costs)
		if want := (edge.Counts{Created: 3}); status != http.StatusOK || report.Counts["cost_entries"] != want || report.Rows != 3 || o.r.journal.Latest().Count(state.CostEntries.Desc()) != 3 {
			t.Fatalf("%d %s", status, text)
		}
		seq := o.r.journal.Latest().Seq()
		if _, again, _ := send("cost-entries?source=erp", finance, costs); again.Counts["cost_entries"] != (edge.Counts{Unchanged: 3}) || o.r.journal.Latest().Seq() != seq {
			t.Errorf("again: %+v", again.Counts)
		}
		if _, changed, text := send("cost-entries", finance, `{"project":"project-1","category":"LAB","period":"2026-01-02","actual":"13"}`); changed.Counts["cost_entries"] != (edge.Counts{Changed: 1}) || firstCost(o).Forecast == nil {
			t.Error(text)
		}
		if _, budget, text := send("budget-lines", finance, `{"project":"P0","category":"LAB","period":"2026-01-02","reserveKind":"CONTINGENCY","amount":"13"}`); budget.Counts["budget_lines"].Created != 1 {
			t.Error(text)
		}
		good := `{"project":"P0","category":"LAB","period":"2026-03-01","actual":1}` + "\n"
		for _, x := range []struct {
			path, token, lines string
			status             int
			want               string
		}{
			{"cost-entries?file=a", finance, good + "{", 422, `"File":"a","Line":2,"Column":"","Value":"","Reason":"a name`},
			{"cost-entries", finance, good + `{"project":"P0","category":"LAB","actual":1}`, 422, `"Line":2,"Column":"period","Value":"","Reason":"it is needed"`},
			{"cost-entries", finance, good + `{"project":"P0","category":"LAB","period":"soon","colour":1}`, 422, `"Line":2,"Column":"colour","Value":"","Reason":"there is no such field"`},
			{"budget-lines", finance, `{"project":"P0","category":"LAB","period":"2026-03-01","amount":1,"reserveKind":"SOME"}`, 422, `"Column":"reserveKind"`},
			{"cost-entries?file=a", finance, good + `{"project":"P9","category":"LAB","period":"2026-03-01","actual":1}`, 404, `"Path":["a","2","project"]`},
			{"cost-entries?file=a", finance, good + `{"project":"1","category":"LAB","period":"2026-03-01","actual":1}`, 404, `"Path":["a","2","project"]`}, // a key without its source
			{"cost-entries?file=a", finance, good + "\n" + good, 422, `"Path":["a","3","period"]`},
			{"cost-entries?file=a", finance, good + `{"project":"P1","category":"LAB","period":"2026-03-01","actual":"0.001"}`, 422, `"Path":["a","2","actual"]`},
			{"cost-entries", o.token(t, "VIEWER", ""), good, 403, "costsRecord"},
			{"cost-entries", "", good, 401, ""},
			{"meals", finance, good, 404, "meals"},
		} {
			status, _, text := send(x.path, x.token, x.lines)
			if status != x.status || !strings.Contains(text, x.want) {
				t.Errorf("%s: %d %s", x.lines, status, text)
			}
		}
		if n := o.r.journal.Latest().Count(state.CostEntries.Desc()); n != 3 {
			t.Errorf("something of what was refused is on record: %d entries", n)
		}
	})
}

// staffWorld puts a person, an indicator and a second P0 into the world of costs.
func staffWorld(t testing.TB, j *journal.Journal) {
	t.Helper()
	costWorld(t, j, 2)
	_, err := j.DoAs(t.Context(), auth.Machine("test"), state.Decision{Action: "import", Run: func(d *state.Draft) error {
		node := state.Portfolios.New(d)
		node.Code, node.Name, node.Lifecycle = "B", "B", vocab.PortfolioLifecycleActive
		p := state.Projects.New(d)
		p.Code, p.Name, p.Lifecycle, p.PortfolioID, p.Currency = "P0", "P", vocab.ProjectLifecycleExecuting, node.ID, "GBP"
		k := state.KpiDefinitions.New(d)
		k.Code, k.Name, k.Unit, k.Direction, k.Source, k.FormulaVersion, k.Rollup, k.Cadence = "DONE", "Done", vocab.UnitRatio, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured, 1, vocab.KpiRollupRatio, vocab.CadenceMonth
		x := state.Resources.New(d)
		source, id := "hr", "77"
		x.Code, x.Kind, x.RoleName, x.ContractShare, x.ExternalSource, x.ExternalID = "R1", vocab.ResourceKindPerson, "Engineer", 1000, &source, &id
		return errors.Join(state.Portfolios.Put(d, node), state.Projects.Put(d, p), state.KpiDefinitions.Put(d, k), state.Resources.Put(d, x))
	}}, journal.Meta{})
	if err != nil {
		t.Fatal(err)
	}
}

// Lines become measurements and capacities, whose nodes and people are named in every way that lines name things.
func TestLinesOfPeopleAndIndicators(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		staffWorld(t, o.r.journal)
		office := o.token(t, "PMO", "")
		send := func(path, token, lines string) (int, edge.Counts, string) {
			status, text := o.post(t, "/import/lines/"+path, token, "application/x-ndjson", strings.NewReader(lines))
			report := &edge.ImportReport{}
			_ = json.Unmarshal(text, report)
			var plain bytes.Buffer
			_ = json.Compact(&plain, text)
			entity, _, _ := strings.Cut(path, "?")
			return status, report.Counts[strings.ReplaceAll(entity, "-", "_")], plain.String()
		}
		measured := `{"node":"portfolio-1","kpi":"DONE","periodEnd":"2026-01-31","numerator":1,"denominator":"4"}` + "\n" +
			`{"node":"B/P0","kpi":"kpi-definition-1","periodStart":"2026-01-01","periodEnd":"2026-01-31","value":"0.5","numerator":2,"denominator":4,"target":null}` + "\n" +
			`{"node":"P1","kpi":"DONE","periodEnd":"2026-01-31","reasonCode":"NO_SAMPLE"}` + "\n" +
			`{"node":"0","kpi":"DONE","periodEnd":"2026-01-31","numerator":3,"denominator":4}`
		stated := `{"resource":"resource-1","periodStart":"2026-01-05","grain":"WEEK","source":"OVERRIDE","minutes":1200}` + "\n" +
			`{"resource":"R1","periodStart":"2026-01-06","grain":"DAY","source":"ABSENCE","minutes":450}` + "\n" +
			`{"resource":"77","periodStart":"2026-02-01","grain":"MONTH","source":"OVERRIDE","minutes":0}`
		for _, x := range []struct {
			path, lines string
			want        edge.Counts
		}{
			{"kpi-measurements?source=erp&dryRun=1", measured, edge.Counts{Created: 4}},
			{"kpi-measurements?source=erp", measured, edge.Counts{Created: 4}},
			{"kpi-measurements?source=erp", measured, edge.Counts{Unchanged: 4}},
			{"kpi-measurements", `{"node":"A","kpi":"DONE","periodEnd":"2026-01-31","numerator":2,"denominator":4}`, edge.Counts{Changed: 1}},
			{"capacity-entries?source=hr", stated, edge.Counts{Created: 3}},
			{"capacity-entries?source=hr", stated, edge.Counts{Unchanged: 3}},
			{"capacity-entries", `{"resource":"R1","periodStart":"2026-01-06","grain":"DAY","source":"ABSENCE","minutes":null}`, edge.Counts{Deleted: 1}},
		} {
			seq := o.r.journal.Latest().Seq()
			status, counts, text := send(x.path, office, x.lines)
			if status != http.StatusOK || counts != x.want {
				t.Errorf("%s %s: %d %s", x.path, x.lines, status, text)
			}
			if now := o.r.journal.Latest().Seq(); (now == seq) != (x.want.Unchanged > 0 || strings.Contains(x.path, "dryRun")) {
				t.Errorf("%s %s: journal %d, then %d", x.path, x.lines, seq, now)
			}
		}
		got := map[string]string{}
		for m := range state.KpiMeasurements.All(state.NewWhole(o.r.journal.Latest())) {
			node := fmt.Sprint("project ", deref(m.ProjectID), " portfolio ", deref(m.PortfolioID))
			got[node] = fmt.Sprint(deref(m.Value))
		}
		if want := map[string]string{"project 0 portfolio 1": "500000", "project 3 portfolio 0": "500000", "project 2 portfolio 0": "0", "project 1 portfolio 0": "750000"}; !maps.Equal(got, want) {
			t.Errorf("on record: %v", got)
		}
		day := func(line string) string { return line + "\n" + line }
		for _, x := range []struct {
			path, token, lines string
			status             int
			want               string
		}{
			{"kpi-measurements?file=a", office, `{"node":"P0","kpi":"DONE","periodEnd":"2026-03-31","numerator":1,"denominator":2}`, 422, `"Path":["a","1","node"],"Code":"AMBIGUOUS"`},
			{"kpi-measurements?file=a", office, `{"node":"C/P0","kpi":"DONE","periodEnd":"2026-03-31","numerator":1,"denominator":2}`, 404, `"Path":["a","1","node"]`},
			{"kpi-measurements?file=a", office, `{"node":"P1","kpi":"D","periodEnd":"2026-03-31","numerator":1,"denominator":2}`, 404, `"Path":["a","1","kpi"]`},
			{"kpi-measurements?file=a", office, `{"node":"P1","kpi":"DONE","periodEnd":"2026-03-31","numerator":"1e9","denominator":2}`, 422, `"Path":["a","1","numerator"]`},
			{"kpi-measurements?file=a", office, `{"node":"P1","kpi":"DONE","periodEnd":"2026-03-31","numerator":"1"}`, 422, `"Path":["a","1","denominator"]`},
			{"kpi-measurements?file=a", office, `{"node":"P1","kpi":"DONE","periodEnd":"2026-03-31"}`, 422, `"Path":["a","1","reasonCode"]`},
			{"kpi-measurements?file=a", office, day(`{"node":"P1","kpi":"DONE","periodEnd":"2026-03-31","reasonCode":"NO_SAMPLE"}`), 422, `"Path":["a","2","periodEnd"]`},
			{"kpi-measurements", office, `{"node":"P1","kpi":"DONE","periodEnd":null}`, 422, `"Column":"periodEnd","Value":"","Reason":"it is needed"`},
			{"kpi-measurements", office, `{"node":"P1","kpi":"DONE","periodEnd":"2026-03-31","reasonCode":"NONE"}`, 422, `"Column":"reasonCode"`},
			{"kpi-measurements", office, `{"node":"P1","kpi":"DONE","periodEnd":"2026-03-31","reason":"NO_SAMPLE"}`, 422, `"Column":"reason","Value":"","Reason":"there is no such field"`},
			{"kpi-measurements?file=a", office, measured, 404, `"Path":["a","4","node"]`}, // a key without its source
			{"kpi-measurements?source=erp", o.token(t, "VIEWER", ""), measured, 403, "measurementsRecord"},
			{"capacity-entries?file=a", office, `{"resource":"LAB","periodStart":"2026-03-01","grain":"DAY","source":"OVERRIDE","minutes":1}`, 404, `"Path":["a","1","resource"]`},
			{"capacity-entries?file=a", office, `{"resource":"R1","periodStart":"2026-03-03","grain":"MONTH","source":"OVERRIDE","minutes":1}`, 422, `"Path":["a","1","periodStart"]`},
			{"capacity-entries?file=a", office, day(`{"resource":"R1","periodStart":"2026-03-01","grain":"DAY","source":"OVERRIDE","minutes":1}`), 422, `"Path":["a","2","periodStart"]`},
			{"capacity-entries?file=a", office, `{"resource":"R1","periodStart":"2026-03-01","grain":"DAY","source":"OVERRIDE","minutes":-1}`, 422, `"Path":["a","1","minutes"]`},
			{"capacity-entries", office, `{"resource":"R1","periodStart":"2026-03-01","grain":"DAY","source":"OVERRIDE","minutes":1.5}`, 422, `"Column":"minutes"`},
			{"capacity-entries", office, `{"resource":"R1","periodStart":"2026-03-01","grain":"YEAR","source":"OVERRIDE","minutes":1}`, 422, `"Column":"grain"`},
			{"capacity-entries", office, `{"resource":"R1","periodStart":"2026-03-01","grain":"DAY","minutes":1}`, 422, `"Column":"source","Value":"","Reason":"it is needed"`},
			{"capacity-entries?source=hr", o.token(t, "VIEWER", ""), stated, 403, "capacitySet"},
		} {
			seq := o.r.journal.Latest().Seq()
			status, _, text := send(x.path, x.token, x.lines)
			if status != x.status || !strings.Contains(text, x.want) || o.r.journal.Latest().Seq() != seq {
				t.Errorf("%s: %d %s", x.lines, status, text)
			}
		}
	})
}

func deref[T any](p *T) (value T) {
	if p != nil {
		value = *p
	}
	return value
}

// The command line sends lines to the server that has the record open, and records them itself without one.
func TestLinesFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	w := where{Data: filepath.Join(dir, "data")}
	w.during(t, func(r *record) { costWorld(t, r.journal, 2) })
	file := filepath.Join(dir, "costs.jsonl")
	write := func(actual int) {
		if err := os.WriteFile(file, costLines(2000, 2, actual), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"import", "jsonl", "--data", w.Data, "--entity", "cost-entries", "--source", "erp", file}
	p := serveProcess(t, ownProgram(t), w)
	write(1)
	if code := run(t.Context(), args); code != 0 {
		t.Errorf("through the socket: %d\n%s", code, p.log())
	}
	p.kill()
	write(2)
	if code := run(t.Context(), append(args, "--dry-run")); code != 0 {
		t.Errorf("dry run: %d", code)
	}
	if code := run(t.Context(), args); code != 0 {
		t.Errorf("without a server: %d", code)
	}
	if err := os.WriteFile(file, []byte(`{"period":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), args); code == 0 {
		t.Error("a refused file says that it went well")
	}
	w.during(t, func(r *record) {
		if s := r.journal.Latest(); s.Seq() != 3 || s.Count(state.CostEntries.Desc()) != 2000 {
			t.Errorf("%d entries of the journal, %d costs", s.Seq(), s.Count(state.CostEntries.Desc()))
		}
	})
}

// costLines are costs of some projects, by category and month.
func costLines(n, projects, actual int) []byte {
	var b bytes.Buffer
	for i := range n {
		k := i / projects / 2
		fmt.Fprintf(&b, `{"project":"P%d","category":"%s","period":"%04d-%02d-01","planned":"%d.50","actual":%d}`+"\n",
			i%projects, []string{"LAB", "LIC"}[i/projects%2], 1900+k/12, 1+k%12, i%100_000, actual+i)
	}
	return b.Bytes()
}

// BenchmarkImportLines records a million costs of a thousand projects from lines, in SQLite, and tells how long each phase takes and how
// large the heap was at the most.
func BenchmarkImportLines(b *testing.B) {
	const rows = 1_000_000
	lines := costLines(rows, 1000, 1)
	files := []tabular.File{{Name: "costs.jsonl", Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(lines)), nil }}}
	spent, peak := map[journal.Phase]time.Duration{}, uint64(0)
	for b.Loop() {
		b.StopTimer()
		w := where{Data: b.TempDir()}
		r, err := w.open(b.Context(), quiet())
		if err != nil {
			b.Fatal(err)
		}
		costWorld(b, r.journal, 1000)
		b.StartTimer()
		phase, since := edge.Reading, time.Now()
		_, err = edge.ImportLines(b.Context(), edge.Operator(r.journal), "cost-entries", "", files, edge.ImportOptions{Progress: func(p journal.Phase, _, _ int) {
			spent[phase] += time.Since(since)
			phase, since = p, time.Now()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
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
	b.ReportMetric(float64(peak)/(1<<20), "MiB-heap")
}
