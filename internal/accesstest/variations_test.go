package accesstest

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

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
	for _, column := range []string{"code", "name", "subject", "title", "role_name", "category", "token_id"} {
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
	if listed("id created_at updated_at seq", c.Name) || c.Kind == state.KindJSON || d.IsFacts() && (c.Ref != nil || slices.Contains(d.FactKey(), c.Name)) {
		return nil
	}
	have := fieldOf(d, row, c.Name)
	to := func(value any) { list = append(list, func(x any) error { return d.SetColumn(x, c.Name, value) }) }
	if c.Nullable && have.IsValid() {
		to(nil)
	}
	if c.Kind == state.KindTime {
		return append(list, func(x any) error {
			f := reflect.ValueOf(x).Elem().FieldByNameFunc(func(f string) bool { return strings.EqualFold(f, strings.ReplaceAll(c.Name, "_", "")) })
			if other := Noon.Add(time.Hour); f.Kind() == reflect.Pointer {
				f.Set(reflect.ValueOf(&other))
			} else {
				f.Set(reflect.ValueOf(other))
			}
			return nil
		})
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
