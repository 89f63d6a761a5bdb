package state

import (
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"pmograph/ent"
	"pmograph/internal/vocab"
)

// scanInto fills the next row of a reader with values as a database gives them.
func scanInto(t rapid.TB, r *RowReader, values []any) any {
	t.Helper()
	row, dest := r.Next()
	for i, v := range values {
		if err := dest[i].(*scanner).Scan(v); err != nil {
			t.Fatal(err)
		}
	}
	return row
}

func valuesOf(t rapid.TB, d *Desc, row any) (values []any) {
	t.Helper()
	for i := range d.Columns {
		v, err := d.Arg(row, i)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}

// Rows are read as they were, in whatever order they come and whatever they have in common.
func TestRowReader(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := rapid.SampledFrom(Tables).Filter(func(d *Desc) bool { return !d.IsFacts() }).Draw(rt, "entity")
		var kinds []any
		for range 3 {
			row, err := d.clone(anyRow(rt, d))
			if err != nil {
				rt.Fatal(err)
			}
			kinds = append(kinds, row)
		}
		var want, have []any
		r := d.NewRows()
		for _, n := range rapid.SliceOfN(rapid.IntRange(0, 2), 60, 60).Draw(rt, "rows") { // more than are made at a time
			want, have = append(want, kinds[n]), append(have, scanInto(rt, r, valuesOf(rt, d, kinds[n])))
		}
		if !reflect.DeepEqual(have, want) {
			rt.Fatalf("read\n%+v\nof\n%+v", have, want)
		}
	})
}

// Equal values of a column are one in memory, as far as they are remembered; whoever changes a row has values of his own.
func TestRowReaderShares(t *testing.T) {
	d := Allocations.desc
	one, note := 500, "a note"
	like := &ent.Allocation{ID: 1, Commitment: vocab.CommitmentSoft, State: vocab.AllocationStateRequested, Probability: &one, Note: &note}
	r := d.NewRows()
	a, b := scanInto(t, r, valuesOf(t, d, like)).(*ent.Allocation), scanInto(t, r, valuesOf(t, d, like)).(*ent.Allocation)
	if a == b || a.Probability != b.Probability || a.Note != b.Note || *a.Note != note {
		t.Errorf("%+v\n%+v", a, b)
	}
	copied, err := d.clone(a)
	if err != nil {
		t.Fatal(err)
	}
	if c := copied.(*ent.Allocation); c.Probability == a.Probability || c.Note == a.Note {
		t.Error("a row to change shares values with others")
	}
	for n := range keptValues + 10 {
		text := strconv.Itoa(n)
		like.Note = &text
		for range 2 {
			if row := scanInto(t, r, valuesOf(t, d, like)).(*ent.Allocation); *row.Note != text || row.Probability != a.Probability {
				t.Fatalf("%+v with the note %q, want %q", row, *row.Note, text)
			}
		}
	}
	if *a.Note != note || *b.Note != note {
		t.Errorf("notes became %q, %q", *a.Note, *b.Note)
	}
}
