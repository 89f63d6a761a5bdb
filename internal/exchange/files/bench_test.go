package files_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/files"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// manyCosts puts a million costs, 500 to a project of the office's first category.
func manyCosts(d *state.Draft) error {
	base := state.Projects.Get(d, 1)
	b := state.NewBatch(state.CostEntries.Desc())
	col := state.CostEntries.Col
	for i := range 2000 {
		p := state.Projects.New(d)
		p.PortfolioID, p.Code, p.Name, p.Currency, p.Lifecycle = base.PortfolioID, fmt.Sprintf("N%d", i), fmt.Sprintf("Number %d", i), base.Currency, base.Lifecycle
		if err := state.Projects.Put(d, p); err != nil {
			return err
		}
		for m := range 500 {
			n := int64(i*500 + m)
			b.Add("project_id", p.ID)
			b.Set(col("cost_category_id"), 1)
			if err := b.Word(col("currency"), "GBP"); err != nil {
				return err
			}
			b.Set(col("period"), int64(vocab.NewDate(1980, time.Month(1+m), 1)))
			b.Set(col("planned"), n*7919%10_000_000)
			b.Set(col("actual"), n*104_729%10_000_000)
			b.Set(col("forecast"), n*15_485_863%10_000_000)
		}
	}
	return d.PutFacts(b)
}

func BenchmarkMillionCosts(b *testing.B) {
	v := as(b, office(b, manyCosts), "admin@organisation")
	var shown []dataset.Expr
	for _, name := range []string{"Id", "ProjectId", "Period", "CategoryId", "Planned", "Actual", "ToComplete"} {
		shown = append(shown, dataset.Col(name))
	}
	for _, f := range files.Formats {
		b.Run(string(f), func(b *testing.B) {
			table := planned(b, v, "CostEntries", dataset.Query{Select: shown, Keyless: true})
			rows := int64(0)
			for b.Loop() {
				c, err := files.Write(io.Discard, f, v, []files.Table{table}, files.Options{About: files.AboutView(v, "user-1")})
				if err != nil {
					b.Fatal(err)
				}
				rows += c[0].Rows
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
