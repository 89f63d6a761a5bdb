package files_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"pmograph/auth"
	"pmograph/internal/accesstest"
	"pmograph/internal/decide"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/files"
	"pmograph/internal/journal"
	"pmograph/internal/state"
	"pmograph/internal/store/memory"
	"pmograph/internal/vocab"
)

// office is the record of accesstest's small organisation, with more put into it.
func office(t testing.TB, more func(d *state.Draft) error) *journal.Journal {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	now := func() time.Time { return accesstest.Noon }
	j, err := journal.Open(ctx, &memory.Store{Now: now}, journal.Options{Now: now, Invariants: decide.Invariants, Log: slog.New(slog.DiscardHandler), Poll: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-j.Done() })
	put := state.Decision{Action: "import", Run: func(d *state.Draft) error {
		accesstest.NewOffice().Put(d)
		if more != nil {
			return more(d)
		}
		return nil
	}}
	if _, err := j.DoAs(ctx, auth.Machine("test"), put, journal.Meta{}); err != nil {
		t.Fatal(err)
	}
	return j
}

func as(t testing.TB, j *journal.Journal, name string) *dataset.View {
	t.Helper()
	v, err := j.View(context.Background(), auth.Identity{Issuer: "LOCAL", Subject: name}, journal.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return dataset.NewView(v)
}

func planned(t testing.TB, v *dataset.View, of string, q dataset.Query) files.Table {
	t.Helper()
	d, err := dataset.CatalogueOf(v).Named(of)
	if err != nil {
		t.Fatal(err)
	}
	q.Of = d
	p, err := q.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return files.Table{Name: of, Plan: p}
}

func written(t testing.TB, f files.Format, v *dataset.View, o files.Options, tables ...files.Table) ([]byte, []files.Coverage) {
	t.Helper()
	var b bytes.Buffer
	o.About = files.AboutView(v, "user-1")
	c, err := files.Write(&b, f, v, tables, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), c
}

// nasty are texts that files have to carry unharmed, and do no harm by.
var nasty = []string{"", "plain", "=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠A", `a "b" c`, "a,b", "two\nlines", "two\r\nlines", "a\rb", " spaces ", "Ünïcødé 日本 🚀", "<&>'", "_x0041_", "\x01\x1f", "'x", "1e5", "007", "NULL", "a=b"}

// everyKind makes rows with values of every kind, and nulls: a row for each nasty text.
func everyKind(t testing.TB, v *dataset.View) files.Table {
	var pairs []dataset.Expr
	first := vocab.NewDate(2022, 1, 1)
	for i, s := range nasty {
		pairs = append(pairs, dataset.Op("eq", dataset.Col("Date"), dataset.Lit{Value: dataset.OfDate(first + vocab.Date(i))}), dataset.Lit{Value: dataset.OfText(s)})
	}
	text := dataset.Op("case", pairs...)
	odd := func(e dataset.Expr) dataset.Expr {
		return dataset.Op("case", dataset.Op("eq", dataset.Op("mod", dataset.Op("day", dataset.Col("Date")), dataset.Lit{Value: dataset.OfInt(2)}), dataset.Lit{Value: dataset.OfInt(1)}), e)
	}
	return planned(t, v, "Calendar", dataset.Query{
		Filter: dataset.And(dataset.Op("ge", dataset.Col("Date"), dataset.Lit{Value: dataset.OfDate(first)}), dataset.Op("lt", dataset.Col("Date"), dataset.Lit{Value: dataset.OfDate(first + vocab.Date(len(nasty)))})),
		Compute: []dataset.Named{
			{Name: "Text", Expr: text}, {Name: "Maybe", Expr: odd(text)},
			{Name: "Flag", Expr: dataset.Op("gt", dataset.Col("Week"), dataset.Lit{Value: dataset.OfInt(2)})},
			{Name: "Less", Expr: odd(dataset.Op("neg", dataset.Lit{Value: dataset.OfUnits(123456, 2)}))},
			{Name: "Third", Expr: dataset.Op("div", dataset.Lit{Value: dataset.OfUnits(100, 2)}, dataset.Lit{Value: dataset.OfInt(3)})},
			{Name: "At", Expr: odd(dataset.Lit{Value: dataset.OfTime(time.Date(2022, 4, 20, 12, 30, 15, 123456000, time.UTC))})},
		},
		Select: []dataset.Expr{dataset.Col("Date"), dataset.Col("Week"), dataset.Col("Text"), dataset.Col("Maybe"), dataset.Col("Flag"), dataset.Col("Less"), dataset.Col("Third"), dataset.Col("At")},
	})
}

// texts are a table's values as plain texts; a null is a nul.
func texts(t testing.TB, v *dataset.View, table files.Table) (rows [][]string) {
	t.Helper()
	all, _, err := table.Plan.All(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		var row []string
		for _, x := range r.Values {
			if x.IsNull() {
				row = append(row, "\x00")
			} else {
				row = append(row, x.String())
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func TestCSVIsReadBack(t *testing.T) {
	v := as(t, office(t, nil), "admin@organisation")
	table := everyKind(t, v)
	out, _ := written(t, files.CSV, v, files.Options{BOM: true}, table)
	if !bytes.HasPrefix(out, []byte("\ufeffDate,Week,Text,")) || !bytes.HasSuffix(out, []byte("\r\n")) {
		t.Errorf("%.80q", out)
	}
	got, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(out, []byte("\ufeff")))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range texts(t, v, table) {
		for c := range want {
			w := strings.TrimPrefix(want[c], "\x00")
			if table.Plan.Columns[c].Kind == dataset.Text && strings.ContainsAny(firstOf(w), "=+-@\t\r\n＝＋－＠") {
				w = "'" + w
			}
			if w = strings.ReplaceAll(w, "\r\n", "\n"); got[i+1][c] != w { // encoding/csv reads it so
				t.Errorf("row %d, column %d: %q, not %q", i, c, got[i+1][c], w)
			}
		}
	}
	if len(got) != len(nasty)+1 {
		t.Errorf("%d rows", len(got))
	}
	for _, want := range []string{",\"\",", ",\"'=1+1\",", ",-1234.56,", ",\"a \"\"b\"\" c\","} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
}

func firstOf(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func TestLinesOfJSONAreReadBack(t *testing.T) {
	v := as(t, office(t, nil), "admin@organisation")
	table := everyKind(t, v)
	out, _ := written(t, files.JSONL, v, files.Options{}, table)
	in := json.NewDecoder(bytes.NewReader(out))
	in.UseNumber()
	for i, want := range texts(t, v, table) {
		var got map[string]any
		if err := in.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Errorf("row %d has %d values", i, len(got))
		}
		for c, column := range table.Plan.Columns {
			have := "\x00"
			if x := got[column.Name]; x != nil {
				have = fmt.Sprint(x)
			}
			if have != want[c] {
				t.Errorf("row %d, %s: %q, not %q", i, column.Name, have, want[c])
			}
		}
	}
	if in.More() {
		t.Error("there are more lines")
	}
}

func TestParquetIsReadBack(t *testing.T) {
	v := as(t, office(t, nil), "admin@organisation")
	table := everyKind(t, v)
	out, _ := written(t, files.Parquet, v, files.Options{}, table)
	f, err := parquet.OpenFile(bytes.NewReader(out), int64(len(out)))
	if err != nil {
		t.Fatal(err)
	}
	if at, _ := f.Lookup("pmograph.position"); at != v.Position().String() {
		t.Errorf("position %q", at)
	}
	if rows, _ := f.Lookup("pmograph.rows"); rows != fmt.Sprint(len(nasty)) {
		t.Errorf("rows %q", rows)
	}
	var kinds []string
	for _, x := range f.Schema().Fields() {
		kinds = append(kinds, x.Name()+" "+x.Type().String())
	}
	if got := strings.Join(kinds, ", "); got != "Date DATE, Week INT(64,true), Text STRING, Maybe STRING, Flag BOOLEAN, Less DECIMAL(18,2), Third DECIMAL(18,6), At TIMESTAMP(isAdjustedToUTC=true,unit=MICROS)" {
		t.Error(got)
	}
	rows := parquet.NewReader(f)
	got := make([]parquet.Row, 1)
	for i, want := range texts(t, v, table) {
		if _, err := rows.ReadRows(got); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		for c, x := range got[0] {
			have := x.String()
			switch table.Plan.Columns[c].Kind {
			case dataset.Date:
				have = vocab.Date(x.Int32()).String()
			case dataset.Instant:
				have = time.UnixMicro(x.Int64()).UTC().Format("2006-01-02T15:04:05.999999Z")
			case dataset.Decimal:
				have = dataset.OfUnits(x.Int64(), []int8{5: 2, 6: 6}[c]).String()
			}
			if x.IsNull() {
				have = "\x00"
			}
			if have != want[c] {
				t.Errorf("row %d, column %d: %q, not %q", i, c, have, want[c])
			}
		}
	}
}
