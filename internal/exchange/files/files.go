// Package files writes datasets as files: CSV, lines of JSON, workbooks of Excel, Parquet. A file is written from front to end while its rows are read, so
// that it takes the same memory however long it is. All tables of a file are read through one view: they are true at one number of the journal, which
// is written into the file with what else has to be known of it.
package files

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"pmograph/auth"
	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
	"pmograph/internal/state"
	"pmograph/internal/vocab"
)

// Format is a form of files.
type Format string

// The formats, by the ends of their files' names.
const (
	CSV     Format = "csv"     // one table
	JSONL   Format = "jsonl"   // one table
	XLSX    Format = "xlsx"    // any number of tables
	Parquet Format = "parquet" // one table
)

// Formats are all formats.
var Formats = []Format{CSV, JSONL, XLSX, Parquet}

// Type is the media type of a format.
func (f Format) Type() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8; header=present"
	case JSONL:
		return "application/x-ndjson"
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "application/vnd.apache.parquet"
}

// Streams tells whether the format's reader can use the beginning of a file.
func (f Format) Streams() bool { return f == CSV || f == JSONL }

// ParseFormat gives the format of a name; NOT_IN_LIST if there is none.
func ParseFormat(name string) (Format, error) {
	for _, f := range Formats {
		if string(f) == name {
			return f, nil
		}
	}
	return "", fault.At("format", "NOT_IN_LIST", "there is no format %.20q; there are csv, jsonl, xlsx and parquet", name)
}

// Table is a table of a file: the rows of a plan.
type Table struct {
	Name string // of the sheet; a dataset's, or a saved query's
	Plan *dataset.Plan
	Asked
}

// Asked is what was asked for, as it was written.
type Asked struct{ Filter, Order, From, To string }

// About is what is true of a whole file.
type About struct {
	Position state.Position // at which it is true
	At       time.Time      // when the record came to that
	AsOf     vocab.Date     // day of the question
	Reader   string         // for whom it was made: user-5
	Rights   string         // what he may read
}

// AboutView says what is true of files made from a view.
func AboutView(v *dataset.View, reader string) About {
	a := About{Position: v.Position(), At: v.Snapshot().At(), AsOf: v.Day(), Reader: reader}
	var read, not []string
	for _, c := range []vocab.Class{vocab.ClassPublic, vocab.ClassMoney, vocab.ClassRate, vocab.ClassPersonal} {
		switch may := auth.Reads(c); {
		case v.Rights().Organisation().Has(may):
			read = append(read, c.String())
		case v.Rights().Anywhere().Has(may):
			read = append(read, c.String()+" in part")
		default:
			not = append(not, c.String())
		}
	}
	a.Rights = "reads " + strings.Join(read, ", ")
	if len(not) > 0 {
		a.Rights += "; not " + strings.Join(not, ", ")
	}
	return a
}

// Coverage is what a table came to.
type Coverage struct {
	Rows     int64
	Withheld [4]int64 // values that the reader may not see, by vocab.Class
	Cut      int64    // texts that were too long for the format, and end early
}

// String names the classes of which values were withheld, and how many: MONEY=12; empty if none were.
func (c Coverage) String() string {
	var parts []string
	for class, n := range c.Withheld {
		if n > 0 {
			parts = append(parts, vocab.Class(class).String()+"="+strconv.FormatInt(n, 10))
		}
	}
	return strings.Join(parts, " ")
}

// fact is one thing told of a file, or of a table.
type fact struct{ name, value string }

func (a About) facts() []fact {
	return []fact{
		{"position", a.Position.String()}, {"recorded", a.At.UTC().Format(time.RFC3339Nano)}, {"as-of", a.AsOf.String()}, {"reader", a.Reader}, {"rights", a.Rights},
	}
}

func (t Table) facts() (all []fact) {
	for _, f := range []fact{{"dataset", t.Name}, {"filter", t.Filter}, {"order", t.Order}, {"from", t.From}, {"to", t.To}} {
		if f.value != "" {
			all = append(all, f)
		}
	}
	return all
}

func (c Coverage) facts() []fact {
	all := []fact{{"rows", strconv.FormatInt(c.Rows, 10)}, {"withheld", c.String()}}
	if c.Withheld == [4]int64{} {
		all[1].value = "none"
	}
	if c.Cut > 0 {
		all = append(all, fact{"cut", strconv.FormatInt(c.Cut, 10)})
	}
	return all
}

// Telling says when files of lines hold lines about themselves.
type Telling uint8

// The ways of files of lines.
const (
	TellWithheld Telling = iota // a last line if values were withheld, else none
	TellAll                     // first lines and a last one
	TellNothing                 // rows alone, whatever was withheld
)

// Options say how a file is written.
type Options struct {
	About    About
	BOM      bool    // CSV begins with a byte order mark, by which Excel knows that it is UTF-8
	Tell     Telling // of CSV and lines of JSON
	GoesOn   bool    // CSV is the rest of a file that has a header already
	Progress func(table string, rows int64)
}

// tableWriter writes a file of a format.
type tableWriter interface {
	begin(t *Table, names []string) error
	row(values []dataset.Value) error
	end(t *Table, c *Coverage) error
	close() error
}

// progressEvery is after how many rows somebody is told again.
const progressEvery = 10_000

// Write writes a file. It ends with an error if the view does, if a plan meets a limit, or if w takes no more; what was written is no file then. The
// coverage is that of each table.
func Write(w io.Writer, f Format, v *dataset.View, tables []Table, o Options) ([]Coverage, error) {
	if len(tables) != 1 && f != XLSX {
		return nil, fault.At("datasets", "NOT_ALLOWED", "a file of the format %s holds one table; ask for xlsx", f)
	}
	for _, t := range tables {
		if len(t.Plan.Columns) == 0 {
			return nil, fault.At("columns", "REQUIRED", "a table has one column at the least")
		}
	}
	var to tableWriter
	switch f {
	case CSV:
		to = newCSV(w, o)
	case JSONL:
		to = newJSONL(w, o)
	case XLSX:
		to = newXLSX(w, o)
	case Parquet:
		to = newParquet(w, o)
	}
	var all []Coverage
	for i := range tables {
		c, err := writeTable(to, v, &tables[i], o.Progress)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, to.close()
}

func writeTable(to tableWriter, v *dataset.View, t *Table, progress func(string, int64)) (c Coverage, err error) {
	columns := t.Plan.Columns
	if err := to.begin(t, namesOf(columns)); err != nil {
		return c, err
	}
	err = inBatches(v, t.Plan, func(row []dataset.Value) error {
		c.Rows++
		for i := range row {
			if x := &row[i]; x.Kind == dataset.Null && x.Why == dataset.NotVisible {
				c.Withheld[columns[i].Class]++
			}
		}
		if progress != nil && c.Rows%progressEvery == 0 {
			progress(t.Name, c.Rows)
		}
		return to.row(row)
	})
	if err != nil {
		return c, err
	}
	return c, to.end(t, &c)
}

// namesOf gives columns names that differ, whatever their letters' case.
func namesOf(columns []dataset.Column) []string {
	names, taken := make([]string, len(columns)), map[string]bool{}
	for i, c := range columns {
		name := c.Name
		if name == "" {
			name = "Column" + strconv.Itoa(i+1)
		}
		for n, plain := 2, name; taken[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s_%d", plain, n)
		}
		taken[strings.ToLower(name)] = true
		names[i] = name
	}
	return names
}
