package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pmograph/auth"
	"pmograph/graph"
	spending "pmograph/internal/budget"
)

// hostile is something that somebody may send to do harm.
type hostile struct {
	name  string
	body  any    // sent as JSON, or as it is if it is a string
	codes string // of which one must be the answer's; empty for none: it may be answered
}

// times repeats a text with the number of the repetition for #.
func times(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(format, "#+", fmt.Sprint((i+1)%n)), "#", fmt.Sprint(i)))
	}
	return b.String()
}

// nested repeats a text around an inner one.
func nested(n int, open, inner, shut string) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(shut, n)
}

const (
	tooMuch = "LIMIT_EXCEEDED"
	tooDear = "COST_EXCEEDED"
	wrong   = "GRAPHQL_VALIDATION_FAILED GRAPHQL_PARSE_FAILED INVALID BAD_REQUEST"
	missing = "NOT_FOUND INVALID"
)

// hostileDocuments are documents that are made to cost much: each is refused, or costs little.
func hostileDocuments() (all []hostile) {
	add := func(codes, name, query string) {
		all = append(all, hostile{name, map[string]any{"query": query}, codes})
	}
	for _, n := range []int{31, 100, 150} {
		add(tooMuch+" GRAPHQL_PARSE_FAILED", fmt.Sprintf("%d aliases of a root field", n), `{ `+times(n, "a#: viewer { day } ")+`}`)
		add(tooMuch, fmt.Sprintf("%d aliases of a leaf", n), `{ viewer { `+times(n, "a#: day ")+`} }`)
		add(tooMuch, fmt.Sprintf("%d aliases in fragments", n), `{ viewer { `+times(10, "...F# ")+`} } `+times(10, "fragment F# on Viewer { "+times(n/10+1, "b#: day ")+"} "))
		add(tooMuch, fmt.Sprintf("%d directives", n+20), `{ viewer { `+strings.Repeat("day @include(if: true) ", 51)+`} }`)
		add(tooMuch+" "+wrong, fmt.Sprintf("%d directives of one field", n), `{ viewer { day `+strings.Repeat("@include(if: true) ", n)+`} }`)
		add(tooMuch+" "+wrong, fmt.Sprintf("%d unknown directives", n), `{ viewer { day `+times(n, "@d# ")+`} }`)
	}
	for _, n := range []int{11, 30} {
		add(tooMuch, fmt.Sprintf("%d root fields", n), `{ `+strings.Repeat("viewer { day } ", n)+`}`)
		add(tooMuch, fmt.Sprintf("%d mutations", n), `mutation { `+times(n, `projectHealthDeclare(input: {id: "project-1", health: GREEN}) { number } `)+`}`)
		add(tooMuch, fmt.Sprintf("%d root fields in fragments", n), `{ `+times(n, "...F# ")+`} `+times(n, "fragment F# on Query { viewer { day } } "))
		add(tooMuch, fmt.Sprintf("%d root fields in inline fragments", n), `{ `+strings.Repeat("... on Query { viewer { day } } ", n)+`}`)
	}
	for _, n := range []int{17, 50, 300} {
		add(tooMuch, fmt.Sprintf("%d portfolios deep", n), `{ portfolio(id: "portfolio-1") { `+nested(n, "parent { ", "id", " }")+` } }`)
		add(tooMuch+" GRAPHQL_PARSE_FAILED", fmt.Sprintf("%d pages deep", n/2), `{ portfolio(id: "portfolio-1") { `+nested(n/2+1, "children { nodes { ", "id", " } }")+` } }`)
		add(tooMuch+" "+wrong, fmt.Sprintf("%d deep in fragments", n), `{ portfolio(id: "portfolio-1") { ...F0 } } `+chain(min(n, 90)))
	}
	for _, n := range []int{31, 200} {
		add(tooMuch, fmt.Sprintf("%d inline fragments deep", n), `{ viewer { `+nested(n, "... { ", "day", " }")+` } }`)
		add(tooMuch+" "+wrong, fmt.Sprintf("%d typed inline fragments deep", n), `{ viewer { `+nested(n, "... on Viewer { ", "day", " }")+` } }`)
		add(tooMuch, fmt.Sprintf("%d inline fragments around many leaves", n), `{ viewer { `+nested(n, "... { ", strings.Repeat("day ", 200), " }")+` } }`)
	}
	// Overlapping fields.
	for _, n := range []int{150, 300, 480} {
		add(tooMuch, fmt.Sprintf("%d equal leaves", n), `{ viewer { `+strings.Repeat("day ", n)+`} }`)
		add(tooMuch, fmt.Sprintf("%d equal objects", n/5), `{ viewer { `+strings.Repeat("rollup { asOf asOf asOf } ", n/4)+`} }`)
		add(tooMuch, fmt.Sprintf("%d equal leaves by an alias", n), `{ viewer { `+strings.Repeat("day ", n)+`} ...F } fragment F on Query { viewer { day } }`)
	}
	add(tooMuch, "equal fields at each depth", `{ portfolio(id: "portfolio-1") { `+doubled(6)+` } }`)
	add(wrong, "equal keys of different fields", `{ viewer { a: day a: number } }`)
	add(wrong, "equal keys with different arguments", `{ viewer { rollup(asOf: "2020-01-01") { asOf } rollup(asOf: "2020-01-02") { asOf } } }`)
	add(tooMuch+" "+wrong, "conflicts everywhere", `{ viewer { `+times(25, "a: day a: number ")+`} }`)
	// Cycles.
	add(wrong, "a fragment in itself", `{ viewer { ...F } } fragment F on Viewer { ...F day }`)
	add(wrong, "two fragments in each other", `{ viewer { ...F } } fragment F on Viewer { ...G } fragment G on Viewer { ...F day }`)
	for _, n := range []int{3, 50, 120} {
		add(wrong, fmt.Sprintf("a ring of %d fragments", n), `{ viewer { ...F0 } } `+times(n, "fragment F# on Viewer { ...F#+ } "))
	}
	add(wrong, "a fragment in itself through fields", `{ portfolio(id: "portfolio-1") { ...F } } fragment F on Portfolio { parent { ...F } }`)
	add(wrong, "a fragment twice in itself", `{ portfolio(id: "portfolio-1") { ...F } } fragment F on Portfolio { a: parent { ...F } b: parent { ...F } }`)
	add(wrong, "a cycle that nobody asks", `{ viewer { day } } fragment F on Viewer { ...F }`)
	// Bombs of fragments: few characters, many fields.
	for _, n := range []int{6, 7, 13} {
		add(tooMuch+" "+tooDear, fmt.Sprintf("a bomb of %d fragments", n), `{ portfolio(id: "portfolio-1") { ...F0 } } `+bomb(n, 2))
		add(tooMuch+" "+tooDear, fmt.Sprintf("a wide bomb of %d fragments", n), `{ portfolio(id: "portfolio-1") { ...F0 } } `+bomb(n, 4))
		add(tooMuch+" "+tooDear, fmt.Sprintf("a bomb of pages in %d fragments", n), `{ portfolio(id: "portfolio-1") { ...F0 } } `+pages(n))
	}
	add("", "fragments spread often", `{ viewer { `+strings.Repeat("...F ", 400)+`} } fragment F on Viewer { day }`)
	add("", "fragments that share fields", `{ viewer { `+times(60, "...F# ")+`} } `+times(60, "fragment F# on Viewer { day } "))
	add(wrong, "fragments that nobody asks", `{ viewer { day } } `+times(100, "fragment F# on Viewer { day } "))
	add(wrong, "fragments of one name", `{ viewer { ...F } } `+strings.Repeat("fragment F on Viewer { day } ", 100))
	add(wrong, "fragments that are not there", `{ viewer { `+times(300, "...F# ")+`} }`)
	add(wrong, "fragments of types that do not meet", `{ viewer { `+strings.Repeat("... on Project { id } ", 100)+`} }`)
	// Operations.
	add("GRAPHQL_PARSE_FAILED", "many operations", times(200, "query Q# { viewer { day } } "))
	add(wrong, "operations of one name", strings.Repeat("query Q { viewer { day } } ", 100))
	add(wrong, "operations without names", strings.Repeat("{ viewer { day } } ", 100))
	add(tooMuch+" "+wrong, "operations, one not named", times(100, "query Q# { viewer { day } } ")+`{ viewer { day } }`)
	add(wrong, "no operation", `fragment F on Viewer { day }`)
	add(wrong, "nothing", ``)
	add(wrong, "a type", `type Query { a: Int }`)
	add(wrong, "a schema", `schema { query: Query }`)
	add(wrong, "an extension", `extend type Query { a: Int }`)
	// Sizes of everything that is written.
	add("GRAPHQL_PARSE_FAILED", "more tokens than are read", `{ viewer { `+strings.Repeat("day ", 1000)+`} }`)
	add("GRAPHQL_PARSE_FAILED", "brackets", strings.Repeat("{", 100_000))
	add("GRAPHQL_PARSE_FAILED", "brackets that open lists", `{ nodes(ids: `+strings.Repeat("[", 100_000))
	add("GRAPHQL_PARSE_FAILED", "comments", strings.Repeat("#\n", 100_000)+`{ viewer { day } }`)
	add("", "one long comment", "#"+strings.Repeat("x", 200_000)+"\n{ viewer { day } }")
	add("", "spaces", strings.Repeat(" ", 200_000)+`{ viewer { day } }`)
	add("", "commas", strings.Repeat(",", 200_000)+`{ viewer { day } }`)
	add("", "lines", strings.Repeat("\n", 200_000)+`{ viewer { day } }`)
	add("", "byte order marks", "\ufeff"+`{ viewer { day } }`)
	add(tooMuch, "a long field", `{ `+strings.Repeat("x", 200_000)+` }`)
	add(tooMuch, "a long alias", `{ `+strings.Repeat("x", 200_000)+`: viewer { day } }`)
	add(tooMuch, "a long argument", `{ viewer { rollup(`+strings.Repeat("x", 200_000)+`: 1) { asOf } } }`)
	add(tooMuch, "a long type", `{ viewer { ... on `+strings.Repeat("X", 200_000)+` { day } } }`)
	add(tooMuch, "a long fragment", `{ viewer { ...`+strings.Repeat("x", 200_000)+` } }`)
	add(tooMuch, "a long directive", `{ viewer { day @`+strings.Repeat("x", 200_000)+` } }`)
	add(tooMuch, "a long variable", `query($`+strings.Repeat("x", 200_000)+`: Int) { viewer { day } }`)
	add(tooMuch, "a long type of a variable", `query($a: `+strings.Repeat("X", 200_000)+`) { viewer { day } }`)
	add(tooMuch, "a long operation", `query `+strings.Repeat("x", 200_000)+` { viewer { day } }`)
	add(tooMuch, "a long word", `{ projects(order: {by: `+strings.Repeat("X", 200_000)+`}) { totalCount } }`)
	add(tooMuch, "a long key", `{ projects(order: {`+strings.Repeat("x", 200_000)+`: 1}) { totalCount } }`)
	add("", "a long string", `{ project(path: "`+strings.Repeat("x", 200_000)+`") { id } }`)
	add("", "a long block string", `{ project(path: """`+strings.Repeat(" x\n", 60_000)+`""") { id } }`)
	add("", "a string of escapes", `{ project(path: "`+strings.Repeat(`\u00e9`, 30_000)+`") { id } }`)
	add("", "a string of surrogates", `{ project(path: "`+strings.Repeat(`\ud83d\ude00`, 10_000)+`") { id } }`)
	add("", "half a surrogate", `{ project(path: "\ud83d") { id } }`)
	add(wrong, "an escape that is none", `{ project(path: "\x00") { id } }`)
	add(wrong, "a string without an end", `{ project(path: "x) { id } }`)
	add(wrong, "a block string without an end", `{ project(path: """x) { id } }`)
	add("", "zero bytes in a string", "{ project(path: \"\\u0000\") { id } }")
	add(wrong, "zero bytes in a document", "{ viewer \x00 { day } }")
	add(wrong, "names of other scripts", `{ ünïcödé }`)
	add(wrong, "letters that look alike", `{ viеwer { day } }`)
	add("", "text from right to left", "{ project(path: \"\u202e\u202etset\") { id } }")
	add(wrong, "marks between letters", "{ vie\u200bwer { day } }")
	// Numbers.
	for _, n := range []string{"101", "2147483647", "2147483648", "99999999999999999999", "-1", "-2147483649", "0", "1e9", "1e999", "0.1", "9" + strings.Repeat("9", 10_000)} {
		add(missing+" "+wrong+" "+tooDear, fmt.Sprintf("a page of %.25s", n), `{ projects(first: `+n+`) { nodes { id } } }`)
	}
	add(wrong+" NOT_FOUND", "numbers that begin with zero", `{ projects(first: 007) { totalCount } }`)
	add(missing, "first and last", `{ projects(first: 1, last: 1) { totalCount } }`)
	add(wrong, "null where there may be none", `{ capacity(by: null, grain: DAY, from: "2020-01-01", to: "2020-01-02") { first } }`)
	// Lists and objects.
	add(tooMuch+" "+missing+" "+wrong, "many ids", `{ nodes(ids: [`+strings.Repeat(`"project-1" `, 101)+`]) { id } }`)
	add("GRAPHQL_PARSE_FAILED", "more ids", `{ nodes(ids: [`+strings.Repeat(`1 `, 2000)+`]) { id } }`)
	add(wrong, "lists in lists", `{ nodes(ids: `+nested(400, "[", "", "]")+`) { id } }`)
	add(wrong, "objects in objects", `{ projects(filter: `+nested(200, "{a: ", "1", "}")+`) { totalCount } }`)
	add(wrong, "keys that are not known", `{ projects(filter: {`+times(200, "k#: 1 ")+`}) { totalCount } }`)
	add(wrong, "a key again and again", `{ projects(filter: {`+strings.Repeat("portfolio: 1 ", 200)+`}) { totalCount } }`)
	add(wrong, "arguments that are not known", `{ projects(`+times(200, "k#: 1 ")+`) { totalCount } }`)
	add(wrong, "an argument again and again", `{ projects(`+strings.Repeat("first: 1 ", 200)+`) { totalCount } }`)
	add(wrong, "fields that are not known", `{ viewer { `+times(400, "f# ")+`} }`)
	add(wrong, "types that are not known", `{ viewer { `+times(30, "... on T# { day } ")+`} }`)
	add(wrong, "leaves with fields", `{ viewer { day { day { day } } } }`)
	add(wrong, "objects without fields", `{ viewer }`)
	add(wrong, "words that are not known", `{ projects(order: {by: NOTHING}) { totalCount } }`)
	// Variables.
	add(wrong, "many variables", `query(`+times(240, "$v#: Int ")+`) { viewer { day } }`)
	add(wrong, "a variable again and again", `query(`+strings.Repeat("$v: Int ", 200)+`) { projects(first: $v) { totalCount } }`)
	add(wrong, "variables that are not there", `{ `+times(8, "p#: projects(first: $v#) { totalCount } ")+`}`)
	add(wrong, "variables of types that are not known", `query(`+times(100, "$v#: T# ")+`) { viewer { day } }`)
	add(wrong, "a variable of an output", `query($v: Project) { viewer { day } }`)
	add(wrong, "deep types", `query($v: `+nested(200, "[", "Int", "]")+`) { projects(first: $v) { totalCount } }`)
	add(wrong, "deep defaults", `query($v: ProjectFilter = `+nested(200, "{a: ", "1", "}")+`) { projects(filter: $v) { totalCount } }`)
	// Introspection.
	add(tooMuch, "types of fields of types", `{ __schema { types { `+nested(12, "fields { type { ", "name", " } }")+` } } }`)
	add(tooMuch, "types of types", `{ __type(name: "Query") { `+nested(30, "ofType { ", "name", " }")+` } }`)
	add(tooMuch, "the schema beside questions, deep", `{ viewer { day } __schema { types { `+nested(12, "fields { type { ", "name", " } }")+` } } }`)
	add(tooMuch, "the schema in fragments", `{ ...S } fragment S on Query { __schema { types { ...T } } } fragment T on __Type { `+nested(12, "fields { type { ", "name", " } }")+` }`)
	add(tooMuch, "the schema eleven times", `{ `+times(11, "s#: __schema { types { name } } ")+`}`)
	add(tooDear, "the schema beside questions", `{ viewer { day } __schema { queryType { name } } }`)
	// Dear, but small.
	add(tooDear, "pages of pages of pages", `{ portfolios(first: 100) { nodes { projects(first: 100) { nodes { milestones(first: 100) { nodes { id name } } } } } } }`)
	add(tooDear, "pages that nobody sizes", `{ portfolios { nodes { children { nodes { children { nodes { projects { nodes { id } } } } } } } } }`)
	add(tooDear, "days of everybody", `{ capacity(by: RESOURCE, grain: DAY, from: "2020-01-01", to: "2021-01-31") { rows(first: 100) { nodes { cells { capacity { value } } } } } }`)
	add(tooDear, "explanations of everything", `{ projects(first: 100) { nodes { cost { wholeLife { explain { contributors(first: 100) { node { id } } } } variance { explain { contributors(first: 100) { node { id } effect inputs { name } } } } } } } }`)
	add(tooDear, "trends of trends", `{ viewer { rollup { trend(by: MONTH, from: "2017-01-01") { trend(by: MONTH, from: "2017-01-01") { asOf cost { wholeLife { value unit currency reason asOf } } } } } } }`)
	add(tooDear, "the journal with everything", `{ journal(first: 100) { nodes { changes(first: 500) { fields { name old new } } } } }`)
	add(tooDear, "ten dear questions", `{ `+times(10, `c#: capacity(by: TEAM, grain: MONTH, from: "2020-01-01", to: "2020-12-31") { first } `)+`}`)
	add(tooDear, "a condition with a default", `query($c: Boolean = false) { viewer { day @skip(if: $c) } projects(first: 100) { nodes { milestones(first: 100) { nodes { id name version state isFinish createdAt updatedAt actualDate code: name @skip(if: $c) } } } } }`)
	add(missing+" "+tooDear, "a thousand years of days", `{ capacity(by: TEAM, grain: DAY, from: "1020-01-01", to: "2020-01-01") { rows { nodes { cells { first } } } } }`)
	add(missing+" "+tooDear, "a span that ends before it begins", `{ capacity(by: TEAM, grain: DAY, from: "2020-01-01", to: "1020-01-01") { first } }`)
	add("INVALID COST_EXCEEDED BAD_REQUEST", "subscriptions of everything by the way of questions", `subscription { rollupChanged { rollup { trend(by: MONTH, from: "2017-01-01") { trend(by: MONTH, from: "2017-01-01") { asOf } } } } }`)
	add(wrong, "subscriptions of several things", `subscription { a: journalChanged { position } b: journalChanged { position } }`)
	add(wrong, "a mutation in a question", `{ projectHealthDeclare(input: {id: "project-1", health: GREEN}) { number } }`)
	// What is given for what the product reads itself.
	for _, x := range []string{"", "x", "project-", "project--1", "project-0", "project-99999999999999999999", "preview-project-1", "project-1-1", strings.Repeat("project-", 1000), "project-1\x00", "проект-1", "project-٣"} {
		text, err := json.Marshal(x)
		must(err)
		add("", fmt.Sprintf("the id %.20q", x), `{ node(id: `+string(text)+`) { id } }`)
		add(missing, fmt.Sprintf("the cursor %.20q", x), `{ projects(after: `+string(text)+`) { totalCount } }`)
	}
	for _, x := range []string{"", "0", "-1", "1.", "1.zzzzzzzzzzzzzzzz", "99999999999999999999.0000000000000000", strings.Repeat("9", 10_000)} {
		add(missing+" UNAVAILABLE "+wrong, fmt.Sprintf("the position %.25q", x), `{ projects(knownAt: {atLeast: "`+x+`"}) { totalCount } }`)
	}
	for _, x := range []string{"", "2020", "2020-13-01", "2020-02-30", "0000-01-01", "-2020-01-01", "99999-01-01", "2020-01-01T00:00:00Z", strings.Repeat("2", 10_000)} {
		add(missing+" "+wrong, fmt.Sprintf("the day %.20q", x), `{ viewer { rollup(asOf: "`+x+`") { asOf } } }`)
	}
	return all
}

// chain is fragments in one another.
func chain(n int) string {
	var b strings.Builder
	for i := range n {
		next := fmt.Sprintf("...F%d", i+1)
		if i == n-1 {
			next = "id"
		}
		fmt.Fprintf(&b, "fragment F%d on Portfolio { parent { %s } } ", i, next)
	}
	return b.String()
}

// bomb is fragments each of which asks the next several times.
func bomb(n, wide int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "fragment F%d on Portfolio { id ", i)
		for j := range wide {
			if i < n-1 {
				fmt.Fprintf(&b, "a%d: children(first: 50) { nodes { ...F%d } } ", j, i+1)
			}
		}
		b.WriteString("} ")
	}
	return b.String()
}

// pages is fragments with a page in a page.
func pages(n int) string {
	var b strings.Builder
	for i := range n {
		next := "id"
		if i < n-1 {
			next = fmt.Sprintf("children(first: 100) { nodes { ...F%d } }", i+1)
		}
		fmt.Fprintf(&b, "fragment F%d on Portfolio { %s } ", i, next)
	}
	return b.String()
}

// doubled is each field twice, at each depth.
func doubled(n int) string {
	if n == 0 {
		return "id id"
	}
	return "parent { " + doubled(n-1) + " } parent { " + doubled(n-1) + " }"
}

// hostileBodies are requests whose form is made to cost much.
func hostileBodies() (all []hostile) {
	add := func(codes, name string, body any) { all = append(all, hostile{name, body, codes}) }
	const ask = `query($v: Int) { projects(first: $v) { totalCount } }`
	with := func(variables string) string { return `{"query": "` + ask + `", "variables": ` + variables + `}` }
	add(wrong, "no JSON", `x`)
	add(wrong, "nothing", ``)
	add(wrong, "null", `null`)
	add(wrong, "a number", `1`)
	add(wrong, "a list of requests", `[`+strings.Repeat(`{"query": "{ viewer { day } }"},`, 99)+`{"query": "{ viewer { day } }"}]`)
	add(wrong, "an object that does not end", `{"query": "{ viewer { day } }"`)
	add(wrong, "a query that is a number", `{"query": 1}`)
	add(wrong, "a query that is a list", `{"query": ["{ viewer { day } }"]}`)
	add(wrong, "variables that are a list", with(`[1]`))
	add(wrong, "variables that are a text", with(`"{}"`))
	for _, n := range []int{1000, 9000, 20_000, 100_000} {
		add(wrong, fmt.Sprintf("lists %d deep in variables", n), with(`{"v": `+nested(n, "[", "", "]")+`}`))
		add(wrong, fmt.Sprintf("objects %d deep in variables", n/5), with(`{"v": `+nested(n/5, `{"a":`, "1", "}")+`}`))
	}
	add("", "variables that nobody asks", with(`{`+times(10_000, `"x#":#,`)+`"v": 1}`))
	add("", "a value again and again", with(`{`+strings.Repeat(`"v":1,`, 20_000)+`"v": 1}`))
	add("", "a member again and again", `{`+strings.Repeat(`"query":"{ viewer { day } }",`, 5000)+`"query": "{ viewer { day } }"}`)
	add("", "members that are not known", `{`+times(10_000, `"k#":[],`)+`"query": "{ viewer { day } }"}`)
	add(wrong, "a huge number", with(`{"v": `+strings.Repeat("9", 100_000)+`}`))
	add(wrong, "a huge exponent", with(`{"v": 1e999999999}`))
	add(wrong, "a small number of many digits", with(`{"v": 0.`+strings.Repeat("0", 100_000)+`1}`))
	add("", "a number as text", with(`{"v": "1"}`))
	add(wrong, "a long text for a number", with(`{"v": "`+strings.Repeat("x", 100_000)+`"}`))
	add("", "a long name of an operation", `{"query": "{ viewer { day } }", "operationName": null, "extensions": {"x": "`+strings.Repeat("x", 100_000)+`"}}`)
	add(wrong, "an operation that is not there", `{"query": "{ viewer { day } }", "operationName": "`+strings.Repeat("x", 10_000)+`"}`)
	add("NOT_FOUND", "a document that is not there", `{"documentId": "`+strings.Repeat("x", 100_000)+`"}`)
	add(wrong, "a document and a query", `{"documentId": "x", "query": "{ viewer { day } }"}`)
	add(wrong+" PERSISTED_QUERY_NOT_FOUND", "a persisted query", `{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "00"}}}`)
	add(wrong, "bytes that are no text", "{\"query\": \"{ \xff\xfe }\"}")
	add("", "escapes everywhere", `{"query": "`+strings.Repeat(`\u0020`, 30_000)+`{ viewer { day } }"}`)
	add(wrong, "ids in a list", `{"query": "query($v: [ID!]!) { nodes(ids: $v) { id } }", "variables": {"v": [`+strings.Repeat(`"project-1",`, 20_000)+`"project-1"]}}`)
	add("", "codes in a filter", `{"query": "query($v: [String!]) { projects(filter: {category: $v}, first: 100) { nodes { milestones(first: 100) { nodes { id } } } } }", "variables": {"v": [`+strings.Repeat(`"x",`, 20_000)+`"x"]}}`)
	add(tooDear, "sizes in variables", `{"query": "query($v: Int) { portfolios(first: $v) { nodes { projects(first: $v) { nodes { id name code lifecycle priority health confidence category version createdAt } } } } }", "variables": {"v": 100}}`)
	add(wrong+" "+tooDear, "sizes beyond all bounds in variables", with(`{"v": 2147483647}`))
	return all
}

// bounded is a server as one on an open network is, with a budget that does not end; the limits of one request hold.
func (h *house) bounded() *graph.Server {
	rate := spending.Rate{Request: 1000, Bucket: 1 << 30, Refill: 1 << 20}
	return h.serving(graph.Options{Limits: graph.DefaultLimits, Budgets: &graph.Budgets{
		Buckets: &spending.Buckets[graph.Principal]{Max: 100, Now: time.Now},
		Rate:    func(auth.Identity) spending.Rate { return rate },
		Running: &spending.Gate[graph.Principal]{Slots: 8, Queue: 8}, Writing: &spending.Gate[graph.Principal]{Slots: 8, Queue: 8},
	}})
}

// codesOf gives the codes of an answer's errors.
func codesOf(t *testing.T, body []byte) (codes []string, whole bool) {
	t.Helper()
	var answer struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%v: %.300s", err, body)
	}
	for _, e := range answer.Errors {
		if len(e.Message) > 2000 {
			t.Errorf("an error of %d bytes: %.100s", len(e.Message), e.Message)
		}
		codes = append(codes, e.Extensions.Code)
	}
	return codes, len(answer.Data) > 0
}

// Whatever is sent is answered with the code that fits, in bounded memory, and with few errors.
func TestHostileRequests(t *testing.T) {
	s := governmentHouse(t).bounded()
	all := append(hostileDocuments(), hostileBodies()...)
	names := map[string]bool{}
	for _, x := range all {
		if names[x.name] && x.name != "nothing" {
			t.Errorf("two are called %s", x.name)
		}
		names[x.name] = true
		t.Run(x.name, func(t *testing.T) {
			text, ok := x.body.(string)
			if !ok {
				b, err := json.Marshal(x.body)
				must(err)
				text = string(b)
			}
			var w *httptest.ResponseRecorder
			bytes, _ := allocated(func() { w = posted(s, text) })
			codes, _ := codesOf(t, w.Body.Bytes())
			switch {
			case w.Code >= http.StatusInternalServerError:
				t.Errorf("%d: %.300s", w.Code, w.Body)
			case x.codes == "" && len(codes) > 0 && codes[0] != "NOT_FOUND" && codes[0] != "INVALID":
				t.Errorf("%v: %.300s", codes, w.Body)
			case x.codes != "" && (len(codes) == 0 || !strings.Contains(x.codes, codes[0])):
				t.Errorf("%v, want %s: %.300s", codes, x.codes, w.Body)
			case len(codes) > 10:
				t.Errorf("%d errors", len(codes))
			}
			if bytes > 16<<20 {
				t.Errorf("%d bytes were allocated for %d", bytes, len(text))
			}
		})
	}
	t.Logf("%d kinds of requests", len(names))
	if len(names) < 200 {
		t.Errorf("only %d kinds", len(names))
	}
}

func posted(s http.Handler, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r.WithContext(graph.WithIdentity(r.Context(), admin)))
	return w
}
