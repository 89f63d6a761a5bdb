package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

var unlimited = Limits{Stopped: func(why error) error { return why }}

func shown(r Result) string {
	text := string(r.Data)
	for _, e := range r.Errors {
		text += "\n" + e.Path.String() + ": " + e.Message
		for _, l := range e.Locations {
			text += fmt.Sprintf(" @%d:%d", l.Line, l.Column)
		}
	}
	return text
}

// What the GraphQL specification says of values, merging, errors and nulls, line by line.
func TestExecution(t *testing.T) {
	for _, c := range []struct {
		about, query string
		vars         map[string]any
		want         string
	}{
		{"keys in order, aliases, __typename", `{ must { b: name __typename name } t: __typename }`, nil, `{"must":{"b":"root","__typename":"Tree","name":"root"},"t":"Query"}`},
		{"fields of one key are merged", `{ must { self { name } ...F self { self { name } } } } fragment F on Tree { self { x: __typename } }`, nil,
			`{"must":{"self":{"name":"root","x":"Tree","self":{"name":"root"}}}}`},
		{"fragments by type", `{ all { name ... on Tree { child { name } } ...L } } fragment L on Leaf { size }`, nil, `{"all":[{"name":"root","child":{"name":"a"}},{"name":"leaf 1","size":1}]}`},
		{"a fragment is taken once where it stands", `{ must { ...F name ...F @skip(if: true) } } fragment F on Thing { x: name }`, nil, `{"must":{"x":"root","name":"root"}}`},
		{"a skipped fragment can come later", `{ must { ...F @skip(if: true) name ...F } } fragment F on Thing { x: name }`, nil, `{"must":{"name":"root","x":"root"}}`},
		{"conditions by variables", `query($a: Boolean!, $b: Boolean = false) { must { name @include(if: $a) x: name @skip(if: $b) y: name @skip(if: $a) @include(if: $a) } }`, map[string]any{"a": false, "b": false},
			`{"must":{"x":"root"}}`},
		{"nothing is left", `{ must { name @skip(if: true) } }`, nil, `{"must":{}}`},
		{"the root is empty", `{ must @skip(if: true) { name } }`, nil, `{}`},
		{"arguments", `query($t: String) { must { a: echo(text: "<\"\u0001 & \u2028>") b: echo(text: $t) c: echo d: echo(text: null) } }`, map[string]any{"t": "v"},
			`{"must":{"a":"\u003c\"\u0001 \u0026 \u2028\u003e","b":"v","c":"none","d":null}}`},
		{"an absent variable is no argument", `query($t: String) { must { echo(text: $t) } }`, map[string]any{}, `{"must":{"echo":"none"}}`},
		{"an error is a null", `{ must { boom name } fail }`, nil, "{\"must\":{\"boom\":null,\"name\":\"root\"},\"fail\":null}\nmust.boom: boom @1:10\nfail: boom @1:22"},
		{"an error where null is not allowed", `{ tree { name child { boomMust name boom } } }`, nil, "{\"tree\":{\"name\":\"root\",\"child\":null}}\ntree.child.boomMust: boom @1:23\ntree.child.boom: boom @1:37"},
		{"up to the root", `{ must { name self { boomMust } } failMust }`, nil, "null\nmust.self.boomMust: boom @1:22\nfailMust: boom @1:35"},
		{"a list loses itself for an item", `{ tree { maybe { name } children { name } } }`, nil,
			"{\"tree\":{\"maybe\":null,\"children\":[{\"name\":\"a\"},{\"name\":\"b\"}]}}\ntree.maybe[0]: the requested element is null which the schema does not allow"},
		{"a list with nulls", `{ tree { loose { name boom } } }`, nil, "{\"tree\":{\"loose\":[null,{\"name\":\"a\",\"boom\":null},{\"name\":\"b\",\"boom\":null}]}}\ntree.loose[1].boom: boom @1:23\ntree.loose[2].boom: boom @1:23"},
		{"all items tell their errors", `{ tree { children { boomMust } name } }`, nil, "{\"tree\":null}\ntree.children[0].boomMust: boom @1:21\ntree.children[1].boomMust: boom @1:21"},
		{"a panic is an error", `{ tree { panic name } }`, nil, "{\"tree\":{\"panic\":null,\"name\":\"root\"}}\ntree.panic: panic: broken"},
		{"a panic where null is not allowed", `{ tree { name loose { children { name } panicMust name boom } } }`, nil,
			"{\"tree\":{\"name\":\"root\",\"loose\":[null,null,null]}}\ntree.loose[1].panicMust: panic: broken\ntree.loose[1].boom: boom @1:56\ntree.loose[2].panicMust: panic: broken\ntree.loose[2].boom: boom @1:56"},
		{"nothing where something must be", `{ tree { nil { name } nilMust { name } name } }`, nil, "{\"tree\":null}\ntree.nilMust: the requested element is null which the schema does not allow"},
		{"arguments that cannot be read", `query($n: Int!) { tree { name } count(n: $n) { name } }`, map[string]any{"n": json.Number("-1")}, "null\ncount: n is negative"},
		{"nor as constants", `{ count(n: -1) { name } }`, nil, "null\ncount: n is negative"},
		{"the zero time is none", `{ flat(n: 1) { at } }`, nil, `{"flat":[{"at":null}]}`},
		{"lists of leaves", `{ scalars(n: 3) none: scalars(n: 0) }`, nil, `{"scalars":[0,1,2],"none":[]}`},
		{"mutations run in order, all of them", `mutation { first { name } second { name } third { boom } }`, nil,
			"null\nsecond: the requested element is null which the schema does not allow\nthird.boom: boom @1:51"},
	} {
		t.Run(c.about, func(t *testing.T) {
			if got := shown(compile(t, c.query, c.vars).Execute(t.Context(), testHost, c.vars, unlimited, nil)); got != c.want {
				t.Errorf("%s\n%s\nwant\n%s", c.query, got, c.want)
			}
		})
	}
}

// What stood in the buffer stays, whatever becomes of the answer.
func TestBufferIsAppendedTo(t *testing.T) {
	for query, want := range map[string]string{`{ must { name } }`: `head{"must":{"name":"root"}}`, `{ must { boomMust } }`: `headnull`} {
		if r := compile(t, query, nil).Execute(t.Context(), testHost, nil, unlimited, []byte("head")); string(r.Data) != want {
			t.Errorf("%s: %s", query, r.Data)
		}
	}
}

// One plan is run by many at once, each with variables of its own.
func TestPlansAreShared(t *testing.T) {
	p := compile(t, `query($t: String, $n: Int!) { must { echo(text: $t) children { echo(text: $t) } } count(n: $n) { name } }`, nil)
	for i := range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for j := range 200 {
				word, n := fmt.Sprint(i, "-", j), i%3
				r := p.Execute(t.Context(), testHost, map[string]any{"t": word, "n": json.Number(fmt.Sprint(n))}, unlimited, nil)
				want := fmt.Sprintf(`{"must":{"echo":%[1]q,"children":[{"echo":%[1]q},{"echo":%[1]q}]},"count":[%[2]s]}`, word, strings.TrimSuffix(strings.Repeat(`{"name":"root"},`, n), ","))
				if shown(r) != want {
					t.Fatalf("%s, want %s", shown(r), want)
				}
			}
		})
	}
}

// A run ends at its budget of values and with its context, and the answer says so and nothing else.
func TestRunsAreStopped(t *testing.T) {
	p := compile(t, `{ fail flat(n: 100000) { name size } }`, nil)
	limits := unlimited
	limits.Values = 1000
	r := p.Execute(t.Context(), testHost, nil, limits, nil)
	if want := "null\n: too many values"; shown(r) != want || r.Values > 1000+lookEvery {
		t.Errorf("%d values, %s", r.Values, shown(r))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := p.Execute(ctx, testHost, nil, unlimited, nil); r.Values > 2*lookEvery || !strings.Contains(shown(r), "canceled") {
		t.Errorf("%d values, %.100s", r.Values, shown(r))
	}
	limits.Values = 300_002 // of fail, flat and three for each item
	if r := p.Execute(t.Context(), testHost, nil, limits, nil); r.Values != 300_002 || len(r.Errors) != 1 {
		t.Errorf("%d values, %v", r.Values, r.Errors)
	}
}

// What can no longer be taken back is handed on in parts; the buffer stays small.
func TestLargeAnswersAreHandedOn(t *testing.T) {
	var parts, whole []byte
	limits := unlimited
	largest := 0
	limits.Chunk, limits.Sink = 1000, func(part []byte) error {
		largest = max(largest, len(part))
		parts = append(parts, part...)
		return nil
	}
	run := func(query string) Result {
		parts, largest = nil, 0
		p := compile(t, query, nil)
		whole = append(whole[:0], p.Execute(t.Context(), testHost, nil, unlimited, nil).Data...)
		return p.Execute(t.Context(), testHost, nil, limits, make([]byte, 0, 1200))
	}
	r := run(`{ flat(n: 10000) { name size } fail scalars(n: 10000) }`)
	if string(parts)+string(r.Data) != string(whole) || len(r.Errors) != 1 || r.Broken {
		t.Errorf("%d and %d bytes instead of %d, %v", len(parts), len(r.Data), len(whole), r.Errors)
	}
	if largest > 1200 || cap(r.Data) > 1200 {
		t.Errorf("%d bytes at once, a buffer of %d", largest, cap(r.Data))
	}
	if r = run(`{ tree { children { boomMust } } must { name } count(n: 1000) { child { boomMust } } }`); string(parts)+string(r.Data) != string(whole) || r.Broken {
		t.Errorf("what fails is not handed on: %.100s", parts)
	}
	if r = run(`{ tree { name children { name } } x: count(n: 1000) { name boom } y: count(n: 1000) { name } }`); string(parts)+string(r.Data) != string(whole) || r.Broken || len(parts) < len(whole)/2 {
		t.Errorf("once nothing can fail any more: %d of %d bytes", len(parts), len(whole))
	}
	if r = run(`query($n: Int! = 1) { flat(n: 10000) { size } count(n: $n) { name } }`); len(parts) > 0 {
		t.Errorf("what stands before arguments that may be wrong: %.100s", parts)
	}
	if r = run(`{ some(n: 1000) { last name } }`); len(parts) > 0 || string(r.Data) != `{"some":null}` {
		t.Errorf("an item that falls takes its list away: %.100s", parts)
	}
	if r = run(`{ count(n: 1000) { boomMust } }`); len(parts) > 0 || shown(r)[:4] != "null" {
		t.Errorf("an answer that becomes null: %.100s, %.100s", parts, r.Data)
	}
	// A panic where nothing announces an error: what went out cannot be made good, and the result says so.
	if r = run(`{ some(n: 1000) { name lastPanic } }`); !r.Broken || len(parts) == 0 {
		t.Errorf("broken is %v: %.100s", r.Broken, parts)
	}
	if r = run(`{ count(n: 1000) { name panicMust } }`); r.Broken || len(parts) > 0 {
		t.Errorf("what is lost from the first on is not handed on: %.100s", parts)
	}
	limits.Sink = func([]byte) error { return errBoom }
	if r = compile(t, `{ flat(n: 1000000) { name } }`, nil).Execute(t.Context(), testHost, nil, limits, nil); r.Values > 1000 || !r.Broken {
		t.Errorf("%d values for a client who has gone, broken is %v", r.Values, r.Broken)
	}
}

// Each event of a subscription is an answer; a stream that cannot begin says why.
func TestStream(t *testing.T) {
	query, vars := `subscription($n: Int!) { x: ticks(n: $n) { size } }`, map[string]any{"n": json.Number("2")}
	p := compile(t, query, vars)
	if errs := p.Subscribe(t.Context(), testHost, vars); errs != nil {
		t.Fatal(errs)
	}
	for i := range 2 {
		if r := p.Event(t.Context(), testHost, vars, unlimited, &leaf{i}, nil); shown(r) != fmt.Sprintf(`{"x":{"size":%d}}`, i) {
			t.Error(shown(r))
		}
	}
	for query, want := range map[string]string{`subscription { ticks(n: 0) { size } }`: "input: ticks boom", `subscription { ticks(n: -1) { size } }`: "input: ticks n is negative"} {
		errs := compile(t, query, nil).Subscribe(t.Context(), testHost, nil)
		if len(errs) != 1 || errs[0].Error() != want && !strings.HasSuffix(errs[0].Error(), want[len("input: "):]) {
			t.Errorf("%s: %v", query, errs)
		}
	}
}

// The fingerprint is of what is asked, not of the words it is asked in.
func TestFingerprint(t *testing.T) {
	same := []string{`{ must { name x: echo(text: "a") } }`, `query Other { ... { must { ...F } } must { x: echo(text: "a") } } fragment F on Thing { name }`}
	other := []string{`{ must { x: echo(text: "a") name } }`, `{ must { name x: echo(text: "b") } }`, `{ must { name y: echo(text: "a") } }`, `{ must { name x: echo } }`,
		`query($a: String = "a") { must { name x: echo(text: $a) } }`, `{ tree { name x: echo(text: "a") } }`}
	want := compile(t, same[0], nil).Fingerprint
	if compile(t, same[1], nil).Fingerprint != want {
		t.Error("the same in other words")
	}
	seen := map[[32]byte]bool{want: true}
	for _, text := range other {
		if f := compile(t, text, nil).Fingerprint; seen[f] {
			t.Errorf("%s is not told from another", text)
		} else {
			seen[f] = true
		}
	}
}

// A plan is small however often interfaces stand in each other, and what is too large has none.
func TestPlansAreBounded(t *testing.T) {
	deep := `name`
	for range 200 {
		deep = `name ...on Tree { self { ` + deep + ` } } ...on Thing { x: name }`
	}
	if p := compile(t, `{ any(kind: "x") { `+deep+` } }`, nil); p.Sites() > 1000 {
		t.Errorf("%d sites", p.Sites())
	}
	var wide strings.Builder
	for i := range maxSites + 1 {
		fmt.Fprintf(&wide, " x%d: name", i)
	}
	doc, errs := gqlparser.LoadQueryWithRules(testSchema, `{ must {`+wide.String()+`} }`, rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	if _, err := testTable().Compile(testSchema, doc, doc.Operations[0], nil); err == nil {
		t.Error("a plan without bound")
	}
}

// An operation that is planned costs no allocation for what it emits.
func TestRunsAllocateLittle(t *testing.T) {
	p := compile(t, `{ must { name children { name echo(text: "x") children { name } } } }`, nil)
	buf := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { p.Execute(context.Background(), testHost, nil, unlimited, buf) }); n > 6 {
		t.Errorf("%v allocations", n)
	}
}

// A condition has three values, and one that is no boolean has no plan.
func TestConditions(t *testing.T) {
	doc, errs := gqlparser.LoadQueryWithRules(testSchema, `query($a: Boolean = true, $b: Boolean!) { must { name @include(if: $a) ...F @skip(if: $b) } } fragment F on Tree { x: name @skip(if: true) @include(if: $a) }`, rules.NewDefaultRules())
	if errs != nil {
		t.Fatal(errs)
	}
	names := Conditions(doc)
	if fmt.Sprint(names) != "[a b]" {
		t.Errorf("%v", names)
	}
	choices := map[string]bool{}
	for _, a := range []any{true, false, nil} {
		for _, b := range []any{true, false, nil} {
			choices[Choice(names, map[string]any{"a": a, "b": b})] = true
			_, err := testTable().Compile(testSchema, doc, doc.Operations[0], map[string]any{"a": a, "b": b})
			if planned := a != nil && b != nil; planned != (err == nil) {
				t.Errorf("%v, %v: %v", a, b, err)
			}
		}
	}
	if len(choices) != 9 {
		t.Errorf("%d choices", len(choices))
	}
}
