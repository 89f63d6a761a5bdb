package decide

import (
	"errors"
	"maps"
	"slices"

	"pmograph/ent"
	"pmograph/internal/calc/kpi"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// KpiDefinitionCreateInput defines an indicator.
type KpiDefinitionCreateInput struct {
	Call
	Code, Name                         string
	Description                        *string
	PortfolioID, ProgramID             *string // both nil: for everywhere
	Unit                               vocab.Unit
	Currency                           *string // for MONEY
	AboutMoney                         *bool   // nil: if its unit, its metric or its weight is
	Direction                          vocab.KpiDirection
	Metric                             *vocab.KpiMetric // nil: it is measured
	Rollup                             vocab.KpiRollup
	Weight                             *vocab.KpiWeight // for WEIGHTED
	Cadence                            vocab.Cadence
	Green, Amber, GreenHigh, AmberHigh *string // decimals with at most six digits after the point
	OwnerID                            *string
	FeedColumn                         *string // column of the ProjectData feed; nil: none
}

// KpiDefinitionUpdateInput changes an indicator. Patch: code, name, description, direction, metric, formulaVersion, rollup, weight,
// cadence, green, amber, greenHigh, amberHigh, ownerId, feedColumn.
type KpiDefinitionUpdateInput struct {
	Call
	ID              string
	ExpectedVersion *int64
	Patch           map[string]any
}

// KpiDefinitionCreate defines an indicator.
func KpiDefinitionCreate(in KpiDefinitionCreateInput) state.Decision {
	return decision("kpiDefinitionCreate", in, func(w *work) error {
		portfolio := w.findIf(state.Portfolios.Desc(), "portfolioId", in.PortfolioID)
		program := w.findIf(state.Programs.Desc(), "programId", in.ProgramID)
		owner := w.findIf(state.Users.Desc(), "ownerId", in.OwnerID)
		return create(w, state.KpiDefinitions, func(k *ent.KpiDefinition) {
			k.Code, k.Name, k.Description, k.PortfolioID, k.ProgramID, k.OwnerID = in.Code, in.Name, in.Description, portfolio, program, owner
			k.Unit, k.Currency, k.Direction, k.Cadence, k.FeedColumn = in.Unit, in.Currency, in.Direction, in.Cadence, in.FeedColumn
			k.Source, k.Metric, k.FormulaVersion, k.Rollup, k.Weight = sourceOf(in.Metric), in.Metric, 1, in.Rollup, in.Weight
			k.Green, k.Amber = w.limit("green", in.Green), w.limit("amber", in.Amber)
			k.GreenHigh, k.AmberHigh = w.limit("greenHigh", in.GreenHigh), w.limit("amberHigh", in.AmberHigh)
			k.AboutMoney = or(in.AboutMoney, tellsOfMoney(k))
		})
	})
}

// KpiDefinitionUpdate changes an indicator. Another metric is another meaning: the formula version grows, unless the patch gives one.
func KpiDefinitionUpdate(in KpiDefinitionUpdateInput) state.Decision {
	return decision("kpiDefinitionUpdate", in, func(w *work) error {
		id := w.find(state.KpiDefinitions.Desc(), "id", in.ID)
		p := w.read(state.KpiDefinitions.Desc(), w.limits(in.Patch), []string{"code", "name", "description", "direction", "metric", "formula_version", "rollup", "weight",
			"cadence", "green", "amber", "green_high", "amber_high", "owner_id", "feed_column"})
		return change(w, state.KpiDefinitions, id, in.ExpectedVersion, func(k *ent.KpiDefinition) {
			shown := k.Metric
			p.apply(w, k)
			k.Source = sourceOf(k.Metric)
			if _, given := in.Patch["formulaVersion"]; !given && !same(shown, k.Metric) {
				k.FormulaVersion++
			}
		})
	})
}

// sourceOf tells where the values of an indicator come from: those that show a figure are computed.
func sourceOf(metric *vocab.KpiMetric) vocab.KpiSource {
	if metric != nil {
		return vocab.KpiSourceComputed
	}
	return vocab.KpiSourceMeasured
}

// limit reads a threshold that may be missing.
func (w *work) limit(field string, decimal *string) *int64 {
	if decimal == nil {
		return nil
	}
	n, _ := w.scaled(field, *decimal, state.LimitScale)
	return &n
}

// limits gives a patch with its thresholds as they are kept.
func (w *work) limits(patch map[string]any) map[string]any {
	kept := maps.Clone(patch)
	for _, name := range []string{"green", "amber", "greenHigh", "amberHigh"} {
		if decimal, ok := patch[name].(string); ok {
			kept[name], _ = w.scaled("patch."+name, decimal, state.LimitScale)
		}
	}
	return kept
}

// kpiScope: an indicator is for one portfolio, for one program, or for everywhere.
var kpiScope = on(state.KpiDefinitions, func(_ *state.Draft, _, k *ent.KpiDefinition) error {
	if k.PortfolioID != nil && k.ProgramID != nil {
		return fault.At("program_id", "NOT_ALLOWED", "an indicator is for a portfolio or for a program, not for both")
	}
	return nil
})

// kpiMoney: values of unit MONEY are in a currency, others in none; and what tells of money says so, since it is closed by that.
var kpiMoney = on(state.KpiDefinitions, func(_ *state.Draft, _, k *ent.KpiDefinition) error {
	switch {
	case (k.Unit == vocab.UnitMoney) != (k.Currency != nil):
		return fault.At("currency", "INCOMPLETE", "an indicator has a currency exactly if its unit is MONEY")
	case tellsOfMoney(k) && !k.AboutMoney:
		return fault.At("about_money", "REQUIRED", "its unit, its metric or its weight tells of money: it is about money")
	}
	return nil
})

// moneyMetrics are the figures that amounts go into: a ratio of amounts tells of them too.
var moneyMetrics = []vocab.KpiMetric{vocab.KpiMetricCpi, vocab.KpiMetricSpi, vocab.KpiMetricSpiT, vocab.KpiMetricBudgetVariance, vocab.KpiMetricPercentComplete}

func tellsOfMoney(k *ent.KpiDefinition) bool {
	return k.Unit == vocab.UnitMoney || k.Metric != nil && slices.Contains(moneyMetrics, *k.Metric) || k.Weight != nil && *k.Weight == vocab.KpiWeightBudget
}

// kpiSource: a computed indicator shows a figure, all of which are ratios; a measured one shows none.
var kpiSource = on(state.KpiDefinitions, func(_ *state.Draft, _, k *ent.KpiDefinition) error {
	switch {
	case k.Source != sourceOf(k.Metric):
		return fault.At("metric", "INCOMPLETE", "a computed indicator names a metric, a measured one none")
	case k.Metric != nil && k.Unit != vocab.UnitRatio:
		return fault.At("unit", "INVALID", "%s is a RATIO", *k.Metric)
	}
	return nil
})

// kpiWeight: a weighted roll-up names what it weighs with, any other nothing.
var kpiWeight = on(state.KpiDefinitions, func(_ *state.Draft, _, k *ent.KpiDefinition) error {
	if (k.Rollup == vocab.KpiRollupWeighted) != (k.Weight != nil) {
		return fault.At("weight", "INCOMPLETE", "a WEIGHTED roll-up names a weight, any other none")
	}
	return nil
})

// kpiLimits: thresholds go with the direction: all that it needs or none, and none on the wrong side of its neighbour.
var kpiLimits = on(state.KpiDefinitions, func(_ *state.Draft, _, k *ent.KpiDefinition) error {
	_, err := kpi.NewThresholds(k.Direction, kpi.Limits{Green: limit(k.Green), Amber: limit(k.Amber), GreenHigh: limit(k.GreenHigh), AmberHigh: limit(k.AmberHigh)})
	return wrongLimit(err)
})

// wrongLimit names the column of a threshold that does not fit.
func wrongLimit(err error) error {
	if wrong := (*kpi.LimitError)(nil); errors.As(err, &wrong) {
		return fault.At(snake(wrong.Limit), "OUT_OF_ORDER", "%v", err)
	}
	return err
}

// kpiFixed: what its measurements were recorded in does not change under them, and no meaning comes back.
var kpiFixed = on(state.KpiDefinitions, func(_ *state.Draft, before, k *ent.KpiDefinition) error {
	switch {
	case before == nil:
		return nil
	case before.Unit != k.Unit:
		return fault.At("unit", "FIXED", "the unit stays; define another indicator")
	case !same(before.Currency, k.Currency):
		return fault.At("currency", "FIXED", "the currency stays; define another indicator")
	case before.AboutMoney != k.AboutMoney:
		return fault.At("about_money", "FIXED", "whether it is about money stays; define another indicator")
	case k.FormulaVersion < before.FormulaVersion || k.FormulaVersion == before.FormulaVersion && !same(before.Metric, k.Metric):
		return fault.At("formula_version", "OUT_OF_ORDER", "the formula version grows with another metric, and never falls")
	}
	return nil
})
