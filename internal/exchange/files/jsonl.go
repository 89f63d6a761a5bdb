package files

import (
	"io"
	"unicode/utf8"

	"pmograph/internal/exchange/dataset"
)

// jsonlFile is an object of JSON a line. Numbers are numbers, decimals with all digits they are shown with; a null is null.
type jsonlFile struct {
	chunks
	o    Options
	keys [][]byte // what stands before each value
}

func newJSONL(w io.Writer, o Options) *jsonlFile { return &jsonlFile{chunks: newChunks(w), o: o} }

func (f *jsonlFile) begin(t *Table, names []string) error {
	f.keys = make([][]byte, len(names))
	for i, name := range names {
		key := []byte{','}
		if i == 0 {
			key[0] = '{'
		}
		f.keys[i] = append(appendJSON(key, name), ':')
	}
	if f.o.Tell == TellAll && !f.o.GoesOn {
		f.tell("@about", append(f.o.About.facts(), t.facts()...))
	}
	return nil
}

// tell writes a line about the file: an object with one member whose name no column has.
func (f *jsonlFile) tell(member string, facts []fact) {
	f.b = append(appendJSON(append(f.b, '{'), member), ':', '{')
	for i, x := range facts {
		if i > 0 {
			f.b = append(f.b, ',')
		}
		f.b = appendJSON(append(appendJSON(f.b, x.name), ':'), x.value)
	}
	f.b = append(f.b, "}}\n"...)
}

func (f *jsonlFile) row(values []dataset.Value) error {
	for i := range values {
		f.b = append(f.b, f.keys[i]...)
		switch v := &values[i]; v.Kind {
		case dataset.Null:
			f.b = append(f.b, "null"...)
		case dataset.Text:
			f.b = appendJSON(f.b, v.Text)
		case dataset.Bool, dataset.Int, dataset.Decimal:
			f.b = v.Append(f.b)
		default:
			f.b = append(v.Append(append(f.b, '"')), '"')
		}
	}
	f.b = append(f.b, "}\n"...)
	return f.full()
}

func (f *jsonlFile) end(_ *Table, c *Coverage) error {
	if f.o.tells(c) {
		f.tell("@end", c.facts())
	}
	return nil
}

// appendJSON appends a text as JSON.
func appendJSON(b []byte, text string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		r, size := rune(c), 1
		if c >= utf8.RuneSelf {
			if r, size = utf8.DecodeRuneInString(text[i:]); r != utf8.RuneError || size != 1 {
				i += size
				continue
			}
		}
		b = append(b, text[from:i]...)
		switch {
		case r == utf8.RuneError:
			b = append(b, "\ufffd"...)
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i += size
		from = i
	}
	return append(append(b, text[from:]...), '"')
}
