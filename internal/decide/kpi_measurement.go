package decide

import (
	"errors"

	"pmograph/ent"
	"pmograph/internal/calc/exact"
	"pmograph/internal/fault"
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// MeasurementsRecordInput records what nodes measured of indicators.
type MeasurementsRecordInput struct {
	Call
	Measurements []MeasurementInput
}

// MeasurementInput is what a node measured of an indicator in a period: a value or, for one that rolls up as a RATIO, what is divided; or why
// there is none. One of the same node, indicator and last day on record is replaced.
type MeasurementInput struct {
	NodeID                                string // a project, a program or a portfolio
	Kpi                                   string // identifier or code
	PeriodStart                           *vocab.Date
	PeriodEnd                             vocab.Date
	Value, Target, Numerator, Denominator *string // decimals with at most six digits after the point
	ReasonCode                            *vocab.Reason
}

// MeasurementsDeleteInput removes measurements.
type MeasurementsDeleteInput struct {
	Call
	IDs []string
}

// The columns of measurements. Numbers stand in one column, of indicators about money in another.
var (
	measuredKpi    = state.KpiMeasurements.Col("kpi_definition_id")
	measuredEnd    = state.KpiMeasurements.Col("period_end")
	measuredStart  = state.KpiMeasurements.Col("period_start")
	measuredReason = state.KpiMeasurements.Col("reason")
	plainNumbers   = measuredColumns("")
	moneyNumbers   = measuredColumns("money_")
)

// The numbers of a measurement, by place.
const (
	measuredValue = iota
	measuredTarget
	measuredNumerator
	measuredDenominator
)

var measuredNames = [...]string{"value", "target", "numerator", "denominator"}

func measuredColumns(prefix string) (cols [len(measuredNames)]state.Col) {
	for i, name := range measuredNames {
		cols[i] = state.KpiMeasurements.Col(prefix + name)
	}
	return cols
}

// measured is a measurement with what its rules ask for.
type measured struct {
	d         *ent.KpiDefinition
	node      int64
	holds     bool // the indicator is for the node
	owner     string
	start     *vocab.Date
	end       vocab.Date
	numbers   [len(measuredNames)]*int64
	misplaced int // a number that stands in a column of the other kind; negative for none
	why       vocab.Reason
}

// measurementRules hold for every measurement, whoever records it. They speak of what is recorded: what was measured stays what it was when
// its indicator is changed, or its node moved, later.
var measurementRules = []func(*measured) error{measuredOnly, inScope, rightColumns, ofQuotients, valueOrReason, inPeriod}

// measuredOnly: computed indicators are not measured.
func measuredOnly(m *measured) error {
	if m.d.Source != vocab.KpiSourceMeasured {
		return fault.At("kpi_definition_id", "COMPUTED", "%s shows a figure; nobody measures it", m.d.Code)
	}
	return nil
}

// inScope: an indicator is measured by nodes it is for.
func inScope(m *measured) error {
	if !m.holds {
		return fault.At(m.owner, "OUT_OF_SCOPE", "%s is for other nodes", m.d.Code)
	}
	return nil
}

// rightColumns: numbers of indicators about money are closed, others are not; only a RATIO is a quotient.
func rightColumns(m *measured) error {
	switch {
	case m.misplaced >= 0:
		return fault.At(measuredNames[m.misplaced], "NOT_ALLOWED", "%s keeps its numbers apart from those of indicators that %s about money", m.d.Code, map[bool]string{true: "are not", false: "are"}[m.d.AboutMoney])
	case m.d.Rollup != vocab.KpiRollupRatio && (m.numbers[measuredNumerator] != nil || m.numbers[measuredDenominator] != nil):
		return fault.At("numerator", "NOT_ALLOWED", "only a RATIO has a numerator and a denominator")
	}
	return nil
}

// ofQuotients: a RATIO has what is divided and what it is divided by; its value is their quotient, in millionths.
func ofQuotients(m *measured) error {
	over, under, value := m.numbers[measuredNumerator], m.numbers[measuredDenominator], m.numbers[measuredValue]
	switch {
	case m.d.Rollup != vocab.KpiRollupRatio:
	case over == nil && under != nil:
		return fault.At("numerator", "INCOMPLETE", "a numerator and a denominator go together")
	case under == nil && (over != nil || value != nil):
		return fault.At("denominator", "INCOMPLETE", "a RATIO has a numerator and a denominator")
	case value != nil && !same(value, quotient(over, under)):
		return fault.At("value", "INVALID", "the value of a RATIO is its numerator over its denominator, rounded to six decimals")
	}
	return nil
}

// quotient gives what a RATIO comes to in millionths, rounded half to even; nil by zero, or if it does not fit.
func quotient(over, under *int64) *int64 {
	if over == nil || under == nil || *under == 0 {
		return nil
	}
	n, ok := exact.Fraction(*over, *under).Times(exact.Of(state.LimitScale)).Round().Int64()
	if !ok {
		return nil
	}
	return &n
}

// valueOrReason: there is either a value or a reason why there is none. What nobody may see, or what is too old, is no fact.
func valueOrReason(m *measured) error {
	has := m.numbers[measuredValue] != nil || m.numbers[measuredNumerator] != nil
	switch {
	case has == (m.why != ""):
		return fault.At("reason", "INCOMPLETE", "there is either a value or a reason why there is none")
	case m.why == vocab.ReasonNotVisible || m.why == vocab.ReasonStaleInput:
		return fault.At("reason", "NOT_ALLOWED", "%s follows from who looks, and when", m.why)
	}
	return nil
}

// inPeriod: a period does not end before it starts.
func inPeriod(m *measured) error {
	return inOrder(m.start, &m.end, "period_end", "the last day lies before the first")
}

// onMeasurements makes a rule on measurements an invariant.
func onMeasurements(rule func(*measured) error) state.Invariant {
	return func(d *state.Draft, c *state.Change) error {
		if c.Table != state.KpiMeasurements.Desc() {
			return nil
		}
		column, owner := c.Owner()
		known := map[int64]*measured{}
		for x := range c.Put().All() {
			id := x.Val(measuredKpi)
			if known[id] == nil {
				known[id] = measuredFor(d, column, owner, state.KpiDefinitions.Get(state.All(d), id))
			}
			if known[id] == nil {
				continue // refused as a reference
			}
			m := *known[id]
			m.read(x)
			if err := rule(&m); err != nil {
				return err
			}
		}
		return nil
	}
}

// measuredFor begins a measurement of a node; nil without an indicator.
func measuredFor(d *state.Draft, column string, owner int64, k *ent.KpiDefinition) *measured {
	if k == nil {
		return nil
	}
	col, _ := state.KpiMeasurements.Desc().Column(column)
	return &measured{d: k, node: owner, holds: figure.KpiHolds(state.All(d), k, state.Ref{Table: col.Ref, ID: owner}), owner: column, misplaced: -1}
}

func (m *measured) read(x state.Fact) {
	m.end = x.Day(measuredEnd)
	if n, ok := x.Int(measuredStart); ok {
		first := vocab.Date(n)
		m.start = &first
	}
	if n, ok := x.Int(measuredReason); ok {
		m.why = vocab.Reason(measuredReason.Word(n))
	}
	right, wrong := plainNumbers, moneyNumbers
	if m.d.AboutMoney {
		right, wrong = wrong, right
	}
	for i := range measuredNames {
		if n, ok := x.Int(right[i]); ok {
			m.numbers[i] = &n
		}
		if _, ok := x.Int(wrong[i]); ok {
			m.misplaced = i
		}
	}
}

// MeasurementsRecord records what nodes measured, all or none.
func MeasurementsRecord(in MeasurementsRecordInput) state.Decision {
	return decision("measurementsRecord", in, func(w *work) error {
		return w.facts(state.KpiMeasurements.Desc(), inList("measurements")).measurements(in.Measurements)
	})
}

// MeasurementsDelete removes measurements, all or none.
func MeasurementsDelete(in MeasurementsDeleteInput) state.Decision {
	return decision("measurementsDelete", in, func(w *work) error { return removeFacts(w, state.KpiMeasurements, in.IDs) })
}

// measurementList puts measurements that an input lists.
type measurementList struct {
	*factList
	begun map[[2]string]*measured // by node and indicator as they are named
}

// measurementNames are the columns of measurements in inputs.
var measurementNames = map[string]string{"kpi_definition_id": "kpi", "reason": "reasonCode", "project_id": "nodeId", "program_id": "nodeId", "portfolio_id": "nodeId"}

func (f *factList) measurements(list []MeasurementInput) error {
	l := measurementList{f, map[[2]string]*measured{}}
	l.names = measurementNames
	for n := range list {
		l.measurement(n, &list[n])
	}
	return l.put()
}

func (l measurementList) measurement(n int, in *MeasurementInput) {
	key := [2]string{in.NodeID, in.Kpi}
	if l.begun[key] == nil {
		if l.begun[key] = l.named(n, in); l.begun[key] == nil {
			return
		}
	}
	m := *l.begun[key]
	m.start, m.end, m.why = in.PeriodStart, in.PeriodEnd, or(in.ReasonCode, "")
	read := true
	for i, decimal := range []*string{in.Value, in.Target, in.Numerator, in.Denominator} {
		if decimal != nil {
			parts, err := scaled(measuredNames[i], *decimal, state.LimitScale)
			if m.numbers[i] = &parts; err != nil {
				l.note(n, err)
				read = false
			}
		}
	}
	if !read {
		return
	}
	if m.d.Rollup == vocab.KpiRollupRatio && m.numbers[measuredValue] == nil {
		m.numbers[measuredValue] = quotient(m.numbers[measuredNumerator], m.numbers[measuredDenominator])
	}
	for _, rule := range measurementRules {
		if err := rule(&m); err != nil {
			l.note(n, l.inNames(err))
			return
		}
	}
	l.set(n, &m)
}

// named begins a measurement of the node and the indicator that an input names, as the actor may see them.
func (l measurementList) named(n int, in *MeasurementInput) *measured {
	node := l.findIn(n, "node_id", in.NodeID, state.Projects.Desc(), state.Programs.Desc(), state.Portfolios.Desc())
	if node.ID == 0 {
		return nil
	}
	column := map[*state.Desc]string{state.Projects.Desc(): "project_id", state.Programs.Desc(): "program_id", state.Portfolios.Desc(): "portfolio_id"}[node.Table]
	var k *ent.KpiDefinition
	if ref, ok := state.ParseID(in.Kpi); ok && ref.Table == state.KpiDefinitions.Desc() {
		k = state.KpiDefinitions.Get(l.w.d, ref.ID)
	} else {
		k = nearest(l.w.d, in.Kpi, node)
	}
	if k == nil {
		l.note(n, fault.Within("kpi", &fault.Error{Kind: fault.NotFound, Fields: []fault.Field{{Code: "NOT_FOUND", Text: "there is no indicator of this id, and none of this code for the node"}}}))
		return nil
	}
	return measuredFor(l.w.d, column, node.ID, k)
}

// nearest gives the indicator of a code for a node: of several the one for its program, else for the nearest portfolio.
func nearest(d *state.Draft, code string, node state.Ref) (found *ent.KpiDefinition) {
	all := state.All(d)
	for k := range state.KpiDefinitions.All(d) {
		if k.Code != code || !figure.KpiHolds(all, k, node) {
			continue
		}
		switch {
		case found == nil, k.ProgramID != nil, found.ProgramID == nil && found.PortfolioID == nil:
			found = k
		case k.PortfolioID != nil && found.PortfolioID != nil && figure.KpiHolds(all, found, state.Ref{Table: state.Portfolios.Desc(), ID: *k.PortfolioID}):
			found = k
		}
	}
	return found
}

// set puts a measurement.
func (l measurementList) set(n int, m *measured) {
	l.begin(n, m.node)
	l.batch.Add(m.owner, m.node)
	l.batch.Set(measuredKpi, m.d.ID)
	l.batch.Set(measuredEnd, int64(m.end))
	if m.start != nil {
		l.batch.Set(measuredStart, int64(*m.start))
	}
	if m.why != "" {
		l.batch.Set(measuredReason, measuredReason.Number(string(m.why)))
	}
	columns := plainNumbers
	if m.d.AboutMoney {
		columns = moneyNumbers
	}
	for i, parts := range m.numbers {
		if parts != nil {
			l.batch.Set(columns[i], *parts)
		}
	}
}

// inNames names the columns of a fault as the input names them.
func (l *factList) inNames(err error) error {
	e := (*fault.Error)(nil)
	if errors.As(err, &e) {
		for i, f := range e.Fields {
			e.Fields[i].Path = l.fields(f.Path)
		}
	}
	return err
}
