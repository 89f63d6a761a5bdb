package factlines

import (
	"strings"
	"testing"
)

// Whatever bytes are read as lines, each line is given once or refused once, and nothing panics.
func FuzzLines(f *testing.F) {
	for _, text := range []string{"", "{}", `{"a":1}`, "{\"a\":\"x\"}\n\n{\"a\":null}", `{"a":1,"a":2}`, `[1]`, `{"a":{"b":[]}}`, "\xff", strings.Repeat("[", 100), `{"a":` + strings.Repeat("9", 400) + `}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		err := Read(strings.NewReader(text), func(line int, _ []Field) error {
			if line <= last {
				t.Errorf("line %d after %d", line, last)
			}
			last = line
			return nil
		}, func(b *Bad) {
			if b.Line < 1 || b.Text == "" {
				t.Errorf("%+v", b)
			}
		})
		if err == nil && last > strings.Count(text, "\n")+1 {
			t.Errorf("line %d of %q", last, text)
		}
	})
}
