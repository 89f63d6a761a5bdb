package odata

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"pmograph/internal/exchange/dataset"
)

const hexDigits = "0123456789abcdef"

// appendText appends a text as JSON has it.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = append(b, s[from:i]...)
			switch c {
			case '"', '\\':
				b = append(b, '\\', c)
			case '\n':
				b = append(b, '\\', 'n')
			case '\r':
				b = append(b, '\\', 'r')
			case '\t':
				b = append(b, '\\', 't')
			default:
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(append(b, s[from:i]...), `\ufffd`...)
			from = i + size
		}
		i += size
	}
	return append(append(b, s[from:]...), '"')
}

// appendValue appends a value as JSON has it; quoted makes texts of decimals and whole numbers.
func appendValue(b []byte, v dataset.Value, quoted bool) []byte {
	switch v.Kind {
	case dataset.Null:
		return append(b, "null"...)
	case dataset.Text:
		return appendText(b, v.Text)
	case dataset.Bool:
		return v.Append(b)
	case dataset.Int, dataset.Decimal:
		if !quoted {
			return v.Append(b)
		}
	}
	return append(v.Append(append(b, '"')), '"')
}

// appendKey appends the key of a row as addresses have it: ('project-1'), or (A='x',B=2) if it is of several columns.
func appendKey(b []byte, d *dataset.Dataset, key []dataset.Value) []byte {
	b = append(b, '(')
	for i, v := range key {
		if i > 0 {
			b = append(b, ',')
		}
		if len(key) > 1 {
			b = append(append(b, d.Key[i]...), '=')
		}
		text := v.String()
		if v.Kind == dataset.Text || v.Kind == dataset.ID {
			text = "'" + url.PathEscape(strings.ReplaceAll(text, "'", "''")) + "'"
		}
		b = append(b, text...)
	}
	return append(b, ')')
}
