package decide

import (
	"slices"
	"time"

	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// FeedKeyCreateInput lets a program read in the name of a user.
type FeedKeyCreateInput struct {
	Call
	Name      string
	OwnerID   string
	ScopeKind vocab.ScopeKind
	ScopeID   *string // the node; nil for ORGANISATION
	Reads     []vocab.FeedRead
	ValidTo   time.Time
}

// FeedKeyCreate makes a key whose secret has a hash. The secret is made by who asks, so that the decision stays a function of its input; the
// hash is no part of the input, so that a call is recognised when it is repeated with another secret.
func FeedKeyCreate(in FeedKeyCreateInput, hash string) state.Decision {
	return decision("feedKeyCreate", in, func(w *work) error {
		owner := w.find(state.Users.Desc(), "ownerId", in.OwnerID)
		node := w.scope(in.ScopeKind, in.ScopeID)
		reads := func(r vocab.FeedRead) bool { return slices.Contains(in.Reads, r) }
		return create(w, state.FeedKeys, func(k *ent.FeedKey) {
			k.Name, k.OwnerID, k.ScopeKind, k.ScopeID = in.Name, owner, in.ScopeKind, node
			k.ReadsMoney, k.ReadsRate, k.ReadsPersonal = reads(vocab.FeedReadMoney), reads(vocab.FeedReadRate), reads(vocab.FeedReadPersonal)
			k.SecretHash, k.ValidTo = hash, in.ValidTo.UTC().Truncate(time.Microsecond)
		})
	})
}

// FeedKeyRenameInput says in other words what a key is for.
type FeedKeyRenameInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Name            string
}

// FeedKeyRename says in other words what a key is for.
func FeedKeyRename(in FeedKeyRenameInput) state.Decision {
	return decision("feedKeyRename", in, func(w *work) error {
		return change(w, state.FeedKeys, w.find(state.FeedKeys.Desc(), "id", in.ID), in.ExpectedVersion, func(k *ent.FeedKey) { k.Name = in.Name })
	})
}

// FeedKeyRevokeInput ends a key.
type FeedKeyRevokeInput struct {
	Call
	ID              string
	ExpectedVersion *int64
}

// FeedKeyRevoke ends a key for good; one that was revoked before stays as it is.
func FeedKeyRevoke(in FeedKeyRevokeInput) state.Decision {
	return decision("feedKeyRevoke", in, func(w *work) error {
		return change(w, state.FeedKeys, w.find(state.FeedKeys.Desc(), "id", in.ID), in.ExpectedVersion, func(k *ent.FeedKey) {
			if at := w.d.At(); k.RevokedAt == nil {
				k.RevokedAt = &at
			}
		})
	})
}

// scope gives the node that a kind of scope and an id name together, nil for none.
func (w *work) scope(kind vocab.ScopeKind, id *string) *int64 {
	if t := nodes[kind]; t != nil {
		return w.findIf(t, "scopeId", id)
	}
	if id != nil {
		w.note("scopeId", "NOT_ALLOWED", "%s names no node", kind)
	}
	return nil
}

// longestKey is how long a key lives at the most.
const longestKey = 400 * 24 * time.Hour

// keyScope: a key names a node exactly if its scope is one, and its owner may sign in when it is made.
var keyScope = on(state.FeedKeys, func(d *state.Draft, before, k *ent.FeedKey) error {
	if before != nil {
		return nil
	}
	return machineScope(d, k.ScopeKind, k.ScopeID, k.OwnerID)
})

// machineScope asks that what reads in the name of an owner does so at a node or everywhere, and that he may sign in.
func machineScope(d *state.Draft, kind vocab.ScopeKind, node *int64, owner int64) error {
	if kind == vocab.ScopeKindOwn {
		return fault.At("scope_kind", "NOT_ALLOWED", "it cannot be on %s; name a node or ORGANISATION", kind)
	}
	if err := scopeNamed(d, kind, node); err != nil {
		return err
	}
	if u := state.Users.Get(state.All(d), owner); u == nil || !u.Active {
		return fault.At("owner_id", "NOT_ALLOWED", "the user is put off; what reads in his name ends with him")
	}
	return nil
}

// keyEnds: a key ends after it is made, within 400 days.
var keyEnds = on(state.FeedKeys, func(d *state.Draft, before, k *ent.FeedKey) error {
	if before == nil && (!k.ValidTo.After(d.At()) || k.ValidTo.After(d.At().Add(longestKey))) {
		return fault.At("valid_to", "OUT_OF_RANGE", "a key ends after now and within 400 days")
	}
	return nil
})

// keyStays: a key is what it was made as, but for its name, and a revoked one stays revoked: whoever needs another makes one.
func keyStays(_ *state.Draft, c *state.Change) error {
	before, _ := c.Before.(*ent.FeedKey)
	if c.Table != state.FeedKeys.Desc() || before == nil {
		return nil
	}
	if c.After == nil || before.RevokedAt == nil && !only(c, "name", "revoked_at") || before.RevokedAt != nil && !only(c, "name") {
		return fault.At("id", "FIXED", "a feed key stays what it was made as; revoke it and make another")
	}
	return nil
}

// FeedKeysEnding gives the identifiers of the keys that are good at an instant and end before another, for the operator of the machine.
func FeedKeysEnding(s *state.Snapshot, now, before time.Time) (ids []string) {
	for k := range state.FeedKeys.All(state.NewWhole(s)) {
		if k.RevokedAt == nil && k.ValidTo.After(now) && k.ValidTo.Before(before) {
			ids = append(ids, state.FeedKeys.Desc().ID(k.ID))
		}
	}
	return ids
}
