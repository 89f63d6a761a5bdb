package dataset

import (
	"strings"
	"unicode"
)

// wanted is what a search looks for in a text: that it contains a word or phrase, or what and, or, not make of others.
type wanted struct {
	op   byte // w for a word, & | !
	text string
	of   []wanted
}

// in tells whether a text in small letters is found.
func (w wanted) in(text string) bool {
	switch w.op {
	case 'w':
		return strings.Contains(text, w.text)
	case '!':
		return !w.of[0].in(text)
	}
	for _, x := range w.of {
		if x.in(text) == (w.op == '|') {
			return w.op == '|'
		}
	}
	return w.op == '&'
}

// maxWanted is the most words, phrases, operators and parentheses of a search.
const maxWanted = 100

// searchFor reads a search: words and "phrases", all of which are wanted; OR between two lets one be enough, NOT before one wants it not to be there, AND
// says what is so anyway; parentheses put together. What is unfinished counts as far as it goes, and AND, OR, NOT with nothing to work on are words, so that
// nothing that somebody types is wrong.
func searchFor(search string) (wanted, error) {
	s := &searching{}
	for s.rest = strings.ToValidUTF8(search, "?"); s.next(); {
		if len(s.tokens) > maxWanted {
			return wanted{}, wrong("OUT_OF_RANGE", "a search has at most %d words", maxWanted)
		}
	}
	all := []wanted{}
	for s.at < len(s.tokens) {
		all = append(all, s.any())
		s.at++ // a closing parenthesis that nothing opened
	}
	return wanted{op: '&', of: all}, nil
}

// searching is a search that is read.
type searching struct {
	rest   string
	tokens []string // a word or phrase begins with w
	at     int
}

// next cuts off a token.
func (s *searching) next() bool {
	s.rest = strings.TrimLeftFunc(s.rest, unicode.IsSpace)
	if s.rest == "" {
		return false
	}
	switch c := s.rest[0]; c {
	case '(', ')':
		s.tokens, s.rest = append(s.tokens, string(c)), s.rest[1:]
	case '"':
		phrase, rest, _ := strings.Cut(s.rest[1:], `"`)
		s.tokens, s.rest = append(s.tokens, "w"+strings.ToLower(phrase)), rest
	default:
		n := strings.IndexFunc(s.rest, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(`()"`, c) })
		if n < 0 {
			n = len(s.rest)
		}
		word := s.rest[:n]
		if word != "AND" && word != "OR" && word != "NOT" {
			word = "w" + strings.ToLower(word)
		}
		s.tokens, s.rest = append(s.tokens, word), s.rest[n:]
	}
	return true
}

// is tells whether an operator with something behind it comes next, and steps over it.
func (s *searching) is(operator string) bool {
	if s.at+1 < len(s.tokens) && s.tokens[s.at] == operator && s.tokens[s.at+1] != ")" {
		s.at++
		return true
	}
	return false
}

func (s *searching) any() wanted {
	w := wanted{op: '|', of: []wanted{s.all()}}
	for s.is("OR") {
		w.of = append(w.of, s.all())
	}
	return w
}

func (s *searching) all() wanted {
	w := wanted{op: '&'}
	for s.at < len(s.tokens) && s.tokens[s.at] != ")" {
		w.of = append(w.of, s.one())
		if s.is("OR") {
			s.at--
			break
		}
		s.is("AND")
	}
	return w
}

func (s *searching) one() wanted {
	if s.is("NOT") {
		return wanted{op: '!', of: []wanted{s.one()}}
	}
	token := s.tokens[s.at]
	s.at++
	if token != "(" {
		if token[0] == 'w' {
			return wanted{op: 'w', text: token[1:]}
		}
		return wanted{op: 'w', text: strings.ToLower(token)}
	}
	w := s.any()
	s.at++ // its closing parenthesis
	return w
}
