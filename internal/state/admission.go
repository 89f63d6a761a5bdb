package state

import (
	"crypto/subtle"
	"slices"
	"strings"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/vocab"
)

// Admits tells whether who was once identified may still come in: nil, or auth.ErrUnauthenticated if his user is put off or was signed out
// since, his token was revoked, his feed key was or has lost its owner, his webhook is not active or has lost its owner, or he is a stranger whose issuer admits nobody. It does not look at when token or key end by themselves.
func (s *Snapshot) Admits(id auth.Identity) error {
	if id.FeedKey != 0 {
		if k := s.feedKey(id.FeedKey); k == nil || k.RevokedAt != nil || k.ArchivedAt != nil || !s.user(k.OwnerID).Active {
			return auth.ErrUnauthenticated
		}
		return nil
	}
	if id.Webhook != 0 {
		if w := s.Webhook(id.Webhook); w == nil || !w.Active || w.ArchivedAt != nil || !s.user(w.OwnerID).Active {
			return auth.ErrUnauthenticated
		}
		return nil
	}
	u := s.UserOf(id)
	if u == nil && id.OnRecord || u != nil && (!u.Active || u.TokensValidFrom != nil && id.IssuedAt.Before(*u.TokensValidFrom)) ||
		id.TokenID != "" && len(TokenRevocations.desc.find(s, uniqueToken, []any{id.Issuer, id.TokenID})) > 0 {
		return auth.ErrUnauthenticated
	}
	return nil
}

// Positions among an entity's unique indexes: (issuer, subject) of users, (issuer, token id) of revocations.
const (
	uniqueSubject = 1
	uniqueToken   = 1
)

func (s *Snapshot) user(id int64) *ent.User {
	row, _ := s.tables[Users.desc.Slot].rows.get(uint64(id))
	return row.(*ent.User)
}

func (s *Snapshot) feedKey(id int64) *ent.FeedKey {
	row, _ := s.tables[FeedKeys.desc.Slot].rows.get(uint64(id))
	k, _ := row.(*ent.FeedKey)
	return k
}

// KeyHolder identifies who comes with a feed key's identifier and secret; auth.ErrUnauthenticated if there is no such key or its secret is
// another. It costs the same whatever is wrong. Whether the key is still good is said by Admits and the identity's end.
func (s *Snapshot) KeyHolder(name, secret string) (auth.Identity, error) {
	want := strings.Repeat("0", 64) // no hash of anything we know
	var k *ent.FeedKey
	if ref, ok := ParseID(name); ok && ref.Table == FeedKeys.desc {
		if k = s.feedKey(ref.ID); k != nil {
			want = k.SecretHash
		}
	}
	if subtle.ConstantTimeCompare([]byte(auth.SecretHash(secret)), []byte(want)) != 1 || k == nil {
		return auth.Identity{}, auth.ErrUnauthenticated
	}
	return auth.Identity{Issuer: auth.FeedKeyIssuer, Subject: FeedKeys.desc.ID(k.ID), FeedKey: k.ID, ValidUntil: k.ValidTo}, nil
}

// keyRights gives what a feed key may read on a day.
func (s *Snapshot) keyRights(k *ent.FeedKey, day vocab.Date) *auth.Rights {
	return s.machineRights(k.OwnerID, k.ScopeKind, k.ScopeID, day, k.ReadsMoney, k.ReadsRate, k.ReadsPersonal)
}

// webhookRights gives what a webhook is told of on a day.
func (s *Snapshot) webhookRights(w *ent.Webhook, day vocab.Date) *auth.Rights {
	return s.machineRights(w.OwnerID, w.ScopeKind, w.ScopeID, day, w.ReadsMoney, w.ReadsRate, w.ReadsPersonal)
}

// machineRights gives what goes to a machine in the name of an owner: what is named, in a scope, of what he may have taken out by what he holds on
// record.
func (s *Snapshot) machineRights(owner int64, kind vocab.ScopeKind, node *int64, day vocab.Date, money, rate, personal bool) *auth.Rights {
	held := slices.DeleteFunc(append(s.granted(owner, day), s.related(owner)...), func(h Held) bool { return !h.May.Has(auth.Export) })
	scope := auth.Holding{May: auth.Read, Kind: kind}
	if node != nil {
		scope.ID = *node
	}
	for class, reads := range map[vocab.Class]bool{vocab.ClassMoney: money, vocab.ClassRate: rate, vocab.ClassPersonal: personal} {
		if reads {
			scope.May |= auth.Reads(class)
		}
	}
	return s.rights(held).Within(auth.Build([]auth.Holding{scope}, s), s.nodePlace)
}

// nodePlace says where a node lies, or lay when it was deleted.
func (s *Snapshot) nodePlace(h auth.Holding) (auth.Place, bool) {
	t := nodeTable[h.Kind]
	if h.Kind == auth.OnPerson {
		t = Resources.desc
	}
	if t == nil {
		return auth.Place{}, false
	}
	row := s.last(t, h.ID)
	if row == nil {
		return auth.Place{}, false
	}
	return t.place(s, row), true
}
