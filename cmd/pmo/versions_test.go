package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pmograph/internal/journal/faulttest"
	"pmograph/internal/store/pgtest"
)

// Two versions of the program side by side on one record, under load: both serve until the newer one first uses what the older one does
// not know. Then the older one drains: it is not ready, refuses, and answers nothing wrong. scripts/next-version.sh makes the newer one.
func TestVersions(t *testing.T) {
	next := os.Getenv("PMO_NEXT_VERSION") // a program made before
	if next == "" && !faulttest.Long() {
		t.Skip("builds a program: runs in make test-faults")
	}
	w := where{Data: t.TempDir(), Database: pgtest.Database(t)}
	if next == "" {
		dir := filepath.Join(t.TempDir(), "next")
		if out, err := exec.Command("../../scripts/next-version.sh", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		next = dir + "/bin/pmo"
	}
	seed(t, w)
	older := serveProcess(t, ownProgram(t), w)
	newer := serveProcess(t, next, w)

	var account faulttest.Account
	var drained atomic.Bool
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var callers sync.WaitGroup
	for n := range 16 {
		c, p := newClient(t, w, "PMO", fmt.Sprint("caller-", n)), []*process{older, newer}[n%2]
		callers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("%d-%d", n, i)
				told, err := c.create(t.Context(), func() string {
					if p == older && drained.Load() {
						return ""
					}
					return p.url
				}, "project-1", key)
				if err != nil {
					t.Error(key, err)
					return
				}
				account.Add(faulttest.Call{Caller: n, N: i, Key: key, Told: told})
				if p == older && drained.Load() {
					return
				}
			}
		})
	}
	served := func(parity int) (n int) {
		for _, c := range account.Calls() {
			if c.Told == faulttest.Done && c.Caller%2 == parity {
				n++
			}
		}
		return n
	}
	faulttest.Eventually(t, time.Minute, "both versions serve", func() bool { return served(0) > 200 && served(1) > 200 })
	if got := ready(t, older); got != http.StatusOK {
		t.Errorf("before the first use the older version is not ready: %d", got)
	}

	pmo := newClient(t, w, "PMO", "pmo")
	if told, err := pmo.create(t.Context(), func() string { return newer.url }, "project-1", "remark: the first use"); told != faulttest.Done {
		t.Fatal("the first use: ", told, err)
	}
	used := time.Now()
	faulttest.Eventually(t, 10*time.Second, "the older version is not ready", func() bool { return ready(t, older) == http.StatusServiceUnavailable })
	drained.Store(true)
	t.Logf("the older version drains %s after the first use", time.Since(used).Round(time.Millisecond))
	for range 20 {
		if shown, err := pmo.sees(t.Context(), older.url, "project-1"); shown || err == nil {
			t.Error("the older version still answers")
		}
	}
	before := served(1)
	faulttest.Eventually(t, time.Minute, "the newer version goes on", func() bool { return served(1) > before+200 })
	stop()
	callers.Wait()

	if out, err := verify(next, w); err != nil {
		t.Errorf("the newer version's verification: %v\n%s", err, out)
	}
	if out, err := verify(ownProgram(t), w); err == nil || !strings.Contains(out, "newer version") {
		t.Errorf("the older version's verification: %v\n%s", err, out)
	}
	inJournal := keysByHand(t, w)
	for _, c := range account.Calls() {
		if n := inJournal[c.Key]; n > 1 || c.Told == faulttest.Done && n != 1 {
			t.Errorf("%s was told %d and stands in the journal %d times", c.Key, c.Told, n)
		}
	}
	t.Logf("%d writes by the older version, %d by the newer", served(0), served(1))
}

func ready(t *testing.T, p *process) int {
	t.Helper()
	res, err := http.Get(p.url + "/readyz")
	must(t, err)
	defer res.Body.Close()
	return res.StatusCode
}

func verify(program string, w where) (string, error) {
	cmd := exec.Command(program, "verify", "--data", w.Data, "--database", w.Database)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// keysByHand counts the keys in the journal, which this program may be too old to read.
func keysByHand(t *testing.T, w where) map[string]int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.Database)
	must(t, err)
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT "key" FROM "journal"`)
	must(t, err)
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	n := map[string]int{}
	for _, k := range keys {
		n[k]++
	}
	return n
}
