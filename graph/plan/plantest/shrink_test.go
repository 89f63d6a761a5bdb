package plantest_test

import (
	"strings"
	"testing"

	"pmograph/graph/plan/plantest"
)

// What is found in a large document is shown in a small one.
func TestShrink(t *testing.T) {
	s := schema(t)
	g := plantest.NewGenerator(s, blind{})
	found := 0
	for seed := uint64(0); found < 20; seed++ {
		q := g.Document(seed)
		bad := func(q plantest.Request) bool {
			return strings.Contains(q.Query, "totalCount") && strings.Contains(q.Query, "edges")
		}
		if plantest.Tokens(q.Query) < 150 || !bad(q) {
			continue
		}
		found++
		small := plantest.Shrink(s, q, 5000, bad)
		if _, err := plantest.Parse(s, small.Query); err != nil || !bad(small) || plantest.Tokens(small.Query) > 50 || len(small.Variables) > 0 {
			t.Errorf("document %d shrinks to %v %v", seed, small, err)
		}
	}
}

func TestDifference(t *testing.T) {
	answer := func(body string) plantest.Answer {
		return plantest.Answer{Status: 200, ContentType: "application/json", Body: []byte(body)}
	}
	const errors = `{"errors":[{"message":"a","path":["x",1],"extensions":{"code":"INVALID","requestId":"1"}},{"message":"b"}],"data":null}`
	for _, x := range []struct {
		a, b string
		same bool
	}{
		{`{"data":{"a":1}}`, `{"data":{"a":1}}`, true},
		{`{"data":{"a":1,"b":2}}`, `{"data":{"b":2,"a":1}}`, false},
		{`{"data":{"a":1}}`, `{"data":{"a": 1}}`, false},
		{`{"data":{"a":"<"}}`, `{"data":{"a":"\u003c"}}`, false},
		{errors, `{"errors":[{"message":"b"},{"message":"a","path":["x",1],"extensions":{"code":"INVALID","requestId":"2"}}],"data":null}`, true},
		{errors, `{"errors":[{"message":"b"},{"message":"b"}],"data":null}`, false},
		{errors, `{"errors":[{"message":"b"}],"data":null}`, false},
		{errors, `{"errors":[{"message":"b"},{"message":"a","path":["x",1],"extensions":{"code":"INTERNAL"}}],"data":null}`, false},
		{errors, `{"errors":[{"message":"b"},{"message":"a","path":["x",2],"extensions":{"code":"INVALID"}}],"data":null}`, false},
		{errors, `{"errors":[{"message":"b"},{"message":"a","path":["x",1],"locations":[{"line":1,"column":1}],"extensions":{"code":"INVALID"}}],"data":null}`, false},
		{errors, `{"data":null,` + errors[1:len(errors)-len(`,"data":null}`)] + `}`, false},
		{`{"data":{}}`, `{"data":{},"extensions":{}}`, false},
		{`{"data":{}}`, `null`, false},
	} {
		for _, d := range []string{plantest.Difference(answer(x.a), answer(x.b)), plantest.Difference(answer(x.b), answer(x.a))} {
			if (d == "") != x.same {
				t.Errorf("%s\n%s: %q", x.a, x.b, d)
			}
		}
	}
	early, late := answer(`{"errors":[],"data":1}`), answer(`{"data":1,"errors":[]}`)
	if plantest.Difference(early, late) == "" {
		t.Error("errors behind data are no difference")
	}
	if late.Parted = true; plantest.Difference(early, late) != "" {
		t.Error("errors behind data that were sent in parts are a difference")
	}
	a, b := answer("{}"), answer("{}")
	if b.Status = 422; plantest.Difference(a, b) == "" {
		t.Error("another status is no difference")
	}
	if b = answer("{}"); true {
		b.ContentType = "text/plain"
	}
	if plantest.Difference(a, b) == "" {
		t.Error("another content type is no difference")
	}
}

// Seeds are valid and within the limit, those that grow by paths too; and how deep lists lie is seen through fragments.
func TestSeeds(t *testing.T) {
	s := schema(t)
	for i, q := range plantest.Seeds(plantest.NewGenerator(s, blind{})) {
		if _, err := plantest.Parse(s, q.Query); err != nil || plantest.Tokens(q.Query) > 1000 {
			t.Errorf("seed %d has %d tokens, %v", i, plantest.Tokens(q.Query), err)
		}
	}
	for query, deep := range map[string]int{
		`{ viewer { day } }`: 0,
		`{ portfolios { nodes { id } edges { node { projects { nodes { id } } } } } }`:                                             2,
		`{ portfolios { nodes { ...P } } } fragment P on Portfolio { projects { ... { nodes { milestones { nodes { id } } } } } }`: 3,
	} {
		doc, err := plantest.Parse(s, query)
		if err != nil {
			t.Fatal(err)
		}
		if n := plantest.Nesting(doc); n != deep {
			t.Errorf("%s: %d", query, n)
		}
	}
}
