package read

import (
	"cmp"
	"slices"
	"time"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Viewer is who is asking.
type Viewer struct {
	v  *View
	id auth.Identity
}

// Viewer gives who is asking and what he may do.
func (v *View) Viewer(id auth.Identity) *Viewer { return &Viewer{v, id} }

// uniqueSubject is the position of (issuer, subject) among the unique indexes of users.
const uniqueSubject = 1

// User is his row.
func (w *Viewer) User() *User {
	return maybe(w.v, state.Users.Find(w.v, uniqueSubject, w.id.Issuer, w.id.Subject), newUser)
}

// Day is the organisation's day of the answer.
func (w *Viewer) Day() vocab.Date { return w.v.Day() }

// Position is the position the answer is true at.
func (w *Viewer) Position() Position { return Position(w.v.Position()) }

// Number is the journal number the answer is true at.
func (w *Viewer) Number() Long { return Long(w.v.Position().Seq) }

// TokenValidUntil is when his token ends.
func (w *Viewer) TokenValidUntil() *time.Time {
	if w.id.ValidUntil.IsZero() {
		return nil
	}
	return &w.id.ValidUntil
}

// Claims are the roles his token carries.
func (w *Viewer) Claims() []Claim {
	list := []Claim{}
	for _, c := range w.id.Claims {
		list = append(list, Claim{c.Role, c.Scope.Kind, optional(c.Scope.Path)})
	}
	return list
}

// Claim is a role that a token carries.
type Claim struct {
	Role      vocab.Role
	ScopeKind vocab.ScopeKind
	Path      *string
}

// ViewerRole is a role he holds.
type ViewerRole struct {
	Role      vocab.Role
	ScopeKind vocab.ScopeKind
	Scope     Node
	Source    RoleSource
	ValidTo   *vocab.Date
}

// Roles are the roles he holds today.
func (w *Viewer) Roles() []ViewerRole {
	list := []ViewerRole{}
	for _, h := range w.v.Held(w.id) {
		if h.Role == "" || !vocab.Valid(h.Kind) {
			continue
		}
		one := ViewerRole{Role: h.Role, ScopeKind: h.Kind, Source: RoleSource(h.From), ValidTo: h.ValidTo}
		if h.Kind != vocab.ScopeKindOrganisation {
			one.Scope = w.v.scopeNode(h.Kind, h.ID)
		}
		list = append(list, one)
	}
	return list
}

// Permissions is what he may do everywhere.
func (w *Viewer) Permissions() []Permission { return permissionsOf(w.v.Rights().Organisation()) }

// ViewerNode is what the viewer may do at a node and below.
type ViewerNode struct {
	Node        Node
	Permissions []Permission
}

// Nodes is what he may do at nodes beyond what he may do everywhere, the topmost of each kind first. What follows from the portfolio
// above is left out.
func (w *Viewer) Nodes() []ViewerNode {
	var held []auth.Holding
	for h := range w.v.Rights().Nodes {
		held = append(held, h)
	}
	slices.SortFunc(held, func(a, b auth.Holding) int {
		if c := slices.Index(scopeOrder, a.Kind) - slices.Index(scopeOrder, b.Kind); c != 0 {
			return c
		}
		return cmp.Compare(a.ID, b.ID)
	})
	list := []ViewerNode{}
	for _, h := range held {
		if node := w.v.scopeNode(h.Kind, h.ID); node != nil && !w.inherits(h) {
			list = append(list, ViewerNode{node, permissionsOf(h.May)})
		}
	}
	return list
}

var scopeOrder = []vocab.ScopeKind{vocab.ScopeKindPortfolio, vocab.ScopeKindProgram, vocab.ScopeKindProject, vocab.ScopeKindTeam, auth.OnResource, auth.OnPerson}

// inherits tells whether a portfolio's permissions follow from the one above.
func (w *Viewer) inherits(h auth.Holding) bool {
	if h.Kind != vocab.ScopeKindPortfolio {
		return false
	}
	row := state.Portfolios.Get(w.v, h.ID)
	return row != nil && row.ParentID != nil && w.v.May(auth.Place{Portfolio: *row.ParentID}).Has(h.May)
}

// Rollup is the condition of every project he sees.
func (w *Viewer) Rollup(asOf *vocab.Date) *Rollup { return w.v.Everything(asOf) }
