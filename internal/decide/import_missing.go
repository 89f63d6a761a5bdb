package decide

import (
	"slices"
	"strings"

	"pmograph/internal/exchange/tabular"
	"pmograph/internal/state"
)

// named is a thing as records name it.
type named struct{ entity, key string }

// absent marks the records that an import skips or leaves out, because something that each refers to is neither among the others nor on
// record: by its number, the word for why. It is nil if there are none.
func absent(r state.Reader, res *tabular.Result) map[int]string {
	var unsure []int // records that may do without
	for i := range res.Records {
		for _, ref := range res.Records[i].Refs {
			if ref.Missing != "" {
				unsure = append(unsure, i)
				break
			}
		}
	}
	if len(unsure) == 0 {
		return nil
	}
	said := map[named]int{}
	for i := range res.Records {
		said[named{res.Records[i].Entity, res.Records[i].Key}]++
	}
	out := map[int]string{}
	for more := true; more; { // what refers to a record that goes may go as well
		more = false
		for _, i := range unsure {
			rec := &res.Records[i]
			if _, gone := out[i]; gone {
				continue
			}
			if why := without(r, res.Source, rec, said); why != "" {
				out[i], more = why, true
				said[named{rec.Entity, rec.Key}]--
			}
		}
	}
	return out
}

// without gives the word for what a record goes without; empty if it goes without nothing.
func without(r state.Reader, source string, rec *tabular.Record, said map[named]int) (why string) {
	for _, ref := range rec.Refs {
		if ref.Missing == "" || said[named{ref.Entity, ref.Key}] > 0 {
			continue
		}
		if onRecord(r, source, ref.Entity, ref.Key) {
			continue
		}
		if why == "" || ref.Missing < why {
			why = ref.Missing
		}
	}
	return why
}

// onRecord tells whether a reader sees a thing that a source speaks of.
func onRecord(r state.Reader, source, entity, key string) bool {
	target, ok := importables[entity]
	if !ok {
		return false
	}
	_, ok = target.holder(r, 0, []any{source, key})
	return ok
}

// LeftOut counts the rows of which an import leaves something out, as its result shows: those the mapping leaves out, and those of which a
// record or a fact refers to nothing that is on record afterwards. By entity it counts the records and facts that are left out or skipped.
func LeftOut(r state.Reader, res tabular.Result) (all []tabular.LeftOut, without map[string]int) {
	type place struct {
		why, file string
		line      int
	}
	all, without = append(all, res.LeftOut...), map[string]int{}
	at, counted := map[string]int{}, map[place]bool{}
	count := func(why, file string, line int) {
		p := place{why, file, line}
		if why == "" || why == tabular.Skip || counted[p] {
			return
		}
		counted[p] = true
		if _, ok := at[why]; !ok {
			at[why] = len(all)
			all = append(all, tabular.LeftOut{Reason: why})
		}
		all[at[why]].Rows++
	}
	for i, why := range absent(r, &res) {
		without[res.Records[i].Entity]++
		count(why, res.Records[i].Origin.File, res.Records[i].Origin.Line)
	}
	for _, f := range res.Facts {
		out := map[int]bool{}
		for n := range f.Columns {
			c := &f.Columns[n]
			if c.Ref == nil || c.Ref.Missing == "" {
				continue
			}
			known := make([]bool, len(c.Texts))
			for i, key := range c.Texts {
				known[i] = onRecord(r, res.Source, c.Ref.Entity, key)
			}
			for i := range f.Len() {
				if n, ok := c.At(i); ok && !known[n] {
					out[i] = true
					count(c.Ref.Missing, f.File, int(f.Lines[i]))
				}
			}
		}
		if len(out) > 0 {
			without[f.Entity] += len(out)
		}
	}
	slices.SortFunc(all[len(res.LeftOut):], func(a, b tabular.LeftOut) int { return strings.Compare(a.Reason, b.Reason) })
	return all, without
}
