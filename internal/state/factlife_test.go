package state

import (
	"sync"
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/vocab"
)

func draftOf(t testing.TB, s *Snapshot) *Draft {
	t.Helper()
	d, err := NewDraft(s, auth.Machine("test"), "import", evening, vocab.DateOf(evening))
	must(t, err)
	return d
}

func sealed(t testing.TB, d *Draft) (*Entry, *Snapshot) {
	t.Helper()
	must(t, d.Finish(nil))
	e, err := d.Entry(Entry{Key: "k"})
	must(t, err)
	return e, d.Published()
}

// A fact that is changed and changed back in one mutation keeps its version; if nothing else changed there is nothing to record.
func TestFactsChangedBackAreUnchanged(t *testing.T) {
	s := manyFacts(t, 10)
	amount, other := int64(0), int64(1)
	was := cost(1, 1, "EUR", 0, &amount, &amount)
	was.Period = 0
	is := *was
	is.Actual = new(guard.NewMoney(other))
	d := draftOf(t, s)
	must(t, CostEntries.Put(d, &is))
	must(t, CostEntries.Put(d, was))
	must(t, d.Finish(nil))
	if d.Recorded() {
		t.Errorf("%d rows are changed", d.Rows())
	}
	d = draftOf(t, s)
	must(t, CostEntries.Put(d, &is, cost(1, 2, "EUR", 9, &other, nil)))
	must(t, CostEntries.Put(d, was))
	e, after := sealed(t, d)
	if e.Count != 1 || CostEntries.Get(NewWhole(after), 1).Seq != 2 {
		t.Errorf("%d rows are changed, the first fact by entry %d", e.Count, CostEntries.Get(NewWhole(after), 1).Seq)
	}
	if diff := Diff(after, loaded(t, after)); diff != "" {
		t.Error(diff)
	}
}

// A draft that was finished takes facts, and rows, that it had changed back before.
func TestPutAfterFinish(t *testing.T) {
	s := manyFacts(t, 10)
	d := draftOf(t, s)
	amount := int64(5)
	x := cost(1, 3, "EUR", 7, &amount, nil)
	must(t, CostEntries.Put(d, x))
	must(t, CostEntries.Delete(d, 11))
	p, err := Projects.Edit(d, 1, nil)
	must(t, err)
	for _, name := range []string{"y", "x"} {
		p.Name = name
		must(t, Projects.Put(d, p))
	}
	must(t, d.Finish(nil))
	must(t, CostEntries.Put(d, x))
	p.Name = "z"
	must(t, Projects.Put(d, p))
	e, after := sealed(t, d)
	b := NewBuilder(s)
	must(t, b.Apply(e))
	if diff := Diff(after, b.Snapshot()); diff != "" || e.Count != 2 {
		t.Error(e.Count, diff)
	}
}

// A batch may be put by several drafts, even at the same time, and errors name the same facts each time.
func TestBatchIsPutAgain(t *testing.T) {
	s := factWorld(t, 2)
	b := NewBatch(CostEntries.Desc())
	for i := range 100 {
		b.Add("project_id", int64(1+i%2))
		b.Set(CostEntries.Col("cost_category_id"), 1)
		b.Set(CostEntries.Col("period"), int64(1000-i))
		if i != 40 {
			must(t, b.Word(CostEntries.Col("currency"), "EUR"))
		}
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			err := draftOf(t, s).PutFacts(b)
			if e, ok := err.(*fault.Error); !ok || len(e.Fields) != 1 || e.Fields[0].Path[0] != "40" {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// Removing all facts of an owner is one pass, and leaves no small blocks behind.
func TestManyFactsAreRemoved(t *testing.T) {
	s := manyFacts(t, 100_000)
	d := draftOf(t, s)
	var ids []int64
	for id := range int64(100_000) {
		if id%100 != 0 {
			ids = append(ids, id+1)
		}
	}
	must(t, CostEntries.Delete(d, ids...))
	g := CostEntries.Of(d, 1).g
	if g.n != 1000 || len(g.blocks) > 4 {
		t.Errorf("%d facts are left in %d blocks", g.n, len(g.blocks))
	}
	must(t, CostEntries.Clear(d, 1))
	e, after := sealed(t, d)
	if n := after.Count(CostEntries.Desc()); n != 0 || e.Count != 100_000 {
		t.Error(n, e.Count)
	}
	b := NewBuilder(after)
	must(t, b.Undo(e, &Entry{Seq: s.Seq(), Hash: s.Hash(), At: s.At()}))
	if diff := Diff(s, b.Snapshot()); diff != "" {
		t.Error(diff)
	}
}

// A word is written as it is, so it has no letters that would have to be written otherwise.
func TestWordsAreRefused(t *testing.T) {
	for _, word := range []string{`A"B`, `A\B`, "A\nB", "A\tB", "Ä", "A\x00B", "eight88 "} {
		d := draftOf(t, factWorld(t, 1))
		amount := int64(1)
		if err := CostEntries.Put(d, []*ent.CostEntry{cost(1, 1, word, 1, &amount, nil)}...); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", word, err)
		}
	}
}
