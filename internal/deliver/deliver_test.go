package deliver_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pmograph/auth"
	"pmograph/internal/deliver"
	"pmograph/internal/journal"
	"pmograph/internal/read"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = time.Minute // nothing here takes so long, whatever else the machine does

// call is a call of Tell, which waits for what it is to answer.
type call struct {
	recipient int64
	from      read.Since
	failed    int
	answer    chan func() (deliver.Told, error)
}

// channel is a channel whose recipients and answers a test gives.
type channel struct {
	mu         sync.Mutex
	recipients []deliver.Recipient
	calls      chan call
}

func (*channel) Name() string { return "test" }

func (c *channel) Recipients(*state.Snapshot) []deliver.Recipient {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.recipients)
}

func (c *channel) Tell(ctx context.Context, recipient int64, from read.Since, failed int) (deliver.Told, error) {
	x := call{recipient, from, failed, make(chan func() (deliver.Told, error), 1)}
	select {
	case c.calls <- x:
	case <-ctx.Done():
		return deliver.Told{}, ctx.Err()
	}
	select {
	case answer := <-x.answer:
		return answer()
	case <-ctx.Done():
		return deliver.Told{}, ctx.Err()
	}
}

// post is an engine over a record, with one channel.
type post struct {
	testing.TB
	*channel
	db  *memory.Store
	j   *journal.Journal
	off atomic.Int64
}

var began = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func (p *post) now() time.Time { return began.Add(time.Duration(p.off.Load())) }

func newPost(t testing.TB, workers int, recipients ...deliver.Recipient) *post {
	p := &post{TB: t, channel: &channel{recipients: recipients, calls: make(chan call)}}
	ctx, stop := context.WithCancel(context.Background())
	p.db = &memory.Store{Now: p.now}
	j, err := journal.Open(ctx, p.db, journal.Options{Now: p.now, Log: slog.New(slog.DiscardHandler), Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	p.j = j
	p.move()
	p.run(j, p.channel, workers)
	return p
}

// run tells of a record until the test ends.
func (p *post) run(src deliver.Source, c *channel, workers int) {
	ctx, stop := context.WithCancel(context.Background())
	e := deliver.New(src, p.db, deliver.Options{Now: p.now, Log: slog.New(slog.DiscardHandler), Tick: 5 * time.Millisecond, Workers: workers}, c)
	done := make(chan struct{})
	go func() { defer close(done); e.Run(ctx) }()
	p.Cleanup(func() { stop(); <-done })
}

// lagging is a record as somebody has it who does not follow.
type lagging struct {
	s     *state.Snapshot
	moved chan struct{}
}

func (l lagging) Moved() (*state.Snapshot, <-chan struct{}) { return l.s, l.moved }

// Who takes the lead and lags behind tells nobody, and forgets nobody whom he does not know yet.
func TestLagging(t *testing.T) {
	p := newPost(t, 1)
	old := lagging{p.j.Latest(), nil}
	p.set(deliver.Recipient{ID: 1})
	p.next().says(deliver.Told{UpTo: p.move(), Sent: true}, nil)
	told := func() bool {
		all, err := p.db.Deliveries(context.Background(), "test")
		return err == nil && len(all) == 1 && all[0].UpTo.Seq > 1
	}
	for end := time.Now().Add(patience); !told(); {
		if time.Now().After(end) {
			t.Fatal("it is not written down")
		}
	}
	p.run(old, &channel{calls: make(chan call)}, 1) // by the old record there is no recipient
	p.quiet()
	if !told() {
		t.Fatal("forgotten")
	}
}

// move has the record go on.
func (p *post) move() read.Since {
	p.Helper()
	_, err := p.j.DoAs(context.Background(), auth.Machine("test"), state.Decision{Action: "import", Run: func(d *state.Draft) error {
		x := state.Portfolios.New(d)
		x.Code, x.Name, x.Lifecycle = state.Portfolios.Desc().ID(x.ID), "Portfolio", vocab.PortfolioLifecycleActive
		return state.Portfolios.Put(d, x)
	}}, journal.Meta{})
	if err != nil {
		p.Fatal(err)
	}
	s := p.j.Latest()
	return read.Since{Position: s.Position(), Snapshot: s}
}

// set makes one recipient the only one, after a change of him.
func (p *post) set(r ...deliver.Recipient) {
	p.mu.Lock()
	p.recipients = r
	p.mu.Unlock()
	p.move()
}

func (p *post) next() call {
	p.Helper()
	select {
	case c := <-p.calls:
		return c
	case <-time.After(patience):
		p.Fatal("nobody is told")
		panic("unreachable")
	}
}

// later is next, for which the clock goes on.
func (p *post) later() call {
	p.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); p.off.Add(int64(10 * time.Minute)) {
		select {
		case c := <-p.calls:
			return c
		case <-time.After(5 * time.Millisecond):
		}
	}
	return p.next()
}

// quiet asks that nobody is told while the engine takes some looks.
func (p *post) quiet() {
	p.Helper()
	select {
	case c := <-p.calls:
		p.Fatalf("told: %+v", c)
	case <-time.After(50 * time.Millisecond):
	}
}

func (c call) says(told deliver.Told, err error) {
	c.answer <- func() (deliver.Told, error) { return told, err }
}

// Who names an instant is told then, whether the record moves or not, and not before.
func TestNextInstant(t *testing.T) {
	p := newPost(t, 1, deliver.Recipient{ID: 1})
	c := p.next()
	if c.from != (read.Since{}) {
		t.Fatalf("begun at %+v", c.from)
	}
	at := p.move()
	c.says(deliver.Told{UpTo: at, Sent: true, Next: p.now().Add(time.Hour)}, nil)
	p.move()
	p.quiet()
	c = p.later()
	if c.from.Position != at.Position || c.from.Snapshot != nil {
		t.Fatalf("goes on at %+v; an old record is not to be kept for an hour", c.from)
	}
	c.says(deliver.Told{Next: p.now().Add(time.Hour)}, nil) // nothing to tell yet
	p.quiet()
	p.set(deliver.Recipient{ID: 1, Version: 1}) // he wants it at another hour
	c = p.next()
	c.says(deliver.Told{UpTo: p.move()}, nil)
	p.quiet()
	here := p.move()
	if c = p.next(); c.from.Position.Seq != here.Position.Seq-1 || c.from.Snapshot == nil {
		t.Fatalf("goes on at %+v", c.from)
	}
}

// What is not the recipient's fault is tried again for good, and he is not told less for it.
func TestTrouble(t *testing.T) {
	p := newPost(t, 1, deliver.Recipient{ID: 1})
	for i := range 40 {
		c := p.later()
		if c.failed != 0 {
			t.Fatal("counted as his failure")
		}
		if i%2 == 0 {
			c.says(deliver.Told{}, errors.New("the record cannot be read"))
		} else {
			c.answer <- func() (deliver.Told, error) { panic("a fault of ours") }
		}
	}
	p.later().says(deliver.Told{UpTo: p.move(), Sent: true}, nil)
	p.move()
	p.next()
	if dead, err := p.db.DeadLetters(context.Background(), "test", 0, 9); err != nil || len(dead) > 0 {
		t.Fatal(dead, err)
	}
}

// Whatever is under way for who was changed or is no more counts no more.
func TestChangedMeanwhile(t *testing.T) {
	p := newPost(t, 1, deliver.Recipient{ID: 1})
	c := p.next()
	p.set(deliver.Recipient{ID: 1, From: 1, Round: 1})
	p.move()
	far := read.Since{Position: p.j.Latest().Position(), Snapshot: p.j.Latest()}
	p.quiet() // one at a time
	c.says(deliver.Told{UpTo: far, Sent: true}, nil)
	if c = p.next(); c.from.Position.Seq != 1 || c.from.Position.Mark == 0 {
		t.Fatalf("told again from %+v", c.from)
	}
	p.set()
	p.move()
	c.says(deliver.Told{}, &deliver.Failure{Over: far, Text: "it failed"})
	for end := time.Now().Add(patience); ; {
		all, err := p.db.Deliveries(context.Background(), "test")
		if err != nil || time.Now().After(end) {
			t.Fatal(all, err)
		}
		if len(all) == 0 {
			break
		}
	}
	p.quiet()
}

// Who failed before takes half of the places at most.
func TestPlaces(t *testing.T) {
	var all []deliver.Recipient
	for id := range int64(8) {
		all = append(all, deliver.Recipient{ID: id + 1})
	}
	p := newPost(t, 4, all...)
	for range all {
		c := p.next()
		c.says(deliver.Told{}, &deliver.Failure{Over: read.Since{Position: state.Position{Seq: 1}}, Text: "it failed"})
	}
	held := []call{p.later(), p.later()}
	p.quiet()
	p.set(append(all, deliver.Recipient{ID: 9})...)
	good := p.next()
	if good.recipient != 9 {
		t.Fatal(good)
	}
	for _, c := range append(held, good) {
		if c.recipient != 9 && c.failed != 1 {
			t.Fatal(c)
		}
		c.says(deliver.Told{UpTo: p.move()}, nil)
	}
	p.next()
}
