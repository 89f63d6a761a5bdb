package accesstest

import (
	"slices"
	"strings"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// above lists the nodes that a row lies in, itself included if it is one.
func (o *Org) above(table string, row any) (list []node) {
	d := desc(table)
	ref := func(column string) int64 { n, _ := d.Int(row, column); return n }
	switch id := d.RowID(row); entityOf(table).lies {
	case "portfolio":
		return o.portfolio(id)
	case "program":
		return append(o.portfolio(ref("portfolio_id")), node{vocab.ScopeKindProgram, id})
	case "project":
		list = append(o.portfolio(ref("portfolio_id")), node{vocab.ScopeKindProject, id})
		if p := ref("program_id"); p != 0 {
			list = append(list, node{vocab.ScopeKindProgram, p})
		}
		return list
	case "team":
		return o.team(id)
	case "resource":
		return append(o.team(ref("team_id")), node{OnResource, id}, node{OnPerson, id})
	case "in project":
		return o.of("projects", ref("project_id"))
	case "booking":
		return append(o.of("projects", ref("project_id")), node{OnPerson, ref("resource_id")})
	case "scope":
		t := map[kind]string{vocab.ScopeKindPortfolio: "portfolios", vocab.ScopeKindProgram: "programs", vocab.ScopeKindProject: "projects", vocab.ScopeKindTeam: "teams"}[kind(text(table, row, "scope_kind"))]
		if n := ref("scope_id"); t != "" && n != 0 {
			return o.of(t, n)
		}
	case "of resource":
		return o.of("resources", ref("resource_id"))
	case "measured node":
		for _, owner := range []string{"project", "program", "portfolio"} {
			if n := ref(owner + "_id"); n != 0 {
				return o.of(owner+"s", n)
			}
		}
	}
	return nil
}

// of gives what the row of a number lies in.
func (o *Org) of(table string, id int64) []node {
	row := o.rows[table][id]
	if row == nil {
		return nil
	}
	return o.above(table, row)
}

func (o *Org) portfolio(id int64) (list []node) {
	for ; id != 0 && !slices.Contains(list, node{vocab.ScopeKindPortfolio, id}); id = o.number("portfolios", id, "parent_id") {
		list = append(list, node{vocab.ScopeKindPortfolio, id})
	}
	return list
}

func (o *Org) team(id int64) (list []node) {
	for ; id != 0 && !slices.Contains(list, node{vocab.ScopeKindTeam, id}); id = o.number("teams", id, "parent_id") {
		list = append(list, node{vocab.ScopeKindTeam, id})
	}
	return list
}

func at(held []Held, nodes []node) (c Can) {
	for _, h := range held {
		if h.On == vocab.ScopeKindOrganisation || slices.Contains(nodes, node{h.On, h.ID}) {
			c |= h.Can
		}
	}
	return c
}

// Anywhere is what is held at some node.
func Anywhere(held []Held) (c Can) {
	for _, h := range held {
		c |= h.Can
	}
	return c
}

// Everywhere is what is held in the whole organisation.
func Everywhere(held []Held) Can { return at(held, nil) }

// Can gives what may be done with a row by its place alone.
func (o *Org) Can(held []Held, table string, row any) Can {
	return at(held, o.above(table, row))
}

// opens gives what may be looked at in a row: sharing and questions that are asked included.
func (o *Org) opens(held []Held, table string, row any) Can {
	e := entityOf(table)
	if e.lies == "shared" {
		return Anywhere(held)
	}
	c := o.Can(held, table, row)
	if column := openRows[table]; column != "" && fieldOf(desc(table), row, column).Bool() && Anywhere(held).Has(Of("read")) {
		return o.Can(held, table, row) | Of(e.read)
	}
	if q := question(table); q >= 0 && listed(questions[q].open, text(table, row, "state")) && o.answers(held, q, row) {
		c |= Of(e.read)
	}
	return c
}

// question gives the question that an entity's rows ask; -1 if they ask none.
func question(table string) int {
	for i, q := range questions {
		if q.table == table {
			return i
		}
	}
	return -1
}

// answers tells whether somebody is to answer the question of a row.
func (o *Org) answers(held []Held, question int, row any) bool {
	q := questions[question]
	n, _ := desc(q.table).Int(row, q.at)
	return at(held, o.of(q.where, n)).Has(Of(q.needs))
}

// Sees tells whether a row is visible.
func (o *Org) Sees(held []Held, table string, row any) bool {
	return o.opens(held, table, row).Has(Of(entityOf(table).read))
}

// Opens tells whether a class of columns is open in a row that is visible.
func (o *Org) Opens(held []Held, table string, row any, class vocab.Class) bool {
	return o.opens(held, table, row).Has(Of([]string{"read", "money", "rate", "personal"}[class]))
}

// Change is what somebody wants to do to one row: before is nil for a new one, after for one that goes.
type Change struct {
	Table         string
	Before, After any
	Columns       []string // that differ
	Action        string
}

// May tells whether a change stays within what its actor may do: was is the organisation before, is the one after it.
func May(was, is *Org, held []Held, c Change) bool {
	var action Action
	for _, a := range Actions {
		if a.Name == c.Action {
			action = a
		}
	}
	if !Anywhere(held).Has(Of(action.Needs)) {
		return false
	}
	e, d := entityOf(c.Table), desc(c.Table)
	can := Everything
	side := func(o *Org, row any) Can {
		if e.lies == "shared" {
			return Everywhere(held)
		}
		return o.Can(held, c.Table, row)
	}
	if c.Before != nil {
		can &= side(was, c.Before)
	}
	if c.After != nil {
		can &= side(is, c.After)
	}
	isAnswer := false
	q := question(c.Table)
	if q >= 0 && c.After != nil && listed(questions[q].answered, text(c.Table, c.After, "state")) {
		if !is.answers(held, q, c.After) {
			return false
		}
		isAnswer = c.Before != nil
	}
	var need Can
	if d.IsFacts() && c.After != nil { // a fact is put with all it refers to
		for i := range d.Columns {
			name := d.Columns[i].Name
			if !(c.Table == action.Table && listed(action.Columns, name)) && !is.refers(held, d, c.After, name) {
				return false
			}
		}
	}
	for _, name := range c.Columns {
		derived := c.Table == action.Table && listed(action.Columns, name)
		if c.After != nil && !derived && !is.refers(held, d, c.After, name) {
			return false
		}
		if derived || isAnswer && listed(questions[q].sets, name) {
			continue
		}
		if c.Before != nil && c.After != nil && listed("id created_at updated_at seq", name) {
			continue
		}
		need |= Of(e.write)
		if class := closed[c.Table+"."+name]; class != "" {
			need |= Of(class)
		}
		if !listed(e.placing, name) {
			continue
		}
		need |= Of(e.place)
		for _, x := range columns { // nobody appoints to more than he may himself
			if c.After != nil && x.table == c.Table && x.column == name && fieldOf(d, c.After, name).IsValid() {
				need |= MeansOf(x.role) | Of(x.can)
			}
		}
		can &= placed(was, is, held, c, name)
	}
	return can.Has(need)
}

// refers tells whether what a column names is there for somebody, if it is a reference and names anything.
func (o *Org) refers(held []Held, d *state.Desc, row any, column string) bool {
	c, _ := d.Column(column)
	id, ok := d.Int(row, column)
	if c.Ref == nil || !ok {
		return true
	}
	there := o.rows[c.Ref.Name][id]
	return there != nil && !o.gone[c.Ref.Name][id] && o.Sees(held, c.Ref.Name, there)
}

// placed gives what the actor may do where a column puts the row, and where it took it from. Users are no place; but a person becomes a
// user's by who may do everything the user gets.
func placed(was, is *Org, held []Held, c Change, column string) Can {
	d := desc(c.Table)
	if c.Table == "resources" && column == "user_id" && c.After != nil {
		if _, ok := d.Int(c.After, column); ok {
			return at(held, []node{{OnPerson, d.RowID(c.After)}})
		}
	}
	col, _ := d.Column(column)
	if col.Ref == nil || entityOf(col.Ref.Name).lies == "shared" {
		return Everything
	}
	can := Everything
	for _, side := range []struct {
		o   *Org
		row any
	}{{was, c.Before}, {is, c.After}} {
		if side.row == nil {
			continue
		}
		id, ok := d.Int(side.row, column)
		switch {
		case ok:
			can &= at(held, side.o.of(col.Ref.Name, id))
		case col.Ref.Name != "programs":
			can &= Everywhere(held)
		}
	}
	return can
}

// Enlarged tells whether somebody may do more after a change than before it, at any node there is then.
func (o *Org) Enlarged(before, after []Held) bool {
	if !Everywhere(before).Has(Everywhere(after)) {
		return true
	}
	for _, table := range strings.Fields("portfolios programs projects teams resources") {
		for _, row := range o.Rows(table) {
			if nodes := o.above(table, row); !at(before, nodes).Has(at(after, nodes)) {
				return true
			}
		}
	}
	return false
}

// Desc describes an entity by the name of its table.
func Desc(table string) *state.Desc { return desc(table) }

// ByNode gives what is held at each node by itself, though it be nothing: at a portfolio or a team what is held above it, too.
func (o *Org) ByNode(held []Held) (list []Held) {
	add := func(on kind, id int64, nodes []node) {
		var c Can
		for _, h := range held {
			if slices.Contains(nodes, node{h.On, h.ID}) {
				c |= h.Can
			}
		}
		list = append(list, Held{c, on, id})
	}
	for id := range o.rows["portfolios"] {
		add(vocab.ScopeKindPortfolio, id, o.portfolio(id))
	}
	for id := range o.rows["teams"] {
		add(vocab.ScopeKindTeam, id, o.team(id))
	}
	for table, on := range map[string]kind{"programs": vocab.ScopeKindProgram, "projects": vocab.ScopeKindProject} {
		for id := range o.rows[table] {
			add(on, id, []node{{on, id}})
		}
	}
	for id := range o.rows["resources"] {
		add(OnResource, id, []node{{OnResource, id}})
		add(OnPerson, id, []node{{OnPerson, id}})
	}
	return list
}

// SeesAlso tells whether a row of an earlier organisation is visible: at its place then, and at its place now, or where it was last.
func (o *Org) SeesAlso(now *Org, held []Held, table string, row any) bool {
	if !o.Sees(held, table, row) {
		return false
	}
	d := desc(table)
	if d.IsFacts() {
		return now.Sees(held, table, row)
	}
	last := now.rows[table][d.RowID(row)]
	return last != nil && now.Sees(held, table, last)
}

// MayGive tells whether a change, if it gives or takes a role, stays within what somebody may do himself by the record: and gives nothing to
// himself.
func (o *Org) MayGive(id auth.Identity, today vocab.Date, user int64, c Change) bool {
	if c.Table != "role_assignments" {
		return true
	}
	id.Claims = nil
	held, _, _ := o.Holds(id, today)
	for _, row := range []any{c.Before, c.After} {
		if row == nil {
			continue
		}
		role := MeansOf(vocab.Role(text(c.Table, row, "role")))
		if !o.Can(held, c.Table, row).Has(role) {
			return false
		}
		end := vocab.Date(1<<31 - 1)
		if v := fieldOf(desc(c.Table), row, "valid_to"); v.IsValid() {
			end = vocab.Date(v.Int())
		}
		if then, _, _ := o.Holds(id, max(today, end)); c.After != nil && !o.Can(then, c.Table, row).Has(role) {
			return false // he gives it for longer than he has it
		}
	}
	if c.After != nil {
		n, _ := desc(c.Table).Int(c.After, "user_id")
		return n != user
	}
	return true
}
