package dataset

import (
	"bytes"
	"encoding/json"
	"fmt"

	"pmograph/internal/fault"
	"pmograph/internal/vocab"
)

// Analysis is a question about a dataset that can be written down, kept and shared: what its rows are grouped by and what is measured of each group.
// GraphQL's aggregates and saved queries are analyses; its JSON has the form of GraphQL's AggregateInput.
type Analysis struct {
	Dataset  string           `json:"dataset"`           // its name
	GroupBy  []Grouping       `json:"groupBy,omitempty"` // none: all rows are one group
	Measures []Measured       `json:"measures"`
	Filter   *Condition       `json:"filter,omitempty"`  // nil: all rows
	From     *vocab.Date      `json:"from,omitempty"`    // first day of the dataset's time
	To       *vocab.Date      `json:"to,omitempty"`      // last day
	Order    []Ordering       `json:"order,omitempty"`   // then by groups; with a Top and none, by the first measure, the greatest first
	Top      int              `json:"top,omitempty"`     // so many groups at most; 0: all
	Others   bool             `json:"others,omitempty"`  // what the groups that Top leaves out come to together
	Totals   bool             `json:"totals,omitempty"`  // what all rows come to together
	Compare  vocab.Comparison `json:"compare,omitempty"` // with an earlier period; empty: none. It needs From and To
}

// Grouping is a column that rows are grouped by.
type Grouping struct {
	Column string       `json:"column"`           // or a path to one: Project/Portfolio/Level1
	Bucket vocab.Bucket `json:"bucket,omitempty"` // of days and instants; empty: as they are
	As     string       `json:"as,omitempty"`     // name in the answer; empty: Column, and Bucket, joined by _
}

// Measured is what is measured: one of the dataset's measures, or a column and how its values are made one.
type Measured struct {
	Measure string            `json:"measure,omitempty"`
	Op      vocab.Aggregation `json:"op,omitempty"`
	Column  string            `json:"column,omitempty"` // or a path; none for COUNT
	As      string            `json:"as,omitempty"`     // name in the answer; empty: Measure, or Column and Op joined by _
}

// Condition is what rows satisfy: one column compared with values, or conditions joined. Exactly one of And, Or, Not and Column is given.
type Condition struct {
	And      []Condition    `json:"and,omitempty"`
	Or       []Condition    `json:"or,omitempty"`
	Not      *Condition     `json:"not,omitempty"`
	Column   string         `json:"column,omitempty"` // or a path
	Operator vocab.Operator `json:"operator,omitempty"`
	Values   []string       `json:"values,omitempty"` // in the plain text of the column's kind, see Value.Append
}

// Ordering is a column of the answer that its rows are ordered by. No value comes last, up and down.
type Ordering struct {
	By         string `json:"by"`
	Descending bool   `json:"descending,omitempty"`
}

// What an analysis has at most.
const (
	MaxGroupings  = 4
	MaxMeasured   = 10
	MaxConditions = 100
	MaxNesting    = 8
	MaxValues     = 200 // of a condition
	MaxOrderings  = 8
	MaxAnswerRows = 10_000
	maxAnalysis   = 64 << 10 // bytes of its JSON
)

// ParseAnalysis reads the JSON of an analysis. What is no JSON of one is INVALID; whether it can be asked, Check tells.
func ParseAnalysis(text []byte) (a Analysis, err error) {
	if len(text) > maxAnalysis {
		return a, fault.At("analysis", "TOO_LONG", "an analysis has at most %d bytes", maxAnalysis)
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&a); err != nil {
		return a, fault.At("analysis", "INVALID", "it is not the JSON of an analysis")
	}
	if in.More() {
		return a, fault.At("analysis", "INVALID", "something follows the analysis")
	}
	return a, nil
}

// JSON is the analysis in its one written form: equal analyses have equal texts.
func (a Analysis) JSON() string {
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // it has texts, numbers and days only
	}
	return string(text)
}

// Check tells what of an analysis cannot be asked by who has the catalogue: errors name its fields.
func (a Analysis) Check(c *Catalogue) error {
	_, err := a.ready(c)
	return err
}

// checks gathers what is wrong.
type checks struct{ all []error }

func (c *checks) at(path, code, format string, args ...any) {
	c.all = append(c.all, fault.At(path, code, format, args...))
}

// add takes an error that does not know where in the analysis it was met.
func (c *checks) add(path string, err error) {
	if err == nil {
		return
	}
	f := faultOf(err)
	c.at(path, f.Code, "%s", f.Text)
}

// faultOf is what is wrong of the one field that an error of the engine is about.
func faultOf(err error) fault.Field {
	if e, ok := err.(*fault.Error); ok && len(e.Fields) > 0 {
		return e.Fields[0]
	}
	return fault.Field{Code: "INVALID", Text: err.Error()}
}

func (c *checks) most(path string, n, most int) {
	if n > most {
		c.at(path, "OUT_OF_RANGE", "at most %d, not %d", most, n)
	}
}

func (c *checks) err() error { return fault.Join(c.all...) }

// word looks whether a word is of a closed list.
func word[E interface {
	~string
	Values() []string
}](c *checks, path string, w E, empty bool) bool {
	if w == "" && empty || vocab.Valid(w) {
		return true
	}
	c.at(path, "NOT_IN_LIST", "%.60q is not one of %v", string(w), w.Values())
	return false
}

func nth(path string, i int, field string) string { return fmt.Sprintf("%s.%d.%s", path, i, field) }
