package mail

import (
	"embed"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/language"

	"pmograph/internal/read"
)

//go:embed texts/*.yaml
var catalogue embed.FS

// speech is what mail says in a language.
type speech struct {
	Texts    map[string]string // by what they are for
	Entities map[string]string // names of types
	Fields   map[string]string // names of fields
	Words    map[string]string // of closed lists
}

// languages are those there are texts in; the first stands in for others.
var languages = []language.Tag{language.English, language.German, language.French}

var (
	speeches = func() (all []*speech) {
		for _, tag := range languages {
			text, err := catalogue.ReadFile("texts/" + tag.String() + ".yaml")
			s := new(speech)
			if err == nil {
				err = yaml.Unmarshal(text, s)
			}
			if err != nil {
				panic(fmt.Sprintf("mail in %s: %v", tag, err)) // it is part of the program
			}
			all = append(all, s)
		}
		return all
	}()
	nearest = language.NewMatcher(languages)
)

// speaking gives the speech for a BCP 47 tag, or for what a browser asks for.
func speaking(tags string) *speech {
	_, i := language.MatchStrings(nearest, tags)
	return speeches[i]
}

// say gives a text with what stands between its braces filled in: name, value, name, value.
func (s *speech) say(key string, fill ...string) string {
	for i := 0; i < len(fill); i += 2 {
		fill[i] = "{" + fill[i] + "}"
	}
	return strings.NewReplacer(fill...).Replace(s.Texts[key])
}

func (s *speech) day(t time.Time) string  { return t.Format(s.Texts["date"]) }
func (s *speech) hour(t time.Time) string { return t.Format(s.Texts["time"]) }

// decimal gives a decimal as the language writes it.
func (s *speech) decimal(text string) string {
	whole, rest, broken := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	var b strings.Builder
	if strings.HasPrefix(text, "-") {
		b.WriteString("−")
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(s.Texts["group"])
		}
		b.WriteRune(digit)
	}
	if broken {
		b.WriteString(s.Texts["decimal"] + rest)
	}
	return b.String()
}

// longest is how much of a text is shown, in characters.
const longest = 300

// plainLine makes a text one line of printable characters that is not too long.
func plainLine(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if r := []rune(text); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return text
}

// value gives the value of a field in words.
func (s *speech) value(f read.FieldChange, text *string, zone *time.Location) string {
	if text == nil || *text == "" {
		return s.Texts["nothing"]
	}
	switch f.Form() {
	case read.FormWord:
		if word, ok := s.Words[*text]; ok {
			return word
		}
	case read.FormThing:
		if called := f.Called(*text); called != "" {
			return plainLine(called)
		}
	case read.FormDate:
		if t, err := time.Parse(time.DateOnly, *text); err == nil {
			return s.day(t)
		}
	case read.FormTime:
		if t, err := time.Parse(time.RFC3339Nano, *text); err == nil {
			return s.day(t.In(zone)) + " " + s.hour(t.In(zone))
		}
	case read.FormNumber:
		return s.decimal(*text)
	case read.FormMoney:
		if code := f.Currency(); code != "" {
			return s.say("amount", "code", code, "value", s.decimal(*text))
		}
		return s.decimal(*text)
	case read.FormBool:
		return s.Texts[map[string]string{"true": "yes", "false": "no"}[*text]]
	}
	return plainLine(*text)
}
