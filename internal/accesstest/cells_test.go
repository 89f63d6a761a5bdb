package accesstest

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/decide"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// bench is the office on record, with what everybody holds in it.
type bench struct {
	o        *Office
	s        *state.Snapshot
	org      *Org
	held     [][]Held // by actor
	in       []bool   // whether he is let in
	sessions []auth.Session
	entered  []bool
	errs     []error
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{o: NewOffice()}
	d := draftOf(t, state.Empty(), auth.Machine("test"), "import")
	b.o.Put(d)
	if err := d.Finish(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Entry(state.Entry{}); err != nil {
		t.Fatal(err)
	}
	b.s = d.Published()
	b.org = Read(b.s)
	for _, a := range b.o.Actors {
		held, _, in := b.org.Holds(a.ID, Today)
		b.held, b.in = append(b.held, held), append(b.in, in)
	}
	return b.fresh()
}

func draftOf(t testing.TB, s *state.Snapshot, session auth.Session, action string) *state.Draft {
	t.Helper()
	d, err := state.NewDraft(s, session, action, Noon, Today)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// fresh is the bench before anybody entered: sessions follow from the policy of the moment.
func (b *bench) fresh() *bench {
	n, c := *b, len(b.o.Actors)
	n.sessions, n.entered, n.errs = make([]auth.Session, c), make([]bool, c), make([]error, c)
	return &n
}

func (b *bench) session(actor int) (auth.Session, error) {
	if !b.entered[actor] {
		b.sessions[actor], b.errs[actor] = b.s.Session(b.o.Actors[actor].ID, Noon, Today, Noon.Add(12*time.Hour))
		b.entered[actor] = true
	}
	return b.sessions[actor], b.errs[actor]
}

func (b *bench) view(actor int) *state.View {
	session, err := b.session(actor)
	must(err)
	v, err := state.NewView(b.s, session, Today, state.ViewOptions{})
	must(err)
	return v
}

// draft opens a draft for somebody.
func (b *bench) draft(actor int, action string) (*state.Draft, error) {
	session, err := b.session(actor)
	if err != nil {
		return nil, err
	}
	return state.NewDraft(b.s, session, action, Noon, Today)
}

// cell is one question to the enforcement whose answer the oracle knows.
type cell struct {
	actor         int
	table, action string
	what          string
	count         int              // of answers it holds
	wrong         func(*bench) any // what is wrong; nil if nothing is
	reaches       bool             // its actor may begin the mutation, and not write the entity by it
}

func (b *bench) cells(t testing.TB) (list []cell) {
	t.Helper()
	list = append(list, b.entering()...)
	list = append(list, b.reading()...)
	list = append(list, b.acting()...)
	list = append(list, b.granting()...)
	all := b.variations(t)
	list = append(list, b.writing(all)...)
	list = append(list, b.showing(t, all)...)
	return append(list, b.reaching(all)...)
}

// entering asks who is let in.
func (b *bench) entering() (list []cell) {
	for i := range b.o.Actors {
		list = append(list, cell{actor: i, what: "is let in", count: 1, wrong: func(b *bench) any {
			if _, err := b.session(i); (err == nil) != b.in[i] {
				return fmt.Sprint("refused: ", err)
			}
			return nil
		}})
	}
	return list
}

// reading asks for every row whether it is seen, by a list and by its number, and what is open in it.
func (b *bench) reading() (list []cell) {
	for i := range b.o.Actors {
		if !b.in[i] {
			continue
		}
		for _, p := range Probes {
			table, everyone := p.Desc.Name, p.All(state.NewWhole(b.s))
			sees, opens := map[int64]bool{}, map[int64][4]bool{}
			for _, row := range everyone {
				id := p.Desc.RowID(row)
				sees[id] = b.org.Sees(b.held[i], table, row)
				var o [4]bool
				for c := range o {
					o[c] = b.org.Opens(b.held[i], table, row, vocab.Class(c))
				}
				opens[id] = o
			}
			list = append(list, cell{actor: i, table: table, what: "reads", count: 6 * len(everyone), wrong: func(b *bench) any {
				v, listed := b.view(i), map[int64]bool{}
				for _, row := range p.All(v) {
					listed[p.Desc.RowID(row)] = true
				}
				for _, row := range everyone {
					id := p.Desc.RowID(row)
					if listed[id] != sees[id] || p.Has(v, id) != sees[id] {
						return fmt.Sprintf("%s is seen: %v", p.Desc.ID(id), listed[id])
					}
					for c := range 4 {
						if sees[id] && p.Sees(v, row, vocab.Class(c)) != opens[id][c] {
							return fmt.Sprintf("%s opens class %d: %v", p.Desc.ID(id), c, !opens[id][c])
						}
					}
				}
				return nil
			}})
		}
	}
	return list
}

// acting asks who may begin which mutation.
func (b *bench) acting() (list []cell) {
	for i := range b.o.Actors {
		for _, a := range Actions {
			want := b.in[i] && Anywhere(b.held[i]).Has(Of(a.Needs))
			if !b.in[i] {
				continue
			}
			list = append(list, cell{actor: i, action: a.Name, what: "begins", count: 1, wrong: func(b *bench) any {
				if _, err := b.draft(i, a.Name); (err == nil) != want {
					return fmt.Sprint(a.Name, " begins: ", err == nil)
				}
				return nil
			}})
		}
	}
	return list
}

// granting asks who may give which role on what to somebody else: whoever may grant there, and may himself, by the record, all that it gives.
func (b *bench) granting() (list []cell) {
	for i, a := range b.o.Actors {
		if !slices.Contains(strings.Fields("admin@organisation pmo@organisation portfolio_manager@organisation portfolio_manager@portfolio portfolio-manager manages-two project_manager@project"), a.Name) && a.Name != "admin token organisation" {
			continue
		}
		for _, r := range roles {
			for _, s := range scopes {
				in := decide.RoleGrantInput{UserID: state.Users.Desc().ID(b.o.users["expired"]), Role: r.role, ScopeKind: s.on}
				var nodes []node
				if s.id != 0 {
					word := strings.ToLower(string(s.on))
					in.ScopeID, nodes = ptr(word+"-1"), b.org.of(word+"s", s.id)
				}
				may := Can(0)
				if len(a.ID.Claims) == 0 {
					may = at(b.held[i], nodes)
				}
				want := listed(r.on, string(s.on)) && may.Has(Of("grant")|Of(r.can))
				list = append(list, cell{actor: i, table: "role_assignments", action: "roleGrant", what: fmt.Sprintf("gives %s on %s", r.role, s.on), count: 1, wrong: func(b *bench) any {
					dec := decide.RoleGrant(in)
					d, err := b.draft(i, dec.Action)
					if err == nil {
						if err = dec.Run(d); err == nil {
							err = d.Finish(decide.Invariants)
						}
					}
					if (err == nil) != want {
						return fmt.Sprintf("%v", err)
					}
					return nil
				}})
			}
		}
	}
	return list
}

// below tells whether a node lies below another.
func (b *bench) below(table string, id, top int64) bool {
	for ; id != 0; id = b.org.number(table, id, "parent_id") {
		if id == top {
			return true
		}
	}
	return false
}

// writing asks for every variation who may do it: by a mutation that he may begin, and by those that change more than their actor may.
func (b *bench) writing(all []variation) (list []cell) {
	for _, v := range all {
		for i := range b.o.Actors {
			if !b.in[i] {
				continue
			}
			after, enlarged := []Held(nil), false
			if v.moves {
				var in bool
				after, _, in = v.is.Holds(b.o.Actors[i].ID, Today)
				enlarged = !in || v.is.Enlarged(b.held[i], after)
			}
			list = append(list, b.write(i, v, b.plain(i, v.Table), enlarged))
			for _, a := range Actions {
				if a.Table == v.Table {
					list = append(list, b.write(i, v, a.Name, enlarged))
				}
			}
		}
	}
	return list
}

// plain gives a mutation that somebody may begin, and that changes nothing of an entity beside what he may; any, if there is none.
func (b *bench) plain(actor int, table string) string {
	for _, a := range Actions {
		if a.Table != table && Anywhere(b.held[actor]).Has(Of(a.Needs)) {
			return a.Name
		}
	}
	return "projectUpdate"
}

func (b *bench) write(i int, v variation, action string, enlarged bool) cell {
	c := v.Change
	c.Action = action
	want := May(b.org, v.is, b.held[i], c) && !enlarged
	return cell{actor: i, table: v.Table, action: action, what: v.what, count: 1, wrong: func(b *bench) any {
		d, err := b.draft(i, action)
		if err == nil {
			if err = v.run(d); err == nil {
				err = d.Finish(nil)
			}
		}
		if (err == nil) != want {
			return fmt.Sprintf("%s by %s goes well: %v (%v)", v.what, action, !want, err)
		}
		return nil
	}}
}

// reaching asks, for each mutation and entity, that somebody who may begin it does not write what he may not.
func (b *bench) reaching(all []variation) (list []cell) {
	for _, a := range Actions {
		for _, p := range Probes {
			list = append(list, b.refused(all, a, p.Desc.Name)...)
		}
	}
	return list
}

// refused gives the first case of one who may begin a mutation and may not write a row by it.
func (b *bench) refused(all []variation, a Action, table string) []cell {
	for i := range b.o.Actors {
		if !b.in[i] || !Anywhere(b.held[i]).Has(Of(a.Needs)) {
			continue
		}
		for _, v := range all {
			c := v.Change
			if c.Action = a.Name; v.Table == table && !v.moves && a.Table != table && !May(b.org, v.is, b.held[i], c) {
				one := b.write(i, v, a.Name, false)
				one.reaches = true
				return []cell{one}
			}
		}
	}
	return nil
}

// showing asks what entries of the journal show of changed columns.
func (b *bench) showing(t testing.TB, all []variation) (list []cell) {
	for _, v := range all {
		if v.Before == nil || v.After == nil || len(v.Columns) != 1 || closed[v.Table+"."+v.Columns[0]] == "" {
			continue
		}
		d := draftOf(t, b.s, auth.Machine("test"), "import")
		must(v.run(d))
		must(d.Finish(nil))
		var changes []*state.Change
		for _, c := range d.Changes() {
			for one := range c.Each() {
				changes = append(changes, one)
			}
		}
		for i := range b.o.Actors {
			if !b.in[i] {
				continue
			}
			sees := b.org.Sees(b.held[i], v.Table, v.Before)
			open := sees && b.org.opens(b.held[i], v.Table, v.Before).Has(Of(closed[v.Table+"."+v.Columns[0]]))
			list = append(list, cell{actor: i, table: v.Table, what: "is shown " + v.what, count: 1, wrong: func(b *bench) any {
				fields, shown := b.view(i).Fields(changes[0])
				if shown != sees {
					return fmt.Sprint("the change is shown: ", shown)
				}
				for _, f := range fields {
					if f.Column == v.Columns[0] && f.Withheld == open {
						return fmt.Sprint(f.Column, " is withheld: ", f.Withheld)
					}
				}
				return nil
			}})
		}
	}
	return list
}

var made struct {
	once  sync.Once
	bench *bench
	cells []cell
}

// all gives the bench and its cells, made once.
func all(t testing.TB) (*bench, []cell) {
	made.once.Do(func() {
		made.bench = newBench(t)
		made.cells = made.bench.cells(t)
	})
	return made.bench.fresh(), made.cells
}

// What views show and drafts accept is what the oracle says, for everybody, every row, every class of columns and every mutation.
func TestEnforcementIsWhatTheOracleSays(t *testing.T) {
	b, cells := all(t)
	kinds, wrong := map[string]int{}, 0
	for _, c := range cells {
		kinds[strings.Fields(c.what)[0]] += c.count
		if w := c.wrong(b); w != nil {
			if wrong++; wrong < 20 {
				t.Errorf("%s, %s: %v", b.o.Actors[c.actor].Name, c.what, w)
			}
		}
	}
	t.Logf("%d actors, %v: %d wrong", len(b.o.Actors), kinds, wrong)
}

// The oracle knows every row of the policy: what is added to it is written down here a second time.
func TestOracleKnowsTheWholePolicy(t *testing.T) {
	for _, e := range auth.Entities {
		entityOf(e.Table) // panics
		if !slices.ContainsFunc(Probes, func(p Probe) bool { return p.Desc.Name == e.Table }) {
			t.Errorf("nobody looks at %s", e.Table)
		}
	}
	if len(entities) != len(auth.Entities) || len(columns) != len(auth.Relations) || len(questions) != len(auth.Answers) || len(roles) != len(auth.Roles) || len(Actions) != len(auth.Actions) {
		t.Errorf("the oracle has %d entities, %d relations, %d questions, %d roles and %d actions, the policy %d, %d, %d, %d and %d", len(entities), len(columns), len(questions), len(roles), len(Actions),
			len(auth.Entities), len(auth.Relations), len(auth.Answers), len(auth.Roles), len(auth.Actions))
	}
	for _, d := range state.Tables {
		for _, c := range d.Columns {
			if (c.Class != vocab.ClassPublic) != (closed[d.Name+"."+c.Name] != "") || c.Grants != listed(entityOf(d.Name).placing, c.Name) {
				t.Errorf("%s.%s: the oracle has another class, or other rights follow from it", d.Name, c.Name)
			}
		}
	}
}
