package uri

import (
	"os"
	"strings"
	"testing"
)

// OASIS's own test cases are read, and refused, as they say.
func TestPublishedCases(t *testing.T) {
	text, err := os.ReadFile("testdata/abnf.txt")
	if err != nil {
		t.Fatal(err)
	}
	c := things()
	n := 0
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		part := strings.SplitN(line, "\t", 3)
		if len(part) != 3 {
			t.Fatalf("line %d: %q", i+1, line)
		}
		outcome, rule, input := part[0], part[1], part[2]
		path, query := "Things", input
		switch rule {
		case "uri":
			path, query, _ = strings.Cut(input, "?")
		case "expr":
			query = "$orderby=" + input
		case "literal":
			query = "$filter=Name eq " + strings.ReplaceAll(input, "&", "%26")
		}
		_, err := Parse(c, path, query, Options{Root: "http://myservice/"})
		got := code(t, err)
		want, refused := strings.CutPrefix(outcome, "no ")
		switch {
		case refused && got != want, (outcome == "ok" || outcome == "lax") && got != "", outcome == "fail" && got == "":
			t.Errorf("line %d: %s\n\t%s: %v", i+1, line, got, err)
		}
		n++
	}
	if n < 300 {
		t.Errorf("only %d cases", n)
	}
}
