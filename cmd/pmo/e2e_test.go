package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pmograph/internal/edge"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/pgtest"
)

var projects = state.Projects.Desc()

// office is a running server over a record of its own.
type office struct {
	where
	*server
	r    *record
	http *httptest.Server
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, o *office)) {
	t.Run("sqlite", func(t *testing.T) { test(t, start(t, where{Data: t.TempDir()})) })
	t.Run("postgres", func(t *testing.T) { test(t, start(t, where{Data: t.TempDir(), Database: pgtest.Database(t)})) })
}

func start(t testing.TB, w where) *office {
	t.Helper()
	r, err := w.open(t.Context(), quiet())
	if err != nil {
		t.Fatal(err)
	}
	s, err := listen{}.server(r, quiet(), key{dir: w.Data}, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{where: w, server: s, r: r, http: httptest.NewServer(edge.Handler(s.config))}
	t.Cleanup(func() { o.http.Close(); s.verifier.Close(); r.close() })
	return o
}

func (o *office) token(t testing.TB, role, scope string) string {
	t.Helper()
	private, err := key{dir: o.Data}.private()
	if err != nil {
		t.Fatal(err)
	}
	token, err := sign(private, role, scope, "", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (o *office) post(t *testing.T, path, token, contentType string, body io.Reader) (int, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.http.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, text
}

// ask puts a query and fails on any error.
func (o *office) ask(t *testing.T, token, query string, vars map[string]any, into any) {
	t.Helper()
	body, _ := json.Marshal(map[string]any{"query": query, "variables": vars})
	status, text := o.post(t, "/graphql", token, "application/json", bytes.NewReader(body))
	var answer struct {
		Data   json.RawMessage
		Errors json.RawMessage
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Errors) > 0 {
		t.Fatalf("%d: %s", status, text)
	}
	if err := json.Unmarshal(answer.Data, into); err != nil {
		t.Fatal(err)
	}
}

// shared gives the files of a portfolio that nobody here wrote.
func shared(t *testing.T, name string) []tabular.File {
	t.Helper()
	dir := "../../../shared/data/portfolio_" + name
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("PMO_REQUIRE_SHARED") != "" {
			t.Fatal(err)
		}
		t.Skip("the original data are not here: ", err)
	}
	files, err := filesOf([]string{dir}, ".csv")
	if err != nil {
		t.Fatal(err)
	}
	return readable(files)
}

func (o *office) load(t *testing.T, files []tabular.File, dry bool) *edge.ImportReport {
	t.Helper()
	return o.loadBy(t, "gmpp", files, dry)
}

func (o *office) loadBy(t *testing.T, name string, files []tabular.File, dry bool) *edge.ImportReport {
	t.Helper()
	m, _ := tabular.Embedded(name)
	report, err := edge.Import(t.Context(), edge.Operator(o.r.journal), m, files, edge.ImportOptions{DryRun: dry})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range report.Refused {
		t.Error(x)
	}
	return report
}

func (o *office) organise(t *testing.T) {
	t.Helper()
	if err := organise(t.Context(), o.r.journal); err != nil {
		t.Fatal(err)
	}
}

// published are the figures of the original publications: rows that name a project, whole-life cost, year's budget and forecast in
// millions of pounds with the number of numeric cells.
var published = []struct {
	year                      int
	projects                  int
	confidence                map[string]int
	cost, budget, forecast    string
	costs, budgets, forecasts int
}{
	{2014, 199, map[string]int{"AMBER": 63, "AMBER_GREEN": 54, "AMBER_RED": 37, "GREEN": 17, "RED": 4, "NOT_RATED": 24}, "398606.602494", "19170.076352", "18059.573106", 183, 189, 189},
	{2016, 143, map[string]int{"AMBER": 55, "AMBER_GREEN": 29, "AMBER_RED": 38, "GREEN": 10, "RED": 6, "NOT_RATED": 5}, "436488.46", "23933.52", "22045.67", 134, 138, 138},
	{2018, 133, map[string]int{"AMBER": 59, "AMBER_GREEN": 22, "AMBER_RED": 38, "GREEN": 2, "RED": 8, "NOT_RATED": 4}, "422739.43", "26805.56", "26235.08", 119, 124, 124},
	{2020, 125, map[string]int{"AMBER": 59, "AMBER_GREEN": 18, "AMBER_RED": 32, "GREEN": 3, "RED": 11, "NOT_RATED": 2}, "447920.35", "27011.08", "24962.88", 113, 116, 116},
	{2021, 184, map[string]int{"AMBER": 84, "AMBER_GREEN": 29, "AMBER_RED": 44, "GREEN": 12, "RED": 7, "NOT_RATED": 8}, "541951.37", "46250.73", "44406.0", 164, 173, 173},
	{2022, 235, map[string]int{"AMBER": 170, "GREEN": 24, "RED": 27, "NOT_RATED": 14}, "494181.0", "43128.88", "39554.02", 191, 198, 200},
}

const yearQuery = `query($asOf: Date!) { organisation { rollup(asOf: $asOf) {
  projects { total { value } byConfidence { confidence count { value } } }
  cost { wholeLife { value currency coverage { included withheld missing } } periodBudget { value coverage { included } } periodForecast { value coverage { included } } }
} } }`

// The sums of the publications, through the API.
func TestPublishedSums(t *testing.T) {
	files := shared(t, "gmpp")
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		o.load(t, files, false)
		pmo := o.token(t, "PMO", "")
		for _, p := range published {
			type fig struct {
				Value    *string
				Coverage struct{ Included, Withheld, Missing int }
			}
			var a struct {
				Organisation struct {
					Rollup struct {
						Projects struct {
							Total        fig
							ByConfidence []struct {
								Confidence string
								Count      fig
							}
						}
						Cost struct{ WholeLife, PeriodBudget, PeriodForecast fig }
					}
				}
			}
			o.ask(t, pmo, yearQuery, map[string]any{"asOf": fmt.Sprintf("%d-03-31", p.year)}, &a)
			r := a.Organisation.Rollup
			if *r.Projects.Total.Value != fmt.Sprint(p.projects) {
				t.Errorf("%d: %s projects, published %d", p.year, *r.Projects.Total.Value, p.projects)
			}
			for _, c := range r.Projects.ByConfidence {
				if *c.Count.Value != fmt.Sprint(p.confidence[c.Confidence]) {
					t.Errorf("%d: %s %s, published %d", p.year, *c.Count.Value, c.Confidence, p.confidence[c.Confidence])
				}
			}
			for _, x := range []struct {
				name string
				have fig
				want string
				n    int
			}{{"whole-life cost", r.Cost.WholeLife, p.cost, p.costs}, {"budget", r.Cost.PeriodBudget, p.budget, p.budgets}, {"forecast", r.Cost.PeriodForecast, p.forecast, p.forecasts}} {
				if x.have.Value == nil || millions(*x.have.Value) != millions1(x.want) || x.have.Coverage.Included != x.n {
					t.Errorf("%d: %s %v of %d, published %s of %d", p.year, x.name, *x.have.Value, x.have.Coverage.Included, x.want, x.n)
				}
			}
		}
	})
}

// millions shows pounds as millions with six decimals, as the publication's sums are given.
func millions(pounds string) string {
	r, _ := new(big.Rat).SetString(pounds)
	return r.Quo(r, big.NewRat(1e6, 1)).FloatString(6)
}

func millions1(m string) string {
	r, _ := new(big.Rat).SetString(m)
	return r.FloatString(6)
}

// A replay changes nothing, whichever order the files come in; the dry run says what would change and changes nothing.
func TestImportReplays(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		files := tabular.Demo()
		dry := o.load(t, files, true)
		if o.r.journal.Latest().Count(projects) != 0 || dry.Counts["projects"].Created == 0 || len(dry.Changes) == 0 {
			t.Fatalf("dry run: %+v", dry.Counts)
		}
		for _, i := range []int{3, 0, 5, 1, 4, 2} { // one by one, out of order
			o.load(t, files[i:i+1], false)
		}
		oneByOne := o.r.journal.Latest()
		for _, again := range [][]tabular.File{files, files[:1], files[2:3]} {
			o.load(t, again, false)
			if o.r.journal.Latest() != oneByOne {
				t.Fatal("a replay made an entry")
			}
		}
		other := start(t, where{Data: t.TempDir()})
		other.organise(t)
		other.load(t, files, false)
		if a, b := facts(t, o), facts(t, other); a != b {
			t.Errorf("the order of files matters:\n%.2000s\n%.2000s", a, b)
		}
		if _, err := journal.Verify(t.Context(), o.r.db); err != nil {
			t.Error(err)
		}
	})
}

// facts is what the record says of every project, whatever numbers its rows have.
func facts(t *testing.T, o *office) string {
	t.Helper()
	token, after, all := o.token(t, "ADMIN", ""), "", strings.Builder{}
	for {
		var a struct {
			Projects struct {
				Nodes    []json.RawMessage
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
			}
		}
		vars := map[string]any{}
		if after != "" {
			vars["after"] = after
		}
		o.ask(t, token, `query($after: String) { projects(first: 100, after: $after, order: {by: CODE}) { pageInfo { hasNextPage endCursor } nodes {
			code name category plannedStart plannedFinish confidence(asOf: "2022-03-31") portfolio { code name }
			slip(asOf: "2022-03-31") { value reason } milestones(first: 5) { nodes { name forecastDate } } } } }`, vars, &a)
		for _, n := range a.Projects.Nodes {
			all.Write(n)
			all.WriteByte('\n')
		}
		if !a.Projects.PageInfo.HasNextPage {
			return all.String()
		}
		after = a.Projects.PageInfo.EndCursor
	}
}

// A viewer without finance rights sees no money, at any depth.
func TestViewerSeesNoMoney(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		o.load(t, tabular.Demo(), false)
		body := `{"query":"{ organisation { rollup(asOf: \"2022-03-31\") { cost { wholeLife { value reason explain { formula inputs { value } contributors { effect } } } } } } projects(first: 50) { nodes { cost(asOf: \"2022-03-31\") { wholeLife { value reason } } reports(first: 1) { nodes { cost { wholeLife { value reason } } } } } } portfolios(first: 50) { nodes { rollup { cost { variance { value reason } } } } } }"}`
		_, text := o.post(t, "/graphql", o.token(t, "VIEWER", ""), "application/json", strings.NewReader(body))
		if n := strings.Count(string(text), "NOT_VISIBLE"); n < 60 {
			t.Errorf("only %d amounts say NOT_VISIBLE: %.500s", n, text)
		}
		var any any
		if err := json.Unmarshal(text, &any); err != nil {
			t.Fatal(err)
		}
		if v := valueBeside(any); v != "" {
			t.Errorf("a viewer was shown %s", v)
		}
	})
}

// valueBeside finds a value that is not null in an answer.
func valueBeside(v any) string {
	switch x := v.(type) {
	case map[string]any:
		for k, c := range x {
			if k == "value" && c != nil {
				return fmt.Sprint(c)
			}
			if s := valueBeside(c); s != "" {
				return s
			}
		}
	case []any:
		for _, c := range x {
			if s := valueBeside(c); s != "" {
				return s
			}
		}
	}
	return ""
}

// The edge: who has no token, or a bad one, gets one and the same answer; imports obey rights.
func TestEdge(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		for _, token := range []string{"", "x", o.token(t, "PMO", "") + "x"} {
			status, text := o.post(t, "/graphql", token, "application/json", strings.NewReader(`{"query":"{viewer{today}}"}`))
			if said, _, _ := bytes.Cut(text, []byte(`"requestId"`)); status != http.StatusUnauthorized || string(said) != `{"errors":[{"message":"the token is not valid","extensions":{"code":"UNAUTHENTICATED",` {
				t.Errorf("%q: %d %s", token, status, text)
			}
			if status, _ = o.post(t, "/graphql", token, "text/plain", strings.NewReader("{}")); status != http.StatusUnsupportedMediaType {
				t.Errorf("what any page may send, %q: %d", token, status)
			}
		}
		for size, want := range map[int]int{0: http.StatusOK, 256<<10 - 1: http.StatusOK, 256 << 10: http.StatusOK, 256<<10 + 1: http.StatusRequestEntityTooLarge} {
			body := `{"query":"{__typename}"}`
			body += strings.Repeat(" ", max(size-len(body), 0))
			for how, r := range map[string]io.Reader{"its length said": strings.NewReader(body), "in chunks": io.MultiReader(strings.NewReader(body))} {
				if status, text := o.post(t, "/graphql", o.token(t, "PMO", ""), "application/json", r); status != want || want != http.StatusOK && !bytes.HasPrefix(text, []byte(`{"errors":[{"message":`)) {
					t.Errorf("a body of %d bytes, %s: %d, want %d: %s", len(body), how, status, want, text)
				}
			}
		}
		readme, err := os.ReadFile("../../README.md")
		if err != nil {
			t.Fatal(err)
		}
		_, query, _ := strings.Cut(string(readme), "```graphql\n")
		query, _, _ = strings.Cut(query, "```")
		any := map[string]json.RawMessage{}
		if o.ask(t, o.token(t, "PMO", ""), query, nil, &any); len(any) != 1 {
			t.Error("the query of the README gives", any)
		}
		first := tabular.Demo()[0]
		data, err := contents(first)
		if err != nil {
			t.Fatal(err)
		}
		send := func(role, name, query string) (int, []byte) {
			return o.post(t, "/import/"+name+"?file="+first.Name+query, o.token(t, role, ""), "text/csv", bytes.NewReader(data))
		}
		if status, text := send("VIEWER", "gmpp", ""); status != http.StatusForbidden {
			t.Errorf("a viewer imports: %d %s", status, text)
		}
		if status, _ := send("PMO", "nothing", ""); status != http.StatusNotFound {
			t.Errorf("an unknown mapping: %d", status)
		}
		if status, text := send("PMO", "gmpp", "&dryRun=1"); status != http.StatusOK || !bytes.Contains(text, []byte("preview-project-1")) {
			t.Errorf("a dry run: %d %.300s", status, text)
		}
		if status, text := send("PMO", "gmpp", ""); status != http.StatusOK {
			t.Errorf("an import: %d %.300s", status, text)
		}
		if n := o.r.journal.Latest().Count(projects); n != 199 {
			t.Errorf("%d projects", n)
		}
	})
}

// The command line works while a server has the record, and without one.
func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	demo := filepath.Join(dir, "in")
	must(t, os.Mkdir(demo, 0o700))
	for _, f := range tabular.Demo()[:2] {
		data, err := contents(f)
		if err == nil {
			err = os.WriteFile(filepath.Join(demo, f.Name), data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(dir, "data")
	served := make(chan int)
	go func() {
		served <- run(ctx, []string{"serve", "--data", data, "--addr", "127.0.0.1:0", "--log-format", "text"})
	}()
	for range 100 {
		if _, err := os.Stat(filepath.Join(data, "pmo.sock")); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for _, x := range []struct {
		args []string
		want int
	}{
		{[]string{"import", "csv", "--data", data, "--map", "gmpp", "--dry-run", demo}, 0},
		{[]string{"import", "csv", "--data", data, "--map", "gmpp", demo}, 0},
		{[]string{"import", "csv", "--data", data, "--map", "nothing", demo}, 1},
		{[]string{"import", "csv", "--data", data, "--map", "gmpp", filepath.Join(dir, "none")}, 1},
		{[]string{"grant", "--data", data, "--subject", "me", "--role", "ADMIN"}, 0},
		{[]string{"grant", "--data", data, "--subject", "me", "--role", "KING"}, 1},
		{[]string{"verify", "--data", data}, 0},
		{[]string{"token", "--data", data, "--role", "VIEWER", "--scope", "portfolio:MOD"}, 0},
		{[]string{"token", "--data", data, "--role", "KING"}, 1},
		{[]string{"serve", "--data", data}, 1}, // in use
		{[]string{"schema"}, 0},
		{[]string{"nonsense"}, 2},
	} {
		if got := run(t.Context(), x.args); got != x.want {
			t.Errorf("pmo %s: exit code %d, want %d", strings.Join(x.args, " "), got, x.want)
		}
	}
	stop()
	if code := <-served; code != 0 {
		t.Errorf("serve ended with %d", code)
	}
	if got := run(t.Context(), []string{"import", "csv", "--data", data, "--map", "gmpp", demo}); got != 0 {
		t.Errorf("without a server: %d", got)
	}
	if got := run(t.Context(), []string{"verify", "--data", data}); got != 0 {
		t.Errorf("verify without a server: %d", got)
	}
}

// The demo shows its first answer; a second start takes up the same data.
func TestDemo(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		if got := run(t.Context(), []string{"demo", "--data", dir, "--once"}); got != 0 {
			t.Fatalf("exit code %d", got)
		}
	}
	o := start(t, where{Data: dir})
	if seq := o.r.journal.Latest().Seq(); seq != 6 {
		t.Errorf("two starts made %d entries", seq)
	}
	// The city's latest budgets in pounds: 13,835,075,924.14 dollars at 1.3145 for a pound, the rate since 31 March 2019.
	var a struct {
		Organisation struct {
			Rollup struct {
				Cost struct {
					WholeLife struct{ Value, Currency string }
				}
			}
		}
	}
	o.ask(t, o.token(t, "FINANCE", ""), `{ organisation { rollup(asOf: "2019-09-01") { cost { wholeLife { value currency } } } } }`, nil, &a)
	if got := a.Organisation.Rollup.Cost.WholeLife; got.Value != "10524972175.08" || got.Currency != "GBP" {
		t.Errorf("New York costs %+v", got)
	}
	private, err := key{dir: dir}.private()
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := demoTokens(private)
	if err != nil {
		t.Fatal(err)
	}
	ready, err := readyQueries()
	if err != nil || len(ready) != 8 {
		t.Fatal(len(ready), err)
	}
	for _, token := range tokens {
		for _, q := range ready {
			var answer map[string]any
			o.ask(t, token.Token, q.Query, nil, &answer)
		}
	}
}
