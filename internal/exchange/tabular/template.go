package tabular

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"pmograph/internal/vocab"
)

// template is text with places for fields: {{field}}, {{field+1}}, {{field-1}}, {{slug field}}. Or it is a constant of another
// type: an integer, a boolean, or nil.
type template struct {
	parts    []part
	constant any // what a template without parts gives
}

// part is literal text, or a field when field is not empty.
type part struct {
	text  string
	field string
	shift int64
	slug  bool
}

var place = regexp.MustCompile(`^\s*(slug\s+)?([a-z][a-z0-9_]*)\s*([+-]\s*\d{1,4})?\s*$`)

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
		if !closed || m == nil || m[1] != "" && m[3] != "" {
			return t, fmt.Errorf("template %q: write {{field}}, {{field+1}}, {{field-1}} or {{slug field}}", s)
		}
		if text != "" {
			t.parts = append(t.parts, part{text: text})
		}
		shift := int64(0)
		if m[3] != "" {
			shift, _ = strconv.ParseInt(strings.ReplaceAll(m[3], " ", ""), 10, 64)
		}
		t.parts = append(t.parts, part{field: m[2], slug: m[1] != "", shift: shift})
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
		if p.field != "" {
			names = append(names, p.field)
		}
	}
	return names
}

// fill gives the template's value; get gives a field's value. A lone field keeps its type.
func (t template) fill(get func(field string) any) (any, error) {
	if len(t.parts) == 0 {
		return t.constant, nil
	}
	if p := t.parts[0]; len(t.parts) == 1 && p.shift == 0 && !p.slug {
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
		if n, ok := v.(int64); ok {
			v = n + p.shift
		} else if p.shift != 0 {
			return nil, fmt.Errorf("field %s is not an integer, so nothing can be added to it", p.field)
		}
		text := plain(v)
		if p.slug {
			text = slug(text)
		}
		b.WriteString(text)
	}
	return b.String(), nil
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
