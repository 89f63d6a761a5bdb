package journal

import (
	"fmt"
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
	basis [7]any
	day   vocab.Date
	auth.Session
}

const maxSessions = 10_000

func (c *sessions) get(s *state.Snapshot, id auth.Identity, now time.Time, zone *time.Location) (auth.Session, error) {
	if !id.ValidUntil.IsZero() && !now.Before(id.ValidUntil) {
		return auth.Session{}, auth.ErrUnauthenticated
	}
	local := now.In(zone)
	day := vocab.DateOf(local)
	y, m, d := local.Date()
	ends := time.Date(y, m, d+1, 0, 0, 0, 0, local.Location())
	key := fmt.Sprintf("%q %q %q %d", id.Issuer, id.Subject, id.Claims, id.ValidUntil.Unix())
	basis := s.RightsBasis()
	c.mu.Lock()
	have, ok := c.held[key]
	c.mu.Unlock()
	if ok && have.basis == basis && have.day == day {
		return have.Session, nil
	}
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
	c.held[key] = session{basis, day, built}
	return built, nil
}
