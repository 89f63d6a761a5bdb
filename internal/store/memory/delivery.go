package memory

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"pmograph/internal/state"
	"pmograph/internal/store"
)

// recipient names who is told over a channel.
type recipient struct {
	channel string
	id      int64
}

// deliveries is how far recipients were told, and what they were not told, by numbers of entries.
type deliveries struct {
	queues map[recipient]state.Delivery
	dead   map[recipient]map[int64]state.DeadLetter
}

// Deliveries lists the recipients of a channel.
func (s *Store) Deliveries(_ context.Context, channel string) (all []state.Delivery, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r, d := range s.told.queues {
		if r.channel == channel {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b state.Delivery) int { return cmp.Compare(a.Recipient, b.Recipient) })
	return all, nil
}

// DeadLetters lists what recipients of a channel were not told.
func (s *Store) DeadLetters(_ context.Context, channel string, id int64, limit int) (all []state.DeadLetter, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for r, letters := range s.told.dead {
		if r.channel == channel && (id == 0 || r.id == id) {
			all = slices.AppendSeq(all, maps.Values(letters))
		}
	}
	slices.SortFunc(all, func(a, b state.DeadLetter) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Recipient, b.Recipient), cmp.Compare(b.Number, a.Number))
	})
	return all[:min(limit, len(all))], nil
}

// Lead gives the lead to who asks: there is one process.
func (s *Store) Lead(context.Context, string, time.Duration) (bool, error) { return true, nil }

// Resign has nothing to give back.
func (s *Store) Resign(context.Context, string) error { return nil }

// Deliver keeps what happened.
func (s *Store) Deliver(_ context.Context, _ string, d store.Delivered) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told.queues == nil {
		s.told = deliveries{map[recipient]state.Delivery{}, map[recipient]map[int64]state.DeadLetter{}}
	}
	for _, q := range d.State {
		s.told.queues[recipient{d.Channel, q.Recipient}] = q
	}
	for _, id := range d.Gone {
		delete(s.told.queues, recipient{d.Channel, id})
	}
	for _, x := range d.Drop {
		for r, letters := range s.told.dead {
			maps.DeleteFunc(letters, func(n int64, l state.DeadLetter) bool {
				return r.channel == d.Channel && (l.At.Before(x.Before) || x.Before.IsZero() && r.id == x.Recipient && n >= x.From && n <= x.To)
			})
		}
	}
	for _, l := range d.Dead {
		r := recipient{d.Channel, l.Recipient}
		if s.told.dead[r] == nil {
			s.told.dead[r] = map[int64]state.DeadLetter{}
		}
		s.told.dead[r][l.Number] = l
	}
	return nil
}
