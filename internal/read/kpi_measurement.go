package read

import (
	"pmograph/internal/figure"
	"pmograph/internal/state"
	"pmograph/internal/vocab"

	"math/big"
)

// KpiMeasurement is a value of an indicator for a node and a period.
type KpiMeasurement struct {
	ID          string
	Version     Long
	PeriodStart *vocab.Date
	PeriodEnd   vocab.Date
	v           *View
	x           state.Fact
	d           *KpiDefinition
}

// IsNode marks a Node.
func (*KpiMeasurement) IsNode() {}

