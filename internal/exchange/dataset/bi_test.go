package dataset

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

var (
	askedSet    = regexp.MustCompile(`(?:Dataset\(|/odata/v4/)"?(\w+)"`)
	askedColumn = regexp.MustCompile(`\[([A-Z]\w+)\] *[<>=]`)
	askedList   = regexp.MustCompile(`SelectColumns\(\w+, \{([^}]*)\}`)
)

// What the files for Power BI and Excel ask for is in the catalogue.
func TestFilesForBI(t *testing.T) {
	power, err := os.ReadFile("../../../docs/bi/pmograph.pq")
	put(t, err)
	for name, query := range map[string]string{"pmograph.pq": string(power), "pmograph.xlsx": mashup(t, "../../../docs/bi/pmograph.xlsx")} {
		sets := askedSet.FindAllStringSubmatch(query, -1)
		if len(sets) == 0 {
			t.Errorf("%s asks for nothing:\n%s", name, query)
		}
		var known []string
		for _, set := range sets {
			at := slices.IndexFunc(All(), func(d *Dataset) bool { return d.Name == set[1] })
			if at < 0 {
				t.Errorf("%s asks for %s, which is no dataset", name, set[1])
				continue
			}
			for _, c := range All()[at].Columns {
				known = append(known, c.Name)
			}
		}
		var columns []string
		for _, c := range askedColumn.FindAllStringSubmatch(query, -1) {
			columns = append(columns, c[1])
		}
		for _, list := range askedList.FindAllStringSubmatch(query, -1) {
			columns = append(columns, strings.Split(strings.ReplaceAll(list[1], `"`, ""), ", ")...)
		}
		if len(columns) == 0 {
			t.Errorf("%s asks for no column", name)
		}
		for _, c := range columns {
			if !slices.Contains(known, c) && c != "IsParameterQuery" {
				t.Errorf("%s asks for the column %s, which no dataset it asks for has", name, c)
			}
		}
	}
}

// mashup gives the text of a workbook's queries: in a part of XML, in UTF-16, in base64, a version, a length, and an archive with the text.
func mashup(t *testing.T, file string) string {
	t.Helper()
	book, err := zip.OpenReader(file)
	put(t, err)
	defer book.Close()
	part, err := book.Open("customXml/item1.xml")
	put(t, err)
	wide, err := io.ReadAll(part)
	put(t, err)
	var units []uint16
	for i := 0; i+1 < len(wide); i += 2 {
		units = append(units, binary.LittleEndian.Uint16(wide[i:]))
	}
	inside := regexp.MustCompile(`>([A-Za-z0-9+/=]+)<`).FindStringSubmatch(string(utf16.Decode(units)))
	if inside == nil {
		t.Fatal("the workbook holds no queries")
	}
	b, err := base64.StdEncoding.DecodeString(inside[1])
	put(t, err)
	b = b[8 : 8+binary.LittleEndian.Uint32(b[4:])]
	queries, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	put(t, err)
	text, err := queries.Open("Formulas/Section1.m")
	put(t, err)
	all, err := io.ReadAll(text)
	put(t, err)
	return string(all)
}
