package uri

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"pmograph/internal/exchange/dataset"
	"pmograph/internal/fault"
)

// The bounds of what is read. They hold before anything is asked.
const (
	maxLength   = 64 << 10 // bytes of an address
	maxOptions  = 200      // query options
	maxDepth    = 40       // of expressions, transformations and expansions in each other
	maxNodes    = 5000     // operators, functions, constants, names and items of lists, in all options together
	maxExpand   = 8        // rows beside rows beside rows
	maxBeside   = 60       // expansions in all
	maxMade     = 200      // columns that are computed, grouped by or joined, at a time
	maxBranches = 100      // sequences of transformations that are put behind each other, in all
	maxHops     = 16       // references that a path follows
	maxName     = 128      // letters of a name
	maxRows     = 1 << 31  // of $top and $skip: more is read as so many
)

// job is what all readers of one address share.
type job struct {
	c        *dataset.Catalogue
	o        Options
	aliases  map[string]string // what is said for @name
	nodes    int
	depth    int
	beside   int
	tier     int // of the expansion that is read
	branches int
}

// reader reads the text of one option, or of a part of the path, from left to right. It gives up by a panic with a *fault.Error.
type reader struct {
	*job
	option string // as errors name it
	text   string
	at     int
	scope  *scope
}

func (j *job) reader(option, text string, s *scope) *reader {
	return &reader{job: j, option: option, text: text, scope: s}
}

// refuse gives up at a place of the text.
func (r *reader) refuse(at int, code, format string, args ...any) {
	place := utf8.RuneCountInString(r.text[:min(at, len(r.text))]) + 1
	panic(fault.At(r.option, code, "%s, at character %d", fmt.Sprintf(format, args...), place))
}

// wants gives up here: something else is needed than what stands here.
func (r *reader) wants(what string) {
	found := "the end"
	if r.at < len(r.text) {
		found = fmt.Sprintf("%.20q", r.text[r.at:])
	}
	r.refuse(r.at, "INVALID", "expected %s, found %s", what, found)
}

// notDone gives up on what OData has and this server does not.
func (r *reader) notDone(at int, format string, args ...any) {
	r.refuse(at, "NOT_IMPLEMENTED", format, args...)
}

// enter goes a step deeper; the function it gives comes back.
func (r *reader) enter() func() {
	if r.depth++; r.depth > maxDepth {
		r.refuse(r.at, "OUT_OF_RANGE", "nested more than %d deep", maxDepth)
	}
	return func() { r.depth-- }
}

// node counts one thing that was read.
func (r *reader) node() {
	if r.nodes++; r.nodes > maxNodes {
		r.refuse(r.at, "OUT_OF_RANGE", "the address says more than %d things: operators, names and constants", maxNodes)
	}
}

// peek is the next byte; 0 at the end.
func (r *reader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

// has steps over what comes next if it is this.
func (r *reader) has(text string) bool {
	if strings.HasPrefix(r.text[r.at:], text) {
		r.at += len(text)
		return true
	}
	return false
}

// need steps over what has to come next.
func (r *reader) need(text string) {
	if !r.has(text) {
		r.wants(fmt.Sprintf("%q", text))
	}
}

// space steps over spaces and tells whether there were some.
func (r *reader) space() bool {
	from := r.at
	for r.peek() == ' ' || r.peek() == '\t' {
		r.at++
	}
	return r.at > from
}

// open, comma and close step over punctuation with spaces around.
func (r *reader) open() { r.need("("); r.space() }

func (r *reader) comma() bool {
	from := r.at
	r.space()
	if !r.has(",") {
		r.at = from
		return false
	}
	r.space()
	return true
}

func (r *reader) close() {
	r.space()
	r.need(")")
}

// end makes sure that all was read.
func (r *reader) end() {
	if r.at < len(r.text) {
		r.wants("the end")
	}
}

func startsName(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.Is(unicode.Nl, c) }

func goesOnName(c rune) bool {
	return startsName(c) || unicode.In(c, unicode.Nd, unicode.Mn, unicode.Mc, unicode.Pc, unicode.Cf)
}

// word is the name that comes next; empty if there is none.
func (r *reader) word() string {
	from := r.at
	for i, c := range r.text[from:] {
		if i == 0 && !startsName(c) || !goesOnName(c) {
			break
		}
		r.at = from + i + utf8.RuneLen(c)
	}
	if r.at-from > maxName*utf8.UTFMax || utf8.RuneCountInString(r.text[from:r.at]) > maxName {
		r.refuse(from, "TOO_LONG", "a name has at most %d letters", maxName)
	}
	return r.text[from:r.at]
}

// name is the name that has to come next.
func (r *reader) name(what string) string {
	w := r.word()
	if w == "" {
		r.wants(what)
	}
	return w
}

// qualified is a name, or several with points between.
func (r *reader) qualified() string {
	from := r.at
	for r.word() != "" && r.peek() == '.' {
		r.at++
	}
	return r.text[from:r.at]
}

// keyword steps over spaces and one of some words of the grammar, in any case of letters.
func (r *reader) keyword(words ...string) (string, bool) {
	from := r.at
	if r.space() {
		if w := strings.ToLower(r.word()); slices.Contains(words, w) {
			return w, true
		}
	}
	r.at = from
	return "", false
}
