package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"pmograph/internal/edge"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/state"
)

// operator sends what pmo grant sends, over the socket of the server that has the record open, and gives the status and the words of the
// answer.
type operator struct {
	t      testing.TB
	client *http.Client
}

func (w where) operator(t testing.TB) operator {
	t.Helper()
	client, err := w.running()
	if err != nil || client == nil {
		t.Fatalf("no server has %s open: %v", w.Data, err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return operator{t, client}
}

func (o operator) grant(subject string) (int, string) {
	body, err := json.Marshal(edge.GrantRequest{Subject: subject, Role: "VIEWER"})
	if err != nil {
		o.t.Error(err)
	}
	res, err := o.client.Post("http://pmo/grant", "application/json", bytes.NewReader(body))
	if err != nil {
		o.t.Error(err)
		return 0, ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Error(err)
	}
	return res.StatusCode, string(text)
}

func (w where) users(t *testing.T) (n int) {
	t.Helper()
	w.during(t, func(r *record) { n = r.journal.Latest().Count(state.Users.Desc()) })
	return n
}

// demoFiles writes the demo's files into a directory.
func demoFiles(t *testing.T, dir string, files []tabular.File) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := contents(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Everything an operator does may be done while a server serves and others write: nothing waits for the end of it, and nothing is lost.
func TestDailyUseWhileServing(t *testing.T) {
	tmp := t.TempDir()
	w := where{Data: filepath.Join(tmp, "data")}
	anchors, few, all := filepath.Join(tmp, "anchors"), filepath.Join(tmp, "few"), filepath.Join(tmp, "all")
	demoFiles(t, few, tabular.Demo()[:2])
	demoFiles(t, all, tabular.Demo())
	if code := pmo(t, "import", "csv", "--data", w.Data, "--map", "gmpp", few); code != 0 {
		t.Fatalf("import: %d", code)
	}
	p := serveProcess(t, ownProgram(t), w, "--anchor-file", anchors)
	admin := newClient(t, w, "ADMIN", "writer")
	var written atomic.Int64
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for i := range 3 {
		writers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				key := fmt.Sprintf("%d-%d", i, n)
				var made struct {
					ActionItemCreate struct{ ActionItem struct{ ID string } }
				}
				if err := admin.ask(t.Context(), p.url, createItem, map[string]any{"project": "project-1", "key": key}, &made); err != nil {
					t.Errorf("refused while others read: %v", err)
					return
				}
				written.Add(1)
			}
		})
	}
	backup := func(i int) string { return filepath.Join(tmp, fmt.Sprintf("backup-%d.db", i)) }
	var operators sync.WaitGroup
	for i := range 3 {
		for _, args := range [][]string{
			{"token", "--role", "ADMIN"},
			{"verify"},
			{"export", "journal", "--out", filepath.Join(tmp, fmt.Sprintf("journal-%d", i))},
			{"export", "erasures", "--out", filepath.Join(tmp, fmt.Sprintf("erasures-%d", i))},
			{"backup", backup(i)},
			{"grant", "--subject", fmt.Sprintf("granted-%d", i), "--role", "VIEWER"},
			{"import", "csv", "--map", "gmpp", all},
		} {
			operators.Go(func() {
				if code := pmo(t, append(args, "--data", w.Data)...); code != 0 {
					t.Errorf("pmo %v: %d", args, code)
				}
			})
		}
	}
	operators.Wait()
	close(stop)
	writers.Wait()
	p.signal(syscall.SIGTERM)
	if <-p.ended; p.err != nil {
		t.Errorf("the server ended: %v\n%s", p.err, p.log())
	}
	if code := pmo(t, "verify", "--data", w.Data, "--anchor", anchors); code != 0 {
		t.Errorf("verify: %d", code)
	}
	w.during(t, func(r *record) {
		s := r.journal.Latest()
		if n := s.Count(state.ActionItems.Desc()); n != int(written.Load()) || n == 0 {
			t.Errorf("%d action items, %d were acknowledged", n, written.Load())
		}
		if n := s.Count(state.Users.Desc()); n != 4 {
			t.Errorf("%d users, 4 were granted a role or wrote", n)
		}
	})
	for i := range 3 {
		if v, err := verifyFile(t.Context(), backup(i)); err != nil || v.Entries == 0 {
			t.Errorf("backup %d: %+v, %v", i, v, err)
		}
	}
}

// After a crash the record is verified and backed up as it is, before any server has opened it again.
func TestReadersAfterACrash(t *testing.T) {
	tmp := t.TempDir()
	w := where{Data: filepath.Join(tmp, "data")}
	p := serveProcess(t, ownProgram(t), w)
	o := w.operator(t)
	for i := range 50 {
		if status, text := o.grant(fmt.Sprint("user-", i)); status != http.StatusOK {
			t.Fatalf("%d %s", status, text)
		}
	}
	p.kill()
	backup := filepath.Join(tmp, "backup.db")
	for _, args := range [][]string{{"verify"}, {"backup", backup}} {
		if code := pmo(t, append(args, "--data", w.Data)...); code != 0 {
			t.Errorf("pmo %v: %d", args, code)
		}
	}
	if v, err := verifyFile(t.Context(), backup); err != nil || v.Entries != 50 {
		t.Errorf("%+v, %v", v, err)
	}
}

// smallDisk mounts a file system of a few megabytes.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=6m", "none", dir).CombinedOutput(); err != nil {
		if os.Getenv("PMO_REQUIRE_POSTGRES") != "" && os.Getuid() == 0 {
			t.Fatalf("a small file system cannot be mounted: %v: %s", err, out)
		}
		t.Skipf("a small file system cannot be mounted: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	return dir
}

// While the disk is full mutations are refused, with nothing applied; questions are answered. When there is room again everything works,
// without a restart.
func TestFullDisk(t *testing.T) {
	w := where{Data: smallDisk(t)}
	p := serveProcess(t, ownProgram(t), w)
	o := w.operator(t)
	acknowledged := 0
	until := func(want int) (text string) {
		for i := 0; i < 4000; i++ {
			status, text := o.grant(fmt.Sprintf("user-%d-%s", acknowledged, strings.Repeat("x", 400)))
			if status == http.StatusOK {
				acknowledged++
			} else if status != http.StatusServiceUnavailable || !strings.Contains(text, "nothing was applied") {
				t.Fatalf("%d %s\n%s", status, text, p.log())
			}
			if status == want {
				return text
			}
		}
		t.Fatalf("no %d in 4000 mutations", want)
		return ""
	}
	ready := func() string {
		res, err := http.Get(p.url + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%d %s %v", res.StatusCode, text, err)
		}
		return strings.TrimSpace(string(text))
	}
	auditor := newClient(t, w, "AUDITOR", "auditor")
	ask := func() {
		t.Helper()
		var got struct {
			Journal struct {
				Edges []struct{ Node struct{ Number string } }
			}
		}
		if err := auditor.ask(t.Context(), p.url, "{ journal(first: 1) { edges { node { number } } } }", nil, &got); err != nil || len(got.Journal.Edges) != 1 {
			t.Errorf("a question: %+v, %v", got, err)
		}
	}
	until(http.StatusOK)
	if got := ready(); got != "ready" {
		t.Errorf("ready: %q", got)
	}
	for range 2 {
		filler := filepath.Join(w.Data, "filler")
		f, err := os.Create(filler)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(f, zeros{}); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("the disk does not fill: %v", err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		until(http.StatusServiceUnavailable)
		ask()
		if got := ready(); !strings.Contains(got, "nothing can be written") {
			t.Errorf("ready: %q", got)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if got := ready(); got != "ready" {
			t.Errorf("ready, with room again: %q", got)
		}
		until(http.StatusOK)
		ask()
	}
	if code := pmo(t, "verify", "--data", w.Data); code != 0 {
		t.Errorf("verify: %d", code)
	}
	p.signal(syscall.SIGTERM)
	if <-p.ended; p.err != nil {
		t.Errorf("the server ended: %v\n%s", p.err, p.log())
	}
	if n := w.users(t); n != acknowledged {
		t.Errorf("%d users, %d were acknowledged", n, acknowledged)
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// A file that SQLite did not write so, or whose rows are not those of the journal, is not served; what to do is said.
func TestDamagedRecordIsNotServed(t *testing.T) {
	w := where{Data: t.TempDir()}
	w.grant(t, "somebody")
	whole, err := os.ReadFile(w.file())
	if err != nil {
		t.Fatal(err)
	}
	for what, x := range map[string]struct {
		edit func([]byte) []byte
		want string
	}{
		"header": {func(b []byte) []byte { b[5] ^= 0xff; return b }, "pmo restore"},
		"page":   {func(b []byte) []byte { clear(b[4096*2 : 4096*3]); return b }, "pmo restore"},
		"end":    {func(b []byte) []byte { return b[:len(b)/2] }, "pmo restore"},
		"row":    {func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("VIEWER"), []byte("ADMIN ")) }, "pmo verify"},
	} {
		for _, s := range []string{"-wal", "-shm"} {
			_ = os.Remove(w.file() + s)
		}
		if err := os.WriteFile(w.file(), x.edit(bytes.Clone(whole)), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := w.open(t.Context(), quiet())
		if err == nil {
			r.close()
		}
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
