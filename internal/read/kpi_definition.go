package read

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// KpiDefinition is a key performance indicator: what it means and how it is judged.
type KpiDefinition struct{ thing[ent.KpiDefinition] }

func newKpiDefinition(v *View, r *ent.KpiDefinition) *KpiDefinition {
	return v.room.definition.put(KpiDefinition{thingOf(v, r)})
}

// Code is its short name.
func (k *KpiDefinition) Code() string { return k.row.Code }

// Name is its name.
func (k *KpiDefinition) Name() string { return k.row.Name }

// Description says what it means.
func (k *KpiDefinition) Description() *string { return k.row.Description }

// Unit is that of its values.
func (k *KpiDefinition) Unit() vocab.Unit { return k.row.Unit }

// Currency is that of its values, if they are money.
func (k *KpiDefinition) Currency() *string { return k.row.Currency }

// AboutMoney tells whether its values are guarded as money is.
func (k *KpiDefinition) AboutMoney() bool { return k.row.AboutMoney }

// Direction is which values are better.
func (k *KpiDefinition) Direction() vocab.KpiDirection { return k.row.Direction }

// Source is whether it is measured or computed.
func (k *KpiDefinition) Source() vocab.KpiSource { return k.row.Source }

// Metric is the figure that a computed one shows.
func (k *KpiDefinition) Metric() *vocab.KpiMetric { return k.row.Metric }

// FormulaVersion grows when its meaning changes.
func (k *KpiDefinition) FormulaVersion() int { return k.row.FormulaVersion }

// Rollup is how values of projects make one of a node above.
func (k *KpiDefinition) Rollup() vocab.KpiRollup { return k.row.Rollup }

// Weight is what values are weighed by.
func (k *KpiDefinition) Weight() *vocab.KpiWeight { return k.row.Weight }

// Cadence is how often it is measured.
func (k *KpiDefinition) Cadence() vocab.Cadence { return k.row.Cadence }

// Green is the limit of green.
func (k *KpiDefinition) Green() Decimal { return limit(k.row.Green) }

// Amber is the limit of amber.
func (k *KpiDefinition) Amber() Decimal { return limit(k.row.Amber) }

// GreenHigh is the upper limit of green in a band.
func (k *KpiDefinition) GreenHigh() Decimal { return limit(k.row.GreenHigh) }

// AmberHigh is the upper limit of amber in a band.
func (k *KpiDefinition) AmberHigh() Decimal { return limit(k.row.AmberHigh) }

// Portfolio is what it is for, with all below; nil if it is for something else, or not visible.
func (k *KpiDefinition) Portfolio() *Portfolio {
	return maybe(k.v, state.Portfolios.Ref(k.v, k.row.PortfolioID), newPortfolio)
}

// Program is what it is for; nil if it is for something else, or not visible.
func (k *KpiDefinition) Program() *Program {
	return maybe(k.v, state.Programs.Ref(k.v, k.row.ProgramID), newProgram)
}

// Owner is who answers for it.
func (k *KpiDefinition) Owner() *User {
	return maybe(k.v, state.Users.Ref(k.v, k.row.OwnerID), newUser)
}

// FeedColumn is the column that shows it in the ProjectData feed; nil if none does.
func (k *KpiDefinition) FeedColumn() *string { return k.row.FeedColumn }

// KpiDefinitionFilter says which indicators.
type KpiDefinitionFilter struct {
	Portfolio, Program *string
	Everywhere         *bool
	Metric             []vocab.KpiMetric
}

// KpiDefinitions gives a page of the indicators that meet a filter.
func (v *View) KpiDefinitions(f *KpiDefinitionFilter, p Page) (*KpiDefinitionConnection, error) {
	rows := state.KpiDefinitions.All(v)
	if f != nil {
		rows = where(rows, func(k *ent.KpiDefinition) bool {
			return v.names(f.Portfolio, state.Portfolios.Desc(), k.PortfolioID) && v.names(f.Program, state.Programs.Desc(), k.ProgramID) &&
				(f.Everywhere == nil || *f.Everywhere == (k.PortfolioID == nil && k.ProgramID == nil)) && amongSome(f.Metric, k.Metric)
		})
	}
	o := &order[*ent.KpiDefinition]{name: "kpi_definitions CODE", key: func(k *ent.KpiDefinition) key { return byText(k.Code) }, id: func(k *ent.KpiDefinition) int64 { return k.ID }}
	return connect[KpiDefinitionConnection](v, rows, o, p, newKpiDefinition)
}

// KpiDefinitionEdge is an item of a page of indicators.
type KpiDefinitionEdge struct{ Edge[*KpiDefinition] }

// KpiDefinitionConnection is a page of indicators.
type KpiDefinitionConnection struct {
	Connection[*ent.KpiDefinition, *KpiDefinition, KpiDefinitionEdge]
}

// KpiDefinitionPayload answers mutations of indicators.
type KpiDefinitionPayload struct {
	Outcome
	KpiDefinition *KpiDefinition
}
