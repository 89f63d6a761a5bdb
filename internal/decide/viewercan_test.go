package decide

import (
	"reflect"
	"slices"
	"testing"

	"pmograph/auth"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// thingOf gives what a mutation is done to: the row its input names, or the organisation.
func thingOf(in any, on []string) state.Ref {
	v := reflect.ValueOf(in)
	for _, name := range []string{"ID", "ProjectID", "ProgramID", "PortfolioID", "ParentID", "ScopeID", "TeamID"} {
		f := v.FieldByName(name)
		if f.IsValid() && f.Kind() == reflect.Pointer && !f.IsNil() {
			f = f.Elem()
		}
		if f.IsValid() && f.Kind() == reflect.String {
			if ref, ok := state.ParseID(f.String()); ok && slices.Contains(on, ref.Table.Name) {
				return ref
			}
		}
	}
	return state.Ref{Table: state.Organisations.Desc(), ID: 1}
}

// canOf asks a view what may be done with rows of a table.
func canOf[T any](t *state.Table[T]) func(v *state.View, id int64) []string {
	return func(v *state.View, id int64) []string {
		if row := t.Get(v, id); row != nil {
			return v.Can(t.Desc(), row)
		}
		return nil
	}
}

var canDo = map[*state.Desc]func(*state.View, int64) []string{
	state.Organisations.Desc(): canOf(state.Organisations), state.Portfolios.Desc(): canOf(state.Portfolios), state.Programs.Desc(): canOf(state.Programs),
	state.Projects.Desc(): canOf(state.Projects), state.Milestones.Desc(): canOf(state.Milestones), state.Baselines.Desc(): canOf(state.Baselines),
	state.StatusReports.Desc(): canOf(state.StatusReports), state.ActionItems.Desc(): canOf(state.ActionItems), state.Teams.Desc(): canOf(state.Teams),
	state.Resources.Desc(): canOf(state.Resources), state.Users.Desc(): canOf(state.Users), state.RoleAssignments.Desc(): canOf(state.RoleAssignments),
}

// moreAsked are mutations whose input asks for more than the thing they are done to: another place, a guarded value, a role to give.
var moreAsked = map[string]string{
	"a move up by manager":     "and for the organisation, which it becomes part of",
	"a resource by pmo":        "and for the rate, which it sets",
	"a report again by worker": "and for money, which it reports",
	"a role by pmo":            "and for all that the role may do",
	"a project to another program brings its portfolio by manager": "and for the other program",
}

// What a thing says that its viewer may do with it is what he may: whoever is told so is not refused for his rights, and nobody else gets through.
func TestViewerCan(t *testing.T) {
	cells, yes := 0, 0
	for _, c := range mutationCases(t) {
		row, _ := auth.ActionOf(c.dec.Action)
		if c.want != "" || len(row.On) == 0 {
			continue
		}
		for _, who := range []string{"admin", "pmo", "manager", "worker", "viewer", "planner", "sponsor", "money", "people"} {
			r := world(t)
			r.grant("planner", vocab.RoleProjectManager, "project:ONE")
			r.grant("sponsor", vocab.RoleSponsor, "project:ONE")
			r.grant("money", vocab.RoleFinance, "portfolio:A")
			r.grant("people", vocab.RoleResourceManager, "")
			session := r.session(who)
			v, err := state.NewView(r.s, session, today, state.ViewOptions{})
			if err != nil {
				t.Fatal(err)
			}
			thing := thingOf(c.dec.Input, row.On)
			told := slices.Contains(canDo[thing.Table](v, thing.ID), c.dec.Action)
			_, err = r.try(session, c.dec)
			may := err == nil || !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.NotFound)
			cells++
			if told {
				yes++
			}
			if _, more := moreAsked[c.name+" by "+who]; more {
				may = !may
			}
			if told != may {
				t.Errorf("%s, %s by %s on %v: told %t, and %v", c.name, c.dec.Action, who, thing, told, err)
			}
		}
	}
	t.Logf("%d cells, %d of them yes", cells, yes)
}
