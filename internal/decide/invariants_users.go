package decide

import (
	"math"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// erasedStaysErased: of an erased person nothing is known, and nobody signs in as him.
var erasedStaysErased = on(state.Users, func(_ *state.Draft, before, u *ent.User) error {
	if before != nil && before.ErasedAt != nil && u.ErasedAt == nil || u.ErasedAt != nil && (u.Active || u.Subject != nil || u.Name != nil || u.Email != nil) {
		return fault.At("id", "ERASED", "the person was erased; create a new user instead")
	}
	return nil
})

// scopeOfRole: a role names a node exactly if its scope is one, the node exists when it is granted, the role is allowed there, and it
// ends after it begins.
var scopeOfRole = on(state.RoleAssignments, func(d *state.Draft, _, g *ent.RoleAssignment) error {
	if err := scopeNamed(d, g.ScopeKind, g.ScopeID); err != nil {
		return err
	}
	if !auth.MayBeOn(g.Role, g.ScopeKind) {
		return fault.At("role", "NOT_ALLOWED", "%s cannot be held on %s", g.Role, g.ScopeKind)
	}
	return inOrder(g.ValidFrom, g.ValidTo, "valid_to", "a role ends on or after the day it begins")
})

// scopeNamed asks that a scope names a node exactly if it is one, and that the node exists.
func scopeNamed(d *state.Draft, kind vocab.ScopeKind, id *int64) error {
	switch t := nodes[kind]; {
	case t == nil && id != nil:
		return fault.At("scope_id", "NOT_ALLOWED", "%s names no node", kind)
	case t != nil && id == nil:
		return fault.At("scope_id", "REQUIRED", "say which %s", t.Word)
	case t != nil && !d.Visible(t, *id):
		return fault.At("scope_id", "NOT_FOUND", "there is no %s of this id", t.Word)
	}
	return nil
}

// noGrantToSelf: nobody gives himself a role.
var noGrantToSelf = on(state.RoleAssignments, func(d *state.Draft, _, g *ent.RoleAssignment) error {
	if g.UserID == d.User() {
		return fault.At("user_id", "NOT_TO_SELF", "nobody grants himself a role; somebody else must do it")
	}
	return nil
})

// withinAuthority: nobody gives or takes a role that may do more than he may himself by the record; one that he gives, until its last day.
func withinAuthority(d *state.Draft, c *state.Change) error {
	for _, row := range []any{c.Before, c.After} {
		g, ok := row.(*ent.RoleAssignment)
		if !ok {
			continue
		}
		may := d.Authority(d.Day()).At(state.RoleAssignments.Place(d, g))
		if row == c.After {
			may &= d.Authority(max(d.Day(), or(g.ValidTo, lastDay))).At(state.RoleAssignments.Place(d, g))
		}
		if lacks := auth.MayOf(g.Role) &^ may; lacks != 0 {
			return fault.New(fault.Forbidden, "%s may do there what you may not, or not as long: %s; ask somebody who may", g.Role, lacks)
		}
	}
	return nil
}

// lastDay stands for a role without end.
const lastDay = vocab.Date(math.MaxInt32)

// adminStays: once somebody active holds ADMIN on the whole organisation without end, somebody always does.
func adminStays(d *state.Draft, c *state.Change) error {
	if c.Table != state.Users.Desc() && c.Table != state.RoleAssignments.Desc() || c.Before == nil {
		return nil // a new row takes nothing away
	}
	all := state.All(d)
	for g := range state.RoleAssignments.All(all) {
		if u := state.Users.Get(all, g.UserID); u != nil && administers(g, u, d.Day()) {
			return nil
		}
	}
	if !administeredBefore(d) {
		return nil
	}
	return fault.New(fault.Conflict, "nobody active would be left who holds ADMIN on the organisation without end; give it to somebody else first")
}

func administers(g *ent.RoleAssignment, u *ent.User, day vocab.Date) bool {
	return u.Active && g.Role == vocab.RoleAdmin && g.ScopeKind == vocab.ScopeKindOrganisation && g.ValidTo == nil && current(g, day)
}

// Administrators counts who holds ADMIN on the whole organisation on a day: active users without end, and role rows that have one.
func Administrators(s *state.Snapshot, day vocab.Date) (unlimited, limited int) {
	all, who := state.NewWhole(s), map[int64]bool{}
	for g := range state.RoleAssignments.All(all) {
		u := state.Users.Get(all, g.UserID)
		switch {
		case u == nil:
		case administers(g, u, day):
			who[u.ID] = true
		case u.Active && g.Role == vocab.RoleAdmin && current(g, day):
			limited++
		}
	}
	return len(who), limited
}

// administeredBefore tells whether there was an administrator before the draft. Since there is none in the draft, the change that took
// him away is among its changes.
func administeredBefore(d *state.Draft) bool {
	users, roles := map[int64]*ent.User{}, map[int64]*ent.RoleAssignment{}
	for g := range state.RoleAssignments.All(state.All(d)) {
		roles[g.ID] = g
	}
	for _, c := range d.Changes() {
		switch c.Table {
		case state.Users.Desc():
			users[c.ID], _ = c.Before.(*ent.User)
		case state.RoleAssignments.Desc():
			roles[c.ID], _ = c.Before.(*ent.RoleAssignment)
		}
	}
	for _, g := range roles {
		if g == nil {
			continue
		}
		u, changed := users[g.UserID]
		if !changed {
			u = state.Users.Get(state.All(d), g.UserID)
		}
		if u != nil && administers(g, u, d.Day()) {
			return true
		}
	}
	return false
}
