package plan

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// The digits of escapes: encoding/json writes small letters, gqlgen capitals.
const small, capital = "0123456789abcdef", "0123456789ABCDEF"

// String appends a JSON string, as encoding/json writes it once more: signs that mean something in HTML are escaped.
func (r *Run) String(s string) { r.out = AppendString(r.out, s) }

// AppendString appends a JSON string.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' {
				i++
				continue
			}
			b = append(b, s[start:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			case '<', '>', '&':
				b = appendHex(b, c, small)
			default:
				b = appendHex(b, c, capital)
			}
			i++
			start = i
			continue
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		if lineSeparator(s[i:]) {
			b = append(append(b, s[start:i]...), `\u202`...)
			b = append(b, small[s[i+2]&0xf])
			start = i + size
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

func appendHex(b []byte, c byte, digits string) []byte {
	return append(append(b, `\u00`...), digits[c>>4], digits[c&0xf])
}

// lineSeparator tells whether a text begins with U+2028 or U+2029, which end lines in JavaScript.
func lineSeparator[T string | []byte](s T) bool {
	return len(s) >= 3 && s[0] == 0xe2 && s[1] == 0x80 && s[2]&^1 == 0xa8
}

// Word appends a JSON string of letters, digits and signs that stand for themselves.
func (r *Run) Word(s string) { r.out = append(append(append(r.out, '"'), s...), '"') }

// Int appends a number.
func (r *Run) Int(n int64) { r.out = strconv.AppendInt(r.out, n, 10) }

// Bool appends true or false.
func (r *Run) Bool(v bool) { r.out = strconv.AppendBool(r.out, v) }

// Time appends an instant; the zero value is none.
func (r *Run) Time(required bool, t time.Time) bool {
	if t.IsZero() {
		return r.Absent(required)
	}
	r.out = append(t.AppendFormat(append(r.out, '"'), time.RFC3339Nano), '"')
	return true
}

// Bytes is what was appended so far; a type that knows how to append itself does so, and SetBytes takes it back.
func (r *Run) Bytes() []byte { return r.out }

// SetBytes takes back what Bytes gave, with something appended.
func (r *Run) SetBytes(b []byte) { r.out = b }

// Write lets a type write itself. What it writes is JSON; signs that mean something in HTML occur in strings only, and are escaped.
func (r *Run) Write(text []byte) (int, error) {
	for i, c := range text {
		switch {
		case c == '<', c == '>', c == '&':
			r.out = appendHex(r.out, c, small)
		case c == 0xe2 && lineSeparator(text[i:]):
			r.out = append(r.out, `\u202`...)
			r.out = append(r.out, small[text[i+2]&0xf])
		case i >= 1 && c == 0x80 && lineSeparator(text[i-1:]), i >= 2 && lineSeparator(text[i-2:]):
		default:
			r.out = append(r.out, c)
		}
	}
	return len(text), nil
}

// WriteString lets a type write itself.
func (r *Run) WriteString(text string) (int, error) { return r.Write([]byte(text)) }

// Marshal lets a value write itself.
func (r *Run) Marshal(v graphql.Marshaler) { v.MarshalGQL(r) }
