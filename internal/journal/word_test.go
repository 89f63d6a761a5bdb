package journal_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"pmograph/internal/journal"
)

// crier is a way between the processes of a test, and whatever the test makes of it.
type crier struct {
	told   []int64
	wake   func(seq int64)
	record string
	hears  chan struct{} // closed once somebody listens
}

func newCrier() *crier { return &crier{hears: make(chan struct{})} }

func (c *crier) Tell(seq int64) { c.told = append(c.told, seq) }

func (c *crier) Listen(ctx context.Context, record string, wake func(seq int64)) {
	c.record, c.wake = record, wake
	close(c.hears)
	<-ctx.Done()
}

func openHearing(t *testing.T, db *remote, word *crier, poll time.Duration) *journal.Journal {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	j, err := journal.Open(ctx, db, journal.Options{Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler), Poll: poll, Word: word})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	<-word.hears
	return j
}

// Who commits tells its number, and who hears of one that he has not looks at once; a storm of words costs a look each few milliseconds, and
// words of what is known cost none.
func TestWord(t *testing.T) {
	shared := newStore()
	one, two := newCrier(), newCrier()
	a, far := openHearing(t, &remote{Store: shared}, one, time.Hour), &remote{Store: shared}
	b := openHearing(t, far, two, time.Hour)
	if one.record != two.record || one.record == "" {
		t.Errorf("the record is called %q here and %q there", one.record, two.record)
	}
	for i := range 3 {
		must(do(t, a, "portfolioCreate", nil, addPortfolio(fmt.Sprint("P", i), nil)))
	}
	if fmt.Sprint(one.told) != "[1 2 3]" || len(two.told) > 0 {
		t.Errorf("told %v and %v", one.told, two.told)
	}
	_, moved := b.Moved()
	two.wake(3)
	<-moved
	if b.Latest().Position() != a.Latest().Position() {
		t.Errorf("it came to %s, the record is at %s", b.Latest().Position(), a.Latest().Position())
	}
	before := far.looks.Load()
	for seq := range int64(100_000) {
		two.wake(seq % 4)
	}
	if n := far.looks.Load() - before; n > 1 { // one may have been under way
		t.Errorf("%d looks for what was known", n)
	}
	before = far.looks.Load()
	began, lies := time.Now(), 0
	for ; time.Since(began) < 300*time.Millisecond; lies++ {
		two.wake(1 << 60)
	}
	n, most := far.looks.Load()-before, int64(time.Since(began)/(5*time.Millisecond))+2
	if n == 0 || n > most {
		t.Errorf("%d looks for %d lies, %d at most", n, lies, most)
	}
	t.Logf("%d lies cost %d looks", lies, n)
	must(do(t, b, "portfolioCreate", nil, addPortfolio("Q", nil)))
}

// Words that lie, and words that never come, hide nothing: the next tick shows what there is.
func TestWithoutWord(t *testing.T) {
	shared := newStore()
	a, b := openHearing(t, &remote{Store: shared}, newCrier(), time.Hour), openHearing(t, &remote{Store: shared}, newCrier(), 20*time.Millisecond)
	for i := range 5 {
		_, moved := b.Moved()
		must(do(t, a, "portfolioCreate", nil, addPortfolio(fmt.Sprint("P", i), nil)))
		<-moved
	}
	if b.Latest().Seq() != 5 {
		t.Errorf("it came to %d", b.Latest().Seq())
	}
}
