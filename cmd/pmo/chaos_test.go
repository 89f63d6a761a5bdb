package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"pmograph/internal/journal/faulttest"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
	"pmograph/internal/wake/natstest"
)

const chaosItems = `actionItems(open: false, first: 1) { totalCount }`

const followProject = `subscription($after: Position) { projectChanged(id: "project-1", after: $after, initial: true) {
  number position at reset removed project { name ` + chaosItems + ` } changes { id entity operation } } }`

// chaos is three servers that are killed and told to end, and followers that are cut from them, or cross over to another, at random.
type chaos struct {
	*testing.T
	w       where
	db      store.Store
	nats    *natstest.Server
	servers []*process
	ports   []string // where each server listens, whenever it does
	up      []atomic.Bool
	rnd     *rand.Rand
	lines   []*line
	toxic   *toxiproxy.ApiServer
	done    map[string]int // what was done to whom, how often
}

// line leads one follower to the servers, to each by a proxy of its own.
type line struct {
	*follower
	proxies []*toxiproxy.Proxy
	to      atomic.Int64 // the server it leads to
}

func newChaos(t *testing.T) *chaos {
	t.Helper()
	c := &chaos{T: t, w: where{Data: t.TempDir(), Database: pgtest.Database(t)}, nats: natstest.New(t), up: make([]atomic.Bool, 3), rnd: rand.New(rand.NewPCG(1, 2)), done: map[string]int{},
		toxic: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())}
	seed(t, c.w)
	var err error
	c.db, err = c.w.store(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = c.db.Close() })
	c.nats.Start()
	for i := range 3 {
		c.ports, c.servers = append(c.ports, natstest.New(t).Addr()), append(c.servers, nil)
		c.serve(i)
	}
	return c
}

// serve starts a server where it was.
func (c *chaos) serve(i int) {
	c.servers[i] = serveProcess(c, ownProgram(c), c.w, "--addr", c.ports[i], "--budget", "ANY=0/0/0", "--memory-limit", "1GiB", "--nats", c.nats.URL())
	c.up[i].Store(true)
}

// add gives a line to each of two followers.
func (c *chaos) add(all *followers, what following) {
	for range 2 {
		l := &line{}
		l.to.Store(c.rnd.Int64N(3))
		for i, port := range c.ports {
			proxy := toxiproxy.NewProxy(c.toxic, fmt.Sprint(len(c.lines), "-", i), "127.0.0.1:0", port)
			must(c, proxy.Start())
			c.Cleanup(proxy.Stop)
			l.proxies = append(l.proxies, proxy)
		}
		what.server = func() string { return "http://" + l.proxies[l.to.Load()].Listen }
		l.follower = all.start(what, len(c.lines)%2 == 1)
		c.lines = append(c.lines, l)
	}
}

// poison does something to what comes through a line for a while: see toxiproxy for the kinds.
func (c *chaos) poison(l *line, kind, attributes string, wait time.Duration) {
	c.Helper()
	proxy := l.proxies[l.to.Load()]
	_, err := proxy.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(`{"name":"it","type":%q,"attributes":{%s}}`, kind, attributes)))
	must(c, err)
	time.Sleep(wait)
	must(c, proxy.Toxics.RemoveToxic(context.Background(), "it"))
}

// harms are what is done, each with how often of a hundred times.
var harms = []struct {
	name  string
	share int
	do    func(c *chaos, l *line)
}{
	{"cut", 25, func(c *chaos, l *line) { proxy := l.proxies[l.to.Load()]; proxy.Stop(); must(c, proxy.Start()) }},
	{"cut in the middle of an event", 20, func(c *chaos, l *line) {
		c.poison(l, "limit_data", fmt.Sprintf(`"bytes":%d`, c.rnd.IntN(1500)), time.Duration(c.rnd.IntN(150))*time.Millisecond)
	}},
	{"reset", 12, func(c *chaos, l *line) { c.poison(l, "reset_peer", `"timeout":0`, 50*time.Millisecond) }},
	{"in small pieces, late", 8, func(c *chaos, l *line) {
		c.poison(l, "slicer", `"average_size":7,"size_variation":5,"delay":200`, 100*time.Millisecond)
	}},
	{"to another server", 25, func(c *chaos, l *line) {
		was := l.proxies[l.to.Load()]
		l.to.Store((l.to.Load() + 1 + c.rnd.Int64N(2)) % 3)
		was.Stop()
		must(c, was.Start())
	}},
	{"server killed", 4, func(c *chaos, _ *line) { c.restart(syscall.SIGKILL) }},
	{"server told to end", 4, func(c *chaos, _ *line) { c.restart(syscall.SIGTERM) }},
	{"NATS away", 2, func(c *chaos, _ *line) { c.nats.End(); time.Sleep(100 * time.Millisecond); c.nats.Start() }},
}

// restart ends a server and starts it again.
func (c *chaos) restart(how syscall.Signal) {
	i := c.rnd.IntN(3)
	c.up[i].Store(false)
	c.servers[i].signal(how)
	<-c.servers[i].ended
	time.Sleep(time.Duration(c.rnd.IntN(300)) * time.Millisecond)
	c.serve(i)
}

// harm does something to somebody: first everything once, then at random.
func (c *chaos) harm(turn int) {
	h := harms[turn%len(harms)]
	if turn >= len(harms) {
		n := c.rnd.IntN(100)
		for _, h = range harms {
			if n -= h.share; n < 0 {
				break
			}
		}
	}
	h.do(c, c.lines[c.rnd.IntN(len(c.lines))])
	c.done[h.name]++
}

// server gives one that serves, as far as is known.
func (c *chaos) server(r *rand.Rand) string {
	i := r.IntN(3)
	for !c.up[i].Load() {
		i = (i + 1) % 3
	}
	return "http://" + c.ports[i]
}

// Whatever happens to lines and servers, who follows misses nothing, gets nothing twice, and has in the end what a question answers.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	c, all := newChaos(t), newFollowers(t)
	reader := newClient(t, c.w, "PMO", "reader")
	place := reader.head(t, "http://"+c.ports[0])
	before := c.items("http://" + c.ports[0])
	for i := range 3 {
		who := newClient(t, c.w, "PMO", fmt.Sprint("reader-", i)).token
		c.add(all, following{name: fmt.Sprint("journal ", i), token: who, query: followJournal, place: place})
		c.add(all, following{name: fmt.Sprint("project ", i), token: who, query: followProject, place: place})
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var account faulttest.Account
	var writing sync.WaitGroup
	for n := range 3 {
		writer, r := newClient(t, c.w, "PMO", fmt.Sprint("writer-", n)), rand.New(rand.NewPCG(uint64(n), 3))
		writing.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprint(n, "-", i)
				told, err := writer.create(t.Context(), func() string { return c.server(r) }, "project-1", key)
				if err != nil {
					t.Error(key, err)
					return
				}
				account.Add(faulttest.Call{Caller: n, N: i, Key: key, Told: told})
				time.Sleep(time.Duration(r.IntN(60)) * time.Millisecond)
			}
		})
	}
	cuts := faulttest.Pick(60, 1000)
	for turn := range cuts {
		c.harm(turn)
		time.Sleep(time.Duration(c.rnd.IntN(100)) * time.Millisecond)
	}
	stop()
	writing.Wait()
	numbers := since(t, c.db, place)
	all.reach(numbers[len(numbers)-1])
	all.end()
	t.Log(c.done)
	faulttest.Compare(t, c.db, &account)
	now := c.items("http://" + c.ports[0])
	c.judge(numbers, before, now)
}

// items asks a server for all action items of the project.
func (c *chaos) items(url string) map[string]bool {
	c.Helper()
	found, asking := map[string]bool{}, newClient(c, c.w, "PMO", "asking")
	for after := any(nil); ; {
		var a struct {
			Project struct {
				ActionItems struct {
					Nodes    []struct{ ID string }
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
		}
		must(c, asking.ask(c.Context(), url, `query($after: String) { project(id: "project-1") { actionItems(open: false, first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }`,
			map[string]any{"after": after}, &a))
		for _, x := range a.Project.ActionItems.Nodes {
			found[x.ID] = true
		}
		if !a.Project.ActionItems.PageInfo.HasNextPage {
			return found
		}
		after = a.Project.ActionItems.PageInfo.EndCursor
	}
}

// told is what an event says.
type told struct {
	Entry   *struct{ Changes []made }
	Changes []made
	Removed bool
	Project *struct {
		Name        string
		ActionItems struct{ TotalCount int }
	}
}

type made struct{ ID, Entity, Operation string }

// judge holds what each follower took against the journal, and what he has made of it against what a question answers. At each number there
// are as many items as entries had made by then.
func (c *chaos) judge(numbers []int64, before, now map[string]bool) {
	c.Helper()
	count := map[int64]int{}
	for _, e := range faulttest.Entries(c, c.db) {
		if n := len(before); e.Seq < numbers[0] {
			count[e.Seq] = n
		} else {
			count[e.Seq] = count[e.Seq-1]
			if e.Seq == numbers[0] {
				count[e.Seq] = n
			}
			if e.Action == "actionItemCreate" {
				count[e.Seq]++
			}
		}
	}
	ended := map[string]int{}
	for _, l := range c.lines {
		have, last := maps.Clone(before), int64(0)
		var got []int64
		for _, n := range l.news() {
			var e told
			must(c, json.Unmarshal(n.all, &e))
			changes := e.Changes
			if e.Entry != nil {
				changes = e.Entry.Changes
			} else if e.Removed || e.Project == nil || e.Project.ActionItems.TotalCount != count[n.number()] {
				c.Errorf("%s: at %d he is shown %s, where there were %d items", l.name, n.number(), n.all, count[n.number()])
			}
			if n.Reset || n.number() < last || e.Entry != nil && n.number() == last {
				c.Errorf("%s: an event of %d came after %d, reset: %v", l.name, n.number(), last, n.Reset)
			}
			last, got = n.number(), append(got, n.number())
			for _, x := range changes {
				if x.Operation != "CREATE" || x.Entity != "ActionItem" {
					continue
				}
				if have[x.ID] {
					c.Errorf("%s: at %d he is told of %s again", l.name, n.number(), x.ID)
				}
				have[x.ID] = true
			}
		}
		if l.query == followJournal && !slices.Equal(got, numbers) {
			c.Errorf("%s took %d entries of %d", l.name, len(got), len(numbers))
		}
		if !maps.Equal(have, now) {
			c.Errorf("%s has %d items, there are %d", l.name, len(have), len(now))
		}
		endings, _ := l.ended()
		for code, n := range endings {
			if ended[code] += n; code != "" && code != "UNAVAILABLE" {
				c.Errorf("%s ended with %s", l.name, code)
			}
		}
	}
	c.Logf("%d entries; connections ended %v times by code", len(numbers), ended)
}
