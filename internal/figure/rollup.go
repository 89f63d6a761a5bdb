package figure

import (
	"iter"
	"slices"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/rollup"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Scope is what a rollup is over.
type Scope struct {
	Projects iter.Seq[*ent.Project] // those the viewer may see
	Complete func(vocab.Class) bool // whether he sees all of them and their columns of a class, by grants and tree
	Currency string                 // totals are in
	Nodes    []int64                // portfolios that make up the scope with all below them; nil if it is not made of such
	Kept     func(vocab.Class) bool // whether what is kept at these nodes may be used for inputs of a class
	Single   *ent.Project           // the one project; nil if it is a group
}

// Rollup is the condition of a set of projects on a day, from summed parts. Its classes of input are public but for cost, which is of
// class money.
type Rollup struct {
	Scope Scope
	AsOf  vocab.Date

	book *Book

	counts     lazy[state.Vector] // by standing
	standings  lazy[standings]
	milestones lazy[[]dated]
}

// dated is one milestone of a member.
type dated struct {
	id    int64
	facts rollup.Milestone
	how   rollup.Standing
	slip  int
	why   vocab.Reason // there is no slip
}

// Rollup sums up a set of projects.
func (b *Book) Rollup(s Scope, asOf vocab.Date) *Rollup {
	return &Rollup{Scope: s, AsOf: asOf, book: b}
}

// standings are the projects of a rollup by how they stand with their reports.
type standings struct {
	members      []member // that count
	notReporting []*ent.Project
}

func (r *Rollup) gatherStandings() (s standings) {
	for p := range r.Scope.Projects {
		st := r.book.Standing(p, r.AsOf)
		if st.Counted {
			s.members = append(s.members, member{p, st})
		} else if st.Reporting == Stale {
			s.notReporting = append(s.notReporting, p)
		}
	}
	slices.SortFunc(s.members, func(a, b member) int { return byID(a.project.ID, b.project.ID) })
	slices.SortFunc(s.notReporting, func(a, b *ent.Project) int { return byID(a.ID, b.ID) })
	return s
}

func (r *Rollup) stand() standings  { return r.standings.get(r.gatherStandings) }
func (r *Rollup) members() []member { return r.stand().members }
func (r *Rollup) dated() []dated    { return r.milestones.get(r.gatherMilestones) }

func (r *Rollup) sum(m *state.Measure, at state.Point, class vocab.Class) summed {
	return r.Scope.sum(r.book.r, m, at, class)
}

// Single is the rollup of one project, for its own cost.
func (b *Book) Single(p *ent.Project, asOf vocab.Date) *Rollup {
	key := state.Projects.Key(b.r, p)
	return b.Rollup(Scope{
		Projects: func(yield func(*ent.Project) bool) { yield(p) },
		Complete: key.Sees,
		Currency: p.Currency,
		Single:   p,
	}, asOf)
}

func byID(a, b int64) int { return int(min(max(a-b, -1), 1)) }

func (r *Rollup) gatherMilestones() (all []dated) {
	for _, m := range r.members() {
		baseline, cal := r.book.Baseline(m.project, r.AsOf), r.book.WorkingDays(m.project)
		for row := range state.Milestones.By(r.book.r, "project_id", m.project.ID) {
			s := dated{id: row.ID, facts: r.book.facts(m.project, row, baseline, r.AsOf)}
			s.how = rollup.Stand(s.facts, r.AsOf)
			s.slip, s.why = rollup.Slip(cal, s.facts)
			all = append(all, s)
		}
	}
	return all
}

func project(p *ent.Project) state.Ref { return state.Ref{Table: state.Projects.Desc(), ID: p.ID} }
func milestone(id int64) state.Ref     { return state.Ref{Table: state.Milestones.Desc(), ID: id} }

func summedUp(name string) term { return term{Input: Input{Name: name, Unit: vocab.UnitCount}} }

func counted(name string, n int) Input {
	return Input{Name: name, Unit: vocab.UnitCount, Value: exact.Of(n)}
}

// counting makes the figure that counts n things; nodes tells which, if it is asked for.
func (r *Rollup) counting(name string, n int, nodes func() []state.Ref) Figure {
	return r.countingOf(vocab.ClassPublic, n, 0, func() Explanation { return counting1(name, n, nodes) })
}

// countingOf is counting of things of which some are withheld, by inputs of a class: then nothing is visible.
func (r *Rollup) countingOf(c vocab.Class, n, withheld int, explain made) Figure {
	f := Figure{Unit: vocab.UnitCount, AsOf: r.AsOf, Coverage: Coverage{Included: n, Withheld: withheld, Complete: r.Scope.Complete(c)}, from: explain}
	if withheld > 0 {
		f.Reason = vocab.ReasonNotVisible
	}
	f.settle(exact.Of(n), "")
	return f
}

// counting1 explains a count.
func counting1(name string, n int, nodes func() []state.Ref) Explanation {
	return Explanation{Formula: input(name), Inputs: []Input{counted(name, n)}, parts: func() []Part { return each(name, nodes()) }}
}

// each has every node add one to an input.
func each(name string, nodes []state.Ref) (parts []Part) {
	for _, n := range nodes {
		parts = append(parts, Part{n, name, exact.One})
	}
	return parts
}

// The slots by which projects are counted; beside them stands the place of the value in its list.
const (
	slotCounted int64 = iota
	slotNotReporting
	slotUnreported
	slotHealth
	slotConfidence
	slotLifecycle
)

// standing counts a project, on the day Point.A, by how it stands with its reports and what they declare.
var standing = state.NewProjectMeasure("standing", func(r state.Reader, id int64, at state.Point) state.Vector {
	p := state.Projects.Get(r, id)
	s := NewBook(r).Standing(p, vocab.Date(at.A))
	b := state.VectorBuilder{}
	add := func(slot, value int) { b[state.Term{A: int64(slot), B: int64(value)}] = exact.IntOf(1) }
	switch {
	case s.Counted:
		add(int(slotCounted), 0)
		add(int(slotHealth), placeOf(s.Health()))
		add(int(slotConfidence), placeOf(s.Confidence()))
		add(int(slotLifecycle), placeOf(p.Lifecycle))
		if s.Reporting == Never {
			add(int(slotUnreported), 0)
		}
	case s.Reporting == Stale:
		add(int(slotNotReporting), 0)
	}
	return b.Vector()
})

// listed is a value of a closed list.
type listed interface {
	~string
	Values() []string
}

// placeOf gives the place of a value in its closed list.
func placeOf[E listed](v E) int {
	return slices.Index(v.Values(), string(v))
}

func (r *Rollup) count(slot int64, value int) int {
	v := r.counts.get(func() state.Vector {
		return r.sum(standing, state.Point{A: int64(r.AsOf)}, vocab.ClassPublic).Vector
	})
	return whole(v.Get(state.Term{A: slot, B: int64(value)}))
}

// Projects counts the projects that count on the day.
func (r *Rollup) Projects() Figure {
	return r.counting("projects", r.count(slotCounted, 0), r.nodes(func(member) bool { return true }))
}

// NotReporting counts the projects whose newest report is too old to count.
func (r *Rollup) NotReporting() Figure {
	return r.counting("not_reporting", r.count(slotNotReporting, 0), func() (nodes []state.Ref) {
		for _, p := range r.stand().notReporting {
			nodes = append(nodes, project(p))
		}
		return nodes
	})
}

// Unreported counts the projects that count although they never reported.
func (r *Rollup) Unreported() Figure {
	return r.counting("unreported", r.count(slotUnreported, 0), r.nodes(func(m member) bool { return m.standing.Reporting == Never }))
}

// nodes lists the members that meet a condition.
func (r *Rollup) nodes(which func(member) bool) func() []state.Ref {
	return func() (nodes []state.Ref) {
		for _, m := range r.members() {
			if which(m) {
				nodes = append(nodes, project(m.project))
			}
		}
		return nodes
	}
}

// Group is one value of a distribution.
type Group struct {
	rollup *Rollup
	slot   int64
	word   string
	n      int
}

// ByHealth is the group of the projects of a health.
func (r *Rollup) ByHealth(h vocab.Rag) Group { return group(r, slotHealth, h) }

// ByConfidence is the group of the projects of a confidence.
func (r *Rollup) ByConfidence(c vocab.DeliveryConfidence) Group { return group(r, slotConfidence, c) }

// ByLifecycle is the group of the projects of a lifecycle, which carries no date and is as known.
func (r *Rollup) ByLifecycle(l vocab.ProjectLifecycle) Group { return group(r, slotLifecycle, l) }

func group[E listed](r *Rollup, slot int64, v E) Group {
	return Group{r, slot, string(v), r.count(slot, placeOf(v))}
}

func (g Group) in(m member) bool {
	switch g.slot {
	case slotHealth:
		return string(m.standing.Health()) == g.word
	case slotConfidence:
		return string(m.standing.Confidence()) == g.word
	}
	return string(m.project.Lifecycle) == g.word
}

// Count counts the group.
func (g Group) Count() Figure {
	return g.rollup.countingOf(vocab.ClassPublic, g.n, 0, func() Explanation { return counting1(identifier(g.word), g.n, g.rollup.nodes(g.in)) })
}

// Share is the group's count over all.
func (g Group) Share() Figure {
	r := g.rollup
	all := r.count(slotCounted, 0)
	f := Figure{Unit: vocab.UnitRatio, AsOf: r.AsOf, Coverage: Coverage{Included: all, Complete: r.Scope.Complete(vocab.ClassPublic)}}
	f.from = made(func() Explanation {
		name := identifier(g.word)
		return Explanation{Formula: apply('/', input(name), input("projects")), Inputs: []Input{counted(name, g.n), counted("projects", all)}, parts: func() []Part {
			return append(each(name, r.nodes(g.in)()), each("projects", r.nodes(func(member) bool { return true })())...)
		}}
	})
	f.settle(rollup.Share(g.n, all))
	return f
}

// MilestoneCount names a count of milestones.
type MilestoneCount struct {
	name string
	in   func(dated) bool
}

// The counts of milestones. Cancelled ones are counted in no other.
var (
	Due           = MilestoneCount{"due", func(s dated) bool { return s.how.Due }}
	Reached       = MilestoneCount{"reached", func(s dated) bool { return s.how.Reached }}
	ReachedOnTime = MilestoneCount{"reached_on_time", func(s dated) bool { return s.how.OnTime }}
	Slipped       = MilestoneCount{"slipped", func(s dated) bool { return s.why == "" && s.slip > 0 }}
	Cancelled     = MilestoneCount{"cancelled", func(s dated) bool { return s.how.Cancelled }}
)

// Milestones counts milestones.
func (r *Rollup) Milestones(c MilestoneCount) Figure {
	var nodes []state.Ref
	for _, s := range r.dated() {
		if c.in(s) {
			nodes = append(nodes, milestone(s.id))
		}
	}
	return r.counting(c.name, len(nodes), func() []state.Ref { return nodes })
}

// OnTimeRate is the milestones reached on or before their baseline date over those due by the day.
func (r *Rollup) OnTimeRate() Figure {
	x := recipe{formula: apply('/', input(ReachedOnTime.name), input(Due.name)), unit: vocab.UnitRatio, asOf: r.AsOf, terms: []term{summedUp(ReachedOnTime.name), summedUp(Due.name)}}
	x.coverage.Complete = r.Scope.Complete(vocab.ClassPublic)
	for _, s := range r.dated() {
		if s.facts.Baseline == nil && !s.how.Cancelled {
			x.coverage.Missing++
		}
		if !s.how.Due {
			continue
		}
		x.coverage.Included++
		if s.how.OnTime {
			x.parts = append(x.parts, Part{milestone(s.id), ReachedOnTime.name, exact.One})
		}
		x.parts = append(x.parts, Part{milestone(s.id), Due.name, exact.One})
	}
	return x.make()
}

// WorstSlip is the greatest slip of a milestone.
func (r *Rollup) WorstSlip() Figure {
	x := recipe{formula: input(worst), unit: vocab.UnitWorkingDays, asOf: r.AsOf, terms: []term{{Input{Name: worst, Unit: vocab.UnitWorkingDays}, most}}}
	x.coverage.Complete = r.Scope.Complete(vocab.ClassPublic)
	x.reason = vocab.ReasonNoSample
	for _, s := range r.dated() {
		switch {
		case s.how.Cancelled:
		case s.why == "":
			x.coverage.Included++
			x.parts = append(x.parts, Part{milestone(s.id), worst, exact.Of(s.slip)})
		default:
			x.coverage.Missing++
			if x.reason != vocab.ReasonNoMeasurement {
				x.reason = s.why
			}
		}
	}
	if x.coverage.Included > 0 {
		x.reason = ""
	}
	return x.make()
}

// DataAge gives the ends of the oldest and the newest period among the reports that count; nil if there are none.
func (r *Rollup) DataAge() (oldest, newest *vocab.Date) {
	for _, m := range r.members() {
		if m.standing.Report == nil {
			continue
		}
		end := m.standing.Report.PeriodEnd
		if oldest == nil || end < *oldest {
			oldest = &end
		}
		if newest == nil || end > *newest {
			newest = &end
		}
	}
	return oldest, newest
}
