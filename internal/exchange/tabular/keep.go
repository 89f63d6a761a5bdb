package tabular

import "maps"

// keeper keeps what rows say once: a million rows that name their department are a million things, but one department. Records that are
// kept share what they have in common, and must not be changed.
type keeper struct {
	first   map[identity]*Record // the first record of each identity
	scratch *Record              // filled anew by each record
	origins map[string]map[string]string
	refs    map[string]map[string]Ref
}

func newKeeper() *keeper {
	return &keeper{first: map[identity]*Record{}, origins: map[string]map[string]string{}, refs: map[string]map[string]Ref{},
		scratch: &Record{Set: map[string]any{}, Refs: map[string]Ref{}, Origin: Origin{Columns: map[string]string{}}}}
}

// blank gives a record to fill, which keep takes over.
func (k *keeper) blank() *Record {
	r := k.scratch
	clear(r.Set)
	clear(r.Refs)
	clear(r.Origin.Columns)
	return r
}

// keep gives the record to hold on to: an earlier one that says the same, or a copy.
func (k *keeper) keep(r *Record) *Record {
	id := identity{r.Entity, r.Key, r.AsOf}
	earlier := k.first[id]
	if earlier != nil && earlier.Wins == r.Wins && difference(earlier, r) == "" {
		return earlier
	}
	own := *r
	own.Set = maps.Clone(r.Set)
	own.Refs = shared(k.refs, r.Entity, r.Refs, func(ref Ref) string { return ref.Entity + "\x00" + ref.Key })
	own.Origin.Columns = shared(k.origins, r.Entity, r.Origin.Columns, func(header string) string { return header })
	if earlier == nil {
		k.first[id] = &own
	}
	return &own
}

// shared gives one map for all that are equal.
func shared[V comparable](all map[string]map[string]V, entity string, m map[string]V, text func(V) string) map[string]V {
	sum := entity // the maps of a kind of record mostly differ in few values: these find a like one, equality decides
	for column, v := range m {
		sum = max(sum, column+"\x00"+text(v))
	}
	if have, ok := all[sum]; ok && maps.Equal(have, m) {
		return have
	}
	own := maps.Clone(m)
	all[sum] = own
	return own
}
