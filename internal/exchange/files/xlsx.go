package files

import (
	"archive/zip"
	"compress/flate"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"pmograph/internal/exchange/dataset"
)

// xlsxFile is a workbook of Office Open XML (ECMA-376): a sheet about the file, then one for each table, more for a long one. Each sheet has a header that stays in
// sight and a table of Excel over its rows. Sheets are packed as their rows come; nothing of them is kept.
type xlsxFile struct {
	o      Options
	zip    *zip.Writer
	part   io.Writer // of the sheet being written
	b      []byte
	sheets []sheet
	told   []told

	table   *Table
	names   []string
	columns []dataset.Column
	letters []string
	row1    int // rows of the sheet, its header among them
	cut     int64
}

// sheet is a sheet that has been begun.
type sheet struct {
	name, table string // of the sheet, and of Excel's table on it
	names       []string
	rows        int // the header among them
}

// told is what the first sheet tells of a table.
type told struct {
	table Table
	c     Coverage
}

const (
	maxSheetRows = 1 << 20 // that Excel reads
	maxSheetName = 31      // characters
	maxCellText  = 32_767  // UTF-16 units that Excel keeps of a text
	epoch1900    = 25_569  // days from Excel's day 0 to 1970-01-01
	firstDay     = 61      // 1900-03-01: Excel has a day before it that was none
	mainSchema   = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relSchema    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packSchema   = "http://schemas.openxmlformats.org/package/2006/relationships"
	xmlHead      = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	sheetType    = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
	tableType    = "application/vnd.openxmlformats-officedocument.spreadsheetml.table+xml"
)

func newXLSX(w io.Writer, o Options) *xlsxFile {
	f := &xlsxFile{o: o, zip: zip.NewWriter(w), sheets: []sheet{{name: aboutSheet}}}
	f.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	return f
}

const aboutSheet = "About"

// begin puts what the workbook is found by in front.
func (f *xlsxFile) begin(t *Table, names []string) error {
	f.table, f.names, f.columns, f.cut = t, names, t.Plan.Columns, 0
	f.letters = make([]string, len(names))
	for i := range names {
		f.letters[i] = letters(i)
	}
	if len(f.sheets) == 1 {
		if err := f.whole("_rels/.rels", xmlHead+`<Relationships xmlns="`+packSchema+`"><Relationship Id="rId1" Type="`+relSchema+`/officeDocument" Target="xl/workbook.xml"/></Relationships>`); err != nil {
			return err
		}
	}
	return f.beginSheet()
}

// whole writes a part at once.
func (f *xlsxFile) whole(name, text string) error {
	w, err := f.zip.Create(name)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// beginSheet begins the table's next sheet.
func (f *xlsxFile) beginSheet() (err error) {
	f.sheets = append(f.sheets, sheet{name: f.free(f.table.Name), table: f.freeTable(f.table.Name), names: f.names})
	if f.part, err = f.zip.Create(f.at("xl/worksheets/sheet%d.xml")); err != nil {
		return err
	}
	f.b = append(f.b[:0], sheetHead(widths(f.columns), true)...)
	f.row1 = 1
	f.b = append(f.b, `<row r="1">`...)
	for i, name := range f.names {
		f.b = f.appendText(f.b, i, 1, styleHeader, name)
	}
	f.b = append(f.b, `</row>`...)
	return nil
}

// at is the path of a part of the sheet begun last.
func (f *xlsxFile) at(pattern string) string { return fmt.Sprintf(pattern, len(f.sheets)) }

// sheetHead is what stands before a sheet's rows.
func sheetHead(widths []int, frozen bool) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<worksheet xmlns="` + mainSchema + `" xmlns:r="` + relSchema + `"><sheetViews><sheetView workbookViewId="0">`)
	if frozen {
		b.WriteString(`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`)
	}
	b.WriteString(`</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>`)
	for i, w := range widths {
		fmt.Fprintf(&b, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, w)
	}
	b.WriteString(`</cols><sheetData>`)
	return b.String()
}

func widths(columns []dataset.Column) []int {
	all := make([]int, len(columns))
	for i, c := range columns {
		switch c.Kind {
		case dataset.Text:
			all[i] = 28
		case dataset.Instant, dataset.ID:
			all[i] = 20
		default:
			all[i] = 15
		}
		all[i] = min(max(all[i], len(c.Name)+4), 50)
	}
	return all
}

func (f *xlsxFile) row(values []dataset.Value) error {
	if f.row1 == maxSheetRows {
		if err := f.endSheet(); err != nil {
			return err
		}
		if err := f.beginSheet(); err != nil {
			return err
		}
	}
	f.row1++
	f.b = append(strconv.AppendInt(append(f.b, `<row r="`...), int64(f.row1), 10), `">`...)
	for i := range values {
		f.b = f.appendCell(f.b, i, &values[i])
	}
	f.b = append(f.b, `</row>`...)
	if len(f.b) < chunk {
		return nil
	}
	return f.send()
}

func (f *xlsxFile) send() error {
	_, err := f.part.Write(f.b)
	f.b = f.b[:0]
	return err
}

// appendCell appends a value as what Excel has for it; a null is no cell.
func (f *xlsxFile) appendCell(b []byte, column int, v *dataset.Value) []byte {
	switch v.Kind {
	case dataset.Null:
		return b
	case dataset.Bool:
		b = append(f.open(b, column, f.row1, styleGeneral), ` t="b"><v>`...)
		return append(append(b, '0'+byte(v.Int)), `</v></c>`...)
	case dataset.Int:
		return f.number(b, column, styleWhole, v.Append)
	case dataset.Decimal:
		return f.number(b, column, decimalStyle(f.columns[column].Unit, v.Scale), v.Append)
	case dataset.Date:
		if serial := v.Int + epoch1900; serial >= firstDay {
			return f.number(b, column, styleDate, func(b []byte) []byte { return strconv.AppendInt(b, serial, 10) })
		}
	case dataset.Instant:
		if serial := float64(v.Int)/microsADay + epoch1900; serial >= firstDay {
			return f.number(b, column, styleInstant, func(b []byte) []byte { return strconv.AppendFloat(b, serial, 'f', 11, 64) })
		}
	}
	return f.appendText(b, column, f.row1, styleGeneral, v.String())
}

const microsADay = 86_400_000_000

// open begins a cell.
func (f *xlsxFile) open(b []byte, column, row int, style style) []byte {
	b = append(append(b, `<c r="`...), f.letters[column]...)
	b = append(strconv.AppendInt(b, int64(row), 10), `" s="`...)
	return append(strconv.AppendInt(b, int64(style), 10), '"')
}

func (f *xlsxFile) number(b []byte, column int, style style, value func([]byte) []byte) []byte {
	return append(value(append(f.open(b, column, f.row1, style), `><v>`...)), `</v></c>`...)
}

func (f *xlsxFile) appendText(b []byte, column, row int, style style, text string) []byte {
	if short, cut := shortened(text); cut {
		text = short
		f.cut++
	}
	b = append(f.open(b, column, row, style), ` t="inlineStr"><is><t xml:space="preserve">`...)
	return append(appendXML(b, text), `</t></is></c>`...)
}

func (f *xlsxFile) end(t *Table, c *Coverage) error {
	c.Cut = f.cut
	f.told = append(f.told, told{*t, *c})
	return f.endSheet()
}

// endSheet ends a sheet, with the table on it. A table has one row at the least; that of an empty one is empty.
func (f *xlsxFile) endSheet() error {
	s := &f.sheets[len(f.sheets)-1]
	s.rows = f.row1
	f.b = append(f.b, `</sheetData><tableParts count="1"><tablePart r:id="rId1"/></tableParts></worksheet>`...)
	if err := f.send(); err != nil {
		return err
	}
	if err := f.whole(f.at("xl/worksheets/_rels/sheet%d.xml.rels"), xmlHead+`<Relationships xmlns="`+packSchema+`"><Relationship Id="rId1" Type="`+relSchema+`/table" Target="../tables/table`+strconv.Itoa(len(f.sheets))+`.xml"/></Relationships>`); err != nil {
		return err
	}
	var b []byte
	ref := fmt.Sprintf("A1:%s%d", letters(len(s.names)-1), max(s.rows, 2))
	b = fmt.Appendf(b, `%s<table xmlns="%s" id="%d" name="%s" displayName="%s" ref="%s" totalsRowShown="0"><autoFilter ref="%s"/><tableColumns count="%d">`, xmlHead, mainSchema, len(f.sheets), s.table, s.table, ref, ref, len(s.names))
	for i, name := range s.names {
		b = append(appendXML(fmt.Appendf(b, `<tableColumn id="%d" name="`, i+1), name), `"/>`...)
	}
	b = append(b, `</tableColumns><tableStyleInfo name="TableStyleLight9" showFirstColumn="0" showLastColumn="0" showRowStripes="1" showColumnStripes="0"/></table>`...)
	return f.whole(f.at("xl/tables/table%d.xml"), string(b))
}

// close writes the sheet about the workbook, and what holds it together.
func (f *xlsxFile) close() error {
	for _, part := range []struct{ name, text string }{
		{"xl/worksheets/sheet1.xml", f.about()}, {"xl/styles.xml", stylesPart()}, {"xl/workbook.xml", f.workbook()},
		{"xl/_rels/workbook.xml.rels", f.relations()}, {"[Content_Types].xml", f.types()},
	} {
		if err := f.whole(part.name, part.text); err != nil {
			return err
		}
	}
	return f.zip.Close()
}

// about is the sheet about the workbook: two columns, what and how.
func (f *xlsxFile) about() string {
	f.letters = []string{"A", "B"}
	b, row := []byte(sheetHead([]int{16, 90}, false)), 0
	line := func(x fact, style style) {
		row++
		b = append(strconv.AppendInt(append(b, `<row r="`...), int64(row), 10), `">`...)
		b = f.appendText(f.appendText(b, 0, row, style, x.name), 1, row, styleGeneral, x.value)
		b = append(b, `</row>`...)
	}
	for _, x := range f.o.About.facts() {
		line(x, styleHeader)
	}
	for _, t := range f.told {
		row++ // an empty line
		for _, x := range append(t.table.facts(), t.c.facts()...) {
			line(x, styleHeader)
		}
	}
	return string(append(b, `</sheetData></worksheet>`...))
}

func (f *xlsxFile) workbook() string {
	b := []byte(xmlHead + `<workbook xmlns="` + mainSchema + `" xmlns:r="` + relSchema + `"><bookViews><workbookView/></bookViews><sheets>`)
	for i, s := range f.sheets {
		b = fmt.Appendf(append(appendXML(append(b, `<sheet name="`...), s.name), '"'), ` sheetId="%d" r:id="rId%d"/>`, i+1, i+1)
	}
	return string(append(b, `</sheets></workbook>`...))
}

func (f *xlsxFile) relations() string {
	b := []byte(xmlHead + `<Relationships xmlns="` + packSchema + `">`)
	for i := range f.sheets {
		b = fmt.Appendf(b, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, relSchema, i+1)
	}
	return string(fmt.Appendf(b, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/></Relationships>`, len(f.sheets)+1, relSchema))
}

func (f *xlsxFile) types() string {
	b := []byte(xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>`)
	for i := range f.sheets {
		b = fmt.Appendf(b, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%s"/>`, i+1, sheetType)
		if i > 0 {
			b = fmt.Appendf(b, `<Override PartName="/xl/tables/table%d.xml" ContentType="%s"/>`, i+1, tableType)
		}
	}
	return string(append(b, `</Types>`...))
}

var (
	notInSheetNames = strings.NewReplacer("[", "(", "]", ")", ":", "-", "*", "-", "?", "-", "/", "-", `\`, "-", "'", "’")
	notInTableNames = regexp.MustCompile(`[^A-Za-z0-9_]+`)
)

// free gives a name for a sheet that none has yet.
func (f *xlsxFile) free(name string) string {
	plain := []rune(notInSheetNames.Replace(name))
	for n := 1; ; n++ {
		end := ""
		if n > 1 {
			end = fmt.Sprintf(" (%d)", n)
		}
		got := string(plain[:min(len(plain), maxSheetName-len(end))]) + end
		if !f.taken(func(s sheet) string { return s.name }, got) {
			return got
		}
	}
}

// freeTable gives a name for a table of Excel: one that cannot be taken for a cell, like AB12, and that none has yet.
func (f *xlsxFile) freeTable(name string) string {
	plain := "T_" + notInTableNames.ReplaceAllString(name, "_")
	if strings.IndexFunc(name, func(r rune) bool { return (r|' ') < 'a' || (r|' ') > 'z' }) < 0 && len(name) > 3 {
		plain = name
	}
	got := plain
	for n := 2; f.taken(func(s sheet) string { return s.table }, got); n++ {
		got = fmt.Sprintf("%s_%d", plain, n)
	}
	return got
}

func (f *xlsxFile) taken(of func(sheet) string, name string) bool {
	for _, s := range f.sheets {
		if strings.EqualFold(of(s), name) {
			return true
		}
	}
	return false
}

// letters names a column: A, B, … Z, AA.
func letters(i int) string {
	name := ""
	for i++; i > 0; i = (i - 1) / 26 {
		name = string(rune('A'+(i-1)%26)) + name
	}
	return name
}
