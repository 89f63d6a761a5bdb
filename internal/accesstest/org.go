package accesstest

import (
	"database/sql/driver"
	"maps"
	"reflect"
	"strings"
	"sync"
	"time"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Org is an organisation as its rows say it is: what oracles walk through.
type Org struct {
	rows map[string]map[int64]any
	gone map[string]map[int64]bool // rows that are there no more, kept as they were last
}

// Probe reads one entity, whatever its type.
type Probe struct {
	Desc *state.Desc
	All  func(state.Reader) []any                      // every row that is visible
	Has  func(state.Reader, int64) bool                // by its number
	Sees func(state.Reader, any, vocab.Class) bool     // whether columns of a class are open in a row
	Drop func(*state.Draft, any) error                 // removes a row
	Put  func(d *state.Draft, row any) error           // puts a row
	Copy func(d *state.Draft, row any, fresh bool) any // a copy of a row, fresh with a number of its own
}

func rowsOf[T any](t *state.Table[T]) Probe {
	d := t.Desc()
	return Probe{
		Desc: d,
		All: func(r state.Reader) (list []any) {
			for row := range t.All(r) {
				list = append(list, row)
			}
			return list
		},
		Has:  func(r state.Reader, id int64) bool { return t.Get(r, id) != nil },
		Sees: func(r state.Reader, row any, c vocab.Class) bool { return t.Key(r, row.(*T)).Sees(c) },
		Drop: func(dr *state.Draft, row any) error { t.Delete(dr, d.RowID(row)); return nil },
		Put:  func(dr *state.Draft, row any) error { return t.Put(dr, row.(*T)) },
		Copy: func(dr *state.Draft, row any, fresh bool) any {
			c := *row.(*T)
			if fresh {
				fieldOf(d, &c, "id").SetInt(d.RowID(t.New(dr)))
			}
			return &c
		},
	}
}

func factsOf[T any](t *state.Facts[T]) Probe {
	d := t.Desc()
	return Probe{
		Desc: d,
		All: func(r state.Reader) (list []any) {
			for row := range t.All(r) {
				list = append(list, row)
			}
			return list
		},
		Has:  func(r state.Reader, id int64) bool { return t.Get(r, id) != nil },
		Sees: func(r state.Reader, row any, c vocab.Class) bool { return t.Key(r, row.(*T)).Sees(c) },
		Drop: func(dr *state.Draft, row any) error {
			b := state.NewBatch(d)
			batched(b, d, row)
			return dr.RemoveFacts(b)
		},
		Put: func(dr *state.Draft, row any) error { return t.Put(dr, row.(*T)) },
		Copy: func(_ *state.Draft, row any, _ bool) any {
			c := *row.(*T)
			return &c
		},
	}
}

// batched adds the key of a fact to a batch.
func batched(b *state.Batch, d *state.Desc, row any) {
	for _, c := range d.Columns {
		if _, stored := b.Column(c.Name); !stored && c.Ref != nil {
			if id, ok := d.Int(row, c.Name); ok {
				b.Add(c.Name, id)
			}
		}
	}
	for _, name := range d.FactKey() {
		col, ok := b.Column(name)
		if !ok {
			continue
		}
		if v := fieldOf(d, row, name); v.Kind() == reflect.String {
			_ = b.Word(col, v.String()) // it was read from a record
		} else {
			b.Set(col, v.Int())
		}
	}
}

var fields sync.Map // of columns, by table and name

// fieldOf gives the value of a column, what is pointed at if it may be null; invalid if it is.
func fieldOf(d *state.Desc, row any, column string) reflect.Value {
	v := reflect.ValueOf(row).Elem()
	index, ok := fields.Load([2]string{d.Name, column})
	if !ok {
		name := strings.ReplaceAll(column, "_", "")
		if f, there := v.Type().FieldByNameFunc(func(f string) bool { return strings.EqualFold(f, name) }); there {
			index = f.Index[0]
		} else {
			index = -1
		}
		fields.Store([2]string{d.Name, column}, index)
	}
	if index.(int) < 0 {
		return reflect.Value{}
	}
	v = v.Field(index.(int))
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v
}

// Probes reads every entity.
var Probes = []Probe{
	rowsOf(state.WorkCalendars), rowsOf(state.Organisations), rowsOf(state.Users), rowsOf(state.RoleAssignments), rowsOf(state.Portfolios), rowsOf(state.Programs),
	rowsOf(state.Teams), rowsOf(state.Resources), rowsOf(state.Projects), rowsOf(state.Milestones), rowsOf(state.Baselines), rowsOf(state.BaselineEntries),
	rowsOf(state.ExchangeRates), rowsOf(state.StatusReports), rowsOf(state.ActionItems), rowsOf(state.CostCategories), rowsOf(state.RateCards), rowsOf(state.RegisteredDocuments), rowsOf(state.Tolerances),
	rowsOf(state.KpiDefinitions), rowsOf(state.Allocations), rowsOf(state.FeedKeys), rowsOf(state.Webhooks), rowsOf(state.MailSubscriptions), rowsOf(state.SavedQueries), rowsOf(state.TokenRevocations), factsOf(state.BudgetLines), factsOf(state.CostEntries), factsOf(state.BaselinePeriods),
	factsOf(state.KpiMeasurements), factsOf(state.CapacityEntries), factsOf(state.AllocationHours),
}

// Read gives the organisation of a snapshot; what lies in earlier ones and not in it is kept as it was last.
func Read(s *state.Snapshot, earlier ...*state.Snapshot) *Org {
	o := &Org{map[string]map[int64]any{}, map[string]map[int64]bool{}}
	for _, p := range Probes {
		rows, gone := map[int64]any{}, map[int64]bool{}
		for _, e := range earlier {
			for _, row := range p.All(state.NewWhole(e)) {
				rows[p.Desc.RowID(row)], gone[p.Desc.RowID(row)] = row, true
			}
		}
		for _, row := range p.All(state.NewWhole(s)) {
			rows[p.Desc.RowID(row)] = row
			delete(gone, p.Desc.RowID(row))
		}
		o.rows[p.Desc.Name], o.gone[p.Desc.Name] = rows, gone
	}
	return o
}

// Rows gives the rows of an entity that are there.
func (o *Org) Rows(table string) map[int64]any {
	there := map[int64]any{}
	for id, row := range o.rows[table] {
		if !o.gone[table][id] {
			there[id] = row
		}
	}
	return there
}

// With gives the organisation with one row another, nil for none.
func (o *Org) With(table string, id int64, row any) *Org {
	n := &Org{maps.Clone(o.rows), maps.Clone(o.gone)}
	n.rows[table], n.gone[table] = maps.Clone(o.rows[table]), maps.Clone(o.gone[table])
	if delete(n.gone[table], id); row == nil {
		n.gone[table][id] = true
	} else {
		n.rows[table][id] = row
	}
	return n
}

func desc(table string) *state.Desc {
	d, ok := state.TableNamed(table)
	if !ok {
		panic("there is no " + table)
	}
	return d
}

// number gives a reference of a row; 0 if it names nothing.
func (o *Org) number(table string, id int64, column string) int64 {
	row := o.rows[table][id]
	if row == nil {
		return 0
	}
	n, _ := desc(table).Int(row, column)
	return n
}

func text(table string, row any, column string) string {
	v := fieldOf(desc(table), row, column)
	if !v.IsValid() || v.Kind() != reflect.String {
		return ""
	}
	return v.String()
}

// Held is what somebody may do on a node and below.
type Held struct {
	Can Can
	On  kind
	ID  int64
}

// node is a place in the organisation.
type node struct {
	on kind
	id int64
}

// Holds gives what an identity holds on a day: by rows, by columns that name his user, by his token. ok is false if he is shut out.
func (o *Org) Holds(id auth.Identity, today vocab.Date) (held []Held, user int64, ok bool) {
	for n, row := range o.Rows("users") {
		if subject(row) == id.Subject && text("users", row, "issuer") == id.Issuer {
			if user = n; !fieldOf(desc("users"), row, "active").Bool() {
				return nil, user, false
			}
			if from := fieldOf(desc("users"), row, "tokens_valid_from"); from.IsValid() && id.IssuedAt.Before(from.Interface().(time.Time)) {
				return nil, user, false
			}
		}
	}
	for _, row := range o.Rows("role_assignments") {
		d := desc("role_assignments")
		if n, _ := d.Int(row, "user_id"); n != user || user == 0 {
			continue
		}
		from, to := fieldOf(d, row, "valid_from"), fieldOf(d, row, "valid_to")
		if from.IsValid() && vocab.Date(from.Int()) > today || to.IsValid() && vocab.Date(to.Int()) < today || fieldOf(d, row, "archived_at").IsValid() {
			continue
		}
		role, on := vocab.Role(text("role_assignments", row, "role")), kind(text("role_assignments", row, "scope_kind"))
		if on == vocab.ScopeKindOwn {
			for _, own := range o.named(user) {
				if MayBeGivenOn(role, own.On) {
					held = append(held, Held{MeansOf(role), own.On, own.ID})
				}
			}
			continue
		}
		node, _ := d.Int(row, "scope_id")
		held = append(held, Held{MeansOf(role), on, node})
	}
	if user != 0 {
		held = append(held, o.named(user)...)
	}
	for _, c := range id.Claims {
		if n, found := o.find(c.Scope); found && MayBeGivenOn(c.Role, c.Scope.Kind) {
			held = append(held, Held{MeansOf(c.Role) &^ Of(byRecord), c.Scope.Kind, n})
		}
	}
	return held, user, true
}

// subject gives the name of a user at his issuer.
func subject(user any) string {
	v := fieldOf(desc("users"), user, "subject")
	if !v.IsValid() {
		return ""
	}
	name, _ := v.Interface().(driver.Valuer).Value() // it is a text
	return name.(string)
}

// named gives what follows from columns that name a user.
func (o *Org) named(user int64) (held []Held) {
	for _, c := range columns {
		for id := range o.Rows(c.table) {
			if o.number(c.table, id, c.column) == user {
				held = append(held, Held{MeansOf(c.role) | Of(c.can), c.on, id})
			}
		}
	}
	return held
}

// find gives the one node whose codes, from the top down, end with those of a scope.
func (o *Org) find(s auth.Scope) (int64, bool) {
	table := map[kind]string{vocab.ScopeKindPortfolio: "portfolios", vocab.ScopeKindProgram: "programs", vocab.ScopeKindProject: "projects"}[s.Kind]
	if table == "" {
		return 0, s.Kind == vocab.ScopeKindOrganisation
	}
	var found []int64
	for id := range o.Rows(table) {
		if strings.HasSuffix("/"+o.path(table, id), "/"+s.Path) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		return 0, false
	}
	return found[0], true
}

func (o *Org) path(table string, id int64) string {
	row := o.rows[table][id]
	if row == nil {
		return ""
	}
	above := o.number(table, id, "portfolio_id")
	if table == "portfolios" {
		above = o.number(table, id, "parent_id")
	}
	if code := text(table, row, "code"); above != 0 {
		return o.path("portfolios", above) + "/" + code
	} else {
		return code
	}
}
