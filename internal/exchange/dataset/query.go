package dataset

// Query is a question about a dataset: steps that each make rows of rows, then which of them are shown, in which order, with what beside.
// It is what OData's options, GraphQL's aggregates, saved queries and exports all become.
type Query struct {
	Of     *Dataset
	Steps  []Step
	Filter Expr    // after the steps; nil: all
	Search string  // what a row's texts must contain: words and "phrases", with AND, OR, NOT and parentheses; empty: anything
	Order  []Order // then by key, or, after steps that group, as the groups were first met
	Skip   int
	Top    int // 0: no bound, see Limits; NoRows: none are shown, but they are counted

	Compute []Named  // more columns, for Filter, Order and Select
	Select  []Expr   // what is shown: paths, mostly; nil: every column of the dataset, or of the last step
	Expand  []Expand // rows beside

	After   *Cursor // go on behind a row
	Page    int     // rows at most; 0: no bound
	Keyless bool    // rows are shown without their keys
	Total   bool    // count the rows that match, whatever of them is shown

	Limits Limits
}

// NoRows is the Top of a query that shows none.
const NoRows = -1

// Step makes rows of rows.
type Step interface{ isStep() }

// Where keeps the rows that satisfy a condition.
type Where struct{ Cond Expr }

// With adds columns.
type With struct{ Columns []Named }

// GroupBy makes one row of all that are alike in some columns. Without columns it makes one row of all, of none, too.
type GroupBy struct {
	By   []Named
	Aggs []Agg
}

// Best keeps the rows with the greatest, or smallest, values: so many, or until their sum, or share of the sum, is reached.
type Best struct {
	By       Expr
	Smallest bool
	N        int64 // so many rows, if Sum is nil
	Sum      *Value
	Percent  bool // Sum is in percent of the whole
}

// Sorted puts rows in order.
type Sorted struct{ By []Order }

// Part keeps a part of the rows.
type Part struct{ Skip, Top int } // Top below zero: all

// Concat puts the rows of several sequences of steps behind each other; columns that one of them lacks are null there.
type Concat struct{ Of [][]Step }

// Outside keeps the rows that are in none of some groups: their values of By are not among those of Groups.
type Outside struct {
	By     []Named
	Groups [][]Value
}

// Find keeps the rows whose texts contain words, as Query.Search has them.
type Find struct{ Words string }

// Join makes a row for each row that a reference to many leads to, with its columns below a name; Outer keeps rows without any.
type Join struct {
	Over  Path
	As    string
	Outer bool
}

func (Where) isStep()   {}
func (With) isStep()    {}
func (GroupBy) isStep() {}
func (Best) isStep()    {}
func (Sorted) isStep()  {}
func (Part) isStep()    {}
func (Concat) isStep()  {}
func (Outside) isStep() {}
func (Find) isStep()    {}
func (Join) isStep()    {}

// Named is an expression and the column it makes.
type Named struct {
	Name string
	Expr Expr
}

// Agg makes one value of many rows.
type Agg struct {
	Name string // of the column it makes
	// Measure names one of the dataset's measures; else Op is applied to Of.
	Measure string
	Op      AggOp
	Of      Expr // nil for Count
	Cond    Expr // counted are rows that satisfy it; nil: all
}

// AggOp is how one value is made of many.
type AggOp string

// The ways to make one value of many. Nulls are left out. One withheld value makes the result withheld.
const (
	Sum           AggOp = "sum"
	Min           AggOp = "min"
	Max           AggOp = "max"
	Average       AggOp = "average"
	CountAll      AggOp = "count"
	CountDistinct AggOp = "countdistinct"
	Withheld      AggOp = "withheld" // how many values the viewer may not see; of a measure, of what it is made of
)

// Order is one thing to order by.
type Order struct {
	By         Expr
	Descending bool
}

// Expand shows rows beside a row: those that a reference leads to.
type Expand struct {
	Over   Path // of one step
	Query  Query
	Ref    bool // keys only
	Count  bool // how many only
	Levels int  // how deep the same reference is followed; 0 and 1: once
}

// Cursor is a place among ordered rows: the values they are ordered by, the key at last.
type Cursor struct{ Values []Value }

// Limits bound what a query may do; zero values are those of DefaultLimits.
type Limits struct {
	Rows   int // that are kept at a time: groups, or rows to be put in order
	Looked int // rows looked at
}
