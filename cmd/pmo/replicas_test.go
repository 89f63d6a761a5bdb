package main

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pmograph/internal/journal/faulttest"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/wake/natstest"
)

// wakings are the ways in which servers wake each other, and how each is cut until it is healed.
var wakings = []struct {
	name string
	args func(nats *natstest.Server) []string
	cut  func(t *testing.T, w where, nats *natstest.Server) (heal func())
}{
	{"NOTIFY", func(*natstest.Server) []string { return nil }, func(t *testing.T, w where, _ *natstest.Server) func() { return deafen(t, w.Database) }},
	{"NATS", func(nats *natstest.Server) []string { return []string{"--no-notify", "--nats", nats.URL()} },
		func(_ *testing.T, _ where, nats *natstest.Server) func() { nats.End(); return nats.Start }},
	{"neither", func(*natstest.Server) []string { return []string{"--no-notify"} },
		func(*testing.T, where, *natstest.Server) func() { return func() {} }},
}

// deafen ends the sessions that listen for notifications, again and again.
func deafen(t *testing.T, database string) (heal func()) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), database)
	must(t, err)
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer c.Close(t.Context())
		for {
			if _, err := c.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`); err != nil {
				t.Error(err)
				return
			}
			select {
			case <-over:
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	heal = sync.OnceFunc(func() { close(over); <-ended })
	t.Cleanup(heal)
	return heal
}

// fleet is three servers on one record.
func fleet(t *testing.T, w where, args ...string) (all []*process) {
	t.Helper()
	for range 3 {
		all = append(all, serveProcess(t, ownProgram(t), w, append([]string{"--budget", "ANY=0/0/0", "--max-streams", "2000", "--memory-limit", "1GiB"}, args...)...))
	}
	return all
}

func at(p *process) func() string { return func() string { return p.url } }

// write makes action items at every server by turns, one at a time.
func (c client) write(t *testing.T, all []*process, name string, n int) {
	t.Helper()
	for i := range n {
		key := fmt.Sprint(name, "-", i)
		if told, err := c.create(t.Context(), at(all[i%len(all)]), "project-1", key); err != nil || told != faulttest.Done {
			t.Fatal(key, told, err)
		}
	}
}

// Everybody who follows at any of three servers sees every change, once and in order, whatever wakes them, and while that is cut.
func TestReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	w := where{Data: t.TempDir(), Database: pgtest.Database(t)}
	seed(t, w)
	db, err := w.store(t.Context())
	must(t, err)
	defer db.Close()
	nats := natstest.New(t)
	nats.Start()
	many, single := faulttest.Pick(30, 300), faulttest.Pick(8, 60)
	for _, x := range wakings {
		t.Run(x.name, func(t *testing.T) {
			all := fleet(t, w, x.args(nats)...)
			writer := newClient(t, w, "PMO", "writer")
			readers, place := newFollowers(t), writer.head(t, all[0].url)
			for i, p := range all {
				readers.add(following{name: fmt.Sprint("server ", i), token: newClient(t, w, "PMO", fmt.Sprint("reader-", i)).token, server: at(p), query: followJournal, place: place})
			}
			newest := func() int64 { numbers := since(t, db, place); return numbers[len(numbers)-1] }
			phase := func(name string) {
				writer.write(t, all, x.name+name, many)
				readers.reach(newest())
				from := newest()
				for i := range single { // what the first server writes, the others have to notice
					writer.write(t, all[:1], fmt.Sprint(x.name, name, "single", i), 1)
					readers.reach(newest())
				}
				var late []time.Duration
				for _, f := range readers.all {
					for _, e := range f.news() {
						if e.number() > from && f.server() != all[0].url {
							late = append(late, e.after)
						}
					}
				}
				slices.Sort(late)
				t.Logf("%s: from an entry to followers elsewhere: half within %s, all within %s", name, late[len(late)/2].Round(time.Millisecond/10), late[len(late)-1].Round(time.Millisecond/10))
			}
			phase("whole")
			heal := x.cut(t, w, nats)
			phase("cut")
			heal()
			phase("healed")
			readers.complete(since(t, db, place))
			readers.end()
			for _, f := range readers.all {
				if endings, _ := f.ended(); len(endings) > 1 || endings[""] > 1 { // that of the test
					t.Errorf("%s was cut: %v", f.name, endings)
				}
			}
		})
	}
}

// A server whose NATS is not there serves all the same, says so once, and uses it as soon as it comes.
func TestServesWithoutNATS(t *testing.T) {
	w, nats := where{Data: t.TempDir(), Database: pgtest.Database(t)}, natstest.New(t)
	p := serveProcess(t, ownProgram(t), w, "--nats", nats.URL(), "--metrics-addr", "127.0.0.1:0")
	must(t, newClient(t, w, "PMO", "reader").ask(t.Context(), p.url, `{ viewer { day } }`, nil, new(any)))
	_, rest, _ := strings.Cut(p.log(), `"serving metrics","address":"`)
	url, _, _ := strings.Cut(rest, `"`)
	figure := func() string {
		res, err := http.Get(url)
		must(t, err)
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		must(t, err)
		_, rest, _ := strings.Cut(string(text), "\npmo_nats_connected ")
		value, _, _ := strings.Cut(rest, "\n")
		return value
	}
	faulttest.Eventually(t, 30*time.Second, "it says that NATS is not there", func() bool { return strings.Contains(p.log(), "NATS cannot be reached") })
	if v := figure(); v != "0" {
		t.Errorf("connected: %q", v)
	}
	nats.Start()
	faulttest.Eventually(t, 30*time.Second, "NATS is connected", func() bool { return figure() == "1" })
	if n := strings.Count(p.log(), `"level":"WARN"`); n != 1 {
		t.Errorf("%d warnings:\n%s", n, p.log())
	}
}
