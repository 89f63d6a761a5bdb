package journal

import (
	"encoding/binary"
	"sync"
	"time"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// sessions keeps the sessions of identities while what they were built from is unchanged.
type sessions struct {
	mu     sync.Mutex
	held   map[string]session
	intern auth.Interner
}

type session struct {
	basis [10]any
	day   vocab.Date
	auth.Session
}

const maxSessions = 10_000

func (c *sessions) get(s *state.Snapshot, id auth.Identity, now time.Time, zone *time.Location) (auth.Session, error) {
	if id.Ended(now) {
		return auth.Session{}, auth.ErrUnauthenticated
	}
	local := now.In(zone)
	day, basis := vocab.DateOf(local), s.RightsBasis()
	var room [256]byte
	key := appendKey(room[:0], id)
	c.mu.Lock()
	have, ok := c.held[string(key)]
	c.mu.Unlock()
	if ok && have.basis == basis && have.day == day {
		return have.Session, nil
	}
	y, m, d := local.Date()
	ends := time.Date(y, m, d+1, 0, 0, 0, 0, local.Location())
	built, err := s.Session(id, now, day, ends)
	if err != nil {
		return built, err
	}
	built.Rights = c.intern.Intern(built.Rights)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held == nil || len(c.held) >= maxSessions {
		c.held = map[string]session{}
	}
	c.held[string(key)] = session{basis, day, built}
	return built, nil
}

// appendKey appends what tells an identity from every other: each text after its length.
func appendKey(b []byte, id auth.Identity) []byte {
	text := func(s string) {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	for _, n := range []int64{id.ValidUntil.Unix(), id.IssuedAt.Unix(), id.FeedKey, id.Webhook} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	text(id.Issuer)
	text(id.Subject)
	text(id.TokenID)
	for _, c := range id.Claims {
		text(string(c.Role))
		text(string(c.Scope.Kind))
		text(c.Scope.Path)
	}
	return b
}
