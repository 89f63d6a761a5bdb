package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver

	"pmograph/internal/exchange/tabular"
	"pmograph/internal/fault"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/vocab"
)

// Whoever comes in, is refused, grants, imports, previews and exports stands in the journal of access, with nobody's name; the log has no
// secret; and who edits the journal is found out.
func TestAccessIsJournalled(t *testing.T) {
	for name, w := range map[string]where{"sqlite": {Data: t.TempDir()}, "postgres": {Data: t.TempDir(), Database: pgtest.Database(t)}} {
		t.Run(name, func(t *testing.T) { accessIsJournalled(t, w) })
	}
}

// What must not stand in any log: people, amounts, and what opens doors.
const (
	boss   = "Otto-Geheim"
	person = "Frieda Verborgen"
	amount = "98765432.10"
)

func accessIsJournalled(t *testing.T, w where) {
	flags := []string{"--data", w.Data}
	if w.Database != "" {
		flags = append(flags, "--database", w.Database)
	}
	pmo := func(want int, args ...string) {
		t.Helper()
		if got := run(t.Context(), append(args, flags...)); got != want {
			t.Errorf("pmo %v: exit code %d, want %d", args, got, want)
		}
	}
	pmo(0, "grant", "--subject", boss, "--role", "ADMIN")
	p := serveProcess(t, ownProgram(t), w, "--trusted-proxy", "127.0.0.0/8")
	admin, pm, viewer := newClient(t, w, "", boss), newClient(t, w, vocab.RolePmo, "pmo"), newClient(t, w, vocab.RoleViewer, person)
	ask := func(c client, want fault.Kind, query string, vars map[string]any) {
		t.Helper()
		var into any
		if err := c.ask(t.Context(), p.url, query, vars, &into); want == "" && err != nil || want != "" && !fault.Is(err, want) {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
	}
	const create = `mutation Admit($s: String!, $n: String, $p: Boolean!) { userCreate(input: {issuer: "LOCAL", subject: $s, name: $n}, preview: $p) { user { id } } }`
	const grant = `mutation Give($u: ID!) { roleGrant(input: {userId: $u, role: VIEWER, scopeKind: ORGANISATION}) { roleAssignment { id } } }`
	ask(admin, "", `query Today { viewer { today: day } }`, nil)
	ask(admin, "", create, map[string]any{"s": person, "n": person, "p": true})
	ask(admin, "", create, map[string]any{"s": person, "n": person, "p": false})
	ask(admin, "", grant, map[string]any{"u": "user-2"})
	ask(viewer, "", create, map[string]any{"s": "x", "n": person + amount, "p": false})
	ask(viewer, fault.ValidationFailed, `query Wrong { nope(name: "`+person+`", amount: "`+amount+`") }`, nil)
	bad := pm
	bad.token += "x"
	ask(bad, fault.Unauthenticated, `{ __typename }`, nil)
	odd := func(method, path string, header http.Header) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, p.url+path, strings.NewReader(person+amount+viewer.token))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = header
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	auth := http.Header{"Authorization": {"Bearer " + viewer.token}, "Content-Type": {"application/json"}, "X-Forwarded-For": {"203.0.113.9"}}
	odd("POST", "/graphql?token="+viewer.token+"&name=Frieda+Verborgen", auth)
	odd("GET", "/graphql/"+viewer.token, auth)
	odd("POST", "/import/"+viewer.token, auth)
	odd("GET", "/graphql?query=%7Bviewer%7Bday%7D%7D&access_token="+viewer.token, http.Header{"X-Forwarded-For": {viewer.token}})
	first := tabular.Demo()[0]
	data, err := contents(first)
	if err != nil {
		t.Fatal(err)
	}
	send := func(c client, query string, want int) {
		t.Helper()
		req, _ := http.NewRequestWithContext(t.Context(), "POST", p.url+"/import/gmpp?file="+first.Name+query, bytes.NewReader(data))
		req.Header = http.Header{"Authorization": {"Bearer " + c.token}, "Content-Type": {"text/csv"}}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(res.Body)
		if res.Body.Close(); res.StatusCode != want {
			t.Errorf("an import is answered %d %.300s", res.StatusCode, text)
		}
	}
	send(pm, "&dryRun=1", http.StatusOK)
	send(pm, "", http.StatusOK)
	send(viewer, "", http.StatusForbidden)
	p.signal(syscall.SIGTERM)
	<-p.ended
	pmo(0, "export", "journal", "--out", filepath.Join(t.TempDir(), "journal"))
	out := filepath.Join(t.TempDir(), "access")
	pmo(0, "export", "access", "--out", out)
	pmo(0, "verify")
	checkAccess(t, out)
	noSecrets(t, p.log(), viewer.token, admin.token, pm.token, boss, person, amount, "Frieda", "203.0.113.9 ")
	if !strings.Contains(p.log(), `"operation":"Admit","user":"user-1","code":"-"`) || !strings.Contains(p.log(), `"operation":"Admit","user":"user-2","code":"FORBIDDEN"`) || !strings.Contains(p.log(), `"code":"GRAPHQL_VALIDATION_FAILED"`) {
		t.Errorf("the log does not tell who asked what:\n%s", p.log())
	}
	tamper(t, w, `UPDATE "access_entry" SET "actor" = 'user-9' WHERE "n" = 3`)
	pmo(exitRefused, "verify")
}

// checkAccess looks at an export of what was done above.
func checkAccess(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int64{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		var e accessLine
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		who := "-"
		switch {
		case strings.HasPrefix(e.Actor, "stranger-"):
			who = "stranger"
		case e.Actor != "":
			who = e.Actor
		}
		journalled := e.Entry > 0
		count[fmt.Sprintf("%s %s %s %v", e.Kind, who, e.What, journalled)] += e.Count
	}
	want := map[string]int64{
		"BREAK_GLASS operator operatorGrant true": 1,
		"STARTED server serve false":              1,
		"SIGN_IN user-1  false":                   1,
		"PREVIEW user-1 userCreate false":         1,
		"GRANT user-1 userCreate true":            1,
		"GRANT user-1 roleGrant true":             1,
		"SIGN_IN user-2  false":                   1, // admitted meanwhile
		"FORBIDDEN user-2 userCreate false":       1,
		"FORBIDDEN user-2 import false":           1,
		"UNAUTHENTICATED - token false":           1,
		"SIGN_IN stranger  false":                 1,
		"IMPORT stranger import false":            1,
		"IMPORT stranger import true":             1,
		"EXPORT operator journal false":           1,
	}
	for k, n := range want {
		if count[k] != n {
			t.Errorf("%s: %d times, want %d", k, count[k], n)
		}
		delete(count, k)
	}
	for k, n := range count {
		t.Errorf("not expected: %s, %d times", k, n)
	}
	noSecrets(t, string(text), boss, person, amount, "Frieda")
}

// tamper edits the journal of access.
func tamper(t *testing.T, w where, statement string) {
	t.Helper()
	driver, dsn := "sqlite", "file:"+w.accessFile()
	if w.Database != "" {
		driver, dsn = "pgx", w.Database
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statement); err != nil {
		t.Fatal(err)
	}
}

// secrets are what stands in no log, whatever was done: tokens and keys. Signed heads are no secret.
var (
	secrets    = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{10,}|-----BEGIN|[Bb]earer [A-Za-z0-9]`)
	signedHead = regexp.MustCompile(`(?m)^.*head signed.*$`)
)

// leaks lists what of the secrets stands in a text.
func leaks(text string, more ...string) (all []string) {
	all = secrets.FindAllString(signedHead.ReplaceAllString(text, ""), -1)
	for _, s := range more {
		if strings.Contains(text, s) {
			all = append(all, s)
		}
	}
	return all
}

func noSecrets(t *testing.T, text string, more ...string) {
	t.Helper()
	if found := leaks(text, more...); len(found) > 0 {
		t.Errorf("%q stand in\n%s", found, text)
	}
}

// The search for secrets finds them.
func TestSecretsAreFound(t *testing.T) {
	for text, want := range map[string]int{
		"a eyJhbGciOiJFZERTQSJ9.x b": 1, "-----BEGIN PRIVATE KEY-----": 1, `"authorization":"Bearer abc"`: 1, "user-7 Dashboard 12": 0,
		"x\n\"head signed\" jws=eyJhbGciOiJFZERTQSJ9\ny": 0, "Frieda": 1,
	} {
		if got := leaks(text, "Frieda"); len(got) != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
