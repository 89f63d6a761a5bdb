package files_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/exchange/files"
)

// sheetsOf has LibreOffice open a workbook, and gives its sheets as it shows them, by name.
func sheetsOf(t *testing.T, workbook []byte) map[string][][]string {
	t.Helper()
	office, err := exec.LookPath("soffice")
	if err != nil {
		if os.Getenv("PMO_REQUIRE_LIBREOFFICE") != "" {
			t.Fatal(err)
		}
		t.Skip("LibreOffice is missing: scripts/setup.sh installs it")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "book.xlsx"), workbook, 0o600); err != nil {
		t.Fatal(err)
	}
	// Commas, quotes, UTF-8, from the first line, cells as they are shown, every sheet.
	command := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", dir, filepath.Join(dir, "book.xlsx"))
	if said, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	sheets := map[string][][]string{}
	found, _ := filepath.Glob(filepath.Join(dir, "book-*.csv"))
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		in := csv.NewReader(bytes.NewReader(text))
		in.FieldsPerRecord = -1
		rows, err := in.ReadAll()
		if err != nil {
			t.Fatal(path, err)
		}
		sheets[strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "book-"), ".csv")] = rows
	}
	return sheets
}

// partsOf unpacks a workbook; every part must be well-formed.
func partsOf(t *testing.T, workbook []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(f.Name, err)
			}
		}
		parts[f.Name] = string(text)
	}
	return parts
}

func TestWorkbooksAreReadBack(t *testing.T) {
	v := as(t, office(t, nil), "admin@organisation")
	table, projects := everyKind(t, v), planned(t, v, "Projects", dataset.Query{})
	none := planned(t, v, "Projects", dataset.Query{Filter: dataset.Op("eq", dataset.Col("Code"), dataset.Lit{Value: dataset.OfText("none")})})
	out, _ := written(t, files.XLSX, v, files.Options{}, table, projects, none)
	parts := partsOf(t, out)
	for part, want := range map[string][]string{
		"xl/workbook.xml":          {`<sheet name="About" sheetId="1" r:id="rId1"/><sheet name="Calendar"`, `name="Projects"`, `name="Projects (2)"`},
		"xl/tables/table2.xml":     {`displayName="Calendar" ref="A1:H29"`, `<tableColumn id="3" name="Text"/>`},
		"xl/tables/table4.xml":     {`displayName="Projects_2"`, `2"`},
		"xl/worksheets/sheet2.xml": {`state="frozen"`, `<c r="B2" s="2"><v>52</v></c>`, `<c r="E2" s="0" t="b"><v>1</v></c>`, `<c r="A2" s="3"><v>44562</v></c>`, `_x005F_x0041_`},
	} {
		for _, x := range want {
			if !strings.Contains(parts[part], x) {
				t.Errorf("%s has no %s", part, x)
			}
		}
	}
	for _, part := range parts {
		if strings.Contains(part, "<f>") {
			t.Error("there is a formula")
		}
	}
	sheets := sheetsOf(t, out)
	about := map[string]string{}
	for _, row := range sheets["About"] {
		about[row[0]] += row[1] + ";"
	}
	if about["position"] != v.Position().String()+";" || about["dataset"] != "Calendar;Projects;Projects;" || about["rows"] != "28;4;0;" || about["withheld"] != "none;none;none;" {
		t.Error(about)
	}
	want := texts(t, v, table)
	for i, row := range sheets["Calendar"][1:] {
		for c, have := range row {
			w := strings.TrimPrefix(want[i][c], "\x00")
			switch column := table.Plan.Columns[c]; {
			case column.Kind == dataset.Bool:
				w = strings.ToUpper(w)
			case column.Kind == dataset.Instant && w != "":
				w = "2022-04-20 12:30:15"
			case column.Kind == dataset.Text:
				w = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(w) // one line end in a cell
				have = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(have)
			}
			if have != w {
				t.Errorf("row %d, column %d: %q, not %q", i, c, have, w)
			}
		}
	}
	if got := len(sheets["Calendar"]); got != len(nasty)+1 {
		t.Errorf("%d rows", got)
	}
	if got := sheets["Projects"]; len(got) != 5 || got[1][0] != "project-1" {
		t.Errorf("%.200q", got)
	}
}
