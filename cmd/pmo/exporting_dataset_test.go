package main

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pmograph/internal/vocab"
)

// get asks for a file.
func (o *office) get(t *testing.T, path, authorization string, more ...string) (int, http.Header, string) {
	t.Helper()
	h := http.Header{}
	for i := 0; i < len(more); i += 2 {
		h.Set(more[i], more[i+1])
	}
	return o.send(t, http.MethodGet, path, authorization, "", h)
}

// The files of published costs come to the published sum: read by readers of others, over HTTP and as pmo export writes them.
func TestFilesOfPublishedCosts(t *testing.T) {
	const rows, sum = 1323, "33409764566.00"
	published := shared(t, "itdb")
	run := npm(t, "../../web", "csv-parse", "hyparquet", "hyparquet-compressors")
	if _, err := exec.LookPath("soffice"); err != nil && os.Getenv("PMO_REQUIRE_LIBREOFFICE") == "" {
		t.Skip("LibreOffice is missing: scripts/setup.sh installs it")
	}
	onBoth(t, func(t *testing.T, o *office) {
		o.loadBy(t, "itdb", published, false)
		token := o.token(t, "PMO", "")
		run(t, []string{"TOKEN=" + token, "TMPDIR=" + t.TempDir()}, "node", "clients/files.mjs", o.http.URL, "CostEntries", "ToComplete")
		_, _, text := o.get(t, "/export/CostEntries.csv?columns=ToComplete,Project/Code", "Bearer "+token)
		if n, total := summed(t, text); n != rows || total != sum {
			t.Errorf("%d rows, %s", n, total)
		}
	})
}

// summed adds up the first column of CSV.
func summed(t *testing.T, text string) (rows int, sum string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%v: %.300s", err, text)
	}
	sum = "0"
	for _, r := range all[1:] {
		if r[0] != "" {
			sum = plus(t, sum, r[0])
		}
	}
	return len(all) - 1, sum
}

// pmo export writes whole files or none, through a server's socket and without one, as the operator of the machine.
func TestExportOfDatasets(t *testing.T) {
	published := shared(t, "itdb")
	w := where{Data: t.TempDir()}
	t.Run("prepare", func(t *testing.T) { start(t, w).loadBy(t, "itdb", published, false) })
	program := ownProgram(t)
	dir := t.TempDir()
	export := func(file string, args ...string) (string, error) {
		command := exec.CommandContext(t.Context(), program, append([]string{"export", "dataset", "--data", w.Data, "--out", filepath.Join(dir, file)}, args...)...)
		command.Env = append(os.Environ(), asCommand+"=1")
		said, err := command.CombinedOutput()
		return string(said), err
	}
	read := func(file string) string {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	both := func(prefix string) {
		for _, format := range []string{"csv", "jsonl", "xlsx", "parquet"} {
			if said, err := export(prefix+"."+format, "CostEntries", "--columns", "ToComplete,Currency,Period"); err != nil || !strings.Contains(said, "1323 rows, true at position ") {
				t.Errorf("%s: %v: %s", format, err, said)
			}
		}
		if said, err := export(prefix+"-pack.xlsx", "CostEntries", "Projects"); err != nil {
			t.Errorf("%v: %s", err, said)
		}
		if _, sum := summed(t, read(prefix+".csv")); sum != "33409764566.00" {
			t.Error(sum)
		}
		for _, bad := range [][]string{{"Nothing"}, {"CostEntries", "--filter", "Nothing eq 1"}, {"CostEntries", "--as-of", "yesterday"}} {
			if said, err := export("bad.csv", bad...); err == nil {
				t.Errorf("%v: %s", bad, said)
			}
		}
		if said, err := export(prefix+".csv", "CostEntries"); err == nil || !strings.Contains(said, "is there already") {
			t.Errorf("%v: %s", err, said)
		}
	}
	both("direct")
	p := serveProcess(t, program, w)
	both("served")
	p.kill()
	for _, format := range []string{"csv", "jsonl", "xlsx", "parquet"} {
		if read("direct."+format) != read("served."+format) {
			t.Errorf("the server's %s is another", format)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*bad*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(left)+len(hidden) > 0 {
		t.Errorf("%q stay", append(left, hidden...))
	}
}

// costly fills a record with so many costs of one project.
func (o *office) costly(t *testing.T, n int) {
	t.Helper()
	costWorld(t, o.r.journal, 1)
	var lines strings.Builder
	for i := range n {
		fmt.Fprintf(&lines, "{\"project\":\"P0\",\"category\":\"LAB\",\"period\":\"%04d-%02d-01\",\"actual\":\"%d.%02d\"}\n", 1990+i/12, i%12+1, i, i%100)
	}
	status, text := o.post(t, "/import/lines/cost-entries", o.token(t, "FINANCE", ""), "application/x-ndjson", strings.NewReader(lines.String()))
	if status != http.StatusOK {
		t.Fatalf("%d: %.600s", status, text)
	}
}

// A file that is kept is its owner's while his rights stay as they were, and can be had in parts; so can one that is sent as it is written.
func TestFilesInParts(t *testing.T) {
	onBoth(t, func(t *testing.T, o *office) {
		o.organise(t)
		pmo, other := o.grantTo(t, "office", vocab.RolePmo), o.grantTo(t, "second", vocab.RolePmo)
		o.costly(t, 200)
		me, him := "Bearer "+pmo, "Basic "+base64.StdEncoding.EncodeToString([]byte("anybody:"+other))

		status, h, whole := o.get(t, "/export/CostEntries.xlsx", me)
		tag, at := h.Get("ETag"), h.Get("Content-Location")
		if status != 200 || tag == "" || at == "" || h.Get("Content-Length") != fmt.Sprint(len(whole)) || h.Get("Pmo-Rows") != "200" || h.Get("Pmo-Withheld") != "none" || h.Get("Accept-Ranges") != "bytes" {
			t.Fatalf("%d %v", status, h)
		}
		for _, x := range []struct {
			path, who string
			header    []string
			status    int
			want      string
		}{
			{"/export/CostEntries.xlsx", me, []string{"Range", "bytes=10-19"}, 206, whole[10:20]},
			{at, me, []string{"Range", "bytes=-20"}, 206, whole[len(whole)-20:]},
			{at, me, []string{"Range", "bytes=99999999-"}, 416, ""},
			{at, me, []string{"Range", "bytes=0-9", "If-Range", `"another"`}, 200, whole},
			{"/export/CostEntries.xlsx", me, []string{"If-None-Match", tag}, 304, ""},
			{at, him, nil, 404, ""},
			{at, him, []string{"Range", "bytes=0-9"}, 404, ""},
			{"/export/spool/nothing.xlsx", me, nil, 404, ""},
			{"/export/CostEntries.xlsx", him, []string{"If-None-Match", tag}, 200, ""},
			{"/export/CostEntries.xlsx", him, []string{"Range", "bytes=10-19", "If-Range", tag}, 200, ""},
		} {
			status, _, got := o.get(t, x.path, x.who, x.header...)
			if status != x.status || x.want != "" && got != x.want {
				t.Errorf("%s %v: %d, %d bytes", x.path, x.header, status, len(got))
			}
		}

		// The record goes on: a download that was begun goes on, too, one that begins is another.
		var any map[string]json.RawMessage
		o.ask(t, pmo, fmt.Sprintf(createPortfolio, "Q"), nil, &any)
		if status, h, got := o.get(t, "/export/CostEntries.xlsx", me, "Range", "bytes=30-", "If-Range", tag); status != 206 || got != whole[30:] || h.Get("ETag") != tag {
			t.Errorf("%d, %d bytes, %s", status, len(got), h.Get("ETag"))
		}
		if status, h, _ := o.get(t, "/export/CostEntries.xlsx", me, "If-None-Match", tag); status != 200 || h.Get("ETag") == tag {
			t.Errorf("%d %s", status, h.Get("ETag"))
		}
		if status, _, got := o.get(t, at, me); status != 200 || got != whole {
			t.Errorf("%d", status)
		}

		// Lines begin again behind any row.
		status, h, text := o.get(t, "/export/CostEntries.csv?filter=Actual%20gt%205", me)
		lines := strings.SplitAfter(strings.TrimSuffix(text, "\r\n"), "\r\n")
		if status != 200 || len(lines) != 196 || h.Get("Content-Length") != "" {
			t.Fatalf("%d %d %v", status, len(lines), h)
		}
		id, _, _ := strings.Cut(lines[100], ",")
		status, _, rest := o.get(t, "/export/CostEntries.csv?filter=Actual%20gt%205&after="+id+"&knownAt="+h.Get("Pmo-Position"), me)
		if status != 200 || strings.Join(lines[:101], "")+rest != text {
			t.Errorf("%d %.300s", status, rest)
		}

		// Rights that changed are others: nothing that was written by the old ones is given out.
		o.grantTo(t, "office", vocab.RoleFinance)
		if status, _, got := o.get(t, at, me); status != 404 {
			t.Errorf("%d, %d bytes", status, len(got))
		}
		if status, h, _ := o.get(t, "/export/CostEntries.xlsx", me, "Range", "bytes=30-", "If-Range", tag); status != 200 || h.Get("ETag") == tag {
			t.Errorf("%d %s", status, h.Get("ETag"))
		}
		if left, _ := filepath.Glob(filepath.Join(o.Data, "export-*")); len(left) > 0 {
			t.Errorf("%q lie there", left)
		}
	})
}

// What cannot be answered is refused in the words of its fields, and nothing of a file is sent.
func TestFilesRefused(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	o.organise(t)
	pmo := o.token(t, "PMO", "")
	o.costly(t, 3)
	for path, want := range map[string]string{
		"/export/Nothing.csv":                                     "dataset",
		"/export/CostEntries.doc":                                 "CostEntries.csv",
		"/export/CostEntries":                                     "CostEntries.csv",
		"/export/CostEntries.csv?filter=Nothing%20eq%201":         "Nothing",
		"/export/CostEntries.csv?filter=":                         "",
		"/export/CostEntries.csv?order=Nothing":                   "Nothing",
		"/export/CostEntries.csv?columns=Id,Nothing":              "Nothing",
		"/export/CostEntries.csv?colums=Id":                       "colums",
		"/export/CostEntries.csv?from=x":                          "from",
		"/export/Projects.csv?from=2020-01-01":                    "from",
		"/export/CostEntries.csv?after=cost-entry-1":              "after",
		"/export/CostEntries.xlsx?after=cost-entry-1&knownAt=1":   "after",
		"/export/CostEntries.csv?after=cost-entry-1999&knownAt=3": "after",
		"/export/CostEntries.csv?knownAt=x":                       "knownAt",
		"/export/CostEntries.csv?bom=2":                           "bom",
		"/export/pack.csv?datasets=Projects,CostEntries":          "datasets",
		"/export/pack.xlsx":                                       "datasets",
		"/export/CostEntries.xlsx?datasets=Projects":              "datasets",
		"/export/CostEntries.csv?bom=1&bom=1":                     "bom",
	} {
		status, h, text := o.get(t, path, "Bearer "+pmo)
		if ok := status >= 400 && status < 500 && strings.Contains(text, want) && h.Get("ETag") == "" && h.Get("Content-Disposition") == ""; ok == (want == "") {
			t.Errorf("%s: %d %.300s", path, status, text)
		}
	}
	if status, h, _ := o.get(t, "/export/CostEntries.csv", "Bearer none"); status != 401 || len(h.Values("WWW-Authenticate")) != 2 {
		t.Errorf("%d %v", status, h)
	}
	if status, h, _ := o.send(t, http.MethodPost, "/export/CostEntries.csv", "Bearer "+pmo, "{}", nil); status != 400 || h.Get("Allow") != "GET, HEAD" {
		t.Errorf("%d %v", status, h)
	}
}

// A feed key gets files, with what it may read and no more: by Basic as any key, and as the password of any name.
func TestFilesByFeedKey(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	o.organise(t)
	admin := o.grantTo(t, "admin", vocab.RoleAdmin)
	o.grantTo(t, "numbers", vocab.RoleFinance)
	o.costly(t, 3)
	for _, reads := range [][]string{nil, {"MONEY"}} {
		in := map[string]any{"name": "Excel", "ownerId": o.userID(t, "numbers"), "scopeKind": "ORGANISATION", "validTo": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}
		if reads != nil {
			in["reads"] = reads
		}
		k := o.makeKey(t, admin, false, in)
		if k.Secret == nil {
			t.Fatalf("%+v", k)
		}
		for _, who := range []string{basic(k.FeedKey.ID, *k.Secret), basic("anybody", k.FeedKey.ID+"."+*k.Secret)} {
			status, h, text := o.get(t, "/export/CostEntries.csv", who)
			if status != 200 || h.Get("Pmo-Reader") != k.FeedKey.ID || strings.Contains(text, ",2.02,") != (reads != nil) || strings.Count(text, "\r\n") != 4 {
				t.Errorf("%v: %d %v %s", reads, status, h, text)
			}
		}
		if status, _, _ := o.get(t, "/export/CostEntries.csv", basic(k.FeedKey.ID, "wrong")); status != 401 {
			t.Error(status)
		}
	}
}
