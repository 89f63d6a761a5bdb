package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/journal/faulttest"
	"pmograph/internal/store"
	"pmograph/internal/store/pgtest"
)

// answered is what somebody who asks all the time was told once.
type answered struct {
	asked  time.Time
	told   time.Time
	err    error
	number int64 // of the record that he was answered from; 0 if he did not ask for it
	items  int   // that he was shown at that number
}

// outage is three servers, each behind a proxy of its own before one PostgreSQL, with people who write, ask and follow at each.
type outage struct {
	*testing.T
	cluster *pgtest.Cluster
	db      store.Store // straight to PostgreSQL
	servers []*process
	proxies []*faulttest.Proxy
	place   string // from which on everybody follows
	readers *followers
	account faulttest.Account
	items   int // before anybody wrote

	mu      sync.Mutex
	answers [][]answered // by server
	stop    context.CancelFunc
	busy    sync.WaitGroup
}

const askItems = `{ project(id: "project-1") { actionItems(open: false, first: 1) { totalCount } } journal(last: 1) { nodes { number } } }`

func newOutage(t *testing.T) *outage {
	t.Helper()
	o := &outage{T: t, cluster: pgtest.New(t, false), answers: make([][]answered, 3)}
	w := where{Data: t.TempDir(), Database: o.cluster.URL("pmo")}
	seed(t, w)
	var err error
	o.db, err = w.store(t.Context())
	must(t, err)
	t.Cleanup(func() { _ = o.db.Close() })
	ctx, stop := context.WithCancel(t.Context())
	o.stop = stop
	for i := range 3 {
		proxy := faulttest.NewProxy(t, o.cluster.Addr())
		through := where{Data: w.Data, Database: proxy.Through(w.Database)}
		o.proxies = append(o.proxies, proxy)
		o.servers = append(o.servers, serveProcess(t, ownProgram(t), through, "--budget", "ANY=0/0/0", "--memory-limit", "1GiB"))
		if i == 0 {
			o.place = newClient(t, w, "PMO", "reader").head(t, o.servers[0].url)
			o.readers = newFollowers(t)
		}
		o.readers.add(following{name: fmt.Sprint("server ", i), token: newClient(t, w, "PMO", fmt.Sprint("reader-", i)).token, server: at(o.servers[i]), query: followJournal, place: o.place})
	}
	_, o.items, err = o.ask(newClient(t, w, "PMO", "reader"), o.servers[0].url)
	must(t, err)
	for i := range o.servers {
		asking := newClient(t, w, "PMO", fmt.Sprint("asking-", i))
		o.busy.Go(func() { o.asks(ctx, asking, i, o.ask) })
		o.busy.Go(func() { o.asks(ctx, asking, i, o.look) })
		for n := range 3 {
			writer, caller := newClient(t, w, "PMO", fmt.Sprint("writer-", i, "-", n)), 3*i+n
			o.busy.Go(func() { o.writes(ctx, writer, i, caller) })
		}
	}
	return o
}

func (o *outage) ask(c client, url string) (number int64, items int, err error) {
	var a struct {
		Project struct{ ActionItems struct{ TotalCount int } }
		Journal struct{ Nodes []struct{ Number string } }
	}
	if err = c.ask(context.Background(), url, askItems, nil, &a); err == nil {
		_, err = fmt.Sscan(a.Journal.Nodes[0].Number, &number)
	}
	return number, a.Project.ActionItems.TotalCount, err
}

// look asks what needs no look into the database.
func (o *outage) look(c client, url string) (number int64, items int, err error) {
	ok, err := c.sees(context.Background(), url, "project-1")
	if err == nil && !ok {
		err = errors.New("the project is not shown")
	}
	return 0, 0, err
}

func (o *outage) asks(ctx context.Context, c client, server int, ask func(c client, url string) (int64, int, error)) {
	for ctx.Err() == nil {
		a := answered{asked: time.Now()}
		a.number, a.items, a.err = ask(c, o.servers[server].url)
		a.told = time.Now()
		o.mu.Lock()
		o.answers[server] = append(o.answers[server], a)
		o.mu.Unlock()
		time.Sleep(15 * time.Millisecond)
	}
}

func (o *outage) writes(ctx context.Context, c client, server, caller int) {
	for i := 0; ctx.Err() == nil; i++ {
		call := faulttest.Call{Caller: caller, N: i, Key: fmt.Sprint(caller, "-", i)}
		began := time.Now()
		var err error
		if call.Told, err = c.create(context.Background(), at(o.servers[server]), "project-1", call.Key); err != nil {
			o.Error(call.Key, err)
			return
		}
		call.At, call.Waited = time.Now(), time.Since(began)
		o.account.Add(call)
		time.Sleep(10 * time.Millisecond)
	}
}

// back waits until each of some servers answers, writes and tells its followers something that was asked for, or written, since an instant.
func (o *outage) back(what string, since time.Time, servers ...int) {
	o.Helper()
	var answers, writes, events time.Duration
	for _, i := range servers {
		faulttest.Eventually(o, 30*time.Second, fmt.Sprintf("server %d answers after it was %s", i, what), func() bool {
			o.mu.Lock()
			defer o.mu.Unlock()
			return slices.ContainsFunc(o.answers[i], func(a answered) bool { return a.err == nil && a.asked.After(since) })
		})
		answers = max(answers, time.Since(since))
	}
	for _, i := range servers {
		faulttest.Eventually(o, 30*time.Second, fmt.Sprintf("server %d writes after it was %s", i, what), func() bool {
			return slices.ContainsFunc(o.account.Calls(), func(c faulttest.Call) bool { return c.Caller/3 == i && c.At.After(since) })
		})
		writes = max(writes, time.Since(since))
	}
	for _, f := range o.readers.all {
		if !slices.ContainsFunc(servers, func(i int) bool { return o.servers[i].url == f.server() }) {
			continue
		}
		faulttest.Eventually(o, 30*time.Second, fmt.Sprintf("%s hears something after it was %s", f.name, what), func() bool {
			return slices.ContainsFunc(f.news(), func(n news) bool { return n.At.After(since) })
		})
		events = max(events, time.Since(since))
	}
	o.Logf("%s: afterwards all answered within %s, wrote within %s, and followed within %s", what, answers.Round(time.Millisecond), writes.Round(time.Millisecond), events.Round(time.Millisecond))
}

// end lets everybody finish, and holds what they were told against the journal.
func (o *outage) end() {
	o.Helper()
	o.stop()
	o.busy.Wait()
	numbers := since(o.T, o.db, o.place)
	o.readers.reach(numbers[len(numbers)-1])
	o.readers.complete(numbers)
	faulttest.Compare(o, o.db, &o.account)
	items := map[int64]int{}
	count := o.items
	for _, e := range faulttest.Entries(o, o.db) {
		if slices.Contains(numbers, e.Seq) && e.Action == "actionItemCreate" {
			count++
		}
		items[e.Seq] = count
	}
	for i, all := range o.answers {
		right, unavailable, before := 0, 0, int64(0)
		for _, a := range all {
			switch {
			case fault.Is(a.err, fault.Unavailable):
				unavailable++
			case a.err != nil:
				o.Errorf("server %d answered %v", i, a.err)
			case a.number == 0:
				right++
			case a.items != items[a.number] || a.number < before:
				o.Errorf("server %d showed %d items at %d, where there were %d; the answer before was from %d", i, a.items, a.number, items[a.number], before)
			default:
				right, before = right+1, a.number
			}
		}
		o.Logf("server %d: %d answers were right, %d UNAVAILABLE", i, right, unavailable)
	}
	for _, f := range o.readers.all {
		endings, _ := f.ended()
		for code := range endings {
			if code != "" && code != string(fault.Unavailable) {
				o.Errorf("%s ended so: %v", f.name, endings)
			}
		}
	}
}

// PostgreSQL is restarted, in order and as by a crash, and cut off from all servers, then from one: who asks is answered rightly or told that
// it cannot be answered now, nothing acknowledged is lost, and who follows misses nothing.
func TestOutageOfPostgres(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	o := newOutage(t)
	o.back("started", time.Now(), 0, 1, 2)
	for _, atOnce := range []bool{false, true} {
		must(t, o.cluster.Stop(atOnce))
		time.Sleep(faulttest.Pick(time.Second, 7*time.Second))
		must(t, o.cluster.Start())
		o.back(fmt.Sprintf("restarted (crash: %v)", atOnce), time.Now(), 0, 1, 2)
	}
	var releases []func()
	for _, p := range o.proxies {
		releases = append(releases, p.Hold())
	}
	held := time.Now()
	time.Sleep(faulttest.Pick(7*time.Second, 30*time.Second))
	healed := time.Now()
	for _, release := range releases {
		release()
	}
	o.back("cut off from all", healed, 0, 1, 2)
	for i := range o.servers {
		o.silent(i, held, healed)
	}
	admin := newClient(t, where{Data: o.data()}, "ADMIN", demoAdmin)
	withdraw := admin.hire(t, o.servers[0].url, "leaving")
	reader, leaving := newClient(t, where{Data: o.data()}, "", "leaving"), newFollowers(t)
	for _, p := range o.servers {
		faulttest.Eventually(t, 10*time.Second, "he may read everywhere", func() bool { ok, _ := reader.sees(t.Context(), p.url, "project-1"); return ok })
		leaving.add(following{name: p.url + " leaving", token: reader.token, server: at(p), query: followJournal, place: admin.head(t, p.url)})
	}
	release := o.proxies[1].Hold()
	held = time.Now()
	number := withdraw()
	withdrawn := time.Now()
	time.Sleep(faulttest.Pick(7*time.Second, 30*time.Second))
	healed = time.Now()
	release()
	o.back("cut off from one", healed, 0, 1, 2)
	leaving.turnedAway()
	leaving.nothingAfter(number, withdrawn, "cut off from one", healed.Sub(withdrawn)+10*time.Second) // until then nobody could tell him
	o.silent(1, held, healed)
	o.end()
}

// data is the directory of all servers.
func (o *outage) data() string {
	args := o.servers[0].cmd.Args
	return args[slices.Index(args, "--data")+1]
}

// silent fails if a server that was cut off answered what it was asked later than it may be sure of its record.
func (o *outage) silent(server int, held, healed time.Time) {
	o.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range o.answers[server] {
		if a.err == nil && a.asked.After(held.Add(5500*time.Millisecond)) && a.told.Before(healed) {
			o.Errorf("server %d answers %s after it was cut off", server, a.asked.Sub(held))
		}
	}
}
