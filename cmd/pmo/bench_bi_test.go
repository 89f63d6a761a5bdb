package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestBIBesideSQL is a step of scripts/bench-bi.sh: in turns it asks the database by SQL and a server by OData or for a file, and prints what
// each takes of processor time, server and PostgreSQL together, and of time.
func TestBIBesideSQL(t *testing.T) {
	dsn, address, token, pid := os.Getenv("PMO_BI_SQL"), os.Getenv("PMO_BI_URL"), os.Getenv("PMO_PEERS_TOKEN"), os.Getenv("PMO_PEERS_PID")
	postmaster := os.Getenv("PMO_BI_POSTMASTER")
	if address == "" {
		t.Skip("PMO_BI_URL names no server")
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	sameGroups(t, conn, address, token)
	page := `SELECT json_agg(x) FROM (SELECT id, project_id, period, category, planned_minor, actual_minor, forecast_minor FROM cost_entry WHERE id > $1 ORDER BY id LIMIT 1000) x`
	for _, c := range []struct {
		name, sql, path string
		args            []any
		times           int
	}{
		{"a page of 1,000 rows", page, "/odata/v4/CostEntries?$top=1000&$select=Id,ProjectId,Period,CategoryId,Planned,Actual,ToComplete", []any{500_000}, 50},
		{"groups of a million rows by portfolio and month", `SELECT json_agg(x) FROM (SELECT p.portfolio_id, period, sum(planned_minor), sum(actual_minor), sum(forecast_minor) FROM cost_entry c JOIN project p ON p.id = c.project_id GROUP BY 1, 2 ORDER BY 1, 2) x`,
			"/odata/v4/CostEntries?$apply=" + "groupby((Project/PortfolioId,Period),aggregate(TotalPlanned,TotalActual,TotalForecast))", nil, 5},
		{"groups of a million rows by category", `SELECT json_agg(x) FROM (SELECT category, sum(planned_minor) FROM cost_entry GROUP BY 1 ORDER BY 1) x`,
			"/odata/v4/CostEntries?$apply=" + "groupby((Category/Code),aggregate(TotalPlanned))", nil, 5},
		{"a million rows as CSV", `COPY (SELECT id, project_id, period, category, planned_minor, actual_minor, forecast_minor FROM cost_entry ORDER BY id) TO STDOUT (FORMAT csv)`, "/export/CostEntries.csv?columns=Id,ProjectId,Period,CategoryId,Planned,Actual,ToComplete", nil, 1},
	} {
		var theirs, ours, theirTime, ourTime []time.Duration
		var bytes int64
		for range 5 {
			began, taken := time.Now(), ticksBelow(t, postmaster)
			for range c.times {
				if strings.HasPrefix(c.sql, "COPY") {
					_, err := conn.PgConn().CopyTo(t.Context(), io.Discard, c.sql)
					must(t, err)
					continue
				}
				var answer []byte
				must(t, conn.QueryRow(t.Context(), c.sql, c.args...).Scan(&answer))
			}
			theirTime, theirs = append(theirTime, time.Since(began)), append(theirs, ticksBelow(t, postmaster)-taken)
			began, taken = time.Now(), ticks(t, pid)+ticksBelow(t, postmaster)
			for n := range c.times {
				round := "&round=" + strconv.Itoa(n)
				if strings.HasPrefix(c.path, "/export/") { // which has no options of others
					round = ""
				}
				bytes = fetched(t, address+c.path+round, token)
			}
			ourTime, ours = append(ourTime, time.Since(began)), append(ours, ticks(t, pid)+ticksBelow(t, postmaster)-taken)
		}
		per := func(d []time.Duration) float64 {
			slices.Sort(d)
			return d[len(d)/2].Seconds() * 1000 / float64(c.times)
		}
		fmt.Printf("%s (%d bytes): SQL %.2f ms of processor, %.2f ms; ours %.2f ms, %.2f ms; ratio %.1f by processor, %.1f by time\n",
			c.name, bytes, per(theirs), per(theirTime), per(ours), per(ourTime), per(theirs)/max(per(ours), 0.001), per(theirTime)/per(ourTime))
	}
}

// sameGroups looks whether groups have the same sums as by SQL, to the minor unit.
func sameGroups(t *testing.T, conn *pgx.Conn, address, token string) {
	t.Helper()
	body := requested(t, address+"/odata/v4/CostEntries?$apply=groupby((Project/PortfolioId,Period),aggregate(TotalPlanned,TotalActual,TotalForecast))&$format=application/json;IEEE754Compatible=true", token)
	defer body.Close()
	var ours struct {
		Value []struct {
			Project                                  struct{ PortfolioID string }
			Period                                   string
			TotalPlanned, TotalActual, TotalForecast string
		}
	}
	must(t, json.NewDecoder(body).Decode(&ours))
	rows, err := conn.Query(t.Context(), `SELECT 'portfolio-' || p.portfolio_id || ' ' || period || ' ' || sum(planned_minor) || ' ' || sum(actual_minor) || ' ' || sum(forecast_minor) FROM cost_entry c JOIN project p ON p.id = c.project_id GROUP BY p.portfolio_id, period`)
	must(t, err)
	theirs, err := pgx.CollectRows(rows, pgx.RowTo[string])
	must(t, err)
	slices.Sort(theirs)
	minor := func(decimal string) string { // 0.00 is 0
		n, err := strconv.ParseInt(minorUnits(decimal), 10, 64)
		must(t, err)
		return strconv.FormatInt(n, 10)
	}
	var have []string
	for _, r := range ours.Value {
		have = append(have, strings.Join([]string{r.Project.PortfolioID, r.Period, minor(r.TotalPlanned), minor(r.TotalActual), minor(r.TotalForecast)}, " "))
	}
	slices.Sort(have)
	if len(have) != len(theirs) {
		t.Fatalf("%d groups, %d by SQL", len(have), len(theirs))
	}
	for i := range have {
		if have[i] != theirs[i] {
			t.Fatalf("%s, by SQL %s", have[i], theirs[i])
		}
	}
}

func requested(t *testing.T, address, token string) io.ReadCloser {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, strings.ReplaceAll(address, " ", "%20"), nil)
	must(t, err)
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	must(t, err)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", address, res.Status)
	}
	return res.Body
}

func fetched(t *testing.T, address, token string) int64 {
	t.Helper()
	body := requested(t, address, token)
	defer body.Close()
	n, err := io.Copy(io.Discard, body)
	must(t, err)
	return n
}

// ticksBelow is the processor time of a process and its children, PostgreSQL's sessions.
func ticksBelow(t *testing.T, pid string) (total time.Duration) {
	t.Helper()
	total = ticks(t, pid)
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	must(t, err)
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		if f := strings.Fields(rest); len(f) > 12 && f[1] == pid {
			user, _ := strconv.ParseInt(f[11], 10, 64)
			system, _ := strconv.ParseInt(f[12], 10, 64)
			total += time.Duration(user+system) * time.Second / 100
		}
	}
	return total
}
