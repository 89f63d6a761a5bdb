package uri

import (
	"os"
	"strings"
	"testing"
)

// Whatever is asked, it is read or refused with a registered code, twice alike; what was read is planned or refused.
func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/abnf.txt")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if part := strings.SplitN(strings.TrimSpace(line), "\t", 3); len(part) == 3 {
			switch part[1] {
			case "uri":
				path, query, _ := strings.Cut(part[2], "?")
				f.Add(path, query, false)
			case "options":
				f.Add("Things", part[2], false)
			default:
				f.Add("Things", "$filter="+part[2], true)
			}
		}
	}
	f.Add("Projects", "$apply=filter(ActualCost gt 5)/groupby((rollup($all,Portfolio/Name,Currency)),aggregate($count as N))&$filter=N gt 5", false)
	f.Add("CostEntries", "$expand=Project($expand=Portfolio($levels=max;$select=Name);@a=5)&$search=a OR (b NOT \"c", false)
	f.Add("Projects", "$filter=Id eq guid'01234567-89ab-cdef-0123-456789abcdef' and CreatedAt gt datetime'2026-01-31T00:00:00' and substringof('a',Name)&$inlinecount=allpages&$expand=Portfolio/Parent,CostEntries&$select=Name,Portfolio/Name", true)
	own, published := catalogue(), things()
	f.Fuzz(func(t *testing.T, path, query string, v3 bool) {
		c := published
		if _, err := own.Named(strings.SplitN(path, "/", 2)[0]); err == nil {
			c = own
		}
		req, err := Parse(c, path, query, Options{V3: v3})
		_, again := Parse(c, path, query, Options{V3: v3})
		if (err == nil) != (again == nil) || err != nil && err.Error() != again.Error() {
			t.Fatalf("%v, then %v", err, again)
		}
		if code(t, err); err != nil || req.Of == nil {
			return
		}
		if _, err := req.Query.Plan(); err != nil && code(t, err) == "" {
			t.Fatal(err)
		}
	})
}
