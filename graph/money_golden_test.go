package graph_test

import (
	"fmt"
	"testing"

	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// worked is an organisation whose projects are the worked examples of earned value: DELAYED is over cost and behind, BAC 1000, PV 500, EV
// 400, AC 480; CURVE earns as the example of earned schedule, and two more have EV and AC of 90/60 and 1000/1000, so that the CPI of the
// three in EXAMPLES is 0.9675 and the mean of theirs would say the contrary.
func worked() *world {
	month := func(n int) vocab.Date { return day("2022-01-01").AddMonths(n) }
	even := func(each int64, months int) (list []planned) {
		for n := range months {
			list = append(list, planned{month(n), each * 100})
		}
		return list
	}
	// of gives a project whose milestones of some weights were reached, the first so many of them.
	of := func(portfolio int, code string, weights []int64, reached int, spread []planned, costs ...cost) project {
		p := project{portfolio: portfolio, program: -1, code: code, name: code, lifecycle: "EXECUTING", currency: "GBP", costs: costs}
		b := baseline{state: "APPROVED", approved: dayp("2021-12-15"), plan: plan{currency: "GBP", spread: spread}}
		for n, w := range weights {
			m := milestone{name: fmt.Sprintf("Part %d", n+1), state: "PLANNED", forecast: ptr(month(n + 1))}
			if n < reached {
				m.state, m.actual = "REACHED", dayp("2022-01-20")
			}
			p.milestones = append(p.milestones, m)
			b.dates, b.weights = append(b.dates, ptr(month(n+1)-1)), append(b.weights, ptr(w))
		}
		p.baselines = []baseline{b}
		return p
	}
	spent := func(category, at int, amount int64) cost {
		return cost{category: category, currency: "GBP", month: month(at), actual: ptr(amount * 100)}
	}
	w := &world{currency: "GBP", fiscal: 1, validity: 12, portfolios: []portfolio{{-1, "EXAMPLES", ""}, {-1, "IN-TIME", ""}, {1, "ABROAD", "EUR"}},
		rates: []rate{{"GBP", "EUR", day("2022-01-01"), 1_250_000_000}}}
	delayed := of(0, "DELAYED", []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 4, even(100, 10), spent(1, 0, 200), spent(2, 1, 180), spent(1, 4, 100))
	delayed.costs = append(delayed.costs, cost{category: 1, currency: "GBP", month: month(6), committed: ptr(int64(150_00)), forecast: ptr(int64(500_00))})
	delayed.budgets = []budget{{1, "NONE", "GBP", month(0), 900_00}, {2, "CONTINGENCY", "GBP", month(0), 100_00}, {1, "MANAGEMENT", "GBP", month(0), 50_00}}
	curve := of(1, "CURVE", []int64{4, 6}, 1, nil, spent(1, 2, 410))
	for n, amount := range []int64{50, 100, 150, 200, 250, 150, 100} {
		curve.baselines[0].spread = append(curve.baselines[0].spread, planned{month(n), amount * 100})
	}
	w.projects = []project{
		delayed,
		of(0, "CHEAP", []int64{9, 1}, 1, []planned{{month(0), 100_00}}, spent(1, 0, 60)),
		of(0, "DONE", []int64{1}, 1, []planned{{month(0), 1000_00}}, spent(1, 0, 1000)),
		curve,
		{portfolio: 2, program: -1, code: "NO-PLAN", name: "No plan", lifecycle: "EXECUTING", currency: "EUR", costs: []cost{{category: 3, currency: "EUR", month: month(0), planned: ptr(int64(70_00)), actual: ptr(int64(50_00))}}},
	}
	return w
}

// tolerate sets the limits of ratios for all projects, and of slips to 5 and 20 working days.
func (h *house) tolerate(green, amber int64) {
	h.do("toleranceSet", func(d *state.Draft) error {
		for _, x := range []struct {
			dimension    vocab.RagDimension
			green, amber int64
		}{{"COST", green, amber}, {"SCHEDULE", green, amber}, {"MILESTONE", 5_000_000, 20_000_000}} {
			t := state.Tolerances.Find(d, 1, nil, string(x.dimension))
			if t == nil {
				t = state.Tolerances.New(d)
			} else {
				var err error
				t, err = state.Tolerances.Edit(d, t.ID, nil)
				must(err)
			}
			t.Dimension, t.Green, t.Amber = x.dimension, x.green, x.amber
			must(state.Tolerances.Put(d, t))
		}
		return nil
	})
}

// The worked examples of earned value and earned schedule, through every ring, and down to single facts.
func TestGoldenMoney(t *testing.T) {
	h := newHouse(t)
	h.load(worked())
	h.tolerate(950_000, 900_000)
	may := map[string]any{"day": "2022-05-31"}
	golden(t, h, "executive-money", "finance", finance, may)
	golden(t, h, "executive-money", "viewer", viewer, may)
	golden(t, h, "executive-money", "abroad", who("abroad", role(vocab.RoleFinance, "portfolio:IN-TIME/ABROAD")), may)
	golden(t, h, "cost-curve", "delayed", finance, map[string]any{"path": "EXAMPLES/DELAYED", "from": "2022-01-01", "to": "2022-05-31"})
	golden(t, h, "cost-curve", "curve", finance, map[string]any{"path": "IN-TIME/CURVE", "from": "2022-01-01", "to": "2022-04-30"})
	golden(t, h, "cost-curve", "viewer", viewer, map[string]any{"path": "IN-TIME/CURVE", "from": "2022-01-01", "to": "2022-04-30"})

	got := h.answer(finance, `{ vector: project(path: "DELAYED") { earnedValue(asOf: "2022-05-31") { plannedValue { value } earnedValue { value } actualCost { value } budgetAtCompletion { value } costVariance { value } scheduleVariance { value }
		cpi { value } spi { value } typical: estimateAtCompletion { value } atypical: estimateAtCompletion(method: ATYPICAL) { value } both: estimateAtCompletion(method: COST_AND_SCHEDULE) { value }
		estimateToComplete { value } varianceAtCompletion { value } tcpi { value } tcpiToEac { value } } }
		group: portfolio(path: "EXAMPLES") { earnedValue(asOf: "2022-05-31") { cpi { value } } }
		time: project(path: "CURVE") { earnedValue(asOf: "2022-04-30") { schedule { earnedSchedule { value } scheduleVariance { value } spi { value } estimatedDuration { value } } } } }`, nil)
	for path, want := range map[string]string{
		"plannedValue": "500.00", "earnedValue": "400.00", "actualCost": "480.00", "budgetAtCompletion": "1000.00", "costVariance": "-80.00", "scheduleVariance": "-100.00",
		"cpi": "0.833333", "spi": "0.800000", "typical": "1200.00", "atypical": "1080.00", "both": "1380.00", "estimateToComplete": "720.00", "varianceAtCompletion": "-200.00",
		"tcpi": "1.153846", "tcpiToEac": "0.833333",
	} {
		if v := at(got, "vector", "earnedValue", path, "value"); v != want {
			t.Errorf("%s is %v, not %s", path, v, want)
		}
	}
	if v := at(got, "group", "earnedValue", "cpi", "value"); v != "0.967532" { // 1490/1540
		t.Errorf("the CPI of the three is %v", v)
	}
	for path, want := range map[string]string{"earnedSchedule": "3.500000", "scheduleVariance": "-0.500000", "spi": "0.875000", "estimatedDuration": "8.000000"} {
		if v := at(got, "time", "earnedValue", "schedule", path, "value"); v != want {
			t.Errorf("%s is %v, not %s", path, v, want)
		}
	}
}
