package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// peerLeaf is a value of an answer under its name, as the comparison spells both.
type peerLeaf struct{ name, value string }

// spelled gives our value of a name as the comparison spells it; names that are not here are spelled alike.
var spelled = map[string]func(string) string{
	"id": afterDash, "kpiId": afterDash,
	"status":      peerWord,
	"budgetMinor": minorUnits, "actualMinor": minorUnits, "forecastMinor": minorUnits,
	"period": func(end string) string { return end[:min(len(end), len("2026-01"))] + "-01" }, // a month by its first day
	"hours": func(minutes string) string {
		n, _ := strconv.Atoi(minutes)
		return strconv.FormatFloat(float64(n)/60, 'g', -1, 64)
	},
}

// rounding is how far apart numbers may be that are shown with so many decimals: ours have six.
var rounding = map[string]float64{"value": 1e-6, "utilisation": 1e-4}

func afterDash(id string) string { return id[strings.LastIndex(id, "-")+1:] }

func minorUnits(decimal string) string { return strings.Replace(decimal, ".", "", 1) }

func peerWord(word string) string {
	for theirs, ours := range peerLifecycles {
		if string(ours) == word {
			return theirs
		}
	}
	for theirs, ours := range peerMilestones {
		if string(ours) == word {
			return theirs
		}
	}
	return word
}

// leaves flattens an answer in the order of its text. What a list repeats in each of its rows, the other says once: such a value counts
// where it changes. Groups of nothing are left out, and the count of risks, which are not on record here.
func leaves(t *testing.T, answer []byte, spell bool) (all []peerLeaf) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(answer))
	dec.UseNumber()
	last := map[string]string{}
	var read func(name string)
	read = func(name string) {
		token, err := dec.Token()
		must(t, err)
		switch x := token.(type) {
		case json.Delim:
			for dec.More() {
				if x == '{' {
					key, err := dec.Token()
					must(t, err)
					name = key.(string)
				}
				read(name)
			}
			_, err = dec.Token()
			must(t, err)
			return
		case nil:
			all = append(all, peerLeaf{name, "null"})
			return
		default:
			value := fmt.Sprint(x)
			if f := spelled[name]; f != nil && spell {
				value = f(value)
			}
			if once := name == "department" || name == "kpiId"; once && last[name] == value {
				return
			}
			last[name] = value
			all = append(all, peerLeaf{name, value})
		}
	}
	read("")
	for i := 1; i < len(all); i++ {
		if all[i] == (peerLeaf{"n", "0"}) {
			all = slices.Delete(all, i-1, i+1)
			i--
		}
	}
	return slices.DeleteFunc(all, func(l peerLeaf) bool { return l.name == "openRisks" })
}

// alike tells whether two leaves say the same.
func alike(a, b peerLeaf) bool {
	if a == b {
		return true
	}
	x, err1 := strconv.ParseFloat(a.value, 64)
	y, err2 := strconv.ParseFloat(b.value, 64)
	return a.name == b.name && err1 == nil && err2 == nil && math.Abs(x-y) <= rounding[a.name]
}

// grouped puts the counts of healths in the comparison's order, which is that of the alphabet.
func grouped(all []peerLeaf) []peerLeaf {
	type pair struct{ health, n peerLeaf }
	var pairs []pair
	for len(all) > 1 && all[0].name == "health" {
		pairs, all = append(pairs, pair{all[0], all[1]}), all[2:]
	}
	slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(a.health.value, b.health.value) })
	var out []peerLeaf
	for _, p := range pairs {
		out = append(out, p.health, p.n)
	}
	return append(out, all...)
}

var placeholder = regexp.MustCompile(`\{\{rand:\d+:\d+\}\}`)

// TestSameAsPeers is a step of scripts/bench-peers.sh: every value that the limit at PMO_PEERS_LIMIT answers, pmo at PMO_PEERS_OURS
// answers too, in the same order.
func TestSameAsPeers(t *testing.T) {
	limit, ours := os.Getenv("PMO_PEERS_LIMIT"), os.Getenv("PMO_PEERS_OURS")
	if limit == "" {
		t.Skip("PMO_PEERS_LIMIT names no server to compare with")
	}
	for _, w := range []struct {
		name             string
		first, last, gap int // of the numbers asked for
	}{{"W1", 26, 105, 1}, {"W2", 1, 5000, 7}, {"W3", 1, 5, 1}, {"W5", 1, 1, 1}} {
		t.Run(w.name, func(t *testing.T) {
			document, err := os.ReadFile(filepath.Join("testdata/peers", w.name+".graphql"))
			must(t, err)
			_, vars, _ := strings.Cut(string(document), "# vars: ")
			vars, _, _ = strings.Cut(vars, "\n")
			n := 0
			for id := w.first; id <= w.last; id += w.gap {
				body, err := json.Marshal(map[string]any{"query": string(document), "variables": json.RawMessage(or(placeholder.ReplaceAllString(vars, fmt.Sprint(id)), "{}"))})
				must(t, err)
				have := leaves(t, []byte(withoutCost(string(fetch(t, http.MethodPost, ours, body)))+"}"), true)
				want := leaves(t, fetch(t, http.MethodGet, fmt.Sprintf("%s/%s?id=%d", limit, strings.ToLower(w.name), id), nil), false)
				if have, want = grouped(have), grouped(want); !slices.EqualFunc(have, want, alike) {
					for i := range min(len(have), len(want)) {
						if !alike(have[i], want[i]) {
							t.Fatalf("%d: value %d is %v, the limit's %v", id, i, have[i], want[i])
						}
					}
					t.Fatalf("%d: %d values, the limit has %d", id, len(have), len(want))
				}
				n += len(have)
			}
			t.Logf("%d values are the same", n)
		})
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func fetch(t *testing.T, method, url string, body []byte) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+os.Getenv("PMO_PEERS_TOKEN"))
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	if res.StatusCode != http.StatusOK || bytes.Contains(text, []byte(`"errors":[{"message`)) {
		t.Fatalf("%s: %s: %.500s", url, res.Status, text)
	}
	return text
}

// The check of same values can fail: a value, a name, an order and a length that differ are told apart, spellings are not.
func TestPeersDiffer(t *testing.T) {
	want := `{"id":7,"health":"RED","status":"ACTIVE","rows":[{"kpiId":1,"period":"2026-01-01","value":0.5},{"kpiId":1,"period":"2026-02-01","value":2}],"openRisks":3}`
	for ours, same := range map[string]bool{
		`{"data":{"id":"project-7","health":"RED","status":"EXECUTING","kpis":[{"d":{"kpiId":"kpi-definition-1"},"m":[{"period":"2026-01-31","value":"0.500000"},{"period":"2026-02-28","value":"2.000000"}]}]}}`: true,
		`{"id":"project-8","health":"RED","status":"EXECUTING","kpis":[{"kpiId":"k-1","m":[{"period":"2026-01-31","value":"0.5"},{"period":"2026-02-28","value":"2"}]}]}`:                                         false,
		`{"id":"project-7","health":"RED","status":"ON_HOLD","kpis":[{"kpiId":"k-1","m":[{"period":"2026-01-31","value":"0.5"},{"period":"2026-02-28","value":"2"}]}]}`:                                           false,
		`{"id":"project-7","health":"RED","status":"EXECUTING","kpis":[{"kpiId":"k-1","m":[{"period":"2026-01-31","value":"0.50001"},{"period":"2026-02-28","value":"2"}]}]}`:                                     false,
		`{"id":"project-7","health":"RED","status":"EXECUTING","kpis":[{"kpiId":"k-1","m":[{"period":"2026-02-28","value":"2"},{"period":"2026-01-31","value":"0.5"}]}]}`:                                         false,
		`{"id":"project-7","health":"RED","status":"EXECUTING","kpis":[{"kpiId":"k-1","m":[{"period":"2026-01-31","value":"0.5"}]}]}`:                                                                             false,
		`{"id":"project-7","health":"RED","status":"EXECUTING","kpis":[{"kpiId":"k-1","m":[{"period":"2026-01-31","target":"0.5"},{"period":"2026-02-28","value":"2"}]}]}`:                                        false,
	} {
		if got := slices.EqualFunc(leaves(t, []byte(ours), true), leaves(t, []byte(want), false), alike); got != same {
			t.Errorf("%s: %v", ours, got)
		}
	}
	if got := minorUnits("-12.05"); got != "-1205" {
		t.Error(got)
	}
	if got := grouped([]peerLeaf{{"health", "RED"}, {"n", "1"}, {"health", "AMBER"}, {"n", "2"}, {"x", "y"}}); fmt.Sprint(got) != "[{health AMBER} {n 2} {health RED} {n 1} {x y}]" {
		t.Error(got)
	}
}
