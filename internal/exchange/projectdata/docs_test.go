package projectdata

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"pmograph/internal/vocab"
)

var update = flag.Bool("update", false, "write docs/projectdata.md")

const docs = "../../../docs/projectdata.md"

func TestDocs(t *testing.T) {
	head, err := os.ReadFile("testdata/projectdata.md")
	must(err)
	var b strings.Builder
	b.Write(head)
	for _, s := range feed {
		describe(&b, s)
	}
	want := strings.TrimRight(b.String(), "\n") + "\n"
	if *update {
		must(os.WriteFile(docs, []byte(want), 0o600))
	}
	if have, err := os.ReadFile(docs); err != nil || string(have) != want {
		t.Errorf("%s is not of this feed: run this test with -update", docs)
	}
}

// classes are the words for who sees what is closed.
var classes = map[vocab.Class]string{vocab.ClassMoney: "money", vocab.ClassRate: "rates", vocab.ClassPersonal: "personal data"}

// describe writes what a set has.
func describe(b *strings.Builder, s *set) {
	fmt.Fprintf(b, "### %s\n\n", s.Name)
	if s.Rows == nil {
		var names []string
		for _, p := range s.Properties {
			names = append(names, "`"+p.Name+"`")
		}
		fmt.Fprintf(b, "Empty: there is nothing of the kind on record. Its properties: %s.\n\n", strings.Join(names, ", "))
		return
	}
	from := s.Rows.From
	fmt.Fprintf(b, "%s%s.\n\n| property | type | filled with |\n|---|---|---|\n", strings.ToUpper(from[:1]), from[1:])
	var null, neutral []string
	for i := range s.Properties {
		switch p := &s.Properties[i]; {
		case p.Fill != nil:
			fmt.Fprintf(b, "| `%s`%s | %s | %s%s |\n", p.Name, mark(p.Key, " (key)"), p.Edm, p.Fill.From, mark(p.Fill.Class != vocab.ClassPublic, "; *closed*: "+classes[p.Fill.Class]))
		case p.Nullable:
			null = append(null, "`"+p.Name+"`")
		default:
			neutral = append(neutral, "`"+p.Name+"`")
		}
	}
	for _, x := range []struct {
		what  string
		names []string
	}{{"Always null", null}, {"Always neutral", neutral}} {
		if len(x.names) > 0 {
			fmt.Fprintf(b, "\n%s: %s.\n", x.what, strings.Join(x.names, ", "))
		}
	}
	b.WriteString("\n")
}

func mark(is bool, text string) string {
	if is {
		return text
	}
	return ""
}
