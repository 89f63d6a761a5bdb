package files

import (
	"io"
	"strings"

	"pmograph/internal/exchange/dataset"
)

// chunk is how many bytes are written at a time.
const chunk = 64 << 10

// chunks gathers what is written into chunks.
type chunks struct {
	w io.Writer
	b []byte
}

func newChunks(w io.Writer) chunks { return chunks{w, make([]byte, 0, chunk+chunk/4)} }

// full sends what there is if it is enough for a chunk.
func (c *chunks) full() error {
	if len(c.b) < chunk {
		return nil
	}
	return c.close()
}

func (c *chunks) close() error {
	_, err := c.w.Write(c.b)
	c.b = c.b[:0]
	return err
}

// csvFile is CSV by RFC 4180: lines end in CR LF, a value is quoted where it has to be. A null is an empty value, an empty text a quoted empty one.
type csvFile struct {
	chunks
	o Options
}

func newCSV(w io.Writer, o Options) *csvFile { return &csvFile{newChunks(w), o} }

func (f *csvFile) begin(t *Table, names []string) error {
	if f.o.GoesOn {
		return nil
	}
	if f.o.BOM {
		f.b = append(f.b, "\ufeff"...)
	}
	if f.o.Tell == TellAll {
		for _, x := range append(f.o.About.facts(), t.facts()...) {
			f.tell(x)
		}
	}
	for i, name := range names {
		f.comma(i)
		f.b = appendCell(f.b, name)
	}
	return f.line()
}

func (f *csvFile) comma(i int) {
	if i > 0 {
		f.b = append(f.b, ',')
	}
}

// tell writes a line about the file, which begins with a hash.
func (f *csvFile) tell(x fact) {
	f.b = append(appendCell(f.b, "# "+x.name+": "+x.value), "\r\n"...)
}

func (f *csvFile) line() error {
	f.b = append(f.b, "\r\n"...)
	return f.full()
}

func (f *csvFile) row(values []dataset.Value) error {
	for i := range values {
		f.comma(i)
		switch v := &values[i]; {
		case v.Kind == dataset.Text:
			f.b = appendCell(f.b, v.Text)
		case v.Kind == dataset.Null && len(values) == 1: // readers pass over empty lines
			f.b = append(f.b, `""`...)
		default: // numbers, days, instants and identifiers hold nothing to be quoted
			f.b = v.Append(f.b)
		}
	}
	return f.line()
}

func (f *csvFile) end(_ *Table, c *Coverage) error {
	if f.o.tells(c) {
		for _, x := range c.facts() {
			f.tell(x)
		}
	}
	return nil
}

// tells tells whether a file of lines ends with lines about itself.
func (o Options) tells(c *Coverage) bool {
	return o.Tell == TellAll || o.Tell == TellWithheld && c.Withheld != [4]int64{}
}

// appendCell appends a text as a value of CSV. One that a spreadsheet would take for a formula is made harmless by an apostrophe before it.
func appendCell(b []byte, text string) []byte {
	harmless, plain := !startsFormula(text), text != ""
	if plain = plain && harmless; plain {
		for i := 0; i < len(text); i++ {
			if c := text[i]; c == '"' || c == ',' || c == '\r' || c == '\n' {
				plain = false
				break
			}
		}
	}
	if plain {
		return append(b, text...)
	}
	b = append(b, '"')
	if !harmless {
		b = append(b, '\'')
	}
	for {
		before, after, more := strings.Cut(text, `"`)
		if b = append(b, before...); !more {
			return append(b, '"')
		}
		b, text = append(b, `""`...), after
	}
}

// startsFormula tells whether a spreadsheet could take a text for a formula: by its first character, also in its full width.
func startsFormula(text string) bool {
	if text == "" {
		return false
	}
	switch text[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n':
		return true
	case 0xEF:
		for _, wide := range [...]string{"＝", "＋", "－", "＠"} {
			if strings.HasPrefix(text, wide) {
				return true
			}
		}
	}
	return false
}
