package state

import (
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/vocab"
)

// Held is a role that somebody holds, or what follows for him from being named in a row.
type Held struct {
	auth.Holding
	Role    vocab.Role // none if what follows is no role's
	From    HeldFrom
	ValidTo *vocab.Date // last day; nil if it has no end of its own
}

// HeldFrom says where what is held comes from.
type HeldFrom string

// The sources of what is held.
const (
	HeldByGrant    HeldFrom = "GRANT"    // a role assignment
	HeldByRelation HeldFrom = "RELATION" // a column that names the user
	HeldByClaim    HeldFrom = "CLAIM"    // the token
)

// Session builds what an identity may do on a day: from the user's rows, from the columns he is named in, and from his token's claims.
// Claims end with the token and never carry what is unclaimed. Who is not admitted has no session. Who came with a feed key has that key's rights.
func (s *Snapshot) Session(id auth.Identity, now time.Time, day vocab.Date, dayEnds time.Time) (auth.Session, error) {
	session := auth.Session{Identity: id, ValidUntil: earlier(dayEnds, id.ValidUntil)}
	if err := s.Admits(id); err != nil {
		return auth.Session{}, err
	}
	if id.FeedKey != 0 {
		session.Rights = s.keyRights(s.feedKey(id.FeedKey), day)
		return session, nil
	}
	if id.Webhook != 0 {
		session.Rights = s.webhookRights(s.Webhook(id.Webhook), day)
		return session, nil
	}
	if u := s.UserOf(id); u != nil {
		session.User, session.Actor = u.ID, Users.desc.ID(u.ID)
	}
	session.Rights = s.rights(s.Held(id, day))
	return session, nil
}

// UserOf gives the row of an identity; nil if there is none.
func (s *Snapshot) UserOf(id auth.Identity) *ent.User {
	if rows := Users.desc.find(s, uniqueSubject, []any{id.Issuer, id.Subject}); len(rows) == 1 {
		return rows[0].(*ent.User)
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Held gives all that an identity holds on a day.
func (s *Snapshot) Held(id auth.Identity, day vocab.Date) (held []Held) {
	if u := s.UserOf(id); u != nil {
		held = append(s.granted(u.ID, day), s.related(u.ID)...)
	}
	for _, c := range id.Claims {
		if node, ok := s.Resolve(c.Scope); ok && auth.MayBeOn(c.Role, c.Scope.Kind) {
			held = append(held, Held{auth.Holding{May: auth.MayOf(c.Role) &^ auth.Unclaimed, Kind: c.Scope.Kind, ID: node}, c.Role, HeldByClaim, nil})
		}
	}
	return held
}

func (s *Snapshot) rights(held []Held) *auth.Rights {
	all := make([]auth.Holding, len(held))
	for i, h := range held {
		all[i] = h.Holding
	}
	return auth.Build(all, s)
}

// granted gives what a user holds by rows on a day.
func (s *Snapshot) granted(user int64, day vocab.Date) (held []Held) {
	for row := range RoleAssignments.desc.group(s, "user_id", user).each {
		g := row.(*ent.RoleAssignment)
		if g.ValidFrom != nil && *g.ValidFrom > day || g.ValidTo != nil && *g.ValidTo < day || g.ArchivedAt != nil {
			continue
		}
		h := Held{auth.Holding{May: auth.MayOf(g.Role), Kind: g.ScopeKind}, g.Role, HeldByGrant, g.ValidTo}
		if g.ScopeKind == vocab.ScopeKindOwn {
			for _, own := range s.related(user) {
				if auth.MayBeOn(g.Role, own.Kind) {
					h.Kind, h.ID = own.Kind, own.ID
					held = append(held, h)
				}
			}
			continue
		}
		if g.ScopeID != nil {
			h.ID = *g.ScopeID
		}
		held = append(held, h)
	}
	return held
}

// related gives what a user holds because columns name him.
func (s *Snapshot) related(user int64) (held []Held) {
	for _, rel := range auth.Relations {
		d := byTable[rel.Table]
		for row := range d.group(s, rel.Column, user).each {
			held = append(held, Held{auth.Holding{May: rel.Gives(), Kind: rel.On, ID: d.RowID(row)}, rel.Role, HeldByRelation, nil})
		}
	}
	return held
}

// Held gives what an identity holds on the view's day by the newest record, whoever may see the assignments: it is for the viewer himself.
func (v *View) Held(id auth.Identity) []Held { return v.newest.Held(id, v.day) }

// Roles gives the roles that an identity holds on a day, wherever they hold and come from.
func (s *Snapshot) Roles(id auth.Identity, day vocab.Date) (roles []vocab.Role) {
	for _, h := range s.Held(id, day) {
		roles = append(roles, h.Role)
	}
	return roles
}
