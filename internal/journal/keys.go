package journal

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"time"

	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/store"
)

// keys are the idempotency keys known to a batch, those it records itself included.
type keys map[store.Key]store.KeyRecord

// findKeys asks for the keys that the callers of some mutations gave.
func findKeys(ctx context.Context, find func(context.Context, []store.Key) ([]store.KeyRecord, error), batch ...*request) (keys, error) {
	var ask []store.Key
	for _, r := range batch {
		if r.given {
			ask = append(ask, r.key())
		}
	}
	known := keys{}
	if len(ask) == 0 {
		return known, nil
	}
	found, err := find(ctx, ask)
	for _, k := range found {
		known[k.Key] = k
	}
	return known, err
}

// mayBeRecorded tells whether a request's key may be on record: then it is answered under the lock.
func (r *request) mayBeRecorded(j *Journal) bool {
	found, err := findKeys(r.ctx, j.db.Keys, r)
	return err != nil || len(found) > 0
}

// key names a request's key by issuer and subject, which stand before the actor has a row and after.
func (r *request) key() store.Key {
	return store.Key{Actor: r.actor(), Action: r.dec.Action, Key: r.meta.Key}
}

func (r *request) actor() string {
	if r.machine != nil {
		return "machine"
	}
	sum := sha256.Sum256([]byte(r.id.Issuer + "\x00" + r.id.Subject))
	return fmt.Sprintf("%x", sum[:16])
}

// find gives the number a request's key was recorded under, 0 if it was not; another input under the same key is a conflict.
func (k keys) find(r *request) (int64, error) {
	rec, ok := k[r.key()]
	if !r.given || !ok {
		return 0, nil
	}
	if !hmac.Equal(rec.Input, digest(rec.Salt, r.input)) {
		return 0, fault.New(fault.Conflict, "the idempotency key was used for another %s", r.dec.Action)
	}
	return rec.Seq, nil
}

func digest(salt, input []byte) []byte {
	m := hmac.New(sha256.New, salt)
	m.Write(input)
	return m.Sum(nil)
}

// entry makes a draft an entry and records the caller's key.
func (k keys) entry(d *state.Draft, r *request, at time.Time) (*state.Entry, *store.KeyRecord, error) {
	head := state.Entry{Key: r.meta.Key, Reason: r.meta.Reason, RequestID: r.meta.RequestID}
	if !r.given {
		e, err := d.Entry(head)
		return e, nil, err
	}
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, nil, err
	}
	head.Input = digest(salt, r.input)
	e, err := d.Entry(head)
	if err != nil {
		return nil, nil, err
	}
	rec := store.KeyRecord{Key: r.key(), Seq: e.Seq, Salt: salt, Input: e.Input, At: at}
	k[rec.Key] = rec
	return e, &rec, nil
}
