package tabular

import (
	"fmt"

	"pmograph/internal/vocab"
)

// identity is what two records must differ in to stand beside each other.
type identity struct {
	entity, key string
	asOf        vocab.Date
}

// merge puts the rows' records into the result, each once. Rows that disagree about one thing on one day are all refused; a row
// that adds nothing to those before it is reported.
func merge(res *Result, rows []row) {
	first := map[identity]*claim{}
	conflict := make([]bool, len(rows))
	for i, r := range rows {
		for _, rec := range r.records {
			id := identity{rec.Entity, rec.Key, rec.AsOf}
			c, known := first[id]
			if !known {
				first[id] = &claim{row: i, record: rec}
				continue
			}
			if column := difference(c.record, rec); column != "" {
				other := rows[c.row]
				if !conflict[c.row] {
					res.Refused = append(res.Refused, disagreement(other, c.record, r, column))
				}
				if !conflict[i] {
					res.Refused = append(res.Refused, disagreement(r, rec, other, column))
				}
				conflict[i], conflict[c.row] = true, true
			}
		}
	}
	given := map[identity]row{}
	for i, r := range rows {
		if conflict[i] {
			continue
		}
		news := false
		for _, rec := range r.records {
			id := identity{rec.Entity, rec.Key, rec.AsOf}
			if _, known := given[id]; !known {
				given[id], news = r, true
				res.Records = append(res.Records, *rec)
			}
		}
		if !news {
			last := r.records[len(r.records)-1]
			by := given[identity{last.Entity, last.Key, last.AsOf}]
			res.Duplicates = append(res.Duplicates, Notice{r.file, r.line, fmt.Sprintf(
				"says only what %s line %d has said; counted once", by.file, by.line)})
		}
	}
}

// claim is the first record of an identity and its row.
type claim struct {
	row    int
	record *Record
}

func disagreement(r row, rec *Record, other row, column string) Refusal {
	header := rec.Origin.Columns[column]
	if header == "" {
		header = column
	}
	value := ""
	if v := rec.Set[column]; v != nil {
		value = plain(v)
	}
	return Refusal{r.file, r.line, cut(header), cut(value), fmt.Sprintf(
		"disagrees with %s line %d about %s %q on %s; keep one of the rows", other.file, other.line, rec.Entity, cut(rec.Key), rec.AsOf)}
}

// difference names a column on which two records of one identity disagree; empty if they say the same.
func difference(a, b *Record) string {
	if column := unequal(a.Set, b.Set); column != "" {
		return column
	}
	return unequal(a.Refs, b.Refs)
}

// unequal names the first key, by name, that two maps do not share with equal values.
func unequal[V comparable](a, b map[string]V) (column string) {
	note := func(x, y map[string]V) {
		for c, v := range x {
			if w, ok := y[c]; (!ok || v != w) && (column == "" || c < column) {
				column = c
			}
		}
	}
	note(a, b)
	note(b, a)
	return column
}
