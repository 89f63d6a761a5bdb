package graph_test

import (
	"fmt"
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
	update, move := func(project string) string { return "projectUpdate: UPDATED project-1 as " + project + " name=" + project }, "projectMove: "
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
