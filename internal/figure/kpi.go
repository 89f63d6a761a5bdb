package figure

import (
	"math/big"
	"sync"

	"pmograph/ent"
	"pmograph/internal/calc/kpi"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// KpiNode is a node whose indicators are asked for: a project, a program or portfolio with all below, or the organisation.
type KpiNode struct {
	Scope                        // projects below it; of a project itself
	Ref   state.Ref              // the node; without a table it is the organisation
	Opens func(vocab.Class) bool // whether columns of a class are open at the node itself

	mu   sync.Mutex
	sums map[kpiPoint]summed
}

type kpiPoint struct {
	at    state.Point
	class vocab.Class
}

// sum gives the node's sums at a point, of what is open to the viewer in a class.
func (n *KpiNode) sum(b *Book, at state.Point, class vocab.Class) summed {
	n.mu.Lock()
	defer n.mu.Unlock()
	k := kpiPoint{at, class}
	s, ok := n.sums[k]
	if !ok {
		if n.sums == nil {
			n.sums = map[kpiPoint]summed{}
		}
		s = b.Rollup(n.Scope, vocab.Date(at.A)).sum(kpiSums, at, class)
		n.sums[k] = s
	}
	return s
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

// Own gives the node's own measurements of an indicator; the organisation has none.
func (n *KpiNode) Own(r state.Reader, d *ent.KpiDefinition) state.Rows {
	if n.Ref.Table == nil {
		return state.Rows{}
	}
	return state.KpiMeasurements.Of(r, n.Ref.ID, ownColumn(n.Ref.Table)).With(d.ID)
}

// KpiHolds tells whether an indicator is for a node: everywhere, for the node's program, or for a portfolio at or above it, as far as the
// reader sees the way up.
func KpiHolds(r state.Reader, d *ent.KpiDefinition, node state.Ref) bool {
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
	switch {
	case d.ProgramID != nil:
		return *d.ProgramID == program
	case d.PortfolioID == nil:
		return true
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
	limits     *kpi.Thresholds
}

// Kpi shows an indicator at a node.
func (b *Book) Kpi(n *KpiNode, d *ent.KpiDefinition) *Kpi {
	limits, err := kpi.NewThresholds(d.Direction, kpi.Limits{Green: limit(d.Green), Amber: limit(d.Amber), GreenHigh: limit(d.GreenHigh), AmberHigh: limit(d.AmberHigh)})
	if err != nil {
		limits = nil // an invariant refuses such limits
	}
	return &Kpi{d, b, n, limits}
}

func limit(parts *int64) *big.Rat {
	if parts == nil {
		return nil
	}
	return big.NewRat(*parts, state.LimitScale)
}

// KpiPoint is an indicator on a day, or over the month that ends on it.
type KpiPoint struct {
	Value          *Figure
	Status         vocab.Rag
	Oldest, Newest *vocab.Date    // ends of the measurements' periods; nil if there are none, or the value is not visible
	Target         func() *Figure // nil for a computed indicator
}

// At gives the indicator on a day: the node's own latest measurement by then, if it is not too old; else its projects' rolled up, of each
// the latest that is not too old.
func (k *Kpi) At(day vocab.Date) KpiPoint { return k.point(kpiAsOf(day)) }

// Month gives the indicator over a calendar month: the node's own measurements whose periods end in it, if there are any; else those of
// its projects. A computed one is that of the month's last day.
func (k *Kpi) Month(end vocab.Date) KpiPoint { return k.point(kpiMonth(end)) }

func (k *Kpi) point(at state.Point) (p KpiPoint) {
	if k.Definition.Metric != nil {
		p.Value = k.computed(vocab.Date(at.A))
	} else {
		own := k.own(at)
		p.Value, p.Target = own.figure(values), func() *Figure { return own.figure(targets) }
		if p.Value.Value != nil {
			p.Oldest, p.Newest = own.ends()
		}
	}
	p.Status = k.limits.Rate(p.Value.Value)
	return p
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
	values  = kpiQuantity{kpiSlotUsed, kpiSlotOver, kpiSlotBase}
	targets = kpiQuantity{kpiSlotTargets, kpiSlotTarget, kpiSlotTargetBase}
)

// side is one side of a fraction of sums: the name of its input, how many parts of one its sums are in, and their unit, empty for that of
// the indicator.
type side struct {
	name  string
	parts int64
	unit  vocab.Unit
}

// fraction gives what is divided by what, without a divisor if sums stand for themselves.
func (q kpiQuantity) fraction(d *ent.KpiDefinition) (over, base side) {
	target := q == targets
	switch {
	case d.Rollup == vocab.KpiRollupRatio && target:
		return side{"weighted_target", millionths * millionths, vocab.UnitCount}, side{"denominator", millionths, vocab.UnitCount}
	case d.Rollup == vocab.KpiRollupRatio:
		return side{"numerator", millionths, vocab.UnitCount}, side{"denominator", millionths, vocab.UnitCount}
	case byBudget(d) && target:
		return side{"weighted_target", millionths, vocab.UnitMoney}, side{"budget", 1, vocab.UnitMoney}
	case byBudget(d):
		return side{"weighted_value", millionths, vocab.UnitMoney}, side{"budget", 1, vocab.UnitMoney}
	}
	if over = (side{"value", millionths, ""}); target {
		over.name = "target"
	}
	if d.Rollup == vocab.KpiRollupWeighted {
		base = side{"measurements", 1, vocab.UnitCount}
	}
	return over, base
}

// input names a side of a currency's sums, with its value; nil if there is none.
func (s side) input(d *ent.KpiDefinition, suffix string, v *big.Rat, currency string) Input {
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

// over gives what one side comes to over the other, or by itself if that has no name. A sum of nothing is nil.
func (s side) over(base side, above, below *big.Rat) (*big.Rat, vocab.Reason) {
	switch {
	case above == nil || base.name != "" && below == nil:
		return nil, vocab.ReasonNoMeasurement
	case base.name == "":
		return above, ""
	case below.Sign() == 0:
		return nil, vocab.ReasonZeroDenominator
	}
	return new(big.Rat).Quo(above, below), ""
}

// explanation is that of one side over the other.
func (s side) explanation(d *ent.KpiDefinition, base side, above, below *big.Rat, parts func() []Part) explanation {
	e := explanation{formula: input(s.name), inputs: []Input{s.input(d, "", above, "")}, parts: parts}
	if base.name != "" {
		e.formula, e.inputs = apply('/', e.formula, input(base.name)), append(e.inputs, base.input(d, "", below, ""))
	}
	return e
}

// recipe begins a figure of the indicator.
func (k *Kpi) recipe(at state.Point) recipe {
	x := recipe{unit: k.Definition.Unit, currency: orNone(k.Definition.Currency), asOf: vocab.Date(at.A)}
	x.coverage.Complete = k.node.Complete(k.class())
	return x
}

// kpiMetrics are the figures that computed indicators show.
var kpiMetrics = map[vocab.KpiMetric]func(*Rollup) *Figure{
	vocab.KpiMetricCpi:             func(r *Rollup) *Figure { return r.Earned().CPI() },
	vocab.KpiMetricSpi:             func(r *Rollup) *Figure { return r.Earned().SPI() },
	vocab.KpiMetricSpiT:            func(r *Rollup) *Figure { return r.Earned().Schedule().SPIt() },
	vocab.KpiMetricPercentComplete: func(r *Rollup) *Figure { return r.Earned().PercentComplete() },
	vocab.KpiMetricBudgetVariance:  func(r *Rollup) *Figure { return r.Costs().VarianceShare() },
	vocab.KpiMetricOnTimeRate:      func(r *Rollup) *Figure { return r.OnTimeRate() },
}

// computed gives the figure that a computed indicator shows.
func (k *Kpi) computed(day vocab.Date) *Figure {
	return kpiMetrics[*k.Definition.Metric](k.book.Rollup(k.node.Scope, day))
}
