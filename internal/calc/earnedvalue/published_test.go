package earnedvalue

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"testing"

	"pmograph/internal/calc/exact"
)

// shared reads a file of published data, which is not part of the repository.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../../shared/data/evm/" + name)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("PMO_REQUIRE_SHARED") == "" {
		t.Skip("the shared data are not there")
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// table reads rows by column.
func table(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open("../../../../shared/data/evm/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) == 0 {
		t.Fatalf("%s: %d lines, %v", name, len(lines), err)
	}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, cell := range line {
			row[lines[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// near tells whether a value is a published number, but for the last digits of a floating-point computation.
func near(v Value, published string, tolerance *big.Rat) bool {
	return v.Rat() != nil && new(big.Rat).Abs(new(big.Rat).Sub(v.Rat(), ratio(published).Rat())).Cmp(tolerance) <= 0
}

// apply computes with values that the formulas of others are made of.
func apply(op func(x, y exact.Number) exact.Number, x, y Value) Value {
	return Value{Number: op(x.Number, y.Number)}
}

// TestAirportCheckIn recomputes the published figures and forecasts of a real project of nine planned periods, one row a period.
// Its forecasts by planned value (PV2, PV3) and by earned duration (ED = AT × SPI) are not figures of this package; they are made of them.
func TestAirportCheckIn(t *testing.T) {
	shared(t, "airport_checkin_to_period_9.csv")
	rows, published := table(t, "airport_checkin_to_period_9.csv"), table(t, "airport_checkin_to_period_9_published.csv")
	if len(rows) != 9 || len(published) != 9 {
		t.Fatalf("%d periods, %d published, want 9", len(rows), len(published))
	}
	var pv []exact.Number
	for _, row := range rows {
		pv = append(pv, ratio(row["planned_value"]).Number)
	}
	mul, quo := exact.Number.Times, exact.Number.Over
	checked, tolerance := 0, big.NewRat(1, 1e12)
	for i, row := range rows {
		at := ratio(row["period"])
		p := Parts{PV: ratio(row["planned_value"]), EV: ratio(row["earned_value"]), AC: ratio(row["actual_cost"]), BAC: Value{Number: pv[8]}}
		s := Schedule{PV: pv, EV: p.EV, AT: at}
		sci, scit, ed := apply(mul, p.SPI(), p.CPI()), apply(mul, s.SPIt(), p.CPI()), apply(mul, at, p.SPI())
		byED := func(factor Value) Value {
			return apply(exact.Number.Plus, at, apply(quo, apply(exact.Number.Minus, s.PD(), ed), factor))
		}
		got := map[string]Value{
			"period": at, "SV": p.SV(), "SPI": p.SPI(), "CV": p.CV(), "CPI": p.CPI(), "SCI": sci, "earned_duration": ed,
			"earned_schedule": s.ES(), "SPI_t": s.SPIt(), "SCI_t": scit,
			"EACt_ES_PF1": s.IEACtBy(Of(1)), "EACt_ES_PFSPIt": s.IEACtBy(s.SPIt()), "EACt_ES_PFSCIt": s.IEACtBy(scit),
			"EACt_PV2": apply(quo, s.PD(), p.SPI()), "EACt_PV3": apply(quo, s.PD(), sci),
			"EACt_ED_PF1": byED(Of(1)), "EACt_ED_PFSPI": byED(p.SPI()), "EACt_ED_PFSCI": byED(sci),
		}
		for name, want := range published[i] {
			if !near(got[name], want, tolerance) {
				t.Errorf("period %s: %s is %v, published %s", row["period"], name, got[name].Rat(), want)
			}
			checked++
		}
		if s.IEACt().Rat().Cmp(s.IEACtBy(s.SPIt()).Rat()) != 0 {
			t.Errorf("period %s: the two forms of IEAC(t) differ", row["period"])
		}
	}
	if want := 9 * 18; checked != want {
		t.Errorf("%d numbers were compared, want %d: 17 figures and the period, in nine rows", checked, want)
	}
}

// TestPublishedExamples recomputes exercises of textbooks and of another program's tests; they state seven decimals.
func TestPublishedExamples(t *testing.T) {
	var examples []struct {
		ID    string
		Input struct {
			BAC, PV, EV, AC int64
			Months          int64 `json:"planned_months"`
		}
		Answer map[string]json.Number
	}
	if err := json.Unmarshal(shared(t, "worked_examples.json"), &examples); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, x := range examples {
		p := parts(x.Input.PV, x.Input.EV, x.Input.AC, x.Input.BAC)
		got := map[string]Value{
			"cv": p.CV(), "sv": p.SV(), "cpi": p.CPI(), "spi": p.SPI(), "eac": p.EAC(Typical),
			"estimated_months": apply(exact.Number.Over, Of(x.Input.Months), p.SPI()),
		}
		for name, want := range x.Answer {
			if !near(got[name], want.String(), big.NewRat(1, 2e7)) {
				t.Errorf("%s: %s is %v, published %s", x.ID, name, got[name].Rat(), want)
			}
			checked++
		}
	}
	if checked != 4+6+6 {
		t.Errorf("%d answers were compared, want 16", checked)
	}
}
