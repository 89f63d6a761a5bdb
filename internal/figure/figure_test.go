package figure

import (
	"testing"

	"pmograph/internal/calc/exact"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Only the worst has an effect on the worst: without it the second worst counts. Asking does not change the figure.
func TestEffectOfTheWorst(t *testing.T) {
	ref := func(id int64) state.Ref { return state.Ref{Table: state.Milestones.Desc(), ID: id} }
	x := recipe{formula: input(worst), unit: vocab.UnitWorkingDays, terms: []term{{Input{Name: worst, Unit: vocab.UnitWorkingDays}, most}}}
	for i, days := range []int64{3, 10, 7, -2} {
		x.parts = append(x.parts, Part{ref(int64(i + 1)), worst, exact.Of(days)})
	}
	f := x.make()
	for range 2 {
		if got := f.Value.String(); got != "10" {
			t.Fatalf("the worst is %s", got)
		}
		for i, c := range f.Explain().Contributors() {
			want := exact.Of(0)
			if c.Node.ID == 2 {
				want = exact.Of(3)
			}
			if (i == 0) != (c.Node.ID == 2) || c.Effect.Cmp(want) != 0 {
				t.Errorf("place %d: milestone %d with effect %s", i, c.Node.ID, c.Effect)
			}
		}
	}
}

// Every word that an indicator may name as its metric is a figure, every dimension of a computed rating is judged, and every method of an
// estimate has a formula.
func TestWordsHaveFigures(t *testing.T) {
	for _, v := range vocab.KpiMetric("").Values() {
		if kpiMetrics[vocab.KpiMetric(v)] == nil {
			t.Errorf("the metric %s shows no figure", v)
		}
	}
	for _, v := range vocab.RagDimension("").Values() {
		if judged[vocab.RagDimension(v)] == nil {
			t.Errorf("the dimension %s judges no figure", v)
		}
	}
	for _, v := range vocab.EacMethod("").Values() {
		if atCompletion[vocab.EacMethod(v)] == nil {
			t.Errorf("the method %s has no formula", v)
		}
	}
}
