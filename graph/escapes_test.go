package graph_test

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/graph/plan/plantest"
	"pmograph/internal/accesstest"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/store/memory"
	"pmograph/internal/store/pgtest"
)

// Whatever leaves an actor's scope is refused on both databases, and of a refused mutation nothing is written: made for others, moved out or
// in, linked, unlinked, appointed, in a batch with what is allowed.
func TestNothingEscapesIntoTheRecord(t *testing.T) {
	for name, open := range map[string]func(*testing.T) (store.Store, error){
		"sqlite": func(t *testing.T) (store.Store, error) {
			return store.OpenSQLite(t.Context(), filepath.Join(t.TempDir(), "access.db"))
		},
		"postgres": func(t *testing.T) (store.Store, error) { return store.OpenPostgres(t.Context(), pgtest.Database(t)) },
		"memory":   func(*testing.T) (store.Store, error) { return &memory.Store{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			db, err := open(t)
			must(err)
			m := newMatrix(t)
			if name != "memory" { // databases have clocks of their own
				t.Cleanup(func() { _ = db.Close() })
				must(db.Migrate(t.Context()))
				m = newMatrixOn(t, newHouseAt(t, db, time.Now), time.Now().UTC())
			}
			step := 4
			if testing.Short() {
				step = 20
			}
			was := m.door.Latest()
			refused := 0
			for n, x := range m.moves(t) {
				for i := n % step; i < len(m.office.Actors); i += step {
					if x.may(i) {
						continue
					}
					refused++
					q := strings.Replace(x.query, "preview: true, ", "", 1)
					if r, _ := m.by("POST", i, nil, q); !r.refused() {
						t.Errorf("%s: %s is accepted", m.office.Actors[i].Name, x.what)
					}
				}
			}
			if s := m.door.Latest(); s.Position() != was.Position() {
				t.Errorf("the record moved from %s to %s", was.Position(), s.Position())
			}
			t.Logf("%d escapes tried, 0 accepted", refused)
		})
	}
}

var anID = regexp.MustCompile(`"([a-z]+(?:-[a-z]+)*)-(\d+)"`)

// hiddenIn gives the first thing that a document names and somebody does not see; "" if he sees them all.
func (m *matrix) hiddenIn(actor int, query string) (id, word string) {
	for _, x := range anID.FindAllString(query, -1) {
		ref, ok := state.ParseID(strings.Trim(x, `"`))
		if !ok {
			continue
		}
		if row := m.org.Rows(ref.Table.Name)[ref.ID]; row != nil && !m.org.Sees(m.held[actor], ref.Table.Name, row) {
			return x, ref.Table.Word
		}
	}
	return "", ""
}

var located = regexp.MustCompile(`"locations":\[[^\]]*\],?`) // in the document, which has another length

// What is hidden and what is missing are answered alike: by every mutation and question that names a thing, to the letter.
func TestHiddenIsMissing(t *testing.T) {
	m := newMatrix(t)
	step := 1
	if testing.Short() {
		step = 10
	}
	compared := 0
	alike := func(i int, query string) {
		hidden, word := m.hiddenIn(i, query)
		if hidden == "" {
			return
		}
		missing := fmt.Sprintf(`"%s-999999"`, word)
		ask := func(q string) []byte {
			return located.ReplaceAll(pose(m.h, m.office.Actors[i].ID, "", plantest.Request{Query: q}).Body, nil)
		}
		x := bytes.ReplaceAll(ask(query), []byte(strings.Trim(hidden, `"`)), []byte(strings.Trim(missing, `"`)))
		y := ask(strings.ReplaceAll(query, hidden, missing))
		if compared++; !bytes.Equal(x, y) {
			t.Errorf("%s: %s\nhidden:  %.400s\nmissing: %.400s", m.office.Actors[i].Name, query, x, y)
		}
	}
	moves := m.moves(t)
	for i := 0; i < len(m.office.Actors); i += step {
		if !m.in[i] {
			continue
		}
		for _, x := range moves {
			alike(i, x.query)
		}
		for _, p := range accesstest.Probes {
			for _, id := range slices.Sorted(maps.Keys(m.org.Rows(p.Desc.Name))) {
				alike(i, `{ node(id: "`+p.Desc.ID(id)+`") { id __typename } }`)
			}
		}
		for n := range 6 {
			for _, q := range []string{
				`{ portfolio(id: "portfolio-%d") { id } projects(filter: { portfolio: "portfolio-%[1]d" }) { totalCount } }`, `{ program(id: "program-%d") { id } }`, `{ project(id: "project-%d") { id } allocations(filter: { project: "project-%[1]d" }) { totalCount } }`,
				`{ resources(filter: { team: "team-%d" }) { totalCount pageInfo { hasNextPage } } }`, `{ allocations(filter: { resource: "resource-%d" }) { totalCount } }`, `{ journal(scope: "project-%d", first: 5) { nodes { number } pageInfo { hasNextPage } } }`,
				`{ kpis(node: "program-%d") { totalCount } }`, `{ kpiDefinitions(filter: { portfolio: "portfolio-%d" }) { totalCount } }`, `{ milestones(filter: { portfolio: "portfolio-%d" }) { totalCount } }`,
			} {
				alike(i, fmt.Sprintf(q, n+1))
			}
		}
	}
	t.Logf("%d times hidden and missing", compared)
	if compared < 1000/step {
		t.Errorf("only %d times", compared)
	}
}

// Looking for what is hidden costs what looking for what is missing does: within a few allocations, whatever hangs on the hidden thing.
func TestHiddenCostsWhatMissingDoes(t *testing.T) {
	m := newMatrix(t)
	stranger := slices.IndexFunc(m.office.Actors, func(a accesstest.Actor) bool { return a.Name == "viewer@program" })
	for _, q := range []string{
		`{ node(id: "project-%d") { id } }`, `{ project(id: "project-%d") { id name rollup: cost { wholeLife { value } } } }`, `{ portfolio(id: "portfolio-%d") { id rollup { projects { total { value } } } } }`,
		`{ projects(filter: { portfolio: "portfolio-%d" }) { totalCount nodes { id } } }`, `{ allocations(filter: { project: "project-%d" }) { totalCount } }`, `{ kpis(node: "project-%d") { totalCount } }`,
		`mutation { projectUpdate(preview: true, input: { id: "project-%d", patch: { name: "x" } }) { errors { code } } }`, `mutation { actionItemCreate(preview: true, input: { projectId: "project-%d", title: "x" }) { errors { code } } }`,
	} {
		cost := func(id int) float64 {
			query := plantest.Request{Query: fmt.Sprintf(q, id)}
			return testing.AllocsPerRun(100, func() { pose(m.h, m.office.Actors[stranger].ID, "", query) })
		}
		hidden, missing := cost(3), cost(9)
		if diff := hidden - missing; diff > 3 || diff < -3 {
			t.Errorf("%s: %v allocations if hidden, %v if missing", q, hidden, missing)
		}
	}
}

// A key of somebody else's is no key: who uses it gets what he asks himself.
func TestKeysOfOthersTellNothing(t *testing.T) {
	m := newMatrix(t)
	by := func(name string) int {
		return slices.IndexFunc(m.office.Actors, func(a accesstest.Actor) bool { return a.Name == name })
	}
	do := func(actor int, title string) map[string]any {
		r, _ := m.by("POST", actor, nil, `mutation { actionItemCreate(input: { projectId: "project-1", title: "`+title+`", idempotencyKey: "k" }) { repeated number actionItem { title } errors { code } } }`)
		return r.Data["actionItemCreate"].(map[string]any)
	}
	first, second, again := do(by("pmo@organisation"), "one"), do(by("contributor@project"), "two"), do(by("pmo@organisation"), "one")
	if first["repeated"] != false || second["repeated"] != false || at(second, "actionItem", "title") != "two" || again["repeated"] != true || at(again, "actionItem", "title") != "one" {
		t.Errorf("%v, %v, %v", first, second, again)
	}
	if r := do(by("viewer@program"), "one"); r["number"] != nil || r["repeated"] != false || len(r["errors"].([]any)) != 1 {
		t.Errorf("who may not is told: %v", r)
	}
}

// wide are the unique keys that hold beyond what everybody sees who may write in them, and why that tells nothing, or little.
var wide = map[string]string{
	"teams code":                        "codes of teams are the office's: who keeps a team learns that a code is in use, and not by which team",
	"token_revocations issuer token_id": "a revocation lies nowhere: only who admits everywhere writes one, and he sees them all",
	"resources code":                    "codes of people are the office's: who keeps people learns that a code is in use, and not by whom",
}

// A unique key is not wider than what everybody sees whole who may write in it.
func TestUniqueKeysAreNoWiderThanSight(t *testing.T) {
	found := map[string]bool{}
	for _, d := range state.Tables {
		e, _ := auth.EntityOf(d.Name)
		for _, u := range d.Uniques {
			var names []string
			within := e.Shared
			for _, i := range u {
				names = append(names, d.Columns[i].Name)
				within = within || d.Columns[i].Ref != nil && slices.Contains([]string{"projects", "portfolios", "baselines"}, d.Columns[i].Ref.Name)
			}
			name := d.Name + " " + strings.Join(names, " ")
			if strings.HasSuffix(name, "external_source external_id") { // imports are the office's, who sees everything
				continue
			}
			if found[name] = true; !within && wide[name] == "" {
				t.Errorf("%s is unique beyond what its writers see", name)
			}
		}
	}
	for name := range wide {
		if !found[name] {
			t.Errorf("%s is no unique key", name)
		}
	}
}
