package state

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pmograph/ent"
	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

// anyRow draws a row of an entity: every column is filled by its kind, or left null.
func anyRow(t *rapid.T, d *Desc) any {
	p := reflect.New(d.typ)
	for i := range d.Columns {
		c := &d.Columns[i]
		v := p.Elem().Field(c.index)
		if v.Kind() == reflect.Pointer {
			if rapid.Bool().Draw(t, c.Name+" is null") {
				continue
			}
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
		switch c.Kind {
		case KindInt, KindMoney, KindRate:
			c.setInt(v, rapid.Int64().Draw(t, c.Name))
		case KindBool:
			v.SetBool(rapid.Bool().Draw(t, c.Name))
		case KindText:
			v.SetString(texts.Draw(t, c.Name))
		case KindPersonal:
			v.Set(reflect.ValueOf(guard.NewPersonal(texts.Draw(t, c.Name))))
		case KindDate:
			v.SetInt(rapid.Int64Range(-719162, 2932896).Draw(t, c.Name)) // 0001-01-01 to 9999-12-31
		case KindTime:
			*timeOf(v) = time.Unix(rapid.Int64Range(-62135596800, 253402300799).Draw(t, c.Name), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).In(time.FixedZone("", 3600))
		case KindJSON:
			switch v.Type() {
			case reflect.TypeFor[[]int]():
				v.Set(reflect.ValueOf(rapid.SliceOf(rapid.Int()).Draw(t, c.Name)))
			case reflect.TypeFor[[]string]():
				v.Set(reflect.ValueOf(rapid.SliceOf(texts).Draw(t, c.Name)))
			default:
				v.Set(reflect.ValueOf([]vocab.CalendarException{{Name: texts.Draw(t, c.Name)}}))
			}
		}
	}
	return p.Interface()
}

var texts = rapid.OneOf(
	rapid.SampledFrom([]string{"", "null", `"`, `\`, `":[`, `],"`, "]}", "a\nb", "<é>&", "\u2028", "\x7f", "🚧 {[\"x\"]}"}),
	rapid.String().Filter(func(s string) bool { return checkText(s) == nil }))

// What a draft keeps of a row is what its text says: clone is decode after encode, and the hand-written reader of changes reads what a
// reader of JSON would.
func TestTextForms(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := rapid.SampledFrom(Tables).Filter(func(d *Desc) bool { return !d.IsFacts() }).Draw(rt, "entity")
		row := anyRow(rt, d)
		own, err := d.clone(row)
		if err != nil {
			rt.Fatal(err)
		}
		read := reflect.New(d.typ)
		all := &Change{Table: d, Before: row, After: own}
		text := []byte("{")
		for i := range d.Columns {
			if d.Columns[i].Class == vocab.ClassPersonal {
				s, err := d.valueText(row, i)
				if err == nil {
					err = d.Columns[i].setValue(read.Elem(), s)
				}
				if err != nil {
					rt.Fatal(err)
				}
				continue
			}
			if len(text) > 1 {
				text = append(text, ',')
			}
			if text, err = all.appendPair(text, i, nil); err != nil {
				rt.Fatal(err)
			}
		}
		text = append(text, '}')
		pairs, err := d.pairs(nil, string(text))
		if err != nil {
			rt.Fatalf("%v in %s", err, text)
		}
		var want map[string][]json.RawMessage
		if err := json.Unmarshal(text, &want); err != nil {
			rt.Fatalf("%v in %s", err, text)
		}
		if len(want) != len(pairs) {
			rt.Fatalf("%d columns, not %d", len(pairs), len(want))
		}
		for _, p := range pairs {
			c := &d.Columns[p.column]
			w := want[c.Name]
			if string(w[0]) != p.old || len(w) == 2 != (p.new != "") || len(w) == 2 && string(w[1]) != p.new {
				rt.Fatalf("%s: %s, %s is not %s", c.Name, p.old, p.new, w)
			}
			if err := c.setValue(read.Elem(), p.old); err != nil {
				rt.Fatal(err)
			}
		}
		if !reflect.DeepEqual(own, read.Interface()) {
			rt.Fatalf("a copy is %+v\nits text says %+v", own, read.Interface())
		}
		for i := range d.Columns {
			a, _ := d.valueText(own, i)
			b, _ := d.valueText(row, i)
			if a != b || !d.same(own, read.Interface(), i) {
				rt.Fatalf("%s: %s, %s", d.Columns[i].Name, a, b)
			}
		}
		if d.rowDigest(own) != d.rowDigest(read.Interface()) {
			rt.Fatal("equal rows have different digests")
		}
	})
}

// Damaged texts are refused or read as something else, but harm nobody.
func TestDamagedTexts(t *testing.T) {
	d := Projects.desc
	const good = `{"name":["a","b"],"seq":[4],"priority":[null,3]}`
	if pairs, err := d.pairs(nil, good); err != nil || len(pairs) != 3 {
		t.Fatal(pairs, err)
	}
	for _, bad := range []string{
		"", "{", "x", `{"name"}`, `{"name":}`, `{"name":[]}`, `{"name":["a"]}`, `{"name":["a","b"]`, `{"name":["a","b"]]`, `{"name":["a","b}`,
		`{"name":["a",]}`, `{"nonsense":["a","b"]}`, `{name:["a","b"]}`, `{"name":["a","b"],}`, `{"name":["a","b","c"]}`, `{"name":[["a","b"}`,
	} {
		if pairs, err := d.pairs(nil, bad); err == nil {
			t.Errorf("%s was read as %v", bad, pairs)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		b := []byte(good)
		b[rapid.IntRange(0, len(b)-1).Draw(rt, "where")] = rapid.Byte().Draw(rt, "what")
		d.pairs(nil, string(b[:rapid.IntRange(0, len(b)).Draw(rt, "cut")]))
	})
}

// A text that cannot be recorded is refused with the column's name.
func TestUnrecordable(t *testing.T) {
	for what, p := range map[string]*ent.Project{
		"projects.name":          {Name: "a\x00b"},
		"projects.code":          {Code: "\xff"},
		"projects.planned_start": {PlannedStart: new(vocab.Date(4_000_000))},
		"projects.archived_at":   {ArchivedAt: new(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC))},
	} {
		if _, err := Projects.desc.clone(p); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// The hash of a row does not know of columns that are null, so that versions with and without a column agree; number and instants are
// mixed in, and each counts.
func TestHashOfARow(t *testing.T) {
	d := Projects.desc
	row := &ent.Project{ID: 1, Name: "a", Seq: 5, CreatedAt: evening, UpdatedAt: evening}
	narrow := *d
	narrow.hashed = nil
	for _, i := range d.hashed {
		if d.Columns[i].Name != "category" {
			narrow.hashed = append(narrow.hashed, i)
		}
	}
	if d.hash(row) != narrow.hash(row) {
		t.Error("a column that is null changes the hash")
	}
	seen := map[Digest]string{d.rowDigest(row): "the row"}
	for what, change := range map[string]func(*ent.Project){
		"seq": func(p *ent.Project) { p.Seq++ }, "created_at": func(p *ent.Project) { p.CreatedAt = evening.Add(time.Microsecond) },
		"updated_at": func(p *ent.Project) { p.UpdatedAt = evening.Add(time.Microsecond) }, "name": func(p *ent.Project) { p.Name = "b" },
		"category": func(p *ent.Project) { p.Category = new("b") }, "id": func(p *ent.Project) { p.ID++ },
	} {
		other := *row
		change(&other)
		if same, ok := seen[d.rowDigest(&other)]; ok {
			t.Errorf("%s does not count: as %s", what, same)
		}
		seen[d.rowDigest(&other)] = what
		if stamps := what == "seq" || strings.HasSuffix(what, "_at"); stamps != (d.hash(&other) == d.hash(row)) {
			t.Errorf("%s and the hash without number and instants", what)
		}
	}
}

// A group is its rows by number, whatever the order of changes, and a change leaves older groups as they are.
func TestGroups(t *testing.T) {
	d := Milestones.desc
	rapid.Check(t, func(rt *rapid.T) {
		want := map[int64]any{}
		g := (&group{}).owned(new(token))
		type kept struct {
			g    *group
			show string
		}
		var olds []kept
		show := func(g *group) string {
			var b strings.Builder
			g.each(func(row any) bool { fmt.Fprintf(&b, "%d:%p ", d.RowID(row), row); return true })
			return b.String()
		}
		high := int64(rapid.SampledFrom([]int{20, 2000}).Draw(rt, "high"))
		for range rapid.IntRange(1, 1500).Draw(rt, "steps") {
			id := rapid.Int64Range(1, high).Draw(rt, "id")
			if rapid.IntRange(0, 3).Draw(rt, "what") == 0 {
				delete(want, id)
				g.set(d, g.own, id, nil)
			} else {
				want[id] = &ent.Milestone{ID: id}
				g.set(d, g.own, id, want[id])
			}
			if rapid.IntRange(0, 99).Draw(rt, "keep") == 0 {
				olds = append(olds, kept{g, show(g)})
				g = g.owned(new(token))
			}
		}
		n, last := 0, int64(0)
		g.each(func(row any) bool {
			id := d.RowID(row)
			if id <= last || want[id] != row {
				rt.Fatalf("row %d after %d", id, last)
			}
			n, last = n+1, id
			return true
		})
		if n != len(want) {
			rt.Fatalf("%d rows, not %d", n, len(want))
		}
		for _, p := range g.parts {
			if len(p.rows) == 0 || len(p.rows) > partLength {
				rt.Fatalf("a part has %d rows", len(p.rows))
			}
		}
		for _, o := range olds {
			if show(o.g) != o.show {
				rt.Fatal("an older group changed")
			}
		}
	})
}

// Who held a value first stays the first: an import asks whether another row holds what its own now holds too.
func TestHoldersKeepTheirOrder(t *testing.T) {
	d := Milestones.desc
	var h holders
	show := func() (ids []int64) {
		h.each(func(row any) bool { ids = append(ids, d.RowID(row)); return true })
		return ids
	}
	for _, step := range []struct {
		id   int64
		row  any
		want []int64
	}{
		{3, &ent.Milestone{ID: 3}, []int64{3}},
		{1, &ent.Milestone{ID: 1}, []int64{3, 1}},
		{2, &ent.Milestone{ID: 2}, []int64{3, 1, 2}},
		{3, nil, []int64{1, 2}},
		{1, &ent.Milestone{ID: 1}, []int64{2, 1}},
		{9, nil, []int64{2, 1}},
		{2, nil, []int64{1}},
		{1, nil, nil},
	} {
		if h = h.with(d, step.id, step.row); !slices.Equal(show(), step.want) {
			t.Fatalf("after %+v: %v", step, show())
		}
	}
}
