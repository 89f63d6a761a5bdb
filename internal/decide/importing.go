package decide

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"pmograph/ent"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

const importAction = "import"

// Import brings mapped records in as one mutation: all or nothing. Rows are known by source and key; what is there is changed only where
// it differs, so that a replay changes nothing. The order of files does not matter: values that hold for a time apply only if no record
// of a later (or, for what comes first, an earlier) day is known.
func Import(res tabular.Result) state.Decision {
	return state.Decision{Action: importAction, Input: importInput(res), Run: func(d *state.Draft) error {
		im := importer{d: d, source: res.Source, newest: map[int64]vocab.Date{}}
		return im.run(res.Records)
	}}
}

// importInput is what an idempotency key of an import is bound to: the records without where they were read.
func importInput(res tabular.Result) any {
	type record struct {
		Entity, Key string
		Set         map[string]any
		Refs        map[string]tabular.Ref
		AsOf        vocab.Date
		Wins        tabular.Wins
	}
	list := make([]record, 0, len(res.Records))
	for _, r := range res.Records {
		list = append(list, record{r.Entity, r.Key, r.Set, r.Refs, r.AsOf, r.Wins})
	}
	return map[string]any{"source": res.Source, "records": list}
}

type importer struct {
	d      *state.Draft
	source string
	newest map[int64]vocab.Date // by project: its newest report of the source before this import, 0 if it had none
}

// defaults are the values of columns that a new imported row needs and its records need not name.
var defaults = map[string]map[string]any{
	"portfolios":     {"lifecycle": "ACTIVE"},
	"programs":       {"lifecycle": "ACTIVE"},
	"projects":       {"lifecycle": "EXECUTING"},
	"milestones":     {"state": "PLANNED", "weight": int64(1), "is_contractual": false, "is_finish": false},
	"status_reports": {"state": "SUBMITTED", "revision": int64(1)},
	"baselines":      {"number": int64(1)},
	"resources":      {"kind": "PERSON", "contract_share": int64(1000)},
}

// run applies the records parents first and, of one entity, in the order in which the last one that applies is the one that counts.
func (im *importer) run(records []tabular.Record) error {
	rank := func(r *tabular.Record) int {
		t, ok := state.TableNamed(r.Entity)
		if !ok {
			return -1
		}
		return t.Slot
	}
	sorted := make([]*tabular.Record, len(records))
	for i := range records {
		sorted[i] = &records[i]
	}
	slices.SortStableFunc(sorted, func(a, b *tabular.Record) int {
		if c := rank(a) - rank(b); c != 0 {
			return c
		}
		if a.Wins == tabular.WinsFirst {
			return int(b.AsOf - a.AsOf) // the earliest speaks last
		}
		return int(a.AsOf - b.AsOf) // the latest speaks last
	})
	var errs []error
	for _, r := range sorted {
		if errs = append(errs, im.apply(r)); len(errs) > 1000 {
			break
		}
	}
	return fault.Join(errs...)
}

// refused names the file, the line and the column of what is wrong.
func refused(r *tabular.Record, column, code, format string, args ...any) error {
	header := r.Origin.Columns[column]
	if header == "" {
		header = column
	}
	return &fault.Error{Kind: fault.Invalid, Text: "the import was refused", Fields: []fault.Field{{
		Path: []string{r.Origin.File, "line " + strconv.Itoa(r.Origin.Line), header}, Code: code, Text: fmt.Sprintf(format, args...)}}}
}

// apply brings one record in.
func (im *importer) apply(r *tabular.Record) error {
	t, ok := state.TableNamed(r.Entity)
	if !ok {
		return refused(r, "", "UNKNOWN", "the mapping names an entity %q that there is not", r.Entity)
	}
	id, known := im.d.External(t, im.source, r.Key)
	var row any
	if known {
		if row = im.d.CopyOf(t, id); row == nil {
			return refused(r, "", "NOT_FOUND", "what the row speaks of is not there for you")
		}
		if im.outdated(r, t, row) {
			return nil
		}
	} else {
		row = im.d.NewIn(t)
		if err := im.fresh(t, row, r); err != nil {
			return err
		}
	}
	for _, column := range slices.Sorted(maps.Keys(r.Refs)) {
		ref := r.Refs[column]
		target, ok := state.TableNamed(ref.Entity)
		if !ok {
			return refused(r, column, "UNKNOWN", "the mapping names an entity %q that there is not", ref.Entity)
		}
		id, ok := im.d.External(target, im.source, ref.Key)
		if !ok {
			return refused(r, column, "NOT_FOUND", "there is no %s %q, neither on record nor in these files", target.Word, ref.Key)
		}
		if err := t.SetColumn(row, column, id); err != nil {
			return refused(r, column, "INVALID", "%v", err)
		}
	}
	for _, column := range slices.Sorted(maps.Keys(r.Set)) {
		value := r.Set[column]
		if m, ok := value.(tabular.Money); ok {
			if code, has := t.Text(row, "currency"); has && code != m.Currency {
				if _, sets := r.Set["currency"]; !sets {
					return refused(r, column, "CURRENCY", "the amount is in %s, the row in %s", m.Currency, code)
				}
			}
			value = m.Minor
		}
		if err := t.SetColumn(row, column, value); err != nil {
			return refused(r, column, "INVALID", "%v", err)
		}
	}
	if err := im.d.PutIn(t, row); err != nil {
		return refused(r, "", "INVALID", "%v", err)
	}
	return nil
}

// fresh fills what a new row needs.
func (im *importer) fresh(t *state.Desc, row any, r *tabular.Record) error {
	for column, value := range defaults[t.Name] {
		if err := t.SetColumn(row, column, value); err != nil {
			return refused(r, column, "INVALID", "%v", err)
		}
	}
	if s, ok := row.(*ent.StatusReport); ok {
		now := im.d.At()
		s.SubmittedAt = &now
	}
	if err := t.SetColumn(row, "external_source", im.source); err != nil {
		return err
	}
	return t.SetColumn(row, "external_id", r.Key)
}

// outdated tells whether what is on record was true later than the record (for what comes first: earlier).
func (im *importer) outdated(r *tabular.Record, t *state.Desc, row any) bool {
	switch r.Wins {
	case tabular.WinsLatest:
		newest, ok := im.newestOf(t, row)
		return ok && newest > r.AsOf
	case tabular.WinsFirst:
		first, ok := im.firstOf(row)
		return ok && first < r.AsOf
	}
	return false
}

// newestOf gives the day of the newest report of the project a row belongs to, before this import.
func (im *importer) newestOf(t *state.Desc, row any) (vocab.Date, bool) {
	project, ok := t.Int(row, "project_id")
	if p, is := row.(*ent.Project); is {
		project, ok = p.ID, true
	}
	if !ok {
		return 0, false
	}
	if day, held := im.newest[project]; held {
		return day, day != 0
	}
	var newest vocab.Date
	for r := range state.StatusReports.By(state.NewWhole(im.d.Base()), "project_id", project) {
		if r.ExternalSource != nil && *r.ExternalSource == im.source {
			newest = max(newest, r.PeriodEnd)
		}
	}
	im.newest[project] = newest
	return newest, newest != 0
}

// firstOf gives the day on which what came first was approved.
func (im *importer) firstOf(row any) (vocab.Date, bool) {
	b, ok := row.(*ent.Baseline)
	if e, is := row.(*ent.BaselineEntry); is {
		b, ok = state.Baselines.Get(state.All(im.d), e.BaselineID), true
	}
	if !ok || b == nil || b.ApprovedOn == nil {
		return 0, false
	}
	return *b.ApprovedOn, true
}
