package accesstest

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
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

// variation is a change of one row that the record takes from who may do everything.
type variation struct {
	Change
	probe Probe
	is    *Org
	moves bool // rights follow from it
	what  string
	run   func(*state.Draft) error
}

const rowsOfEach = 4 // rows of an entity that are written

// variations makes, for some rows of each entity, a change of each column, a copy and a deletion.
func (b *bench) variations(t testing.TB) (list []variation) {
	for _, p := range Probes {
		rows := p.All(state.NewWhole(b.s))
		slices.SortFunc(rows, func(x, y any) int { return int(p.Desc.RowID(x) - p.Desc.RowID(y)) })
		if p.Desc.Name == "users" || p.Desc.Name == "role_assignments" {
			rows = slices.DeleteFunc(rows, func(row any) bool {
				return p.Desc.RowID(row)%9 != 1 && p.Desc.RowID(row) != b.o.users["admin@organisation"]
			})
		}
		most := rowsOfEach
		switch p.Desc.Name {
		case "allocations", "kpi_measurements", "users": // their places and states differ
			most = 8
		}
		for _, row := range rows[:min(len(rows), most)] {
			for _, c := range p.Desc.Columns {
				for n, value := range b.others(p.Desc, row, c) {
					v := variation{Change: Change{Table: p.Desc.Name, Before: row, Columns: []string{c.Name}}, probe: p, what: fmt.Sprintf("changes %s of %s (%d)", c.Name, p.Desc.ID(p.Desc.RowID(row)), n)}
					v.run = func(d *state.Draft) error {
						x := p.Copy(d, row, false)
						if err := value(x); err != nil {
							return err
						}
						return p.Put(d, x)
					}
					list = b.tried(t, list, v)
				}
			}
			v := variation{Change: Change{Table: p.Desc.Name, Before: row}, probe: p, what: "deletes " + p.Desc.ID(p.Desc.RowID(row)), run: func(d *state.Draft) error { return p.Drop(d, row) }}
			list = b.tried(t, list, v)
			v = variation{Change: Change{Table: p.Desc.Name}, probe: p, what: "copies " + p.Desc.ID(p.Desc.RowID(row)), run: func(d *state.Draft) error {
				x := p.Copy(d, row, true)
				unlike(p.Desc, x)
				return p.Put(d, x)
			}}
			list = b.tried(t, list, v)
		}
	}
	return list
}

// unlike makes a copy differ where it has to.
func unlike(d *state.Desc, row any) {
	for _, column := range []string{"code", "name", "subject", "title", "role_name", "category"} {
		if c, ok := d.Column(column); ok && (c.Kind == state.KindText || c.Kind == state.KindPersonal) {
			must(d.SetColumn(row, column, "another "+column))
		}
	}
	for _, column := range []string{"number", "revision", "minutes"} {
		if n, ok := d.Int(row, column); ok {
			must(d.SetColumn(row, column, n+1))
		}
	}
	switch {
	case d.Name == "capacity_entries", d.Name == "allocation_hours":
		v := fieldOf(d, row, "period_start")
		v.SetInt(v.Int() + 7)
		if e := fieldOf(d, row, "period_end"); e.IsValid() {
			e.SetInt(e.Int() + 7)
		}
	case d.Name == "kpi_measurements":
		fieldOf(d, row, "period_end").SetInt(int64(vocab.NewDate(2022, 2, 28)))
	case d.IsFacts():
		fieldOf(d, row, "period").SetInt(int64(vocab.NewDate(2022, 2, 1)))
	}
	if v := fieldOf(d, row, "valid_from"); v.IsValid() && d.Name != "role_assignments" {
		v.SetInt(v.Int() - 1)
	}
	if d.Name == "baseline_entries" {
		must(d.SetColumn(row, "milestone_id", nil))
		must(d.SetColumn(row, "item_kind", string(vocab.BaselineItemKindProject)))
	}
}

// tried keeps a variation that the record takes from the machine.
func (b *bench) tried(t testing.TB, list []variation, v variation) []variation {
	d, p := draftOf(t, b.s, auth.Machine("test"), "import"), v.probe.Desc
	if v.run(d) != nil || d.Finish(nil) != nil || len(d.Changes()) != 1 {
		return list
	}
	for c := range d.Changes()[0].Each() {
		id := p.RowID(row(c.Before, c.After))
		v.After, v.is = c.After, b.org.With(v.Table, id, c.After)
		break
	}
	if len(v.Columns) == 0 { // all that have a value
		for _, col := range p.Columns {
			if fieldOf(p, row(v.Before, v.After), col.Name).IsValid() && !listed("created_at updated_at", col.Name) {
				v.Columns = append(v.Columns, col.Name)
			}
		}
	}
	v.moves = slices.ContainsFunc(v.Columns, func(c string) bool { return listed(entityOf(v.Table).placing, c) })
	return append(list, v)
}

func row(before, after any) any {
	if before == nil {
		return after
	}
	return before
}

// others gives ways to set a column of a row to something else.
func (b *bench) others(d *state.Desc, row any, c state.Column) (list []func(any) error) {
	if listed("id created_at updated_at seq", c.Name) || c.Kind == state.KindJSON || c.Kind == state.KindTime && c.Name != "archived_at" || d.IsFacts() && (c.Ref != nil || slices.Contains(d.FactKey(), c.Name)) {
		return nil
	}
	have := fieldOf(d, row, c.Name)
	to := func(value any) { list = append(list, func(x any) error { return d.SetColumn(x, c.Name, value) }) }
	if c.Nullable && have.IsValid() {
		to(nil)
	}
	switch {
	case c.Ref != nil:
		ids := []int{}
		for id := range b.org.rows[c.Ref.Name] {
			if (!have.IsValid() || have.Int() != id) && !(c.Name == "parent_id" && b.below(d.Name, id, d.RowID(row))) {
				ids = append(ids, int(id))
			}
		}
		sort.Ints(ids)
		if c.Ref == state.Users.Desc() { // who gains something, and who does not
			ids = []int{int(b.o.users["pmo@organisation"]), int(b.o.users["portfolio_manager@portfolio"])}
		}
		for _, id := range ids[:min(2, len(ids))] {
			to(int64(id))
		}
	case c.Kind == state.KindTime:
		return append(list, func(x any) error {
			reflect.ValueOf(x).Elem().FieldByName("ArchivedAt").Set(reflect.ValueOf(&Noon))
			return nil
		})
	case c.Kind == state.KindText:
		f, _ := reflect.TypeOf(row).Elem().FieldByNameFunc(func(f string) bool { return strings.EqualFold(f, strings.ReplaceAll(c.Name, "_", "")) })
		typ := f.Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if closed, ok := reflect.Zero(typ).Interface().(interface{ Values() []string }); ok {
			for _, w := range closed.Values() {
				if !have.IsValid() || have.String() != w {
					to(w)
				}
			}
			return list[:min(len(list), 3)]
		}
		to("EUR")
	case c.Kind == state.KindPersonal:
		to("somebody else")
	case c.Kind == state.KindBool:
		to(!have.Bool())
	case c.Kind == state.KindDate:
		n := Today
		if have.IsValid() {
			n = vocab.Date(have.Int()) + 1
		}
		to(n)
	case c.Kind == state.KindMoney, c.Kind == state.KindRate:
		to(int64(77))
	default:
		n := int64(1)
		if have.IsValid() {
			n = have.Int() + 1
		}
		to(n)
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
