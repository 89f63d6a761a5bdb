package decide

import (
	"errors"
	"maps"
	"slices"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// importable is an entity that may be imported: what columns of a new row hold that no record names, and who holds a unique value.
type importable struct {
	defaults map[string]any
	holder   func(r state.Reader, unique int, values []any) (id int64, ok bool)
}

// importables lists every entity that may be imported. Users and their roles are not among them: they are admitted, one by one.
var importables = map[string]importable{
	"portfolios":       importing(state.Portfolios, map[string]any{"lifecycle": "ACTIVE"}),
	"programs":         importing(state.Programs, map[string]any{"lifecycle": "ACTIVE"}),
	"teams":            importing(state.Teams, nil),
	"resources":        importing(state.Resources, map[string]any{"kind": "PERSON", "contract_share": int64(fullTime)}),
	"projects":         importing(state.Projects, map[string]any{"lifecycle": "EXECUTING"}),
	"milestones":       importing(state.Milestones, map[string]any{"state": "PLANNED", "weight": int64(1), "is_contractual": false, "is_finish": false}),
	"baselines":        importing(state.Baselines, map[string]any{"number": int64(1), "state": "APPROVED"}),
	"baseline_entries": importing(state.BaselineEntries, nil),
	"exchange_rates":   importing(state.ExchangeRates, nil),
	"status_reports":   importing(state.StatusReports, map[string]any{"revision": int64(1), "state": "SUBMITTED"}),
	"cost_categories":  importing(state.CostCategories, nil),
	"rate_cards":       importing(state.RateCards, nil),
	"tolerances":       importing(state.Tolerances, nil),
	"kpi_definitions":  importing(state.KpiDefinitions, map[string]any{"about_money": false, "source": "MEASURED", "formula_version": int64(1)}),
	"allocations":      importing(state.Allocations, map[string]any{"commitment": "SOFT", "state": "REQUESTED"}),
}

func importing[T any](t *state.Table[T], defaults map[string]any) importable {
	return importable{defaults, func(r state.Reader, unique int, values []any) (int64, bool) {
		row := t.Find(r, unique, values...)
		if row == nil {
			return 0, false
		}
		return t.Desc().RowID(row), true
	}}
}

// recordKeeps are the columns the record fills itself.
var recordKeeps = []string{"id", "created_at", "updated_at", "seq", "external_source", "external_id", "archived_at"}

// mayWrite refuses what the actor may write nowhere; whether he may write it there is asked when the draft is finished.
func (im *importer) mayWrite(r *tabular.Record, t *state.Desc) bool {
	policy, _ := auth.EntityOf(t.Name)
	may := im.d.Rights().Anywhere()
	if policy.Shared {
		may = im.d.Rights().Organisation()
	}
	if !may.Has(policy.Write) {
		im.refuse(r, "", "FORBIDDEN", "importing %s needs the permission %q", r.Entity, policy.Write)
		return false
	}
	for _, column := range slices.Sorted(maps.Keys(r.Set)) {
		if c, ok := t.Column(column); ok && !may.Has(auth.Reads(c.Class)) {
			im.refuse(r, column, "FORBIDDEN", "importing it needs the permission %q", auth.Reads(c.Class))
			return false
		}
	}
	return true
}

// fill puts into the draft what the records say of a row, if any of them applies.
func (im *importer) fill(r *row) {
	var apply []*tabular.Record
	for _, rec := range r.records {
		if im.applies(r, rec) {
			apply = append(apply, rec)
		}
	}
	if len(apply) == 0 {
		return
	}
	if r.last = apply[len(apply)-1]; r.last.Wins == tabular.WinsFirst {
		apply = apply[len(apply)-1:]
	}
	wrong := len(im.errs)
	dst := im.begin(r)
	for _, rec := range apply {
		im.refer(r, rec, dst)
	}
	for _, amounts := range []bool{false, true} { // amounts last: their currency must be known
		for _, rec := range apply {
			im.setColumns(r, rec, dst, amounts)
		}
	}
	if r.fresh != nil {
		im.complete(r)
	}
	if len(im.errs) > wrong {
		return
	}
	if err := im.d.PutIn(r.table, dst); err != nil {
		im.errs = append(im.errs, r.locate(err))
	}
}

// begin gives the row to fill: a copy of the one on record, or a new one with its defaults.
func (im *importer) begin(r *row) any {
	if r.fresh == nil {
		return im.d.CopyOf(r.table, r.id)
	}
	dst := r.fresh
	im.mustSet(r, dst, "external_source", im.source)
	im.mustSet(r, dst, "external_id", r.key)
	for column, v := range importables[r.table.Name].defaults {
		im.mustSet(r, dst, column, v)
		r.from[column] = r.last
	}
	if s, ok := dst.(*ent.StatusReport); ok {
		at := im.d.At()
		s.SubmittedAt, r.from["submitted_at"] = &at, r.last
	}
	return dst
}

func (im *importer) mustSet(r *row, dst any, column string, v any) {
	if err := r.table.SetColumn(dst, column, v); err != nil {
		im.refuse(r.last, column, "INVALID", "%v", err)
	}
}

// refer sets the references of a record.
func (im *importer) refer(r *row, rec *tabular.Record, dst any) {
	for _, column := range slices.Sorted(maps.Keys(rec.Refs)) {
		ref := rec.Refs[column]
		c, ok := r.table.Column(column)
		if !ok || c.Ref == nil || c.Ref.Name != ref.Entity {
			im.refuse(rec, column, "UNKNOWN_COLUMN", "%s has no column %q that refers to %s", r.table.Name, column, ref.Entity)
			continue
		}
		r.from[column] = rec
		if id, ok := im.lookUp(c.Ref, ref.Key); !ok {
			im.refuse(rec, column, "NOT_FOUND", "there is no %s %q, neither on record nor in these files", c.Ref.Word, ref.Key)
		} else if err := r.table.SetColumn(dst, column, id); err != nil {
			im.refuse(rec, column, "INVALID", "%v", err)
		}
	}
}

// lookUp gives the row of a key: one of this import, or one on record that the actor may see.
func (im *importer) lookUp(t *state.Desc, key string) (int64, bool) {
	if r := im.rows[thing{t, key}]; r != nil {
		return r.id, r.id != 0
	}
	id, ok := im.d.External(t, im.source, key)
	return id, ok && im.d.Visible(t, id)
}

// setColumns sets the columns of a record: its amounts, or the others.
func (im *importer) setColumns(r *row, rec *tabular.Record, dst any, amounts bool) {
	for _, column := range slices.Sorted(maps.Keys(rec.Set)) {
		v := rec.Set[column]
		c, ok := r.table.Column(column)
		if !ok || c.Ref != nil || slices.Contains(recordKeeps, column) {
			if !amounts {
				im.refuse(rec, column, "UNKNOWN_COLUMN", "%s has no column %q to import", r.table.Name, column)
			}
			continue
		}
		if amounts != (c.Kind == state.KindMoney || c.Kind == state.KindRate) || r.fresh == nil && rec.Origin.Columns[column] == "" {
			continue // a constant fills new rows only
		}
		if m, ok := v.(tabular.Money); ok {
			if currency := currencyOf(im.d, dst); currency != m.Currency {
				im.refuse(rec, column, "OTHER_CURRENCY", "the amount is in %s, its row in %q", m.Currency, currency)
				continue
			}
			v = m.Minor
		}
		r.from[column] = rec
		if v == nil && !c.Nullable {
			im.refuse(rec, column, "REQUIRED", "a %s needs it", r.table.Word)
		} else if err := im.d.SetColumn(r.table, dst, column, v); err != nil {
			im.refuse(rec, column, "INVALID", "%v", err)
		}
	}
}

// complete refuses a new row in which a column that must have a value has none.
func (im *importer) complete(r *row) {
	for _, c := range r.table.Columns {
		if !c.Nullable && !slices.Contains(recordKeeps, c.Name) && r.from[c.Name] == nil {
			im.refuse(r.last, c.Name, "REQUIRED", "a new %s needs %s, which the mapping does not give", r.table.Word, c.Name)
		}
	}
}

// check refuses a row that lies where its actor sees nothing, and one with a unique value that another row holds. The draft would refuse
// both, but could not say where they were read.
func (im *importer) check(r *row) {
	if len(r.from) == 0 {
		return // nothing applied
	}
	dst := im.d.CopyOf(r.table, r.id)
	if dst == nil {
		im.refuse(r.last, "", "FORBIDDEN", "you may not put a %s there", r.table.Word)
		return
	}
	for n, columns := range r.table.Uniques {
		values := make([]any, len(columns))
		for i, c := range columns {
			v, err := r.table.Arg(dst, c)
			if err != nil {
				im.errs = append(im.errs, r.locate(err))
			}
			values[i] = v
		}
		last := columns[len(columns)-1]
		if values[len(values)-1] == nil {
			continue
		}
		if id, ok := importables[r.table.Name].holder(state.All(im.d), n, values); ok && id != r.id {
			column := r.table.Columns[last].Name
			im.refuse(r.source(column), column, "TAKEN", "the value is in use by another %s", r.table.Word)
		}
	}
}

// source gives the record that said a column, or the last one that spoke of the row.
func (r *row) source(column string) *tabular.Record {
	if rec := r.from[column]; rec != nil {
		return rec
	}
	return r.last
}

// locate names faults that speak of columns by the records that said them.
func (r *row) locate(err error) error {
	e := (*fault.Error)(nil)
	if !errors.As(err, &e) {
		return err
	}
	var all []error
	for _, f := range e.Fields {
		rec := r.source(f.Path[0])
		header := rec.Origin.Columns[f.Path[0]]
		if header == "" {
			header = f.Path[0]
		}
		all = append(all, refusal(rec.Origin.File, rec.Origin.Line, header, f.Code, "%s", f.Text))
	}
	if len(all) == 0 {
		return refusal(r.last.Origin.File, r.last.Origin.Line, "", string(e.Kind), "%s", e.Text)
	}
	return fault.Join(all...)
}
