package journal

import (
	"context"
	"errors"
	"runtime/debug"
	"sync/atomic"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// flight is one rebuild; everybody who asks for its number waits for it.
type flight struct {
	seq    int64
	done   chan struct{} // closed when s or err is there
	s      *state.Snapshot
	err    error
	undone atomic.Int64 // changes undone so far
	price  atomic.Int64 // changes to undo; 0 before that is known
}

const (
	rebuildTime = 2 * time.Minute // what one rebuild may take; the next one goes on from its last checkpoint
	undoPage    = 500
)

// unfinished says how far the rebuild has come.
func (f *flight) unfinished() error {
	if f.price.Load() == 0 {
		return fault.New(fault.Unavailable, "the record at number %d waits for its turn to be rebuilt; ask again in a few seconds", f.seq)
	}
	return fault.New(fault.Unavailable, "the record at number %d is being rebuilt, %d of %d changes are undone; ask again and it goes on from there",
		f.seq, f.undone.Load(), f.price.Load())
}

// fly rebuilds, whoever still waits for it.
func (p *past) fly(f *flight) {
	ctx, cancel := context.WithTimeout(p.ctx, rebuildTime)
	defer cancel()
	s, err := p.rebuild(ctx, f)
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.flights, f.seq)
	f.s, f.err = s, err
	close(f.done)
}

// errOutdated says that an erasure, or another record, came while it was rebuilt.
var errOutdated = errors.New("the rebuilt snapshot is outdated")

// rebuild waits for its turn and undoes entries, again if that was in vain.
func (p *past) rebuild(ctx context.Context, f *flight) (s *state.Snapshot, err error) {
	defer func() {
		if r := recover(); r != nil {
			p.o.Log.Error("a rebuild panicked", "number", f.seq, "panic", r, "stack", string(debug.Stack()))
			s, err = nil, fault.New(fault.Internal, "the record at number %d cannot be rebuilt", f.seq)
		}
	}()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, f.unfinished()
	}
	began := p.o.Now()
	for {
		if s, err = p.undo(ctx, f); !errors.Is(err, errOutdated) {
			break
		}
		p.mu.Lock()
		p.stats.Redone++
		p.mu.Unlock()
	}
	p.o.Log.Debug("the past was rebuilt", "number", f.seq, "changes", f.undone.Load(), "of", f.price.Load(), "took", p.o.Now().Sub(began), "error", err)
	switch {
	case err == nil || fault.KindOf(err) != fault.Internal:
		return s, err
	case p.ctx.Err() != nil:
		return nil, errEnded
	case ctx.Err() != nil:
		return nil, f.unfinished()
	}
	return nil, fault.Wrap(fault.Unavailable, err, "the record at number %d cannot be rebuilt", f.seq)
}

// undo goes back to a number from the nearest snapshot at hand, page by page, and leaves checkpoints on its way: also where it has to
// stop.
func (p *past) undo(ctx context.Context, f *flight) (*state.Snapshot, error) {
	p.mu.Lock()
	at := p.nearest(f.seq)
	p.stats.Rebuilds++
	p.mu.Unlock()
	if at.Seq() < f.seq {
		return nil, outOfRange(f.seq, at.Seq())
	}
	if err := p.price(ctx, f, at.Seq()); err != nil {
		return nil, err
	}
	since := int64(0) // changes undone since the last checkpoint
	for at.Seq() > f.seq {
		entries, changes, err := at.back(ctx, p, f.seq)
		if err != nil {
			p.leave(at, since)
			return nil, err
		}
		f.undone.Add(changes)
		if since += changes; !p.noteBack(at, entries, changes, &since) {
			return nil, errOutdated
		}
	}
	return at.Snapshot, p.finish(at)
}

// leave makes a checkpoint where a rebuild had to stop.
func (p *past) leave(at held, since int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if since > 0 {
		p.point(at)
	}
}

// price tells what going back costs, before it is begun, and refuses what is beyond the limit.
func (p *past) price(ctx context.Context, f *flight, from int64) error {
	limit := p.o.PastLimit
	changes, about := from-f.seq, "at least " // every entry has a change: a span of too many is not counted
	if changes <= limit {
		var err error
		if _, changes, err = p.db.Distance(ctx, f.seq, from); err != nil {
			return err
		}
		about = ""
	}
	f.undone.Store(0)
	f.price.Store(changes)
	if changes <= limit {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Refused++
	return fault.At("knownAt", "TOO_FAR", "the record at number %d lies %s%d changes before what is at hand; at most %d are undone for one question: ask for a newer number",
		f.seq, about, changes, limit)
}

// back moves a snapshot back by one page of entries, at most to a number. Each page continues the very history the snapshot is of.
func (h *held) back(ctx context.Context, p *past, to int64) (entries, changes int64, err error) {
	n, err := Page(ctx, p.db, to-1, h.Seq(), true, min(undoPage, p.o.PastStep))
	if err != nil {
		return 0, 0, err
	}
	page, err := p.db.Entries(ctx, to-1, h.Seq(), true, n+1)
	if err != nil {
		return 0, 0, err
	}
	if len(page) < 2 || page[0].Position() != h.Position() {
		return 0, 0, fault.New(fault.Unavailable, "the record went on differently than it stood at %s; ask again", h.Position())
	}
	b := state.NewBuilder(h.Snapshot)
	for i := range page[1:] { // the last one is read for its header only
		if err := b.Undo(&page[i], &page[i+1]); err != nil {
			return 0, 0, err
		}
		changes += int64(page[i].Count)
	}
	*h = held{b.Snapshot(), h.root, h.mark - changes}
	return int64(len(page) - 1), changes, nil
}

// noteBack counts a page that was undone and makes a checkpoint if it is time. It is false if there is no use in going on.
func (p *past) noteBack(at held, entries, changes int64, since *int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.UndoneEntries += entries
	p.stats.UndoneChanges += changes
	if *since >= p.o.PastStep {
		*since = 0
		p.point(at)
	}
	return !p.inVain(at)
}

// inVain tells that a rebuild has to begin again. An erasure that was read but is not published yet is no reason: what this process
// shows of the present shows the erased values too until then.
func (p *past) inVain(at held) bool {
	return p.outdated(at) && (p.newest().Seq() >= p.erased || !at.SameRecord(p.newest()))
}

// finish keeps what was rebuilt, if it may be kept.
func (p *past) finish(at held) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inVain(at) {
		return errOutdated
	}
	if !p.outdated(at) {
		p.keep(at)
	}
	return nil
}
