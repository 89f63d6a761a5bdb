package read

import (
	"time"

	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// FeedKey is a key by which a program that knows no tokens reads in the name of a user.
type FeedKey struct {
	thing[ent.FeedKey]
	Name      string
	ScopeKind vocab.ScopeKind
	ValidTo   time.Time
	RevokedAt *time.Time
}

func newFeedKey(v *View, r *ent.FeedKey) *FeedKey {
	return &FeedKey{thing: thingOf(v, r), Name: r.Name, ScopeKind: r.ScopeKind, ValidTo: r.ValidTo, RevokedAt: r.RevokedAt}
}

// Owner is whose rights it has a part of.
func (k *FeedKey) Owner() *User { return maybe(k.v, state.Users.Get(k.v, k.row.OwnerID), newUser) }

// Scope is the node it reads, and below.
func (k *FeedKey) Scope() Node {
	if k.row.ScopeID == nil {
		return nil
	}
	return k.v.scopeNode(k.ScopeKind, *k.row.ScopeID)
}

// Reads is what it reads beside rows as everybody sees them.
func (k *FeedKey) Reads() []vocab.FeedRead {
	return feedReads(k.row.ReadsMoney, k.row.ReadsRate, k.row.ReadsPersonal)
}

// LastUsedAt is the minute in which it was last used.
func (k *FeedKey) LastUsedAt() (*time.Time, error) {
	used, err := k.v.keysUsed()
	if at, ok := used[k.row.ID]; ok {
		return &at, nil
	}
	return nil, err
}

// keysUsed gives the last uses of feed keys, asked for once a view.
func (v *View) keysUsed() (map[int64]time.Time, error) {
	if v.Past() == nil {
		return nil, nil
	}
	v.room.used.once.Do(func() { v.room.used.at, v.room.used.err = v.Past().KeysUsed() })
	return v.room.used.at, v.room.used.err
}

// FeedKeyFilter says which feed keys.
type FeedKeyFilter struct {
	Owner  *string
	Active *bool
}

// FeedKeys gives a page of the feed keys that meet a filter.
func (v *View) FeedKeys(f *FeedKeyFilter, p Page) (*FeedKeyConnection, error) {
	rows := state.FeedKeys.All(v)
	if f != nil {
		rows = where(rows, func(k *ent.FeedKey) bool {
			return v.names(f.Owner, state.Users.Desc(), &k.OwnerID) && (f.Active == nil || *f.Active == (k.RevokedAt == nil))
		})
	}
	o := &order[*ent.FeedKey]{name: "feed_keys ID", key: func(*ent.FeedKey) key { return key{} }, id: func(k *ent.FeedKey) int64 { return k.ID }}
	return connect[FeedKeyConnection](v, rows, o, p, newFeedKey)
}

// FeedKeyEdge is an item of a page of feed keys.
type FeedKeyEdge struct{ Edge[*FeedKey] }

// FeedKeyConnection is a page of feed keys.
type FeedKeyConnection struct {
	Connection[*ent.FeedKey, *FeedKey, FeedKeyEdge]
}

// FeedKeyPayload answers mutations of feed keys.
type FeedKeyPayload struct {
	Outcome
	FeedKey *FeedKey
}

// FeedKeyCreatePayload answers the making of a feed key.
type FeedKeyCreatePayload struct {
	Outcome
	FeedKey *FeedKey
	Secret  *string
}

// NewFeedKeyCreatePayload shows a secret if it is on record by this very call.
func NewFeedKeyCreatePayload(o Outcome, key *FeedKey, secret string) *FeedKeyCreatePayload {
	p := &FeedKeyCreatePayload{Outcome: o, FeedKey: key}
	if o.Position != nil && !o.Preview && !o.Repeated {
		p.Secret = &secret
	}
	return p
}
