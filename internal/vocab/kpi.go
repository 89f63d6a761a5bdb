package vocab

import "io"

// KpiDirection is which way a KPI's value is good.
type KpiDirection string

// The values of KpiDirection.
const (
	KpiDirectionUpGood   KpiDirection = "UP_GOOD"   // the higher the better
	KpiDirectionDownGood KpiDirection = "DOWN_GOOD" // the lower the better
	KpiDirectionBand     KpiDirection = "BAND"      // good inside a range
)

// Values lists the closed set, in its natural order.
func (KpiDirection) Values() []string {
	return []string{"UP_GOOD", "DOWN_GOOD", "BAND"}
}

// MarshalGQL writes the value's name.
func (v KpiDirection) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *KpiDirection) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// KpiRollup is how measurements below a node make its own value.
type KpiRollup string

// The values of KpiRollup.
const (
	KpiRollupSum      KpiRollup = "SUM"      // values are added
	KpiRollupRatio    KpiRollup = "RATIO"    // numerators over denominators, each added first
	KpiRollupWeighted KpiRollup = "WEIGHTED" // the mean of values by a named weight
	KpiRollupLast     KpiRollup = "LAST"     // the newest measurement stands for all
	KpiRollupNone     KpiRollup = "NONE"     // the values are not combined
)

// Values lists the closed set, in its natural order.
func (KpiRollup) Values() []string {
	return []string{"SUM", "RATIO", "WEIGHTED", "LAST", "NONE"}
}

// MarshalGQL writes the value's name.
func (v KpiRollup) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *KpiRollup) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// KpiSource is where a KPI's values come from.
type KpiSource string

// The values of KpiSource.
const (
	KpiSourceMeasured KpiSource = "MEASURED" // people and systems report them
	KpiSourceComputed KpiSource = "COMPUTED" // calculated from other records
)

// Values lists the closed set, in its natural order.
func (KpiSource) Values() []string {
	return []string{"MEASURED", "COMPUTED"}
}

// MarshalGQL writes the value's name.
func (v KpiSource) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *KpiSource) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// KpiWeight is what a weighted KPI weighs its values by.
type KpiWeight string

// The values of KpiWeight.
const (
	KpiWeightBudget KpiWeight = "BUDGET" // the approved budget
	KpiWeightEqual  KpiWeight = "EQUAL"  // each measurement counts once
)

// Values lists the closed set, in its natural order.
func (KpiWeight) Values() []string {
	return []string{"BUDGET", "EQUAL"}
}

// MarshalGQL writes the value's name.
func (v KpiWeight) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *KpiWeight) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// CapacityGrain is how long the period of a capacity entry is.
type CapacityGrain string

// The values of CapacityGrain.
const (
	CapacityGrainDay   CapacityGrain = "DAY"   // one day
	CapacityGrainWeek  CapacityGrain = "WEEK"  // seven days from Monday
	CapacityGrainMonth CapacityGrain = "MONTH" // a calendar month
)

// Values lists the closed set, in its natural order.
func (CapacityGrain) Values() []string {
	return []string{"DAY", "WEEK", "MONTH"}
}

// MarshalGQL writes the value's name.
func (v CapacityGrain) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *CapacityGrain) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// CapacitySource is what a capacity entry does to a person's time.
type CapacitySource string

// The values of CapacitySource.
const (
	CapacitySourceCalendar CapacitySource = "CALENDAR" // states the working time in place of the work calendar; the contract share applies
	CapacitySourceAbsence  CapacitySource = "ABSENCE"  // takes time off
	CapacitySourceOverride CapacitySource = "OVERRIDE" // states the time a person has, whatever calendar and contract say
)

// Values lists the closed set, in its natural order.
func (CapacitySource) Values() []string {
	return []string{"CALENDAR", "ABSENCE", "OVERRIDE"}
}

// MarshalGQL writes the value's name.
func (v CapacitySource) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *CapacitySource) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// Commitment is how firmly time is booked.
type Commitment string

// The values of Commitment.
const (
	CommitmentSoft Commitment = "SOFT" // proposed, with a probability
	CommitmentHard Commitment = "HARD" // committed
)

// Values lists the closed set, in its natural order.
func (Commitment) Values() []string {
	return []string{"SOFT", "HARD"}
}

// MarshalGQL writes the value's name.
func (v Commitment) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Commitment) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// AllocationState is where a booking stands between request and answer.
type AllocationState string

// The values of AllocationState.
const (
	AllocationStateRequested AllocationState = "REQUESTED" // asked for
	AllocationStateProposed  AllocationState = "PROPOSED"  // somebody is offered
	AllocationStateAccepted  AllocationState = "ACCEPTED"  // agreed
	AllocationStateDeclined  AllocationState = "DECLINED"  // refused
)

// Values lists the closed set, in its natural order.
func (AllocationState) Values() []string {
	return []string{"REQUESTED", "PROPOSED", "ACCEPTED", "DECLINED"}
}

// MarshalGQL writes the value's name.
func (v AllocationState) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *AllocationState) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// ReserveKind is what a budget line is held back for.
type ReserveKind string

// The values of ReserveKind.
const (
	ReserveKindNone        ReserveKind = "NONE"        // not held back
	ReserveKindContingency ReserveKind = "CONTINGENCY" // known risks; part of the baseline
	ReserveKindManagement  ReserveKind = "MANAGEMENT"  // unknowns; outside the baseline
)

// Values lists the closed set, in its natural order.
func (ReserveKind) Values() []string {
	return []string{"NONE", "CONTINGENCY", "MANAGEMENT"}
}

// MarshalGQL writes the value's name.
func (v ReserveKind) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *ReserveKind) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// Cadence is how often something is due.
type Cadence string

// The values of Cadence.
const (
	CadenceWeek    Cadence = "WEEK"    // every week
	CadenceMonth   Cadence = "MONTH"   // every month
	CadenceQuarter Cadence = "QUARTER" // every three months
	CadenceYear    Cadence = "YEAR"    // every year
)

// Values lists the closed set, in its natural order.
func (Cadence) Values() []string {
	return []string{"WEEK", "MONTH", "QUARTER", "YEAR"}
}

// MarshalGQL writes the value's name.
func (v Cadence) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *Cadence) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// KpiMetric is a figure that an indicator may show.
type KpiMetric string

// The values of KpiMetric.
const (
	KpiMetricCpi             KpiMetric = "CPI"              // cost performance index
	KpiMetricSpi             KpiMetric = "SPI"              // schedule performance index
	KpiMetricSpiT            KpiMetric = "SPI_T"            // schedule performance index of time, from earned schedule
	KpiMetricBudgetVariance  KpiMetric = "BUDGET_VARIANCE"  // approved budget less forecast, over approved
	KpiMetricPercentComplete KpiMetric = "PERCENT_COMPLETE" // earned value over budget at completion
	KpiMetricOnTimeRate      KpiMetric = "ON_TIME_RATE"     // milestones on time over due
)

// Values lists the closed set, in its natural order.
func (KpiMetric) Values() []string {
	return []string{"CPI", "SPI", "SPI_T", "BUDGET_VARIANCE", "PERCENT_COMPLETE", "ON_TIME_RATE"}
}

// MarshalGQL writes the value's name.
func (v KpiMetric) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *KpiMetric) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// RagDimension is what a computed rating judges.
type RagDimension string

// The values of RagDimension.
const (
	RagDimensionCost      RagDimension = "COST"      // by the cost performance index
	RagDimensionSchedule  RagDimension = "SCHEDULE"  // by the schedule performance index of time
	RagDimensionMilestone RagDimension = "MILESTONE" // by the worst slip of a milestone
)

// Values lists the closed set, in its natural order.
func (RagDimension) Values() []string { return []string{"COST", "SCHEDULE", "MILESTONE"} }

// MarshalGQL writes the value's name.
func (v RagDimension) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *RagDimension) UnmarshalGQL(src any) error { return unmarshal(v, src) }

// EacMethod is how an estimate at completion is made; a figure that rests on one names it.
type EacMethod string

// The values of EacMethod.
const (
	EacTypical         EacMethod = "TYPICAL"           // the cost performance so far goes on
	EacAtypical        EacMethod = "ATYPICAL"          // the rest costs what was planned
	EacCostAndSchedule EacMethod = "COST_AND_SCHEDULE" // cost and schedule performance go on
	EacBottomUp        EacMethod = "BOTTOM_UP"         // the rest is estimated anew
)

// Values lists the closed set, in its natural order.
func (EacMethod) Values() []string {
	return []string{"TYPICAL", "ATYPICAL", "COST_AND_SCHEDULE", "BOTTOM_UP"}
}

// MarshalGQL writes the value's name.
func (v EacMethod) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *EacMethod) UnmarshalGQL(src any) error { return unmarshal(v, src) }
