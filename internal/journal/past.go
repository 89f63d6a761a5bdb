package journal

import (
	"context"
	"slices"
	"sync"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// past keeps a few older snapshots. One is rebuilt at a time: by undoing entries from the nearest newer snapshot at hand.
type past struct {
	mu    sync.Mutex
	kept  []*state.Snapshot // most recently used last
	epoch int
}

const (
	keptPasts = 8
	undoPage  = 500
)

// forget drops what is kept: an erasure has removed values it may hold, or the record went on differently.
func (p *past) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = nil
	p.epoch++
}

// at gives the snapshot at a journal number.
func (p *past) at(j *Journal, seq int64) (*state.Snapshot, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	from := j.Latest()
	if seq < 0 || seq > from.Seq() {
		return nil, fault.At("knownAt.number", "OUT_OF_RANGE", "the journal reaches from 0 to %d; %d is not in it", from.Seq(), seq)
	}
	for i, s := range p.kept {
		if s.Seq() == seq {
			p.kept = append(slices.Delete(p.kept, i, i+1), s)
			return s, nil
		}
		if s.Seq() > seq && s.Seq() < from.Seq() {
			from = s
		}
	}
	if from.Seq() == seq {
		return from, nil
	}
	s, err := j.undo(from, seq)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the record at number %d cannot be rebuilt", seq)
	}
	if p.kept = append(p.kept, s); len(p.kept) > keptPasts {
		p.kept = slices.Delete(p.kept, 0, 1)
	}
	return s, nil
}

// undo goes back from a snapshot to a number.
func (j *Journal) undo(from *state.Snapshot, seq int64) (*state.Snapshot, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	b := state.NewBuilder(from)
	var later *state.Entry // read, not yet undone: it needs the entry before it
	for upTo := from.Seq(); ; {
		page, err := j.db.Entries(ctx, max(seq-1, 0), upTo, true, undoPage)
		if err != nil {
			return nil, err
		}
		for i := range page {
			if later != nil {
				if err := b.Undo(later, &page[i]); err != nil {
					return nil, err
				}
			}
			later = &page[i]
		}
		if len(page) < undoPage {
			break
		}
		upTo = later.Seq - 1
	}
	if seq == 0 && later != nil {
		if err := b.Undo(later, &state.Entry{}); err != nil {
			return nil, err
		}
	}
	return b.Snapshot(), nil
}

// port is how views reach the journal.
type port struct{ j *Journal }

// Entries reads journal entries.
func (p port) Entries(after, upTo int64, back bool, limit int) ([]state.Entry, error) {
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	e, err := p.j.db.Entries(ctx, after, upTo, back, limit)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the journal cannot be read")
	}
	return e, nil
}

// At gives an older snapshot.
func (p port) At(seq int64, at time.Time) (*state.Snapshot, error) {
	if seq >= 0 {
		return p.j.past.at(p.j, seq)
	}
	ctx, cancel := context.WithTimeout(context.Background(), callTime)
	defer cancel()
	seq, err := p.j.db.SeqAt(ctx, at)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the journal cannot be read")
	}
	return p.j.past.at(p.j, min(seq, p.j.Latest().Seq()))
}
