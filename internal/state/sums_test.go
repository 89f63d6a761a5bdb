package state

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/vocab"
)

var actualBy = NewProjectMeasure("test", func(r Reader, project int64, at Point) Vector {
	b := VectorBuilder{}
	currency, period, actual := CostEntries.Col("currency"), CostEntries.Col("period"), CostEntries.Col("actual")
	for x := range CostEntries.Of(r, project).All() {
		if n, ok := x.Int(actual); ok && x.Val(period) <= at.A {
			b.Add(Term{A: x.Val(currency)}, exact.IntOf(n))
		}
	}
	for range Milestones.By(r, "project_id", project) {
		b.Add(Term{A: -1}, exact.IntOf(1))
	}
	return b.Vector()
})

// plain adds up what hangs on a portfolio, without anything that is kept.
func plain(s *Snapshot, portfolio int64, at Point) (sum Vector) {
	r := NewWhole(s)
	for p := range Projects.By(r, "portfolio_id", portfolio) {
		sum = sum.Add(actualBy.of(r, p.ID, at))
	}
	for child := range Portfolios.By(r, "parent_id", portfolio) {
		sum = sum.Add(plain(s, child.ID, at))
	}
	return sum
}

// spread is a record with portfolios below each other, and in each a project that costs something.
func spread(t testing.TB) *Snapshot {
	d, err := NewDraft(factWorld(t, 1), auth.Machine("test"), "import", evening, vocab.DateOf(evening))
	must(t, err)
	for n := range int64(3) {
		p := Portfolios.New(d)
		p.Code, p.Name, p.Lifecycle, p.ParentID = fmt.Sprint("q", n), "q", vocab.PortfolioLifecycleActive, new(n+1)
		must(t, Portfolios.Put(d, p))
		x := Projects.New(d)
		x.Code, x.Name, x.PortfolioID, x.Lifecycle, x.Currency = fmt.Sprint("q", n), "x", p.ID, vocab.ProjectLifecycleExecuting, "EUR"
		must(t, Projects.Put(d, x))
		must(t, CostEntries.Put(d, cost(x.ID, 1, "EUR", 1, new(n+7), nil)))
	}
	must(t, d.Finish(nil))
	_, err = d.Entry(Entry{Key: "k"})
	must(t, err)
	return d.Published()
}

// After any edit, move, undo or load, and for previews, what is kept at a node is the plain sum of what lies below it.
func TestNodeSumsArePlainSums(t *testing.T) { nodeSumsArePlainSums(t, func() {}) }

// So it is when there is hardly room to keep anything, and some of it goes at any time.
func TestNodeSumsAreBounded(t *testing.T) {
	was := generationSize
	generationSize = 6
	defer func() { generationSize = was }()
	nodeSumsArePlainSums(t, runtime.GC)
	keeper.mu.Lock()
	defer keeper.mu.Unlock()
	if held := keeper.now.size + keeper.older.size; held > 2*(generationSize+20) {
		t.Errorf("%d entries are kept", held)
	}
}

func nodeSumsArePlainSums(t *testing.T, between func()) {
	rapid.Check(t, func(rt *rapid.T) {
		s := spread(t)
		ask := func(s *Snapshot, where string) {
			r := NewWhole(s)
			for p := range Portfolios.All(r) {
				at := Point{A: rapid.SampledFrom([]int64{20_500, 20_700, 21_000}).Draw(rt, "at")}
				if got, want := actualBy.Node(r, p.ID, at), plain(s, p.ID, at); !slices.Equal(got, want) {
					rt.Fatalf("%s: portfolio %d has %v, not %v", where, p.ID, got, want)
				}
			}
		}
		for n := range rapid.IntRange(1, 12).Draw(rt, "edits") {
			d, err := NewDraft(s, auth.Machine("test"), "import", evening, vocab.DateOf(evening))
			must(t, err)
			r := NewWhole(s)
			projects, portfolios := slices.Collect(Projects.All(r)), slices.Collect(Portfolios.All(r))
			project := projects[rapid.IntRange(0, len(projects)-1).Draw(rt, "project")]
			portfolio := portfolios[rapid.IntRange(0, len(portfolios)-1).Draw(rt, "portfolio")]
			switch rapid.IntRange(0, 6).Draw(rt, "edit") {
			case 0:
				p := Portfolios.New(d)
				p.Code, p.Name, p.Lifecycle, p.ParentID = fmt.Sprint("P", n), "P", vocab.PortfolioLifecycleActive, &portfolio.ID
				must(t, Portfolios.Put(d, p))
			case 1:
				p, err := Projects.Edit(d, project.ID, nil)
				must(t, err)
				p.PortfolioID = portfolio.ID
				must(t, Projects.Put(d, p))
			case 2:
				p, err := Portfolios.Edit(d, portfolio.ID, nil)
				must(t, err)
				p.ParentID = nil
				if up := portfolios[rapid.IntRange(0, len(portfolios)-1).Draw(rt, "parent")].ID; up < p.ID { // no ring
					p.ParentID = &up
				}
				must(t, Portfolios.Put(d, p))
			case 3:
				m := Milestones.New(d)
				m.ProjectID, m.Name, m.State = project.ID, fmt.Sprint("m", n), vocab.MilestoneStatePlanned
				must(t, Milestones.Put(d, m))
			case 4:
				p := Projects.New(d)
				p.Code, p.Name, p.PortfolioID, p.Lifecycle, p.Currency = fmt.Sprint("n", n), "x", portfolio.ID, vocab.ProjectLifecycleExecuting, "EUR"
				must(t, Projects.Put(d, p))
			case 5:
				must(t, CostEntries.Clear(d, project.ID))
			default:
				for m := range rapid.IntRange(1, 5).Draw(rt, "facts") {
					amount := rapid.Int64().Draw(rt, "amount")
					must(t, CostEntries.Put(d, cost(project.ID, 1, rapid.SampledFrom([]string{"EUR", "USD"}).Draw(rt, "currency"), m, &amount, nil)))
				}
			}
			must(t, d.Finish(nil))
			if !d.Recorded() {
				continue
			}
			if rapid.Bool().Draw(rt, "asked of the draft") {
				ask(d.Snapshot(), "draft")
				between()
				must(t, CostEntries.Put(d, cost(project.ID, 2, "EUR", n, new(int64(n)), nil)))
				must(t, d.Finish(nil))
				ask(d.Snapshot(), "draft that went on")
			}
			e, err := d.Entry(Entry{Key: "k"})
			must(t, err)
			b := NewBuilder(s)
			must(t, b.Apply(e))
			ask(b.Snapshot(), "follower")
			after := d.Published()
			u := NewBuilder(after)
			must(t, u.Undo(e, &Entry{Seq: s.Seq(), Hash: s.Hash(), At: s.At()}))
			ask(u.Snapshot(), "past")
			ask(after, "draft published")
			between()
			ask(s, "base")
			s = after
		}
		ask(loaded(t, s), "load")
	})
}

// A change of an indicator's definition makes every kept vector wrong.
func TestDefinitionsForgetSums(t *testing.T) {
	cadence := NewProjectMeasure("cadence", func(r Reader, _ int64, _ Point) Vector {
		b := VectorBuilder{}
		for k := range KpiDefinitions.All(r) {
			b.Add(Term{A: k.ID}, exact.IntOf(int64(len(k.Cadence))))
		}
		return b.Vector()
	})
	s := spread(t)
	change := func(k *ent.KpiDefinition, of vocab.Cadence) {
		d, err := NewDraft(s, auth.Machine("test"), "import", evening, vocab.DateOf(evening))
		must(t, err)
		if k == nil {
			k = KpiDefinitions.New(d)
		} else {
			k, err = KpiDefinitions.Edit(d, k.ID, nil)
			must(t, err)
		}
		k.Code, k.Name, k.Unit, k.Direction, k.Source = "K", "K", vocab.UnitCount, vocab.KpiDirectionUpGood, vocab.KpiSourceMeasured
		k.FormulaVersion, k.Rollup, k.Cadence = 1, vocab.KpiRollupSum, of
		must(t, KpiDefinitions.Put(d, k))
		must(t, d.Finish(nil))
		_, err = d.Entry(Entry{Key: "k"})
		must(t, err)
		s = d.Published()
	}
	for _, of := range []vocab.Cadence{"", vocab.CadenceWeek, vocab.CadenceQuarter} {
		if of != "" {
			change(KpiDefinitions.Get(NewWhole(s), 1), of)
		}
		if got, want := cadence.Node(NewWhole(s), 1, Point{}).Get(Term{A: 1}), exact.IntOf(int64(4*len(of))); got != want {
			t.Errorf("with cadence %q the node has %v, not %v", of, got.Big(), want.Big())
		}
	}
}
