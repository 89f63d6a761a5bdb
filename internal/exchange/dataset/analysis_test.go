package dataset_test

import (
	"strings"
	"testing"

	"pmograph/internal/exchange/dataset"
)

func parsed(t testing.TB, text string) dataset.Analysis {
	t.Helper()
	a, err := dataset.ParseAnalysis([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// shown writes an answer as text, a line for each row.
func shown(out *dataset.Answer) string {
	var b strings.Builder
	line := func(name string, r dataset.AnswerRow) {
		b.WriteString(name)
		for _, v := range r.Values {
			b.WriteString(" " + v.String() + v.Why.String())
		}
		b.WriteByte('\n')
	}
	for _, c := range out.Columns {
		b.WriteString(c.Name + " ")
	}
	b.WriteByte('\n')
	for _, r := range out.Rows {
		line("", r)
	}
	if out.Others != nil {
		line("others", *out.Others)
	}
	if out.Totals != nil {
		line("totals", *out.Totals)
	}
	return b.String()
}

func TestAnalysisSmoke(t *testing.T) {
	j := office(t)
	for _, who := range []string{"admin@organisation", "finance@organisation"} {
		v := as(t, j, who)
		a := parsed(t, `{"dataset":"CostEntries","groupBy":[{"column":"Project/Portfolio/Name"},{"column":"Period","bucket":"MONTH"}],
			"measures":[{"measure":"TotalPlanned"},{"measure":"TotalPlannedReporting"},{"op":"COUNT"},{"op":"MAX","column":"Planned"}],"top":4,"others":true,"totals":true,
			"from":"2022-01-01","to":"2022-12-31","compare":"PREVIOUS_YEAR","filter":{"and":[{"column":"Planned","operator":"GE","values":["0"]},{"column":"Project/Code","operator":"NOT_NULL"}]}}`)
		out, err := a.Run(v)
		if err != nil {
			t.Fatal(err)
		}
		p, err := a.Price(v)
		t.Logf("%s\n%+v %+v %v", shown(out), out.Coverage, p, err)
		plan, err := a.Plan(v)
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := plan.All(v)
		t.Log(rows, err)
	}
	_, err := parsed(t, `{"dataset":"CostEntries","groupBy":[{"column":"Project/X"}],"measures":[{"measure":"Foo"},{"op":"SUM"}],"order":[{"by":"x"}]}`).Run(as(t, j, "admin@organisation"))
	t.Log(err)
}
