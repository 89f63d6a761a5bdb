package tabular

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"pmograph/internal/vocab"
)

// template is text with places for fields: {{field}}, {{field+1}}, {{field-1}}, {{field+other}}, {{slug field}}. Or it is a constant
// of another type: an integer, a boolean, or nil.
type template struct {
	parts    []part
	constant any // what a template without parts gives
}

// part is literal text, or a field when field is not empty.
type part struct {
	text  string
	field string
	shift int64
	by    string // an integer field to add as well; empty if none
	slug  bool
}

var place = regexp.MustCompile(`^\s*(slug\s+)?([a-z][a-z0-9_]*)\s*(?:([+-]\s*\d{1,4})|\+\s*([a-z][a-z0-9_]*))?\s*$`)

// parseTemplate reads a template's text, or takes a YAML constant.
func parseTemplate(v any) (template, error) {
	switch x := v.(type) {
	case nil, bool, int64:
		return template{constant: x}, nil
	case uint64:
		if int64(x) < 0 {
			return template{}, fmt.Errorf("%d is too large for an integer", x)
		}
		return template{constant: int64(x)}, nil
	case string:
		return parseText(x)
	}
	return template{}, fmt.Errorf("a value is a text, an integer, true, false or null, not %v", v)
}

func parseText(s string) (t template, err error) {
	t.constant = s
	rest := s
	for {
		text, after, found := strings.Cut(rest, "{{")
		if !found {
			break
		}
		inside, tail, closed := strings.Cut(after, "}}")
		m := place.FindStringSubmatch(inside)
		if !closed || m == nil || m[1] != "" && m[3]+m[4] != "" {
			return t, fmt.Errorf("template %q: write {{field}}, {{field+1}}, {{field-1}}, {{field+other}} or {{slug field}}", s)
		}
		if text != "" {
			t.parts = append(t.parts, part{text: text})
		}
		shift := int64(0)
		if m[3] != "" {
			shift, _ = strconv.ParseInt(strings.ReplaceAll(m[3], " ", ""), 10, 64)
		}
		t.parts = append(t.parts, part{field: m[2], slug: m[1] != "", shift: shift, by: m[4]})
		rest = tail
	}
	if len(t.parts) > 0 && rest != "" {
		t.parts = append(t.parts, part{text: rest})
	}
	return t, nil
}

// fields lists the fields a template names.
func (t template) fields() (names []string) {
	for _, p := range t.parts {
		for _, name := range []string{p.field, p.by} {
			if name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// fill gives the template's value; get gives a field's value. A lone field keeps its type.
func (t template) fill(get func(field string) any) (any, error) {
	if len(t.parts) == 0 {
		return t.constant, nil
	}
	if p := t.parts[0]; len(t.parts) == 1 && p.plain() {
		return get(p.field), nil
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.field == "" {
			b.WriteString(p.text)
			continue
		}
		v := get(p.field)
		if v == nil {
			return nil, nil
		}
		v, err := p.added(v, get)
		if v == nil || err != nil {
			return nil, err
		}
		text := plain(v)
		if p.slug {
			text = slug(text)
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

func (p part) plain() bool { return p.shift == 0 && p.by == "" && !p.slug }

// added gives a field's value with what the part adds to it: to an integer a number, to a date days.
func (p part) added(v any, get func(field string) any) (any, error) {
	more := p.shift
	if p.by != "" {
		n, ok := get(p.by).(int64)
		if !ok {
			return nil, nil
		}
		more = n
	}
	switch x := v.(type) {
	case int64:
		return x + more, nil
	case vocab.Date:
		if day := x + vocab.Date(more); more >= -dayLimit && more <= dayLimit && inRange(day) {
			return day, nil
		}
		return nil, fmt.Errorf("%v and %d days is not a likely date", x, more)
	}
	if !p.plain() && !p.slug {
		return nil, fmt.Errorf("field %s is neither an integer nor a date, so nothing can be added to it", p.field)
	}
	return v, nil
}

// plain writes a value inside a text.
func plain(v any) string {
	switch x := v.(type) {
	case string:
		return x
	case int64:
		return strconv.FormatInt(x, 10)
	case vocab.Date:
		return x.String()
	case Money:
		return fmt.Sprintf("%d %s", x.Minor, x.Currency)
	}
	return fmt.Sprint(v)
}
