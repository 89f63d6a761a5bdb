package mail

import (
	"maps"
	"regexp"
	"slices"
	"testing"

	"pmograph/internal/state"
)

// Every language says the same things, with the same gaps to fill.
func TestLanguagesSayTheSame(t *testing.T) {
	gap := regexp.MustCompile(`\{[a-z]+\}`)
	for i, s := range speeches {
		for _, part := range []struct{ here, there map[string]string }{
			{s.Texts, speeches[0].Texts}, {s.Entities, speeches[0].Entities}, {s.Fields, speeches[0].Fields}, {s.Words, speeches[0].Words},
		} {
			if !slices.Equal(slices.Sorted(maps.Keys(part.here)), slices.Sorted(maps.Keys(part.there))) {
				t.Errorf("%s says other things than %s", languages[i], languages[0])
			}
			for key, text := range part.here {
				a, b := gap.FindAllString(text, -1), gap.FindAllString(part.there[key], -1)
				if slices.Sort(a); text == "" || !slices.Equal(a, slices.Sorted(slices.Values(b))) {
					t.Errorf("%s: %s is %q", languages[i], key, text)
				}
			}
		}
	}
}

// There is a word for every thing that mail tells of, each of its fields, and each value of its closed lists.
func TestEverythingHasAWord(t *testing.T) {
	s := speeches[0]
	told := 0
	for _, d := range state.Tables {
		name := entity(d.Word)
		if _, about := topics[name]; !about {
			continue
		}
		if told++; s.Entities[name] == "" {
			t.Errorf("there is no word for %s", name)
		}
		for _, c := range d.Columns {
			if field := camel(c.Name); !apart[field] && s.Fields[field] == "" {
				t.Errorf("there is no word for %s.%s", name, field)
			}
			for _, w := range c.List() {
				if s.Words[w] == "" {
					t.Errorf("there is no word for %s of %s.%s", w, name, c.Name)
				}
			}
		}
	}
	if told != len(topics) {
		t.Errorf("%d entities are told of, %d have a topic", told, len(topics))
	}
}

var (
	dashed  = regexp.MustCompile(`(^|-)([a-z])`)
	reffed  = regexp.MustCompile(`_id$`)
	scored  = regexp.MustCompile(`_([a-z])`)
	upperOf = func(s string) string { return string([]byte{s[len(s)-1] - 'a' + 'A'}) }
	entity  = func(word string) string { return dashed.ReplaceAllStringFunc(word, upperOf) }
	camel   = func(c string) string { return scored.ReplaceAllStringFunc(reffed.ReplaceAllString(c, ""), upperOf) }
)

func TestDecimals(t *testing.T) {
	for text, want := range map[string][3]string{
		"1234567.50": {"1,234,567.50", "1.234.567,50", "1\u202f234\u202f567,50"}, "-999": {"−999", "−999", "−999"}, "1000": {"1,000", "1.000", "1\u202f000"}, "0.5": {"0.5", "0,5", "0,5"},
	} {
		for i, s := range speeches {
			if got := s.decimal(text); got != want[i] {
				t.Errorf("%s in %s: %s", text, languages[i], got)
			}
		}
	}
}

func TestNearestLanguage(t *testing.T) {
	for tag, want := range map[string]string{"": "en", "de-AT": "de", "fr-CA": "fr", "ja": "en", "nonsense!": "en", "en-GB": "en", "ja, fr;q=0.5": "fr"} {
		if got := speaking(tag).Texts["language"]; got != want {
			t.Errorf("%q is answered in %s", tag, got)
		}
	}
}
