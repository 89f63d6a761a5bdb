package plantest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Answer is what a server answers.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
	Parted      bool // it was sent in parts, the first before all errors were known
}

// Difference says in what two answers differ, "" if in nothing that a client may rely on: status, content type, which parts there are and in
// which order, the bytes of data, and each error with its message, path, locations and extensions. Errors may come in any order, since fields
// are answered side by side, and behind data that are sent in parts; and the request's id is not looked at.
func Difference(a, b Answer) string {
	switch {
	case a.Status != b.Status:
		return fmt.Sprintf("status %d and %d", a.Status, b.Status)
	case a.ContentType != b.ContentType:
		return fmt.Sprintf("content type %q and %q", a.ContentType, b.ContentType)
	case bytes.Equal(a.Body, b.Body):
		return ""
	}
	x, errX := parts(a.Body)
	y, errY := parts(b.Body)
	if errX != nil || errY != nil {
		return "bodies that are not both an object of JSON"
	}
	if a.Parted || b.Parted {
		for _, list := range [][]part{x, y} {
			slices.SortFunc(list, func(p, q part) int { return strings.Compare(p.key, q.key) })
		}
	}
	if !slices.EqualFunc(x, y, func(p, q part) bool { return p.key == q.key }) {
		return "which parts they have"
	}
	for i := range x {
		switch {
		case bytes.Equal(x[i].value, y[i].value):
		case x[i].key != "errors":
			return x[i].key + ": " + firstDifference(x[i].value, y[i].value)
		default:
			if d := differentErrors(x[i].value, y[i].value); d != "" {
				return d
			}
		}
	}
	return ""
}

type part struct {
	key   string
	value json.RawMessage
}

// parts gives the parts of a response in their order.
func parts(body []byte) (list []part, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("no object: %v", err)
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		p := part{key: fmt.Sprint(t)}
		if err := d.Decode(&p.value); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	_, err = d.Token()
	return list, err
}

func differentErrors(a, b []byte) string {
	x, y := errorsOf(a), errorsOf(b)
	for _, e := range x {
		if i := slices.Index(y, e); i >= 0 {
			y = slices.Delete(y, i, i+1)
		} else {
			return fmt.Sprintf("an error that only one gives: %s\nthe other has: %s", e, strings.Join(y[:min(3, len(y))], "\n"))
		}
	}
	if len(y) > 0 {
		return "an error that only the other gives: " + y[0]
	}
	return ""
}

// errorsOf gives each error as text, without the request's id.
func errorsOf(raw []byte) (list []string) {
	var errors []map[string]any
	if err := json.Unmarshal(raw, &errors); err != nil {
		return []string{string(raw)}
	}
	for _, e := range errors {
		if x, ok := e["extensions"].(map[string]any); ok {
			delete(x, "requestId")
		}
		text, err := json.Marshal(e)
		if err != nil {
			panic(err) // it was read from JSON
		}
		list = append(list, string(text))
	}
	return list
}

// firstDifference shows two texts from a little before where they part.
func firstDifference(a, b []byte) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	from := max(0, i-60)
	return fmt.Sprintf("at byte %d\n- %.200s\n+ %.200s", i, a[from:], b[from:])
}
