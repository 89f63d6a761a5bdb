package dataset

// Expr is what is computed from a row: to filter, to order, to group, to show. It has no types before it is compiled for a scope.
type Expr interface{ isExpr() }

// Lit is a constant.
type Lit struct{ Value Value }

// Path names a column: of the row, or of a row that references lead to: Project/Portfolio/Name. The first step may be the variable of a Lambda around it.
// The path of no steps is the row itself, in a Lambda's place.
type Path []string

// Call applies an operator or function. What there is: Functions.
//
//	and or not · eq ne gt ge lt le · add sub mul div divby mod neg · in (the first among the others) ·
//	contains startswith endswith indexof length substring tolower toupper trim concat matchesPattern ·
//	year quarter month day week hour minute second fractionalseconds date now mindatetime maxdatetime totaloffsetminutes ·
//	round floor ceiling · bucket (a date, and DAY, WEEK, MONTH, QUARTER, YEAR or FISCAL_YEAR: the first day of that) ·
//	shift (a date, months and days: so much later) · case (pairs of condition and value) · cast (a value, and a Kind's name)
type Call struct {
	Op   string
	Args []Expr
}

// Lambda tells whether any, or all, of the rows that a reference leads to satisfy a condition. Without a condition any tells whether there are some.
type Lambda struct {
	All  bool
	Over Path   // ends in a reference to many
	Var  string // by which the condition's paths name such a row
	Cond Expr   // nil: none
}

// Count is how many rows a reference to many leads to: Milestones/$count.
type Count struct {
	Over Path
	Cond Expr // counted are those that satisfy it, which names their columns directly; nil: all
}

func (Lit) isExpr()    {}
func (Path) isExpr()   {}
func (Call) isExpr()   {}
func (Lambda) isExpr() {}
func (Count) isExpr()  {}

// Op makes a Call.
func Op(op string, args ...Expr) Expr { return Call{op, args} }

// Col is the path of a column.
func Col(steps ...string) Expr { return Path(steps) }

// And joins conditions by and; nil is the condition that is always true.
func And(conditions ...Expr) (all Expr) {
	for _, c := range conditions {
		switch {
		case c == nil:
		case all == nil:
			all = c
		default:
			all = Op("and", all, c)
		}
	}
	return all
}
