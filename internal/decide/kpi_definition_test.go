package decide

import (
	"testing"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

func TestKpiDefinitions(t *testing.T) {
	created := func(edit func(*KpiDefinitionCreateInput)) state.Decision {
		in := KpiDefinitionCreateInput{Code: "K", Name: "Key", Unit: vocab.UnitRatio, Direction: vocab.KpiDirectionUpGood, Rollup: vocab.KpiRollupNone, Cadence: vocab.CadenceMonth}
		edit(&in)
		return KpiDefinitionCreate(in)
	}
	updated := func(name string, value any) state.Decision {
		return KpiDefinitionUpdate(KpiDefinitionUpdateInput{ID: "kpi-definition-1", Patch: map[string]any{name: value}})
	}
	for _, a := range []act{
		{"measured, for a program", "pmo", created(func(k *KpiDefinitionCreateInput) {
			k.ProgramID, k.Green, k.Amber = ptr("program-1"), ptr("0.95"), ptr("0.9")
		}), "",
			func(_ *testing.T, r *record) bool {
				k := state.KpiDefinitions.Get(r.all(), 2)
				return k.Source == vocab.KpiSourceMeasured && *k.Green == 950_000 && k.FormulaVersion == 1 && !k.AboutMoney && *k.ProgramID == 1
			}},
		{"computed from amounts: about money by itself", "pmo", created(func(k *KpiDefinitionCreateInput) {
			k.PortfolioID, k.Metric = ptr("portfolio-1"), ptr(vocab.KpiMetricCpi)
		}), "",
			func(_ *testing.T, r *record) bool {
				k := state.KpiDefinitions.Get(r.all(), 2)
				return k.Source == vocab.KpiSourceComputed && k.AboutMoney
			}},
		{"an amount", "pmo", created(func(k *KpiDefinitionCreateInput) { k.Code, k.Unit, k.Currency = "S", vocab.UnitMoney, ptr("EUR") }), "",
			func(_ *testing.T, r *record) bool { return state.KpiDefinitions.Get(r.all(), 2).AboutMoney }},
		{"an amount that is not about money", "", created(func(k *KpiDefinitionCreateInput) {
			k.Code, k.Unit, k.Currency, k.AboutMoney = "S", vocab.UnitMoney, ptr("EUR"), ptr(false)
		}), "input.aboutMoney REQUIRED", nil},
		{"an amount without currency", "", created(func(k *KpiDefinitionCreateInput) { k.Code, k.Unit = "S", vocab.UnitMoney }), "input.currency INCOMPLETE", nil},
		{"a figure in hours", "", created(func(k *KpiDefinitionCreateInput) {
			k.Code, k.Unit, k.Metric = "S", vocab.UnitHours, ptr(vocab.KpiMetricOnTimeRate)
		}), "input.unit INVALID", nil},
		{"two scopes", "", created(func(k *KpiDefinitionCreateInput) { k.PortfolioID, k.ProgramID = ptr("portfolio-1"), ptr("program-1") }), "input.programId NOT_ALLOWED", nil},
		{"a code taken", "", created(func(*KpiDefinitionCreateInput) {}), "input.code TAKEN", nil},
		{"a limit that is none", "", created(func(k *KpiDefinitionCreateInput) { k.Code, k.Green = "S", ptr("high") }), "input.green INVALID", nil},
		{"the permission", "manager", created(func(k *KpiDefinitionCreateInput) { k.PortfolioID = ptr("portfolio-1") }), "FORBIDDEN", nil},

		{"other limits", "pmo", updated("green", "0.99"), "", func(_ *testing.T, r *record) bool {
			k := state.KpiDefinitions.Get(r.all(), 1)
			return *k.Green == 990_000 && k.FormulaVersion == 1
		}},
		{"limits upside down", "", updated("green", "0.1"), "input.patch.green OUT_OF_ORDER", nil},
		{"a limit too fine", "", updated("green", "0.9999999"), "input.patch.green OUT_OF_RANGE", nil},
		{"no limits", "", KpiDefinitionUpdate(KpiDefinitionUpdateInput{ID: "kpi-definition-1", Patch: map[string]any{"green": nil, "amber": nil}}), "", nil},
		{"another metric is another meaning", "pmo", updated("metric", vocab.KpiMetricOnTimeRate), "", func(_ *testing.T, r *record) bool {
			k := state.KpiDefinitions.Get(r.all(), 1)
			return k.Source == vocab.KpiSourceComputed && k.FormulaVersion == 2
		}},
		{"a metric of money", "", updated("metric", vocab.KpiMetricSpi), "input REQUIRED", nil},
		{"another meaning by its own word", "pmo", updated("formulaVersion", int64(5)), "", func(_ *testing.T, r *record) bool { return state.KpiDefinitions.Get(r.all(), 1).FormulaVersion == 5 }},
		{"an old meaning", "", updated("formulaVersion", int64(0)), "input.patch.formulaVersion INVALID", nil},
		{"the unit stays", "", updated("unit", vocab.UnitHours), "input.patch.unit UNKNOWN_FIELD", nil},
		{"the permission to change", "manager", updated("name", "Mine"), "FORBIDDEN", nil},
		{"one that is not there", "", KpiDefinitionUpdate(KpiDefinitionUpdateInput{ID: "kpi-definition-9"}), "input.id NOT_FOUND", nil},
	} {
		t.Run(a.name, func(t *testing.T) { a.run(t, planned(t)) })
	}
}
