package files_test

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/files"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

var millions = flag.Int("millions", 1, "how many million costs BenchmarkCosts writes")

// manyCosts puts a million costs, 500 to a project, or as many times more.
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
		for m := range 500 * *millions {
			n := int64(i*500**millions + m)
			b.Add("project_id", p.ID)
			b.Set(col("cost_category_id"), 1)
			if err := b.Word(col("currency"), "GBP"); err != nil {
				return err
			}
			b.Set(col("period"), int64(vocab.NewDate(1800, time.Month(1+m), 1)))
			b.Set(col("planned"), n*7919%10_000_000)
			b.Set(col("actual"), n*104_729%10_000_000)
			b.Set(col("forecast"), n*15_485_863%10_000_000)
		}
	}
	return d.PutFacts(b)
}

// BenchmarkCosts writes a million costs in each format, or more: go test -run '^$' -bench Costs ./internal/exchange/files -millions 10. beyond-MB is the
// most memory in use beside the record.
func BenchmarkCosts(b *testing.B) {
	v := as(b, office(b, manyCosts), "admin@organisation")
	var shown []dataset.Expr
	for _, name := range []string{"Id", "ProjectId", "Period", "CategoryId", "Planned", "Actual", "ToComplete"} {
		shown = append(shown, dataset.Col(name))
	}
	for _, f := range files.Formats {
		b.Run(string(f), func(b *testing.B) {
			table := planned(b, v, "CostEntries", dataset.Query{Select: shown, Keyless: true})
			rows, most := int64(0), inUse()
			for b.Loop() {
				c, err := files.Write(io.Discard, f, v, []files.Table{table}, files.Options{About: files.AboutView(v, "user-1"), Progress: most.look})
				if err != nil {
					b.Fatal(err)
				}
				rows += c[0].Rows
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(most.most-most.began)/1e6, "beyond-MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// used watches the memory in use.
type used struct{ began, most uint64 }

func inUse() *used {
	runtime.GC()
	u := &used{}
	u.look("", 0)
	u.began = u.most
	return u
}

func (u *used) look(string, int64) {
	if u.began > 0 && rand.IntN(10) > 0 {
		return
	}
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	u.most = max(u.most, sample[0].Value.Uint64())
}
