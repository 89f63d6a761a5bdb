package files_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/files"
	"pmograph/internal/fault"
)

// What somebody may not see is counted and told in every format, and cannot be told from what is not there by its cell.
func TestWithheldValuesAreTold(t *testing.T) {
	v := as(t, office(t, nil), "looks-and-plans")
	table := planned(t, v, "CostEntries", dataset.Query{})
	hidden, shown := int64(0), 0
	rows, _, err := table.Plan.All(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for i, x := range r.Values {
			if x.Why == dataset.NotVisible {
				hidden++
			} else if table.Plan.Columns[i].Name == "Actual" {
				shown++
			}
		}
	}
	if hidden == 0 || shown == 0 {
		t.Fatalf("he sees %d amounts, and %d not", shown, hidden)
	}
	for _, f := range files.Formats {
		if _, c := written(t, f, v, files.Options{}, table); c[0].Withheld[1] != hidden || c[0].Rows != int64(len(rows)) {
			t.Errorf("%s: %+v", f, c)
		}
	}
	want := files.Coverage{Withheld: [4]int64{0, hidden}}.String()
	for _, x := range []struct {
		format      files.Format
		tell        files.Telling
		first, last string
	}{
		{files.CSV, files.TellWithheld, "Id,", "# withheld: " + want},
		{files.CSV, files.TellAll, "# position: ", "# withheld: " + want},
		{files.CSV, files.TellNothing, "Id,", "cost-entry-"},
		{files.JSONL, files.TellWithheld, `{"Id":"cost-entry-1"`, `"withheld":"` + want + `"}}`},
		{files.JSONL, files.TellAll, `{"@about":{"position":`, `"withheld":"` + want + `"}}`},
		{files.JSONL, files.TellNothing, `{"Id":"cost-entry-1"`, `{"Id":"cost-entry-`},
	} {
		out, _ := written(t, x.format, v, files.Options{Tell: x.tell}, table)
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if last := lines[len(lines)-1]; !strings.HasPrefix(lines[0], x.first) || !strings.Contains(last, x.last) {
			t.Errorf("%s %d: %s … %s", x.format, x.tell, lines[0], last)
		}
	}
	out, _ := written(t, files.Parquet, v, files.Options{}, table)
	f, err := parquet.OpenFile(bytes.NewReader(out), int64(len(out)))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := f.Lookup("pmograph.withheld"); got != want {
		t.Errorf("%q", got)
	}
	out, _ = written(t, files.XLSX, v, files.Options{}, table)
	if about := partsOf(t, out)["xl/worksheets/sheet1.xml"]; !strings.Contains(about, want) || !strings.Contains(about, "reads PUBLIC") {
		t.Error(about)
	}
	// What is told is one value of CSV, whatever was asked; and of rights that are had here and there it is said.
	table.Asked = files.Asked{Filter: "Currency ne '\r\n\"x\",'"}
	out, _ = written(t, files.CSV, v, files.Options{Tell: files.TellAll, About: files.AboutView(v, "user-1")}, table)
	lines := csv.NewReader(bytes.NewReader(out))
	lines.FieldsPerRecord = -1
	told, err := lines.ReadAll()
	for _, want := range []string{"# filter: Currency ne '\n\"x\",'", "# rights: reads PUBLIC, MONEY in part, PERSONAL in part; not RATE", "# reader: user-1"} {
		if !slices.ContainsFunc(told, func(line []string) bool { return len(line) == 1 && line[0] == want }) {
			t.Errorf("%v: no line %q in %q", err, want, told[:min(8, len(told))])
		}
	}
	// Who may read a class nowhere has no column of it.
	viewer := as(t, office(t, nil), "viewer@organisation")
	if out, c := written(t, files.CSV, viewer, files.Options{}, planned(t, viewer, "CostEntries", dataset.Query{})); bytes.Contains(out, []byte("Actual")) || c[0].Withheld != [4]int64{} {
		t.Errorf("%.200s", out)
	}
}

// failing takes so many bytes.
type failing struct{ left int }

var errFull = errors.New("full")

func (f *failing) Write(b []byte) (int, error) {
	if f.left -= len(b); f.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

// Whoever takes no more ends the writing with his error, a view that ends with its own, whatever the format; nothing waits for ever.
func TestWritingEnds(t *testing.T) {
	j := office(t, manyCosts)
	v := as(t, j, "admin@organisation")
	ctx, stop := context.WithCancel(context.Background())
	stop()
	ended := dataset.NewView(v.View.Until(ctx))
	for _, f := range files.Formats {
		if _, err := files.Write(&failing{1000}, f, v, []files.Table{planned(t, v, "CostEntries", dataset.Query{})}, files.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s: %v", f, err)
		}
		if _, err := files.Write(io.Discard, f, ended, []files.Table{planned(t, v, "CostEntries", dataset.Query{})}, files.Options{}); !dataset.Ended(err) {
			t.Errorf("%s: %v", f, err)
		}
		few := planned(t, v, "CostEntries", dataset.Query{Limits: dataset.Limits{Looked: 1000}})
		if _, err := files.Write(io.Discard, f, v, []files.Table{few}, files.Options{}); fault.KindOf(err) != fault.CostExceeded {
			t.Errorf("%s: %v", f, err)
		}
		if _, err := files.Write(io.Discard, f, v, []files.Table{planned(t, v, "Projects", dataset.Query{}), few}, files.Options{}); fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v", f, err)
		}
	}
}
