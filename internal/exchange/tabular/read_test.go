package tabular

import (
	"errors"
	"io"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"pmograph/internal/vocab"
)

func smallMapping(t testing.TB) *Mapping {
	t.Helper()
	m, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const header = "no,name,open,due,cost,hours\n"

func TestReadTypesEveryCell(t *testing.T) {
	res := read(t, smallMapping(t), file("list_2023.csv",
		"\ufeff"+header+"1,\" Old\u00a0Name\n Project\",Yes,31/12/2024,\"€1.234,5\",1 000\r\n\r\n2,Other,MAYBE so,1.1.79,\"-7\",\n"))
	if len(res.Refused) > 0 || res.Rows != 2 || res.Source != "test" {
		t.Fatalf("%+v", res)
	}
	first := Record{
		Entity: "projects", Key: "new name", AsOf: vocab.NewDate(2024, 3, 31), Wins: WinsLatest, Refs: map[string]Ref{},
		Set: map[string]any{"code": "OLD-NAME-PROJECT", "name": "Old Name Project", "open": true, "due": vocab.NewDate(2024, 12, 31),
			"cost": Money{123, "EUR"}, "hours": int64(1000), "next": "2024/x", "kind": "A", "number": int64(1), "ok": true, "nothing": nil},
		Origin: Origin{"list_2023.csv", 2, map[string]string{"code": "name", "name": "name", "open": "open", "due": "due", "cost": "cost",
			"hours": "hours", "next": "file name"}},
	}
	if !reflect.DeepEqual(res.Records[0], first) {
		t.Errorf("got  %#v\nwant %#v", res.Records[0], first)
	}
	second := res.Records[1]
	for column, want := range map[string]any{"open": nil, "due": vocab.NewDate(2079, 1, 1), "cost": Money{-1, "EUR"}, "hours": nil} {
		if got, given := second.Set[column]; got != want || !given {
			t.Errorf("%s is %v (given %v), want %v", column, got, given, want)
		}
	}
	if second.Origin.Line != 5 { // a quoted line break and an empty line above
		t.Errorf("line %d", second.Origin.Line)
	}
}

func TestReadFindsEncodingAndDelimiter(t *testing.T) {
	for name, text := range map[string]string{
		"utf-8": header + "1,Café,,,\"€ 5\",\n", "windows-1252": header + "1,Caf\xe9,,,\"\x80 5\",\n", "semicolons": strings.ReplaceAll(header, ",", ";") + "1;Café;;;€5;\n",
	} {
		res := read(t, smallMapping(t), file("a_2000.csv", text))
		if len(res.Refused) > 0 || len(res.Records) != 1 || res.Records[0].Set["name"] != "Café" || res.Records[0].Key != "café" ||
			res.Records[0].Set["code"] != slug("café") {
			t.Errorf("%s: %+v", name, res)
		}
	}
	utf16 := strings.Replace(small, "[utf-8, windows-1252]", "[utf-16]", 1)
	m, err := Parse([]byte(utf16))
	if err != nil {
		t.Fatal(err)
	}
	if res := read(t, m, file("a_2000.csv", "\xff\xfen\x00a\x00m\x00e\x00\n\x00A\x00")); len(res.Records) != 1 || res.Records[0].Key != "a" {
		t.Errorf("utf-16: %+v", res)
	}
	if res := read(t, m, file("a_2000.csv", "name\nA\n")); len(res.Refused) != 1 || !strings.Contains(res.Refused[0].Reason, "none of the mapping's encodings") {
		t.Errorf("utf-16 without mark: %+v", res.Refused)
	}
}

// The first column that is present and not blank wins, row by row; a column the file lacks is not spoken of.
func TestReadChoosesAmongColumns(t *testing.T) {
	res := read(t, smallMapping(t), file("a_2000.csv", "\"Title of\nthe thing\",NAME\nA,\nB,C\n"))
	if len(res.Refused) > 0 || res.Records[0].Key != "a" || res.Records[1].Key != "c" {
		t.Fatalf("%+v", res)
	}
	if res.Records[0].Origin.Columns["name"] != "Title of the thing" || res.Records[1].Origin.Columns["name"] != "NAME" {
		t.Errorf("%v", res.Records)
	}
	if _, given := res.Records[0].Set["due"]; given {
		t.Error("a missing column is set")
	}
}

func TestReadRefusesByFileLineColumnAndReason(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a_2000.csv", "", `a_2000.csv: the file is empty`},
		{"a_2000.csv", "no,due\n1,2\n", `a_2000.csv line 1, column "name": no header matches ["name" "title.*"]`},
		{"a_2000.csv", "name,Name \nA,B\n", `line 1, column "Name": this and column "name" are both name`},
		{"a_2000.csv", header + "1,A,,32/01/2024,,\n", `a_2000.csv line 2, column "due", value "32/01/2024": is not a date of the form DD/MM/YYYY or D.M.YY`},
		{"a_2000.csv", header + "1,A,,29.2.01,,\n", `value "29.2.01": is not a date`},
		{"a_2000.csv", header + "1,A,,01/01/0202,,\n", `is not a likely date`},
		{"a_2000.csv", header + "1,A,,,12.34,\n", `line 2, column "cost", value "12.34": is not a number`},
		{"a_2000.csv", header + "1,A,,,12 €ish,\n", `value "12 €ish": is not a number`},
		{"a_2000.csv", header + "1,A,,,99999999999999999999999,\n", `is not an amount of EUR`},
		{"a_2000.csv", header + "1,A,,,,\"1,5\"\n", `column "hours", value "1,5": is not a number`},
		{"a_2000.csv", header + "1,A,,,,1.5\n", `is not a whole number`},
		{"a_2000.csv", header + "1,A,perhaps,,,\n", `column "open", value "perhaps": is not among the values`},
		{"a_2000.csv", header + "1,,yes,,,\n", `line 2, column "name": a value is required`},
		{"a_2000.csv", header + "1,A\x07B,yes,,,\n", `column "name", value "A\aB": holds the control character U+0007`},
		{"a_2000.csv", header + "1,—,,,,\n", `column "name", value "—": a value is required`},
		{"a_2000.csv", header + "1,A,,,\n", `line 2: the row has 5 cells, the header 6`},
		{"a_2000.csv", header + "1,A,,,,,\n", `line 2: the row has 7 cells, the header 6`},
		{"a_2000.csv", header + "1,A,,,,\n2,\"B,,,,\n", `line 3: not a CSV record: `},
		{"a_2000.csv", "year,name\n1999,A\n", `line 2, column "year", value "1999": the file's name says "2000"`},
		{"dir_2000/a.csv", header + "1,A,,,,\n", `column "file name", value "a.csv": does not match`},
	} {
		res := read(t, smallMapping(t), file(c.name, c.text))
		if len(res.Refused) != 1 || !strings.Contains(res.Refused[0].String(), c.want) {
			t.Errorf("%q: %v\nwant %s", c.text, res.Refused, c.want)
		}
	}
}

// One bad row does not hide the next; good rows are read beside it.
func TestReadNamesEveryBadCell(t *testing.T) {
	res := read(t, smallMapping(t), file("a_2000.csv", header+"1,A,no idea,soon,much,\n2,B,,,,\n3,C,,later,,\n"))
	if len(res.Refused) != 4 || len(res.Records) != 1 || res.Records[0].Key != "b" || res.Refused[3].Line != 4 {
		t.Errorf("%v %v", res.Refused, res.Records)
	}
}

func TestRowsAreCountedOnceOrRefused(t *testing.T) {
	res := read(t, smallMapping(t), file("a_2000.csv", header+
		"1,,,,,\n,\u00a0,,,,\n3,Unnamed: 7,,,,\n4,A,yes,,,\n5,A,YES, ,,\n6,B,yes,,,\n7,B,no,,,\n8,b project,no,,,\n"))
	if res.Rows != 8 || res.Blank != 3 {
		t.Errorf("%d rows, %d blank", res.Rows, res.Blank)
	}
	if len(res.Records) != 1 || res.Records[0].Origin.Line != 5 {
		t.Errorf("records %v", res.Records)
	}
	if len(res.Duplicates) != 1 || res.Duplicates[0] != (Notice{"a_2000.csv", 6, "says only what a_2000.csv line 5 has said; counted once"}) {
		t.Errorf("duplicates %v", res.Duplicates)
	}
	want := []string{
		`a_2000.csv line 7, column "open", value "true": disagrees with a_2000.csv line 8 about projects "b" on 2024-03-31; keep one of the rows`,
		`a_2000.csv line 8, column "open", value "false": disagrees with a_2000.csv line 7 about projects "b" on 2024-03-31; keep one of the rows`,
		`a_2000.csv line 9, column "name", value "B-PROJECT": disagrees with a_2000.csv line 7 about projects "b" on 2024-03-31; keep one of the rows`,
	}
	var got []string
	for _, r := range res.Refused {
		got = append(got, r.String())
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

func TestReadFailsWithTheFile(t *testing.T) {
	broken := io.NopCloser(io.MultiReader(strings.NewReader("name\n"), errReader{}))
	for _, f := range []File{
		{"gone.csv", func() (io.ReadCloser, error) { return nil, fs.ErrNotExist }},
		{"cut.csv", func() (io.ReadCloser, error) { return broken, nil }},
	} {
		if _, err := smallMapping(t).Read([]File{f}); err == nil || !strings.Contains(err.Error(), f.Name) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }
