package journal

import (
	"context"
	"maps"
	"sync"
	"time"

	"pmograph/auth"
	"pmograph/internal/fault"
)

// keyUses are the uses of feed keys that this process has not written down yet.
type keyUses struct {
	mu   sync.Mutex
	last map[int64]time.Time
}

const (
	useTime  = 30 * time.Second // between writing down which keys were used
	useGrain = time.Minute      // how exactly
)

func (u *keyUses) note(key int64, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last == nil {
		u.last = map[int64]time.Time{}
	}
	u.last[key] = at.UTC().Truncate(useGrain)
}

func (u *keyUses) pending() map[int64]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.last)
}

// written forgets uses that were written down.
func (u *keyUses) written(used map[int64]time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	maps.DeleteFunc(u.last, func(key int64, at time.Time) bool { return at.Equal(used[key]) })
}

// KeyHolder identifies who comes with a feed key's identifier and secret, and notes that the key was used. For every key that is not good,
// for whatever reason, the error is auth.ErrUnauthenticated.
func (j *Journal) KeyHolder(ctx context.Context, name, secret string) (auth.Identity, error) {
	if err := j.current(ctx, Query{}); err != nil {
		return auth.Identity{}, err
	}
	s := j.Latest()
	id, err := s.KeyHolder(name, secret)
	if err == nil {
		_, err = j.session(s, id)
	}
	if err != nil {
		return auth.Identity{}, err
	}
	j.uses.note(id.FeedKey, j.o.Now())
	return id, nil
}

// keepUses writes down now and then which keys were used, and a last time at the end.
func (j *Journal) keepUses(ctx context.Context) {
	tick := time.NewTicker(useTime)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		if used := j.uses.pending(); len(used) > 0 {
			j.writeUses(ctx, used)
		}
	}
}

func (j *Journal) writeUses(ctx context.Context, used map[int64]time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	if err := j.db.UseKeys(ctx, used); err != nil {
		j.o.Log.Warn("it cannot be written down which feed keys were used", "error", err)
		return
	}
	j.uses.written(used)
}

// KeysUsed gives the last uses of feed keys, those included that this process has not written down yet.
func (p port) KeysUsed() (map[int64]time.Time, error) {
	ctx, cancel := context.WithTimeout(p.ctx, callTime)
	defer cancel()
	pending := p.j.uses.pending() // before what is written: none is missed in between
	used, err := p.j.db.KeysUsed(ctx)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the uses of feed keys cannot be read")
	}
	for key, at := range pending {
		if at.After(used[key]) {
			used[key] = at
		}
	}
	return used, nil
}
