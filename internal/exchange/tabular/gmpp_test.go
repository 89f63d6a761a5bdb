package tabular

import (
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pmograph/internal/vocab"
)

// published is what the data's own description says of each year.
var published = []struct {
	year, rows, blank     int
	ratings               string
	cost, budget, outlook string // sums in millions of pounds, then the number of cells with a number
}{
	{2014, 200, 1, "AMBER 63, AMBER_GREEN 54, AMBER_RED 37, EXEMPT 15, GREEN 17, OTHER 8, RED 4, RESET 1",
		"398606.602494 (183)", "19170.076352 (189)", "18059.573106 (189)"},
	{2016, 143, 0, "AMBER 55, AMBER_GREEN 29, AMBER_RED 38, EXEMPT 5, GREEN 10, RED 6",
		"436488.460000 (134)", "23933.520000 (138)", "22045.670000 (138)"},
	{2018, 133, 0, "AMBER 59, AMBER_GREEN 22, AMBER_RED 38, EXEMPT 4, GREEN 2, RED 8",
		"422739.430000 (119)", "26805.560000 (124)", "26235.080000 (124)"},
	{2020, 127, 2, "AMBER 59, AMBER_GREEN 18, AMBER_RED 32, EXEMPT 2, GREEN 3, RED 11",
		"447920.350000 (113)", "27011.080000 (116)", "24962.880000 (116)"},
	{2021, 184, 0, "AMBER 84, AMBER_GREEN 29, AMBER_RED 44, EXEMPT 5, GREEN 12, OTHER 3, RED 7",
		"541951.370000 (164)", "46250.730000 (173)", "44406.000000 (173)"},
	{2022, 235, 0, "AMBER 170, EXEMPT 11, GREEN 24, OTHER 3, RED 27",
		"494181.000000 (191)", "43128.880000 (198)", "39554.020000 (200)"},
}

func gmpp(t testing.TB) *Mapping {
	t.Helper()
	text, _ := EmbeddedText("gmpp")
	if _, err := Parse(text); err != nil {
		t.Fatal(err)
	}
	m, ok := Embedded("gmpp")
	if !ok || m.Source() != "gmpp" {
		t.Fatal("no embedded mapping gmpp")
	}
	return m
}

// originals gives the published files, one a year.
func originals(t *testing.T) []File {
	t.Helper()
	names, _ := filepath.Glob("../../../../shared/data/portfolio_gmpp/gmpp_*.csv")
	if len(names) == 0 {
		if os.Getenv("PMO_REQUIRE_SHARED") != "" {
			t.Fatal("the shared data are not there")
		}
		t.Skip("the shared data are not there")
	}
	var files []File
	for _, n := range names {
		files = append(files, File{Name: n, Open: func() (io.ReadCloser, error) { return os.Open(n) }})
	}
	return files
}

func read(t testing.TB, m *Mapping, files ...File) Result {
	t.Helper()
	res, err := m.Read(files)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// readGmpp reads files of which nothing may be refused.
func readGmpp(t testing.TB, files ...File) Result {
	t.Helper()
	res := read(t, gmpp(t), files...)
	for _, r := range res.Refused {
		t.Errorf("refused: %v", r)
	}
	for _, d := range res.Duplicates {
		t.Errorf("duplicate: %+v", d)
	}
	return res
}

func of(res Result, entity string) (out []Record) {
	for _, r := range res.Records {
		if r.Entity == entity {
			out = append(out, r)
		}
	}
	return out
}

func TestPublishedSumsAndRatings(t *testing.T) {
	files := originals(t)
	if len(files) != len(published) {
		t.Fatalf("%d files", len(files))
	}
	for i, want := range published {
		res := readGmpp(t, files[i])
		if res.Rows != want.rows || res.Blank != want.blank {
			t.Errorf("%d: %d rows, %d blank", want.year, res.Rows, res.Blank)
		}
		reports := of(res, "status_reports")
		if got := len(reports); got != want.rows-want.blank {
			t.Errorf("%d: %d reports", want.year, got)
		}
		if got := ratings(reports); got != want.ratings {
			t.Errorf("%d: %s\nwant  %s", want.year, got, want.ratings)
		}
		for column, sum := range map[string]string{"whole_life_cost": want.cost, "period_budget": want.budget, "period_forecast": want.outlook} {
			if got := total(reports, column); got != sum {
				t.Errorf("%d: sum of %s is %s, want %s", want.year, column, got, sum)
			}
		}
	}
}

// ratings counts confidences, and reasons where nothing is rated.
func ratings(reports []Record) string {
	counts := map[string]int{}
	for _, r := range reports {
		word := r.Set["confidence"]
		if word == "NOT_RATED" {
			word = r.Set["not_rated_reason"]
		}
		counts[fmt.Sprint(word)]++
	}
	var out []string
	for word, n := range counts {
		out = append(out, fmt.Sprintf("%s %d", word, n))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func total(reports []Record, column string) string {
	sum, n := new(big.Int), 0
	for _, r := range reports {
		if m, ok := r.Set[column].(Money); ok {
			sum.Add(sum, big.NewInt(m.Minor))
			n++
		}
	}
	return fmt.Sprintf("%s (%d)", new(big.Rat).SetFrac(sum, big.NewInt(1e8)).FloatString(6), n)
}

func TestRecordsAreWholeAndConsistent(t *testing.T) {
	res := readGmpp(t, Demo()...)
	columns := map[string]string{
		"portfolios":       "code name",
		"projects":         "category code currency lifecycle name planned_finish planned_start",
		"status_reports":   "confidence currency not_rated_reason period_budget period_end period_forecast period_start raw_rating reported_finish reported_start state whole_life_cost",
		"milestones":       "forecast_date is_finish name state",
		"baselines":        "approved_on number reason state",
		"baseline_entries": "finish item_kind",
	}
	known := map[Ref]bool{}
	for _, r := range res.Records {
		known[Ref{Entity: r.Entity, Key: r.Key}] = true
	}
	for _, r := range res.Records {
		var have []string
		for c := range r.Set {
			have = append(have, c)
		}
		slices.Sort(have)
		got := strings.Join(have, " ")
		if old := r.AsOf < vocab.NewDate(2020, 3, 31); r.Entity == "projects" && old {
			got = "category " + got // those files have no such column, and so say nothing of it
		}
		if got != columns[r.Entity] {
			t.Fatalf("%s %s sets %s", r.Entity, r.Key, got)
		}
		for column, ref := range r.Refs {
			if !known[ref] {
				t.Errorf("%s %s: %s names %v, which nobody gives", r.Entity, r.Key, column, ref)
			}
		}
		switch r.Entity {
		case "status_reports":
			checkReport(t, r)
		case "projects":
			if !vocab.Valid(vocab.ProjectLifecycle(r.Set["lifecycle"].(string))) {
				t.Errorf("%s: lifecycle %v", r.Key, r.Set["lifecycle"])
			}
		case "milestones":
			if !vocab.Valid(vocab.MilestoneState(r.Set["state"].(string))) {
				t.Errorf("%s: state %v", r.Key, r.Set["state"])
			}
		case "baselines":
			if !vocab.Valid(vocab.BaselineState(r.Set["state"].(string))) || r.Set["approved_on"] != r.AsOf {
				t.Errorf("%s: state %v, approved on %v", r.Key, r.Set["state"], r.Set["approved_on"])
			}
		case "baseline_entries":
			if !vocab.Valid(vocab.BaselineItemKind(r.Set["item_kind"].(string))) {
				t.Errorf("%s: kind %v", r.Key, r.Set["item_kind"])
			}
		}
	}
}

func checkReport(t *testing.T, r Record) {
	t.Helper()
	confidence, err := vocab.Parse[vocab.DeliveryConfidence](r.Set["confidence"].(string))
	if err != nil {
		t.Error(err)
	}
	rated := confidence != vocab.DeliveryConfidenceNotRated
	if rated != (r.Set["not_rated_reason"] == nil) || rated != (r.Set["raw_rating"] == nil) {
		t.Errorf("%s: %v with reason %v and text %v", r.Key, confidence, r.Set["not_rated_reason"], r.Set["raw_rating"])
	}
	if reason, ok := r.Set["not_rated_reason"].(string); ok && !vocab.Valid(vocab.NotRatedReason(reason)) {
		t.Errorf("%s: reason %q", r.Key, reason)
	}
	start, end := r.Set["period_start"].(vocab.Date), r.Set["period_end"].(vocab.Date)
	if end != r.AsOf || start.AddMonths(12)-1 != end {
		t.Errorf("%s: period %v to %v as of %v", r.Key, start, end, r.AsOf)
	}
	if !vocab.Valid(vocab.ReportState(r.Set["state"].(string))) {
		t.Errorf("state %v", r.Set["state"])
	}
}

func TestCodesAreShortAndUnique(t *testing.T) {
	shape := regexp.MustCompile(`^[A-Z0-9]+(-[A-Z0-9]+)*$`)
	byCode, byKey := map[string]string{}, map[string]string{}
	for _, r := range of(readGmpp(t, Demo()...), "projects") {
		code := r.Set["code"].(string)
		if len(code) > 40 || !shape.MatchString(code) {
			t.Errorf("%s has code %q", r.Key, code)
		}
		if k, ok := byCode[code]; ok && k != r.Key {
			t.Errorf("%q is the code of %q and %q", code, k, r.Key)
		}
		if c, ok := byKey[r.Key]; ok && c != code {
			t.Errorf("%q has codes %q and %q", r.Key, c, code)
		}
		byCode[code], byKey[r.Key] = r.Key, code
	}
}

func TestReplayAndOrderChangeNothing(t *testing.T) {
	files := Demo()
	together := readGmpp(t, files...)
	if again := readGmpp(t, files...); !reflect.DeepEqual(together, again) {
		t.Error("a second reading differs")
	}
	var alone []Record
	for _, f := range files {
		alone = append(alone, readGmpp(t, f).Records...)
	}
	if !reflect.DeepEqual(together.Records, alone) {
		t.Error("years read alone and together differ")
	}
	slices.Reverse(files)
	if backwards := readGmpp(t, files...); !reflect.DeepEqual(sorted(together.Records), sorted(backwards.Records)) {
		t.Error("the order of files matters")
	}
}

func sorted(rs []Record) []Record {
	rs = slices.Clone(rs)
	slices.SortFunc(rs, func(a, b Record) int {
		return strings.Compare(fmt.Sprint(a.Entity, a.Key, a.AsOf), fmt.Sprint(b.Entity, b.Key, b.AsOf))
	})
	return rs
}

// The same file under another name says nothing new, and says so row by row.
func TestSameYearTwiceCountsOnce(t *testing.T) {
	f := Demo()[1]
	once := readGmpp(t, f)
	twice := read(t, gmpp(t), f, File{"copy of gmpp_2016.csv", f.Open})
	if !reflect.DeepEqual(once.Records, twice.Records) || len(twice.Duplicates) != once.Rows || len(twice.Refused) > 0 {
		t.Errorf("%d records, %d duplicates, %d refused", len(twice.Records), len(twice.Duplicates), len(twice.Refused))
	}
}

func TestDemoSaysWhatTheOriginalsSay(t *testing.T) {
	strip := func(rs []Record) []Record {
		for i := range rs {
			rs[i].Origin = Origin{}
			delete(rs[i].Set, "raw_rating")
		}
		return rs
	}
	want, got := strip(readGmpp(t, originals(t)...).Records), strip(readGmpp(t, Demo()...).Records)
	if len(want) != len(got) {
		t.Fatalf("%d records, originals %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(want[i], got[i]) {
			t.Errorf("got  %v\nwant %v", got[i], want[i])
		}
	}
}

// The sample of each other mapping says what the published files say.
func TestSamplesSayWhatTheOriginalsSay(t *testing.T) {
	for _, name := range Samples() {
		m, ok := Embedded(name)
		res := read(t, m, Sample(name)...)
		if !ok || len(res.Refused) > 0 || len(res.Records) == 0 {
			t.Errorf("%s: %d records, refused: %v", name, len(res.Records), res.Refused)
		}
	}
	m, _ := Embedded("nyc")
	path := "../../../../shared/data/portfolio_nyc/nyc_capital_projects.csv"
	if _, err := os.Stat(path); err != nil {
		t.Skip("the shared data are not there")
	}
	want := read(t, m, File{"nyc.csv", func() (io.ReadCloser, error) { return os.Open(path) }})
	got := read(t, m, Sample("nyc")...)
	for _, res := range []Result{want, got} { // descriptions of several lines move what follows
		for i := range res.Records {
			res.Records[i].Origin.Line = 0
		}
	}
	if len(want.Refused) > 0 || !reflect.DeepEqual(want.Records, got.Records) {
		t.Errorf("%d records, published %d; refused %v", len(got.Records), len(want.Records), want.Refused)
	}
}
