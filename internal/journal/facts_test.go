package journal_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/fault"
	"pmograph/internal/guard"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store"
	"pmograph/internal/vocab"
)

func addCategory(code string) func(*state.Draft) error {
	return func(d *state.Draft) error {
		c := state.CostCategories.New(d)
		c.Code, c.Name = code, "Category "+code
		return state.CostCategories.Put(d, c)
	}
}

func addCost(project, category int64, month int, amount int64) func(*state.Draft) error {
	return func(d *state.Draft) error {
		return state.CostEntries.Put(d, &ent.CostEntry{
			ProjectID: project, CostCategoryID: category, Currency: "EUR", Period: vocab.NewDate(2026, 1, 1) + vocab.Date(month), Actual: new(guard.NewMoney(amount)),
		})
	}
}

// costs is many costs of a project. The batch is made once, as an importer's is, however often the decision runs.
func costs(project, category int64, amount int64) func(*state.Draft) error {
	f := state.CostEntries
	b := state.NewBatch(f.Desc())
	for i := range int64(many) {
		b.Add("project_id", project)
		b.Set(f.Col("cost_category_id"), category)
		b.Set(f.Col("currency"), f.Col("currency").Number("EUR"))
		b.Set(f.Col("period"), many-i)
		b.Set(f.Col("actual"), amount)
	}
	return func(d *state.Draft) error { return d.PutFacts(b) }
}

func then(all ...func(*state.Draft) error) func(*state.Draft) error {
	return func(d *state.Draft) error {
		for _, run := range all {
			if err := run(d); err != nil {
				return err
			}
		}
		return nil
	}
}

func removeCategory(id int64) func(*state.Draft) error {
	return func(d *state.Draft) error { state.CostCategories.Delete(d, id); return nil }
}

func clearCosts(project int64) func(*state.Draft) error {
	return func(d *state.Draft) error { return state.CostEntries.Clear(d, project) }
}

// withCosts is a record with two projects, three categories, and a cost of each project.
func withCosts(t testing.TB, o journal.Options) (store.Store, *journal.Journal) {
	t.Helper()
	db := newStore()
	j := openWith(t, db, o)
	must(do(t, j, "import", nil, then(addPortfolio("P", nil), addProject("A", 1), addProject("B", 1), addCategory("x"), addCategory("y"), addCategory("z"),
		addCost(1, 1, -1, 5), addCost(2, 1, -1, 5))))
	return db, j
}

// While many facts are recorded somebody else commits: the outcome is that of one after the other.
func TestLargeFactsAmongOthers(t *testing.T) {
	for name, x := range map[string]struct {
		other   func(*state.Draft) error
		run     func(*state.Draft) error
		runs    int64
		refused fault.Kind
	}{
		"nobody":                              {nil, costs(1, 1, 7), 1, ""},
		"a project is renamed":                {rename(1, "A2"), costs(1, 1, 7), 1, ""},
		"a cost of another project changes":   {addCost(2, 1, -1, 6), costs(1, 1, 7), 1, ""},
		"the costs of another project go":     {clearCosts(2), costs(1, 1, 7), 1, ""},
		"another project gets costs":          {addCost(2, 1, 1, 6), costs(1, 1, 7), 2, ""},
		"its project gets costs":              {addCost(1, 1, 1, 6), costs(1, 1, 7), 2, ""},
		"its project loses its costs":         {clearCosts(1), costs(1, 1, 7), 2, ""},
		"its category goes":                   {removeCategory(2), costs(1, 2, 7), 2, fault.Invalid},
		"a category it removes gets a cost":   {addCost(2, 3, -1, 6), then(removeCategory(3), milestones(1, "m")), 2, fault.Conflict},
		"a cost moves to one that it removes": {then(clearCosts(2), addCost(2, 3, 1, 6)), then(removeCategory(3), milestones(1, "m")), 2, fault.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			db, j := withCosts(t, journal.Options{})
			var runs atomic.Int64
			_, err := do(t, j, "import", nil, func(d *state.Draft) error {
				if runs.Add(1) == 1 && x.other != nil {
					must(do(t, j, "import", nil, x.other))
				}
				return x.run(d)
			})
			if (err == nil) != (x.refused == "") || err != nil && !fault.Is(err, x.refused) {
				t.Fatal(err)
			}
			if runs.Load() != x.runs {
				t.Errorf("decided %d times", runs.Load())
			}
			agrees(t, db, j)
		})
	}
}

// Facts are counted one by one: by what makes a mutation large, by its progress, and by the price of the past. Room is asked for as many rows
// as they take the memory of.
func TestFactsAreCounted(t *testing.T) {
	var asked []int
	few := state.InMemory(0, many)
	if few >= many/10 || few == 0 {
		t.Fatalf("%d facts count as %d rows", many, few)
	}
	db, j := withCosts(t, journal.Options{Room: func(rows int) error {
		asked = append(asked, rows)
		if rows == few {
			return fault.New(fault.Unavailable, "no room")
		}
		return nil
	}})
	if _, err := do(t, j, "import", nil, costs(1, 2, 7)); !fault.Is(err, fault.Unavailable) || asked[len(asked)-1] != few {
		t.Fatal(err, asked)
	}
	total := map[journal.Phase]int{}
	meta := journal.Meta{Key: "k", Progress: func(p journal.Phase, _, n int) { total[p] = n }}
	before := j.Latest().Seq()
	dec := state.Decision{Action: "import", Run: then(costs(1, 2, 7), addMilestone(1, "m"))}
	must(j.DoAs(t.Context(), auth.Machine("test"), dec, meta))
	if total[journal.Copying] != many+1 || total[journal.Committing] != many+1 {
		t.Errorf("it told %v", total)
	}
	if _, rows, err := db.Distance(t.Context(), before, before+1); rows != many+1 || err != nil {
		t.Errorf("the price is %d, %v", rows, err)
	}
	if again := must(j.DoAs(t.Context(), auth.Machine("test"), dec, meta)); !again.Repeated {
		t.Error("the key is not known")
	}
	must(do(t, j, "import", nil, costs(1, 2, 8))) // as many as before
	if last := asked[len(asked)-1]; last != few+1 {
		t.Errorf("room was asked for %d rows where there were no more", last)
	}
	agrees(t, db, j)
}

// A caller who goes away stops an import of facts without harm, and begins it again by its key.
func TestLargeFactsStopped(t *testing.T) {
	db, j := withCosts(t, journal.Options{})
	ctx, stop := context.WithCancel(t.Context())
	dec := state.Decision{Action: "import", Run: costs(1, 1, 7)}
	_, err := j.DoAs(ctx, auth.Machine("test"), dec, journal.Meta{Key: "k", Progress: func(p journal.Phase, _, _ int) {
		if p == journal.Copying {
			stop()
		}
	}})
	if !fault.Is(err, fault.Unavailable) || j.Latest().Count(state.CostEntries.Desc()) != 2 {
		t.Fatal(err)
	}
	out := must(j.DoAs(t.Context(), auth.Machine("test"), dec, journal.Meta{Key: "k"}))
	if n := j.Latest().Count(state.CostEntries.Desc()); out.Repeated || n != many+2 {
		t.Errorf("%d facts, repeated: %v", n, out.Repeated)
	}
	agrees(t, db, j)
}

// sized is a store whose entries have a number of rows each, by their own number.
type sized struct {
	store.Store
	rows func(seq int64) int64
}

func (s sized) Distance(_ context.Context, after, upTo int64) (entries, rows int64, err error) {
	for seq := after + 1; seq <= upTo; seq++ {
		entries, rows = entries+1, rows+s.rows(seq)
	}
	return entries, rows, nil
}

// Entries are read many at once, but not many large ones.
func TestPages(t *testing.T) {
	db := sized{rows: func(seq int64) int64 {
		if seq > 1000 {
			return 100_000
		}
		return 1
	}}
	for _, x := range []struct {
		after, upTo int64
		back        bool
		want        int
	}{{0, 1000, false, 2000}, {0, 5000, false, 1000}, {1000, 5000, false, 3}, {0, 5000, true, 3}, {0, 1003, true, 2000}} {
		if have, err := journal.Page(t.Context(), db, x.after, x.upTo, x.back, 2000); have != x.want || err != nil {
			t.Errorf("%+v: %d, %v", x, have, err)
		}
	}
	db.rows = func(int64) int64 { return 10_000_000 }
	if have, err := journal.Page(t.Context(), db, 0, 10, false, 2000); have != 1 || err != nil {
		t.Error(have, err)
	}
}

// Verification finds facts of an entry that were edited, in whatever way the text stays readable.
func TestVerifyFindsEditedFacts(t *testing.T) {
	for name, edit := range map[string]func(c *state.EntryChange){
		"another amount": func(c *state.EntryChange) {
			c.Columns = `{"put":{"n":1,"id":1,"cost_category_id":1,"currency":"EUR","period":"2025-12-31","actual":6}}`
		},
		"another project": func(c *state.EntryChange) { c.ID = 3 },
		"nothing":         func(c *state.EntryChange) { c.Columns = `{}` },
	} {
		db, _ := withCosts(t, journal.Options{})
		if _, err := journal.Verify(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		found := errors.New("no facts")
		db.(interface{ Tamper(func([]state.Entry)) }).Tamper(func(entries []state.Entry) {
			for i := range entries[0].Changes {
				if c := &entries[0].Changes[i]; c.Op == state.OpFacts && c.ID == 1 {
					edit(c)
					found = nil
				}
			}
		})
		if _, err := journal.Verify(t.Context(), db); err == nil || found != nil {
			t.Error(fmt.Sprint(name, ": "), err, found)
		}
	}
}
