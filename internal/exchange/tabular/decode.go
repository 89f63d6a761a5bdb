package tabular

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"pmograph/internal/vocab"
)

// fileLimit is the largest file, in bytes.
const fileLimit = 256 << 20

// namedEncoding turns a file's bytes into UTF-8, or tells that they are something else.
type namedEncoding struct {
	name   string
	total  bool // reads any bytes, so that nothing after it is ever tried
	decode func([]byte) ([]byte, bool)
}

// encodings are those a mapping may name.
var encodings = map[string]namedEncoding{
	"utf-8":        {decode: decodeUTF8},
	"utf-16":       {decode: decodeUTF16},
	"windows-1250": singleByte(charmap.Windows1250),
	"windows-1251": singleByte(charmap.Windows1251),
	"windows-1252": singleByte(charmap.Windows1252),
	"iso-8859-1":   singleByte(charmap.ISO8859_1),
	"iso-8859-2":   singleByte(charmap.ISO8859_2),
	"iso-8859-15":  singleByte(charmap.ISO8859_15),
	"macintosh":    singleByte(charmap.Macintosh),
}

func singleByte(cm *charmap.Charmap) namedEncoding {
	return namedEncoding{total: true, decode: func(b []byte) ([]byte, bool) { return transform(cm, b) }}
}

func transform(e encoding.Encoding, b []byte) ([]byte, bool) {
	out, err := e.NewDecoder().Bytes(b)
	return out, err == nil
}

func decodeUTF8(b []byte) ([]byte, bool) {
	return bytes.TrimPrefix(b, []byte("\ufeff")), utf8.Valid(b)
}

// decodeUTF16 wants a byte order mark.
func decodeUTF16(b []byte) ([]byte, bool) {
	if !bytes.HasPrefix(b, []byte{0xff, 0xfe}) && !bytes.HasPrefix(b, []byte{0xfe, 0xff}) {
		return nil, false
	}
	return transform(unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM), b)
}

// slurp reads a file whole.
func slurp(f File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", f.Name, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, fileLimit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Name, err)
	}
	if len(b) > fileLimit {
		return nil, fmt.Errorf("%s is larger than %d MiB; split it", f.Name, fileLimit>>20)
	}
	return b, nil
}

// decode gives a file's text by the first encoding that fits.
func (m *Mapping) decode(b []byte) ([]byte, bool) {
	for _, e := range m.encodings {
		if text, ok := e.decode(b); ok {
			return text, true
		}
	}
	return nil, false
}

// table is an opened CSV file: its columns bound to fields, its rows still to be read.
type table struct {
	sheet   *sheet
	file    string
	reader  *csv.Reader
	headers []string           // as written, white space collapsed
	ignored []bool             // columns of running numbers
	columns [][]int            // by field: the columns that may hold it, best first
	facts   map[int]*Facts     // by the rule of the sheet that makes them
	said    map[int]vocab.Date // by the rule of constants: the day it was given for last
}

// open binds the columns to the first table of the mapping, under the first delimiter, that finds all headers it requires. Otherwise it
// says what the one lacks that lacks least.
func (m *Mapping) open(name string, text []byte) (*table, []Refusal) {
	var refused []Refusal
	for _, s := range m.sheets {
		t, why := m.openAs(s, name, text)
		if t != nil {
			return t, nil
		}
		if refused == nil || len(why) < len(refused) {
			refused = why
		}
	}
	return nil, refused
}

func (m *Mapping) openAs(s *sheet, name string, text []byte) (*table, []Refusal) {
	var refused []Refusal
	for _, d := range m.delimiters {
		r := csv.NewReader(bytes.NewReader(text))
		r.Comma, r.FieldsPerRecord, r.ReuseRecord = d, -1, false
		header, err := r.Read()
		var why []Refusal
		switch {
		case errors.Is(err, io.EOF):
			return nil, []Refusal{{File: name, Reason: "the file is empty; a header line is needed"}}
		case err != nil:
			why = []Refusal{malformed(name, err)}
		default:
			t := &table{sheet: s, file: name, reader: r, facts: map[int]*Facts{}, said: map[int]vocab.Date{}}
			if why = m.bind(t, header); len(why) == 0 {
				return t, nil
			}
		}
		if refused == nil {
			refused = why
		}
	}
	return nil, refused
}

// malformed names the place where a file stops being CSV.
func malformed(name string, err error) Refusal {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return Refusal{File: name, Line: p.StartLine, Reason: fmt.Sprintf(
			"not a CSV record: %v at line %d, column %d; what follows was not read", p.Err, p.Line, p.Column)}
	}
	return Refusal{File: name, Reason: fmt.Sprintf("not CSV: %v", err)}
}

// bind finds each field's columns.
func (m *Mapping) bind(t *table, header []string) (refused []Refusal) {
	refuse := func(column, format string, args ...any) {
		refused = append(refused, Refusal{File: t.file, Line: 1, Column: column, Reason: fmt.Sprintf(format, args...)})
	}
	normal := make([]string, len(header))
	t.headers, t.ignored = make([]string, len(header)), make([]bool, len(header))
	for i, h := range header {
		t.headers[i], normal[i] = collapse(h), Normalise(h)
		for _, ignored := range m.ignore {
			t.ignored[i] = t.ignored[i] || normal[i] == ignored
		}
	}
	owner := make([]*field, len(header))
	t.columns = make([][]int, len(t.sheet.fields))
	for fi, f := range t.sheet.fields {
		for _, pattern := range f.headers {
			first := -1
			for i, h := range normal {
				if !pattern.MatchString(h) || owner[i] == f {
					continue
				}
				if first >= 0 {
					refuse(cut(t.headers[i]), "this and column %q are both %s to the mapping; make the pattern narrower", cut(t.headers[first]), f.name)
					break
				}
				if owner[i] != nil {
					refuse(cut(t.headers[i]), "is both %s and %s to the mapping; make a pattern narrower", owner[i].name, f.name)
				}
				first, owner[i] = i, f
				t.columns[fi] = append(t.columns[fi], i)
			}
		}
		if len(t.columns[fi]) == 0 && f.file == nil && len(f.headers) > 0 && f.spec.Required != "" {
			refuse(f.name, "no header matches %q, which the mapping requires", f.spec.Header)
		}
	}
	return refused
}

// cut shortens a text for a message.
func cut(s string) string {
	const limit = 80
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}
