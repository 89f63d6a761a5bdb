package decide

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"maps"
	"slices"
	"sort"
	"strconv"

	"pmograph/internal/exchange/tabular"
	"pmograph/internal/fault"
	"pmograph/internal/state"
)

// importableFacts lists the entities of facts, each with how the facts of an owner are read.
var importableFacts = map[string]func(r state.Reader, owner int64, column string) state.Rows{
	"budget_lines":     factsOf(state.BudgetLines),
	"cost_entries":     factsOf(state.CostEntries),
	"baseline_periods": factsOf(state.BaselinePeriods),
	"kpi_measurements": factsOf(state.KpiMeasurements),
	"capacity_entries": factsOf(state.CapacityEntries),
	"allocation_hours": factsOf(state.AllocationHours),
}

func factsOf[T any](t *state.Facts[T]) func(state.Reader, int64, string) state.Rows {
	return func(r state.Reader, owner int64, column string) state.Rows { return t.Of(r, owner, column) }
}

// factBatch is what an import says of an entity's facts.
type factBatch struct {
	table   *state.Desc
	batch   *state.Batch
	sources []*factSource
	said    []saidFact // in the order they are put
}

// saidFact is one fact as a file says it.
type saidFact struct {
	owner  int64
	source int32 // of the batch's
	at     int32 // of the source's facts
}

// factLimit is the most facts that are named as wrong.
const factLimit = 1000

// putFacts puts the facts of an import into the draft. Owners come in order, so that numbers do not depend on the order of files.
func (im *importer) putFacts(all []*tabular.Facts) {
	for _, f := range all {
		rec := &tabular.Record{Entity: f.Entity, Origin: f.Origin(0), Set: map[string]any{}}
		for _, c := range f.Columns {
			rec.Set[c.Name] = nil
		}
		t, ok := state.TableNamed(f.Entity)
		if _, importable := importableFacts[f.Entity]; !ok || !importable {
			im.refuse(rec, "", "UNKNOWN_ENTITY", "the mapping gives %q no key, but they are no facts that can be imported", f.Entity)
			continue
		}
		if !im.mayWrite(rec, t) {
			continue
		}
		if im.facts[t] == nil {
			im.facts[t] = &factBatch{table: t, batch: state.NewBatch(t)}
		}
		b := im.facts[t]
		if s := im.bind(b, f); s != nil {
			b.sources = append(b.sources, s)
		}
	}
	tables := slices.SortedFunc(maps.Keys(im.facts), func(a, b *state.Desc) int { return a.Slot - b.Slot })
	for _, t := range tables {
		if len(im.errs) == 0 {
			im.gatherFacts(im.facts[t])
		}
	}
	for _, t := range tables {
		if len(im.errs) == 0 {
			im.putBatch(im.facts[t])
		}
	}
}

// gatherFacts collects the facts of all files, each once.
func (im *importer) gatherFacts(b *factBatch) {
	sorted := true
	for n, s := range b.sources {
		for i := range s.f.Len() {
			owner, take := im.admit(b, s, i)
			if !take {
				continue
			}
			sorted = sorted && (len(b.said) == 0 || b.said[len(b.said)-1].owner <= owner)
			b.said = append(b.said, saidFact{owner, int32(n), int32(i)})
		}
	}
	if !sorted {
		slices.SortStableFunc(b.said, func(x, y saidFact) int { return cmp.Compare(x.owner, y.owner) })
	}
	im.once(b)
}

// once leaves of the facts with one owner and key that of the latest day. Those of one day must say the same.
func (im *importer) once(b *factBatch) {
	key := b.table.FactKey()
	first, kept := map[string]int{}, b.said[:0]
	var owner int64
	var buf []byte
	for _, x := range b.said {
		s := b.sources[x.source]
		if x.owner != owner {
			owner = x.owner
			clear(first)
		}
		buf = append(buf[:0], s.owner.name...) // numbers of owners are numbers within their entity
		for _, name := range key {
			n, _ := s.value(name, int(x.at))
			buf = binary.LittleEndian.AppendUint64(buf, uint64(n))
		}
		at, known := first[string(buf)]
		if !known {
			first[string(buf)] = len(kept)
			kept = append(kept, x)
			continue
		}
		other := kept[at]
		o := b.sources[other.source]
		switch day, had := s.f.Days[x.at], o.f.Days[other.at]; {
		case day > had:
			kept[at] = x
		case day == had && !s.equal(int(x.at), o, int(other.at)):
			im.refuseFact(s, int(x.at), key[len(key)-1], "TWICE", "disagrees with %s line %d about the same %s on %s; keep one of the rows",
				o.f.File, o.f.Lines[other.at], b.table.Word, day)
		}
	}
	b.said = kept
}

// putBatch puts facts; columns that no file speaks of stay as they are on record.
func (im *importer) putBatch(b *factBatch) {
	key := b.table.FactKey()
	prefix := make([]int64, len(key))
	for _, x := range b.said {
		s := b.sources[x.source]
		b.batch.Add(s.owner.name, x.owner)
		for n := range s.columns {
			if v, ok := s.columns[n].value(int(x.at)); ok {
				b.batch.Set(s.columns[n].col, v)
			}
		}
		if len(s.unsaid) == 0 {
			continue
		}
		for n, name := range key {
			prefix[n], _ = s.value(name, int(x.at))
		}
		for had := range importableFacts[b.table.Name](im.d, x.owner, s.owner.name).With(prefix...).All() {
			for _, c := range s.unsaid {
				if v, ok := had.Int(c); ok {
					b.batch.Set(c, v)
				}
			}
		}
	}
	if err := im.d.PutFacts(b.batch); err != nil {
		im.errs = append(im.errs, b.locate(err))
	}
}

// locate names faults of a batch by the rows of the files: their paths begin with the place of a fact.
func (b *factBatch) locate(err error) error {
	e := (*fault.Error)(nil)
	if !errors.As(err, &e) {
		return err
	}
	var all []error
	for _, f := range e.Fields {
		n, err := strconv.Atoi(f.Path[0])
		if err != nil || n < 0 || n >= len(b.said) || len(all) == factLimit {
			continue
		}
		s := b.sources[b.said[n].source]
		all = append(all, s.refusal(int(b.said[n].at), f.Path[len(f.Path)-1], f.Code, "%s", f.Text))
	}
	if len(all) == 0 {
		return err
	}
	return fault.Join(all...)
}

// locateFacts names what is wrong with the facts of an owner by the first row that says something of them.
func (im *importer) locateFacts(c *state.Change, err error) error {
	b := im.facts[c.Table]
	e := (*fault.Error)(nil)
	if b == nil || c.After == nil || !errors.As(err, &e) {
		return err
	}
	column, owner := c.Owner()
	n := sort.Search(len(b.said), func(i int) bool { return b.said[i].owner >= owner })
	for ; n < len(b.said) && b.said[n].owner == owner; n++ {
		s := b.sources[b.said[n].source]
		if s.owner.name != column {
			continue
		}
		if len(e.Fields) == 0 {
			return s.refusal(int(b.said[n].at), "", string(e.Kind), "%s", e.Text)
		}
		var all []error
		for _, f := range e.Fields {
			all = append(all, s.refusal(int(b.said[n].at), f.Path[len(f.Path)-1], f.Code, "%s", f.Text))
		}
		return fault.Join(all...)
	}
	return err
}

// refuseFact notes what is wrong with a fact, of a limited number.
func (im *importer) refuseFact(s *factSource, i int, column, code, format string, args ...any) {
	if len(im.errs) < factLimit {
		im.errs = append(im.errs, s.refusal(i, column, code, format, args...))
	}
}

// digestFacts adds facts to a digest, without where they were read.
func digestFacts(sum hash.Hash, f *tabular.Facts) {
	var b []byte
	fmt.Fprintf(sum, "%q %d\n", f.Entity, f.Len())
	for n := range f.Columns {
		c := &f.Columns[n]
		fmt.Fprintf(sum, "%q %q %q %q %v\n", c.Name, c.Kind, c.Currency, c.Texts, c.Ref)
		for i := range f.Len() {
			v, ok := c.At(i)
			if b = binary.LittleEndian.AppendUint64(b, uint64(v)); !ok {
				b = append(b, 1)
			}
			if len(b) > 1<<16 {
				sum.Write(b)
				b = b[:0]
			}
		}
		sum.Write(b)
		b = b[:0]
	}
	for _, day := range f.Days {
		b = binary.LittleEndian.AppendUint32(b, uint32(day))
	}
	sum.Write(b)
}
