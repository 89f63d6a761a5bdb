package read

import (
	"pmograph/ent"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// KpiDefinition is a key performance indicator: what it means and how it is judged.
type KpiDefinition struct {
	Common
	Code, Name     string
	Description    *string
	Unit           vocab.Unit
	Currency       *string
	AboutMoney     bool
	Direction      vocab.KpiDirection
	Source         vocab.KpiSource
	Metric         *vocab.KpiMetric
	FormulaVersion int
	Rollup         vocab.KpiRollup
	Weight         *vocab.KpiWeight
	Cadence        vocab.Cadence
	v              *View
	row            *ent.KpiDefinition
}

func newKpiDefinition(v *View, r *ent.KpiDefinition) *KpiDefinition {
	return &KpiDefinition{
		Common: v.common(state.KpiDefinitions.Desc(), r.ID, r.Seq, r.CreatedAt, r.UpdatedAt, r.ExternalSource, r.ExternalID, r.ArchivedAt),
		Code:   r.Code, Name: r.Name, Description: r.Description, Unit: r.Unit, Currency: r.Currency, AboutMoney: r.AboutMoney,
		Direction: r.Direction, Source: r.Source, Metric: r.Metric, FormulaVersion: r.FormulaVersion, Rollup: r.Rollup, Weight: r.Weight, Cadence: r.Cadence,
		v: v, row: r,
	}
}

// Green is the limit of green.
func (k *KpiDefinition) Green() *Decimal { return limit(k.row.Green) }

// Amber is the limit of amber.
func (k *KpiDefinition) Amber() *Decimal { return limit(k.row.Amber) }

// GreenHigh is the upper limit of green in a band.
func (k *KpiDefinition) GreenHigh() *Decimal { return limit(k.row.GreenHigh) }

// AmberHigh is the upper limit of amber in a band.
func (k *KpiDefinition) AmberHigh() *Decimal { return limit(k.row.AmberHigh) }

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
	o := order[*ent.KpiDefinition]{name: "kpi_definitions CODE", key: func(k *ent.KpiDefinition) key { return byText(k.Code) }, id: func(k *ent.KpiDefinition) int64 { return k.ID }}
	return connect[KpiDefinitionConnection](v, rows, o, p, newKpiDefinition)
}

// KpiDefinitionEdge is an item of a page of indicators.
type KpiDefinitionEdge struct{ Edge[*KpiDefinition] }

// KpiDefinitionConnection is a page of indicators.
type KpiDefinitionConnection struct {
	Connection[*KpiDefinition, KpiDefinitionEdge]
}

// KpiDefinitionPayload answers mutations of indicators.
type KpiDefinitionPayload struct {
	Outcome
	KpiDefinition *KpiDefinition
}
