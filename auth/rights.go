package auth

import (
	"encoding/binary"
	"slices"
	"sync"

	"pmograph/internal/vocab"
)

// Place is where a row lies: the nodes that contain it, nearest known of each kind; zero where there is none. A row of a shared entity
// lies nowhere. Resource is whose row or time it is; Person is whom it concerns himself: a booking lies at its project and its person.
type Place struct{ Portfolio, Program, Project, Team, Resource, Person int64 }

// Rights is what an actor may do at every node: a value without identity. Equal rights are one pointer (Interner), so that answers
// may be shared by pointer.
type Rights struct {
	org                                                       Permission
	portfolios, programs, projects, teams, resources, persons map[int64]Permission
	any                                                       Permission
	canonical                                                 string
	own, limit                                                *Rights // of Within; then the maps are what both allow at nodes, for Nodes alone
}

// At gives what may be done at a place.
func (r *Rights) At(p Place) Permission {
	if r.limit != nil {
		return r.own.At(p) & r.limit.At(p)
	}
	may := r.org
	if p.Portfolio != 0 {
		may |= r.portfolios[p.Portfolio]
	}
	if p.Program != 0 {
		may |= r.programs[p.Program]
	}
	if p.Project != 0 {
		may |= r.projects[p.Project]
	}
	if p.Team != 0 {
		may |= r.teams[p.Team]
	}
	if p.Resource != 0 {
		may |= r.resources[p.Resource]
	}
	if p.Person != 0 {
		may |= r.persons[p.Person]
	}
	return may
}

// Organisation gives what may be done everywhere.
func (r *Rights) Organisation() Permission { return r.org }

// Anywhere gives what may be done at some node at least.
func (r *Rights) Anywhere() Permission { return r.any }

// Canonical gives the rights' canonical bytes: equal for equal rights, in every process.
func (r *Rights) Canonical() string { return r.canonical }

// Holding is what somebody may do on a node and below, from a row, a relation or a token.
type Holding struct {
	May  Permission
	Kind vocab.ScopeKind
	ID   int64 // of the node; 0 for the organisation
}

// Tree is what rights are built from; a snapshot satisfies it.
type Tree interface {
	// Below gives the portfolios below one, itself included; a deleted one lies where it last lay.
	Below(portfolio int64) []int64
	// TeamsBelow gives the teams below one, itself included.
	TeamsBelow(team int64) []int64
}

func empty() *Rights {
	return &Rights{
		portfolios: map[int64]Permission{}, programs: map[int64]Permission{}, projects: map[int64]Permission{},
		teams: map[int64]Permission{}, resources: map[int64]Permission{}, persons: map[int64]Permission{},
	}
}

// Build gives the rights that holdings add up to.
func Build(held []Holding, tree Tree) *Rights {
	r := empty()
	for _, g := range held {
		if g.May == 0 {
			continue
		}
		switch g.Kind {
		case vocab.ScopeKindOrganisation:
			r.org |= g.May
		case vocab.ScopeKindPortfolio:
			for _, id := range tree.Below(g.ID) {
				r.portfolios[id] |= g.May
			}
		case vocab.ScopeKindProgram:
			r.programs[g.ID] |= g.May
		case vocab.ScopeKindProject:
			r.projects[g.ID] |= g.May
		case vocab.ScopeKindTeam:
			for _, id := range tree.TeamsBelow(g.ID) {
				r.teams[id] |= g.May
			}
		case OnResource:
			r.resources[g.ID] |= g.May
		case OnPerson:
			r.persons[g.ID] |= g.May
		}
	}
	r.seal()
	return r
}

// Within gives these rights as far as a limit goes: at every place what both allow there. place says where a node lies that either names,
// ok false if nowhere any more. What is allowed anywhere is what is allowed at one of those nodes at least.
func (r *Rights) Within(limit *Rights, place func(Holding) (p Place, ok bool)) *Rights {
	w := empty()
	w.own, w.limit, w.org = r, limit, r.org&limit.org
	kinds := map[vocab.ScopeKind]map[int64]Permission{vocab.ScopeKindPortfolio: w.portfolios, vocab.ScopeKindProgram: w.programs,
		vocab.ScopeKindProject: w.projects, vocab.ScopeKindTeam: w.teams, OnResource: w.resources, OnPerson: w.persons}
	for _, of := range []*Rights{r, limit} {
		for h := range of.Nodes {
			if p, ok := place(h); ok {
				kinds[h.Kind][h.ID] = w.At(p)
			}
		}
	}
	w.seal()
	w.canonical += r.canonical + limit.canonical // each says itself where it ends
	return w
}

// seal drops what adds nothing, and fixes the canonical form.
func (r *Rights) seal() {
	r.any = r.org
	b := binary.AppendUvarint(nil, uint64(r.org))
	for _, m := range []map[int64]Permission{r.portfolios, r.programs, r.projects, r.teams, r.resources, r.persons} {
		var ids []int64
		for id, p := range m {
			if p &^= r.org; p == 0 {
				delete(m, id)
				continue
			}
			m[id] = p
			r.any |= p
			ids = append(ids, id)
		}
		slices.Sort(ids)
		b = binary.AppendUvarint(b, uint64(len(ids)))
		for _, id := range ids {
			b = binary.AppendUvarint(binary.AppendVarint(b, id), uint64(m[id]))
		}
	}
	r.canonical = string(b)
}

// Nodes hands out every node the rights name, with what may be done there beyond the organisation-wide part.
func (r *Rights) Nodes(yield func(Holding) bool) {
	for _, k := range []struct {
		kind vocab.ScopeKind
		m    map[int64]Permission
	}{{vocab.ScopeKindPortfolio, r.portfolios}, {vocab.ScopeKindProgram, r.programs}, {vocab.ScopeKindProject, r.projects}, {vocab.ScopeKindTeam, r.teams},
		{OnResource, r.resources}, {OnPerson, r.persons}} {
		for id, p := range k.m {
			if !yield(Holding{p, k.kind, id}) {
				return
			}
		}
	}
}

// Interner makes equal rights one pointer.
type Interner struct {
	mu   sync.Mutex
	held map[string]*Rights
}

// maxInterned bounds the rights kept; beyond it the table starts anew, which costs sharing but no correctness.
const maxInterned = 4096

// Intern gives the one pointer of a value.
func (n *Interner) Intern(r *Rights) *Rights {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.held == nil || len(n.held) >= maxInterned {
		n.held = map[string]*Rights{}
	}
	if have, ok := n.held[r.canonical]; ok {
		return have
	}
	n.held[r.canonical] = r
	return r
}
