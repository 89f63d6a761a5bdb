package journal

import (
	"context"

	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// Deliveries gives how far the recipients of a channel were told.
func (p port) Deliveries(channel string) (map[int64]state.Delivery, error) {
	ctx, cancel := context.WithTimeout(p.ctx, callTime)
	defer cancel()
	all, err := p.j.db.Deliveries(ctx, channel)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "how far recipients were told cannot be read")
	}
	by := map[int64]state.Delivery{}
	for _, d := range all {
		by[d.Recipient] = d
	}
	return by, nil
}

// DeadLetters lists what a recipient of a channel was not told.
func (p port) DeadLetters(channel string, recipient int64, limit int) ([]state.DeadLetter, error) {
	ctx, cancel := context.WithTimeout(p.ctx, callTime)
	defer cancel()
	all, err := p.j.db.DeadLetters(ctx, channel, recipient, limit)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "what recipients were not told cannot be read")
	}
	return all, nil
}
