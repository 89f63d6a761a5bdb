package tabular

import (
	"fmt"
	"io"

	"pmograph/internal/vocab"
)

// Record is what one row of a file says about one thing: an entity, its identity, and the values of some of its columns.
// Several rows may say the same of a thing (every project names its department); such a record is given once.
type Record struct {
	Entity string         // the table the thing belongs to: "portfolios", "projects", "status_reports" …
	Key    string         // identity among the entity's records of the mapping's source: the external id, stable across years and replays
	Set    map[string]any // column → string, int64, bool, vocab.Date, Money, or nil for "explicitly no value"; a column whose header the file lacks is absent
	Refs   map[string]Ref // column → another record of the same source
	AsOf   vocab.Date     // the day on which the values were true
	Wins   Wins           // which record counts when several of different days speak of one thing
	Some   bool           // only some rows give it: those in which certain fields have values
	Origin Origin         // where it was read
}

// Ref names another record of the same source, which may have come with an earlier import.
type Ref struct {
	Entity, Key string

	// Missing says what becomes of the record that refers if the other is in no file and not on record: it is skipped (Skip), or left
	// out for this reason. Empty refuses the import.
	Missing string `json:",omitempty"`
}

// Skip is the Missing of records that are not given without another, which nobody needs to be told.
const Skip = "SKIP"

// Money is an exact amount in minor units of a currency: 1234 of GBP is £12.34.
type Money struct {
	Minor    int64
	Currency string // ISO 4217
}

// Wins says when a record's values apply beside records of other days with the same entity and key.
type Wins string

// The values of Wins.
const (
	WinsAlways Wins = "ALWAYS" // they apply
	WinsLatest Wins = "LATEST" // they apply unless a later AsOf is on record
	WinsFirst  Wins = "FIRST"  // they apply unless an earlier AsOf is on record
	WinsEach   Wins = "EACH"   // baselines only: every change of the finish that the project's reports tell of is one of its own
)

// Origin is the place a record was read from, for messages and for the trail of an import.
type Origin struct {
	File    string
	Line    int               // the physical line on which the CSV record starts; the header is usually line 1
	Columns map[string]string // column → header it was read from, white space collapsed; constants have none
}

// Result is what reading found. Every row is in Records, Facts, Blank, Duplicates, LeftOut or Refused; none is dropped silently.
type Result struct {
	Source     string // the mapping's source, which the keys belong to
	Records    []Record
	Facts      []*Facts
	Rows       int // data rows met, without headers
	Blank      int // rows that hold nothing
	Duplicates []Notice
	LeftOut    []LeftOut
	Refused    []Refusal
}

// Len counts records and facts.
func (r *Result) Len() int {
	n := len(r.Records)
	for _, f := range r.Facts {
		n += f.Len()
	}
	return n
}

// LeftOut counts rows that have no place in the record, and says why.
type LeftOut struct {
	Reason string `json:"reason"`
	Rows   int    `json:"rows"`
}

// Notice reports a row that was counted once because an earlier row had already said all of it.
type Notice struct {
	File string
	Line int
	Text string // one sentence
}

// Refusal is one thing that keeps a row or a file from being read. An importer that finds any should import nothing.
type Refusal struct {
	File   string
	Line   int    // physical line; 0 when it concerns the whole file
	Column string // the header, or what stands for it: "file name"; empty when it concerns the row
	Value  string // the offending text, cut to a readable length
	Reason string // one sentence: what is wrong, and what to do when that is not plain
}

func (r Refusal) String() string {
	s := r.File
	if r.Line > 0 {
		s = fmt.Sprintf("%s line %d", s, r.Line)
	}
	if r.Column != "" {
		s = fmt.Sprintf("%s, column %q", s, r.Column)
	}
	if r.Value != "" {
		s = fmt.Sprintf("%s, value %q", s, r.Value)
	}
	return s + ": " + r.Reason
}

// File is a file to read. Its name matters: a mapping may take values from it.
type File struct {
	Name string
	Open func() (io.ReadCloser, error)
}
