package uri

import (
	"strings"

	"pmograph/internal/exchange/dataset"
)

// operators are those between two operands, the loosest first.
var operators = [][]string{
	{"or"},
	{"and"},
	{"eq", "ne"},
	{"gt", "ge", "lt", "le"},
	{"add", "sub"},
	{"mul", "divby", "div", "mod"},
}

// expr reads an expression.
func (r *reader) expr() dataset.Expr { return r.binary(0) }

// whole reads an expression that is all of the text.
func (r *reader) whole() dataset.Expr {
	r.space()
	e := r.expr()
	r.space()
	r.end()
	return e
}

func (r *reader) binary(level int) dataset.Expr {
	if level == len(operators) {
		return r.unary()
	}
	left := r.binary(level + 1)
	var chain []dataset.Expr
	for {
		op, ok := r.keyword(operators[level]...)
		if !ok {
			return left
		}
		r.node()
		r.space()
		right := r.binary(level + 1)
		if op != "and" && op != "or" {
			left = dataset.Op(op, left, right)
			continue
		}
		if chain == nil {
			chain = []dataset.Expr{left}
		}
		chain = append(chain, right)
		left = dataset.Op(op, chain...)
	}
}

func (r *reader) unary() dataset.Expr {
	defer r.enter()()
	r.node()
	if r.peek() == '-' && !number.MatchString(r.text[r.at:]) && !strings.HasPrefix(r.text[r.at:], "-INF") {
		r.at++
		r.space()
		return dataset.Op("neg", r.unary())
	}
	if r.not() {
		return dataset.Op("not", r.unary())
	}
	e := r.primary()
	for {
		from := r.at
		op, ok := r.keyword("in", "has")
		if !ok {
			return e
		}
		r.space()
		if op == "has" {
			r.notDone(from+1, "has is for flags, of which there are none")
		}
		e = r.in(e)
	}
}

// not steps over the operator and the spaces behind it.
func (r *reader) not() bool {
	from := r.at
	if strings.EqualFold(r.word(), "not") && (r.space() || r.peek() == '(') {
		return true
	}
	r.at = from
	return false
}

func (r *reader) in(e dataset.Expr) dataset.Expr {
	list := r.list()
	if len(list) == 0 {
		return dataset.Lit{Value: dataset.OfBool(false)}
	}
	return dataset.Op("in", append([]dataset.Expr{e}, list...)...)
}

// list reads what in looks into: values in parentheses, a JSON array, or an alias of one.
func (r *reader) list() (list []dataset.Expr) {
	switch r.peek() {
	case '[':
		return r.array()
	case '@':
		defer r.enter()()
		if a := r.alias(); a != nil {
			list = a.list()
			a.space()
			a.end()
			return list
		}
		return []dataset.Expr{null}
	case '(':
	default:
		r.wants("a list of values in parentheses")
	}
	r.open()
	for {
		list = append(list, r.expr())
		if !r.comma() {
			r.close()
			return list
		}
	}
}

var null = dataset.Lit{Value: dataset.None}

// lettersANode is how many letters of what an alias stands for count as a node each time.
const lettersANode = 100

// alias gives a reader of what is said for @name; nil if nothing is, which means null.
func (r *reader) alias() *reader {
	r.need("@")
	name := "@" + r.name("the name of an alias")
	text, ok := r.aliases[name]
	if !ok {
		return nil
	}
	r.nodes += len(text) / lettersANode
	a := r.reader(name, text, r.scope)
	a.space()
	return a
}

// primary reads an operand.
func (r *reader) primary() dataset.Expr {
	switch c := r.peek(); c {
	case '(':
		r.open()
		e := r.expr()
		r.close()
		return e
	case '@':
		if a := r.alias(); a != nil {
			return a.whole()
		}
		return null
	case '$':
		return r.dollar()
	case '[', '{':
		r.notDone(r.at, "arrays and objects stand only behind in")
	}
	if v, ok := r.literal(); ok {
		return dataset.Lit{Value: v}
	}
	from := r.at
	w := r.qualified()
	switch {
	case w == "":
		r.wants("an expression")
	case r.peek() == '(':
		return r.call(w, from)
	}
	r.at = from
	return r.member(nil)
}

// dollar reads what begins with a dollar sign.
func (r *reader) dollar() dataset.Expr {
	from := r.at
	r.at++
	switch w := r.word(); w {
	case "it":
		if r.scope.beside {
			r.notDone(from, "$it is the row that the path leads to; beside it, name columns directly, or by $this")
		}
		return r.rooted(from)
	case "this":
		if len(r.scope.vars) > 0 {
			r.notDone(from, "rows that any and all look at are named by their variable")
		}
		return r.rooted(from)
	case "root", "these":
		r.notDone(from, "$%s is not known here", w)
	case "count":
		r.refuse(from, "INVALID", "$count stands behind a reference to many: CostEntries/$count")
	}
	r.at = from
	r.wants("an expression")
	return nil
}

// rooted reads the path behind $it or $this.
func (r *reader) rooted(from int) dataset.Expr {
	if !r.has("/") {
		r.refuse(from, "INVALID", "this is a row, and a value is needed: name one of its columns")
	}
	return r.member(&from)
}

// call reads the arguments of a function and applies it.
func (r *reader) call(name string, from int) dataset.Expr {
	lower := strings.ToLower(name)
	op, ok := functions[lower]
	switch {
	case lower == "case":
		return r.cases()
	case lower == "cast":
		return r.cast(from)
	case r.o.V3 && lower == "substringof":
		args := r.args()
		if len(args) != 2 {
			r.refuse(from, "INVALID", "substringof takes 2 arguments, not %d", len(args))
		}
		return dataset.Op("contains", args[1], args[0])
	case ok:
		return dataset.Op(op, r.args()...)
	case known[lower] || strings.Contains(name, "."):
		r.notDone(from, "the function %.60s is not offered", name)
	}
	r.refuse(from, "INVALID", "there is no function %.60q", name)
	return nil
}

func (r *reader) args() (args []dataset.Expr) {
	r.open()
	if r.has(")") {
		return nil
	}
	for {
		args = append(args, r.expr())
		if !r.comma() {
			r.close()
			return args
		}
	}
}

// cases reads case(condition:value,condition:value).
func (r *reader) cases() dataset.Expr {
	r.open()
	var args []dataset.Expr
	for {
		args = append(args, r.expr())
		r.space()
		r.need(":")
		r.space()
		args = append(args, r.expr())
		if !r.comma() {
			r.close()
			return dataset.Op("case", args...)
		}
	}
}

// cast reads cast(value,Edm.Type).
func (r *reader) cast(from int) dataset.Expr {
	r.open()
	e := r.expr()
	if !r.comma() {
		r.notDone(from, "cast takes a value and one of Edm's types")
	}
	at := r.at
	k, ok := edmKinds[strings.TrimPrefix(r.qualified(), "Edm.")]
	if !ok {
		r.notDone(at, "cast makes Edm.Boolean, Edm.Int64, Edm.Decimal, Edm.Date, Edm.DateTimeOffset or Edm.String")
	}
	r.close()
	return dataset.Op("cast", e, dataset.Lit{Value: dataset.OfText(k.String())})
}

var edmKinds = map[string]dataset.Kind{
	"Boolean": dataset.Bool, "Byte": dataset.Int, "SByte": dataset.Int, "Int16": dataset.Int, "Int32": dataset.Int, "Int64": dataset.Int,
	"Decimal": dataset.Decimal, "Double": dataset.Decimal, "Single": dataset.Decimal, "Date": dataset.Date,
	"DateTimeOffset": dataset.Instant, "DateTime": dataset.Instant, "String": dataset.Text, "Guid": dataset.Text,
}

// functions gives what a dataset's function is called, by its name in small letters.
var functions = func() map[string]string {
	all := map[string]string{}
	for _, name := range dataset.Functions() {
		all[strings.ToLower(name)] = name
	}
	for _, level := range operators {
		for _, op := range level {
			delete(all, op)
		}
	}
	for _, op := range []string{"not", "neg", "in", "case", "cast"} {
		delete(all, op)
	}
	return all
}()

// known are OData's functions that there may be none of.
var known = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields("hassubset hassubsequence time totalseconds isof isdefined replace years months days hours minutes seconds") {
		all[name] = true
	}
	return all
}()
