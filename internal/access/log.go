package access

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// Options are what a log needs beside a store.
type Options struct {
	Now       func() time.Time
	Log       *slog.Logger  // of its own trouble
	Keep      time.Duration // how long entries are kept; 0 keeps all
	Every     time.Duration // between two writes; 0 means a second
	PruneEach time.Duration // between two looks for what is old; 0 means an hour
}

// Log takes entries and writes them some at a time. Nobody who notes something waits for the database, and what there is no room for is
// counted. A nil log takes nothing.
type Log struct {
	db Store
	o  Options

	mu      sync.Mutex
	waiting []Entry
	kinds   map[Kind]int   // of the entries that wait, those taken since the last write
	left    map[Kind]int64 // not taken since the last write
	stats   Stats

	full  chan struct{}
	quit  chan struct{}
	ended chan struct{}

	trying []Entry // what may have been written, without an answer; the writer's own
}

// Stats are a log's figures.
type Stats struct {
	Written  int64 // entries
	Omitted  int64 // not written, and counted in an entry that says so
	Failures int64 // writes that failed and are tried again
	Waiting  int   // entries not written yet
}

const (
	maxOfKind  = 200    // entries of a kind that are taken between two writes
	maxWaiting = 10_000 // entries that wait while the database does not answer
	batchSize  = 1000   // entries of one write; as many wake the writer
	writeTime  = 10 * time.Second
	stopTime   = 2 * time.Second
)

// Open gives a log and starts its writer, until Close.
func Open(db Store, o Options) *Log {
	if o.Every == 0 {
		o.Every = time.Second
	}
	if o.PruneEach == 0 {
		o.PruneEach = time.Hour
	}
	l := &Log{db: db, o: o, kinds: map[Kind]int{}, left: map[Kind]int64{}, full: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{})}
	go l.run()
	return l
}

// Close writes what waits, as far as that takes no longer than two seconds, and ends the writer. What is noted afterwards is lost.
func (l *Log) Close() {
	if l == nil {
		return
	}
	close(l.quit)
	<-l.ended
}

// Note takes an entry. Its instant is set if it has none, its count is one at least, and its words are made harmless.
func (l *Log) Note(e Entry) {
	if l == nil {
		return
	}
	if e.At.IsZero() {
		e.At = l.o.Now()
	}
	e.What, e.Count = Word(e.What), max(e.Count, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kinds[e.Kind] >= maxOfKind || len(l.waiting) >= maxWaiting {
		l.left[e.Kind] += e.Count
		l.stats.Omitted += e.Count
		return
	}
	l.kinds[e.Kind]++
	if l.waiting = append(l.waiting, e); len(l.waiting) == batchSize {
		select {
		case l.full <- struct{}{}:
		default:
		}
	}
}

// Stats gives the log's figures.
func (l *Log) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.stats
	s.Waiting = len(l.waiting)
	return s
}

func (l *Log) run() {
	defer close(l.ended)
	tick, prune := time.NewTicker(l.o.Every), time.NewTicker(l.o.PruneEach)
	defer tick.Stop()
	defer prune.Stop()
	l.prune()
	for {
		select {
		case <-l.quit:
			ctx, cancel := context.WithTimeout(context.Background(), stopTime)
			defer cancel()
			for l.write(ctx) {
			}
			return
		case <-prune.C:
			l.prune()
		case <-tick.C:
			l.write(context.Background())
		case <-l.full:
			l.write(context.Background())
		}
	}
}

// write writes what waits, at most a batch. It tells whether there may be more and another write may succeed.
func (l *Log) write(ctx context.Context) (more bool) {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	if !l.settled(ctx) {
		return false
	}
	batch, taken := l.batch()
	if len(batch) == 0 {
		return false
	}
	err := l.db.Append(ctx, func(head Mark) []Entry {
		l.trying = Chain(head, batch)
		return l.trying
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed(err)
		for _, e := range batch[taken:] { // what was left out is still to be told
			l.left[Kind(e.What)] += e.Count
		}
		return false
	}
	l.done(len(batch), taken)
	return len(l.waiting) > 0
}

// batch gives what is to be written: waiting entries, taken of them, and then what was left out since.
func (l *Log) batch() (batch []Entry, taken int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken = min(len(l.waiting), batchSize)
	batch = append(batch, l.waiting[:taken]...)
	for _, k := range Kinds() {
		if n := l.left[k]; n > 0 {
			batch = append(batch, Entry{At: l.o.Now(), Kind: Omitted, What: string(k), Count: n})
		}
	}
	clear(l.left)
	clear(l.kinds)
	return batch, taken
}

// settled finds out about a write that had no answer: whether it had an effect stands in the chain.
func (l *Log) settled(ctx context.Context) bool {
	if l.trying == nil {
		return true
	}
	first := l.trying[0]
	page, err := l.db.Entries(ctx, first.N-1, first.N, false, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.failed(err)
		return false
	}
	if len(page) == 1 && page[0].Hash == first.Hash {
		taken := 0
		for _, e := range l.trying {
			if e.Kind != Omitted {
				taken++
			} else { // it is told already
				l.left[Kind(e.What)] -= e.Count
			}
		}
		l.done(len(l.trying), taken)
	}
	l.trying = nil
	return true
}

func (l *Log) failed(err error) {
	if l.stats.Failures++; l.o.Log != nil {
		l.o.Log.Error("the journal of access cannot be written", "waiting", len(l.waiting), "error", err)
	}
}

func (l *Log) done(written, taken int) {
	l.trying = nil
	l.stats.Written += int64(written)
	l.waiting = append(l.waiting[:0], l.waiting[taken:]...)
}

func (l *Log) prune() {
	if l.o.Keep <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	n, err := l.db.Prune(ctx, l.o.Now().Add(-l.o.Keep))
	if l.o.Log == nil {
		return
	}
	if err != nil {
		l.o.Log.Error("the journal of access cannot be pruned", "error", err)
	} else if n > 0 {
		l.o.Log.Info("old entries of the journal of access were pruned", "entries", n)
	}
}

// maxWord is how many characters a word has at most.
const maxWord = 64

// Word makes a name of somebody else's harmless, for logs, figures and entries: letters, digits and underscores, 64 at most. What has
// anything else in it is the word other.
func Word(name string) string {
	if strings.ContainsFunc(name, func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}) {
		return "other"
	}
	return name[:min(len(name), maxWord)]
}
