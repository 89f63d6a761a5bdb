package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// Word is how processes of one record tell each other that it moved, beside the database's own way. It is a hint that may be late, wrong, or
// missing: who gets it looks for himself.
type Word interface {
	// Tell lets the others know that the record came to a number. It waits for nothing.
	Tell(seq int64)
	// Listen calls wake with numbers that others told of a record, known by a name that only its processes can tell, until ctx ends.
	Listen(ctx context.Context, record string, wake func(seq int64))
}

// follow looks for what others commit, until ctx ends: at each tick, and earlier when it is woken, but then at most every lookGap.
func (j *Journal) follow(ctx context.Context) {
	woken := make(chan struct{}, 1)
	wake := func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	}
	var listener sync.WaitGroup
	if !j.o.Deaf {
		listener.Go(func() { j.db.Listen(ctx, wake) })
	}
	if j.o.Word != nil {
		record := string(j.Latest().TextAddress("the name of the record"))
		listener.Go(func() {
			j.o.Word.Listen(ctx, record, func(seq int64) {
				if seq > j.Latest().Seq() {
					wake()
				}
			})
		})
	}
	defer listener.Wait()
	tick := time.NewTicker(j.o.Poll)
	defer tick.Stop()
	var told time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-woken:
		}
		if err := j.refresh(ctx); ctx.Err() == nil {
			told = j.tell(err, told)
		}
		if j.lost.Load() != nil {
			j.wakeWriter()
		}
		select { // whoever wakes without end gets no more looks than this
		case <-ctx.Done():
		case <-time.After(min(lookGap, j.o.Poll)):
		}
	}
}

const lookGap = 5 * time.Millisecond

// tell logs how following goes: that it fails, again every ten seconds, and that it no longer does. told is when it last said that it fails,
// zero if it does not; the next such is given back.
func (j *Journal) tell(err error, told time.Time) time.Time {
	now := j.o.Now()
	switch {
	case err == nil && !told.IsZero():
		j.o.Log.Info("the journal is followed again")
		return time.Time{}
	case err != nil && (told.IsZero() || now.Sub(told) >= tellAgain):
		j.o.Log.Warn("the journal cannot be followed", "error", err)
		return now
	}
	return told
}

const tellAgain = 10 * time.Second

// lookups lets everybody who waits share one look at the head: it begins after each of them asked.
type lookups struct {
	mu      sync.Mutex
	running *lookup
	next    *lookup
}

type lookup struct {
	done chan struct{}
	err  error
}

// refresh brings the snapshot to what was the head after the call began.
func (j *Journal) refresh(ctx context.Context) error {
	l := &j.lookups
	l.mu.Lock()
	mine := l.next
	switch {
	case l.running == nil:
		mine = &lookup{done: make(chan struct{})}
		l.running = mine
		go j.look(mine)
	case mine == nil:
		mine = &lookup{done: make(chan struct{})}
		l.next = mine
	}
	l.mu.Unlock()
	select {
	case <-mine.done:
		return mine.err
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "the database did not answer in time")
	}
}

// look runs look-ups as long as somebody waits for one.
func (j *Journal) look(mine *lookup) {
	for mine != nil {
		mine.err = j.poll()
		close(mine.done)
		l := &j.lookups
		l.mu.Lock()
		l.running, l.next = l.next, nil
		mine = l.running
		l.mu.Unlock()
	}
}

// poll takes over what others have committed.
func (j *Journal) poll() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Internal, "following the journal failed: %v", p)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), pollTime)
	defer cancel()
	v, began, head, mine, err := j.head(ctx)
	if err == nil && head != v.Position() {
		j.shown()
		if j.version() != v {
			v, began, head, mine, err = j.head(ctx)
		}
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the database does not answer")
	}
	var passed []state.Entry
	if head != v.Position() {
		if passed, err = j.catchUp(ctx, &v, head, mine, j.db.Entries); errors.Is(err, errRewritten) {
			return j.reload(v, head)
		}
		if errors.Is(err, state.ErrOldReader) {
			j.retire(err)
			return j.serves()
		}
		if err != nil {
			return fault.Wrap(fault.Unavailable, err, "the journal cannot be followed")
		}
	}
	j.publish(v, began, passed)
	return nil
}

// head looks where the record is; mine is the database's mark at the snapshot's number.
func (j *Journal) head(ctx context.Context) (v version, began time.Time, head, mine state.Position, err error) {
	v, began = j.version(), j.o.Now()
	j.o.Metrics.Looks.Inc()
	ctx, stop := context.WithTimeout(ctx, headTime)
	defer stop()
	head, mine, err = j.db.Head(ctx, v.Seq())
	return v, began, head, mine, err
}

// own commits what this process made and shows it. Between the two others of this process may find the record ahead of what is shown.
func (j *Journal) own(commit func() error, v version, locked time.Time, entries []state.Entry) error {
	j.owning <- struct{}{}
	defer func() { <-j.owning }()
	if err := commit(); err != nil {
		return err
	}
	j.publish(v, locked, entries)
	if j.o.Word != nil {
		j.o.Word.Tell(v.Seq())
	}
	return nil
}

// shown waits, not for long, until what this process has committed is shown: nobody has to read it back.
func (j *Journal) shown() {
	select {
	case j.owning <- struct{}{}:
		<-j.owning
	case <-time.After(shownTime):
	}
}

const (
	shownTime = time.Second
	headTime  = 2 * time.Second // a look at the head
	pollTime  = time.Minute     // with all that follows from it: following a large import takes a while
)

type readEntries func(ctx context.Context, after, upTo int64, back bool, limit int) ([]state.Entry, error)

// errRewritten says that the record went on differently: a restore, or a fail-over that lost commits.
var errRewritten = errors.New("the record went on differently")

// catchUp brings a snapshot to the head, and gives the entries it went by without their changes.
func (j *Journal) catchUp(ctx context.Context, v *version, head, mine state.Position, read readEntries) (passed []state.Entry, err error) {
	if head.Seq < v.Seq() || mine != v.Position() {
		return nil, errRewritten
	}
	b := state.NewBuilder(v.Snapshot)
	for after := v.Seq(); after < head.Seq; {
		n, err := Page(ctx, j.db, after, head.Seq, false, followPage)
		if err != nil {
			return nil, err
		}
		entries, err := read(ctx, after, head.Seq, false, n)
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 {
			return nil, errors.New("the journal ends before its head")
		}
		for i := range entries {
			j.o.Metrics.DigestChecks.Inc()
			if err := b.Apply(&entries[i]); err != nil {
				j.o.Metrics.DigestFailures.Inc()
				return nil, err
			}
			entries[i].Changes = nil
		}
		j.o.Metrics.Applied.Add(float64(len(entries)))
		passed = append(passed, entries...)
		after = entries[len(entries)-1].Seq
	}
	v.Snapshot = b.Snapshot()
	return passed, nil
}

const followPage = 1000

// reload takes the record as it now is, after it went on differently. Until that is done nothing is answered. Numbers that were given in
// what is lost may be known to somebody: the next entry sets so many aside that none is given again.
func (j *Journal) reload(had version, head state.Position) error {
	j.mu.Lock()
	if j.epoch == had.epoch {
		j.epoch++
		j.proven = time.Time{}
	}
	epoch := j.epoch
	j.mu.Unlock()
	j.o.Log.Error("the record went on differently; loading it anew", "had", had.Position().String(), "head", head.String())
	j.o.Metrics.Reloads.Inc()
	ctx, cancel := context.WithTimeout(context.Background(), reloadTime)
	defer cancel()
	began := j.o.Now()
	s, err := j.db.Load(ctx)
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "the record cannot be loaded")
	}
	j.past.forget()
	why := fmt.Sprintf("the record went on differently: it was at %s and is at %s", had.Position(), s.Position())
	j.lost.Store(&why) // before anybody builds on what there is
	j.mu.Lock()
	if j.epoch == epoch {
		j.proven = began
		j.move(s)
	}
	j.mu.Unlock()
	j.wakeWriter()
	return nil
}

const reloadTime = 10 * time.Minute
