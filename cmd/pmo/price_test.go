package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pmograph/internal/exchange/tabular"
)

// The ready queries cost no more than the limit allows with room to spare and, where a record fills their pages, at most ten times what they come to.
func TestPricesOfReadyQueries(t *testing.T) {
	o := start(t, where{Data: t.TempDir()})
	o.brings(t, "synthetic", tabular.Sample("synthetic"))
	token := o.token(t, "PMO", "")
	files, err := filepath.Glob("queries/*.graphql")
	must(t, err)
	full := map[string]bool{"6-earned-value": true, "7-indicators": true, "8-who-has-time": true} // of the synthetic portfolio
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".graphql")
		text, err := os.ReadFile(file)
		must(t, err)
		status, body := o.post(t, "/graphql", token, "application/json", strings.NewReader(document(string(text))))
		var answer struct {
			Errors     []any
			Extensions struct {
				Cost struct{ Requested, Actual int }
			}
		}
		must(t, json.Unmarshal(body, &answer))
		c := answer.Extensions.Cost
		t.Logf("%s: %d points for %d", name, c.Requested, c.Actual)
		switch {
		case status != http.StatusOK || len(answer.Errors) > 0 || c.Requested == 0:
			t.Errorf("%s: %d %.500s", name, status, body)
		case c.Actual > c.Requested:
			t.Errorf("%s came to more than its price", name)
		case c.Requested*16 > 1000*10:
			t.Errorf("%s costs %d points: too near to the limit of 1000", name, c.Requested)
		case full[name] && c.Requested > 10*c.Actual:
			t.Errorf("%s costs %d points, and comes to %d", name, c.Requested, c.Actual)
		}
	}
}
