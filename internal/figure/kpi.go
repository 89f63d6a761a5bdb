package figure

import (
	"sync"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/calc/kpi"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// KpiNode is a node whose indicators are asked for: a project, a program or portfolio with all below, or the organisation.
type KpiNode struct {
	Scope                          // projects below it; of a project only what is complete
	Ref     state.Ref              // the node; without a table it is the organisation
	Opens   func(vocab.Class) bool // whether columns of a class are open at the node itself
	Project *ent.Project           // if it is one

	measured lazy[state.Rows] // by the node itself, of all indicators

	mu   sync.Mutex
	sums []kpiSum
	last int // of the sums, the one that was asked for last
}

// kpiSum is a node's sums at a point, of what is open to the viewer in a class.
type kpiSum struct {
	kpiTime
	class vocab.Class
	summed
	projects int
	next     int // where in the vector the terms of the indicator that was asked for last end
}

// kpiTerms are the sums of one indicator.
type kpiTerms struct {
	terms    state.Vector
	projects int // all that are summed up
	withheld int
}

// of gives the sums of an indicator. Series ask for point after point, and tables for indicator after indicator: each is looked for where the
// one before it was.
func (n *KpiNode) of(b *Book, at kpiTime, class vocab.Class, id int64) kpiTerms {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.sum(b, at, class)
	var t state.Vector
	t, s.next = termsOf(s.Vector, id, s.next)
	return kpiTerms{t, s.projects, s.withheld}
}

func (n *KpiNode) sum(b *Book, at kpiTime, class vocab.Class) *kpiSum {
	for range n.sums {
		if n.last++; n.last >= len(n.sums) {
			n.last = 0
		}
		if s := &n.sums[n.last]; s.kpiTime == at && s.class == class {
			return s
		}
	}
	if n.sums == nil {
		n.sums = make([]kpiSum, 0, 12) // as many as most series have months
	}
	s := n.Scope.sum(b.r, kpiSums, at.point(), class)
	n.last, n.sums = len(n.sums), append(n.sums, kpiSum{kpiTime: at, class: class, summed: s, projects: whole(s.Get(everyProject))})
	return &n.sums[n.last]
}

// ownColumn gives the column by which measurements name a node of a table.
func ownColumn(t *state.Desc) string {
	switch t {
	case state.Projects.Desc():
		return "project_id"
	case state.Programs.Desc():
		return "program_id"
	case state.Portfolios.Desc():
		return "portfolio_id"
	}
	return ""
}

// all gives the node's own measurements of all indicators; the organisation has none.
func (n *KpiNode) all(r state.Reader) state.Rows {
	return n.measured.get(func() state.Rows {
		if n.Ref.Table == nil {
			return state.Rows{}
		}
		return state.KpiMeasurements.Of(r, n.Ref.ID, ownColumn(n.Ref.Table))
	})
}

// Own gives the node's own measurements of an indicator.
func (n *KpiNode) Own(r state.Reader, d *ent.KpiDefinition) state.Rows {
	return n.all(r).With(d.ID)
}

// KpiHolds tells whether an indicator is for a node: everywhere, for the node's program, or for a portfolio at or above it, as far as the
// reader sees the way up.
func KpiHolds(r state.Reader, d *ent.KpiDefinition, node state.Ref) bool {
	if d.ProgramID == nil && d.PortfolioID == nil {
		return true
	}
	var program, portfolio int64
	switch node.Table {
	case state.Projects.Desc():
		if p := state.Projects.Get(r, node.ID); p != nil {
			if portfolio = p.PortfolioID; p.ProgramID != nil {
				program = *p.ProgramID
			}
		}
	case state.Programs.Desc():
		if p := state.Programs.Get(r, node.ID); p != nil {
			program, portfolio = p.ID, p.PortfolioID
		}
	case state.Portfolios.Desc():
		portfolio = node.ID
	}
	if d.ProgramID != nil {
		return *d.ProgramID == program
	}
	for portfolio != 0 && portfolio != *d.PortfolioID {
		p := state.Portfolios.Get(r, portfolio)
		if p == nil || p.ParentID == nil {
			return false
		}
		portfolio = *p.ParentID
	}
	return portfolio != 0
}

// Kpi is an indicator at a node. Indicators about money have inputs of class money, others public ones.
type Kpi struct {
	Definition *ent.KpiDefinition
	book       *Book
	node       *KpiNode
	rolls      bool // the node itself measured nothing: it is what the projects below come to
	limits     lazy[*kpi.Thresholds]

	mu    sync.Mutex // what counts at the point that was asked for last
	found bool
	at    kpiTime
	facts state.Rows
	stale bool
}

// Kpi shows an indicator at a node.
func (b *Book) Kpi(n *KpiNode, d *ent.KpiDefinition) Kpi {
	return Kpi{Definition: d, book: b, node: n, rolls: n.Ref.Table != state.Projects.Desc() && n.all(b.r).Len() == 0}
}

func (k *Kpi) thresholds() *kpi.Thresholds {
	d := k.Definition
	limits, err := kpi.NewThresholds(d.Direction, kpi.Limits{Green: limit(d.Green), Amber: limit(d.Amber), GreenHigh: limit(d.GreenHigh), AmberHigh: limit(d.AmberHigh)})
	if err != nil {
		return nil // an invariant refuses such limits
	}
	return limits
}

func limit(parts *int64) exact.Number {
	if parts == nil {
		return exact.Number{}
	}
	return exact.Parts(exact.IntOf(*parts), state.LimitScale)
}

// KpiPoint is an indicator on a day, or over the month that ends on it.
type KpiPoint struct {
	kpi *Kpi
	kpiTime
}

// kpiTime is a day, or the month that ends on it.
type kpiTime struct {
	day   vocab.Date
	month bool
}

// At gives the indicator on a day: the node's own latest measurement by then, if it is not too old; else its projects' rolled up, of each
// the latest that is not too old.
func (k *Kpi) At(day vocab.Date) KpiPoint { return KpiPoint{k, kpiTime{day, false}} }

// Month gives the indicator over a calendar month: the node's own measurements whose periods end in it, if there are any; else those of
// its projects. A computed one is that of the month's last day.
func (k *Kpi) Month(end vocab.Date) KpiPoint { return KpiPoint{k, kpiTime{end, true}} }

func (t kpiTime) point() state.Point {
	if t.month {
		return kpiMonth(t.day)
	}
	return kpiAsOf(t.day)
}

// Kpi is the indicator.
func (p KpiPoint) Kpi() *Kpi { return p.kpi }

// Day is the day, of a month the last.
func (p KpiPoint) Day() vocab.Date { return p.day }

// Value is the value.
func (p KpiPoint) Value() Later {
	if p.kpi.Definition.Metric != nil {
		return p.kpi.computed(p.day).Later()
	}
	return p.later(0)
}

// Target is what was aimed at; ok is false for a computed indicator, which has none.
func (p KpiPoint) Target() (l Later, ok bool) {
	return p.later(nthTarget), p.kpi.Definition.Metric == nil
}

// Status judges the value.
func (p KpiPoint) Status() vocab.Rag {
	return p.kpi.limits.get(p.kpi.thresholds).Rate(p.Value().Now().Value.Number)
}

// Which of an indicator's figures one is: these, and above them its day.
const (
	nthTarget = 1 << iota
	nthMonth
	nthDay
)

func (p KpiPoint) later(nth int) Later {
	return Later{p.kpi, nth | count(p.month)*nthMonth | int(p.day)*nthDay}
}

// which gives the point and the quantity of a figure.
func (k *Kpi) which(nth int) (p KpiPoint, q *kpiQuantity) {
	if q = values; nth&nthTarget != 0 {
		q = targets
	}
	return KpiPoint{k, kpiTime{vocab.Date(nth >> 2), nth&nthMonth != 0}}, q
}

func (k *Kpi) class() vocab.Class {
	if k.Definition.AboutMoney {
		return vocab.ClassMoney
	}
	return vocab.ClassPublic
}

// kpiQuantity is what of measurements is shown: values, or what was aimed at.
type kpiQuantity struct {
	used, over, base int64 // slots
}

var (
	values  = &kpiQuantity{kpiSlotUsed, kpiSlotOver, kpiSlotBase}
	targets = &kpiQuantity{kpiSlotTargets, kpiSlotTarget, kpiSlotTargetBase}
)

// side is one side of a fraction of sums: the name of its input, how many parts of one its sums are in, and their unit, empty for that of
// the indicator.
type side struct {
	name  string
	parts int64
	unit  vocab.Unit
}

// The sides there are. A divisor that is none has no name: sums stand for themselves.
var (
	noSide                                        = &side{}
	valueSide, targetSide                         = &side{"value", millionths, ""}, &side{"target", millionths, ""}
	countSide                                     = &side{"measurements", 1, vocab.UnitCount}
	numeratorSide, denominatorSide                = &side{"numerator", millionths, vocab.UnitCount}, &side{"denominator", millionths, vocab.UnitCount}
	ratioTargetSide                               = &side{"weighted_target", millionths * millionths, vocab.UnitCount}
	budgetValueSide, budgetTargetSide, budgetSide = &side{"weighted_value", millionths, vocab.UnitMoney}, &side{"weighted_target", millionths, vocab.UnitMoney}, &side{"budget", 1, vocab.UnitMoney}
)

// fraction gives what is divided by what.
func (q *kpiQuantity) fraction(d *ent.KpiDefinition) (over, base *side) {
	target := q == targets
	switch {
	case d.Rollup == vocab.KpiRollupRatio && target:
		return ratioTargetSide, denominatorSide
	case d.Rollup == vocab.KpiRollupRatio:
		return numeratorSide, denominatorSide
	case byBudget(d) && target:
		return budgetTargetSide, budgetSide
	case byBudget(d):
		return budgetValueSide, budgetSide
	case d.Rollup == vocab.KpiRollupWeighted:
		return q.plain(), countSide
	}
	return q.plain(), noSide
}

func (q *kpiQuantity) plain() *side {
	if q == targets {
		return targetSide
	}
	return valueSide
}

// input names a side of a currency's sums, with its value, if there is one.
func (s *side) input(d *ent.KpiDefinition, suffix string, v exact.Number, currency string) Input {
	in := Input{Name: s.name + suffix, Unit: s.unit, Value: v, Currency: currency}
	if in.Unit == "" {
		in.Unit, in.Currency = d.Unit, orNone(d.Currency)
	}
	return in
}

func orNone(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// over gives what one side comes to over the other, or by itself if that has no name. A sum of nothing is none.
func (s *side) over(base *side, above, below exact.Number) (exact.Number, vocab.Reason) {
	switch {
	case above.IsNone() || base.name != "" && below.IsNone():
		return exact.Number{}, vocab.ReasonNoMeasurement
	case base.name == "":
		return above, ""
	case below.Sign() == 0:
		return exact.Number{}, vocab.ReasonZeroDenominator
	}
	return above.Over(below), ""
}

// explanation is that of one side over the other.
func (s *side) explanation(d *ent.KpiDefinition, base *side, above, below exact.Number, parts func() []Part) Explanation {
	e := Explanation{Formula: input(s.name), Inputs: []Input{s.input(d, "", above, "")}, parts: parts}
	if base.name != "" {
		e.Formula, e.Inputs = apply('/', e.Formula, input(base.name)), append(e.Inputs, base.input(d, "", below, ""))
	}
	return e
}

// kpiMetrics are the figures that computed indicators show.
var kpiMetrics = map[vocab.KpiMetric]func(*Rollup) Figure{
	vocab.KpiMetricCpi:             func(r *Rollup) Figure { return r.Earned().CPI() },
	vocab.KpiMetricSpi:             func(r *Rollup) Figure { return r.Earned().SPI() },
	vocab.KpiMetricSpiT:            func(r *Rollup) Figure { return r.Earned().Schedule().SPIt() },
	vocab.KpiMetricPercentComplete: func(r *Rollup) Figure { return r.Earned().PercentComplete() },
	vocab.KpiMetricBudgetVariance:  func(r *Rollup) Figure { return r.Costs().VarianceShare() },
	vocab.KpiMetricOnTimeRate:      func(r *Rollup) Figure { return r.OnTimeRate() },
}

// computed gives the figure that a computed indicator shows.
func (k *Kpi) computed(day vocab.Date) Figure {
	if p := k.node.Project; p != nil {
		return kpiMetrics[*k.Definition.Metric](k.book.Single(p, day))
	}
	return kpiMetrics[*k.Definition.Metric](k.book.Rollup(k.node.Scope, day))
}
