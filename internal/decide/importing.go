package decide

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"pmograph/ent"
	"pmograph/internal/exchange/tabular"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

const importAction = "import"

// Import brings mapped records in as one mutation, all or nothing.
//
// A thing is known by the mapping's source and its key there: it is made, or changed where it differs. Constants of the mapping, such as
// the state a project begins in, fill new rows only, since what is on record may have moved on. Of several records of one thing the
// latest or the first counts, whatever the order in which files come and mutations run; see days. A replay changes nothing. Records that
// may do without what they refer to are left out where it is missing; see LeftOut.
//
// Facts are known by what they say: one whose owner and key are on record replaces what it speaks of there, an equal one changes nothing,
// and of several the latest counts.
//
// Every refusal names file, line and column. The record is held to the rights of its actor and the same invariants as any mutation.
func Import(res tabular.Result) state.Decision {
	return state.Decision{Action: importAction, Input: importInput(res), Run: func(d *state.Draft) error {
		im := &importer{d: d, source: res.Source, days: daysOnRecord(d, res.Source), rows: map[thing]*row{}, said: map[state.Ref]*row{},
			histories: map[string]*tabular.Record{}, facts: map[*state.Desc]*factBatch{}}
		return im.run(res)
	}}
}

// importInput is what an idempotency key of an import is bound to: the records without where they were read, by their digest.
type importInput tabular.Result

// MarshalJSON gives the canonical form.
func (in importInput) MarshalJSON() ([]byte, error) {
	type record struct {
		Entity, Key string
		Set         map[string]any
		Refs        map[string]tabular.Ref
		AsOf        vocab.Date
		Wins        tabular.Wins
	}
	sum := sha256.New()
	enc := json.NewEncoder(sum)
	for i := range in.Records {
		r := &in.Records[i]
		if err := enc.Encode(record{r.Entity, r.Key, r.Set, r.Refs, r.AsOf, r.Wins}); err != nil {
			return nil, err
		}
	}
	for _, f := range in.Facts {
		digestFacts(sum, f)
	}
	return json.Marshal(map[string]any{"source": in.Source, "records": hex.EncodeToString(sum.Sum(nil))})
}

// thing is what records speak of: an entity and a key of the source.
type thing struct {
	table *state.Desc
	key   string
}

// row is a thing's row while an import fills it.
type row struct {
	thing
	id      int64
	fresh   any                        // the new row; nil if it is on record
	records []*tabular.Record          // what the import says of it; the last one that applies counts
	from    map[string]*tabular.Record // which of them said a column
	last    *tabular.Record            // the last one that applied, for messages
}

type importer struct {
	d      *state.Draft
	source string
	days   days
	rows   map[thing]*row
	said   map[state.Ref]*row
	errs   []error

	histories map[string]*tabular.Record // by the key of their project
	facts     map[*state.Desc]*factBatch
}

func (im *importer) run(res tabular.Result) error {
	for _, r := range res.Refused {
		im.errs = append(im.errs, refusal(r.File, r.Line, r.Column, "UNREADABLE", "%s", r.Reason))
	}
	ordered := im.gather(&res)
	if err := fault.Join(im.errs...); err != nil {
		return err
	}
	for _, r := range ordered {
		im.fill(r)
	}
	if err := fault.Join(im.errs...); err != nil {
		return err
	}
	im.dropStaleEntries()
	im.writeHistories()
	im.putFacts(res.Facts)
	for _, r := range ordered {
		im.check(r)
	}
	if err := fault.Join(im.errs...); err != nil {
		return err
	}
	im.d.Locate(func(c *state.Change, err error) error {
		if c.Table.IsFacts() {
			return im.locateFacts(c, err)
		}
		return im.locate(im.said[state.Ref{Table: c.Table, ID: c.ID}], err)
	})
	return im.d.Finish(Invariants)
}

// gather makes one row of all records of a thing, parents before children and by key, so that numbers do not depend on the order of
// files. Rows have their numbers before any is filled, so that things may refer to each other.
func (im *importer) gather(res *tabular.Result) []*row {
	var ordered []*row
	gone := absent(im.d, res)
	for i := range res.Records {
		r := &res.Records[i]
		if gone[i] != "" {
			continue
		}
		if r.Wins == tabular.WinsEach {
			im.keepHistory(r)
			continue
		}
		t, ok := im.target(r)
		if !ok {
			continue
		}
		k := thing{t, r.Key}
		if im.rows[k] == nil {
			im.rows[k] = &row{thing: k, from: map[string]*tabular.Record{}}
			ordered = append(ordered, im.rows[k])
		}
		im.rows[k].records = append(im.rows[k].records, r)
	}
	slices.SortFunc(ordered, func(a, b *row) int {
		return cmp.Or(a.table.Slot-b.table.Slot, cmp.Compare(a.key, b.key))
	})
	for _, r := range ordered {
		slices.SortStableFunc(r.records, byCount)
		r.last = r.records[len(r.records)-1]
		id, known := im.d.External(r.table, im.source, r.key)
		if known && !im.d.Visible(r.table, id) {
			im.refuse(r.last, "", "NOT_FOUND", "it speaks of a %s that is not there for you", r.table.Word)
			continue
		}
		if r.id = id; !known {
			r.fresh = im.d.NewIn(r.table)
			r.id = r.table.RowID(r.fresh)
		}
		im.said[state.Ref{Table: r.table, ID: r.id}] = r
	}
	return ordered
}

// byCount orders the records of a thing: the one that counts comes last.
func byCount(a, b *tabular.Record) int {
	if a.Wins == tabular.WinsFirst {
		return cmp.Compare(b.AsOf, a.AsOf)
	}
	return cmp.Compare(a.AsOf, b.AsOf)
}

// target gives the entity of a record, if it may be imported by this actor.
func (im *importer) target(r *tabular.Record) (*state.Desc, bool) {
	t, ok := state.TableNamed(r.Entity)
	if _, importable := importables[r.Entity]; !ok || !importable {
		im.refuse(r, "", "UNKNOWN_ENTITY", "the mapping names the entity %q, which cannot be imported", r.Entity)
		return nil, false
	}
	if !im.mayWrite(r, t) {
		return nil, false
	}
	return t, true
}

// dropStaleEntries removes the entries of a baseline that the import replaces by an earlier one which does not fix them.
func (im *importer) dropStaleEntries() {
	var stale []int64
	for _, c := range im.d.Changes() {
		before, _ := c.Before.(*ent.Baseline)
		after, _ := c.After.(*ent.Baseline)
		if before == nil || after == nil || same(before.ApprovedOn, after.ApprovedOn) {
			continue
		}
		for e := range state.BaselineEntries.By(im.d, "baseline_id", c.ID) {
			said := im.said[state.Ref{Table: state.BaselineEntries.Desc(), ID: e.ID}]
			if (said == nil || len(said.from) == 0) && e.ExternalSource != nil && *e.ExternalSource == im.source {
				stale = append(stale, e.ID)
			}
		}
	}
	for _, id := range stale {
		state.BaselineEntries.Delete(im.d, id)
	}
}

// refuse notes what is wrong with a record.
func (im *importer) refuse(r *tabular.Record, column, code, format string, args ...any) {
	header := r.Origin.Columns[column]
	if header == "" {
		header = column
	}
	im.errs = append(im.errs, refusal(r.Origin.File, r.Origin.Line, header, code, format, args...))
}

func refusal(file string, line int, column, code, format string, args ...any) error {
	return &fault.Error{Kind: fault.Invalid, Text: "the import was refused", Fields: []fault.Field{{
		Path: []string{file, strconv.Itoa(line), column}, Code: code, Text: fmt.Sprintf(format, args...)}}}
}

// locate names faults that speak of columns of a row by the records that said them.
func (im *importer) locate(r *row, err error) error {
	if r == nil || err == nil {
		return err
	}
	return r.locate(err)
}
