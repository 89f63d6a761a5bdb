package decide

import (
	"time"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// LocalIssuer vouches for the subjects of this server's own tokens.
const LocalIssuer = "LOCAL"

// UserCreate admits a person or service.
func UserCreate(in UserCreateInput) state.Decision {
	return decision("userCreate", in, func(w *work) error {
		return create(w, state.Users, func(u *ent.User) {
			u.Issuer, u.Active, u.Locale = LocalIssuer, true, in.Locale
			if in.Issuer != nil {
				u.Issuer = *in.Issuer
			}
			if in.Subject == "" {
				w.note("subject", "REQUIRED", "a user is known by the subject of his tokens")
			}
			u.Subject, u.Name, u.Email = personal(&in.Subject), personal(in.Name), personal(in.Email)
		})
	})
}

func personal(text *string) *guard.Personal {
	if text == nil {
		return nil
	}
	p := guard.NewPersonal(*text)
	return &p
}

// UserUpdate changes a user.
func UserUpdate(in UserUpdateInput) state.Decision {
	return decision("userUpdate", in, func(w *work) error {
		return update(w, state.Users, in.ID, in.ExpectedVersion, in.Patch, "name", "email", "locale", "timezone", "active")
	})
}

// UserErase erases what is known of a person, here and in the resources he is. The number stays, so that the record of what was done
// stays whole.
func UserErase(in UserEraseInput) state.Decision {
	return decision("userErase", in, func(w *work) error {
		id := w.find(state.Users.Desc(), "id", in.ID)
		if err := change(w, state.Users, id, in.ExpectedVersion, func(u *ent.User) { eraseUser(u, w.d.At()) }); err != nil {
			return err
		}
		for m := range state.MailSubscriptions.By(state.All(w.d), "user_id", id) {
			state.MailSubscriptions.Delete(w.d, m.ID)
		}
		for q := range state.SavedQueries.By(state.All(w.d), "owner_id", id) {
			if !q.Shared {
				state.SavedQueries.Delete(w.d, q.ID)
			}
		}
		for r := range state.Resources.By(state.All(w.d), "user_id", id) {
			if err := eraseResource(w.d, r.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

func eraseUser(u *ent.User, at time.Time) {
	u.Subject, u.Name, u.Email, u.Locale, u.Timezone, u.Active = nil, nil, nil, nil, nil, false
	if u.ErasedAt == nil {
		u.ErasedAt = &at
	}
}

func eraseResource(d *state.Draft, id int64) error {
	row, err := state.Resources.Edit(d, id, nil)
	if err != nil {
		return err
	}
	row.Name = nil
	return state.Resources.Put(d, row)
}

// erasers are the entities whose rows may be erased: by which mutation, and how.
var erasers = map[*state.Desc]struct {
	action string
	erase  func(w *work, id int64) error
}{
	state.Users.Desc(): {"userErase", func(w *work, id int64) error {
		return change(w, state.Users, id, nil, func(u *ent.User) { eraseUser(u, w.d.At()) })
	}},
	state.Resources.Desc(): {"userErase", func(w *work, id int64) error { return eraseResource(w.d, id) }},
	state.StatusReports.Desc(): {"statusReportErase", func(w *work, id int64) error {
		return change(w, state.StatusReports, id, nil, func(r *ent.StatusReport) { eraseTexts(r, w.d.At()) })
	}},
}

// EraseAgain erases rows that one erasure was about which a restored record does not know of. Rows that it does not hold need nothing:
// their numbers are not given again.
func EraseAgain(rows []state.Ref) state.Decision {
	var in struct{ IDs []string }
	for _, r := range rows {
		in.IDs = append(in.IDs, r.String())
	}
	return decision(erasers[rows[0].Table].action, in, func(w *work) error {
		for _, r := range rows {
			if e := erasers[r.Table]; e.erase == nil || !w.d.Exists(r.Table, r.ID) {
				continue
			}
			if err := erasers[r.Table].erase(w, r.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// nodes are the entities a role may be granted on.
var nodes = map[vocab.ScopeKind]*state.Desc{
	vocab.ScopeKindPortfolio: state.Portfolios.Desc(),
	vocab.ScopeKindProgram:   state.Programs.Desc(),
	vocab.ScopeKindProject:   state.Projects.Desc(),
	vocab.ScopeKindTeam:      state.Teams.Desc(),
}

// RoleGrant gives a user a role.
func RoleGrant(in RoleGrantInput) state.Decision {
	return decision("roleGrant", in, func(w *work) error {
		user := w.find(state.Users.Desc(), "userId", in.UserID)
		node := w.scope(in.ScopeKind, in.ScopeID)
		return create(w, state.RoleAssignments, func(g *ent.RoleAssignment) {
			g.UserID, g.Role, g.ScopeKind, g.ScopeID, g.ValidFrom, g.ValidTo = user, in.Role, in.ScopeKind, node, in.ValidFrom, in.ValidTo
		})
	})
}

// RoleRevoke takes a role away.
func RoleRevoke(in RoleRevokeInput) state.Decision {
	return decision("roleRevoke", in, func(w *work) error {
		return remove(w, state.RoleAssignments, in.ID, in.ExpectedVersion)
	})
}

// OperatorGrant gives a role on the machine's own authority to a subject of this server's tokens; the user is made if he is not known,
// and a role he holds already is not given twice.
func OperatorGrant(subject string, role vocab.Role, scope auth.Scope) state.Decision {
	in := struct {
		Subject string
		Role    vocab.Role
		Scope   auth.Scope
	}{subject, role, scope}
	return decision("operatorGrant", in, func(w *work) error {
		if subject == "" {
			w.note("subject", "REQUIRED", "say whom to grant the role to")
			return w.wrong()
		}
		return operatorGrant(w.d, subject, role, scope)
	})
}

func operatorGrant(d *state.Draft, subject string, role vocab.Role, scope auth.Scope) error {
	node, ok := d.Snapshot().Resolve(scope)
	if !ok {
		return fault.At("scope", "NOT_FOUND", "%q names no node, or more than one; write the codes from further up: portfolio:GMPP/MOD", scope)
	}
	u := state.Users.Find(d, uniqueKey, LocalIssuer, subject)
	if u == nil {
		u = state.Users.New(d)
		u.Issuer, u.Subject, u.Active = LocalIssuer, personal(&subject), true
		if err := state.Users.Put(d, u); err != nil {
			return err
		}
	}
	g := state.RoleAssignments.New(d)
	g.UserID, g.Role, g.ScopeKind = u.ID, role, scope.Kind
	if node != 0 {
		g.ScopeID = &node
	}
	for have := range state.RoleAssignments.By(d, "user_id", u.ID) {
		if have.Role == role && have.ScopeKind == scope.Kind && same(have.ScopeID, g.ScopeID) && current(have, d.Day()) && have.ValidTo == nil {
			d.Result(state.RoleAssignments.Desc(), have.ID)
			return nil
		}
	}
	d.Result(state.RoleAssignments.Desc(), g.ID)
	return state.RoleAssignments.Put(d, g)
}

// Newcomer is who signs in for the first time, and what his token tells of him: name and address may be empty.
type Newcomer struct{ Issuer, Subject, Name, Email string }

// UserAdmit puts newcomers on record, active and without a role, so that those who grant roles find them. Who is there already stays as he is.
func UserAdmit(in []Newcomer) state.Decision {
	return decision("userAdmit", in, func(w *work) error {
		for _, n := range in {
			if state.Users.Find(w.d, uniqueKey, n.Issuer, n.Subject) != nil {
				continue
			}
			u := state.Users.New(w.d)
			u.Issuer, u.Subject, u.Active, u.Name, u.Email = n.Issuer, personal(&n.Subject), true, told(n.Name), told(n.Email)
			if err := state.Users.Put(w.d, u); err != nil {
				return err
			}
		}
		return nil
	})
}

func told(text string) *guard.Personal {
	if text == "" {
		return nil
	}
	return personal(&text)
}

// current tells whether a role holds on a day.
func current(g *ent.RoleAssignment, day vocab.Date) bool {
	return g.ArchivedAt == nil && (g.ValidFrom == nil || *g.ValidFrom <= day) && (g.ValidTo == nil || *g.ValidTo >= day)
}

func same[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
