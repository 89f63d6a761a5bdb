package read

import (
	"pmograph/ent"
	"pmograph/internal/calc/exact"
	calc "pmograph/internal/calc/money"
	"pmograph/internal/guard"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// KpiMeasurement is what a node measured of an indicator in a period.
type KpiMeasurement struct {
	viewed[ent.KpiMeasurement]
	PeriodStart *vocab.Date
	PeriodEnd   vocab.Date
}

func newKpiMeasurement(v *View, r *ent.KpiMeasurement) *KpiMeasurement {
	return &KpiMeasurement{viewed[ent.KpiMeasurement]{v, r}, r.PeriodStart, r.PeriodEnd}
}

// Definition is the indicator.
func (m *KpiMeasurement) Definition() *KpiDefinition {
	return maybe(m.v, state.KpiDefinitions.Get(m.v, m.row.KpiDefinitionID), newKpiDefinition)
}

// Project is what it was measured for; nil if it is another node.
func (m *KpiMeasurement) Project() *Project {
	return maybe(m.v, state.Projects.Ref(m.v, m.row.ProjectID), newProject)
}

// Program is what it was measured for; nil if it is another node.
func (m *KpiMeasurement) Program() *Program {
	return maybe(m.v, state.Programs.Ref(m.v, m.row.ProgramID), newProgram)
}

// Portfolio is what it was measured for; nil if it is another node.
func (m *KpiMeasurement) Portfolio() *Portfolio {
	return maybe(m.v, state.Portfolios.Ref(m.v, m.row.PortfolioID), newPortfolio)
}

// number gives a number, in whichever column it is.
func (m *KpiMeasurement) number(plain *int64, money *guard.Money) *int64 {
	if n, ok := state.KpiMeasurements.Key(m.v, m.row).Money(money); ok {
		return &n
	}
	return plain
}

// Value is the value measured, or the quotient of what was measured.
func (m *KpiMeasurement) Value() Decimal {
	v, over, under := m.number(m.row.Value, m.row.MoneyValue), m.numerator(), m.denominator()
	if v == nil && over != nil && under != nil && *under != 0 {
		return Decimal{Number: exact.Fraction(*over, *under), Digits: calc.RatioDigits}
	}
	return limit(v)
}

// Target is the value aimed at.
func (m *KpiMeasurement) Target() Decimal { return limit(m.number(m.row.Target, m.row.MoneyTarget)) }

func (m *KpiMeasurement) numerator() *int64 { return m.number(m.row.Numerator, m.row.MoneyNumerator) }

func (m *KpiMeasurement) denominator() *int64 {
	return m.number(m.row.Denominator, m.row.MoneyDenominator)
}

// Numerator is what is divided.
func (m *KpiMeasurement) Numerator() Decimal { return limit(m.numerator()) }

// Denominator is what it is divided by.
func (m *KpiMeasurement) Denominator() Decimal { return limit(m.denominator()) }

// Reason says why there is no value.
func (m *KpiMeasurement) Reason() *vocab.Reason {
	switch d := m.Definition(); {
	case d != nil && d.AboutMoney() && !state.KpiMeasurements.Key(m.v, m.row).Sees(vocab.ClassMoney):
		return optional(vocab.ReasonNotVisible)
	case m.row.Reason == nil && m.Value().IsNone():
		return optional(vocab.ReasonZeroDenominator)
	}
	return m.row.Reason
}

var measurementOrder = orderOf(state.KpiMeasurements, "kpi_definition_id", "period_end")

// KpiMeasurementEdge is an item of a page of measurements.
type KpiMeasurementEdge struct{ Edge[*KpiMeasurement] }

// KpiMeasurementConnection is a page of measurements.
type KpiMeasurementConnection struct {
	Connection[state.Fact, *KpiMeasurement, KpiMeasurementEdge]
}
