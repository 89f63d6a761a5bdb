package graph_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pmograph/auth"
	"pmograph/internal/vocab"
)

var update = flag.Bool("update", false, "write the golden answers anew")

// mark is the part of a position that no two records have in common.
var mark = regexp.MustCompile(`"(\d+)\.[0-9a-f]{16}"`)

var defence = who("defence", role(vocab.RolePortfolioManager, "portfolio:GOV/MOD"))
var fleet = who("fleet", role(vocab.RoleFinance, "program:MOD/FLEET"))

// The questions leaders ask, each a document, with golden answers for who asks.
func TestGoldenAnswers(t *testing.T) {
	h := governmentHouse(t)
	may := map[string]any{"day": "2022-03-31"}
	for _, x := range []struct {
		document, name string
		id             auth.Identity
		variables      map[string]any
	}{
		{"executive-tree", "finance", finance, may},
		{"executive-tree", "viewer", viewer, may},
		{"executive-tree", "defence", defence, may},
		{"executive-tree", "known-before", finance, map[string]any{"day": "2022-03-31", "knownAt": map[string]any{"number": built}}},
		{"dashboard", "finance", finance, may},
		{"dashboard", "viewer", viewer, may},
		{"dashboard", "agency", finance, map[string]any{"day": "2022-03-31", "portfolio": "portfolio-4"}},
		{"project-page", "finance", finance, map[string]any{"path": "MOD/AJAX", "day": "2022-03-31"}},
		{"project-page", "viewer", viewer, map[string]any{"path": "MOD/AJAX", "day": "2022-03-31"}},
		{"project-page", "earlier", finance, map[string]any{"path": "MOD/AJAX", "day": "2021-06-30"}},
		{"changes", "finance", finance, map[string]any{"since": built}},
		{"changes", "viewer", viewer, map[string]any{"since": built}},
		{"changes", "defence", defence, map[string]any{"since": built, "scope": "portfolio-2"}},
		{"changes", "fleet", fleet, map[string]any{"since": built - 1}},
		{"aggregate", "finance", finance, map[string]any{"column": "Lifecycle"}},
		{"aggregate", "viewer", viewer, map[string]any{"column": "Confidence"}},
		{"aggregate", "defence", defence, map[string]any{"column": "Reporting"}},
		{"viewer", "admin", admin, nil},
		{"viewer", "defence", defence, nil},
		{"viewer", "viewer", viewer, nil},
		{"viewer", "government", who("government", role(vocab.RoleFinance, "portfolio:GOV")), nil},
	} {
		golden(t, h, x.document, x.name, x.id, x.variables)
	}
}

// golden compares the answer to a document with the one on file, recomputes its figures, and looks at its price.
func golden(t *testing.T, h *house, document, name string, id auth.Identity, variables map[string]any) {
	t.Run(document+"/"+name, func(t *testing.T) {
		query, err := os.ReadFile(filepath.Join("testdata", document+".graphql"))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, h.ask(id, string(query), variables), "", " "); err != nil {
			t.Fatal(err)
		}
		text := mark.ReplaceAllString(got.String(), `"$1.…"`) + "\n"
		if strings.Contains(text, `"errors"`) {
			t.Fatalf("%.3000s", text)
		}
		h.alike(t, id, string(query), variables)
		var answer map[string]any
		must(json.Unmarshal(got.Bytes(), &answer))
		t.Logf("%d figures recomputed", recompute(t, answer))
		checkPrice(t, h, id, string(query), variables)
		file := filepath.Join("testdata", document+"."+name+".json")
		if *update {
			must(os.WriteFile(file, []byte(text), 0o644))
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err, "; write it with go test ./graph -update")
		}
		if text != string(want) {
			t.Errorf("the answer differs from %s:\n%s", file, firstDifference(string(want), text))
		}
	})
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return strings.Join(a[max(0, i-3):i], "\n") + "\n- " + a[i] + "\n+ " + b[i]
		}
	}
	return "one is longer"
}
