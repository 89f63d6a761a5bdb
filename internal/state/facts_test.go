package state

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

// factWorld is a record with projects and kinds of cost.
func factWorld(t testing.TB, projects int) *Snapshot {
	d, err := NewDraft(Empty(), auth.Machine("test"), "import", evening, vocab.DateOf(evening))
	must(t, err)
	p := Portfolios.New(d)
	p.Code, p.Name, p.Lifecycle = "P", "P", vocab.PortfolioLifecycleActive
	must(t, Portfolios.Put(d, p))
	for n := range projects {
		x := Projects.New(d)
		x.Code, x.Name, x.PortfolioID, x.Lifecycle, x.Currency = fmt.Sprint("x", n), "x", p.ID, vocab.ProjectLifecycleExecuting, "EUR"
		must(t, Projects.Put(d, x))
	}
	for n := range 3 {
		c := CostCategories.New(d)
		c.Code, c.Name = fmt.Sprint("c", n), "c"
		must(t, CostCategories.Put(d, c))
	}
	must(t, d.Finish(nil))
	_, err = d.Entry(Entry{Key: "k"})
	must(t, err)
	return d.Published()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func cost(project, category int64, currency string, month int, actual, forecast *int64) *ent.CostEntry {
	x := &ent.CostEntry{ProjectID: project, CostCategoryID: category, Currency: currency, Period: vocab.DateOf(evening.AddDate(0, month, 1-evening.Day()))}
	for to, n := range map[**guard.Money]*int64{&x.Actual: actual, &x.Forecast: forecast} {
		if n != nil {
			m := guard.NewMoney(*n)
			*to = &m
		}
	}
	return x
}

type costKey struct {
	project, category int64
	currency          string
	period            vocab.Date
}

type costWas struct {
	id, seq          int64
	actual, forecast string
}

// costsOf reads every fact through the handle, as ent's rows.
func costsOf(s *Snapshot) map[costKey]costWas {
	all := map[costKey]costWas{}
	text := func(m *guard.Money) string {
		if m == nil {
			return "null"
		}
		return fmt.Sprint(guard.OpenMoney(*m))
	}
	for x := range CostEntries.All(NewWhole(s)) {
		all[costKey{x.ProjectID, x.CostCategoryID, x.Currency, x.Period}] = costWas{x.ID, x.Seq, text(x.Actual), text(x.Forecast)}
	}
	return all
}

// Whatever is put, replaced and removed: facts are what a map says they are; the entry replays to the same snapshot, undoes to the one
// before, and loading gives it too.
func TestFactsAreAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		first := factWorld(t, 3)
		s := first
		want := map[costKey]costWas{}
		for range rapid.IntRange(1, 6).Draw(rt, "mutations") {
			d, err := NewDraft(s, auth.Machine("test"), "import", evening, vocab.DateOf(evening))
			must(t, err)
			for range rapid.IntRange(1, 3).Draw(rt, "steps") {
				if len(want) > 0 && rapid.IntRange(0, 3).Draw(rt, "what") == 0 {
					keys := slices.SortedFunc(maps.Keys(want), func(a, b costKey) int { return int(want[a].id - want[b].id) })
					k := keys[rapid.IntRange(0, len(keys)-1).Draw(rt, "which")]
					must(t, CostEntries.Delete(d, want[k].id))
					delete(want, k)
					continue
				}
				var rows []*ent.CostEntry
				seen := map[costKey]bool{}
				for range rapid.IntRange(1, 40).Draw(rt, "facts") {
					x := cost(rapid.Int64Range(1, 3).Draw(rt, "project"), rapid.Int64Range(1, 3).Draw(rt, "category"), rapid.SampledFrom([]string{"EUR", "USD"}).Draw(rt, "currency"),
						rapid.IntRange(0, 30).Draw(rt, "month"), rapid.Ptr(rapid.Int64(), true).Draw(rt, "actual"), rapid.Ptr(rapid.Int64Range(-300, 300), true).Draw(rt, "forecast"))
					if k := (costKey{x.ProjectID, x.CostCategoryID, x.Currency, x.Period}); !seen[k] {
						seen[k], rows = true, append(rows, x)
					}
				}
				must(t, CostEntries.Put(d, rows...))
			}
			must(t, d.Finish(nil))
			if !d.Recorded() {
				continue
			}
			d.Stamp(s.Seq()+1, evening)
			e, err := d.Entry(Entry{Key: "k"})
			must(t, err)
			after := d.Published()
			if e.Count != d.Rows() {
				t.Fatal("the entry counts", e.Count, "rows, the draft", d.Rows())
			}
			b := NewBuilder(s)
			must(t, b.Apply(e))
			if diff := Diff(after, b.Snapshot()); diff != "" {
				t.Fatal("replay: ", diff)
			}
			b = NewBuilder(after)
			must(t, b.Undo(e, &Entry{Seq: s.Seq(), Hash: s.Hash(), At: s.At()}))
			if diff := Diff(s, b.Snapshot()); diff != "" {
				t.Fatal("undo: ", diff)
			}
			if diff := Diff(after, loaded(t, after)); diff != "" {
				t.Fatal("load: ", diff)
			}
			want, s = costsOf(after), after
		}
	})
}

// loaded makes a snapshot as a store does.
func loaded(t testing.TB, s *Snapshot) *Snapshot {
	b := NewBuilder(Empty())
	for _, d := range Tables {
		if d.form == nil {
			s.tables[d.Slot].rows.each(func(row any) bool { b.AddRow(d, row); return true })
			continue
		}
		l := b.Loader(d)
		s.tables[d.Slot].rows.each(func(row any) bool {
			g := row.(*factGroup)
			var all tuples
			all.reset(d.form.width())
			for _, k := range g.blocks {
				k.decode(&all)
			}
			column, id := d.form.ownedBy(g.owner)
			for i := all.len() - 1; i >= 0; i-- {
				values, missing := make([]int64, 0, len(d.Columns)), uint32(0)
				for n, o := range d.form.owners {
					if values = append(values, id); o != column {
						missing |= 1 << n
					}
				}
				must(t, l.Add(append(values, all.row(i)...), missing|all.null[i]<<len(d.form.owners)))
			}
			return true
		})
		must(t, l.Close())
	}
	return b.Snapshot()
}

// What is put is what is read, by a model of its own.
func TestPutReadsBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := factWorld(t, 1)
		d, err := NewDraft(s, auth.Machine("test"), "import", evening, vocab.DateOf(evening))
		must(t, err)
		want := map[costKey]string{}
		for n := range rapid.IntRange(1, 5).Draw(rt, "puts") {
			b := NewBatch(CostEntries.Desc())
			category, currency, period := CostEntries.Col("cost_category_id"), CostEntries.Col("currency"), CostEntries.Col("period")
			seen := map[costKey]bool{}
			for range rapid.IntRange(1, 3000).Draw(rt, "facts") {
				k := costKey{1, rapid.Int64Range(1, 3).Draw(rt, "category"), "EUR", vocab.Date(rapid.IntRange(0, 5000).Draw(rt, "day"))}
				if seen[k] {
					continue
				}
				seen[k] = true
				b.Add("project_id", 1)
				b.Set(category, k.category)
				must(t, b.Word(currency, "EUR"))
				b.Set(period, int64(k.period))
				amount := rapid.Int64().Draw(rt, "amount")
				b.Set(CostEntries.Col("actual"), amount)
				want[k] = fmt.Sprint(amount)
			}
			if err := d.PutFacts(b); err != nil {
				t.Fatal(n, err)
			}
		}
		got := costsOf(d.Snapshot())
		if len(got) != len(want) || d.Snapshot().Count(CostEntries.Desc()) != len(want) {
			t.Fatalf("%d facts are read, %d counted, %d were put", len(got), d.Snapshot().Count(CostEntries.Desc()), len(want))
		}
		for k, amount := range want {
			if got[k].actual != amount {
				t.Fatalf("%v is %s, not %s", k, got[k].actual, amount)
			}
			if x := CostEntries.Get(NewWhole(d.Snapshot()), got[k].id); x == nil || x.Period != k.period {
				t.Fatalf("number %d is %v", got[k].id, x)
			}
		}
	})
}

// A change of one fact among half a million copies a block and no more: with its entry, where it is made, folded with another of its
// batch for the database, and where it is followed.
func TestOneFactOfManyIsCheap(t *testing.T) {
	s := manyFacts(t, 500_000)
	amount := int64(0)
	change := func(s *Snapshot, month int) (*Entry, *Snapshot, []*Change) {
		d := draftOf(t, s)
		amount++
		must(t, CostEntries.Put(d, cost(1, 2, "EUR", month, &amount, nil)))
		e, after := sealed(t, d)
		return e, after, d.Changes()
	}
	_, once, first := change(s, 6000)
	e, _, second := change(once, 7000)
	for name, run := range map[string]func(){
		"making": func() { change(s, 7000) },
		"folding": func() {
			if n := Merge([][]*Change{first, second}); n[0].Rows() != 2 {
				t.Error(n[0].Rows(), "facts are written")
			}
		},
		"following": func() { must(t, NewBuilder(once).Apply(e)) },
	} {
		bytes := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				run()
			}
		}).AllocedBytesPerOp()
		if t.Logf("%s allocates %d bytes", name, bytes); bytes > 100<<10 {
			t.Errorf("%s a change allocates %d bytes", name, bytes)
		}
	}
}

func manyFacts(t testing.TB, n int) *Snapshot {
	s := factWorld(t, 1)
	d, err := NewDraft(s, auth.Machine("test"), "import", evening, vocab.DateOf(evening))
	must(t, err)
	b := NewBatch(CostEntries.Desc())
	for i := range n {
		b.Add("project_id", 1)
		b.Set(CostEntries.Col("cost_category_id"), int64(1+i%3))
		must(t, b.Word(CostEntries.Col("currency"), "EUR"))
		b.Set(CostEntries.Col("period"), int64(i/3))
		b.Set(CostEntries.Col("actual"), int64(i)*7919%10_000_000)
		b.Set(CostEntries.Col("forecast"), int64(i)*104_729%10_000_000)
	}
	must(t, d.PutFacts(b))
	must(t, d.Finish(nil))
	_, err = d.Entry(Entry{Key: "k"})
	must(t, err)
	return d.Published()
}

// Of facts whose first columns of the key are given, those and no others are handed out.
func TestFactsByPrefix(t *testing.T) {
	s := manyFacts(t, 5000)
	rows := CostEntries.Of(NewWhole(s), 1)
	category := CostEntries.Col("cost_category_id")
	for c := int64(1); c <= 3; c++ {
		some, n := rows.With(c), 0
		for x := range some.All() {
			if n++; x.Val(category) != c {
				t.Fatal("a fact of category", x.Val(category), "among those of", c)
			}
		}
		if want := (5000 + 3 - int(c)) / 3; n != want || some.Len() != want {
			t.Errorf("category %d has %d facts, %d counted, not %d", c, n, some.Len(), want)
		}
	}
	if rows.With(4).Len() != 0 || rows.With(0).Len() != 0 {
		t.Error("there are facts of categories that do not exist")
	}
}

// Those between two values of a key are handed out, across blocks too, and the last of them alone.
func TestFactsBetween(t *testing.T) {
	s := manyFacts(t, 9000)
	currency, period := CostEntries.Col("currency").Number("EUR"), CostEntries.Col("period")
	all := CostEntries.Of(NewWhole(s), 1) // of each category, periods 0 to 2999, in three blocks or four
	for _, x := range []struct{ from, to, want int64 }{{0, 2999, 3000}, {-5, 5000, 3000}, {7, 7, 1}, {900, 2100, 1201}, {2999, 2999, 1}, {3000, 4000, 0}, {-3, -1, 0}} {
		rows, n := all.Since(2, currency, x.from).Before(2, currency, x.to+1), max(x.from, 0)
		if rows.Len() != int(x.want) {
			t.Errorf("%d facts from %d to %d, not %d", rows.Len(), x.from, x.to, x.want)
		}
		for i := range rows.Len() {
			if have := rows.At(i).Val(period); have != n+int64(i) {
				t.Fatalf("from %d to %d: %d comes at %d", x.from, x.to, have, i)
			}
		}
		last := rows.Last()
		if last.Len() != min(1, rows.Len()) || last.Len() == 1 && last.At(0).Val(period) != min(x.to, 2999) {
			t.Errorf("from %d to %d: the last is one of %d", x.from, x.to, last.Len())
		}
	}
	if none := (Rows{}).Since(2).Before(3).Last(); none.Len() != 0 {
		t.Error("there are facts of nobody")
	}
}

// What cannot be a fact is refused, and names the row.
func TestFactsAreRefused(t *testing.T) {
	s := factWorld(t, 1)
	one := int64(1)
	for _, x := range []struct {
		name string
		rows []*ent.CostEntry
		code string
		path string
	}{
		{"two with one key", []*ent.CostEntry{cost(1, 1, "EUR", 1, &one, nil), cost(1, 1, "EUR", 2, &one, nil), cost(1, 1, "EUR", 1, nil, &one)}, "TWICE", "2"},
		{"a currency of four letters", []*ent.CostEntry{cost(1, 1, "EUR", 1, &one, nil), cost(1, 1, "EURO", 1, &one, nil)}, "INVALID", "1"},
		{"no owner", []*ent.CostEntry{cost(0, 1, "EUR", 1, &one, nil)}, "REQUIRED", "0"},
		{"no such project", []*ent.CostEntry{cost(7, 1, "EUR", 1, &one, nil)}, "NOT_FOUND", "project_id"},
		{"no such category", []*ent.CostEntry{cost(1, 7, "EUR", 1, &one, nil)}, "NOT_FOUND", "cost_category_id"},
	} {
		d, err := NewDraft(s, auth.Machine("test"), "import", evening, vocab.DateOf(evening))
		must(t, err)
		if err = CostEntries.Put(d, x.rows...); err == nil {
			err = d.Finish(nil)
		}
		e := (*fault.Error)(nil)
		if !errors.As(err, &e) || len(e.Fields) == 0 || e.Fields[0].Code != x.code || e.Fields[0].Path[0] != x.path {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

// A category that facts refer to cannot be deleted, and a project with facts neither.
func TestFactsHoldWhatTheyReferTo(t *testing.T) {
	s := manyFacts(t, 10)
	for _, remove := range []func(d *Draft){func(d *Draft) { CostCategories.Delete(d, 1) }, func(d *Draft) { Projects.Delete(d, 1) }} {
		d, err := NewDraft(s, auth.Machine("test"), "import", evening, vocab.DateOf(evening))
		must(t, err)
		remove(d)
		if err := d.Finish(nil); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
		must(t, CostEntries.Clear(d, 1))
		must(t, d.Finish(nil))
	}
}
