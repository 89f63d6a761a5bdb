// Package factlines reads facts as lines of JSON: one object a line, its values texts, numbers, true, false and null. It knows nothing of
// what they mean.
package factlines

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Field is one value of a line. Its name and text are good until the next line is read.
type Field struct {
	Name []byte
	Text []byte // of a text what it says, of anything else as it is written
	Null bool
}

// Bad is what makes a line unreadable, or a value of it.
type Bad struct {
	Line  int // from 1
	Field string
	Text  string
}

func (b *Bad) Error() string { return fmt.Sprintf("line %d: %s", b.Line, b.Text) }

// longest is the length of the longest line.
const longest = 64 << 10

// Read hands out the lines of r that are not blank. What cannot be read is handed to bad, and reading goes on; an error of each, or of r,
// ends it.
func Read(r io.Reader, each func(line int, fields []Field) error, bad func(*Bad)) error {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, longest), longest)
	p := parser{}
	line := 0
	for in.Scan() {
		line++
		text := in.Bytes()
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		if err := p.parse(text); err != "" {
			bad(&Bad{line, string(p.name), err})
			continue
		}
		if err := each(line, p.fields); err != nil {
			return err
		}
	}
	if errors.Is(in.Err(), bufio.ErrTooLong) {
		bad(&Bad{line + 1, "", fmt.Sprintf("the line is longer than %d bytes", longest)})
		return nil
	}
	return in.Err()
}

// parser takes a line apart. Texts without escapes are parts of the line.
type parser struct {
	rest   []byte
	fields []Field
	name   []byte // of the value being read
}

func (p *parser) parse(line []byte) (wrong string) {
	p.rest, p.fields, p.name = line, p.fields[:0], nil
	if !p.take('{') {
		return "a line is one JSON object, such as {\"period\":\"2026-03-01\"}"
	}
	if p.take('}') {
		return p.end()
	}
	for {
		name, wrong := p.text()
		if wrong != "" {
			return wrong
		}
		p.name = name
		for _, f := range p.fields {
			if bytes.Equal(f.Name, name) {
				return "it is said twice"
			}
		}
		if !p.take(':') {
			return "a colon is missing"
		}
		f := Field{Name: name}
		if f.Text, f.Null, wrong = p.value(); wrong != "" {
			return wrong
		}
		p.fields = append(p.fields, f)
		if p.name = nil; p.take('}') {
			return p.end()
		}
		if !p.take(',') {
			return "a comma or a closing brace is missing"
		}
	}
}

func (p *parser) end() string {
	if p.space(); len(p.rest) > 0 {
		return "something follows the object; write one a line"
	}
	return ""
}

func (p *parser) space() {
	for len(p.rest) > 0 && (p.rest[0] == ' ' || p.rest[0] == '\t' || p.rest[0] == '\r') {
		p.rest = p.rest[1:]
	}
}

func (p *parser) take(c byte) bool {
	p.space()
	if len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

// text reads a text in quotes.
func (p *parser) text() (text []byte, wrong string) {
	if !p.take('"') {
		return nil, "a name in quotes is missing"
	}
	escaped := false
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return nil, "a text holds a control character"
		case c == '"':
			raw := p.rest[:i]
			if p.rest = p.rest[i+1:]; !escaped {
				if !utf8.Valid(raw) {
					return nil, "a text is not UTF-8"
				}
				return raw, ""
			}
			var s string
			if json.Unmarshal(append(append([]byte{'"'}, raw...), '"'), &s) != nil {
				return nil, "a text is not readable"
			}
			return []byte(s), ""
		}
	}
	return nil, "a text has no end"
}

// value reads a text, a number, true, false or null.
func (p *parser) value() (text []byte, null bool, wrong string) {
	p.space()
	switch {
	case len(p.rest) == 0:
		return nil, false, "a value is missing"
	case p.rest[0] == '"':
		text, wrong = p.text()
		return text, false, wrong
	case p.rest[0] == '{' || p.rest[0] == '[':
		return nil, false, "lists and objects are no values of a fact"
	}
	n := bytes.IndexAny(p.rest, ",} \t\r")
	if n < 0 {
		n = len(p.rest)
	}
	text = p.rest[:n]
	if !json.Valid(text) {
		return nil, false, fmt.Sprintf("%.40q is no value of JSON", text)
	}
	p.rest = p.rest[n:]
	if string(text) == "null" {
		return nil, true, ""
	}
	return text, false, ""
}
