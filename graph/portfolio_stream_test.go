package graph_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

const portfolioStream = `subscription ($node: ID, $kinds: [String!], $after: Position, $initial: Boolean! = false) { e: portfolioChanged(node: $node, kinds: $kinds, after: $after, initial: $initial) {
  position n: number at reset action actor { id } node { id } changes { id entity operation node { id ... on Project { name } } fields { name old new } } moreChanges } }`

// told says in short what an event of a portfolio told: the mutation, and what happened to what.
func toldOf(e map[string]any) string {
	list := []string{}
	for _, c := range at(e, "data", "e", "changes").([]any) {
		text := fmt.Sprintf("%v %v", at(c, "operation"), at(c, "id"))
		if name := at(c, "node", "name"); name != nil {
			text += fmt.Sprintf(" as %v", name)
		}
		for _, f := range at(c, "fields").([]any) {
			text += fmt.Sprintf(" %v=%v", at(f, "name"), at(f, "new"))
		}
		list = append(list, text)
	}
	return fmt.Sprint(at(e, "data", "e", "action"), ": ", strings.Join(list, ", "))
}

func (h *house) move(project, portfolio int64) {
	h.do("projectMove", func(d *state.Draft) error {
		p, err := state.Projects.Edit(d, project, nil)
		must(err)
		p.PortfolioID, p.ProgramID = portfolio, nil
		must(state.Projects.Put(d, p))
		m, err := state.Milestones.Edit(d, 3, nil) // below project 1
		must(err)
		m.Name = fmt.Sprintf("Trials in %d", portfolio)
		return state.Milestones.Put(d, m)
	})
}

// What a part of the organisation loses is told without content to who may not see it any more, what it gains with its content; who sees both
// places is told of what the part he follows loses and gains.
func TestPortfolioStreamTellsMoves(t *testing.T) {
	h := governmentHouse(t)
	reader := func(codes ...string) func(node any, kinds ...string) <-chan map[string]any {
		id := who("reader")
		for _, code := range codes {
			id.Claims = append(id.Claims, role(vocab.RoleViewer, "portfolio:GOV/"+code))
		}
		return func(node any, kinds ...string) <-chan map[string]any {
			vars := map[string]any{"initial": true}
			if node != nil {
				vars["node"] = node
			}
			if kinds != nil {
				vars["kinds"] = kinds
			}
			events := h.listen(id, portfolioStream, vars)
			if e := next(t, events); at(e, "data", "e", "node", "id") != node || len(at(e, "data", "e", "changes").([]any)) > 0 {
				t.Fatalf("the first event: %v", e)
			}
			return events
		}
	}
	update, move := func(project string) string {
		return "projectUpdate: UPDATED project-1 as " + project + " name=" + project
	}, "projectMove: "
	gone, come := "<nil>: REMOVED project-1, REMOVED milestone-3", move+"ENTERED project-1 as %s, ENTERED milestone-3"
	streams := []struct {
		name   string
		events <-chan map[string]any
		want   [4]string // after each write
	}{
		{"left", reader("MOD")("portfolio-2"), [4]string{update("One"), gone, "", fmt.Sprintf(come, "Two")}},
		{"right", reader("DFT")("portfolio-3"), [4]string{"", fmt.Sprintf(come, "One"), update("Two"), gone}},
		{"both, of the left", reader("MOD", "DFT")("portfolio-2"), [4]string{update("One"), gone, "", fmt.Sprintf(come, "Two")}},
		{"both, of everything", reader("MOD", "DFT")(nil), [4]string{
			update("One"), move + "UPDATED project-1 as One portfolio=portfolio-3 program=<nil>, UPDATED milestone-3 name=Trials in 3",
			update("Two"), move + "UPDATED project-1 as Two portfolio=portfolio-2, UPDATED milestone-3 name=Trials in 2",
		}},
		{"left, milestones alone", reader("MOD")("portfolio-2", "Milestone"), [4]string{"", gone, "", fmt.Sprintf(come, "Two")}},
	}
	for i, write := range []func(){func() { h.rename(1, "One") }, func() { h.move(1, 3) }, func() { h.rename(1, "Two") }, func() { h.move(1, 2) }} {
		write()
		for _, s := range streams {
			if s.want[i] == "" {
				continue
			}
			if e := next(t, s.events); toldOf(e) != s.want[i] || at(e, "data", "e", "n") != fmt.Sprint(h.j.Latest().Seq()) {
				t.Errorf("%s after write %d: %s, want %s", s.name, i, toldOf(e), s.want[i])
			}
		}
	}
}

// Who keeps a set of projects by what a stream tells has the set that a question gives, whatever is moved, given and taken, and however often he
// is cut off.
func TestPortfolioStreamKeepsInStep(t *testing.T) {
	h := governmentHouse(t)
	rounds := 120
	if testing.Short() {
		rounds = 30
	}
	r := rand.New(rand.NewPCG(8, 8))
	ada := who("ada") // user 1, manager of project 1
	var given []int64
	h.do("roleGrant", func(d *state.Draft) error {
		one := int64(1)
		for _, portfolio := range []int64{2, 3} {
			x := state.RoleAssignments.New(d)
			x.UserID, x.Role, x.ScopeKind, x.ScopeID = one, vocab.RoleViewer, vocab.ScopeKindPortfolio, &portfolio
			must(state.RoleAssignments.Put(d, x))
			given = append(given, x.ID)
		}
		return nil
	})
	write := func() {
		project, portfolio := 1+r.Int64N(7), 1+r.Int64N(4)
		switch r.IntN(9) {
		case 0:
			h.rename(project, fmt.Sprint("Project ", r.IntN(1000)))
		case 1: // a portfolio goes below another, or comes to the top
			h.do("portfolioMove", func(d *state.Draft) error {
				p, err := state.Portfolios.Edit(d, 2+r.Int64N(2), nil)
				must(err)
				if p.ParentID = nil; portfolio == 1 || portfolio == 4 {
					p.ParentID = &portfolio
				}
				return state.Portfolios.Put(d, p)
			})
		case 2: // who manages project 1 sees it
			h.do("projectAssign", func(d *state.Draft) error {
				p, err := state.Projects.Edit(d, 1, nil)
				must(err)
				if p.ManagerID = nil; portfolio > 2 {
					p.ManagerID = ptr(int64(1))
				}
				return state.Projects.Put(d, p)
			})
		case 3: // a role is taken from one portfolio and given on another
			h.do("roleGrant", func(d *state.Draft) error {
				n := r.IntN(len(given))
				x, err := state.RoleAssignments.Edit(d, given[n], nil)
				must(err)
				x.ScopeID = &portfolio
				return state.RoleAssignments.Put(d, x)
			})
		default:
			h.do("projectMove", func(d *state.Draft) error {
				p, err := state.Projects.Edit(d, project, nil)
				must(err)
				p.PortfolioID, p.ProgramID = portfolio, nil
				return state.Projects.Put(d, p)
			})
		}
	}
	fresh := func() string {
		ids := []string{}
		for _, n := range at(h.answer(ada, `{ projects(first: 100) { nodes { id } } }`, nil), "projects", "nodes").([]any) {
			ids = append(ids, at(n, "id").(string))
		}
		slices.Sort(ids)
		return strings.Join(ids, " ")
	}
	kept, position := map[string]bool{}, h.j.Latest().Position().String()
	for _, id := range strings.Fields(fresh()) {
		kept[id] = true
	}
	known := func() string { return strings.Join(slices.Sorted(maps.Keys(kept)), " ") }
	told, resets := 0, 0
	for range rounds {
		for range r.IntN(4) { // while nobody listens
			write()
		}
		ctx, leave := context.WithCancel(t.Context())
		events := h.listenUntil(ctx, ada, portfolioStream, map[string]any{"after": position})
		for range 1 + r.IntN(3) {
			for range 1 + r.IntN(2) {
				write()
			}
			for want := fresh(); known() != want; told++ {
				e := next(t, events)
				if at(e, "data", "e", "reset") == true { // his rights changed while he was away
					resets++
					clear(kept)
					for _, id := range strings.Fields(fresh()) {
						kept[id] = true
					}
				}
				for _, c := range at(e, "data", "e", "changes").([]any) {
					id := at(c, "id").(string)
					switch gone := at(c, "operation") == "REMOVED" || at(c, "operation") == "DELETED"; {
					case strings.HasPrefix(id, "project-") && gone:
						delete(kept, id)
					case strings.HasPrefix(id, "project-") && at(c, "node") != nil:
						kept[id] = true
					case strings.HasPrefix(id, "portfolio-") && (gone || at(c, "operation") == "ENTERED"): // what lies below it comes and goes with it
						clear(kept)
						for _, id := range strings.Fields(fresh()) {
							kept[id] = true
						}
					}
				}
				position = at(e, "data", "e", "position").(string)
			}
		}
		leave()
		for range events {
		}
	}
	t.Logf("%d events in %d rounds, %d of them resets", told, rounds, resets)
	if resets > rounds || told < 2*resets {
		t.Error("there are too many resets to show anything")
	}
}
