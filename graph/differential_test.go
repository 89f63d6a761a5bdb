package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"pmograph/auth"
	"pmograph/ent"
	"pmograph/graph"
	"pmograph/graph/plan/plantest"
	"pmograph/internal/accesstest"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// clocked is a record seen at an instant of its own: days end, and with them roles.
type clocked struct {
	*journal.Journal
	at time.Time
}

func (c clocked) day() vocab.Date { return vocab.DateOf(c.at) }

func (c clocked) View(ctx context.Context, id auth.Identity, q journal.Query) (*state.View, error) {
	v, err := c.Journal.View(ctx, admin, q) // any view has the way to the past
	if err != nil {
		return nil, err
	}
	session, err := v.Snapshot().Session(id, c.at, c.day(), c.at.Add(time.Hour))
	if err != nil {
		return nil, err
	}
	return state.NewView(v.Snapshot(), session, c.day(), state.ViewOptions{Newest: v.Snapshot(), Past: v.Past()})
}

// narrowed is a record from which everything was taken that somebody may not see, shown to who may see all of what is left: only the
// classes of columns that are closed to the one are closed to the other.
type narrowed struct {
	clocked
	org     *accesstest.Org
	held    []accesstest.Held
	session auth.Session

	mu   sync.Mutex
	left map[*state.Snapshot]*state.Snapshot
}

// own is a tree in which nothing lies below anything: every node is said by itself.
type own struct{}

func (own) Below(id int64) []int64      { return []int64{id} }
func (own) TeamsBelow(id int64) []int64 { return []int64{id} }

// classes are the permissions that open columns, and time of people.
var classes = map[string]auth.Permission{"read": auth.Read, "money": auth.ReadMoney, "rate": auth.ReadRate, "personal": auth.ReadPersonal, "load": auth.ReadLoad}

func opens(c accesstest.Can) (p auth.Permission) {
	for word, permission := range classes {
		if c.Has(accesstest.Of(word)) {
			p |= permission
		}
	}
	return p
}

// narrow gives the record that is left for an identity; nil if he is shut out. earlier are the snapshots there were before.
func narrow(c clocked, id auth.Identity, earlier []*state.Snapshot) *narrowed {
	n := &narrowed{clocked: c, org: accesstest.Read(c.Latest(), earlier...), left: map[*state.Snapshot]*state.Snapshot{}}
	held, user, in := n.org.Holds(id, c.day())
	if !in {
		return nil
	}
	n.held = held
	list := []auth.Holding{{May: auth.ReadAudit | opens(accesstest.Everywhere(held)), Kind: vocab.ScopeKindOrganisation}}
	for _, h := range n.org.ByNode(held) {
		list = append(list, auth.Holding{May: auth.Read | opens(h.Can), Kind: h.On, ID: h.ID}) // what is left is all there is
	}
	if any := opens(accesstest.Anywhere(held)); any != 0 { // what all share opens to what is held anywhere
		list = append(list, auth.Holding{May: any, Kind: auth.OnPerson, ID: 1 << 40})
	}
	n.session = auth.Session{Identity: id, User: user, Actor: "user", Rights: auth.Build(list, own{}), ValidUntil: c.at.Add(time.Hour)}
	return n
}

func (n *narrowed) View(ctx context.Context, _ auth.Identity, q journal.Query) (*state.View, error) {
	v, err := n.Journal.View(ctx, admin, q)
	if err != nil {
		return nil, err
	}
	s := n.without(v.Snapshot())
	return state.NewView(s, n.session, n.day(), state.ViewOptions{Newest: s, Past: narrowPast{v.Past(), n}})
}

// without takes away the rows that are hidden.
func (n *narrowed) without(s *state.Snapshot) *state.Snapshot {
	n.mu.Lock()
	defer n.mu.Unlock()
	if had := n.left[s]; had != nil {
		return had
	}
	d, err := state.NewDraft(s, auth.Machine("test"), "import", n.at, n.day())
	must(err)
	then := accesstest.Read(s)
	for _, p := range accesstest.Probes {
		for _, row := range p.All(state.NewWhole(s)) {
			table, of := p.Desc.Name, row
			if hour, ok := row.(*ent.AllocationHour); ok { // hours of a booking are shown with it; their rows are read by who reads everything
				table, of = "allocations", state.Allocations.Get(state.NewWhole(s), hour.AllocationID)
			}
			if !then.SeesAlso(n.org, n.held, table, of) {
				must(p.Drop(d, row))
			}
		}
	}
	for p := range state.Portfolios.All(state.All(d)) { // what lay below something that is gone lies at the top
		if p.ParentID != nil && state.Portfolios.Get(state.All(d), *p.ParentID) == nil {
			x := *p
			x.ParentID = nil
			must(state.Portfolios.Put(d, &x))
		}
	}
	n.left[s] = d.Published() // nobody asks whether it holds together: what is left refers to what is not
	return n.left[s]
}

type narrowPast struct {
	state.Past
	n *narrowed
}

func (p narrowPast) At(seq int64, at time.Time) (*state.Snapshot, error) {
	s, err := p.Past.At(seq, at)
	if err != nil {
		return nil, err
	}
	return p.n.without(s), nil
}

func (p narrowPast) Within(ctx context.Context) state.Past {
	if w, ok := p.Past.(interface {
		Within(context.Context) state.Past
	}); ok {
		p.Past = w.Within(ctx)
	}
	return p
}

// apart is what a smaller record cannot tell, and why; a Type.field, or a field of every type after a star.
var apart = map[string]string{
	"Coverage.complete": "says how much of a node is seen: of rights and tree, which are computed by hand in the tests of figures",
	"*.position":        "the smaller record has positions of its own", "Viewer.number": "the same",
	"*.permissions": "says what may be done, not what is seen", "Viewer.nodes": "the same", "Viewer.claims": "the same", "Viewer.roles": "the same", "*.viewerCan": "the same",
	"*.version": "the smaller record took some portfolios from below others", "*.updatedAt": "the same",
	"*.accessLog": "lies beside the record",
	"*.journal":   "entries say what changed, and are compared over pairs of worlds",
	"*.load":      "a person's load is seen by who keeps him, hidden bookings included: declassified, and compared over pairs of worlds", "*.capacity": "the same", "*.team": "the same",
	"Viewer.savedQueries":      "everybody is shown his own, whatever his rights: saved_query_test.go",
	"Viewer.savedQuery":        "the same",
	"Viewer.mailSubscriptions": "everybody is shown his own, whatever his rights: mail_subscription_test.go of decide",
}

// smaller gives the contract without what stands apart, and without mutations.
func smaller(t testing.TB) *ast.Schema {
	s := gqlparser.MustLoadSchema(&ast.Source{Name: "schema", Input: graph.SDL()})
	s.Mutation, s.Subscription = nil, nil
	used := map[string]bool{}
	for name, d := range s.Types {
		var left ast.FieldList
		for _, f := range d.Fields {
			one, all := name+"."+f.Name, "*."+f.Name
			if d.Kind != ast.InputObject && (apart[one] != "" || apart[all] != "" && !(f.Name == "team" && name == "Resource")) || f.Type.Name() == "LoadFigure" {
				used[one], used[all] = true, true
				continue
			}
			left = append(left, f)
		}
		d.Fields = left
	}
	for name := range apart {
		if !used[name] {
			t.Errorf("%s stands apart and is no field", name)
		}
	}
	return s
}

// anybody holds any roles anywhere, or is one of those whom rows name.
func anybody(r *rand.Rand, w *world, n int) auth.Identity {
	id := who(fmt.Sprintf("anybody%d", n))
	if r.IntN(3) == 0 {
		id = who(pick(r, "somebody", "mia", "ben"))
	}
	for range r.IntN(3) + 1 - len(id.Subject)%2 {
		may := vocab.Role(pick(r, vocab.Role("").Values()...))
		scope := ""
		switch r.IntN(8) {
		case 0, 1, 2, 3:
			scope = "portfolio:" + pick(r, w.portfolios...).code
		case 4:
			if len(w.programs) > 0 {
				scope = "program:" + pick(r, w.programs...).code
			}
		case 5, 6:
			scope = "project:" + pick(r, w.projects...).code
		}
		id.Claims = append(id.Claims, role(may, scope))
	}
	return id
}

// couple is one record as somebody sees it, and what is left of it for him, seen whole.
type couple struct {
	name      string
	id        auth.Identity
	all, left http.Handler
	documents *plantest.Generator
}

// couples makes worlds, and some who look at each.
func couples(t testing.TB, schema *ast.Schema, worlds, people int) (list []*couple) {
	log := slog.New(slog.DiscardHandler)
	for seed := range uint64(worlds) {
		r := rand.New(rand.NewPCG(seed, 31))
		w := randomWorld(r)
		if len(w.programs) == 0 {
			w.programs = []program{{0, "G0"}}
		}
		for i := range w.indicators {
			w.indicators[i].portfolio = -1
		}
		h := everythingHouse(t, w)
		h.do("kpiDefinitionUpdate", func(d *state.Draft) error { // which indicators a project has follows from where it lies, seen or not
			for k := range state.KpiDefinitions.All(d) {
				k := edited(d, state.KpiDefinitions, k.ID)
				k.PortfolioID = nil
				must(state.KpiDefinitions.Put(d, k))
			}
			return nil
		})
		documents := plantest.NewGenerator(schema, newPool(t, h, w))
		var earlier []*state.Snapshot
		v, err := h.j.View(t.Context(), admin, journal.Query{})
		must(err)
		for seq := int64(1); seq < v.Snapshot().Seq(); seq++ {
			s, err := v.Past().At(seq, time.Time{})
			must(err)
			earlier = append(earlier, s)
		}
		for n := range people {
			c := clocked{h.j, pick(r, now, now, now, now.AddDate(1, 2, 0), now.AddDate(-3, 0, 0))}
			id := anybody(r, w, n)
			left := narrow(c, id, earlier)
			if left == nil || !accesstest.Anywhere(left.held).Has(accesstest.Of("read")) {
				continue // who may see nothing has nothing to ask
			}
			list = append(list, &couple{fmt.Sprintf("world %d, %s", seed, c.day()), id, graph.NewServer(c, graph.Options{Log: log}), graph.NewServer(left, graph.Options{Log: log}), documents})
		}
	}
	return list
}

func (c *couple) answers(q plantest.Request) (all, left plantest.Answer) {
	return pose(c.all, c.id, "", q), pose(c.left, c.id, "", q)
}

func (c *couple) differ(q plantest.Request) bool {
	all, left := c.answers(q)
	return plantest.Difference(all, left) != ""
}

// Whoever asks, his answer is the answer of the record without all that he may not see, given to who may see everything in it.
func TestAnswersAreThoseOfTheRecordWithoutWhatIsHidden(t *testing.T) {
	n, worlds, people := int64(50_000), 8, 8
	if testing.Short() {
		n, worlds, people = 1_500, 2, 4
	}
	if *documents > 0 {
		n = int64(*documents)
	}
	schema := smaller(t)
	list := couples(t, schema, worlds, people)
	var next, failed, shown, closed, errs atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < n && failed.Load() < 4; i = next.Add(1) - 1 {
				seed := *firstSeed + uint64(i)
				c := list[seed%uint64(len(list))]
				q := c.documents.Document(seed)
				all, left := c.answers(q)
				switch {
				case bytes.Contains(all.Body, []byte("NOT_VISIBLE")):
					closed.Add(1)
				case bytes.HasPrefix(all.Body, []byte(`{"errors"`)):
					errs.Add(1)
				}
				if len(all.Body) > 120 {
					shown.Add(1)
				}
				if plantest.Difference(all, left) == "" {
					continue
				}
				failed.Add(1)
				q = plantest.Shrink(schema, q, 400, c.differ)
				all, left = c.answers(q)
				t.Errorf("document %d, %s: %s %v asks\n%v\nof all:       %.1500s\nof what is left: %.1500s", seed, c.name, c.id.Subject, c.id.Claims, q, all.Body, left.Body)
			}
		})
	}
	wg.Wait()
	t.Logf("%d questions by %d people over %d worlds: %d show much, %d are told that something is closed, %d give errors; 0 differences but %d", n, len(list), worlds, shown.Load(), closed.Load(), errs.Load(), failed.Load())
	if shown.Load() < n/4 || closed.Load() < n/500 {
		t.Errorf("only %d answers show much, %d that something is closed", shown.Load(), closed.Load())
	}
}
