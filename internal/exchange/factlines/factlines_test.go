package factlines

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func read(t testing.TB, text string) (got []string) {
	t.Helper()
	err := Read(strings.NewReader(text), func(line int, fields []Field) error {
		s := fmt.Sprint(line)
		for _, f := range fields {
			if f.Null {
				s += fmt.Sprintf(" %s-", f.Name)
			} else {
				s += fmt.Sprintf(" %s=%s", f.Name, f.Text)
			}
		}
		got = append(got, s)
		return nil
	}, func(b *Bad) { got = append(got, fmt.Sprintf("bad %d %s: %s", b.Line, b.Field, b.Text)) })
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRead(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"{}", "1"},
		{"\ufeff{\"a\":1}\r\n\n  \n{ \"b\" : null , \"c\":\"x y\" }", "1 a=1|4 b- c=x y"},
		{`{"a":"\u00e9\"\\","b":-1.5e3,"c":true}`, `1 a=é"\ b=-1.5e3 c=true`},
		{"[1]", "bad 1 : a line is one JSON object"},
		{`{"a":1}{`, "bad 1 : something follows"},
		{`{"a":1,}`, "bad 1 : a name in quotes"},
		{`{"a":01}`, "bad 1 a: \"01\" is no value"},
		{`{"a":+1}`, "bad 1 a: \"+1\" is no value"},
		{`{"a":}`, "bad 1 a: \"\" is no value"},
		{`{"a":`, "bad 1 a: a value is missing"},
		{`{"a" 1}`, "bad 1 a: a colon"},
		{`{"a":1 "b":2}`, "bad 1 : a comma"},
		{`{"a":[1]}`, "bad 1 a: lists and objects"},
		{`{"a":1,"a":2}`, "bad 1 a: it is said twice"},
		{`{"a":"x`, "bad 1 a: a text has no end"},
		{"{\"a\":\"\xff\"}", "bad 1 a: a text is not UTF-8"},
		{"{\"a\":\"\t\"}", "bad 1 a: a text holds a control"},
		{`{"a":"\x"}`, "bad 1 a: a text is not readable"},
		{"{\"a\":1}\n" + strings.Repeat(" ", longest) + "1", "1 a=1|bad 2 : the line is longer"},
	} {
		got, want := read(t, x.text), strings.Split(x.want, "|")
		if len(got) != len(want) {
			t.Errorf("%q: %q", x.text, got)
			continue
		}
		for i := range want {
			if got[i] != want[i] && !(strings.HasPrefix(want[i], "bad") && strings.HasPrefix(got[i], want[i])) {
				t.Errorf("%q: %q", x.text, got)
			}
		}
	}
}

// What encoding/json reads as an object of plain values is read alike, and nothing else is.
func TestReadsAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.OneOf(rapid.StringOfN(rapid.SampledFrom([]rune(`{}":,abtrue10-.nl\ `)), 0, 24, -1),
			rapid.Custom(func(t *rapid.T) string {
				b, _ := json.Marshal(map[string]any{rapid.String().Draw(t, "name"): rapid.OneOf(rapid.Just[any](nil), rapid.Just[any](true), rapid.Map(rapid.String(), func(s string) any { return s }),
					rapid.Map(rapid.Float64(), func(f float64) any { return f })).Draw(t, "value")})
				return string(b)
			})).Draw(t, "line")
		if strings.ContainsAny(line, "\n\u2028") || strings.TrimSpace(line) == "" {
			return
		}
		var want map[string]any
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		ok := json.Valid([]byte(line)) && d.Decode(&want) == nil && want != nil
		for _, v := range want {
			switch v.(type) {
			case map[string]any, []any:
				ok = false
			}
		}
		bad, said := false, map[string]any{}
		err := Read(strings.NewReader(line), func(_ int, fields []Field) error {
			for _, f := range fields {
				if said[string(f.Name)] = string(f.Text); f.Null {
					said[string(f.Name)] = nil
				}
			}
			return nil
		}, func(*Bad) { bad = true })
		if err != nil {
			t.Fatal(err)
		}
		if bad == ok && !strings.Contains(line, `"`) || !bad && !ok {
			t.Fatalf("%q: bad %v, JSON %v", line, bad, ok)
		}
		for name, v := range want {
			if !bad && fmt.Sprint(said[name]) != fmt.Sprint(v) {
				t.Fatalf("%q: %q is %v, not %v", line, name, said[name], v)
			}
		}
	})
}
